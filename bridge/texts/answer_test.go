package texts

import (
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	tests := map[string][]string{
		"yes": {
			"yes", "YES!", "  Yes.\n", "yeah", "ok", "OK 👍", "✅ yes", "yes, please", "Yes yes", "“yes”", "yes\ufe0f",
			"ya", "Iya", "iya deh", "YA 🙏🏽", "boleh",
			"sim", "Sim!", "SIM, por favor", "claro",
			"sí", "Sí.", "¡Sí!", "si", "si\u0301", "dale", "por supuesto",
			"نعم", "نَعَم", "نعـــم", "أيوه", "ايوه", "أيوة", "نعم.", "\u2067نعم\u2069", "اه",
			"हाँ", "हां", "जी", "जी हाँ", "हाँ।", "haan", "Haan ji",
			"oui", "Oui !", "d'accord", "d’accord", "bien sûr",
			"sì", "Sì, grazie", "va bene",
			"ｙｅｓ",
		},
		"no": {
			"no", "No!", "NOPE", "no, thanks", "no no no", "no 👍", "👎 no",
			"tidak", "nggak", "gak", "enggak", "Gak usah", "jangan",
			"não", "nao", "NÃO", "na\u0303o",
			"no gracias", "¡No!",
			"لا", "لأ", "لا!", "لا شكراً", "كلا", "لا.",
			"नहीं", "नही", "जी नहीं", "nahi", "Nahin",
			"non", "Non merci",
		},
		"": {
			"", " ", "👍", "✅", "?", "yes 👎", "❌ yes", "yes or no", "yes no", "no yes", "yesterday", "yes delete the file",
			"nah", "note", "si no", "maybe", "1", "ya tidak", "نعم لا", "हाँ नहीं", "okra",
			strings.Repeat("yes ", 100), "\xff\xfe",
		},
	}
	for want, messages := range tests {
		for _, text := range messages {
			got := ""
			switch yes, known := Answer(text); {
			case yes && !known:
				t.Errorf("Answer(%q) = true, false", text)
			case yes:
				got = "yes"
			case known:
				got = "no"
			}
			if got != want {
				t.Errorf("Answer(%q) is %q, want %q", text, got, want)
			}
		}
	}
}

func TestNoWordMeansBoth(t *testing.T) {
	for word := range yeses {
		if noes[word] {
			t.Errorf("%q means yes and no", word)
		}
		if word == "" {
			t.Error("an empty message means yes")
		}
	}
	if noes[""] {
		t.Error("an empty message means no")
	}
}
