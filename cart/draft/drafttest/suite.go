package drafttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/draft"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a flywheel.Transactor,
	// which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s draft.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) draft.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

// Failing returns s with a hook around every call. The hook gets the name of the method:
// before the effect with after = false, and when the call succeeded with after = true.
// An error of the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
func Failing(s draft.Store, hook func(call string, after bool) error) draft.Store {
	return &failing{s, hook}
}

type failing struct {
	store draft.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) Get(ctx context.Context, id draft.ID) (draft.Draft, error) {
	return suite.Call(f.hook, "Get", func() (draft.Draft, error) { return f.store.Get(ctx, id) })
}

func (f *failing) ByKey(ctx context.Context, key string) (draft.Draft, error) {
	return suite.Call(f.hook, "ByKey", func() (draft.Draft, error) { return f.store.ByKey(ctx, key) })
}

func (f *failing) Save(ctx context.Context, d draft.Draft) (draft.Draft, error) {
	return suite.Call(f.hook, "Save", func() (draft.Draft, error) { return f.store.Save(ctx, d) })
}

func (f *failing) List(ctx context.Context, filter draft.Filter, after draft.ID, limit int) ([]draft.Draft, error) {
	return suite.Call(f.hook, "List", func() ([]draft.Draft, error) { return f.store.List(ctx, filter, after, limit) })
}

func (f *failing) DueDrafts(ctx context.Context, at time.Time, limit int) ([]draft.Draft, error) {
	return suite.Call(f.hook, "DueDrafts", func() ([]draft.Draft, error) { return f.store.DueDrafts(ctx, at, limit) })
}

func (f *failing) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, customer) })
}

type check func(w *world) error

var contract = suite.Suite[draft.Store, check]{
	Cases: cases,
	Call:  func(_ suite.T, c check, s draft.Store, tx flywheel.Transactor) error { return c(&world{s, tx}) },
}

// world is what a check works on.
type world struct {
	draft.Store
	tx flywheel.Transactor
}

var (
	ctx  = context.Background()
	noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
)

// sample returns a draft that is not stored yet, with every field set.
func sample(id string) draft.Draft {
	return draft.Draft{
		ID: draft.ID(id), Key: "key-" + id, By: "ben", Customer: "anna", Visitor: "v", Currency: money.EUR,
		Lines: []draft.Line{{
			SKU: "mug", Quantity: 200, Price: money.MustPrice("11.90", money.EUR), TaxIncluded: true, Off: money.Percent(20), Unit: money.MustPrice("9.52", money.EUR),
		}},
		Buyer:   checkout.Buyer{Email: "anna@example.com", Name: "Anna Ångström", Consent: []string{"newsletter"}},
		Address: &order.Address{Country: "DE", Street: []string{"Invalidenstraße 1"}}, Billing: &order.Address{Country: "AT"},
		Deliveries: []checkout.DeliveryChoice{{Lines: []string{"1"}, Option: "standard"}}, Note: "As discussed.", ValidUntil: noon.Add(time.Hour),
		Status: draft.Sent, Sends: 2, Cart: "draft-1", Session: "s", Order: "o", Asked: "sum",
		CreatedAt: noon, UpdatedAt: noon.Add(time.Second), Due: noon.Add(time.Minute),
	}
}

func with(id string, edit func(d *draft.Draft)) draft.Draft {
	d := sample(id)
	edit(&d)
	return d
}

func (w *world) save(drafts ...draft.Draft) error {
	for _, d := range drafts {
		if _, err := w.Save(ctx, d); err != nil {
			return fmt.Errorf("Save of %q: %w", d.ID, err)
		}
	}
	return nil
}

// expect reports whether the stored draft is want.
func (w *world) expect(want draft.Draft) error {
	got, err := w.Get(ctx, want.ID)
	return suite.First(err, suite.Same("the draft", got, want))
}

func ids(list []draft.Draft) (ids []draft.ID) {
	for i := range list {
		ids = append(ids, list[i].ID)
	}
	return ids
}

func (w *world) refused(d draft.Draft, kind error) error {
	if _, err := w.Save(ctx, d); !errors.Is(err, kind) {
		return fmt.Errorf("Save of %q reports %v, not %v", d.ID, err, kind)
	}
	return nil
}

var cases = []suite.Case[check]{
	{Name: "get/none", Rule: "Get and ByKey report ErrNotFound for what is not there", Check: func(w *world) error {
		if err := w.save(sample("d")); err != nil {
			return err
		}
		for _, id := range []draft.ID{"", "D", "other"} {
			if _, err := w.Get(ctx, id); !errors.Is(err, flywheel.ErrNotFound) {
				return fmt.Errorf("Get of %q reports %v", id, err)
			}
		}
		if _, err := w.ByKey(ctx, "KEY-d"); !errors.Is(err, flywheel.ErrNotFound) {
			return fmt.Errorf("ByKey reports %v", err)
		}
		return nil
	}},
	{Name: "save/all", Rule: "Save keeps every field, in UTC to the microsecond, and counts Version up", Check: func(w *world) error {
		asked := sample("d")
		asked.CreatedAt = noon.Add(999).In(time.FixedZone("east", 7200))
		got, err := w.Save(ctx, asked)
		want := with("d", func(d *draft.Draft) { d.Version = 1 })
		if err := suite.First(err, suite.Same("the answer", got, want), w.expect(want)); err != nil {
			return err
		}
		byKey, err := w.ByKey(ctx, "key-d")
		if err := suite.First(err, suite.Same("ByKey", byKey, want)); err != nil {
			return err
		}
		got.Note, want.Note, want.Version = "Changed.", "Changed.", 2
		got, err = w.Save(ctx, got)
		return suite.First(err, suite.Same("the second answer", got, want), w.expect(want))
	}},
	{Name: "save/copy", Rule: "a store shares no memory with what it takes and gives", Check: func(w *world) error {
		d := sample("d")
		out, err := w.Save(ctx, d)
		if err != nil {
			return err
		}
		spoil := func(d draft.Draft) {
			d.Lines[0].Quantity, d.Buyer.Consent[0], d.Address.Street[0], d.Billing.Country, d.Deliveries[0].Lines[0] = 7, "x", "x", "x", "x"
		}
		spoil(d)
		spoil(out)
		want := with("d", func(d *draft.Draft) { d.Version = 1 })
		if err := w.expect(want); err != nil {
			return fmt.Errorf("after Save: %w", err)
		}
		got, err := w.Get(ctx, "d")
		if err != nil {
			return err
		}
		spoil(got)
		return w.expect(want)
	}},
	{Name: "save/stale", Rule: "Save refuses a version other than the stored one and changes nothing", Check: func(w *world) error {
		if err := w.save(sample("d")); err != nil {
			return err
		}
		for _, version := range []int64{0, 2} {
			if err := w.refused(with("d", func(d *draft.Draft) { d.Version, d.Note = version, "late" }), draft.ErrStale); err != nil {
				return err
			}
		}
		if err := w.refused(with("new", func(d *draft.Draft) { d.Version = 1 }), draft.ErrStale); err != nil {
			return err
		}
		return w.expect(with("d", func(d *draft.Draft) { d.Version = 1 }))
	}},
	{Name: "save/key", Rule: "a key that another draft has reports ErrKeyTaken and changes nothing", Check: func(w *world) error {
		if err := w.save(sample("a"), sample("b")); err != nil {
			return err
		}
		err := suite.First(
			w.refused(with("c", func(d *draft.Draft) { d.Key = "key-a" }), draft.ErrKeyTaken),
			w.refused(with("b", func(d *draft.Draft) { d.Key, d.Version = "key-a", 1 }), draft.ErrKeyTaken),
			w.expect(with("b", func(d *draft.Draft) { d.Version = 1 })),
		)
		if err != nil {
			return err
		}
		if _, err := w.Get(ctx, "c"); !errors.Is(err, flywheel.ErrNotFound) {
			return fmt.Errorf("the refused draft is there: %v", err)
		}
		return w.save(with("c", func(d *draft.Draft) { d.Key = "KEY-a" }))
	}},
	{Name: "list/filter", Rule: "List returns what matches all of the filter, by ID, behind one, at most limit", Check: func(w *world) error {
		err := w.save(
			sample("b"), sample("a"),
			with("c", func(d *draft.Draft) { d.Status = draft.Open }),
			with("d", func(d *draft.Draft) { d.Customer = "" }),
			with("e", func(d *draft.Draft) { d.By = "Ben" }),
			with("B", func(d *draft.Draft) { d.Customer = "Anna" }),
		)
		if err != nil {
			return err
		}
		for _, c := range []struct {
			f     draft.Filter
			after draft.ID
			limit int
			want  []draft.ID
		}{
			{draft.Filter{}, "", 9, []draft.ID{"B", "a", "b", "c", "d", "e"}},
			{draft.Filter{}, "a", 2, []draft.ID{"b", "c"}},
			{draft.Filter{Status: draft.Open}, "", 9, []draft.ID{"c"}},
			{draft.Filter{Customer: "anna"}, "", 9, []draft.ID{"a", "b", "c", "e"}},
			{draft.Filter{By: "ben", Status: draft.Sent}, "B", 9, []draft.ID{"a", "b", "d"}},
			{draft.Filter{By: "nobody"}, "", 9, nil},
		} {
			got, err := w.List(ctx, c.f, c.after, c.limit)
			if err := suite.First(err, suite.Same(fmt.Sprintf("List of %+v behind %q", c.f, c.after), ids(got), c.want)); err != nil {
				return err
			}
		}
		got, err := w.List(ctx, draft.Filter{}, "d", 1)
		return suite.First(err, suite.Same("a listed draft", got, []draft.Draft{with("e", func(d *draft.Draft) { d.By, d.Version = "Ben", 1 })}))
	}},
	{Name: "due/order", Rule: "DueDrafts returns those due at or before an instant, first due first, then by ID", Check: func(w *world) error {
		at := func(id string, due time.Time) draft.Draft { return with(id, func(d *draft.Draft) { d.Due = due }) }
		if err := w.save(at("c", noon), at("b", noon.Add(-time.Microsecond)), at("a", noon), at("d", noon.Add(time.Microsecond)), at("e", time.Time{})); err != nil {
			return err
		}
		got, err := w.DueDrafts(ctx, noon, 9)
		if err := suite.First(err, suite.Same("what is due", ids(got), []draft.ID{"b", "a", "c"})); err != nil {
			return err
		}
		got, err = w.DueDrafts(ctx, noon, 1)
		if err := suite.First(err, suite.Same("the first due", ids(got), []draft.ID{"b"})); err != nil {
			return err
		}
		done := with("b", func(d *draft.Draft) { d.Due, d.Version = time.Time{}, 1 })
		if err := w.save(done); err != nil {
			return err
		}
		got, err = w.DueDrafts(ctx, noon, 9)
		return suite.First(err, suite.Same("what is still due", ids(got), []draft.ID{"a", "c"}))
	}},
	{Name: "forget", Rule: "Forget removes the drafts of a customer and no others; nobody's are nobody's", Check: func(w *world) error {
		err := w.save(sample("a"), with("b", func(d *draft.Draft) { d.Customer = "Anna" }), with("c", func(d *draft.Draft) { d.Customer = "" }))
		err = suite.First(err, w.Forget(ctx, "anna"), w.Forget(ctx, ""))
		if err != nil {
			return err
		}
		got, err := w.List(ctx, draft.Filter{}, "", 9)
		if err := suite.First(err, suite.Same("what is left", ids(got), []draft.ID{"b", "c"})); err != nil {
			return err
		}
		return w.save(sample("a")) // its key is free
	}},
	{Name: "save/parallel", Rule: "of parallel saves of one version one succeeds", Check: func(w *world) error {
		if err := w.save(sample("d")); err != nil {
			return err
		}
		var wg sync.WaitGroup
		won := make([]bool, 8)
		failed := make([]error, 8)
		for i := range won {
			wg.Go(func() {
				_, err := w.Save(ctx, with("d", func(d *draft.Draft) { d.Version, d.Note = 1, fmt.Sprint(i) }))
				won[i] = err == nil
				if err != nil && !errors.Is(err, draft.ErrStale) {
					failed[i] = err
				}
			})
		}
		wg.Wait()
		n, note := 0, ""
		for i := range won {
			if won[i] {
				n, note = n+1, fmt.Sprint(i)
			}
		}
		return suite.First(errors.Join(failed...), suite.Same("how many succeeded", n, 1), w.expect(with("d", func(d *draft.Draft) { d.Version, d.Note = 2, note })))
	}},
	{Name: "ctx", Rule: "no call does anything when its context is over", Check: func(w *world) error {
		over, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := w.Save(over, sample("d")); err == nil {
			return errors.New("Save took a context that is over")
		}
		_, err := w.Get(ctx, "d")
		return suite.Wrong("Get", err, flywheel.ErrNotFound)
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "an error or a panic of the transaction takes back every call in it", Check: func(w *world) error {
		if err := w.save(sample("d")); err != nil {
			return err
		}
		for _, panics := range []bool{false, true} {
			err := suite.RollBack(ctx, w.tx, panics, func(ctx context.Context) error {
				if _, err := w.Save(ctx, with("d", func(d *draft.Draft) { d.Version, d.Key, d.Due = 1, "other", time.Time{} })); err != nil {
					return err
				}
				if _, err := w.Save(ctx, sample("e")); err != nil {
					return err
				}
				return w.Forget(ctx, "anna")
			})
			if err != nil {
				return err
			}
			due, err := w.DueDrafts(ctx, noon.Add(time.Hour), 9)
			if err := suite.First(err, suite.Same("what is due", ids(due), []draft.ID{"d"})); err != nil {
				return err
			}
			byKey, err := w.ByKey(ctx, "key-d")
			if err := suite.First(err, suite.Same("by its key", byKey.ID, draft.ID("d")), w.expect(with("d", func(d *draft.Draft) { d.Version = 1 }))); err != nil {
				return err
			}
		}
		return w.save(sample("e"))
	}},
}
