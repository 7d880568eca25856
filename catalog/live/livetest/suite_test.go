package livetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) live.Store { return live.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with some methods replaced.
type faulty struct {
	*live.MemoryStore
	get   func(ctx context.Context, id string) (live.Event, error)
	save  func(ctx context.Context, e live.Event) (live.Event, error)
	list  func(ctx context.Context, after time.Time, limit int) ([]live.Event, error)
	due   func(ctx context.Context, at time.Time, limit int) ([]live.Event, error)
	claim func(ctx context.Context, c live.Claim, most int64) (int64, bool, error)
	sold  func(ctx context.Context, event string) (map[string]int64, error)
}

func (f *faulty) Get(ctx context.Context, id string) (live.Event, error) {
	if f.get != nil {
		return f.get(ctx, id)
	}
	return f.MemoryStore.Get(ctx, id)
}

func (f *faulty) Save(ctx context.Context, e live.Event) (live.Event, error) {
	if f.save != nil {
		return f.save(ctx, e)
	}
	return f.MemoryStore.Save(ctx, e)
}

func (f *faulty) List(ctx context.Context, after time.Time, limit int) ([]live.Event, error) {
	if f.list != nil {
		return f.list(ctx, after, limit)
	}
	return f.MemoryStore.List(ctx, after, limit)
}

func (f *faulty) Due(ctx context.Context, at time.Time, limit int) ([]live.Event, error) {
	if f.due != nil {
		return f.due(ctx, at, limit)
	}
	return f.MemoryStore.Due(ctx, at, limit)
}

func (f *faulty) Claim(ctx context.Context, c live.Claim, most int64) (int64, bool, error) {
	if f.claim != nil {
		return f.claim(ctx, c, most)
	}
	return f.MemoryStore.Claim(ctx, c, most)
}

func (f *faulty) Sold(ctx context.Context, event string) (map[string]int64, error) {
	if f.sold != nil {
		return f.sold(ctx, event)
	}
	return f.MemoryStore.Sold(ctx, event)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name, caughtBy string
		make           func(m *live.MemoryStore) *faulty
	}{
		{"the recording is lost", "save/round-trip", func(m *live.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, e live.Event) (live.Event, error) { e.Recording = ""; return m.Save(ctx, e) }}
		}},
		{"a stale save overwrites", "save/stale-version", func(m *live.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, e live.Event) (live.Event, error) {
				if there, err := m.Get(ctx, e.ID); err == nil {
					e.Version = there.Version
				}
				return m.Save(ctx, e)
			}}
		}},
		{"every save succeeds", "save/race", func(m *live.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, e live.Event) (live.Event, error) {
				for {
					saved, err := m.Save(ctx, e)
					if !errors.Is(err, live.ErrStale) {
						return saved, err
					}
					e.Version++
				}
			}}
		}},
		{"times are rounded", "save/times", func(m *live.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, e live.Event) (live.Event, error) {
				e.Starts = e.Starts.Round(time.Microsecond)
				return m.Save(ctx, e)
			}}
		}},
		{"ended events are listed by their start", "list/order", func(m *live.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, after time.Time, limit int) ([]live.Event, error) {
				return m.List(ctx, after.Add(-10*time.Second), limit)
			}}
		}},
		{"the limit is ignored", "list/order", func(m *live.MemoryStore) *faulty {
			return &faulty{due: func(ctx context.Context, at time.Time, _ int) ([]live.Event, error) { return m.Due(ctx, at, 99) }}
		}},
		{"the canceled context is not looked at", "context/canceled", func(m *live.MemoryStore) *faulty {
			return &faulty{sold: func(ctx context.Context, event string) (map[string]int64, error) {
				return m.Sold(context.WithoutCancel(ctx), event)
			}}
		}},
		{"a repeated claim counts again", "claim/quota", func(m *live.MemoryStore) *faulty {
			var n atomic.Int64
			return &faulty{claim: func(ctx context.Context, c live.Claim, most int64) (int64, bool, error) {
				c.Ref += fmt.Sprint("+", n.Add(1))
				return m.Claim(ctx, c, most)
			}}
		}},
		{"the quota is looked at before the claim, not with it", "claim/race", func(m *live.MemoryStore) *faulty {
			return &faulty{claim: func(ctx context.Context, c live.Claim, most int64) (int64, bool, error) {
				sold, err := m.Sold(ctx, c.Event)
				if err == nil && most > 0 && sold[c.Slot]+c.Quantity > most {
					return 0, false, live.ErrSoldOut
				}
				time.Sleep(time.Millisecond) // others look, too
				return m.Claim(ctx, c, 0)
			}}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() live.Store {
			m := live.NewMemory(nil)
			s := c.make(m)
			s.MemoryStore = m
			return s
		})
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	claim := live.Claim{Event: "e", Slot: "a", Ref: "r", Quantity: 1}
	fresh := func() live.Store {
		m := live.NewMemory(nil)
		w := &world{Store: m, ctx: ctx}
		if err := suite.First(w.save(sample("e")), w.claims("a", "r0", 1, 0, 1, true)); err != nil {
			t.Fatal(err)
		}
		return m
	}
	suite.Fails(t, Failing, fresh, map[string]func(s live.Store) error{
		"Get":  func(s live.Store) error { return suite.Err(s.Get(ctx, "e")) },
		"Save": func(s live.Store) error { return suite.Err(s.Save(ctx, sample("f"))) },
		"List": func(s live.Store) error { return suite.Err(s.List(ctx, start, 9)) },
		"Due":  func(s live.Store) error { return suite.Err(s.Due(ctx, start, 9)) },
		"Claim": func(s live.Store) error {
			_, _, err := s.Claim(ctx, claim, 0)
			return err
		},
		"Unclaim": func(s live.Store) error {
			_, _, err := s.Unclaim(ctx, "e", "a", "r0")
			return err
		},
		"Sold": func(s live.Store) error { return suite.Err(s.Sold(ctx, "e")) },
	}, func(s live.Store) (any, error) {
		events, err := s.List(ctx, start, 9)
		sold, err2 := s.Sold(ctx, "e")
		return []any{events, sold}, errors.Join(err, err2)
	})
}
