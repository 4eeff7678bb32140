package web

// A sentence is what the page itself says. What people hear of a chat that they bring is in bridge/texts,
// as they hear it wherever they bring one.
type sentence struct {
	// To a browser that cannot show the chat.
	Old    string // it is too old, or runs no scripts
	Others string // before the names of the other channels
	Help   string // the name of a link to a human
	// To those who bring a chat from WhatsApp.
	Bring   string // on the button for it
	Drop    string // while they hold it over the page
	Reading string // while it is read
	Close   string // on the button that ends this, or what is said of it
}

// sentences are in each language that Ferry speaks.
var sentences = map[string]sentence{
	"en": {
		"To chat here, you need a newer browser, with JavaScript switched on.",
		"You can also write to us on:", "Help",
		"Bring your WhatsApp chat", "Drop the chat here", "Reading the chat…", "Close",
	},
	"id": {
		"Untuk mengobrol di sini, Anda memerlukan peramban yang lebih baru dengan JavaScript aktif.",
		"Anda juga bisa menulis kepada kami lewat:", "Bantuan",
		"Bawa obrolan WhatsApp saya", "Lepaskan obrolannya di sini", "Membaca obrolan…", "Tutup",
	},
	"hi": {
		"यहाँ बातचीत करने के लिए आपको एक नया ब्राउज़र चाहिए, जिसमें JavaScript चालू हो।",
		"आप हमें यहाँ भी लिख सकते हैं:", "सहायता",
		"अपनी WhatsApp चैट यहाँ लाएँ", "चैट को यहाँ छोड़ें", "चैट पढ़ी जा रही है…", "बंद करें",
	},
	"pt": {
		"Para conversar aqui, você precisa de um navegador mais recente, com o JavaScript ativado.",
		"Você também pode nos escrever por:", "Ajuda",
		"Trazer sua conversa do WhatsApp", "Solte a conversa aqui", "Lendo a conversa…", "Fechar",
	},
	"es": {
		"Para chatear aquí necesitas un navegador más reciente, con JavaScript activado.",
		"También puedes escribirnos por:", "Ayuda",
		"Traer tu chat de WhatsApp", "Suelta el chat aquí", "Leyendo el chat…", "Cerrar",
	},
	"ar": {
		"للدردشة هنا تحتاج إلى متصفح أحدث مع تفعيل JavaScript.",
		"يمكنك أيضًا مراسلتنا عبر:", "مساعدة",
		"إحضار محادثتك من واتساب", "أفلت المحادثة هنا", "جارٍ قراءة المحادثة…", "إغلاق",
	},
	"it": {
		"Per chattare qui serve un browser più recente, con JavaScript attivo.",
		"Puoi scriverci anche su:", "Aiuto",
		"Porta qui la tua chat di WhatsApp", "Rilascia qui la chat", "Lettura della chat…", "Chiudi",
	},
	"fr": {
		"Pour discuter ici, il faut un navigateur plus récent, avec JavaScript activé.",
		"Vous pouvez aussi nous écrire sur :", "Aide",
		"Apporter ma discussion WhatsApp", "Déposer la discussion ici", "Lecture de la discussion…", "Fermer",
	},
}
