package whatsapp_test

import (
	"os/exec"
	"strings"
	"testing"
)

// No assistant may speak on WhatsApp. This package cannot reach one: neither the model's adapter nor any
// library that talks to models is among what it is built of, nor is any other adapter or the store.
func TestThePackageCannotReachAModel(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("%d dependencies, too few to be all", len(deps))
	}
	for _, dep := range deps {
		for _, no := range []string{"openai", "ferry/sessions", "ferry/cmd"} {
			if strings.Contains(dep, no) {
				t.Errorf("it depends on %s", dep)
			}
		}
		if strings.HasPrefix(dep, "ferry/adapters/") && dep != "ferry/adapters/whatsapp" {
			t.Errorf("it depends on %s", dep)
		}
	}
}
