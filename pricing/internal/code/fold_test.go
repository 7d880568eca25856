package code

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFold(t *testing.T) {
	for typed, want := range map[string]string{
		"save10":             "SAVE10",
		"ＳＡＶＥ１０":             "SAVE10",
		"SAVE\u200b10":       "SAVE10",
		"\ufeffsa\u00advé\n": "SAVÉ",
		"e\u0301te\u0301":    "ÉTÉ",
		"①②ﬁ":                "12FI",
		"𝐒𝐀𝐕𝐄":               "SAVE",
		"straße":             "STRAßE",
		"가":                  "가",
		"q\u0323\u0307":      "Q\u0323\u0307",
		"q\u0307\u0323":      "Q\u0323\u0307",
		"\u0344":             "\u0308\u0301", // excluded from composition
	} {
		require.Equal(t, want, Fold(typed), "%+q", typed)
	}
	require.NotEqual(t, Fold("SAVE10"), Fold("SАVE10"), "a Cyrillic А is another letter")
}

func FuzzFold(f *testing.F) {
	f.Add("save10")
	f.Add("Ｓé\u0301\u200b")
	f.Add("\u1100\u1161\u11a8")
	f.Fuzz(func(t *testing.T, text string) {
		once := Fold(text)
		if again := Fold(once); again != once {
			t.Fatalf("%+q folds to %+q and that to %+q", text, once, again)
		}
		if strings.ContainsAny(once, "\x00\n\u200b") {
			t.Fatalf("%+q has what is invisible", once)
		}
	})
}
