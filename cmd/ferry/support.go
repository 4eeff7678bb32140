package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"ferry/bridge"
)

// userCmd is what support can do about a person.
type userCmd struct {
	Show   userShowCmd   `cmd:"" help:"Show what is kept about a person, but for what was said."`
	Export userExportCmd `cmd:"" help:"Print everything that is kept about a person, as JSON."`
	Forget userForgetCmd `cmd:"" help:"Delete everything that is kept about a person."`
	Link   userLinkCmd   `cmd:"" help:"Print the redirect link of a person on WhatsApp."`
	Block  userBlockCmd  `cmd:"" help:"Let a person talk to the assistant no more, or again with --off."`
}

// whom is who a command is about.
type whom struct {
	Address string `arg:"" help:"telegram:42, sms:+6281234567890, whatsapp:+6281234567890 or web:ID."`
}

// address reads the address of a known channel.
func (w whom) address(in *invocation) (bridge.Address, error) {
	return in.settings.address(w.Address)
}

// address reads an address, which has to be of a channel that there is.
func (s *settings) address(text string) (bridge.Address, error) {
	a, err := bridge.ParseAddress(text)
	if err != nil {
		return bridge.Address{}, usageError{err}
	}
	var names []string
	for _, r := range s.channels {
		names = append(names, r.name)
	}
	if !slices.Contains(names, a.Channel) {
		return bridge.Address{}, usageError{fmt.Errorf("address %q: there is no channel %s; there are %s", text, a.Channel, strings.Join(names, ", "))}
	}
	if strings.HasPrefix(a.ID, "+") {
		number, ok := bridge.Number(a.ID)
		if !ok {
			return bridge.Address{}, usageError{fmt.Errorf("address %q: write the number as +6281234567890", text)}
		}
		a.ID = number
	}
	return a, nil
}

// aside runs work on the store, next to the processes that serve.
func (in *invocation) aside(ctx context.Context, work func(*bridge.Engine, *slog.Logger) error) (err error) {
	set := in.settings
	configs := []any{&set.program, &set.bridge}
	if set.program.Store == "redis" && set.byName["STORE"].wrong == nil {
		configs = append(configs, &set.store)
	}
	if err := set.check(configs...); err != nil {
		return err
	}
	if set.program.Store == "memory" {
		return usageError{errors.New("STORE is memory, which belongs to one process alone: set it to redis, as the processes that serve have it")}
	}
	log := newLogger(in.stderr, set.program.LogFormat, set.program.LogLevel)
	said, err := set.program.texts()
	if err != nil {
		return usageError{err}
	}
	store, secret, closeStore, err := (&server{settings: set, log: log}).openStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	return work(bridge.NewEngine(bridge.Parts{
		Store: store, Texts: said, Settings: set.bridge, Silent: set.silent(), PublicURL: set.program.PublicURL,
		Secret: secret, KeptFor: set.store.HistoryTTL, Log: log,
	}), log)
}

// about runs work of support on a person, and logs what was done.
func (w whom) about(ctx context.Context, in *invocation, what string, work func(*bridge.Engine, bridge.Address) error) error {
	a, err := w.address(in)
	if err != nil {
		return err
	}
	return in.aside(ctx, func(e *bridge.Engine, log *slog.Logger) error {
		err := work(e, a)
		if errors.Is(err, bridge.ErrNoSession) {
			return fmt.Errorf("nothing is kept about %s", a)
		}
		if err == nil {
			log.Info("support: "+what, "channel", a.Channel)
		}
		return err
	})
}

type userShowCmd struct{ whom }

// Run shows a person.
func (c userShowCmd) Run(ctx context.Context, in *invocation) error {
	return c.about(ctx, in, "looked at a person", func(e *bridge.Engine, a bridge.Address) error {
		x, err := e.Export(ctx, a)
		if err != nil {
			return err
		}
		return show(in.stdout, x)
	})
}

// show writes what is kept about a person, but for what was said.
func show(w io.Writer, x bridge.Export) error {
	var b strings.Builder
	fmt.Fprintf(&b, "addresses  %s\n", strings.Join(x.Addresses, ", "))
	for _, name := range slices.Sorted(maps.Keys(x.Settings)) {
		fmt.Fprintf(&b, "%-10s %s\n", name, x.Settings[name])
	}
	fmt.Fprintf(&b, "answered   %d today\nwaiting    %d\n", x.Answered, x.Waiting)
	if !x.Seen.IsZero() {
		fmt.Fprintf(&b, "seen       %s\n", x.Seen.UTC().Format(time.RFC3339))
	}
	by := map[string]int{}
	for _, e := range x.Entries {
		by[string(e.Role)+" on "+e.Channel]++
	}
	fmt.Fprintf(&b, "entries    %d\n", len(x.Entries))
	for _, of := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(&b, "           %d of %s\n", by[of], of)
	}
	if n := len(x.Entries); n > 0 {
		fmt.Fprintf(&b, "first      %s\nlast       %s\n",
			x.Entries[0].At.UTC().Format(time.RFC3339), x.Entries[n-1].At.UTC().Format(time.RFC3339))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type userExportCmd struct{ whom }

// Run prints everything about a person.
func (c userExportCmd) Run(ctx context.Context, in *invocation) error {
	return c.about(ctx, in, "exported what is kept about a person", func(e *bridge.Engine, a bridge.Address) error {
		x, err := e.Export(ctx, a)
		if err != nil {
			return err
		}
		out := json.NewEncoder(in.stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(x)
	})
}

type userForgetCmd struct {
	whom
	Yes bool `help:"Do not ask."`
}

// Run deletes everything about a person.
func (c userForgetCmd) Run(ctx context.Context, in *invocation) error {
	a, err := c.address(in)
	if err != nil {
		return err
	}
	if !c.Yes {
		if err := in.sure(fmt.Sprintf("Delete everything that is kept about %s? It cannot be undone.", a)); err != nil {
			return err
		}
	}
	return c.about(ctx, in, "deleted what was kept about a person", func(e *bridge.Engine, a bridge.Address) error {
		if err := e.Erase(ctx, a); err != nil {
			return err
		}
		_, err := fmt.Fprintln(in.stdout, "Deleted. What lies outside: your own archive and backups, the model's provider, and the phones of the person.")
		return err
	})
}

// sure asks on a terminal, and fails without one.
func (in *invocation) sure(question string) error {
	if !terminal(in.stdin) {
		return usageError{errors.New("this asks on a terminal: without one, say --yes")}
	}
	fmt.Fprint(in.stderr, question, " [y/N] ")
	line, err := bufio.NewReader(in.stdin).ReadString('\n')
	if err != nil && line == "" {
		return errors.New("nothing was deleted")
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return errors.New("nothing was deleted")
	}
	return nil
}

type userLinkCmd struct{ whom }

// Run prints somebody's redirect link.
func (c userLinkCmd) Run(ctx context.Context, in *invocation) error {
	if in.settings.program.PublicURL == "" {
		return usageError{errors.New("PUBLIC_URL is missing: the link leads there")}
	}
	return c.about(ctx, in, "asked for the link of a person", func(e *bridge.Engine, a bridge.Address) error {
		link, err := e.LinkOf(ctx, a)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(in.stdout, link)
		return err
	})
}

type userBlockCmd struct {
	whom
	Off bool `help:"Lift it again."`
}

// Run blocks a person, or lifts that.
func (c userBlockCmd) Run(ctx context.Context, in *invocation) error {
	what := "blocked a person"
	if c.Off {
		what = "lifted the block of a person"
	}
	return c.about(ctx, in, what, func(e *bridge.Engine, a bridge.Address) error { return e.Bar(ctx, a, c.Off) })
}
