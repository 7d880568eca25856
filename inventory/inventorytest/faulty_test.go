package inventorytest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
)

// whole is a memory store with its transactions, which the faulty ones spoil.
type whole struct {
	*inventory.MemoryStore
	*flywheel.Memory
}

func newWhole() whole {
	db := &flywheel.Memory{}
	return whole{inventory.NewMemory(db), db}
}

func TestRunPassesWhatIsRight(t *testing.T) {
	if names := contract(1).Broken(t.Context(), func() inventory.Store { return newWhole() }); names != nil {
		t.Errorf("the memory store breaks %q", names)
	}
}

// TestRunCatches gives the suite stores with one fault each. The named check
// must catch it.
func TestRunCatches(t *testing.T) {
	for _, f := range []struct {
		fault, check string
		fresh        func() inventory.Store
	}{
		{"posts a repeated movement again", "post/repeated", func() inventory.Store { return &forgetful{plain: plain{newWhole()}} }},
		{"answers a repeated movement with the balances of now", "post/repeated", func() inventory.Store { return freshBalances{plain{newWhole()}} }},
		{"takes any reason for the same body", "post/other-body", func() inventory.Store { return noReason{plain{newWhole()}} }},
		{"folds the case of refs", "post/keys", func() inventory.Store { return folding{plain{newWhole()}} }},
		{"checks first and writes later", "post/race", func() inventory.Store { return checksFirst{plain{newWhole()}} }},
		{"lets one unit too many go on backorder", "post/backorder", func() inventory.Store { return generous{plain{newWhole()}} }},
		{"does not remember a release that came first", "hold/closed-before-opened", func() inventory.Store { return noTombstone{plain{newWhole()}} }},
		{"ignores the version of a reservation", "reservation/version", func() inventory.Store { return lastWins{plain{newWhole()}} }},
		{"hands out its own lines", "reservation/copy", func() inventory.Store { return &sharing{plain: plain{newWhole()}} }},
		{"keeps local times", "reservation/round-trip", func() inventory.Store { return local{plain{newWhole()}} }},
		{"lists in another order", "levels/order", func() inventory.Store { return backwards{plain{newWhole()}} }},
		{"reads the ledger from the start", "ledger/after", func() inventory.Store { return fromStart{plain{newWhole()}} }},
		{"finds nothing to take back", "service/advance", func() inventory.Store { return blind{newWhole()} }},
		{"counts a reservation as due only after its end", "due/order", func() inventory.Store { return late{plain{newWhole()}} }},
		{"goes on after the context is over", "context/cancelled", func() inventory.Store { return deaf{plain{newWhole()}} }},
		{"posts half a batch", "batch/all-or-nothing", func() inventory.Store { return halves{newWhole()} }},
		{"loses steps of a saga", "service/crash-and-retry", func() inventory.Store { return lazyCommit{plain{newWhole()}} }},
		{"keeps what a failed transaction did", "tx/rollback", func() inventory.Store { return noRollback{newWhole()} }},
		{"does not tell shipments apart", "order/repeated", func() inventory.Store { return keyless{plain{newWhole()}} }},
		{"counts no limit over all places", "order/limit", func() inventory.Store { return limitless{newWhole()} }},
		{"counts twice", "order/count", func() inventory.Store { return &recounting{plain: plain{newWhole()}} }},
		{"keeps the first item", "items/round-trip", func() inventory.Store { return firstItem{newWhole()} }},
		{"keeps the item of a failed transaction", "items/rollback", func() inventory.Store { return itemOutside{newWhole()} }},
		{"leaves levels at other places out", "items/levels-of", func() inventory.Store { return oneLevel{newWhole()} }},
		{"knows the last attempt only", "items/document", func() inventory.Store { return lastAttempt{newWhole()} }},
		{"takes papers of two kinds for one", "purchase/schedule", func() inventory.Store { return onePaper{newWhole()} }},
		{"forgets the range of a day", "purchase/promise", func() inventory.Store { return rangeless{newWhole()} }},
		{"keeps one line of a SKU", "purchase/schedule", func() inventory.Store { return oneRow{newWhole()} }},
		{"finds no documents", "purchase/supply", func() inventory.Store { return forgetsKeys{newWhole()} }},
		{"commits when the transaction panics", "tx/panic", func() inventory.Store { return panicCommits{newWhole()} }},
	} {
		contract(1).Bites(t, f.fault, f.check, f.fresh)
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() inventory.Store {
		m := inventory.NewMemory(nil)
		if _, err := m.SavePaper(ctx, inventory.Paper{Kind: inventory.PaperCount, Ref: "p", Open: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Post(ctx, move(inventory.KindReceive, "x", "a", 5)); err != nil {
			t.Fatal(err)
		}
		if _, err := m.SaveReservation(ctx, reservation("r", inventory.StateOpen, noon)); err != nil {
			t.Fatal(err)
		}
		return m
	}
	levels := func(s inventory.Store) ([]inventory.Level, error) { return suite.Collect(s.Levels(ctx, "", "")) }
	suite.Fails(t, Failing, fresh, map[string]func(s inventory.Store) error{
		"SetBackorder": func(s inventory.Store) error { return s.SetBackorder(ctx, "a", main, 1) },
		"Post":         func(s inventory.Store) error { return suite.Err(s.Post(ctx, move(inventory.KindReceive, "y", "a", 1))) },
		"PostBatch": func(s inventory.Store) error {
			return s.(inventory.BatchStore).PostBatch(ctx, nil, []inventory.Movement{move(inventory.KindReceive, "z", "b", 1)})
		},
		"Reservation": func(s inventory.Store) error { return suite.Err(s.Reservation(ctx, "r")) },
		"SaveReservation": func(s inventory.Store) error {
			return suite.Err(s.SaveReservation(ctx, reservation("s", inventory.StateOpen, noon)))
		},
		"SaveItem": func(s inventory.Store) error {
			return s.(inventory.ItemStore).SaveItem(ctx, inventory.Item{SKU: "a", Safety: 3})
		},
		"Items": func(s inventory.Store) error {
			return suite.Err(s.(inventory.ItemStore).Items(ctx, []flywheel.SKU{"a"}))
		},
		"LevelsOf": func(s inventory.Store) error {
			return suite.Err(s.(inventory.ItemStore).LevelsOf(ctx, []flywheel.SKU{"a"}))
		},
		"Document": func(s inventory.Store) error { return suite.Err(s.(inventory.ItemStore).Document(ctx, "x")) },
		"Lots":     func(s inventory.Store) error { return suite.Err(s.(inventory.LotStore).Lots(ctx, "a", main)) },
		"ExpiredLots": func(s inventory.Store) error {
			return suite.Err(s.(inventory.LotStore).ExpiredLots(ctx, day(9), 9))
		},
		"PostLots": func(s inventory.Store) error {
			return s.(inventory.LotStore).PostLots(ctx, []inventory.LotMove{{SKU: "a", Location: main, Lot: "L", Kind: inventory.KindReceive, Ref: "x", OnHand: 1, At: noon}})
		},
		"LotMoves":   func(s inventory.Store) error { return suite.Err(s.(inventory.LotStore).LotMoves(ctx, "a", "L")) },
		"LotMovesOf": func(s inventory.Store) error { return suite.Err(s.(inventory.LotStore).LotMovesOf(ctx, "x")) },
		"RecallLot":  func(s inventory.Store) error { return s.(inventory.LotStore).RecallLot(ctx, "a", "L", true) },
		"IsRecalled": func(s inventory.Store) error { return suite.Err(s.(inventory.LotStore).IsRecalled(ctx, "a", "L")) },
		"Paper": func(s inventory.Store) error {
			return suite.Err(s.(inventory.PaperStore).Paper(ctx, inventory.PaperCount, "p"))
		},
		"SavePaper": func(s inventory.Store) error {
			return suite.Err(s.(inventory.PaperStore).SavePaper(ctx, inventory.Paper{Kind: inventory.PaperCount, Ref: "q", Open: true}))
		},
		"OpenPapers": func(s inventory.Store) error {
			return suite.Err(s.(inventory.PaperStore).OpenPapers(ctx, inventory.PaperCount, "", 9))
		},
		"Incoming": func(s inventory.Store) error {
			return suite.Err(s.(inventory.PaperStore).Incoming(ctx, []flywheel.SKU{"a"}))
		},
		"Due":    func(s inventory.Store) error { return suite.Err(s.Due(ctx, noon, 9)) },
		"Levels": func(s inventory.Store) error { return suite.Err(levels(s)) },
		"Ledger": func(s inventory.Store) error { return suite.Err(suite.Collect(s.Ledger(ctx, "a", main, 0))) },
	}, func(s inventory.Store) (any, error) {
		all, err := levels(s)
		due, dueErr := s.Due(ctx, noon, 9)
		items, itemErr := s.(inventory.ItemStore).Items(ctx, []flywheel.SKU{"a"})
		lots, lotErr := s.(inventory.LotStore).LotMoves(ctx, "a", "L")
		recalled, recallErr := s.(inventory.LotStore).IsRecalled(ctx, "a", "L")
		papers, paperErr := s.(inventory.PaperStore).OpenPapers(ctx, inventory.PaperCount, "", 9)
		return []any{all, due, items, lots, recalled, papers}, errors.Join(err, dueErr, itemErr, lotErr, recallErr, paperErr)
	})
}

type forgetful struct {
	plain
	n atomic.Int64
}

func (s *forgetful) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	ref := m.Ref
	if m.Kind == inventory.KindReceive {
		m.Ref = fmt.Sprint(ref, " ", s.n.Add(1))
	}
	answer, err := s.Store.Post(ctx, m)
	answer.Ref = ref
	return answer, err
}

type freshBalances struct{ plain }

func (s freshBalances) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	answer, err := s.Store.Post(ctx, m)
	for l := range s.Levels(context.WithoutCancel(ctx), m.SKU, m.Location) {
		answer.OnHandAfter = l.OnHand
	}
	return answer, err
}

type noReason struct{ plain }

func (s noReason) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	m.Reason = ""
	return s.Store.Post(ctx, m)
}

type folding struct{ plain }

func (s folding) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	m.Ref = strings.ToLower(m.Ref)
	return s.Store.Post(ctx, m)
}

type checksFirst struct{ plain }

func (s checksFirst) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	if m.Kind != inventory.KindReserve {
		return s.Store.Post(ctx, m)
	}
	level := inventory.Level{SKU: m.SKU, Location: m.Location}
	for l, err := range s.Levels(ctx, m.SKU, m.Location) {
		if err != nil {
			return m, err
		}
		level = l
	}
	if have := level.Promisable(); m.Reserved > have {
		return m, &inventory.ShortageError{SKU: m.SKU, Location: m.Location, Want: m.Reserved, Have: have}
	}
	time.Sleep(time.Millisecond) // as a slow network would
	if err := s.SetBackorder(ctx, m.SKU, m.Location, inventory.Unlimited); err != nil {
		return m, err
	}
	return s.Store.Post(ctx, m)
}

type generous struct{ plain }

func (s generous) SetBackorder(ctx context.Context, sku flywheel.SKU, location inventory.Location, limit int64) error {
	if limit > 0 && limit < inventory.Unlimited {
		limit++
	}
	return s.Store.SetBackorder(ctx, sku, location, limit)
}

type noTombstone struct{ plain }

func (s noTombstone) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	if m.Kind == inventory.KindRelease || m.Kind == inventory.KindExpire {
		for e := range s.Ledger(ctx, m.SKU, m.Location, 0) {
			if e.Ref == m.Ref && e.Attempt == m.Attempt {
				return s.Store.Post(ctx, m)
			}
		}
		return m, nil
	}
	return s.Store.Post(ctx, m)
}

type lastWins struct{ plain }

func (s lastWins) SaveReservation(ctx context.Context, r inventory.Reservation) (inventory.Reservation, error) {
	r.Version = 0
	if stored, err := s.Reservation(ctx, r.Ref); err == nil {
		r.Version = stored.Version
	}
	return s.Store.SaveReservation(ctx, r)
}

type sharing struct {
	plain
	known sync.Map
}

func (s *sharing) Reservation(ctx context.Context, ref string) (inventory.Reservation, error) {
	r, err := s.Store.Reservation(ctx, ref)
	if err == nil {
		first, _ := s.known.LoadOrStore(fmt.Sprint(ref, r.Version), r)
		r = first.(inventory.Reservation)
	}
	return r, err
}

type local struct{ plain }

func (s local) Reservation(ctx context.Context, ref string) (inventory.Reservation, error) {
	r, err := s.Store.Reservation(ctx, ref)
	r.Expires = r.Expires.In(time.FixedZone("here", 3600))
	return r, err
}

type backwards struct{ plain }

func (s backwards) Levels(ctx context.Context, sku flywheel.SKU, location inventory.Location) iter.Seq2[inventory.Level, error] {
	return func(yield func(inventory.Level, error) bool) {
		var all []inventory.Level
		for l, err := range s.Store.Levels(ctx, sku, location) {
			if err != nil {
				yield(l, err)
				return
			}
			all = append(all, l)
		}
		slices.SortFunc(all, func(a, b inventory.Level) int {
			return cmp.Or(cmp.Compare(strings.ToLower(string(a.SKU)), strings.ToLower(string(b.SKU))), cmp.Compare(a.Location, b.Location))
		})
		for _, l := range all {
			if !yield(l, nil) {
				return
			}
		}
	}
}

type fromStart struct{ plain }

func (s fromStart) Ledger(ctx context.Context, sku flywheel.SKU, location inventory.Location, _ int64) iter.Seq2[inventory.Movement, error] {
	return s.Store.Ledger(ctx, sku, location, 0)
}

type late struct{ plain }

func (s late) Due(ctx context.Context, now time.Time, limit int) ([]inventory.Reservation, error) {
	return s.Store.Due(ctx, now.Add(-time.Microsecond), limit)
}

type blind struct{ whole }

func (s blind) Due(context.Context, time.Time, int) ([]inventory.Reservation, error) { return nil, nil }

type deaf struct{ plain }

func (s deaf) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	return s.Store.Post(context.WithoutCancel(ctx), m)
}

type halves struct{ whole }

func (s halves) PostBatch(ctx context.Context, r *inventory.Reservation, ms []inventory.Movement) error {
	for i := range ms {
		var err error
		if ms[i], err = s.Post(ctx, ms[i]); err != nil {
			return err
		}
	}
	if r == nil {
		return nil
	}
	saved, err := s.SaveReservation(ctx, *r)
	if err == nil {
		*r = saved
	}
	return err
}

// lazyCommit calls a reservation committed as soon as it is being committed.
type lazyCommit struct{ plain }

func (s lazyCommit) SaveReservation(ctx context.Context, r inventory.Reservation) (inventory.Reservation, error) {
	state := r.State
	if state == inventory.StateCommitting {
		r.State = inventory.StateCommitted
	}
	saved, err := s.Store.SaveReservation(ctx, r)
	saved.State = state
	return saved, err
}

type noRollback struct{ whole }

func (s noRollback) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return fn(ctx)
}

type panicCommits struct{ whole }

func (s panicCommits) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	var panicked any
	err := s.whole.InTx(ctx, func(ctx context.Context) error {
		defer func() { panicked = recover() }()
		return fn(ctx)
	})
	if panicked != nil {
		panic(panicked)
	}
	return err
}
