// Package texts has every sentence that Ferry itself says, in the languages it speaks.
//
// A file for each language holds the texts by their keys. A text is a template of
// github.com/nicksnyder/go-i18n/v2, which chooses the plural form, with nothing in it but words and
// fields such as {{.Assistant}}. Operators change the wording with files of the same names:
//
//	t, err := texts.Load(dir, nil, "en")
//	lang := t.Match(known, platformSays)
//	t.Say(lang, texts.Start, texts.Args{"Assistant": "Luzia"})
//
// What is said is plain text and escapes nothing.
package texts

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// A Language is one that Ferry speaks.
type Language struct {
	Code string // such as "id", as in LANGUAGES
	Name string // in the language itself
}

// builtIn has a file for each.
var builtIn = []Language{
	{"en", "English"},
	{"id", "Bahasa Indonesia"},
	{"hi", "हिन्दी"},
	{"pt", "Português"},
	{"es", "Español"},
	{"ar", "العربية"},
	{"it", "Italiano"},
	{"fr", "Français"},
}

//go:embed *.json
var files embed.FS

// Texts says things. It does not change once it is loaded.
type Texts struct {
	languages []Language // in the order configured
	fallback  string
	speakers  map[string]*i18n.Localizer // by code
	matcher   language.Matcher
	matched   []string // the codes, in the order the matcher knows them
}

// Args are what the fields of a text stand for, by name; Key tells which text has which. What is
// counted is an int.
type Args map[string]any

// Load reads the built-in texts of the languages, all where none are named, and from dir the
// operator's own wording: files named like the built-in ones, each with the texts that are to be
// other than built in. Dir may be empty. Fallback is the language of those who speak none of the
// others. Errors name the setting, LANGUAGES, DEFAULT_LANGUAGE or TEXTS_DIR, and the mend.
func Load(dir string, languages []string, fallback string) (*Texts, error) {
	spoken, err := choose(languages)
	if err != nil {
		return nil, err
	}
	fallback = clean(fallback)
	codes := codesOf(spoken)
	if !slices.Contains(codes, fallback) {
		return nil, fmt.Errorf("DEFAULT_LANGUAGE: %q is none of the languages spoken; set it to one of %s",
			fallback, strings.Join(codes, ", "))
	}

	t := &Texts{languages: spoken, fallback: fallback, speakers: map[string]*i18n.Localizer{}}
	bundle := i18n.NewBundle(language.Make(fallback))
	for _, code := range codes {
		messages, err := readBuiltIn(code)
		if err != nil {
			return nil, err
		}
		if err := bundle.AddMessages(language.Make(code), messages...); err != nil {
			return nil, fmt.Errorf("texts of %s: %w", code, err)
		}
	}
	overrides, err := readOverrides(dir)
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		if err := bundle.AddMessages(language.Make(code), overrides[code]...); err != nil {
			return nil, fmt.Errorf("texts of %s: %w", code, err)
		}
		t.speakers[code] = i18n.NewLocalizer(bundle, code)
	}

	var tags []language.Tag
	for _, code := range codes {
		tags = append(tags, language.Make(code))
	}
	t.matched, t.matcher = codes, language.NewMatcher(tags)
	return t, nil
}

// choose returns the languages of these codes, each once.
func choose(codes []string) ([]Language, error) {
	if len(codes) == 0 {
		return builtIn, nil
	}
	var chosen []Language
	for _, code := range codes {
		i := slices.Index(codesOf(builtIn), clean(code))
		if i < 0 {
			return nil, fmt.Errorf("LANGUAGES: %q is not a language that Ferry speaks; use any of %s",
				code, strings.Join(codesOf(builtIn), ","))
		}
		if !slices.Contains(chosen, builtIn[i]) {
			chosen = append(chosen, builtIn[i])
		}
	}
	return chosen, nil
}

func clean(code string) string { return strings.ToLower(strings.TrimSpace(code)) }

func codesOf(languages []Language) []string {
	var codes []string
	for _, l := range languages {
		codes = append(codes, l.Code)
	}
	return codes
}

// Languages returns the languages spoken, in the order they were configured.
func (t *Texts) Languages() []Language { return slices.Clone(t.languages) }

// Say returns the text of a key in the language of that code, as Match returns it, or else in the
// default language. It is never empty.
func (t *Texts) Say(lang string, k Key, args Args) string {
	speaker, ok := t.speakers[lang]
	if !ok {
		speaker = t.speakers[t.fallback]
	}
	config := &i18n.LocalizeConfig{MessageID: string(k), TemplateData: args}
	if field := k.counted(); field != "" {
		config.PluralCount = args[field]
	}
	// An operator's text may lack a plural form: that is an error, but the text for other counts
	// comes with it and does.
	text, _ := speaker.Localize(config)
	if text == "" {
		return string(k)
	}
	return text
}

// When says when something goes on that does so after d: in hours, rounded up, or where it is
// within the hour in minutes, one at least. It is the argument of limit_person and limit_everyone.
func (t *Texts) When(lang string, d time.Duration) string {
	minutes := max(1, int((d+time.Minute-1)/time.Minute))
	if minutes < 60 {
		return t.Say(lang, WhenMinutes, Args{"Count": minutes})
	}
	hours := int((d + time.Hour - 1) / time.Hour)
	return t.Say(lang, WhenHours, Args{"Count": hours})
}

// longestHint is more than a language tag needs: RFC 5646, 4.4.1 reckons with 35 characters.
const longestHint = 64

// Match returns the code of the language to speak to someone of whom these BCP 47 tags are known,
// the most telling first: that of the first hint that one of the languages suits, or else the
// default language. Hints that are empty or no tags are passed over.
func (t *Texts) Match(hints ...string) string {
	for _, hint := range hints {
		if len(hint) > longestHint {
			continue
		}
		tag := language.Make(hint)
		if tag == language.Und {
			continue
		}
		if _, i, confidence := t.matcher.Match(tag); confidence > language.No {
			return t.matched[i]
		}
	}
	return t.fallback
}

// Date writes the day of a time, in UTC, as it is written in a language.
func (t *Texts) Date(lang string, at time.Time) string {
	year, month, day := at.UTC().Date()
	names := strings.Split(t.Say(lang, Months, nil), ",")
	name := month.String() // where the operator's own list is not one of twelve
	if len(names) == 12 {
		name = strings.TrimSpace(names[month-1])
	}
	return t.Say(lang, Date, Args{"Day": day, "Month": name, "Year": strconv.Itoa(year)})
}
