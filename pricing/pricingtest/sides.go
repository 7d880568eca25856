package pricingtest

import (
	"encoding/json"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

var lists = side[pricing.List]{
	name: "list",
	make: func(id string) pricing.List {
		return pricing.List{
			ID: id, Kind: pricing.Sale, Groups: []string{"vip", "Ünïted 🛒"}, Channels: []string{"web"}, Graduated: true, Starts: noon, Ends: noon.Add(time.Hour), TaxIncluded: true,
			Entries: []pricing.Entry{
				{SKU: "b", Unit: money.MustPrice("0.0125", money.EUR), MinQuantity: 2, MaxQuantity: 9, Floor: money.MustPrice("0.01", money.EUR)},
				{SKU: "a", Unit: money.MustPrice("1", money.JPY)},
			},
		}
	},
	alter: func(l *pricing.List) {
		l.Groups[0] = "altered"
		l.Channels[0] = "altered"
		l.Entries[0].SKU = "altered"
	},
	meta: func(l *pricing.List) (string, *int64, *time.Time, *time.Time) {
		return l.ID, &l.Version, &l.Starts, &l.Ends
	},
	all:    pricing.Store.Lists,
	save:   pricing.Store.SaveList,
	delete: pricing.Store.DeleteList,
}

var promotions = side[pricing.Promotion]{
	name: "promotion",
	make: func(id string) pricing.Promotion {
		of := pricing.Of{SKUs: []flywheel.SKU{"c"}, Lines: json.RawMessage(`{"sku":"c"}`)}
		eur := func(minor int64) money.Amount { return money.New(minor, money.EUR) }
		return pricing.Promotion{
			ID: id, Priority: -3, Level: pricing.OrderLevel, Percent: money.MustRate("0.075"), PercentBase: pricing.Original,
			Amount: eur(7), Price: money.PriceOf(eur(0)), Tiers: []pricing.Tier{{Minimum: eur(5), Quantity: 3, Percent: money.Percent(1), Amount: eur(1), Price: money.MustPrice("0.002", money.EUR)}},
			BuyGet:  &pricing.BuyGet{Buy: 2, Get: 1, Selection: pricing.MaxCustomerBenefit, Of: of},
			Bundle:  &pricing.Bundle{Quantity: 3, Parts: []pricing.Part{{Of: of, Quantity: 2}}},
			Gift:    &pricing.Gift{SKUs: []flywheel.SKU{"g"}, Quantity: 1},
			Maximum: eur(500), MaximumPerLine: eur(400), MaximumPerUse: eur(300), Limit: 8,
			SKUs: []flywheel.SKU{"b", "a"}, Lines: json.RawMessage(`{"quantity":{"$gte":2}}`),
			When: json.RawMessage(`{"groups":"vip"}`), Minimum: eur(1000), MinimumBase: pricing.Original, MinimumOfLines: true, MinimumQuantity: 4,
			Coupon: "Spring", Starts: noon, Ends: noon.Add(time.Hour), Exclusive: true, Group: "group", NotWith: []string{"other"},
		}
	},
	alter: func(p *pricing.Promotion) {
		p.SKUs[0] = "altered"
		p.Lines[2] = 'X'
		p.When[2] = 'X'
		p.Tiers[0].Quantity = 99
		p.BuyGet.Buy, p.BuyGet.Of.SKUs[0], p.BuyGet.Of.Lines[2] = 99, "altered", 'X'
		p.Bundle.Parts[0].Of.SKUs[0] = "altered"
		p.Gift.SKUs[0] = "altered"
		p.NotWith[0] = "altered"
	},
	meta: func(p *pricing.Promotion) (string, *int64, *time.Time, *time.Time) {
		return p.ID, &p.Version, &p.Starts, &p.Ends
	},
	all:    pricing.Store.Promotions,
	save:   pricing.Store.SavePromotion,
	delete: pricing.Store.DeletePromotion,
}
