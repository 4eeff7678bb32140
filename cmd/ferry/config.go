package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

type configCmd struct {
	Check bool `help:"Validate the settings without starting anything."`
}

// Run prints the settings as they are, or validates them.
func (c configCmd) Run(in *invocation) error {
	for _, warning := range in.settings.strangers(in.env) {
		fmt.Fprintln(in.stderr, "ferry: warning:", warning)
	}
	if !c.Check {
		_, err := in.stdout.Write(in.settings.file())
		return err
	}
	on, err := in.settings.checkServe()
	if err != nil {
		return err
	}
	var names []string
	for _, r := range on {
		names = append(names, r.name)
	}
	_, err = fmt.Fprintf(in.stdout, "The settings are in order. Channels: %s. Store: %s.\n",
		strings.Join(names, ", "), in.settings.program.Store)
	return err
}

// file returns the settings as a file that a shell and compose can read: what is set as it is set,
// what is not as a comment with its default. Secrets are not in it.
func (s *settings) file() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "# Settings of Ferry. What is commented out is not set and has the value shown.")
	for _, o := range s.owners {
		fmt.Fprintf(&b, "\n# --- %s ---\n", o.title)
		for _, set := range o.settings {
			fmt.Fprintf(&b, "\n# %s\n", sentence(set.help))
			if set.fromFile {
				fmt.Fprintf(&b, "# %s_FILE may name a file that holds it instead.\n", set.name)
			}
			switch {
			case set.file != "":
				fmt.Fprintf(&b, "%s_FILE=%s\n", set.name, quote(set.file))
			case set.given == "":
				fmt.Fprintf(&b, "#%s=%s\n", set.name, quote(set.standby))
			case set.masked:
				fmt.Fprintf(&b, "# It is set, and not shown.\n#%s=\n", set.name)
			default:
				fmt.Fprintf(&b, "%s=%s\n", set.name, quote(set.given))
			}
		}
	}
	return b.Bytes()
}

// sentence returns a help text with a capital in front and a full stop behind.
func sentence(help string) string {
	if help == "" {
		return help
	}
	return strings.ToUpper(help[:1]) + strings.TrimSuffix(help[1:], ".") + "."
}

// plain matches what needs no quotes anywhere.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]*$`)

// quote writes a value so that a shell and compose read the same. What has quotes is taken literally
// by both where they are single ones, but compose knows no end of them before an apostrophe.
func quote(value string) string {
	switch {
	case plain.MatchString(value):
		return value
	case !strings.Contains(value, "'") && !strings.HasSuffix(value, `\`):
		return "'" + value + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(value) + `"`
}
