package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"golang.org/x/text/language"
)

//go:embed lang/*.json
var langFiles embed.FS

// sentences are what the page, its story and the pretend model say in a language. A name in braces stands for a value.
type sentences map[string]string

// loadSentences reads those of all languages.
func loadSentences() (map[string]sentences, error) {
	files, err := langFiles.ReadDir("lang")
	if err != nil {
		return nil, fmt.Errorf("the demo's languages: %w", err)
	}
	all := map[string]sentences{}
	for _, f := range files {
		data, err := langFiles.ReadFile(path.Join("lang", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("the demo's languages: %w", err)
		}
		var say sentences
		if err := json.Unmarshal(data, &say); err != nil {
			return nil, fmt.Errorf("the demo's language %s: %w", f.Name(), err)
		}
		all[strings.TrimSuffix(f.Name(), ".json")] = say
	}
	return all, nil
}

// with returns a sentence with values, in pairs of name and value.
func (say sentences) with(key string, values ...string) string {
	var pairs []string
	for i := 0; i+1 < len(values); i += 2 {
		pairs = append(pairs, "{"+values[i]+"}", values[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(say[key])
}

// languages are those of the page, the one that is taken where nobody knows better first.
var languages = []struct{ Code, Name string }{
	{"en", "English"},
	{"id", "Bahasa Indonesia"},
	{"hi", "हिन्दी"},
	{"pt", "Português"},
	{"es", "Español"},
	{"ar", "العربية"},
	{"it", "Italiano"},
	{"fr", "Français"},
}

// spoken returns the language for somebody who has chosen one, or whose browser asks for some.
func spoken(chosen, accepted string) string {
	var tags []language.Tag
	for _, l := range languages {
		if l.Code == chosen {
			return chosen
		}
		tags = append(tags, language.Make(l.Code))
	}
	wanted, _, err := language.ParseAcceptLanguage(accepted)
	if err != nil {
		return languages[0].Code
	}
	_, at, _ := language.NewMatcher(tags).Match(wanted...)
	return languages[at].Code
}
