package main

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// Who may know whom. That bridge and adapters do not import cmd, and so on, the compiler sees to.
func TestWhoKnowsWhom(t *testing.T) {
	type pkg struct {
		ImportPath    string
		Imports, Deps []string
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "ferry/...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	within := func(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }
	outside := []string{
		"github.com/alecthomas/kong", "github.com/go-telegram-bot-api", "github.com/prometheus",
		"github.com/redis", "github.com/sashabaranov/go-openai",
	}
	checked := 0
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		checked++
		if within(p.ImportPath, "ferry/bridge") {
			for _, dep := range p.Deps {
				for _, library := range append(outside, "ferry/adapters", "ferry/sessions", "ferry/cmd") {
					if within(dep, library) {
						t.Errorf("%s depends on %s; bridge knows none of its outside", p.ImportPath, dep)
					}
				}
			}
		}
		for _, imported := range p.Imports {
			if within(imported, "github.com/nicksnyder/go-i18n") && p.ImportPath != "ferry/bridge/texts" {
				t.Errorf("%s imports %s; only bridge/texts does", p.ImportPath, imported)
			}
			if within(imported, "ferry/adapters") && strings.HasSuffix(path.Base(imported), "test") && p.ImportPath != demoPackage {
				t.Errorf("%s imports the emulator %s outside its tests; only the demo may", p.ImportPath, imported)
			}
			if !within(p.ImportPath, "ferry/adapters") {
				continue
			}
			own := strings.Join(strings.Split(p.ImportPath, "/")[:3], "/")
			if within(imported, "ferry/sessions") || within(imported, "ferry/adapters") && !within(imported, own) && !within(imported, "ferry/adapters/internal") {
				t.Errorf("%s imports %s; adapters know neither each other nor the store", p.ImportPath, imported)
			}
		}
	}
	if checked < len(channels())+3 {
		t.Errorf("go list named %d packages, too few to be all", checked)
	}
}

// demoPackage has the emulators in it, which are in the program for the demo alone.
const demoPackage = "ferry/cmd/ferry/demo"

func TestServeKnowsNoEmulator(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{range .GoFiles}}{{.}}\n{{end}}", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	files := strings.Fields(string(out))
	if !slices.Contains(files, "demo.go") {
		t.Fatalf("files = %q", files)
	}
	for _, name := range files {
		for _, imported := range importsOf(t, name) {
			if strings.HasPrefix(imported, "ferry/adapters/") && strings.HasSuffix(imported, "test") || imported == demoPackage && name != "demo.go" {
				t.Errorf("%s imports %s; only the demo may", name, imported)
			}
		}
	}
}

func importsOf(t *testing.T, name string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range f.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}
