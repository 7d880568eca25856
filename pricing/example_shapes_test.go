package pricing_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// try prices a shelf of cups at 4, 6 and 10 EUR, two tins of tea at 20 EUR and
// shipping at 5 EUR by some promotions, and prints what each takes off and why the
// others do not apply.
func try(config pricing.Config) {
	for i := range config.Promotions {
		if config.Promotions[i].ID == "" {
			config.Promotions[i].ID = fmt.Sprint("offer-", i+1)
		}
	}
	engine, err := pricing.Compile(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	line := func(sku flywheel.SKU, quantity int64, price, category string) pricing.Line {
		return pricing.Line{
			ID: string(sku), SKU: sku, Quantity: quantity, Agreed: money.MustPrice(price, money.EUR), Categories: []string{category},
		}
	}
	quote, err := engine.Quote(pricing.Basket{
		Currency: money.EUR, At: at, Channel: "web",
		Lines: []pricing.Line{
			line("cup-s", 1, "4.00", "cups"), line("cup-m", 1, "6.00", "cups"), line("cup-l", 2, "10.00", "cups"), line("tea", 2, "20.00", "food"),
		},
		Shipping: []pricing.Shipping{{ID: "parcel", Amount: money.New(500, money.EUR)}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range quote.Applied {
		fmt.Println(a.Promotion, a.Discount)
	}
	for _, r := range quote.Refused {
		fmt.Println(r.Promotion, r.Reason, r.Missing, r.MissingQuantity, r.SKUs)
	}
}

var cups = json.RawMessage(`{"categories": {"$in": ["cups"]}}`)

func euros(n int64) money.Amount { return money.New(100*n, money.EUR) }

// Buy two, get one free: which one is a choice.
func ExampleBuyGet() {
	for _, selection := range []pricing.Selection{pricing.GlobalCheapest, pricing.GroupDescending, pricing.MaxCustomerBenefit} {
		try(pricing.Config{Promotions: []pricing.Promotion{{
			ID: selection.String(), Lines: cups, Percent: money.Percent(100),
			BuyGet: &pricing.BuyGet{Buy: 2, Get: 1, Selection: selection},
		}}})
	}
	// Output:
	// global_cheapest 4.00 EUR
	// group_descending 6.00 EUR
	// max_customer_benefit 10.00 EUR
}

// For every two teas a cup at half price.
func ExampleOf() {
	try(pricing.Config{Promotions: []pricing.Promotion{{
		SKUs: []flywheel.SKU{"tea"}, Percent: money.Percent(50),
		BuyGet: &pricing.BuyGet{Buy: 2, Get: 1, Of: pricing.Of{Lines: cups}},
	}}})
	// Output:
	// offer-1 2.00 EUR
}

// Three cups for 20 EUR; a cup and two teas for 10 % less.
func ExampleBundle() {
	try(pricing.Config{Promotions: []pricing.Promotion{
		{Lines: cups, Price: money.MustPrice("20.00", money.EUR), Bundle: &pricing.Bundle{Quantity: 3}},
		{Percent: money.Percent(10), PercentBase: pricing.Original, Bundle: &pricing.Bundle{Parts: []pricing.Part{
			{Of: pricing.Of{SKUs: []flywheel.SKU{"cup-s", "cup-m"}}, Quantity: 1},
			{Of: pricing.Of{SKUs: []flywheel.SKU{"tea"}}, Quantity: 2},
		}}},
	}})
	// Output:
	// offer-1 6.00 EUR
	// offer-2 4.40 EUR
}

// The more one spends, or buys, the more is taken off.
func ExampleTier() {
	try(pricing.Config{Promotions: []pricing.Promotion{
		{Level: pricing.OrderLevel, MinimumBase: pricing.Original, Tiers: []pricing.Tier{
			{Minimum: euros(50), Amount: euros(5)}, {Minimum: euros(100), Amount: euros(12)},
		}},
		{Lines: cups, Tiers: []pricing.Tier{{Quantity: 3, Percent: money.Percent(5)}, {Quantity: 6, Percent: money.Percent(10)}}},
		{Tiers: []pricing.Tier{{Minimum: euros(200), Percent: money.Percent(50)}}},
	}})
	// Output:
	// offer-1 5.00 EUR
	// offer-2 1.40 EUR
	// offer-3 minimum 136.40 EUR 0 []
}

// A gift is free once it is in the basket; until then the refusal offers it.
func ExampleGift() {
	try(pricing.Config{Promotions: []pricing.Promotion{
		{Minimum: euros(50), Gift: &pricing.Gift{SKUs: []flywheel.SKU{"cup-s"}, Quantity: 1}},
		{Minimum: euros(50), Gift: &pricing.Gift{SKUs: []flywheel.SKU{"spoon", "sieve"}, Quantity: 1}},
	}})
	// Output:
	// offer-1 4.00 EUR
	// offer-2 gift 0 1 [spoon sieve]
}

// Free shipping, half shipping, shipping for 2 EUR: by what is left of the goods.
func ExampleShipping() {
	try(pricing.Config{Promotions: []pricing.Promotion{
		{Level: pricing.ShippingLevel, Percent: money.Percent(100), Minimum: euros(80)},
		{Level: pricing.ShippingLevel, Price: money.MustPrice("2.00", money.EUR)},
	}})
	// Output:
	// offer-2 3.00 EUR
	// offer-1 minimum 10.00 EUR 0 []
}

// A cap on a line, and a floor: no cup is sold below 9 EUR, and what it refuses the
// others take.
func ExampleLine() {
	engine, err := pricing.Compile(pricing.Config{Promotions: []pricing.Promotion{
		{ID: "ten-off", Level: pricing.OrderLevel, Amount: euros(10)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	price := money.MustPrice("10.00", money.EUR)
	quote, err := engine.Quote(pricing.Basket{Currency: money.EUR, At: at, Lines: []pricing.Line{
		{ID: "1", SKU: "cup", Quantity: 1, Agreed: price, Floor: money.MustPrice("9.00", money.EUR)},
		{ID: "2", SKU: "pot", Quantity: 1, Agreed: price},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(quote.Lines[0].Discount, quote.Lines[1].Discount)
	// Output: 1.00 EUR 9.00 EUR
}

// Of a group one applies; two lanes do not mix; and each line may take what is
// best for it.
func ExampleGroup() {
	offers := []pricing.Promotion{
		{ID: "tenth-off", Percent: money.Percent(10), Group: "cups", Lines: cups},
		{ID: "two-off", Amount: euros(2), Group: "cups", Lines: cups},
	}
	for _, pick := range []pricing.Pick{pricing.One, pricing.All, pricing.LineBest} {
		fmt.Println(pick)
		try(pricing.Config{Groups: []pricing.Group{{ID: "cups", Pick: pick}}, Promotions: offers})
	}
	// Output:
	// one
	// tenth-off 3.00 EUR
	// two-off group 0 0 []
	// all
	// tenth-off 3.00 EUR
	// two-off 8.00 EUR
	// line_best
	// two-off 8.00 EUR
	// tenth-off outdone 0 0 []
}

// By priority the exclusive offer wins; the best combination is another.
func ExampleStrategy() {
	for _, strategy := range []pricing.Strategy{pricing.InOrder, pricing.BestOf} {
		fmt.Println(strategy)
		try(pricing.Config{Strategy: strategy, Promotions: []pricing.Promotion{
			{ID: "alone", Level: pricing.OrderLevel, Percent: money.Percent(15), Exclusive: true, Priority: 9},
			{ID: "first", Level: pricing.OrderLevel, Percent: money.Percent(10)},
			{ID: "second", Level: pricing.OrderLevel, Amount: euros(5), NotWith: []string{"third"}},
			{ID: "third", SKUs: []flywheel.SKU{"tea"}, Percent: money.Percent(20)},
		}})
	}
	// Output:
	// in_order
	// alone 10.50 EUR
	// first exclusive 0 0 []
	// second exclusive 0 0 []
	// third exclusive 0 0 []
	// best_of
	// first 7.00 EUR
	// third 7.20 EUR
	// alone outdone 0 0 []
	// second outdone 0 0 []
}

// A class of several taxes: the parts sum to the tax, which is rounded once.
func ExampleTax() {
	engine, err := pricing.Compile(pricing.Config{
		TaxScope: tax.PerRate,
		Taxes: []pricing.Tax{{Class: "goods", Components: []tax.Tax{
			{Code: "GST", Rate: money.MustRate("0.05")}, {Code: "PST", Rate: money.MustRate("0.10"), Compound: true},
		}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	quote, err := engine.Quote(pricing.Basket{Currency: money.EUR, At: at, Lines: []pricing.Line{
		{ID: "1", SKU: "cup", Quantity: 1, Agreed: money.MustPrice("100.00", money.EUR), TaxClass: "goods"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var parts []pricing.TaxPart = quote.Lines[0].Taxes
	for _, part := range parts {
		fmt.Println(part.Code, part.Tax)
	}
	var rates []pricing.RateTotal = quote.Taxes
	fmt.Println(rates[0].Rate, rates[0].Net, rates[0].Tax, rates[0].Total)
	// Output:
	// GST 5.00 EUR
	// PST 10.50 EUR
	// 0.155 100.00 EUR 15.50 EUR 115.50 EUR
}

// Where the basket goes decides what it is taxed at.
func ExampleBasket_AskTaxes() {
	california := tax.Place{Country: "US", Region: "CA"}
	table, err := tax.NewTable([]tax.Entry{
		{Place: california, Tax: tax.Tax{Code: "STATE", Rate: money.MustRate("0.0725")}},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := pricing.Compile(pricing.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	basket := pricing.Basket{Currency: money.USD, At: at, Lines: []pricing.Line{
		{ID: "1", SKU: "cup", Quantity: 1, Agreed: money.MustPrice("100.00", money.USD)},
	}}
	if err := basket.AskTaxes(context.Background(), table, california); err != nil {
		fmt.Println(err)
		return
	}
	quote, err := engine.Quote(basket)
	fmt.Println(quote.Lines[0].Taxes[0].Code, quote.Tax, err)
	// Output: STATE 7.25 USD <nil>
}
