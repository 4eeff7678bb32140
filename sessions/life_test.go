package sessions

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/bridge"
	"ferry/sessions/redistest"
)

// everything returns all keys with all they hold.
func everything(t *testing.T, r *testRedis) map[string]string {
	t.Helper()
	ctx := t.Context()
	keys, err := r.client.Keys(ctx, "ferry:{*").Result()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, key := range keys {
		dump, err := r.client.Dump(ctx, key).Result()
		if err != nil {
			t.Fatal(err)
		}
		all[key] = dump
	}
	return all
}

func TestForgettingLeavesKeyedHashesAndNothingElse(t *testing.T) {
	r := openTest(t, redistest.New(t))
	s := &teller{T: t, Store: r}
	ctx := t.Context()
	text := strings.Repeat("what kim wrote ", 3)
	of := s.answered(kim, "k", map[string]string{"language": "id"})
	s.no(r.Merge(ctx, s.take(s.record(lee, "merge", true)), of))
	rec := s.record(kim, text, true)
	s.no(r.Bury(ctx, s.take(rec), 1, "crashes", nil))
	post, err := r.Put(ctx, bridge.Item{ID: "buried", Address: lee, Data: []byte(text)}, true)
	s.no(err)
	s.no(r.Bury(ctx, post.Lease, 1, "rejected", nil))

	l := s.take(s.record(kim, "forget", true))
	s.no(r.Forget(ctx, l, []bridge.Item{{ID: "bye", Address: kim, Alone: true, Data: []byte(text)}}))
	post, err = r.Put(ctx, l.Out[0], true)
	s.no(err)
	s.no(r.Relayed(ctx, l, 1))
	s.no(r.Delivered(ctx, post.Lease, false, true))

	var left []string
	for key, dump := range everything(t, r) {
		if strings.Contains(key, string(of)) { // what remains of the session says nothing of the person
			life, err := r.client.PTTL(ctx, key).Result()
			if err != nil || life <= 0 || life > goneFor {
				t.Errorf("%s lives for %s, %v, want at most %s", key, life, err, goneFor)
			}
		} else if !strings.Contains(key, ":nonce:") {
			left = append(left, key)
		}
		for _, personal := range []string{"kim", "lee", "wrote", "k-1", "language"} {
			if strings.Contains(key+dump, personal) {
				t.Errorf("%s still says %q", key, personal)
			}
		}
	}
	slices.Sort(left)
	var want []string
	for _, a := range []bridge.Address{kim, lee} {
		want = append(want, addressKeys(a).mark(r.hash(a.String())))
	}
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left = %q, want %q", left, want)
	}
	r.Advance(t, goneFor)
	for key := range everything(t, r) {
		if strings.Contains(key, string(of)) {
			t.Errorf("%s is still there after %s", key, goneFor)
		}
	}
}

func TestWhatIsForgottenWithoutAWordIsGoneToo(t *testing.T) {
	r := openTest(t, redistest.New(t))
	s := &teller{T: t, Store: r}
	rec := s.record(kim, "forget", true)
	s.no(r.Forget(t.Context(), s.take(rec), nil))
	state := sessionKeys(rec.Session).state()
	if life, err := r.client.PTTL(t.Context(), state).Result(); err != nil || life <= 0 || life > goneFor {
		t.Errorf("what remains lives for %s, %v, want at most %s", life, err, goneFor)
	}
}

// TestWhoLeftAndIsForgottenLeavesNothing has lee leave kim and be forgotten: nothing says anything of lee,
// nor in the session of kim, but that lee wants silence, which nobody can read.
func TestWhoLeftAndIsForgottenLeavesNothing(t *testing.T) {
	r := openTest(t, redistest.New(t))
	ctx := t.Context()
	s := &teller{T: t, Store: r}
	do := partStory(1)(s)
	s.no(do(r, s.l))
	s.no(r.Relayed(ctx, s.l, 1))
	s.no(r.Silence(ctx, lee, false))
	s.end()
	_, err := r.Import(ctx, lee, map[string]string{"name": "lee"}, []bridge.Entry{by(lee, "l-imported")})
	s.no(err)
	rec := s.record(lee, "forget", true)
	_, err = r.Post(ctx, rec.Session, bridge.Item{ID: "l-letter", Address: lee}, false)
	s.no(err)
	s.no(r.Forget(ctx, s.take(rec), nil))
	for key, value := range everything(t, r) {
		// that kim's session has seen the ids of lee's messages says nothing of them
		if strings.Contains(key, ":seen:") {
			continue
		}
		for _, personal := range []string{"sms:lee", "l1", "l2", "l-"} {
			if strings.Contains(key+value, personal) && !strings.Contains(key, ":nonce:") {
				t.Errorf("%s still says %q", key, personal)
			}
		}
	}
	post, err := r.Put(ctx, bridge.Item{ID: "o1", Address: lee}, true)
	s.no(err)
	if !post.Lease.Blocked {
		t.Error("that lee wants silence was forgotten too")
	}
}

// TestWhoLeavesIsFoundThoughAMergeWasCutOffBefore has lee, whose address still points to a session that has
// joined kim's, leave that.
func TestWhoLeavesIsFoundThoughAMergeWasCutOffBefore(t *testing.T) {
	r := openTest(t, redistest.New(t))
	ctx := t.Context()
	s := &teller{T: t, Store: r}
	together := s.answered(kim, "k", nil)
	before := s.answered(lee, "l", nil)
	s.no(r.Merge(ctx, s.take(s.record(lee, "merge", true)), together))
	s.no(r.client.HSet(ctx, addressKeys(lee).record(), "session", string(before)).Err())
	if id, err := r.Find(ctx, lee); err != nil || id != together {
		t.Errorf("lee is found in %s, %v, want %s", id, err, together)
	}
	l := s.take(s.record(kim, "part", true))
	p := bridge.Parting{Addresses: []bridge.Address{lee}, Settings: map[string]string{"language": "it"}}
	s.no(r.client.HSet(ctx, addressKeys(lee).record(), "session", string(before)).Err())
	s.no(r.Part(ctx, l, p, bridge.Outcome{Done: 1}))
	rec := s.record(lee, "l2", true)
	if got := s.take(rec).Settings["language"]; got != "it" {
		t.Errorf("lee's session knows the language %q, want that of the parting", got)
	}

	s.no(r.client.HSet(ctx, addressKeys(lee).record(), "session", string(before)).Err())
	r.homes.drop(lee)
	l = s.take(s.record(kim, "attach", true))
	if whose, err := r.Attach(ctx, l, lee); err != nil || whose != together {
		t.Errorf("lee is of session %s, %v, want %s", whose, err, together)
	}
	if at := s.record(lee, "l3", true).Session; at != together {
		t.Errorf("lee writes in %s, want %s", at, together)
	}
}

// TestWhoLeavesIsGoneForProcessesThatHaveNotHeardOfIt has lee, whom kim's session was given, leave it in
// another process than the one that knows where lee was.
func TestWhoLeavesIsGoneForProcessesThatHaveNotHeardOfIt(t *testing.T) {
	r := openTest(t, redistest.New(t))
	ctx := t.Context()
	s := &teller{T: t, Store: r}
	l := s.take(s.record(kim, "attach", true))
	_, err := r.Attach(ctx, l, lee)
	s.no(err)
	s.no(r.Finish(ctx, l, bridge.Outcome{Done: 1}))
	together := s.record(lee, "l1", true).Session
	other := &Redis{client: r.client, scripts: r.scripts, historyTTL: r.historyTTL, maxEntries: r.maxEntries, secret: r.secret}
	l = s.take(s.record(lee, "l2", true))
	s.no(other.Part(ctx, l, bridge.Parting{Addresses: []bridge.Address{lee}}, bridge.Outcome{Done: 1}))
	if at := s.record(lee, "l3", true).Session; at == together || string(at) == l.ID {
		t.Errorf("lee, who has left, still writes in %s", at)
	}
}

func TestWhatWasForgottenIsKnownToWhoKnowsTheNewSession(t *testing.T) {
	r := openTest(t, redistest.New(t))
	s := &teller{T: t, Store: r}
	now := time.Now()
	old := bridge.Item{ID: "old", Address: kim, At: now.Add(-time.Minute)}
	forget := bridge.Item{ID: "forget", Address: kim, At: now, Alone: true}
	for _, it := range []bridge.Item{old, forget} {
		rec, err := r.Record(t.Context(), it, true)
		s.no(err)
		if it.ID == "old" {
			s.no(r.Finish(t.Context(), rec.Lease, bridge.Outcome{Done: 1}))
		} else {
			s.no(r.Forget(t.Context(), rec.Lease, nil))
		}
	}
	for _, name := range []string{"m1", "m2"} {
		s.record(kim, name, false)
		for _, it := range []bridge.Item{old, forget} {
			if rec, err := r.Record(t.Context(), it, false); err != nil || rec.Verdict != bridge.Duplicate {
				t.Errorf("%s after %s = %+v, %v, want a duplicate", it.ID, name, rec, err)
			}
		}
	}
}

func TestWhoeverWritesAgainIsNotBlocked(t *testing.T) {
	r := openTest(t, redistest.New(t))
	s := &teller{T: t, Store: r}
	for i := range 3 {
		s.record(kim, fmt.Sprint("m", i), false)
		rec, err := r.Put(t.Context(), bridge.Item{ID: fmt.Sprint("a", i), Address: kim}, true)
		s.no(err)
		if rec.Lease.Blocked {
			t.Errorf("blocked after message %d", i)
		}
		s.no(r.Delivered(t.Context(), rec.Lease, true, false))
	}
}

func TestTheMarkOfAForgottenAddressTellsNobodyWho(t *testing.T) {
	r := openTest(t, redistest.New(t))
	if got := r.hash(kim.String()); strings.Contains(got, "kim") || len(got) != hex.EncodedLen(32) {
		t.Errorf("hash = %q", got)
	}
	other := &Redis{secret: []byte("another")}
	if r.hash("a") == other.hash("a") || r.hash("a") == r.hash("b") {
		t.Error("hashes do not depend on the secret and on what is hashed")
	}
}

func TestForgettingIsNoWayRoundTheDailyBudget(t *testing.T) {
	for name, store := range map[string]bridge.Store{"Memory": newClockedMemory(), "Redis": openTest(t, redistest.New(t))} {
		t.Run(name, func(t *testing.T) {
			s := &teller{T: t, Store: store}
			for i := range 3 {
				s.no(store.Finish(t.Context(), s.take(s.record(kim, fmt.Sprint(i), true)), bridge.Outcome{Done: 1, Counts: true}))
			}
			s.no(store.Forget(t.Context(), s.take(s.record(kim, "forget", true)), nil))
			if l := s.take(s.record(kim, "again", true)); l.Answered != 3 {
				t.Errorf("answered = %d, want 3", l.Answered)
			}
		})
	}
}

func TestWhatIsIdleHasALifeAndWhatIsNotHasNone(t *testing.T) {
	r := openTest(t, redistest.New(t))
	s := &teller{T: t, Store: r}
	ctx := t.Context()
	forever := func(key string) bool {
		return strings.Contains(key, ":lane:") || strings.Contains(key, ":out:") || strings.Contains(key, ":ready:") || strings.Contains(key, ":lease:")
	}
	lives := func(when string, busy bool) {
		t.Helper()
		for key := range everything(t, r) {
			life, err := r.client.PTTL(ctx, key).Result()
			s.no(err)
			never := life < 0
			isBusy := forever(key) || busy && (strings.Contains(key, ":state:") || strings.Contains(key, ":history:") || strings.Contains(key, ":entries:"))
			if never != isBusy {
				t.Errorf("%s, %s lives for %s", when, key, life)
			}
			if life > recordTTL(r.historyTTL) {
				t.Errorf("%s, %s lives for %s", when, key, life)
			}
		}
	}
	s.answered(kim, "k", map[string]string{"language": "id"})
	lives("when answered", false)
	rec := s.record(kim, "m1", false)
	lives("while something waits", true)
	l := s.take(rec)
	lives("while it is answered", true)
	_, err := r.Import(ctx, kim, map[string]string{"name": "Kim"}, []bridge.Entry{by(kim, "imported")})
	s.no(err)
	lives("while it is answered and something was imported", true)
	s.no(r.Finish(ctx, l, bridge.Outcome{Done: 1, Entries: []bridge.Entry{{ID: "m1"}}, Out: []bridge.Item{{ID: "o1", Address: kim}}}))
	lives("while the answer is relayed", true)
	post, err := r.Put(ctx, l.Out[0], true)
	s.no(err)
	s.no(r.Relayed(ctx, l, 1))
	s.no(r.Delivered(ctx, post.Lease, false, false))
	lives("when all is done", false)
}

func TestAHistoryEndsWithItsLifeButARedeliveryIsKnown(t *testing.T) {
	c := testConfig(redistest.Start(t))
	c.HistoryTTL = time.Hour
	r := openEmpty(t, c)
	s := &teller{T: t, Store: r}
	s.answered(kim, "k", map[string]string{"language": "id"})
	r.Advance(t, 2*time.Hour)
	rec, err := r.Record(t.Context(), bridge.Item{ID: "k-1", Address: kim}, false)
	if err != nil || rec.Verdict != bridge.Duplicate {
		t.Errorf("a message delivered again = %+v, %v, want a duplicate", rec, err)
	}
	l := s.take(s.record(kim, "m2", true))
	entries, err := r.Latest(t.Context(), bridge.SessionID(l.ID), 0, 1<<20)
	if err != nil || len(entries) > 0 || len(l.Settings) > 0 {
		t.Errorf("after the history's life: %d entries, %v, settings %v, want none", len(entries), err, l.Settings)
	}
}

func TestOldIdsGoBeforeYoungOnes(t *testing.T) {
	r := openTest(t, redistest.New(t))
	const young, old = 200, seenMost + 300
	put := func(prefix string, n int) {
		t.Helper()
		for i := range n {
			rec, err := r.Put(t.Context(), bridge.Item{ID: fmt.Sprint(prefix, i), Address: kim}, true)
			if err == nil {
				err = r.Delivered(t.Context(), rec.Lease, false, false)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	put("old", old)
	r.Advance(t, seenSurely+time.Minute)
	put("young", young)
	seen := addressKeys(kim).seen()
	n, err := r.client.ZCard(t.Context(), seen).Result()
	if err != nil || n != seenMost+young {
		t.Errorf("%d ids are remembered, %v, want the %d youngest old ones and all %d young ones", n, err, seenMost, young)
	}
	if first, err := r.client.ZRange(t.Context(), seen, 0, 0).Result(); err != nil || first[0] != `"old300"` {
		t.Errorf("the oldest id = %q, %v, want old300", first, err)
	}
	r.Advance(t, seenFor)
	put("new", 1)
	if n, err = r.client.ZCard(t.Context(), seen).Result(); err != nil || n != 1 {
		t.Errorf("%d ids are remembered after two days, %v, want 1", n, err)
	}
}
