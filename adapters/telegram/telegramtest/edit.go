package telegramtest

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
)

// maxData is how much a button can send, in bytes (https://core.telegram.org/bots/api#inlinekeyboardbutton).
const maxData = 64

// buttons returns the inline keyboard of a call.
func buttons(p params) ([][]Button, error) {
	raw, ok := p["reply_markup"]
	if !ok {
		return nil, nil
	}
	var keyboard struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	if err := json.Unmarshal([]byte(raw), &keyboard); err != nil {
		return nil, badRequest("can't parse reply keyboard markup JSON object")
	}
	for _, row := range keyboard.Rows {
		for _, b := range row {
			switch {
			case b.Text == "":
				return nil, badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
			case b.Data == "" && b.URL == "", len(b.Data) > maxData:
				return nil, badRequest("BUTTON_DATA_INVALID")
			}
		}
	}
	return keyboard.Rows, nil
}

// edited returns the message that a call edits. The caller holds mu.
func (s *Server) edited(p params) (*chat, *kept, error) {
	_, c, err := s.chat(p)
	if err != nil {
		return nil, nil, err
	}
	id, err := strconv.Atoi(p["message_id"])
	if err != nil || id <= 0 {
		return nil, nil, badRequest("message identifier is not specified")
	}
	k := c.kept[id]
	switch {
	case k == nil:
		return nil, nil, badRequest("message to edit not found")
	case k.From != 0:
		return nil, nil, badRequest("message can't be edited")
	}
	return c, k, nil
}

var errNotModified = badRequest("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")

func (s *Server) editMessageText(_ context.Context, p params) (result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, k, err := s.edited(p)
	if err != nil {
		return result{}, err
	}
	text, entities, err := s.text(p)
	if err == nil && text == "" {
		err = badRequest("message text is empty")
	}
	if err != nil {
		return result{}, err
	}
	keyboard, err := buttons(p)
	if err != nil {
		return result{}, err
	}
	if err := s.pace(k.Chat); err != nil {
		return result{}, err
	}
	if k.Text == text && slices.Equal(k.Entities, entities) && sameKeyboard(k.Keyboard, keyboard) {
		return result{}, errNotModified
	}
	k.Text, k.Entities, k.Keyboard, k.Edited, k.Params = text, entities, keyboard, true, p
	s.show(Show{What: Edited, Chat: k.Chat, Message: k.Message})
	return result{value: k.json()}, nil
}

func (s *Server) editMessageReplyMarkup(_ context.Context, p params) (result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, k, err := s.edited(p)
	if err != nil {
		return result{}, err
	}
	keyboard, err := buttons(p)
	if err != nil {
		return result{}, err
	}
	if err := s.pace(k.Chat); err != nil {
		return result{}, err
	}
	if sameKeyboard(k.Keyboard, keyboard) {
		return result{}, errNotModified
	}
	k.Keyboard = keyboard
	s.show(Show{What: Edited, Chat: k.Chat, Message: k.Message})
	return result{value: k.json()}, nil
}

func sameKeyboard(a, b [][]Button) bool { return slices.EqualFunc(a, b, slices.Equal) }
