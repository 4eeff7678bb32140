package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// ours are prefixes under which nobody but us is expected to have variables, besides those of the
// channels.
var ours = []string{
	"FERRY", "ADMIN", "HISTORY", "LINK", "MEDIA", "MODEL", "OPENAI", "PERSON", "PROMPT", "REDIS",
	"SECRET", "SMS", "SYSTEM", "TELEGRAM", "TELNYX", "TEXTS", "TRANSCRIBE", "TRUSTED", "TWILIO", "WEB", "WHATSAPP",
}

// orchestrated matches what Kubernetes and Docker links set in every container for a service of such
// a name, such as REDIS_SERVICE_HOST and REDIS_PORT_6379_TCP_ADDR.
var orchestrated = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)$`)

// strangers returns a sentence for each variable that looks like ours and is none, with the nearest
// name that is.
func (s *settings) strangers(env []string) []string {
	prefixes := slices.Clone(ours)
	for _, r := range s.channels {
		prefixes = append(prefixes, strings.ToUpper(r.name))
	}
	known := map[string]bool{}
	for name, set := range s.byName {
		known[name] = true
		if set.fromFile {
			known[name+"_FILE"] = true
		}
	}
	var warnings []string
	for _, name := range slices.Sorted(maps.Keys(environment(env))) {
		prefix, _, parted := strings.Cut(name, "_")
		if !parted || known[name] || !slices.Contains(prefixes, prefix) ||
			name == "FERRY_TEST_STRICT" || orchestrated.MatchString(name) {
			continue
		}
		nearest := slices.MinFunc(slices.Sorted(maps.Keys(known)), func(a, b string) int {
			return cmp.Or(distance(name, a)-distance(name, b), len(a)-len(b))
		})
		warnings = append(warnings, fmt.Sprintf("%s is no setting of this version; the nearest is %s", name, nearest))
	}
	return warnings
}

// distance returns how many letters have to be put in, taken out or changed to make one word of the
// other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
