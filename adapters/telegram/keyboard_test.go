package telegram_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"ferry/bridge"
)

func TestQuestionsHaveButtons(t *testing.T) {
	tg := newServer(t)
	ch, _ := newChannel(t, config(tg))
	tg.Say(42, "hello")
	for _, test := range []struct {
		part bridge.Part
		want string
	}{
		{bridge.Part{Text: "so"}, ""},
		{
			bridge.Part{Text: "Yes?", Ask: "q1", Choices: []bridge.Choice{{Label: "Ya", Say: "yes"}, {Label: "Tidak", Say: "no"}}},
			`{"inline_keyboard":[[{"text":"Ya","callback_data":"ask:q1:=yes"},{"text":"Tidak","callback_data":"ask:q1:=no"}]]}`,
		},
		{
			bridge.Part{Text: "Who?", Ask: "who", Choices: []bridge.Choice{{Label: "Ayu"}, {Label: "Luzia"}, {Label: "No", Say: strings.Repeat("é", 28)}}},
			`{"inline_keyboard":[[{"text":"Ayu","callback_data":"ask:who:#0"}],[{"text":"Luzia","callback_data":"ask:who:#1"}],[{"text":"No","callback_data":"ask:who:#2"}]]}`,
		},
		{bridge.Part{Text: "Who?", Number: "It's me"}, `{"keyboard":[[{"text":"It's me","request_contact":true}]],"resize_keyboard":true,"one_time_keyboard":true}`},
	} {
		if err := ch.Send(t.Context(), address("42"), test.part); err != nil {
			t.Fatal(err)
		}
		m, err := tg.SentTo(t.Context(), 42)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Params["reply_markup"]; got == "" && test.want != "" || got != "" && !sameJSON(t, got, test.want) {
			t.Errorf("reply_markup of %q = %s, want %s", test.part.Text, got, test.want)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || b != "" && json.Unmarshal([]byte(b), &y) != nil {
		t.Fatalf("%s or %s is no JSON", a, b)
	}
	return reflect.DeepEqual(x, y)
}
