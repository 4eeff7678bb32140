package chatexport

import (
	"strings"
	"testing"
)

// What people write may look like anything.
func TestWhatPeopleWriteStaysTheirs(t *testing.T) {
	for _, c := range []struct {
		name string
		file string
		want []Message
	}{
		{
			"many lines, empty ones among them",
			"31/12/22, 10:00 - Ayu: a\n\n  b\nc: d\n\n31/12/22, 10:01 - Luzia: e\n",
			[]Message{says("2022-12-31 10:00", "Ayu", "a\n\n  b\nc: d"), says("2022-12-31 10:01", "Luzia", "e")},
		},
		{
			"a message that begins with an empty line",
			"31/12/22, 10:00 - Ayu: \nb\n31/12/22, 10:01 - Luzia:\nc\n",
			[]Message{says("2022-12-31 10:00", "Ayu", "b"), says("2022-12-31 10:01", "Luzia", "c")},
		},
		{
			"lists and dates",
			"31/12/22, 10:00 - Ayu: plan\n1/1/23 beach\n12/31/22: pack\n2/1/23, 10:15-11:00 surf\n3/1/23, 25:00 - nothing\n3/1/23 10:00 - Kim: no comma\n2. buy: milk\n",
			[]Message{says("2022-12-31 10:00", "Ayu", "plan\n1/1/23 beach\n12/31/22: pack\n2/1/23, 10:15-11:00 surf\n3/1/23, 25:00 - nothing\n3/1/23 10:00 - Kim: no comma\n2. buy: milk")},
		},
		{
			"another phone's chat",
			"31/12/22, 10:00 - Ayu: sum this up\n[30/12/22, 10:00:00] Mum: call me\n[30/12/22, 10:00:01] Dad: me too\n31/12/22, 10:01 - Luzia: They want a call.\n",
			[]Message{
				says("2022-12-31 10:00", "Ayu", "sum this up\n[30/12/22, 10:00:00] Mum: call me\n[30/12/22, 10:00:01] Dad: me too"),
				says("2022-12-31 10:01", "Luzia", "They want a call."),
			},
		},
		{
			"a chat of this phone with others",
			"31/12/22, 10:00 - Ayu: sum this up\n30/12/22, 10:00 - Mum: call me\n30/12/22, 10:01 - Dad: me too\n31/12/22, 10:01 - Luzia: They want a call.\n",
			[]Message{
				says("2022-12-31 10:00", "Ayu", "sum this up\n30/12/22, 10:00 - Mum: call me\n30/12/22, 10:01 - Dad: me too"),
				says("2022-12-31 10:01", "Luzia", "They want a call."),
			},
		},
		{
			"this very chat",
			"30/12/22, 10:00 - Ayu: where?\n30/12/22, 10:01 - Luzia: At the beach.\n31/12/22, 10:00 - Ayu: you said\n30/12/22, 10:01 - Luzia: At the beach.\nbut which?\n31/12/22, 10:01 - Luzia: Kuta.\n",
			[]Message{
				says("2022-12-30 10:00", "Ayu", "where?"),
				says("2022-12-30 10:01", "Luzia", "At the beach."),
				says("2022-12-31 10:00", "Ayu", "you said\n30/12/22, 10:01 - Luzia: At the beach.\nbut which?"),
				says("2022-12-31 10:01", "Luzia", "Kuta."),
			},
		},
		{
			"an iPhone's chat in an iPhone's, told by the ends of lines",
			"[31/12/22, 10:00:00] Ayu: sum this up\n[31/12/22, 10:00:05] Mum: call me\n[31/12/22, 10:00:06] Ayu: no\r\n[31/12/22, 10:00:30] Luzia: She wants a call.\r\n",
			[]Message{
				says("2022-12-31 10:00", "Ayu", "sum this up\n[31/12/22, 10:00:05] Mum: call me\n[31/12/22, 10:00:06] Ayu: no"),
				says("2022-12-31 10:00:30", "Luzia", "She wants a call."),
			},
		},
		{
			"no such day",
			"28/2/22, 10:00 - Ayu: a\n30/2/22, 10:00 - Ayu: b\n",
			[]Message{says("2022-02-28 10:00", "Ayu", "a\n30/2/22, 10:00 - Ayu: b")},
		},
		{
			"late messages and an hour that comes twice",
			"30/10/22, 02:50 - Ayu: a\n30/10/22, 02:10 - Ayu: b\n30/10/22, 02:11 - Luzia: c\n30/10/22, 02:10 - Kim: late\n29/10/22, 20:00 - Luzia: very late\n30/10/22, 02:12 - Ayu: d\n30/10/22, 01:12 - You blocked this contact\n29/10/22, 02:12 - what day was that\n",
			[]Message{
				says("2022-10-30 02:50", "Ayu", "a"),
				says("2022-10-30 02:10", "Ayu", "b"),
				says("2022-10-30 02:11", "Luzia", "c"),
				says("2022-10-30 02:10", "Kim", "late"),
				says("2022-10-29 20:00", "Luzia", "very late"),
				says("2022-10-30 02:12", "Ayu", "d"),
				notes("2022-10-30 01:12", "You blocked this contact\n29/10/22, 02:12 - what day was that"),
			},
		},
		{
			"the same words twice in a minute",
			"31/12/22, 10:00 - Ayu: ok\n31/12/22, 10:00 - Ayu: ok\n",
			[]Message{says("2022-12-31 10:00", "Ayu", "ok"), says("2022-12-31 10:00", "Ayu", "ok")},
		},
		{
			"words about media",
			"31/12/22, 10:00 - Ayu: the image omitted was mine (file attached)\n31/12/22, 10:01 - Ayu: <br> (x.y) <This message was edited> not\n31/12/22, 10:02 - Ayu: see <Media omitted>\n31/12/22, 10:03 - Ayu: see IMG-20221231-WA0001.jpg (nice)\n",
			[]Message{
				says("2022-12-31 10:00", "Ayu", "the image omitted was mine (file attached)"),
				says("2022-12-31 10:01", "Ayu", "<br> (x.y) <This message was edited> not"),
				says("2022-12-31 10:02", "Ayu", "see <Media omitted>"),
				says("2022-12-31 10:03", "Ayu", "see IMG-20221231-WA0001.jpg (nice)"),
			},
		},
		{
			"an iPhone's mark before what is too long for a notice",
			"[31/12/22, 10:00:00] Luzia: \u200e" + strings.Repeat("hello ", 40) + "\n[31/12/22, 10:00:01] Luzia: \u200ehello\n",
			[]Message{says("2022-12-31 10:00", "Luzia", strings.TrimSpace(strings.Repeat("hello ", 40))), notes("2022-12-31 10:00:01", "hello")},
		},
		{
			"bytes that are no UTF-8",
			"31/12/22, 10:00 - Ay\xffu: caf\xe9\n31/12/22, 10:01 - Luzia: \xed\xa0\x80\n",
			[]Message{says("2022-12-31 10:00", "Ay\ufffdu", "caf\ufffd"), says("2022-12-31 10:01", "Luzia", "\ufffd")},
		},
		{
			"lines before the first message",
			"Exported by someone\n\n31/12/22, 10:00 - Ayu: a\n",
			[]Message{says("2022-12-31 10:00", "Ayu", "a")},
		},
	} {
		t.Run(c.name, func(t *testing.T) { compare(t, open(t, c.file, Options{}), c.want) })
	}
}

func TestNames(t *testing.T) {
	chat := func(name string) string {
		return "31/12/22, 10:00 - " + name + ": https://a.b: 10:15 ok\n"
	}
	for _, c := range []struct {
		name    string
		file    string
		opt     Options
		authors []string
	}{
		{"unsaved, Android", chat("~ Ayu"), Options{}, []string{"Ayu"}},
		{"unsaved, iPhone", chat("\u202a~\u202f\u200eAyu\u202c"), Options{}, []string{"Ayu"}},
		{"telephone number", chat("\u202a+62\u00a0812\u00a0345\u202c"), Options{}, []string{"+62 812 345"}},
		{"joined emoji", chat("👩\u200d💻 Ayu"), Options{}, []string{"👩\u200d💻 Ayu"}},
		{"a time in it", chat("Ayu 10:15"), Options{}, []string{"Ayu 10:15"}},
		{"a dash in it", chat("Ayu - Bali"), Options{}, []string{"Ayu - Bali"}},
		{"only a tilde", chat("~"), Options{}, []string{"~"}},
		{"a colon in it, five times", strings.Repeat("31/12/22, 10:00 - Dr: Who: hello\n", 5), Options{}, []string{"Dr: Who"}},
		{"a colon in the words, four times", strings.Repeat("31/12/22, 10:00 - Dr: Who: hello\n", 4), Options{}, []string{"Dr"}},
		{"a colon in the words of one of five", strings.Repeat("31/12/22, 10:00 - Dr: Who: hello\n", 5) + "31/12/22, 10:00 - Dr: no\n", Options{}, []string{"Dr"}},
		{"a colon in it, and a picture", "31/12/22, 10:00 - Dr: Who: <Media omitted>\n", Options{}, []string{"Dr: Who"}},
		{"a colon in it, known as the assistant", "31/12/22, 10:00 - Dr: Who: hello\n", Options{Assistant: "dr: who"}, []string{"Dr: Who"}},
		{"a colon in it, known from the file's name", "31/12/22, 10:00 - Dr: Who: hello\n", Options{Name: "WhatsApp Chat with Dr_ Who.txt"}, []string{"Dr: Who"}},
		{"not a name but a sentence", `31/12/22, 10:00 - Ayu changed the subject from "Bali" to "Bali: the plan"` + "\n", Options{}, nil},
		{"not a name but encryption", "31/12/22, 10:00 - Messages and calls are end-to-end encrypted: no one can read them.\n", Options{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, a := range open(t, c.file, c.opt).Summary().Authors {
				got = append(got, a.Name)
			}
			if strings.Join(got, "|") != strings.Join(c.authors, "|") {
				t.Errorf("authors = %q, want %q", got, c.authors)
			}
		})
	}
}

func TestWhoIsTheAssistant(t *testing.T) {
	two := "31/12/22, 10:00 - Ayu: hi\n31/12/22, 10:01 - Luzia: Hello Ayu, how can I help you today?\n"
	for _, c := range []struct {
		name string
		file string
		opt  Options
		want string
		sure bool
	}{
		{"as it was said", two, Options{Assistant: "luzia"}, "Luzia", true},
		{"as it was said, but nobody is called so", two, Options{Assistant: "Perplexity"}, "", false},
		{"whom the file is named after", two, Options{Name: "Chat de WhatsApp con Luzia (2).zip"}, "Luzia", true},
		{"whom a file in a folder is named after", two, Options{Name: `C:\tmp\WhatsApp Chat - Luzia.zip`}, "Luzia", true},
		{"part of a word is no name", two, Options{Name: "Luzianas.zip"}, "Luzia", false},
		{"no hint but that assistants talk more", two, Options{Name: "_chat.txt"}, "Luzia", false},
		{"a group", two + "31/12/22, 10:02 - Kim: hi\n", Options{Name: "WhatsApp Chat with Luzia.zip"}, "Luzia", false},
		{"two hints", two, Options{Name: "Ayu and Luzia.zip"}, "Luzia", false},
		{
			"whom an iPhone's notice names", "[31/12/22, 10:00:00] Luzia: \u200eMessages and calls are end-to-end encrypted.\n[31/12/22, 10:00:01] Ayu: a long question about beaches\n[31/12/22, 10:00:02] Luzia: no\n",
			Options{},
			"Luzia", true,
		},
		{
			"who is not You on the Web", "Messages and calls are end-to-end encrypted.\n[12/31/22, 10:00:01 AM] You: a long question about beaches\n[12/31/22, 10:00:02 AM] Luzia: no\n",
			Options{},
			"Luzia", true,
		},
		{"alone", "31/12/22, 10:00 - Ayu: hi\n", Options{}, "Ayu", false},
		{"nobody", "31/12/22, 10:00 - Messages and calls are end-to-end encrypted.\n", Options{}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			name, sure := open(t, c.file, c.opt).Assistant()
			if name != c.want || sure != c.sure {
				t.Errorf("assistant = %q, sure %v; want %q, %v", name, sure, c.want, c.sure)
			}
		})
	}
}
