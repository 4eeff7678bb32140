package web_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"ferry/bridge"
)

func TestAConversation(t *testing.T) {
	p := open(t).person()
	if got := p.history(); got.Entries == nil || len(got.Entries) != 0 || got.Cursor == "" {
		t.Errorf("history of nobody = %+v, want an empty list and a cursor", got)
	}
	w := p.look("")
	id := p.says("hello")
	var s scene
	w.watch(&s, "assistant: re: hello")
	if !slices.Equal(s.entries, []string{"user: hello", "assistant: re: hello"}) || s.ids[0] != id {
		t.Errorf("saw %q, %q; want the message %s and its answer", s.entries, s.ids, id)
	}
	h := p.history()
	if got := h.texts(); !slices.Equal(got, s.entries) {
		t.Errorf("history = %q, want what was seen, %q", got, s.entries)
	}
	if e := h.Entries[1]; e.ID != s.ids[1] || e.Channel != "web" || e.Turn != id || e.At.IsZero() || e.Stopped {
		t.Errorf("answer = %+v, want its id, channel, turn and time", e)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
	} {
		if got := w.header.Get(name); got != want {
			t.Errorf("%s of a stream = %q, want %q", name, got, want)
		}
	}
}

func TestAMessageThatComesTwiceIsAnsweredOnce(t *testing.T) {
	p := open(t).person()
	w := p.look("")
	id := strings.ToUpper(uuid.NewString())
	for i, want := range []bool{false, true} {
		got := decode[receipt](t, p.ask(http.MethodPost, "/web/messages", message(id, "hello")), http.StatusAccepted)
		if got.ID != strings.ToLower(id) || got.Duplicate != want {
			t.Errorf("receipt %d = %+v, want %s and duplicate %t", i, got, strings.ToLower(id), want)
		}
	}
	var s scene
	w.watch(&s, "assistant: re: hello")
	p.says("more")
	w.watch(&s, "assistant: re: more")
	if len(s.entries) != 4 {
		t.Errorf("saw %q, want each once", s.entries)
	}
}

func TestTheSameIDOfAnotherPersonIsAnotherMessage(t *testing.T) {
	site := open(t)
	id := uuid.NewString()
	for _, p := range []*person{site.person(), site.person()} {
		got := decode[receipt](t, p.ask(http.MethodPost, "/web/messages", message(id, "hello")), http.StatusAccepted)
		if got.Duplicate {
			t.Error("a message of another person counts as a duplicate")
		}
	}
}

func TestMessagesThatAreNone(t *testing.T) {
	p := open(t).person()
	id := uuid.NewString()
	for name, c := range map[string]struct {
		body string
		want int
		kind string
	}{
		"nothing":             {"", http.StatusBadRequest, ""},
		"no JSON":             {"hello", http.StatusBadRequest, ""},
		"two of them":         {message(id, "a") + message(id, "b"), http.StatusBadRequest, ""},
		"another shape":       {`["` + id + `","hello"]`, http.StatusBadRequest, ""},
		"another type":        {`{"id":"` + id + `","text":7}`, http.StatusBadRequest, ""},
		"no id":               {`{"text":"hello"}`, http.StatusBadRequest, ""},
		"an id that is none":  {message("7", "hello"), http.StatusBadRequest, ""},
		"an id in braces":     {message("{"+id+"}", "hello"), http.StatusBadRequest, ""},
		"an id without lines": {message(strings.ReplaceAll(id, "-", ""), "hello"), http.StatusBadRequest, ""},
		"no text":             {`{"id":"` + id + `"}`, http.StatusBadRequest, ""},
		"blanks":              {message(id, " \n\t\u00a0"), http.StatusBadRequest, ""},
		"too long":            {message(id, strings.Repeat("é", 8001)), http.StatusBadRequest, ""},
		"no UTF-8":            {"{\"id\":\"" + id + "\",\"text\":\"caf\xe9\"}", http.StatusBadRequest, ""},
		"too deep":            {`{"id":"` + id + `","text":"x","y":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}", http.StatusBadRequest, ""},
		"too large":           {message(id, strings.Repeat("a", 1<<20)), http.StatusRequestEntityTooLarge, ""},
		"a form":              {message(id, "hello"), http.StatusUnsupportedMediaType, "application/x-www-form-urlencoded"},
		"plain text":          {message(id, "hello"), http.StatusUnsupportedMediaType, "text/plain"},
		"a charset":           {message(uuid.NewString(), "hello"), http.StatusAccepted, "application/json; charset=utf-8"},
		"as long as may be":   {message(uuid.NewString(), strings.Repeat("é", 8000)), http.StatusAccepted, ""},
	} {
		header := []string{}
		if c.kind != "" {
			header = append(header, "Content-Type", c.kind)
		}
		got := p.ask(http.MethodPost, "/web/messages", c.body, header...)
		if got.status != c.want || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s %v, want %d in JSON that nobody keeps", name, got.status, got.body, got.header, c.want)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	p := open(t).person()
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/web/messages", http.StatusMethodNotAllowed},
		{http.MethodPost, "/web/history", http.StatusMethodNotAllowed},
		{http.MethodPost, "/web/events", http.StatusMethodNotAllowed},
		{http.MethodHead, "/web/events", http.StatusMethodNotAllowed},
		{http.MethodGet, "/web/link", http.StatusMethodNotAllowed},
		{http.MethodGet, "/web/", http.StatusNotFound},
		{http.MethodPost, "/chat", http.StatusMethodNotAllowed},
	} {
		got := p.ask(c.method, c.path, "")
		if got.status != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, got.status, c.want)
		}
		if strings.HasPrefix(c.path, "/web/") && got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s may be kept", c.method, c.path)
		}
	}
}

func TestAStopKeepsWhatWasShown(t *testing.T) {
	site := open(t)
	p := site.person()
	w := p.look("")
	steps := site.paced(100)
	turn := p.says("tell me a story")
	steps <- struct{}{}
	var s scene
	for s.partial[turn] == "" {
		e, _ := w.next()
		s.see(t, e)
	}
	shown := strings.TrimSpace(s.partial[turn])
	if got := p.ask(http.MethodPost, "/web/stop", `{"turn":"`+turn+`"}`); got.status != http.StatusNoContent {
		t.Errorf("stop: %d %s, want 204", got.status, got.body)
	}
	w.watch(&s, "assistant: "+shown)
	h := p.history()
	if last := h.Entries[len(h.Entries)-1]; last.Text != shown || !last.Stopped {
		t.Errorf("history ends with %+v, want %q, stopped", last, shown)
	}
	for _, body := range []string{"", "{}", `{"turn":"` + strings.Repeat("x", 201) + `"}`} {
		if got := p.ask(http.MethodPost, "/web/stop", body); got.status != http.StatusBadRequest {
			t.Errorf("stop of %.20q: %d, want 400", body, got.status)
		}
	}
}

func TestAnswersToOthersAreSeenToo(t *testing.T) {
	site := open(t)
	first, second := site.person(), site.person()
	w := first.look("")
	second.says("a secret of mine")
	third := second.look("")
	second.says("another")
	var s scene
	third.watch(&s, "assistant: re: another")
	first.says("hello")
	var mine scene
	w.watch(&mine, "assistant: re: hello")
	if !slices.Equal(mine.entries, []string{"user: hello", "assistant: re: hello"}) {
		t.Errorf("saw %q, want nothing of others", mine.entries)
	}
}

// Whoever looks on is told what came with a message of another channel, but not where it lies.
func TestWhatCameWithAMessageIsToldOf(t *testing.T) {
	site := open(t)
	p := site.person()
	w := p.look("")
	duplicate, err := site.engine.Say(t.Context(), bridge.Inbound{
		ID: "telegram-7", From: p.address(), At: time.Now(), Attachments: []bridge.Attachment{
			{Kind: bridge.Image, MIME: "image/jpeg", Size: 1000, Ref: "private-ref"},
			{Kind: bridge.Document, MIME: "application/pdf", Name: "list.pdf", Size: 2000, Ref: "private-ref"},
		},
	})
	if duplicate || err != nil {
		t.Fatalf("duplicate %t, %v", duplicate, err)
	}
	const want = `"attachments":[{"kind":"image","mime":"image/jpeg","size":1000},{"kind":"document","mime":"application/pdf","name":"list.pdf","size":2000}]`
	var seen string
	for !strings.Contains(seen, "telegram-7") {
		e, ok := w.next()
		if !ok {
			t.Fatal("the stream ended")
		}
		seen = e.data
	}
	for where, got := range map[string]string{"the stream": seen, "the history": p.ask(http.MethodGet, "/web/history", "").body} {
		if !strings.Contains(got, want) || strings.Contains(got, "private") {
			t.Errorf("%s has %s, want %s and no more of it", where, got, want)
		}
	}
}

func TestCommandsAreSeenInTheHistory(t *testing.T) {
	p := open(t).person()
	w := p.look("")
	p.says("/help")
	var s scene
	for len(s.entries) < 2 {
		e, _ := w.next()
		s.see(t, e)
	}
	if got := p.history().texts(); !slices.Equal(got, s.entries) || got[0] != "user: /help" || !strings.HasPrefix(got[1], "notice: ") {
		t.Errorf("history = %.80q, saw %.80q; want the command and a notice", got, s.entries)
	}
}

func TestTheBridgeHearsWhatABrowserSays(t *testing.T) {
	for _, c := range []struct{ identity, accept, name, language string }{
		{"", "", "", ""},
		{"", "id-ID,id;q=0.9,en;q=0.8", "", "id"},
		{"", "de, it;q=0.5, en;q=0.4", "", "it"},
		{"", "*", "", ""},
		{"", "nonsense-that-is-no-language;q=x", "", ""},
		{signed(t, claims{"sub": "7", "name": "Ayu", "language": "hi"}), "id", "Ayu", "hi"},
		{signed(t, claims{"sub": "7", "name": "Ayu"}), "id", "Ayu", "id"},
	} {
		views := &fakeViews{}
		site := bare(t, views)
		body := "{}"
		if c.identity != "" {
			body = `{"identity":"` + c.identity + `"}`
		}
		p := &person{site, decode[session](t, site.ask(http.MethodPost, "/web/session", body), http.StatusOK).Token}
		header := []string{}
		if c.accept != "" {
			header = append(header, "Accept-Language", c.accept)
		}
		p.ask(http.MethodPost, "/web/messages", message(uuid.NewString(), " hello "), header...)
		if len(views.said) != 1 {
			t.Fatalf("the bridge heard %d messages, want 1", len(views.said))
		}
		in := views.said[0]
		if in.From != p.address() || in.Text != " hello " || in.Name != c.name || in.Language != c.language || in.At.IsZero() {
			t.Errorf("%+v: the bridge heard %+v", c, in)
		}
	}
}

func TestWhatTheStoreSaysIsPassedOn(t *testing.T) {
	for name, c := range map[string]struct {
		views  *fakeViews
		status int
		after  string
	}{
		"too many wait":     {&fakeViews{say: bridge.ErrFull}, http.StatusTooManyRequests, "5"},
		"the store is away": {&fakeViews{say: context.DeadlineExceeded}, http.StatusServiceUnavailable, "5"},
	} {
		p := bare(t, c.views).person()
		got := p.ask(http.MethodPost, "/web/messages", message(uuid.NewString(), "private"))
		if got.status != c.status || got.header.Get("Retry-After") != c.after {
			t.Errorf("%s: %d, Retry-After %q; want %d and %s", name, got.status, got.header.Get("Retry-After"), c.status, c.after)
		}
	}
}

func TestWithoutAStoreEverythingIsForLater(t *testing.T) {
	for name, views := range map[string]bridge.Views{"not there yet": nil, "away": &fakeViews{away: context.DeadlineExceeded}} {
		p := &person{bare(t, views), "abcdefghijklmnopqrstuvwxyz." + strings.Repeat("x", 43)}
		for _, c := range []struct{ method, path, body string }{
			{http.MethodPost, "/web/session", "{}"},
			{http.MethodPost, "/web/messages", message(uuid.NewString(), "hello")},
			{http.MethodPost, "/web/stop", `{"turn":"x"}`},
			{http.MethodGet, "/web/history", ""},
			{http.MethodGet, "/web/events", ""},
		} {
			if got := p.ask(c.method, c.path, c.body); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "5" {
				t.Errorf("%s, %s: %d, Retry-After %q; want 503 and 5", name, c.path, got.status, got.header.Get("Retry-After"))
			}
		}
	}
}
