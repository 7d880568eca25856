package pricing

import (
	"cmp"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// stair is the compiled graduated prices of one item on one list in one
// currency.
type stair struct {
	list     int32
	kind     ListKind
	currency money.Currency
	max      int64
	steps    []stairStep // each from the unit after the one before
}

// stairStep prices the units up to number last.
type stairStep struct {
	unit, floor money.Price
	last        int64
}

// tierUnits are the units of a line that one step prices.
type tierUnits struct {
	unit  money.Price
	count int64
}

// graduatedSteps returns the entries of one item in one currency, in order, or
// the index of one that leaves a gap or overlaps.
func graduatedSteps(entries []Entry, indexes []int) (steps []stairStep, bad int) {
	slices.SortStableFunc(indexes, func(i, j int) int { return cmp.Compare(entries[i].MinQuantity, entries[j].MinQuantity) })
	next := int64(1)
	for k, i := range indexes {
		e := &entries[i]
		if max(e.MinQuantity, 1) != next {
			return nil, i
		}
		last := e.MaxQuantity
		if last == 0 {
			last = math.MaxInt64
			if k+1 < len(indexes) {
				last = entries[indexes[k+1]].MinQuantity - 1
			}
		}
		if last < next || last == math.MaxInt64 && k+1 < len(indexes) {
			return nil, i
		}
		steps = append(steps, stairStep{e.Unit, e.Floor, last})
		next = last + 1
	}
	return steps, -1
}

// steps calls visit for the entries of each item and currency, in the order in
// which they come up.
func (l *List) steps(visit func(sku flywheel.SKU, c money.Currency, steps []stairStep) error) error {
	type key struct {
		sku flywheel.SKU
		c   money.Currency
	}
	var order []key
	indexes := map[key][]int{}
	for i := range l.Entries {
		k := key{l.Entries[i].SKU, l.Entries[i].Unit.Currency()}
		if indexes[k] == nil {
			order = append(order, k)
		}
		indexes[k] = append(indexes[k], i)
	}
	for _, k := range order {
		steps, bad := graduatedSteps(l.Entries, indexes[k])
		if bad >= 0 {
			return field(invalid("graduated steps leave a gap or overlap"), "entries[%d].min_quantity", bad)
		}
		if err := visit(k.sku, k.c, steps); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) compileStairs(l *List, index int32) error {
	if e.offers.stairs == nil {
		e.offers.stairs = map[int32][]stair{}
	}
	return l.steps(func(sku flywheel.SKU, c money.Currency, steps []stairStep) error {
		item := e.item(sku)
		e.offers.stairs[item] = append(e.offers.stairs[item], stair{index, l.Kind, c, steps[len(steps)-1].last, steps})
		return nil
	})
}

// price returns the exact price of quantity units that follow before others.
func (s *stair) price(before, quantity int64) (sum money.Price, err error) {
	sum = money.PriceOf(money.New(0, s.currency))
	for _, t := range s.appendUnits(nil, before, quantity) {
		part, err := t.unit.Mul(t.count)
		if err != nil {
			return sum, err
		}
		if sum, err = plusPrice(sum, part); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// appendUnits appends how many of quantity units that follow before others each step prices.
func (s *stair) appendUnits(to []tierUnits, before, quantity int64) []tierUnits {
	end := before + quantity
	for _, step := range s.steps {
		if before == end {
			break
		}
		if n := min(step.last, end) - before; n > 0 {
			to = append(to, tierUnits{step.unit, n})
			before += n
		}
	}
	return to
}

// at returns the step of the n-th unit.
func (s *stair) at(n int64) *stairStep {
	i := 0
	for s.steps[i].last < n {
		i++
	}
	return &s.steps[i]
}

// tiersOf returns how the units of a line with graduated prices are priced. It
// is good until the next call.
func (w *work) tiersOf(i int, quantity int64) []tierUnits {
	if i >= len(w.stairs) || w.stairs[i] == nil {
		return nil
	}
	w.tiers = w.stairs[i].appendUnits(w.tiers[:0], w.before[i], quantity)
	return w.tiers
}
