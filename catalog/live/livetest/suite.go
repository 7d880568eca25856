package livetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s live.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) live.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world) error

var contract = suite.Suite[live.Store, check]{
	Cases: slices.Concat(eventCases, claimCases),
	Call: func(t suite.T, check check, s live.Store, tx flywheel.Transactor) error {
		return check(&world{s, tx, t.Context()})
	},
}

// world is what a check works on.
type world struct {
	live.Store
	tx  flywheel.Transactor
	ctx context.Context
}

var start = time.Date(2024, 11, 11, 20, 0, 0, 123456000, time.UTC)

// sample returns an event that is not stored yet, with every field set.
func sample(id string) live.Event {
	return live.Event{
		ID: id, Title: "Mugs", Host: "anna", Starts: start, Ends: start.Add(time.Hour), StartedAt: start.Add(time.Second), State: live.Live,
		Slots: []live.Slot{{ID: "mug", Title: "Mug", Product: "p", SKUs: []flywheel.SKU{"mug"}, Price: money.PriceOf(money.New(500, money.EUR)), Quota: 10},
			{ID: "cup", Product: "p", SKUs: []flywheel.SKU{"cup"}, Percent: money.Percent(10)}},
		Attribute: "live", Marks: []live.Mark{{Offset: time.Second, Slot: "mug"}}, Recording: "https://x.example/",
	}
}

func with(id string, change func(e *live.Event)) live.Event {
	e := sample(id)
	change(&e)
	return e
}

func (w *world) save(events ...live.Event) error {
	for _, e := range events {
		if _, err := w.Save(w.ctx, e); err != nil {
			return fmt.Errorf("Save %q: %w", e.ID, err)
		}
	}
	return nil
}

func ids(events []live.Event) []string {
	list := []string{}
	for _, e := range events {
		list = append(list, e.ID)
	}
	return list
}

func (w *world) dues(seconds, limit int, want ...string) error {
	events, err := w.Due(w.ctx, start.Add(time.Duration(seconds)*time.Second), limit)
	return suite.First(err, suite.Same(fmt.Sprintf("Due after %d s", seconds), ids(events), append([]string{}, want...)))
}

func (w *world) lists(seconds, limit int, want ...string) error {
	events, err := w.List(w.ctx, start.Add(time.Duration(seconds)*time.Second), limit)
	return suite.First(err, suite.Same(fmt.Sprintf("List after %d s", seconds), ids(events), append([]string{}, want...)))
}

func (w *world) claims(slot, ref string, quantity, most, sold int64, added bool) error {
	got, new, err := w.Claim(w.ctx, live.Claim{Event: "e", Slot: slot, Ref: ref, Quantity: quantity}, most)
	return suite.First(err, suite.Same("units", got, sold), suite.Same("added", new, added))
}

func (w *world) refused(slot, ref string, quantity, most int64, want error) error {
	_, _, err := w.Claim(w.ctx, live.Claim{Event: "e", Slot: slot, Ref: ref, Quantity: quantity}, most)
	return suite.Wrong("Claim "+ref, err, want)
}

func (w *world) sold(want map[string]int64) error {
	got, err := w.Sold(w.ctx, "e")
	return suite.First(err, suite.Same("Sold", got, want))
}

var eventCases = []testCase{
	{Name: "save/round-trip", Rule: "a saved event comes back whole, and shares no memory", Check: func(w *world) error {
		e := sample("e")
		saved, err := w.Save(w.ctx, e)
		want := sample("e")
		want.Version = 1
		if err := suite.First(err, suite.Same("Save", saved, want)); err != nil {
			return err
		}
		e.Slots[0].SKUs[0], e.Marks[0].Slot = "x", "x"
		got, err := w.Get(w.ctx, "e")
		if err := suite.First(err, suite.Same("Get", got, want)); err != nil {
			return err
		}
		got.Slots[0].SKUs[0] = "x"
		got, err = w.Get(w.ctx, "e")
		return suite.First(err, suite.Same("Get again", got, want))
	}},
	{Name: "save/stale-version", Rule: "Save refuses a version that is not the stored one", Check: func(w *world) error {
		if err := w.save(sample("e")); err != nil {
			return err
		}
		for _, version := range []int64{0, 2} {
			_, err := w.Save(w.ctx, with("e", func(e *live.Event) { e.Version = version }))
			if err := suite.Wrong("Save", err, live.ErrStale); err != nil {
				return err
			}
		}
		_, err := w.Save(w.ctx, with("f", func(e *live.Event) { e.Version = 1 }))
		_, missing := w.Get(w.ctx, "f")
		return suite.First(suite.Wrong("Save of nothing", err, live.ErrStale), suite.Wrong("Get", missing, flywheel.ErrNotFound))
	}},
	{Name: "save/race", Rule: "of parallel saves of one version one succeeds", Check: func(w *world) error {
		for version := range int64(2) {
			if _, err := suite.Race(8, live.ErrStale, func(i int) error {
				_, err := w.Save(w.ctx, with("e", func(e *live.Event) { e.Version, e.Title = version, fmt.Sprint(i) }))
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "save/times", Rule: "times are kept in UTC to the microsecond, cut off", Check: func(w *world) error {
		e := sample("e")
		e.Starts = time.Date(2011, 10, 30, 2, 30, 0, 999_999_999, time.FixedZone("", 2*3600))
		e.Ends = e.Starts.Add(time.Hour)
		got, err := w.Save(w.ctx, e)
		return suite.First(err, suite.Same("Starts", got.Starts, time.Date(2011, 10, 30, 0, 30, 0, 999_999_000, time.UTC)), w.dues(0, 9, "e"))
	}},
	{Name: "list/order", Rule: "List is what ends later, by start and ID, Due what is over and neither ended nor canceled", Check: func(w *world) error {
		at := func(id string, seconds int, state live.State) live.Event {
			return with(id, func(e *live.Event) {
				e.Starts = start.Add(time.Duration(seconds) * time.Second)
				e.Ends, e.State = e.Starts.Add(10*time.Second), state
			})
		}
		if err := w.save(at("c", 0, live.Live), at("b", 5, live.Scheduled), at("a", 5, live.Scheduled), at("d", 1, live.Ended), at("e", 2, live.Canceled)); err != nil {
			return err
		}
		if err := suite.First(w.lists(0, 9, "c", "d", "e", "a", "b"), w.lists(11, 9, "e", "a", "b"), w.lists(11, 1, "e"), w.lists(15, 9),
			w.dues(9, 9), w.dues(10, 9, "c"), w.dues(15, 9, "c", "a", "b"), w.dues(15, 2, "c", "a")); err != nil {
			return err
		}
		e, err := w.Get(w.ctx, "c")
		e.State = live.Ended
		return suite.First(err, w.save(e), w.dues(15, 9, "a", "b"))
	}},
	{Name: "context/canceled", Rule: "a call with a canceled context has no effect and reports the context's error", Check: func(w *world) error {
		over, cancel := context.WithCancel(w.ctx)
		cancel()
		_, getErr := w.Get(over, "e")
		_, saveErr := w.Save(over, sample("e"))
		_, listErr := w.List(over, start, 1)
		_, dueErr := w.Due(over, start, 1)
		_, _, claimErr := w.Claim(over, live.Claim{Event: "e", Slot: "s", Ref: "r", Quantity: 1}, 0)
		_, _, unclaimErr := w.Unclaim(over, "e", "s", "r")
		_, soldErr := w.Sold(over, "e")
		for name, err := range map[string]error{"Get": getErr, "Save": saveErr, "List": listErr, "Due": dueErr, "Claim": claimErr, "Unclaim": unclaimErr, "Sold": soldErr} {
			if err := suite.Wrong(name, err, context.Canceled); err != nil {
				return err
			}
		}
		return suite.First(w.sold(map[string]int64{}), w.lists(0, 9))
	}},
}

var claimCases = []testCase{
	{Name: "claim/quota", Rule: "claims add up to the quota and no further, each once; what is given back can be claimed", Check: func(w *world) error {
		if err := suite.First(w.claims("a", "r1", 2, 5, 2, true), w.claims("a", "r2", 3, 5, 5, true), w.claims("a", "r1", 2, 5, 5, false), w.refused("a", "r3", 1, 5, live.ErrSoldOut),
			w.refused("a", "r1", 1, 5, flywheel.ErrKeyReused), w.claims("b", "r1", 9, 0, 9, true), w.refused("c", "r1", 6, 5, live.ErrSoldOut), w.claims("a", "R1", 1, 6, 6, true),
			w.sold(map[string]int64{"a": 6, "b": 9})); err != nil {
			return err
		}
		sold, removed, err := w.Unclaim(w.ctx, "e", "a", "r2")
		if err := suite.First(err, suite.Same("units", sold, int64(3)), suite.Same("removed", removed, live.Claim{Event: "e", Slot: "a", Ref: "r2", Quantity: 3})); err != nil {
			return err
		}
		sold, removed, err = w.Unclaim(w.ctx, "e", "a", "r2")
		return suite.First(err, suite.Same("units", sold, int64(3)), suite.Same("removed", removed, live.Claim{}), w.claims("a", "r2", 2, 5, 5, true), w.sold(map[string]int64{"a": 5, "b": 9}))
	}},
	{Name: "claim/race", Rule: "of many claims at once so many succeed as the quota allows", Check: func(w *world) error {
		won := 0
		for _, err := range suite.Parallel(20, func(i int) error {
			_, _, err := w.Claim(w.ctx, live.Claim{Event: "e", Slot: "a", Ref: fmt.Sprint(i), Quantity: 1}, 7)
			return err
		}) {
			if err == nil {
				won++
			} else if err := suite.Wrong("Claim", err, live.ErrSoldOut); err != nil {
				return err
			}
		}
		return suite.First(suite.Same("claims", won, 7), w.sold(map[string]int64{"a": 7}))
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "an error or a panic of the transaction takes back every call in it", Check: func(w *world) error {
		if err := suite.First(w.save(sample("e")), w.claims("a", "r1", 2, 5, 2, true)); err != nil {
			return err
		}
		for _, panics := range []bool{false, true} {
			err := suite.RollBack(w.ctx, w.tx, panics, func(ctx context.Context) error {
				in := &world{w.Store, w.tx, ctx}
				_, _, err := in.Unclaim(ctx, "e", "a", "r1")
				return suite.First(err, in.claims("a", "r2", 5, 5, 5, true), in.refused("a", "r3", 1, 5, live.ErrSoldOut), in.save(with("e", func(e *live.Event) { e.Version = 1 }), sample("f")))
			})
			if err := suite.First(err, w.sold(map[string]int64{"a": 2}), w.lists(0, 9, "e"), w.claims("a", "r1", 2, 5, 2, false)); err != nil {
				return fmt.Errorf("after the rollback (panic %v): %w", panics, err)
			}
		}
		return nil
	}},
	{Name: "transaction/commit", Transactions: true, Rule: "calls in one transaction see each other and are kept together", Check: func(w *world) error {
		err := w.tx.InTx(w.ctx, func(ctx context.Context) error {
			in := &world{w.Store, w.tx, ctx}
			return suite.First(in.save(sample("e")), in.claims("a", "r1", 2, 5, 2, true), in.lists(0, 9, "e"), in.sold(map[string]int64{"a": 2}))
		})
		return suite.First(err, w.sold(map[string]int64{"a": 2}), w.lists(0, 9, "e"))
	}},
}
