package markettest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) market.Store { return market.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with one method replaced.
type faulty struct {
	*market.MemoryStore
	save     func(ctx context.Context, w market.Watched, v *market.Violation) (market.Watched, error)
	breaches func(ctx context.Context, f market.BreachFilter) iter.Seq2[market.Breach, error]
	inTx     func(ctx context.Context, fn func(ctx context.Context) error) error
}

func (f *faulty) SaveWatch(ctx context.Context, w market.Watched, v *market.Violation) (market.Watched, error) {
	if f.save != nil {
		return f.save(ctx, w, v)
	}
	return f.MemoryStore.SaveWatch(ctx, w, v)
}

func (f *faulty) Breaches(ctx context.Context, filter market.BreachFilter) iter.Seq2[market.Breach, error] {
	if f.breaches != nil {
		return f.breaches(ctx, filter)
	}
	return f.MemoryStore.Breaches(ctx, filter)
}

func (f *faulty) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if f.inTx != nil {
		return f.inTx(ctx, fn)
	}
	return f.MemoryStore.InTx(ctx, fn)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name, caughtBy string
		make           func(m *market.MemoryStore) *faulty
	}{
		{"a stale watch is saved", "watch/version", func(m *market.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, w market.Watched, v *market.Violation) (market.Watched, error) {
				if before, err := m.Watch(ctx, w.ID); err == nil {
					w.Version = before.Version
				}
				return m.SaveWatch(ctx, w, v)
			}}
		}},
		{"the state of a watch is lost", "service/readings", func(m *market.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, w market.Watched, v *market.Violation) (market.Watched, error) {
				w.State.Low = 0
				return m.SaveWatch(ctx, w, v)
			}}
		}},
		{"an incident is kept once", "breaches/filter", func(m *market.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, w market.Watched, v *market.Violation) (market.Watched, error) {
				if v != nil && !v.Closed.IsZero() {
					v = nil
				}
				return m.SaveWatch(ctx, w, v)
			}}
		}},
		{"closed incidents count as open", "breaches/filter", func(m *market.MemoryStore) *faulty {
			return &faulty{breaches: func(ctx context.Context, f market.BreachFilter) iter.Seq2[market.Breach, error] {
				f.Open = false
				return m.Breaches(ctx, f)
			}}
		}},
		{"a page is all", "breaches/paging", func(m *market.MemoryStore) *faulty {
			return &faulty{breaches: func(ctx context.Context, f market.BreachFilter) iter.Seq2[market.Breach, error] {
				return func(yield func(market.Breach, error) bool) {
					n := 0
					for b, err := range m.Breaches(ctx, f) {
						if n++; n > 500 || !yield(b, err) {
							return
						}
					}
				}
			}}
		}},
		{"a canceled context is not heard", "context/canceled", func(m *market.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, w market.Watched, v *market.Violation) (market.Watched, error) {
				return m.SaveWatch(context.WithoutCancel(ctx), w, v)
			}}
		}},
		{"a transaction that fails is kept", "transaction/rollback", func(m *market.MemoryStore) *faulty {
			return &faulty{inTx: func(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() market.Store {
			m := market.NewMemory(nil)
			f := c.make(m)
			f.MemoryStore = m
			return f
		})
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() market.Store {
		m := market.NewMemory(nil)
		if _, err := m.SaveWatch(ctx, watch("a"), violation(1)); err != nil {
			t.Fatal(err)
		}
		return m
	}
	suite.Fails(t, Failing, fresh, map[string]func(s market.Store) error{
		"Watch":     func(s market.Store) error { return suite.Err(s.Watch(ctx, "a")) },
		"SaveWatch": func(s market.Store) error { return suite.Err(s.SaveWatch(ctx, watch("b"), violation(2))) },
		"Watches":   func(s market.Store) error { return suite.Err(suite.Collect(s.Watches(ctx))) },
		"Breaches":  func(s market.Store) error { return suite.Err(suite.Collect(s.Breaches(ctx, market.BreachFilter{}))) },
	}, func(s market.Store) (any, error) {
		watches, err1 := suite.Collect(s.Watches(ctx))
		breaches, err2 := suite.Collect(s.Breaches(ctx, market.BreachFilter{}))
		return fmt.Sprint(watches, breaches), errors.Join(err1, err2)
	})
	if tx := Failing(fresh(), nil).(flywheel.Stored).Handle(); tx == nil {
		t.Error("a failing store names no database")
	}
}
