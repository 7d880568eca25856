package coupon_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

func seeded(n byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{n}) }

var patterns = []coupon.Pattern{
	{Length: 12},
	{Length: 16, Group: 4},
	{Prefix: "SPRING-", Length: 10, Group: 5},
	{Length: 9, Alphabet: coupon.Digits},
	{Length: 40, Alphabet: "ABCDE"},
	{Length: 5, Alphabet: "XYZ"},
	{Length: 8, Alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+"},
}

func TestGenerate(t *testing.T) {
	for _, p := range patterns {
		codes, err := p.Generate(10, seeded(1))
		require.NoError(t, err)
		again, err := p.Generate(10, seeded(1))
		require.NoError(t, err)
		require.Equal(t, codes, again, "the seed makes the codes")
		other, err := p.Generate(10, nil)
		require.NoError(t, err)
		require.NotEqual(t, codes, other)
		for _, code := range codes {
			require.Equal(t, code, coupon.Normalize(code))
			require.NoError(t, flywheel.CheckID(code))
			back, err := p.Check(" " + strings.ToLower(strings.ReplaceAll(code, "-", "")) + "\u200b")
			require.NoError(t, err)
			require.Equal(t, code, back)
		}
	}
	codes, err := coupon.Pattern{Length: 2, Alphabet: "ABC"}.Generate(4, nil)
	require.NoError(t, err)
	require.Len(t, codes, 4)
	for name, c := range map[string]struct {
		p     coupon.Pattern
		n     int
		field string
	}{
		"no length":          {coupon.Pattern{}, 1, "length"},
		"too long":           {coupon.Pattern{Length: 201}, 1, "length"},
		"longer than an id":  {coupon.Pattern{Prefix: strings.Repeat("P", 100), Length: 190}, 1, "length"},
		"composite alphabet": {coupon.Pattern{Length: 9, Alphabet: "ABCD"}, 1, "alphabet"},
		"two letters":        {coupon.Pattern{Length: 9, Alphabet: "AB"}, 1, "alphabet"},
		"small letters":      {coupon.Pattern{Length: 9, Alphabet: "abc"}, 1, "alphabet"},
		"a letter twice":     {coupon.Pattern{Length: 9, Alphabet: "ABA"}, 1, "alphabet"},
		"a hyphen":           {coupon.Pattern{Length: 9, Alphabet: "AB-"}, 1, "alphabet"},
		"a space":            {coupon.Pattern{Length: 9, Alphabet: "AB "}, 1, "alphabet"},
		"a control":          {coupon.Pattern{Length: 9, Alphabet: "AB\x7f"}, 1, "alphabet"},
		"a small prefix":     {coupon.Pattern{Prefix: "spring", Length: 9}, 1, "prefix"},
		"a blank prefix":     {coupon.Pattern{Prefix: " ", Length: 9}, 1, "prefix"},
		"negative group":     {coupon.Pattern{Length: 9, Group: -1}, 1, "group"},
		"negative number":    {coupon.Pattern{Length: 9}, -1, "n"},
		"more than half":     {coupon.Pattern{Length: 2, Alphabet: "ABC"}, 5, "n"},
	} {
		_, err := c.p.Generate(c.n, nil)
		f, ok := errors.AsType[*coupon.FieldError](err)
		require.True(t, ok, "%s: %v", name, err)
		require.Equal(t, c.field, f.Field, name)
	}
	_, err = coupon.Pattern{Length: 9}.Generate(1, strings.NewReader("too short"))
	require.Error(t, err, "a source of chance that ends")
	_, err = coupon.Pattern{}.Check("X")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// Every single wrong character and every exchange of two neighbours is found, in
// each pattern.
func TestTypingErrors(t *testing.T) {
	for _, p := range patterns {
		codes, err := p.Generate(12, seeded(2))
		require.NoError(t, err)
		alphabet := p.Alphabet
		if alphabet == "" {
			alphabet = coupon.Unambiguous
		}
		for _, code := range codes {
			plain := strings.ReplaceAll(strings.TrimPrefix(code, p.Prefix), "-", "")
			refused := func(typed string) {
				_, err := p.Check(p.Prefix + typed)
				require.ErrorIs(t, err, coupon.ErrRefused, "%s for %s", typed, plain)
			}
			for i := range plain {
				for _, c := range alphabet {
					if byte(c) != plain[i] {
						refused(plain[:i] + string(c) + plain[i+1:])
					}
				}
				if i > 0 && plain[i] != plain[i-1] {
					refused(plain[:i-1] + plain[i:i+1] + plain[i-1:i] + plain[i+1:])
				}
			}
			refused(plain[1:])
			refused(plain + "2")
			refused("")
			refused(plain[:1] + "?" + plain[2:])
		}
	}
	p := coupon.Pattern{Length: 6, Alphabet: coupon.Digits}
	codes, err := p.Generate(1, seeded(8))
	require.NoError(t, err)
	back, err := p.Check(strings.NewReplacer("0", "o", "1", "l").Replace(codes[0]))
	require.NoError(t, err, "look-alikes are read as what the alphabet has")
	require.Equal(t, codes[0], back)
}

// Random characters are as likely as each other: the chi-square statistic of
// 310,000 draws out of 31 has 30 degrees of freedom; 59.7 is exceeded once in a
// thousand (R: qchisq(0.999, 30) is 59.70). The seed makes it one draw.
func TestCharactersAreAlike(t *testing.T) {
	codes, err := coupon.Pattern{Length: 31}.Generate(10_000, seeded(3))
	require.NoError(t, err)
	count := map[byte]float64{}
	for _, code := range codes {
		for i := range 31 {
			count[code[i]]++
		}
	}
	chi := 0.0
	for _, c := range []byte(coupon.Unambiguous) {
		chi += (count[c] - 10_000) * (count[c] - 10_000) / 10_000
	}
	require.Less(t, chi, 59.7)
}

func FuzzCheck(f *testing.F) {
	for i, p := range patterns {
		codes, err := p.Generate(2, seeded(9))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), codes[0])
		f.Add(uint8(i), strings.ToLower(codes[1]))
	}
	f.Add(uint8(0), "ＡＢＣ\u200b-\xff")
	f.Fuzz(func(t *testing.T, i uint8, typed string) {
		p := patterns[int(i)%len(patterns)]
		code, err := p.Check(typed)
		if err != nil {
			if !errors.Is(err, coupon.ErrRefused) || code != "" {
				t.Fatalf("%q, %v", code, err)
			}
			return
		}
		if again, err := p.Check(code); err != nil || again != code || coupon.Normalize(code) != code {
			t.Fatalf("%q is %q, then %q, %v", typed, code, again, err)
		}
	})
}

func TestNormalize(t *testing.T) {
	for typed, want := range map[string]string{
		"save10": "SAVE10", "ＳＡＶＥ１０": "SAVE10", "SAVE\u200b10": "SAVE10", "SA\u00adVE\u206010\ufe0f": "SAVE10", "\ufeffsave10\x00": "SAVE10",
		"S\u0410VE10": "S\u0410VE10", "cafe\u0301": "CAFÉ", "ﬁrst": "FIRST", "①②": "12", "ｶﾞ": "ガ", "x\u034fy": "XY", "SAVE-10": "SAVE-10", "a b": "A B", "": "",
	} {
		require.Equal(t, want, coupon.Normalize(typed), "%+q", typed)
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"save10", "ＳＡＶＥ", "e\u0301", "\u1e9e", "ǰ\u0323", "\u0345\u0301α", "\xff", "\u0149"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := coupon.Normalize(s)
		if again := coupon.Normalize(once); again != once {
			t.Fatalf("%+q becomes %+q, then %+q", s, once, again)
		}
		if !norm.NFKC.IsNormalString(once) && len(s) < 100 && !strings.ContainsFunc(once, func(r rune) bool { return r > 0x2ff }) {
			t.Fatalf("%+q is not in form KC", once)
		}
	})
}

func TestBits(t *testing.T) {
	for _, c := range []struct{ alphabet, length, bits int }{{10, 8, 26}, {32, 16, 80}, {31, 12, 59}, {31, 13, 64}, {2, 1, 1}, {1, 100, 0}, {36, 0, 0}, {10, 1_000_000, 847}} {
		require.Equal(t, c.bits, coupon.Bits(c.alphabet, c.length), "%+v", c)
	}
	err := coupon.CheckStrength(coupon.GiftCard, 31, 12)
	require.Equal(t, &coupon.StrengthError{Use: coupon.GiftCard, Bits: 59, MinBits: 64}, err)
	require.NoError(t, coupon.CheckStrength(coupon.Shared, 10, 1))
	require.ErrorIs(t, coupon.CheckStrength("anything", 36, 99), flywheel.ErrInvalid)
	require.Equal(t, 79, coupon.CardPattern.Bits())
}

// The limiter lets a key fail so often and no more, whatever other keys do, and
// forgets with time.
func TestLimiterAgainstPlainCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := coupon.NewLimiter(3, time.Minute)
		require.NoError(t, err)
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		failed := map[string][]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "seconds")) * time.Second)
			key, fails := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"), rapid.Bool().Draw(t, "fails")
			recent := 0
			for _, at := range failed[key] {
				if now.Sub(at) < time.Minute {
					recent++
				}
			}
			ran := false
			err := l.Try(context.Background(), now, key, func() (bool, error) { ran = true; return fails, nil })
			require.Equal(t, recent < 3, ran)
			require.Equal(t, ran, err == nil)
			if ran && fails {
				failed[key] = append(failed[key], now)
			}
		}
	})
	for _, bad := range []struct {
		n   int
		per time.Duration
	}{{0, time.Hour}, {1, 0}} {
		_, err := coupon.NewLimiter(bad.n, bad.per)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
}

func BenchmarkGenerate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := coupon.CardPattern.Generate(1_000_000, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormalize(b *testing.B) {
	for name, code := range map[string]string{"plain": "SAVE10", "small": "save10", "wide": "ＳＡＶＥ１０"} {
		b.Run("text="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				coupon.Normalize(code)
			}
		})
	}
}
