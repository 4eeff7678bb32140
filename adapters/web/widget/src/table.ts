// Every sentence the widget says, in each language it knows. One row a sentence, so that the compiler counts
// the languages and a translator sees them side by side, those that are alike next to each other. {} is where a name or a number goes.
// The build packs it: see table in build.mjs.

export const languages = ["en", "id", "fr", "it", "pt", "es", "hi", "ar"] as const

type Row = readonly [en: string, id: string, fr: string, it: string, pt: string, es: string, hi: string, ar: string]

/** The rows' numbers: the order of the table, which a test holds, and of the lists that Ferry.texts takes. */
export const enum T {
  chat,
  close,
  news,
  greeting,
  you,
  copy,
  retry,
  stop,
  stopped,
  cut,
  gone,
  write,
  send,
  offline,
  error,
  menu,
  fresh,
  forget,
  privacy,
  support,
  move,
  code,
  bring,
  confirm,
  wrong,
}

// prettier-ignore
export const table = {
  // The round button.
  chat: ["Chat", "Obrolan", "Chat", "Chat", "Chat", "Chat", "चैट", "محادثة"],
  close: ["Close", "Tutup", "Fermer", "Chiudi", "Fechar", "Cerrar", "बंद करें", "إغلاق"],
  news: ["New messages", "Pesan baru", "Nouveaux messages", "Nuovi messaggi", "Novas mensagens", "Mensajes nuevos", "नए संदेश", "رسائل جديدة"],
  // The conversation.
  greeting: ["How can I help?", "Ada yang bisa dibantu?", "Comment puis-je aider ?", "Come posso aiutare?", "Como posso ajudar?", "¿Cómo puedo ayudar?", "मैं क्या मदद करूँ", "كيف أساعدك؟"],
  you: ["You", "Anda", "Vous", "Tu", "Você", "Tú", "आप", "أنت"],
  copy: ["Copy", "Salin", "Copier", "Copia", "Copiar", "Copiar", "कॉपी करें", "نسخ"],
  retry: ["Answer again", "Jawab lagi", "Répondre à nouveau", "Rispondi di nuovo", "Responder de novo", "Responder de nuevo", "फिर जवाब दें", "أجب مجددًا"],
  stop: ["Stop", "Berhenti", "Arrêter", "Ferma", "Parar", "Parar", "रोकें", "إيقاف"],
  stopped: ["Stopped", "Dihentikan", "Arrêtée", "Interrotta", "Interrompida", "Detenida", "रोक दिया गया", "أوقفت"],
  cut: ["Cut off: too long", "Terpotong: terlalu panjang", "Coupée : trop longue", "Tagliata: troppo lunga", "Cortada: longa demais", "Cortada: muy larga", "अधूरा, बहुत लंबा", "مقطوعة، طويلة جدًا"],
  gone: ["Conversation ended", "Obrolan berakhir", "Conversation terminée", "Conversazione terminata", "Conversa encerrada", "Conversación terminada", "बातचीत समाप्त", "انتهت المحادثة"],
  // The field, and what becomes of a message.
  write: ["Message", "Pesan", "Message", "Messaggio", "Mensagem", "Mensaje", "संदेश", "رسالة"],
  send: ["Send", "Kirim", "Envoyer", "Invia", "Enviar", "Enviar", "भेजें", "إرسال"],
  offline: ["Connecting…", "Menghubungkan…", "Connexion…", "Connessione…", "Conectando…", "Conectando…", "कनेक्ट हो रहा है…", "جارٍ الاتصال…"],
  error: ["Failed", "Gagal", "Échec", "Non riuscito", "Falhou", "Falló", "नहीं हुआ", "لم ينجح"],
  // The menu.
  menu: ["Menu", "Menu", "Menu", "Menu", "Menu", "Menú", "मेनू", "القائمة"],
  fresh: ["New conversation", "Obrolan baru", "Nouvelle conversation", "Nuova conversazione", "Nova conversa", "Nueva conversación", "नई बातचीत", "محادثة جديدة"],
  forget: ["Delete everything", "Hapus semua", "Tout supprimer", "Elimina tutto", "Apagar tudo", "Borrar todo", "सब कुछ मिटाएँ", "حذف كل شيء"],
  privacy: ["Privacy", "Privasi", "Confidentialité", "Privacy", "Privacidade", "Privacidad", "गोपनीयता", "الخصوصية"],
  support: ["Help", "Bantuan", "Aide", "Aiuto", "Ajuda", "Ayuda", "मदद", "مساعدة"],
  // To and from other channels.
  move: ["Continue on {}", "Lanjutkan di {}", "Continuer sur {}", "Continua su {}", "Continuar no {}", "Continuar en {}", "{} पर जारी रखें", "المتابعة على {}"],
  code: ["I have a code", "Saya punya kode", "J’ai un code", "Ho un codice", "Tenho um código", "Tengo un código", "मेरे पास कोड है", "لدي رمز"],
  bring: ["Bring my chat here", "Bawa obrolan saya ke sini", "Apporter ma discussion ici", "Porta qui la mia chat", "Trazer meu chat para cá", "Traer mi chat aquí", "मेरी चैट यहाँ लाएँ", "نقل محادثتي إلى هنا"],
  confirm: ["Say yes in the other chat", "Jawab ya di obrolan lain", "Répondez oui dans l’autre chat", "Rispondi sì nell’altra chat", "Diga sim no outro chat", "Di sí en el otro chat", "दूसरी चैट में हाँ कहें", "أجب بنعم في المحادثة الأخرى"],
  wrong: ["Invalid code", "Kode tidak berlaku", "Code non valide", "Codice non valido", "Código inválido", "Código no válido", "कोड मान्य नहीं है", "رمز غير صالح"],
} satisfies Record<keyof typeof T, Row>

/** A language's sentences, by their numbers. */
export type Texts = readonly string[]
