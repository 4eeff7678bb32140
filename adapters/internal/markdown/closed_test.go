package markdown

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextOnlyGrowsWhileItIsWritten(t *testing.T) {
	src, err := os.ReadFile("testdata/answer.md")
	if err != nil {
		t.Fatal(err)
	}
	last, shrunk := "", 0
	for n := range len(src) + 1 {
		now := Parse(Closed(string(src[:n])), Options{}).Text
		kept := last[:strings.LastIndexByte(last, '\n')+1]
		if !strings.HasPrefix(now, kept) {
			t.Fatalf("after %q the text is\n%s\nand was\n%s", src[max(0, n-40):n], now, last)
		}
		if !strings.HasPrefix(now, last) {
			shrunk++
			t.Logf("after %q the last line is %q and was %q", src[max(0, n-40):n], now[len(kept):], last[len(kept):])
		}
		last = now
	}
	if shrunk > 0 {
		t.Errorf("the last line changed %d times", shrunk)
	}
	if whole := Parse(string(src), Options{}).Text; last != whole {
		t.Errorf("at the end the text is\n%s\nwant\n%s", last, whole)
	}
	if !utf8.ValidString(last) {
		t.Error("the text is no UTF-8")
	}
}
