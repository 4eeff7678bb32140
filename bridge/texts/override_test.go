package texts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder returns a folder with these files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOperatorsWording(t *testing.T) {
	dir := folder(t, map[string]string{
		"en.json": "\ufeff" + `{"forget_kept": "Phew.", "when_hours": "{{.Count}} h from now", "start_named": "Hi from {{.Assistant}}"}`,
		"ar.json": `{"when_hours": {"few": "{{.Count}} few", "other": "{{.Count}} other"}}`,
		"fr.json": `{}`,
		"notes":   "not ours",
	})
	texts := load(t, dir, []string{"en", "pt", "ar"}, "en")
	tests := []struct {
		lang string
		key  Key
		args Args
		want string
	}{
		{"en", ForgetKept, nil, "Phew."},
		{"en", StopEmpty, nil, "Stopped."},
		{"pt", ForgetKept, nil, "Tudo bem, nada foi apagado."},
		{"en", StartNamed, Args{"Name": "Ana", "Assistant": "Luzia"}, "Hi from Luzia"},
		{"en", WhenHours, Args{"Count": 1}, "1 h from now"},
		{"en", WhenHours, Args{"Count": 2}, "2 h from now"},
		{"ar", WhenHours, Args{"Count": 3}, "3 few"},
		{"ar", WhenHours, Args{"Count": 1}, "1 other"},
	}
	for _, tt := range tests {
		if got := texts.Say(tt.lang, tt.key, tt.args); got != tt.want {
			t.Errorf("Say(%q, %q, %v) = %q, want %q", tt.lang, tt.key, tt.args, got, tt.want)
		}
	}
}

func TestWrongSettingsNameTheMend(t *testing.T) {
	tests := []struct {
		name      string
		files     map[string]string // in TEXTS_DIR
		languages []string
		fallback  string
		want      []string
	}{
		{"a language we don't speak", nil, []string{"en", "de"}, "en", []string{"LANGUAGES", `"de"`, "en,id,hi,pt,es,ar,it,fr"}},
		{"a default that is not spoken", nil, []string{"id", "pt"}, "en", []string{"DEFAULT_LANGUAGE", `"en"`, "id, pt"}},
		{"no default", nil, nil, "", []string{"DEFAULT_LANGUAGE", "en, id"}},
		{"a file for no language", map[string]string{"de.json": "{}"}, nil, "en", []string{"TEXTS_DIR", "de.json", "en, id"}},
		{"an unknown key", map[string]string{"en.json": `{"strat": "Hi"}`}, nil, "en", []string{"TEXTS_DIR", "en.json", `"strat"`, "start"}},
		{"a wrong plural form", map[string]string{"en.json": `{"privacy": {"other": "a", "tow": "b"}}`}, nil, "en", []string{"TEXTS_DIR", "en.json", "tow"}},
		{"a file of a language that is not spoken", map[string]string{"fr.json": `{"strat": "Hi"}`}, []string{"en"}, "en", []string{"TEXTS_DIR", "fr.json"}},
		{"no JSON", map[string]string{"id.json": `{"start": "Hi",}`}, nil, "en", []string{"TEXTS_DIR", "id.json", "JSON"}},
		{"no texts", map[string]string{"id.json": `["start"]`}, nil, "en", []string{"TEXTS_DIR", "id.json"}},
		{"a template that does not parse", map[string]string{"en.json": `{"start": "Hi {{.Assistant"}`}, nil, "en", []string{"TEXTS_DIR", "en.json", `"start"`, "{{.Field}}"}},
		{"an unknown field", map[string]string{"en.json": `{"start": "Hi {{.Name}}"}`}, nil, "en", []string{"TEXTS_DIR", "en.json", `"start"`, "{{.Name}}", "{{.Assistant}}"}},
		{"an unknown field in a plural form", map[string]string{"en.json": `{"privacy": {"one": "{{.Dyas}}", "other": "x"}}`}, nil, "en", []string{"TEXTS_DIR", "{{.Dyas}}", "{{.Days}}"}},
		{"a field where there is none", map[string]string{"en.json": `{"stop_empty": "{{.Name}}"}`}, nil, "en", []string{"TEXTS_DIR", `"stop_empty"`, "no fields"}},
		{"a program", map[string]string{"en.json": `{"start": "{{if .Assistant}}Hi{{end}}"}`}, nil, "en", []string{"TEXTS_DIR", `"start"`, "{{.Field}}"}},
		{"a function", map[string]string{"en.json": `{"start": "{{len .Assistant}}"}`}, nil, "en", []string{"TEXTS_DIR", `"start"`, "{{.Field}}"}},
		{"a field of a field", map[string]string{"en.json": `{"start": "{{.Assistant.Name}}"}`}, nil, "en", []string{"TEXTS_DIR", `"start"`, "{{.Field}}"}},
		{"other delimiters", map[string]string{"en.json": `{"start": {"leftDelim": "<<", "other": "Hi <<.Assistant}}"}}`}, nil, "en", []string{"TEXTS_DIR", `"start"`}},
		{"more than WhatsApp takes", map[string]string{"en.json": `{"redirect_button": "Go on where you stopped"}`}, nil, "en", []string{"TEXTS_DIR", `"redirect_button"`, "20 characters"}},
		{"an empty text", map[string]string{"en.json": `{"start": " "}`}, nil, "en", []string{"TEXTS_DIR", `"start"`, "no text"}},
		{"plural forms without other", map[string]string{"en.json": `{"privacy": {"one": "x"}}`}, nil, "en", []string{"TEXTS_DIR", `"privacy"`, `"other"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(folder(t, tt.files), tt.languages, tt.fallback)
			if err == nil {
				t.Fatal("loaded")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q is not one line", err)
			}
		})
	}
}

func TestFolderThatIsNotThere(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "nowhere"), nil, "en")
	if err == nil || !strings.Contains(err.Error(), "TEXTS_DIR") || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("error = %v, want one that names TEXTS_DIR and the folder", err)
	}
}
