package moderation

// Letters of other scripts whose glyphs are those of a Latin letter (Unicode
// Technical Standard 39, confusables).
var toLatin = pairs(
	"аa", "еe", "оo", "рp", "сc", "уy", "хx", "іi", "јj", "ѕs", "һh", "ԁd", "ԛq", "ԝw", "ӏl", "ѵv", "ɡg",
	"АA", "ВB", "ЕE", "КK", "МM", "НH", "ОO", "РP", "СC", "ТT", "УY", "ХX", "ІI", "ЈJ", "ЅS", "ԌG", "ԚQ", "ԜW", "ѴV", "ӀI", "ҮY",
	"αa", "οo", "νv", "ρp", "υu", "ιi", "κk", "χx", "γy",
	"ΑA", "ΒB", "ΕE", "ΖZ", "ΗH", "ΙI", "ΚK", "ΜM", "ΝN", "ΟO", "ΡP", "ΤT", "ΥY", "ΧX",
	"օo", "սu", "հh", "ցg", "զq", "ոn",
	"ᎪA", "ᏴB", "ᏟC", "ᎬE", "ᏀG", "ᎻH", "ᎫJ", "ᏦK", "ᏞL", "ᎷM", "ᏢP", "ᎡR", "ᏚS", "ᎢT", "ᏙV", "ᎳW", "ᏃZ",
)

// The Latin letters that have the glyph of a Cyrillic one.
var toCyrillic = pairs(
	"aа", "eе", "oо", "pр", "cс", "yу", "xх", "iі", "jј", "sѕ", "hһ",
	"AА", "BВ", "EЕ", "KК", "MМ", "HН", "OО", "PР", "CС", "TТ", "YУ", "XХ", "IІ", "JЈ", "SЅ",
)

// pairs makes a map of texts of two letters.
func pairs(texts ...string) map[rune]rune {
	m := make(map[rune]rune, len(texts))
	for _, t := range texts {
		r := []rune(t)
		m[r[0]] = r[1]
	}
	return m
}

// plainForm returns the letter or digit behind a full-width form (U+FF01 to U+FF5E),
// a mathematical letter or digit (U+1D400 to U+1D6A3, U+1D7CE to U+1D7FF), or a
// letter or digit in a circle (U+24B6 to U+24E9).
func plainForm(r rune) rune {
	switch {
	case r < 0x24b6:
		return r
	case r >= 0xff01 && r <= 0xff5e:
		// Full-width punctuation belongs to Chinese and Japanese text; brackets and
		// letters are what deceives.
		if p := r - 0xff01 + '!'; p >= '0' && p <= '9' || p|0x20 >= 'a' && p|0x20 <= 'z' || p == '<' || p == '>' {
			return p
		}
	case r >= 0x1d400 && r <= 0x1d6a3: // 13 alphabets of 52 letters
		at := (r - 0x1d400) % 52
		if at < 26 {
			return 'A' + at
		}
		return 'a' + at - 26
	case r >= 0x1d7ce && r <= 0x1d7ff:
		return '0' + (r-0x1d7ce)%10
	case r >= 0x24b6 && r <= 0x24cf:
		return 'A' + r - 0x24b6
	case r >= 0x24d0 && r <= 0x24e9:
		return 'a' + r - 0x24d0
	}
	return r
}
