package unorm

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func same(t interface{ Fatalf(string, ...any) }, s string) {
	for _, form := range []struct {
		name string
		own  func(string) string
		form norm.Form
	}{{"KC", NFKC, norm.NFKC}, {"C", NFC, norm.NFC}, {"D", NFD, norm.NFD}} {
		if got, want := form.own(s), form.form.String(s); got != want {
			t.Fatalf("%+q is %+q in form %s, want %+q", s, got, form.name, want)
		}
	}
}

// Each character alone, and each of the first plane before an accent, is what
// x/text makes of it. Beyond, x/text v0.41 composes by the low 16 bits: it takes
// U+10041 with an accent for an A with one.
func TestEveryCharacter(t *testing.T) {
	if version != norm.Version {
		t.Fatalf("tables of Unicode %s, x/text has %s", version, norm.Version)
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) || r >= 0x40000 && r%1000 != 0 { // hardly any are assigned there
			continue
		}
		same(t, string(r))
		if r <= 0xffff {
			same(t, string(r)+"\u0301")
		}
	}
}

// A vowel sign of Bengali is a starter and stands in the way of an accent behind
// it (UAX 15, D115); x/text v0.41 composes across, so it is not among the odd ones.
func TestSequences(t *testing.T) {
	odd := rapid.SampledFrom([]rune("aAeE1가각각ᆧ\u0300\u0301\u0316\u0327\u0345\u0338\u05b0\u3099\u309aかガｶﾞﬁ①²ǆﷺẛ\u212b\u0f71\u0f72\u0f74\u1dce"))
	rapid.Check(t, func(t *rapid.T) {
		same(t, rapid.StringOf(rapid.OneOf(odd, rapid.Rune().Filter(func(r rune) bool { return r <= 0xffff }))).Draw(t, "text"))
	})
}

func TestByHand(t *testing.T) {
	for text, want := range map[string]string{
		"\U0001d400\U0001d7d8":       "A0",               // mathematical letters and digits
		"\U00010041\u0301":           "\U00010041\u0301", // no composition
		"A\u09be\u0300":              "A\u09be\u0300",
		"\U00011099\U000110ba":       "\U0001109a",                 // Kaithi
		"\U0001d157\U0001d165\u0301": "\U0001d157\U0001d165\u0301", // excluded from composition
	} {
		if got := NFKC(text); got != want {
			t.Errorf("%+q is %+q, want %+q", text, got, want)
		}
	}
}
