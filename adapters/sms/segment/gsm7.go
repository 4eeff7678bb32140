package segment

// septetsOf returns how many septets r takes in the default alphabet of GSM: one, two for what is in
// its extension table, or none where the alphabet does not have it (3GPP TS 23.038, 6.2.1). National
// alphabets are left out: hardly a network carries them.
func septetsOf(r rune) int {
	switch {
	case r >= ' ' && r <= '~':
		switch r {
		case '[', '\\', ']', '^', '{', '|', '}', '~':
			return 2
		case '`':
			return 0
		}
		return 1
	case r == '\n', r == '\r':
		return 1
	case r == '\f', r == '€':
		return 2
	}
	switch r {
	case '£', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', 'Ø', 'ø', 'Å', 'å', 'Æ', 'æ', 'ß', 'É', '¤', '¡', 'Ä', 'Ö', 'Ñ',
		'Ü', '§', '¿', 'ä', 'ö', 'ñ', 'ü', 'à', 'Δ', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ':
		return 1
	}
	return 0
}

// fitsGSM7 reports whether s is a text of the alphabet.
func fitsGSM7(s string) bool {
	for _, r := range s {
		if septetsOf(r) == 0 {
			return false
		}
	}
	return true
}
