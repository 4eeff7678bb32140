package whatsapp_test

import (
	"testing"

	"ferry/adapters/whatsapp"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

func TestANumberHasOneForm(t *testing.T) {
	for in, want := range map[string]string{
		"6281234567890":  "+6281234567890",
		"+6281234567890": "+6281234567890",
		"16505551234":    "+16505551234",
		"390612345678":   "+390612345678", // Italy keeps its zero
		"2250712345678":  "+2250712345678",
		"447911123456":   "+447911123456",
		"15550783881":    "+15550783881", // nobody's, as in Meta's samples
		"999123456789":   "+999123456789",

		"5215512345678": "+525512345678", // Mexico
		"525512345678":  "+525512345678",
		"5218112345678": "+528112345678",

		"553196883193":  "+5531996883193", // Brazil, a mobile without its 9
		"5531996883193": "+5531996883193",
		"551133334444":  "+551133334444", // a landline
		"551198765432":  "+5511998765432",
		"5511998765432": "+5511998765432",
		"558001234567":  "+558001234567", // free of charge

		"5491123456789":  "+5491123456789", // Argentina
		"541123456789":   "+5491123456789",
		"54111523456789": "+5491123456789", // as people write it at home
		"542214567890":   "+5492214567890",
		"5492214567890":  "+5492214567890",

		"ID.13491208655302741918":     "ID.13491208655302741918",
		"US.ENT.11815799212886844830": "US.ENT.11815799212886844830",
		"BR.a1B2":                     "BR.a1B2",
	} {
		if got, ok := whatsapp.Canonical(in); got != want || !ok {
			t.Errorf("Canonical(%q) = %q, %v, want %q", in, got, ok, want)
		}
		if again, ok := whatsapp.Canonical(want); again != want || !ok {
			t.Errorf("Canonical(%q) = %q, %v, want itself", want, again, ok)
		}
	}
	for _, in := range []string{
		"", "+", "123456", "1234567890123456", "0812345678", "+0812345678", "62-812-345", "6281234567890-1612345678", "120363222771963067@g.us",
		"62 812 3456 7890", "٦٢٨١٢٣٤٥٦٧٨٩٠", "id.1349", "IDN.1349", "ID.", "ID.1349/../x", "ID.1349 ", "ID.1349\n", "6281234567890\n", "US.ENT.", "US.X.1",
	} {
		if got, ok := whatsapp.Canonical(in); ok {
			t.Errorf("Canonical(%q) = %q, want none", in, got)
		}
	}
}

// Whatever form WhatsApp knows a person by, and whatever form an operator writes, the notice arrives.
func TestANoticeReachesANumberInEitherForm(t *testing.T) {
	for _, c := range []struct{ account, address string }{
		{"5215512345678", "+525512345678"},
		{"5215512345678", "+5215512345678"},
		{"525512345678", "+525512345678"},
		{"553196883193", "+5531996883193"},
		{"5531996883193", "+5531996883193"},
		{"5491123456789", "+5491123456789"},
		{"541123456789", "+5491123456789"}, // WhatsApp itself does not find it
		{"541123456789", "+541123456789"},
		{"6281234567890", "+6281234567890"},
	} {
		wa := newServer(t, whatsapptest.WithoutStatuses())
		ch, _ := newChannel(t, config(wa))
		wa.Say(c.account, whisper)
		if err := ch.Notify(t.Context(), address(c.address), bridge.Notification{Body: "gone"}); err != nil {
			t.Errorf("to %s, whose account is %s: %v", c.address, c.account, err)
		}
		if got := len(wa.Inbox(c.account)); got != 1 {
			t.Errorf("%d messages reached %s, want 1", got, c.account)
		}
	}
}

// Test numbers in Argentina know only the form without the 9.
func TestARecipientOfATestNumberIsTriedInItsOtherForm(t *testing.T) {
	wa := newServer(t)
	ch, _ := newChannel(t, config(wa))
	wa.Fail("messages", whatsapptest.Refuse(131030), whatsapptest.Refuse(131030))
	sendError(t, ch.Notify(t.Context(), address("+5491123456789"), bridge.Notification{Body: "gone"}), bridge.Rejected)
	var tried []any
	for _, call := range wa.Calls("messages") {
		tried = append(tried, call.Body["to"])
	}
	if len(tried) != 2 || tried[0] != "+5491123456789" || tried[1] != "+541123456789" {
		t.Errorf("tried %v, want both forms", tried)
	}
}
