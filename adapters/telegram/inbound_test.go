package telegram_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"ferry/adapters/telegram"
	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

// webhookConfig is that of a channel whose webhook is at https://ferry.test.
func webhookConfig(tg *telegramtest.Server) telegram.Config {
	c := config(tg)
	c.Mode, c.PublicURL, c.WebhookSecret = "webhook", "https://ferry.test", secret
	return c
}

// deliver posts a body to a channel's webhook as Telegram does.
func deliver(t *testing.T, h http.Handler, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/telegram/webhook", bytes.NewReader(body))
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestUpdatesBecomeMessages(t *testing.T) {
	said := func(text string) *bridge.Inbound { return &bridge.Inbound{Text: text} }
	with := func(text string, a bridge.Attachment) *bridge.Inbound {
		return &bridge.Inbound{Text: text, Attachments: []bridge.Attachment{a}}
	}
	held := func(in *bridge.Inbound, d time.Duration) *bridge.Inbound {
		in.Hold = d
		return in
	}
	photo := bridge.Attachment{Kind: bridge.Image, MIME: "image/jpeg", Size: 151234, Ref: "AgAClarge"}
	other := bridge.Attachment{Kind: bridge.Other}
	about := func(in *bridge.Inbound, quoted string) *bridge.Inbound {
		in.Quoted = quoted
		return in
	}
	wish := func(w bridge.Wish) *bridge.Inbound { return &bridge.Inbound{Wish: w} }
	// nil is no message; ID, address, time, name and language are those of all of them.
	want := map[string]*bridge.Inbound{
		"text":               said("Halo, apa kabar?"),
		"reply":              about(said("and this?"), "earl"),
		"forward":            held(said("forwarded words"), 700*time.Millisecond),
		"via_bot":            said("picked from an inline bot"),
		"without_name":       said("hi"),
		"nul":                said("ab \uFFFD c"),
		"command":            said("/start K7Q4PX2M9D"),
		"command_ours":       said("/help please"),
		"command_other":      nil,
		"photo":              with("What is this?", photo),
		"album":              held(with("", photo), 500*time.Millisecond),
		"live_photo":         with("", bridge.Attachment{Kind: bridge.Video, MIME: "video/mp4", Size: 900000, Ref: "LiveVideo"}),
		"voice":              with("", bridge.Attachment{Kind: bridge.Voice, MIME: "audio/ogg", Size: 17002, Ref: "AwACvoice"}),
		"voice_without_type": with("", bridge.Attachment{Kind: bridge.Voice, MIME: "audio/ogg", Ref: "AwACvoice"}),
		"audio":              with("", bridge.Attachment{Kind: bridge.Audio, MIME: "audio/mpeg", Name: "song.mp3", Size: 3000000, Ref: "CQACaudio"}),
		"video":              with("", bridge.Attachment{Kind: bridge.Video, MIME: "video/mp4", Name: "a.mp4", Size: 5000000, Ref: "BAACvideo"}),
		"video_note":         with("", bridge.Attachment{Kind: bridge.Video, MIME: "video/mp4", Size: 400000, Ref: "DQACnote"}),
		"animation":          with("", bridge.Attachment{Kind: bridge.Video, MIME: "video/mp4", Name: "cat.gif.mp4", Size: 90000, Ref: "CgACgif"}),
		"document":           with("Summarise this", bridge.Attachment{Kind: bridge.Document, MIME: "application/pdf", Name: "report.pdf", Size: 5000000000, Ref: "BQACdoc"}),
		"sticker":            said("[Sticker: 👍]"),
		"sticker_animated":   said("[Sticker]"),
		"sticker_video":      said("[Sticker]"),
		"location":           said("[Location: -6.1750, 106.8270]"),
		"venue":              said("[Location: Monas, Jakarta (-6.1750, 106.8270)]"),
		"contact":            said("[Contact: Budi Santoso]"),
		"dice":               said("[Dice: 🎲 4]"),
		"poll":               said("[Poll: Tea? Options: Yes; No]"),
		"story":              with("", other),
		"paid_media":         with("", other),
		"checklist":          with("", other),
		"rich_message":       with("", other),
		"pinned":             nil,
		"timer":              nil,
		"blank":              nil,
		"bot":                nil,
		"group":              nil,
		"channel_post":       nil,
		"my_chat_member":     nil,
		"unknown_kind":       nil,
		"edited":             {Text: "Halo, apa kabarmu?", Edits: "1365"},
		"edited_hidden":      nil,
		"edited_place":       nil,
		"blocked":            wish(bridge.WishAway),
		"unblocked":          wish(bridge.WishSpeech),
		"promoted":           nil,
		"in_a_channel":       nil,
		"quoted_elsewhere":   about(said("true?"), "[Poll: Tea? Options: Yes]"),
	}
	files, err := filepath.Glob("testdata/updates/*.json")
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d files (%v), want %d", len(files), err, len(want))
	}
	tg := newServer(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, ok := want[name]
			if !ok {
				t.Fatal("nothing is said of this file")
			}
			ch, _ := newChannel(t, webhookConfig(tg))
			s := newStore()
			if w := deliver(t, handler(ch, s), body); w.Code != http.StatusOK {
				t.Errorf("status = %d, want 200", w.Code)
			}
			if want == nil {
				if len(s.all) != 0 {
					t.Errorf("messages = %+v, want none", s.all)
				}
				return
			}
			want.ID, want.From = "telegram-10000", address("42")
			want.At = time.Date(2025, 12, 29, 9, 20, 0, 0, time.UTC)
			want.Name, want.Language, want.Ref = "Sari Dewi", "id", "1365"
			if want.Wish != "" {
				want.Name, want.Language, want.Ref = "", "", ""
			}
			if name == "without_name" {
				want.Name, want.Language = "Plato", ""
			}
			if len(s.all) != 1 || !reflect.DeepEqual(s.all[0], *want) {
				t.Errorf("messages = %+v, want %+v", s.all, *want)
			}
		})
	}
}

func TestALongPasteIsHeldForItsRest(t *testing.T) {
	tg := newServer(t)
	ch, _ := newChannel(t, webhookConfig(tg))
	for _, c := range []struct {
		text string
		want time.Duration
	}{
		{strings.Repeat("a", 3999), 0},
		{strings.Repeat("a", 4000), 700 * time.Millisecond},
		{strings.Repeat("😀", 2000), 700 * time.Millisecond}, // 4000 units
		{strings.Repeat("é", 3999), 0},                      // more bytes, not more units
	} {
		s := newStore()
		body := `{"update_id":1,"message":{"message_id":1,"date":1,"from":{"id":42,"first_name":"S"},"chat":{"id":42,"type":"private"},"text":"` + c.text + `"}}`
		deliver(t, handler(ch, s), []byte(body))
		if len(s.all) != 1 || s.all[0].Hold != c.want {
			t.Errorf("%d bytes: messages = %d, hold = %v, want %v", len(c.text), len(s.all), s.all[0].Hold, c.want)
		}
	}
}

func TestATimeBeyondTheCalendarCanBeStored(t *testing.T) {
	tg := newServer(t)
	ch, _ := newChannel(t, webhookConfig(tg))
	for _, date := range []string{"-5", "9000000000000000000"} {
		s := newStore()
		deliver(t, handler(ch, s), []byte(`{"update_id":1,"message":{"message_id":1,"date":`+date+`,"from":{"id":42},"chat":{"id":42,"type":"private"},"text":"a"}}`))
		if len(s.all) != 1 {
			t.Fatalf("%d messages, want 1", len(s.all))
		}
		if _, err := s.all[0].At.MarshalJSON(); err != nil {
			t.Errorf("date %s: %v", date, err)
		}
	}
}
