package openai

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"ferry/adapters/openai/openaitest"
	"ferry/bridge"
)

// BenchmarkAnswer is one short answer over loopback, with the emulator's work in it.
func BenchmarkAnswer(b *testing.B) {
	s := &openaitest.Server{Forgetful: true, Reply: openaitest.Say(func(openaitest.Request) string { return "Yes, of course." })}
	m := start(b, s)
	p := prompt(strings.Repeat("What people ask is rarely short. ", 60))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Answer(b.Context(), p, func(string) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead is one answer of 400 pieces without a network.
func BenchmarkRead(b *testing.B) {
	s := &openaitest.Server{Forgetful: true, Reply: openaitest.Say(func(openaitest.Request) string { return strings.Repeat("word ", 400) })}
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(`{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}`))
	r.Header.Set("Content-Type", "application/json")
	s.ServeHTTP(rec, r)
	stream := rec.Body.String()
	b.ReportAllocs()
	for b.Loop() {
		a := answer{said: speech{write: func(string) {}}}
		in := newEvents(strings.NewReader(stream))
		for {
			data, err := in.next()
			if err != nil {
				break
			}
			if err := a.take(data); err != nil {
				b.Fatal(err)
			}
		}
		if a.finish != "stop" {
			b.Fatal("not finished")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/400, "ns/piece")
}

// FuzzStream feeds any bytes as a stream: nothing but whole runes may come out.
func FuzzStream(f *testing.F) {
	f.Add("data: {\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"\\ude00<think>\"},\"finish_reason\":\"stop\"}]}\n\n")
	f.Add("data: {\"choices\":[{\"delta\":{\"content\":\"\xf0\x9f\"}}]}\ndata: {\"choices\":[{\"delta\":{\"content\":\"\x98\x80\\u0000\"}}],\"usage\":{}}\ndata: [DONE]")
	f.Add("data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}}]}\ndata: {\"error\":{\"message\":[1]}}")
	f.Fuzz(func(t *testing.T, stream string) {
		a := answer{said: speech{write: func(s string) {
			if !utf8.ValidString(s) || s == "" || strings.Contains(s, "\x00") {
				t.Errorf("piece %q", s)
			}
		}}}
		in := newEvents(strings.NewReader(stream))
		for {
			data, err := in.next()
			if err == nil {
				err = a.take(data)
			}
			if err != nil {
				_ = modelError(err).Error()
				break
			}
		}
		_ = a.end()
		_ = a.cost(bridge.Prompt{})
	})
}

// BenchmarkStreams holds 200 answers open at once and measures what each takes in memory, with both
// ends of its connection and the emulator's side in the same process.
func BenchmarkStreams(b *testing.B) {
	const streams = 200
	memory := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapInuse + s.StackInuse
	}
	var total uint64
	for b.Loop() {
		gate := make(chan struct{})
		s := &openaitest.Server{Forgetful: true, Reply: func(openaitest.Request) openaitest.Answer {
			return openaitest.Answer{Text: "So it is.", Gate: gate}
		}}
		m := start(b, s)
		before := memory()
		var asked sync.WaitGroup
		for range streams {
			asked.Go(func() {
				if _, err := m.Answer(b.Context(), prompt("Hi"), func(string) {}); err != nil {
					b.Error(err)
				}
			})
		}
		<-s.Arrived(streams)
		total += memory() - before
		close(gate)
		asked.Wait()
	}
	b.ReportMetric(float64(total)/float64(b.N)/streams/1024, "KiB/stream")
}
