package chatexport

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func ids(t *testing.T, file string, opt Options) []string {
	t.Helper()
	var list []string
	for _, m := range all(t, open(t, file, opt)) {
		list = append(list, m.ID())
	}
	return list
}

func TestImportingTwiceChangesNothing(t *testing.T) {
	var file strings.Builder
	for day := 1; day <= 12; day++ {
		fmt.Fprintf(&file, "%d/4/22, 10:00 - Ayu: ok\n%d/4/22, 10:00 - Ayu: ok\n%d/4/22, 10:00 - Luzia: ok\nok\n", day, day, day)
		fmt.Fprintf(&file, "%d/4/22, 10:01 - Ayu: <Media omitted>\n%d/4/22, 10:01 - Ayu: This message was deleted\n", day, day)
	}
	short := file.String()
	want := ids(t, short, Options{})
	seen := map[string]bool{}
	for _, id := range want {
		if seen[id] || len(id) != 40 {
			t.Errorf("id %s is another's or not 40 letters", id)
		}
		seen[id] = true
	}
	// Now it is clear that these were days of April, and that the phone was elsewhere.
	long := short + "13/4/22, 10:00 - Ayu: ok\n"
	for name, got := range map[string][]string{
		"again":         ids(t, short, Options{}),
		"a longer one":  ids(t, long, Options{}),
		"another place": ids(t, short, Options{Location: time.FixedZone("WIB", 7*3600)}),
		"zipped":        ids(t, zipped(t, "_chat.txt", short), Options{Assistant: "Luzia"}),
		"CR LF":         ids(t, crlf(short), Options{}),
	} {
		if strings.Join(got[:min(len(got), len(want))], " ") != strings.Join(want, " ") {
			t.Errorf("%s: other ids", name)
		}
	}
	guess := open(t, short[:strings.Index(short, "2/4/22")], Options{}).Summary()
	if !guess.Guessed {
		t.Fatal("the first day alone should be a guess")
	}
	american := ids(t, "4/3/22, 10:00 - Ayu: hi\n", Options{})
	both := ids(t, "4/3/22, 10:00 - Ayu: hi\n4/13/22, 10:00 - Ayu: hi\n", Options{})
	if american[0] != both[0] {
		t.Errorf("id = %s once the order is known, was %s", both[0], american[0])
	}
}

func TestIDsTellMessagesApart(t *testing.T) {
	base := "31/12/22, 10:00 - Ayu: hi\n"
	id := ids(t, base, Options{})[0]
	for _, other := range []string{
		"31/12/22, 10:00 - Luzia: hi\n", "31/12/22, 10:00 - Ayu: ho\n", "31/12/22, 10:01 - Ayu: hi\n", "30/12/22, 10:00 - Ayu: hi\n",
		"31/12/22, 22:00 - Ayu: hi\n", "31/12/21, 10:00 - Ayu: hi\n", "31/12/22, 10:00 - Ayu: <Media omitted>\nhi\n",
	} {
		if ids(t, other, Options{})[0] == id {
			t.Errorf("%q has the id of %q", other, base)
		}
	}
	// It is stored: a change of how it is made would double every history.
	if want := "6f3764e9"; id[:8] != want {
		t.Errorf("id = %s, was %s…", id, want)
	}
}

func TestAMessageInJSON(t *testing.T) {
	c := open(t, "31/12/22, 10:00 - Messages and calls are end-to-end encrypted.\n31/12/22, 10:01 - Ayu: \"hi\" <This message was edited>\n",
		Options{Location: time.FixedZone("WIB", 7*3600)})
	b, err := json.Marshal(all(t, c))
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"at":"2022-12-31T10:00:00+07:00","author":"","text":"Messages and calls are end-to-end encrypted.","system":true},` +
		`{"at":"2022-12-31T10:01:00+07:00","author":"Ayu","text":"\"hi\"","system":false}]`
	if string(b) != want {
		t.Errorf("JSON =\n%s, want\n%s", b, want)
	}
}

func TestTheSummary(t *testing.T) {
	c := open(t, "31/12/22, 10:00 - Messages and calls are end-to-end encrypted.\n31/12/22, 10:01 - Ayu: hi\n"+
		"31/12/22, 10:00 - Luzia: late\n1/1/23, 10:01 - Luzia: hello\n2/1/23, 10:00 - Ayu: <Media omitted>\n3/1/23, 10:00 - Luzia: This message was deleted\n4/1/23, 10:00 - You blocked this contact. Tap to unblock.\n", Options{})
	got := fmt.Sprintf("%+v", c.Summary())
	want := "{Messages:5 First:2022-12-31 10:00:00 +0000 UTC Last:2023-01-03 10:00:00 +0000 UTC Authors:[{Name:Luzia Messages:3 letters:9} {Name:Ayu Messages:2 letters:2}] " +
		"System:2 Media:1 Dates:d/m/y Guessed:false Ambiguous:0 Cut:0 Skipped:0 Language:en}"
	if got != want {
		t.Errorf("summary =\n%s, want\n%s", got, want)
	}
}

func TestWhatIsSkippedIsSaid(t *testing.T) {
	for file, want := range map[string]int{
		small: 0, "Exported by someone\n\nfor you\n" + small: 2,
		"Messages and calls are end-to-end encrypted.\n[12/31/22, 10:00:01 AM] You: hi\n": 0,
	} {
		if got := open(t, file, Options{}).Summary().Skipped; got != want {
			t.Errorf("%q: skipped %d lines, want %d", file, got, want)
		}
	}
}
