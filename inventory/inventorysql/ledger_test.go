package inventorysql_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// ledger is a naive model of a stock with lots, serial numbers, transfers, counts and
// expected goods: maps of numbers, and a list of every change with its time.
type ledger struct {
	now     time.Time
	levels  map[place]*balances
	lots    map[place][]*ledgerLot
	recalls map[string]bool // sku/lot
	holds   map[string]*ledgerHold
	papers  map[string]*ledgerPaper
	limit   map[flywheel.SKU]int64
	track   map[flywheel.SKU]inventory.Tracking
	past    []change
	moved   map[string][]string // lots that each ref took or brought, in order
}

type place struct {
	sku      flywheel.SKU
	location inventory.Location
}

// balances are on hand, reserved, allocated and backordered.
type balances [4]int64

type change struct {
	at time.Time
	place
	delta balances
}

type ledgerLot struct {
	name    string
	expires fulfillment.Date
	n       int64
}

type ledgerHold struct {
	state string // open, allocated, over
	until time.Time
	units []fulfillment.Unit // what is left
}

type ledgerPaper struct {
	open     bool
	from, to inventory.Location
	lines    map[flywheel.SKU]*[3]int64 // quantity, done, variance
	transit  map[flywheel.SKU][]*ledgerLot
}

func newLedger(now time.Time) *ledger {
	return &ledger{
		now: now, levels: map[place]*balances{}, lots: map[place][]*ledgerLot{}, recalls: map[string]bool{}, holds: map[string]*ledgerHold{},
		papers: map[string]*ledgerPaper{}, limit: map[flywheel.SKU]int64{}, track: map[flywheel.SKU]inventory.Tracking{}, moved: map[string][]string{},
	}
}

func (l *ledger) at(p place) *balances {
	if l.levels[p] == nil {
		l.levels[p] = &balances{}
	}
	return l.levels[p]
}

func (l *ledger) free(p place) int64 { b := l.at(p); return b[0] - b[1] - b[2] - b[3] }

func (l *ledger) change(p place, delta balances) {
	b := l.at(p)
	for i := range b {
		b[i] += delta[i]
	}
	l.past = append(l.past, change{l.now, p, delta})
}

// levelAt sums the past up to an instant.
func (l *ledger) levelAt(p place, at time.Time) (b balances) {
	for _, c := range l.past {
		if c.place == p && !c.at.After(at) {
			for i := range b {
				b[i] += c.delta[i]
			}
		}
	}
	return b
}

func (l *ledger) lot(p place, name string, expires fulfillment.Date) *ledgerLot {
	for _, lot := range l.lots[p] {
		if lot.name == name {
			return lot
		}
	}
	lot := &ledgerLot{name: name, expires: expires}
	l.lots[p] = append(l.lots[p], lot)
	return lot
}

func sooner(a, b *ledgerLot) bool {
	if a.expires != b.expires {
		return !a.expires.IsZero() && (b.expires.IsZero() || a.expires.Compare(b.expires) < 0)
	}
	return a.name < b.name
}

// leaves takes n units of the lots that expire first, unit by unit.
func (l *ledger) leaves(p place, ref string, n int64) (taken []*ledgerLot) {
	if l.track[p.sku] == inventory.NoTracking {
		return nil
	}
	for range n {
		var first *ledgerLot
		for _, lot := range l.lots[p] {
			if lot.n > 0 && !l.recalls[string(p.sku)+"/"+lot.name] && (first == nil || sooner(lot, first)) {
				first = lot
			}
		}
		if first == nil {
			first = l.lot(p, "", fulfillment.Date{})
		}
		first.n--
		if k := len(taken) - 1; k >= 0 && taken[k].name == first.name {
			taken[k].n++
		} else {
			taken = append(taken, &ledgerLot{first.name, first.expires, 1})
		}
	}
	for _, t := range taken {
		l.moved[ref] = append(l.moved[ref], fmt.Sprint(p.sku, " ", p.location, " ", t.name, " ", -t.n))
	}
	return taken
}

func (l *ledger) comes(p place, ref string, lots []*ledgerLot) {
	if l.track[p.sku] == inventory.NoTracking {
		return
	}
	for _, in := range lots {
		lot := l.lot(p, in.name, in.expires)
		lot.n += in.n
		l.moved[ref] = append(l.moved[ref], fmt.Sprint(p.sku, " ", p.location, " ", in.name, " ", in.n))
	}
}

// refusedLots reports whether goods of these lots are refused: a recalled lot, or a serial
// number that is on hand somewhere.
func (l *ledger) refusedLots(sku flywheel.SKU, lots []*ledgerLot) bool {
	for _, in := range lots {
		if l.recalls[string(sku)+"/"+in.name] {
			return true
		}
		if l.track[sku] == inventory.BySerial && in.name != "" {
			sum := int64(0)
			for p, list := range l.lots {
				for _, lot := range list {
					if p.sku == sku && lot.name == in.name {
						sum += lot.n
					}
				}
			}
			if sum > 0 {
				return true
			}
		}
	}
	return false
}

func (l *ledger) receive(p place, ref string, lots []*ledgerLot) error {
	if l.refusedLots(p.sku, lots) {
		return flywheel.ErrConflict
	}
	n := int64(0)
	for _, lot := range lots {
		n += lot.n
	}
	l.change(p, balances{n})
	l.comes(p, ref, lots)
	return nil
}

func (l *ledger) adjust(p place, ref string, delta int64) error {
	if delta < 0 && -delta > max(0, l.free(p)) {
		return inventory.ErrOutOfStock
	}
	l.correct(p, ref, delta)
	return nil
}

// correct changes what is on hand whatever is promised.
func (l *ledger) correct(p place, ref string, delta int64) {
	l.change(p, balances{delta})
	if delta > 0 {
		l.comes(p, ref, []*ledgerLot{{"", fulfillment.Date{}, delta}})
	} else {
		l.leaves(p, ref, -delta)
	}
}

func (l *ledger) expire() {
	for _, ref := range sortedKeys(l.holds) {
		if h := l.holds[ref]; h.state == "open" && !l.now.Before(h.until) {
			l.release(h)
		}
	}
}

func (l *ledger) release(h *ledgerHold) {
	for _, u := range h.units {
		l.change(place{u.SKU, u.Location}, promised(u, -u.Quantity))
	}
	h.state = "over"
}

func promised(u fulfillment.Unit, n int64) balances {
	if u.Backordered {
		return balances{0, 0, 0, n}
	}
	return balances{0, n}
}

func (l *ledger) hold(ref string, units []fulfillment.Unit, until time.Time) error {
	enough := func() bool {
		later := map[flywheel.SKU]int64{}
		for p, b := range l.levels {
			later[p.sku] += b[3]
		}
		for _, u := range units {
			if u.Backordered {
				later[u.SKU] += u.Quantity
				if later[u.SKU] > l.limit[u.SKU] {
					return false
				}
			} else if u.Quantity > l.free(place{u.SKU, u.Location}) {
				return false
			}
		}
		return true
	}
	if !enough() {
		if l.expire(); !enough() {
			return inventory.ErrOutOfStock
		}
	}
	for _, u := range units {
		l.change(place{u.SKU, u.Location}, promised(u, u.Quantity))
	}
	l.holds[ref] = &ledgerHold{"open", until, slices.Clone(units)}
	return nil
}

func (l *ledger) allocate(ref string) error {
	h := l.holds[ref]
	switch {
	case h == nil:
		return flywheel.ErrNotFound
	case h.state == "allocated":
		return nil
	case h.state == "open" && !l.now.Before(h.until):
		return flywheel.ErrExpired
	case h.state == "over":
		return errOver
	}
	for _, u := range h.units {
		if !u.Backordered {
			l.change(place{u.SKU, u.Location}, balances{0, -u.Quantity, u.Quantity})
		}
	}
	h.state = "allocated"
	return nil
}

// errOver stands for expired or conflict, whichever way the hold ended.
var errOver = fmt.Errorf("over: %w", flywheel.ErrConflict)

// take ships or calls off the k-th unit of a hold, n of it.
func (l *ledger) take(ref string, ship bool, k int, n int64) error {
	h := l.holds[ref]
	u := &h.units[k]
	p := place{u.SKU, u.Location}
	if n > u.Quantity {
		return flywheel.ErrConflict
	}
	delta := balances{0, 0, -n}
	if u.Backordered {
		delta = balances{0, 0, 0, -n}
	}
	if ship {
		b := l.at(p)
		if n > b[0] || u.Backordered && n > b[0]-b[1]-b[2] {
			return inventory.ErrOutOfStock
		}
		delta[0] = -n
	}
	l.change(p, delta)
	u.Quantity -= n
	if ship {
		l.leaves(p, ref, n)
	}
	return nil
}

func (l *ledger) transfer(ref string, from, to inventory.Location, sku flywheel.SKU, n int64) error {
	p := place{sku, from}
	if n > max(0, l.free(p)) {
		return inventory.ErrOutOfStock
	}
	l.change(p, balances{-n})
	transit := l.leaves(p, ref, n)
	l.papers[ref] = &ledgerPaper{
		open: true, from: from, to: to, lines: map[flywheel.SKU]*[3]int64{sku: {n}}, transit: map[flywheel.SKU][]*ledgerLot{sku: transit},
	}
	return nil
}

func (l *ledger) arrive(ref string, sku flywheel.SKU, n int64) error {
	paper := l.papers[ref]
	line := paper.lines[sku]
	switch {
	case !paper.open:
		return flywheel.ErrConflict
	case paper.from != "" && n > line[0]-line[1]:
		return inventory.ErrOutOfStock
	}
	lots := []*ledgerLot{{"", fulfillment.Date{}, n}}
	if paper.from != "" {
		lots = nil
		transit := slices.Clone(paper.transit[sku])
		sort.SliceStable(transit, func(i, j int) bool { return sooner(transit[i], transit[j]) })
		left := n
		for _, t := range transit {
			if k := min(left, t.n); k > 0 {
				lots = append(lots, &ledgerLot{t.name, t.expires, k})
				left -= k
			}
		}
		if l.refusedLots(sku, lots) {
			return flywheel.ErrConflict
		}
		for _, lot := range lots {
			left := lot.n
			for _, t := range transit {
				if t.name == lot.name {
					k := min(left, t.n)
					t.n, left = t.n-k, left-k
				}
			}
		}
	}
	l.change(place{sku, paper.to}, balances{n})
	l.comes(place{sku, paper.to}, ref, lots)
	line[1] += n
	paper.open = line[1] < line[0]
	return nil
}

func (l *ledger) recall(sku flywheel.SKU, lot string, recalled bool) {
	key := string(sku) + "/" + lot
	if l.recalls[key] == recalled {
		return
	}
	l.recalls[key] = recalled
	for p, list := range l.lots {
		for _, have := range list {
			if p.sku == sku && have.name == lot && have.n > 0 {
				delta := have.n
				if recalled {
					delta = -delta
				}
				l.change(p, balances{delta})
			}
		}
	}
}

func (l *ledger) writeOff(day fulfillment.Date) {
	for p, list := range l.lots {
		for _, lot := range list {
			if lot.n > 0 && !lot.expires.IsZero() && lot.expires.Compare(day) < 0 && !l.recalls[string(p.sku)+"/"+lot.name] {
				l.change(p, balances{-lot.n})
				lot.n = 0
			}
		}
	}
}

// lotsOf writes down the lots of an item of which there are units, as they leave.
func (l *ledger) lotsOf(p place) (text []string) {
	list := slices.Clone(l.lots[p])
	sort.Slice(list, func(i, j int) bool { return sooner(list[i], list[j]) })
	for _, lot := range list {
		if lot.n > 0 {
			text = append(text, fmt.Sprint(lot.name, " ", lot.expires, " ", lot.n, " ", l.recalls[string(p.sku)+"/"+lot.name]))
		}
	}
	return text
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
