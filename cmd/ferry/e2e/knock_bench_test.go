package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"ferry/adapters/telegram/telegramtest"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/sessions/redistest"
)

// knocksPerSecond is how many people write on WhatsApp in a second, each for the first time.
const knocksPerSecond = 200

// BenchmarkKnocks is how long a webhook of WhatsApp takes to be answered while 200 people a second write
// there, with Redis, the notices and the receipts on the same machine.
func BenchmarkKnocks(b *testing.B) {
	wa := whatsapptest.New(meta, whatsapptest.Loopback(), whatsapptest.WithoutLimits(), whatsapptest.WithoutJournal(), whatsapptest.WithoutStatuses())
	b.Cleanup(wa.Close)
	tg := telegramtest.New(botToken, telegramtest.Loopback())
	b.Cleanup(tg.Close)
	graph, telegram := httptest.NewServer(wa), httptest.NewServer(tg)
	b.Cleanup(graph.Close)
	b.Cleanup(telegram.Close)
	r := launch(b, "a", []string{
		"REDIS_URL=" + redistest.Start(b), webhookMode, "TELEGRAM_BOT_TOKEN=" + botToken, "TELEGRAM_API_URL=" + telegram.URL,
		"TELEGRAM_WEBHOOK_SECRET=" + webhookSecret, "PUBLIC_URL=http://127.0.0.1:1", "SECRET_KEY=" + secretKey,
		"OPENAI_BASE_URL=http://127.0.0.1:1/v1", "OPENAI_MODEL=none",
		"WHATSAPP_API_URL=" + graph.URL, "WHATSAPP_TOKEN=" + meta.Token, "WHATSAPP_PHONE_NUMBER_ID=" + meta.PhoneNumberID,
		"WHATSAPP_APP_SECRET=" + meta.AppSecret, "WHATSAPP_VERIFY_TOKEN=" + meta.VerifyToken,
	})
	r.ready(b)

	var mu sync.Mutex
	var took []time.Duration
	var answering sync.WaitGroup
	tick := time.NewTicker(time.Second / knocksPerSecond)
	defer tick.Stop()
	b.ResetTimer()
	for n := range b.N {
		<-tick.C
		body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"%s","changes":[{"field":"messages","value":{`+
			`"messaging_product":"whatsapp","metadata":{"display_phone_number":"%s","phone_number_id":"%s"},`+
			`"contacts":[{"profile":{"name":"Ayu"},"wa_id":"62812%08d"}],`+
			`"messages":[{"from":"62812%08d","id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":"hello"}}]}}]}]}`,
			meta.BusinessAccountID, meta.Number, meta.PhoneNumberID, n, n, n, time.Now().Unix())
		mac := hmac.New(sha256.New, []byte(meta.AppSecret))
		mac.Write([]byte(body))
		signature := "sha256=" + hex.EncodeToString(mac.Sum(nil))
		answering.Go(func() {
			began := time.Now()
			status, answer, err := ask(b.Context(), http.MethodPost, r.public+"/whatsapp/webhook", body, "X-Hub-Signature-256", signature)
			if err != nil || status != http.StatusOK {
				b.Errorf("webhook: status %d %q (%v)", status, answer, err)
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(began))
		})
	}
	answering.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
