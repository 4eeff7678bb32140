package bridge

import "strings"

// spoken are the languages of the countries where Ferry's are spoken, by calling code (ITU-T E.164) and by
// region (ISO 3166-1), the two of which say the same.
var spoken = map[string]string{
	"62": "id", "ID": "id",
	"91": "hi", "IN": "hi",
	"39": "it", "IT": "it", "378": "it", "SM": "it",
	"33": "fr", "FR": "fr", "32": "fr", "BE": "fr", "221": "fr", "SN": "fr", "225": "fr", "CI": "fr", "237": "fr", "CM": "fr",
	"223": "fr", "ML": "fr", "226": "fr", "BF": "fr", "227": "fr", "NE": "fr", "228": "fr", "TG": "fr", "229": "fr", "BJ": "fr",
	"241": "fr", "GA": "fr", "242": "fr", "CG": "fr", "243": "fr", "CD": "fr", "224": "fr", "GN": "fr", "261": "fr", "MG": "fr",
	"55": "pt", "BR": "pt", "351": "pt", "PT": "pt", "244": "pt", "AO": "pt", "258": "pt", "MZ": "pt", "238": "pt", "CV": "pt",
	"34": "es", "ES": "es", "51": "es", "PE": "es", "52": "es", "MX": "es", "53": "es", "CU": "es", "54": "es", "AR": "es",
	"56": "es", "CL": "es", "57": "es", "CO": "es", "58": "es", "VE": "es", "502": "es", "GT": "es", "503": "es", "SV": "es",
	"504": "es", "HN": "es", "505": "es", "NI": "es", "506": "es", "CR": "es", "507": "es", "PA": "es", "591": "es", "BO": "es",
	"593": "es", "EC": "es", "595": "es", "PY": "es", "598": "es", "UY": "es", "1809": "es", "1829": "es", "1849": "es", "DO": "es",
	"20": "ar", "EG": "ar", "212": "ar", "MA": "ar", "213": "ar", "DZ": "ar", "216": "ar", "TN": "ar", "218": "ar", "LY": "ar",
	"249": "ar", "SD": "ar", "961": "ar", "LB": "ar", "962": "ar", "JO": "ar", "963": "ar", "SY": "ar", "964": "ar", "IQ": "ar",
	"965": "ar", "KW": "ar", "966": "ar", "SA": "ar", "967": "ar", "YE": "ar", "968": "ar", "OM": "ar", "970": "ar", "PS": "ar",
	"971": "ar", "AE": "ar", "973": "ar", "BH": "ar", "974": "ar", "QA": "ar", "222": "ar", "MR": "ar",
}

// spokenAt returns the language of the country that an address is from, or nothing.
func spokenAt(a Address) string {
	if number, ok := strings.CutPrefix(a.ID, "+"); ok {
		for n := min(4, len(number)); n > 0; n-- {
			if lang := spoken[number[:n]]; lang != "" {
				return lang
			}
		}
		return ""
	}
	if region, _, ok := strings.Cut(a.ID, "."); ok && len(region) == 2 {
		return spoken[region]
	}
	return ""
}
