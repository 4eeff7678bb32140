package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"ferry/bridge"
)

// importCmd takes over what people said on WhatsApp.
type importCmd struct {
	File   string `arg:"" optional:"" help:"JSON lines, one person each, or - for standard input."`
	DryRun bool   `help:"Count what there is, what would be dropped and what Redis would need; store nothing."`

	WhatsappExport string `name:"whatsapp-export" placeholder:"FILE" help:"A chat as WhatsApp's Export chat makes it: .txt or .zip."`
	Address        string `help:"Whose chat it is, such as whatsapp:+6281234567890."`
	Assistant      string `help:"The assistant's name in the chat."`
	Timezone       string `default:"UTC" help:"Where the phone was that exported the chat, such as Asia/Jakarta."`
	Print          bool   `help:"Write the messages of the chat as JSON; store nothing."`
}

// Run imports a file.
func (c importCmd) Run(ctx context.Context, in *invocation) error {
	switch {
	case c.WhatsappExport != "" && c.File != "":
		return usageError{errors.New("name a file of JSON lines, or a chat with --whatsapp-export, not both")}
	case c.WhatsappExport != "":
		return c.runChat(ctx, in)
	case c.File == "":
		return usageError{errors.New("say which file to import, or - for standard input; --whatsapp-export reads an exported chat")}
	}
	source := in.stdin
	size := int64(0)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return usageError{err}
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			size = info.Size()
		}
		source = f
	}
	run := &importing{settings: in.settings, stderr: in.stderr, most: in.settings.store.HistoryMaxEntries}
	run.progress = newProgress(in.stderr, size)
	if c.DryRun {
		if err := in.settings.check(&in.settings.program, &in.settings.store); err != nil && in.settings.program.Store != "memory" {
			return err
		}
		return run.finish(ctx, in.stdout, run.lines(ctx, source))
	}
	return in.aside(ctx, func(e *bridge.Engine, log *slog.Logger) error {
		run.store = e.Store
		err := run.finish(ctx, in.stdout, run.lines(ctx, source))
		log.Info("import ended", "people", run.people, "entries", run.entries, "added", run.added)
		return err
	})
}

// A person of an import file.
type importPerson struct {
	Address  string          `json:"address"`
	Name     string          `json:"name"`
	Language string          `json:"language"`
	Messages []importMessage `json:"messages"`
}

type importMessage struct {
	ID   string    `json:"id"`
	Role string    `json:"role"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// What one line may be, and how many people are stored at once.
const (
	longestLine   = 64 << 20
	importWorkers = 32
)

// An importing counts what an import comes to.
type importing struct {
	settings *settings
	store    bridge.Store // nil on a dry run
	stderr   io.Writer
	progress *progress
	most     int // entries of one person

	mu                                                                 sync.Mutex
	people, entries, added, known, dropped, forgotten, fresh, badLines int
	bytes                                                              int64
}

// lines reads people, one a line, and takes each in.
func (im *importing) lines(ctx context.Context, source io.Reader) error {
	type job struct {
		line int
		text []byte
	}
	jobs := make(chan job, importWorkers)
	var workers sync.WaitGroup
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for range importWorkers {
		workers.Go(func() {
			for j := range jobs {
				if ctx.Err() != nil {
					continue
				}
				if err := im.line(ctx, j.text); err != nil {
					if _, ok := errors.AsType[*badLine](err); !ok {
						stop(err) // the store is away: what follows would fail, too
						continue
					}
					im.complain(j.line, err)
				}
			}
		})
	}
	reader := bufio.NewReaderSize(source, 1<<20)
	var err error
	for n := 1; ctx.Err() == nil; n++ {
		var text []byte
		text, err = readLine(reader)
		im.progress.add(int64(len(text)) + 1)
		if errors.Is(err, errLongLine) {
			im.complain(n, err)
			continue
		}
		if len(text) > 0 {
			jobs <- job{n, text}
		}
		if err != nil {
			break
		}
	}
	close(jobs)
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

var errLongLine = &badLine{"it is longer than 64 MiB"}

// readLine returns the next line without its end; with io.EOF, the last one.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		piece, err := r.ReadSlice('\n')
		if long = long || len(line)+len(piece) > longestLine; !long {
			line = append(line, piece...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == nil && long {
			return nil, errLongLine
		}
		return []byte(strings.TrimSpace(string(line))), err
	}
}

// A badLine is one that is not taken in.
type badLine struct{ why string }

func (b *badLine) Error() string { return b.why }

// complain reports a line that is not taken in.
func (im *importing) complain(line int, err error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.badLines++
	im.progress.clear()
	fmt.Fprintf(im.stderr, "ferry: line %d: %v\n", line, err)
}

// line takes one person in.
func (im *importing) line(ctx context.Context, text []byte) error {
	var p importPerson
	if err := json.Unmarshal(text, &p); err != nil {
		return &badLine{"it is no JSON of a person: " + decodingFault(err)}
	}
	a, entries, err := im.settings.entriesOf(p)
	if err != nil {
		return err
	}
	return im.take(ctx, a, p.Name, p.Language, entries)
}

// decodingFault says what is wrong with some JSON, without quoting what a person wrote.
func decodingFault(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%s is not what it should be, at byte %d", wrong.Field, wrong.Offset)
	}
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("at byte %d", wrong.Offset)
	}
	return "a time is not written like 2025-12-30T09:15:00+07:00"
}

// entriesOf makes entries of what a line says.
func (s *settings) entriesOf(p importPerson) (bridge.Address, []bridge.Entry, error) {
	a, err := s.address(p.Address)
	if err != nil {
		return bridge.Address{}, nil, &badLine{err.Error()}
	}
	entries := make([]bridge.Entry, 0, len(p.Messages))
	seen := map[string]int{}
	for i, m := range p.Messages {
		role := bridge.Role(m.Role)
		switch {
		case role != bridge.User && role != bridge.Assistant:
			return bridge.Address{}, nil, &badLine{fmt.Sprintf("message %d: role is neither user nor assistant", i+1)}
		case m.At.IsZero():
			return bridge.Address{}, nil, &badLine{fmt.Sprintf("message %d: there is no at", i+1)}
		case strings.TrimSpace(m.Text) == "":
			continue // a picture, or something else without words
		}
		id := m.ID
		if id == "" {
			sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%s", role, m.At.UnixMilli(), m.Text))
			id = hex.EncodeToString(sum[:12])
			if seen[id]++; seen[id] > 1 {
				id = fmt.Sprintf("%s-%d", id, seen[id])
			}
		}
		entries = append(entries, imported(a, id, role, m.Text, m.At))
	}
	return a, entries, nil
}

func imported(a bridge.Address, id string, role bridge.Role, text string, at time.Time) bridge.Entry {
	return bridge.Entry{
		ID: "import-" + id, Role: role, Text: strings.ToValidUTF8(text, "\uFFFD"), At: at, Channel: a.Channel, By: a.ID, Imported: true,
	}
}

// take takes one person in, or counts them.
func (im *importing) take(ctx context.Context, a bridge.Address, name, language string, entries []bridge.Entry) error {
	var got bridge.Imported
	if im.store != nil {
		settings := bridge.ImportedSettings(name, language)
		var err error
		if got, err = im.store.Import(ctx, a, settings, entries); err != nil {
			return err
		}
	} else {
		got.Dropped = max(0, len(entries)-im.most)
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.people++
	im.entries += len(entries)
	im.added += got.Added
	im.known += got.Known
	im.dropped += got.Dropped
	if got.Forgotten {
		im.forgotten++
	}
	if got.New {
		im.fresh++
	}
	for _, e := range entries {
		im.bytes += int64(len(e.Text))
	}
	return nil
}

// What an entry and a person take in Redis besides their texts, in bytes: measured by
// BenchmarkImport of package sessions.
const (
	entryOverhead  = 320
	personOverhead = 900
)

// finish says what the import came to.
func (im *importing) finish(ctx context.Context, out io.Writer, err error) error {
	im.progress.clear()
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("stopped after %d people; run it again to go on, what is there already stays as it is", im.people)
	}
	if im.store == nil {
		kept := im.entries - im.dropped
		need := int64(kept)*entryOverhead + int64(im.people)*personOverhead
		if im.entries > 0 {
			need += im.bytes * int64(kept) / int64(im.entries)
		}
		fmt.Fprintf(out, "%d people, %d entries; %d over HISTORY_MAX_ENTRIES would be dropped.\nRedis will need about %d MB more.\n",
			im.people, im.entries, im.dropped, (need+1<<20-1)>>20)
	} else {
		fmt.Fprintf(out, "%d people (%d of them new, %d forgotten and left alone), %d entries: %d added, %d there already, %d over HISTORY_MAX_ENTRIES dropped.\n",
			im.people, im.fresh, im.forgotten, im.entries, im.added, im.known, im.dropped)
	}
	if err == nil && im.badLines > 0 {
		err = fmt.Errorf("%d lines were not taken in", im.badLines)
	}
	return err
}
