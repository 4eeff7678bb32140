package chatexport

import "testing"

// What is written as \u in these files is what nobody sees.
const (
	lrm   = "\u200e" // before what WhatsApp says itself, on an iPhone
	rlm   = "\u200f"
	nbsp  = "\u00a0"
	nnbsp = "\u202f" // before AM since iOS 17, and on Android since version 14
)

// locales has a file for each way of writing that is known of a platform and a locale.
var locales = []struct {
	name  string
	file  string
	dates string
	want  []Message
}{
	{
		"Android en-US", "12/31/22, 11:58 PM - Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or listen to them. Tap to learn more.\n" +
			"12/31/22, 11:59 PM - Ayu: Happy New Year\n1/1/23, 12:00 AM - Luzia: To you too!\n1/1/23, 12:01 PM - Ayu: <Media omitted>\n1/1/23, 12:02 PM - Ayu: Missed voice call\n",
		"m/d/y",
		[]Message{
			notes("2022-12-31 23:58", "Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or listen to them. Tap to learn more."),
			says("2022-12-31 23:59", "Ayu", "Happy New Year"),
			says("2023-01-01 00:00", "Luzia", "To you too!"),
			sends("2023-01-01 12:01", "Ayu", ""),
			notes("2023-01-01 12:02", "Missed voice call"),
		},
	},
	{
		"Android 14 en-US", "12/31/22, 11:59" + nnbsp + "PM - Ayu: <Media omitted>\nlook at this\n1/1/23, 12:00" + nnbsp + "AM - ~" + nnbsp + "Luzia: nice <This message was edited>\n",
		"m/d/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", "look at this"), edits("2023-01-01 00:00", "Luzia", "nice")},
	},
	{
		"Android en-US, 24 hours", "12/31/22, 23:59 - Ayu: hi\n1/1/23, 00:00 - Luzia: This message was deleted\n",
		"m/d/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "hi"), deletes("2023-01-01 00:00", "Luzia")},
	},
	{
		"Android en-GB", "31/12/2022, 23:59 - Ayu: IMG-20221231-WA0001.jpg (file attached)\nfireworks\n01/01/2023, 00:00 - Luzia: null\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", "fireworks"), sends("2023-01-01 00:00", "Luzia", "")},
	},
	{
		"Android en-IN", "31/12/22, 11:59" + nnbsp + "pm - +91 98765 43210: hi\n01/01/23, 12:00" + nnbsp + "am - Luzia: You deleted this message\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "+91 98765 43210", "hi"), deletes("2023-01-01 00:00", "Luzia")},
	},
	{
		"Android en-CA", "2022-12-31, 11:59 p.m. - Ayu: hi\n2023-01-01, 12:00 a.m. - Luzia: hello\n",
		"y/m/d",
		[]Message{says("2022-12-31 23:59", "Ayu", "hi"), says("2023-01-01 00:00", "Luzia", "hello")},
	},
	{
		"Android en-ZA", "2022/12/31, 23:59 - Ayu: hi\n2023/01/01, 00:00 - Luzia: hello\n",
		"y/m/d",
		[]Message{says("2022-12-31 23:59", "Ayu", "hi"), says("2023-01-01 00:00", "Luzia", "hello")},
	},
	{
		"Android en-AU", "31/12/2022, 11:59 pm - Ayu: hi\n1/1/2023, 12:00 am - Luzia: hello\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "hi"), says("2023-01-01 00:00", "Luzia", "hello")},
	},
	{
		"Android id", "31/12/22 23.58 - Pesan dan panggilan terenkripsi secara end-to-end. Tidak seorang pun di luar chat ini, termasuk WhatsApp, yang dapat membaca atau mendengarkannya.\n" +
			"31/12/22 23.59 - Ayu: <Media tidak disertakan>\n01/01/23 00.00 - Luzia: Selamat tahun baru <Pesan ini diedit>\n01/01/23 00.01 - Ayu: Pesan ini dihapus\n",
		"d/m/y",
		[]Message{
			notes("2022-12-31 23:58", "Pesan dan panggilan terenkripsi secara end-to-end. Tidak seorang pun di luar chat ini, termasuk WhatsApp, yang dapat membaca atau mendengarkannya."),
			sends("2022-12-31 23:59", "Ayu", ""),
			edits("2023-01-01 00:00", "Luzia", "Selamat tahun baru"),
			deletes("2023-01-01 00:01", "Ayu"),
		},
	},
	{
		"Android id, with a comma", "31/12/22, 23.59 - Ayu: DOC-20221231-WA0003.pdf (file terlampir)\n01/01/23, 00.00 - Luzia: Anda menghapus pesan ini\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), deletes("2023-01-01 00:00", "Luzia")},
	},
	{
		"Android hi", "31/12/22, 11:58 pm - मैसेजेस और कॉल्स एंड-टू-एंड एन्क्रिप्टेड हैं. इस चैट में शामिल लोगों के अलावा कोई भी इन्हें पढ़ या सुन नहीं सकता, WhatsApp भी नहीं.\n" +
			"31/12/22, 11:59 pm - आयु: <मीडिया के बिना>\n01/01/23, 12:00 am - लूज़िया: यह मैसेज डिलीट कर दिया गया है\n",
		"d/m/y",
		[]Message{
			notes("2022-12-31 23:58", "मैसेजेस और कॉल्स एंड-टू-एंड एन्क्रिप्टेड हैं. इस चैट में शामिल लोगों के अलावा कोई भी इन्हें पढ़ या सुन नहीं सकता, WhatsApp भी नहीं."),
			sends("2022-12-31 23:59", "आयु", ""),
			deletes("2023-01-01 00:00", "लूज़िया"),
		},
	},
	{
		"Android hi, Devanagari digits", "३१/१२/२२, ११:५९ अपराह्न - आयु: नमस्ते\n१/१/२३, १२:०० पूर्वाह्न - लूज़िया: नमस्ते\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "आयु", "नमस्ते"), says("2023-01-01 00:00", "लूज़िया", "नमस्ते")},
	},
	{
		"Android pt-BR", "31/12/2022 23:58 - As mensagens e ligações são protegidas com a criptografia de ponta a ponta.\n" +
			"31/12/2022 23:59 - Ayu: <Mídia oculta>\n01/01/2023 00:00 - Luzia: Feliz ano novo <Mensagem editada>\n01/01/2023 00:01 - Ayu: Mensagem apagada\n",
		"d/m/y",
		[]Message{
			notes("2022-12-31 23:58", "As mensagens e ligações são protegidas com a criptografia de ponta a ponta."),
			sends("2022-12-31 23:59", "Ayu", ""),
			edits("2023-01-01 00:00", "Luzia", "Feliz ano novo"),
			deletes("2023-01-01 00:01", "Ayu"),
		},
	},
	{
		"Android pt-PT", "31/12/22, 23:59 - Ayu: <Ficheiro não revelado>\n01/01/23, 00:00 - Luzia: Contrato.pdf (ficheiro anexado)\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), sends("2023-01-01 00:00", "Luzia", "Contrato.pdf")},
	},
	{
		"Android es-ES", "31/12/22, 23:59 - Ayu: <Multimedia omitido>\n1/1/23, 0:00 - Luzia: Feliz año <Se editó este mensaje.>\n1/1/23, 0:01 - Ayu: Se eliminó este mensaje\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), edits("2023-01-01 00:00", "Luzia", "Feliz año"), deletes("2023-01-01 00:01", "Ayu")},
	},
	{
		"Android es-ES, older", "31/12/22 23:59 - Ayu: hola\n1/1/23 0:00 - Luzia: <Archivo omitido>\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "hola"), sends("2023-01-01 00:00", "Luzia", "")},
	},
	{
		"Android es-MX", "31/12/22 11:59 p." + nbsp + "m. - Ayu: hola\n1/1/23 12:00 a." + nbsp + "m. - Luzia: IMG-20230101-WA0000.jpg (archivo adjunto)\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "hola"), sends("2023-01-01 00:00", "Luzia", "")},
	},
	{
		"Android es-CO", "31/12/2022, 11:59 p. m. - Ayu: hola\n1/1/2023, 12:00 a. m. - Luzia: PTT-20230101-WA0014.opus (archivo adjunto)\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "hola"), sends("2023-01-01 00:00", "Luzia", "")},
	},
	{
		"Android ar, Arabic digits", rlm + "٣١/١٢/٢٠٢٢، ١١:٥٩ م - آيو: <تم استبعاد الوسائط>\n" + rlm + "١/١/٢٠٢٣، ١٢:٠٠ ص - لوزيا: كل عام وأنتم بخير " + rlm + "<تم تعديل هذه الرسالة>\n١/١/٢٠٢٣، ١٢:٠١ ص - آيو: تم حذف هذه الرسالة\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "آيو", ""), edits("2023-01-01 00:00", "لوزيا", "كل عام وأنتم بخير"), deletes("2023-01-01 00:01", "آيو")},
	},
	{
		"Android ar-MA", "31/12/2022، 23:59 - \u202a+212 600-000000\u202c: مرحبا\n1/1/2023، 00:00 - لوزيا: IMG-20230101-WA0001.jpg (الملف مرفق)\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "+212 600-000000", "مرحبا"), sends("2023-01-01 00:00", "لوزيا", "")},
	},
	{
		"Android it", "31/12/22, 23:59 - Ayu: <Media omessi>\n01/01/23, 00:00 - Luzia: Auguri <Questo messaggio è stato modificato>\n01/01/23, 00:01 - Ayu: Questo messaggio è stato eliminato\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), edits("2023-01-01 00:00", "Luzia", "Auguri"), deletes("2023-01-01 00:01", "Ayu")},
	},
	{
		"Android it, older", "31/12/18, 23.59 - Ayu: ciao\n01/01/19, 00.00 - Luzia: <Media omesso>\n",
		"d/m/y",
		[]Message{says("2018-12-31 23:59", "Ayu", "ciao"), sends("2019-01-01 00:00", "Luzia", "")},
	},
	{
		"Android fr", "31/12/2022 23:59 - Ayu: <Médias omis>\n01/01/2023 00:00 - Luzia: Bonne année <Ce message a été modifié>\n01/01/2023 00:01 - Ayu: Vous avez supprimé ce message\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), edits("2023-01-01 00:00", "Luzia", "Bonne année"), deletes("2023-01-01 00:01", "Ayu")},
	},
	{
		"Android fr, with à", "31/12/22 à 23:59 - Ayu: salut\n01/01/23 à 00:00 - Luzia: STK-20230101-WA0001.webp (fichier joint)\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "salut"), sends("2023-01-01 00:00", "Luzia", "")},
	},
	{
		"Android fr-CA", "2022-12-31 23 h 59 - Ayu: salut\n2023-01-01 00 h 00 - Luzia: allô\n",
		"y/m/d",
		[]Message{says("2022-12-31 23:59", "Ayu", "salut"), says("2023-01-01 00:00", "Luzia", "allô")},
	},
	{
		"Android de", "31.12.22, 23:58 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand außerhalb dieses Chats kann sie lesen oder anhören, nicht einmal WhatsApp.\n" +
			"31.12.22, 23:59 - Ayu: <Medien ausgeschlossen>\n01.01.23, 00:00 - Luzia: Prost <Diese Nachricht wurde bearbeitet.>\n01.01.23, 00:01 - Ayu: abc.jpg (Datei angehängt)\nKartoffelsalat\n",
		"d/m/y",
		[]Message{
			notes("2022-12-31 23:58", "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand außerhalb dieses Chats kann sie lesen oder anhören, nicht einmal WhatsApp."),
			sends("2022-12-31 23:59", "Ayu", ""),
			edits("2023-01-01 00:00", "Luzia", "Prost"),
			sends("2023-01-01 00:01", "Ayu", "abc.jpg\nKartoffelsalat"),
		},
	},
	{
		"Android ru", "31.12.2022, 23:59 - Аю: <Без медиафайлов>\n01.01.2023, 00:00 - Луция: С Новым годом <Сообщение изменено>\n01.01.2023, 00:01 - Аю: Данное сообщение удалено\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Аю", ""), edits("2023-01-01 00:00", "Луция", "С Новым годом"), deletes("2023-01-01 00:01", "Аю")},
	},
	{
		"Android uk", "31.12.22, 23:59 - Аю: <Медіа пропущено>\n01.01.23, 00:00 - Луція: Ви видалили це повідомлення\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Аю", ""), deletes("2023-01-01 00:00", "Луція")},
	},
	{
		"Android tr", "31.12.2022 23:59 - Ayu: <Medya dahil edilmedi>\n1.01.2023 00:00 - Luzia: Mutlu yıllar <Bu mesaj düzenlendi>\n1.01.2023 00:01 - Ayu: IMG-20230101-WA0001.jpg (dosya ekli)\ngüzel\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), edits("2023-01-01 00:00", "Luzia", "Mutlu yıllar"), sends("2023-01-01 00:01", "Ayu", "güzel")},
	},
	{
		"Android tr, halves of the day", "31.12.2022 ÖS 11:59 - Ayu: merhaba\n1.01.2023 ÖÖ 12:00 - Luzia: selam\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "merhaba"), says("2023-01-01 00:00", "Luzia", "selam")},
	},
	{
		"Android ja", "2022/12/31 23:59 - あゆ: <メディアなし>\n2023/01/01 0:00 - ルチア: このメッセージは削除されました\n",
		"y/m/d",
		[]Message{sends("2022-12-31 23:59", "あゆ", ""), deletes("2023-01-01 00:00", "ルチア")},
	},
	{
		"Android ja, halves of the day", "2022/12/31 午後11:59 - あゆ: こんばんは\n2023/01/01 午前0:00 - ルチア: あけましておめでとう\n",
		"y/m/d",
		[]Message{says("2022-12-31 23:59", "あゆ", "こんばんは"), says("2023-01-01 00:00", "ルチア", "あけましておめでとう")},
	},
	{
		"Android ko", "2022. 12. 31. 오후 11:59 - 아유: <미디어 파일 제외됨>\n2023. 1. 1. 오전 12:00 - 루지아: 이 메시지는 삭제되었습니다\n",
		"y/m/d",
		[]Message{sends("2022-12-31 23:59", "아유", ""), deletes("2023-01-01 00:00", "루지아")},
	},
	{
		"Android ko, in words", "2022년 12월 31일 오후 11:59 - 아유: 안녕\n2023년 1월 1일 오전 12:00 - 루지아: 안녕하세요\n",
		"y/m/d",
		[]Message{says("2022-12-31 23:59", "아유", "안녕"), says("2023-01-01 00:00", "루지아", "안녕하세요")},
	},
	{
		"Android zh-CN", "2022/12/31 23:59 - 阿玉: <省略多媒体文件>\n2023/1/1 00:00 - 露西亚: 您已删除这条消息\n",
		"y/m/d",
		[]Message{sends("2022-12-31 23:59", "阿玉", ""), deletes("2023-01-01 00:00", "露西亚")},
	},
	{
		"Android zh-CN, two digits", "18/12/30 下午11:59 - 阿玉: 晚安\n18/12/31 上午12:05 - 露西亚: 晚安\n19/1/1 中午12:30 - 阿玉: 新年好\n",
		"y/m/d",
		[]Message{says("2018-12-30 23:59", "阿玉", "晚安"), says("2018-12-31 00:05", "露西亚", "晚安"), says("2019-01-01 12:30", "阿玉", "新年好")},
	},
	{
		"Android zh-TW", "2022/12/31 下午11:59 - 阿玉: <略過多媒體檔>\n2023/1/1 凌晨12:00 - 露西亞: 此訊息已刪除\n",
		"y/m/d",
		[]Message{sends("2022-12-31 23:59", "阿玉", ""), deletes("2023-01-01 00:00", "露西亞")},
	},
	{
		"Android nl", "31-12-2022 23:59 - Ayu: <Media weggelaten>\n01-01-2023 00:00 - Luzia: Gelukkig nieuwjaar <Dit bericht is bewerkt>\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), edits("2023-01-01 00:00", "Luzia", "Gelukkig nieuwjaar")},
	},
	{
		"Android vi", "23:59, 31/12/2022 - Ayu: <Bỏ qua Media>\n00:00, 01/01/2023 - Luzia: Chúc mừng năm mới\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), says("2023-01-01 00:00", "Luzia", "Chúc mừng năm mới")},
	},
	{
		"Android th", "31/12/2022 23:59 - อายุ: <ไฟล์สื่อถูกลบ>\n1/1/2023 00:00 - ลูเซีย: สวัสดีปีใหม่\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "อายุ", ""), says("2023-01-01 00:00", "ลูเซีย", "สวัสดีปีใหม่")},
	},
	{
		"Android pl", "31.12.2022, 23:59 - Ayu: <pominięto multimedia>\n1.01.2023, 00:00 - Luzia: Ta wiadomość została usunięta\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), deletes("2023-01-01 00:00", "Luzia")},
	},
	{
		"Android he", "31.12.2022, 23:59 - איו: <המדיה לא נכללה>\n1.1.2023, 0:00 - לוציה: הודעה זו נמחקה\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "איו", ""), deletes("2023-01-01 00:00", "לוציה")},
	},
	{
		"Android fa", "۲۰۲۱/۵/۳۰،" + rlm + " ۱۸:۴۴ - پیام\u200cها و تماس\u200cها سرتاسر رمزگذاری شده\u200cاند.\n۲۰۲۱/۵/۳۰،" + rlm + " ۱۸:۴۵ - آیو: سلام، خسته نباشید\n۲۰۲۱/۵/۳۱،" + rlm + " ۷:۴۹ - لوزیا: <رسانه حذف شد>\n",
		"y/m/d",
		[]Message{
			notes("2021-05-30 18:44", "پیام\u200cها و تماس\u200cها سرتاسر رمزگذاری شده\u200cاند."),
			says("2021-05-30 18:45", "آیو", "سلام، خسته نباشید"),
			sends("2021-05-31 07:49", "لوزیا", ""),
		},
	},
	{
		"Android fi", "31.12.2022 klo 23.59 - Ayu: <Media jätettiin pois>\n1.1.2023 klo 0.00 - Luzia: Hyvää uutta vuotta\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), says("2023-01-01 00:00", "Luzia", "Hyvää uutta vuotta")},
	},
	{
		"Android cs", "31.12.22 23:59 - Ayu: <Média vynechána>\n01.01.23 0:00 - Luzia: Tato zpráva byla smazána\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), deletes("2023-01-01 00:00", "Luzia")},
	},
	{
		"Android sk", "31. 12. 2022 23:59 - Ayu: <Médiá vynechané>\n1. 1. 2023 0:00 - Luzia: ahoj\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), says("2023-01-01 00:00", "Luzia", "ahoj")},
	},
	{
		"Android hu", "2022. 12. 31. 23:59 - Ayu: <Hiányzó médiafájl>\n2023. 01. 01. 0:00 - Luzia: Boldog új évet\n",
		"y/m/d",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), says("2023-01-01 00:00", "Luzia", "Boldog új évet")},
	},
	{
		"Android sv", "2022-12-31 23:59 - Ayu: <Media har utelämnats>\n2023-01-01 00:00 - Luzia: hej\n",
		"y/m/d",
		[]Message{sends("2022-12-31 23:59", "Ayu", ""), says("2023-01-01 00:00", "Luzia", "hej")},
	},
	{
		"Android bg", "31.12.22 г., 23:59 - Ayu: здравей\n1.01.23 г., 0:00 - Luzia: <Без файл>\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "здравей"), sends("2023-01-01 00:00", "Luzia", "")},
	},
	{
		"Android hr", "31. 12. 2022. 23:59 - Ayu: bok\n01. 01. 2023. 00:00 - Luzia: <Medijski zapis izostavljen>\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "bok"), sends("2023-01-01 00:00", "Luzia", "")},
	},
	{
		"Android el", "31/12/22, 11:59 μ.μ. - Ayu: γεια\n1/1/23, 12:00 π.μ. - Luzia: <αρχείο παραλήφθηκε>\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "γεια"), sends("2023-01-01 00:00", "Luzia", "")},
	},
	{
		"Android ms", "31/12/2022, 11:59 PTG - Ayu: apa khabar\n01/01/2023, 12:00 PG - Luzia: <Media dikecualikan>\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "apa khabar"), sends("2023-01-01 00:00", "Luzia", "")},
	},
	{
		"Android bn", "৩১/১২/২২, ১১:৫৯ PM - আয়ু: হ্যালো\n১/১/২৩, ১২:০০ AM - লুজিয়া: <মিডিয়া বাদ দেওয়া হয়েছে>\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "আয়ু", "হ্যালো"), sends("2023-01-01 00:00", "লুজিয়া", "")},
	},
	{
		"Android sw, whose words are not known", "31/12/2022, 23:59 - Ayu: IMG-20221231-WA0001.jpg (faili limeambatanishwa)\nhabari\n01/01/2023, 00:00 - Luzia: nzuri\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59", "Ayu", "habari"), says("2023-01-01 00:00", "Luzia", "nzuri")},
	},
	{
		"Android with long dashes", "31/12/2022, 23:59 – Ayu: hi\n01/01/2023, 00:00 – Luzia: hello\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59", "Ayu", "hi"), says("2023-01-01 00:00", "Luzia", "hello")},
	},
	{
		"before 2014, no brackets", "31/12/2012 17:03:48: Ayu: Hi Luzia\n01/01/2013 00:00:00: Luzia: hello\n",
		"d/m/y",
		[]Message{says("2012-12-31 17:03:48", "Ayu", "Hi Luzia"), says("2013-01-01 00:00", "Luzia", "hello")},
	},
	{
		"iOS en-US", "[12/31/22, 11:59:58" + nnbsp + "PM] Luzia: " + lrm + "Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them.\r\n" +
			"[1/1/23, 12:00:01" + nnbsp + "AM] Ayu: Hi\nLuzia\r\n" + lrm + "[1/1/23, 12:00:02" + nnbsp + "PM] Ayu: " + lrm + "image omitted\r\n",
		"m/d/y",
		[]Message{
			notes("2022-12-31 23:59:58", "Messages and calls are end-to-end encrypted. Only people in this chat can read, listen to, or share them."),
			says("2023-01-01 00:00:01", "Ayu", "Hi\nLuzia"),
			sends("2023-01-01 12:00:02", "Ayu", ""),
		},
	},
	{
		"iOS en-US, with media", "[12/31/22, 11:59:58 PM] Ayu: Hello " + lrm + "<This message was edited>\r\n" +
			lrm + "[1/1/23, 12:00:01 AM] Ayu: the beach " + lrm + "<attached: 00000042-PHOTO-2023-01-01-00-00-01.jpg>\r\n" +
			lrm + "[1/1/23, 12:00:02 AM] Ayu: Report.pdf • " + lrm + "2 pages " + lrm + "<attached: 00000043-Report.pdf>\r\n" +
			lrm + "[1/1/23, 12:00:03 AM] Luzia: " + lrm + "This message was deleted.\r\n" +
			lrm + "[1/1/23, 12:00:04 AM] Ayu: " + lrm + "Voice call, " + lrm + "5 min\r\n" +
			lrm + "[1/1/23, 12:00:05 AM] Ayu: " + lrm + "Location: https://maps.google.com/?q=36.6,29.1\r\n" +
			lrm + "[1/1/23, 12:00:06 AM] Ayu: " + lrm + "POLL:\nWhere to?\n" + lrm + "OPTION: Bali (" + lrm + "1 vote)\r\n",
		"m/d/y",
		[]Message{
			edits("2022-12-31 23:59:58", "Ayu", "Hello"),
			sends("2023-01-01 00:00:01", "Ayu", "the beach"),
			sends("2023-01-01 00:00:02", "Ayu", "Report.pdf"),
			deletes("2023-01-01 00:00:03", "Luzia"),
			notes("2023-01-01 00:00:04", "Voice call, "+lrm+"5 min"),
			says("2023-01-01 00:00:05", "Ayu", "Location: https://maps.google.com/?q=36.6,29.1"),
			says("2023-01-01 00:00:06", "Ayu", "POLL:\nWhere to?\n"+lrm+"OPTION: Bali ("+lrm+"1 vote)"),
		},
	},
	{
		"iOS en-GB", "[31/12/2022, 23:59:58] ~" + nnbsp + "Ayu: hi\n[01/01/2023, 00:00:01] Luzia: " + lrm + "sticker omitted\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59:58", "Ayu", "hi"), sends("2023-01-01 00:00:01", "Luzia", "")},
	},
	{
		"iOS en-IN", "[31/12/22, 11:59:58 PM] Ayu: hi\n[01/01/23, 12:00:01 AM] Luzia: " + lrm + "Contact card omitted\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59:58", "Ayu", "hi"), sends("2023-01-01 00:00:01", "Luzia", "")},
	},
	{
		"iOS id", "[31/12/22 23.59.58] Luzia: " + lrm + "Pesan dan panggilan terenkripsi secara end-to-end. Tidak seorang pun di luar chat ini dapat membacanya.\n" +
			"[31/12/22 23.59.59] Ayu: laporan.pdf • " + lrm + "7 halaman " + lrm + "dokumen tidak disertakan\n[01/01/23 00.00.01] Luzia: " + lrm + "Pesan ini dihapus.\n",
		"d/m/y",
		[]Message{
			notes("2022-12-31 23:59:58", "Pesan dan panggilan terenkripsi secara end-to-end. Tidak seorang pun di luar chat ini dapat membacanya."),
			sends("2022-12-31 23:59:59", "Ayu", "laporan.pdf"),
			deletes("2023-01-01 00:00:01", "Luzia"),
		},
	},
	{
		"iOS hi", "[31/12/22, 11:59:58 PM] आयु: " + lrm + "फ़ोटो हटाई गई\n[01/01/23, 12:00:01 AM] लूज़िया: नमस्ते " + lrm + "<यह मैसेज बदला गया>\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "आयु", ""), edits("2023-01-01 00:00:01", "लूज़िया", "नमस्ते")},
	},
	{
		"iOS pt-BR", "[31/12/2022, 23:59:58] Ayu: " + lrm + "imagem ocultada\n[01/01/2023, 00:00:01] Luzia: texto corrigido " + lrm + "<Mensagem editada>\n" +
			"[01/01/2023, 00:00:02] Ayu: " + lrm + "<anexado: 00000003-PHOTO-2023-01-01-00-00-02.jpg>\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "Ayu", ""), edits("2023-01-01 00:00:01", "Luzia", "texto corrigido"), sends("2023-01-01 00:00:02", "Ayu", "")},
	},
	{
		"iOS pt-PT, American dates", "[12/31/22 14:56:00] Luzia: As mensagens e chamadas são encriptadas ponto a ponto. Ninguém fora desta conversa, nem mesmo o WhatsApp, pode ler ou ouvi-las.\n" +
			"[12/31/22 21:50:09] Ayu: Some file.txt documento não revelado\n[1/1/23 21:54:45] Luzia: Esta mensagem foi apagada.\n",
		"m/d/y",
		[]Message{
			notes("2022-12-31 14:56", "As mensagens e chamadas são encriptadas ponto a ponto. Ninguém fora desta conversa, nem mesmo o WhatsApp, pode ler ou ouvi-las."),
			sends("2022-12-31 21:50:09", "Ayu", "Some file.txt"),
			deletes("2023-01-01 21:54:45", "Luzia"),
		},
	},
	{
		"iOS es-ES", "[31/12/22, 23:59:58] Ayu: " + lrm + "imagen omitida\n[1/1/23, 0:00:01] Luzia: " + lrm + "<adjunto: 00000042-PHOTO-2023-01-01-00-00-01.jpg>\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "Ayu", ""), sends("2023-01-01 00:00:01", "Luzia", "")},
	},
	{
		"iOS es-MX", "[31/12/22 11:59:58 p.m.] Ayu: hola\n[01/01/23 12:00:01 a.m.] Luzia: " + lrm + "Video omitido\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59:58", "Ayu", "hola"), sends("2023-01-01 00:00:01", "Luzia", "")},
	},
	{
		"iOS ar, Arabic digits", rlm + "[٣١" + rlm + "/١٢" + rlm + "/٢٠٢٢، ١١:٥٩:٥٨ م] لوزيا: " + rlm + "الرسائل والمكالمات مشفرة تمامًا بين الطرفين.\n" +
			"[٣١/١٢/٢٠٢٢، ١١:٥٩:٥٩ م] آيو: لم يتم إدراج الصورة\n[١/١/٢٠٢٣، ١٢:٠٠:٠١ ص] لوزيا: أنت حذفت هذه الرسالة.\n",
		"d/m/y",
		[]Message{
			notes("2022-12-31 23:59:58", "الرسائل والمكالمات مشفرة تمامًا بين الطرفين."),
			sends("2022-12-31 23:59:59", "آيو", ""),
			deletes("2023-01-01 00:00:01", "لوزيا"),
		},
	},
	{
		"iOS ar", "[31/12/2022، 23:59:58] Luzia: تم حذف الملصقات\n[1/1/2023، 00:00:01] Ayu: Some file.txt لم يتم إدراج المستند\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "Luzia", ""), sends("2023-01-01 00:00:01", "Ayu", "Some file.txt")},
	},
	{
		"iOS it", "[31/12/22, 23:59:58] Ayu: " + lrm + "immagine omessa\n[01/01/23, 00:00:01] Luzia: Ho prenotato " + lrm + "<Questo messaggio è stato modificato>\n[01/01/23, 00:00:02] Luzia: " + lrm + "Chiamata vocale persa. " + lrm + "Tocca per richiamare\n",
		"d/m/y",
		[]Message{
			sends("2022-12-31 23:59:58", "Ayu", ""),
			edits("2023-01-01 00:00:01", "Luzia", "Ho prenotato"),
			notes("2023-01-01 00:00:02", "Chiamata vocale persa. "+lrm+"Tocca per richiamare"),
		},
	},
	{
		"iOS fr", "[31/12/2022 23:59:58] Ayu: " + lrm + "GIF retiré\n[01/01/2023 00:00:01] Luzia: " + lrm + "Ce message a été supprimé.\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "Ayu", ""), deletes("2023-01-01 00:00:01", "Luzia")},
	},
	{
		"iOS fr, American dates", "[12/31/22 23:59:58] Ayu: vidéo absente\n[1/1/23 00:00:01] Luzia: Votre code de sécurité avec Ayu a changé. Appuyez pour en savoir plus.\n",
		"m/d/y",
		[]Message{sends("2022-12-31 23:59:58", "Ayu", ""), notes("2023-01-01 00:00:01", "Votre code de sécurité avec Ayu a changé. Appuyez pour en savoir plus.")},
	},
	{
		"iOS fr-CA", "[2022-12-31 23 h 59 min 58 s] Ayu: salut\n[2023-01-01 0 h 0 min 1 s] Luzia: allô\n",
		"y/m/d",
		[]Message{says("2022-12-31 23:59:58", "Ayu", "salut"), says("2023-01-01 00:00:01", "Luzia", "allô")},
	},
	{
		"iOS de", "[31.12.22, 23:59:58] Ayu: " + lrm + "Bild weggelassen\n[01.01.23, 00:00:01] Luzia: " + lrm + "Diese Nachricht wurde gelöscht.\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "Ayu", ""), deletes("2023-01-01 00:00:01", "Luzia")},
	},
	{
		"iOS de, 12 hours", "[31.12.22, 5:52:02 PM] Ayu: Hallo\n[01.01.23, 12:00:01 AM] Luzia: Kontaktkarte ausgelassen\n",
		"d/m/y",
		[]Message{says("2022-12-31 17:52:02", "Ayu", "Hallo"), sends("2023-01-01 00:00:01", "Luzia", "")},
	},
	{
		"iOS ru", "[31.12.2022, 23:59:58] Аю: " + lrm + "изображение отсутствует\n[01.01.2023, 00:00:01] Луция: Ваш код безопасности с контактом Аю изменился. Подробнее.\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "Аю", ""), notes("2023-01-01 00:00:01", "Ваш код безопасности с контактом Аю изменился. Подробнее.")},
	},
	{
		"iOS tr", "[31.12.2022 23:59:58] Ayu: " + lrm + "görüntü dahil edilmedi\n[1.01.2023 00:00:01] Luzia: link " + lrm + "<Bu mesaj düzenlendi>\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "Ayu", ""), edits("2023-01-01 00:00:01", "Luzia", "link")},
	},
	{
		"iOS ja", "[2022/12/31 23:59:58] あゆ: " + lrm + "画像は含まれていません\n[2023/01/01 0:00:01] ルチア: Some file.txt " + lrm + "ドキュメントは含まれていません\n",
		"y/m/d",
		[]Message{sends("2022-12-31 23:59:58", "あゆ", ""), sends("2023-01-01 00:00:01", "ルチア", "Some file.txt")},
	},
	{
		"iOS ko", "[2022. 12. 31. 오후 11:59:58] 아유: " + lrm + "이미지 생략됨\n[2023. 1. 1. 오전 12:00:01] 루지아: 안녕하세요\n",
		"y/m/d",
		[]Message{sends("2022-12-31 23:59:58", "아유", ""), says("2023-01-01 00:00:01", "루지아", "안녕하세요")},
	},
	{
		"iOS zh-CN", "[2022/12/31 下午11:59:58] 阿玉: " + lrm + "照片已忽略\n[2023/1/1 上午12:00:01] 露西亚: 新年好\n",
		"y/m/d",
		[]Message{sends("2022-12-31 23:59:58", "阿玉", ""), says("2023-01-01 00:00:01", "露西亚", "新年好")},
	},
	{
		"iOS zh-CN, in words", "[2022年12月31日 下午11:59:58] 阿玉: 晚安\n[2023年1月1日 上午12:00:01] 露西亚: 新年好\n",
		"y/m/d",
		[]Message{says("2022-12-31 23:59:58", "阿玉", "晚安"), says("2023-01-01 00:00:01", "露西亚", "新年好")},
	},
	{
		"iOS zh-HK", "[31/12/2022 下午11:59:58] 阿玉: " + lrm + "圖片已略去\n[1/1/2023 上午12:00:01] 露西亞: 新年好\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "阿玉", ""), says("2023-01-01 00:00:01", "露西亞", "新年好")},
	},
	{
		"iOS nl", "[31-12-2022 23:59:58] Ayu: " + lrm + "afbeelding weggelaten\n[01-01-2023 00:00:01] Luzia: hoi\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "Ayu", ""), says("2023-01-01 00:00:01", "Luzia", "hoi")},
	},
	{
		"iOS vi", "[23:59:58, 31/12/2022] Ayu: " + lrm + "đã bỏ qua hình ảnh\n[00:00:01, 1/1/2023] Luzia: Tin nhắn này đã bị xóa.\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "Ayu", ""), deletes("2023-01-01 00:00:01", "Luzia")},
	},
	{
		"iOS vi, American dates", "[23:59:58, 12/31/22] Ayu: xin chào\n[00:00:01, 1/1/23] Luzia: Some file.txt đã bỏ qua tài liệu\n",
		"m/d/y",
		[]Message{says("2022-12-31 23:59:58", "Ayu", "xin chào"), sends("2023-01-01 00:00:01", "Luzia", "Some file.txt")},
	},
	{
		"iOS fi", "[31.12.2022 klo 23.59.58] Ayu: moi\n[1.1.2023 klo 0.00.01] Luzia: " + lrm + "tarraa ei sisällytetty\n",
		"d/m/y",
		[]Message{says("2022-12-31 23:59:58", "Ayu", "moi"), sends("2023-01-01 00:00:01", "Luzia", "")},
	},
	{
		"iOS he", "[31.12.2022, 11:59:58 אחה״צ] איו: " + rlm + "התמונה הושמטה\n[1.1.2023, 12:00:01 לפנה״צ] לוציה: שנה טובה\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "איו", ""), says("2023-01-01 00:00:01", "לוציה", "שנה טובה")},
	},
	{
		"iOS th", "[31/12/2022 23:59:58] อายุ: " + lrm + "ไม่มีรูปภาพ\n[1/1/2023 00:00:01] ลูเซีย: Some file.txt " + lrm + "ละเว้นเอกสาร\n",
		"d/m/y",
		[]Message{sends("2022-12-31 23:59:58", "อายุ", ""), sends("2023-01-01 00:00:01", "ลูเซีย", "Some file.txt")},
	},
	{
		"iOS Buddhist calendar", "[3/18/2565 BE, 14:56:01] Luzia: hello\n[1/7/2566 BE, 23:32:30] Ayu: hi\n",
		"m/d/y",
		[]Message{says("2022-03-18 14:56:01", "Luzia", "hello"), says("2023-01-07 23:32:30", "Ayu", "hi")},
	},
	{
		"iOS th, Buddhist calendar", "[18/3/2565 14:56:01] ลูเซีย: สวัสดี\n[7/1/2566 23:32:30] อายุ: สวัสดี\n",
		"d/m/y",
		[]Message{says("2022-03-18 14:56:01", "ลูเซีย", "สวัสดี"), says("2023-01-07 23:32:30", "อายุ", "สวัสดี")},
	},
	{
		"iOS th, Buddhist calendar, two digits", "[18/3/65 14:56:01] ลูเซีย: สวัสดี\n[7/1/66 23:32:30] อายุ: สวัสดี\n",
		"d/m/y",
		[]Message{says("2022-03-18 14:56:01", "ลูเซีย", "สวัสดี"), says("2023-01-07 23:32:30", "อายุ", "สวัสดี")},
	},
	{
		"iOS Japanese calendar", "[3/18/R4, 14:56:01] Luzia: hello\n[1/7/R5, 23:32:30] Ayu: hi\n",
		"m/d/y",
		[]Message{says("2022-03-18 14:56:01", "Luzia", "hello"), says("2023-01-07 23:32:30", "Ayu", "hi")},
	},
	{
		"iOS ja, Japanese calendar", "[R4/03/18 14:56:01] ルチア: こんにちは\n[R5/01/07 23:32:30] あゆ: はい\n",
		"y/m/d",
		[]Message{says("2022-03-18 14:56:01", "ルチア", "こんにちは"), says("2023-01-07 23:32:30", "あゆ", "はい")},
	},
	{
		"iOS fa, Persian calendar", "[۱۴۰۱/۱۲/۲۷،" + rlm + " ۱۴:۵۶:۰۱] لوزیا: سلام\n[۱۴۰۲/۱/۱،" + rlm + " ۰:۰۰:۰۱] آیو: نوروز مبارک\n[۱۴۰۳/۱۲/۳۰،" + rlm + " ۰:۰۰:۰۲] آیو: " + rlm + "تصویر حذف شد\n",
		"y/m/d",
		[]Message{
			says("2023-03-18 14:56:01", "لوزیا", "سلام"),
			says("2023-03-21 00:00:01", "آیو", "نوروز مبارک"),
			sends("2025-03-20 00:00:02", "آیو", ""),
		},
	},
	{
		"iOS zh-TW, Minguo calendar", "[民國111/3/18 下午2:56:01] 露西亞: 你好\n[民國112/1/7 下午11:32:30] 阿玉: 好\n",
		"y/m/d",
		[]Message{says("2022-03-18 14:56:01", "露西亞", "你好"), says("2023-01-07 23:32:30", "阿玉", "好")},
	},
	{
		"Web en", "Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read or listen to them.\nSome earlier messages may not be available.\n" +
			"[3/4/26, 9:15:00 AM] - This business uses a secure service from Meta to manage this chat.\n[3/4/26, 9:15:00 AM] - Luzia changed the name to: Bali\n[3/4/26, 9:15:01 AM] You: <image omitted> what is this?\n[3/4/26, 9:15:04 AM] Luzia: A beach.\n[3/4/26, 9:16:00 AM] You: plan.pdf (file attached) read it\n[3/4/26, 9:17:00 AM] You: <voice message omitted>\n",
		"m/d/y",
		[]Message{
			notes("2026-03-04 09:15", "This business uses a secure service from Meta to manage this chat."),
			notes("2026-03-04 09:15", "Luzia changed the name to: Bali"),
			sends("2026-03-04 09:15:01", "You", "what is this?"),
			says("2026-03-04 09:15:04", "Luzia", "A beach."),
			sends("2026-03-04 09:16", "You", "plan.pdf\nread it"),
			sends("2026-03-04 09:17", "You", ""),
		},
	},
	{
		"Web es", "Los mensajes y las llamadas están cifrados de extremo a extremo. Nadie fuera de este chat, ni siquiera WhatsApp, puede leerlos ni escucharlos.\n" +
			"[3/4/26, 9:15:01 PM] Tú: <imagen omitida>\n[3/4/26, 9:15:04 PM] Luzia: Una playa.\n",
		"m/d/y",
		[]Message{sends("2026-03-04 21:15:01", "Tú", ""), says("2026-03-04 21:15:04", "Luzia", "Una playa.")},
	},
}

func TestEveryLocale(t *testing.T) {
	for _, c := range locales {
		t.Run(c.name, func(t *testing.T) {
			chat := open(t, c.file, Options{})
			same := compare(t, chat, c.want)
			s := chat.Summary()
			if s.Dates != c.dates || s.Guessed {
				t.Errorf("dates = %s, guessed %v; want %s, certain", s.Dates, s.Guessed, c.dates)
			}
			if !same {
				t.Logf("file:\n%q", c.file)
			}
		})
	}
	if len(locales) < 60 {
		t.Errorf("%d locales, want at least 60", len(locales))
	}
}

// The same chats, as they look once a mail program or an editor has had them.
func TestEveryLocaleHoweverItWasSaved(t *testing.T) {
	for _, way := range []struct {
		name string
		save func(string) string
	}{
		{"with a BOM", func(s string) string { return "\ufeff" + s }},
		{"lines ended by CR LF", crlf},
		{"no end of the last line", func(s string) string { return s[:len(s)-1] }},
		{"an empty line before it", func(s string) string { return "\n\n" + s }},
		{"UTF-16, little-endian", utf16le},
		{"UTF-16, big-endian", utf16be},
	} {
		t.Run(way.name, func(t *testing.T) {
			for _, c := range locales {
				if !compare(t, open(t, way.save(c.file), Options{}), c.want) {
					t.Errorf("that was %s", c.name)
				}
			}
		})
	}
}
