package bridge

import "testing"

func TestCodesAreReadAsPeopleWriteThem(t *testing.T) {
	for _, test := range []struct {
		text, code  string
		given, bare bool
	}{
		{"K7Q4P-X2M9D", "K7Q4PX2M9D", true, true},
		{"k7q4p-x2m9d", "K7Q4PX2M9D", true, true},
		{" K7Q4PX2M9D\n", "K7Q4PX2M9D", true, true},
		{"K704P-X2M91", "K704PX2M91", true, true},
		{"K7O4P-X2M9l", "K704PX2M91", true, true},
		{"ZZZZZ-ZZZZZ", "ZZZZZZZZZZ", true, true},
		{"0812345678", "0812345678", true, false}, // a telephone number
		{"technology", "TECHN010GY", true, false}, // a word
		{"STRAWBERRY", "STRAWBERRY", true, false}, // of these letters only
		{"K7O4PX2M9D", "K704PX2M9D", true, false}, // not as it is shown
		{"K7Q4PX2M9", "", false, false},
		{"K7Q4P-X2M9U", "", false, false},
		{"K7Q4P X2M9D", "", false, false},
		{"K7Q4-PX2M9D", "", false, false},
		{"Ｋ7Q4PX2M", "", false, false},
		{"my code is K7Q4P-X2M9D", "", false, false},
		{"", "", false, false},
	} {
		if code, ok := readCode(test.text); ok != test.given || ok && code != test.code {
			t.Errorf("readCode(%q) = %q, %t; want %q, %t", test.text, code, ok, test.code, test.given)
		}
		if code, ok := bareCode(test.text); ok != test.bare || ok && code != test.code {
			t.Errorf("bareCode(%q) = %q, %t; want %q, %t", test.text, code, ok, test.code, test.bare)
		}
	}
}

func TestANewCodeIsKnownAgain(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		code := newCode()
		for _, written := range []string{code, showCode(code)} {
			if got, ok := bareCode(written); !ok || got != code {
				t.Fatalf("bareCode(%q) = %q, %t; want %q", written, got, ok, code)
			}
		}
		if seen[code] {
			t.Fatalf("%q was given twice", code)
		}
		seen[code] = true
	}
}
