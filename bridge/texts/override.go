package texts

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// readBuiltIn returns the texts of a language as they are built in.
func readBuiltIn(code string) ([]*i18n.Message, error) {
	name := code + ".json"
	b, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("texts of %s: %w", code, err)
	}
	file, err := i18n.ParseMessageFileBytes(b, name, nil)
	if err != nil {
		return nil, fmt.Errorf("texts of %s: %w", code, err)
	}
	return file.Messages, nil
}

// readOverrides reads the operator's own wording from a folder, by language. Files whose names do
// not end in .json are none of ours.
func readOverrides(dir string) (map[string][]*i18n.Message, error) {
	if dir == "" {
		return nil, nil
	}
	fields, err := knownFields()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("TEXTS_DIR: %w; name a folder that can be read, or leave it empty", err)
	}
	overrides := map[string][]*i18n.Message{}
	for _, e := range entries {
		code, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok {
			continue
		}
		if !slices.Contains(codesOf(builtIn), code) {
			return nil, fmt.Errorf("TEXTS_DIR: %s is not named after a language that Ferry speaks; name it CODE.json with one of %s",
				e.Name(), strings.Join(codesOf(builtIn), ", "))
		}
		messages, err := readOverride(filepath.Join(dir, e.Name()), fields)
		if err != nil {
			return nil, fmt.Errorf("TEXTS_DIR: %s: %w", e.Name(), err)
		}
		overrides[code] = messages
	}
	return overrides, nil
}

// readOverride reads one file, whose texts may use these fields.
func readOverride(path string, fields map[string][]string) ([]*i18n.Message, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // some editors put it there
	file, err := i18n.ParseMessageFileBytes(b, filepath.Base(path), nil)
	if err != nil {
		return nil, fmt.Errorf("%w; write it as JSON, {\"key\": \"text\"}", err)
	}
	for _, m := range file.Messages {
		known, ok := fields[m.ID]
		if !ok {
			return nil, fmt.Errorf("%q is not a text that Ferry says; use any of %s",
				m.ID, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		if err := check(m, known); err != nil {
			return nil, fmt.Errorf("%q: %w", m.ID, err)
		}
	}
	return file.Messages, nil
}

// check finds what would keep a text from being said, if it may use the fields known.
func check(m *i18n.Message, known []string) error {
	if strings.TrimSpace(m.Other) == "" {
		return errors.New(`it has no text; write one, with plural forms one for "other", or leave the key out`)
	}
	if m.LeftDelim != "" || m.RightDelim != "" {
		return errors.New("it changes how fields are written; write them as {{.Field}}")
	}
	for _, text := range forms(m) {
		if most := Key(m.ID).longest(); most > 0 && utf8.RuneCountInString(text) > most {
			return fmt.Errorf("it is longer than the %d characters that WhatsApp takes there", most)
		}
		used, err := fieldsOf(text)
		if err != nil {
			return err
		}
		for _, f := range used {
			if !slices.Contains(known, f) {
				return fmt.Errorf("nothing stands for {{.%s}} here; %s", f, offer(known))
			}
		}
	}
	return nil
}

func offer(known []string) string {
	if len(known) == 0 {
		return "this text has no fields"
	}
	return "use {{." + strings.Join(known, "}}, {{.") + "}}"
}

// knownFields returns each key with the fields that its English text has.
func knownFields() (map[string][]string, error) {
	messages, err := readBuiltIn("en")
	if err != nil {
		return nil, err
	}
	known := map[string][]string{}
	for _, m := range messages {
		all := map[string]bool{}
		for _, text := range forms(m) {
			used, err := fieldsOf(text)
			if err != nil {
				return nil, fmt.Errorf("texts of en: %q: %w", m.ID, err)
			}
			for _, f := range used {
				all[f] = true
			}
		}
		known[m.ID] = slices.Sorted(maps.Keys(all))
	}
	return known, nil
}

// forms returns the plural forms that a text has, by their names in CLDR.
func forms(m *i18n.Message) map[string]string {
	all := map[string]string{
		"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other,
	}
	maps.DeleteFunc(all, func(_, text string) bool { return text == "" })
	return all
}

// fieldsOf returns the names of the fields in a text. A template that holds anything else than
// words and fields is refused, since it could fail when it is said.
func fieldsOf(text string) ([]string, error) {
	t, err := template.New("text").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w; write fields as {{.Field}}", err)
	}
	var names []string
	for _, node := range t.Root.Nodes {
		switch node := node.(type) {
		case *parse.TextNode:
		case *parse.ActionNode:
			name, ok := field(node)
			if !ok {
				return nil, fmt.Errorf("%s is more than a field; write fields as {{.Field}}", node)
			}
			names = append(names, name)
		default:
			return nil, fmt.Errorf("%s is more than a field; write fields as {{.Field}}", node)
		}
	}
	return names, nil
}

// field returns the name in an action that is nothing but {{.Name}}.
func field(a *parse.ActionNode) (string, bool) {
	if len(a.Pipe.Decl) > 0 || len(a.Pipe.Cmds) != 1 || len(a.Pipe.Cmds[0].Args) != 1 {
		return "", false
	}
	f, ok := a.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
	if !ok || len(f.Ident) != 1 {
		return "", false
	}
	return f.Ident[0], true
}
