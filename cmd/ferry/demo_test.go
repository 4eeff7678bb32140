package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"ferry/adapters/openai/openaitest"
)

func TestDemo(t *testing.T) {
	status, stdout, stderr := once(t, "my cat is called Ada\n\nwhat did I say before?\n/help\n", []string{"demo"}, nil)
	if status != done || stderr != "" {
		t.Errorf("status %d, stderr %q; want %d and silence", status, stderr, done)
	}
	at := 0
	for _, want := range []string{
		"demo", "pretend", "OPENAI_API_KEY",
		"you > my cat is called Ada\nbot > You said “my cat is called Ada”.",
		"you > what did I say before?\nbot > ", "“my cat is called Ada”",
		"you > /help\nbot > ", "/forget",
	} {
		i := strings.Index(stdout[at:], want)
		if i < 0 {
			t.Fatalf("%q is not where it is to be in:\n%s", want, stdout)
		}
		at += i + len(want)
	}
}

func TestDemoWithARealModel(t *testing.T) {
	model, settings := newModel(t)
	model.Next(openaitest.Answer{Text: "A real answer."})
	status, stdout, stderr := once(t, "hello", []string{"demo"}, settings)
	if status != done || !strings.Contains(stdout, "you > hello\nbot > A real answer.\n") || strings.Contains(stdout, "pretend") {
		t.Errorf("status %d, stderr %q, stdout:\n%s\nwant a real answer and no word of a pretend one", status, stderr, stdout)
	}
	quiet(t, stdout+stderr)
}

func TestDemoWithHalfAModel(t *testing.T) {
	status, _, stderr := once(t, "hello\n", []string{"demo"}, []string{"OPENAI_API_KEY=" + canaryKey})
	if status != misset || !strings.Contains(stderr, "OPENAI_MODEL") {
		t.Errorf("status %d, stderr %q; want %d and a sentence about OPENAI_MODEL", status, stderr, misset)
	}
}

func TestDemoEndsOnCtrlC(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	keyboard, typing := io.Pipe()
	defer typing.Close()
	exited := make(chan int, 1)
	out := newTranscript()
	go func() { exited <- run(ctx, []string{"demo"}, nil, keyboard, out, io.Discard) }()
	fmt.Fprintln(typing, "hello")
	out.wait(t, "bot > ")
	interrupt()
	if status := <-exited; status != done {
		t.Errorf("exit status = %d, want %d", status, done)
	}
}

func TestPretend(t *testing.T) {
	m := func(role, content string) openaitest.Message { return openaitest.Message{Role: role, Content: content} }
	for _, c := range []struct {
		what     string
		messages []openaitest.Message
		want     []string
		wantNo   string
	}{
		{"a first word", []openaitest.Message{m("system", "Be kind."), m("user", "hello")}, []string{"“hello”", "first words"}, "Be kind"},
		{"two at once", []openaitest.Message{m("user", "a"), m("assistant", "A"), m("user", "b"), m("user", "c")}, []string{"“b”, “c”", "Before that, “a”"}, "first"},
		{"a question", []openaitest.Message{m("user", "a"), m("assistant", "A"), m("user", "What did I say?")}, []string{"“a”"}, "What did"},
		{"a question at first", []openaitest.Message{m("user", "do you remember me")}, []string{"nothing before"}, "“"},
		{"nothing", nil, []string{"nothing"}, "“"},
		{"many lines", []openaitest.Message{m("user", strings.Repeat("long\n", 100))}, []string{"long long", "…"}, "\n"},
	} {
		got := pretend(openaitest.Request{Messages: c.messages})
		for _, want := range c.want {
			if !strings.Contains(got, want) || strings.Contains(got, c.wantNo) {
				t.Errorf("%s: %q, want %q in it and no %q", c.what, got, want, c.wantNo)
			}
		}
	}
}

func TestAPhoneInATerminal(t *testing.T) {
	var out strings.Builder
	p := newPhone(&out, true)
	p.prompt()
	p.typed("hello")
	p.heard("one\ntwo\x1b[31m\u009b")
	p.bye()
	want := "you > " + "you > " + "\r\x1b[Kbot > one\n      two[31m\nyou > " + "\n"
	if out.String() != want {
		t.Errorf("the screen got %q, want %q", out.String(), want)
	}
}
