package pricing

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// perBundle computes a promotion with Bundle. The runs of each part stand
// together in w.runs, the dearest first.
func (e *Engine) perBundle(b *Basket, w *work, p *promotion, v value, r *Refusal) (outcome, error) {
	n, missing, err := w.addParts(b, p)
	if err != nil {
		return outcome{}, err
	}
	if n == 0 {
		r.Reason, r.MissingQuantity = ReasonQuantity, missing
		return outcome{}, nil
	}
	if p.limit > 0 {
		n = min(n, p.limit)
	}
	if v.fixed() { // the later a bundle the less it is worth
		single := e.costs(v.price, 1)
		n = last(n, func(n int64) bool {
			return n == 0 || w.worth(p, n)-w.worth(p, n-1) > single
		})
	}
	sum := w.worth(p, n)
	off, err := e.offBundles(w, p, v, n, sum)
	if err != nil || off == 0 {
		return outcome{}, err
	}
	if p.maximumPerUse > 0 {
		off = min(off, times(p.maximumPerUse, n))
	}
	for i, part := range p.parts {
		runs := w.runs[w.partStart[i]:w.partStart[i+1]]
		left := n * part.quantity
		for k := range runs {
			runs[k].chosen = min(left, runs[k].count)
			left -= runs[k].chosen
		}
	}
	w.spread(off, sum)
	out := w.byLine(p, v, StepShare)
	out.bundles = true
	return out, nil
}

// offBundles returns what v takes off n bundles that are worth sum.
func (e *Engine) offBundles(w *work, p *promotion, v value, n, sum int64) (int64, error) {
	switch {
	case !v.percent.IsZero():
		d, err := money.New(sum, w.currency).MulRate(v.percent, e.rounding)
		return d.Minor(), err
	case v.fixed():
		return max(0, sum-e.costs(v.price, n)), nil
	}
	// As long as bundles are worth more than the amount they get all of it.
	amount := v.amount.Minor()
	full := last(n, func(n int64) bool {
		return n == 0 || w.worth(p, n)-w.worth(p, n-1) >= amount
	})
	return full*amount + sum - w.worth(p, full), nil
}

// addParts appends the units of each part and returns how many bundles they
// make, and how many units are missing to one.
func (w *work) addParts(b *Basket, p *promotion) (n, missing int64, err error) {
	w.runs, w.partStart = w.runs[:0], append(w.partStart[:0], 0)
	w.roles = cleared(w.roles, w.goodsLines)
	for i, part := range p.parts {
		start := len(w.runs)
		for _, line := range w.selected(part.of) {
			if w.roles[line] == 0 {
				w.roles[line] = used
				w.addUnits(p, line)
			}
		}
		runs := w.runs[start:]
		for k := range runs {
			runs[k].rank = runs[k].value // the price of a bundle is compared with what it takes the place of
		}
		w.dearestFirst(runs)
		units, err := count(runs, either)
		if err != nil {
			return 0, 0, err
		}
		missing += max(0, part.quantity-units)
		if m := units / part.quantity; i == 0 || m < n {
			n = m
		}
		w.partStart = append(w.partStart, len(w.runs))
	}
	return n, missing, nil
}

// worth returns the value of the n dearest bundles, which is no more than that
// of all lines.
func (w *work) worth(p *promotion, n int64) (sum int64) {
	for i, part := range p.parts {
		left := n * part.quantity
		for _, r := range w.runs[w.partStart[i]:w.partStart[i+1]] {
			m := min(left, r.count)
			sum += m * r.value
			left -= m
		}
	}
	return sum
}

// spread shares off over the chosen units, which are worth sum, by largest
// remainder: every unit gets its quota cut to the minor unit, and those with the
// largest remainders one more.
func (w *work) spread(off, sum int64) {
	rest := off
	w.remainders = grown(w.remainders, len(w.runs))
	w.ranked = grown(w.ranked, len(w.runs))
	for i := range w.runs {
		r := &w.runs[i]
		hi, lo := bits.Mul64(uint64(off), uint64(r.value))
		q, remainder := bits.Div64(hi, lo, uint64(sum)) // value ≤ sum and off < sum or value < sum, or all of it
		r.off = int64(q) * r.chosen
		rest -= r.off
		w.remainders[i], w.ranked[i] = remainder, int32(i)
	}
	slices.SortStableFunc(w.ranked, func(x, y int32) int {
		return cmp.Or(cmp.Compare(w.remainders[y], w.remainders[x]), cmp.Compare(w.rank[w.runs[x].line], w.rank[w.runs[y].line]))
	})
	for _, i := range w.ranked {
		if rest == 0 {
			break
		}
		if w.remainders[i] == 0 {
			continue
		}
		m := min(rest, w.runs[i].chosen)
		w.runs[i].off += m
		rest -= m
	}
}
