package bridgetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ferry/bridge"
)

// A Subject is a channel under test, with its platform on the other side.
type Subject struct {
	Channel bridge.Channel
	// To is somebody who can be sent to.
	To bridge.Address
	// Secrets are what may be in no error.
	Secrets []string
	// Got returns the next text that To has got.
	Got func(ctx context.Context) (string, error)
	// Deliver has the platform bring a message of To's to the channel, twice, and the channel
	// hand it to receive.
	Deliver func(ctx context.Context, text string, receive bridge.Receive) error
	// Fail has the platform answer the next call so that Send must fail for this reason; it reports
	// whether the platform has such an answer.
	Fail func(bridge.Reason) bool
	// Cut has the platform do the next call and then hang up without an answer.
	Cut func()
	// Hang has the platform never answer the next call.
	Hang func()
	// Close makes the platform unreachable.
	Close func()
}

// TestChannel checks that a channel keeps what bridge.Channel promises, and what its capabilities do.
// open returns a new one for each test.
func TestChannel(t *testing.T, open func(t *testing.T) Subject) {
	for name, test := range map[string]func(*testing.T, Subject){
		"WhatIsSentArrives":                     testArrives,
		"FailuresAreToldInOurWords":             testFailures,
		"ASendThatWasCutOffIsInDoubt":           testCut,
		"AnUnreachablePlatformIsInNoDoubt":      testUnreachable,
		"AContextEndsAHungCall":                 testHung,
		"ASecondDeliveryIsKnownByItsID":         testDeliveredTwice,
		"WhatTheBridgeRefusesIsBroughtAgain":    testRefused,
		"SplittingLosesNoWordAndLeavesNoBlanks": testSplit,
		"LimitsCanBeKept":                       testChannelLimits,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// soon bounds what should take no time.
const soon = 20 * time.Second

func (s Subject) send(t *testing.T, text string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	err := s.Channel.Send(ctx, s.To, bridge.Part{ID: "test/0", Text: text})
	s.wantNoSecret(t, err)
	return err
}

func (s Subject) wantNoSecret(t *testing.T, err error) {
	t.Helper()
	for _, secret := range s.Secrets {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("an error has a secret in it: %q", strings.ReplaceAll(err.Error(), secret, "SECRET"))
		}
	}
}

// wantFailure returns the SendError that err has to be.
func (s Subject) wantFailure(t *testing.T, err error, want bridge.Reason) *bridge.SendError {
	t.Helper()
	failure, ok := errors.AsType[*bridge.SendError](err)
	if !ok {
		t.Fatalf("Send = %v, want a *bridge.SendError", err)
	}
	if failure.Reason != want {
		t.Errorf("Send = %v, want reason %s", err, want)
	}
	if failure.Err == nil {
		t.Error("the failure has nothing for the log")
	}
	return failure
}

func testArrives(t *testing.T, s Subject) {
	for _, text := range []string{"hello", "*not* <b>markup</b> & \"such\" _things_", "नमस्ते 👋🏽\nsecond line"} {
		if err := s.send(t, text); err != nil {
			t.Fatalf("Send(%q) = %v", text, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), soon)
		got, err := s.Got(ctx)
		cancel()
		if err != nil || got != text {
			t.Errorf("arrived %q (%v), want %q", got, err, text)
		}
	}
}

func testFailures(t *testing.T, s Subject) {
	for _, reason := range []bridge.Reason{bridge.Unavailable, bridge.Throttled, bridge.Rejected, bridge.Denied, bridge.Blocked} {
		if !s.Fail(reason) {
			continue
		}
		failure := s.wantFailure(t, s.send(t, "hello"), reason)
		if reason == bridge.Throttled && failure.RetryAfter <= 0 {
			t.Errorf("throttled for %v, want the time that the platform says", failure.RetryAfter)
		}
		if failure.InDoubt && reason != bridge.Unavailable {
			t.Errorf("%s is in doubt, want a refusal to be none", reason)
		}
	}
}

func testCut(t *testing.T, s Subject) {
	s.Cut()
	if failure := s.wantFailure(t, s.send(t, "hello"), bridge.Unavailable); !failure.InDoubt {
		t.Error("a send that was cut off is not in doubt")
	}
}

func testUnreachable(t *testing.T, s Subject) {
	s.Close()
	if failure := s.wantFailure(t, s.send(t, "hello"), bridge.Unavailable); failure.InDoubt {
		t.Error("a send that reached nobody is in doubt")
	}
}

func testHung(t *testing.T, s Subject) {
	s.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // by when the platform has been asked
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Channel.Send(ctx, s.To, bridge.Part{ID: "test/0", Text: "hello"}) }()
	select {
	case err := <-ended:
		s.wantNoSecret(t, err)
		if failure := s.wantFailure(t, err, bridge.Unavailable); !failure.InDoubt {
			t.Error("a send that was never answered is not in doubt")
		}
	case <-time.After(soon):
		t.Fatal("Send goes on though its context has ended")
	}
}

// handed delivers a message and returns what the channel makes of it.
func (s Subject) handed(t *testing.T, text string, n int, refuse error) []bridge.Inbound {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	got := make(chan bridge.Inbound, 100)
	err := s.Deliver(ctx, text, func(_ context.Context, in bridge.Inbound) error {
		got <- in
		first := refuse
		refuse = nil
		return first
	})
	if err != nil {
		t.Fatalf("deliver %q: %v", text, err)
	}
	var all []bridge.Inbound
	for range n {
		select {
		case in := <-got:
			all = append(all, in)
		case <-ctx.Done():
			t.Fatalf("the channel handed in %d messages, want %d", len(all), n)
		}
	}
	return all
}

func testDeliveredTwice(t *testing.T, s Subject) {
	all := append(s.handed(t, "hello", 2, nil), s.handed(t, "hello", 2, nil)...)
	for _, in := range all {
		if in.From != s.To || in.Text != "hello" || in.At.IsZero() {
			t.Errorf("handed in %+v, want the text, its time and the address %s", in, s.To)
		}
	}
	if all[0].ID == "" || all[0].ID != all[1].ID || all[2].ID != all[3].ID {
		t.Errorf("ids of the same message are %q and %q, %q and %q, want them equal", all[0].ID, all[1].ID, all[2].ID, all[3].ID)
	}
	if all[0].ID == all[2].ID {
		t.Errorf("two messages have the id %q", all[0].ID)
	}
}

func testRefused(t *testing.T, s Subject) {
	all := s.handed(t, "hello", 2, errors.New("the store is away"))
	if all[0].ID != all[1].ID {
		t.Errorf("after a refusal came %q, want %q again", all[1].ID, all[0].ID)
	}
}

func testSplit(t *testing.T, s Subject) {
	splitter, ok := s.Channel.(bridge.Splitter)
	if !ok {
		t.Skip("the channel does not split")
	}
	for _, text := range []string{
		"short", strings.Repeat("word ", 5000), strings.Repeat("x", 30000), strings.Repeat("👩‍👩‍👧‍👦", 3000),
		strings.Repeat("line\n\n", 4000), " \n" + strings.Repeat("नमस्ते ", 4000) + "\n ",
	} {
		parts := splitter.Split(text)
		for _, part := range parts {
			if strings.TrimSpace(part) == "" {
				t.Errorf("a part of %.20q… is blank", text)
			}
		}
		got, want := strings.Join(strings.Fields(strings.Join(parts, "")), ""), strings.Join(strings.Fields(text), "")
		if got != want {
			t.Errorf("parts of %.20q… have %d bytes of words, want %d", text, len(got), len(want))
		}
		if err := s.send(t, parts[0]); err != nil {
			t.Errorf("the first part of %.20q… does not pass: %v", text, err)
		}
	}
	if parts := splitter.Split(" \n\t"); len(parts) != 0 {
		t.Errorf("blanks make %d parts, want none", len(parts))
	}
}

func testChannelLimits(t *testing.T, s Subject) {
	limiter, ok := s.Channel.(bridge.Limiter)
	if !ok {
		t.Skip("the channel has no limits")
	}
	seen := map[string]bool{}
	for _, limit := range limiter.Limits(s.To) {
		if limit.Every <= 0 || limit.Burst < 1 {
			t.Errorf("limit %q is %v with a burst of %d, want both above 0", limit.Key, limit.Every, limit.Burst)
		}
		if !strings.HasPrefix(limit.Key, s.Channel.Name()+":") || seen[limit.Key] {
			t.Errorf("limit %q: want a key of its own that begins with the channel's name", limit.Key)
		}
		seen[limit.Key] = true
		for _, secret := range s.Secrets {
			if strings.Contains(limit.Key, secret) {
				t.Error("the key of a limit has a secret in it")
			}
		}
	}
}
