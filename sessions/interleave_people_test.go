package sessions

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"ferry/bridge"
	"ferry/sessions/redistest"
)

var mo = bridge.Address{Channel: "web", ID: "mo"}

// meddled returns a store in which something happens before command n.
func meddled(t *testing.T, r *testRedis, server *redistest.Server, n int, happen func()) *Redis {
	t.Helper()
	client, err := new(testConfig(server.URL())).client(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	client.AddHook(&meddler{n, happen})
	return &Redis{client: client, scripts: r.scripts, historyTTL: r.historyTTL, maxEntries: r.maxEntries, secret: r.secret}
}

// TestNothingIsLostWhateverHappensDuringAParting has lee leave kim while, between any two commands of that,
// other things happen: everything that anybody wrote is answered, once and in order, and nothing that lee
// wrote by the session that lee has left.
func TestNothingIsLostWhateverHappensDuringAParting(t *testing.T) {
	server := redistest.New(t)
	writes := func(m *meddling) {
		m.says(lee)
		m.says(kim)
		m.says(lee)
	}
	for name, happen := range map[string]func(*meddling){
		"BothWrite": writes,
		"SomeoneJoins": func(m *meddling) {
			m.says(mo)
			m.merge(mo, m.old)
			writes(m)
		},
		"WhoLeavesComesBack": func(m *meddling) {
			if m.left() {
				m.merge(lee, m.old)
				m.back = true
			}
			writes(m)
		},
		"WhatLeavesTriesToComeBackAtOnce": func(m *meddling) {
			m.comeBackAtOnce()
			writes(m)
		},
		"WhatLeavesComesBackAtOnce": func(m *meddling) {
			m.stall()
			m.comeBackAtOnce()
			writes(m)
		},
		"WhoLeavesJoinsSomeoneElse": func(m *meddling) {
			m.says(mo)
			if m.left() {
				m.merge(lee, m.findOf(mo))
			}
			writes(m)
		},
		"WhoLeavesIsForgotten": func(m *meddling) {
			if m.left() {
				m.forget(lee)
			}
			writes(m)
		},
		"ALetterComes": func(m *meddling) {
			_, err := m.Post(m.Context(), m.old, bridge.Item{ID: "letter", Address: lee}, false)
			m.no(err)
			writes(m)
		},
	} {
		for head, done := range map[string]int{"": 1, "WithTheHead": 0} {
			t.Run(name+head, func(t *testing.T) {
				for n := 1; ; n++ {
					m := newMeddling(t, server)
					happened := false
					store := meddled(t, m.redis, server, n, func() {
						happened = true
						happen(m)
					})
					l := m.take(m.first)
					m.no(store.Part(t.Context(), l, bridge.Parting{Addresses: []bridge.Address{lee}, Belongings: []bridge.Address{lee}}, bridge.Outcome{Done: done}))
					if !happened {
						return
					}
					if done == 1 {
						m.wrote[lee] = m.wrote[lee][1:]
					}
					m.check(n)
					if t.Failed() || n > 200 {
						t.Fatalf("with something before command %d", n)
					}
				}
			})
		}
	}
}

// A meddling is what happens to kim and lee, and mo, who is someone else.
type meddling struct {
	*teller
	redis *testRedis
	old   bridge.SessionID // of kim and lee
	first bridge.Receipt   // of what is at its head
	wrote map[bridge.Address][]string
	took  map[bridge.Address][]string // that no session has answered, but somebody who merged or forgot
	n     int
	back  bool // lee has come back
	twice bool // what was handed over already may be answered again
}

func newMeddling(t *testing.T, server *redistest.Server) *meddling {
	r := openTest(t, server)
	t.Cleanup(func() { r.client.Close() })
	m := &meddling{
		teller: &teller{T: t, Store: r}, redis: r,
		wrote: map[bridge.Address][]string{}, took: map[bridge.Address][]string{},
	}
	m.old = m.answered(kim, "k", nil)
	m.no(r.Merge(t.Context(), m.take(m.record(lee, "merge", true)), m.old))
	m.first = m.says(lee)
	m.says(lee)
	m.says(kim)
	m.says(lee)
	return m
}

func (m *meddling) says(who bridge.Address) bridge.Receipt {
	m.Helper()
	m.n++
	id := fmt.Sprintf("%s-%02d", who.ID, m.n)
	m.wrote[who] = append(m.wrote[who], id)
	return m.record(who, id, true)
}

// left reports whether lee has left. Then the parting takes so long that others do not wait for its end.
func (m *meddling) left() bool {
	m.Helper()
	if m.findOf(lee) == m.old {
		return false
	}
	m.redis.awake(m.Context(), []bridge.Address{lee})
	return true
}

// stall has the parting take that long before lee has left.
func (m *meddling) stall() {
	m.Helper()
	raw, err := m.redis.client.HGet(m.Context(), sessionKeys(m.old).state(), "heirs").Result()
	m.no(ignoreNil(err))
	heirs := map[string]string{}
	if raw != "" {
		m.no(json.Unmarshal([]byte(raw), &heirs))
	}
	if heir := heirs[lee.String()]; heir != "" {
		k := sessionKeys(bridge.SessionID(heir))
		_, err := m.redis.run(m.Context(), m.redis.scripts.awake, []string{k.ready(), k.state()}, k.id, k.signal(), signalChannel)
		m.no(err)
		m.twice = true
	}
}

// comeBackAtOnce has whatever can be taken but kim's session join that.
func (m *meddling) comeBackAtOnce() {
	m.Helper()
	for shard := range shards {
		for l := m.any(shard); l != nil; l = m.any(shard) {
			m.took[lee] = append(m.took[lee], l.Items[0].ID)
			m.no(m.Merge(m.Context(), l, m.old))
			m.back = true
		}
	}
}

// any takes a lane of a shard that is not that of kim's session.
func (m *meddling) any(shard int) *bridge.Lease {
	m.Helper()
	l, err := m.Take(m.Context(), bridge.SessionLane, shard)
	m.no(err)
	if l != nil && l.ID == string(m.old) {
		defer func() { m.no(m.Later(m.Context(), l, 0, "", false)) }()
		return m.any(shard)
	}
	return l
}

func (m *meddling) findOf(who bridge.Address) bridge.SessionID {
	m.Helper()
	id, err := m.Find(m.Context(), who)
	m.no(err)
	return id
}

// head takes the lane of someone's session, with what is at its head.
func (m *meddling) head(who bridge.Address) *bridge.Lease {
	m.Helper()
	l := m.take(m.says(who))
	for _, it := range l.Items {
		m.took[it.Address] = append(m.took[it.Address], it.ID)
	}
	return l
}

func (m *meddling) merge(who bridge.Address, winner bridge.SessionID) {
	m.Helper()
	m.no(m.Merge(m.Context(), m.head(who), winner))
}

func (m *meddling) forget(who bridge.Address) {
	m.Helper()
	m.no(m.Forget(m.Context(), m.head(who), nil))
}

// check works everything off and looks whether all is there.
func (m *meddling) check(n int) {
	m.Helper()
	if wrong := strayLanes(m.Context(), m.redis.client); wrong != "" {
		m.Errorf("before command %d: %s", n, wrong)
	}
	for _, who := range []bridge.Address{kim, lee} {
		m.says(who)
	}
	for {
		due, err := m.Due(m.Context(), bridge.SessionLane)
		m.no(err)
		if len(due) == 0 {
			break
		}
		l, err := m.Take(m.Context(), bridge.SessionLane, due[0])
		m.no(err)
		for _, it := range l.Items {
			m.took[it.Address] = append(m.took[it.Address], it.ID)
			if it.Address == lee && l.ID == string(m.old) && !m.back && it.ID != "letter" {
				m.Errorf("before command %d: %s was answered by the session that lee has left", n, it.ID)
			}
		}
		m.no(m.Finish(m.Context(), l, bridge.Outcome{Done: len(l.Items)}))
	}
	for who, wrote := range m.wrote {
		took := slices.DeleteFunc(m.took[who], func(id string) bool { return id == "letter" })
		if m.twice {
			slices.Sort(took)
			took = slices.Compact(took)
		}
		if !slices.Equal(took, wrote) {
			m.Errorf("before command %d: of %s %q was answered, want %q", n, who.ID, took, wrote)
		}
	}
	at := m.findOf(lee)
	if got, err := m.Addresses(m.Context(), at); err != nil || !slices.Contains(got, lee) {
		m.Errorf("before command %d: session of lee has %v, %v", n, got, err)
	}
	if got, err := m.Addresses(m.Context(), m.old); err != nil || slices.Contains(got, lee) != (at == m.old) {
		m.Errorf("before command %d: the session that lee has left has %v, %v", n, got, err)
	}
}

// TestAnAddressIsOfOneSessionWhateverHappensAsItIsAttached has kim get lee's address while, between any two
// commands of that, lee writes, or someone else gets the address: in the end it is of one session, and what
// lee wrote is answered once, in order. So it is where the process of kim dies there.
func TestAnAddressIsOfOneSessionWhateverHappensAsItIsAttached(t *testing.T) {
	server := redistest.New(t)
	attach := func(s *teller, store bridge.Store, l *bridge.Lease) bridge.SessionID {
		whose, err := store.Attach(s.Context(), l, lee)
		s.no(err)
		return whose
	}
	for name, happen := range map[string]func(s *teller, r *testRedis){
		"LeeWrites": func(s *teller, _ *testRedis) {
			s.record(lee, "l1", true)
			s.record(lee, "l2", true)
		},
		"LeeLooks": func(s *teller, r *testRedis) {
			_, err := r.Look(s.Context(), lee, "", 0)
			s.no(err)
		},
		"MoGetsItToo": func(s *teller, r *testRedis) {
			l := s.take(s.record(mo, "attach", true))
			attach(s, r, l)
			s.no(r.Finish(s.Context(), l, bridge.Outcome{Done: 1}))
			s.record(lee, "l1", true)
		},
	} {
		for _, was := range []string{"Unknown", "Old", "Forgotten"} {
			for _, dies := range []bool{false, true} {
				t.Run(fmt.Sprint(name, was, dies), func(t *testing.T) {
					for n := 1; ; n++ {
						r := openTest(t, server)
						s := &teller{T: t, Store: r}
						switch was {
						case "Old":
							s.answered(lee, "l", nil)
							r.Advance(t, 180*24*time.Hour+time.Minute)
						case "Forgotten":
							s.no(r.Forget(t.Context(), s.take(s.record(lee, "forget", true)), nil))
						}
						l := s.take(s.record(kim, "attach", true))
						happened := false
						store := meddled(t, r, server, n, func() {
							happened = true
							happen(s, r)
						})
						if dies {
							store.client.AddHook(&killer{left: n})
							_, _ = store.Attach(t.Context(), l, lee)
						} else if whose := attach(s, store, l); whose != attach(s, r, l) {
							t.Error("attached again, it is someone else's")
						}
						s.no(r.Finish(t.Context(), l, bridge.Outcome{Done: 1}))
						if wantOneOwner(s, bridge.SessionID(l.ID)); t.Failed() {
							t.Fatalf("with something before command %d", n)
						}
						r.client.Close()
						if !happened {
							return
						}
					}
				})
			}
		}
	}
}

// wantOneOwner checks that exactly one session has lee's address, that of who finds it, and that lee's
// messages were answered there.
func wantOneOwner(s *teller, sessions ...bridge.SessionID) {
	s.Helper()
	ctx := s.Context()
	last := s.record(lee, "last", true)
	var got []string
	for {
		due, err := s.Due(ctx, bridge.SessionLane)
		s.no(err)
		if len(due) == 0 {
			break
		}
		l, err := s.Take(ctx, bridge.SessionLane, due[0])
		s.no(err)
		sessions = append(sessions, bridge.SessionID(l.ID))
		for _, it := range l.Items {
			if it.Address == lee {
				got = append(got, it.ID)
			}
		}
		s.no(s.Finish(ctx, l, bridge.Outcome{Done: len(l.Items)}))
	}
	if want := slices.Clone([]string{"l1", "l2", "last"}); !slices.IsSorted(got) || len(got) == 0 || got[len(got)-1] != "last" || len(got) > len(want) {
		s.Errorf("answered %q", got)
	}
	owner, err := s.Find(ctx, lee)
	s.no(err)
	if owner != last.Session {
		s.Errorf("lee is found in %s, and writes in %s", owner, last.Session)
	}
	for _, id := range sessions {
		addresses, err := s.Addresses(ctx, id)
		s.no(err)
		if slices.Contains(addresses, lee) != (id == owner) {
			s.Errorf("session %s has %v, and lee is of %s", id, addresses, owner)
		}
	}
}
