package money_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Three friends share a bill with a tip.
func Example() {
	bill, err := money.Parse("86.50", money.EUR)
	if err != nil {
		fmt.Println(err)
		return
	}
	tip, err := bill.MulRate(money.Percent(7), money.HalfUp)
	if err != nil {
		fmt.Println(err)
		return
	}
	total, err := bill.Add(tip)
	if err != nil {
		fmt.Println(err)
		return
	}
	shares, err := total.Split(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bill, "+", tip, "=", total)
	fmt.Println(shares)
	// Output:
	// 86.50 EUR + 6.06 EUR = 92.56 EUR
	// [30.86 EUR 30.85 EUR 30.85 EUR]
}

func ExampleNew() {
	fmt.Println(money.New(1299, money.EUR), money.New(1299, money.JPY), money.New(1299, money.KWD))
	// Output: 12.99 EUR 1299 JPY 1.299 KWD
}

func ExampleParse() {
	fmt.Println(money.Parse("12.9", money.EUR))
	_, err := money.Parse("12.999", money.EUR)
	fmt.Println(err)
	// Output:
	// 12.90 EUR <nil>
	// money: "12.999": money: too many decimals: invalid
}

func ExampleParseCurrency() {
	c, err := money.ParseCurrency("CHF")
	fmt.Println(c, c.Digits(), c.CashIncrement(), err)
	_, err = money.ParseCurrency("chf")
	fmt.Println(errors.Is(err, money.ErrCurrency), err)
	// Output:
	// CHF 2 5 <nil>
	// true money: unknown currency "chf"
}

func ExampleMustCurrency() {
	baht := money.MustCurrency("THB")
	fmt.Println(money.New(9900, baht))
	// Output: 99.00 THB
}

// Errors carry the operands, for programs that act on them.
func Example_errors() {
	_, err := money.New(math.MaxInt64, money.JPY).Add(money.New(1, money.JPY))
	if over, ok := errors.AsType[*money.OverflowError](err); ok {
		fmt.Println(over.Op, over.Operands)
	}
	_, err = money.Parse("1,5", money.EUR)
	if text, ok := errors.AsType[*money.ParseError](err); ok {
		fmt.Println(text.Text, errors.Is(err, money.ErrSyntax))
	}
	_, err = money.ParseCurrency("euro")
	if unknown, ok := errors.AsType[*money.UnknownCurrencyError](err); ok {
		fmt.Println(unknown.Code)
	}
	_, err = money.New(100, money.EUR).Allocate(3, -1)
	if weight, ok := errors.AsType[*money.WeightError](err); ok {
		fmt.Println(weight.Index, weight.Weight)
	}
	_, err = money.New(100, money.EUR).MulRatio(1, 0, money.HalfUp)
	if ratio, ok := errors.AsType[*money.RatioError](err); ok {
		fmt.Println(ratio.Denominator)
	}
	var mode money.Rounding
	err = mode.UnmarshalText([]byte("nearest"))
	if rounding, ok := errors.AsType[*money.RoundingError](err); ok {
		fmt.Println(rounding.Name)
	}
	// Output:
	// add [9223372036854775807 JPY 1 JPY]
	// 1,5 true
	// euro
	// 1 -1
	// 0
	// nearest
}

func ExampleAmount_Add() {
	_, err := money.New(1, money.EUR).Add(money.New(1, money.USD))
	var mismatch *money.MismatchError
	if errors.As(err, &mismatch) {
		fmt.Println(mismatch.A, mismatch.B)
	}
	// Output: EUR USD
}

func ExampleSum() {
	total, err := money.Sum(money.New(1299, money.EUR), money.New(-299, money.EUR))
	fmt.Println(total, err)
	// Output: 10.00 EUR <nil>
}

func ExampleAmount_MulRate() {
	net := money.New(1050, money.EUR)
	for _, mode := range []money.Rounding{money.HalfUp, money.HalfEven, money.Down} {
		tax, err := net.MulRate(money.MustRate("0.05"), mode)
		fmt.Println(mode, tax, err)
	}
	// Output:
	// half_up 0.53 EUR <nil>
	// half_even 0.52 EUR <nil>
	// down 0.52 EUR <nil>
}

// The tax within a gross amount is exact, too: no detour over a rounded net.
func ExampleAmount_MulRatio() {
	gross := money.New(11900, money.EUR)
	fmt.Println(gross.MulRatio(19, 119, money.HalfUp))
	// Output: 19.00 EUR <nil>
}

func ExampleAmount_Convert() {
	fmt.Println(money.New(1999, money.USD).Convert(money.JPY, money.MustRate("151.235"), money.HalfUp))
	// Output: 3023 JPY <nil>
}

func ExampleAmount_Round() {
	fmt.Println(money.New(1238, money.CHF).Round(money.CHF.CashIncrement(), money.HalfUp))
	// Output: 12.40 CHF <nil>
}

func ExampleAmount_Allocate() {
	fmt.Println(money.New(100, money.EUR).Allocate(0, 1, 2))
	fmt.Println(money.New(-100, money.EUR).Allocate(1, 1, 1))
	fmt.Println(money.New(100, money.EUR).Allocate(0, 0))
	// Output:
	// [0.00 EUR 0.33 EUR 0.67 EUR] <nil>
	// [-0.34 EUR -0.33 EUR -0.33 EUR] <nil>
	// [] money: all weights are zero
}

func ExampleAmount_AppendAllocate() {
	shares := make([]money.Amount, 0, 8) // kept and used again by a hot loop
	shares, err := money.New(1000, money.EUR).AppendAllocate(shares[:0], []int64{99, 1999, 500})
	fmt.Println(shares, err)
	// Output: [0.38 EUR 7.69 EUR 1.93 EUR] <nil>
}

func ExampleAmount_Split() {
	fmt.Println(money.New(100, money.EUR).Split(3))
	// Output: [0.34 EUR 0.33 EUR 0.33 EUR] <nil>
}

func ExampleWeights() {
	weights, err := money.Weights(money.MustRate("0.02"), money.MustRate("0.975"))
	fmt.Println(weights, err)
	// Output: [20 975] <nil>
}

func ExampleRate() {
	vat := money.MustRate("0.2000")
	fmt.Println(vat, vat == money.Percent(20))
	// Output: 0.2 true
}

func ExampleRate_Round() {
	fmt.Println(money.MustRate("1.005").Round(money.MustRate("0.01"), money.HalfUp))
	fmt.Println(money.MustRate("12.38").Round(money.MustRate("0.05"), money.HalfUp))
	// Output:
	// 1.01 <nil>
	// 12.4 <nil>
}

func ExampleNewRate() {
	fmt.Println(money.NewRate(175, 3))
	// Output: 0.175 <nil>
}

func ExampleParseRate() {
	fmt.Println(money.ParseRate("0.0775"))
	_, err := money.ParseRate("7.75%")
	fmt.Println(err)
	// Output:
	// 0.0775 <nil>
	// money: "7.75%": money: not a number: invalid
}

func ExamplePrice() {
	screw := money.MustPrice("0.0125", money.EUR)
	fmt.Println(screw.Times(333, money.HalfUp)) // 4.1625
	// Output: 4.16 EUR <nil>
}

func ExampleParsePrice() {
	fmt.Println(money.ParsePrice("0.0125", money.EUR))
	fmt.Println(money.ParsePrice("12", money.EUR))
	// Output:
	// 0.0125 EUR <nil>
	// 12.00 EUR <nil>
}

func ExampleNewPrice() {
	fmt.Println(money.NewPrice(125, 4, money.EUR))
	// Output: 0.0125 EUR <nil>
}

func ExamplePriceOf() {
	fmt.Println(money.PriceOf(money.New(1299, money.EUR)) == money.MustPrice("12.99", money.EUR))
	// Output: true
}

func ExampleFromDecimal() {
	fmt.Println(money.FromDecimal(decimal.RequireFromString("12.99"), money.EUR))
	fmt.Println(money.RoundDecimal(decimal.RequireFromString("12.995"), money.EUR, money.HalfEven))
	fmt.Println(money.New(1299, money.EUR).Decimal())
	// Output:
	// 12.99 EUR <nil>
	// 13.00 EUR <nil>
	// 12.99
}

func ExampleAmount_MarshalJSON() {
	data, err := json.Marshal(money.New(1299, money.EUR))
	fmt.Println(string(data), err)
	var a money.Amount
	fmt.Println(json.Unmarshal([]byte(`{"amount":"12.99","amount":"0.01","currency":"EUR"}`), &a) != nil)
	// Output:
	// {"amount":"12.99","currency":"EUR"} <nil>
	// true
}

func ExampleRateFromDecimal() {
	fmt.Println(money.RateFromDecimal(decimal.RequireFromString("0.1900")))
	// Output: 0.19 <nil>
}

func ExamplePriceFromDecimal() {
	third := decimal.NewFromInt(10).DivRound(decimal.NewFromInt(3), 4)
	fmt.Println(money.PriceFromDecimal(third, money.EUR))
	// Output: 3.3333 EUR <nil>
}

// A shop that counts in dollars shows charm prices in euro.
func ExampleAmount_EndIn() {
	rates, err := money.NewExchange(money.EUR,
		money.Quotation{Currency: money.USD, Rate: money.MustRate("1.0945"), From: time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)})
	if err != nil {
		fmt.Println(err)
		return
	}
	price, err := rates.Convert(money.New(1999, money.USD), money.EUR, time.Date(2026, 1, 6, 9, 0, 0, 0, time.UTC), money.HalfUp)
	fmt.Println(price, err)
	fmt.Println(price.EndIn(99, 100))

	_, err = price.EndIn(100, 100)
	ending, ok := errors.AsType[*money.EndingError](err)
	fmt.Println(ending.Ending, ok)
	_, err = rates.Convert(money.New(1999, money.USD), money.EUR, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), money.HalfUp)
	none, ok := errors.AsType[*money.NoRateError](err)
	fmt.Println(none.Currency, ok)
	_, err = money.NewExchange(money.EUR, money.Quotation{Currency: money.EUR})
	itself, ok := errors.AsType[*money.QuotationError](err)
	fmt.Println(itself.Quotation.Currency, ok)
	// Output:
	// 18.26 EUR <nil>
	// 18.99 EUR <nil>
	// 100 true
	// USD true
	// EUR true
}
