package wishtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/wish"
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
	Tx func(s wish.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) wish.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

// Failing returns s with a hook around every call. The hook gets the name of the method:
// before the effect with after = false, and when the call succeeded with after = true.
// An error of the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
func Failing(s wish.Store, hook func(call string, after bool) error) wish.Store {
	return &failing{s, hook}
}

type failing struct {
	store wish.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) Get(ctx context.Context, owner flywheel.Person) (wish.List, error) {
	return suite.Call(f.hook, "Get", func() (wish.List, error) { return f.store.Get(ctx, owner) })
}

func (f *failing) ByToken(ctx context.Context, token string) (wish.List, error) {
	return suite.Call(f.hook, "ByToken", func() (wish.List, error) { return f.store.ByToken(ctx, token) })
}

func (f *failing) Save(ctx context.Context, l wish.List) (wish.List, error) {
	return suite.Call(f.hook, "Save", func() (wish.List, error) { return f.store.Save(ctx, l) })
}

func (f *failing) Watches(ctx context.Context, k wish.Kind, sku flywheel.SKU, after wish.Watch, limit int) ([]wish.Watch, error) {
	return suite.Call(f.hook, "Watches", func() ([]wish.Watch, error) { return f.store.Watches(ctx, k, sku, after, limit) })
}

func (f *failing) Forget(ctx context.Context, owner flywheel.Person) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, owner) })
}

type check func(w *world) error

var contract = suite.Suite[wish.Store, check]{
	Cases: cases,
	Call:  func(_ suite.T, c check, s wish.Store, tx flywheel.Transactor) error { return c(&world{s, tx}) },
}

// world is what a check works on.
type world struct {
	wish.Store
	tx flywheel.Transactor
}

var (
	ctx  = context.Background()
	noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	anna = flywheel.PersonOf("anna", "")
)

// sample returns a list that is not stored yet, with every field set.
func sample(owner flywheel.Person) wish.List {
	return wish.List{Owner: owner, Token: "token-" + string(owner), Items: []wish.Item{
		{SKU: "lamp", Kind: wish.Wished, At: noon}, {SKU: "mug", Kind: wish.Later, Quantity: 3, At: noon}, {SKU: "pot", Kind: wish.BackInStock, At: noon},
		{SKU: "pot", Kind: wish.CheaperThan, Price: money.New(12900, money.EUR), At: noon}, {SKU: "Pot' OR 1=1", Kind: wish.BackInStock, At: noon},
	}}
}

func (w *world) save(lists ...wish.List) error {
	for _, l := range lists {
		if _, err := w.Save(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// expect reports whether the stored list is want.
func (w *world) expect(want wish.List) error {
	got, err := w.Get(ctx, want.Owner)
	return suite.First(err, suite.Same("the list", got, want))
}

// watching reports whether these watch a SKU, "" for any.
func (w *world) watching(k wish.Kind, sku flywheel.SKU, want ...wish.Watch) error {
	var got []wish.Watch
	for after := (wish.Watch{}); ; {
		page, err := w.Watches(ctx, k, sku, after, 2)
		if err != nil {
			return err
		}
		if got = append(got, page...); len(page) < 2 {
			return suite.Same("the watches of "+string(sku), got, want)
		}
		after = page[len(page)-1]
	}
}

var cases = []suite.Case[check]{
	{Name: "get/none", Rule: "Get answers for an owner without a list with one of Version 0", Check: func(w *world) error {
		return w.expect(wish.List{Owner: anna})
	}},
	{Name: "save/all", Rule: "Save keeps every field and counts Version up", Check: func(w *world) error {
		l, err := w.Save(ctx, sample(anna))
		want := sample(anna)
		want.Version = 1
		if err := suite.First(err, suite.Same("the answer", l, want), w.expect(want)); err != nil {
			return err
		}
		l.Items[0].SKU, want.Items[0].SKU = "sofa", "sofa"
		if l, err = w.Save(ctx, l); err != nil {
			return err
		}
		want.Version = 2
		l.Items[0].SKU = "changed outside"
		return w.expect(want)
	}},
	{Name: "save/stale", Rule: "Save refuses a version other than the stored one", Check: func(w *world) error {
		if err := w.save(sample(anna)); err != nil {
			return err
		}
		_, fresh := w.Save(ctx, sample(anna))
		later := sample(anna)
		later.Version = 2
		_, ahead := w.Save(ctx, later)
		want := sample(anna)
		want.Version = 1
		return suite.First(suite.Wrong("version 0", fresh, wish.ErrStale), suite.Wrong("version 2", ahead, wish.ErrStale), w.expect(want))
	}},
	{Name: "save/race", Rule: "of many saves of one version one wins", Check: func(w *world) error {
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { _, errs[i] = w.Save(ctx, sample(anna)) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if err := suite.Wrong("Save", err, wish.ErrStale); err != nil {
				return err
			}
		}
		return suite.Same("winners", won, 1)
	}},
	{Name: "token", Rule: "ByToken finds the list that has a token, and nothing by an empty or an old one", Check: func(w *world) error {
		l, err := w.Save(ctx, sample(anna))
		if err != nil {
			return err
		}
		got, err := w.ByToken(ctx, l.Token)
		if err := suite.First(err, suite.Same("the list", got, l), w.save(wish.List{Owner: "v:ben"}, wish.List{Owner: "v:carl"})); err != nil {
			return err
		}
		old := l.Token
		l.Token = ""
		if l, err = w.Save(ctx, l); err != nil {
			return err
		}
		for _, token := range []string{"", old, "TOKEN-c:anna", "' OR 1=1 --"} {
			_, err := w.ByToken(ctx, token)
			if err := suite.Wrong(fmt.Sprintf("token %q", token), err, flywheel.ErrNotFound); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "watches", Rule: "Watches are those of the stored lists, by SKU and owner, of one SKU where it is named", Check: func(w *world) error {
		if err := w.save(sample("v:ben"), sample(anna), sample("c:Anna")); err != nil {
			return err
		}
		err := suite.First(
			w.watching(wish.BackInStock, "pot", wish.Watch{SKU: "pot", Owner: "c:Anna"}, wish.Watch{SKU: "pot", Owner: anna}, wish.Watch{SKU: "pot", Owner: "v:ben"}),
			w.watching(wish.CheaperThan, "", wish.Watch{SKU: "pot", Owner: "c:Anna"}, wish.Watch{SKU: "pot", Owner: anna}, wish.Watch{SKU: "pot", Owner: "v:ben"}),
			w.watching(wish.BackInStock, "POT"), w.watching(wish.Wished, "pot"))
		if err != nil {
			return err
		}
		page, err := w.Watches(ctx, wish.BackInStock, "pot", wish.Watch{SKU: "q"}, 10)
		if err := suite.First(err, suite.Same("behind the SKU", len(page), 0)); err != nil {
			return err
		}
		if page, err = w.Watches(ctx, wish.BackInStock, "pot", wish.Watch{SKU: "Pot", Owner: "z"}, 10); err != nil || len(page) != 3 {
			return fmt.Errorf("behind another SKU: %v %w", page, err)
		}
		l, err := w.Get(ctx, anna)
		if err != nil {
			return err
		}
		l.Items = l.Items[:2]
		return suite.First(w.save(l), w.watching(wish.BackInStock, "pot", wish.Watch{SKU: "pot", Owner: "c:Anna"}, wish.Watch{SKU: "pot", Owner: "v:ben"}),
			w.watching(wish.CheaperThan, "", wish.Watch{SKU: "pot", Owner: "c:Anna"}, wish.Watch{SKU: "pot", Owner: "v:ben"}))
	}},
	{Name: "forget", Rule: "Forget removes the list of an owner with its token and watches, and no other", Check: func(w *world) error {
		if err := w.save(sample(anna), sample("c:Anna")); err != nil {
			return err
		}
		if err := suite.First(w.Forget(ctx, anna), w.Forget(ctx, anna), w.Forget(ctx, "c:nobody"), w.expect(wish.List{Owner: anna})); err != nil {
			return err
		}
		_, err := w.ByToken(ctx, "token-c:anna")
		want := sample("c:Anna")
		want.Version = 1
		return suite.First(suite.Wrong("ByToken", err, flywheel.ErrNotFound), w.watching(wish.BackInStock, "pot", wish.Watch{SKU: "pot", Owner: "c:Anna"}), w.expect(want), w.save(sample(anna)))
	}},
	{Name: "ctx", Rule: "no call does anything when its context is over", Check: func(w *world) error {
		over, cancel := context.WithCancel(ctx)
		cancel()
		_, err := w.Save(over, sample(anna))
		if err == nil {
			return fmt.Errorf("Save took a context that is over")
		}
		return w.expect(wish.List{Owner: anna})
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "an error or a panic of the transaction takes back every call in it", Check: func(w *world) error {
		if err := w.save(sample("c:Anna")); err != nil {
			return err
		}
		for _, panics := range []bool{false, true} {
			err := suite.RollBack(ctx, w.tx, panics, func(ctx context.Context) error {
				if _, err := w.Save(ctx, sample(anna)); err != nil {
					return err
				}
				_, err := w.Save(ctx, sample("c:Anna"))
				return suite.First(suite.Wrong("a stale save within", err, wish.ErrStale), w.Forget(ctx, "c:Anna"))
			})
			want := sample("c:Anna")
			want.Version = 1
			if err := suite.First(err, w.expect(want), w.expect(wish.List{Owner: anna}), w.watching(wish.BackInStock, "pot", wish.Watch{SKU: "pot", Owner: "c:Anna"})); err != nil {
				return err
			}
		}
		return nil
	}},
}
