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

// inGroup runs a channel whose bot is in a group that it hears everything in.
func inGroup(t *testing.T, g telegramtest.Group) (*telegramtest.Server, bridge.Channel, *store) {
	t.Helper()
	tg, ch, s := polling(t)
	tg.Meet(telegramtest.Person{ID: 7, FirstName: "Sari", Language: "id"})
	tg.JoinGroup(g)
	if in := <-s.news; in.Wish != bridge.WishSpeech || !in.Group || in.Text != "" {
		t.Fatalf("message = %+v, want word that the bot was let in", in)
	}
	return tg, ch, s
}

const friends = -500

func TestInAGroupOnlyWhatIsSaidToTheBotIsHeard(t *testing.T) {
	for text, want := range map[string]string{
		"hi all":                                      "",
		"mail me at sari@ferry_test_bot.example":      "",
		"@somebody_else what do you think?":           "",
		"/weather@other_bot today":                    "",
		"@ferry_test_bot what was its name?":          "what was its name?",
		"@Ferry_Test_Bot, what was its name?":         "what was its name?",
		"what was its name, @ferry_test_bot":          "what was its name,",
		"ask @ferry_test_bot what it was":             "ask @ferry_test_bot what it was",
		"😀😀 @ferry_test_bot":                          "😀😀",
		"@somebody_else says @ferry_test_bot knows":   "@somebody_else says @ferry_test_bot knows",
		"@ferry_test_bot":                             "@ferry_test_bot",
		"/ask what was its name?":                     "/ask what was its name?",
		"/ask@ferry_test_bot what was its name?":      "/ask what was its name?",
		"/new@FERRY_TEST_BOT":                         "/new",
		"/stop":                                       "/stop",
		"it is /not a command":                        "",
		"@ferry_test_bot_2 you are somebody else too": "",
	} {
		t.Run(text, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tg, _, s := inGroup(t, telegramtest.Group{ID: friends, Title: "Friends", HearsAll: true})
				posted := tg.Post(telegramtest.Post{By: 7, Chat: friends, Text: text})
				pass(time.Second)
				if want == "" {
					if len(s.news) != 0 {
						t.Errorf("message = %+v, want none", <-s.news)
					}
					return
				}
				if len(s.news) != 1 {
					t.Fatalf("%d messages, want 1", len(s.news))
				}
				in := <-s.news
				if in.Text != want || in.From != address("-500") || !in.Group || in.Name != "Sari" || in.Language != "id" || in.Ref != strconv.Itoa(posted.Message) {
					t.Errorf("message = %+v, want %q", in, want)
				}
			})
		})
	}
}

func TestARepliesToTheBotIsSaidToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s := inGroup(t, telegramtest.Group{ID: friends, Title: "Friends", HearsAll: true})
		if err := ch.Send(t.Context(), address("-500"), bridge.Part{ID: "p", Text: "Tanjung Aan"}); err != nil {
			t.Fatal(err)
		}
		m, err := tg.Sent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tg.Post(telegramtest.Post{By: 7, Chat: friends, Text: "and the other one?", ReplyTo: m.ID})
		if in := <-s.news; in.Text != "and the other one?" || in.Quoted != "Tanjung Aan" {
			t.Errorf("message = %+v, want it with what it is about", in)
		}
		// with a picture, and without a word
		tg.Post(telegramtest.Post{By: 7, Chat: friends, ReplyTo: m.ID, Fields: telegramtest.Sticker("👍")})
		if in := <-s.news; in.Text != "[Sticker: 👍]" {
			t.Errorf("message = %+v, want the sticker in words", in)
		}
		// what replies to another is not
		other := tg.Post(telegramtest.Post{By: 8, Chat: friends, Text: "yes"})
		tg.Post(telegramtest.Post{By: 7, Chat: friends, Text: "no", ReplyTo: other.Message})
		tg.Post(telegramtest.Post{By: 7, Chat: friends, Text: "/ask is that so?", ReplyTo: other.Message})
		if in := <-s.news; in.Text != "/ask is that so?" || in.Quoted != "yes" {
			t.Errorf("message = %+v, want the question with what it is about", in)
		}
	})
}

func TestAnAlbumIsSaidToTheBotAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, _, s := inGroup(t, telegramtest.Group{ID: friends, Title: "Friends", HearsAll: true})
		tg.Pictures(friends, 7, "look", 2)
		tg.Pictures(friends, 7, "@ferry_test_bot which is best?", 3)
		for _, want := range []string{"which is best?", "", ""} {
			if in := <-s.news; in.Text != want || len(in.Attachments) != 1 || in.Hold != 500*time.Millisecond {
				t.Errorf("message = %+v, want a picture with %q", in, want)
			}
		}
		pass(11 * time.Second)
		late := map[string]any{"media_group_id": "old", "photo": []any{map[string]any{"file_id": "a", "width": 1, "height": 1}}}
		tg.Post(telegramtest.Post{By: 7, Chat: friends, Album: "old", Fields: map[string]any{
			"caption": "/ask this", "photo": late["photo"],
		}})
		<-s.news
		pass(11 * time.Second)
		tg.Post(telegramtest.Post{By: 7, Chat: friends, Fields: late})
		pass(time.Second)
		if len(s.news) != 0 {
			t.Errorf("message = %+v, want none of another album", <-s.news)
		}
	})
}

func TestWhoSpeaksInAGroupIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, _, s := inGroup(t, telegramtest.Group{ID: friends, Title: "Friends", HearsAll: true})
		tg.Post(telegramtest.Post{By: 7, Chat: friends, Text: "/ask a", As: "The admins"})
		if in := <-s.news; in.Name != "The admins" || in.Text != "/ask a" {
			t.Errorf("message = %+v, want it of the admins", in)
		}
		bot := map[string]any{"from": map[string]any{"id": 99, "is_bot": true, "first_name": "Other"}}
		tg.Post(telegramtest.Post{By: 99, Chat: friends, Text: "/ask b", Fields: bot})
		copied := map[string]any{"is_automatic_forward": true}
		tg.Post(telegramtest.Post{By: 7, Chat: friends, Text: "/ask c", As: "News", Fields: copied})
		pass(time.Second)
		if len(s.news) != 0 {
			t.Errorf("message = %+v, want none of a bot, and none that was copied", <-s.news)
		}
	})
}

func TestATopicIsAConversationOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const group = -1000000000500
		tg, _, s := inGroup(t, telegramtest.Group{ID: group, Title: "Friends", Topics: true, HearsAll: true})
		topic := tg.OpenTopic(group, 7, "Beaches")
		tg.Post(telegramtest.Post{By: 7, Chat: group, Topic: topic, Text: "hi all"})
		tg.Post(telegramtest.Post{By: 7, Chat: group, Topic: topic, Text: "/ask a"})
		if in := <-s.news; in.From != address("-1000000000500:"+strconv.Itoa(topic)) || in.Text != "/ask a" || in.Quoted != "" {
			t.Errorf("message = %+v, want it from the topic, about nothing", in)
		}
		tg.Post(telegramtest.Post{By: 7, Chat: group, Text: "/ask b"})
		if in := <-s.news; in.From != address("-1000000000500") {
			t.Errorf("message = %+v, want it from the group", in)
		}
		// one that the bot has made is no reply to it
		made := map[string]any{"reply_to_message": map[string]any{
			"message_id": topic, "date": 1, "chat": map[string]any{"id": group, "type": "supergroup"},
			"from": map[string]any{"id": 12345, "is_bot": true}, "forum_topic_created": map[string]any{"name": "Beaches"},
		}}
		tg.Post(telegramtest.Post{By: 7, Chat: group, Topic: topic, Text: "hi all", Fields: made})
		// a thread of replies is no topic
		thread := map[string]any{"message_thread_id": 3}
		tg.Post(telegramtest.Post{By: 7, Chat: group, Text: "/ask c", Fields: thread})
		if in := <-s.news; in.From != address("-1000000000500") {
			t.Errorf("message = %+v, want it from the group", in)
		}
	})
}

func TestAGroupTakesItsConversationAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, _, s := inGroup(t, telegramtest.Group{ID: friends, Title: "Friends"})
		told := make(chan string, 10)
		s.failing(func(in bridge.Inbound) error {
			told <- in.ID
			return nil
		})
		moved := tg.Upgrade(friends)
		pass(time.Second)
		// both groups tell of it, and it is the same message
		if len(told) != 2 {
			t.Fatalf("told %d times, want twice", len(told))
		}
		if first, second := <-told, <-told; first != second {
			t.Errorf("messages = %s and %s, want the same", first, second)
		}
		in := <-s.news
		if in.Was != address("-500") || in.From != address(strconv.FormatInt(moved, 10)) || !in.Group || in.Text != "" {
			t.Errorf("message = %+v, want that the group has another address", in)
		}
	})
}

func TestBeingShutOutAndLetInIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, _, s := inGroup(t, telegramtest.Group{ID: friends, Title: "Friends"})
		tg.Kick(friends)
		if in := <-s.news; in.Wish != bridge.WishAway || in.From != address("-500") || in.Text != "" {
			t.Errorf("message = %+v, want that we are away", in)
		}
		tg.JoinGroup(telegramtest.Group{ID: friends, Title: "Friends"})
		if in := <-s.news; in.Wish != bridge.WishSpeech {
			t.Errorf("message = %+v, want that we are back", in)
		}
		tg.Say(42, "a")
		<-s.news
		tg.Block(42)
		if in := <-s.news; in.Wish != bridge.WishAway || in.From != address("42") || in.Group {
			t.Errorf("message = %+v, want that we are away", in)
		}
		tg.Say(42, "b")
		if in := <-s.news; in.Wish != bridge.WishSpeech || in.From != address("42") {
			t.Errorf("message = %+v, want that we are back", in)
		}
		<-s.news
	})
}

func TestABotThatGotAnotherNameAnswersToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, _, s := inGroup(t, telegramtest.Group{ID: friends, Title: "Friends", HearsAll: true})
		say := func(name string) {
			tg.Post(telegramtest.Post{By: 7, Chat: friends, Text: "@" + name + " hello"})
			pass(time.Second)
		}
		say("somebody_else")
		asked := len(tg.Calls("getMe"))
		tg.Rename("luzia_bot")
		say("luzia_bot")
		if len(s.news) != 0 || len(tg.Calls("getMe")) != asked {
			t.Errorf("%d messages, %d calls; want the name not to be asked for at every turn", len(s.news), len(tg.Calls("getMe"))-asked)
		}
		pass(10 * time.Minute)
		say("luzia_bot")
		if len(s.news) != 1 {
			t.Error("the bot does not answer to its new name")
		}
	})
}

// What people do besides writing a line.

func TestAnAlbumAForwardAndAQuote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, ch, s := polling(t)
		tg.Pictures(42, 42, "which is best?", 2)
		for _, want := range []string{"which is best?", ""} {
			if in := <-s.news; in.Text != want || in.Hold != 500*time.Millisecond || len(in.Attachments) != 1 {
				t.Errorf("message = %+v, want a picture that is held", in)
			}
		}
		tg.Post(telegramtest.Post{By: 42, Forward: true, Text: "words of another"})
		if in := <-s.news; in.Text != "words of another" || in.Hold != 700*time.Millisecond {
			t.Errorf("message = %+v, want it held", in)
		}
		if err := ch.Send(t.Context(), address("42"), bridge.Part{ID: "p", Text: "one two three"}); err != nil {
			t.Fatal(err)
		}
		m, err := tg.Sent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []struct{ quote, want string }{
			{"", ""}, // a reply to what was said last says nothing more
			{"two", "two"},
			{"", "one two three"}, // by now it is not the last
		} {
			tg.Post(telegramtest.Post{By: 42, Text: "why?", ReplyTo: m.ID, Quote: c.quote})
			if in := <-s.news; in.Quoted != c.want {
				t.Errorf("reply %d: quoted = %q, want %q", i, in.Quoted, c.want)
			}
		}
		long := tg.Post(telegramtest.Post{By: 42, Text: strings.Repeat("é", 1001)})
		<-s.news
		tg.Post(telegramtest.Post{By: 42, Text: "why?", ReplyTo: long.Message})
		if in := <-s.news; in.Quoted != strings.Repeat("é", 1000)+"…" {
			t.Errorf("quoted = %d bytes, want 1,000 characters", len(in.Quoted))
		}
	})
}

func TestAnEditSaysOfWhichMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, _, s := polling(t)
		p := tg.Post(telegramtest.Post{By: 42, Text: "teh"})
		first := <-s.news
		pass(time.Minute)
		tg.Edit(42, p.Message, "the")
		in := <-s.news
		if in.Edits != first.Ref || in.Ref != first.Ref || in.Text != "the" || in.ID == first.ID || !in.At.After(first.At) || in.Hold != 0 {
			t.Errorf("message = %+v, want a new wording of %+v", in, first)
		}
		q := tg.Post(telegramtest.Post{By: 42, Text: "https://example.com"})
		<-s.news
		tg.Touch(42, q.Message) // it has a preview now
		tg.JoinGroup(telegramtest.Group{ID: friends, Title: "Friends", HearsAll: true})
		<-s.news
		g := tg.Post(telegramtest.Post{By: 42, Chat: friends, Text: "hi all"})
		tg.Edit(friends, g.Message, "hi all of you")
		pass(time.Second)
		if len(s.news) != 0 {
			t.Errorf("message = %+v, want none", <-s.news)
		}
		tg.Edit(friends, g.Message, "/ask hi")
		if in := <-s.news; in.Edits != strconv.Itoa(g.Message) || in.Text != "hi" {
			t.Errorf("message = %+v, want what is asked", in)
		}
		tg.Edit(friends, g.Message, "/new")
		tg.Edit(friends, g.Message, "@ferry_test_bot hi")
		if in := <-s.news; in.Edits != strconv.Itoa(g.Message) || in.Text != "hi" || !in.Group {
			t.Errorf("message = %+v, want what is meant for us now", in)
		}
	})
}

func TestWhatHasNoTextIsPutIntoWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg, _, s := polling(t)
		for _, c := range []struct {
			fields map[string]any
			want   string
		}{
			{telegramtest.Sticker("😀"), "[Sticker: 😀]"},
			{telegramtest.Poll("Where]\nto?", "Here", "There"), "[Poll: Where) to? Options: Here; There]"},
			{telegramtest.Place("Café Roma", "Via X 1", 41.9, 12.5), "[Location: Café Roma, Via X 1 (41.9000, 12.5000)]"},
			{telegramtest.Place("Café Roma", "", 41.9, 12.5), "[Location: Café Roma (41.9000, 12.5000)]"},
			{telegramtest.Place("", "", -41.9, 12.5), "[Location: -41.9000, 12.5000]"},
		} {
			tg.Message(42, c.fields)
			if in := <-s.news; in.Text != c.want || in.Attachments != nil {
				t.Errorf("message = %+v, want %s", in, c.want)
			}
		}
	})
}
