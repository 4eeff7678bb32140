package texts

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func load(t *testing.T, dir string, languages []string, fallback string) *Texts {
	t.Helper()
	texts, err := Load(dir, languages, fallback)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestSay(t *testing.T) {
	texts := load(t, "", nil, "id")
	tests := []struct {
		name, lang string
		key        Key
		args       Args
		want       string
	}{
		{"in the person's language", "pt", ForgetKept, nil, "Tudo bem, nada foi apagado."},
		{"in a language we don't speak", "zh", ForgetKept, nil, "Baik, tidak ada yang dihapus."},
		{"in none", "", ForgetKept, nil, "Baik, tidak ada yang dihapus."},
		{
			"with what a name really is", "en", StartNamed,
			Args{"Name": `<b>"O'Neil" & {{.Assistant}}`, "Assistant": "Luzia"},
			"Hello <b>\"O'Neil\" & {{.Assistant}}! I'm Luzia. Write me anything and I'll answer.\nWrite /help to see what else I can do.",
		},
		{"what has no text", "en", "nothing", nil, "nothing"},
	}
	for _, tt := range tests {
		if got := texts.Say(tt.lang, tt.key, tt.args); got != tt.want {
			t.Errorf("%s: Say(%q, %q) = %q, want %q", tt.name, tt.lang, tt.key, got, tt.want)
		}
	}
}

func TestSayFromManyAtOnce(t *testing.T) {
	texts := load(t, "", nil, "en")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, l := range texts.Languages() {
				if got := texts.Say(l.Code, Privacy, Args{"Days": 180}); !strings.Contains(got, "180") {
					t.Errorf("%s: %q does not say 180", l.Code, got)
				}
			}
		})
	}
	wg.Wait()
}

func TestWhen(t *testing.T) {
	texts := load(t, "", nil, "en")
	tests := []struct {
		lang string
		d    time.Duration
		want string
	}{
		{"en", -time.Hour, "in 1 minute"},
		{"en", 0, "in 1 minute"},
		{"en", time.Minute, "in 1 minute"},
		{"en", time.Minute + time.Nanosecond, "in 2 minutes"},
		{"en", 59 * time.Minute, "in 59 minutes"},
		{"en", 59*time.Minute + time.Second, "in 1 hour"},
		{"en", time.Hour, "in 1 hour"},
		{"en", time.Hour + time.Second, "in 2 hours"},
		{"en", 24 * time.Hour, "in 24 hours"},
		{"id", 3 * time.Hour, "3 jam lagi"},
		{"hi", time.Hour, "1 घंटे बाद"},
		{"pt", time.Hour, "daqui a 1 hora"},
		{"pt", 5 * time.Hour, "daqui a 5 horas"},
		{"es", 2 * time.Minute, "dentro de 2 minutos"},
		{"ar", time.Hour, "بعد ساعة واحدة"},
		{"ar", 2 * time.Hour, "بعد ساعتين"},
		{"ar", 3 * time.Hour, "بعد 3 ساعات"},
		{"ar", 11 * time.Hour, "بعد 11 ساعة"},
		{"ar", 10 * time.Minute, "بعد 10 دقائق"},
		{"it", 2 * time.Hour, "tra 2 ore"},
		{"fr", time.Minute, "dans 1 minute"},
		{"zh", time.Hour, "in 1 hour"},
	}
	for _, tt := range tests {
		if got := texts.When(tt.lang, tt.d); got != tt.want {
			t.Errorf("When(%q, %s) = %q, want %q", tt.lang, tt.d, got, tt.want)
		}
	}
}

func TestMatch(t *testing.T) {
	all := load(t, "", nil, "en")
	some := load(t, "", []string{"pt", "id"}, "id")
	tests := []struct {
		texts *Texts
		hints []string
		want  string
	}{
		{all, nil, "en"},
		{all, []string{"id"}, "id"},
		{all, []string{"id-ID"}, "id"},
		{all, []string{"in"}, "id"},
		{all, []string{"in_ID"}, "id"},
		{all, []string{"pt-BR"}, "pt"},
		{all, []string{"pt-PT"}, "pt"},
		{all, []string{"es-419"}, "es"},
		{all, []string{"ar-EG"}, "ar"},
		{all, []string{"FR-ca"}, "fr"},
		{all, []string{"zh"}, "en"},
		{all, []string{"zh", "hi-IN"}, "hi"},
		{all, []string{"", "it", "fr"}, "it"},
		{all, []string{"pt-PT", "en"}, "pt"},
		{all, []string{"???", "*", "x", "es"}, "es"},
		{all, []string{"fr-" + strings.Repeat("a", 1000), "it"}, "it"},
		{some, []string{"zh"}, "id"},
		{some, []string{"en", "pt"}, "pt"},
		{some, nil, "id"},
	}
	for _, tt := range tests {
		if got := tt.texts.Match(tt.hints...); got != tt.want {
			t.Errorf("Match(%.40q) = %q, want %q", tt.hints, got, tt.want)
		}
	}
}

func TestLanguagesAreThoseConfigured(t *testing.T) {
	if got := codesOf(load(t, "", nil, "en").Languages()); len(got) != 8 || got[0] != "en" || got[7] != "fr" {
		t.Errorf("all languages = %q", got)
	}
	texts := load(t, "", []string{"pt", " ID", "pt"}, " Id ")
	want := []Language{{"pt", "Português"}, {"id", "Bahasa Indonesia"}}
	if got := texts.Languages(); !slices.Equal(got, want) {
		t.Errorf("languages = %v, want %v", got, want)
	}
	if got, want := texts.Say("fr", StopEmpty, nil), "Dihentikan."; got != want {
		t.Errorf("text in a language that is not spoken = %q, want %q", got, want)
	}
}
