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
			ID: id, Kind: pricing.Sale, Groups: []string{"vip", "Ünïted 🛒"}, Starts: noon, Ends: noon.Add(time.Hour), TaxIncluded: true,
			Entries: []pricing.Entry{
				{SKU: "b", Unit: money.MustPrice("0.0125", money.EUR), MinQuantity: 2, MaxQuantity: 9},
				{SKU: "a", Unit: money.MustPrice("1", money.JPY)},
			},
		}
	},
	alter: func(l *pricing.List) {
		l.Groups[0] = "altered"
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
		return pricing.Promotion{
			ID: id, Priority: -3, Level: pricing.OrderLevel, Percent: money.MustRate("0.075"), PercentBase: pricing.Original,
			Maximum: money.New(500, money.EUR), SKUs: []flywheel.SKU{"b", "a"}, Lines: json.RawMessage(`{"quantity":{"$gte":2}}`),
			When: json.RawMessage(`{"groups":"vip"}`), Minimum: money.New(1000, money.EUR), MinimumBase: pricing.Original,
			Coupon: "Spring", Starts: noon, Ends: noon.Add(time.Hour), Exclusive: true,
		}
	},
	alter: func(p *pricing.Promotion) {
		p.SKUs[0] = "altered"
		p.Lines[2] = 'X'
		p.When[2] = 'X'
	},
	meta: func(p *pricing.Promotion) (string, *int64, *time.Time, *time.Time) {
		return p.ID, &p.Version, &p.Starts, &p.Ends
	},
	all:    pricing.Store.Promotions,
	save:   pricing.Store.SavePromotion,
	delete: pricing.Store.DeletePromotion,
}
