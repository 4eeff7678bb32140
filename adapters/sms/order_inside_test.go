package sms

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheOrderForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOrder()
		for i := range 3 * orderMost {
			o.accepted(fmt.Sprintf("+62%d", i), fmt.Sprint(i))
			o.settled(fmt.Sprint("unknown", i))
			if len(o.byID) > orderMost || len(o.last) > orderMost || len(o.ages) > orderMost {
				t.Fatalf("%d, %d and %d are remembered, want at most %d", len(o.byID), len(o.last), len(o.ages), orderMost)
			}
		}
		<-time.After(orderWait + time.Second)
		o.settled("one more")
		if len(o.byID) != 1 || len(o.last) != 0 || len(o.ages) != 1 {
			t.Errorf("%d, %d and %d are remembered, want one", len(o.byID), len(o.last), len(o.ages))
		}
	})
}
