package format

import (
	"slices"
	"testing"
)

var linkables = []string{
	"https://example.com", "http://example.com/", "HTTPS://Example.COM/Path?a=b#c", "https://example.com:8080/x", "https://127.0.0.1/x", "https://[::1]/x", "https://例え.jp/日本",
	"https://münchen.example/ä", "https://a_b.example.com", "https://example.com/a(b)c", "https://example.com/%20", "https://example.com?q=1", "https://1.2.3", "tg://resolve?domain=x", "tg://join?invite=x",
}

func TestLinkable(t *testing.T) {
	others := []string{
		"", "example.com", "https://localhost", "https://a:b@example.com", "https://example.com:99999", "https://example.com:0", "https://example.com:", "https://exa mple.com", "https://", "https:example.com",
		"https://a..b", "https://.b", "https://a%20b.com", "https://a@b@c.com", "https://a.com:80:80", "https://*.a.com", "https://a.com\\b", "https://[::1%25eth0]/", "https://exam\"ple.com",
		"mailto:a@b.example", "tel:+49", "tg://user?id=1", "tg:resolve?domain=x", "tg://", "ftp://example.com", "javascript:alert(1)", "https://example.com/\x00",
	}
	for _, url := range slices.Concat(linkables, others) {
		if got, want := linkable(url), slices.Contains(linkables, url); got != want {
			t.Errorf("linkable(%q) = %t, want %t", url, got, want)
		}
	}
}
