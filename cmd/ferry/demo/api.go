package demo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What a page can ask of us in one request.
const (
	mostOfBody = 64 << 10
	longest    = 4000 // characters of a message
)

// An ask is what a page asks for. Which fields count, the action says.
type ask struct {
	Phone    string `json:"phone"`
	Text     string `json:"text"`
	Message  string `json:"message"`
	Label    string `json:"label"`
	Language string `json:"language"`
	What     string `json:"what"`
}

// errNo is the answer to what cannot be done.
type errNo string

func (e errNo) Error() string { return string(e) }

// actions are what the page can have happen, by the last part of their routes.
func (s *Stage) actions() map[string]func(context.Context, ask) (any, error) {
	return map[string]func(context.Context, ask) (any, error){
		"say":   s.say,
		"press": s.press,
		"stop":  s.stop,
		"share": s.share,
		"tap":   s.tap,
		"reset": func(ctx context.Context, a ask) (any, error) { return nil, s.enter(ctx, a.Language) },
		"break": s.breakIt,
	}
}

// action makes a handler of an action.
func (s *Stage) action(do func(context.Context, ask) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var a ask
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostOfBody)).Decode(&a); err != nil {
			http.Error(w, "this is no JSON of ours", http.StatusBadRequest)
			return
		}
		answer, err := do(r.Context(), a)
		if no, ok := errors.AsType[errNo](err); ok {
			http.Error(w, no.Error(), http.StatusConflict)
			return
		}
		if err != nil {
			s.cfg.Log.Error("the page asked for something", "error", err)
			http.Error(w, "it did not work", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if answer == nil {
			answer = struct{}{}
		}
		_ = json.NewEncoder(w).Encode(answer) // if it fails, whoever asked has gone
	}
}

// say has the person write a text on a phone.
func (s *Stage) say(_ context.Context, a ask) (any, error) {
	text := strings.TrimSpace(strings.ToValidUTF8(a.Text, ""))
	if text == "" || utf8.RuneCountInString(text) > longest {
		return nil, errNo("a message has from 1 to " + strconv.Itoa(longest) + " characters")
	}
	return nil, s.write(a.Phone, text)
}

// write has the person write on a phone.
func (s *Stage) write(phone, text string) error {
	p := s.who()
	switch {
	case phone == whatsappPhone:
		id := s.whatsapp.Say(p.number[1:], text)
		s.mu.Lock()
		s.talk.whatsapp = append(s.talk.whatsapp, said{ID: id, Mine: true, Text: text, At: time.Now()})
		s.mu.Unlock()
		s.hub.touch(whatsappPhone)
	case phone == smsPhone:
		s.mu.Lock()
		s.talk.sms = append(s.talk.sms, said{ID: "mine-" + strconv.Itoa(len(s.talk.sms)), Mine: true, Text: text, At: time.Now()})
		s.mu.Unlock()
		s.hub.touch(smsPhone)
		s.twilio.Say(p.number, text)
	case phone == telegramPhone && !s.cfg.RealBot:
		s.mu.Lock()
		s.talk.start = ""
		s.mu.Unlock()
		s.telegram.Say(p.id, text)
	default:
		return errNo("there is no such phone here")
	}
	return nil
}

// press has the person tap a button below a message on Telegram.
func (s *Stage) press(_ context.Context, a ask) (any, error) {
	p := s.who()
	message, err := strconv.Atoi(a.Message)
	if err != nil || s.telegram.Press(p.id, p.id, message, a.Label) == "" {
		return nil, errNo("there is no such button any more")
	}
	return nil, nil
}

// stop has the person stop the answer that is being written on Telegram.
func (s *Stage) stop(context.Context, ask) (any, error) {
	if !s.telegram.Stop(s.who().id) {
		return nil, errNo("there is nothing to stop any more")
	}
	return nil, nil
}

// share has the person show their number on Telegram.
func (s *Stage) share(context.Context, ask) (any, error) {
	p := s.who()
	s.telegram.ShareNumber(p.id, p.number)
	return nil, nil
}

// tap has the person tap the button of a notice on WhatsApp, and returns where it leads.
func (s *Stage) tap(_ context.Context, a ask) (any, error) {
	for _, m := range slices.Backward(s.whatsapp.Inbox(s.who().number[1:])) {
		if m.ID != a.Message {
			continue
		}
		link, err := s.whatsapp.Tap(m)
		if err != nil {
			return nil, errNo("it leads nowhere")
		}
		return map[string]string{"url": link}, nil
	}
	return nil, errNo("there is no such message any more")
}
