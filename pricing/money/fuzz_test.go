package money_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// refusal fails unless err is of a kind.
func refusal(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, money.ErrInvalid) && !errors.Is(err, money.ErrOutOfRange) {
		t.Fatalf("an error of no kind: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"12.99", "-0.01", "92233720368547758.08", ".", "1e5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s, money.EUR)
		if err != nil {
			refusal(t, err)
			return
		}
		var back money.Amount
		if err := back.UnmarshalText([]byte(a.String())); err != nil || back != a {
			t.Fatalf("%q reads as %v, which reads as %v, %v", s, a, back, err)
		}
	})
}

func FuzzParseRate(f *testing.F) {
	for _, s := range []string{"0.175", "-1", "0.0000000000000000001", "9223372036854775808"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := money.ParseRate(s)
		if err != nil {
			refusal(t, err)
			return
		}
		if back, err := money.ParseRate(r.String()); err != nil || back != r {
			t.Fatalf("%q reads as %v, which reads as %v, %v", s, r, back, err)
		}
	})
}

func FuzzParsePrice(f *testing.F) {
	for _, s := range []string{"0.0125", "-1", "92233720368547758.075", "1.0000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := money.ParsePrice(s, money.EUR)
		if err != nil {
			refusal(t, err)
			return
		}
		var back money.Price
		if err := back.UnmarshalText([]byte(p.String())); err != nil || back != p {
			t.Fatalf("%q reads as %v, which reads as %v, %v", s, p, back, err)
		}
	})
}

func FuzzUnmarshalJSON(f *testing.F) {
	for _, s := range []string{`{"amount":"12.99","currency":"EUR"}`, `{"currency":"","amount":"0"}`, `{"amount":"\u0031","currency":"JPY"}`, `{"amount":"1`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var a money.Amount
		if err := a.UnmarshalJSON(data); err != nil {
			refusal(t, err)
		} else {
			if !json.Valid(data) {
				t.Fatalf("%q is no JSON and read as %v", data, a)
			}
			again, _ := a.MarshalJSON()
			var back money.Amount
			if err := back.UnmarshalJSON(again); err != nil || back != a {
				t.Fatalf("%q reads as %v, which reads as %v, %v", data, a, back, err)
			}
		}
		var p money.Price
		if err := p.UnmarshalJSON(data); err != nil {
			refusal(t, err)
		} else if !json.Valid(data) {
			t.Fatalf("%q is no JSON and read as %v", data, p)
		}
	})
}

func FuzzUnmarshalText(f *testing.F) {
	for _, s := range []string{"12.99 EUR", "0", "5 ", "0.0125 EUR"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var a money.Amount
		var p money.Price
		var r money.Rate
		var c money.Currency
		var m money.Rounding
		for _, err := range []error{a.UnmarshalText(data), p.UnmarshalText(data), r.UnmarshalText(data), c.UnmarshalText(data), m.UnmarshalText(data)} {
			if err != nil {
				refusal(t, err)
			}
		}
	})
}
