package inventorysql_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// TestLedgerModel makes random calls of a service on each store and of a naive model
// beside it: answers, levels, lots, the choice of lots and balances at past instants must
// be the same. FLYWHEEL_LEDGER_OPS says how many calls in memory; each SQL store makes a
// share of them, see CONTRIBUTING.
func TestLedgerModel(t *testing.T) {
	if suite.Twofold() {
		t.Skip("it compares two programs call by call")
	}
	ops, share := 4_000, 10
	if text := os.Getenv("FLYWHEEL_LEDGER_OPS"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		ops, share = n, 1
		if text := os.Getenv("FLYWHEEL_LEDGER_SHARE"); text != "" {
			share, err = strconv.Atoi(text)
			require.NoError(t, err)
		}
	}
	t.Run("memory", func(t *testing.T) { beside(t, inventory.NewMemory(nil), ops, 1) })
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		beside(t, migrated(t, open(t), d), max(1, ops/share), 2)
	})
}

// lap is how many calls share a set of names: a new lap begins with empty shelves, so
// that the model, which looks at everything, stays quick.
const lap = 2_000

func beside(t *testing.T, store wholeStore, ops int, seed uint64) {
	instants := 0
	for done, n := 0, 0; done < ops; done, n = done+lap, n+1 { // each lap in names of its own
		b := &twins{t: t, store: store, r: rand.New(rand.NewPCG(seed, uint64(n))), name: fmt.Sprintf("%d.", n)}
		b.ledger = newLedger(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		var err error
		b.svc, err = inventory.New(store, &inventory.Options{Lots: true, Now: func() time.Time { return b.ledger.now }})
		require.NoError(t, err)
		b.setUp()
		for i := range min(lap, ops-done) {
			b.call(i)
			if i%50 == 49 {
				b.compare()
			}
		}
		b.compare()
		instants += b.instants(max(10, 1000*lap/ops))
		if ops-done >= lap {
			require.Greater(t, b.choices, 40, "too few lots were chosen")
			require.Greater(t, b.refusals, 40, "too few calls were refused")
			require.NotEmpty(t, b.ledger.recalls)
		}
	}
	if ops >= 10*lap {
		require.GreaterOrEqual(t, instants, 1000)
	}
}

// wholeStore is what all stores of this module offer.
type wholeStore interface {
	inventory.Store
	inventory.ItemStore
	inventory.LotStore
}

// twins is a service and a model that get the same calls.
type twins struct {
	t      *testing.T
	r      *rand.Rand
	name   string // prefix of all names
	svc    *inventory.Service
	store  wholeStore
	ledger *ledger
	skus   []flywheel.SKU
	places []inventory.Location
	refs   int
	keys   int
	what   string // the call, for messages
	// choices counts lots that were chosen and compared, refusals the calls that both
	// refused.
	choices, refusals int
}

func (b *twins) setUp() {
	ctx := b.t.Context()
	b.places = []inventory.Location{inventory.Location(b.name + "e"), inventory.Location(b.name + "w")}
	for name, tracking := range map[string]inventory.Tracking{"a": "", "b": "", "milk": inventory.ByLot, "oil": inventory.ByLot, "key": inventory.BySerial} {
		sku := flywheel.SKU(b.name + name)
		b.skus = append(b.skus, sku)
		b.ledger.track[sku], b.ledger.limit[sku] = tracking, int64(len(name)*3)
		require.NoError(b.t, b.svc.SetItem(ctx, inventory.Item{SKU: sku, Tracking: tracking, Policy: fulfillment.Backorder, Limit: b.ledger.limit[sku]}))
	}
	slices.Sort(b.skus)
}

func (b *twins) ref(kind string) string {
	b.refs++
	return fmt.Sprint(b.name, kind, b.refs)
}

func (b *twins) same(got, want error) {
	b.t.Helper()
	if want != nil {
		b.refusals++
	}
	ok := (got == nil) == (want == nil) && errors.Is(got, want)
	if want == errOver {
		ok = errors.Is(got, flywheel.ErrConflict) || errors.Is(got, flywheel.ErrExpired)
	}
	if !ok {
		b.t.Fatalf("%s: answer %v, want %v", b.what, got, want)
	}
}

// lots makes lots of a SKU, for a service and for the model.
func (b *twins) lots(sku flywheel.SKU) (lines []inventory.LotLine, lots []*ledgerLot) {
	seen := map[string]bool{}
	for range 1 + b.r.IntN(3) {
		lot := &ledgerLot{name: fmt.Sprint("L", b.r.IntN(12)), n: 1 + b.r.Int64N(5)}
		if b.ledger.track[sku] == inventory.BySerial {
			lot = &ledgerLot{name: fmt.Sprint("S", b.r.IntN(200)), n: 1}
		} else if day := b.r.IntN(12); day > 2 {
			lot.expires = fulfillment.Date{Year: 2026, Month: 1, Day: 2 * day}
		}
		if seen[lot.name] {
			continue
		}
		seen[lot.name] = true
		lots = append(lots, lot)
		lines = append(lines, inventory.LotLine{SKU: sku, Lot: lot.name, Expires: lot.expires, Quantity: lot.n})
	}
	return lines, lots
}

func line(sku flywheel.SKU, n int64) []flywheel.Line {
	return []flywheel.Line{{SKU: sku, Quantity: n}}
}

// call makes one random call. Now and then a call is repeated, which changes nothing.
func (b *twins) call(i int) {
	ctx, l, r := b.t.Context(), b.ledger, b.r
	l.now = l.now.Add(time.Duration(1+r.IntN(20*60)) * time.Second)
	sku, location := pick(r, b.skus), pick(r, b.places)
	p, here := place{sku, location}, b.svc.At(location)
	times := 1
	if r.IntN(6) == 0 {
		times = 2
	}
	do := func(call func() error, want error) {
		for range times {
			b.same(call(), want)
		}
	}
	kind := r.IntN(16)
	b.what = fmt.Sprintf("call %d of %s, kind %d, %s at %s", i, b.name, kind, sku, location)
	switch kind {
	case 0, 1:
		ref := b.ref("d")
		if l.track[sku] == inventory.NoTracking {
			n := 1 + r.Int64N(9)
			want := l.receive(p, ref, []*ledgerLot{{"", fulfillment.Date{}, n}})
			do(func() error { return here.Receive(ctx, ref, line(sku, n)) }, want)
			return
		}
		lines, lots := b.lots(sku)
		want := l.receive(p, ref, lots)
		do(func() error { return here.ReceiveLots(ctx, ref, lines) }, want)
	case 2:
		ref, n := b.ref("r"), 1+r.Int64N(2)
		want := l.receive(p, ref, []*ledgerLot{{"", fulfillment.Date{}, n}})
		do(func() error { return here.Restock(ctx, ref, line(sku, n)) }, want)
	case 3:
		ref, delta := b.ref("a"), pick(r, []int64{-5, -2, -1, 1})
		want := l.adjust(p, ref, delta)
		do(func() error { return here.Adjust(ctx, ref, "why", sku, delta) }, want)
	case 4, 5, 6:
		ref := b.ref("o")
		var units []fulfillment.Unit
		for range 1 + r.IntN(3) {
			units = append(units, fulfillment.Unit{SKU: pick(r, b.skus), Location: pick(r, b.places), Quantity: 1 + r.Int64N(3), Backordered: r.IntN(4) == 0})
		}
		units, err := fulfillment.MergeUnits(units)
		require.NoError(b.t, err)
		until := l.now.Add(time.Duration(1+r.IntN(120)) * time.Minute)
		want := l.hold(ref, units, until)
		do(func() error { return b.svc.Hold(ctx, ref, units, until) }, want)
		if want == nil && r.IntN(3) > 0 {
			do(func() error { return b.svc.Allocate(ctx, ref) }, l.allocate(ref))
		}
	case 7:
		b.expire()
	case 8, 9, 10:
		b.take(do)
	case 11:
		b.moveGoods(do, p, here)
	case 12:
		b.arrive(do)
	case 13:
		b.count(do, p, here)
	case 14:
		if l.track[sku] == inventory.NoTracking {
			return
		}
		lot, ref := fmt.Sprint("L", r.IntN(12)), b.ref("recall")
		recalled := r.IntN(3) == 0
		l.recall(sku, lot, recalled)
		if recalled {
			do(func() error { _, err := b.svc.Recall(ctx, ref, "why", sku, lot); return err }, nil)
		} else {
			do(func() error { return b.svc.EndRecall(ctx, ref, "why", sku, lot) }, nil)
		}
	case 15:
		if r.IntN(8) > 0 {
			return
		}
		// Days of this lap alone: other laps have lots of their own in the same store.
		day := fulfillment.Date{Year: 2026, Month: 1, Day: 1 + r.IntN(24)}
		l.writeOff(day)
		for {
			more, err := b.svc.WriteOff(ctx, day)
			b.same(err, nil)
			if !more {
				return
			}
		}
	}
}

func (b *twins) expire() {
	_, err := b.svc.ReleaseExpired(b.t.Context(), b.ledger.now)
	b.same(err, nil)
	b.ledger.expire()
}

// take ships or calls off units of an order, or ends a hold.
func (b *twins) take(do func(func() error, error)) {
	ctx, l, r := b.t.Context(), b.ledger, b.r
	refs := sortedKeys(l.holds)
	if len(refs) == 0 {
		return
	}
	ref := refs[len(refs)-1-r.IntN(min(30, len(refs)))]
	h := l.holds[ref]
	if h.state != "allocated" {
		if r.IntN(2) == 0 || h.state == "over" {
			do(func() error { return b.svc.Allocate(ctx, ref) }, l.allocate(ref))
			return
		}
		l.release(h)
		do(func() error { return b.svc.Release(ctx, ref) }, nil)
		return
	}
	k := r.IntN(len(h.units))
	unit := h.units[k]
	unit.Quantity = 1 + r.Int64N(3)
	ship := r.IntN(4) > 0
	b.keys++
	key := fmt.Sprint("k", b.keys)
	before := len(l.moved[ref])
	want := l.take(ref, ship, k, unit.Quantity)
	do(func() error {
		if ship {
			return b.svc.Ship(ctx, ref, key, []fulfillment.Unit{unit})
		}
		return b.svc.Deallocate(ctx, ref, key, []fulfillment.Unit{unit})
	}, want)
	if len(l.moved[ref]) == before {
		return
	}
	b.chosen(ref)
}

// chosen compares which lots a ref took or brought.
func (b *twins) chosen(ref string) {
	b.t.Helper()
	moves, err := b.store.LotMovesOf(b.t.Context(), ref)
	require.NoError(b.t, err)
	var got []string
	for _, m := range moves {
		got = append(got, fmt.Sprint(m.SKU, " ", m.Location, " ", m.Lot, " ", m.OnHand))
	}
	require.Equal(b.t, b.ledger.moved[ref], got, "%s: lots of %s", b.what, ref)
	b.choices += len(got)
}

// moveGoods sends goods to the other place, or expects some.
func (b *twins) moveGoods(do func(func() error, error), p place, here *inventory.Service) {
	ctx, l, r := b.t.Context(), b.ledger, b.r
	ref, n := b.ref("t"), 1+r.Int64N(6)
	if r.IntN(2) == 0 {
		l.papers[ref] = &ledgerPaper{open: true, to: p.location, lines: map[flywheel.SKU]*[3]int64{p.sku: {n}}}
		do(func() error { return here.Expect(ctx, ref, fulfillment.Date{}, line(p.sku, n)) }, nil)
		return
	}
	to := b.places[0]
	if to == p.location {
		to = b.places[1]
	}
	want := l.transfer(ref, p.location, to, p.sku, n)
	do(func() error { return here.Transfer(ctx, ref, to, fulfillment.Date{}, line(p.sku, n)) }, want)
	if want == nil && l.track[p.sku] != inventory.NoTracking {
		b.chosen(ref)
	}
}

// arrive lets goods of a transfer or a purchase order come, or closes it.
func (b *twins) arrive(do func(func() error, error)) {
	ctx, l, r := b.t.Context(), b.ledger, b.r
	var refs []string
	for _, ref := range sortedKeys(l.papers) {
		if l.papers[ref].to != "" {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return
	}
	ref := refs[len(refs)-1-r.IntN(min(10, len(refs)))]
	paper := l.papers[ref]
	if r.IntN(10) == 0 {
		paper.open = false
		do(func() error { return b.svc.CloseIncoming(ctx, ref) }, nil)
		return
	}
	b.keys++
	sku, key, n := flywheel.SKU(sortedKeys(paper.names())[0]), fmt.Sprint("k", b.keys), 1+r.Int64N(4)
	want := l.arrive(ref, sku, n)
	do(func() error { return b.svc.Arrive(ctx, ref, key, line(sku, n), nil) }, want)
	if want == nil && l.track[sku] != inventory.NoTracking {
		b.chosen(ref)
	}
}

func (p *ledgerPaper) names() map[string]bool {
	names := map[string]bool{}
	for sku := range p.lines {
		names[string(sku)] = true
	}
	return names
}

// count counts, at once or for approval, or decides about a count.
func (b *twins) count(do func(func() error, error), p place, here *inventory.Service) {
	ctx, l, r := b.t.Context(), b.ledger, b.r
	counted := max(0, l.at(p)[0]+pick(r, []int64{-3, -1, 0, 0, 1, 2}))
	switch r.IntN(3) {
	case 0:
		ref := b.ref("c")
		if delta := counted - l.at(p)[0]; delta != 0 {
			l.correct(p, ref, delta)
		}
		do(func() error { _, err := here.Count(ctx, ref, "why", p.sku, counted); return err }, nil)
	case 1:
		ref, tolerance := b.ref("c"), r.Int64N(3)
		variance := counted - l.at(p)[0]
		paper := &ledgerPaper{open: variance > tolerance || -variance > tolerance, lines: map[flywheel.SKU]*[3]int64{p.sku: {counted, 0, variance}}, from: p.location}
		l.papers[ref] = paper
		if !paper.open && variance != 0 {
			l.correct(p, ref, variance)
		}
		do(func() error {
			_, err := here.ProposeCount(ctx, ref, "why", line(p.sku, counted), tolerance)
			return err
		}, nil)
	case 2:
		for _, ref := range sortedKeys(l.papers) {
			paper := l.papers[ref]
			if paper.to != "" || !paper.open {
				continue
			}
			paper.open = false
			if r.IntN(2) == 0 {
				do(func() error { return b.svc.RejectCount(ctx, ref, "ann") }, nil)
				return
			}
			for sku, line := range paper.lines {
				l.correct(place{sku, paper.from}, ref, line[2])
			}
			do(func() error { return b.svc.ApproveCount(ctx, ref, "ann") }, nil)
			return
		}
	}
}

// compare wants the levels, the lots and what is expected to be those of the model.
func (b *twins) compare() {
	ctx, l := b.t.Context(), b.ledger
	levels, err := b.store.LevelsOf(ctx, b.skus)
	require.NoError(b.t, err)
	got := map[place]balances{}
	later := map[flywheel.SKU]int64{}
	for _, level := range levels {
		if level.Location == inventory.EveryPlace {
			later[level.SKU] -= level.Backordered
			continue
		}
		later[level.SKU] += level.Backordered
		got[place{level.SKU, level.Location}] = balances{level.OnHand, level.Reserved, level.Allocated, level.Backordered}
	}
	for _, sku := range b.skus {
		require.Zero(b.t, later[sku], "%s: %s at every place", b.what, sku)
		for _, location := range b.places {
			p := place{sku, location}
			require.Equal(b.t, *l.at(p), got[p], "%s: %v", b.what, p)
			if l.track[sku] == inventory.NoTracking {
				continue
			}
			lots, err := b.store.Lots(ctx, sku, location)
			require.NoError(b.t, err)
			var text []string
			for _, lot := range lots {
				text = append(text, fmt.Sprint(lot.Lot, " ", lot.Expires, " ", lot.OnHand, " ", lot.Recalled))
			}
			require.Equal(b.t, l.lotsOf(p), text, "%s: lots of %v", b.what, p)
		}
	}
	incoming, err := b.svc.Incoming(ctx, b.skus)
	require.NoError(b.t, err)
	sum, want := map[place]int64{}, map[place]int64{}
	for _, in := range incoming {
		sum[place{in.SKU, in.Location}] += in.Quantity
	}
	for _, paper := range l.papers {
		for sku, line := range paper.lines {
			if paper.to != "" && paper.open {
				want[place{sku, paper.to}] += line[0] - line[1]
			}
		}
	}
	require.Equal(b.t, want, sum, "%s: incoming", b.what)
}

// instants compares balances at random past instants, and returns how many.
func (b *twins) instants(n int) int {
	l := b.ledger
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range n {
		p := place{pick(b.r, b.skus), pick(b.r, b.places)}
		at := begin.Add(time.Duration(b.r.Int64N(int64(l.now.Sub(begin)) + 1)))
		got, err := b.svc.At(p.location).LevelAt(b.t.Context(), p.sku, at)
		require.NoError(b.t, err)
		require.Equal(b.t, l.levelAt(p, at), balances{got.OnHand, got.Reserved, got.Allocated, got.Backordered}, "%v at %v", p, at)
	}
	return n
}
