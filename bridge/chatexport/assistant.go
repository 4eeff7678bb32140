package chatexport

import "strings"

// Assistant returns who of the Authors is the assistant, and whether that is clear. Where it is not, the
// name is the likeliest one, or empty, and the person should be asked.
//
// It is clear where Options.Assistant is among them; else where there are two, and the file is named
// after one of them, or an iPhone's notice is, or one is "You", as WhatsApp Web calls who exports: for a
// chat is named after the other party, and who exports it is the person. An operator who hands over
// what the assistant's own phone exported has to say the name.
func (c *Chat) Assistant() (name string, sure bool) {
	authors := c.summary.Authors
	if c.opt.Assistant != "" {
		for _, a := range authors {
			if same(a.Name, c.opt.Assistant) {
				return a.Name, true
			}
		}
		return "", false
	}
	best, hints := "", 0
	for _, a := range authors {
		if titled(c.opt.Name, a.Name) || same(a.Name, c.title) {
			best = a.Name
			hints++
		}
	}
	if c.form.lead.web && hints == 0 && len(authors) == 2 {
		for i, a := range authors {
			if yous[strings.ToLower(a.Name)] {
				best = authors[1-i].Name
				hints++
			}
		}
	}
	if hints == 1 {
		return best, len(authors) == 2
	}
	// An assistant talks more.
	letters := 0
	for _, a := range authors {
		if a.letters > letters {
			best, letters = a.Name, a.letters
		}
	}
	return best, false
}

// yous is what WhatsApp Web calls who exports a chat.
var yous = map[string]bool{
	"you": true, "anda": true, "kamu": true, "आप": true, "você": true, "tu": true, "tú": true, "أنت": true,
	"vous": true, "du": true, "вы": true, "ви": true, "siz": true, "sen": true, "あなた": true, "나": true,
	"회원님": true, "您": true, "你": true, "jij": true, "u": true, "je": true, "ty": true, "bạn": true, "คุณ": true,
}
