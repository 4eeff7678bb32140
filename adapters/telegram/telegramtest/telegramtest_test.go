package telegramtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/telegram/telegramtest"
)

const token = "12345:abcdefghijklmnopqrstuvwxyzABCDEFGHI"

// An answer is what the Bot API answered, or the error of the request.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	} `json:"parameters"`

	raw    []byte
	status int
	header http.Header
	err    error
}

// post calls a method through a transport, with name and value in turn as parameters.
func post(ctx context.Context, transport http.RoundTripper, base, method string, pairs ...string) answer {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/"+method, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	a := answer{raw: body, status: resp.StatusCode, header: resp.Header, err: err}
	if err == nil {
		a.err = json.Unmarshal(body, &a)
	}
	return a
}

// call calls a method of the bot's.
func call(t *testing.T, tg *telegramtest.Server, method string, pairs ...string) answer {
	t.Helper()
	return post(t.Context(), tg.Transport(), "http://telegram.test/bot"+token, method, pairs...)
}

// refused checks that a call was refused in these words.
func refused(t *testing.T, a answer, code int, words string) {
	t.Helper()
	if a.err != nil || a.OK || a.Code != code || a.status != code || !strings.Contains(a.Description, words) {
		t.Errorf("answer = %d %q (status %d, error %v), want %d and %q", a.Code, a.Description, a.status, a.err, code, words)
	}
}

func succeeded(t *testing.T, a answer) {
	t.Helper()
	if a.err != nil || !a.OK || a.status != http.StatusOK {
		t.Errorf("answer = %d %q (error %v), want success", a.Code, a.Description, a.err)
	}
}

// ids returns the update ids in an answer of getUpdates.
func ids(t *testing.T, a answer) []int {
	t.Helper()
	succeeded(t, a)
	var updates []struct {
		ID int `json:"update_id"`
	}
	if err := json.Unmarshal(a.Result, &updates); err != nil {
		t.Errorf("updates: %v", err)
	}
	out := []int{}
	for _, u := range updates {
		out = append(out, u.ID)
	}
	return out
}

func equal(t *testing.T, got, want []int) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("updates = %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("updates = %v, want %v", got, want)
		}
	}
}

// pass lets time go by, in a bubble.
func pass(d time.Duration) { <-time.After(d) }

// start makes a server, in a bubble as a rule, that is closed when the test ends.
func start(t *testing.T, options ...telegramtest.Option) *telegramtest.Server {
	t.Helper()
	tg := telegramtest.New(token, options...)
	t.Cleanup(tg.Close)
	return tg
}

func TestTheTokenIsChecked(t *testing.T) {
	tg := start(t)
	succeeded(t, call(t, tg, "getMe"))
	succeeded(t, call(t, tg, "GETME"))
	for _, c := range []struct {
		base  string
		code  int
		words string
	}{
		{"http://telegram.test/bot12345:wrong", 401, "Unauthorized"},
		{"http://telegram.test/botwrong", 401, "Unauthorized: invalid token specified"},
		{"http://telegram.test/12345", 404, "Not Found"},
		{"http://telegram.test", 404, "Not Found"},
	} {
		refused(t, post(t.Context(), tg.Transport(), c.base, "getMe"), c.code, c.words)
	}
	refused(t, call(t, tg, "sendPigeon"), 404, "Not Found: method not found")
	if got := tg.Problems(); len(got) != 1 || !strings.Contains(got[0], "sendPigeon") {
		t.Errorf("problems = %q, want the unknown method alone", got)
	}
}

func TestParametersComeAsJSONToo(t *testing.T) {
	tg := start(t)
	tg.Say(42, "hello")
	body := `{"chat_id":42,"text":"hi","link_preview_options":{"is_disabled":true},"colour":"blue"}`
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://telegram.test/bot"+token+"/sendMessage", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	tg.ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		t.Errorf("status = %d, want 200: %s", w.Code, w.Body)
	}
	if got := tg.Problems(); len(got) != 1 || !strings.Contains(got[0], "colour") {
		t.Errorf("problems = %q, want the unknown parameter alone", got)
	}
	if got := tg.Calls("sendMessage"); len(got) != 1 || got[0].Params["text"] != "hi" || got[0].Code != 200 {
		t.Errorf("journal = %+v, want the one call", got)
	}
}

func TestUpdatesComeUntilConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		first := tg.Say(1, "a")
		tg.Say(2, "b")
		tg.Say(1, "c")
		equal(t, ids(t, call(t, tg, "getUpdates")), []int{first, first + 1, first + 2})
		pass(time.Second)
		equal(t, ids(t, call(t, tg, "getUpdates", "limit", "2")), []int{first, first + 1})
		equal(t, ids(t, call(t, tg, "getUpdates", "offset", strconv.Itoa(first+1))), []int{first + 1, first + 2})
		// what is confirmed does not come back
		equal(t, ids(t, call(t, tg, "getUpdates", "offset", strconv.Itoa(first))), []int{first + 1, first + 2})
		equal(t, ids(t, call(t, tg, "getUpdates", "offset", "-1")), []int{first + 2})
		if got := tg.Waiting(); got != 1 {
			t.Errorf("%d updates wait, want 1", got)
		}
		// who asks for the same again at once gets one update
		tg.Say(1, "d")
		equal(t, ids(t, call(t, tg, "getUpdates", "offset", strconv.Itoa(first+2))), []int{first + 2, first + 3})
		equal(t, ids(t, call(t, tg, "getUpdates", "offset", strconv.Itoa(first+2))), []int{first + 2})
	})
}

func TestABatchHasAtMost100Updates(t *testing.T) {
	tg := start(t)
	for range 150 {
		tg.Say(1, "a")
	}
	if got := ids(t, call(t, tg, "getUpdates", "limit", "1000")); len(got) != 100 {
		t.Errorf("batch of %d, want 100", len(got))
	}
}

func TestUpdatesExpireAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		tg.Say(1, "a")
		pass(23 * time.Hour)
		n := tg.Say(1, "b")
		pass(time.Hour)
		equal(t, ids(t, call(t, tg, "getUpdates")), []int{n})
	})
}

func TestALongPollWaitsForAnUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		got := make(chan answer, 1)
		begin := time.Now()
		go func() { got <- call(t, tg, "getUpdates", "timeout", "50") }()
		pass(20 * time.Second)
		n := tg.Say(1, "a")
		equal(t, ids(t, <-got), []int{n})
		if took := time.Since(begin); took != 20*time.Second {
			t.Errorf("answered after %v, want 20s", took)
		}
		// the wait is clamped
		begin = time.Now()
		equal(t, ids(t, call(t, tg, "getUpdates", "timeout", "600", "offset", strconv.Itoa(n+1))), []int{})
		if took := time.Since(begin); took != 50*time.Second {
			t.Errorf("answered after %v, want 50s", took)
		}
		// a caller that leaves ends it
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if a := post(ctx, tg.Transport(), "http://telegram.test/bot"+token, "getUpdates", "timeout", "50"); !errors.Is(a.err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want the context's", a.err)
		}
	})
}

func TestANewerPollEndsTheOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		older, newer := make(chan answer, 1), make(chan answer, 1)
		go func() { older <- call(t, tg, "getUpdates", "timeout", "50") }()
		synctest.Wait()
		go func() { newer <- call(t, tg, "getUpdates", "timeout", "50") }()
		refused(t, <-older, 409, "Conflict: terminated by other getUpdates request")
		n := tg.Say(1, "a")
		equal(t, ids(t, <-newer), []int{n})
	})
}

func TestAWebhookAndAPollExcludeEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		poll := make(chan answer, 1)
		go func() { poll <- call(t, tg, "getUpdates", "timeout", "50") }()
		synctest.Wait()
		succeeded(t, call(t, tg, "setWebhook", "url", "https://ferry.test/hook"))
		refused(t, <-poll, 409, "Conflict: terminated by setWebhook request")
		refused(t, call(t, tg, "getUpdates"), 409, "Conflict: can't use getUpdates method while webhook is active")
		succeeded(t, call(t, tg, "deleteWebhook"))
		succeeded(t, call(t, tg, "getUpdates"))
	})
}

func TestOnlyAllowedUpdatesAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		succeeded(t, call(t, tg, "getUpdates", "allowed_updates", `["callback_query"]`))
		if n := tg.Say(1, "a"); n != 0 {
			t.Errorf("update %d was made, want none", n)
		}
		// the setting lasts
		succeeded(t, call(t, tg, "getUpdates", "offset", "1"))
		if n := tg.Say(1, "a"); n != 0 {
			t.Errorf("update %d was made, want none", n)
		}
		succeeded(t, call(t, tg, "getUpdates", "offset", "2", "allowed_updates", `[]`))
		if n := tg.Say(1, "a"); n == 0 {
			t.Error("no update was made after the default was set")
		}
		succeeded(t, call(t, tg, "getUpdates", "offset", "3", "allowed_updates", `["mesage"]`))
		if got := tg.Problems(); len(got) != 1 || !strings.Contains(got[0], "mesage") {
			t.Errorf("problems = %q, want the misspelt kind", got)
		}
	})
}

func TestIDsCanBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		n := tg.Say(1, "a")
		succeeded(t, call(t, tg, "getUpdates", "offset", strconv.Itoa(n+1)))
		tg.CountFrom(500)
		tg.Say(1, "b")
		// an offset of the old count confirms nothing
		equal(t, ids(t, call(t, tg, "getUpdates", "offset", strconv.Itoa(n+1))), []int{500})
		equal(t, ids(t, call(t, tg, "getUpdates", "offset", "501", "timeout", "5")), []int{})
	})
}

func TestWhatIsPushedComesAsItIs(t *testing.T) {
	tg := start(t)
	tg.Push(`{"update_id":7,"message":"what?"}`)
	tg.Push(`{"message":{}}`)
	tg.Push(`{"update_id":3}`)
	tg.Push(`{"update_id":7}`)
	equal(t, ids(t, call(t, tg, "getUpdates")), []int{7, 0, 3, 7})
}

func TestSetWebhookKeepsItsRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		for _, c := range []struct {
			name  string
			pairs []string
			words string
		}{
			{"no https", []string{"url", "http://ferry.test/hook"}, "An HTTPS URL must be provided"},
			{"wrong port", []string{"url", "https://ferry.test:9000/hook"}, "only on ports 80, 88, 443 or 8443"},
			{"no address", []string{"url", "hook"}, "invalid webhook URL"},
			{"strange secret", []string{"url", "https://ferry.test/hook", "secret_token", "a b"}, "unallowed characters"},
			{"long secret", []string{"url", "https://ferry.test/hook", "secret_token", strings.Repeat("a", 257)}, "too long"},
		} {
			refused(t, call(t, tg, "setWebhook", c.pairs...), 400, c.words)
			pass(time.Second)
		}
		set := []string{"url", "https://ferry.test:8443/hook", "secret_token", "s3-_", "max_connections", "500", "allowed_updates", `["message"]`}
		a := call(t, tg, "setWebhook", set...)
		succeeded(t, a)
		if a.Description != "Webhook was set" {
			t.Errorf("description = %q", a.Description)
		}
		again := call(t, tg, "setWebhook", set...)
		refused(t, again, 429, "Too Many Requests: retry after 1")
		if again.Parameters.RetryAfter != 1 || again.header.Get("Retry-After") != "1" {
			t.Errorf("retry after %d and %q, want 1", again.Parameters.RetryAfter, again.header.Get("Retry-After"))
		}
		pass(time.Second)
		if a := call(t, tg, "setWebhook", set...); a.Description != "Webhook is already set" {
			t.Errorf("description = %q", a.Description)
		}
		var info struct {
			URL     string   `json:"url"`
			Max     int      `json:"max_connections"`
			Allowed []string `json:"allowed_updates"`
		}
		if err := json.Unmarshal(call(t, tg, "getWebhookInfo").Result, &info); err != nil {
			t.Fatal(err)
		}
		if info.URL != set[1] || info.Max != 100 || len(info.Allowed) != 1 {
			t.Errorf("info = %+v", info)
		}
	})
}

func TestALocalServerCallsPlainHTTP(t *testing.T) {
	tg := start(t, telegramtest.Loopback())
	succeeded(t, call(t, tg, "setWebhook", "url", "http://127.0.0.1:9000/hook"))
}

// A hook is a bot's webhook whose answers are told.
type hook struct {
	got    chan update
	answer chan int
}

type update struct {
	chat   int64
	text   string
	secret string
	at     time.Time
}

func newHook() *hook { return &hook{make(chan update), make(chan int)} }

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var u struct {
		Message struct {
			Chat struct {
				ID int64 `json:"id"`
			} `json:"chat"`
			Text string `json:"text"`
		} `json:"message"`
	}
	if err := json.NewDecoder(r.Body).Decode(&u); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	h.got <- update{u.Message.Chat.ID, u.Message.Text, r.Header.Get("X-Telegram-Bot-Api-Secret-Token"), time.Now()}
	code := <-h.answer
	if code == 599 {
		w.Header().Set("Retry-After", "7200")
		code = 503
	}
	w.WriteHeader(code)
}

func TestAWebhookGetsAChatsUpdatesOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHook()
		tg := start(t, telegramtest.Deliver(inprocess.Transport(h)))
		tg.Say(1, "a1") // waits until there is a webhook
		succeeded(t, call(t, tg, "setWebhook", "url", "https://ferry.test/hook", "secret_token", "s3cret"))
		tg.Say(1, "a2")
		if u := <-h.got; u.text != "a1" || u.secret != "s3cret" {
			t.Errorf("update = %+v, want a1 with the secret", u)
		}
		synctest.Wait()
		// the chat's next one is held back; another chat's is not
		tg.Say(2, "b1")
		if u := <-h.got; u.text != "b1" {
			t.Errorf("update = %+v, want b1", u)
		}
		h.answer <- 200
		h.answer <- 204
		if u := <-h.got; u.text != "a2" {
			t.Errorf("update = %+v, want a2", u)
		}
		h.answer <- 200
		synctest.Wait()
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none", got)
		}
	})
}

func TestAWebhookThatRefusesIsCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHook()
		tg := start(t, telegramtest.Deliver(inprocess.Transport(h)))
		succeeded(t, call(t, tg, "setWebhook", "url", "https://ferry.test/hook"))
		tg.Say(1, "a")
		last := (<-h.got).at
		for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 3600} {
			code := 500
			if want == 3600 {
				code = 599 // asks for two hours; one is given
			}
			h.answer <- code
			u := <-h.got
			if got := u.at.Sub(last); got != want*time.Second {
				t.Errorf("try %d came after %v, want %v", i+2, got, want*time.Second)
			}
			last = u.at
		}
		var info struct {
			Error   string `json:"last_error_message"`
			Pending int    `json:"pending_update_count"`
		}
		if err := json.Unmarshal(call(t, tg, "getWebhookInfo").Result, &info); err != nil {
			t.Fatal(err)
		}
		if info.Error != "Wrong response from the webhook: 503 Service Unavailable" || info.Pending != 1 {
			t.Errorf("info = %+v, want the error and the update", info)
		}
		h.answer <- 200
		synctest.Wait()
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none", got)
		}
	})
}

func TestAWebhookIsGivenUpOnAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		tg := start(t, telegramtest.Deliver(inprocess.Transport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			w.WriteHeader(http.StatusInternalServerError)
		}))))
		succeeded(t, call(t, tg, "setWebhook", "url", "https://ferry.test/hook"))
		tg.Say(1, "a")
		pass(23 * time.Hour)
		before := calls.Load()
		pass(30 * time.Minute)
		if calls.Load() == before {
			t.Error("given up before a day has gone by")
		}
		pass(30*time.Minute + time.Second)
		before = calls.Load()
		pass(time.Hour)
		if got := calls.Load(); got != before {
			t.Errorf("%d calls after a day, want none", got-before)
		}
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none", got)
		}
	})
}

func TestADeletedWebhookLeavesItsUpdatesToThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t, telegramtest.Deliver(inprocess.Transport(http.NotFoundHandler())))
		succeeded(t, call(t, tg, "setWebhook", "url", "https://ferry.test/hook"))
		n := tg.Say(1, "a")
		succeeded(t, call(t, tg, "deleteWebhook"))
		equal(t, ids(t, call(t, tg, "getUpdates")), []int{n})
		succeeded(t, call(t, tg, "deleteWebhook", "drop_pending_updates", "true"))
		if got := tg.Waiting(); got != 0 {
			t.Errorf("%d updates wait, want none", got)
		}
	})
}

func TestTimeCanRunFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t, telegramtest.Speed(10))
		begin := time.Now()
		succeeded(t, call(t, tg, "getUpdates", "timeout", "50"))
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("a poll of 50s took %v, want 5s", took)
		}
	})
}

func TestSendMessageKeepsItsRules(t *testing.T) {
	tg := start(t, telegramtest.WithoutLimits())
	tg.Say(42, "hello")
	tg.Say(43, "hello")
	tg.Block(43)
	tg.Deactivate(44)
	tg.Join(-5, "Friends")
	tg.Kick(-5)
	long := strings.Repeat("😀", 2048) // 4096 units
	for _, c := range []struct {
		name  string
		pairs []string
		code  int // 0 for success
		words string
	}{
		{"plain", []string{"chat_id", "42", "text", "hi"}, 0, ""},
		{"as long as can be", []string{"chat_id", "42", "text", long}, 0, ""},
		{"white space does not count", []string{"chat_id", "42", "text", " " + long + "\n"}, 0, ""},
		{"too long", []string{"chat_id", "42", "text", long + "."}, 400, "message is too long"},
		{"empty", []string{"chat_id", "42", "text", ""}, 400, "message text is empty"},
		{"blank", []string{"chat_id", "42", "text", " \n"}, 400, "message text is empty"},
		{"no text", []string{"chat_id", "42"}, 400, "message text is empty"},
		{"wrong bytes", []string{"chat_id", "42", "text", "a\xff"}, 400, "strings must be encoded in UTF-8"},
		{"no chat", []string{"text", "hi"}, 400, "chat_id is empty"},
		{"a stranger", []string{"chat_id", "41", "text", "hi"}, 400, "chat not found"},
		{"blocked", []string{"chat_id", "43", "text", "hi"}, 403, "Forbidden: bot was blocked by the user"},
		{"gone", []string{"chat_id", "44", "text", "hi"}, 403, "Forbidden: user is deactivated"},
		{"kicked", []string{"chat_id", "-5", "text", "hi"}, 403, "Forbidden: bot was kicked"},
		{"options that are none", []string{"chat_id", "42", "text", "hi", "link_preview_options", "no"}, 400, "can't parse link preview options"},
		{"entity", []string{"chat_id", "42", "text", "😀bold", "entities", `[{"type":"bold","offset":2,"length":4}]`}, 0, ""},
		{"entity beyond", []string{"chat_id", "42", "text", "😀bold", "entities", `[{"type":"bold","offset":2,"length":5}]`}, 400, "lies outside"},
		{"entity before", []string{"chat_id", "42", "text", "bold", "entities", `[{"type":"bold","offset":-1,"length":2}]`}, 400, "lies outside"},
		{"entity of nothing", []string{"chat_id", "42", "text", "bold", "entities", `[{"type":"bold","offset":0,"length":0}]`}, 400, "lies outside"},
		{"entity inside a pair", []string{"chat_id", "42", "text", "😀bold", "entities", `[{"type":"bold","offset":1,"length":3}]`}, 400, "tears a character"},
		{"entity of no kind", []string{"chat_id", "42", "text", "bold", "entities", `[{"type":"loud","offset":0,"length":4}]`}, 400, "no known type"},
		{"link to nowhere", []string{"chat_id", "42", "text", "bold", "entities", `[{"type":"text_link","offset":0,"length":4}]`}, 400, "no url"},
		{"no entities", []string{"chat_id", "42", "text", "bold", "entities", `bold`}, 400, "can't parse entities"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := call(t, tg, "sendMessage", c.pairs...)
			if c.code != 0 {
				refused(t, a, c.code, c.words)
				return
			}
			succeeded(t, a)
			if _, err := tg.SentTo(t.Context(), 42); err != nil {
				t.Error(err)
			}
		})
	}
	for _, p := range tg.Problems() {
		if !strings.HasPrefix(p, "sendMessage") { // it lacks something, or it is of a wrong type
			t.Errorf("problem = %q, want none but with parameters", p)
		}
	}
	// writing again unblocks
	tg.Say(43, "sorry")
	succeeded(t, call(t, tg, "sendMessage", "chat_id", "43", "text", "hi"))
}

func TestWhatTelegramPutsUpWithIsAProblem(t *testing.T) {
	tg := start(t)
	tg.Say(42, "hello")
	var many strings.Builder
	for i := range 101 {
		fmt.Fprintf(&many, `{"type":"bold","offset":%d,"length":1},`, i)
	}
	succeeded(t, call(t, tg, "sendMessage", "chat_id", "42", "text", strings.Repeat("a", 101), "parse_mode", "HTML", "entities", "["+strings.TrimSuffix(many.String(), ",")+"]"))
	if got := tg.Problems(); len(got) != 2 {
		t.Errorf("problems = %q, want one for the mode and one for the entities", got)
	}
}

func TestAChatTakesAboutAMessageASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		tg.Say(42, "hello")
		send := func() answer { return call(t, tg, "sendMessage", "chat_id", "42", "text", "hi") }
		for range 5 {
			succeeded(t, send())
		}
		a := send()
		refused(t, a, 429, "Too Many Requests: retry after 1")
		if a.Parameters.RetryAfter != 1 {
			t.Errorf("retry after %d, want 1", a.Parameters.RetryAfter)
		}
		pass(500 * time.Millisecond)
		refused(t, send(), 429, "retry after 1")
		pass(500 * time.Millisecond)
		succeeded(t, send())
		for range 20 {
			pass(time.Second)
			succeeded(t, send())
		}
	})
}

func TestABotSendsThirtyMessagesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		passed := 0
		for i := range 100 {
			tg.Say(int64(i+1), "hello")
			if call(t, tg, "sendMessage", "chat_id", strconv.Itoa(i+1), "text", "hi").OK {
				passed++
			}
		}
		if passed != 45 {
			t.Errorf("%d messages passed at once, want 45", passed)
		}
		// who does not wait as long as he was told gains nothing
		pass(500 * time.Millisecond)
		refused(t, call(t, tg, "sendMessage", "chat_id", "1", "text", "hi"), 429, "retry after 1")
		for i := range 100 {
			pass(time.Second / 30)
			if i > 30 { // the penalty is over
				succeeded(t, call(t, tg, "sendMessage", "chat_id", strconv.Itoa(i+1), "text", "hi"))
			}
		}
	})
}

func TestAGroupTakesTwentyMessagesAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		tg.Join(-5, "Friends")
		for range 20 {
			succeeded(t, call(t, tg, "sendMessage", "chat_id", "-5", "text", "hi"))
		}
		refused(t, call(t, tg, "sendMessage", "chat_id", "-5", "text", "hi"), 429, "retry after 3")
	})
}

func TestTypingShowsForFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		tg.Say(42, "hello")
		typing := func() { succeeded(t, call(t, tg, "sendChatAction", "chat_id", "42", "action", "typing")) }
		typing()
		pass(4 * time.Second)
		if !tg.Typing(42) {
			t.Error("not typing after 4s")
		}
		pass(time.Second)
		if tg.Typing(42) {
			t.Error("typing after 5s")
		}
		typing()
		succeeded(t, call(t, tg, "sendMessage", "chat_id", "42", "text", "hi"))
		if tg.Typing(42) {
			t.Error("typing after the message")
		}
		refused(t, call(t, tg, "sendChatAction", "chat_id", "42", "action", "sleeping"), 400, "wrong parameter action")
		refused(t, call(t, tg, "sendChatAction", "chat_id", "41", "action", "typing"), 400, "chat not found")
	})
}

func TestPeopleSeeWhatWasSent(t *testing.T) {
	tg := start(t)
	tg.Say(1, "hello")
	tg.Say(2, "hello")
	succeeded(t, call(t, tg, "sendMessage", "chat_id", "1", "text", "one"))
	succeeded(t, call(t, tg, "sendMessage", "chat_id", "2", "text", "two"))
	succeeded(t, call(t, tg, "sendMessage", "chat_id", "1", "text", "three"))
	if m, err := tg.SentTo(t.Context(), 2); err != nil || m.Text != "two" || m.ID != 2 {
		t.Errorf("message = %+v, %v, want two", m, err)
	}
	for _, want := range []string{"one", "three"} {
		if m, err := tg.Sent(t.Context()); err != nil || m.Text != want {
			t.Errorf("message = %+v, %v, want %s", m, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tg.Sent(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want the context's", err)
	}
}

func TestSentCanBeFollowed(t *testing.T) {
	var tg *telegramtest.Server
	echo := func(m telegramtest.Message) { tg.Say(m.Chat, "you said "+m.Text) }
	tg = start(t, telegramtest.OnSent(echo), telegramtest.WithoutJournal())
	tg.Say(1, "hello")
	succeeded(t, call(t, tg, "sendMessage", "chat_id", "1", "text", "one"))
	if got := tg.Waiting(); got != 2 {
		t.Errorf("%d updates wait, want 2", got)
	}
	if got := tg.Calls(); len(got) != 0 {
		t.Errorf("%d calls in the journal, want none", len(got))
	}
}

func TestALongTextComesInPieces(t *testing.T) {
	tg := start(t)
	text := strings.Repeat("😀", 3000)
	tg.Say(1, text)
	var updates []struct {
		Message struct {
			Text string `json:"text"`
		} `json:"message"`
	}
	if err := json.Unmarshal(call(t, tg, "getUpdates").Result, &updates); err != nil {
		t.Fatal(err)
	}
	if len(updates) != 2 || updates[0].Message.Text+updates[1].Message.Text != text {
		t.Errorf("%d messages, want the text in 2", len(updates))
	}
}

func TestAPersonLooksLikeAUser(t *testing.T) {
	tg := start(t)
	tg.Meet(telegramtest.Person{ID: 7, FirstName: "Sari", LastName: "Dewi", Username: "sari", Language: "id"})
	tg.Say(7, "/start now")
	tg.Photo(7, "look")
	var updates []struct {
		Message struct {
			From     map[string]any   `json:"from"`
			Chat     map[string]any   `json:"chat"`
			Entities []map[string]any `json:"entities"`
			Photo    []map[string]any `json:"photo"`
			Caption  string           `json:"caption"`
		} `json:"message"`
	}
	if err := json.Unmarshal(call(t, tg, "getUpdates").Result, &updates); err != nil {
		t.Fatal(err)
	}
	m := updates[0].Message
	if m.From["language_code"] != "id" || m.From["last_name"] != "Dewi" || m.Chat["type"] != "private" || m.Entities[0]["type"] != "bot_command" {
		t.Errorf("message = %+v", m)
	}
	if p := updates[1].Message; len(p.Photo) != 2 || p.Caption != "look" {
		t.Errorf("photo = %+v", p)
	}
}

func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t, telegramtest.WithoutLimits())
		tg.Say(1, "hello")
		send := func(ctx context.Context) answer {
			return post(ctx, tg.Transport(), "http://telegram.test/bot"+token, "sendMessage", "chat_id", "1", "text", "hi")
		}
		sent := func() int {
			n := 0
			for {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				_, err := tg.Sent(ctx)
				cancel()
				if err != nil {
					return n
				}
				n++
			}
		}
		for _, c := range []struct {
			name  string
			fault telegramtest.Fault
			code  int // 0 for no answer that can be read
			sent  int
		}{
			{"429", telegramtest.TooMany(17), 429, 0},
			{"401", telegramtest.Unauthorized, 401, 0},
			{"403", telegramtest.Blocked, 403, 0},
			{"404", telegramtest.NotFound, 404, 0},
			{"409", telegramtest.Conflict, 409, 0},
			{"500", telegramtest.Internal, 500, 0},
			{"HTML", telegramtest.BadGateway, 0, 0},
			{"cut before", telegramtest.CutBefore, 0, 0},
			{"cut after", telegramtest.CutAfter, 0, 1},
			{"cut inside", telegramtest.CutInside, 0, 1},
			{"hang", telegramtest.Hang, 0, 0},
			{"hang after", telegramtest.HangAfter, 0, 1},
			{"none", telegramtest.Fault{}, 200, 1},
		} {
			tg.Fail("sendMessage", c.fault)
			succeeded(t, call(t, tg, "getMe")) // another method
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			a := send(ctx)
			cancel()
			switch {
			case c.code == 0 && a.err == nil:
				t.Errorf("%s: answer = %+v, want none", c.name, a)
			case c.code != 0 && (a.err != nil || a.status != c.code):
				t.Errorf("%s: status = %d, %v, want %d", c.name, a.status, a.err, c.code)
			}
			if got := sent(); got != c.sent {
				t.Errorf("%s: %d messages arrived, want %d", c.name, got, c.sent)
			}
			succeeded(t, send(t.Context())) // a fault befalls one call
			sent()
		}
		tg.Break("", telegramtest.Internal)
		refused(t, send(t.Context()), 500, "")
		refused(t, call(t, tg, "getMe"), 500, "")
		tg.Mend()
		succeeded(t, send(t.Context()))
		other := telegramtest.Internal
		other.Chat = 2
		tg.Break("sendMessage", other)
		succeeded(t, send(t.Context()))
	})
}

func TestFaultsOverASocket(t *testing.T) {
	tg := start(t)
	server := httptest.NewServer(tg)
	defer server.Close()
	tg.Say(1, "hello")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	send := func() answer {
		return post(t.Context(), transport, server.URL+"/bot"+token, "sendMessage", "chat_id", "1", "text", "hi")
	}
	succeeded(t, send())
	for _, f := range []telegramtest.Fault{telegramtest.CutBefore, telegramtest.CutAfter, telegramtest.CutInside} {
		tg.Fail("sendMessage", f)
		if a := send(); a.err == nil {
			t.Errorf("answer = %+v, want none", a)
		}
	}
	succeeded(t, send())
}

func TestCloseEndsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := telegramtest.New(token)
		tg.Fail("getMe", telegramtest.Hang)
		ended := make(chan answer, 2)
		go func() { ended <- call(t, tg, "getUpdates", "timeout", "50") }()
		go func() { ended <- call(t, tg, "getMe") }()
		synctest.Wait()
		tg.Close()
		for range 2 {
			if a := <-ended; a.err == nil {
				t.Errorf("answer = %+v, want none", a)
			}
		}
	})
}

func BenchmarkSendMessage(b *testing.B) {
	tg := telegramtest.New(token, telegramtest.WithoutLimits(), telegramtest.WithoutJournal(), telegramtest.OnSent(func(telegramtest.Message) {}))
	defer tg.Close()
	tg.Say(1, "hello")
	for b.Loop() {
		if a := post(b.Context(), tg.Transport(), "http://telegram.test/bot"+token, "sendMessage", "chat_id", "1", "text", "hi"); !a.OK {
			b.Fatal(a)
		}
	}
}
