package sessions

import (
	"embed"
	"regexp"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

//go:embed lua
var luaFiles embed.FS

// scripts are what runs in Redis; lua/ has a file for each of the same name.
type scripts struct {
	// what people write, and taking it
	resolve, put, stop, take, due, renew, later, census *redis.Script
	// what becomes of it
	finish, relayed, mark, delivered, latest, spend, tokens *redis.Script
	// sessions that end
	look, adopt, drop, repoint, join, moved, remember, heirs, closed, gone, found, shed, parted, awake *redis.Script
	// what belongs to whom
	post, person, expect, claim, vacate, silence, home, importing *redis.Script
	issue, redeem, note, void                                     *redis.Script
	// what is shown to those who look on, and who may
	sight, show, announce, admit, admitted *redis.Script
	// what is apart from people
	reserve, allow, free, pause, charge, charged, lock, unlock *redis.Script
}

// newScripts makes the scripts. Each begins with what it uses of clock, the text of what tells the
// time, and of lane.lua.
func newScripts(clock string) *scripts {
	s := &scripts{}
	shared := clock + "\n\n" + lua("lane")
	for name, script := range s.all() {
		*script = redis.NewScript(used(shared, lua(name)) + lua(name))
	}
	return s
}

// all returns where each script is, by name.
func (s *scripts) all() map[string]**redis.Script {
	return map[string]**redis.Script{
		"resolve": &s.resolve, "put": &s.put, "stop": &s.stop, "take": &s.take, "due": &s.due, "renew": &s.renew,
		"later": &s.later, "census": &s.census,
		"finish": &s.finish, "relayed": &s.relayed, "mark": &s.mark, "delivered": &s.delivered, "latest": &s.latest,
		"spend": &s.spend, "tokens": &s.tokens,
		"look": &s.look, "adopt": &s.adopt, "drop": &s.drop, "repoint": &s.repoint, "join": &s.join, "moved": &s.moved,
		"remember": &s.remember, "heirs": &s.heirs, "closed": &s.closed, "gone": &s.gone,
		"found": &s.found, "shed": &s.shed, "parted": &s.parted, "awake": &s.awake,
		"post": &s.post, "person": &s.person, "expect": &s.expect, "claim": &s.claim, "vacate": &s.vacate, "silence": &s.silence,
		"home": &s.home, "import": &s.importing, "issue": &s.issue, "redeem": &s.redeem, "note": &s.note, "void": &s.void,
		"sight": &s.sight, "show": &s.show, "announce": &s.announce, "admit": &s.admit, "admitted": &s.admitted,
		"reserve": &s.reserve, "allow": &s.allow, "free": &s.free, "pause": &s.pause,
		"charge": &s.charge, "charged": &s.charged, "lock": &s.lock, "unlock": &s.unlock,
	}
}

// lua returns a file of lua/. It is there, for it was built in.
func lua(name string) string {
	text, err := luaFiles.ReadFile("lua/" + name + ".lua")
	if err != nil {
		panic(err)
	}
	return string(text)
}

var (
	luaComment = regexp.MustCompile(`(?m)^ *--.*\n`)
	luaNames   = regexp.MustCompile(`(?m)^local (?:function )?([\w, ]+)`)
	luaWord    = regexp.MustCompile(`\w+`)
)

// used returns the paragraphs of shared that a script needs, in their order. Redis makes what a script
// begins with anew each time it runs, which would take longer than many a script itself.
func used(shared, script string) string {
	paragraphs := strings.SplitAfter(luaComment.ReplaceAllString(shared, ""), "\n\n")
	wanted := map[string]bool{}
	want := func(text string) {
		for _, word := range luaWord.FindAllString(text, -1) {
			wanted[word] = true
		}
	}
	want(luaComment.ReplaceAllString(script, ""))
	var kept []string
	for _, p := range slices.Backward(paragraphs) { // each uses only what is above it
		for _, names := range luaNames.FindAllStringSubmatch(p, -1) {
			if slices.ContainsFunc(strings.Split(names[1], ","), func(name string) bool { return wanted[strings.TrimSpace(name)] }) {
				want(p)
				kept = append(kept, p)
				break
			}
		}
	}
	slices.Reverse(kept)
	return strings.Join(kept, "")
}
