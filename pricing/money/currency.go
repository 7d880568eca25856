package money

import (
	"cmp"
	"slices"
)

//go:generate go run ./internal/gen -out table.go -locale locale/table.go

// Currency is a currency of ISO 4217. It is comparable; the zero value is no
// currency.
type Currency struct {
	index uint16 // into table
}

type currencyRow struct {
	code   string
	digits uint8
	cash   int32
}

// ParseCurrency returns the currency with the three-letter code, in upper
// case. It knows the currencies in use in some territory now or since 1999;
// any other code is an [*UnknownCurrencyError].
func ParseCurrency(code string) (Currency, error) {
	i, found := slices.BinarySearchFunc(table[1:], code, func(r currencyRow, code string) int {
		return cmp.Compare(r.code, code)
	})
	if !found {
		return Currency{}, &UnknownCurrencyError{Code: clip(code)}
	}
	return Currency{uint16(i + 1)}, nil
}

// MustCurrency is [ParseCurrency] for codes in the program text: it panics on
// an unknown one.
func MustCurrency(code string) Currency {
	c, err := ParseCurrency(code)
	if err != nil {
		panic(err)
	}
	return c
}

// String returns the three-letter code, empty for no currency.
func (c Currency) String() string { return table[c.index].code }

// Digits returns the number of decimals, the exponent of ISO 4217: 2 for EUR,
// 0 for JPY, 3 for KWD.
func (c Currency) Digits() int { return int(table[c.index].digits) }

// CashIncrement returns the smallest amount that cash can pay, in minor units:
// 5 for CHF, 1 for EUR. It is what [Amount.Round] wants. The source is CLDR, and
// the central bank where CLDR has none.
func (c Currency) CashIncrement() int64 { return int64(table[c.index].cash) }

// IsZero reports whether c is no currency.
func (c Currency) IsZero() bool { return c.index == 0 }

// MarshalText returns the three-letter code, empty for no currency.
func (c Currency) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what [Currency.MarshalText] writes.
func (c *Currency) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = Currency{}
		return nil
	}
	read, err := ParseCurrency(string(text))
	if err != nil {
		return err
	}
	*c = read
	return nil
}
