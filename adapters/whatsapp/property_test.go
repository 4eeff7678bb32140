package whatsapp_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ferry/adapters/internal/inprocess"
	"ferry/adapters/whatsapp"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

// Whatever WhatsApp brings, what is sent is what Notify was given, and nothing else but receipts for
// messages that were taken in.
func TestNothingIsSentButWhatNotifyIsGiven(t *testing.T) {
	var samples []json.RawMessage
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no webhooks in testdata (%v)", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, body)
	}
	rapid.Check(t, func(t *rapid.T) {
		l := &late{}
		wa := whatsapptest.New(account, whatsapptest.Deliver(inprocess.Transport(l)), whatsapptest.WithoutLimits(), whatsapptest.WithoutStatuses())
		defer wa.Close()
		ch, err := whatsapp.New(config(wa), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		s := newStore()
		l.h = handler(ch, s)
		s.failing(func(k bridge.Knock) error {
			if strings.HasSuffix(k.Text, "?") {
				return errStore
			}
			return nil
		})

		wa.Say(ayu, whisper) // so that she may be sent something
		<-s.news

		var want []bridge.Notification
		notify := func(n bridge.Notification) {
			if ch.Notify(t.Context(), address("+"+ayu), n) == nil {
				want = append(want, n)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"a sample": func(t *rapid.T) {
				push(t, wa, rapid.SampledFrom(samples).Draw(t, "sample"))
			},
			"a message": func(t *rapid.T) { push(t, wa, anyMessage(t, wa)) },
			"any JSON": func(t *rapid.T) {
				body, err := json.Marshal(anyJSON(t, 3))
				if err != nil {
					t.Fatal(err)
				}
				push(t, wa, body)
			},
			"a text": func(t *rapid.T) {
				push(t, wa, wa.Envelope("messages", map[string]any{"messages": []any{map[string]any{
					"id": "wamid." + rapid.StringN(1, 5, -1).Draw(t, "id"), "from": ayu, "timestamp": strconv.FormatInt(wa.Now().Unix(), 10),
					"type": "text", "text": map[string]any{"body": rapid.StringN(1, 50, -1).Draw(t, "text")},
				}}}))
			},
			"a notice": func(t *rapid.T) { notify(anyNotice(t)) },
			"a notice whose button is refused": func(t *rapid.T) {
				wa.Fail("messages", whatsapptest.Refuse(131009))
				notify(anyNotice(t))
				wa.Mend()
			},
		})
		ch.Wait()

		inbox := wa.Inbox(ayu)
		if len(inbox) != len(want) {
			t.Fatalf("%d messages arrived, want %d", len(inbox), len(want))
		}
		for i, m := range inbox {
			n := want[i]
			button := bridge.Notification{ID: n.ID, Body: m.Body, Footer: m.Footer, Button: m.Button, URL: m.URL}
			if n.Button != "" && m.Button != "" && button != n || m.Button == "" && (m.Body != n.Plain() || m.Footer != "" || m.URL != "") {
				t.Fatalf("message = %+v, want what %+v says", m, n)
			}
		}
		for _, call := range wa.Calls() {
			if call.Path != account.PhoneNumberID+"/messages" {
				t.Fatalf("called %s", call.Path)
			}
			if call.Body["status"] == nil {
				continue
			}
			id, _ := call.Body["message_id"].(string)
			want := map[string]any{"messaging_product": "whatsapp", "status": "read", "message_id": id}
			if !reflect.DeepEqual(call.Body, want) || !s.has("whatsapp:"+id) {
				t.Fatalf("sent %v, want a receipt for what was taken in", call.Body)
			}
		}
	})
}

func (s *store) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[id]
}

// push brings a webhook that is signed well.
func push(t *rapid.T, wa *whatsapptest.Server, body []byte) {
	if status, err := wa.Push(t.Context(), body); err != nil || status != 200 && status != 503 {
		t.Fatalf("status = %d (%v) for %s", status, err, body)
	}
}

// anyMessage is an envelope with a message of any type, of any age, from anybody, that says anything.
func anyMessage(t *rapid.T, wa *whatsapptest.Server) []byte {
	kind := rapid.SampledFrom([]string{
		"text", "button", "interactive", "image", "audio", "reaction", "system", "unsupported", "edit", "revoke", "request_welcome", "poll", "",
	}).Draw(t, "type")
	at := wa.Now().Unix() - int64(rapid.IntRange(-100, 2*24*3600).Draw(t, "age"))
	m := map[string]any{
		"id":        "wamid." + rapid.StringN(0, 5, -1).Draw(t, "id"),
		"from":      rapid.SampledFrom([]string{ayu, account.Number, "5215512345678", "", "x"}).Draw(t, "from"),
		"timestamp": strconv.FormatInt(at, 10),
		"type":      kind,
	}
	if rapid.Bool().Draw(t, "user id") {
		m["from_user_id"] = ayuID
	}
	if kind != "" {
		m[kind] = anyJSON(t, 2)
	}
	field := rapid.SampledFrom([]string{"messages", "messages", "messages", "smb_message_echoes", ""}).Draw(t, "field")
	return wa.Envelope(field, map[string]any{
		"messages": []any{m, anyJSON(t, 1)}, "contacts": anyJSON(t, 2), "statuses": anyJSON(t, 2),
	})
}

// anyJSON is a value of at most that depth, with keys that mean something.
func anyJSON(t *rapid.T, depth int) any {
	kinds := 4
	if depth > 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int().Draw(t, "number")
	case 3:
		return rapid.SampledFrom([]string{"", "STOP", "messages", ayu, ayuID, "whatsapp_business_account", "user_changed_number", "https://evil.test/?"}).Draw(t, "string")
	case 4:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, anyJSON(t, depth-1))
		}
		return list
	}
	object := map[string]any{}
	for range rapid.IntRange(0, 4).Draw(t, "size") {
		key := rapid.SampledFrom([]string{
			"object", "entry", "changes", "field", "value", "messages", "id", "from", "type", "body", "title", "text", "profile", "name", "wa_id",
			"user_id", "errors", "code", "button_reply", "system", "previous_user_id",
		}).Draw(t, "key")
		object[key] = anyJSON(t, depth-1)
	}
	return object
}

// anyNotice is one that fits, or does not.
func anyNotice(t *rapid.T) bridge.Notification {
	about := func(most int, label string) string {
		s := []rune(rapid.StringN(1, 5, -1).Draw(t, label) + strings.Repeat("é", most+2))
		return string(s[:rapid.IntRange(0, most+2).Draw(t, label+" length")])
	}
	n := bridge.Notification{Body: about(1024, "body"), Footer: about(60, "footer")}
	if rapid.Bool().Draw(t, "link") {
		n.URL = "https://ferry.test/m/" + rapid.StringMatching(`[A-Za-z0-9_-]{4}`).Draw(t, "token")
		n.Button = about(20, "button")
	}
	return n
}
