package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"ferry/adapters/openai"
	"ferry/bridge"
	"ferry/sessions"
)

// settings are all there is to set, each in the struct of whoever it is for. The tags of a field say
// what a setting is: its variable (env), its flag (name), default, help, enum; secret:"true" if it is
// no flag, may be in a file and is never shown; file:"true" if it may be in a file all the same, and
// masked:"true" if it is not shown all the same.
type settings struct {
	program  program
	bridge   bridge.Settings
	store    sessions.Config
	model    openai.Config
	channels []registration

	owners []*owner
	byName map[string]*setting
}

// An owner is a struct of settings.
type owner struct {
	title    string
	config   any // a pointer to the struct
	settings []*setting
}

// A setting is a field of an owner.
type setting struct {
	name     string // of its variable
	flag     string // empty on a secret
	help     string
	standby  string // the default
	secret   bool
	masked   bool
	fromFile bool // NAME_FILE may name a file that holds it
	field    reflect.Value

	given string // as it was set, in text; empty if it was not
	file  string // the file that it was read from
	wrong error  // why what was given cannot be taken
}

func newSettings(list []registration) *settings {
	s := &settings{channels: list, byName: map[string]*setting{}}
	s.add("Program", &s.program)
	s.add("Assistant", &s.bridge)
	s.add("Store", &s.store)
	s.add("Model", &s.model)
	for _, r := range list {
		s.add(strings.ToUpper(r.name[:1])+r.name[1:], r.config)
	}
	return s
}

func (s *settings) add(title string, config any) {
	o := &owner{title: title, config: config}
	v := reflect.ValueOf(config).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		name := tag.Get("env")
		if name == "" {
			continue
		}
		set := &setting{
			name: name, flag: tag.Get("name"), help: tag.Get("help"), standby: tag.Get("default"),
			secret: tag.Get("secret") == "true", field: v.Field(i),
		}
		set.masked = set.secret || tag.Get("masked") == "true"
		set.fromFile = set.secret || tag.Get("file") == "true"
		o.settings = append(o.settings, set)
		s.byName[name] = set
	}
	s.owners = append(s.owners, o)
}

// options make kong read the settings from flags and from an environment.
func (s *settings) options(env []string) []kong.Option {
	var options []kong.Option
	for _, o := range s.owners {
		options = append(options, kong.Embed(o.config, fmt.Sprintf(`group:"%s"`, o.title)))
	}
	variables := environment(env)
	return append(options,
		kong.PostBuild(func(k *kong.Kong) error {
			flags := k.Model.Flags
			k.Model.Flags = slices.DeleteFunc(flags, func(f *kong.Flag) bool {
				set := s.byName[f.Tag.Get("env")]
				if set == nil {
					return false
				}
				f.Envs, f.Tag.Envs = nil, nil // or kong would look into the process's own environment
				return set.secret
			})
			return nil
		}),
		kong.ValueFormatter(func(v *kong.Value) string {
			if name := v.Tag.Get("env"); name != "" {
				return v.Help + " (" + name + ")"
			}
			return v.Help
		}),
		kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
			set := s.byName[f.Tag.Get("env")]
			if set == nil || variables[set.name] == "" {
				return nil, nil
			}
			// What is wrong is kept for the commands that need the setting: version and health do not.
			set.wrong = set.try(f, variables[set.name])
			if set.wrong == nil {
				set.given = variables[set.name]
				return set.given, nil
			}
			return nil, nil
		})),
	)
}

// try finds out whether a flag takes a value.
func (s *setting) try(f *kong.Flag, value string) error {
	choices := f.EnumSlice()
	if f.Tag.Enum != "" && !slices.Contains(choices, value) {
		return fmt.Errorf("%s is %q: set it to %s", s.name, value, strings.Join(choices, " or "))
	}
	scratch := reflect.New(s.field.Type()).Elem()
	if f.Parse(kong.Scan().PushTyped(value, kong.FlagValueToken), scratch) == nil {
		return nil
	}
	kind := map[reflect.Kind]string{reflect.Bool: "true or false"}[s.field.Kind()]
	switch {
	case s.field.Type() == reflect.TypeFor[time.Duration]():
		kind = "a time such as 10s, 5m or 24h"
	case s.field.CanInt(), s.field.CanUint():
		kind = "a whole number"
	case s.field.Type() == reflect.TypeFor[[]netip.Prefix]():
		kind = "networks, comma separated without blanks, such as 10.0.0.0/8,192.168.1.7/32"
	}
	if s.standby != "" {
		kind += ", such as " + s.standby
	}
	return fmt.Errorf("%s is %q: set it to %s", s.name, value, kind)
}

// read completes what kong has read: secrets, files, and what was given by flags.
func (s *settings) read(parsed *kong.Context, env []string) {
	for _, p := range parsed.Path {
		if p.Flag == nil || p.Resolved {
			continue
		}
		if set := s.byName[p.Flag.Tag.Get("env")]; set != nil {
			set.given, set.wrong = text(set.field), nil
		}
	}
	variables := environment(env)
	for _, o := range s.owners {
		for _, set := range o.settings {
			if set.secret {
				set.given = variables[set.name]
			}
			if set.fromFile {
				set.readFile(variables[set.name+"_FILE"])
			}
			if set.wrong == nil && (set.secret || set.file != "") {
				set.field.SetString(set.given)
			}
		}
	}
	for _, r := range s.channels {
		share(r.config, &s.program)
		share(r.config, &s.bridge)
	}
}

// share fills in what a channel wants to know of settings that are not its own: fields of the same
// name.
func share(config channelConfig, from any) {
	own, others := reflect.ValueOf(config).Elem(), reflect.ValueOf(from).Elem()
	for i := range own.NumField() {
		field := own.Type().Field(i)
		if other := others.FieldByName(field.Name); other.IsValid() && field.Tag.Get("env") == "" {
			own.Field(i).Set(other)
		}
	}
}

// mostOfFile bounds what is read of a file; no setting is longer.
const mostOfFile = 1 << 20

func (s *setting) readFile(path string) {
	if path == "" {
		return
	}
	variable := s.name + "_FILE"
	if s.given != "" || s.wrong != nil {
		s.wrong = fmt.Errorf("%s and %s are both set: leave one of them out", s.name, variable)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		s.wrong = fmt.Errorf("%s: %w: name a file that can be read", variable, err)
		return
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostOfFile+1))
	content := strings.TrimRight(string(b), "\r\n")
	switch {
	case err != nil:
		s.wrong = fmt.Errorf("%s: %w: name a file that can be read", variable, err)
	case len(b) > mostOfFile:
		s.wrong = fmt.Errorf("%s names a file of more than 1 MiB: name the one that holds %s", variable, s.name)
	case content == "":
		s.wrong = fmt.Errorf("%s names an empty file: write %s into it, or leave the setting out", variable, s.name)
	default:
		s.given, s.file = content, path
	}
}

// refuseSecrets returns an error if a secret is given as a flag, where every user of the machine could
// read it.
func (s *settings) refuseSecrets(args []string) error {
	for _, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		variable := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if set := s.byName[variable]; set != nil && set.secret && strings.HasPrefix(arg, "--") {
			return fmt.Errorf("%s is a secret and no flag: set the variable, or %s_FILE", set.name, set.name)
		}
	}
	return nil
}

// check returns what is wrong, a line for each thing: with any setting that was given and cannot be
// read, and with these structs as a whole.
func (s *settings) check(configs ...any) error {
	var wrong []error
	for _, o := range s.owners {
		before := len(wrong)
		for _, set := range o.settings {
			if set.wrong != nil {
				wrong = append(wrong, set.wrong)
			}
		}
		if c, ok := o.config.(interface{ Check() error }); ok && len(wrong) == before && slices.Contains(configs, o.config) {
			wrong = append(wrong, c.Check())
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return usageError{err}
	}
	return nil
}

// of returns the settings of a struct.
func (s *settings) of(config any) []*setting {
	for _, o := range s.owners {
		if o.config == config {
			return o.settings
		}
	}
	return nil
}

// anyGiven reports whether any setting of a struct is given.
func (s *settings) anyGiven(config any) bool {
	return slices.ContainsFunc(s.of(config), func(set *setting) bool { return set.given != "" || set.wrong != nil })
}

// environment returns variables by their names. An empty one counts as not set: it is how compose
// files pass on what is not there.
func environment(env []string) map[string]string {
	variables := map[string]string{}
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	return variables
}

// text returns a value as it is written in a variable.
func text(v reflect.Value) string {
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v.Interface())
	}
	var list []string
	for i := range v.Len() {
		list = append(list, fmt.Sprint(v.Index(i).Interface()))
	}
	return strings.Join(list, ",")
}
