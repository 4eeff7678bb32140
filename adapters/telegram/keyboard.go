package telegram

import (
	"regexp"
	"strconv"
	"strings"

	"ferry/bridge"
)

// A keyboard is shown in place of the person's own until one of its buttons was tapped
// (https://core.telegram.org/bots/api#replykeyboardmarkup). What is on the button is sent as a message.
type keyboard struct {
	Keyboard [][]button `json:"keyboard"`
	Resize   bool       `json:"resize_keyboard"`
	OneTime  bool       `json:"one_time_keyboard"`
}

type button struct {
	Text    string `json:"text"`
	Contact bool   `json:"request_contact,omitempty"` // in private chats only
}

// An inlineKeyboard is shown below a message (https://core.telegram.org/bots/api#inlinekeyboardmarkup).
type inlineKeyboard struct {
	Rows [][]inlineButton `json:"inline_keyboard"`
}

type inlineButton struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// markup returns the keys of a part as reply_markup, or nothing. A message has keys of one kind only.
func markup(p bridge.Part) string {
	if p.Number != "" && len(p.Choices) == 0 {
		return encode(keyboard{Keyboard: [][]button{{{Text: p.Number, Contact: true}}}, Resize: true, OneTime: true})
	}
	return inlineKeys(p)
}

// inlineKeys returns the choices of a part as reply_markup, or nothing.
func inlineKeys(p bridge.Part) string {
	var k inlineKeyboard
	for i, choice := range p.Choices {
		// Two fit beside each other on any phone.
		if i == 0 || len(p.Choices) > 2 {
			k.Rows = append(k.Rows, nil)
		}
		row := &k.Rows[len(k.Rows)-1]
		*row = append(*row, inlineButton{Text: choice.Label, Data: choiceData(p.Ask, i, choice)})
	}
	if k.Rows == nil {
		return ""
	}
	return encode(k)
}

// stopKeys are below an answer while it is written.
var stopKeys = encode(inlineKeyboard{[][]inlineButton{{{Text: "⏹ Stop", Data: stopData}}}})

// What a button sends when it is tapped begins with what it is. Anything else is not ours.
const (
	stopData   = "stop"
	choiceMark = "ask:" // then the question, a colon, and one of these:
	sayMark    = "="    // and the words that are said
	labelMark  = "#"    // and the place of the choice, whose label is said
)

// maxData is how much a button can send, in bytes (https://core.telegram.org/bots/api#inlinekeyboardbutton).
const maxData = 64

func choiceData(ask string, i int, choice bridge.Choice) string {
	data := choiceMark + ask + ":"
	if say := data + sayMark + choice.Say; choice.Say != "" && len(say) <= maxData {
		return say
	}
	return data + labelMark + strconv.Itoa(i)
}

// choiceForm is what is sent by the button of a choice: the question, and how it is answered.
var choiceForm = regexp.MustCompile(`^` + choiceMark + `([A-Za-z0-9]{0,16}):([=#])((?s).+)$`)

// chosen returns which question a button answers, and how. It is false for a button that is no choice.
func chosen(b inlineButton) (ask, say string, ok bool) {
	m := choiceForm.FindStringSubmatch(b.Data)
	if m == nil {
		return "", "", false
	}
	if m[2] == sayMark {
		return m[1], clean(m[3]), true
	}
	say = strings.TrimSpace(clean(b.Text))
	return m[1], say, say != ""
}
