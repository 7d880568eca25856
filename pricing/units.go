package pricing

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// run is some units of one line that are worth the same: value each.
type run struct {
	value, count int64
	rank         int64 // what orders them: value, with tax where some prices include it and some do not
	room         int64 // what can be taken off one of them
	line         int32
	unit         int32 // which of the units of the line
	buys, gets   bool  // the roles that they can have
	chosen       int64 // how many of them are discounted
	off          int64 // what is taken off them in all, or off one of them
	share        int64 // of a discount that a cap made less
}

// The roles of lines in w.roles.
const (
	bought     = 1 << iota // its units can be bought for the offer
	discounted             // its units can get the discount
	used                   // its units belong to a part of a bundle
)

// addUnits appends the units of a line that cost something: one that is free is
// neither bought nor made cheaper.
func (w *work) addUnits(p *promotion, i int32) {
	for k := range w.units[i] {
		u := &w.units[i][k]
		if u.left == 0 && (w.uneven[i] || w.running[i] == 0) || u.bundled && p.shape == bundle {
			continue
		}
		value := u.left
		if p.percentBase == Original {
			value = u.original
		}
		w.runs = append(w.runs, run{
			value: value, count: u.count, rank: w.withTax(i, value), room: u.room(), line: i, unit: int32(k),
			buys: w.roles[i]&bought != 0, gets: w.roles[i]&discounted != 0,
		})
	}
}

// dearestFirst sorts runs, the dearest first.
func (w *work) dearestFirst(runs []run) {
	slices.SortFunc(runs, func(x, y run) int {
		return cmp.Or(cmp.Compare(y.rank, x.rank), cmp.Compare(w.rank[x.line], w.rank[y.line]), cmp.Compare(x.unit, y.unit))
	})
}

// cheapestFirst sorts runs, the cheapest first, of equals those that cannot be
// bought.
func (w *work) cheapestFirst(runs []run) {
	slices.SortFunc(runs, func(x, y run) int {
		if x.rank == y.rank && x.buys != y.buys {
			if y.buys {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(w.rank[x.line], w.rank[y.line]), cmp.Compare(x.unit, y.unit))
	})
}

// count returns the number of units that keep accepts.
func count(runs []run, keep func(*run) bool) (n int64, err error) {
	for i := range runs {
		if !keep(&runs[i]) {
			continue
		}
		if n += runs[i].count; n < 0 || n > math.MaxInt64/4 {
			return 0, flywheel.ErrOutOfRange
		}
	}
	return n, nil
}

func buys(r *run) bool { return r.buys }
func gets(r *run) bool { return r.gets }
func either(*run) bool { return true }

// perReward computes a promotion with BuyGet.
func (e *Engine) perReward(b *Basket, w *work, p *promotion, v value, r *Refusal) (outcome, error) {
	w.runs = w.runs[:0]
	w.addRoles(p)
	runs := w.runs
	buyers, err := count(runs, buys)
	if err != nil {
		return outcome{}, err
	}
	getters, _ := count(runs, gets)
	all, err := count(runs, either)
	if err != nil {
		return outcome{}, err
	}
	for i := range runs {
		if runs[i].gets {
			if runs[i].off, err = e.offUnit(w, p, v, &runs[i]); err != nil {
				return outcome{}, err
			}
		}
	}
	limit := p.limit
	if limit == 0 {
		limit = math.MaxInt64
	}
	var chosen, applications int64
	switch p.selection {
	case GroupDescending:
		w.dearestFirst(runs)
		applications = min(limit, all/(p.buy+p.get))
		chosen = chooseGroups(runs, p.buy, p.get, applications)
	case MaxCustomerBenefit:
		w.dearestFirst(runs)
		chosen, applications = chooseBest(runs, p.buy, p.get, limit, buyers, getters)
	default:
		w.cheapestFirst(runs)
		chosen, applications = chooseCheapest(runs, p.buy, p.get, limit, buyers, getters)
	}
	if chosen == 0 {
		missing := max(p.buy-buyers, p.buy+1-all)
		if getters == 0 {
			missing = max(missing, 1)
		}
		if buyers == all && getters == all {
			missing = p.buy + p.get - all
		}
		if missing > 0 {
			r.Reason, r.MissingQuantity = ReasonQuantity, missing
		}
		return outcome{}, nil
	}
	if p.shared {
		return w.gatherShared(p, v, applications, chosen), nil
	}
	return w.gather(p, v, StepShare), nil
}

// gatherShared is gather where the units that were bought bear their part of what
// is taken off.
func (w *work) gatherShared(p *promotion, v value, applications, chosen int64) outcome {
	w.dearestFirst(w.runs)
	need := applications * p.buy
	if p.selection == GroupDescending { // with those of a group that cannot get it
		need += applications*p.get - chosen
	}
	var off, base, sum int64 // no more than the lines
	for i := range w.runs {
		r := &w.runs[i]
		off, base = off+r.off*r.chosen, base+r.value*r.chosen
		if r.buys || p.selection == GroupDescending {
			m := min(need, r.count-r.chosen)
			need -= m
			r.chosen += m
		}
		sum += r.value * r.chosen
	}
	if off == 0 {
		return outcome{value: v, kind: StepShare, byUnits: true}
	}
	w.spread(off, sum)
	out := w.byLine(p, v, StepShare)
	out.base = base
	return out
}

// addRoles appends each unit that is bought or can get the discount, once.
func (w *work) addRoles(p *promotion) {
	w.roles = cleared(w.roles, w.goodsLines)
	for _, i := range w.selected(p.scope) {
		w.roles[i] |= bought
	}
	for _, i := range w.selected(p.of) {
		w.roles[i] |= discounted
	}
	for i := range w.roles {
		if w.roles[i] != 0 {
			w.addUnits(p, int32(i))
		}
	}
}

// offUnit returns what v takes off one unit of a run.
func (e *Engine) offUnit(w *work, p *promotion, v value, r *run) (int64, error) {
	d, err := e.perUnits(w, v, r.value, r.value, 1)
	d = min(d, r.room)
	if p.maximumPerUse > 0 {
		d = min(d, p.maximumPerUse)
	}
	return d, err
}

// chooseCheapest chooses of runs, the cheapest first, those units that can get the discount, for as
// many applications as leave enough units to be bought.
func chooseCheapest(runs []run, buy, get, limit, buyers, getters int64) (chosen, applications int64) {
	limit = min(limit, buyers/buy, (getters+get-1)/get)
	n := last(limit, func(n int64) bool {
		rewards, spent := min(n*get, getters), int64(0)
		for i := 0; i < len(runs) && rewards > 0; i++ {
			if runs[i].gets {
				m := min(rewards, runs[i].count)
				rewards -= m
				if runs[i].buys {
					spent += m
				}
			}
		}
		return buyers-spent >= n*buy
	})
	rewards := min(n*get, getters)
	chosen = rewards
	for i := range runs {
		if runs[i].gets {
			runs[i].chosen = min(rewards, runs[i].count)
			rewards -= runs[i].chosen
		}
	}
	return chosen, n
}

// last returns the greatest n up to limit for which holds is true. It is true
// for 0 and once false stays so.
func last(limit int64, holds func(n int64) bool) int64 {
	low, high := int64(0), limit
	for low < high {
		middle := high - (high-low)/2
		if holds(middle) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// chooseGroups chooses of runs, the dearest first, in each of n groups of buy + get
// units the last get ones that can get the discount.
func chooseGroups(runs []run, buy, get, n int64) (chosen int64) {
	end := n * (buy + get)
	var start int64 // the first unit of the run
	for i := range runs {
		r := &runs[i]
		from, to := start, min(start+r.count, end)
		start += r.count
		if from >= to || !r.gets {
			continue
		}
		r.chosen = rewardsBelow(to, buy, get) - rewardsBelow(from, buy, get)
		chosen += r.chosen
	}
	return chosen
}

// rewardsBelow returns how many of the first n units are the last get ones of
// their groups.
func rewardsBelow(n, buy, get int64) int64 {
	size := buy + get
	return n/size*get + max(0, n%size-buy)
}

// chooseBest chooses of runs, the dearest first, the units with the largest discount. For n applications
// that is the n·get largest discounts, with at least n·buy of the units that can
// be bought left: a laminar matroid, on which the greedy choice is the best one.
// The best sum is concave in n, so the last n that adds to it is found by halving.
func chooseBest(runs []run, buy, get, limit, buyers, getters int64) (chosen, applications int64) {
	limit = min(limit, buyers/buy, (getters+get-1)/get)
	n := last(limit, func(n int64) bool {
		if n == 0 {
			return true
		}
		with, overflow := takeBest(runs, n*get, buyers-n*buy)
		without, _ := takeBest(runs, (n-1)*get, buyers-(n-1)*buy)
		return !overflow && with > without
	})
	takeBest(runs, n*get, buyers-n*buy)
	for i := range runs {
		chosen += runs[i].chosen
	}
	return chosen, n
}

// takeBest chooses up to units of them, dearest first, and of those that can be
// bought no more than spare. It returns the sum of their discounts.
func takeBest(runs []run, units, spare int64) (sum int64, overflow bool) {
	for i := range runs {
		r := &runs[i]
		r.chosen = 0
		if !r.gets || r.off == 0 {
			continue
		}
		m := min(units, r.count)
		if r.buys {
			m = min(m, spare)
			spare -= m
		}
		r.chosen = m
		units -= m
		hi, lo := bits.Mul64(uint64(r.off), uint64(m))
		if sum += int64(lo); hi != 0 || sum < 0 {
			return 0, true
		}
	}
	return sum, false
}

// gather sums what is taken off the chosen units by line, into w.discounts. The
// off of a run is for one unit.
func (w *work) gather(p *promotion, v value, kind StepKind) outcome {
	for i := range w.runs {
		w.runs[i].off *= w.runs[i].chosen // no more than the line
	}
	return w.byLine(p, v, kind)
}

// byLine sums what is taken off the runs by line. The off of a run is for all of
// its chosen units.
func (w *work) byLine(p *promotion, v value, kind StepKind) outcome {
	out := outcome{value: v, kind: kind, byUnits: true}
	w.offs = cleared(w.offs, w.goodsLines)
	for i := range w.runs {
		r := &w.runs[i]
		r.off = min(r.off, r.room*r.chosen)
		out.base += r.value * r.chosen
		w.offs[r.line] += r.off
	}
	w.hits, w.discounts = w.hits[:0], w.discounts[:0]
	for i, off := range w.offs {
		if off > 0 {
			w.hits, w.discounts = append(w.hits, int32(i)), append(w.discounts, off)
		}
	}
	for k, i := range w.hits {
		w.discounts[k] = min(w.discounts[k], w.room(p, i))
		out.total += w.discounts[k]
	}
	out.lines = w.hits
	return out
}

// perGift computes a promotion with Gift: it gives the dearest units for which
// enough others are bought. A gift does not qualify for itself.
func (e *Engine) perGift(b *Basket, w *work, p *promotion, v value, r *Refusal) (outcome, error) {
	w.runs, w.roles = w.runs[:0], cleared(w.roles, w.goodsLines)
	for _, i := range w.selected(p.of) {
		w.addUnits(p, i)
	}
	w.dearestFirst(w.runs)
	spent, units := w.spent(p, w.selected(p.scope)), w.boughtBy(b, p, w.selected(p.scope))
	least := max(1, p.minimumQuantity) // of the units bought for the gift
	counts := cleared(w.roles, w.goodsLines)
	for _, i := range w.selected(p.scope) {
		counts[i] = used
	}
	left, given := p.get, int64(0)
	lacks := Refusal{MissingQuantity: p.get}
	for i := range w.runs {
		run := &w.runs[i]
		qualifying, inScope := counts[run.line] != 0 || !p.minimumOfLines, counts[run.line] != 0
		enough := func(n int64) bool {
			sum, count := spent, units
			if qualifying {
				sum -= n * w.spentOn(p, run)
			}
			if inScope {
				count -= n
			}
			if sum >= p.minimum && count >= least {
				return true
			}
			if n == 1 {
				lacks.Missing, lacks.MissingQuantity = money.New(max(0, p.minimum-sum), b.Currency), max(0, least-count)
			}
			return false
		}
		run.chosen = last(min(left, run.count), func(n int64) bool { return n == 0 || enough(n) })
		if qualifying {
			spent -= run.chosen * w.spentOn(p, run)
		}
		if inScope {
			units -= run.chosen
		}
		left -= run.chosen
		given += run.chosen
		var err error
		if run.off, err = e.offUnit(w, p, v, run); err != nil {
			return outcome{}, err
		}
	}
	switch {
	case given > 0:
		return w.gather(p, v, StepShare), nil
	case len(w.runs) == 0:
		r.Reason, r.MissingQuantity, r.SKUs = ReasonGift, p.get, p.gifts
	case !lacks.Missing.IsZero():
		r.Reason, r.Missing = ReasonMinimum, lacks.Missing
	default:
		r.Reason, r.MissingQuantity = ReasonQuantity, lacks.MissingQuantity
	}
	return outcome{}, nil
}
