package cart_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/carttest"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// desk is a service with a clock and a sink that remembers.
type desk struct {
	*cart.Service
	now    time.Time
	broken error
	mu     sync.Mutex // guards events, since carts tell beside each other
	events []flywheel.Event
}

func newDesk(t require.TestingT, opts cart.Options) *desk {
	d := &desk{now: time.Date(2011, 1, 2, 3, 4, 5, 0, time.UTC)}
	opts.Now = func() time.Time { return d.now }
	opts.Sink = flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for _, e := range events {
			if err := e.Validate(); err != nil {
				return err
			}
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.events = append(d.events, events...)
		return d.broken
	})
	var err error
	d.Service, err = cart.New(nil, &opts)
	require.NoError(t, err)
	return d
}

func (d *desk) create(t require.TestingT, c cart.Cart) cart.Cart {
	if c.Currency.IsZero() {
		c.Currency = money.EUR
	}
	if c.Customer == "" && c.Visitor == "" {
		c.Visitor = "v"
	}
	c, err := d.Create(context.Background(), c)
	require.NoError(t, err)
	return c
}

func TestAddMergesOnEqualTerms(t *testing.T) {
	d := newDesk(t, cart.Options{})
	d.create(t, cart.Cart{ID: "c"})
	agreed := money.MustPrice("1.50", money.EUR)
	_, err := d.Add(t.Context(), "c",
		cart.Line{SKU: "a", Quantity: 1}, cart.Line{SKU: "b", Quantity: 1}, cart.Line{SKU: "a", Quantity: 2, Agreed: agreed},
		cart.Line{ID: "gift", SKU: "a", Quantity: 1}, cart.Line{SKU: "b", Quantity: 4, TaxClass: "reduced"})
	require.NoError(t, err)
	c, err := d.Add(t.Context(), "c",
		cart.Line{SKU: "a", Quantity: 10}, cart.Line{SKU: "a", Quantity: 20, Agreed: agreed}, cart.Line{ID: "gift", SKU: "a", Quantity: 30})
	require.NoError(t, err)
	assert.Equal(t, []cart.Line{
		{ID: "1", SKU: "a", Quantity: 11}, {ID: "2", SKU: "b", Quantity: 1}, {ID: "3", SKU: "a", Quantity: 22, Agreed: agreed},
		{ID: "gift", SKU: "a", Quantity: 31}, {ID: "4", SKU: "b", Quantity: 4, TaxClass: "reduced"},
	}, c.Lines)
	assert.EqualValues(t, 3, c.Version)
	require.Len(t, d.events, 2)
	assert.Equal(t, flywheel.Event{
		ID: "add_to_cart:c:3", Name: flywheel.EventAddToCart, Time: d.now, Visitor: "v", Ref: "c",
		Lines: []flywheel.Line{{SKU: "a", Quantity: 10}, {SKU: "a", Quantity: 20}, {SKU: "a", Quantity: 30}},
	}, d.events[1])
}

// A line ID is given once, even after its line was removed, and never one that the
// caller has used.
func TestLineIDs(t *testing.T) {
	d := newDesk(t, cart.Options{})
	d.create(t, cart.Cart{ID: "c"})
	_, err := d.Add(t.Context(), "c", cart.Line{ID: "2", SKU: "own", Quantity: 1}, cart.Line{SKU: "a", Quantity: 1})
	require.NoError(t, err)
	_, err = d.Remove(t.Context(), "c", "1")
	require.NoError(t, err)
	c, err := d.Add(t.Context(), "c", cart.Line{SKU: "b", Quantity: 1})
	require.NoError(t, err)
	assert.Equal(t, "3", c.Lines[1].ID)
}

// The rule of merging lines does not depend on whether the cart is short enough to
// be searched or long enough to be indexed.
func TestAddLongAsShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.Custom(func(t *rapid.T) cart.Line {
			l := cart.Line{SKU: flywheel.SKU(fmt.Sprint("s", rapid.IntRange(0, 30).Draw(t, "sku"))), Quantity: rapid.Int64Range(1, 5).Draw(t, "quantity")}
			if rapid.Bool().Draw(t, "agreed") {
				l.Agreed = money.MustPrice("1", money.EUR)
			}
			return l
		})
		lines := rapid.SliceOfN(line, 60, 150).Draw(t, "lines")
		d := newDesk(t, cart.Options{})
		d.create(t, cart.Cart{ID: "long"})
		d.create(t, cart.Cart{ID: "short"})
		long, err := d.Add(context.Background(), "long", lines...)
		require.NoError(t, err)
		var short cart.Cart
		for _, l := range lines {
			short, err = d.Add(context.Background(), "short", l)
			require.NoError(t, err)
		}
		require.Equal(t, short.Lines, long.Lines)
	})
}

func TestSetQuantityAndRemove(t *testing.T) {
	d := newDesk(t, cart.Options{})
	d.create(t, cart.Cart{ID: "c"})
	_, err := d.Add(t.Context(), "c", cart.Line{SKU: "a", Quantity: 5}, cart.Line{SKU: "b", Quantity: 1})
	require.NoError(t, err)
	for _, q := range []int64{7, 4, 4, 0} {
		_, err = d.SetQuantity(t.Context(), "c", "1", q)
		require.NoError(t, err)
	}
	c, err := d.Remove(t.Context(), "c", "2")
	require.NoError(t, err)
	assert.Empty(t, c.Lines)
	type told struct {
		name     string
		sku      flywheel.SKU
		quantity int64
	}
	var got []told
	for _, e := range d.events[1:] {
		got = append(got, told{e.Name, e.Lines[0].SKU, e.Lines[0].Quantity})
	}
	assert.Equal(t, []told{
		{flywheel.EventAddToCart, "a", 2}, {flywheel.EventRemoveFromCart, "a", 3},
		{flywheel.EventRemoveFromCart, "a", 4}, {flywheel.EventRemoveFromCart, "b", 1},
	}, got)
}

func TestRefusedCallsChangeNothing(t *testing.T) {
	d := newDesk(t, cart.Options{MaxLines: 3})
	d.create(t, cart.Cart{ID: "c"})
	d.create(t, cart.Cart{ID: "closed"})
	d.create(t, cart.Cart{ID: "dollars", Currency: money.USD})
	want, err := d.Add(t.Context(), "c", cart.Line{SKU: "a", Quantity: 1}, cart.Line{SKU: "b", Quantity: cart.MaxQuantity})
	require.NoError(t, err)
	_, err = d.Close(t.Context(), "closed", 1, "o")
	require.NoError(t, err)
	told := len(d.events)
	add := func(id cart.ID, lines ...cart.Line) error {
		_, err := d.Add(t.Context(), id, lines...)
		return err
	}
	for _, c := range []struct {
		name string
		kind error
		err  error
	}{
		{"no lines", flywheel.ErrInvalid, add("c")},
		{"no SKU", flywheel.ErrInvalid, add("c", cart.Line{SKU: "x", Quantity: 1}, cart.Line{Quantity: 1})},
		{"no quantity", flywheel.ErrOutOfRange, add("c", cart.Line{SKU: "x"})},
		{"negative quantity", flywheel.ErrOutOfRange, add("c", cart.Line{SKU: "x", Quantity: -1})},
		{"too much of one line", flywheel.ErrOutOfRange, add("c", cart.Line{SKU: "b", Quantity: 1})},
		{"negative price", flywheel.ErrOutOfRange, add("c", cart.Line{SKU: "x", Quantity: 1, Agreed: money.MustPrice("-1", money.EUR)})},
		{"price in another currency", flywheel.ErrInvalid, add("c", cart.Line{SKU: "x", Quantity: 1, Agreed: money.MustPrice("1", money.USD)})},
		{"line ID with another SKU", flywheel.ErrConflict, add("c", cart.Line{ID: "1", SKU: "x", Quantity: 1})},
		{"too many lines", flywheel.ErrLimit, add("c", cart.Line{SKU: "x", Quantity: 1}, cart.Line{SKU: "y", Quantity: 1})},
		{"line ID too long", flywheel.ErrLimit, add("c", cart.Line{ID: strings.Repeat("l", 256), SKU: "x", Quantity: 1})},
		{"no cart", flywheel.ErrNotFound, add("none", cart.Line{SKU: "x", Quantity: 1})},
		{"closed", cart.ErrClosed, add("closed", cart.Line{SKU: "x", Quantity: 1})},
		{"quantity of no line", flywheel.ErrNotFound, second(d.SetQuantity(t.Context(), "c", "9", 1))},
		{"quantity out of range", flywheel.ErrOutOfRange, second(d.SetQuantity(t.Context(), "c", "1", cart.MaxQuantity+1))},
		{"removal of no line", flywheel.ErrNotFound, second(d.Remove(t.Context(), "c", "1", "9"))},
		{"removal of nothing", flywheel.ErrInvalid, second(d.Remove(t.Context(), "c"))},
		{"coupon that is no text", flywheel.ErrInvalid, second(d.AddCoupons(t.Context(), "c", "GOOD", "\xff"))},
		{"merge into itself", flywheel.ErrInvalid, second(d.Merge(t.Context(), "c", "c"))},
		{"merge of another currency", flywheel.ErrInvalid, second(d.Merge(t.Context(), "dollars", "c"))},
		{"merge into a closed cart", cart.ErrClosed, second(d.Merge(t.Context(), "c", "closed"))},
		{"merge of a closed cart", cart.ErrClosed, second(d.Merge(t.Context(), "closed", "c"))},
		{"close of another version", cart.ErrStale, second(d.Close(t.Context(), "c", 1, "o"))},
		{"taken ID", flywheel.ErrConflict, second(d.Create(t.Context(), cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR}))},
		{"no owner", flywheel.ErrInvalid, second(d.Create(t.Context(), cart.Cart{Currency: money.EUR}))},
		{"no currency", flywheel.ErrInvalid, second(d.Create(t.Context(), cart.Cart{Visitor: "v"}))},
	} {
		assert.ErrorIs(t, c.err, c.kind, c.name)
	}
	got, err := d.Get(t.Context(), "c")
	require.NoError(t, err)
	assert.Equal(t, want, got)
	assert.Len(t, d.events, told)
}

func second[T any](_ T, err error) error { return err }

func TestMergeAtLogin(t *testing.T) {
	d := newDesk(t, cart.Options{})
	agreed := money.MustPrice("9.99", money.EUR)
	d.create(t, cart.Cart{ID: "old", Customer: "anna"})
	d.now = d.now.Add(time.Hour)
	d.create(t, cart.Cart{ID: "hers", Customer: "anna", Coupons: []string{"TEN"}})
	_, err := d.Add(t.Context(), "hers", cart.Line{SKU: "a", Quantity: 1}, cart.Line{SKU: "b", Quantity: 1, Agreed: agreed})
	require.NoError(t, err)
	d.create(t, cart.Cart{ID: "guest", Visitor: "v", Coupons: []string{"ten", "FREE"}})
	_, err = d.Add(t.Context(), "guest", cart.Line{SKU: "a", Quantity: 2}, cart.Line{SKU: "b", Quantity: 3}, cart.Line{SKU: "c", Quantity: 4, Agreed: agreed})
	require.NoError(t, err)
	told := len(d.events)
	want := []cart.Line{
		{ID: "1", SKU: "a", Quantity: 3}, {ID: "2", SKU: "b", Quantity: 1, Agreed: agreed},
		{ID: "3", SKU: "b", Quantity: 3}, {ID: "4", SKU: "c", Quantity: 4, Agreed: agreed},
	}
	for range 2 {
		c, err := d.Login(t.Context(), "guest", "anna")
		require.NoError(t, err)
		assert.Equal(t, cart.ID("hers"), c.ID)
		assert.Equal(t, want, c.Lines)
		assert.Equal(t, []string{"TEN", "FREE"}, c.Coupons)
	}
	assert.Len(t, d.events, told)
	g, err := d.Get(t.Context(), "guest")
	require.NoError(t, err)
	assert.Equal(t, cart.Merged, g.Status)
	assert.Equal(t, cart.ID("hers"), g.Into)
	_, err = d.Login(t.Context(), "hers", "bea")
	assert.ErrorIs(t, err, flywheel.ErrNotFound, "somebody else's cart is as one that does not exist")
}

func TestLoginWithoutCart(t *testing.T) {
	d := newDesk(t, cart.Options{})
	d.create(t, cart.Cart{ID: "dollars", Customer: "anna", Currency: money.USD})
	d.create(t, cart.Cart{ID: "guest", Visitor: "v"})
	c, err := d.Login(t.Context(), "guest", "anna")
	require.NoError(t, err)
	assert.Equal(t, cart.ID("guest"), c.ID)
	assert.Equal(t, flywheel.CustomerID("anna"), c.Customer)
	assert.Equal(t, flywheel.VisitorID("v"), c.Visitor)
}

// Merge is stopped before and after the effect of each store call, and merging
// again moves every line once.
func TestMergeStoppedAnywhere(t *testing.T) {
	stop := errors.New("stop")
	for at := 0; ; at++ {
		store := cart.NewMemory(nil)
		clean, err := cart.New(store, nil)
		require.NoError(t, err)
		for _, id := range []cart.ID{"from", "into"} {
			_, err := clean.Create(t.Context(), cart.Cart{ID: id, Visitor: "v", Currency: money.EUR})
			require.NoError(t, err)
			_, err = clean.Add(t.Context(), id, cart.Line{SKU: "a", Quantity: 2})
			require.NoError(t, err)
		}
		next, stopped := 0, false
		broken, err := cart.New(carttest.Failing(store, func(string, bool) error {
			next++
			if stopped = stopped || next > at; stopped {
				return stop
			}
			return nil
		}), nil)
		require.NoError(t, err)
		_, err = broken.Merge(t.Context(), "from", "into")
		c, cleanErr := clean.Merge(t.Context(), "from", "into")
		require.NoError(t, cleanErr)
		require.Equal(t, []cart.Line{{ID: "1", SKU: "a", Quantity: 4}}, c.Lines)
		if !stopped {
			require.NoError(t, err)
			require.Greater(t, at, 8)
			return
		}
		require.ErrorIs(t, err, stop)
	}
}

func TestParallelAdds(t *testing.T) {
	const n = 50
	d := newDesk(t, cart.Options{})
	d.create(t, cart.Cart{ID: "c"})
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			_, err := d.Add(t.Context(), "c", cart.Line{SKU: "a", Quantity: 1})
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	c, err := d.Get(t.Context(), "c")
	require.NoError(t, err)
	assert.EqualValues(t, n, c.Lines[0].Quantity)
	ids := map[string]bool{}
	for _, e := range d.events {
		ids[e.ID] = true
	}
	assert.Len(t, ids, n)
}

// A sink elsewhere that fails is told later; one in the carts' own database takes
// the change back.
func TestSinkThatFails(t *testing.T) {
	d := newDesk(t, cart.Options{})
	d.create(t, cart.Cart{ID: "c"})
	d.broken = errors.New("disk full")
	c, err := d.Add(t.Context(), "c", cart.Line{SKU: "a", Quantity: 1})
	require.NoError(t, err)
	require.Len(t, c.Lines, 1)
	told := len(d.events)
	d.broken = nil
	more, err := d.Deliver(t.Context(), d.now)
	require.NoError(t, err)
	require.True(t, more)
	require.Len(t, d.events, told+1)
	require.Equal(t, d.events[told-1], d.events[told], "as it was told the first time")

	db := &flywheel.Memory{}
	own, err := cart.New(cart.NewMemory(db), &cart.Options{Sink: sinkIn{db, errors.New("disk full")}})
	require.NoError(t, err)
	want, err := own.Create(t.Context(), cart.Cart{ID: "c", Customer: "ann", Currency: money.EUR})
	require.NoError(t, err)
	_, err = own.Add(t.Context(), "c", cart.Line{SKU: "a", Quantity: 1})
	var refused *flywheel.TellError
	require.ErrorAs(t, err, &refused)
	got, err := own.Get(t.Context(), "c")
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

// sinkIn is a sink in a database that refuses everything.
type sinkIn struct {
	flywheel.Transactor
	err error
}

func (s sinkIn) Handle() flywheel.Transactor                      { return s.Transactor }
func (s sinkIn) Publish(context.Context, ...flywheel.Event) error { return s.err }

func TestAbandoned(t *testing.T) {
	d := newDesk(t, cart.Options{})
	for i, id := range []cart.ID{"b", "a", "empty", "ordered", "fresh"} {
		d.now = d.now.Add(time.Duration(i) * time.Minute)
		d.create(t, cart.Cart{ID: id})
		if id != "empty" {
			_, err := d.Add(t.Context(), id, cart.Line{SKU: "x", Quantity: 1})
			require.NoError(t, err)
		}
	}
	_, err := d.Close(t.Context(), "ordered", 0, "o")
	require.NoError(t, err)
	var got []cart.ID
	for c, err := range d.Abandoned(t.Context(), d.now) {
		require.NoError(t, err)
		got = append(got, c.ID)
	}
	assert.Equal(t, []cart.ID{"b", "a"}, got)
}

func TestReopen(t *testing.T) {
	d := newDesk(t, cart.Options{})
	d.create(t, cart.Cart{ID: "c"})
	_, err := d.Close(t.Context(), "c", 1, "o")
	require.NoError(t, err)
	require.NoError(t, d.Reopen(t.Context(), "c", "another"))
	c, err := d.Get(t.Context(), "c")
	require.NoError(t, err)
	assert.Equal(t, cart.Ordered, c.Status)
	for range 2 {
		require.NoError(t, d.Reopen(t.Context(), "c", "o"))
	}
	c, err = d.Get(t.Context(), "c")
	require.NoError(t, err)
	assert.Equal(t, cart.Open, c.Status)
	assert.Empty(t, c.Order)
}

func TestQuote(t *testing.T) {
	d := newDesk(t, cart.Options{})
	d.create(t, cart.Cart{ID: "c"})
	_, err := d.Add(t.Context(), "c", cart.Line{SKU: "screw", Quantity: 1000, Agreed: money.MustPrice("0.0125", money.EUR)})
	require.NoError(t, err)
	q, err := d.Quote(t.Context(), "c", cart.Terms{})
	require.NoError(t, err)
	assert.Equal(t, money.New(1250, money.EUR), q.Total)
	engine, err := pricing.Compile(pricing.Config{Taxes: []pricing.Tax{{Rate: money.Percent(20)}}})
	require.NoError(t, err)
	require.NoError(t, d.SetEngine(engine))
	require.ErrorIs(t, d.SetEngine(nil), flywheel.ErrInvalid)
	q, err = d.Quote(t.Context(), "c", cart.Terms{})
	require.NoError(t, err)
	assert.Equal(t, money.New(1500, money.EUR), q.Total)
	q, err = d.Quote(t.Context(), "c", cart.Terms{TaxExempt: true})
	require.NoError(t, err)
	assert.Equal(t, money.New(1250, money.EUR), q.Total)
	_, err = d.Add(t.Context(), "c", cart.Line{SKU: "unpriced", Quantity: 1})
	require.NoError(t, err)
	q, err = d.Quote(t.Context(), "c", cart.Terms{})
	require.NoError(t, err)
	require.ErrorIs(t, q.Priced(), pricing.ErrNoPrice)
	assert.Equal(t, money.New(1500, money.EUR), q.Total, "the rest has its price")
}

func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{1, 27, 1000} {
		b.Run(fmt.Sprintf("lines=%d", n), func(b *testing.B) {
			s, err := cart.New(nil, nil)
			require.NoError(b, err)
			lines := make([]cart.Line, n)
			for i := range lines {
				lines[i] = cart.Line{SKU: flywheel.SKU(fmt.Sprint("sku-", i)), Quantity: 1}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Create(b.Context(), cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR}); err != nil {
					b.Fatal(err)
				}
				if _, err := s.Add(b.Context(), "c", lines...); err != nil {
					b.Fatal(err)
				}
				if err := s.Delete(b.Context(), "c"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A code is one however it was typed: pasted with a space, in full width, with a
// circled digit.
func TestCouponForms(t *testing.T) {
	d := newDesk(t, cart.Options{})
	d.create(t, cart.Cart{ID: "c", Visitor: "v"})
	for _, typed := range []string{"SAVE10", "save10", " SAVE10\n", "ＳＡＶＥ１０", "SAVE①0", "SAVE\u200b10"} {
		c, err := d.AddCoupons(t.Context(), "c", typed)
		require.NoError(t, err, typed)
		require.Equal(t, []string{"SAVE10"}, c.Coupons, typed)
		c, err = d.RemoveCoupon(t.Context(), "c", "save①0 ")
		require.NoError(t, err)
		require.Empty(t, c.Coupons, typed)
	}
}

// Nobody is kept from signing in by a code too many.
func TestMergeBeyondMaxCoupons(t *testing.T) {
	d := newDesk(t, cart.Options{})
	codes := func(prefix string, n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprint(prefix, i))
		}
		return list
	}
	d.create(t, cart.Cart{ID: "hers", Customer: "anna", Coupons: codes("HERS", 11)})
	d.create(t, cart.Cart{ID: "guest", Visitor: "v", Coupons: codes("GUEST", 10)})
	c, err := d.Merge(t.Context(), "guest", "hers")
	require.NoError(t, err)
	require.Equal(t, append(codes("HERS", 11), codes("GUEST", 9)...), c.Coupons)
}

// Whose a cart is has to be an id, of a visitor no less than of a customer.
func TestCreateChecksWhose(t *testing.T) {
	s, err := cart.New(nil, nil)
	require.NoError(t, err)
	for field, c := range map[string]cart.Cart{
		"visitor":  {Visitor: "a\x00b", Currency: money.EUR},
		"customer": {Customer: "a\x00b", Currency: money.EUR},
		"id":       {ID: "a\x00b", Visitor: "v", Currency: money.EUR},
		"currency": {Visitor: "v"},
	} {
		_, err := s.Create(t.Context(), c)
		require.ErrorIs(t, err, flywheel.ErrInvalid, field)
		require.ErrorContains(t, err, field)
	}
	_, err = s.Create(t.Context(), cart.Cart{Currency: money.EUR})
	require.ErrorIs(t, err, flywheel.ErrInvalid, "nobody's")
}

// Carts that cannot be listed are not none: a guest who signs in keeps the cart.
func TestListingFails(t *testing.T) {
	ctx, down := t.Context(), errors.New("the store is down")
	s, err := cart.New(carttest.Failing(cart.NewMemory(nil), func(call string, _ bool) error {
		if call == "List" {
			return down
		}
		return nil
	}), nil)
	require.NoError(t, err)
	_, err = s.Create(ctx, cart.Cart{ID: "guest", Visitor: "v", Currency: money.EUR})
	require.NoError(t, err)
	_, err = s.Login(ctx, "guest", "anna")
	require.ErrorIs(t, err, down)
	for _, err := range s.List(ctx, cart.Filter{}) {
		require.ErrorIs(t, err, down)
	}
	for _, err := range s.Abandoned(ctx, time.Now()) {
		require.ErrorIs(t, err, down)
	}
	c, err := s.Get(ctx, "guest")
	require.NoError(t, err)
	require.Empty(t, c.Customer)
}
