package e2e

import (
	"sync"
	"time"
)

// A send is one request to Telegram to send a part.
type send struct {
	replica string
	chat    int64
	text    string
	ended   time.Time // zero while it is under way
	sure    bool      // the replica was told that it was done
}

// sends are the requests to Telegram to send a part.
type sends struct {
	mu  sync.Mutex
	all []*send
}

// begin notes a request; done is to be called when it has been answered.
func (s *sends) begin(replica string, chat int64, text string) (done func(sure bool)) {
	one := &send{replica: replica, chat: chat, text: text}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, one)
	return func(sure bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		one.ended, one.sure = time.Now(), sure
	}
}

// of returns the requests to send a text to a chat.
func (s *sends) of(chat int64, text string) []send {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []send
	for _, one := range s.all {
		if one.chat == chat && one.text == text {
			found = append(found, *one)
		}
	}
	return found
}
