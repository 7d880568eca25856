package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
)

// monday is a Monday.
var monday = time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)

func newTestStockroom(t *testing.T, opening map[flywheel.SKU]int64, skus ...flywheel.SKU) *stockroom {
	r := newStockroom(supplier{seed: 1})
	e := flywheel.Event{Name: inventory.EventReceived, Ref: refOpening, Time: monday}
	for _, sku := range skus {
		e.Lines = append(e.Lines, flywheel.Line{SKU: sku, Quantity: opening[sku]})
	}
	require.NoError(t, r.Publish(t.Context(), e))
	return r
}

func TestStockroomCountsWhatItCouldFill(t *testing.T) {
	r := newTestStockroom(t, map[flywheel.SKU]int64{"A": 5, "B": 3}, "A", "B")
	tell := func(name string, props map[string]any, lines ...flywheel.Line) {
		require.NoError(t, r.Publish(t.Context(), flywheel.Event{Name: name, Time: monday, Lines: lines, Properties: props}))
	}
	tell(eventDayOpened, nil)
	tell(flywheel.EventPurchase, nil, flywheel.Line{SKU: "A", Quantity: 4}, flywheel.Line{SKU: "POST", Quantity: 1})
	tell(flywheel.EventPurchase, nil, flywheel.Line{SKU: "A", Quantity: 4})                                 // one of them is there
	tell(flywheel.EventRefund, nil, flywheel.Line{SKU: "A", Quantity: 2})                                   // still one owed
	tell(inventory.EventAdjusted, map[string]any{"direction": "out"}, flywheel.Line{SKU: "B", Quantity: 1}) // broken
	tell(eventDayClosed, nil)

	for _, s := range []*shelf{r.planned, r.naive} {
		assert.Equal(t, []int64{-1, 2}, s.onHand)
		assert.EqualValues(t, 8, s.demanded)
		assert.EqualValues(t, 5, s.filled)
		assert.EqualValues(t, 2, s.lines)
		assert.EqualValues(t, 1, s.short)
		assert.EqualValues(t, 1, s.emptyDays)
		assert.InDelta(t, 2.0, s.unitDays, 0)
		assert.InDelta(t, 5.0/8, s.fillRate(), 1e-15)
	}
}

func TestStockroomOrdersArriveAfterTheirLeadTime(t *testing.T) {
	r := newTestStockroom(t, map[flywheel.SKU]int64{"A": 0}, "A")
	lead := r.supplier.lead("A")
	at := func(d int, name string, lines ...flywheel.Line) {
		require.NoError(t, r.Publish(t.Context(), flywheel.Event{Name: name, Time: monday.AddDate(0, 0, d), Lines: lines}))
	}
	at(0, eventDayOpened)
	at(0, eventOrdered, flywheel.Line{SKU: "A", Quantity: 10})
	at(0, flywheel.EventPurchase, flywheel.Line{SKU: "A", Quantity: 7})
	assert.EqualValues(t, 10, r.planned.onOrder[0])
	assert.EqualValues(t, 0, r.naive.onOrder[0], "the naive policy waits for the end of the week")
	for d := 1; d <= lead+8; d++ {
		at(d, eventDayOpened)
		want := int64(-7)
		if d >= lead {
			want = 3
		}
		assert.Equal(t, want, r.planned.onHand[0], "day %d", d)
	}
	assert.EqualValues(t, 7, r.naive.ordered, "what was sold in the week before")
	assert.EqualValues(t, 0, r.naive.onHand[0], "ordered on day 7, arrived %d days later", lead)
}

func TestStockroomHistoryEndsWithTheLastCompleteWeek(t *testing.T) {
	r := newTestStockroom(t, map[flywheel.SKU]int64{"A": 50, "B": 50}, "A", "B")
	for d := range 29 {
		date := monday.AddDate(0, 0, d)
		require.NoError(t, r.Publish(t.Context(), flywheel.Event{Name: eventDayOpened, Time: date}))
		if d == 9 || d == 28 {
			require.NoError(t, r.Publish(t.Context(), flywheel.Event{Name: flywheel.EventPurchase, Time: date,
				Lines: []flywheel.Line{{SKU: "A", Quantity: int64(d)}}}))
		}
		if d == 20 {
			assert.Equal(t, []float64{9}, r.history(0, date))
		}
	}
	assert.Equal(t, []float64{9, 0, 0}, r.history(0, monday.AddDate(0, 0, 28)), "day 28 is in the week that has just begun")
	assert.Nil(t, r.history(1, monday.AddDate(0, 0, 28)))
}

func TestSupplierDependsOnSeedAndSKU(t *testing.T) {
	leads, openings := map[int]bool{}, map[int64]bool{}
	for i := range 500 {
		sku := flywheel.SKU(fmt.Sprint("SKU-", i))
		s := supplier{seed: 7}
		assert.Equal(t, s.lead(sku), supplier{seed: 7}.lead(sku))
		assert.GreaterOrEqual(t, s.lead(sku), 5)
		assert.Less(t, s.lead(sku), 21)
		leads[s.lead(sku)] = true
		openings[s.opening(sku)] = true
	}
	assert.Len(t, leads, 16, "all lead times occur")
	assert.Greater(t, len(openings), 150)
}
