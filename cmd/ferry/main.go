// Ferry carries an AI assistant's users from WhatsApp to Telegram, the web and SMS, and keeps one
// conversation for each person wherever they write.
//
// This package is the program: it reads the settings, puts the parts together and runs them. There is
// a file for each command, and channels.go is the list of channels.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // chats are exported in the time of anywhere, and the image has no files of time zones

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// Exit statuses.
const (
	done   = 0
	failed = 1
	misset = 2 // wrong usage or settings
)

// run is the program: it does what the arguments say, with nothing but what it is given, and returns
// the exit status. It ends soon after ctx.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return start(ctx, channels(), args, env, stdin, stdout, stderr)
}

// commands is the command line, but for the settings.
type commands struct {
	Serve   serveCmd   `cmd:"" help:"Run the bridge, with every channel whose settings are there."`
	Demo    demoCmd    `cmd:"" help:"Try all of it on one page, on this machine: no account, no Redis, no key."`
	Import  importCmd  `cmd:"" help:"Take over the history that people had on WhatsApp."`
	User    userCmd    `cmd:"" help:"What support can do about a person."`
	Config  configCmd  `cmd:"" help:"Print every setting with its default and meaning, as an env file."`
	Health  healthCmd  `cmd:"" help:"Ask a running process whether it lives."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// An invocation is what a command has to work with.
type invocation struct {
	settings *settings
	env      []string
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
}

// A usageError is one that the caller mends in how the program is called or set.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func start(ctx context.Context, list []registration, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	in := &invocation{settings: newSettings(list), env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	err := in.do(ctx, args)
	if err == nil {
		return done
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(stderr, "ferry:", strings.TrimSuffix(line, "\n"))
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return misset
	}
	return failed
}

func (in *invocation) do(ctx context.Context, args []string) error {
	var helped bool
	options := append(in.settings.options(in.env),
		kong.Name("ferry"),
		kong.Description("Carries an AI assistant's users to the channels where it may talk. "+
			"Each setting is an environment variable, and a flag where it is no secret; ferry config tells them all."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.Writers(in.stdout, in.stderr),
		kong.Exit(func(int) { helped = true }), // it is called after --help alone
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(in),
	)
	parser, err := kong.New(&commands{}, options...)
	if err != nil {
		return fmt.Errorf("read the settings' tags: %w", err)
	}
	if len(args) == 0 {
		parser.Stdout = in.stderr
		if _, err := parser.Parse([]string{"--help"}); err != nil && !helped {
			return err
		}
		return usageError{errors.New("say what to do: name one of the commands above")}
	}
	if err := in.settings.refuseSecrets(args); err != nil {
		return usageError{err}
	}
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return usageError{fmt.Errorf("%w; ferry --help tells what there is", err)}
	}
	in.settings.read(parsed, in.env)
	return parsed.Run()
}
