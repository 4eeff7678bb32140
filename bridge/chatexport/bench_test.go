package chatexport

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A million messages, as an assistant's chat is: short questions, long answers.
func conversation(n int, stamp string) string {
	var b strings.Builder
	at := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at = at.Add(61 * time.Second)
		b.WriteString(at.Format(stamp))
		if i%2 == 0 {
			fmt.Fprintf(&b, "Ayu: What is the capital of country %d?\n", i)
		} else {
			fmt.Fprintf(&b, "Luzia: That depends on whom you ask, but most would say %d.\n\n1. It was founded by the sea.\n2. It has a beach.\n", i)
		}
	}
	return b.String()
}

func BenchmarkRead(b *testing.B) {
	for _, c := range []struct{ name, file string }{
		{"Android", conversation(100_000, "02/01/06, 15:04 - ")},
		{"iOS", conversation(100_000, "[02.01.06, 15:04:05] ")},
		{"Arabic", strings.NewReplacer("0", "٠", "1", "١", "2", "٢", "3", "٣", "/", "\u200f/").Replace(conversation(100_000, "02/01/2006، 15:04 - "))},
		{"zip", zipped(b, "_chat.txt", conversation(100_000, "[02.01.06, 15:04:05] "))},
		{"a long line", "01/01/22, 10:00 - Ayu: " + strings.Repeat("a", 10<<20)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.file)))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				chat, err := try(c.file, Options{})
				if err != nil {
					b.Fatal(err)
				}
				for range chat.Messages() {
					n++
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

func BenchmarkMillionMessages(b *testing.B) {
	file := conversation(1_000_000, "02/01/06, 15:04 - ")
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		chat, err := try(file, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if got := chat.Summary().Messages; got != 1_000_000 {
			b.Fatal(got)
		}
	}
}
