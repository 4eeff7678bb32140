// Package browser reads what browsers say of themselves in their requests, and what they need to know to
// show a page.
package browser

import (
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// Languages returns those of Accept-Language as BCP 47 tags, the most wanted first.
func Languages(r *http.Request) []string {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return nil
	}
	var all []string
	for _, tag := range tags {
		if s := tag.String(); s != "mul" && s != "und" { // what * becomes
			all = append(all, s)
		}
	}
	return all
}

// Direction returns the direction in which a language is written, as the attribute dir of HTML has it.
func Direction(lang string) string {
	if lang == "ar" {
		return "rtl"
	}
	return "ltr"
}

// TakesGzip reports whether an answer can be compressed (RFC 9110, 12.5.3).
func TakesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return err != nil || q > 0
	}
	return false
}
