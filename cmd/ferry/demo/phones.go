package demo

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"

	"ferry/adapters/telegram/telegramtest"
)

// segmentPrice is what a segment of SMS is assumed to cost, in US cents. It is between a fraction of a cent and
// dozens of cents, by the country.
const segmentPrice = 1

// A said is a message as a phone shows it.
type said struct {
	ID   string    `json:"id"`
	Mine bool      `json:"mine"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`

	// On WhatsApp.
	Tick   string `json:"tick,omitempty"` // sent, delivered or read
	Footer string `json:"footer,omitempty"`
	Button string `json:"button,omitempty"`
	URL    string `json:"url,omitempty"`

	// On Telegram.
	Entities []telegramtest.Entity   `json:"entities,omitempty"`
	Buttons  [][]telegramtest.Button `json:"buttons,omitempty"`
	Share    string                  `json:"share,omitempty"` // a button that shows the person's number
	Edited   bool                    `json:"edited,omitempty"`

	// By SMS.
	Segments int    `json:"segments,omitempty"`
	Encoding string `json:"encoding,omitempty"`
	Carrier  bool   `json:"carrier,omitempty"`
}

// talk is what the emulators do not keep for the phones.
type talk struct {
	past      []said // on WhatsApp, before
	whatsapp  []said
	sms       []said
	delivered map[string]bool // on WhatsApp
	start     string          // the code with which the bot was opened
}

// A screen is what a phone shows.
type screen struct {
	Messages []said `json:"messages"`

	// On Telegram.
	Typing bool                `json:"typing,omitempty"`
	Draft  *telegramtest.Draft `json:"draft,omitempty"`
	Start  string              `json:"start,omitempty"`
	Real   *realBot            `json:"real,omitempty"`

	// By SMS.
	Segments int `json:"segments,omitempty"`
	Cents    int `json:"cents,omitempty"`
}

// A realBot is where the bot can be reached.
type realBot struct {
	URL  string `json:"url"` // empty as long as Telegram has not told it
	Path string `json:"path,omitempty"`
	Size int    `json:"size,omitempty"`
}

func (s *Stage) telegramScreen() screen {
	p := s.who()
	s.mu.Lock()
	code := s.talk.start
	s.mu.Unlock()
	if s.cfg.RealBot {
		return screen{Messages: []said{}, Start: code, Real: s.realBot(code)}
	}
	now := s.telegram.Screen(p.id)
	shown := screen{Messages: []said{}, Typing: now.Typing, Draft: now.Draft, Start: code}
	for i, m := range now.Messages {
		one := said{
			ID: strconv.Itoa(m.ID), Mine: m.From != 0, Text: m.Text, At: m.At,
			Entities: m.Entities, Buttons: m.Keyboard, Edited: m.Edited && m.From != 0,
		}
		if i == len(now.Messages)-1 {
			one.Share = shareButton(m.Params["reply_markup"])
		}
		shown.Messages = append(shown.Messages, one)
	}
	return shown
}

// shareButton returns what is on a button that shows the person's number, or nothing.
func shareButton(markup string) string {
	var keyboard struct {
		Rows [][]struct {
			Text    string `json:"text"`
			Contact bool   `json:"request_contact"`
		} `json:"keyboard"`
	}
	if json.Unmarshal([]byte(markup), &keyboard) != nil {
		return ""
	}
	for _, row := range keyboard.Rows {
		for _, b := range row {
			if b.Contact {
				return b.Text
			}
		}
	}
	return ""
}

// realBot returns where the bot is, with a code if there is one.
func (s *Stage) realBot(code string) *realBot {
	one := s.next()
	if one == nil {
		return &realBot{}
	}
	for _, i := range one.engine.Inviting() {
		if i.Channel != telegramPhone {
			continue
		}
		link, _, _ := strings.Cut(i.URL, "?")
		if code != "" {
			link += "?start=" + code
		}
		path, size := drawQR(link)
		return &realBot{link, path, size}
	}
	return &realBot{}
}

// quiet is how many modules around a QR code have to be empty (ISO/IEC 18004, 5.3.8).
const quiet = 4

// drawQR returns the dark modules of a QR code as the path of an SVG that is so wide and high.
func drawQR(text string) (path string, size int) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0
	}
	size = code.Bounds().Dx()
	var b strings.Builder
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				b.WriteString("M" + strconv.Itoa(x+quiet) + " " + strconv.Itoa(y+quiet) + "h1v1h-1z")
			}
		}
	}
	return b.String(), size + 2*quiet
}

func (s *Stage) whatsappScreen() screen {
	p := s.who()
	s.mu.Lock()
	all := append([]said{}, s.talk.past...)
	all = append(all, s.talk.whatsapp...)
	for i := range all {
		switch m := &all[i]; {
		case !m.Mine || m.Tick != "": // long ago
		case s.whatsapp.Read(m.ID):
			m.Tick = "read"
		case s.talk.delivered[m.ID]:
			m.Tick = "delivered"
		default:
			m.Tick = "sent"
		}
	}
	s.mu.Unlock()
	for _, m := range s.whatsapp.Inbox(p.number[min(1, len(p.number)):]) {
		all = append(all, said{ID: m.ID, Text: m.Body, At: m.At, Footer: m.Footer, Button: m.Button, URL: m.URL})
	}
	byTime(all)
	return screen{Messages: all}
}

// delivered notes that a webhook with a message was taken.
func (s *Stage) delivered(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.talk.whatsapp {
		if bytes.Contains(body, []byte(m.ID)) {
			if s.talk.delivered == nil {
				s.talk.delivered = map[string]bool{}
			}
			s.talk.delivered[m.ID] = true
		}
	}
}

func (s *Stage) smsScreen() screen {
	p := s.who()
	s.mu.Lock()
	all := append([]said{}, s.talk.sms...)
	s.mu.Unlock()
	shown := screen{}
	for _, m := range s.twilio.Inbox(p.number) {
		all = append(all, said{ID: m.ID, Text: m.Text, At: m.At, Segments: m.Segments, Encoding: m.Encoding, Carrier: m.Carrier})
		if !m.Carrier {
			shown.Segments += m.Segments
		}
	}
	byTime(all)
	shown.Messages, shown.Cents = all, shown.Segments*segmentPrice
	return shown
}

func byTime(all []said) {
	slices.SortStableFunc(all, func(a, b said) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
}
