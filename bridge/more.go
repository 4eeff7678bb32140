package bridge

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"ferry/bridge/texts"
)

// moreSetting has an address behind it: of what there is more to be read there.
const moreSetting = "more:"

// A rest is what is left of a text of which somebody has read a part.
type rest struct {
	Entry string `json:"entry"` // its id
	From  int    `json:"from"`  // a place of the channel's
}

// split cuts a text as the channel of its address needs it. Of one that comes in pages it is the first page.
func (e *Engine) split(to Address, text string) []string {
	if p := e.ports[to.Channel]; p != nil {
		if pager, ok := p.can.(Pager); ok {
			parts, _ := pager.Page(text, 0, "")
			return parts
		}
		if s, ok := p.can.(Splitter); ok {
			return s.Split(text)
		}
	}
	return []string{text}
}

// parts cuts the text of an entry of this session as the channel of an address needs it. Where that is in pages it
// is the one that begins there, and it is noted where the next does, which more says how to get.
func (t *turn) parts(to Address, entry, text string, from int, more func() string) []string {
	var pager Pager
	if p := t.ports[to.Channel]; p != nil {
		pager, _ = p.can.(Pager)
	}
	if pager == nil {
		return t.split(to, text)
	}
	parts, next := pager.Page(text, from, "")
	if next > 0 {
		parts, next = pager.Page(text, from, more())
	}
	setting := moreSetting + to.String()
	switch {
	case next > 0:
		t.keep(setting, rest{entry, next})
	case t.setting(setting) != "":
		t.set(setting, "")
	}
	return parts
}

// sayMore says that there is more to be read, of what takes no link to it.
func (t *turn) sayMore() string { return t.Texts.Say(t.lang, texts.MoreAsk, nil) }

// linkMore says the same, and where all of it can be read, if that is somewhere.
func (t *turn) linkMore(ctx context.Context) func() string {
	return func() string {
		url, err := t.webLink(ctx)
		if err != nil {
			t.Log.Warn("an answer goes without a link to read on", "error", err)
		}
		if url == "" {
			return t.sayMore()
		}
		return t.Texts.Say(t.lang, texts.MoreLink, texts.Args{"URL": url})
	}
}

// webLink returns a link by which the person reads this conversation on the web, or nothing where there is no web.
func (t *turn) webLink(ctx context.Context) (string, error) {
	for _, ch := range t.Channels {
		if _, viewer := ch.(Viewer); !viewer || ch.Name() == t.to.Channel {
			continue
		}
		if _, ok := t.invite(ch, newCode()); !ok {
			continue
		}
		code, err := t.newCode(ctx, t.session, t.holder(t.to))
		if err != nil {
			return "", err
		}
		i, _ := t.invite(ch, code)
		return i.URL, nil
	}
	return "", nil
}

// more sends the next page of what the person has read a part of. It reports false where there is none.
func (t *turn) more(ctx context.Context) (bool, error) {
	var left rest
	if json.Unmarshal([]byte(t.l.Settings[moreSetting+t.to.String()]), &left) != nil {
		return false, nil // there is nothing
	}
	history, err := t.history(ctx, 0)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(history, func(e Entry) bool { return e.ID == left.Entry })
	if i < 0 {
		return false, nil // it is gone
	}
	parts := t.parts(t.to, left.Entry, t.shown(history[i]), left.From, t.linkMore(ctx))
	t.hear(true)
	t.send(delivery{ID: t.id + ".more", To: t.to, Parts: parts, At: time.Now()})
	return true, nil
}
