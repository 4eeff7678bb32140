package telegramtest

import (
	"context"
	"strconv"
	"time"
)

// draftLife is how long a draft is seen (https://core.telegram.org/bots/api#sendmessagedraft).
const draftLife = 30 * time.Second

// A draft is one that the bot has shown last.
type draft struct {
	Draft
	keep bool // when it is stopped
}

// liveDraft returns what is seen of the bot's draft, or nil. The caller holds mu.
func (s *Server) liveDraft(c *chat) *draft {
	if c.draft == nil || !s.now().Before(c.draft.Until) {
		return nil
	}
	return c.draft
}

func (s *Server) sendMessageDraft(_ context.Context, p params) (result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, c, err := s.chat(p)
	if err != nil {
		return result{}, err
	}
	if c.group != nil {
		return result{}, badRequest("TEXTDRAFT_PEER_INVALID")
	}
	number, err := strconv.ParseInt(p["draft_id"], 10, 64)
	if err != nil || number == 0 {
		return result{}, badRequest("invalid draft identifier specified")
	}
	text, entities, err := s.text(p)
	if err != nil {
		return result{}, err
	}
	// Telegram tells no limit for drafts alone; who keeps to that of messages is on the safe side.
	if err := s.pace(id); err != nil {
		return result{}, err
	}
	if c.stopped[number] { // it is not shown any more
		return result{value: true}, nil
	}
	now := s.now()
	c.draft = &draft{Draft{ID: number, Text: text, Entities: entities, CanStop: p.is("can_stop"), At: now, Until: now.Add(draftLife)}, p.is("keep_on_stop")}
	s.show(Show{What: Drafted, Chat: id, Draft: c.draft.Draft})
	return result{value: true}, nil
}

// Stop has a person tap the button that stops the bot's draft. It reports whether there was such a button, and
// the bot hears of it.
func (s *Server) Stop(id int64) bool {
	defer s.showAll()
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.private(id)
	d := s.liveDraft(c)
	if d == nil || !d.CanStop || c.stopped[d.ID] {
		return false
	}
	if c.stopped == nil {
		c.stopped = map[int64]bool{}
	}
	c.stopped[d.ID] = true
	if !d.keep {
		c.draft = nil
		s.show(Show{What: Withdrawn, Chat: id, Draft: d.Draft})
	}
	return s.add("stopped_message_generation", map[string]any{"chat": c.json(id), "draft_id": d.ID}, id) != 0
}
