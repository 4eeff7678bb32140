package landing

import (
	_ "embed" // for the pages
	"html/template"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"ferry/adapters/internal/browser"
	"ferry/bridge"
	"ferry/bridge/texts"
)

//go:embed page/page.html
var markup string

//go:embed page/page.css
var style string

// pages are "landing", "code", "number" and "note", each of which shows a view.
var pages = template.Must(template.New("").Parse(markup))

// A view is what a page shows.
type view struct {
	Lang, Dir string
	Style     template.CSS
	Heading   string
	Support   string
	Languages []choice
	Back      string // to the page of the link
	Again     bool   // going back there is trying again

	Note string // under the heading, where that is all there is

	Whom       string
	There      []place // where the conversation can be read already
	Ways       []button
	App        string // a channel that may have to be installed first, by its own name
	TypeAction string

	Code, Number string
	QR           *drawing
	ByHand       []place

	name    string
	sms     string // a link
	origins []string
	texts   *texts.Texts
}

// A place is one on a channel.
type place struct{ Channel, Place string }

// A button leads to a channel.
type button struct{ Action, Text string }

// view returns the view of a page for whoever asks, of whom nothing is known yet.
func (p *Pages) view(r *http.Request) view {
	v := view{
		Style:   template.CSS(style), //nolint:gosec // it is our own file
		Support: p.cfg.SupportURL, name: p.cfg.AssistantName, texts: p.cfg.Texts,
	}
	v.origins = p.origins(nil)
	v.speak(p.language(r, ""))
	return v
}

// speak has the page be in a language.
func (v *view) speak(lang string) { v.Lang, v.Dir = lang, browser.Direction(lang) }

// query is how a link to one of our pages keeps its language.
func (v view) query() string { return "?lang=" + v.Lang }

// Name returns what the assistant is called.
func (v view) Name() string { return v.name }

// Say returns a text, with pairs of names and values for its fields.
func (v view) Say(key texts.Key, fields ...string) string {
	args := texts.Args{}
	for i := 0; i+1 < len(fields); i += 2 {
		args[fields[i]] = fields[i+1]
	}
	return v.texts.Say(v.Lang, key, args)
}

// SMS returns the link that prepares a message, or nothing.
func (v view) SMS() template.URL {
	return template.URL(v.sms) //nolint:gosec // smsLink has made it, of digits
}

// webChannel is the name of the only channel that everybody has.
const webChannel = "web"

// title returns what people call a channel.
func (v view) title(channel, title string) string {
	switch {
	case strings.EqualFold(channel, webChannel):
		return v.Say(texts.LandingWeb)
	case title == "" && channel != "":
		first, size := utf8.DecodeRuneInString(channel)
		title = string(unicode.ToUpper(first)) + channel[size:]
	}
	return texts.Name(title)
}

// onward returns what stands on the button of a channel.
func (v view) onward(channel, title string) string {
	if channel == webChannel {
		return v.Say(texts.LandingGoWeb)
	}
	return v.Say(texts.LandingGo, "Channel", v.title(channel, title))
}

// offer has the page offer these ways, whose forms are below that path.
func (v *view) offer(ways []bridge.Invitation, below string) {
	for _, i := range ways {
		v.Ways = append(v.Ways, button{below + i.Channel + v.query(), v.onward(i.Channel, i.Title)})
		// Where there is a number, every phone has what it takes.
		if v.App == "" && i.Channel != webChannel && i.Number == "" {
			v.App = v.title(i.Channel, i.Title)
		}
	}
}
