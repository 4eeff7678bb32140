package bridge

import (
	"context"
	"slices"
	"time"

	"ferry/bridge/texts"
)

// editQuestion asks whether to answer a message again whose words were changed.
const editQuestion = "edit"

// edited offers to answer a message again that was changed after it had been answered. Nobody gets an answer that
// they did not ask for: many who change a word mean the same.
func (t *turn) edited(ctx context.Context) error {
	first := t.said[0]
	history, err := t.history(ctx, t.since())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(history, func(e Entry) bool {
		return e.Ref == first.Edits && e.Role == User && !e.Aside && e.Channel == t.to.Channel && e.By == t.to.ID
	})
	setting := questionSetting + t.to.String()
	if _, busy := t.question(); i < 0 || busy || history[i].Text == first.Text || first.Text == "" {
		return nil
	}
	t.keep(setting, question{What: editQuestion, Asked: time.Now(), Text: first.Text})
	t.tellAt(t.to, t.Texts.Say(t.lang, texts.EditAsk, nil), t.yesOrNo(t.out.Settings[setting]))
	return nil
}

// answerEdit answers the new words, if that is wanted.
func (t *turn) answerEdit(ctx context.Context, q question, yes bool) error {
	t.set(questionSetting+t.to.String(), "")
	if !yes {
		t.hear(true)
		return nil
	}
	return t.askAbout(ctx, q.Text, t.since())
}
