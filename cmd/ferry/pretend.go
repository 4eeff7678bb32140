package main

import (
	"fmt"
	"strings"

	"ferry/adapters/openai/openaitest"
)

// pretendModel is what the model of the demo is called where a model has a name.
const pretendModel = "pretend"

// pretend answers as the demo's model: it understands nothing, but shows that it sees the whole
// conversation.
func pretend(r openaitest.Request) string {
	var said []string // by the person
	latest := 0       // how many of them are to be answered now
	for _, m := range r.Messages {
		switch m.Role {
		case "user":
			said = append(said, oneLine(m.Content))
			latest++
		case "assistant":
			latest = 0
		}
	}
	if latest == 0 {
		return "I have nothing to answer."
	}
	before, now := said[:len(said)-latest], said[len(said)-latest:]
	if asksBack(now[len(now)-1]) {
		if len(before) == 0 {
			return "You have said nothing before this."
		}
		return "This is what you have said so far: " + quoted(before) + "."
	}
	answer := "You said " + quoted(now) + "."
	if len(before) > 0 {
		answer += fmt.Sprintf(" Before that, %s.", quoted(before[len(before)-1:]))
	} else {
		answer += " Those are your first words to me."
	}
	return answer + " Ask me what you said before!"
}

// asksBack reports whether a message asks for what was said before.
func asksBack(text string) bool {
	text = strings.ToLower(text)
	for _, word := range []string{"did i say", "said before", "have i said", "remember", "what is my", "what's my"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// quoted returns texts in quotes, the last few where there are many.
func quoted(said []string) string {
	const most = 10
	skipped := ""
	if len(said) > most {
		said, skipped = said[len(said)-most:], "… "
	}
	return skipped + "“" + strings.Join(said, "”, “") + "”"
}

// oneLine shortens a text to what reads well in quotes.
func oneLine(text string) string {
	const most = 80
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > most {
		return string(line[:most]) + "…"
	}
	return string(line)
}
