// Package stem cuts the endings off words, so that a search for socks finds a
// sock. English follows Porter's second algorithm (M. F. Porter 2001, Snowball:
// English stemmer); the other languages take off plural and case endings only, in
// the manner of light stemmers (J. Savoy 2006, Light stemming approaches for the
// French, Portuguese, German and Hungarian languages). Words come in the form of
// package fold: lower case without accents.
package stem

import "strings"

// irregular are words that the rules would maim.
var irregular = map[string]string{
	"skis": "ski", "skies": "sky", "idly": "idl", "gently": "gentl", "ugly": "ugli", "early": "earli", "only": "onli",
	"singly": "singl", "sky": "sky", "news": "news", "howe": "howe", "atlas": "atlas", "cosmos": "cosmos", "bias": "bias", "andes": "andes",
	"inning": "inning", "outing": "outing", "canning": "canning", "herring": "herring", "earring": "earring", "proceed": "proceed",
	"exceed": "exceed", "succeed": "succeed", "dying": "die", "lying": "lie", "tying": "tie",
	// Beyond Porter: plurals that shops sell.
	"knives": "knife", "knife": "knife", "shelves": "shelf", "shelf": "shelf", "scarves": "scarf", "scarfs": "scarf", "scarf": "scarf", "wives": "wife",
	"wife": "wife", "leaves": "leaf", "leaf": "leaf", "loaves": "loaf", "loaf": "loaf", "halves": "half", "half": "half",
	"men": "man", "mens": "man", "man": "man", "women": "woman", "womens": "woman", "woman": "woman",
	"children": "child", "childrens": "child", "child": "child",
	"feet": "foot", "foot": "foot", "teeth": "tooth", "tooth": "tooth", "mice": "mous", "mouse": "mous", "geese": "goos", "goose": "goos",
}

// English returns the stem of an English word.
func English(word string) string {
	if len(word) <= 2 || !ascii(word) {
		return word
	}
	if s, ok := irregular[word]; ok {
		return s
	}
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return word // numbers and models are what they are
		}
	}
	w := []byte(word)
	for i, c := range w { // y as a consonant
		if c == 'y' && (i == 0 || vowel(w[i-1])) {
			w[i] = 'Y'
		}
	}
	r1 := regionOne(w)
	r2 := region(w, r1)
	w = step1a(w)
	switch string(w) {
	case "inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed":
		return string(w)
	}
	w = step1b(w, r1)
	w = step1c(w)
	w = step2(w, r1)
	w = step3(w, r1, r2)
	w = step4(w, r2)
	w = step5(w, r1, r2)
	for i, c := range w {
		if c == 'Y' {
			w[i] = 'y'
		}
	}
	return string(w)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func vowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

// region returns where the part after the first consonant behind a vowel begins.
func region(w []byte, from int) int {
	for i := from + 1; i < len(w); i++ {
		if !vowel(w[i]) && vowel(w[i-1]) {
			return i + 1
		}
	}
	return len(w)
}

func regionOne(w []byte) int {
	for _, p := range []string{"gener", "commun", "arsen"} {
		if strings.HasPrefix(string(w), p) {
			return len(p)
		}
	}
	return region(w, 0)
}

func ends(w []byte, s string) bool {
	return len(w) >= len(s) && string(w[len(w)-len(s):]) == s
}

func hasVowel(w []byte) bool {
	for _, c := range w {
		if vowel(c) {
			return true
		}
	}
	return false
}

// shortSyllable reports whether w ends in one: a vowel between two consonants, the
// last of them none of w, x, Y, or a vowel at the beginning and a consonant.
func shortSyllable(w []byte) bool {
	n := len(w)
	switch {
	case n == 2:
		return vowel(w[0]) && !vowel(w[1])
	case n > 2:
		last := w[n-1]
		return !vowel(last) && last != 'w' && last != 'x' && last != 'Y' && vowel(w[n-2]) && !vowel(w[n-3])
	}
	return false
}

func step1a(w []byte) []byte {
	switch n := len(w); {
	case ends(w, "sses"):
		return w[:n-2]
	case ends(w, "ied"), ends(w, "ies"):
		if n > 4 {
			return w[:n-2]
		}
		return w[:n-1]
	case ends(w, "us"), ends(w, "ss"):
	case ends(w, "s"):
		if n >= 2 && hasVowel(w[:n-2]) {
			return w[:n-1]
		}
	}
	return w
}

func step1b(w []byte, r1 int) []byte {
	n := len(w)
	for _, s := range []string{"eedly", "eed"} {
		if ends(w, s) {
			if n-len(s) >= r1 {
				return w[:n-len(s)+2]
			}
			return w
		}
	}
	for _, s := range []string{"ingly", "edly", "ing", "ed"} {
		if !ends(w, s) {
			continue
		}
		base := w[:n-len(s)]
		if !hasVowel(base) {
			return w
		}
		switch {
		case ends(base, "at"), ends(base, "bl"), ends(base, "iz"):
			return append(base, 'e')
		case doubled(base):
			return base[:len(base)-1]
		case r1 >= len(base) && shortSyllable(base):
			return append(base, 'e')
		}
		return base
	}
	return w
}

func doubled(w []byte) bool {
	n := len(w)
	if n < 2 || w[n-1] != w[n-2] {
		return false
	}
	return strings.IndexByte("bdfgmnprt", w[n-1]) >= 0
}

func step1c(w []byte) []byte {
	n := len(w)
	if n > 2 && (w[n-1] == 'y' || w[n-1] == 'Y') && !vowel(w[n-2]) {
		w[n-1] = 'i'
	}
	return w
}

type ending struct{ from, to string }

var endings2 = []ending{
	{"ization", "ize"}, {"ational", "ate"}, {"ousness", "ous"}, {"iveness", "ive"}, {"fulness", "ful"}, {"tional", "tion"},
	{"lessli", "less"}, {"biliti", "ble"}, {"entli", "ent"}, {"ation", "ate"}, {"alism", "al"}, {"aliti", "al"}, {"fulli", "ful"},
	{"ousli", "ous"}, {"iviti", "ive"}, {"enci", "ence"}, {"anci", "ance"}, {"abli", "able"}, {"izer", "ize"}, {"ator", "ate"},
	{"alli", "al"}, {"bli", "ble"}, {"ogi", "og"}, {"li", ""},
}

func step2(w []byte, r1 int) []byte {
	for _, e := range endings2 {
		if !ends(w, e.from) {
			continue
		}
		at := len(w) - len(e.from)
		if at < r1 {
			return w
		}
		if e.from == "ogi" && (at == 0 || w[at-1] != 'l') ||
			e.from == "li" && (at == 0 || strings.IndexByte("cdeghkmnrt", w[at-1]) < 0) {
			return w
		}
		return append(w[:at], e.to...)
	}
	return w
}

var endings3 = []ending{
	{"ational", "ate"}, {"tional", "tion"}, {"alize", "al"}, {"icate", "ic"}, {"iciti", "ic"}, {"ative", ""}, {"ical", "ic"},
	{"ness", ""}, {"ful", ""},
}

func step3(w []byte, r1, r2 int) []byte {
	for _, e := range endings3 {
		if !ends(w, e.from) {
			continue
		}
		at := len(w) - len(e.from)
		if at < r1 || e.from == "ative" && at < r2 {
			return w
		}
		return append(w[:at], e.to...)
	}
	return w
}

var endings4 = []string{
	"ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "ion", "al", "er", "ic",
}

func step4(w []byte, r2 int) []byte {
	for _, e := range endings4 {
		if !ends(w, e) {
			continue
		}
		at := len(w) - len(e)
		if at < r2 || e == "ion" && (at == 0 || w[at-1] != 's' && w[at-1] != 't') {
			return w
		}
		return w[:at]
	}
	return w
}

func step5(w []byte, r1, r2 int) []byte {
	n := len(w)
	switch {
	case ends(w, "e") && (n-1 >= r2 || n-1 >= r1 && !shortSyllable(w[:n-1])):
		return w[:n-1]
	case ends(w, "l") && n-1 >= r2 && n >= 2 && w[n-2] == 'l':
		return w[:n-1]
	}
	return w
}
