package texts

import "strings"

// What people write for yes and no, by language. What means yes to some and no to others is left
// out (nah: no in English, well then in Indonesian), and so is what says much else besides, since
// the question may have been forgotten.
var (
	yeses = folded(
		"yes, y, yea, yeah, yep, yup, yess, yes please, yes sure, sure, of course, ok, okay, okey, oke",
		"ya, iya, y, yaa, iyaa, iy, iyah, ya boleh, boleh, ok deh, oke deh, iya deh, ya dong, ya tolong, betul",
		"हाँ, हां, हा, जी, जी हाँ, जी हां, हाँ जी, हां जी, ठीक है, ओके, बिल्कुल, बिलकुल, हाँ बिल्कुल",
		"haan, haa, han, haan ji, han ji, haanji, hanji, ji, jee, ji haan, ji han, theek hai, thik hai, bilkul",
		"sim, s, simm, sim por favor, claro, claro que sim, com certeza, tá bom, pode, pode sim, isso, isso mesmo",
		"sí, si, sii, s, sí por favor, sí claro, claro, claro que sí, por supuesto, dale, vale, está bien",
		"نعم, أيوه, أيوا, أيوة, ايوه, إيوه, أجل, بلى, آه, اكيد, بالتأكيد, تمام, موافق, اوكي, اوك, نعم من فضلك",
		"naam, na3am, aiwa, aywa, aiwah, aywah",
		"sì, s, certo, certo che sì, sì certo, sì grazie, sì per favore, va bene, d'accordo, ok va bene",
		"oui, ouais, ouai, bien sûr, oui bien sûr, d'accord, oui d'accord, oui merci, oui s'il te plaît, oui s'il vous plaît",
	)
	noes = folded(
		"no, n, nope, noo, no thanks, no thank you, no way, of course not",
		"tidak, tdk, tak, ga, gak, gk, nggak, ngga, nggk, enggak, engga, kagak, ndak, gak usah, nggak usah, tidak usah, jangan, gak jadi, nggak jadi, tidak terima kasih, nggak makasih",
		"नहीं, नही, नहि, नहिं, ना, न, जी नहीं, जी नही, नहीं जी, नहीं धन्यवाद, मत",
		"nahi, nahin, nahee, nhi, nai, ji nahi, ji nahin, nahi ji, naa",
		"não, nao, n, naum, não obrigado, não obrigada, claro que não, de jeito nenhum",
		"no, n, no gracias, claro que no, para nada",
		"لا, لأ, لاء, كلا, لا شكرا, لا شكراً, مش موافق, غير موافق",
		"laa, la2, kalla",
		"no, n, no grazie, certo che no, assolutamente no",
		"non, n, non merci, nan, nope, bien sûr que non, pas du tout",
	)
)

// folded returns the set of the answers in lists, as fold writes them.
func folded(lists ...string) map[string]bool {
	answers := map[string]bool{}
	for _, list := range lists {
		for answer := range strings.SplitSeq(list, ",") {
			answers[fold(answer)] = true
		}
	}
	return answers
}
