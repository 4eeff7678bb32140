package chatexport

// The words of stamps, as gap gives them: lower case, without spaces, dots and quotes. They are those of
// the Unicode CLDR, which phones format dates with, and what older versions of WhatsApp wrote.

// A halfOfDay is the half of the day that an hour is of.
type halfOfDay byte

const (
	unsaid halfOfDay = iota
	am
	pm
)

// halves are the words for the halves of the day. Chinese has more than two, of which 中午 begins at
// twelve and the rest don't cross it.
var halves = map[string]halfOfDay{
	"am": am, "pm": pm, "a": am, "p": pm,
	"inthemorning": am, "intheafternoon": pm, "intheevening": pm, "atnight": pm,
	"delamañana": am, "delatarde": pm, "delanoche": pm,
	"vorm": am, "nachm": pm, "vm": am, "nm": pm, "fm": am, "em": pm, "ip": pm, "ap": am,
	"de": am, "du": pm, // Hungarian
	"öö": am, "ös": pm, // Turkish
	"sa": am, "ch": pm, // Vietnamese
	"pg": am, "ptg": pm, // Malay
	"dop": am, "odp": pm, "dopol": am, "popol": pm,
	"eparadites": am, "epasdites": pm, "pd": am, "md": pm, // Albanian
	"πμ": am, "μμ": pm,
	"дп": am, "пп": pm, "проб": am, "слоб": pm,
	"ص": am, "م": pm, "صباحا": am, "صباحًا": am, "مساء": pm, "مساءً": pm,
	"قظ": am, "بظ": pm, "قبلازظهر": am, "بعدازظهر": pm, // Persian
	"قبلدوپہر": am, "بعددوپہر": pm, // Urdu
	"לפנהצ": am, "אחהצ": pm, "לפניהצהריים": am, "אחריהצהריים": pm,
	"पूर्वाह्न": am, "अपराह्न": pm, "मपू": am, "मउ": pm,
	"পূর্বাহ্ণ": am, "অপরাহ্ণ": pm, "পূর্বাহ্ন": am, "অপরাহ্ন": pm,
	"ਪੂਦੁ": am, "ਬਾਦੁ": pm,
	"முற்பகல்": am, "பிற்பகல்": pm, "முப": am, "பிப": pm,
	"ಪೂರ್ವಾಹ್ನ": am, "ಅಪರಾಹ್ನ": pm,
	"පෙව": am, "පව": pm,
	"ก่อนเที่ยง": am, "หลังเที่ยง": pm,
	"ព្រឹក": am, "ល្ងាច": pm,
	"ጥዋት": am, "ከሰዓት": pm,
	"上午": am, "下午": pm, "中午": pm, "凌晨": am, "清晨": am, "早上": am, "傍晚": pm, "晚上": pm,
	"오전": am, "오후": pm,
	"午前": am, "午後": pm,
}

// links are the words that may stand between a date and a time, or after a date.
var links = map[string]bool{
	"à": true, "at": true, "um": true, "klo": true, "kl": true, "alas": true, "às": true, "as": true,
	"alle": true, "ore": true, "om": true, "pukul": true, "ob": true, "o": true, "la": true, "vid": true,
	"в": true, "г": true, "гв": true, "р": true, "στις": true, "lúc": true, "ve": true, "בשעה": true,
}

// eras are the words that tell the calendar of a date.
var eras = map[string]era{
	"be": buddhist, "พศ": buddhist, "ad": gregorian, "ce": gregorian, "คศ": gregorian,
	"ah": islamic, "هـ": islamic, "ه": islamic, "هش": persian,
}
