package fulfillment_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestPickLists(t *testing.T) {
	network, err := fulfillment.New(shop(t))
	require.NoError(t, err)
	var list []fulfillment.ToPick
	for i, b := range [][]fulfillment.Item{basket("SET", 2, "MUG", 1), basket("LAMP", 1), basket("PEN", 3), basket("MUG", 4)} {
		a, err := network.Allocate(b, shelves(t), "")
		require.NoError(t, err)
		for _, p := range network.Parcels(&a, 1) {
			list = append(list, fulfillment.ToPick{Order: fmt.Sprint("o", i), Parcel: p, Due: date(t, fmt.Sprintf("2026-03-%d", 20-i))})
		}
	}
	waves, err := fulfillment.PickLists(list, fulfillment.WaveRules{Parcels: 2})
	require.NoError(t, err)
	var got []string
	for _, w := range waves {
		for _, l := range w.Lines {
			got = append(got, fmt.Sprint(w.Location, w.Number, " ", l.SKU, " ", l.Quantity, l.For))
		}
	}
	require.Equal(t, []string{
		"east1 MUG 4 [{0 4}]", "east1 PEN 3 [{1 3}]",
		"east2 MUG 5 [{0 5}]", "east2 PEN 2 [{0 2}]",
		"west1 LAMP 1 [{0 1}]",
	}, got)
	require.Equal(t, []fulfillment.PickedParcel{{Order: "o3", Parcel: "p1", Due: date(t, "2026-03-17")}, {Order: "o2", Parcel: "p1", Due: date(t, "2026-03-18")}}, waves[0].Parcels)
	waves, err = fulfillment.PickLists(list, fulfillment.WaveRules{Units: 6})
	require.NoError(t, err)
	require.Len(t, waves, 4, "4, 3 and 7 units in the east")
	_, err = fulfillment.PickLists(list, fulfillment.WaveRules{Units: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func TestShipment(t *testing.T) {
	day := time.Date(2026, 3, 12, 8, 0, 0, 0, time.UTC)
	scan := func(id string, state fulfillment.Tracking, hours int) fulfillment.Scan {
		return fulfillment.Scan{ID: id, State: state, At: day.Add(time.Duration(hours) * time.Hour)}
	}
	var s fulfillment.Shipment
	for _, c := range []struct {
		scan    fulfillment.Scan
		changed bool
		state   fulfillment.Tracking
		kind    error
	}{
		{scan("1", fulfillment.Announced, 0), true, fulfillment.Announced, nil},
		{scan("3", fulfillment.OutForDelivery, 20), true, fulfillment.OutForDelivery, nil},
		{scan("2", fulfillment.InTransit, 5), false, fulfillment.OutForDelivery, nil}, // late
		{scan("3", fulfillment.OutForDelivery, 20), false, fulfillment.OutForDelivery, nil},
		{scan("3", fulfillment.Attempted, 20), false, fulfillment.OutForDelivery, flywheel.ErrConflict},
		{scan("4", "teleported", 21), false, fulfillment.OutForDelivery, flywheel.ErrInvalid},
		{scan("", fulfillment.Delivered, 21), false, fulfillment.OutForDelivery, flywheel.ErrInvalid},
		{scan("5", fulfillment.Delivered, 22), true, fulfillment.Delivered, nil},
		{scan("6", fulfillment.InTransit, 23), false, fulfillment.Delivered, flywheel.ErrConflict},
	} {
		next, changed, err := s.Apply(c.scan)
		if c.kind == nil {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, c.kind)
			require.Equal(t, s, next)
		}
		require.Equal(t, c.changed, changed)
		require.Equal(t, c.state, next.State)
		s = next
	}
	require.True(t, s.State.Final())
	var ids string
	for _, scan := range s.Scans {
		ids += scan.ID
	}
	require.Equal(t, "1235", ids)

	network, err := fulfillment.New(shop(t))
	require.NoError(t, err)
	for _, c := range []struct {
		promised string
		late     bool
	}{{"2026-03-13", false}, {"2026-03-12", true}} {
		late, err := network.Late(s, &fulfillment.Parcel{Location: "east"}, date(t, c.promised), day.AddDate(0, 0, 9))
		require.NoError(t, err)
		require.Equal(t, c.late, late)
	}
	late, err := network.Late(fulfillment.Shipment{}, &fulfillment.Parcel{Location: "east"}, date(t, "2026-03-12"), day)
	require.NoError(t, err)
	require.False(t, late)
	_, err = network.Late(s, &fulfillment.Parcel{Location: "nowhere"}, date(t, "2026-03-12"), day)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

func TestConfigRefuses(t *testing.T) {
	handling := -1
	for field, change := range map[string]func(*fulfillment.Config){
		"calendar.zone":    func(c *fulfillment.Config) { c.Calendar.Zone = "Mars/Olympus" },
		"calendar.days[0]": func(c *fulfillment.Config) { c.Calendar.Days = []time.Weekday{7} },
		"calendar.holidays[0]": func(c *fulfillment.Config) {
			c.Calendar.Holidays = []fulfillment.Date{{Year: 2026, Month: 2, Day: 30}}
		},
		"calendar.cutOff":     func(c *fulfillment.Config) { c.Calendar.CutOff = &fulfillment.Clock{Hour: 24} },
		"calendar.handling":   func(c *fulfillment.Config) { c.Calendar.Handling = 1000 },
		"places[1].id":        func(c *fulfillment.Config) { c.Places[1].ID = c.Places[0].ID },
		"places[0].latitude":  func(c *fulfillment.Config) { c.Places[0].Latitude = 91 },
		"places[0].longitude": func(c *fulfillment.Config) { c.Places[0].Longitude = -181 },
		"places[0].handling":  func(c *fulfillment.Config) { c.Places[0].Handling = &handling },
		"places[0]":           func(c *fulfillment.Config) { c.Places[0].UnitCost = -1 },
		"places[0].calendar.zone": func(c *fulfillment.Config) {
			c.Places[0].Calendar = &fulfillment.Calendar{Zone: "x/y"}
		},
		"options[0].id":             func(c *fulfillment.Config) { c.Options[0].ID = "" },
		"options[1].id":             func(c *fulfillment.Config) { c.Options[1].ID = c.Options[0].ID },
		"options[0].type":           func(c *fulfillment.Config) { c.Options[0].Type = "balloon" },
		"options[0].by":             func(c *fulfillment.Config) { c.Options[0].By = "height" },
		"options[0].location":       func(c *fulfillment.Config) { c.Options[0].Location = "east" },
		"options[0].rates":          func(c *fulfillment.Config) { c.Options[0].Rates = nil },
		"options[0].rates[1].to":    func(c *fulfillment.Config) { c.Options[0].Rates[1].To = to(1000) },
		"options[0].rates[0].price": func(c *fulfillment.Config) { c.Options[0].Rates[0].Price = eur(-1) },
		"options[0].freeFrom":       func(c *fulfillment.Config) { usd := money.New(1, money.USD); c.Options[0].FreeFrom = &usd },
		"options[0].days":           func(c *fulfillment.Config) { c.Options[0].Days = [2]int{3, 2} },
		"options[0].largest":        func(c *fulfillment.Config) { c.Options[0].Largest.Width = -1 },
		"options[0].window": func(c *fulfillment.Config) {
			c.Options[0].Window = &fulfillment.Window{From: fulfillment.Clock{Hour: 9}, To: fulfillment.Clock{Hour: 8}}
		},
		"options[3].location": func(c *fulfillment.Config) { c.Options[3].Location = "north" },
		"options[3].zones":    func(c *fulfillment.Config) { c.Options[3].Zones = []string{"DE"} },
		"sourcing":            func(c *fulfillment.Config) { c.Sourcing.Parcel = -1 },
	} {
		c := shop(t)
		change(&c)
		_, err := fulfillment.New(c)
		var wrong *flywheel.FieldError
		require.ErrorAs(t, err, &wrong, field)
		require.Equal(t, field, wrong.Field)
	}
}

func TestAllocateRefuses(t *testing.T) {
	network, err := fulfillment.New(shop(t))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func([]fulfillment.Item, fulfillment.Stock)
		only   fulfillment.Location
		kind   error
	}{
		"no stock":        {func(_ []fulfillment.Item, s fulfillment.Stock) { delete(s, "SET") }, "", flywheel.ErrNotFound},
		"no stock, part":  {func(_ []fulfillment.Item, s fulfillment.Stock) { delete(s, "PEN") }, "", flywheel.ErrNotFound},
		"kit of kits":     {func(_ []fulfillment.Item, s fulfillment.Stock) { s["PEN"] = s["SET"] }, "", flywheel.ErrInvalid},
		"no units":        {func(i []fulfillment.Item, _ fulfillment.Stock) { i[0].Quantity = 0 }, "", flywheel.ErrOutOfRange},
		"too many units":  {func(i []fulfillment.Item, _ fulfillment.Stock) { i[0].Quantity = 1e9 + 1 }, "", flywheel.ErrOutOfRange},
		"negative weight": {func(i []fulfillment.Item, _ fulfillment.Stock) { i[0].Weight = -1 }, "", flywheel.ErrOutOfRange},
		"negative size":   {func(i []fulfillment.Item, _ fulfillment.Stock) { i[0].Size.Width = -1 }, "", flywheel.ErrOutOfRange},
		"a line twice":    {func(i []fulfillment.Item, _ fulfillment.Stock) { i[1].Line = i[0].Line }, "", flywheel.ErrInvalid},
		"no SKU":          {func(i []fulfillment.Item, _ fulfillment.Stock) { i[0].SKU = "" }, "", flywheel.ErrInvalid},
		"no such place":   {func([]fulfillment.Item, fulfillment.Stock) {}, "north", flywheel.ErrNotFound},
		"a wrong policy": {func(_ []fulfillment.Item, s fulfillment.Stock) {
			p := s["PEN"]
			p.Policy = "maybe"
			s["PEN"] = p
		}, "", flywheel.ErrInvalid},
		"a wrong date": {func(_ []fulfillment.Item, s fulfillment.Stock) {
			p := s["PEN"]
			p.Date.Day = 40
			s["PEN"] = p
		}, "", flywheel.ErrInvalid},
		"a part of none": {func(_ []fulfillment.Item, s fulfillment.Stock) {
			s["SET"] = fulfillment.Supply{Parts: []flywheel.Line{{SKU: "PEN"}}}
		}, "", flywheel.ErrOutOfRange},
	} {
		items, stock := basket("SET", 1, "MUG", 1), shelves(t)
		c.change(items, stock)
		_, err := network.Allocate(items, stock, c.only)
		require.ErrorIs(t, err, c.kind, name)
	}
}
