package inventorysql_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory"
)

// TestModel compares the service on each store with a plain model of what its
// comments promise: random calls must be answered alike and leave alike levels.
func TestModel(t *testing.T) {
	t.Run("memory", func(t *testing.T) { compare(t, inventory.NewMemory(nil), false) })
	t.Run("memory step by step", func(t *testing.T) { compare(t, stepByStep{inventory.NewMemory(nil)}, true) })
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		testkit.Checks(t, 100, 15)
		compare(t, migrated(t, open(t), d), false)
	})
}

// stepByStep hides PostBatch. What it refuses it keeps as released.
type stepByStep struct{ inventory.Store }

const hold = time.Hour

func compare(t *testing.T, store inventory.Store, keepsRefused bool) {
	rapid.Check(t, against(store, keepsRefused))
}

// FuzzModel looks for calls that stock in memory and the model answer differently.
func FuzzModel(f *testing.F) {
	f.Add(testkit.Bytes(4096))
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { against(inventory.NewMemory(nil), false)(t) }))
}

// against returns the comparison of stock in a store with a model.
func against(store inventory.Store, keepsRefused bool) func(t *rapid.T) {
	runs := 0
	return func(t *rapid.T) {
		runs++ // each run has a location and refs of its own
		name := fmt.Sprintf("run %d.", runs)
		m := &model{keepsRefused: keepsRefused, now: time.Date(2024, 12, 31, 23, 0, 0, 0, time.UTC), stock: map[flywheel.SKU]*stock{}, posted: map[string]int64{}, promises: map[string]*promise{}}
		for _, sku := range skus {
			m.stock[sku] = &stock{}
		}
		svc, err := inventory.New(store, &inventory.Options{Hold: hold, Now: func() time.Time { return m.now }, Location: inventory.Location(name)})
		require.NoError(t, err)
		same := func(got, want error) {
			if (got == nil) != (want == nil) || !errors.Is(got, want) {
				t.Fatalf("answer %v, want %v", got, want)
			}
		}
		ref := rapid.SampledFrom([]string{name + "1", name + "2", name + "3"})
		sku := rapid.SampledFrom(skus)
		quantity := rapid.Int64Range(1, 6)
		ctx := t.Context()
		t.Repeat(map[string]func(*rapid.T){
			"receive": func(t *rapid.T) {
				r, s, q := ref.Draw(t, "ref"), sku.Draw(t, "sku"), quantity.Draw(t, "quantity")
				same(svc.Receive(ctx, r, []flywheel.Line{{SKU: s, Quantity: q}}), m.post("receive", r, s, q))
			},
			"restock": func(t *rapid.T) {
				r, s, q := ref.Draw(t, "ref"), sku.Draw(t, "sku"), quantity.Draw(t, "quantity")
				same(svc.Restock(ctx, r, []flywheel.Line{{SKU: s, Quantity: q}}), m.post("restock", r, s, q))
			},
			"adjust": func(t *rapid.T) {
				r, s, q := ref.Draw(t, "ref"), sku.Draw(t, "sku"), rapid.SampledFrom([]int64{-7, -2, 3}).Draw(t, "delta")
				same(svc.Adjust(ctx, r, "count", s, q), m.post("adjust", r, s, q))
			},
			"backorder": func(t *rapid.T) {
				s, limit := sku.Draw(t, "sku"), rapid.SampledFrom([]int64{0, 0, 4, inventory.Unlimited}).Draw(t, "limit")
				require.NoError(t, svc.SetBackorder(ctx, s, limit))
				m.stock[s].backorder = limit
			},
			"reserve": func(t *rapid.T) {
				r := ref.Draw(t, "ref")
				var lines []flywheel.Line
				want := map[flywheel.SKU]int64{}
				for range rapid.IntRange(1, 4).Draw(t, "lines") {
					s, q := sku.Draw(t, "sku"), rapid.Int64Range(1, 2).Draw(t, "quantity")
					lines = append(lines, flywheel.Line{SKU: s, Quantity: q})
					want[s] += q
				}
				same(svc.Reserve(ctx, r, lines), m.reserve(r, want))
			},
			"commit":  func(t *rapid.T) { r := ref.Draw(t, "ref"); same(svc.Commit(ctx, r), m.commit(r)) },
			"release": func(t *rapid.T) { r := ref.Draw(t, "ref"); same(svc.Release(ctx, r), m.release(r)) },
			"wait": func(t *rapid.T) {
				m.now = m.now.Add(rapid.SampledFrom([]time.Duration{time.Minute, hold / 2, hold}).Draw(t, "time"))
			},
			"expire": func(t *rapid.T) {
				_, err := svc.ReleaseExpired(ctx, m.now)
				require.NoError(t, err)
				m.expire()
			},
			"": func(t *rapid.T) {
				for _, s := range skus {
					got, err := svc.Level(ctx, s)
					require.NoError(t, err)
					want := m.stock[s]
					if got.OnHand != want.onHand || got.Reserved != want.reserved || got.Backorder != want.backorder {
						t.Fatalf("%s: level %+v, want %+v", s, got, *want)
					}
					var onHand, reserved int64
					for entry, err := range svc.Ledger(ctx, s, 0) {
						require.NoError(t, err)
						onHand, reserved = onHand+entry.OnHand, reserved+entry.Reserved
						require.Equal(t, [2]int64{onHand, reserved}, [2]int64{entry.OnHandAfter, entry.ReservedAfter})
					}
					require.Equal(t, [2]int64{want.onHand, want.reserved}, [2]int64{onHand, reserved}, "sum of the ledger")
				}
			},
		})
	}
}

var skus = []flywheel.SKU{"a", "B", "b"}

type stock struct{ onHand, reserved, backorder int64 }

func (s *stock) has(n int64) bool {
	return s.backorder == inventory.Unlimited || s.onHand-s.reserved-n >= -s.backorder
}

type promise struct {
	lines map[flywheel.SKU]int64
	state string
	until time.Time
}

type model struct {
	keepsRefused bool

	now      time.Time
	stock    map[flywheel.SKU]*stock
	posted   map[string]int64
	promises map[string]*promise
}

func (m *model) post(kind, ref string, sku flywheel.SKU, delta int64) error {
	key := kind + "/" + ref + "/" + string(sku)
	if before, ok := m.posted[key]; ok {
		if before != delta {
			return flywheel.ErrConflict
		}
		return nil
	}
	if delta < 0 && !m.stock[sku].has(-delta) {
		return inventory.ErrOutOfStock
	}
	m.posted[key] = delta
	m.stock[sku].onHand += delta
	return nil
}

func (m *model) reserve(ref string, lines map[flywheel.SKU]int64) error {
	if p := m.promises[ref]; p != nil {
		same, over := maps.Equal(p.lines, lines), !m.now.Before(p.until)
		switch {
		case p.state == "committed" && same, p.state == "open" && same && !over:
			return nil
		case p.state == "open" && same:
			p.until = m.now.Add(hold)
			return nil
		case p.state == "open" && over:
			m.end(p, "expired")
		case p.state == "committed", p.state == "open":
			return flywheel.ErrConflict
		}
	}
	enough := func() bool {
		for sku, n := range lines {
			if !m.stock[sku].has(n) {
				return false
			}
		}
		return true
	}
	if !enough() {
		if m.expire(); !enough() {
			if m.keepsRefused {
				m.promises[ref] = &promise{lines: lines, state: "released"}
			}
			return inventory.ErrOutOfStock
		}
	}
	for sku, n := range lines {
		m.stock[sku].reserved += n
	}
	m.promises[ref] = &promise{lines: lines, state: "open", until: m.now.Add(hold)}
	return nil
}

func (m *model) end(p *promise, state string) {
	for sku, n := range p.lines {
		m.stock[sku].reserved -= n
		if state == "committed" {
			m.stock[sku].onHand -= n
		}
	}
	p.state = state
}

func (m *model) commit(ref string) error {
	p := m.promises[ref]
	switch {
	case p == nil:
		return flywheel.ErrNotFound
	case p.state == "committed":
		return nil
	case p.state == "released":
		return flywheel.ErrConflict
	case p.state == "expired" || !m.now.Before(p.until):
		return flywheel.ErrExpired
	}
	m.end(p, "committed")
	return nil
}

func (m *model) release(ref string) error {
	p := m.promises[ref]
	switch {
	case p == nil:
		return flywheel.ErrNotFound
	case p.state == "committed":
		return flywheel.ErrConflict
	case p.state == "open":
		m.end(p, "released")
	}
	return nil
}

func (m *model) expire() {
	for _, p := range m.promises {
		if p.state == "open" && !m.now.Before(p.until) {
			m.end(p, "expired")
		}
	}
}
