package pricing_test

import (
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A gift card pays what it holds, store credit at most half, a card the rest.
func ExamplePay() {
	payments, due, err := pricing.Pay(euros(100), []pricing.Tender{
		{ID: "gift-card", Balance: euros(30)},
		{ID: "credit", Balance: euros(80), MaxPercent: money.Percent(50)},
		{ID: "card"},
	})
	for _, p := range payments {
		fmt.Println(p.Tender, p.Amount)
	}
	fmt.Println(due, err)
	// Output:
	// gift-card 30.00 EUR
	// credit 50.00 EUR
	// card 20.00 EUR
	// 0.00 EUR <nil>
}

// A refund goes to the card first, then to the gift card.
func ExamplePayBack() {
	var payments []pricing.Payment
	payments, left, err := pricing.PayBack(euros(45), []pricing.Captured{
		{Tender: "card", Captured: euros(40), Refunded: euros(10)}, {Tender: "gift-card", Captured: euros(30)},
	})
	fmt.Println(payments[0].Amount, payments[1].Amount, left, err)
	// Output: 30.00 EUR 15.00 EUR 0.00 EUR <nil>
}

// 20 EUR off from 100 EUR on. One cup comes back: prorated, it is refunded with
// its share of the discount; repriced, what stays no longer gets it.
func ExampleRefund() {
	engine, err := pricing.Compile(pricing.Config{Promotions: []pricing.Promotion{
		{ID: "twenty-off", Level: pricing.OrderLevel, Amount: euros(20), Minimum: euros(100)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	basket := pricing.Basket{Currency: money.EUR, At: at, Lines: []pricing.Line{
		{ID: "1", SKU: "cup", Quantity: 6, Agreed: money.MustPrice("20.00", money.EUR)},
	}}
	quote, err := engine.Quote(basket)
	if err != nil {
		fmt.Println(err)
		return
	}
	returned := pricing.Return{Line: "1", Quantity: 2}
	var prorated pricing.Refund
	prorated, err = quote.Refund(returned)
	fmt.Println(prorated.Total, err)
	repriced, stays, err := engine.Reprice(basket, &quote, returned)
	fmt.Println(repriced.Total, stays.Total, err)
	// Output:
	// 33.34 EUR <nil>
	// 20.00 EUR 80.00 EUR <nil>
}

// What a "-20 %" must name: the lowest price of the 30 days before.
func ExampleLowestPrior() {
	day := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	price, err := pricing.LowestPrior([]pricing.PricePoint{
		{From: day(1, 1), Price: money.MustPrice("100.00", money.EUR)},
		{From: day(2, 10), Price: money.MustPrice("80.00", money.EUR)},
		{From: day(2, 15), Price: money.MustPrice("100.00", money.EUR)},
	}, day(3, 1), 30)
	fmt.Println(price, err)
	// Output: 80.00 EUR <nil>
}

// A file of prices, one entry at a time.
func ExampleReadEntries() {
	file := "sku,currency,unit,min_quantity\ntea,EUR,4.95,\ntea,EUR,3.9995,100\n"
	for entry, err := range pricing.ReadEntries(strings.NewReader(file)) {
		fmt.Println(entry.SKU, entry.Unit, entry.MinQuantity, err)
	}
	// Output:
	// tea 4.95 EUR 0 <nil>
	// tea 3.9995 EUR 100 <nil>
}

// A look-up without a basket.
func ExamplePrice() {
	engine, err := pricing.Compile(pricing.Config{Lists: []pricing.List{{ID: "steps", Graduated: true, Entries: []pricing.Entry{
		listed("tea", "5.00"), {SKU: "tea", Unit: money.MustPrice("4.00", money.EUR), MinQuantity: 11},
	}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var price pricing.Price
	price, err = engine.Price(&pricing.Basket{Currency: money.EUR, At: at}, "tea", 12)
	fmt.Println(price.Exact, price.List, err)
	// Output: 58.00 EUR steps <nil>
}

// What a shopper sends says what and how many, never at what price.
func ExampleReadRequest() {
	request, err := pricing.ReadRequest([]byte(`{"currency": "EUR", "lines": [{"sku": "tea", "quantity": 2}]}`))
	var line pricing.RequestLine = request.Lines[0]
	fmt.Println(line.SKU, request.Basket().Lines[0].ID, err)
	_, err = pricing.ReadRequest([]byte(`{"currency": "EUR", "lines": [{"sku": "tea", "quantity": 2, "agreed": "0.01 EUR"}]}`))
	fmt.Println(errors.Is(err, flywheel.ErrInvalid))
	// Output:
	// tea tea <nil>
	// true
}

// Configuration, promotions and baskets come as strict JSON.
func ExampleReadConfig() {
	config, err := pricing.ReadConfig([]byte(`{"strategy": "best_of", "taxes": [{"class": "food", "rate": "0.07"}]}`))
	fmt.Println(config.Strategy, err)
	promotion, err := pricing.ReadPromotion([]byte(`{"id": "tea-3-for-2", "skus": ["tea"], "percent": "1", "buy_get": {"buy": 2, "get": 1}}`))
	fmt.Println(promotion.BuyGet.Selection, err)
	basket, err := pricing.ReadBasket([]byte(`{"currency": "EUR", "at": "2026-03-01T12:00:00Z", "lines": [], "lines": []}`))
	fmt.Println(len(basket.Lines), errors.Is(err, flywheel.ErrInvalid))
	// Output:
	// best_of <nil>
	// global_cheapest <nil>
	// 0 true
}

// Between the quote and the order the price has risen.
func ExampleEngine_Confirm() {
	before, err := pricing.Compile(pricing.Config{Lists: []pricing.List{{ID: "base", Entries: []pricing.Entry{listed("tea", "4.95")}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := pricing.Compile(pricing.Config{Lists: []pricing.List{{ID: "base", Entries: []pricing.Entry{listed("tea", "5.95")}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	seen, err := before.Quote(tea(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = after.Confirm(tea(1), &seen)
	if changed, ok := errors.AsType[*pricing.ChangedError](err); ok {
		fmt.Println(changed.Seen, changed.Now, errors.Is(err, flywheel.ErrConflict))
	}
	// Output: 4.95 EUR 5.95 EUR true
}

// A refund of 119.00 is cut to the 50.00 that are left, and a fee of 15 % is kept of it.
func ExampleRefund_Fee() {
	eur := func(minor int64) money.Amount { return money.New(minor, money.EUR) }
	units := pricing.Refund{Net: eur(10000), Tax: eur(1900), Total: eur(11900)}
	left, err := units.AtMost(eur(5000))
	if err != nil {
		log.Fatal(err)
	}
	fee, err := left.Fee(money.Percent(15))
	if err != nil {
		log.Fatal(err)
	}
	back, err := left.Minus(fee)
	fmt.Println(left.Total, fee.Total, fee.Tax, back.Total, back.Tax, err)
	// Output:
	// 50.00 EUR 7.50 EUR 1.20 EUR 42.50 EUR 6.78 EUR <nil>
}

// 20.00 are paid back without goods, over goods of 23.80 at 19 % and of 21.40 at 7 %.
func ExampleWithoutGoods() {
	eur := func(minor int64) money.Amount { return money.New(minor, money.EUR) }
	sum, parts, err := pricing.WithoutGoods(eur(2000), []pricing.RateTotal{
		{Rate: money.Percent(19), Total: eur(2380)}, {Rate: money.Percent(7), Total: eur(2140)},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range parts {
		fmt.Println(p.Rate, p.Total, p.Tax)
	}
	fmt.Println(sum.Net, sum.Tax)
	// Output:
	// 0.19 10.53 EUR 1.68 EUR
	// 0.07 9.47 EUR 0.62 EUR
	// 17.70 EUR 2.30 EUR
}

// Of 1,000 points that paid 5.00, how many are back when 2.50 are.
func ExamplePointsBack() {
	back, err := pricing.PointsBack(1000, money.New(250, money.EUR), money.New(500, money.EUR))
	fmt.Println(back, err)
	// Output:
	// 500 <nil>
}
