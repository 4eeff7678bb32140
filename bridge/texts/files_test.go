package texts

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// keys returns the constants of keys.go, so that they need not be listed a second time.
func keys(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "keys.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, v := range spec.Values {
			key, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, key)
		}
		return false
	})
	slices.Sort(all)
	return all
}

// builtInTexts returns the texts of a language by their keys.
func builtInTexts(t *testing.T, code string) map[string]*i18n.Message {
	t.Helper()
	messages, err := readBuiltIn(code)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*i18n.Message{}
	for _, m := range messages {
		if all[m.ID] != nil {
			t.Errorf("%s: %q is there twice", code, m.ID)
		}
		all[m.ID] = m
	}
	return all
}

// pluralForms asks go-i18n which forms its rules choose between in a language.
func pluralForms(t *testing.T, code string) []string {
	t.Helper()
	tag := language.Make(code)
	bundle := i18n.NewBundle(tag)
	bundle.MustAddMessages(tag, &i18n.Message{
		ID: "probe", Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "other",
	})
	speaker := i18n.NewLocalizer(bundle, code)
	counts := []int{1_000_000} // some languages have a form for millions
	for n := range 1000 {
		counts = append(counts, n)
	}
	seen := map[string]bool{}
	for _, n := range counts {
		form, err := speaker.Localize(&i18n.LocalizeConfig{MessageID: "probe", PluralCount: n})
		if err != nil {
			t.Fatal(err)
		}
		seen[form] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func sortedFields(t *testing.T, text string) []string {
	t.Helper()
	fields, err := fieldsOf(text)
	if err != nil {
		t.Error(err)
	}
	slices.Sort(fields)
	return fields
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	want := keys(t)
	english := builtInTexts(t, "en")
	for _, l := range builtIn {
		t.Run(l.Code, func(t *testing.T) {
			texts := builtInTexts(t, l.Code)
			if got := slices.Sorted(maps.Keys(texts)); !slices.Equal(got, want) {
				t.Fatalf("keys = %q, want those of keys.go: %q", got, want)
			}
			for key, m := range texts {
				wantForms := []string{"other"}
				if Key(key).counted() != "" {
					wantForms = pluralForms(t, l.Code)
				}
				if got := slices.Sorted(maps.Keys(forms(m))); !slices.Equal(got, wantForms) {
					t.Errorf("%s has plural forms %q, want %q", key, got, wantForms)
				}
				wantFields := sortedFields(t, english[key].Other)
				for form, text := range forms(m) {
					if text != strings.TrimSpace(text) {
						t.Errorf("%s, %s: space around %q", key, form, text)
					}
					got := sortedFields(t, text)
					// "In two hours" may be two words: a form for one number need not name it.
					unnamed := slices.Contains([]string{"zero", "one", "two"}, form)
					if !slices.Equal(got, wantFields) && (!unnamed || len(got) > 0) {
						t.Errorf("%s, %s: fields %q, want %q as in English", key, form, got, wantFields)
					}
				}
			}
		})
	}
}

var command = regexp.MustCompile(`/[a-z]+`)

func TestCommandsStayAsTheyAre(t *testing.T) {
	english := builtInTexts(t, "en")
	for _, l := range builtIn {
		for key, m := range builtInTexts(t, l.Code) {
			want := command.FindAllString(english[key].Other, -1)
			for form, text := range forms(m) {
				if got := command.FindAllString(text, -1); !slices.Equal(got, want) {
					t.Errorf("%s: %s, %s: commands %q, want %q", l.Code, key, form, got, want)
				}
			}
		}
	}
}

// In a text that runs from right to left, the slash of a command would be shown at its other end,
// and a name in other letters would move the marks around it.
func TestArabicKeepsWhatRunsTheOtherWayApart(t *testing.T) {
	apart := regexp.MustCompile("\u2068[^\u2068\u2069\n]*\u2069|(?m:^\\{\\{\\.(URL|List)\\}\\}$)")
	// Counts are neutral, and When is Arabic itself.
	rest := regexp.MustCompile(`/[a-z]|\{\{\.(Assistant|Name|URL|List|Language|Example)\}\}|[` + "\u2068\u2069" + `]`)
	for key, m := range builtInTexts(t, "ar") {
		for form, text := range forms(m) {
			if found := rest.FindString(apart.ReplaceAllString(text, "")); found != "" {
				t.Errorf("%s, %s: %q is not apart in %q", key, form, found, text)
			}
		}
	}
}

func TestQuestionsAskForWhatAnswerReads(t *testing.T) {
	words := map[string][2]string{
		"en": {"yes", "no"}, "id": {"ya", "tidak"}, "hi": {"हाँ", "नहीं"}, "pt": {"sim", "não"},
		"es": {"sí", "no"}, "ar": {"نعم", "لا"}, "it": {"sì", "no"}, "fr": {"oui", "non"},
	}
	for _, l := range builtIn {
		question := builtInTexts(t, l.Code)[string(ForgetAsk)].Other
		for i, word := range words[l.Code] {
			if !strings.Contains(question, word) {
				t.Errorf("%s: %q does not ask for %q", l.Code, question, word)
			}
			if yes, known := Answer(word); !known || yes != (i == 0) {
				t.Errorf("Answer(%q) = %t, %t, want %t, true", word, yes, known, i == 0)
			}
		}
	}
}

// Meta takes so many characters of a notice, whatever the assistant is called.
func TestNoticesFitWhatsApp(t *testing.T) {
	said, err := Load("", nil, "en")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("न", longestName)
	for _, l := range said.Languages() {
		for key, most := range map[Key]int{
			RedirectBody: 1024, RedirectFull: 1024, RedirectGone: 1024, RedirectFooter: 60, RedirectButton: 20,
		} {
			text := said.Say(l.Code, key, Args{"Assistant": long, "Channels": "Telegram, Web, SMS, " + long, "Where": "Telegram +62•••90"})
			if n := utf8.RuneCountInString(text); n > most || text == "" {
				t.Errorf("%s in %s has %d characters, at most %d: %s", key, l.Code, n, most, text)
			}
		}
		for _, other := range []string{"Telegram", "SMS", "Messenger", "Signal"} {
			if text := said.Say(l.Code, RedirectBody, Args{"Assistant": "Luzia"}); strings.Contains(text, other) {
				t.Errorf("the notice in %s names %s: %s", l.Code, other, text)
			}
		}
	}
}
