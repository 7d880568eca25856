package supplier_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/replenish"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var _ supplier.Stock = (*inventory.Service)(nil)

// house is a purchasing with its stock in one memory, at a time that the test sets.
type house struct {
	*supplier.Service
	stock *inventory.Service
	store *supplier.MemoryStore
	now   time.Time
}

func newHouse(t require.TestingT) *house {
	h := &house{now: day(1)}
	clock := func() time.Time { return h.now }
	db := &flywheel.Memory{}
	var err error
	h.stock, err = inventory.New(inventory.NewMemory(db), &inventory.Options{Now: clock, Lots: true})
	require.NoError(t, err)
	h.store = supplier.NewMemory(db)
	h.Service, err = supplier.New(h.store, &supplier.Options{Stock: h.stock, Now: clock})
	require.NoError(t, err)
	return h
}

func acme() supplier.Supplier {
	return supplier.Supplier{
		ID: "acme", Currency: money.EUR, Approval: supplier.Approved, Terms: supplier.Terms{Lead: supplier.LeadLaw{Mean: 9, SD: 2}, OverDelivery: 0.1},
		Items: []supplier.Item{
			{SKU: "lamp", Price: money.MustPrice("12.50", money.EUR), Pack: 10, Inspect: true, Scheme: supplier.Scheme{AQL: 1}},
			{SKU: "mug", Price: money.MustPrice("1.50", money.EUR), Least: 24},
		},
	}
}

// bought has an order of some mugs placed on a day that came some days later.
func (h *house) bought(t *testing.T, id string, placed time.Time, days int) {
	ctx := t.Context()
	h.now = placed
	_, err := h.Draft(ctx, "acme", id, []supplier.Want{{SKU: "mug", Quantity: 30}})
	require.NoError(t, err)
	_, err = h.Apply(ctx, id, supplier.Document{ID: "send", Kind: supplier.Send, At: placed})
	require.NoError(t, err)
	_, err = h.Apply(ctx, id, supplier.Document{ID: "receipt", Kind: supplier.Receipt, At: placed.AddDate(0, 0, days), Lines: []supplier.DocumentLine{{Quantity: 30}}})
	require.NoError(t, err)
}

// Lead times that orders show reach the plan, the promised day of the next order, the
// range of what is expected and with it what a buyer is promised.
func TestLeadTimesReachPlanAndPromise(t *testing.T) {
	ctx := t.Context()
	h := newHouse(t)
	_, err := h.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	leads, err := h.LeadTimes(ctx, "acme")
	require.NoError(t, err)
	require.Equal(t, map[flywheel.SKU]supplier.LeadTimeEstimate{"lamp": {Mean: 9, SD: 2}, "mug": {Mean: 9, SD: 2}}, leads, "what is stated")
	took := []int{13, 15, 14, 12, 16, 14}
	for i, days := range took {
		h.bought(t, fmt.Sprint("po-", i), day(1).AddDate(0, 0, 3*i), days)
	}
	h.now = day(1).AddDate(0, 2, 0)
	leads, err = h.LeadTimes(ctx, "acme")
	require.NoError(t, err)
	// The supplier: 6 receipts of mean 14 against 5 of 9; the item against that.
	sup := (6.0*14 + 5*9) / 11
	mug := (6*14 + 5*sup) / 11
	require.InDelta(t, mug, leads["mug"].Mean, 1e-12)
	require.InDelta(t, sup, leads["lamp"].Mean, 1e-12, "an item without receipts has the supplier's")
	require.Equal(t, 6, leads["mug"].N)
	require.Zero(t, leads["lamp"].N)
	require.Greater(t, leads["mug"].SD, 1.0)

	require.NoError(t, h.stock.SetItem(ctx, inventory.Item{SKU: "mug", Policy: fulfillment.Backorder, Limit: 50}))
	demand := replenish.Demand{Mean: 70, SD: 10}
	policy := replenish.Policy{Service: 0.95, Review: 1}
	plan, err := h.Plan(ctx, "acme", 7, policy, []supplier.Need{{SKU: "mug", Demand: demand}})
	require.NoError(t, err)
	want, err := replenish.Plan(replenish.Item{SKU: "mug", OnHand: 180, Demand: demand, LeadTime: leads["mug"].Periods(7), Lot: replenish.Lot{Min: 24}}, policy)
	require.NoError(t, err)
	require.Equal(t, []replenish.Order{want}, plan.Orders)
	require.Equal(t, []supplier.Want{{SKU: "mug", Quantity: want.Quantity, Place: "main"}}, plan.Wants)
	o, err := h.Draft(ctx, "acme", "po-next", plan.Wants)
	require.NoError(t, err)
	require.Equal(t, h.now.AddDate(0, 0, int(math.Ceil(mug))), o.Lines[0].Promised)
	require.InDelta(t, leads["mug"].SD, o.Lines[0].SpreadDays, 1e-12)
	_, err = h.Apply(ctx, "po-next", supplier.Document{ID: "send", Kind: supplier.Send, At: h.now})
	require.NoError(t, err)

	again, err := h.Plan(ctx, "acme", 7, policy, []supplier.Need{{SKU: "mug", Demand: demand}})
	require.NoError(t, err)
	require.Empty(t, again.Wants, "what is on order counts")
	had, err := h.stock.Available(ctx, []flywheel.SKU{"mug"})
	require.NoError(t, err)
	latest := o.Lines[0].Promised.Add(time.Duration(2 * leads["mug"].SD * 24 * float64(time.Hour)))
	require.Equal(t, []fulfillment.Arrival{{Date: fulfillment.DateOf(latest), Quantity: want.Quantity}}, had["mug"].Coming)

	// The supplier says another day; what is promised follows.
	_, err = h.Apply(ctx, "po-next", supplier.Document{ID: "confirm", Kind: supplier.Confirm, At: h.now, Lines: []supplier.DocumentLine{{Promised: day(99)}}})
	require.NoError(t, err)
	rows, err := h.stock.Incoming(ctx, []flywheel.SKU{"mug"})
	require.NoError(t, err)
	require.Equal(t, fulfillment.DateOf(day(99)), rows[0].Due)
	require.Equal(t, "0", rows[0].Line)
}

// Without a stated law the pool of all suppliers is what is believed, and without any
// receipt the error says so.
func TestUnknownLeadTimes(t *testing.T) {
	ctx := t.Context()
	h := newHouse(t)
	_, err := h.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	other := acme()
	other.ID, other.Terms.Lead = "bolt", supplier.LeadLaw{}
	_, err = h.SaveSupplier(ctx, other)
	require.NoError(t, err)
	leads, err := h.LeadTimes(ctx, "bolt")
	require.NoError(t, err)
	require.Empty(t, leads)
	_, err = h.Plan(ctx, "bolt", 7, replenish.Policy{Service: 0.9}, []supplier.Need{{SKU: "mug"}})
	require.ErrorIs(t, err, supplier.ErrUnknown)
	h.bought(t, "a", day(1), 4)
	h.bought(t, "b", day(2), 8)
	leads, err = h.LeadTimes(ctx, "bolt")
	require.NoError(t, err)
	require.InDelta(t, 6, leads["mug"].Mean, 1e-12)
	require.InDelta(t, math.Sqrt(8), leads["mug"].SD, 1e-12)
}

func TestInspectByPlan(t *testing.T) {
	ctx := t.Context()
	h := newHouse(t)
	_, err := h.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	_, err = h.Draft(ctx, "acme", "po", []supplier.Want{{SKU: "lamp", Quantity: 12_000}, {SKU: "mug", Quantity: 24}})
	require.NoError(t, err)
	_, err = h.Sampling(ctx, "po", 0)
	require.ErrorIs(t, err, supplier.ErrNoPlan, "nothing is in quarantine")
	_, err = h.Apply(ctx, "po", supplier.Document{ID: "send", Kind: supplier.Send, At: day(1)})
	require.NoError(t, err)
	stocked := int64(0)
	for i, found := range []int{1, 4, 4, 0, 5, 6, 7, 8, 9, 9} { // 1,000 lamps: 80, accept up to 2
		id := fmt.Sprint("lot ", i)
		_, err = h.Apply(ctx, "po", supplier.Document{ID: id, Kind: supplier.Receipt, At: day(9), Lines: []supplier.DocumentLine{{Quantity: 1000}}})
		require.NoError(t, err)
		plan, err := h.Sampling(ctx, "po", 0)
		if err != nil {
			require.ErrorIs(t, err, supplier.ErrState, "discontinued")
			require.Greater(t, i, 6)
			_, _, err = h.Inspect(ctx, "po", supplier.Inspection{ID: "i" + id, At: day(9), Found: []int{0}})
			require.ErrorIs(t, err, supplier.ErrState)
			require.NoError(t, h.ResumeInspection(ctx, "acme", "lamp"))
			plan, err = h.Sampling(ctx, "po", 0)
			require.NoError(t, err)
			require.Equal(t, supplier.Tightened, plan.Severity)
			return
		}
		o, change, err := h.Inspect(ctx, "po", supplier.Inspection{ID: "i" + id, At: day(9), Found: []int{found}})
		require.NoError(t, err)
		accepted := found <= plan.Stages[0].Accept
		if accepted {
			stocked += 1000 - int64(found)
		}
		require.Equal(t, i == 2, change == supplier.ToTightened, "two of five lots")
		level, err := h.stock.Level(ctx, "lamp")
		require.NoError(t, err)
		require.Equal(t, stocked, level.OnHand)
		again, change, err := h.Inspect(ctx, "po", supplier.Inspection{ID: "i" + id, At: day(9), Found: []int{found}})
		require.NoError(t, err)
		require.Equal(t, supplier.NoChange, change)
		require.Equal(t, o, again)
		_, _, err = h.Inspect(ctx, "po", supplier.Inspection{ID: "i" + id, At: day(9), Found: []int{found + 1}})
		require.ErrorIs(t, err, supplier.ErrReused)
	}
	t.Fatal("inspection goes on after five lots that were not accepted")
}

func TestReport(t *testing.T) {
	ctx := t.Context()
	h := newHouse(t)
	_, err := h.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	for i, days := range []int{8, 9, 9, 30} {
		h.bought(t, fmt.Sprint("po-", i), day(1+i), days)
	}
	h.now = day(1).AddDate(0, 3, 0)
	_, err = h.Draft(ctx, "acme", "draft", []supplier.Want{{SKU: "mug", Quantity: 30}})
	require.NoError(t, err)
	r, err := h.Report(ctx, day(2), supplier.ScoreRules{})
	require.NoError(t, err)
	require.Len(t, r.Suppliers, 1)
	require.Equal(t, 3, r.Pool.Lines, "of the second day and later, no drafts")
	require.InDelta(t, 2.0/3, *r.Suppliers[0].OTIF, 1e-12)
	require.InDelta(t, 2.0/3, r.Suppliers[0].Reliability.Estimate, 1e-12, "alone it is the pool")
	require.Equal(t, int64(90), r.Totals.Received)
	require.Equal(t, "135", r.Totals.Value.String())
}

func TestServiceRefuses(t *testing.T) {
	ctx := t.Context()
	h := newHouse(t)
	for _, bad := range []func(s *supplier.Supplier){
		func(s *supplier.Supplier) { s.ID = "" },
		func(s *supplier.Supplier) { s.Currency = money.Currency{} },
		func(s *supplier.Supplier) { s.Approval = 9 },
		func(s *supplier.Supplier) { s.Terms.PaymentDays = -1 },
		func(s *supplier.Supplier) { s.Terms.Least = money.New(1, money.USD) },
		func(s *supplier.Supplier) { s.Terms.OverDelivery = math.NaN() },
		func(s *supplier.Supplier) { s.Terms.Lead.Mean = math.Inf(1) },
		func(s *supplier.Supplier) { s.Items[0].SKU = "" },
		func(s *supplier.Supplier) { s.Items[1].SKU = s.Items[0].SKU },
		func(s *supplier.Supplier) { s.Items[0].Price = money.MustPrice("1", money.USD) },
		func(s *supplier.Supplier) { s.Items[0].Price = money.MustPrice("-1", money.EUR) },
		func(s *supplier.Supplier) { s.Items[0].Pack = -1 },
		func(s *supplier.Supplier) { s.Items[0].Lead.SD = -1 },
		func(s *supplier.Supplier) { s.Items[0].Scheme.AQL = 3 },
	} {
		s := acme()
		bad(&s)
		_, err := h.SaveSupplier(ctx, s)
		input, ok := errors.AsType[*supplier.InputError](err)
		require.True(t, ok, "%v of %+v", err, s)
		require.NotEmpty(t, input.What)
		_, err = h.Supplier(ctx, "acme")
		require.ErrorIs(t, err, supplier.ErrUnknown)
	}
	_, err := h.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	_, err = h.Draft(ctx, "acme", "po", []supplier.Want{{SKU: "mug", Quantity: 24}})
	require.NoError(t, err)
	o, err := h.Draft(ctx, "acme", "po", []supplier.Want{{SKU: "mug", Quantity: 20}})
	require.NoError(t, err, "it was raised to the least quantity")
	require.EqualValues(t, 24, o.Lines[0].Ordered)
	_, err = h.Draft(ctx, "acme", "po", []supplier.Want{{SKU: "lamp", Quantity: 20}})
	require.ErrorIs(t, err, supplier.ErrReused)
	_, err = h.Draft(ctx, "none", "po-2", nil)
	require.ErrorIs(t, err, supplier.ErrUnknown)
	_, err = h.Draft(ctx, "acme", " ", nil)
	require.ErrorIs(t, err, supplier.ErrInput)
	_, err = h.Apply(ctx, "none", supplier.Document{ID: "d", Kind: supplier.Send, At: day(1)})
	require.ErrorIs(t, err, supplier.ErrUnknown)
	_, err = h.Plan(ctx, "acme", 0, replenish.Policy{Service: 0.9}, nil)
	require.ErrorIs(t, err, supplier.ErrRange)
	_, err = h.Plan(ctx, "acme", 7, replenish.Policy{Service: 0.9}, []supplier.Need{{SKU: "chair"}})
	require.ErrorIs(t, err, supplier.ErrUnknown)
	_, err = supplier.New(nil, &supplier.Options{Strength: math.NaN()})
	require.ErrorIs(t, err, supplier.ErrRange)
	_, err = supplier.New(nil, &supplier.Options{Window: -1})
	require.ErrorIs(t, err, supplier.ErrRange)
}

// Whatever documents come, in whatever order and however often, stock has what the
// order says was stocked and what is in quarantine, and expects what is open.
func TestStockAgrees(t *testing.T) {
	testkit.Checks(t, 60, 10)
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		h := newHouse(t)
		_, err := h.SaveSupplier(ctx, acme())
		require.NoError(t, err)
		_, err = h.Draft(ctx, "acme", "po", []supplier.Want{{SKU: "lamp", Quantity: 100}, {SKU: "mug", Quantity: 50, Place: "west"}, {SKU: "mug", Quantity: 30}})
		require.NoError(t, err)
		_, err = h.Apply(ctx, "po", supplier.Document{ID: "send", Kind: supplier.Send, At: day(1)})
		require.NoError(t, err)
		t.Repeat(map[string]func(*rapid.T){
			"document": func(t *rapid.T) {
				d := supplier.Document{
					ID:   fmt.Sprint("d", rapid.IntRange(0, 30).Draw(t, "id")),
					Kind: rapid.SampledFrom([]supplier.Kind{supplier.Receipt, supplier.Receipt, supplier.Inspect, supplier.Return, supplier.Cancel, supplier.Confirm, supplier.Close}).Draw(t, "kind"),
					At:   day(2),
				}
				if d.Kind == supplier.Close && rapid.IntRange(0, 9).Draw(t, "rarely") > 0 {
					return
				}
				for line := range 3 {
					if d.Kind == supplier.Close || !rapid.Bool().Draw(t, "line") {
						continue
					}
					l := supplier.DocumentLine{Line: line}
					if d.Kind == supplier.Confirm {
						l.Promised = day(rapid.IntRange(5, 30).Draw(t, "day"))
					} else {
						l.Quantity = rapid.Int64Range(1, 40).Draw(t, "quantity")
						if d.Kind == supplier.Return {
							l.Shelf = rapid.Int64Range(0, l.Quantity).Draw(t, "shelf")
							l.Rejected = rapid.Int64Range(0, l.Shelf).Draw(t, "defective")
						}
						if d.Kind != supplier.Return && d.Kind != supplier.Cancel {
							l.Rejected = rapid.Int64Range(0, l.Quantity).Draw(t, "rejected")
						}
					}
					d.Lines = append(d.Lines, l)
				}
				before, err := h.Order(ctx, "po")
				require.NoError(t, err)
				after, _, wantErr := before.Apply(d)
				got, err := h.Apply(ctx, "po", d)
				require.Equal(t, wantErr == nil, err == nil, "%v and %v", wantErr, err)
				if err == nil {
					require.Equal(t, after.Lines, got.Lines)
				}
			},
			"": func(t *rapid.T) {
				o, err := h.Order(ctx, "po")
				require.NoError(t, err)
				require.False(t, o.Behind())
				type item struct {
					sku   flywheel.SKU
					place fulfillment.Location
				}
				want := map[item]int64{}
				open := map[string]int64{}
				for i, l := range o.Lines {
					place := fulfillment.Location(l.Place)
					want[item{l.SKU, place}] += l.Stocked - l.Withdrawn
					want[item{l.SKU, place.Quarantine()}] += l.Quarantined
					if l.Open() > 0 {
						open[fmt.Sprint(i)] = l.Open()
					}
				}
				for at, n := range want {
					level, err := h.stock.At(at.place).Level(ctx, at.sku)
					require.NoError(t, err)
					require.Equal(t, n, level.OnHand, "%v", at)
				}
				rows, err := h.stock.Incoming(ctx, []flywheel.SKU{"lamp", "mug"})
				require.NoError(t, err)
				got := map[string]int64{}
				for _, r := range rows {
					got[r.Line] = r.Quantity
				}
				require.Equal(t, open, got)
			},
		})
	})
}

// Two databases: what a crash left behind is finished by Resume, one order that stock
// refuses does not stop the others.
func TestResume(t *testing.T) {
	ctx := t.Context()
	stock, err := inventory.New(nil, nil)
	require.NoError(t, err)
	store := supplier.NewMemory(nil)
	alone, err := supplier.New(store, nil) // tells nobody
	require.NoError(t, err)
	_, err = alone.SaveSupplier(ctx, acme())
	require.NoError(t, err)
	for i, place := range []string{"main", "*", "west"} {
		o := must(acme().Draft(fmt.Sprint("po-", i), day(1), []supplier.Want{{SKU: "mug", Quantity: 30, Place: place}}))
		o, _, err := o.Apply(supplier.Document{ID: "send", Kind: supplier.Send, At: day(1)})
		require.NoError(t, err)
		o, _, err = o.Apply(supplier.Document{ID: "r", Kind: supplier.Receipt, At: day(5), Lines: []supplier.DocumentLine{{Quantity: 20}}})
		require.NoError(t, err)
		_, err = store.SaveOrder(ctx, o)
		require.NoError(t, err)
	}
	s, err := supplier.New(store, &supplier.Options{Stock: stock})
	require.NoError(t, err)
	n, err := s.Resume(ctx)
	require.Equal(t, 2, n)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.ErrorContains(t, err, "po-1")
	behind, err := suite.Collect(s.Orders(ctx, supplier.OrderFilter{Behind: true}))
	require.NoError(t, err)
	require.Len(t, behind, 1)
	rows, err := stock.Incoming(ctx, []flywheel.SKU{"mug"})
	require.NoError(t, err)
	require.Len(t, rows, 2)
	level, err := stock.At("west").Level(ctx, "mug")
	require.NoError(t, err)
	require.EqualValues(t, 20, level.OnHand)
}
