package whatsapp_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"ferry/adapters/whatsapp"
	"ferry/adapters/whatsapp/whatsapptest"
	"ferry/bridge"
)

// The webhooks in testdata came at this time; most messages in them were written a minute before.
var (
	came    = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	written = came.Add(-time.Minute)
)

// knock is what Ayu's messages come to as a rule, with what differs.
func knock(change func(*bridge.Knock)) []bridge.Knock {
	k := bridge.Knock{ID: "whatsapp:wamid.A", From: address("+" + ayu), Also: address(ayuID), At: written, Name: "Ayu Lestari"}
	if change != nil {
		change(&k)
	}
	return []bridge.Knock{k}
}

func says(text string) []bridge.Knock { return knock(func(k *bridge.Knock) { k.Text = text }) }

// moved is a knock that tells of another address.
func moved(id, was, is, also string) bridge.Knock {
	k := bridge.Knock{ID: "whatsapp:wamid.A" + id, From: address(is), Was: address(was), At: written}
	if also != "" {
		k.Also = address(also)
	}
	return k
}

func TestWhatComesToAKnock(t *testing.T) {
	var none []bridge.Knock
	const bia, biaID = "+5511976543210", "BR.7"
	for name, want := range map[string][]bridge.Knock{
		"text":                 says("does it rain in Ubud? " + whisper),
		"text_before_user_ids": knock(func(k *bridge.Knock) { k.Also, k.Text = bridge.Address{}, whisper }),
		"text_by_username": knock(func(k *bridge.Knock) {
			k.From, k.Also, k.Text = address(ayuID), bridge.Address{}, whisper
		}),
		"text_id_in_contact_only": knock(func(k *bridge.Knock) {
			k.From, k.Also, k.Text = address(ayuID), bridge.Address{}, whisper
		}),
		"text_parent_id_only": knock(func(k *bridge.Knock) {
			k.From, k.Also, k.Text = address("US.ENT.11815799212886844830"), bridge.Address{}, whisper
		}),
		"text_user_id_in_from": knock(func(k *bridge.Knock) {
			k.From, k.Also, k.Text = address(ayuID), bridge.Address{}, whisper
		}),
		// another person's id or name must not get into it
		"text_other_contact":             knock(func(k *bridge.Knock) { k.Name, k.Text = "", whisper }),
		"text_other_contact_same_number": knock(func(k *bridge.Knock) { k.Name, k.Text = "", whisper }),
		"text_without_contacts":          knock(func(k *bridge.Knock) { k.Name, k.Text = "", whisper }),
		"text_mexico_old_form": knock(func(k *bridge.Knock) {
			k.From, k.Also, k.Text = address("+525512345678"), address("MX.1"), whisper
		}),
		"text_mexico_new_form": knock(func(k *bridge.Knock) {
			k.From, k.Also, k.Text = address("+525512345678"), address("MX.1"), whisper
		}),
		"text_from_ad":            says(whisper),
		"text_reply":              says(whisper),
		"text_numbers_as_numbers": says(whisper),
		"text_odd_characters":     knock(func(k *bridge.Knock) { k.Name, k.Text = "Ayu", whisper }),
		"text_without_time":       knock(func(k *bridge.Knock) { k.At, k.Text = came, whisper }),
		"text_far_future":         knock(func(k *bridge.Knock) { k.At, k.Text = came, whisper }),
		"text_before_all_time":    knock(func(k *bridge.Knock) { k.At, k.Text = came, whisper }),
		"text_just_in_time":       knock(func(k *bridge.Knock) { k.At, k.Text = came.Add(-24*time.Hour), whisper }),
		"text_of_the_wrong_shape": says(""),
		"text_old":                none,
		"text_old_stop":           knock(func(k *bridge.Knock) { k.At, k.Text = came.Add(-24*time.Hour-time.Second), "STOP" }),
		"text_group":              none,
		"text_from_a_group":       none,
		"text_from_ourselves":     none,
		"text_of_another_number":  none,
		"text_without_id":         none,
		"text_without_sender":     none,

		"button":               says("STOP"),
		"button_payload_alone": says("STOP"),
		"button_reply":         says("Stop"),
		"list_reply":           says("Start"),
		"form_reply":           says(""),

		"image": says(""), "audio": says(""), "video": says(""), "document": says(""), "sticker": says(""),
		"location": says(""), "contacts": says(""), "order": says(""),
		"unsupported": says(""), "unknown": says(""), "type_of_the_future": says(""),

		"reaction": none, "edit": none, "revoke": none, "ephemeral": none, "request_welcome": none,

		"changed_number": {moved("", "+"+ayu, "+6281299999999", "")},
		"changed_number_old_news": {func() bridge.Knock {
			k := moved("", "+"+ayu, "+6281299999999", "")
			k.At = came.Add(-24*time.Hour - time.Second)
			return k
		}()},
		"changed_number_old_format": {moved("", "+"+ayu, "+6281299999999", "")},
		"changed_number_and_user_id": {
			moved("", "+"+ayu, "+6281299999999", "ID.2"),
			moved(":user_id", ayuID, "ID.2", "+6281299999999"),
		},
		"changed_number_to_itself":  none,
		"changed_number_to_nothing": none,
		"changed_user_id":           {moved(":user_id", ayuID, "ID.2", "")},
		"changed_user_id_from":      {moved(":user_id", ayuID, "ID.2", "")},
		"changed_identity":          none,

		"many": {
			{ID: "whatsapp:wamid.1", From: address("+" + ayu), Also: address(ayuID), Text: whisper + " 1", At: written, Name: "Ayu Lestari"},
			{ID: "whatsapp:wamid.2", From: address(bia), Also: address(biaID), Text: whisper + " 2", At: written, Name: "Bia"},
			{ID: "whatsapp:wamid.3", From: address("+" + ayu), Also: address(ayuID), At: written, Name: "Ayu Lestari"},
			{ID: "whatsapp:wamid.4", From: address(bia), Also: address(biaID), Text: whisper + " 4", At: written, Name: "Bia"},
		},
		"echo": none, "echo_as_messages": none, "group_created": none, "delivered": none, "page": none,
	} {
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", "webhooks", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			wa, _, s, _ := newPair(t, func(c *whatsapp.Config) { c.Now = func() time.Time { return came } })
			wa.Break("read", whatsapptest.Refuse(131009)) // these messages are none of the emulator's
			if status, err := wa.Push(t.Context(), body); status != 200 || err != nil {
				t.Errorf("status = %d (%v), want 200", status, err)
			}
			if got := s.knocks(); !reflect.DeepEqual(got, want) {
				t.Errorf("knocks = %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestEveryWebhookInTestdataIsExpected(t *testing.T) {
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d webhooks (%v)", len(files), err)
	}
	source, err := os.ReadFile("knock_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".json"); !strings.Contains(string(source), `"`+name+`":`) {
			t.Errorf("%s is not expected to come to anything", file)
		}
	}
}

func TestPeopleWhoWriteAreHeard(t *testing.T) {
	wa, _, s, _ := newPair(t, nil)
	wa.Meet(whatsapptest.Person{Number: ayu, UserID: ayuID, Name: "Ayu", Username: "ayu.lestari"})
	wa.Meet(whatsapptest.Person{UserID: "BR.7", Name: "Bia", Username: "bia"})
	wa.Meet(whatsapptest.Person{Number: "393331234567", Name: "Carlo"})
	for _, c := range []struct {
		who        string
		from, also string
	}{{ayu, "+" + ayu, ayuID}, {"BR.7", "BR.7", ""}, {"393331234567", "+393331234567", ""}} {
		id := wa.Say(c.who, whisper)
		k := <-s.news
		if k.ID != "whatsapp:"+id || k.From != address(c.from) || k.Also.ID != c.also || k.Text != whisper || k.Name == "" {
			t.Errorf("knock = %+v, want one of %s and %q with id %s", k, c.from, c.also, id)
		}
	}
	wa.Image(ayu, whisper)
	wa.Voice(ayu)
	wa.Press(ayu, "STOP")
	for _, want := range []string{"", "", "STOP"} {
		if k := <-s.news; k.Text != want {
			t.Errorf("text = %q, want %q", k.Text, want)
		}
	}
	wa.React(ayu, "wamid.X", "👍")
	wa.ChangeNumber(ayu, "6281299999999")
	for _, was := range []string{"+" + ayu, ayuID} {
		if k := <-s.news; k.Was != address(was) || k.Text != "" {
			t.Errorf("knock = %+v, want that %s is somewhere else", k, was)
		}
	}
}

func TestAnIDMustNotBeEndless(t *testing.T) {
	wa, _, s, _ := newPair(t, nil)
	wa.Break("read", whatsapptest.Refuse(131009))
	wa.Message(ayu, map[string]any{"id": strings.Repeat("w", 513), "type": "text"})
	wa.Message(ayu, map[string]any{"id": strings.Repeat("w", 512), "type": "text"})
	if k := <-s.news; k.ID != "whatsapp:"+strings.Repeat("w", 512) {
		t.Errorf("id of %d bytes is taken", len(k.ID))
	}
}

func TestADuplicateHasTheSameID(t *testing.T) {
	wa, _, s, _ := newPair(t, nil, whatsapptest.Twice())
	ids := make(chan string, 10)
	s.failing(func(k bridge.Knock) error {
		ids <- k.ID
		return nil
	})
	id := wa.Say(ayu, whisper)
	first, second := <-ids, <-ids
	if first != "whatsapp:"+id || second != first {
		t.Errorf("ids = %q and %q, want that of %s twice", first, second, id)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if status, err := wa.Redeliver(ctx, id); status != 200 || err != nil || <-ids != first {
		t.Errorf("a week later: %d (%v), want 200 and the same id", status, err)
	}
}
