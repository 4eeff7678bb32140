package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"ferry/adapters/openai"
)

// How the two sides of the conversation are marked.
const (
	youMark = "you > "
	botMark = "bot > "
)

// A phone shows the demo's conversation in a terminal, or writes it to a file.
type phone struct {
	live bool // somebody sits in front of it, and sees what they type

	mu  sync.Mutex
	out io.Writer
}

func newPhone(out io.Writer, live bool) *phone { return &phone{live: live, out: out} }

// welcome tells what this is.
func (p *phone) welcome(pretends bool, config openai.Config) {
	model := "The model is a pretend one, which only repeats; set OPENAI_API_KEY or OPENAI_BASE_URL,\nand OPENAI_MODEL, for a real one."
	where := "nothing leaves this machine."
	if !pretends {
		model = "The model is a real one: " + config.Model + "."
		where = "only the model is asked."
	}
	p.print(fmt.Sprintf(`This is a demo of Ferry: a conversation in your terminal. What you type goes to the bridge
as a message on Telegram, which is emulated here; %s Nothing is kept.
%s

Write something, then ask "what did I say before?". /help tells what else can be said.
Ctrl-D ends it.

`, where, model))
}

// prompt asks for the next message.
func (p *phone) prompt() {
	if p.live {
		p.print(youMark)
	}
}

// typed shows what was typed, where that is not on the screen already.
func (p *phone) typed(line string) {
	if p.live {
		p.print(youMark)
		return
	}
	p.print(youMark + line + "\n")
}

// heard shows what the bot has sent. An unfinished line of the person's moves down.
func (p *phone) heard(text string) {
	indent := strings.Repeat(" ", len(botMark))
	text = botMark + strings.ReplaceAll(printable(text), "\n", "\n"+indent) + "\n"
	if p.live {
		text = "\r\x1b[K" + text + youMark
	}
	p.print(text)
}

// bye leaves the cursor on a line of its own.
func (p *phone) bye() {
	if p.live {
		p.print("\n")
	}
}

func (p *phone) print(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(p.out, text) // a terminal that has gone sends no more lines either
}

// printable takes out what a terminal would take for a command.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

// mostOfLine bounds what can be typed in one go, in bytes.
const mostOfLine = 1 << 20

// lines returns the lines of r as they come, on a channel that is closed at the end, and then what
// went wrong. A read that is under way when ctx ends is left behind.
func lines(ctx context.Context, r io.Reader) (typed <-chan string, failed <-chan error) {
	out, wrong := make(chan string), make(chan error, 1)
	go func() {
		defer close(out)
		scanner := bufio.NewScanner(r)
		scanner.Buffer(nil, mostOfLine)
		for scanner.Scan() {
			select {
			case out <- scanner.Text():
			case <-ctx.Done():
				wrong <- nil
				return
			}
		}
		if err := scanner.Err(); err != nil {
			err = fmt.Errorf("read what is typed: %w", err)
			wrong <- err
			return
		}
		wrong <- nil
	}()
	return out, wrong
}
