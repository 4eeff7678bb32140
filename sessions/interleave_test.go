package sessions

import (
	"context"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"

	"ferry/bridge"
	"ferry/sessions/redistest"
)

// A meddler is a hook that has something happen before one of the commands.
type meddler struct {
	before int
	happen func()
}

func (m *meddler) DialHook(next redis.DialHook) redis.DialHook { return next }

func (m *meddler) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if m.before--; m.before == 0 {
			m.happen()
		}
		return next(ctx, cmd)
	}
}

func (m *meddler) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// TestSessionsThatJoinAtOnceBecomeOne has one session join another while, between any two commands of
// that, others join each other: in the end there is one session, with all that was said, and everything
// that waited is in it, once and in order.
func TestSessionsThatJoinAtOnceBecomeOne(t *testing.T) {
	server := redistest.New(t)
	for name, c := range map[string]struct {
		others []joins
		quiet  bool // nothing waits in the third session
	}{
		"EachOther":              {[]joins{{1, 0}}, false},
		"InACircle":              {[]joins{{1, 2}, {2, 0}}, false},
		"InACircleBackwards":     {[]joins{{2, 0}, {1, 2}}, false},
		"AThirdJoinsTheLoser":    {[]joins{{2, 0}}, false},
		"AQuietOneJoinsTheLoser": {[]joins{{2, 0}}, true},
		"TheWinnerJoins":         {[]joins{{1, 2}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for n := 1; joinAmong(t, server, c.others, c.quiet, n); n++ {
				if n > 200 {
					t.Fatal("it never ends")
				}
			}
		})
	}
}

// joins says who joins whom.
type joins struct{ loser, winner int }

// joinAmong has the first person's session join the second's, with others before command n. It
// reports whether there were n commands at all.
func joinAmong(t *testing.T, server *redistest.Server, others []joins, quiet bool, n int) (happened bool) {
	t.Helper()
	r := openTest(t, server)
	defer r.client.Close()
	s := &teller{T: t, Store: r}
	people := []bridge.Address{kim, lee, {Channel: "web", ID: "mo"}}
	if len(others) == 1 && others[0].loser != 2 && others[0].winner != 2 {
		people = people[:2]
	}
	all := append([]joins{{0, 1}}, others...)
	ids := make([]bridge.SessionID, len(people))
	leases := make([]*bridge.Lease, len(people))
	for i, who := range people {
		ids[i] = s.answered(who, who.ID, nil)
		if slices.ContainsFunc(all, func(j joins) bool { return j.loser == i }) {
			leases[i] = s.take(s.record(who, "merge-"+who.ID, true))
		}
		if i == 2 && quiet {
			continue
		}
		s.record(who, who.ID+"-2", false)
		s.record(who, who.ID+"-3", true)
	}
	join := func(store *Redis, j joins) {
		t.Helper()
		if err := store.Merge(t.Context(), leases[j.loser], ids[j.winner]); err != nil {
			t.Errorf("merge %+v with others before command %d: %v", j, n, err)
		}
	}
	c := testConfig(server.URL())
	client, err := c.client(nil)
	s.no(err)
	defer client.Close()
	client.AddHook(&meddler{n, func() {
		happened = true
		for _, j := range others {
			join(r.Redis, j)
		}
	}})
	join(&Redis{client: client, scripts: r.scripts, historyTTL: r.historyTTL, maxEntries: r.maxEntries, secret: r.secret}, all[0])
	if !happened {
		return false
	}

	turns := map[bridge.Address][]string{}
	sessions := map[string]bool{}
	for {
		due, err := r.Due(t.Context(), bridge.SessionLane)
		s.no(err)
		if len(due) == 0 {
			break
		}
		l, err := r.Take(t.Context(), bridge.SessionLane, due[0])
		s.no(err)
		sessions[l.ID] = true
		for _, it := range l.Items {
			turns[it.Address] = append(turns[it.Address], it.ID)
		}
		s.no(r.Finish(t.Context(), l, bridge.Outcome{Done: len(l.Items)}))
	}
	var last bridge.SessionID
	for i, who := range people {
		if want := []string{who.ID + "-2", who.ID + "-3"}; !slices.Equal(turns[who], want) && !(i == 2 && quiet) {
			t.Errorf("others before command %d: turns of %s = %q, want %q", n, who, turns[who], want)
		}
		last = s.record(who, "last-"+who.ID, false).Session
		sessions[string(last)] = true
	}
	if len(sessions) != 1 {
		t.Errorf("others before command %d: %d sessions are left, want one", n, len(sessions))
	}
	entries, err := r.Latest(t.Context(), last, 0, 1<<20)
	s.no(err)
	if want := 2 * len(people); len(entries) != want {
		t.Errorf("others before command %d: %d entries are left, want %d", n, len(entries), want)
	}
	return true
}
