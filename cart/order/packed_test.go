package order

import (
	"context"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// What is packed comes back as it was, to the last field.
func TestPackedLinesComeBack(t *testing.T) {
	amounts := rapid.Custom(func(t *rapid.T) money.Amount {
		if rapid.Bool().Draw(t, "none") {
			return money.Amount{}
		}
		return money.New(rapid.Int64().Draw(t, "minor"), money.EUR)
	})
	rapid.Check(t, func(t *rapid.T) {
		o := Order{Currency: money.EUR, Lines: []Line{}}
		for range rapid.IntRange(0, 5).Draw(t, "lines") {
			l := Line{
				ID: rapid.String().Draw(t, "id"), SKU: flywheel.SKU(rapid.String().Draw(t, "sku")),
				Quantity: rapid.Int64().Draw(t, "quantity"), Returned: rapid.Int64().Draw(t, "returned"),
				TaxIncluded: rapid.Bool().Draw(t, "included"),
				Subtotal:    amounts.Draw(t, "subtotal"), Discount: amounts.Draw(t, "discount"), Net: amounts.Draw(t, "net"),
				Tax: amounts.Draw(t, "tax"), Total: amounts.Draw(t, "total"),
			}
			l.TaxRate, _ = money.NewRate(rapid.Int64().Draw(t, "rate"), rapid.IntRange(0, money.MaxRateDecimals).Draw(t, "decimals"))
			l.Unit, _ = money.NewPrice(rapid.Int64().Draw(t, "unit"), rapid.IntRange(2, 8).Draw(t, "scale"), money.EUR)
			o.Lines = append(o.Lines, l)
		}
		packed, ok := appendPacked(nil, &o)
		require.True(t, ok)
		require.Equal(t, o.Lines, unpackLines(string(packed), money.EUR))
	})
}

// A store returns every field of a line, whether it packs the line or not; and what
// it returned shares no memory with it.
func TestEveryFieldOfALineIsStored(t *testing.T) {
	full := Line{
		ID: "a", SKU: "mug", Quantity: math.MaxInt64, Unit: money.MustPrice("12.3456", money.EUR), TaxIncluded: true,
		TaxRate: money.MustRate("0.175"), Subtotal: money.New(1, money.EUR), Discount: money.New(2, money.EUR),
		Net: money.New(3, money.EUR), Tax: money.New(-4, money.EUR), Total: money.New(5, money.EUR), Returned: 6,
		Title: "Mug", Categories: []string{"kitchen"}, Brand: "Potter", Cost: money.New(7, money.EUR), TaxClass: "reduced",
		Taxes: []pricing.TaxPart{{Code: "vat"}}, Trace: []pricing.Step{{Source: "list"}}, FinalSale: true, Download: true,
		NetContent:      flywheel.MustNetContent("75 cl"),
		Personalization: flywheel.MustDetails(map[string]string{"engraving": "Anna"}), Metadata: flywheel.MustDetails(map[string]string{"erp": "1"}),
		Added: "op", Canceled: 8, Shipped: 9, DeliveredAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	fields := reflect.TypeFor[Line]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		value := reflect.ValueOf(full).Field(i)
		require.False(t, value.IsZero(), "this test gives %s no value", name)
		for _, mode := range []CaptureMode{"", OnPlace} {
			o := Order{ID: ID(name), Key: name, Customer: "c", Currency: money.EUR, Mode: mode, Lines: make([]Line, 2)}
			reflect.ValueOf(&o.Lines[1]).Elem().Field(i).Set(value)
			want := o.Clone()
			s := NewMemory(nil)
			_, err := s.Insert(t.Context(), o)
			require.NoError(t, err)
			got, err := s.Get(t.Context(), o.ID)
			require.NoError(t, err)
			assert.Equal(t, want.Lines, got.Lines, name)
			spoil(&o.Lines[1])
			spoil(&got.Lines[1])
			again, err := s.Get(t.Context(), o.ID)
			require.NoError(t, err)
			assert.Equal(t, want.Lines, again.Lines, name)
		}
	}
}

func spoil(l *Line) {
	for i := range l.Categories {
		l.Categories[i] = "spoiled"
	}
	for i := range l.Taxes {
		l.Taxes[i].Code = "spoiled"
	}
	for i := range l.Trace {
		l.Trace[i].Source = "spoiled"
	}
}

// Amounts of another currency than the order's are kept as they are.
func TestLinesOfAnotherCurrencyAreNotPacked(t *testing.T) {
	for _, edit := range []func(*Line){
		func(l *Line) { l.Unit = money.MustPrice("1", money.USD) },
		func(l *Line) { l.Subtotal = money.New(1, money.USD) },
		func(l *Line) { l.Total = money.New(1, money.USD) },
	} {
		o := Order{ID: "o", Key: "k", Customer: "c", Currency: money.EUR, Lines: []Line{{ID: "a"}}}
		edit(&o.Lines[0])
		s := NewMemory(nil)
		_, err := s.Insert(t.Context(), o)
		require.NoError(t, err)
		got, err := s.Get(t.Context(), "o")
		require.NoError(t, err)
		assert.Equal(t, o.Lines, got.Lines)
	}
}

// An order at hand is captured without being read; one that was saved meanwhile is read
// before it is changed, and one of another buyer is not there.
func TestCaptureOf(t *testing.T) {
	none, one := money.New(0, money.EUR), money.New(100, money.EUR)
	reads := 0
	store := &countedReads{MemoryStore: NewMemory(nil), reads: &reads}
	s, err := New(store, nil)
	require.NoError(t, err)
	place := func(id string) Order {
		auth, err := s.Gateway().Authorize(t.Context(), payment.Charge{Key: id, Amount: one, Ref: id, Customer: "c"})
		require.NoError(t, err)
		o, err := s.Place(t.Context(), Order{
			ID: ID(id), Key: id, Customer: "c", Currency: money.EUR, Booked: true, PlacedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			Lines:    []Line{{ID: "a", SKU: "mug", Quantity: 1, Unit: money.PriceOf(one), Subtotal: one, Discount: none, Net: one, Tax: none, Total: one}},
			Subtotal: one, Discount: none, Net: one, Tax: none, Total: one,
			Payment: Payment{Authorization: auth.ID, Authorized: one},
		})
		require.NoError(t, err)
		return o
	}
	o := place("a")
	paid, err := s.CaptureOf(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Paid, paid.Status)
	assert.Zero(t, reads)
	again, err := s.CaptureOf(t.Context(), o) // as it was before it was paid
	require.NoError(t, err)
	assert.Equal(t, paid, again)
	assert.Equal(t, 1, reads)

	canceled := place("b")
	_, err = s.Cancel(t.Context(), canceled.ID, Request{Key: "cancel"})
	require.NoError(t, err)
	_, err = s.CaptureOf(t.Context(), canceled)
	require.Error(t, err)
	now, err := s.Get(t.Context(), canceled.ID)
	require.NoError(t, err)
	assert.Equal(t, Canceled, now.Status)
	assert.Equal(t, none, now.Payment.Captured)

	_, err = s.CaptureOf(flywheel.WithActor(t.Context(), flywheel.Actor{Customer: "other"}), place("c"))
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

type countedReads struct {
	*MemoryStore
	reads *int
}

func (s *countedReads) Get(ctx context.Context, id ID) (Order, error) {
	*s.reads++
	return s.MemoryStore.Get(ctx, id)
}

// BenchmarkMemoryOrder reports what an order of 27 lines takes in a store.
func BenchmarkMemoryOrder(b *testing.B) {
	o := Order{Customer: "c", Currency: money.EUR}
	for i := range 27 {
		o.Lines = append(o.Lines, Line{
			ID: string(rune('a' + i)), SKU: "22423B", Quantity: 12, Unit: money.MustPrice("12.75", money.EUR), Subtotal: money.New(15300, money.EUR),
			Discount: money.New(0, money.EUR), Net: money.New(15300, money.EUR), Tax: money.New(0, money.EUR), Total: money.New(15300, money.EUR),
		})
	}
	s := NewMemory(nil)
	b.ReportAllocs()
	n, bytes := 0, 0
	for b.Loop() {
		n++
		o.ID, o.Key = ID(time.Duration(n).String()), time.Duration(n).String()
		if _, err := s.Insert(b.Context(), o); err != nil {
			b.Fatal(err)
		}
		bytes = len(s.byID[o.ID].packed)
	}
	b.ReportMetric(float64(bytes)/27, "bytes/line")
}
