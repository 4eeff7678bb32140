//nolint:misspell // it is not English
package chatexport

import (
	"cmp"
	"slices"
)

// What WhatsApp itself says in a chat, in the languages of its apps. The sentences are facts about
// other people's program; where versions differ, all that were seen are here. A language that is not here
// is still read, but for the placeholders: they stay what someone said.

// set makes a table of what fold returns for each.
func set(lists ...[]string) map[string]bool {
	m := map[string]bool{}
	for _, l := range lists {
		for _, s := range l {
			m[fold(s)] = true
		}
	}
	return m
}

var (
	omitted   = set(omittedMedia, omittedDocuments)
	documents = set(omittedDocuments)
	attached  = set(attachedFiles)
	edited    = set(editedMessages)
	deleted   = set(deletedMessages)
	missed    = set(missedCalls)
	// notices are by their first two bytes.
	notices = func() map[[2]byte][]notice {
		m := map[[2]byte][]notice{}
		for language, begins := range noticesBegin {
			for _, b := range begins {
				m[[2]byte([]byte(b))] = append(m[[2]byte([]byte(b))], notice{language, []byte(b)})
			}
		}
		for _, l := range m { // so that the same language is named each time
			slices.SortFunc(l, func(a, b notice) int {
				return cmp.Or(cmp.Compare(len(b.begins), len(a.begins)), cmp.Compare(a.language, b.language))
			})
		}
		return m
	}()
)

// A notice is how a sentence about the chat begins.
type notice struct {
	language string
	begins   []byte
}

const (
	shortestNotice = 12
	mostNotice     = 200
	deletedByAdmin = "this message was deleted by "
)

var omittedMedia = []string{
	// Android, all languages that its files were seen in
	"<Media omitted>", "<Multimedia omitido>", "<Archivo omitido>", "<Archivo multimedia omitido>",
	"<Mídia oculta>", "<Mídia omitida>", "<Arquivo de mídia oculto>", "<Ficheiro não revelado>",
	"<Médias omis>", "<Fichier omis>", "<Fichier multimédia exclu>", "<Media omessi>", "<Media omesso>",
	"<Medien ausgeschlossen>", "<Medien weggelassen>", "<Media weggelaten>", "<Media weggelaat>",
	"<Media tidak disertakan>", "<Media dikecualikan>", "<Media disingkirkan>",
	"<मीडिया के बिना>", "<मीडिया हटाया गया>", "<मीडिया वगळण्यात आला>", "<मीडिया वगळले>",
	"<تم استبعاد الوسائط>", "<رسانه حذف شد>", "<پيوست نما/آهنگ حذف شد>", "<میڈیا چھوڑ دیا گیا>", "<میڈیا ہٹا دیا گیا>",
	"<Без медиафайлов>", "<Файл пропущен>", "<Медиа пропущены>", "<Медіа пропущено>", "<Без файл>", "<без фајлови>",
	"<медији су изостављени>", "<файлдар қосылмаған>", "<Файл қосылған жоқ>",
	"<Medya dahil edilmedi>", "<Medya atlanmış>", "<Dosya dahil edilmedi>", "<media buraxıldı>",
	"<メディアなし>", "<メディアは含まれていません>", "<미디어 파일 제외됨>", "<미디어 파일 생략됨>", "<미디어 파일을 생략한 대화내용>",
	"<省略多媒体文件>", "<媒体省略>", "<媒体文件省略>", "<忽略多媒體檔>", "<省略多媒體檔案>", "<略過多媒體檔>",
	"<মিডিয়া বাদ দেওয়া হয়েছে>", "<মিডিয়া বাদ দেওয়া হয়েছে>", "<મિડિયા છોડી મૂકાયું>", "<મીડિયા અવગણવામાં આવ્યા>",
	"<ਮੀਡੀਆ ਛੱਡਿਆ>", "<கோப்புகள் விடப்பட்டன>", "<மீடியா விடப்பட்டது>", "<మీడియా విస్మరించబడింది>", "<ಮಾಧ್ಯಮ ಕೈಬಿಡಲಾಗಿದೆ>", "<മീഡിയ ഒഴിവാക്കി>",
	"<ไฟล์สื่อถูกลบ>", "<สื่อถูกลบ>", "<bỏ qua tệp phương tiện>", "<Bỏ qua Media>", "<Inalis ang media>",
	"<המדיה לא נכללה>", "<מדיה הושמטה>", "המדיה הושמטה",
	"<pominięto multimedia>", "<pliki pominięto>", "<média vynechány>", "<Média vynechána>", "<Médiá vynechané>",
	"<média elhagyva>", "<Hiányzó médiafájl>", "<conținut media omis>", "<medijski zapis izostavljen>", "<datoteke izpuščene>",
	"<αρχείο παραλήφθηκε>", "<Εξαίρεση πολυμέσων>", "<medier udeladt>", "<media utelatt>", "<media utelämnat>", "<Media har utelämnats>",
	"<media jätettiin pois>", "<Media jätetty pois>", "<fitxers multimèdia omesos>", "<meedia välja jäetud>",
	"<medija praleista>", "<nav iekļauta multivide>", "<media u hoq>", "<media hazijajumuishwa>", "<fayl o‘tkazib yuborildi>",
	// iPhone, by kind
	"image omitted", "video omitted", "audio omitted", "sticker omitted", "GIF omitted", "Contact card omitted",
	"voice message omitted", "video message omitted", "video note omitted", "photo omitted", "live location omitted", "location omitted",
	"gambar tidak disertakan", "video tidak disertakan", "audio tidak disertakan", "stiker tidak disertakan",
	"GIF tidak disertakan", "Kartu kontak tidak disertakan",
	"फ़ोटो हटाई गई", "वीडियो छोड़ा गया", "ऑडियो हटाई गयी", "स्टिकर छोड़ा गया", "GIF छोड़ा गया", "कॉन्टैक्ट कार्ड छोड़ा गया",
	"imagem ocultada", "vídeo omitido", "áudio ocultado", "figurinha omitida", "GIF omitido", "Cartão do contato omitido",
	"imagem não revelada", "vídeo não revelado", "ficheiro de áudio não revelado", "sticker não revelado",
	"GIF não revelada", "Contacto não revelado",
	"imagen omitida", "Video omitido", "audio omitido", "sticker omitido", "Tarjeta de contacto omitida",
	"لم يتم إدراج الصورة", "لم يتم إدراج الفيديوهات", "لم يتم إدراج المقاطع الصوتية", "تم حذف الملصقات",
	"لم يتم إدراج صورة GIF", "لم يتم إدراج بطاقة جهة اتصال",
	"immagine omessa", "video omesso", "audio omesso", "sticker non incluso", "GIF esclusa", "Scheda contatto omessa",
	"image absente", "vidéo absente", "audio omis", "sticker omis", "GIF retiré", "Fiche contact manquante",
	"Bild weggelassen", "Video weggelassen", "Audio weggelassen", "Sticker weggelassen", "GIF weggelassen", "Kontaktkarte ausgelassen",
	"изображение отсутствует", "видео отсутствует", "аудиофайл отсутствует", "стикер не добавлен", "GIF отсутствует",
	"Карточка контакта отсутствует", "видеозаметка опущена",
	"зображення відсутнє", "відео відсутнє", "аудіо відсутнє", "Наклейку не додано", "GIF-анімацію пропущено", "Картка контакту відсутня",
	"görüntü dahil edilmedi", "video dahil edilmedi", "ses dahil edilmedi", "Çıkartma dahil edilmedi", "GIF dahil edilmedi", "Kişi kartı dahil edilmedi",
	"画像は含まれていません", "ビデオは含まれていません", "音声は含まれていません", "スタンプは含まれていません", "GIFは含まれていません", "連絡先カードを省略",
	"이미지 생략됨", "비디오 생략됨", "오디오 생략됨", "스티커 제외됨", "GIF 생략됨", "연락처 카드 생략됨",
	"照片已忽略", "视频已忽略", "音频已忽略", "贴图已省略", "GIF 动态图已被忽略", "联系人卡片已忽略",
	"圖片已略去", "圖像已省略", "影片已略去", "影片已省略", "音訊已略去", "音訊已省略", "貼圖已略去", "貼圖已忽略", "GIF 已略去",
	"GIF 圖片已被省略", "聯絡人卡片已略去", "聯絡人卡片已省略",
	"afbeelding weggelaten", "video weggelaten", "audio weggelaten", "sticker weggelaten", "GIF weggelaten", "Visitekaartje weggelaten",
	"đã bỏ qua hình ảnh", "đã bỏ video", "bỏ qua tệp âm thanh", "đã bỏ sticker", "Đã bỏ qua ảnh GIF", "Bỏ qua thẻ liên lạc",
	"ไม่มีรูปภาพ", "วิดีโอถูกลบ", "ไม่มีไฟล์เสียง", "ไม่มีสติกเกอร์", "ละเว้น GIF", "บัตรรายชื่อที่ละเว้น",
	"obraz pominięty", "wideo pominięte", "audio pominięte", "pominięto naklejkę", "Plik GIF pominięty", "Pominięta wizytówka kontaktu",
	"התמונה הושמטה", "סרטון הווידאו הושמט", "קטע קול הושמט", "סטיקר הושמט", "GIF הושמט", "כרטיס איש קשר הושמט",
	"تصویر حذف شد", "ویدیو حذف شد", "صدا حذف شد", "استیکر حذف شد", "GIF حذف شد", "برگ مخاطب حذف شد",
	"imej tidak dimasukkan", "video tidak dimasukkan", "audio tidak dimasukkan", "pelekat tidak dimasukkan", "GIF tidak dimasukkan",
	"Imagine omisă", "clip video omis", "fără audio", "GIF omis", "obrázek vynechán", "video vynecháno", "zvukový soubor vynechán",
	"nálepka vynechána", "GIF vynechán", "Vizitka vynechána", "εικόνα παραλείφθηκε", "βίντεο παραλείφθηκε", "ήχος παραλείφθηκε",
	"αυτοκόλλητο παραλήφθηκε", "Παράληψη GIF", "bild utesluten", "video utesluten", "ljud utelslutet", "sticker utesluten", "GIF utesluten",
	"billede udeladt", "video udeladt", "lyd udeladt", "klistermærke udeladt", "GIF udeladt", "bilde ikke inkludert", "video utelatt",
	"lyd utelatt", "klistremerke utelatt", "GIF utelatt", "tarraa ei sisällytetty", "videota ei sisällytetä", "äänitiedostoa ei sisällytetä",
}

// omittedDocuments stand after the name of a document.
var omittedDocuments = []string{
	"document omitted", "dokumen tidak disertakan", "डॉक्यूमेंट छोड़ा गया", "documento omitido", "documento não revelado",
	"لم يتم إدراج المستند", "documento omesso", "document manquant", "Dokument weggelassen", "документ отсутствует",
	"документ пропущено", "belge dahil edilmedi", "ドキュメントは含まれていません", "문서 생략됨", "文档已省略", "文件已略去", "文件已忽略",
	"document weggelaten", "đã bỏ qua tài liệu", "ละเว้นเอกสาร", "dokument pominięty", "מסמך הושמט", "سند حذف شد",
	"dokumen tidak dimasukkan", "document omis", "dokument vynechán", "έγγραφο παραλείφθηκε", "dokument uteslutet",
	"dokument udeladt", "utelatt dokument", "dokumenttia ei sisällytetä",
}

// attachedFiles stand in brackets after the name of a file that comes with the chat.
var attachedFiles = []string{
	"file attached", "file terlampir", "फाइल अटैच कर दी गई है", "फ़ाइल अटैच की गई", "फाइल संलग्न", "arquivo anexado", "ficheiro anexado",
	"archivo adjunto", "archivo adjuntado", "الملف مرفق", "ملف مرفق", "file allegato", "fichier joint", "Datei angehängt",
	"файл добавлен", "файл прикреплен", "файл додано", "dosya ekli", "添付ファイル有り", "ファイル添付", "파일 첨부됨", "文件附件",
	"附件檔案", "bestand bijgevoegd", "tệp đính kèm", "ไฟล์ที่แนบ", "załączony plik", "קובץ מצורף", "پیوست شد", "پیوستہ فائل",
	"fail dilampirkan", "fișier atașat", "soubor byl přiložen", "συνημμένο αρχείο", "bifogad fil", "fil vedhæftet",
	"vedlagt fil", "liitetiedosto", "fájl csatolva", "arxiu adjunt", "súbor pripojený", "nakalakip na file", "GIF attached",
}

// editedMessages were not seen in Hindi, Japanese, Korean and Chinese; those are translations. On an
// iPhone the mark before the note tells it in any language.
var editedMessages = []string{
	"<This message was edited>", "<Pesan ini diedit>", "<Mensagem editada>", "<Esta mensagem foi editada>",
	"<Se editó este mensaje.>", "<Este mensaje fue editado>", "<تم تعديل هذه الرسالة>", "<Questo messaggio è stato modificato>",
	"<Ce message a été modifié>", "<Diese Nachricht wurde bearbeitet.>", "<Сообщение изменено>", "<Это сообщение изменено>",
	"<Bu mesaj düzenlendi>", "<Dit bericht is bewerkt>", "<ההודעה נערכה>", "<यह मैसेज एडिट किया गया>", "<इस मैसेज को एडिट किया गया>",
	"<このメッセージは編集されました>", "<이 메시지가 수정되었습니다>", "<此消息已编辑>", "<此訊息已編輯>",
}

var deletedMessages = []string{
	"This message was deleted", "You deleted this message", "You deleted this message as admin",
	"Pesan ini dihapus", "Pesan ini telah dihapus", "Anda menghapus pesan ini", "Anda telah menghapus pesan ini",
	"यह मैसेज डिलीट कर दिया गया है", "यह संदेश मिटाया गया", "आपने यह मैसेज डिलीट किया", "आपने यह संदेश मिटाया",
	"Mensagem apagada", "Esta mensagem foi apagada", "Esta mensagem foi apagada pelo remetente", "Você apagou esta mensagem",
	"Apagou esta mensagem", "Se eliminó este mensaje", "Este mensaje fue eliminado", "Eliminaste este mensaje",
	"تم حذف هذه الرسالة", "لقد حذَفت هذه الرسالة", "لقد حذفت هذه الرسالة", "أنت حذفت هذه الرسالة",
	"Questo messaggio è stato eliminato", "Hai eliminato questo messaggio", "Ce message a été supprimé",
	"Vous avez supprimé ce message", "Diese Nachricht wurde gelöscht", "Du hast diese Nachricht gelöscht",
	"Данное сообщение удалено", "Вы удалили данное сообщение", "Вы удалили это сообщение", "Это сообщение удалено",
	"Це повідомлення було видалено", "Ви видалили це повідомлення", "Bu mesaj silindi", "Bu mesajı sildiniz",
	"このメッセージは削除されました", "このメッセージを削除しました", "이 메시지는 삭제되었습니다", "이 메시지를 삭제했습니다", "삭제한 메시지입니다",
	"这条消息已被删除", "信息已删除", "您已删除这条消息", "此訊息已刪除", "您已刪除此訊息",
	"Dit bericht is verwijderd", "U hebt dit bericht verwijderd", "Je hebt dit bericht verwijderd",
	"Tin nhắn này đã bị xóa", "Tin nhắn này đã bị xoá", "Bạn đã xóa tin nhắn này", "Bạn đã xoá tin nhắn này",
	"ข้อความนี้ถูกลบแล้ว", "คุณได้ลบข้อความนี้", "Ta wiadomość została usunięta", "Usunąłeś(-ęłaś) tę wiadomość",
	"הודעה זו נמחקה", "מחקת את ההודעה הזו", "این پیام حذف شده است", "شما این پیام را حذف کردید",
	"Mesej ini telah dipadam", "Anda telah memadamkan mesej ini", "Acest mesaj a fost șters", "Ați șters acest mesaj",
	"Tato zpráva byla smazána", "Tuto zprávu jste smazal/a", "Αυτό το μήνυμα διαγράφηκε", "Διαγράψατε αυτό το μήνυμα",
	"Det här meddelandet raderades", "Du raderade det här meddelandet", "Denne besked er blevet slettet", "Du har slettet denne besked",
	"Denne meldingen ble slettet", "Du slettet denne meldingen", "Tämä viesti poistettiin", "Poistit tämän viestin",
	"Ez az üzenet törlésre került", "Törölted ezt az üzenetet",
}

var missedCalls = []string{
	"Missed voice call", "Missed video call", "Missed group voice call", "Missed group video call",
	"Panggilan suara tak terjawab", "Panggilan video tak terjawab", "वॉइस कॉल मिस हुई", "मिस्ड वॉइस कॉल", "मिस्ड वीडियो कॉल",
	"Chamada de voz perdida", "Ligação de voz perdida", "Chamada de vídeo perdida", "Llamada perdida", "Llamada de voz perdida", "Videollamada perdida",
	"مكالمة صوتية فائتة", "مكالمة فيديو فائتة", "Chiamata vocale persa", "Videochiamata persa", "Appel vocal manqué", "Appel vidéo manqué",
	"Verpasster Sprachanruf", "Verpasster Videoanruf", "Пропущенный аудиозвонок", "Пропущенный видеозвонок",
	"Cevapsız sesli arama", "Cevapsız görüntülü arama", "音声通話不在着信", "ビデオ通話不在着信", "부재중 전화", "부재중 영상통화",
	"未接语音通话", "未接视频通话", "未接語音通話", "未接視像通話", "Gemist spraakgesprek", "Gemist videogesprek",
}

// noticesBegin has, by language, how WhatsApp's sentences about a chat begin: that it is encrypted, in the
// wordings of 2016, 2021 and since, that a security code changed, that a business is there.
var noticesBegin = map[string][]string{
	"en": {
		"Messages and calls are end-to-end encrypted", "Messages to this chat and calls are", "Messages to this group are now secured",
		"Messages you send to this chat and calls are", "Messages you send to this group are now secured", "Your security code with ",
		"This business uses a secure service from Meta", "This business is now using a secure service", "This chat is with a business account",
		"This chat is with the official business account", "This business works with other companies", "Some earlier messages may not be available",
	},
	"id": {
		"Pesan dan panggilan terenkripsi secara end-to-end", "Pesan dan panggilan dienkripsi secara end-to-end",
		"Pesan-pesan dan panggilan Anda diamankan", "Kode keamanan Anda dengan ",
	},
	"hi": {
		"मैसेजेस और कॉल्स एंड-टू-एंड एन्क्रिप्टेड हैं", "मैसेज और कॉल एंड-टू-एंड एन्क्रिप्टेड हैं", "आपके द्वारा भेजे हुए सन्देश और कॉल्स",
	},
	"pt": {
		"As mensagens e as chamadas são protegidas", "As mensagens e ligações são protegidas", "As mensagens e chamadas são encriptadas",
		"Suas chamadas e mensagens estão seguras", "Seu código de segurança com ", "O seu código de segurança partilhado com ",
	},
	"es": {
		"Los mensajes y las llamadas están cifrados", "Tus mensajes y llamadas ahora están protegidos", "Cambió tu código de seguridad con ",
	},
	"ar": {
		"الرسائل والمكالمات مشفرة", "الرسائل والمكالمات مشفّرة", "إن الرسائل التي ترسلها والمكالمات", "تغيّر رمز أمانك المُستخدَم مع ",
	},
	"it": {
		"I messaggi e le chiamate sono crittografati", "I messaggi e le chiamate sono protetti", "I tuoi messaggi e le tue chiamate sono protetti",
		"Il tuo codice di sicurezza con ",
	},
	"fr": {
		"Les messages et les appels sont chiffrés", "Les messages et les appels sont protégés", "Vos messages et vos appels sont protégés",
		"Votre code de sécurité avec ",
	},
	"de": {
		"Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt", "Deine Nachrichten und Anrufe werden automatisch", "Deine Sicherheitsnummer für ",
	},
	"ru": {"Сообщения и звонки защищены", "Ваши сообщения и звонки защищены", "Ваш код безопасности с контактом "},
	"uk": {"Повідомлення й дзвінки захищено", "Повідомлення та дзвінки захищено", "Ваші повідомлення та дзвінки захищено"},
	"tr": {"Mesajlar ve aramalar uçtan uca şifrelidir", "Mesajlarınız artık uçtan uca şifreleme"},
	"ja": {"メッセージと通話はエンドツーエンド暗号化", "メッセージと通話は、エンドツーエンド"},
	"ko": {"메시지 및 전화는 종단간 암호화", "메시지와 통화는 종단간 암호화", "메시지 및 전화는 암호화되어"},
	"zh": {"消息和通话都进行端到端加密", "您发送的信息和通话都会进行端对端的加密", "訊息和通話經端對端加密", "訊息已受端對端加密保護", "訊息與通話皆受到端對端加密", "您傳送的訊息和通話都會進行端對端的加密"},
	"nl": {"Berichten en gesprekken worden end-to-end versleuteld", "Berichten en oproepen zijn end-to-end versleuteld", "Uw oproepen en berichten zijn beveiligd"},
	"vi": {"Tin nhắn và cuộc gọi được mã hóa đầu cuối", "Những tin nhắn và những cuộc gọi đã được bảo mật"},
	"th": {"ข้อความและการโทรได้รับการเข้ารหัส", "ข้อความที่คุณส่งถึงแชทและการโทรนี้มีความปลอดภัย"},
	"pl": {"Wiadomości i połączenia są w pełni zaszyfrowane", "Twoje wiadomości oraz połączenia są zabezpieczone"},
	"he": {"ההודעות והשיחות מוצפנות", "הודעות ושיחות מוצפנות"},
	"fa": {"پیام\u200cها و تماس\u200cها سرتاسر رمزگذاری", "پیامها و تماسها سرتاسر رمزگذاری", "پیام ها و تماس های شما رمزگذاری"},
	"ms": {"Mesej dan panggilan disulitkan hujung ke hujung"},
	"ro": {"Mesajele și apelurile sunt criptate integral"},
	"cs": {"Zprávy a hovory jsou opatřeny koncovým šifrováním", "Vaše zprávy a hovory jsou zabezpečeny"},
	"el": {"Τα μηνύματα και οι κλήσεις κρυπτογραφούνται", "Τα μηνύματα και οι κλήσεις σας είναι ασφαλή"},
	"sv": {"Meddelanden och samtal är komplett krypterade"},
	"da": {"Beskeder og opkald er end-to-end-krypterede"},
	"nb": {"Meldinger og samtaler er ende-til-ende-krypterte"},
	"fi": {"Viestit ja puhelut salataan täysin", "Viestit ja puhelut ovat täysin salattuja"},
	"hu": {"Az üzenetek és hívások végpontok közötti titkosítással"},
	"mr": {"मेसेजेस आणि कॉल्स एन्ड-टू-एन्ड"},
	"bn": {"মেসেজ এবং কল এন্ড-টু-এন্ড"},
	"gu": {"મેસેજ અને કૉલ શરૂથી અંત સુધી સુરક્ષિત છે"},
	"ur": {"میسجز اور کالز اینڈ ٹو اینڈ"},
}
