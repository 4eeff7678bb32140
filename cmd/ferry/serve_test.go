package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/adapters/openai/openaitest"
	"ferry/sessions/redistest"
)

func TestServeAnswersOnTelegram(t *testing.T) {
	tg, telegram := newTelegram(t)
	model, settings := newModel(t)
	model.Next(openaitest.Answer{Text: "Hello yourself."})
	p := serve(t, channels(), append(append(telegram, settings...), "ADMIN_TOKEN="+canaryAdmin)...)

	tg.Say(42, "private words to the bot")
	answer, err := tg.Sent(t.Context())
	if err != nil || answer.Text != "Hello yourself." {
		t.Fatalf("answer = %q, %v; want what the model said", answer.Text, err)
	}
	// What happens after an answer has happened when the next one is there.
	tg.Say(42, "more private words")
	if answer, err := tg.Sent(t.Context()); err != nil || answer.Text != "You said: more private words" {
		t.Fatalf("answer = %q, %v; want an echo", answer.Text, err)
	}
	if status, body := get(t, p.public+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"store":"up"`) || !strings.Contains(body, `"telegram":{"state":"up"}`) {
		t.Errorf("/readyz: %d %s, want 200 with all up", status, body)
	}
	_, metrics := get(t, p.admin+"/metrics")
	for _, want := range []string{
		`ferry_inbound_total{channel="telegram",result="accepted"} `,
		`ferry_turns_total{outcome="answered"} 2`,
		`ferry_turn_seconds_count 2`,
		`ferry_first_token_seconds_count 2`,
		`ferry_bridge_overhead_seconds_count `,
		`ferry_deliveries_total{channel="telegram",outcome="sent"} `,
		`ferry_lanes{state="ready"}`,
		`ferry_lanes{state="leased"}`,
		`ferry_fenced_total 0`,
		`ferry_dead_letters 0`,
		`ferry_channel_up{channel="telegram"} 1`,
		`ferry_model_tokens_total{kind="prompt"}`,
		`ferry_model_tokens_total{kind="completion"}`,
		`go_goroutines`,
		`process_open_fds`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s:\n%s", want, metrics)
		}
	}
	if status := p.stop(); status != done {
		t.Errorf("exit status = %d, want %d", status, done)
	}
	quiet(t, p.log.String()+metrics)
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "private words") && !strings.Contains(line, `"level":"DEBUG"`) {
			t.Errorf("what a person wrote is in the log: %s", line)
		}
	}
	if problems := tg.Problems(); len(problems) > 0 {
		t.Errorf("Telegram had to put up with %q", problems)
	}
}

func TestAListenerThatIsTakenStopsTheStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, name := range []string{"LISTEN", "ADMIN_LISTEN"} {
		env := append(inOrder(), "LISTEN=127.0.0.1:0", "ADMIN_LISTEN=127.0.0.1:0", name+"="+taken.Addr().String())
		status, _, stderr := once(t, "", []string{"serve"}, env)
		if status != failed || !strings.HasPrefix(stderr, "ferry: "+name) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("status %d, stderr %q; want %d and one sentence about %s", status, stderr, failed, name)
		}
	}
}

func TestHealth(t *testing.T) {
	_, model := newModel(t)
	p := serve(t, flock(), append(model, "PIGEON_COOP=roof", "PIGEON_SEED=corn")...)
	address := strings.TrimPrefix(p.public, "http://")
	_, port, _ := net.SplitHostPort(address)
	for _, listen := range []string{address, ":" + port, "0.0.0.0:" + port} {
		if status, _, stderr := once(t, "", []string{"health"}, []string{"LISTEN=" + listen, "MAX_TURNS=x"}); status != done {
			t.Errorf("health of a process that lives at %s: status %d, %s", listen, status, stderr)
		}
	}
	p.stop()
	if status, _, stderr := once(t, "", []string{"health"}, []string{"LISTEN=" + address}); status != failed || strings.Count(stderr, "\n") != 1 {
		t.Errorf("health of one that is gone: status %d, stderr %q; want %d and one sentence", status, stderr, failed)
	}
}

// send posts a message by pigeon whose body comes as it is written to the pipe, and returns when the
// channel has begun to read it.
func (p *process) send(t *testing.T, begin string) (body *io.PipeWriter, answered <-chan int) {
	t.Helper()
	r, w := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.public+"/pigeon/8", r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Expect", "100-continue") // the body is asked for when the channel reads
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Hour}}
	status := make(chan int, 1)
	go func() {
		resp, err := client.Do(req)
		if err != nil {
			status <- 0
			return
		}
		_ = resp.Body.Close()
		status <- resp.StatusCode
	}()
	if _, err := io.WriteString(w, begin); err != nil {
		t.Fatal(err)
	}
	return w, status
}

func TestAStopLetsWebhooksFinish(t *testing.T) {
	_, model := newModel(t)
	p := serve(t, flock(), append(model, "PIGEON_COOP=roof", "PIGEON_SEED=corn")...)
	p.log.wait(t, "ferry is ready")
	body, answered := p.send(t, "coo")
	stopped := make(chan int, 1)
	go func() { stopped <- p.stop() }()
	p.log.wait(t, "ferry stops")
	_ = body.Close()
	if status := <-answered; status != http.StatusOK {
		t.Errorf("a webhook in flight: status %d, want 200", status)
	}
	if status := <-stopped; status != done {
		t.Errorf("exit status = %d, want %d", status, done)
	}
}

func TestAStopIsOverInTime(t *testing.T) {
	_, model := newModel(t)
	p := serve(t, flock(), append(model, "PIGEON_COOP=roof", "PIGEON_SEED=corn", "SHUTDOWN_TIMEOUT=1s")...)
	p.log.wait(t, "ferry is ready")
	body, _ := p.send(t, "coo")
	defer body.Close() // not before the stop
	began := time.Now()
	if status := p.stop(); status != done {
		t.Errorf("exit status = %d, want %d", status, done)
	}
	if took := time.Since(began); took > requestTimeout/2 {
		t.Errorf("the stop took %s, want about SHUTDOWN_TIMEOUT=1s", took)
	}
}

func TestAStoreThatDoesNotFitStopsTheStart(t *testing.T) {
	redis := redistest.New(t)
	client := redis.Client()
	defer client.Close()
	if err := client.HSet(t.Context(), "ferry:meta", "shards", 32, "version", 1, "min_reader", 1).Err(); err != nil {
		t.Fatal(err)
	}
	_, model := newModel(t)
	log := newTranscript()
	env := append(model, "LISTEN=127.0.0.1:0", "ADMIN_LISTEN=127.0.0.1:0", "REDIS_URL="+redis.URL(), "PIGEON_COOP=roof", "PIGEON_SEED=corn")
	if status := start(t.Context(), flock(), []string{"serve"}, env, strings.NewReader(""), io.Discard, log); status != misset {
		t.Errorf("exit status = %d, want %d", status, misset)
	}
	if !strings.Contains(log.String(), "32 shards") {
		t.Errorf("log = %s, want what does not fit", log)
	}
}
