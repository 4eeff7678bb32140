package markdown

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// A model can be made to write anything. Four times as much of it takes about four times as long: with
// time that grows with the square it would be sixteen times.
func TestTimeGrowsWithTheTextOnly(t *testing.T) {
	again := func(s string) func(int) string {
		return func(n int) string { return strings.Repeat(s, n/len(s)) }
	}
	then := func(a, b string) func(int) string {
		return func(n int) string { return strings.Repeat(a, n/2/len(a)) + strings.Repeat(b, n/2/len(b)) }
	}
	for name, text := range map[string]func(n int) string{
		"quotations": again("> "), "quotations and lines": then("> ", "\nx"), "quotations in lists": again("> - 1. "), "lazy lines": again("> a\nb\n"),
		"lists": again("- "), "lists and blank lines": then("- ", "\n"), "lists and lines": then("- ", "\n  x"), "items": again("- a\n"), "tasks": again("- [ ] a\n"),
		"stars": again("*"), "openers": again("*a "), "closers": again("a* "), "openers and others' closers": then("*a ", "b_ "), "mixed marks": again("**a _b~~ c*"),
		"bars": again("||a"), "bold": again("**a** "), "bold in Japanese": again("**「a」**な"),
		"backticks": again("`"), "unlike backticks": again("` `` ```a "), "fences": again("```\n"), "tildes": again("~~~ a\n"), "quoted code": again("> ```\n> x\n"),
		"brackets": again("["), "closing brackets": again("]"), "images": again("!["), "links": again("[a](b) "), "links behind marks": then("*a ", "[a](b) "), "links in each other": then("[", "](b)"),
		"links without an end": again("[a]("), "references": again("[a][b]"), "definitions": again("[a]: http://x\n"), "open definitions": again("[a\n\n"), "footnotes": again("[^1] "), "notes": again("[^1]: x\n"),
		"dollars": again("$a "), "formulas": again("$$ a\n"), "brackets of formulas": again(`\(`), "blocks of formulas": again("\\[\n"), "fractions": func(n int) string { return "$" + strings.Repeat(`\frac{`, n/6) + "$" },
		"tags": again("<a "), "comments": again("<!--"), "schemes": again("<a:"), "ampersands": again("&a"), "URLs": again("http://"),
		"tables": again("|a|b|\n|-|-|\n|c|d|\n\n"), "a long table": func(n int) string { return "|a|b|\n|-|-|\n" + strings.Repeat("|c|d|\n", n/6) },
		"a wide table": func(n int) string {
			return strings.Repeat("|a", n/6) + "\n" + strings.Repeat("|-", n/6) + "\n" + strings.Repeat("|\n", n/6)
		},
		"headings": again("# a\n"), "underlined headings": again("a\n=\n"), "rules": again("---\n"), "spaces": again(" "), "tabs": again("\t"), "lines": again("a\n"), "one word": again("x"), "zeros": again("\x00"), "no text": again("\xff"), "backslashes": again(`\`), "accents": again("e\u0301\u0301"),
	} {
		t.Run(name, func(t *testing.T) {
			const n = bytesToTime
			once, four := time.Duration(0), time.Duration(0)
			for range 4 { // a machine with other work has its moments
				once, four = took(text(n)), took(text(4*n))
				if four < 10*once+timeToSpare {
					return
				}
			}
			t.Errorf("%d bytes take %v, four times as many %v", n, once, four)
		})
	}
}

// took returns the time that the processor worked on src, which other programs do not lengthen.
func took(src string) time.Duration {
	begin := worked()
	Parse(src, Options{})
	Parse(Closed(src), Options{})
	return worked() - begin
}

func worked() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano())
}

func TestMegabyteOfBackticks(t *testing.T) {
	if got := Parse(strings.Repeat("a ` ", 1<<18), Options{}).Text; strings.Count(got, "a") != 1<<18 {
		t.Errorf("%d of %d letters are left", strings.Count(got, "a"), 1<<18)
	}
}

func TestDeepNestingKeepsTheWords(t *testing.T) {
	for _, src := range []string{strings.Repeat("> ", 1000) + "deep", strings.Repeat("- ", 1000) + "deep", strings.Repeat("1. > ", 500) + "deep", "$" + strings.Repeat(`\frac{`, 60) + "deep$", "$$" + strings.Repeat(`\sqrt{`, 500) + "deep$$"} {
		got := Parse(src, Options{}).Text
		if !strings.Contains(got, "deep") || strings.Count(got, "•") > maxDepth+1 {
			t.Errorf("%.20q… becomes %.80q", src, got)
		}
	}
}
