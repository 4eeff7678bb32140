package segment_test

import (
	"strings"
	"testing"

	"ferry/adapters/sms/segment"
)

// Answers of about 3,000 characters.
var answers = map[string]string{
	"English":    strings.Repeat("The boat leaves from the harbour at seven, “on time”. Don’t forget your ticket!\n", 38),
	"Portuguese": strings.Repeat("O barco parte às sete da manhã — não esqueça a sua passagem, você vai gostar!\n", 38),
	"Hindi":      strings.Repeat("नाव कल सुबह सात बजे बंदरगाह से द्वीप के लिए निकलती है। टिकट न भूलें।\n", 43),
	"emoji":      strings.Repeat("The boat 👨‍👩‍👧‍👦 leaves at seven 😀👍🏽, and so on, with all the others ❤️.\n", 42),
}

func BenchmarkCount(b *testing.B) {
	for name, text := range answers {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				segment.Count(text)
			}
		})
	}
}

func BenchmarkPlain(b *testing.B) {
	for name, text := range answers {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				segment.Plain(text)
			}
		})
	}
}

// All parts of an answer, each of three segments.
func BenchmarkCut(b *testing.B) {
	for name, text := range answers {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for rest := text; rest != ""; {
					_, rest = segment.CutWith(rest, 3, "\nReply MORE")
				}
			}
		})
	}
}
