package texts

// stops and starts are whole messages, folded, by which people want to hear nothing more, or again, where
// they are sent notices. Those of carriers and of Meta's own opt-out are among them.
var (
	stops = set("stop", "stopp", "stopall", "unsubscribe", "optout", "opt out", "end", "quit",
		"berhenti", "parar", "pare", "sair", "baja", "alto", "basta", "arret", "arreter", "ferma",
		"रोकें", "रुकें", "बंद करें", "बंद", "ايقاف", "توقف", "قف", "الغاء")
	starts = set("start", "unstop", "mulai", "iniciar", "comecar", "alta", "empezar", "demarrer", "commencer", "inizia",
		"शुरू", "शुरू करें", "ابدا", "بدء")
)

// StopsNotices reports whether a message says, in whichever of the languages built in, that somebody
// wants to hear nothing more. Nothing else may be in it but marks and emoji.
func StopsNotices(text string) bool { return stops[fold(text)] }

// StartsNotices reports whether a message says that somebody wants to hear from us again.
func StartsNotices(text string) bool { return starts[fold(text)] }

func set(words ...string) map[string]bool {
	all := map[string]bool{}
	for _, w := range words {
		all[fold(w)] = true
	}
	return all
}
