package main

import (
	"fmt"

	gomoney "github.com/Rhymond/go-money"
	govalues "github.com/govalues/decimal"
	shopspring "github.com/shopspring/decimal"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/money/locale"
)

const (
	flywheelName   = "flywheel"
	shopspringName = "shopspring/decimal 1.6.0"
	govaluesName   = "govalues/decimal 0.1.36"
	gomoneyName    = "Rhymond/go-money 1.0.15"
)

// sink is what the loops come to, so that none is left out.
var sink struct {
	amount     money.Amount
	amounts    []money.Amount
	shopspring shopspring.Decimal
	govalues   govalues.Decimal
	money      *gomoney.Money
	moneys     []*gomoney.Money
	text       string
}

// must returns the value of a call that cannot fail with what it is given here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// add adds 12.99 to 1,234.57.
func add() operation {
	a, b := money.New(123_457, money.EUR), money.New(1_299, money.EUR)
	sa, sb := shopspring.New(123_457, -2), shopspring.New(1_299, -2)
	ga, gb := govalues.MustNew(123_457, 2), govalues.MustNew(1_299, 2)
	ma, mb := gomoney.New(123_457, "EUR"), gomoney.New(1_299, "EUR")
	return operation{"add", []run{
		{flywheelName, func() string { return must(a.Add(b)).Decimal().StringFixed(2) }, func(n int) {
			for range n {
				sink.amount, _ = a.Add(b)
			}
		}},
		{shopspringName, func() string { return sa.Add(sb).StringFixed(2) }, func(n int) {
			for range n {
				sink.shopspring = sa.Add(sb)
			}
		}},
		{govaluesName, func() string { return must(ga.Add(gb)).String() }, func(n int) {
			for range n {
				sink.govalues, _ = ga.Add(gb)
			}
		}},
		{gomoneyName, func() string { return fmt.Sprintf("%.2f", must(ma.Add(mb)).AsMajorUnits()) }, func(n int) {
			for range n {
				sink.money, _ = ma.Add(mb)
			}
		}},
	}}
}

// rateAndRound takes 17.5 % of 12.99 and rounds it half to even, which is the
// one way that all know. go-money knows no rates.
func rateAndRound() operation {
	a, rate := money.New(1_299, money.EUR), money.MustRate("0.175")
	sa, sr := shopspring.New(1_299, -2), shopspring.New(175, -3)
	ga, gr := govalues.MustNew(1_299, 2), govalues.MustNew(175, 3)
	return operation{"rate and round", []run{
		{flywheelName, func() string { return must(a.MulRate(rate, money.HalfEven)).Decimal().StringFixed(2) }, func(n int) {
			for range n {
				sink.amount, _ = a.MulRate(rate, money.HalfEven)
			}
		}},
		{shopspringName, func() string { return sa.Mul(sr).RoundBank(2).StringFixed(2) }, func(n int) {
			for range n {
				sink.shopspring = sa.Mul(sr).RoundBank(2)
			}
		}},
		{govaluesName, func() string { return must(ga.Mul(gr)).Round(2).String() }, func(n int) {
			for range n {
				product, _ := ga.Mul(gr)
				sink.govalues = product.Round(2)
			}
		}},
	}}
}

// allocate shares 1,234.57 over ten equal weights: with others go-money gives
// what is over to the first, not to the largest remainders. The decimals share
// nothing.
func allocate() operation {
	a, m := money.New(123_457, money.EUR), gomoney.New(123_457, "EUR")
	var weights []int64
	var ratios []int
	for range 10 {
		weights, ratios = append(weights, 7), append(ratios, 7)
	}
	parts := make([]money.Amount, 0, len(weights))
	return operation{"allocate over 10", []run{
		{flywheelName, func() string {
			var minors []int64
			for _, part := range must(a.Allocate(weights...)) {
				minors = append(minors, part.Minor())
			}
			return fmt.Sprint(minors)
		}, func(n int) {
			for range n {
				sink.amounts, _ = a.AppendAllocate(parts, weights)
			}
		}},
		{gomoneyName, func() string {
			var minors []int64
			for _, part := range must(m.Allocate(ratios...)) {
				minors = append(minors, part.Amount())
			}
			return fmt.Sprint(minors)
		}, func(n int) {
			for range n {
				sink.moneys, _ = m.Allocate(ratios...)
			}
		}},
	}}
}

// format writes 1234567.89 plainly; Flywheel's text ends in the currency.
func format() operation {
	a, s, g := money.New(123_456_789, money.EUR), shopspring.New(123_456_789, -2), govalues.MustNew(123_456_789, 2)
	return operation{"format", []run{
		{flywheelName, a.String, func(n int) {
			for range n {
				sink.text = a.String()
			}
		}},
		{shopspringName, func() string { return s.StringFixed(2) + " EUR" }, func(n int) {
			for range n {
				sink.text = s.StringFixed(2)
			}
		}},
		{govaluesName, func() string { return g.String() + " EUR" }, func(n int) {
			for range n {
				sink.text = g.String()
			}
		}},
	}}
}

// display writes €1,234,567.89 for people, with Flywheel in the form of any
// place, with go-money in one form for each currency.
func display() operation {
	a, m, english := money.New(123_456_789, money.EUR), gomoney.New(123_456_789, "EUR"), locale.MustFind("en")
	return operation{"display", []run{
		{flywheelName, func() string { return english.Format(a) }, func(n int) {
			for range n {
				sink.text = english.Format(a)
			}
		}},
		{gomoneyName, m.Display, func(n int) {
			for range n {
				sink.text = m.Display()
			}
		}},
	}}
}

// parse reads 1234567.89. go-money reads no text but JSON with a float.
func parse() operation {
	const text = "1234567.89"
	return operation{"parse", []run{
		{flywheelName, func() string { return must(money.Parse(text, money.EUR)).Decimal().String() }, func(n int) {
			for range n {
				sink.amount, _ = money.Parse(text, money.EUR)
			}
		}},
		{shopspringName, func() string { return must(shopspring.NewFromString(text)).String() }, func(n int) {
			for range n {
				sink.shopspring, _ = shopspring.NewFromString(text)
			}
		}},
		{govaluesName, func() string { return must(govalues.Parse(text)).String() }, func(n int) {
			for range n {
				sink.govalues, _ = govalues.Parse(text)
			}
		}},
	}}
}
