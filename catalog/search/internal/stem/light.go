package stem

import (
	"slices"
	"strings"
)

// Func returns the stem of a word in the form of package fold.
type Func func(word string) string

// None is the stem of languages without rules here: the word itself.
func None(word string) string { return word }

var languages = map[string]Func{
	"": None, "none": None, "en": English, "de": german, "fr": french, "es": spanish, "it": italian, "nl": dutch, "pt": portuguese,
	"sv": swedish, "da": danish, "no": danish, "ru": russian,
	"zh": None, "ja": None, "ko": None, "th": None, "pl": None, "cs": None, "tr": None, "ar": None, "he": None, "el": None, "fi": None, "hu": None, "uk": None, "vi": None,
}

// For returns the stems of a language by its ISO 639-1 code, and whether the
// language is known here. Some known ones have no stems.
func For(language string) (Func, bool) {
	f, ok := languages[language]
	return f, ok
}

// Languages returns the codes that For knows, sorted.
func Languages() []string {
	var all []string
	for l := range languages {
		if l != "" {
			all = append(all, l)
		}
	}
	slices.Sort(all)
	return all
}

// cut takes the first ending off that leaves at least keep bytes.
func cut(word string, keep int, endings ...string) string {
	for _, e := range endings {
		if base, ok := strings.CutSuffix(word, e); ok && len(base) >= keep {
			return base
		}
	}
	return word
}

// hasDigit guards models and sizes.
func hasDigit(word string) bool { return strings.ContainsAny(word, "0123456789") }

// german takes off the endings of case and number. Umlauts are folded already, so
// that Häuser and Haus share a stem too where the vowel was doubled by au.
func german(word string) string {
	if len(word) < 4 || hasDigit(word) {
		return word
	}
	word = cut(word, 4, "innen", "erinnen")
	word = cut(word, 3, "ern", "em", "en", "er", "es", "e", "s", "n")
	return word
}

func french(word string) string {
	if len(word) < 4 || hasDigit(word) {
		return word
	}
	switch {
	case strings.HasSuffix(word, "eaux") && len(word) > 5:
		return word[:len(word)-1]
	case strings.HasSuffix(word, "aux") && len(word) > 5:
		return word[:len(word)-2] + "l"
	}
	word = cut(word, 3, "x", "s")
	word = cut(word, 3, "ees", "ee", "e")
	return word
}

func spanish(word string) string {
	if len(word) < 4 || hasDigit(word) {
		return word
	}
	if base, ok := strings.CutSuffix(word, "ces"); ok && len(base) >= 2 {
		return base + "z"
	}
	if base, ok := strings.CutSuffix(word, "es"); ok && len(base) >= 3 && !vowel(base[len(base)-1]) {
		return base
	}
	word = cut(word, 3, "s")
	return cut(word, 3, "a", "o", "e")
}

func italian(word string) string {
	if len(word) < 4 || hasDigit(word) {
		return word
	}
	word = cut(word, 3, "he", "hi", "ie", "ia", "io", "a", "e", "i", "o")
	return word
}

func dutch(word string) string {
	if len(word) < 4 || hasDigit(word) {
		return word
	}
	before := word
	if base := cut(word, 3, "eren", "en", "es", "s", "e"); !vowel(base[len(base)-1]) || strings.HasSuffix(word, "s") {
		word = base
	}
	n := len(word)
	if n < len(before) && n > 3 && word[n-1] == word[n-2] && !vowel(word[n-1]) {
		return word[:n-1] // lappen, lap
	}
	if n == len(before) && n >= 4 && vowel(word[n-2]) && word[n-2] == word[n-3] && !vowel(word[n-1]) {
		return word[:n-2] + word[n-1:] // boom, bomen
	}
	return word
}

func portuguese(word string) string {
	if len(word) < 4 || hasDigit(word) {
		return word
	}
	switch {
	case strings.HasSuffix(word, "oes"), strings.HasSuffix(word, "aes"):
		return word[:len(word)-3] + "ao"
	case strings.HasSuffix(word, "ais") && len(word) > 4:
		return word[:len(word)-2] + "l"
	case strings.HasSuffix(word, "eis") && len(word) > 4:
		return word[:len(word)-2] + "l"
	case strings.HasSuffix(word, "ns"):
		return word[:len(word)-2] + "m"
	case strings.HasSuffix(word, "res"), strings.HasSuffix(word, "zes"):
		return word[:len(word)-2]
	}
	if word = cut(word, 3, "s"); strings.HasSuffix(word, "ao") {
		return word
	}
	return cut(word, 3, "a", "o", "e")
}

func swedish(word string) string {
	if len(word) < 4 || hasDigit(word) {
		return word
	}
	return cut(word, 3, "orna", "arna", "erna", "or", "ar", "er", "en", "et", "n", "a", "r", "s")
}

func danish(word string) string {
	if len(word) < 4 || hasDigit(word) {
		return word
	}
	return cut(word, 3, "erne", "ene", "er", "en", "et", "e", "s")
}

// russian takes off the endings of nouns and adjectives (L. Dolamic, J. Savoy 2009,
// Indexing and searching strategies for the Russian language).
func russian(word string) string {
	if len([]rune(word)) < 5 || hasDigit(word) {
		return word
	}
	return cut(word, 6, "иями", "ями", "ами", "ием", "иям", "иях", "ого", "его", "ому", "ему", "ыми", "ими",
		"ая", "яя", "ое", "ее", "ый", "ий", "ой", "ые", "ие", "ую", "юю", "ых", "их", "ым", "им",
		"ам", "ям", "ах", "ях", "ов", "ев", "ей", "ом", "ем", "ия", "ию", "ии", "а", "я", "о", "е", "ы", "и", "у", "ю", "ь", "й")
}

var links = map[string][]string{
	"en": {"for", "with", "w", "by", "from", "to", "in", "of", "on", "without", "featuring", "includes", "including", "compatible"},
	"de": {"fur", "mit", "von", "zu", "zum", "zur", "aus", "im", "in", "auf", "ohne"},
	"fr": {"pour", "avec", "en", "a", "au", "aux", "sans", "par", "sur"},
	"es": {"para", "con", "por", "en", "sin", "sobre"},
	"it": {"per", "con", "in", "senza", "su"},
	"nl": {"voor", "met", "van", "in", "op", "zonder"},
	"pt": {"para", "com", "por", "em", "sem", "sobre"},
	"sv": {"for", "med", "av", "i", "pa", "utan"},
	"da": {"til", "med", "af", "i", "pa", "uden"},
	"no": {"til", "med", "av", "i", "pa", "uten"},
	"ru": {"для", "с", "со", "из", "в", "на", "без"},
}

// Links returns the words of a language behind which a title says what its thing is
// for or has, not what it is: case *for* phone.
func Links(language string) []string { return links[language] }
