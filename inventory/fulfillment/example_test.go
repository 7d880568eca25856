package fulfillment_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// noon is a Tuesday.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func network() *fulfillment.Network {
	small := int64(1000)
	n, err := fulfillment.New(fulfillment.Config{
		Calendar: fulfillment.Calendar{Zone: "Europe/Berlin", CutOff: &fulfillment.Clock{Hour: 14}, Handling: 1},
		Places:   []fulfillment.Place{{ID: "east", Priority: 1}, {ID: "west", Priority: 2}},
		Options: []fulfillment.Option{
			{
				ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, By: fulfillment.ByWeight, Days: [2]int{1, 2},
				Rates: []fulfillment.Rate{{To: &small, Price: money.New(490, money.EUR)}, {Price: money.New(690, money.EUR)}},
			},
			{ID: "pickup", Type: fulfillment.Pickup, Location: "east", Rates: []fulfillment.Rate{{Price: money.New(0, money.EUR)}}},
		},
	})
	if err != nil {
		panic(err)
	}
	return n
}

func stock() fulfillment.Stock {
	return fulfillment.Stock{
		"mug":   {Free: map[fulfillment.Location]int64{"east": 6, "west": 9}},
		"lamp":  {Free: map[fulfillment.Location]int64{"west": 1}},
		"set":   {Parts: []flywheel.Line{{SKU: "mug", Quantity: 2}}},
		"chair": {Policy: fulfillment.Backorder, Room: 4, Date: fulfillment.Date{Year: 2026, Month: 3, Day: 23}},
	}
}

func Example() {
	n := network()
	items := []fulfillment.Item{
		{Line: "1", SKU: "mug", Quantity: 2, Weight: 400},
		{Line: "2", SKU: "lamp", Quantity: 1, Weight: 3000},
		{Line: "3", SKU: "chair", Quantity: 1, Weight: 9000},
	}
	address := fulfillment.Address{Country: "DE"}
	offers, err := n.Offers(fulfillment.Request{Items: items, Stock: stock(), Address: address, Value: money.New(9900, money.EUR), At: noon})
	if err != nil {
		panic(err)
	}
	for _, o := range offers {
		fmt.Println(o.ID, o.Charge, o.Earliest, o.Latest)
	}
	taken, err := n.Allocate(items, stock(), "")
	if err != nil {
		panic(err)
	}
	for _, p := range n.Parcels(&taken, 1) {
		from, to, err := n.Promise(&p, "standard", noon)
		fmt.Println(p.ID, p.Location, p.Lines(), from, to, err)
	}
	// Output:
	// standard 6.90 EUR 2026-03-12 2026-03-26
	// p1 west map[1:2 2:1] 2026-03-12 2026-03-13 <nil>
	// p2 east map[3:1] 2026-03-25 2026-03-26 <nil>
}

func ExampleNew() {
	_, err := fulfillment.New(fulfillment.Config{Options: []fulfillment.Option{{ID: "pickup", Type: fulfillment.Pickup, Location: "north"}}})
	if wrong, ok := errors.AsType[*flywheel.FieldError](err); ok {
		fmt.Println(wrong.Field, errors.Is(err, fulfillment.ErrUnknown))
	}
	// Output: options[0].location true
}

func ExampleNetwork_Allocate() {
	taken, err := network().Allocate([]fulfillment.Item{{Line: "1", SKU: "mug", Quantity: 9}, {Line: "2", SKU: "set", Quantity: 4}}, stock(), "")
	for _, p := range taken.Pieces {
		fmt.Println(p.Line, p.SKU, p.Quantity, p.Location)
	}
	for _, s := range taken.Short {
		fmt.Println("short:", s.SKU, s.Have, "of", s.Want, err)
	}
	// Output:
	// 1 mug 7 west
	// 2 set 3 east
	// 2 set 1 west
	// short: mug 7 of 9 <nil>
}

func ExampleNetwork_AllocateTo() {
	n, _ := fulfillment.New(fulfillment.Config{
		Places:   []fulfillment.Place{{ID: "berlin", Latitude: 52.5, Longitude: 13.4}, {ID: "munich", Latitude: 48.1, Longitude: 11.6}},
		Sourcing: fulfillment.Sourcing{Kilometer: 1},
	})
	latitude, longitude := 47.8, 13.0 // Salzburg
	a, err := n.AllocateTo(fulfillment.Address{Country: "AT", Latitude: &latitude, Longitude: &longitude},
		[]fulfillment.Item{{SKU: "mug", Quantity: 1}},
		fulfillment.Stock{"mug": {Free: map[fulfillment.Location]int64{"berlin": 1, "munich": 1}}}, "")
	fmt.Println(a.Pieces[0].Location, err)
	// Output: munich <nil>
}

func ExampleAllocation_Units() {
	a, _ := network().Allocate([]fulfillment.Item{{SKU: "set", Quantity: 3}}, stock(), "")
	units, err := a.Units()
	fmt.Println(units[0].SKU, units[0].Quantity, units[0].Location, err)
	// Output: mug 6 east <nil>
}

func ExampleMergeUnits() {
	units, err := fulfillment.MergeUnits([]fulfillment.Unit{{SKU: "mug", Location: "east", Quantity: 1}, {SKU: "mug", Location: "east", Quantity: 2}})
	fmt.Println(len(units), units[0].Quantity, err)
	// Output: 1 3 <nil>
}

func ExampleNetwork_Offers() {
	offers, err := network().Offers(fulfillment.Request{
		Items: []fulfillment.Item{{SKU: "mug", Quantity: 2, Weight: 400}}, Stock: stock(),
		Address: fulfillment.Address{Country: "FR"}, Value: money.New(2380, money.EUR), At: noon,
	})
	for _, o := range offers {
		fmt.Println(o.ID, o.Charge, o.Earliest, err)
	}
	// Output: pickup 0.00 EUR 2026-03-11 <nil>
}

func ExampleNetwork_Reaches() {
	fmt.Println(network().Reaches(fulfillment.Address{Country: "DE"}), network().Reaches(fulfillment.Address{Country: "FR"}))
	// Output: true false
}

func ExampleNetwork_Promise() {
	before := noon.Add(59 * time.Minute) // 13:59 in Berlin
	parcel := &fulfillment.Parcel{Location: "east"}
	from, to, _ := network().Promise(parcel, "standard", before)
	fmt.Println(from, to)
	from, to, _ = network().Promise(parcel, "standard", before.Add(time.Minute))
	fmt.Println(from, to)
	// Output:
	// 2026-03-12 2026-03-13
	// 2026-03-13 2026-03-16
}

func ExamplePolicy() {
	for _, policy := range []fulfillment.Policy{fulfillment.NoPolicy, fulfillment.Backorder, fulfillment.Preorder} {
		a, err := network().Allocate([]fulfillment.Item{{SKU: "a", Quantity: 3}},
			fulfillment.Stock{"a": {Free: map[fulfillment.Location]int64{"west": 1}, Policy: policy, Room: 9}}, "")
		for _, p := range a.Pieces {
			fmt.Print(p.Quantity, " ", p.Location, " ", p.Backordered, "; ")
		}
		fmt.Println(len(a.Short), err)
	}
	// Output:
	// 1 west false; 1 <nil>
	// 1 west false; 2 east true; 0 <nil>
	// 3 east true; 0 <nil>
}

func ExampleNetwork_Parcels() {
	n := network()
	a, _ := n.Allocate([]fulfillment.Item{{Line: "1", SKU: "mug", Quantity: 10}}, stock(), "")
	for _, p := range n.Parcels(&a, 3) {
		fmt.Println(p.ID, p.Location, p.Lines())
	}
	// Output:
	// p3 east map[1:6]
	// p4 west map[1:4]
}

func ExampleParcel_Split() {
	n := network()
	a, _ := n.Allocate([]fulfillment.Item{{Line: "1", SKU: "mug", Quantity: 3}}, stock(), "")
	parcel := n.Parcels(&a, 1)[0]
	taken, rest, err := parcel.Split(map[string]int64{"1": 2}, fulfillment.ParcelID(2))
	fmt.Println(taken.ID, taken.Lines(), rest.ID, rest.Lines(), err)
	_, _, err = rest.Split(map[string]int64{"1": 2}, "p3")
	if few, ok := errors.AsType[*fulfillment.PieceError](err); ok {
		fmt.Println("there is", few.Have)
	}
	// Output:
	// p1 map[1:2] p2 map[1:1] <nil>
	// there is 1
}

func ExampleParcelID() {
	fmt.Println(fulfillment.ParcelID(1))
	// Output: p1
}

func ExampleNetwork_Places() {
	for _, p := range network().Places() {
		fmt.Println(p.ID, p.Priority)
	}
	// Output:
	// east 1
	// west 2
}

func ExamplePack() {
	packing, err := fulfillment.Pack(
		[]fulfillment.Item{{Line: "1", SKU: "mug", Quantity: 4, Weight: 400, Size: fulfillment.Size{Length: 120, Width: 100, Height: 100}}},
		[]fulfillment.Box{
			{ID: "small", Inside: fulfillment.Size{Length: 240, Width: 110, Height: 110}, Weight: 90},
			{ID: "large", Inside: fulfillment.Size{Length: 400, Width: 300, Height: 200}, Weight: 250},
		})
	place := func(u fulfillment.PlacedUnit) string { return fmt.Sprint(u.X, ",", u.Y, ",", u.Z) }
	show := func(b fulfillment.PackedBox) { fmt.Println(b.Box.ID, len(b.Goods), b.Weight, place(b.Goods[1])) }
	for _, b := range packing.Boxes {
		show(b)
	}
	fmt.Println(packing.Best, err)
	// Output:
	// large 4 1850 120,0,0
	// true <nil>
}

func ExampleSize_Fits() {
	fmt.Println(fulfillment.Size{Length: 10, Width: 20, Height: 5}.Fits(fulfillment.Size{Length: 20, Width: 5, Height: 10}))
	// Output: true
}

func ExamplePickLists() {
	n := network()
	a, _ := n.Allocate([]fulfillment.Item{{Line: "1", SKU: "set", Quantity: 2}}, stock(), "")
	waves, err := fulfillment.PickLists([]fulfillment.ToPick{{Order: "o1", Parcel: n.Parcels(&a, 1)[0]}}, fulfillment.WaveRules{Parcels: 20})
	parcel := func(w fulfillment.Wave, share fulfillment.PickShare) fulfillment.PickedParcel {
		return w.Parcels[share.Parcel]
	}
	fetch := func(w fulfillment.Wave, l fulfillment.PickLine) {
		fmt.Println(w.Location, w.Number, l.SKU, l.Quantity, parcel(w, l.For[0]).Order)
	}
	for _, w := range waves {
		fetch(w, w.Lines[0])
	}
	fmt.Println(err)
	// Output:
	// east 1 mug 4 o1
	// <nil>
}

func ExampleShipment_Apply() {
	var s fulfillment.Shipment
	s, changed, err := s.Apply(fulfillment.Scan{ID: "1", State: fulfillment.InTransit, At: noon})
	fmt.Println(s.State, changed, err)
	s, changed, err = s.Apply(fulfillment.Scan{ID: "2", State: fulfillment.Delivered, At: noon.Add(26 * time.Hour)})
	fmt.Println(s.State, s.State.Final(), changed, err)
	// Output:
	// in_transit true <nil>
	// delivered true true <nil>
}

func ExampleNetwork_Late() {
	promised, _ := fulfillment.ParseDate("2026-03-12")
	late, err := network().Late(fulfillment.Shipment{}, &fulfillment.Parcel{Location: "east"}, promised, noon.AddDate(0, 0, 3))
	fmt.Println(late, err)
	// Output: true <nil>
}

func ExampleParseDate() {
	d, err := fulfillment.ParseDate("2026-02-28")
	fmt.Println(d.AddDays(1), d.Weekday(), err)
	_, err = fulfillment.ParseDate("2026-02-29")
	fmt.Println(errors.Is(err, flywheel.ErrInvalid))
	// Output:
	// 2026-03-01 Saturday <nil>
	// true
}

func ExampleDateOf() {
	fmt.Println(fulfillment.DateOf(noon))
	// Output: 2026-03-10
}

func ExampleParseClock() {
	c, err := fulfillment.ParseClock("09:30")
	fmt.Println(c.Hour, c.Minute, c, err)
	// Output: 9 30 09:30 <nil>
}

// A configuration can be kept as JSON.
func ExampleConfig() {
	var c fulfillment.Config
	err := json.Unmarshal([]byte(`{
		"calendar": {"zone": "Europe/Berlin", "cutOff": "14:00", "handling": 1, "holidays": ["2026-04-03"]},
		"places": [{"id": "east", "cutOff": "12:00"}],
		"options": [{"id": "post", "type": "shipping", "zones": ["DE"], "rates": [{"price": {"amount": "4.90", "currency": "EUR"}}], "days": [1, 2]}]
	}`), &c)
	_, wrong := fulfillment.New(c)
	fmt.Println(c.Places[0].CutOff, c.Options[0].Rates[0].Price, err, wrong)
	// Output: 12:00 4.90 EUR <nil> <nil>
}

// Of five chairs four are promised for the day on which the first delivery has surely
// come, and with the fifth all of them for that of the second.
func ExampleSupply() {
	march := func(day int) fulfillment.Date { return fulfillment.Date{Year: 2026, Month: 3, Day: day} }
	first := fulfillment.Incoming{SKU: "chair", Location: "east", Ref: "po-1", Due: march(20), Earliest: march(18), Latest: march(22), Quantity: 4}
	stock := fulfillment.Stock{"chair": {Policy: fulfillment.Backorder, Room: 9, Coming: []fulfillment.Arrival{
		{Date: first.Promise(), Quantity: first.Quantity}, {Date: march(30), Quantity: 6},
	}}}
	for _, quantity := range []int64{4, 5} {
		a, err := network().Allocate([]fulfillment.Item{{Line: "1", SKU: "chair", Quantity: quantity}}, stock, "")
		fmt.Println(a.Pieces[0].Quantity, a.Pieces[0].Date, err)
	}
	// Output:
	// 4 2026-03-22 <nil>
	// 5 2026-03-30 <nil>
}

// What a plan reads of stock, and where goods wait for an inspection.
func ExamplePosition() {
	p := fulfillment.Position{SKU: "chair", Location: "east", OnHand: 3, Promised: 1, OnOrder: 8}
	fmt.Println(p.OnHand-p.Promised+p.OnOrder-p.Backordered, p.Location.Quarantine())
	// Output: 10 east.quarantine
}

// What one group of lines takes is not there for the next.
func ExampleStock_Less() {
	n := network()
	first, err := n.Allocate([]fulfillment.Item{{Line: "1", SKU: "mug", Quantity: 4}}, stock(), "east")
	if err != nil {
		panic(err)
	}
	left := stock().Less(&first)
	fmt.Println(left["mug"].Free["east"], left["mug"].Free["west"], stock()["mug"].Free["east"])
	// Output: 2 9 6
}

// Stock that is looked at again and again is made in the same memory.
func ExampleStockMemory() {
	var memory fulfillment.StockMemory
	for _, units := range []int64{5, 3} {
		now := memory.New(1)
		free := memory.Free()
		free["east"] = units
		now["mug"] = fulfillment.Supply{Free: free}
		fmt.Println(now["mug"].Free["east"])
	}
	// Output:
	// 5
	// 3
}
