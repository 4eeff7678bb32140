package telegram_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/telegram/telegramtest"
	"ferry/bridge"
)

// polling runs a channel in a bubble and returns its emulator, itself, and what it hands to the bridge.
func polling(t *testing.T) (*telegramtest.Server, bridge.Channel, *store) {
	t.Helper()
	tg := newServer(t)
	cfg := config(tg)
	ch, _ := newChannel(t, cfg)
	t.Cleanup(ch.Wait)
	s := newStore()
	<-start(t, ch, s).ready
	return tg, ch, s
}

// ask sends a question with choices and returns its message.
func ask(t *testing.T, tg *telegramtest.Server, ch bridge.Channel, to string, choices ...bridge.Choice) telegramtest.Message {
	t.Helper()
	if err := ch.Send(t.Context(), address(to), bridge.Part{ID: "p", Text: whisper, Ask: "q7", Choices: choices}); err != nil {
		t.Fatal(err)
	}
	m, err := tg.Sent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAPressIsAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s := polling(t)
		tg.Meet(telegramtest.Person{ID: 42, FirstName: "Sari", LastName: "Dewi", Language: "id"})
		long := "Keep what is here " + strings.Repeat("é", 30)
		choices := []bridge.Choice{{Label: "Ya", Say: "yes"}, {Label: "Tidak"}, {Label: "Simpan", Say: long}}
		for label, want := range map[string]string{"Ya": "yes", "Tidak": "Tidak", "Simpan": "Simpan"} {
			m := ask(t, tg, ch, "42", choices...)
			query := tg.Press(42, 42, m.ID, label)
			in := <-s.news
			if in.Text != want || in.Pressed != "q7" || in.From != address("42") || in.Group || in.Name != "Sari Dewi" || in.Language != "id" ||
				in.Ref != strconv.Itoa(m.ID) || !strings.HasPrefix(in.ID, "telegram-") || in.At.IsZero() {
				t.Errorf("message = %+v, want %q", in, want)
			}
			pass(time.Second)
			if !tg.Answered(query) {
				t.Error("the app still waits for an answer")
			}
			screen := tg.Screen(42).Messages
			if got := screen[len(screen)-1].Keyboard; len(got) != 0 {
				t.Errorf("buttons = %v, want none when one was used", got)
			}
		}
	})
}

func TestAPressInAGroupIsTheGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s := polling(t)
		const group = -1000000000500
		tg.JoinGroup(telegramtest.Group{ID: group, Title: "Friends", Topics: true})
		<-s.news // they let us in
		topic := tg.OpenTopic(group, 1, "Beaches")
		to := "-1000000000500:" + strconv.Itoa(topic)
		m := ask(t, tg, ch, to, bridge.Choice{Label: "Ya", Say: "yes"})
		tg.Press(7, group, m.ID, "Ya")
		if in := <-s.news; in.From != address(to) || !in.Group || in.Name != "Person" || in.Text != "yes" || in.Pressed != "q7" {
			t.Errorf("message = %+v", in)
		}
	})
}

func TestForgedAndForeignPressesAreAcknowledgedAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s := polling(t)
		tg.Say(42, whisper)
		tg.Say(43, whisper)
		<-s.news
		<-s.news
		m := ask(t, tg, ch, "42", bridge.Choice{Label: "Ya", Say: "yes"})
		queries := []string{
			tg.PressData(43, 42, m.ID, "ask:q7:=yes"),   // somebody else, in their chat
			tg.PressData(42, 42, m.ID, "ask:q7:=no"),    // no such button
			tg.PressData(42, 42, m.ID, "ask:q8:=yes"),   // of another question
			tg.PressData(42, 42, m.ID, "stop"),          // nothing to stop here
			tg.PressData(42, 42, m.ID, whisper),         // nonsense
			tg.PressData(42, 42, 999, "ask:q7:=yes"),    // below a message that is not there
			tg.PressData(42, 42, 1, "ask:q7:=yes"),      // below their own
			tg.PressData(42, 42, m.ID, "ask:q7:#0"),     // another way of saying it
			tg.PressData(42, 42, m.ID, "ask:q7:#-1"),    //
			tg.PressData(42, 42, m.ID, "ask::=\x00yes"), //
		}
		pass(time.Second)
		for i, q := range queries {
			if !tg.Answered(q) {
				t.Errorf("press %d: the app still waits for an answer", i)
			}
		}
		if len(s.news) != 0 {
			t.Errorf("message = %+v, want none", <-s.news)
		}
		if screen := tg.Screen(42).Messages; len(screen[len(screen)-1].Keyboard) == 0 {
			t.Error("the buttons are gone, though nobody has used them")
		}
		// and what is no press of a message at all
		tg.Push(`{"update_id":2000000,"callback_query":{"id":"a","from":{"id":42},"inline_message_id":"x","chat_instance":"1","data":"stop"}}`)
		tg.Push(`{"update_id":2000001,"callback_query":{"id":"b","message":{"message_id":1,"chat":{"id":42,"type":"private"}}}}`)
		tg.Push(`{"update_id":2000002,"callback_query":{}}`)
		pass(time.Second)
		if len(s.news) != 0 || tg.Waiting() != 0 {
			t.Errorf("%d messages, %d updates that wait; want none", len(s.news), tg.Waiting())
		}
	})
}

func TestAPressCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s := polling(t)
		tg.Say(42, whisper)
		<-s.news
		m := ask(t, tg, ch, "42", bridge.Choice{Label: "Ya", Say: "yes"}, bridge.Choice{Label: "Tidak", Say: "no"})
		tg.Press(42, 42, m.ID, "Ya")
		<-s.news
		pass(time.Second)
		late := tg.PressData(42, 42, m.ID, "ask:q7:=no") // their app was slow to hear that the buttons are gone
		pass(time.Second)
		if len(s.news) != 0 || !tg.Answered(late) {
			t.Errorf("%d messages, answered: %t; want none, and that it is answered", len(s.news), tg.Answered(late))
		}
	})
}

func TestAPressThatTheStoreDoesNotTakeComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s := polling(t)
		tg.Say(42, whisper)
		<-s.news
		m := ask(t, tg, ch, "42", bridge.Choice{Label: "Ya", Say: "yes"})
		s.failing(func(bridge.Inbound) error { return errStore })
		query := tg.Press(42, 42, m.ID, "Ya")
		pass(3 * time.Second)
		if tg.Answered(query) {
			t.Error("it was acknowledged before it was taken")
		}
		s.failing(nil)
		if in := <-s.news; in.Text != "yes" {
			t.Errorf("message = %+v", in)
		}
		pass(time.Second)
		if !tg.Answered(query) {
			t.Error("the app still waits for an answer")
		}
	})
}

func TestAnAcknowledgementThatHangsHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s := polling(t)
		tg.Say(42, whisper)
		<-s.news
		m := ask(t, tg, ch, "42", bridge.Choice{Label: "Ya", Say: "yes"})
		tg.Fail("answerCallbackQuery", telegramtest.Hang)
		tg.Fail("editMessageReplyMarkup", telegramtest.Hang)
		begin := time.Now()
		tg.Press(42, 42, m.ID, "Ya")
		<-s.news
		tg.Say(42, whisper+"2")
		if in := <-s.news; in.Text != whisper+"2" || time.Since(begin) > 0 {
			t.Errorf("message = %+v after %v", in, time.Since(begin))
		}
		ch.(interface{ Wait() }).Wait()
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("Wait returned after %v, want it to be given up after 5s", took)
		}
	})
}

func TestTelegramsOwnButtonStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, _, s := polling(t)
		tg.Say(42, whisper)
		<-s.news
		if call(tg, "sendMessageDraft", "chat_id", "42", "draft_id", "5", "can_stop", "true") != 200 || !tg.Stop(42) {
			t.Fatal("there is nothing to stop")
		}
		if in := <-s.news; in.Text != "/stop" || in.Pressed != "stop" || in.From != address("42") || in.Group {
			t.Errorf("message = %+v", in)
		}
		tg.Push(`{"update_id":2000000,"stopped_message_generation":{"chat":{"id":-5,"type":"group"},"draft_id":1}}`)
		tg.Push(`{"update_id":2000001,"stopped_message_generation":{"draft_id":1}}`)
		pass(time.Second)
		if len(s.news) != 0 || tg.Waiting() != 0 {
			t.Errorf("%d messages, %d updates that wait; want none", len(s.news), tg.Waiting())
		}
	})
}
