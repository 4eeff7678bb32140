package chatexport

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

var now = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

func at(s string) time.Time {
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	panic("no time: " + s)
}

func says(when, author, text string) Message {
	return Message{At: at(when), Author: author, Text: text}
}

func notes(when, text string) Message { return Message{At: at(when), Text: text, System: true} }

func sends(when, author, caption string) Message {
	return Message{At: at(when), Author: author, Text: caption, Media: true}
}

func edits(when, author, text string) Message {
	return Message{At: at(when), Author: author, Text: text, Edited: true}
}

func deletes(when, author string) Message {
	return Message{At: at(when), Author: author, Deleted: true}
}

func try(file string, opt Options) (*Chat, error) {
	if opt.Now.IsZero() {
		opt.Now = now
	}
	return Open(strings.NewReader(file), int64(len(file)), opt)
}

func open(t *testing.T, file string, opt Options) *Chat {
	t.Helper()
	c, err := try(file, opt)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return c
}

func all(t *testing.T, c *Chat) []Message {
	t.Helper()
	var list []Message
	for m, err := range c.Messages() {
		if err != nil {
			t.Fatalf("message %d: %v", len(list), err)
		}
		list = append(list, m)
	}
	return list
}

// bare returns what a reader sees of a message.
func bare(m Message) Message {
	m.id, m.ordinal = [16]byte{}, 0
	return m
}

func compare(t *testing.T, c *Chat, want []Message) bool {
	t.Helper()
	got := all(t, c)
	same := len(got) == len(want)
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("message %d is missing: %+v", i, bare(want[i]))
		case i >= len(want):
			t.Errorf("message %d is too many: %+v", i, bare(got[i]))
		case bare(got[i]) != bare(want[i]):
			same = false
			t.Errorf("message %d =\n%+v, want\n%+v", i, bare(got[i]), bare(want[i]))
		}
	}
	return same
}

// crlf ends each message's lines as Windows does.
func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

func utf16le(s string) string { return inUTF16(s, binary.LittleEndian) }

func utf16be(s string) string { return inUTF16(s, binary.BigEndian) }

func inUTF16(s string, order binary.ByteOrder) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		var two [2]byte
		order.PutUint16(two[:], u)
		b.Write(two[:])
	}
	return b.String()
}
