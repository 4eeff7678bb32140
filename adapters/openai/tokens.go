package openai

import (
	"unicode"
	"unicode/utf8"

	"ferry/bridge"
)

// messageTokens is what a chat template puts around a message: ChatML takes 4 tokens, Llama 3 takes 5.
const messageTokens = 6

// Tokens estimates how many tokens an entry takes in a prompt, with its role and the template around
// it. Each family of models has a tokenizer of its own, whose tables weigh more in memory than Ferry
// itself; the estimate is for the least able of those in use, so that what people write comes out
// too high rather than too low: English at about twice what OpenAI's o200k_base makes of it, scripts
// that older tokenizers hardly know, such as Devanagari, at up to seven times. Only text that is
// close to noise, such as a page of random letters or of the rarest ideographs, can take more.
func (m *Model) Tokens(e bridge.Entry) int { return messageTokens + estimate(e.Text) }

// estimate counts in sixths of a token. The rates come from counting the texts in
// testdata/tokens.json with cl100k_base, o200k_base and the tokenizers of Llama 2, Llama 3 and
// Mistral 7B, whose counts are there too.
func estimate(s string) int {
	const token = 6
	sum := 0
	last, run := other, 0
	for _, r := range s {
		k := kindOf(r)
		if k != last {
			run = 0
		}
		run++
		if last == space && k == other { // only a word takes the space before it into itself
			sum += token
		}
		switch k {
		case space:
			if run > 1 {
				sum += token
			}
		case lower:
			switch {
			case run == 1:
				sum += token
			case run == 2:
				sum += 3
			case run <= 12:
				sum += 2
			default: // no word: random letters, or many words in one
				sum += 4
			}
		case upper: // capitals and codes are torn up more than words are
			if run == 1 {
				sum += token
			} else {
				sum += 5
			}
		default:
			sum += weight(r)
		}
		last = k
	}
	return (sum + token - 1) / token
}

// A kind parts the characters that tokenizers join into words from those that they do not.
type kind int

const (
	other kind = iota
	space
	lower
	upper
)

func kindOf(r rune) kind {
	switch {
	case r == ' ':
		return space
	case 'a' <= r && r <= 'z':
		return lower
	case 'A' <= r && r <= 'Z':
		return upper
	default:
		return other
	}
}

// weight returns what a character that is no letter of ASCII takes, in sixths of a token.
func weight(r rune) int {
	switch {
	case r < utf8.RuneSelf: // Llama 2 has a token for each digit
		return 6
	case unicode.Is(unicode.Latin, r) && r < 0x250: // parts its word in two
		return 10
	case 'А' <= r && r <= 'я':
		return 6
	case 'α' <= r && r <= 'ω', 'א' <= r && r <= 'ת', 'ء' <= r && r <= 'ي':
		return 8
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Devanagari,
		unicode.Bengali, unicode.Tamil, unicode.Telugu, unicode.Thai):
		return 12
	default: // spelt in bytes: emoji, rare letters
		return 6 * utf8.RuneLen(r)
	}
}
