package texts

import "strings"

// commands are the words by which people give commands where there is no slash for it, as a whole message, by
// the command. What carriers reserve (STOP, START, HELP and their kin) is not among them.
var commands = map[string][]string{
	"new":     {"new", "baru", "नया", "नयी", "नई", "novo", "nova", "nuevo", "nueva", "جديد", "nuovo", "nuova", "nouveau", "nouvelle"},
	"retry":   {"retry", "ulangi", "दोबारा", "repetir", "reintentar", "أعد", "ripeti", "refaire", "réessayer"},
	"more":    {"more", "lagi", "lanjut", "और", "mais", "más", "المزيد", "مزيد", "ancora", "altro", "suite", "plus"},
	"link":    {"link", "tautan", "लिंक", "enlace", "رابط", "collega", "lien"},
	"privacy": {"privacy", "privasi", "गोपनीयता", "privacidade", "privacidad", "خصوصية", "الخصوصية", "confidentialité"},
	"export":  {"export", "ekspor", "निर्यात", "exportar", "تصدير", "esporta", "exporter"},
	"forget":  {"forget", "forget me", "lupakan", "भूल जाओ", "esquecer", "olvidar", "انسني", "dimentica", "oublier"},
	"lang":    {"lang", "language", "bahasa", "भाषा", "idioma", "اللغة", "لغة", "lingua", "langue"},
	"unlink":  {"unlink", "lepas", "desvincular", "scollega", "délier"},
}

// commandOf are the commands by their folded words.
var commandOf = func() map[string]string {
	all := map[string]string{}
	for command, words := range commands {
		for _, w := range words {
			all[fold(w)] = command
		}
	}
	return all
}()

// Command returns the command that a whole message is in one of the languages built in, said without a slash, in
// any case. Of a message that begins with such a word it is that command too, and rest is what follows; whether
// that belongs to the command or makes a sentence of it is the caller's to know.
func Command(text string) (command, rest string, ok bool) {
	if command, ok = commandOf[fold(text)]; ok {
		return command, "", true
	}
	first, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	command, ok = commandOf[fold(first)]
	return command, strings.TrimSpace(rest), ok
}
