package whatsapp_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/adapters/whatsapp"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

// BenchmarkWebhook tells how long WhatsApp waits for its answer, over a connection of this machine, at
// the median and at the 99th of a hundred: with a bridge that does nothing, and with one that takes a
// millisecond.
func BenchmarkWebhook(b *testing.B) {
	for name, knock := range map[string]bridge.TakeKnock{
		"noop": func(context.Context, bridge.Knock) error { return nil },
		"1ms": func(context.Context, bridge.Knock) error {
			<-time.After(time.Millisecond)
			return nil
		},
	} {
		b.Run(name, func(b *testing.B) {
			wa := whatsapptest.New(account, whatsapptest.WithoutJournal())
			defer wa.Close()
			ch, err := whatsapp.New(config(wa), slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			mux := http.NewServeMux()
			ch.Routes(mux.Handle, knock)
			server := httptest.NewServer(mux)
			defer server.Close()
			body := hello(wa, "wamid.A")
			signature := signed(account.AppSecret, body)
			client := server.Client()
			var took []time.Duration
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/whatsapp/webhook", strings.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("X-Hub-Signature-256", signature)
				begin := time.Now()
				resp, err := client.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				took = append(took, time.Since(begin))
				if resp.StatusCode != http.StatusOK {
					b.Fatalf("status = %d", resp.StatusCode)
				}
			}
			ch.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
		})
	}
}
