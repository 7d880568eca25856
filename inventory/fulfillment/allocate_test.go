package fulfillment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func date(t *testing.T, s string) fulfillment.Date {
	t.Helper()
	d, err := fulfillment.ParseDate(s)
	require.NoError(t, err)
	return d
}

func clock(t *testing.T, s string) *fulfillment.Clock {
	t.Helper()
	c, err := fulfillment.ParseClock(s)
	require.NoError(t, err)
	return &c
}

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

func to(bound int64) *int64 { return &bound }

// shop is the German shop of the checkout reference.
func shop(t *testing.T) fulfillment.Config {
	var holidays []fulfillment.Date
	for _, d := range []string{"2026-04-03", "2026-04-06", "2026-05-01"} {
		holidays = append(holidays, date(t, d))
	}
	return fulfillment.Config{
		Calendar: fulfillment.Calendar{
			Zone: "Europe/Berlin", CutOff: clock(t, "14:00"), Handling: 1, Holidays: holidays,
			Carrier: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday},
		},
		Places: []fulfillment.Place{{ID: "west", Priority: 2, Country: "DE"}, {ID: "east", Priority: 1, Country: "DE"}},
		Options: []fulfillment.Option{
			{
				ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, By: fulfillment.ByWeight, Days: [2]int{1, 2}, Tax: "class:standard",
				Rates: []fulfillment.Rate{{To: to(1000), Price: eur(490)}, {To: to(5000), Price: eur(690)}, {To: to(31500), Price: eur(1290)}},
			},
			{ID: "express", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: []fulfillment.Rate{{Price: eur(1290)}}, Days: [2]int{1, 1}, NotFor: []string{"spirits"}},
			{
				ID: "europe", Type: fulfillment.Shipping, Zones: []string{"AT", "FR", "CH"}, By: fulfillment.ByValue, Days: [2]int{3, 5}, Tax: "like_goods",
				Rates: []fulfillment.Rate{{To: to(5000), Price: eur(990)}, {To: to(15000), Price: eur(1490)}, {Price: eur(1990)}},
			},
			{ID: "pickup-east", Type: fulfillment.Pickup, Location: "east", Rates: []fulfillment.Rate{{Price: eur(0)}}},
		},
	}
}

func shelves(t *testing.T) fulfillment.Stock {
	return fulfillment.Stock{
		"MUG":   {Free: map[fulfillment.Location]int64{"east": 10, "west": 5}},
		"TEE":   {Free: map[fulfillment.Location]int64{"east": 8, "west": 8}},
		"BOOK":  {Free: map[fulfillment.Location]int64{"east": 6}},
		"PEN":   {Free: map[fulfillment.Location]int64{"east": 30}},
		"LAMP":  {Free: map[fulfillment.Location]int64{"west": 3}},
		"GIN":   {Free: map[fulfillment.Location]int64{"east": 5}},
		"SET":   {Parts: []flywheel.Line{{SKU: "MUG", Quantity: 2}, {SKU: "PEN", Quantity: 1}}},
		"CHAIR": {Free: map[fulfillment.Location]int64{"west": 1}, Policy: fulfillment.Backorder, Room: 4, Date: date(t, "2026-03-23")},
		"GAME":  {Policy: fulfillment.Preorder, Room: 10, Date: date(t, "2026-04-03")},
		"EBOOK": {Untracked: true},
	}
}

var weights = map[flywheel.SKU]int64{"MUG": 400, "TEE": 200, "BOOK": 500, "PEN": 20, "LAMP": 3000, "GIN": 1200, "SET": 820, "CHAIR": 9000, "GAME": 300}

func basket(pairs ...any) []fulfillment.Item {
	var items []fulfillment.Item
	for i := 0; i < len(pairs); i += 2 {
		sku := flywheel.SKU(pairs[i].(string))
		item := fulfillment.Item{Line: string(rune('1' + i/2)), SKU: sku, Quantity: int64(pairs[i+1].(int)), Weight: weights[sku], Download: sku == "EBOOK"}
		if sku == "GIN" {
			item.Categories = []string{"spirits"}
		}
		items = append(items, item)
	}
	return items
}

func TestAllocate(t *testing.T) {
	for _, c := range []struct {
		name  string
		items []fulfillment.Item
		only  fulfillment.Location
		want  string
	}{
		{"fewest parcels before priority", basket("LAMP", 1, "MUG", 4), "", "1: 1 at west\n2: 4 at west"},
		{"two places when there must be", basket("LAMP", 1, "MUG", 6), "", "1: 1 at west\n2: 6 at east"},
		{"a set and its part share the last units", basket("MUG", 10, "SET", 3), "", "1: 4 at east\n1: 5 at west\n1: 9 of 10\n2: 3 at east"},
		{"a set comes from one place", basket("SET", 6), "", "1: 5 at east\n1: 5 of 6"},
		{"one chair now, two later", basket("CHAIR", 3), "", "1: 1 at west\n1: 2 later at east"},
		{"beyond the limit of backorders", basket("CHAIR", 6), "", "1: 1 at west\n1: 4 later at east\n1: 5 of 6"},
		{"a preorder comes wholly later", basket("GAME", 10, "PEN", 1), "", "1: 10 later at east\n2: 1 at east"},
		{"a pickup place alone counts", basket("MUG", 11), "east", "1: 10 at east\n1: 10 of 11"},
		{"a backorder of a pickup place", basket("CHAIR", 3), "west", "1: 1 at west\n1: 2 later at west"},
		{"what a pickup place does not have", basket("LAMP", 1), "east", "1: 0 of 1"},
		{"a download is there", basket("EBOOK", 1000, "PEN", 1), "", "1: 1000 at east\n2: 1 at east"},
		{"a download does not decide where the rest comes from", basket("LAMP", 1, "EBOOK", 1), "", "1: 1 at west\n2: 1 at east"},
	} {
		t.Run(c.name, func(t *testing.T) {
			network, err := fulfillment.New(shop(t))
			require.NoError(t, err)
			got, err := network.Allocate(c.items, shelves(t), c.only)
			require.NoError(t, err)
			require.Equal(t, c.want, written(&got))
		})
	}
}

func TestTies(t *testing.T) {
	network, err := fulfillment.New(fulfillment.Config{Places: []fulfillment.Place{{ID: "b", Priority: 1}, {ID: "a", Priority: 1}, {ID: "z", Priority: 0}}})
	require.NoError(t, err)
	stock := fulfillment.Stock{
		"CUP": {Free: map[fulfillment.Location]int64{"a": 2, "b": 5, "z": 1}},
		"PAN": {Free: map[fulfillment.Location]int64{"a": 1, "b": 1}},
		"LID": {Free: map[fulfillment.Location]int64{"z": 3, "a": 3}},
	}
	got, err := network.Allocate(basket("PAN", 1, "CUP", 2), stock, "")
	require.NoError(t, err)
	require.Equal(t, "1: 1 at a\n2: 2 at a", written(&got), "the lesser name")
	got, err = network.Allocate(basket("PAN", 1, "LID", 2), stock, "")
	require.NoError(t, err)
	require.Equal(t, "1: 1 at a\n2: 2 at a", written(&got), "fewest places before priority")
	got, err = network.Allocate(basket("PAN", 1, "CUP", 8), stock, "")
	require.NoError(t, err)
	require.Equal(t, "1: 1 at a\n2: 1 at z\n2: 2 at a\n2: 5 at b", written(&got))
}

func TestUnits(t *testing.T) {
	network, err := fulfillment.New(shop(t))
	require.NoError(t, err)
	stock := shelves(t)
	kit := stock["SET"]
	kit.Policy, kit.Room, kit.Date = fulfillment.Backorder, 9, date(t, "2026-05-04")
	stock["SET"] = kit
	a, err := network.Allocate(basket("MUG", 2, "SET", 6, "EBOOK", 1), stock, "")
	require.NoError(t, err)
	units, err := a.Units()
	require.NoError(t, err)
	require.Equal(t, []fulfillment.Unit{
		{SKU: "MUG", Location: "east", Quantity: 10},
		{SKU: "MUG", Location: "east", Quantity: 2, Backordered: true, Date: date(t, "2026-05-04"), Kit: "SET"},
		{SKU: "MUG", Location: "west", Quantity: 2},
		{SKU: "PEN", Location: "east", Quantity: 5},
		{SKU: "PEN", Location: "east", Quantity: 1, Backordered: true, Date: date(t, "2026-05-04"), Kit: "SET"},
		{SKU: "SET", Location: "east", Quantity: 1, Backordered: true, Date: date(t, "2026-05-04"), Kit: "SET"},
	}, units)
}

func TestParcels(t *testing.T) {
	network, err := fulfillment.New(shop(t))
	require.NoError(t, err)
	stock := shelves(t)
	a, err := network.Allocate(basket("GAME", 2, "CHAIR", 2, "LAMP", 1, "BOOK", 1, "EBOOK", 1), stock, "")
	require.NoError(t, err)
	parcels := network.Parcels(&a, 1)
	require.Len(t, parcels, 4)
	for i, want := range []struct {
		id       string
		location fulfillment.Location
		lines    map[string]int64
		later    string
	}{
		{"p1", "east", map[string]int64{"4": 1}, ""},
		{"p2", "west", map[string]int64{"2": 1, "3": 1}, ""},
		{"p3", "east", map[string]int64{"2": 1}, "2026-03-23"},
		{"p4", "east", map[string]int64{"1": 2}, "2026-04-03"},
	} {
		require.Equal(t, want.id, parcels[i].ID)
		require.Equal(t, want.location, parcels[i].Location)
		require.Equal(t, want.lines, parcels[i].Lines())
		require.Equal(t, want.later, parcels[i].Date.String())
		require.Equal(t, want.later != "", parcels[i].Backordered)
	}
	again, err := network.Allocate(basket("MUG", 1), stock, "")
	require.NoError(t, err)
	require.Equal(t, "p5", network.Parcels(&again, 5)[0].ID)
}

func TestSplit(t *testing.T) {
	network, err := fulfillment.New(shop(t))
	require.NoError(t, err)
	a, err := network.Allocate(basket("SET", 3, "PEN", 2), shelves(t), "")
	require.NoError(t, err)
	parcel := network.Parcels(&a, 1)[0]
	taken, rest, err := parcel.Split(map[string]int64{"1": 2}, "p2")
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"1": 2}, taken.Lines())
	require.Equal(t, map[string]int64{"1": 1, "2": 2}, rest.Lines())
	require.Equal(t, "p1 p2", taken.ID+" "+rest.ID)
	units, err := taken.Units()
	require.NoError(t, err)
	require.Equal(t, []fulfillment.Unit{{SKU: "MUG", Location: "east", Quantity: 4}, {SKU: "PEN", Location: "east", Quantity: 2}}, units)
	require.Equal(t, map[string]int64{"1": 3, "2": 2}, parcel.Lines(), "the parcel itself is as it was")

	whole, none, err := parcel.Split(nil, "p2")
	require.NoError(t, err)
	require.Equal(t, parcel, whole)
	require.Empty(t, none.Pieces)

	for _, c := range []struct {
		lines map[string]int64
		kind  error
	}{
		{map[string]int64{"9": 1}, flywheel.ErrNotFound},
		{map[string]int64{"1": 0}, flywheel.ErrOutOfRange},
		{map[string]int64{"1": 4}, flywheel.ErrConflict},
	} {
		_, _, err := parcel.Split(c.lines, "p2")
		require.ErrorIs(t, err, c.kind)
	}
}
