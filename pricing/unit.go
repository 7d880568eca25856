package pricing

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// unit is count units of one line that are alike: what one of them has left, what
// it cost before promotions, and the least that promotions leave of it. Units are
// physical: what one promotion took off some units of a line the next one sees.
// They are kept where a promotion may look at single units.
type unit struct {
	left, original, floor int64
	count                 int64
	bundled               bool // it is part of a bundle, and so of no other
}

// room is what can be taken off one unit.
func (u *unit) room() int64 { return max(0, u.left-u.floor) }

// splitUnits cuts each line into its units. Amounts that they do not divide evenly
// are shared by largest remainder: the first units have one minor unit more.
func (w *work) splitUnits(b *Basket) {
	w.uneven = cleared(w.uneven, w.goodsLines)
	for len(w.units) < w.goodsLines {
		w.units = append(w.units, nil)
	}
	for i := range w.goodsLines {
		n := b.Lines[i].Quantity
		price, dearer := w.original[i]/n, w.original[i]%n
		floor, higher := w.floors[i]/n, w.floors[i]%n
		units, from := w.units[i][:0], int64(0)
		for from < n {
			u := unit{original: price, floor: floor}
			to := n
			if from < dearer {
				u.original, to = price+1, dearer
			}
			if from < higher {
				u.floor, to = floor+1, min(to, higher)
			}
			u.left, u.count = u.original, to-from
			units, from = append(units, u), to
		}
		w.units[i] = units
	}
}

// unitState is what is left of all units, to come back to.
type unitState struct {
	flat   []unit
	ends   []int
	uneven []bool
}

func (s *unitState) save(w *work, byUnits bool) {
	s.flat, s.ends = s.flat[:0], s.ends[:0]
	if !byUnits {
		return
	}
	for i := range w.goodsLines {
		s.flat = append(s.flat, w.units[i]...)
		s.ends = append(s.ends, len(s.flat))
	}
	s.uneven = append(s.uneven[:0], w.uneven...)
}

func (s *unitState) restore(w *work) {
	from := 0
	for i, to := range s.ends {
		w.units[i] = append(w.units[i][:0], s.flat[from:to]...)
		from = to
	}
	copy(w.uneven, s.uneven)
}

// bought returns how many units of a line count as bought: those that cost
// something. One that is free, of itself or by a promotion before, buys nothing.
func (w *work) bought(b *Basket, base Basis, i int32) (n int64) {
	amounts := w.running
	if base == Original {
		amounts = w.original
	}
	switch {
	case amounts[i] == 0:
		return 0
	case !w.byUnits || !w.uneven[i]:
		return b.Lines[i].Quantity
	}
	for _, u := range w.units[i] {
		if base == Running && u.left > 0 || base == Original && u.original > 0 {
			n += u.count
		}
	}
	return n
}

// rankLines orders the goods by what they are and not by where they stand in the
// basket, so that the order of the lines changes no sum; lines that are alike in
// that keep their order.
func (w *work) rankLines(b *Basket) {
	w.ranked = grown(w.ranked, w.goodsLines)
	for i := range w.ranked {
		w.ranked[i] = int32(i)
	}
	slices.SortFunc(w.ranked, func(i, j int32) int {
		x, y := &b.Lines[i], &b.Lines[j]
		if c := cmp.Compare(x.SKU, y.SKU); c != 0 {
			return c
		}
		if c := cmp.Or(cmp.Compare(x.TaxClass, y.TaxClass), cmp.Compare(x.TaxPlace, y.TaxPlace)); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(w.original[i], w.original[j]), cmp.Compare(x.Quantity, y.Quantity), cmp.Compare(x.ID, y.ID), cmp.Compare(i, j))
	})
	w.rank = grown(w.rank, w.goodsLines)
	for rank, i := range w.ranked {
		w.rank[i] = int32(rank)
	}
}

// takeUnits takes d off the units of a line: off each what t says where d is the
// sum of that, else in proportion to it, by largest remainder.
func (w *work) takeUnits(i int32, d int64, t want) {
	units := w.units[i]
	var sum int64
	w.unitWeights = w.unitWeights[:0]
	for k := range units {
		each := t.of(&units[k])
		w.unitWeights = append(w.unitWeights, each)
		sum += each * units[k].count
	}
	if sum < d { // rounding gave more than the units want: off what is left of them
		w.takeUnits(i, d, want{kind: wantLeft})
		return
	}
	if d == 0 {
		return
	}
	rest := d
	w.remainders, w.ranked = grown(w.remainders, len(units)), grown(w.ranked, len(units))
	w.unitOffs = grown(w.unitOffs, len(units))
	for k := range units {
		hi, lo := bits.Mul64(uint64(d), uint64(w.unitWeights[k]))
		q, remainder := bits.Div64(hi, lo, uint64(sum))
		w.unitOffs[k], w.remainders[k], w.ranked[k] = int64(q), remainder, int32(k)
		rest -= int64(q) * units[k].count
	}
	if rest > 0 {
		slices.SortStableFunc(w.ranked, func(a, b int32) int { return cmp.Compare(w.remainders[b], w.remainders[a]) })
	}
	for _, k := range w.ranked {
		more := min(rest, units[k].count)
		if w.remainders[k] == 0 {
			more = 0
		}
		rest -= more
		w.takeOff(i, int(k), units[k].count, w.unitOffs[k]*units[k].count+more, false)
	}
	w.units[i] = joined(w.units[i])
}

// takeOff takes off in all from n of the units k of a line, evenly, from the first
// of them one minor unit more.
func (w *work) takeOff(i int32, k int, n, off int64, bundled bool) {
	u := w.units[i][k]
	u.bundled = u.bundled || bundled
	each, more := off/n, off%n
	w.units[i][k].count -= n
	u.left -= each
	if u.count = n - more; u.count > 0 {
		w.units[i] = append(w.units[i], u)
	}
	u.left--
	if u.count = more; u.count > 0 {
		w.units[i] = append(w.units[i], u)
	}
}

// joined joins units that are alike.
func joined(units []unit) []unit {
	if len(units) == 1 {
		return units
	}
	slices.SortFunc(units, func(a, b unit) int {
		return cmp.Or(cmp.Compare(b.original, a.original), cmp.Compare(b.floor, a.floor), cmp.Compare(b.left, a.left), boolOf(a.bundled)-boolOf(b.bundled))
	})
	to := units[:0]
	for _, u := range units {
		switch last := len(to) - 1; {
		case u.count == 0:
		case last >= 0 && to[last].left == u.left && to[last].original == u.original && to[last].floor == u.floor && to[last].bundled == u.bundled:
			to[last].count += u.count
		default:
			to = append(to, u)
		}
	}
	return to
}

// takeChosen takes the discounts of a promotion on single units off those that it
// chose. Where a cap left a line less than they came to, each gives up in
// proportion.
func (w *work) takeChosen(out *outcome) {
	w.given, w.rest = cleared(w.given, w.goodsLines), cleared(w.rest, w.goodsLines)
	for k, i := range out.lines {
		w.given[i], w.rest[i] = w.discounts[k], w.discounts[k]
	}
	for k := range w.runs {
		r := &w.runs[k]
		if r.off == 0 || w.given[r.line] == 0 {
			r.share = 0
			continue
		}
		hi, lo := bits.Mul64(uint64(w.given[r.line]), uint64(r.off))
		share, _ := bits.Div64(hi, lo, uint64(w.offs[r.line])) // no more than off
		r.share = int64(share)
		w.rest[r.line] -= r.share
	}
	for k := range w.runs {
		r := &w.runs[k]
		if r.chosen == 0 || !out.bundles && (r.off == 0 || w.given[r.line] == 0) {
			continue
		}
		more := min(w.rest[r.line], r.off-r.share)
		w.rest[r.line] -= more
		w.takeOff(r.line, int(r.unit), r.chosen, r.share+more, out.bundles)
	}
	for k := range w.runs {
		if i := w.runs[k].line; len(w.units[i]) > 1 {
			w.units[i] = joined(w.units[i])
		}
	}
	for k, i := range out.lines {
		w.uneven[i] = w.uneven[i] || w.discounts[k] > 0
	}
}

func boolOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// withTax is an amount of a line on the one basis on which lines are compared and
// summed: as it is, or with tax where some prices include it and some do not. It
// saturates.
func (w *work) withTax(i int32, amount int64) int64 {
	if !w.mixedTax || w.taxes[i].included || w.taxes[i].tax == nil {
		return amount
	}
	tax, err := money.New(amount, w.currency).MulRate(w.taxes[i].tax.rate, money.HalfUp)
	if err != nil || tax.Minor() > math.MaxInt64/2-amount {
		return math.MaxInt64 / 2
	}
	return amount + tax.Minor()
}
