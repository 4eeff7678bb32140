// Every sentence the widget says, in each language it knows. One row a sentence, so that the compiler counts
// the languages and a translator sees them side by side. {} is where a name or a number goes.
// The build packs it: see table in build.mjs.

export const languages = ["en", "id", "hi", "pt", "es", "ar", "it", "fr"] as const

type Row = readonly [en: string, id: string, hi: string, pt: string, es: string, ar: string, it: string, fr: string]

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
  chat: ["Chat", "Obrolan", "चैट", "Chat", "Chat", "محادثة", "Chat", "Chat"],
  close: ["Close", "Tutup", "बंद करें", "Fechar", "Cerrar", "إغلاق", "Chiudi", "Fermer"],
  news: ["New messages", "Pesan baru", "नए संदेश", "Novas mensagens", "Mensajes nuevos", "رسائل جديدة", "Nuovi messaggi", "Nouveaux messages"],
  // The conversation.
  greeting: ["How can I help?", "Ada yang bisa dibantu?", "मैं क्या मदद करूँ", "Como posso ajudar?", "¿Cómo puedo ayudar?", "كيف أساعدك؟", "Come posso aiutare?", "Comment puis-je aider ?"],
  you: ["You", "Anda", "आप", "Você", "Tú", "أنت", "Tu", "Vous"],
  copy: ["Copy", "Salin", "कॉपी करें", "Copiar", "Copiar", "نسخ", "Copia", "Copier"],
  retry: ["Answer again", "Jawab lagi", "फिर जवाब दें", "Responder de novo", "Responder de nuevo", "أجب مجددًا", "Rispondi di nuovo", "Répondre à nouveau"],
  stop: ["Stop", "Berhenti", "रोकें", "Parar", "Parar", "إيقاف", "Ferma", "Arrêter"],
  gone: ["Conversation ended", "Obrolan berakhir", "बातचीत समाप्त", "Conversa encerrada", "Conversación terminada", "انتهت المحادثة", "Conversazione terminata", "Conversation terminée"],
  // The field, and what becomes of a message.
  write: ["Message", "Pesan", "संदेश", "Mensagem", "Mensaje", "رسالة", "Messaggio", "Message"],
  send: ["Send", "Kirim", "भेजें", "Enviar", "Enviar", "إرسال", "Invia", "Envoyer"],
  offline: ["Connecting…", "Menghubungkan…", "कनेक्ट हो रहा है…", "Conectando…", "Conectando…", "جارٍ الاتصال…", "Connessione…", "Connexion…"],
  error: ["That did not work", "Itu tidak berhasil", "यह नहीं हुआ", "Não funcionou", "No funcionó", "لم ينجح ذلك", "Non ha funzionato", "Cela n’a pas marché"],
  // The menu.
  menu: ["Menu", "Menu", "मेनू", "Menu", "Menú", "القائمة", "Menu", "Menu"],
  fresh: ["New conversation", "Obrolan baru", "नई बातचीत", "Nova conversa", "Nueva conversación", "محادثة جديدة", "Nuova conversazione", "Nouvelle conversation"],
  forget: ["Delete everything", "Hapus semua", "सब कुछ मिटाएँ", "Apagar tudo", "Borrar todo", "حذف كل شيء", "Elimina tutto", "Tout supprimer"],
  privacy: ["Privacy", "Privasi", "गोपनीयता", "Privacidade", "Privacidad", "الخصوصية", "Privacy", "Confidentialité"],
  support: ["Help", "Bantuan", "मदद", "Ajuda", "Ayuda", "مساعدة", "Aiuto", "Aide"],
  // To and from other channels.
  move: ["Continue on {}", "Lanjutkan di {}", "{} पर जारी रखें", "Continuar no {}", "Continuar en {}", "المتابعة على {}", "Continua su {}", "Continuer sur {}"],
  code: ["I have a code", "Saya punya kode", "मेरे पास कोड है", "Tenho um código", "Tengo un código", "لدي رمز", "Ho un codice", "J’ai un code"],
  bring: ["Bring my conversation here", "Bawa obrolan saya ke sini", "मेरी बातचीत यहाँ लाएँ", "Trazer minha conversa para cá", "Traer mi conversación aquí", "نقل محادثتي إلى هنا", "Porta qui la mia conversazione", "Apporter ma conversation ici"],
  confirm: ["Say yes in the other chat", "Jawab ya di obrolan lain", "दूसरी चैट में हाँ कहें", "Diga sim no outro chat", "Di sí en el otro chat", "أجب بنعم في المحادثة الأخرى", "Rispondi sì nell’altra chat", "Répondez oui dans l’autre chat"],
  wrong: ["Wrong or expired code", "Kode salah atau kedaluwarsa", "कोड गलत या पुराना है", "Código errado ou vencido", "Código incorrecto o caducado", "رمز خاطئ أو منتهٍ", "Codice errato o scaduto", "Code faux ou expiré"],
} satisfies Record<keyof typeof T, Row>

/** A language's sentences, by their numbers. */
export type Texts = readonly string[]
