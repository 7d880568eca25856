package recommend

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Split says how choices are divided into a part to learn from, one to choose
// parameters by and one to test on. Fields that are zero take the value that their
// comment gives.
type Split struct {
	// Test and Valid are the shares of each actor's choices, rounded down, at least
	// one each: 0.2 and 0.1. Negative shares take none.
	Test, Valid float64
	// One takes one choice each in place of shares: leave one out.
	One bool
	// MinChoices leaves out actors with fewer: 5.
	MinChoices int
}

// ByTime divides the choices of each actor by time, the latest to the test, those
// before to the validation; equal times are ordered by item. Actors without times keep
// their order.
func (s Split) ByTime(choices []Choice) (train, valid, test []Choice, err error) {
	test1, valid1 := orDefault(s.Test, 0.2), orDefault(s.Valid, 0.1)
	if !(test1 < 1) || !(valid1 < 1) || max(0, test1)+max(0, valid1) >= 1 {
		return nil, nil, nil, paramError("Split", "Test and Valid", []float64{s.Test, s.Valid})
	}
	if s.MinChoices < 0 {
		return nil, nil, nil, paramError("Split", "MinChoices", s.MinChoices)
	}
	m, err := NewMatrix(choices)
	if err != nil {
		return nil, nil, nil, err
	}
	all := m.Choices()
	for row := range m.actors {
		list := all[m.start[row]:m.start[row+1]]
		n := len(list)
		if n < orDefault(s.MinChoices, 5) {
			continue
		}
		share := func(x float64) int {
			switch {
			case x < 0:
				return 0
			case s.One:
				return 1
			}
			return max(1, int(x*float64(n)+1e-9))
		}
		t, v := share(test1), share(valid1)
		if t+v >= n {
			return nil, nil, nil, fmt.Errorf("recommend: split: %d of %d choices of an actor would be held out: %w", t+v, n, flywheel.ErrInvalid)
		}
		train = append(train, list[:n-t-v]...)
		valid = append(valid, list[n-t-v:n-t]...)
		test = append(test, list[n-t:]...)
	}
	return train, valid, test, nil
}

// Fold returns the part of choices that belongs to fold n of folds, by a hash of actor
// and item, and the rest: the same on every machine and in any order.
func Fold(choices []Choice, n, folds int) (train, held []Choice, err error) {
	if folds < 2 || n < 0 || n >= folds {
		return nil, nil, paramError("Fold", "n of folds", []int{n, folds})
	}
	for i := range choices {
		c := choices[i]
		c.Actor = c.Actor.normal()
		if int(hashChoice(&c)%uint64(folds)) == n {
			held = append(held, choices[i])
		} else {
			train = append(train, choices[i])
		}
	}
	return train, held, nil
}

// Leak is something of the held part that training knows already.
type Leak struct {
	Actor Actor
	Item  flywheel.SKU
	// What is wrong: the same choice is in both parts, or training has choices of the
	// actor that are later than a held one.
	What string
}

// Leaks returns what training knows of the held part, by actor and item, at most 100 of
// it. Without it, a metric is about what it says.
func Leaks(train, held []Choice) []Leak {
	type key struct {
		who  Actor
		item flywheel.SKU
	}
	there := make(map[key]bool, len(train))
	latest := make(map[Actor]int64)
	for i := range train {
		c := &train[i]
		who := c.Actor.normal()
		there[key{who, c.Item}] = true
		if !c.At.IsZero() {
			latest[who] = max(latest[who], c.At.UnixMicro())
		}
	}
	var out []Leak
	for i := range held {
		c := &held[i]
		who := c.Actor.normal()
		switch {
		case there[key{who, c.Item}]:
			out = append(out, Leak{who, c.Item, "the same choice is in both parts"})
		case !c.At.IsZero() && latest[who] > c.At.UnixMicro():
			out = append(out, Leak{who, c.Item, "training has later choices of the actor"})
		}
	}
	slices.SortStableFunc(out, func(a, b Leak) int {
		return cmp.Or(cmp.Compare(a.Actor.Customer, b.Actor.Customer), cmp.Compare(a.Actor.Visitor, b.Actor.Visitor), compareSKU(a.Item, b.Item))
	})
	return out[:min(100, len(out))]
}
