package suppliertest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// shelf is a stock in a database of its own: it takes each document once.
type shelf struct {
	mu       sync.Mutex
	taken    map[string][]fulfillment.Unit
	onHand   map[fulfillment.Location]int64
	version  int64
	expected []fulfillment.Incoming
	refuse   func() error
}

func newShelf() *shelf {
	return &shelf{taken: map[string][]fulfillment.Unit{}, onHand: map[fulfillment.Location]int64{}, refuse: func() error { return nil }}
}

func (s *shelf) Schedule(_ context.Context, _ string, version int64, rows []fulfillment.Incoming) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuse(); err != nil {
		return err
	}
	if version > s.version {
		s.version, s.expected = version, rows
	}
	return nil
}

func (s *shelf) Supply(_ context.Context, _, key string, units []fulfillment.Unit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuse(); err != nil {
		return err
	}
	if before, ok := s.taken[key]; ok {
		if !slices.Equal(before, units) {
			return flywheel.ErrKeyReused
		}
		return nil
	}
	s.taken[key] = units
	for _, u := range units {
		s.onHand[u.Location] += u.Quantity
	}
	return nil
}

func (s *shelf) Positions(context.Context, []flywheel.SKU) ([]fulfillment.Position, error) {
	return nil, nil
}

// purchase runs an order from its draft to its invoice, each step again until it does
// not fail.
func purchase(ctx context.Context, store supplier.Store, stock supplier.Stock, tries int) error {
	s, err := supplier.New(store, &supplier.Options{Stock: stock, Now: func() time.Time { return noon }})
	if err != nil {
		return err
	}
	again := func(what string, fn func() error) error {
		var err error
		for range tries {
			if err = fn(); err == nil {
				return nil
			}
		}
		return fmt.Errorf("%s: %w", what, err)
	}
	steps := []supplier.Document{
		send("send"),
		receipt("r1", 9, supplier.DocumentLine{Line: 0, Quantity: 80}, supplier.DocumentLine{Line: 1, Quantity: 30, Rejected: 1}),
		{ID: "ret", Kind: supplier.Return, At: on(10), Lines: []supplier.DocumentLine{{Line: 1, Quantity: 1}}},
		receipt("r2", 12, supplier.DocumentLine{Line: 1, Quantity: 10}),
		{ID: "inv", Kind: supplier.Invoice, At: on(13), Lines: []supplier.DocumentLine{{Line: 1, Quantity: 40, Price: money.MustPrice("1.5", money.EUR)}}},
	}
	err = again("supplier", func() error {
		_, err := s.SaveSupplier(ctx, company("acme"))
		if errors.Is(err, supplier.ErrStale) {
			return nil // its answer was lost
		}
		return err
	})
	if err == nil {
		err = again("draft", func() error {
			_, err := s.Draft(ctx, "acme", "po", []supplier.Want{{SKU: "lamp", Quantity: 100, Place: "main"}, {SKU: "mug", Quantity: 40, Place: "west"}})
			return err
		})
	}
	for _, d := range steps {
		if err == nil {
			err = again(d.ID, func() error { _, err := s.Apply(ctx, "po", d); return err })
		}
	}
	if err == nil {
		err = again("inspect", func() error {
			_, _, err := s.Inspect(ctx, "po", supplier.Inspection{ID: "ins", At: on(14), Line: 0, Found: []int{0}})
			return err
		})
	}
	if err == nil {
		err = again("resume", func() error { _, err := s.Resume(ctx); return err })
	}
	return err
}

// renamed is a store in which all IDs begin with a prefix.
type renamed struct {
	supplier.Store
	prefix string
}

// Handle implements flywheel.Stored with that of the store.
func (r renamed) Handle() flywheel.Transactor { return handle.Of(r.Store) }

func (r renamed) Supplier(ctx context.Context, id string) (supplier.Supplier, error) {
	s, err := r.Store.Supplier(ctx, r.prefix+id)
	s.ID = id
	return s, err
}

func (r renamed) SaveSupplier(ctx context.Context, s supplier.Supplier) (supplier.Supplier, error) {
	id := s.ID
	s.ID = r.prefix + id
	s, err := r.Store.SaveSupplier(ctx, s)
	s.ID = id
	return s, err
}

func (r renamed) Order(ctx context.Context, id string) (supplier.Order, error) {
	o, err := r.Store.Order(ctx, r.prefix+id)
	o.ID = id
	return o, err
}

func (r renamed) SaveOrder(ctx context.Context, o supplier.Order) (supplier.Order, error) {
	id := o.ID
	o.ID = r.prefix + id
	o, err := r.Store.SaveOrder(ctx, o)
	o.ID = id
	return o, err
}

func (r renamed) Orders(ctx context.Context, f supplier.OrderFilter) iter.Seq2[supplier.Order, error] {
	return func(yield func(supplier.Order, error) bool) {
		for o, err := range r.Store.Orders(ctx, f) {
			own := false
			if o.ID, own = strings.CutPrefix(o.ID, r.prefix); (own || err != nil) && !yield(o, err) {
				return
			}
		}
	}
}

// outcome is what is left of a purchase, in words.
func outcome(ctx context.Context, store supplier.Store, stock *shelf) (string, error) {
	o, err1 := store.Order(ctx, "po")
	s, err2 := store.Supplier(ctx, "acme")
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	text := fmt.Sprintln(o.State, o.Posted, stock.version, s.Items[0].Lots)
	for _, l := range o.Lines {
		text += fmt.Sprintln(l.SKU, l.Received, l.Stocked, l.Quarantined, l.Rejected, l.Returned, l.Invoiced, l.InvoicedValue)
	}
	for _, d := range o.Documents {
		text += d.ID + " "
	}
	for _, place := range []fulfillment.Location{"main", "main.quarantine", "west", "west.quarantine"} {
		text += fmt.Sprint(place, " ", stock.onHand[place], "; ")
	}
	for _, in := range stock.expected {
		text += fmt.Sprint(in.SKU, " ", in.Line, " ", in.Quantity, " ", in.Location, " ", in.Earliest, " ", in.Due, " ", in.Latest, "; ")
	}
	return text, nil
}

const purchased = `partly received 6 6 {normal 0 2 0 0 false}
lamp 80 80 0 0 0 0 0
mug 40 39 0 1 1 40 60.00 EUR
send r1 ret r2 inv ins main 80; main.quarantine 0; west 39; west.quarantine 0; lamp 0 20 main 2026-03-06 2026-03-10 2026-03-14; `

var serviceCases = []testCase{
	{Name: "service/purchase", Rule: "A purchase goes from its draft to its invoice, and stock learns all of it.", Check: func(w *world) {
		stock := newShelf()
		w.OK(purchase(w.Context(), w.Store, stock, 1))
		text, err := outcome(w.Context(), w.Store, stock)
		w.OK(err)
		w.same("what is left", text, purchased)
	}},
	{Name: "service/lost-answers", Transactions: true, Rule: "Whichever call fails, before its effect or after it, the purchase ends the same when its steps are repeated.", Check: func(w *world) {
		for n := 0; ; n += 1 + n/2 {
			stock, calls := newShelf(), 0
			lost := errors.New("the answer was lost")
			fail := func() error {
				if calls++; calls == n+1 {
					return lost
				}
				return nil
			}
			prefix := fmt.Sprint(n, " ")
			store := renamed{Failing(w.Store, func(string, bool) error { return fail() }), prefix}
			stock.refuse = fail
			if err := purchase(w.Context(), store, stock, 3); err != nil {
				w.Fatalf("failing at %d: %v", n, err)
			}
			stock.refuse = func() error { return nil }
			text, err := outcome(w.Context(), renamed{w.Store, prefix}, stock)
			w.OK(err)
			w.same(fmt.Sprintf("what is left after a failure at %d", n), text, purchased)
			if calls <= n {
				return
			}
		}
	}},
	{Name: "service/documents-at-once", Rule: "Of many callers with one document all get one answer, and it happens once; other documents wait for each other.", Check: func(w *world) {
		stock := newShelf()
		s, err := supplier.New(w.Store, &supplier.Options{Stock: stock})
		w.OK(err)
		w.saved(with(order("po", "acme", 0), send("send")))
		suite.Together(12, func(i int) {
			d := receipt(fmt.Sprint("r", i/3), 9, supplier.DocumentLine{Line: 1, Quantity: 5})
			if _, err := s.Apply(w.Context(), "po", d); err != nil {
				w.Errorf("receipt %d: %v", i, err)
			}
		})
		got, err := s.Order(w.Context(), "po")
		w.OK(err)
		w.same("the units received", got.Lines[1].Received, int64(20))
		w.same("the documents", len(got.Documents), 5)
		w.same("the posted documents", got.Posted, 5)
		w.same("the stock", stock.onHand["west"], int64(20))
		w.same("what is expected", stock.expected[1].Quantity, int64(20))
	}},
}
