package bridge_test

import (
	"testing"

	"ferry/bridge"
)

func TestANumberHasOneForm(t *testing.T) {
	for in, want := range map[string]string{
		"+6281234567890": "+6281234567890",
		"6281234567890":  "+6281234567890",
		"+390612345678":  "+390612345678", // Italy keeps its zero
		"+15550783881":   "+15550783881",  // nobody's, as in samples

		"+5215512345678": "+525512345678", // Mexico
		"+525512345678":  "+525512345678",

		"+553196883193":  "+5531996883193", // Brazil, a mobile without its 9
		"+5531996883193": "+5531996883193",
		"+551133334444":  "+551133334444", // a landline

		"+541123456789":   "+5491123456789", // Argentina
		"+5491123456789":  "+5491123456789",
		"+54111523456789": "+5491123456789", // as people write it at home
	} {
		if got, ok := bridge.Number(in); got != want || !ok {
			t.Errorf("Number(%q) = %q, %t; want %q", in, got, ok, want)
		}
		if again, ok := bridge.Number(want); again != want || !ok {
			t.Errorf("Number(%q) = %q, %t; want itself", want, again, ok)
		}
	}
	for _, in := range []string{"", "+", "+0812345678", "+123456", "+1234567890123456", "+62 812 345", "+62812345678x", "٦٢٨١٢٣٤٥٦٧٨٩٠", "+6281234567890\n"} {
		if got, ok := bridge.Number(in); ok {
			t.Errorf("Number(%q) = %q, want none", in, got)
		}
	}
}
