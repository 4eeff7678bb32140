package bridgetest

import (
	"errors"
	"sync"
	"time"

	"ferry/bridge"
)

// testTickets checks that a ticket is good once, for one holder, and not for longer than it was issued for.
func testTickets(run runner) {
	ticket := bridge.Ticket{Session: "s1", From: "hash of an address", Kind: "link", Note: "fresh"}

	run("ATicketIsUsedByOneHolder", func(s *storeTest) {
		s.no(s.Issue(s.Context(), "h", ticket, time.Minute))
		s.wantTicket("h", ticket)
		used := ticket
		used.Used = "ann"
		for range 2 {
			got, err := s.Redeem(s.Context(), "h", "ann")
			s.no(err)
			if got != used {
				s.Errorf("redeemed %+v, want %+v", got, used)
			}
		}
		if _, err := s.Redeem(s.Context(), "h", "eve"); !errors.Is(err, bridge.ErrTicketUsed) {
			s.Errorf("redeemed by another: %v, want ErrTicketUsed", err)
		}
		s.wantTicket("h", used)
		s.no(s.Issue(s.Context(), "h", ticket, time.Minute))
		s.wantTicket("h", used)
	})

	run("OneOfManyGetsATicket", func(s *storeTest) {
		const many = 20
		s.no(s.Issue(s.Context(), "h", ticket, time.Minute))
		var mu sync.Mutex
		var wg sync.WaitGroup
		got := 0
		for i := range many {
			wg.Go(func() {
				_, err := s.Redeem(s.Context(), "h", string(rune('a'+i)))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					got++
				case !errors.Is(err, bridge.ErrTicketUsed):
					s.Error(err)
				}
			})
		}
		wg.Wait()
		if got != 1 {
			s.Errorf("%d of %d got the ticket, want one", got, many)
		}
	})

	run("ATicketHasALife", func(s *storeTest) {
		s.no(s.Issue(s.Context(), "h", ticket, time.Minute))
		s.no(s.Issue(s.Context(), "h", ticket, time.Second)) // which shortens nothing
		s.passes(50 * time.Second)
		s.wantTicket("h", ticket)
		s.no(s.Issue(s.Context(), "h", ticket, time.Minute))
		s.passes(50 * time.Second)
		s.wantTicket("h", ticket)
		s.passes(20 * time.Second)
		s.wantNoTicket("h")
		s.no(s.Note(s.Context(), "h", "late"))
		s.wantNoTicket("h")
		other := bridge.Ticket{Session: "s2"}
		s.no(s.Issue(s.Context(), "h", other, time.Minute))
		s.wantTicket("h", other)
	})

	run("ATicketCanBeNotedAndVoided", func(s *storeTest) {
		s.wantNoTicket("h")
		s.no(s.Note(s.Context(), "h", "early"))
		s.wantNoTicket("h")
		s.no(s.Void(s.Context(), "h"))
		s.no(s.Issue(s.Context(), "h", ticket, time.Minute))
		s.no(s.Note(s.Context(), "h", "asked"))
		noted := ticket
		noted.Note = "asked"
		s.wantTicket("h", noted)
		s.no(s.Issue(s.Context(), "h", ticket, time.Minute))
		s.wantTicket("h", noted)
		for range 2 {
			s.no(s.Void(s.Context(), "h"))
			s.wantNoTicket("h")
		}
	})
}

func (s *storeTest) wantTicket(hash string, want bridge.Ticket) {
	s.Helper()
	got, err := s.Ticket(s.Context(), hash)
	s.no(err)
	if got != want {
		s.Errorf("ticket = %+v, want %+v", got, want)
	}
}

// wantNoTicket checks that there is none, whatever is asked.
func (s *storeTest) wantNoTicket(hash string) {
	s.Helper()
	if _, err := s.Ticket(s.Context(), hash); !errors.Is(err, bridge.ErrNoTicket) {
		s.Errorf("Ticket = %v, want ErrNoTicket", err)
	}
	if _, err := s.Redeem(s.Context(), hash, "ann"); !errors.Is(err, bridge.ErrNoTicket) {
		s.Errorf("Redeem = %v, want ErrNoTicket", err)
	}
}

// testFree checks that who only asks for a place takes none.
func testFree(run runner) {
	run("WhoAsksForAPlaceTakesNone", func(s *storeTest) {
		limit := bridge.Limit{Key: "codes", Every: time.Hour, Burst: 2}
		free := func(want time.Duration) {
			s.Helper()
			got, err := s.Free(s.Context(), limit)
			s.no(err)
			s.wantWait(got, want)
		}
		for range 3 {
			free(0)
		}
		s.wantWaits(limit, 0)
		free(0)
		s.wantWaits(limit, 0)
		free(time.Hour)
		free(time.Hour)
		s.passes(time.Hour)
		free(0)
		if got, err := s.Free(s.Context(), bridge.Limit{Key: "none"}); err != nil || got != 0 {
			s.Errorf("free under no limit in %s, %v, want now", got, err)
		}
	})
}
