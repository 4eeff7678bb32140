package smstest

import (
	"slices"
	"strings"
)

// The words that Twilio and Telnyx act on by themselves, as a whole message in any case
// (https://help.twilio.com/articles/223134027 and
// https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out).
var (
	stopWords  = []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
	startWords = []string{"START", "UNSTOP", "YES"}
	helpWords  = []string{"HELP", "INFO"}
)

// What Twilio answers to them by default; the words of Telnyx are much the same.
const (
	stopped   = "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
	restarted = "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
	helped    = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)

// carrier does what a word asks of the carrier. YES is one only after a STOP.
func (n *network) carrier(from, text string) {
	word := strings.ToUpper(strings.TrimSpace(text))
	n.mu.Lock()
	p := n.phone(from)
	said := ""
	switch {
	case slices.Contains(stopWords, word) && !p.silent:
		p.silent, said = true, stopped
	case slices.Contains(startWords, word) && p.silent:
		p.silent, said = false, restarted
	case slices.Contains(helpWords, word) && !p.silent:
		said = helped
	}
	n.mu.Unlock()
	if said != "" {
		n.show(Message{From: n.number, To: from, Text: said, Carrier: true})
	}
}
