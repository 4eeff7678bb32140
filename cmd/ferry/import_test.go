package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ferry/sessions/redistest"
)

// shop has a Redis, and returns what the commands of an operator need.
func shop(t *testing.T) []string {
	t.Helper()
	return []string{
		"REDIS_URL=unix://" + redistest.New(t).Addr(), "SECRET_KEY=" + canarySecret, "PUBLIC_URL=https://ferry.example.org",
		"LOG_FORMAT=text", "LOG_LEVEL=warn",
	}
}

const ayusLine = `{"address":"whatsapp:+6281234567890","name":"Ayu","language":"id","unknown":1,"messages":[` +
	`{"id":"a","role":"user","text":"Pantai apa itu?","at":"2025-12-30T09:15:00+07:00"},` +
	`{"role":"assistant","text":"Tanjung Aan.","at":"2025-12-30T09:15:04+07:00"},` +
	`{"role":"user","text":"","at":"2025-12-30T09:15:05+07:00"}]}`

// exported returns what ferry user export prints.
func exported(t *testing.T, env []string, address string) (x struct {
	Addresses []string
	Settings  map[string]string
	Entries   []struct {
		Role, Text, Channel string
		Imported            bool
	}
},
) {
	t.Helper()
	status, stdout, stderr := once(t, "", []string{"user", "export", address}, env)
	if err := json.Unmarshal([]byte(stdout), &x); status != done || err != nil {
		t.Fatalf("export: status %d, %s%s", status, stdout, stderr)
	}
	return x
}

func TestAnImportTakesHistoriesOver(t *testing.T) {
	env := shop(t)
	lines := strings.Join([]string{
		ayusLine, "", `{"address":"whatsapp:ID.1349abc","messages":[{"role":"user","text":"halo","at":"2025-12-30T09:15:00Z"}]}`,
		`{"address":"whatsapp:+521 55","messages":[]}`, `nonsense`, `{"address":"pigeon:7","messages":[]}`,
		`{"address":"whatsapp:+6281234567891","messages":[{"role":"system","text":"private","at":"2025-12-30T09:15:00Z"}]}`,
		`{"address":"whatsapp:+6281234567892","messages":[{"role":"user","text":"private","at":"yesterday"}]}`,
		`{"address":"whatsapp:+6281234567893","messages":[{"role":"user","text":"private"}]}`,
		`{"address":"whatsapp:+5215512345678","messages":[{"role":"user","text":"hola","at":"2025-12-30T09:15:00Z"}]}`,
	}, "\n")
	status, stdout, stderr := once(t, lines, []string{"import", "-"}, env)
	if want := "3 people (3 of them new, 0 forgotten and left alone), 4 entries: 4 added, 0 there already, 0 over HISTORY_MAX_ENTRIES dropped.\n"; status != failed || stdout != want {
		t.Errorf("status %d, %q; want %d, %q", status, stdout, failed, want)
	}
	for _, n := range []int{4, 5, 6, 7, 8, 9} {
		if !strings.Contains(stderr, fmt.Sprintf("ferry: line %d: ", n)) {
			t.Errorf("line %d is not complained of:\n%s", n, stderr)
		}
	}
	if strings.Contains(stderr, "private") || strings.Contains(stderr, "nonsense") {
		t.Errorf("what people wrote is in an error:\n%s", stderr)
	}

	file := filepath.Join(t.TempDir(), "people.jsonl")
	if err := os.WriteFile(file, []byte(ayusLine), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr = once(t, "", []string{"import", file}, env)
	if want := "1 people (0 of them new, 0 forgotten and left alone), 2 entries: 0 added, 2 there already, 0 over HISTORY_MAX_ENTRIES dropped.\n"; status != done || stdout != want {
		t.Errorf("again: status %d, %q, %q; want %d, %q", status, stdout, stderr, done, want)
	}
	x := exported(t, env, "whatsapp:+6281234567890")
	if len(x.Entries) != 2 || x.Entries[0].Text != "Pantai apa itu?" || x.Entries[1].Role != "assistant" || !x.Entries[0].Imported ||
		x.Settings["name"] != "Ayu" || x.Settings["crossed"] == "" || len(x.Addresses) != 1 {
		t.Errorf("export = %+v", x)
	}
	if x = exported(t, env, "whatsapp:+525512345678"); len(x.Entries) != 1 {
		t.Errorf("who wrote from Mexico: %+v", x)
	}
	if status, _, _ = once(t, "", []string{"user", "show", "whatsapp:+6289999999999"}, env); status != failed {
		t.Errorf("show of nobody: status %d, want %d", status, failed)
	}
	if status, _, _ = once(t, "", []string{"user", "show", "pigeon:7"}, env); status != misset {
		t.Errorf("show on an unknown channel: status %d, want %d", status, misset)
	}
}

func TestADryRunStoresNothing(t *testing.T) {
	env := shop(t)
	status, stdout, stderr := once(t, ayusLine, []string{"import", "-", "--dry-run"}, append(env, "HISTORY_MAX_ENTRIES=1"))
	if want := "1 people, 2 entries; 1 over HISTORY_MAX_ENTRIES would be dropped.\nRedis will need about 1 MB more.\n"; status != done || stdout != want {
		t.Errorf("status %d, %q, %q; want %d, %q", status, stdout, stderr, done, want)
	}
	if status, _, _ = once(t, "", []string{"user", "show", "whatsapp:+6281234567890"}, env); status != failed {
		t.Errorf("show: status %d, want %d", status, failed)
	}
}

func TestTheForgottenStayForgotten(t *testing.T) {
	env := shop(t)
	once(t, ayusLine, []string{"import", "-"}, env)
	if status, _, stderr := once(t, "", []string{"user", "forget", "whatsapp:+6281234567890"}, env); status != misset || !strings.Contains(stderr, "--yes") {
		t.Errorf("forget without a terminal: status %d, %s; want %d", status, stderr, misset)
	}
	status, stdout, stderr := once(t, "", []string{"user", "forget", "whatsapp:+6281234567890", "--yes"}, env)
	if status != done || !strings.Contains(stdout, "Deleted") {
		t.Fatalf("forget: status %d, %s%s", status, stdout, stderr)
	}
	if status, _, _ = once(t, "", []string{"user", "show", "whatsapp:+6281234567890"}, env); status != failed {
		t.Errorf("show of who was forgotten: status %d, want %d", status, failed)
	}
	if _, stdout, _ = once(t, ayusLine, []string{"import", "-"}, env); !strings.Contains(stdout, "1 forgotten and left alone") || !strings.Contains(stdout, " 0 added") {
		t.Errorf("the import brought them back: %s", stdout)
	}
}

func TestSupportCanGiveALinkAndBlock(t *testing.T) {
	env := shop(t)
	once(t, ayusLine, []string{"import", "-"}, env)
	status, first, stderr := once(t, "", []string{"user", "link", "whatsapp:+6281234567890"}, env)
	if status != done || !strings.HasPrefix(first, "https://ferry.example.org/m/") || len(strings.TrimSpace(first)) != len("https://ferry.example.org/m/")+22 {
		t.Fatalf("link: status %d, %q, %q", status, first, stderr)
	}
	if _, again, _ := once(t, "", []string{"user", "link", "whatsapp:+6281234567890"}, env); again != first {
		t.Errorf("the link is %q, then %q; want the same", first, again)
	}
	for _, args := range [][]string{{"user", "block", "whatsapp:+6281234567890"}, {"user", "block", "whatsapp:+6281234567890", "--off"}} {
		if status, _, stderr := once(t, "", args, env); status != done {
			t.Fatalf("%v: status %d, %s", args, status, stderr)
		}
		if got, want := exported(t, env, "whatsapp:+6281234567890").Settings["barred"], len(args) == 3; (got != "") != want {
			t.Errorf("after %v barred is %q", args, got)
		}
	}
	status, stdout, _ := once(t, "", []string{"user", "show", "whatsapp:+6281234567890"}, env)
	if status != done || !strings.Contains(stdout, "entries    2") || strings.Contains(stdout, "Pantai") || strings.Contains(stdout, "link") {
		t.Errorf("show: status %d\n%s", status, stdout)
	}
}

func TestAnExportedChatIsPrintedAndImported(t *testing.T) {
	env := shop(t)
	file := filepath.Join(t.TempDir(), "WhatsApp Chat with Luzia.txt")
	chat := "30/12/25, 09:15 - Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or listen to them.\n" +
		"30/12/25, 09:15 - Ayu: Which beach\nwas it?\n30/12/25, 09:16 - Luzia: Tanjung Aan.\n"
	if err := os.WriteFile(file, []byte(chat), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := once(t, "", []string{"import", "--whatsapp-export", file, "--print", "--timezone", "Asia/Jakarta"}, nil)
	var printed []struct {
		At, Author, Text string
		System           *bool
	}
	if err := json.Unmarshal([]byte(stdout), &printed); err != nil || status != done {
		t.Fatalf("status %d, %v, %s%s", status, err, stdout, stderr)
	}
	if len(printed) != 3 || printed[1].At != "2025-12-30T09:15:00+07:00" || printed[1].Author != "Ayu" || printed[1].Text != "Which beach\nwas it?" || printed[1].System == nil || *printed[1].System {
		t.Errorf("printed %+v", printed)
	}
	status, stdout, stderr = once(t, "", []string{"import", "--whatsapp-export", file, "--address", "whatsapp:+6281234567890", "--assistant", "Luzia"}, env)
	if status != done || !strings.Contains(stdout, "2 entries: 2 added") {
		t.Errorf("import: status %d, %s%s", status, stdout, stderr)
	}
	if x := exported(t, env, "whatsapp:+6281234567890"); len(x.Entries) != 2 || x.Entries[1].Role != "assistant" || x.Settings["name"] != "Ayu" {
		t.Errorf("export = %+v", x)
	}
	for _, test := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"import"}, misset, "which file"},
		{[]string{"import", "--whatsapp-export", file}, misset, "--address"},
		{[]string{"import", "x", "--whatsapp-export", file}, misset, "not both"},
		{[]string{"import", "--whatsapp-export", file, "--timezone", "Nowhere"}, misset, "--timezone"},
		{[]string{"import", "/nowhere"}, misset, "no such file"},
		{[]string{"import", "--whatsapp-export", file, "--address", "whatsapp:+6281234567890", "--assistant", "Poke"}, misset, "Ayu, Luzia"},
	} {
		if status, _, stderr := once(t, "", test.args, env); status != test.status || !strings.Contains(stderr, test.want) {
			t.Errorf("%v: status %d, %s; want %d with %q", test.args, status, stderr, test.status, test.want)
		}
	}
}
