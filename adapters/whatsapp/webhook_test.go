package whatsapp_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

// hello returns a message that was written now, as WhatsApp brings it.
func hello(wa *whatsapptest.Server, id string) string {
	return string(wa.Envelope("messages", map[string]any{"messages": []any{map[string]any{
		"id": id, "from": ayu, "timestamp": strconv.FormatInt(wa.Now().Unix(), 10), "type": "text", "text": map[string]any{"body": whisper},
	}}}))
}

// signed is the signature of a body under a secret.
func signed(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// post posts a body with these signatures.
func post(t testing.TB, h http.Handler, body io.Reader, signatures ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/whatsapp/webhook", body)
	for _, s := range signatures {
		r.Header.Add("X-Hub-Signature-256", s)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWebhookAnswers(t *testing.T) {
	wa := newServer(t)
	body := hello(wa, "wamid.A")
	right := signed(account.AppSecret, body)
	sign := func(body string) []string { return []string{signed(account.AppSecret, body)} }
	large := `"` + strings.Repeat("a", 1<<20) + `"`
	roomy := strings.TrimSuffix(body, "}") + `,"a":"` + strings.Repeat("a", 1<<20-len(body)-10) + `"}`
	for name, c := range map[string]struct {
		body       string
		signatures []string
		fail       error
		status     int
		stored     int
	}{
		"message":                     {body, []string{right}, nil, 200, 1},
		"upper hex":                   {body, []string{"sha256=" + strings.ToUpper(right[7:])}, nil, 200, 1},
		"no signature":                {body, nil, nil, 401, 0},
		"empty signature":             {body, []string{""}, nil, 401, 0},
		"wrong signature":             {body, []string{signed("other", body)}, nil, 401, 0},
		"signature of something else": {body, sign(body + " "), nil, 401, 0},
		"changed by a space":          {body + " ", []string{right}, nil, 401, 0},
		"half a signature":            {body, []string{right[:39]}, nil, 401, 0},
		"signature with a tail":       {body, []string{right + "00"}, nil, 401, 0},
		"signature without its kind":  {body, []string{right[7:]}, nil, 401, 0},
		"signature of another kind":   {body, []string{"sha1=" + right[7:]}, nil, 401, 0},
		"signature that is no hex":    {body, []string{"sha256=" + strings.Repeat("z", 64)}, nil, 401, 0},
		"two signatures":              {body, []string{right, right}, nil, 401, 0},
		"two signatures, one wrong":   {body, []string{"sha256=" + strings.Repeat("0", 64), right}, nil, 401, 0},
		"unsigned before all":         {"{", nil, nil, 401, 0},
		"unsigned and large":          {large, []string{right}, nil, 413, 0},
		"no JSON":                     {"{", sign("{"), nil, 400, 0},
		"nothing":                     {"", sign(""), nil, 400, 0},
		"more than JSON":              {body + "}", sign(body + "}"), nil, 400, 0},
		"too large":                   {large, sign(large), nil, 413, 0},
		"just not":                    {roomy, sign(roomy), nil, 200, 1},
		"no envelope":                 {`["` + whisper + `"]`, sign(`["` + whisper + `"]`), nil, 200, 0},
		"null":                        {"null", sign("null"), nil, 200, 0},
		"store away":                  {body, []string{right}, errStore, 503, 0},
		"too many":                    {body, []string{right}, bridge.ErrFull, 503, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ch, _ := newChannel(t, config(wa))
			s := newStore()
			s.failing(func(bridge.Knock) error { return c.fail })
			wa.Break("read", whatsapptest.Refuse(131009))
			w := post(t, handler(ch, s), strings.NewReader(c.body), c.signatures...)
			if w.Code != c.status || len(s.knocks()) != c.stored {
				t.Errorf("status = %d with %d stored, want %d with %d", w.Code, len(s.knocks()), c.status, c.stored)
			}
			want := ""
			if c.status == 503 {
				want = "5"
			}
			if got := w.Header().Get("Retry-After"); got != want {
				t.Errorf("Retry-After = %q, want %q", got, want)
			}
			for _, secret := range untold() {
				if strings.Contains(w.Body.String(), secret) {
					t.Errorf("answer tells too much: %s", w.Body)
				}
			}
		})
	}
}

func TestABodyThatBreaksOffIsRefused(t *testing.T) {
	wa := newServer(t)
	ch, _ := newChannel(t, config(wa))
	s := newStore()
	body := hello(wa, "wamid.A")
	w := post(t, handler(ch, s), io.MultiReader(strings.NewReader(body), errReader{}), signed(account.AppSecret, body))
	if w.Code != http.StatusBadRequest || len(s.knocks()) != 0 {
		t.Errorf("status = %d with %d stored, want 400 with none", w.Code, len(s.knocks()))
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("gone") }

func TestTheWebhookIsVerified(t *testing.T) {
	wa, ch, s, _ := newPair(t, nil)
	if err := wa.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	h := handler(ch, s)
	get := func(mode, token, challenge string) *httptest.ResponseRecorder {
		q := url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {challenge}}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/whatsapp/webhook?"+q.Encode(), nil))
		return w
	}
	const page = "<script>alert(1)</script>"
	w := get("subscribe", account.VerifyToken, page)
	if w.Code != 200 || w.Body.String() != page || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("answer = %d %v %q, want the challenge as plain text", w.Code, w.Header(), w.Body)
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"wrong token":    get("subscribe", account.VerifyToken+"x", "1"),
		"no token":       get("subscribe", "", "1"),
		"other mode":     get("unsubscribe", account.VerifyToken, "1"),
		"no mode":        get("", account.VerifyToken, "1"),
		"no challenge":   get("subscribe", account.VerifyToken, ""),
		"long challenge": get("subscribe", account.VerifyToken, strings.Repeat("1", 1000)),
		"wrong page":     get("subscribe", "x", page),
	} {
		if w.Code != 403 || strings.Contains(w.Body.String(), page) || strings.Contains(w.Body.String(), account.VerifyToken) {
			t.Errorf("%s: %d %q, want 403", name, w.Code, w.Body)
		}
	}
}

func TestAllOfAnEnvelopeComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, _, s, j := newPair(t, nil)
		begin := time.Now()
		s.failing(func(k bridge.Knock) error {
			if strings.HasSuffix(k.ID, "wamid.2") && time.Since(begin) < 7*time.Second {
				return errStore
			}
			return nil
		})
		var messages []any
		for i := range 3 {
			messages = append(messages, map[string]any{
				"id": "wamid." + strconv.Itoa(i+1), "from": ayu, "timestamp": strconv.FormatInt(wa.Now().Unix(), 10), "type": "text", "text": map[string]any{"body": whisper},
			})
		}
		wa.Break("read", whatsapptest.Refuse(131009))
		body := wa.Envelope("messages", map[string]any{"messages": messages})
		if status, _ := wa.Push(t.Context(), body); status != http.StatusServiceUnavailable {
			t.Errorf("status = %d while the store is away for one of them, want 503", status)
		}
		if got := len(s.knocks()); got != 2 {
			t.Errorf("%d knocks, want the 2 others", got)
		}
		wa.Push(t.Context(), body)
		pass(10 * time.Second)
		if status, _ := wa.Push(t.Context(), body); status != http.StatusOK || len(s.knocks()) != 3 {
			t.Errorf("status = %d with %d knocks, want 200 and 3", status, len(s.knocks()))
		}
		if got := j.lines("could not be taken in"); got != 1 {
			t.Errorf("told %d times, want once:\n%s", got, j)
		}
	})
}

func TestWhatsAppBringsAgainWhatCouldNotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, _, s, _ := newPair(t, nil)
		s.failing(func(bridge.Knock) error { return errStore })
		id := wa.Say(ayu, whisper)
		pass(time.Minute)
		s.failing(nil)
		if k := <-s.news; k.ID != "whatsapp:"+id {
			t.Errorf("knock = %+v, want that of %s", k, id)
		}
		synctest.Wait()
		if !wa.Read(id) {
			t.Error("the message was not marked as read when it was safe")
		}
	})
}

func TestACallerThatGivesUpIsToldToComeAgain(t *testing.T) {
	wa := newServer(t)
	ch, j := newChannel(t, config(wa))
	body := hello(wa, "wamid.A")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/whatsapp/webhook", strings.NewReader(body))
	r.Header.Set("X-Hub-Signature-256", signed(account.AppSecret, body))
	w := httptest.NewRecorder()
	handler(ch, newStore()).ServeHTTP(w, r)
	if w.Code != 503 || j.lines("level=WARN") != 0 {
		t.Errorf("status = %d, want 503 without a warning:\n%s", w.Code, j)
	}
}

func TestWrongSignaturesAreToldOnce(t *testing.T) {
	wa := newServer(t)
	ch, j := newChannel(t, config(wa))
	h := handler(ch, newStore())
	for range 10 {
		post(t, h, strings.NewReader("{}"), signed("other", "{}"))
	}
	if got := j.lines("WHATSAPP_APP_SECRET"); got != 1 {
		t.Errorf("told %d times, want once:\n%s", got, j)
	}
}

func TestOtherFieldsAreCounted(t *testing.T) {
	wa, _, s, j := newPair(t, nil)
	if status, err := wa.Push(t.Context(), wa.Envelope("account_update", map[string]any{"event": "x"})); status != 200 || err != nil {
		t.Errorf("status = %d (%v), want 200", status, err)
	}
	if len(s.knocks()) != 0 || j.lines("account_update") != 1 {
		t.Errorf("%d knocks, log:\n%s", len(s.knocks()), j)
	}
}

func TestMessagesAreMarkedAsReadWhenTheyAreSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, _, s, _ := newPair(t, nil)
		unsafe := wa.Say(ayu, whisper+" lost")
		s.failing(func(k bridge.Knock) error {
			if k.ID == "whatsapp:"+unsafe {
				return errStore
			}
			return nil
		})
		synctest.Wait()
		if wa.Read(unsafe) {
			t.Error("a message that is not safe is marked as read")
		}
		safe := wa.Say("5511976543210", whisper)
		synctest.Wait()
		if !wa.Read(safe) {
			t.Error("the message is not marked as read")
		}
		wa.React("5511976543210", safe, "👍")
		wa.ChangeNumber("5511976543210", "5511976543211")
		synctest.Wait()
		for _, call := range wa.Calls("messages") {
			want := []string{"message_id", "messaging_product", "status"}
			if got := keys(call.Body); !slices.Equal(got, want) {
				t.Errorf("sent %v, want receipts alone: %v", got, want)
			}
		}
		if got := len(wa.Calls("messages")); got != 1 {
			t.Errorf("%d receipts, want 1", got)
		}
	})
}

func keys(m map[string]any) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// What WhatsApp does with our receipts holds nothing up, and there are never many of them under way.
func TestReceiptsHoldNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wa, ch, s, _ := newPair(t, nil)
		wa.Break("read", whatsapptest.Hang)
		begin := time.Now()
		for i := range 100 {
			wa.Say("62812000"+strconv.Itoa(1000+i), whisper)
		}
		for range 100 {
			<-s.news
		}
		synctest.Wait()
		if took := time.Since(begin); took != 0 || wa.Brought() != 100 {
			t.Errorf("%d webhooks answered after %v, want 100 at once", wa.Brought(), took)
		}
		ch.Wait()
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("the last receipt ended after %v, want 5s", took)
		}
		synctest.Wait()
		if got := len(wa.Calls("messages")); got != 32 {
			t.Errorf("%d receipts were under way, want 32", got)
		}
		wa.Mend()
		wa.Say(ayu, whisper)
		<-s.news
		synctest.Wait()
		if got := len(wa.Calls("messages")); got != 33 {
			t.Errorf("%d receipts, want one more when there is room again", got)
		}
	})
}

// The webhook is answered while the receipt is still under way, also over a real connection.
func TestAConnectionIsFreeBeforeTheReceipt(t *testing.T) {
	wa := newServer(t)
	wa.Break("read", whatsapptest.Hang)
	ch, _ := newChannel(t, config(wa))
	server := httptest.NewServer(handler(ch, newStore()))
	defer server.Close()
	for i := range 3 {
		body := hello(wa, "wamid."+strconv.Itoa(i))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/whatsapp/webhook", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Hub-Signature-256", signed(account.AppSecret, body))
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("status = %d, want 200", resp.StatusCode)
		}
	}
	wa.Close() // ends what hangs
	ch.Wait()
}

func TestRoutes(t *testing.T) {
	wa := newServer(t)
	ch, _ := newChannel(t, config(wa))
	var routes []string
	ch.Routes(func(pattern string, _ http.Handler) { routes = append(routes, pattern) }, newStore().take)
	if want := []string{"GET /whatsapp/webhook", "POST /whatsapp/webhook"}; !slices.Equal(routes, want) {
		t.Errorf("routes = %q, want %q", routes, want)
	}
}
