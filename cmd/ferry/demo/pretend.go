package demo

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ferry/bridge"
)

// wordPace is how long the pretend model takes for a word, and thinkTime for the first one.
const (
	wordPace  = 65 * time.Millisecond
	thinkTime = 900 * time.Millisecond
)

// A pretendModel stands in for a model. It understands nothing, but it plainly looks things up in the
// conversation that it is given, as a real one would: what was said before, when, and on which channel.
type pretendModel struct {
	say  func() sentences // in the language of the person
	date func(lang string, at time.Time) string
	pace time.Duration // of a word
}

// Tokens implements bridge.Model.
func (*pretendModel) Tokens(e bridge.Entry) int { return len(e.Text)/4 + 4 }

// Answer implements bridge.Model.
func (m *pretendModel) Answer(ctx context.Context, p bridge.Prompt, write func(string)) (bridge.Usage, error) {
	if !pause(ctx, thinkTime) {
		return bridge.Usage{}, ctx.Err()
	}
	usage := bridge.Usage{}
	for _, e := range p.Entries {
		usage.Prompt += m.Tokens(e)
	}
	for word := range strings.SplitAfterSeq(m.answer(p.Entries), " ") {
		write(word)
		usage.Completion++
		if !pause(ctx, m.pace) {
			return usage, ctx.Err()
		}
	}
	return usage, ctx.Err()
}

// answer is what there is to say to the latest of these entries.
func (m *pretendModel) answer(entries []bridge.Entry) string {
	say := m.say()
	if len(entries) == 0 {
		return say["model_first"]
	}
	now, before := entries[len(entries)-1], entries[:len(entries)-1]
	short := now.Channel == smsPhone
	switch {
	case len(before) == 0:
		return say["model_first"]
	case hasAny(now.Text, say["model_all_words"]) && !short:
		return m.everything(before)
	}
	asked, told := recall(now.Text, before)
	if asked.Text == "" {
		last := before[len(before)-1]
		for _, e := range slices.Backward(before) {
			if e.Role == bridge.User {
				last = e
				break
			}
		}
		key := "model_no_match"
		if short {
			key = "model_no_match_short"
		}
		return say.with(key, "last", excerpt(last.Text), "channel", say.channelName(heard(last)), "n", strconv.Itoa(len(before)), "counts", m.counts(before))
	}
	key := "model_match"
	if short {
		key = "model_match_short"
	}
	return say.with(key, "channel", say.channelName(heard(asked)), "date", m.date(say["code"], asked.At), "question", excerpt(asked.Text),
		"answer", plain(told.Text), "n", strconv.Itoa(len(before)), "counts", m.counts(before))
}

// heard is where something was said first.
func heard(e bridge.Entry) string {
	if e.Origin != "" {
		return e.Origin
	}
	return e.Channel
}

// counts says how much was said on each channel.
func (m *pretendModel) counts(entries []bridge.Entry) string {
	say, n, order := m.say(), map[string]int{}, []string(nil)
	for _, e := range entries {
		if n[heard(e)]++; n[heard(e)] == 1 {
			order = append(order, heard(e))
		}
	}
	var parts []string
	for _, channel := range order {
		parts = append(parts, say.channelName(channel)+" "+strconv.Itoa(n[channel]))
	}
	return strings.Join(parts, ", ")
}

// everything tells all that was said.
func (m *pretendModel) everything(entries []bridge.Entry) string {
	say := m.say()
	var b strings.Builder
	b.WriteString(say["model_all"] + "\n")
	for i, e := range entries {
		who := say["model_you"]
		if e.Role == bridge.Assistant {
			who = say["model_me"]
		}
		b.WriteString("\n" + strconv.Itoa(i+1) + ". **" + say.channelName(heard(e)) + "**, " + m.date(say["code"], e.At) + ", " + who + ": " + excerpt(e.Text))
	}
	return b.String()
}

// recall returns what was asked before that has most in common with a text, and what was answered to it; of
// several alike the first. Where nothing has anything in common with it, both are empty.
func recall(text string, before []bridge.Entry) (asked, told bridge.Entry) {
	wanted, best := stems(text), 0
	for i, e := range before {
		if e.Role != bridge.User || i+1 == len(before) || before[i+1].Role != bridge.Assistant {
			continue
		}
		found := stems(e.Text)
		if e.Imported {
			// What the pretend model has answered itself only repeats.
			found = append(found, stems(before[i+1].Text)...)
		}
		common := 0
		for _, stem := range wanted {
			if slices.Contains(found, stem) {
				common++
			}
		}
		if common > best {
			best, asked, told = common, e, before[i+1]
		}
	}
	return asked, told
}

// What of a word has to be alike, in characters, and how short it may be.
const (
	stem     = 5
	shortest = 4
)

// stems returns the beginnings of the longer words of a text, each once.
func stems(text string) []string {
	var all []string
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		runes := []rune(strings.TrimPrefix(word, "ال")) // the Arabic article is part of the word
		if len(runes) < shortest {
			continue
		}
		if s := string(runes[:min(len(runes), stem)]); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// hasAny reports whether one of some words, with commas between, is in a text.
func hasAny(text, words string) bool {
	text = strings.ToLower(text)
	for word := range strings.SplitSeq(words, ",") {
		if word != "" && strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// plain is a text on one line, without the marks of a quotation.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\n> ", "\n")), " ")
}

// excerpt is what of a text reads well within a sentence.
func excerpt(text string) string {
	const most = 90
	text = plain(text)
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return text
}
