package pricing_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/pricingtest"
	"github.com/flywheel-go/flywheel/segment/rule"
)

func oneOf(sku flywheel.SKU) pricing.Basket {
	return pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{{ID: "1", SKU: sku, Quantity: 1}}}
}

func listOf(id string, sku flywheel.SKU, minor int64) pricing.List {
	return pricing.List{ID: id, Entries: []pricing.Entry{{SKU: sku, Unit: eur(minor)}}}
}

func total(t *testing.T, s *pricing.Service, sku flywheel.SKU) int64 {
	t.Helper()
	q, err := s.Quote(oneOf(sku))
	require.NoError(t, err)
	return q.Total.Minor()
}

func TestServiceFollowsItsStore(t *testing.T) {
	s, err := pricing.New(nil, nil)
	require.NoError(t, err)
	ctx := t.Context()
	unpriced := func() {
		t.Helper()
		q, err := s.Quote(oneOf("a"))
		require.NoError(t, err)
		require.ErrorIs(t, q.Priced(), pricing.ErrNoPrice)
	}
	unpriced()

	list, err := s.SaveList(ctx, listOf("list", "a", 1000))
	require.NoError(t, err)
	require.Equal(t, int64(1), list.Version)
	require.Equal(t, int64(1000), total(t, s, "a"))
	promotion, err := s.SavePromotion(ctx, pricing.Promotion{ID: "p", Percent: money.Percent(10)})
	require.NoError(t, err)
	require.Equal(t, int64(900), total(t, s, "a"))

	before := s.Engine()
	list.Entries[0].Unit = eur(2000)
	list, err = s.SaveList(ctx, list)
	require.NoError(t, err)
	require.Equal(t, int64(1800), total(t, s, "a"))
	q, err := before.Quote(oneOf("a"))
	require.NoError(t, err)
	require.Equal(t, int64(900), q.Total.Minor(), "an engine does not change")

	promotion.Percent = money.Percent(50)
	promotion, err = s.SavePromotion(ctx, promotion)
	require.NoError(t, err)
	require.Equal(t, int64(1000), total(t, s, "a"))
	require.ErrorIs(t, s.DeletePromotion(ctx, "p", 1), pricing.ErrVersion)
	require.NoError(t, s.DeletePromotion(ctx, "p", promotion.Version))
	require.Equal(t, int64(2000), total(t, s, "a"))
	require.NoError(t, s.DeleteList(ctx, "list", list.Version))
	unpriced()
}

func TestServiceRefusesBeforeItSaves(t *testing.T) {
	store := pricing.NewMemory(nil)
	s, err := pricing.New(store, &pricing.Options{Config: pricing.Config{Lists: []pricing.List{listOf("fixed", "a", 1000)}}})
	require.NoError(t, err)
	ctx := t.Context()
	var at *pricing.FieldError
	_, err = s.SaveList(ctx, listOf("bad", "a", -1))
	require.ErrorAs(t, err, &at)
	_, err = s.SaveList(ctx, listOf("fixed", "a", 1)) // the program's own list
	require.ErrorAs(t, err, &at)
	_, err = s.SavePromotion(ctx, pricing.Promotion{ID: "p"})
	require.ErrorAs(t, err, &at)
	_, err = pricing.New(store, &pricing.Options{Config: pricing.Config{Rounding: 9}})
	require.ErrorAs(t, err, &at)
	for range store.Lists(ctx) {
		t.Error("a list was saved")
	}
	for range store.Promotions(ctx) {
		t.Error("a promotion was saved")
	}

	// What another program put into the store is not trusted either.
	_, err = store.SaveList(ctx, listOf("bad", "a", -1))
	require.NoError(t, err)
	require.ErrorAs(t, s.Reload(ctx), &at)
	require.Equal(t, int64(1000), total(t, s, "a"), "the engine is the one it was")
}

// Whichever call of the store fails, before its effect or after, the service
// goes on, and after the same change made again and a reload the price is right.
func TestServiceSurvivesItsStore(t *testing.T) {
	fail := errors.New("power cut")
	for stop := range 20 {
		calls := 0
		memory := pricing.NewMemory(nil)
		s, err := pricing.New(pricingtest.Failing(memory, func(string, bool) error {
			if calls++; calls == stop {
				return fail
			}
			return nil
		}), nil)
		require.NoError(t, err)
		list := listOf("list", "a", 1000)
		if _, err := s.SaveList(t.Context(), list); err != nil {
			require.ErrorIs(t, err, fail)
			if _, err := s.SaveList(t.Context(), list); err != nil { // it was saved, only the answer lost
				require.ErrorIs(t, err, flywheel.ErrConflict)
			}
		}
		if err := s.Reload(t.Context()); err != nil {
			require.ErrorIs(t, err, fail)
			require.NoError(t, s.Reload(t.Context()))
		}
		require.Equal(t, int64(1000), total(t, s, "a"), "stopped at call %d", stop)
	}
}

// Readers see whole configurations: the two prices always sum to 10.00.
func TestServiceSwapsAtomically(t *testing.T) {
	s, err := pricing.New(nil, nil)
	require.NoError(t, err)
	ctx := t.Context()
	set := func(l pricing.List, n int64) pricing.List {
		l.ID = "list"
		l.Entries = []pricing.Entry{{SKU: "a", Unit: eur(n)}, {SKU: "b", Unit: eur(1000 - n)}}
		l, err := s.SaveList(ctx, l)
		require.NoError(t, err)
		return l
	}
	list := set(pricing.List{}, 0)
	b := oneOf("a")
	b.Lines = append(b.Lines, pricing.Line{ID: "2", SKU: "b", Quantity: 1})
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				q, err := s.Quote(b)
				if err != nil || q.Total.Minor() != 1000 {
					t.Errorf("%v, %v", q.Total, err)
					return
				}
			}
		})
	}
	for n := range int64(200) {
		list = set(list, n)
	}
	close(done)
	readers.Wait()
}

func TestQuoteAllocatesNothing(t *testing.T) {
	c, b := workload(100, 50)
	c.Promotions[0].When = []byte(`{"subtotal":{"$gte":10},"device":"web"}`)
	c.Promotions[1].Lines = []byte(`{"quantity":{"$gte":2}}`)
	c.BasketAttributes = map[string]rule.Type{"device": rule.String}
	b.Attributes = map[string]any{"device": "web"}
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	var q pricing.Quote
	allocs := testing.AllocsPerRun(100, func() {
		if err := e.QuoteInto(&q, &b); err != nil {
			t.Fatal(err)
		}
	})
	// Under the race detector a pool forgets at random.
	if !raceEnabled {
		require.Zero(t, allocs)
	}
}
