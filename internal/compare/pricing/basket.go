package main

import (
	"fmt"
	"time"

	govalues "github.com/govalues/decimal"
	shopspring "github.com/shopspring/decimal"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// shelf is the basket of the comparison: each line has a price in cents and a
// quantity; 10 % are taken off each line, and 20 % of tax come on top.
type shelf struct{ cents, quantities []int64 }

func newShelf(lines int) (s shelf) {
	for i := range lines {
		s.cents, s.quantities = append(s.cents, int64(500+137*i%9500)), append(s.quantities, int64(i%5+1))
	}
	return s
}

// quote prices a basket. No library among these has one, so the decimals run the
// loop that a shop writes with them, without price lists, promotions, checks of
// the input or a trace.
func quote(lines int) operation {
	s := newShelf(lines)
	engine, basket := s.flywheel()
	var q pricing.Quote
	price := func() *pricing.Quote {
		if err := engine.QuoteInto(&q, &basket); err != nil {
			panic(err)
		}
		return &q
	}
	byShopspring, byGovalues := s.shopspring(), s.govalues()
	return operation{fmt.Sprintf("basket of %d lines", lines), []run{
		{flywheelName, func() string { return price().Total.Decimal().StringFixed(2) }, func(n int) {
			for range n {
				sink.amount = price().Total
			}
		}},
		{shopspringName + ", by hand", func() string { return byShopspring().StringFixed(2) }, func(n int) {
			for range n {
				sink.shopspring = byShopspring()
			}
		}},
		{govaluesName + ", by hand", func() string { return byGovalues().String() }, func(n int) {
			for range n {
				sink.govalues = byGovalues()
			}
		}},
	}}
}

// flywheel puts the prices in a list and the discount in a promotion.
func (s shelf) flywheel() (*pricing.Engine, pricing.Basket) {
	c := pricing.Config{
		Lists:      []pricing.List{{ID: "list"}},
		Taxes:      []pricing.Tax{{Rate: money.Percent(20)}},
		Promotions: []pricing.Promotion{{ID: "tenth", Percent: money.Percent(10)}},
		Rounding:   money.HalfEven,
	}
	b := pricing.Basket{Currency: money.EUR, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	for i, cents := range s.cents {
		id := fmt.Sprintf("%04d", i)
		unit := money.PriceOf(money.New(cents, money.EUR))
		c.Lists[0].Entries = append(c.Lists[0].Entries, pricing.Entry{SKU: flywheel.SKU(id), Unit: unit})
		b.Lines = append(b.Lines, pricing.Line{ID: id, SKU: flywheel.SKU(id), Quantity: s.quantities[i]})
	}
	return must(pricing.Compile(c)), b
}

func (s shelf) shopspring() func() shopspring.Decimal {
	var prices, quantities []shopspring.Decimal
	for i := range s.cents {
		prices, quantities = append(prices, shopspring.New(s.cents[i], -2)), append(quantities, shopspring.New(s.quantities[i], 0))
	}
	discount, tax := shopspring.New(10, -2), shopspring.New(20, -2)
	return func() (total shopspring.Decimal) {
		for i, price := range prices {
			subtotal := price.Mul(quantities[i])
			net := subtotal.Sub(subtotal.Mul(discount).RoundBank(2))
			total = total.Add(net).Add(net.Mul(tax).RoundBank(2))
		}
		return total
	}
}

func (s shelf) govalues() func() govalues.Decimal {
	var prices, quantities []govalues.Decimal
	for i := range s.cents {
		prices, quantities = append(prices, govalues.MustNew(s.cents[i], 2)), append(quantities, govalues.MustNew(s.quantities[i], 0))
	}
	discount, tax := govalues.MustNew(10, 2), govalues.MustNew(20, 2)
	return func() (total govalues.Decimal) {
		for i, price := range prices {
			subtotal := must(price.Mul(quantities[i]))
			net := must(subtotal.Sub(must(subtotal.Mul(discount)).Round(2)))
			total = must(total.Add(net))
			total = must(total.Add(must(net.Mul(tax)).Round(2)))
		}
		return total
	}
}
