package bridge

import (
	"context"
	"fmt"
	"time"

	"ferry/bridge/texts"
)

// overLimit tells the person, where they may not be answered now, why and until when.
func (t *turn) overLimit(ctx context.Context) (bool, error) {
	if t.l.Settings[barredSetting] != "" {
		t.tell(t.Texts.Say(t.lang, texts.Barred, nil) + t.support())
		return true, nil
	}
	if t.Settings.Access == "crossed" && t.l.Settings[crossedSetting] == "" {
		text := t.Texts.Say(t.lang, texts.Access, texts.Args{"Assistant": t.Settings.AssistantName})
		if t.Settings.SupportURL != "" {
			text += "\n" + t.Texts.Say(t.lang, texts.AccessSupport, texts.Args{"URL": t.Settings.SupportURL})
		}
		t.tell(text)
		return true, nil
	}
	when := texts.Args{"When": t.Texts.When(t.lang, untilTomorrow(time.Now()))}
	if most := t.Settings.DailyTurns; most > 0 && t.l.Answered >= most {
		t.notice(texts.LimitPerson, when)
		return true, nil
	}
	if most := t.Settings.DailyTokens; most > 0 {
		used, err := t.Store.TokensToday(ctx)
		if err != nil {
			return false, fmt.Errorf("read the day's tokens: %w", err)
		}
		if used >= most {
			t.notice(texts.LimitEveryone, when)
			return true, nil
		}
	}
	return false, nil
}

// untilTomorrow returns how long it is until budgets begin anew, at midnight UTC.
func untilTomorrow(now time.Time) time.Duration {
	now = now.UTC()
	return now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
}
