package locale_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/money/locale"
)

func TestReference(t *testing.T) {
	var file struct {
		Cases []struct {
			ID, Kind, Title string
			Input           struct {
				Locale       string
				Currency     money.Currency
				Amount, Text string
			}
			Expect json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(onlyKinds(t, testkit.ReferenceOf(t, "../..", "pricing", "cases.json"), "format", "parse"), &file))
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			l, err := locale.Find(c.Input.Locale)
			require.NoError(t, err)
			got := map[string]any{}
			if c.Kind == "format" {
				a, err := money.Parse(c.Input.Amount, c.Input.Currency)
				require.NoError(t, err)
				got["text"] = l.Format(a)
			} else {
				a, err := l.Parse(c.Input.Text, c.Input.Currency)
				switch {
				case err == nil:
					got["minor"] = a.Minor()
				case errors.Is(err, money.ErrDecimals):
					got["error"] = "too_many_decimals"
				case errors.Is(err, money.ErrOutOfRange):
					got["error"] = "out_of_range"
				default:
					got["error"] = "not_a_number"
				}
			}
			text, err := json.Marshal(got)
			require.NoError(t, err)
			require.JSONEq(t, string(c.Expect), string(text), c.Title)
		})
	}
}

// onlyKinds keeps the cases of these kinds: the others have inputs of other forms.
func onlyKinds(t *testing.T, data []byte, kinds ...string) []byte {
	t.Helper()
	var file struct{ Cases []json.RawMessage }
	require.NoError(t, json.Unmarshal(data, &file))
	kept := []json.RawMessage{}
	for _, c := range file.Cases {
		var head struct{ Kind string }
		require.NoError(t, json.Unmarshal(c, &head))
		for _, k := range kinds {
			if head.Kind == k {
				kept = append(kept, c)
			}
		}
	}
	require.NotEmpty(t, kept)
	out, err := json.Marshal(map[string]any{"cases": kept})
	require.NoError(t, err)
	return out
}

// The file holds what ICU 78.2 (CLDR 48) writes: new Intl.NumberFormat(tag,
// {style: "currency", currency}) in Node.js, and the same with currencySign
// "accounting".
func TestAgreesWithICU(t *testing.T) {
	data, err := os.ReadFile("testdata/icu.tsv")
	require.NoError(t, err)
	rows := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	require.Greater(t, len(rows), 800)
	for _, row := range rows {
		f := strings.Split(row, "\t")
		l, err := locale.Find(f[0])
		require.NoError(t, err)
		a, err := money.Parse(f[2], money.MustCurrency(f[1]))
		require.NoError(t, err)
		require.Equal(t, f[3], l.Format(a), row)
		require.Equal(t, f[4], l.Accounting().Format(a), row)
	}
}

func TestFind(t *testing.T) {
	for tag, want := range map[string]string{
		"de": "de", "DE_at": "de-AT", "de-ZZ": "de", "de-1996": "de", "de-Latn-CH": "de-CH",
		"zh": "zh", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant-HK", "zh-Hans-CN": "zh-Hans", "zh-Hant-XX": "zh-Hant", "zh-SG": "zh-Hans-SG",
		"sr-ME": "sr-Latn-ME", "sh": "sr-Latn", "iw-IL": "he", "tl": "fil", "nb-NO": "no", "in": "id",
		"ar-EG-u-nu-latn": "ar-EG-u-nu-latn", "ar-EG-u-ca-gregory-nu-latn": "ar-EG-u-nu-latn", "en-u-nu-thai": "en",
		"en-x-nu-latn": "en", "es-419": "es-419", "und": "und", "en-a-nu-foo": "en", "de-DE-u-co-phonebk": "de",
	} {
		l, err := locale.Find(tag)
		require.NoError(t, err, tag)
		require.Equal(t, want, l.String(), tag)
	}
	for _, tag := range []string{"", "x", "-", "de-", "xx", "german language", "de\x00", "x-private", "u-nu-latn", "de-Cyrl", strings.Repeat("de-", 100), strings.Repeat("a", 300)} {
		_, err := locale.Find(tag)
		require.ErrorIs(t, err, money.ErrInvalid, "%q", tag)
		unknown, ok := errors.AsType[*locale.UnknownError](err)
		require.True(t, ok)
		require.Less(t, len(unknown.Tag), 50)
	}
	require.Panics(t, func() { locale.MustFind("xx") })
}

func TestFormat(t *testing.T) {
	for _, c := range []struct{ tag, amount, want string }{
		{"es", "9999.99 EUR", "9999,99\u00a0€"},
		{"es", "10000.00 EUR", "10.000,00\u00a0€"},
		{"pl", "-92233720368547758.08 PLN", "-92\u00a0233\u00a0720\u00a0368\u00a0547\u00a0758,08\u00a0zł"},
		{"en", "0.00 EUR", "€0.00"},
		{"en", "-0.05 USD", "-$0.05"},
		{"en", "0.0001 CLF", "CLF\u00a00.0001"},
		{"hu", "1990.00 HUF", "1990\u00a0Ft"},    // the fillér is not in daily use
		{"hu", "1990.50 HUF", "1990,50\u00a0Ft"}, // and not lost
		{"de-CH", "-5.00 CHF", "CHF-5.00"},
		{"nl", "-5.00 EUR", "€\u00a0-5,00"},
		{"en-IN", "9223372036854775807 JPY", "JP¥92,23,37,20,36,85,47,75,807"},
	} {
		var a money.Amount
		require.NoError(t, a.UnmarshalText([]byte(c.amount)))
		require.Equal(t, c.want, locale.MustFind(c.tag).Format(a))
	}
	require.Equal(t, "5", locale.MustFind("en").Format(money.New(5, money.Currency{})))
	require.Equal(t, "-5", locale.MustFind("de").Format(money.New(-5, money.Currency{})))
	require.Equal(t, "€\u00a012.34", locale.Locale{}.Format(money.New(1234, money.EUR)))
	require.Equal(t, "-EUR\u00a012.34", locale.MustFind("en").Codes().Format(money.New(-1234, money.EUR)))
	require.Equal(t, "(EUR\u00a012.34)", locale.MustFind("en").Codes().Accounting().Format(money.New(-1234, money.EUR)))
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		tag, text string
		currency  money.Currency
		want      int64
	}{
		{"de", "1.234,5", money.EUR, 123450},
		{"de", "1 234,50 EUR", money.EUR, 123450},
		{"de", "EUR 1234,50", money.EUR, 123450},
		{"de", " − 12 € ", money.EUR, -1200},
		{"de", "12,00 €-", money.EUR, -1200},
		{"en", "(€12.34)", money.EUR, -1234},
		{"en", ".5", money.EUR, 50},
		{"en", "-.50", money.USD, -50},
		{"en", "€.50", money.EUR, 50},
		{"en-IN", "1,234,567.89", money.INR, 123456789},
		{"fr", "1\u202f234\u00a0567,89\u202f€", money.EUR, 123456789},
		{"de-CH", "1’234.50", money.CHF, 123450},
		{"de-CH", "CHF 1'234.50", money.CHF, 123450},
		{"ar-EG", "1,234.50", money.USD, 123450},
		{"sv", "−1 234,50 kr", money.SEK, -123450},
		{"en", "000001", money.JPY, 1},
		{"de-AT", "1 234,50", money.EUR, 123450},
		{"en", "-92,233,720,368,547,758.08", money.EUR, math.MinInt64},
		{"bg", "12,30 лв.", money.MustCurrency("BGN"), 1230},
		{"ar-AE", "د.إ. 5.25", money.MustCurrency("AED"), 525},
	} {
		a, err := locale.MustFind(c.tag).Parse(c.text, c.currency)
		require.NoError(t, err, "%s %q", c.tag, c.text)
		require.Equal(t, money.New(c.want, c.currency), a, c.text)
	}
	for _, c := range []struct {
		tag, text string
		want      error
	}{
		{"en", "", money.ErrSyntax},
		{"en", "€", money.ErrSyntax},
		{"en", "1,5", money.ErrSyntax}, // one and a half elsewhere
		{"en", "1,23,456", money.ErrSyntax},
		{"en", "1234,567.00", money.ErrSyntax},
		{"en", "1,234,56", money.ErrSyntax},
		{"en", "1,234 567", money.ErrSyntax},
		{"en", ",123", money.ErrSyntax},
		{"en", "1.2.3", money.ErrSyntax},
		{"en", "1e5", money.ErrSyntax},
		{"en", "+5", money.ErrSyntax},
		{"en", "--5", money.ErrSyntax},
		{"en", "-(5)", money.ErrSyntax},
		{"en", "(5", money.ErrSyntax},
		{"en", "((5))", money.ErrSyntax},
		{"en", ")5(", money.ErrSyntax},
		{"en", "€5 EUR", money.ErrSyntax},
		{"en", "5 apples", money.ErrSyntax},
		{"en", "5\x00", money.ErrSyntax},
		{"en", "5\xff", money.ErrSyntax},
		{"en", strings.Repeat("1", 300), money.ErrSyntax},
		{"en", "$5", money.ErrCurrency},
		{"en", "5 CA$", money.ErrCurrency},
		{"en", "5 USD", money.ErrCurrency},
		{"en", "5.000", money.ErrDecimals},
		{"de", "5,000", money.ErrDecimals},
		{"en", "92233720368547758.08", money.ErrOutOfRange},
		{"en", "99999999999999999999", money.ErrOutOfRange},
	} {
		_, err := locale.MustFind(c.tag).Parse(c.text, money.EUR)
		require.ErrorIs(t, err, c.want, "%q", c.text)
		parse, ok := errors.AsType[*money.ParseError](err)
		require.True(t, ok, "%q: %v", c.text, err)
		require.LessOrEqual(t, len(parse.Text), 43)
	}
	_, err := locale.Locale{}.Parse("5", money.Currency{})
	require.ErrorIs(t, err, money.ErrCurrency)
}

var tags = []string{"en", "de", "de-AT", "de-CH", "fr", "fr-CH", "es", "pl", "sv", "nl", "pt-PT", "en-IN", "bn", "mr", "ar-EG", "ar", "fa",
	"he", "ur", "ne", "ja", "zh", "my", "dz", "ks", "ckb", "bg", "lv", "en-150", "und", "sq", "gu-u-nu-gujr", "ff-Adlm"}

// Whatever is written is read back, by every locale, for every currency.
func TestRoundTrip(t *testing.T) {
	currencies := []money.Currency{money.EUR, money.USD, money.JPY, money.KWD, money.CLF, money.HUF, money.SEK, money.CHF, money.INR, money.MustCurrency("AED"), money.MustCurrency("XOF"), money.MustCurrency("PTE")}
	rapid.Check(t, func(t *rapid.T) {
		l := locale.MustFind(rapid.SampledFrom(tags).Draw(t, "tag"))
		if rapid.Bool().Draw(t, "accounting") {
			l = l.Accounting()
		}
		if rapid.Bool().Draw(t, "codes") {
			l = l.Codes()
		}
		a := money.New(rapid.Int64().Draw(t, "minor"), rapid.SampledFrom(currencies).Draw(t, "currency"))
		text := l.Format(a)
		back, err := l.Parse(text, a.Currency())
		if err != nil || back != a {
			t.Fatalf("%#v wrote %+q for %s and read %s, %v", l, text, a, back, err)
		}
		if string(l.Append([]byte("x"), a)) != "x"+text {
			t.Fatal("Append differs from Format")
		}
	})
}

// What is read is exact: written again and read again it is the same, and text
// without a symbol that is too odd is refused rather than guessed.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"1.234,50 €", "$1,234.50", "₹12,34,567.89", "١٬٢٣٤٫٥٠", "(5)", "-.5", "1’234", "K\u200b1"} {
		for i := range tags {
			f.Add(uint8(i), text)
		}
	}
	f.Fuzz(func(t *testing.T, tag uint8, text string) {
		l := locale.MustFind(tags[int(tag)%len(tags)])
		for _, c := range []money.Currency{money.EUR, money.JPY, money.KWD} {
			a, err := l.Parse(text, c)
			if err != nil {
				if !errors.Is(err, money.ErrInvalid) && !errors.Is(err, money.ErrOutOfRange) {
					t.Fatalf("%v has no kind", err)
				}
				continue
			}
			if back, err := l.Parse(l.Format(a), c); err != nil || back != a {
				t.Fatalf("%q is %s, then %s, %v", text, a, back, err)
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	for _, tag := range []string{"de-AT", "zh-Hant-TW", "ar-EG-u-nu-latn", "x-y-z", "--"} {
		f.Add(tag)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		l, err := locale.Find(tag)
		if err != nil {
			return
		}
		if again, err := locale.Find(l.String()); err != nil || again != l {
			t.Fatalf("%q is %s, which is %s, %v", tag, l, again, err)
		}
	})
}

func BenchmarkFormat(b *testing.B) {
	buffer := make([]byte, 0, 128)
	for _, c := range []struct {
		tag string
		a   money.Amount
	}{{"en", money.New(123450, money.USD)}, {"de", money.New(-123456789, money.EUR)}, {"fr-CH", money.New(123456789, money.CHF)}, {"ar-EG", money.New(123456789, money.EUR)}} {
		b.Run("locale="+c.tag, func(b *testing.B) {
			l := locale.MustFind(c.tag)
			b.ReportAllocs()
			for b.Loop() {
				buffer = l.Append(buffer[:0], c.a)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	l := locale.MustFind("de")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Parse("1.234,50 €", money.EUR); err != nil {
			b.Fatal(err)
		}
	}
}
