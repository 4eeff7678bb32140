package telegramtest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ferry/adapters/telegram/telegramtest"
)

// updates returns what the bot gets, each as its kind and its content.
func updates(t *testing.T, tg *telegramtest.Server) (kinds []string, contents []map[string]any) {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal(call(t, tg, "getUpdates").Result, &list); err != nil {
		t.Fatal(err)
	}
	for _, u := range list {
		for kind, content := range u {
			if m, ok := content.(map[string]any); ok {
				kinds, contents = append(kinds, kind), append(contents, m)
			}
		}
	}
	return kinds, contents
}

// id returns the id of a message that was sent.
func id(t *testing.T, a answer) string {
	t.Helper()
	succeeded(t, a)
	var m struct {
		ID int `json:"message_id"`
	}
	if err := json.Unmarshal(a.Result, &m); err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(m.ID)
}

func TestCallsAreHeldAgainstTheDescription(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		pairs  []string
		want   string // "" for nothing wrong
	}{
		"nothing wrong":         {"sendMessage", []string{"chat_id", "42", "text", "hi", "link_preview_options", `{"is_disabled":true}`}, ""},
		"unknown method":        {"sendPigeon", nil, "unknown method sendPigeon"},
		"unknown parameter":     {"sendMessage", []string{"chat_id", "42", "text", "hi", "colour", "blue"}, "no parameter colour"},
		"missing parameter":     {"getFile", nil, "lacks the parameter file_id"},
		"no number":             {"sendMessageDraft", []string{"chat_id", "42", "draft_id", "one"}, "draft_id is no number"},
		"no truth":              {"sendMessageDraft", []string{"chat_id", "42", "draft_id", "1", "can_stop", "1"}, "can_stop is no boolean"},
		"no list":               {"getUpdates", []string{"allowed_updates", `"message"`}, "allowed_updates is no string[]"},
		"none of the words":     {"sendChatAction", []string{"chat_id", "42", "action", "dancing"}, "action is no 'typing'|"},
		"unknown field":         {"sendMessage", []string{"chat_id", "42", "text", "hi", "reply_parameters", `{"message_id":1,"strict":true}`}, "is no ReplyParameters"},
		"missing field":         {"setMyCommands", []string{"commands", `[{"command":"a"}]`}, "is no BotCommand[]"},
		"fraction":              {"sendMessage", []string{"chat_id", "42", "text", "hi", "entities", `[{"type":"bold","offset":0.5,"length":1}]`}, "is no MessageEntity[]"},
		"button of no kind":     {"sendMessage", []string{"chat_id", "42", "text", "hi", "reply_markup", `{"inline_keyboard":[[{"text":"a"}]]}`}, "is no InlineKeyboardMarkup|"},
		"inline button":         {"sendMessage", []string{"chat_id", "42", "text", "hi", "reply_markup", `{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}`}, ""},
		"keyboard":              {"sendMessage", []string{"chat_id", "42", "text", "hi", "reply_markup", `{"keyboard":[[{"text":"a","request_contact":true}],["b"]],"one_time_keyboard":true}`}, ""},
		"scope":                 {"getMyCommands", []string{"scope", `{"type":"all_private_chats"}`}, ""},
		"scope of nobody":       {"getMyCommands", []string{"scope", `{"type":"all_cats"}`}, "is no BotCommandScope"},
		"scope without its own": {"getMyCommands", []string{"scope", `{"type":"chat"}`}, "is no BotCommandScope"},
		"chat by its name":      {"sendChatAction", []string{"chat_id", "@friends", "action", "typing"}, ""},
		"not by its name":       {"sendMessageDraft", []string{"chat_id", "@friends", "draft_id", "1"}, "chat_id is no number"},
		"keyboard for an edit":  {"editMessageText", []string{"chat_id", "42", "message_id", "1", "text", "a", "reply_markup", `{"remove_keyboard":true}`}, "is no InlineKeyboardMarkup"},
	} {
		t.Run(name, func(t *testing.T) {
			tg := start(t)
			tg.Say(42, "hello")
			call(t, tg, c.method, c.pairs...)
			got := tg.Problems()
			if c.want == "" && len(got) != 0 || c.want != "" && (len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), c.want)) {
				t.Errorf("problems = %q, want %q", got, c.want)
			}
		})
	}
}

func TestEntitiesThatCannotBeTogetherAreAProblem(t *testing.T) {
	entity := func(kind string, offset, length int) string {
		return fmt.Sprintf(`{"type":%q,"offset":%d,"length":%d}`, kind, offset, length)
	}
	for name, c := range map[string]struct {
		a, b string
		ok   bool
	}{
		"beside":            {entity("code", 0, 2), entity("bold", 2, 2), true},
		"within":            {entity("bold", 0, 5), entity("italic", 1, 2), true},
		"at the same place": {entity("bold", 0, 5), entity("italic", 0, 5), true},
		"code in a quote":   {entity("blockquote", 0, 5), entity("pre", 1, 2), true},
		"a quote of code":   {entity("pre", 0, 5), entity("blockquote", 0, 5), true},
		"cross":             {entity("bold", 0, 3), entity("italic", 2, 3), false},
		"in code":           {entity("code", 0, 5), entity("bold", 1, 2), false},
		"code in bold":      {entity("bold", 0, 5), entity("code", 1, 2), false},
		"quote in quote":    {entity("blockquote", 0, 5), entity("expandable_blockquote", 1, 2), false},
		"quote in bold":     {entity("bold", 0, 5), entity("blockquote", 1, 2), false},
		"twice":             {entity("bold", 0, 5), entity("bold", 1, 2), false},
		"inner first":       {entity("bold", 1, 2), entity("code", 0, 5), false},
	} {
		t.Run(name, func(t *testing.T) {
			tg := start(t)
			tg.Say(42, "hello")
			succeeded(t, call(t, tg, "sendMessage", "chat_id", "42", "text", "abcdef", "entities", "["+c.a+","+c.b+"]"))
			if got := tg.Problems(); (len(got) == 0) != c.ok {
				t.Errorf("problems = %q, want some: %t", got, !c.ok)
			}
		})
	}
}

func TestADraftLivesHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		tg.Say(42, "hello")
		tg.Join(-5, "Friends")
		draft := func(chat, number, text string) answer {
			return call(t, tg, "sendMessageDraft", "chat_id", chat, "draft_id", number, "text", text, "can_stop", "true")
		}
		succeeded(t, draft("42", "7", ""))
		if d := tg.Screen(42).Draft; d == nil || d.ID != 7 || d.Text != "" || !d.CanStop {
			t.Errorf("draft = %+v, want it without a word", d)
		}
		pass(29 * time.Second)
		succeeded(t, draft("42", "7", "hi"))
		pass(29 * time.Second)
		if d := tg.Screen(42).Draft; d == nil || d.Text != "hi" {
			t.Errorf("draft = %+v, want it still there", d)
		}
		pass(time.Second)
		if tg.Screen(42).Draft != nil || tg.Stop(42) {
			t.Error("the draft is there after 30s")
		}
		succeeded(t, draft("42", "7", "hi"))
		succeeded(t, call(t, tg, "sendMessage", "chat_id", "42", "text", "hi"))
		if tg.Screen(42).Draft != nil {
			t.Error("the draft is there beside the message")
		}
		refused(t, draft("-5", "7", "hi"), 400, "TEXTDRAFT_PEER_INVALID")
		refused(t, draft("42", "0", "hi"), 400, "draft")
		refused(t, draft("41", "7", "hi"), 400, "chat not found")
		refused(t, draft("42", "7", strings.Repeat("a", 4097)), 400, "message is too long")
	})
}

func TestAStoppedDraftIsShownNoMore(t *testing.T) {
	for _, keep := range []string{"true", "false"} {
		tg := start(t)
		tg.Say(42, "hello")
		draft := func(text string) {
			succeeded(t, call(t, tg, "sendMessageDraft", "chat_id", "42", "draft_id", "7", "text", text, "can_stop", "true", "keep_on_stop", keep))
		}
		draft("one")
		if !tg.Stop(42) || tg.Stop(42) {
			t.Error("want one stop")
		}
		draft("one two")
		if d := tg.Screen(42).Draft; (d != nil) != (keep == "true") || d != nil && d.Text != "one" {
			t.Errorf("draft = %+v, want it kept: %s", d, keep)
		}
		kinds, contents := updates(t, tg)
		if !slices.Equal(kinds, []string{"message", "stopped_message_generation"}) || contents[1]["draft_id"] != 7.0 {
			t.Errorf("updates = %q: %v", kinds, contents)
		}
		// one that has no button
		succeeded(t, call(t, tg, "sendMessageDraft", "chat_id", "42", "draft_id", "8", "text", "a"))
		if tg.Stop(42) {
			t.Error("a draft without a button was stopped")
		}
	}
}

func TestOnlyTheBotsOwnMessagesCanBeEdited(t *testing.T) {
	tg := start(t)
	said := tg.Post(telegramtest.Post{By: 42, Text: "hello"})
	keys := `{"inline_keyboard":[[{"text":"Yes","callback_data":"y"}]]}`
	m := id(t, call(t, tg, "sendMessage", "chat_id", "42", "text", "one", "reply_markup", keys))
	edit := func(message, text string, more ...string) answer {
		return call(t, tg, "editMessageText", append([]string{"chat_id", "42", "message_id", message, "text", text}, more...)...)
	}
	refused(t, edit(m, "one", "reply_markup", keys), 400, "message is not modified")
	succeeded(t, edit(m, "two"))
	if got := tg.Screen(42).Messages[1]; got.Text != "two" || len(got.Keyboard) != 0 || !got.Edited {
		t.Errorf("message = %+v, want two without a button", got)
	}
	refused(t, edit("99", "two"), 400, "message to edit not found")
	refused(t, edit(strconv.Itoa(said.Message), "two"), 400, "message can't be edited")
	refused(t, edit(m, " "), 400, "message text is empty")
	refused(t, edit(m, "a", "reply_markup", `{"inline_keyboard":[[{"text":"Yes","callback_data":"`+strings.Repeat("a", 65)+`"}]]}`), 400, "BUTTON_DATA_INVALID")
	succeeded(t, call(t, tg, "editMessageReplyMarkup", "chat_id", "42", "message_id", m, "reply_markup", keys))
	refused(t, call(t, tg, "editMessageReplyMarkup", "chat_id", "42", "message_id", m, "reply_markup", keys), 400, "message is not modified")
	tg.Delete(42, said.Message+1)
	refused(t, edit(m, "three"), 400, "message to edit not found")
}

func TestEditsAndDraftsCountAsMessages(t *testing.T) {
	for name, c := range map[string]struct {
		chat  string
		burst int
	}{"private": {"42", 5}, "group": {"-5", 20}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tg := start(t)
				tg.Say(42, "hello")
				tg.Join(-5, "Friends")
				m := id(t, call(t, tg, "sendMessage", "chat_id", c.chat, "text", "0"))
				for i := range c.burst - 1 {
					if c.chat == "42" && i%2 == 0 {
						succeeded(t, call(t, tg, "sendMessageDraft", "chat_id", c.chat, "draft_id", "1", "text", "a"))
						continue
					}
					succeeded(t, call(t, tg, "editMessageText", "chat_id", c.chat, "message_id", m, "text", strconv.Itoa(i+1)))
				}
				refused(t, call(t, tg, "editMessageReplyMarkup", "chat_id", c.chat, "message_id", m), 429, "Too Many Requests")
			})
		})
	}
}

func TestAPressWaitsForItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := start(t)
		tg.Say(42, "hello")
		keys := `{"inline_keyboard":[[{"text":"Yes","callback_data":"y"}]]}`
		m, err := strconv.Atoi(id(t, call(t, tg, "sendMessage", "chat_id", "42", "text", "one", "reply_markup", keys)))
		if err != nil {
			t.Fatal(err)
		}
		if q := tg.Press(42, 42, m, "No"); q != "" {
			t.Error("a button was pressed that is not there")
		}
		q := tg.Press(42, 42, m, "Yes")
		kinds, contents := updates(t, tg)
		if kinds[1] != "callback_query" || contents[1]["data"] != "y" || contents[1]["message"].(map[string]any)["reply_markup"] == nil {
			t.Errorf("updates = %q: %v", kinds, contents)
		}
		if tg.Answered(q) {
			t.Error("it is answered already")
		}
		succeeded(t, call(t, tg, "answerCallbackQuery", "callback_query_id", q))
		if !tg.Answered(q) || len(tg.Problems()) != 0 {
			t.Errorf("it is not answered; problems = %q", tg.Problems())
		}
		refused(t, call(t, tg, "answerCallbackQuery", "callback_query_id", "99"), 400, "query is too old")
		late := tg.PressData(43, 42, 99, "anything")
		pass(16 * time.Second)
		refused(t, call(t, tg, "answerCallbackQuery", "callback_query_id", late), 400, "query is too old")
		if got := tg.Problems(); len(got) != 1 || !strings.Contains(got[0], "was not answered") {
			t.Errorf("problems = %q, want the press that nobody answered", got)
		}
		pass(150 * time.Second)
		if got := tg.Waiting(); got != 1 {
			t.Errorf("%d updates wait, want the message alone", got)
		}
	})
}

func TestMenusAreKeptByScopeAndLanguage(t *testing.T) {
	tg := start(t)
	set := func(commands string, more ...string) answer {
		return call(t, tg, "setMyCommands", append([]string{"commands", commands}, more...)...)
	}
	private, group := `{"type":"all_private_chats"}`, `{"type":"all_group_chats"}`
	succeeded(t, set(`[{"command":"a","description":"default"}]`))
	succeeded(t, set(`[{"command":"a","description":"private"}]`, "scope", private))
	succeeded(t, set(`[{"command":"a","description":"privat"}]`, "scope", private, "language_code", "id"))
	for _, c := range []struct {
		group          bool
		language, want string
	}{{false, "id", "privat"}, {false, "fr", "private"}, {true, "id", "default"}} {
		if got := tg.Menu(c.group, c.language); len(got) != 1 || got[0].Description != c.want {
			t.Errorf("menu = %+v, want %s", got, c.want)
		}
	}
	if a := call(t, tg, "getMyCommands", "scope", group); string(a.Result) != "[]" {
		t.Errorf("commands = %s, want none", a.Result)
	}
	succeeded(t, call(t, tg, "deleteMyCommands", "scope", private, "language_code", "id"))
	if got := tg.Menu(false, "id"); got[0].Description != "private" {
		t.Errorf("menu = %+v, want that of all languages", got)
	}
	refused(t, set(`[{"command":"A","description":"a"}]`), 400, "BOT_COMMAND_INVALID")
	refused(t, set(`[{"command":"a","description":""}]`), 400, "BOT_COMMAND_INVALID")
	refused(t, set(`[{"command":"a","description":"a"}]`, "language_code", "english"), 400, "language code")
}

func TestABotInPrivacyModeHearsWhatIsSaidToIt(t *testing.T) {
	for text, hears := range map[string]bool{
		"hi all": false, "@ferry_test_bot hi": false, "/help": true, "/help@ferry_test_bot": true, "/help@other_bot": false, "so /help": false,
	} {
		for _, all := range []bool{false, true} {
			tg := start(t)
			tg.JoinGroup(telegramtest.Group{ID: -5, Title: "Friends", HearsAll: all})
			if got := tg.Post(telegramtest.Post{By: 7, Chat: -5, Text: text}).Update != 0; got != (hears || all) {
				t.Errorf("%q is heard: %t, where all is: %t", text, got, all)
			}
		}
	}
	tg := start(t)
	tg.Join(-5, "Friends")
	m, err := strconv.Atoi(id(t, call(t, tg, "sendMessage", "chat_id", "-5", "text", "hi")))
	if err != nil {
		t.Fatal(err)
	}
	if tg.Post(telegramtest.Post{By: 7, Chat: -5, Text: "what?", ReplyTo: m, Quote: "hi"}).Update == 0 {
		t.Error("a reply to the bot is not heard")
	}
	kinds, contents := updates(t, tg)
	reply := contents[len(contents)-1]
	if kinds[0] != "my_chat_member" || reply["reply_to_message"].(map[string]any)["text"] != "hi" || reply["quote"].(map[string]any)["text"] != "hi" {
		t.Errorf("updates = %q: %v", kinds, contents)
	}
}

func TestTopicsAreThereUntilTheyAreDeleted(t *testing.T) {
	tg := start(t)
	const group = -1000000000005
	tg.JoinGroup(telegramtest.Group{ID: group, Title: "Friends", Topics: true})
	topic := tg.OpenTopic(group, 7, "Beaches")
	send := func(topic int) answer {
		return call(t, tg, "sendMessage", "chat_id", strconv.Itoa(group), "message_thread_id", strconv.Itoa(topic), "text", "hi")
	}
	succeeded(t, send(topic))
	refused(t, send(topic+1), 400, "message thread not found")
	tg.DeleteTopic(group, topic)
	refused(t, send(topic), 400, "message thread not found")
	tg.Say(42, "hello")
	refused(t, call(t, tg, "sendMessage", "chat_id", "42", "message_thread_id", "2", "text", "hi"), 400, "message thread not found")
	refused(t, call(t, tg, "sendMessage", "chat_id", "42", "text", "hi", "reply_parameters", `{"message_id":77}`), 400, "message to be replied not found")
	succeeded(t, call(t, tg, "sendMessage", "chat_id", "42", "text", "hi", "reply_parameters", `{"message_id":77,"allow_sending_without_reply":true}`))
}

func TestAGroupThatMovesTellsWhereTo(t *testing.T) {
	tg := start(t)
	tg.Join(-5, "Friends")
	moved := tg.Upgrade(-5)
	a := call(t, tg, "sendMessage", "chat_id", "-5", "text", "hi")
	refused(t, a, 400, "group chat was upgraded to a supergroup chat")
	if !strings.Contains(string(a.raw), `"migrate_to_chat_id":`+strconv.FormatInt(moved, 10)) {
		t.Errorf("answer = %s, want where the group is now", a.raw)
	}
	succeeded(t, call(t, tg, "sendMessage", "chat_id", strconv.FormatInt(moved, 10), "text", "hi"))
	kinds, contents := updates(t, tg)
	if len(kinds) != 3 || contents[1]["migrate_to_chat_id"] != float64(moved) || contents[2]["migrate_from_chat_id"] != -5.0 {
		t.Errorf("updates = %q: %v", kinds, contents)
	}
}

func TestTheBotHearsWhetherItIsLetIn(t *testing.T) {
	tg := start(t)
	tg.Say(42, "a")
	tg.Block(42)
	tg.Block(42)
	tg.Say(42, "b")
	tg.Join(-5, "Friends")
	tg.Kick(-5)
	tg.Join(-5, "Friends")
	kinds, contents := updates(t, tg)
	var got []string
	for i, kind := range kinds {
		if kind == "my_chat_member" {
			kind = contents[i]["new_chat_member"].(map[string]any)["status"].(string)
		}
		got = append(got, kind)
	}
	if want := []string{"message", "kicked", "member", "message", "member", "kicked", "member"}; !slices.Equal(got, want) {
		t.Errorf("updates = %q, want %q", got, want)
	}
}

func TestEditsOfPeopleAreTold(t *testing.T) {
	tg := start(t)
	p := tg.Post(telegramtest.Post{By: 42, Text: "teh"})
	tg.Edit(42, p.Message, "/the")
	tg.Touch(42, p.Message)
	if tg.Edit(42, 99, "a") != 0 || tg.Touch(41, 1) != 0 {
		t.Error("what is not there was edited")
	}
	pictures := tg.Pictures(42, 42, "look", 2)
	tg.Edit(42, pictures[0].Message, "look here")
	kinds, contents := updates(t, tg)
	if want := []string{"message", "edited_message", "edited_message", "message", "message", "edited_message"}; !slices.Equal(kinds, want) {
		t.Fatalf("updates = %q, want %q", kinds, want)
	}
	if contents[0]["text"] != "teh" || contents[1]["text"] != "/the" || contents[1]["edit_date"] == nil || contents[1]["entities"] == nil {
		t.Errorf("edit = %v of %v", contents[1], contents[0])
	}
	if contents[3]["media_group_id"] != contents[4]["media_group_id"] || contents[5]["caption"] != "look here" {
		t.Errorf("album = %v, edited = %v", contents[3:5], contents[5])
	}
}

func TestAllThatPeopleSeeIsShown(t *testing.T) {
	var shows []string
	tg := start(t, telegramtest.OnShow(func(s telegramtest.Show) {
		shows = append(shows, strings.TrimSpace(s.What+" "+s.Message.Text+s.Draft.Text+s.Notice))
	}))
	said := tg.Post(telegramtest.Post{By: 42, Text: "hello"})
	succeeded(t, call(t, tg, "sendMessageDraft", "chat_id", "42", "draft_id", "1", "text", "h", "can_stop", "true"))
	tg.Stop(42)
	m := id(t, call(t, tg, "sendMessage", "chat_id", "42", "text", "hi", "reply_markup", `{"inline_keyboard":[[{"text":"Yes","callback_data":"y"}]]}`))
	n, err := strconv.Atoi(m)
	if err != nil {
		t.Fatal(err)
	}
	succeeded(t, call(t, tg, "answerCallbackQuery", "callback_query_id", tg.Press(42, 42, n, "Yes"), "text", "fine"))
	succeeded(t, call(t, tg, "editMessageText", "chat_id", "42", "message_id", m, "text", "bye"))
	tg.Edit(42, said.Message, "hello again")
	tg.Delete(42, said.Message)
	want := []string{"said hello", "drafted h", "withdrawn h", "sent hi", "acknowledged fine", "edited bye", "edited hello again", "deleted hello again"}
	if !slices.Equal(shows, want) {
		t.Errorf("shown = %q, want %q", shows, want)
	}
}
