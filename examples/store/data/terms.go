package data

import (
	"encoding/json"
	"time"
	_ "time/tzdata" // machines without zones know them all the same

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/cart/wish"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Name and Mailbox are the sender of letters.
const Name, Mailbox = "Flywheel store", "store@flywheel.example"

// Zone is where the store's days begin and end.
const Zone = "Europe/Berlin"

// Location is Zone.
var Location = must(time.LoadLocation(Zone))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // what this package says is constant, and time/tzdata is linked
	}
	return v
}

// Pricing is what the counter charges where no address is known yet.
var Pricing = pricing.Config{Taxes: []pricing.Tax{{Class: "standard", Rate: money.Percent(19)}, {Class: "reduced", Rate: money.Percent(7)}}}

// Home is where buyers without an address are taxed.
var Home = tax.Place{Country: "DE"}

// Taxes of the places that the store delivers to.
var Taxes = must(tax.NewTable([]tax.Entry{
	{Place: Home, Class: "standard", Tax: tax.Tax{Code: "VAT", Rate: money.Percent(19)}},
	{Place: Home, Class: "reduced", Tax: tax.Tax{Code: "VAT", Rate: money.Percent(7)}},
	{Place: tax.Place{Country: "AT"}, Class: "standard", Tax: tax.Tax{Code: "VAT", Rate: money.Percent(20)}},
	{Place: tax.Place{Country: "AT"}, Class: "reduced", Tax: tax.Tax{Code: "VAT", Rate: money.Percent(10)}},
	{Place: tax.Place{Country: "US"}, Tax: tax.Tax{Code: "VAT"}}, // exported, and taxed there by nobody here
	{Place: tax.Place{Country: "CN"}, Tax: tax.Tax{Code: "VAT"}},
}, nil))

// Returns is the policy of returns.
var Returns = order.Policy{WindowDays: 30, ClaimDays: 730, DeliveryRefund: order.DeliveryCheapest, Zone: Zone}

// PointsMost is the part of an order that points pay at most.
var PointsMost = money.Percent(50)

// ReviewPoints are earned by the first review of a product.
const ReviewPoints = 20

// FriendPoints is the reward for each side of a referral, FriendHold how long it waits.
const (
	FriendPoints = 200
	FriendHold   = 30 * 24 * time.Hour
)

// Program gives a point for each euro. Points can be spent when the goods can no longer be
// sent back, and live for two years.
var Program = loyalty.Program{
	Timezone: Zone, Worth: map[money.Currency]money.Rate{money.EUR: money.MustRate("5"), money.USD: money.MustRate("5"), money.CNY: money.MustRate("40")},
	PendingFor: "P30D", Earning: loyalty.Earning{PerUnitOf: map[string]money.Rate{"CNY": money.MustRate("0.125")}}, Acts: []loyalty.Act{
		{Event: review.EventPostPublished, Points: ReviewPoints, Once: review.PropertyProduct, Match: map[string]string{review.PropertyKind: string(review.Review)}},
	}, Expiry: loyalty.Expiry{After: "P24M", Round: loyalty.EndOfMonth},
	Tiering: &loyalty.Tiering{Window: loyalty.Rolling, Period: "P12M", Downgrade: loyalty.Immediate, Tiers: []loyalty.Tier{
		{ID: "member"}, {ID: "silver", Threshold: 200, Multiplier: money.MustRate("1.25")}, {ID: "gold", Threshold: 600, Multiplier: money.MustRate("1.5")},
	}},
}

// Delivery is how goods reach their buyers.
func Delivery() fulfillment.Config {
	in := func(minor int64, c money.Currency) []fulfillment.Rate {
		return []fulfillment.Rate{{Price: money.New(minor, c)}}
	}
	rate := func(minor int64) []fulfillment.Rate { return in(minor, money.EUR) }
	also := func(dollars, yuan int64) []fulfillment.Tariff {
		return []fulfillment.Tariff{{Rates: in(dollars, money.USD)}, {Rates: in(yuan, money.CNY)}}
	}
	free := money.New(10000, money.EUR)
	return fulfillment.Config{
		Calendar: fulfillment.Calendar{Zone: Zone, Handling: 1},
		Places:   []fulfillment.Place{{ID: fulfillment.DefaultLocation, Country: "DE"}},
		Options: []fulfillment.Option{
			{ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: rate(490), Tariffs: also(550, 3900), FreeFrom: &free, Days: [2]int{1, 2}, Tax: "class:standard"},
			{ID: "express", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: rate(1290), Tariffs: also(1450, 9900), Days: [2]int{1, 1}, Tax: "class:standard"},
			{ID: "austria", Type: fulfillment.Shipping, Zones: []string{"AT"}, Rates: rate(990), Tariffs: also(1100, 7900), Days: [2]int{2, 4}, Tax: "class:standard"},
			{ID: "america", Type: fulfillment.Shipping, Zones: []string{"US"}, Rates: rate(1990), Tariffs: also(2200, 15900), Days: [2]int{5, 9}, Tax: "class:standard"},
			{ID: "china", Type: fulfillment.Shipping, Zones: []string{"CN"}, Rates: rate(2290), Tariffs: also(2500, 17900), Days: [2]int{6, 12}, Tax: "class:standard"},
		},
	}
}

// Search says in which languages goods are found.
var Search = search.Settings{Locales: []search.Locale{{Code: "en"}, {Code: "de", Fallback: "en"}, {Code: "zh", Fallback: "en"}}, Prefix: true}

// Segments are kept up to date with every event and every day that passes.
var Segments = []segment.Definition{
	{Name: "buyers", Rule: json.RawMessage(`{"orders": {"$gte": 1}}`)},
	{Name: "regulars", Rule: json.RawMessage(`{"orders": {"$gte": 3}, "days_since_last_purchase": {"$lt": 90}}`)},
	{Name: "lapsing", Rule: json.RawMessage(`{"orders": {"$gte": 2}, "days_since_last_purchase": {"$gte": 90}}`)},
	{Name: "bought yesterday or today", Rule: json.RawMessage(`{"days_since_last_purchase": {"$lt": 2}}`)},
}

// The journeys of letters that somebody asked for.
const OrderJourney, WatchJourney campaign.ID = "order", "watch"

// Journeys are what the store writes to whom, and when: the confirmation of an order at
// once, the rest only to those who said that they want it.
var Journeys = []campaign.Journey{
	{
		ID: OrderJourney, Trigger: campaign.Trigger{Event: flywheel.EventPurchase}, Reentry: campaign.Reentry{Policy: campaign.Parallel},
		Steps: []campaign.Step{{ID: "confirmation", Send: &campaign.Send{Channel: "email", Template: "order/confirmation", Transactional: true}}},
	},
	{
		ID: WatchJourney, Trigger: campaign.Trigger{Event: wish.EventMet}, Reentry: campaign.Reentry{Policy: campaign.Parallel},
		Steps: []campaign.Step{
			{ID: "which", Condition: &campaign.Condition{If: rule.MustCompile(`{"entry.kind": "back_in_stock"}`), Then: "back", Else: "price"}},
			{ID: "back", Send: &campaign.Send{Channel: "email", Template: "watch/back", Transactional: true}},
			{ID: "told", Exit: campaign.OutcomeGoal},
			{ID: "price", Send: &campaign.Send{Channel: "email", Template: "watch/price", Transactional: true}},
		},
	},
	campaign.Welcome("email"),
	campaign.CartRecovery("email"),
	{
		ID: "after-purchase", Trigger: campaign.Trigger{Event: order.EventDelivered}, Reentry: campaign.Reentry{Policy: campaign.Restart},
		Steps: []campaign.Step{
			{ID: "week", Wait: &campaign.Wait{Duration: campaign.Duration{Days: 7}, Until: campaign.At(10, 0)}},
			{ID: "review", Send: &campaign.Send{Channel: "email", Template: "after-purchase/review"}},
		},
	},
}

// Manners are what all journeys together owe a contact.
var Manners = campaign.Policy{
	QuietHours: campaign.QuietHours{Start: campaign.At(21, 0), End: campaign.At(8, 0)},
	Caps:       []campaign.Cap{{Max: 3, Window: campaign.Duration{Days: 7}}},
}

// Flags are the features that can be switched off for all, or for half of the people to
// learn what they bring.
const Flags = `{"features": {
	"recommendations": {"defaultValue": true},
	"promotions": {"defaultValue": true},
	"cart-recovery": {"defaultValue": true}
}}`

// Promises of the desk: how soon a ticket is answered and solved, in its hours.
var (
	DeskHours = service.Calendar{Zone: Zone, Hours: []service.Span{{From: 9 * 60, To: 17 * 60}}}
	Promises  = map[service.Priority]service.Target{
		"normal": {First: 8 * time.Hour, Resolve: 40 * time.Hour}, "urgent": {First: time.Hour, Resolve: 8 * time.Hour},
	}
)

// CategoryOf is the category of a SKU, for the points of it.
func CategoryOf(sku flywheel.SKU) string { return string(categories[sku]) }

var categories = func() map[flywheel.SKU]catalog.CategoryID {
	all := map[flywheel.SKU]catalog.CategoryID{}
	for i := range Goods {
		for _, sku := range Goods[i].SKUs() {
			all[sku] = Goods[i].Category
		}
	}
	return all
}()
