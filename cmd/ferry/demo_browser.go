package main

import (
	"context"
	"os/exec"
	"runtime"
)

// openBrowser shows a page to whoever sits in front of this machine, where somebody does.
func openBrowser(ctx context.Context, env []string, url string) {
	var command []string
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open", url}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler", url}
	default:
		if seat := environment(env); seat["DISPLAY"] == "" && seat["WAYLAND_DISPLAY"] == "" {
			return // or a browser for terminals would open, in ours
		}
		command = []string{"xdg-open", url}
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the address is our own
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }() // the address is on the terminal, too
	}
}
