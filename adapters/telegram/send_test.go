package telegram_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/telegram"
	"ferry/adapters/telegram/format"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

func TestSendShowsThePersonTheText(t *testing.T) {
	tg := newServer(t)
	tg.Say(42, whisper)
	ch, _ := newChannel(t, config(tg))
	for text, want := range map[string]string{
		"plain, *as it is* <b>&amp; https://a.test": "plain, *as it is* <b>&amp; https://a.test",
		"broken \xff\xfe bytes":                     "broken \uFFFD bytes",
	} {
		if err := ch.Send(t.Context(), address("42"), bridge.Part{ID: "p", Text: text}); err != nil {
			t.Fatal(err)
		}
		m, err := tg.Sent(t.Context())
		if err != nil || m.Text != want || m.Chat != 42 {
			t.Errorf("message = %q to %d (%v), want %q", m.Text, m.Chat, err, want)
		}
		if got := m.Params["link_preview_options"]; got != `{"is_disabled":true}` {
			t.Errorf("link_preview_options = %s, want them off", got)
		}
	}
}

func TestTypingShows(t *testing.T) {
	tg := newServer(t)
	tg.Say(42, whisper)
	ch, _ := newChannel(t, config(tg))
	if err := ch.Typing(t.Context(), address("42")); err != nil || !tg.Typing(42) {
		t.Errorf("typing = %v (%v), want it shown", tg.Typing(42), err)
	}
	sendError(t, ch.Typing(t.Context(), address("41")), bridge.Blocked)
}

func TestWhatTelegramAnswersIsSaidInTheBridgesWords(t *testing.T) {
	said := func(code int, description string) telegramtest.Fault {
		return telegramtest.Fault{Code: code, Description: description}
	}
	html := func(code int) telegramtest.Fault { return telegramtest.Fault{Code: code, HTML: true} }
	for name, c := range map[string]struct {
		fault   telegramtest.Fault
		want    bridge.Reason
		wait    time.Duration
		inDoubt bool
	}{
		"429":             {telegramtest.TooMany(35), bridge.Throttled, 35 * time.Second, false},
		"429, no wait":    {said(429, "Too Many Requests"), bridge.Throttled, 0, false},
		"429, HTML":       {html(429), bridge.Throttled, 0, false},
		"blocked":         {telegramtest.Blocked, bridge.Blocked, 0, false},
		"deactivated":     {said(403, "Forbidden: user is deactivated"), bridge.Blocked, 0, false},
		"kicked":          {said(403, "Forbidden: bot was kicked from the group chat"), bridge.Blocked, 0, false},
		"chat not found":  {said(400, "Bad Request: chat not found"), bridge.Blocked, 0, false},
		"too long":        {said(400, "Bad Request: message is too long"), bridge.Rejected, 0, false},
		"quotes a person": {said(400, `Bad Request: can't parse entities: unsupported start tag "`+whisper+`" at byte offset 5`), bridge.Rejected, 0, false},
		"quotes at its end": {
			said(400, `Bad Request: can't parse "`+whisper), bridge.Rejected, 0, false,
		},
		"says the token":   {said(400, "Bad Request: no method /bot"+token+"/x"), bridge.Rejected, 0, false},
		"401":              {telegramtest.Unauthorized, bridge.Denied, 0, false},
		"404":              {telegramtest.NotFound, bridge.Denied, 0, false},
		"409":              {telegramtest.Conflict, bridge.Unavailable, 0, false},
		"500":              {telegramtest.Internal, bridge.Unavailable, 0, true},
		"502, HTML":        {telegramtest.BadGateway, bridge.Unavailable, 0, true},
		"200, HTML":        {html(200), bridge.Unavailable, 0, true},
		"403 of a proxy":   {html(403), bridge.Unavailable, 0, false},
		"400 of a proxy":   {html(400), bridge.Unavailable, 0, false},
		"cut before":       {telegramtest.CutBefore, bridge.Unavailable, 0, true},
		"cut after":        {telegramtest.CutAfter, bridge.Unavailable, 0, true},
		"cut inside":       {telegramtest.CutInside, bridge.Unavailable, 0, true},
		"hang":             {telegramtest.Hang, bridge.Unavailable, 0, true},
		"hang, after all":  {telegramtest.HangAfter, bridge.Unavailable, 0, true},
		"redirected":       {html(302), bridge.Unavailable, 0, false},
		"very long, words": {said(400, strings.Repeat("no ", 10000)), bridge.Rejected, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tg := newServer(t)
				tg.Say(42, whisper)
				ch, _ := newChannel(t, config(tg))
				tg.Fail("sendMessage", c.fault)
				e := sendError(t, ch.Send(t.Context(), address("42"), bridge.Part{ID: "p", Text: whisper}), c.want)
				if e.RetryAfter != c.wait || e.InDoubt != c.inDoubt {
					t.Errorf("retry after %v, in doubt %v, want %v and %v", e.RetryAfter, e.InDoubt, c.wait, c.inDoubt)
				}
				if len(e.Error()) > 300 {
					t.Errorf("error of %d bytes", len(e.Error()))
				}
			})
		})
	}
}

func TestAnAddressOfAnotherChannelIsRejected(t *testing.T) {
	tg := newServer(t)
	ch, _ := newChannel(t, config(tg))
	for _, to := range []bridge.Address{address("sari"), address(""), address("-5:"), address("-5:x"), address("-5:0"), address("-5:7:9"), {Channel: "sms", ID: "42"}} {
		sendError(t, ch.Send(t.Context(), to, bridge.Part{Text: whisper}), bridge.Rejected)
	}
	if got := tg.Calls(); len(got) != 0 {
		t.Errorf("%d calls, want none", len(got))
	}
}

func TestAContextEndsAHungCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := newServer(t)
		tg.Break("", telegramtest.Hang)
		ch, _ := newChannel(t, config(tg))
		for name, f := range map[string]func(context.Context) error{
			"Send":   func(ctx context.Context) error { return ch.Send(ctx, address("42"), bridge.Part{Text: whisper}) },
			"Typing": func(ctx context.Context) error { return ch.Typing(ctx, address("42")) },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			begin := time.Now()
			err := f(ctx)
			cancel()
			sendError(t, err, bridge.Unavailable)
			if took := time.Since(begin); took != time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s ended after %v with %v, want 1s and the context's error", name, took, err)
			}
			// without one there is a limit of ours
			begin = time.Now()
			sendError(t, f(t.Context()), bridge.Unavailable)
			if took := time.Since(begin); took != 30*time.Second {
				t.Errorf("%s ended after %v, want 30s", name, took)
			}
			// and one that has ended asks nothing
			ctx, cancel = context.WithCancel(t.Context())
			cancel()
			synctest.Wait() // until the calls before are in the journal
			before := len(tg.Calls())
			if e := sendError(t, f(ctx), bridge.Unavailable); e.InDoubt || len(tg.Calls()) != before {
				t.Errorf("%s asked Telegram with a context that had ended", name)
			}
		}
	})
}

// Over a real connection it can be told whether a request may have been read.

func socket(t *testing.T, h http.Handler) (*telegram.Channel, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	ch, _ := newChannel(t, telegram.Config{Token: token, APIURL: server.URL + "/"})
	return ch, server
}

func TestARequestThatNeverLeftIsNotInDoubt(t *testing.T) {
	ch, server := socket(t, http.NotFoundHandler())
	server.Close()
	e := sendError(t, ch.Send(t.Context(), address("42"), bridge.Part{Text: whisper}), bridge.Unavailable)
	if e.InDoubt {
		t.Errorf("in doubt: %v", e)
	}
	// nor is one to a server that does not speak TLS
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	ch, _ = newChannel(t, telegram.Config{Token: token, APIURL: strings.Replace(plain.URL, "http:", "https:", 1)})
	if e := sendError(t, ch.Send(t.Context(), address("42"), bridge.Part{Text: whisper}), bridge.Unavailable); e.InDoubt {
		t.Errorf("in doubt: %v", e)
	}
}

func TestARequestThatWasCutIsInDoubt(t *testing.T) {
	tg := newServer(t)
	tg.Say(42, whisper)
	ch, _ := socket(t, tg)
	for name, f := range map[string]telegramtest.Fault{"before": telegramtest.CutBefore, "after": telegramtest.CutAfter, "inside": telegramtest.CutInside} {
		tg.Fail("sendMessage", f)
		if e := sendError(t, ch.Send(t.Context(), address("42"), bridge.Part{Text: whisper}), bridge.Unavailable); !e.InDoubt {
			t.Errorf("cut %s: not in doubt: %v", name, e)
		}
	}
	if err := ch.Send(t.Context(), address("42"), bridge.Part{Text: whisper}); err != nil {
		t.Errorf("after the cuts: %v", err)
	}
}

func TestAHungConnectionEndsWithTheContext(t *testing.T) {
	asked, over := make(chan struct{}), make(chan struct{})
	ch, _ := socket(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-over
	}))
	defer close(over)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	err := ch.Send(ctx, address("42"), bridge.Part{Text: whisper})
	if e := sendError(t, err, bridge.Unavailable); !e.InDoubt || !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v (in doubt: %v), want the context's, in doubt", err, e.InDoubt)
	}
}

func TestAnotherServerIsNotToldTheToken(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked for %s by %s", r.URL, r.Referer())
	}))
	defer elsewhere.Close()
	ch, _ := socket(t, http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	sendError(t, ch.Send(t.Context(), address("42"), bridge.Part{Text: whisper}), bridge.Unavailable)
}

func TestAnEndlessAnswerIsGivenUp(t *testing.T) {
	ch, _ := socket(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := []byte(strings.Repeat(`"`+whisper+`",`, 1000))
		for r.Context().Err() == nil {
			if _, err := w.Write(append([]byte(`{"ok":true,"result":[`), page...)); err != nil {
				return
			}
		}
	}))
	sendError(t, ch.Send(t.Context(), address("42"), bridge.Part{Text: whisper}), bridge.Unavailable)
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	tg := newServer(t, telegramtest.WithoutLimits())
	tg.Say(42, whisper)
	server := httptest.NewUnstartedServer(tg)
	opened := make(chan struct{}, 100)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	ch, _ := newChannel(t, telegram.Config{Token: token, APIURL: server.URL})
	for range 20 {
		if err := ch.Send(t.Context(), address("42"), bridge.Part{Text: whisper}); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(opened); got != 1 {
		t.Errorf("%d connections for 20 messages, want 1", got)
	}
}

func TestLimits(t *testing.T) {
	tg := newServer(t)
	cfg := config(tg)
	ch, _ := newChannel(t, cfg)
	if got := ch.Limits(address("42")); got != nil {
		t.Errorf("limits = %v, want none of our own for 0", got)
	}
	cfg.MessagesPerSecond = 25
	ch, _ = newChannel(t, cfg)
	want := []bridge.Limit{
		{Key: "telegram:chat:42", Every: time.Second, Burst: 3},
		{Key: "telegram:bot:12345", Every: 40 * time.Millisecond, Burst: 25},
	}
	if got := ch.Limits(address("42")); !reflect.DeepEqual(got, want) {
		t.Errorf("limits = %v, want %v", got, want)
	}
	// a group, with all its topics, gets 20 in any minute
	want[0] = bridge.Limit{Key: "telegram:chat:-100500", Every: 4 * time.Second, Burst: 5}
	for _, id := range []string{"-100500", "-100500:7"} {
		if got := ch.Limits(address(id)); !reflect.DeepEqual(got, want) {
			t.Errorf("limits of %s = %v, want %v", id, got, want)
		}
	}
}

// formatted is a part with entities.
func formatted(text, bold string) bridge.Part {
	return bridge.Part{ID: "p", Text: format.Encode(format.Message{
		Text: text, Entities: []format.Entity{{Type: "bold", Offset: strings.Index(text, bold), Length: len(bold)}},
	})}
}

func TestWhatStandsOutIsSentAsEntities(t *testing.T) {
	tg := newServer(t)
	tg.Say(42, whisper)
	ch, _ := newChannel(t, config(tg))
	if err := ch.Send(t.Context(), address("42"), formatted("a bold word", "bold")); err != nil {
		t.Fatal(err)
	}
	m, err := tg.Sent(t.Context())
	if err != nil || m.Text != "a bold word" || len(m.Entities) != 1 || m.Entities[0] != (telegramtest.Entity{Type: "bold", Offset: 2, Length: 4}) {
		t.Errorf("message = %q with %v (%v)", m.Text, m.Entities, err)
	}
	if _, ok := m.Params["parse_mode"]; ok {
		t.Error("it has a parse_mode")
	}
}

func TestRefusedEntitiesAreLeftOut(t *testing.T) {
	for _, words := range []string{"Bad Request: can't parse entities: strange", "Bad Request: ENTITY_BOUNDS_INVALID"} {
		tg := newServer(t)
		tg.Say(42, whisper)
		ch, _ := newChannel(t, config(tg))
		tg.Fail("sendMessage", telegramtest.Fault{Code: 400, Description: words})
		if err := ch.Send(t.Context(), address("42"), formatted("a bold word", "bold")); err != nil {
			t.Fatal(err)
		}
		if m, err := tg.Sent(t.Context()); err != nil || m.Text != "a bold word" || len(m.Entities) != 0 {
			t.Errorf("message = %q with %v (%v), want it plain", m.Text, m.Entities, err)
		}
		// and only once
		tg.Break("sendMessage", telegramtest.Fault{Code: 400, Description: words})
		before := len(tg.Calls("sendMessage"))
		sendError(t, ch.Send(t.Context(), address("42"), formatted("a bold word", "bold")), bridge.Rejected)
		if got := len(tg.Calls("sendMessage")) - before; got != 2 {
			t.Errorf("%d calls, want 2", got)
		}
	}
}

func TestAnswersAreRepliesInTheirTopic(t *testing.T) {
	tg := newServer(t)
	const group = -1000000000500
	tg.JoinGroup(telegramtest.Group{ID: group, Title: "Friends", Topics: true})
	topic := tg.OpenTopic(group, 1, "Beaches")
	asked := tg.Post(telegramtest.Post{By: 1, Chat: group, Topic: topic, Text: "/ask " + whisper})
	ch, _ := newChannel(t, config(tg))
	to := address("-1000000000500:" + strconv.Itoa(topic))
	send := func(replyTo string) telegramtest.Message {
		t.Helper()
		if err := ch.Send(t.Context(), to, bridge.Part{ID: "p", Text: whisper, ReplyTo: replyTo}); err != nil {
			t.Fatal(err)
		}
		m, err := tg.Sent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if m := send(strconv.Itoa(asked.Message)); m.Topic != topic || m.ReplyTo != asked.Message {
		t.Errorf("message in topic %d as a reply to %d, want %d and %d", m.Topic, m.ReplyTo, topic, asked.Message)
	}
	// what it replies to may be gone, or no message at all
	tg.Delete(group, asked.Message)
	for _, ref := range []string{strconv.Itoa(asked.Message), "no number", ""} {
		if m := send(ref); m.Topic != topic || m.ReplyTo != 0 {
			t.Errorf("message in topic %d as a reply to %d, want %d and none", m.Topic, m.ReplyTo, topic)
		}
	}
	if err := ch.Typing(t.Context(), to); err != nil {
		t.Error(err)
	}
	// and so may the topic
	tg.DeleteTopic(group, topic)
	if m := send(""); m.Topic != 0 {
		t.Errorf("message in topic %d, want it outside of all", m.Topic)
	}
	if err := ch.Typing(t.Context(), to); err != nil {
		t.Error(err)
	}
}

func TestAGroupThatHasMovedIsFollowed(t *testing.T) {
	tg := newServer(t)
	tg.Join(-500, "Friends")
	asked := tg.Post(telegramtest.Post{By: 1, Chat: -500, Text: "/ask " + whisper})
	ch, _ := newChannel(t, config(tg))
	part := bridge.Part{ID: "p", Text: whisper, ReplyTo: strconv.Itoa(asked.Message)}
	send := func() telegramtest.Message {
		t.Helper()
		if err := ch.Send(t.Context(), address("-500"), part); err != nil {
			t.Fatal(err)
		}
		m, err := tg.Sent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	part.Preview = strconv.FormatInt(send().Chat, 10) + ":2"
	moved := tg.Upgrade(-500)
	// neither the message that it answers nor the one it is to take the place of is in the new group
	if m := send(); m.Chat != moved || m.ReplyTo != 0 {
		t.Errorf("message to %d as a reply to %d, want to %d", m.Chat, m.ReplyTo, moved)
	}
	before := len(tg.Calls())
	part.Preview = ""
	if m := send(); m.Chat != moved {
		t.Errorf("message to %d, want to %d", m.Chat, moved)
	}
	if got := len(tg.Calls()) - before; got != 1 {
		t.Errorf("%d calls, want the new group to be remembered", got)
	}
}

func TestAGroupThatDoesNotLetUsWriteIsLeftAlone(t *testing.T) {
	tg := newServer(t)
	tg.Join(-500, "Friends")
	ch, _ := newChannel(t, config(tg))
	for _, words := range []string{
		"Bad Request: not enough rights to send text messages to the chat", "Bad Request: have no rights to send a message", "Bad Request: CHAT_WRITE_FORBIDDEN",
	} {
		tg.Fail("sendMessage", telegramtest.Fault{Code: 400, Description: words})
		sendError(t, ch.Send(t.Context(), address("-500"), bridge.Part{ID: "p", Text: whisper}), bridge.Blocked)
	}
}

func TestThePreviewBecomesTheAnswer(t *testing.T) {
	tg := newServer(t)
	tg.Join(-500, "Friends")
	ch, _ := newChannel(t, config(tg))
	if err := ch.Send(t.Context(), address("-500"), bridge.Part{Text: whisper, Ask: "q", Choices: []bridge.Choice{{Label: "Stop"}}}); err != nil {
		t.Fatal(err)
	}
	shown, err := tg.Sent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	preview := "-500:" + strconv.Itoa(shown.ID)
	answer := formatted("the whole answer", "whole")
	answer.Preview = preview
	for range 2 { // the second time because nobody knows whether the first one passed
		if err := ch.Send(t.Context(), address("-500"), answer); err != nil {
			t.Fatal(err)
		}
	}
	screen := tg.Screen(-500).Messages
	if len(screen) != 1 || screen[0].Text != "the whole answer" || len(screen[0].Entities) != 1 || len(screen[0].Keyboard) != 0 {
		t.Errorf("screen = %+v, want one message with the answer and no button", screen)
	}
	// one that is gone, is somebody else's, or never was
	asked := tg.Post(telegramtest.Post{By: 1, Chat: -500, Text: "/ask " + whisper})
	tg.Delete(-500, shown.ID)
	for _, preview := range []string{preview, "-500:" + strconv.Itoa(asked.Message), "-501:1", "-500:0", "nonsense"} {
		answer.Preview = preview
		if err := ch.Send(t.Context(), address("-500"), answer); err != nil {
			t.Fatal(err)
		}
		if m, err := tg.Sent(t.Context()); err != nil || m.Text != "the whole answer" {
			t.Errorf("%s: message = %q (%v)", preview, m.Text, err)
		}
	}
	// what fails for another reason is not sent twice
	answer.Preview = "-500:" + strconv.Itoa(asked.Message+1)
	tg.Fail("editMessageText", telegramtest.TooMany(30), telegramtest.CutBefore)
	if e := sendError(t, ch.Send(t.Context(), address("-500"), answer), bridge.Throttled); e.RetryAfter != 30*time.Second {
		t.Errorf("retry after %v, want 30s", e.RetryAfter)
	}
	sendError(t, ch.Send(t.Context(), address("-500"), answer), bridge.Unavailable)
}
