package sessions

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/bridge"
	"ferry/sessions/redistest"
)

// Run with: go test -run '^$' -bench . ./sessions
//
// Put and TakeFinish spread over as many people as in a busy hour, so that nobody's lane is full.

func openBench(b *testing.B, args ...string) *Redis {
	b.Helper()
	server := redistest.New(b, args...)
	r, err := Open(context.Background(), testConfig(server.URL()), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { r.Close() })
	return r
}

var benchText = []byte(strings.Repeat("What is the capital of Indonesia? ", 4))

func benchItem(n int64) bridge.Item {
	return bridge.Item{
		ID:      fmt.Sprintf("telegram:%d", n),
		Address: bridge.Address{Channel: "telegram", ID: fmt.Sprint(100000 + n%5000)},
		Data:    benchText,
	}
}

// clients calls do in turn from so many goroutines.
func clients(b *testing.B, clients int, do func(n int64) error) {
	b.Helper()
	var n, failed atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for i := n.Add(1); i <= int64(b.N) && failed.Load() == 0; i = n.Add(1) {
				if err := do(i); err != nil {
					failed.Add(1)
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "/s")
}

func BenchmarkPut(b *testing.B) {
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			r := openBench(b)
			clients(b, n, func(i int64) error {
				// of ever more people, lest their lanes are full
				it := benchItem(i)
				it.Address.ID = fmt.Sprint(i % int64(b.N/50+1000))
				rec, err := r.Record(b.Context(), it, false)
				if err == nil && rec.Verdict != bridge.Accepted {
					err = fmt.Errorf("verdict %d", rec.Verdict)
				}
				return err
			})
		})
	}
}

func BenchmarkTakeFinish(b *testing.B) {
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			r := openBench(b)
			fill(b, r)
			clients(b, n, func(i int64) error {
				for shard := int(i); ; shard++ {
					l, err := r.Take(b.Context(), bridge.SessionLane, shard%shards)
					if err != nil {
						return err
					}
					if l != nil {
						return r.Finish(b.Context(), l, benchOutcome(l))
					}
				}
			})
		})
	}
}

// BenchmarkRecordFinish is a message that is taken at once by whoever recorded it, and answered.
func BenchmarkRecordFinish(b *testing.B) {
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			r := openBench(b)
			clients(b, n, func(i int64) error {
				rec, err := r.Record(b.Context(), benchItem(i), true)
				if err != nil || rec.Lease == nil {
					return err
				}
				return r.Finish(b.Context(), rec.Lease, benchOutcome(rec.Lease))
			})
		})
	}
}

// fill puts b.N turns of one item each.
func fill(b *testing.B, r *Redis) {
	b.Helper()
	clients(b, 50, func(i int64) error {
		it := benchItem(i)
		it.Alone = true
		it.Address.ID = fmt.Sprint(i % int64(b.N/50+1000))
		_, err := r.Record(b.Context(), it, false)
		return err
	})
}

func benchOutcome(l *bridge.Lease) bridge.Outcome {
	id := l.Items[0].ID
	return bridge.Outcome{
		Done: 1, Counts: true, Tokens: 100,
		Entries: []bridge.Entry{
			{ID: id, Role: bridge.User, Text: string(benchText), Channel: "telegram", Turn: id},
			{ID: id + ".a", Role: bridge.Assistant, Text: string(benchText), Channel: "telegram", Turn: id},
		},
	}
}

// BenchmarkImport takes in 50 messages of 120 characters each, of as many people as b.N says, and tells how
// many entries that is in a second and how much of Redis an entry takes, all in all and beyond its text.
func BenchmarkImport(b *testing.B) {
	const messages = 50
	text := strings.Repeat("What is the name of that beach? ", 4)[:120]
	var history []bridge.Entry
	for i := range messages {
		role := bridge.User
		if i%2 == 1 {
			role = bridge.Assistant
		}
		history = append(history, bridge.Entry{
			ID: fmt.Sprintf("import:%016x", i), Role: role, Text: text, Channel: "whatsapp", Imported: true,
			At: time.Date(2025, 12, 30, 9, i, 0, 0, time.UTC),
		})
	}
	for _, n := range []int{1, 16} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			r := openBench(b)
			before := usedMemory(b, r)
			clients(b, n, func(i int64) error {
				id := fmt.Sprintf("+62812%08d", i)
				entries := slices.Clone(history)
				for j := range entries {
					entries[j].By = id
				}
				got, err := r.Import(b.Context(), bridge.Address{Channel: "whatsapp", ID: id}, map[string]string{"language": "id", "name": "Ayu"}, entries)
				if err == nil && (got.Added != messages || !got.New) {
					err = fmt.Errorf("imported %+v", got)
				}
				return err
			})
			entries := float64(b.N * messages)
			b.ReportMetric(entries/b.Elapsed().Seconds(), "entries/s")
			per := float64(usedMemory(b, r)-before) / entries
			b.ReportMetric(per, "bytes/entry")
			b.ReportMetric(per-float64(len(text)), "beyond-text/entry")
		})
	}
}

func usedMemory(b *testing.B, r *Redis) int64 {
	b.Helper()
	info, err := r.client.InfoMap(b.Context(), "memory").Result()
	if err != nil {
		b.Fatal(err)
	}
	n, err := strconv.ParseInt(info["Memory"]["used_memory"], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkHistoryBytes tells how much of Redis an entry takes, beyond its own text, for someone with
// a history of 200 and of 1000 entries.
func BenchmarkHistoryBytes(b *testing.B) {
	for _, entries := range []int{100, 1000} {
		b.Run(fmt.Sprintf("entries=%d", entries), func(b *testing.B) {
			r := openBench(b)
			var k laneKeys
			for b.Loop() {
				for i := range entries / 2 {
					rec, err := r.Record(b.Context(), bridge.Item{ID: fmt.Sprint("telegram:", i), Address: bridge.Address{Channel: "telegram", ID: "1"}}, true)
					if err != nil {
						b.Fatal(err)
					}
					if rec.Lease == nil {
						break // it is full since the last loop
					}
					k = sessionKeys(rec.Session)
					if err := r.Finish(b.Context(), rec.Lease, benchOutcome(rec.Lease)); err != nil {
						b.Fatal(err)
					}
				}
			}
			var bytes int64
			for _, key := range []string{k.history(), k.entries()} {
				n, err := r.client.MemoryUsage(b.Context(), key, 0).Result()
				if err != nil {
					b.Fatal(err)
				}
				bytes += n
			}
			b.ReportMetric(float64(bytes)/float64(entries)-float64(len(benchText)), "bytes/entry")
		})
	}
}
