package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// healthTimeout bounds the question whether a process lives.
const healthTimeout = 3 * time.Second

type healthCmd struct{}

// Run asks the process at LISTEN for its /healthz.
func (healthCmd) Run(ctx context.Context, in *invocation) error {
	host, port, err := net.SplitHostPort(in.settings.program.Listen)
	if err != nil {
		return usageError{in.settings.program.Check()}
	}
	// A process that listens on every address also does so on loopback.
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	address := net.JoinHostPort(host, port)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("nobody answers at %s: is ferry serve running, and LISTEN the same for both?", address)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the process at %s is not well: it answered %s", address, resp.Status)
	}
	_, err = fmt.Fprintln(in.stdout, "ok")
	return err
}
