package supplier_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var _ catalog.Costs = (*supplier.Service)(nil)

// sent has an order that was sent to acme.
func (h *house) sent(t *testing.T, id string, wants ...supplier.Want) {
	t.Helper()
	_, err := h.Draft(t.Context(), "acme", id, wants)
	require.NoError(t, err)
	h.apply(t, id, supplier.Document{ID: "send", Kind: supplier.Send, At: h.now})
}

func (h *house) apply(t *testing.T, id string, d supplier.Document) supplier.Order {
	t.Helper()
	o, err := h.Apply(t.Context(), id, d)
	require.NoError(t, err)
	again, err := h.Apply(t.Context(), id, d)
	require.NoError(t, err)
	require.Equal(t, o, again, "the same again")
	return o
}

// lotsAt returns lots as "lot:units", in the order in which they leave.
func (h *house) lotsAt(t *testing.T, place fulfillment.Location, sku flywheel.SKU) (list []string) {
	t.Helper()
	lots, err := h.stock.At(place).Lots(t.Context(), sku)
	require.NoError(t, err)
	for _, l := range lots {
		list = append(list, fmt.Sprintf("%s:%d", l.Lot, l.OnHand))
	}
	return list
}

// Lots of a receipt reach the shelf through quarantine, whether the inspection names
// them or not, and a return takes the lot that it names from there.
func TestLotsOfReceipts(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	_, err := h.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	require.NoError(t, h.stock.SetItem(ctx, inventory.Item{SKU: "lamp", Tracking: inventory.ByLot}))
	h.sent(t, "po", supplier.Want{SKU: "lamp", Quantity: 200})
	spring, summer := fulfillment.Date{Year: 2027, Month: 3, Day: 1}, fulfillment.Date{Year: 2027, Month: 7, Day: 1}
	h.apply(t, "po", supplier.Document{ID: "r1", Kind: supplier.Receipt, At: day(9), Lines: []supplier.DocumentLine{{
		Quantity: 100, Rejected: 5, Lots: []supplier.LotUnits{{Lot: "B7", Quantity: 60, Rejected: 5, Expires: summer}, {Lot: "A1", Quantity: 30, Expires: spring}},
	}}})
	quarantine := fulfillment.DefaultLocation.Quarantine()
	require.Equal(t, []string{"A1:30", "B7:55", ":10"}, h.lotsAt(t, quarantine, "lamp"))
	// Nothing named: the first to expire leave quarantine, and are what reaches the shelf.
	h.apply(t, "po", supplier.Document{ID: "i1", Kind: supplier.Inspect, At: day(10), Lines: []supplier.DocumentLine{{Quantity: 40}}})
	require.Equal(t, []string{"A1:30", "B7:10"}, h.lotsAt(t, "main", "lamp"))
	// Named: two of B7 did not pass.
	h.apply(t, "po", supplier.Document{ID: "i2", Kind: supplier.Inspect, At: day(10), Lines: []supplier.DocumentLine{{
		Quantity: 45, Rejected: 2, Lots: []supplier.LotUnits{{Lot: "B7", Quantity: 45, Rejected: 2}},
	}}})
	require.Equal(t, []string{"A1:30", "B7:53"}, h.lotsAt(t, "main", "lamp"))
	require.Equal(t, []string{":10"}, h.lotsAt(t, quarantine, "lamp"))
	lots, err := h.stock.Lots(ctx, "lamp")
	require.NoError(t, err)
	require.Equal(t, summer, lots[1].Expires)
	// Nine of B7 go back from the shelf, with the seven that were rejected.
	o := h.apply(t, "po", supplier.Document{ID: "back", Kind: supplier.Return, At: day(20), Lines: []supplier.DocumentLine{{
		Quantity: 16, Shelf: 9, Rejected: 4, Lots: []supplier.LotUnits{{Lot: "B7", Quantity: 9}},
	}}})
	require.Equal(t, []string{"A1:30", "B7:44"}, h.lotsAt(t, "main", "lamp"))
	l := o.Lines[0]
	require.Equal(t, []int64{83, 9, 7, 7}, []int64{l.Stocked, l.Withdrawn, l.Rejected, l.Returned})
	require.NoError(t, o.Check())
	require.Equal(t, 11.0, o.Scored()[0].Receipts[0].Rejected, "four of the shelf were the supplier's fault")
	match, err := h.Match(ctx, "po", supplier.Tolerance{})
	require.NoError(t, err)
	require.EqualValues(t, 74, match[0].Accepted, "what went back is not to be paid")
	_, err = h.Apply(ctx, "po", supplier.Document{ID: "i1", Kind: supplier.Inspect, At: day(10), Lines: []supplier.DocumentLine{{
		Quantity: 40, Lots: []supplier.LotUnits{{Lot: "A1", Quantity: 30}},
	}}})
	require.ErrorIs(t, err, supplier.ErrReused)
	_, err = h.Apply(ctx, "po", supplier.Document{ID: "too many", Kind: supplier.Return, At: day(21), Lines: []supplier.DocumentLine{{Quantity: 75, Shelf: 75}}})
	require.ErrorIs(t, err, supplier.ErrRange)
	_, err = h.Apply(ctx, "po", supplier.Document{ID: "no such lot", Kind: supplier.Return, At: day(21), Lines: []supplier.DocumentLine{{
		Quantity: 1, Shelf: 1, Lots: []supplier.LotUnits{{Lot: "C9", Quantity: 1}},
	}}})
	require.Error(t, err)
	after, err := h.Order(ctx, "po")
	require.NoError(t, err)
	require.Equal(t, o, after, "one transaction: neither order nor stock changed")
}

func TestSerialsOfReceipts(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	_, err := h.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	require.NoError(t, h.stock.SetItem(ctx, inventory.Item{SKU: "lamp", Tracking: inventory.BySerial}))
	h.sent(t, "po", supplier.Want{SKU: "lamp", Quantity: 10})
	serials := func(n ...int) (list []supplier.LotUnits) {
		for _, k := range n {
			list = append(list, supplier.LotUnits{Lot: fmt.Sprint("s", k), Quantity: 1})
		}
		return list
	}
	h.apply(t, "po", supplier.Document{ID: "r", Kind: supplier.Receipt, At: day(9), Lines: []supplier.DocumentLine{{Quantity: 4, Lots: serials(1, 2, 3, 4)}}})
	bad := supplier.LotUnits{Lot: "s2", Quantity: 1, Rejected: 1}
	h.apply(t, "po", supplier.Document{ID: "i", Kind: supplier.Inspect, At: day(9), Lines: []supplier.DocumentLine{{
		Quantity: 3, Rejected: 1, Lots: append(serials(1, 3), bad),
	}}})
	require.Equal(t, []string{"s1:1", "s3:1"}, h.lotsAt(t, "main", "lamp"))
	require.Equal(t, []string{"s4:1"}, h.lotsAt(t, fulfillment.DefaultLocation.Quarantine(), "lamp"))
	before, err := h.Order(ctx, "po")
	require.NoError(t, err)
	_, err = h.Apply(ctx, "po", supplier.Document{ID: "twice", Kind: supplier.Receipt, At: day(12), Lines: []supplier.DocumentLine{{Quantity: 1, Lots: serials(1)}}})
	require.ErrorIs(t, err, flywheel.ErrConflict, "it is on the shelf")
	after, err := h.Order(ctx, "po")
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestLotsRefused(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	_, err := h.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	h.sent(t, "po", supplier.Want{SKU: "mug", Quantity: 100})
	line := func(kind supplier.Kind, l supplier.DocumentLine) error {
		_, err := h.Apply(ctx, "po", supplier.Document{ID: "d", Kind: kind, At: day(2), Lines: []supplier.DocumentLine{l}})
		return err
	}
	lots := func(l ...supplier.LotUnits) []supplier.LotUnits { return l }
	a := supplier.LotUnits{Lot: "a", Quantity: 6}
	for name, err := range map[string]error{
		"untracked":      line(supplier.Receipt, supplier.DocumentLine{Quantity: 10, Lots: lots(a)}),
		"more than came": line(supplier.Receipt, supplier.DocumentLine{Quantity: 5, Lots: lots(a)}),
		"twice":          line(supplier.Receipt, supplier.DocumentLine{Quantity: 50, Lots: lots(a, a)}),
		"no name":        line(supplier.Receipt, supplier.DocumentLine{Quantity: 50, Lots: lots(supplier.LotUnits{Quantity: 1})}),
		"no units":       line(supplier.Receipt, supplier.DocumentLine{Quantity: 50, Lots: lots(supplier.LotUnits{Lot: "a"})}),
		"good are fewer": line(supplier.Receipt, supplier.DocumentLine{Quantity: 50, Rejected: 45, Lots: lots(a)}),
		"bad are fewer":  line(supplier.Receipt, supplier.DocumentLine{Quantity: 50, Lots: lots(supplier.LotUnits{Lot: "a", Quantity: 6, Rejected: 1})}),
		"of a bill":      line(supplier.Invoice, supplier.DocumentLine{Quantity: 50, Price: money.MustPrice("1", money.EUR), Lots: lots(a)}),
		"shelf":          line(supplier.Receipt, supplier.DocumentLine{Quantity: 50, Shelf: 1}),
		"cost":           line(supplier.Receipt, supplier.DocumentLine{Quantity: 50, Cost: money.New(1, money.EUR)}),
		"never stocked":  line(supplier.Return, supplier.DocumentLine{Quantity: 1, Shelf: 1}),
	} {
		require.Error(t, err, name)
	}
	o, err := h.Order(ctx, "po")
	require.NoError(t, err)
	require.Len(t, o.Documents, 1)
}

// Freight, duty and the rate of the day reach the cost of the item and its margin in the
// catalog; what is on the shelf is aged by supplier.
func TestLandedCostToMarginAndAge(t *testing.T) {
	ctx := t.Context()
	h := newHouse(t)
	exchange, err := money.NewExchange(money.USD,
		money.Quotation{Currency: money.EUR, Rate: money.MustRate("0.625"), From: day(0)}, money.Quotation{Currency: money.EUR, Rate: money.MustRate("0.5"), From: day(30)})
	require.NoError(t, err)
	h.Service, err = supplier.New(h.store, &supplier.Options{
		Stock: h.stock, Now: func() time.Time { return h.now }, Exchange: func(_ context.Context) (*money.Exchange, error) { return exchange, nil },
	})
	require.NoError(t, err)
	_, err = h.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	receive := func(id string, at time.Time, mugs int64) {
		h.now = at
		h.sent(t, id, supplier.Want{SKU: "mug", Quantity: mugs})
		h.apply(t, id, supplier.Document{ID: "r", Kind: supplier.Receipt, At: at, Lines: []supplier.DocumentLine{{Quantity: mugs}}})
	}
	receive("old", day(1), 100)
	receive("new", day(40), 50)
	costs, err := h.UnitCosts(ctx, []flywheel.SKU{"mug", "lamp"})
	require.NoError(t, err)
	// 150 EUR at 0.625 EUR for a dollar and 75 EUR at 0.5: 390 USD for 150.
	require.Equal(t, map[flywheel.SKU]money.Amount{"mug": money.New(260, money.USD)}, costs)

	landing := supplier.Landing{
		ID: "customs", At: day(41), Lines: []supplier.LandingLine{{Quantity: 50, Duty: money.MustRate("0.10")}},
		Dutiable: []supplier.Charge{{Name: "freight", Amount: money.New(3000, money.USD)}}, Others: []supplier.Charge{{Name: "truck", Amount: money.New(500, money.EUR)}},
	}
	o, err := h.Land(ctx, "new", landing)
	require.NoError(t, err)
	// 75 EUR are 150 USD, freight 30, duty 18, truck 10: 208 USD for 50.
	require.Equal(t, money.New(20800, money.USD), o.Lines[0].LandedCost)
	again, err := h.Land(ctx, "new", landing)
	require.NoError(t, err)
	require.Equal(t, o, again)
	landing.Lines[0].Quantity = 49
	_, err = h.Land(ctx, "new", landing)
	require.ErrorIs(t, err, supplier.ErrReused)
	landing.ID = "more"
	_, err = h.Land(ctx, "new", landing)
	require.ErrorIs(t, err, supplier.ErrRange, "all fifty are landed")
	_, err = h.Land(ctx, "new", supplier.Landing{ID: "x", At: day(41), Lines: []supplier.LandingLine{{Line: 4, Quantity: 1}}})
	require.ErrorIs(t, err, supplier.ErrUnknown)

	// Seventy are sold: the oldest first, so that thirty of the old are left.
	require.NoError(t, h.stock.Hold(ctx, "sale", []fulfillment.Unit{{SKU: "mug", Location: "main", Quantity: 70}}, h.now.Add(time.Hour)))
	require.NoError(t, h.stock.Commit(ctx, "sale"))
	held, err := h.Holdings(ctx, []flywheel.SKU{"mug", "lamp", "mug"})
	require.NoError(t, err)
	require.Equal(t, []supplier.Holding{
		{SKU: "mug", Supplier: "acme", Quantity: 30, Cost: money.New(7200, money.USD), Received: day(1)},
		{SKU: "mug", Supplier: "acme", Quantity: 50, Cost: money.New(20800, money.USD), Received: day(40)},
	}, held.Stock)
	require.Empty(t, held.Unknown)
	costs, err = h.UnitCosts(ctx, []flywheel.SKU{"mug"})
	require.NoError(t, err)
	require.Equal(t, money.New(350, money.USD), costs["mug"], "280 for 80")

	offers := catalog.WithCosts(catalog.OffersFunc(func(_ context.Context, _ catalog.Channel, _ []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		return map[flywheel.SKU]catalog.Offer{
			"mug": {Price: money.New(600, money.USD)}, "lamp": {Price: money.New(3000, money.USD), Cost: money.New(1, money.USD)}, "rug": {Price: money.New(5, money.USD)},
		}, nil
	}), h.Service)
	found, err := offers.Offers(ctx, "", []flywheel.SKU{"mug", "lamp", "rug"})
	require.NoError(t, err)
	require.Equal(t, money.New(350, money.USD), found["mug"].Cost)
	require.Equal(t, money.New(1, money.USD), found["lamp"].Cost, "what is known stays")
	require.Zero(t, found["rug"].Cost)

	h.now = day(101)
	aged, err := h.Aging(ctx, []flywheel.SKU{"mug"}, []int{60, 90}, 60, map[flywheel.SKU]time.Time{"mug": day(41)})
	require.NoError(t, err)
	require.Equal(t, []supplier.Aged{{
		Supplier: "acme", Cost: []money.Amount{money.New(0, money.USD), money.New(20800, money.USD), money.New(7200, money.USD)}, Units: []int64{0, 50, 30},
		DeadCost: money.New(28000, money.USD), DeadUnits: 80, Total: money.New(28000, money.USD),
	}}, aged)

	// What no receipt brought is said; what is all sold has the cost of the latest.
	require.NoError(t, h.stock.Receive(ctx, "found", []flywheel.Line{{SKU: "mug", Quantity: 100}}))
	held, err = h.Holdings(ctx, []flywheel.SKU{"mug"})
	require.NoError(t, err)
	require.Equal(t, map[flywheel.SKU]int64{"mug": 30}, held.Unknown)
	_, err = h.stock.Count(ctx, "c", "gone", "mug", 0)
	require.NoError(t, err)
	costs, err = h.UnitCosts(ctx, []flywheel.SKU{"mug"})
	require.NoError(t, err)
	require.Equal(t, money.New(416, money.USD), costs["mug"])
}
