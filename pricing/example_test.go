package pricing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func tea(quantity int64) pricing.Basket {
	return pricing.Basket{Currency: money.EUR, At: at, Lines: []pricing.Line{{ID: "1", SKU: "tea", Quantity: quantity}}}
}

func listed(sku flywheel.SKU, price string) pricing.Entry {
	return pricing.Entry{SKU: sku, Unit: money.MustPrice(price, money.EUR)}
}

// A shop with one list, two promotions and a tax explains a total.
func Example() {
	engine, err := pricing.Compile(pricing.Config{
		Lists: []pricing.List{{ID: "base", Entries: []pricing.Entry{listed("tea", "4.95"), listed("pot", "39.00")}}},
		Taxes: []pricing.Tax{{Class: "food", Rate: money.Percent(7)}, {Class: "standard", Rate: money.Percent(19)}},
		Promotions: []pricing.Promotion{
			{ID: "tea-week", Percent: money.Percent(20), SKUs: []flywheel.SKU{"tea"}},
			{ID: "big-spender", Level: pricing.OrderLevel, Amount: money.New(1000, money.EUR), Minimum: money.New(7500, money.EUR)},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	quote, err := engine.Quote(pricing.Basket{
		Currency: money.EUR,
		At:       at,
		Lines: []pricing.Line{
			{ID: "1", SKU: "tea", Quantity: 3, TaxClass: "food"},
			{ID: "2", SKU: "pot", Quantity: 1, TaxClass: "standard"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range quote.Lines {
		fmt.Println(line.Quantity, line.SKU)
		for _, step := range line.Trace {
			fmt.Printf("  %-6s %-9s %s\n", step.Kind, step.Source, step.Amount)
		}
	}
	fmt.Println("net", quote.Net, "tax", quote.Tax, "total", quote.Total)
	for _, refusal := range quote.Refused {
		fmt.Println(refusal.Promotion, refusal.Reason, refusal.Missing)
	}
	// Output:
	// 3 tea
	//   price  base      14.85 EUR
	//   line   tea-week  -2.97 EUR
	//   tax    food      0.83 EUR
	// 1 pot
	//   price  base      39.00 EUR
	//   tax    standard  7.41 EUR
	// net 50.88 EUR tax 8.24 EUR total 59.12 EUR
	// big-spender minimum 24.12 EUR
}

// Prices are found by kind of list, customer group, quantity and time.
func ExampleList() {
	engine, err := pricing.Compile(pricing.Config{Lists: []pricing.List{
		{ID: "base", Entries: []pricing.Entry{listed("tea", "4.95")}},
		{ID: "sale", Kind: pricing.Sale, Starts: at, Ends: at.AddDate(0, 0, 7), Entries: []pricing.Entry{listed("tea", "4.50")}},
		{ID: "trade", Kind: pricing.Override, Groups: []string{"trade"}, Entries: []pricing.Entry{
			{SKU: "tea", Unit: money.MustPrice("3.9995", money.EUR), MinQuantity: 100},
		}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ask := func(quantity int64, at time.Time, groups ...string) {
		basket := tea(quantity)
		basket.At, basket.Groups = at, groups
		quote, err := engine.Quote(basket)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(quote.Lines[0].List, quote.Lines[0].Unit, quote.Total)
	}
	ask(1, at)
	ask(1, at.AddDate(0, 0, 7))
	ask(100, at, "trade")
	// Output:
	// sale 4.50 EUR 4.50 EUR
	// base 4.95 EUR 4.95 EUR
	// trade 3.9995 EUR 399.95 EUR
}

// Conditions are rules over the basket and its lines, with attributes of the
// shop's own.
func ExamplePromotion() {
	engine, err := pricing.Compile(pricing.Config{
		BasketAttributes: map[string]rule.Type{"device": rule.String},
		LineAttributes:   map[string]rule.Type{"brand": rule.String},
		Promotions: []pricing.Promotion{{
			ID: "app-only", Percent: money.Percent(10),
			When:  json.RawMessage(`{"device": "app", "subtotal": {"$gte": 20}}`),
			Lines: json.RawMessage(`{"brand": {"$in": ["acme", "zenith"]}}`),
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	price := money.MustPrice("15.00", money.EUR)
	basket := pricing.Basket{Currency: money.EUR, At: at, Attributes: map[string]any{"device": "app"}, Lines: []pricing.Line{
		{ID: "1", SKU: "kettle", Quantity: 1, Agreed: price, Attributes: map[string]any{"brand": "acme"}},
		{ID: "2", SKU: "cup", Quantity: 1, Agreed: price, Attributes: map[string]any{"brand": "other"}},
	}}
	quote, err := engine.Quote(basket)
	fmt.Println(quote.Lines[0].Discount, quote.Lines[1].Discount, err)
	basket.Attributes["device"] = "web"
	quote, err = engine.Quote(basket)
	fmt.Println(quote.Discount, quote.Refused[0].Reason, err)
	// Output:
	// 1.50 EUR 0.00 EUR <nil>
	// 0.00 EUR condition <nil>
}

// A coupon takes a fixed amount off the order, shared so that the shares sum.
func ExamplePromotion_coupon() {
	engine, err := pricing.Compile(pricing.Config{Promotions: []pricing.Promotion{
		{ID: "ten-off", Level: pricing.OrderLevel, Amount: money.New(1000, money.EUR), Coupon: "TENOFF"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	basket := pricing.Basket{Currency: money.EUR, At: at, Coupons: []string{"tenoff", "tenofff"}}
	for _, id := range []string{"1", "2", "3"} {
		basket.Lines = append(basket.Lines, pricing.Line{ID: id, SKU: "cup", Quantity: 1, Agreed: money.MustPrice("10.00", money.EUR)})
	}
	quote, err := engine.Quote(basket)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range quote.Lines {
		fmt.Println(line.Discount)
	}
	fmt.Println(quote.Refused[0].Coupon, quote.Refused[0].Reason)
	// Output:
	// 3.34 EUR
	// 3.33 EUR
	// 3.33 EUR
	// tenofff unknown_coupon
}

// A loop that prices many baskets keeps the memory of one quote.
func ExampleEngine_QuoteInto() {
	engine, err := pricing.Compile(pricing.Config{Lists: []pricing.List{{ID: "base", Entries: []pricing.Entry{listed("tea", "4.95")}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var quote pricing.Quote
	for quantity := range int64(3) {
		basket := tea(quantity + 1)
		if err := engine.QuoteInto(&quote, &basket); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(quote.Total)
	}
	// Output:
	// 4.95 EUR
	// 9.90 EUR
	// 14.85 EUR
}

// A bad configuration is refused with the field that is wrong.
func ExampleCompile() {
	_, err := pricing.Compile(pricing.Config{Promotions: []pricing.Promotion{{ID: "p", Percent: money.Percent(120)}}})
	fmt.Println(err)
	if wrong, ok := errors.AsType[*pricing.FieldError](err); ok {
		fmt.Println(wrong.Field, errors.Is(err, flywheel.ErrOutOfRange))
	}
	// Output:
	// pricing: promotions[0].percent: 1.2 is not between 0 and 1: out of range
	// promotions[0].percent true
}

// A service prices by what its store has, from the moment it is saved.
func ExampleService() {
	ctx := context.Background()
	prices, err := pricing.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := prices.SaveList(ctx, pricing.List{ID: "base", Entries: []pricing.Entry{listed("tea", "4.95")}}); err != nil {
		fmt.Println(err)
		return
	}
	quote, err := prices.Quote(tea(2))
	fmt.Println(quote.Total, err)
	if _, err := prices.SavePromotion(ctx, pricing.Promotion{ID: "today", Percent: money.Percent(10)}); err != nil {
		fmt.Println(err)
		return
	}
	quote, err = prices.Quote(tea(2))
	fmt.Println(quote.Total, err)
	// Output:
	// 9.90 EUR <nil>
	// 8.91 EUR <nil>
}

// A store may share one database with others, so that changes are one
// transaction; the service follows after the commit.
func ExampleNewMemory() {
	ctx := context.Background()
	var db flywheel.Memory
	store := pricing.NewMemory(&db)
	prices, err := pricing.New(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = db.InTx(ctx, func(ctx context.Context) error {
		if _, err := store.SaveList(ctx, pricing.List{ID: "base", Entries: []pricing.Entry{listed("tea", "4.95")}}); err != nil {
			return err
		}
		_, err := store.SavePromotion(ctx, pricing.Promotion{ID: "today", Percent: money.Percent(10)})
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := prices.Reload(ctx); err != nil {
		fmt.Println(err)
		return
	}
	quote, err := prices.Quote(tea(1))
	fmt.Println(quote.Total, err)
	// Output: 4.45 EUR <nil>
}

// A trace adds up to the total of its line; a tax that the price includes is
// part of it already.
func ExampleStep() {
	engine, err := pricing.Compile(pricing.Config{
		Lists: []pricing.List{{ID: "gross", TaxIncluded: true, Entries: []pricing.Entry{listed("tea", "4.95")}}},
		Taxes: []pricing.Tax{{Rate: money.Percent(7)}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	quote, err := engine.Quote(tea(2))
	if err != nil {
		fmt.Println(err)
		return
	}
	var total money.Amount
	for _, step := range quote.Lines[0].Trace {
		fmt.Println(step.Kind, step.Base, step.Rate, step.Amount)
		if step.Kind == pricing.StepTaxIncluded {
			continue
		}
		if total, err = total.Add(step.Amount); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(total == quote.Lines[0].Total)
	// Output:
	// price 4.95 EUR 0 9.90 EUR
	// tax_included 9.90 EUR 0.07 0.65 EUR
	// true
}
