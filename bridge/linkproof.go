package bridge

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"ferry/bridge/texts"
)

// This file is the part of the state machine in linking.go that waits for digits, where LINK_PROOF is confirm.

// A pendingProof is a first claim that waits for digits to be said on the channel that the history is
// from.
type pendingProof struct {
	Letter letter    `json:"letter"`
	Asked  time.Time `json:"asked"`
	Wrong  int       `json:"wrong,omitempty"`
}

const (
	wrongDigitsMost = 5
	proofsMost      = 30
)

// wantProof has somebody wait until digits are said on the channel that the history is from. Of many who wait,
// whose number is anybody's guess where a link has leaked, the latest do; and no two wait for the same digits,
// of which one would be let in by the other's.
func (k *linking) wantProof(do *acts, l letter) {
	waiting := settingsOf[pendingProof](k.settings, proofSetting)
	maps.DeleteFunc(waiting, func(code string, p pendingProof) bool {
		old := k.now.Sub(p.Asked) > codeLife
		if old {
			do.change(proofSetting+code, "")
		}
		return old || code == l.Code
	})
	for code := range waiting {
		if k.digits(code) == k.digits(l.Code) {
			do.came(l.Code, claimRefused)
			do.tell(l.About, texts.CodeUnknown, nil)
			return
		}
	}
	oldest := slices.SortedFunc(maps.Keys(waiting), func(a, b string) int {
		return cmp.Or(waiting[a].Asked.Compare(waiting[b].Asked), cmp.Compare(a, b))
	})
	for _, code := range oldest[:max(0, len(oldest)+1-proofsMost)] {
		do.change(proofSetting+code, "")
		do.came(code, claimRefused)
	}
	do.keep(proofSetting+l.Code, pendingProof{Letter: l, Asked: k.now})
	do.came(l.Code, claimWaiting)
	do.tell(l.About, texts.ProofAsk, texts.Args{"Digits": k.digits(l.Code)})
}

// prove takes digits that were said on the channel that the history is from.
func (k *linking) prove(digits string) (do acts, known bool) {
	proofs := settingsOf[pendingProof](k.settings, proofSetting)
	for _, code := range slices.Sorted(maps.Keys(proofs)) {
		p := proofs[code]
		switch {
		case k.now.Sub(p.Asked) > codeLife:
			do.change(proofSetting+code, "")
		case k.digits(code) == digits:
			again := *k
			again.confirm = false // it is confirmed; who has come in meanwhile is asked all the same
			done := again.join(p.Letter)
			done.change(proofSetting+code, "")
			return done, true
		default:
			known = true
			if p.Wrong++; p.Wrong < wrongDigitsMost {
				do.keep(proofSetting+code, p)
			} else {
				do.change(proofSetting+code, "")
				do.came(code, claimRefused)
			}
		}
	}
	return do, known
}
