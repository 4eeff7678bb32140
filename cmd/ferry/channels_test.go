package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"ferry/bridge"
)

// A pigeon is a channel that nobody has heard of but these tests.
type pigeon struct{ coop string }

type pigeonConfig struct {
	Coop string `name:"pigeon-coop" env:"PIGEON_COOP" help:"Where the pigeons live."`
	Seed string `name:"pigeon-seed" env:"PIGEON_SEED" secret:"true" help:"What they eat."`
}

func (c pigeonConfig) Enabled() bool { return c.Coop != "" }

func (c pigeonConfig) Check() error {
	if c.Coop != "" && c.Seed == "" {
		return errors.New("PIGEON_SEED is missing: feed them")
	}
	return nil
}

func newPigeon(c pigeonConfig, _ *slog.Logger) (*pigeon, error) {
	if !c.Enabled() {
		return nil, errors.New("PIGEON_COOP is missing: build one")
	}
	return &pigeon{c.Coop}, nil
}

func (p *pigeon) Name() string { return "pigeon" }

func (p *pigeon) Send(context.Context, bridge.Address, bridge.Part) error { return nil }

func (p *pigeon) Routes(handle func(string, http.Handler), receive bridge.Receive) {
	handle("POST /pigeon/{id}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "too much", http.StatusRequestEntityTooLarge)
			return
		}
		if _, ok := r.Context().Deadline(); !ok {
			http.Error(w, "no deadline", http.StatusInternalServerError)
		}
		id := r.PathValue("id")
		if err := receive(r.Context(), bridge.Inbound{ID: id, From: bridge.Address{Channel: "pigeon", ID: "1"}, Text: string(text)}); err != nil {
			http.Error(w, "later", http.StatusServiceUnavailable)
		}
	}))
}

// flock is THE LIST with one line more.
func flock() []registration { return append(channels(), assistant("pigeon", newPigeon)) }

func TestANewChannelIsALineInTheList(t *testing.T) {
	_, model := newModel(t)
	p := serve(t, flock(), append(model, "PIGEON_COOP=roof", "PIGEON_SEED=corn")...)
	p.log.wait(t, "ferry is ready")
	if status, body := get(t, p.public+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"pigeon":{"state":"up"}`) {
		t.Errorf("/readyz: %d %s, want 200 with the pigeon up", status, body)
	}
	if status, _ := ask(t, http.MethodPost, p.public+"/pigeon/7", strings.NewReader("coo")); status != http.StatusOK {
		t.Errorf("a message by pigeon: status %d, want 200", status)
	}
	if _, body := get(t, p.admin+"/metrics"); !strings.Contains(body, `ferry_channel_up{channel="pigeon"} 1`) {
		t.Errorf("the metrics do not know the pigeon:\n%s", body)
	}

	var stdout strings.Builder
	start(t.Context(), flock(), []string{"config"}, nil, strings.NewReader(""), &stdout, io.Discard)
	if !strings.Contains(stdout.String(), "#PIGEON_COOP=") {
		t.Errorf("ferry config does not tell PIGEON_COOP:\n%s", stdout.String())
	}
	for _, c := range []struct{ env, want string }{
		{"PIGEON_COOP=roof", "ferry: PIGEON_SEED is missing: feed them\n"},
		{"PIGEON_SEED=corn", "ferry: PIGEON_COOP is missing: build one\n"},
		{"PIGEON_COP=roof", "ferry: warning: PIGEON_COP is no setting of this version; the nearest is PIGEON_COOP\n"},
	} {
		var stderr strings.Builder
		start(t.Context(), flock(), []string{"config", "--check"}, append(inOrder(), c.env), strings.NewReader(""), io.Discard, &stderr)
		if stderr.String() != c.want {
			t.Errorf("%s: stderr = %q, want %q", c.env, stderr.String(), c.want)
		}
	}
}

func TestARefusedChannelStopsNoOther(t *testing.T) {
	_, telegram := newTelegram(t)
	_, model := newModel(t)
	wrong := "777:CANARYcanaryCANARYcanaryCANARYcanary"
	p := serve(t, flock(), append(append(telegram, model...), "TELEGRAM_BOT_TOKEN="+wrong, "PIGEON_COOP=roof", "PIGEON_SEED=corn")...)
	p.log.wait(t, "channel refused", "telegram")
	status, body := get(t, p.public+"/readyz")
	for _, want := range []string{`"telegram":{"state":"refused"}`, `"pigeon":{"state":"up"}`} {
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("/readyz: %d %s, want 200 and %s", status, body, want)
		}
	}
	if _, metrics := get(t, p.admin+"/metrics"); !strings.Contains(metrics, `ferry_channel_up{channel="telegram"} 0`) {
		t.Errorf("the metrics take a refused channel for a good one:\n%s", metrics)
	}
	p.stop()
	if strings.Contains(p.log.String(), wrong) || strings.Contains(p.log.String(), wrong[4:]) {
		t.Errorf("the token is in the log:\n%s", p.log)
	}
}
