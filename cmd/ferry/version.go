package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version and commit are stamped by the linker: -X main.version=v1.2.3 -X main.commit=abcdef0.
var version, commit string

type versionCmd struct{}

// Run prints the version, the commit and the version of Go.
func (versionCmd) Run(in *invocation) error {
	v, c := built()
	_, err := fmt.Fprintf(in.stdout, "ferry %s, commit %s, %s\n", v, c, runtime.Version())
	return err
}

// built returns what was stamped, or else what the go command noted.
func built() (v, c string) {
	v, c = version, commit
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	if v == "" {
		v = info.Main.Version
	}
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && c == "" {
			c = s.Value
		}
	}
	if c == "" {
		c = "unknown"
	}
	return v, c
}
