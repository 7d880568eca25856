package markettest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s market.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) market.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type check func(w *world)

var contract = suite.Suite[market.Store, check]{
	Cases: cases,
	Call: func(t suite.T, check check, s market.Store, tx flywheel.Transactor) error {
		check(&world{suite.Checker{T: t}, s, tx})
		return nil
	},
}

// world is what a check works on.
type world struct {
	suite.Checker
	market.Store
	tx flywheel.Transactor
}

func (w *world) same(what string, got, want any) {
	w.Helper()
	if err := suite.Same(what, got, want); err != nil {
		w.Errorf("%v", err)
	}
}

var noon = time.Date(2026, 2, 28, 12, 0, 0, 123456000, time.UTC)

func on(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

func watch(id string) market.Watched {
	return market.Watched{ID: id, SKU: "mug", Seller: "rival", Rule: market.MinimumPrice{Minimum: eur(1000), Tolerance: eur(10), OpenAfter: 2, CloseAfter: 2}}
}

func violation(opened int, closed ...int) *market.Violation {
	v := &market.Violation{FirstSeen: on(opened - 1), Opened: on(opened), Lowest: eur(900), Lost: eur(100), Readings: 2,
		Evidence: []market.Evidence{{At: on(opened - 1), Price: eur(950)}, {At: on(opened), Price: eur(900)}}}
	for _, c := range closed {
		v.Closed = on(c)
	}
	return v
}

func (w *world) found(f market.BreachFilter) (names []string) {
	w.Helper()
	list, err := suite.Collect(w.Breaches(w.Context(), f))
	w.OK(err)
	for _, b := range list {
		names = append(names, fmt.Sprint(b.Watch, " ", int(b.Opened.Sub(noon).Hours())))
	}
	return names
}

var cases = []suite.Case[check]{
	{Name: "watch/version", Rule: "SaveWatch takes the version that is stored and no other; a watch comes back as it was saved, times in UTC to the microsecond.", Check: func(w *world) {
		_, err := w.Watch(w.Context(), "a")
		w.Matches(err, market.ErrUnknown)
		early := watch("a")
		early.Version = 1
		_, err = w.SaveWatch(w.Context(), early, violation(1))
		w.Matches(err, market.ErrStale)
		w.same("incidents of a save that was refused", w.found(market.BreachFilter{}), []string(nil))
		first := watch("a")
		first.State = market.WatchState{Last: on(3).Add(777).In(time.FixedZone("", 3600)), Low: 1, Open: true, Current: *violation(3)}
		saved, err := w.SaveWatch(w.Context(), first, nil)
		w.OK(err)
		want := first.Stored()
		want.Version = 1
		w.same("the answer", saved, want)
		got, err := w.Watch(w.Context(), "a")
		w.OK(err)
		w.same("the watch", got, want)
		got.State.Current.Evidence[0].Price = eur(1)
		again, err := w.Watch(w.Context(), "a")
		w.OK(err)
		w.same("the watch after a reader changed its copy", again, want)
		won, err := suite.Race(8, market.ErrStale, func(i int) error {
			mine := saved
			mine.Seller = fmt.Sprint(i)
			_, err := w.SaveWatch(w.Context(), mine, violation(5+i))
			return err
		})
		w.OK(err)
		got, err = w.Watch(w.Context(), "a")
		w.OK(err)
		w.same("the seller", got.Seller, fmt.Sprint(won))
		w.same("the incidents", w.found(market.BreachFilter{}), []string{fmt.Sprint("a ", 5+won)})
	}},
	{Name: "watches/list", Rule: "Watches yields all by their IDs, byte by byte; whoever ranges over them may call the store or stop.", Check: func(w *world) {
		for _, text := range suite.OddTexts {
			_, err := w.SaveWatch(w.Context(), watch(text), nil)
			w.OK(err)
		}
		var ids []string
		for v, err := range w.Watches(w.Context()) {
			w.OK(err)
			got, err := w.Watch(w.Context(), v.ID)
			w.OK(err)
			w.same("the watch "+v.ID, v, got)
			ids = append(ids, v.ID)
		}
		w.same("the IDs", ids, slices.Sorted(slices.Values(suite.OddTexts)))
		for range w.Watches(w.Context()) {
			break
		}
	}},
	{Name: "breaches/filter", Rule: "Breaches yields what the filter selects by (Opened, Watch), each once as it was saved last.", Check: func(w *world) {
		for _, c := range []struct {
			id string
			v  *market.Violation
		}{{"b", violation(2)}, {"B", violation(2)}, {"a", violation(9)}} {
			saved, err := w.SaveWatch(w.Context(), watch(c.id), c.v)
			w.OK(err)
			if c.id == "b" {
				saved, err = w.SaveWatch(w.Context(), saved, violation(2, 4))
				w.OK(err)
				_, err = w.SaveWatch(w.Context(), saved, violation(6))
				w.OK(err)
			}
		}
		for _, c := range []struct {
			filter market.BreachFilter
			want   []string
		}{
			{market.BreachFilter{}, []string{"B 2", "b 2", "b 6", "a 9"}},
			{market.BreachFilter{Open: true}, []string{"B 2", "b 6", "a 9"}},
			{market.BreachFilter{Watch: "b"}, []string{"b 2", "b 6"}},
			{market.BreachFilter{Watch: "b", Open: true}, []string{"b 6"}},
			{market.BreachFilter{Since: on(6)}, []string{"b 6", "a 9"}},
			{market.BreachFilter{Since: on(6).Add(time.Microsecond)}, []string{"a 9"}},
			{market.BreachFilter{Watch: "c"}, nil},
		} {
			w.same(fmt.Sprintf("incidents of %+v", c.filter), w.found(c.filter), c.want)
		}
		list, err := suite.Collect(w.Breaches(w.Context(), market.BreachFilter{Watch: "b"}))
		w.OK(err)
		w.same("the closed incident", list[0], market.Breach{Watch: "b", SKU: "mug", Seller: "rival", Violation: violation(2, 4).Stored()})
		for range w.Breaches(w.Context(), market.BreachFilter{}) {
			break
		}
	}},
	{Name: "breaches/paging", Rule: "Breaches yields each incident once, however many there are.", Check: func(w *world) {
		saved := watch("a")
		var want []string
		for i := range 520 {
			var err error
			saved, err = w.SaveWatch(w.Context(), saved, violation(i))
			w.OK(err)
			want = append(want, fmt.Sprint("a ", i))
		}
		w.same("the incidents", w.found(market.BreachFilter{}), want)
	}},
	{Name: "context/canceled", Rule: "A call whose context is over does nothing.", Check: func(w *world) {
		over, cancel := context.WithCancel(w.Context())
		cancel()
		_, err1 := w.SaveWatch(over, watch("a"), violation(1))
		_, err2 := w.Watch(over, "a")
		_, err3 := suite.Collect(w.Watches(over))
		_, err4 := suite.Collect(w.Breaches(over, market.BreachFilter{}))
		for _, err := range []error{err1, err2, err3, err4} {
			w.Matches(err, context.Canceled)
		}
		_, err := w.Watch(w.Context(), "a")
		w.Matches(err, market.ErrUnknown)
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "An error or a panic of the transaction takes back every call in it.", Check: func(w *world) {
		kept, err := w.SaveWatch(w.Context(), watch("a"), violation(1))
		w.OK(err)
		for _, panics := range []bool{false, true} {
			w.OK(suite.RollBack(w.Context(), w.tx, panics, func(ctx context.Context) error {
				_, err1 := w.SaveWatch(ctx, kept, violation(1, 3))
				_, err2 := w.SaveWatch(ctx, watch("b"), violation(2))
				if _, err := w.SaveWatch(ctx, kept, nil); !errors.Is(err, market.ErrStale) {
					return fmt.Errorf("a stale watch in a transaction: %v", err)
				}
				return errors.Join(err1, err2)
			}))
			got, err := w.Watch(w.Context(), "a")
			w.OK(err)
			w.same("the watch", got, kept)
			w.same("the incidents", w.found(market.BreachFilter{Open: true}), []string{"a 1"})
		}
	}},
	{Name: "service/readings", Rule: "Readings that come one by one, each perhaps twice, through services that know nothing but the store, make the incidents of one watch in memory.", Check: func(w *world) {
		_, err := market.New(w.Store).Define(w.Context(), watch("a"))
		w.OK(err)
		alone, err := watch("a").Rule.Watch()
		w.OK(err)
		opened := 0
		for i, minor := range []int64{1000, 980, 1000, 980, 970, 960, 1000, 980, 1000, 1000, 1000, 980, 980, 1000} {
			want, wantChange, err := alone.Next(on(i), eur(minor))
			w.OK(err)
			s := market.New(w.Store)
			got, change, err := s.See(w.Context(), "a", on(i), eur(minor))
			w.OK(err)
			w.same(fmt.Sprintf("incident at %d", i), got, want.Stored())
			w.same(fmt.Sprintf("change at %d", i), change, wantChange)
			_, change, err = s.See(w.Context(), "a", on(i), eur(minor))
			w.OK(err)
			w.same(fmt.Sprintf("change at %d again", i), change, market.Unchanged)
			if wantChange == market.Opened {
				opened++
			}
		}
		w.same("the number of incidents", len(w.found(market.BreachFilter{})), opened)
		_, _, err = market.New(w.Store).See(w.Context(), "a", on(1), eur(1))
		w.Matches(err, market.ErrOrder)
		_, _, err = market.New(w.Store).See(w.Context(), "b", on(1), eur(1))
		w.Matches(err, market.ErrUnknown)
	}},
}
