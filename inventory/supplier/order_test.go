package supplier_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var usd = money.MustCurrency("USD")

func on(day int) time.Time { return time.Date(2026, 1, day, 9, 0, 0, 0, time.UTC) }

// sent is an order of two lines, the second of which is inspected.
func sent(t testing.TB) supplier.Order {
	o := supplier.Order{
		ID: "po-1", Supplier: "acme", Currency: usd, Placed: on(1), OverDelivery: 0.1,
		Lines: []supplier.Line{
			{SKU: "bolt", Ordered: 100, Price: money.MustPrice("0.0125", usd), Promised: on(10), SpreadDays: 2},
			{SKU: "lamp", Place: "north", Ordered: 20, Price: money.MustPrice("12.50", usd), Promised: on(12), Inspect: true},
		},
	}
	require.NoError(t, o.Check())
	return apply(t, o, supplier.Document{ID: "send", Kind: supplier.Send, At: on(1)})
}

func apply(t testing.TB, o supplier.Order, d supplier.Document) supplier.Order {
	t.Helper()
	next, _, err := o.Apply(d)
	require.NoError(t, err)
	return next
}

func TestOrderFromSendToScore(t *testing.T) {
	o := sent(t)
	require.Len(t, o.Incoming(), 2)
	require.Equal(t, on(10).AddDate(0, 0, 4), o.Incoming()[0].Latest)
	o, moves, err := o.Apply(supplier.Document{ID: "r1", Kind: supplier.Receipt, At: on(9), Lines: []supplier.DocumentLine{
		{Line: 0, Quantity: 60, Rejected: 5}, {Line: 1, Quantity: 20},
	}})
	require.NoError(t, err)
	require.Equal(t, []supplier.Movement{
		{SKU: "bolt", Quantity: 55, Line: 0}, {SKU: "lamp", Place: "north", Quantity: 20, Quarantine: true, Line: 1},
	}, moves)
	require.Equal(t, supplier.PartlyReceived, o.State)
	require.Equal(t, int64(40), o.Incoming()[0].Quantity)
	o, moves, err = o.Apply(supplier.Document{ID: "i1", Kind: supplier.Inspect, At: on(10), Lines: []supplier.DocumentLine{{Line: 1, Quantity: 20, Rejected: 2}}})
	require.NoError(t, err)
	require.Equal(t, []supplier.Movement{
		{SKU: "lamp", Place: "north", Quantity: -20, Quarantine: true, Line: 1}, {SKU: "lamp", Place: "north", Quantity: 18, Line: 1},
	}, moves)
	o = apply(t, o, supplier.Document{ID: "r2", Kind: supplier.Receipt, At: on(14), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 40}}})
	require.Equal(t, supplier.Received, o.State)
	require.Empty(t, o.Incoming())
	o = apply(t, o, supplier.Document{ID: "b1", Kind: supplier.Return, At: on(15), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 5}, {Line: 1, Quantity: 2}}})
	o = apply(t, o, supplier.Document{ID: "v1", Kind: supplier.Invoice, At: on(16), Lines: []supplier.DocumentLine{
		{Line: 0, Quantity: 100, Price: money.MustPrice("0.0125", usd)}, {Line: 1, Quantity: 20, Price: money.MustPrice("13.50", usd)},
	}})
	lines, err := o.Match(supplier.Tolerance{Price: 0.02})
	require.NoError(t, err)
	require.Equal(t, supplier.NotReceived, lines[0].Issues)
	require.Equal(t, "1.19 USD", lines[0].Payable.String()) // 95 of 100, of 1.25 invoiced
	require.Equal(t, supplier.NotReceived|supplier.PriceAbove, lines[1].Issues)
	require.Equal(t, "225.00 USD", lines[1].Payable.String()) // 18 good ones at the agreed price
	require.Equal(t, "45.00 USD", lines[1].Dispute.String())
	s, err := supplier.Score(o.Scored(), supplier.ScoreRules{})
	require.NoError(t, err)
	require.Equal(t, 2, s.Lines)
	require.Equal(t, 0.5, *s.OTIF)
	require.Equal(t, 10.5, *s.LeadTime.Mean) // 13 and 8 days
	require.InDelta(t, 7.0/120*1e6, *s.DefectPPM, 1e-6)
	require.Equal(t, "251.25", o.Value().String())
}

// A confirmation moves what is expected, not what the supplier is scored by.
func TestConfirmation(t *testing.T) {
	o := apply(t, sent(t), supplier.Document{ID: "c", Kind: supplier.Confirm, At: on(2), Lines: []supplier.DocumentLine{{Line: 0, Promised: on(25)}}})
	require.Equal(t, supplier.Confirmed, o.State)
	require.Equal(t, on(25), o.Incoming()[0].Expected)
	require.Equal(t, on(12), o.Incoming()[1].Expected)
	require.Equal(t, on(10), o.Scored()[0].Promised)
	o = apply(t, o, supplier.Document{ID: "x", Kind: supplier.Close, At: on(3)})
	require.Equal(t, supplier.Closed, o.State)
	require.Empty(t, o.Incoming())
	require.Empty(t, o.Scored(), "what was canceled in full is not held against the supplier")
}

func TestApplyIsIdempotentAndNeverHalf(t *testing.T) {
	o := sent(t)
	receipt := supplier.Document{ID: "r1", Kind: supplier.Receipt, At: on(9), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 60}}}
	once := apply(t, o, receipt)
	again, moves, err := once.Apply(receipt)
	require.NoError(t, err)
	require.Empty(t, moves)
	require.Equal(t, once, again)
	receipt.Lines = []supplier.DocumentLine{{Line: 0, Quantity: 61}}
	_, _, err = once.Apply(receipt)
	require.ErrorIs(t, err, supplier.ErrReused)
	require.ErrorIs(t, err, flywheel.ErrConflict)

	before, err := json.Marshal(once)
	require.NoError(t, err)
	for name, bad := range map[string]struct {
		doc  supplier.Document
		kind error
	}{
		"too many":          {supplier.Document{ID: "x", Kind: supplier.Receipt, At: on(9), Lines: []supplier.DocumentLine{{Line: 1, Quantity: 1}, {Line: 0, Quantity: 51}}}, supplier.ErrRange},
		"no such line":      {supplier.Document{ID: "x", Kind: supplier.Receipt, At: on(9), Lines: []supplier.DocumentLine{{Line: 2, Quantity: 1}}}, supplier.ErrUnknown},
		"line twice":        {supplier.Document{ID: "x", Kind: supplier.Receipt, At: on(9), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 1}, {Line: 0, Quantity: 1}}}, supplier.ErrInput},
		"more bad than all": {supplier.Document{ID: "x", Kind: supplier.Receipt, At: on(9), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 1, Rejected: 2}}}, supplier.ErrRange},
		"nothing":           {supplier.Document{ID: "x", Kind: supplier.Receipt, At: on(9)}, supplier.ErrInput},
		"return good units": {supplier.Document{ID: "x", Kind: supplier.Return, At: on(9), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 1}}}, supplier.ErrRange},
		"inspect stock":     {supplier.Document{ID: "x", Kind: supplier.Inspect, At: on(9), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 1}}}, supplier.ErrRange},
		"other currency":    {supplier.Document{ID: "x", Kind: supplier.Invoice, At: on(9), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 1, Price: money.MustPrice("1", money.MustCurrency("EUR"))}}}, supplier.ErrInput},
		"send twice":        {supplier.Document{ID: "x", Kind: supplier.Send, At: on(9)}, supplier.ErrState},
		"no id":             {supplier.Document{Kind: supplier.Close, At: on(9)}, supplier.ErrInput},
		"unknown kind":      {supplier.Document{ID: "x", Kind: 99, At: on(9)}, supplier.ErrInput},
		"cancel too many":   {supplier.Document{ID: "x", Kind: supplier.Cancel, At: on(9), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 41}}}, supplier.ErrRange},
	} {
		got, moves, err := once.Apply(bad.doc)
		require.ErrorIs(t, err, bad.kind, name)
		require.Empty(t, moves, name)
		after, err := json.Marshal(got)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after), name)
	}
}

// Whatever documents come in whatever order, counters stay consistent, the
// receiver stays as it was, stock is the sum of the movements, and applying the
// accepted documents again in one go gives the same order.
func TestOrderLaws(t *testing.T) {
	testkit.Checks(t, 300, 40)
	rapid.Check(t, func(rt *rapid.T) {
		start := sent(t)
		o := start
		stock, quarantine := map[flywheel.SKU]int64{}, map[flywheel.SKU]int64{}
		for i := range rapid.IntRange(1, 25).Draw(rt, "documents") {
			d := supplier.Document{
				ID: fmt.Sprint("d", rapid.IntRange(0, 30).Draw(rt, "id")), At: on(2 + i%25),
				Kind: supplier.Kind(rapid.IntRange(2, 8).Draw(rt, "kind")),
			}
			for line := range 2 {
				if rapid.Bool().Draw(rt, "has") {
					q := rapid.Int64Range(-1, 60).Draw(rt, "quantity")
					l := supplier.DocumentLine{Line: line, Quantity: q}
					switch d.Kind {
					case supplier.Receipt, supplier.Inspect:
						l.Rejected = rapid.Int64Range(0, 5).Draw(rt, "rejected")
					case supplier.Invoice:
						l.Price = money.MustPrice("0.5", usd)
					case supplier.Confirm:
						l.Quantity, l.Promised = 0, on(20)
					}
					d.Lines = append(d.Lines, l)
				}
			}
			before, _ := json.Marshal(o)
			next, moves, err := o.Apply(d)
			if after, _ := json.Marshal(o); string(after) != string(before) {
				rt.Fatalf("the receiver changed")
			}
			if err != nil {
				continue
			}
			for _, m := range moves {
				if m.Quarantine {
					quarantine[m.SKU] += m.Quantity
				} else {
					stock[m.SKU] += m.Quantity
				}
			}
			if err := next.Check(); err != nil {
				rt.Fatal(err)
			}
			for _, l := range next.Lines {
				if l.Stocked != stock[l.SKU] || l.Quarantined != quarantine[l.SKU] {
					rt.Fatalf("%+v, moved %v and %v", l, stock, quarantine)
				}
				if l.Received > l.Ordered+l.Ordered/10 {
					rt.Fatalf("received %d of %d", l.Received, l.Ordered)
				}
			}
			o = next
		}
		replay := start
		for _, d := range o.Documents[1:] {
			replay = apply(t, replay, d)
		}
		if a, b := mustJSON(o), mustJSON(replay); a != b {
			rt.Fatalf("%s\n%s", a, b)
		}
	})
}

func mustJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// A file as large as a real one: 4,012 orders with 8,845 lines, prices of four
// decimals. The totals are those of a sum over the rows.
func TestTotalsOfAPurchasingFile(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 9))
	var totals supplier.Totals
	var ordered, received, rejected int64
	value := decimal.Decimal{}
	for k := range 4012 {
		n := 2
		if k < 8845-2*4012 {
			n = 3
		}
		o := supplier.Order{ID: fmt.Sprint(k), Supplier: fmt.Sprint(k % 86), Currency: usd, Placed: on(1)}
		receipt := supplier.Document{ID: "receipt", Kind: supplier.Receipt, At: on(20)}
		for i := range n {
			coef := 10000 + r.Int64N(900000)
			price, err := money.NewPrice(coef, 4, usd)
			require.NoError(t, err)
			q := 1 + r.Int64N(600)
			got := q - min(q-1, r.Int64N(4))
			bad := r.Int64N(got/10 + 1)
			o.Lines = append(o.Lines, supplier.Line{SKU: flywheel.SKU(fmt.Sprint("sku", i)), Ordered: q, Price: price, Promised: on(15)})
			receipt.Lines = append(receipt.Lines, supplier.DocumentLine{Line: i, Quantity: got, Rejected: bad})
			ordered, received, rejected = ordered+q, received+got, rejected+bad
			value = value.Add(decimal.New(coef*q, -4))
		}
		require.NoError(t, o.Check())
		o = apply(t, o, supplier.Document{ID: "send", Kind: supplier.Send, At: on(1)})
		totals = totals.Add(apply(t, o, receipt))
	}
	require.Equal(t, []int{4012, 8845}, []int{totals.Orders, totals.Lines})
	require.Equal(t, []int64{ordered, received, rejected, received - rejected}, []int64{totals.Ordered, totals.Received, totals.Rejected, totals.Stocked})
	require.True(t, value.Equal(totals.Value), "%s %s", value, totals.Value)
}

func TestLandedCostAddsUp(t *testing.T) {
	eur := money.MustCurrency("EUR")
	rate, err := money.ParseRate("1.087")
	require.NoError(t, err)
	x, err := money.NewExchange(eur, money.Quotation{Currency: usd, Rate: rate, From: on(1)})
	require.NoError(t, err)
	duty, err := money.ParseRate("0.047")
	require.NoError(t, err)
	s := supplier.Shipment{
		Lines: []supplier.LandedLine{
			{SKU: "a", Quantity: 300, Goods: money.New(90000, usd), Duty: duty, Weight: 10},
			{SKU: "b", Quantity: 7, Goods: money.New(12345, usd), Weight: 3.3},
			{SKU: "c", Quantity: 1, Goods: money.New(1, usd), Duty: duty, Weight: 0.1},
		},
		Dutiable: []supplier.Charge{{Name: "freight", Amount: money.New(10001, usd), By: supplier.ByWeight}},
		Others:   []supplier.Charge{{Name: "handling", Amount: money.New(777, eur), By: supplier.ByValue}},
		At:       on(3),
	}
	costs, err := s.Landed(x)
	require.NoError(t, err)
	charges := int64(0)
	for _, c := range costs {
		charges += c.Charges.Minor()
		sum, err := money.Sum(c.Goods, c.Charges, c.Duty)
		require.NoError(t, err)
		require.Equal(t, c.Total, sum)
		require.Equal(t, eur, c.Unit.Currency())
	}
	require.Equal(t, int64(9201+777), charges) // 100.01 USD are 92.01 EUR
	s.At = on(1).AddDate(-1, 0, 0)
	_, err = s.Landed(x)
	require.Error(t, err, "no rate of that day")
}

func TestScoresWithoutData(t *testing.T) {
	s, err := supplier.Score(nil, supplier.ScoreRules{})
	require.NoError(t, err)
	require.Nil(t, s.OnTime)
	require.Nil(t, s.OTIF)
	require.Nil(t, s.DefectPPM)
	criteria := []supplier.Criterion{{Name: "otif", Weight: 2, Worst: 0.7, Best: 1}, {Name: "ppm", Weight: 1, Worst: 10000, Best: 0}}
	r, err := supplier.Rate(criteria, []*float64{s.OTIF, s.DefectPPM})
	require.NoError(t, err)
	require.Zero(t, r.Score, "no data is never perfect")
	require.Zero(t, r.Known)
	// A line that is not due yet is pending, one that is due is not on time.
	line := supplier.ScoredLine{Ordered: 10, OrderedOn: on(1), Promised: on(10)}
	s, err = supplier.Score([]supplier.ScoredLine{line}, supplier.ScoreRules{AsOf: on(10)})
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, []int{s.Lines, s.Pending})
	s, err = supplier.Score([]supplier.ScoredLine{line}, supplier.ScoreRules{AsOf: on(11)})
	require.NoError(t, err)
	require.Equal(t, 0.0, *s.OnTime)
}
