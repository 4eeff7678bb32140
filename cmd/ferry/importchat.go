package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"ferry/bridge"
	"ferry/bridge/chatexport"
)

// runChat imports, or prints, an exported chat.
func (c importCmd) runChat(ctx context.Context, in *invocation) error {
	where, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return usageError{fmt.Errorf("--timezone %q is not known: write it like Asia/Jakarta", c.Timezone)}
	}
	f, err := os.Open(c.WhatsappExport)
	if err != nil {
		return usageError{err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	chat, err := chatexport.Open(f, info.Size(), chatexport.Options{Name: info.Name(), Assistant: c.Assistant, Location: where})
	if err != nil {
		return fmt.Errorf("%s: %w", c.WhatsappExport, err)
	}
	if c.Print {
		return printChat(in.stdout, chat)
	}
	if c.Address == "" {
		return usageError{errors.New("--address is missing: say whose chat it is, such as whatsapp:+6281234567890")}
	}
	a, err := in.settings.address(c.Address)
	if err != nil {
		return err
	}
	assistant, sure := chat.Assistant()
	if !sure {
		var names []string
		for _, author := range chat.Summary().Authors {
			names = append(names, author.Name)
		}
		return usageError{fmt.Errorf("it is not clear who the assistant is: say it with --assistant, one of %s", strings.Join(names, ", "))}
	}
	entries, name, err := chatEntries(chat, a, assistant)
	if err != nil {
		return err
	}
	run := &importing{settings: in.settings, stderr: in.stderr, most: in.settings.store.HistoryMaxEntries, progress: newProgress(in.stderr, 0)}
	if c.DryRun {
		return run.finish(ctx, in.stdout, run.take(ctx, a, name, chat.Summary().Language, entries))
	}
	return in.aside(ctx, func(e *bridge.Engine, log *slog.Logger) error {
		run.store = e.Store
		log.Info("import of an exported chat", "channel", a.Channel)
		return run.finish(ctx, in.stdout, run.take(ctx, a, name, chat.Summary().Language, entries))
	})
}

// chatEntries makes entries of a chat, and returns what the person is called in it.
func chatEntries(chat *chatexport.Chat, a bridge.Address, assistant string) (entries []bridge.Entry, name string, err error) {
	for m, err := range chat.Messages() {
		if err != nil {
			return nil, "", err
		}
		if m.System || m.Text == "" {
			continue
		}
		role := bridge.User
		if m.Author == assistant {
			role = bridge.Assistant
		} else {
			name = m.Author
		}
		entries = append(entries, imported(a, m.ID(), role, m.Text, m.At))
	}
	return entries, name, nil
}

// printChat writes the messages of a chat as one JSON array.
func printChat(w io.Writer, chat *chatexport.Chat) error {
	b := bufio.NewWriter(w)
	begin := "["
	for m, err := range chat.Messages() {
		if err != nil {
			return err
		}
		data, err := json.Marshal(m)
		if err != nil {
			return err
		}
		// What cannot be written, Flush tells.
		_, _ = b.WriteString(begin + "\n")
		_, _ = b.Write(data)
		begin = ","
	}
	if begin == "[" {
		_, _ = b.WriteString("[")
	}
	_, _ = b.WriteString("\n]\n")
	return b.Flush()
}
