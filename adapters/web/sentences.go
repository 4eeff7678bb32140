package web

// A sentence is what the page says to a browser that cannot show the chat.
type sentence struct {
	Old    string // it is too old, or runs no scripts
	Others string // before the names of the other channels
	Help   string // the name of a link to a human
}

// sentences are in each language that Ferry speaks.
var sentences = map[string]sentence{
	"en": {
		"To chat here, you need a newer browser, with JavaScript switched on.",
		"You can also write to us on:", "Help",
	},
	"id": {
		"Untuk mengobrol di sini, Anda memerlukan peramban yang lebih baru dengan JavaScript aktif.",
		"Anda juga bisa menulis kepada kami lewat:", "Bantuan",
	},
	"hi": {
		"यहाँ बातचीत करने के लिए आपको एक नया ब्राउज़र चाहिए, जिसमें JavaScript चालू हो।",
		"आप हमें यहाँ भी लिख सकते हैं:", "सहायता",
	},
	"pt": {
		"Para conversar aqui, você precisa de um navegador mais recente, com o JavaScript ativado.",
		"Você também pode nos escrever por:", "Ajuda",
	},
	"es": {
		"Para chatear aquí necesitas un navegador más reciente, con JavaScript activado.",
		"También puedes escribirnos por:", "Ayuda",
	},
	"ar": {
		"للدردشة هنا تحتاج إلى متصفح أحدث مع تفعيل JavaScript.",
		"يمكنك أيضًا مراسلتنا عبر:", "مساعدة",
	},
	"it": {
		"Per chattare qui serve un browser più recente, con JavaScript attivo.",
		"Puoi scriverci anche su:", "Aiuto",
	},
	"fr": {
		"Pour discuter ici, il faut un navigateur plus récent, avec JavaScript activé.",
		"Vous pouvez aussi nous écrire sur :", "Aide",
	},
}
