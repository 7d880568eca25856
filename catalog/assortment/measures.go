package assortment

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// GMROI returns gross margin over average inventory at cost: what a unit of money
// in stock earned. inventory are levels at equal distances, whose mean is taken.
// Both are in one currency.
func GMROI(grossMargin float64, inventory ...float64) (float64, error) {
	if err := finite("gross margin", grossMargin); err != nil {
		return 0, err
	}
	if err := all("inventory", inventory, 0, 1e18); err != nil {
		return 0, err
	}
	sum := 0.0
	for _, x := range inventory {
		sum += x
	}
	if sum == 0 {
		return 0, refuse("average inventory", sum, ErrInput)
	}
	return grossMargin / (sum / float64(len(inventory))), nil
}

// Stock is what went in and out of stock in a period, in units.
type Stock struct {
	Opening, Received, Sold float64
	// Returned is what customers brought back; it is taken off what was sold.
	Returned float64
}

// SellThrough returns the share sold of what was received, or with opening of
// what was received and there at the start.
func (s Stock) SellThrough(opening bool) (float64, error) {
	for _, f := range []struct {
		what  string
		value float64
	}{{"opening", s.Opening}, {"received", s.Received}, {"sold", s.Sold}, {"returned", s.Returned}} {
		if !(f.value >= 0 && f.value <= 1e15) {
			return 0, refuse(f.what, f.value, ErrRange)
		}
	}
	base := s.Received
	if opening {
		base += s.Opening
	}
	if base == 0 {
		return 0, refuse("received", base, ErrInput)
	}
	return (s.Sold - s.Returned) / base, nil
}

// Contribution is what a product adds to the margin.
type Contribution struct {
	SKU    flywheel.SKU
	Margin float64
	// Share of the total; shares add to 1 and are negative for losses.
	Share float64
}

// Item is a product with what it sold for.
type Item struct {
	SKU                 flywheel.SKU
	Revenue, MarginRate float64
}

// Contributions returns margin and share of each item in the given order, and the
// total. A total of zero or less has no shares: they are 0.
func Contributions(items []Item) ([]Contribution, float64, error) {
	out := make([]Contribution, len(items))
	total := 0.0
	for i, item := range items {
		if err := finite(fmt.Sprintf("items[%d] revenue", i), item.Revenue); err != nil {
			return nil, 0, err
		}
		if err := finite(fmt.Sprintf("items[%d] margin rate", i), item.MarginRate); err != nil {
			return nil, 0, err
		}
		out[i] = Contribution{SKU: item.SKU, Margin: item.Revenue * item.MarginRate}
		total += out[i].Margin
	}
	if total > 0 {
		for i := range out {
			out[i].Share = out[i].Margin / total
		}
	}
	return out, total, nil
}

// Valued is a product with a value to be ranked by.
type Valued struct {
	SKU   flywheel.SKU
	Value float64
}

// Class is a class of [ABC].
type Class byte

// ABC classes products by value: those before which the larger ones make less
// than the share a of the total are 'A', less than b 'B', the rest 'C'. So the
// product that crosses a is still A. Values of zero or less are C and left out of
// the total. Equal values are ordered by SKU. O(n log n).
func ABC(values []Valued, a, b float64) (map[flywheel.SKU]Class, error) {
	if !(a >= 0 && a <= b && b <= 1) {
		return nil, refuse("limits", fmt.Sprint(a, b), ErrRange)
	}
	sorted := slices.Clone(values)
	total := 0.0
	for i, v := range sorted {
		if err := finite(fmt.Sprintf("values[%d]", i), v.Value); err != nil {
			return nil, err
		}
		total += math.Max(0, v.Value)
	}
	slices.SortFunc(sorted, func(x, y Valued) int {
		return cmp.Or(compareFalling(x.Value, y.Value), cmp.Compare(x.SKU, y.SKU))
	})
	classes := make(map[flywheel.SKU]Class, len(sorted))
	before := 0.0
	for i, v := range sorted {
		if _, twice := classes[v.SKU]; twice {
			return nil, refuse(fmt.Sprintf("values[%d] SKU", i), v.SKU, ErrInput)
		}
		class := Class('C')
		switch {
		case v.Value <= 0:
		case before < a*total:
			class = 'A'
		case before < b*total:
			class = 'B'
		}
		classes[v.SKU] = class
		before += math.Max(0, v.Value)
	}
	return classes, nil
}

// Launch is what a new product and the old ones it may have taken sales from sold
// before and after, beside a control group that the launch did not touch.
type Launch struct {
	NewUnits                    float64
	OldBefore, OldAfter         float64
	ControlBefore, ControlAfter float64
}

// Cannibalization is what the new product took from the old ones.
type Cannibalization struct {
	// ExpectedOld is OldBefore moved like the control group.
	ExpectedOld float64
	// LostOld is ExpectedOld - OldAfter; negative where the old ones gained.
	LostOld float64
	// Rate is LostOld per new unit, Incremental the new units less LostOld.
	Rate, Incremental float64
}

// Cannibalization compares the old products with the control group (difference in
// differences, as a ratio).
func (l Launch) Cannibalization() (Cannibalization, error) {
	for _, f := range []struct {
		what  string
		value float64
		zero  bool
	}{
		{"new units", l.NewUnits, false}, {"old before", l.OldBefore, true}, {"old after", l.OldAfter, true},
		{"control before", l.ControlBefore, false}, {"control after", l.ControlAfter, true},
	} {
		if !(f.value >= 0 && f.value <= 1e15) || f.value == 0 && !f.zero {
			return Cannibalization{}, refuse(f.what, f.value, ErrRange)
		}
	}
	c := Cannibalization{ExpectedOld: l.OldBefore * l.ControlAfter / l.ControlBefore}
	c.LostOld = c.ExpectedOld - l.OldAfter
	c.Rate = c.LostOld / l.NewUnits
	c.Incremental = l.NewUnits - c.LostOld
	return c, nil
}

// Halo is what baskets with a product hold beside it.
type Halo struct {
	BasketsWith, BasketsWithout int
	// With and Without are the values of the other items per basket, nil where
	// there is no such basket.
	With, Without *float64
	// Halo is With - Without.
	Halo *float64
}

// HaloOf compares baskets with and without sku by the value of the other items at
// the given prices. It is a difference, not an effect: who buys sku may be another
// kind of customer.
func HaloOf(baskets [][]flywheel.SKU, price map[flywheel.SKU]float64, sku flywheel.SKU) (Halo, error) {
	var h Halo
	with, without := 0.0, 0.0
	for b, basket := range baskets {
		sum, has := 0.0, false
		for _, item := range basket {
			p, ok := price[item]
			if !ok || math.IsNaN(p) || math.IsInf(p, 0) {
				return Halo{}, refuse(fmt.Sprintf("price of %s in baskets[%d]", item, b), p, ErrInput)
			}
			if item == sku {
				has = true
				continue
			}
			sum += p
		}
		if has {
			h.BasketsWith++
			with += sum
		} else {
			h.BasketsWithout++
			without += sum
		}
	}
	if h.BasketsWith > 0 {
		with /= float64(h.BasketsWith)
		h.With = &with
	}
	if h.BasketsWithout > 0 {
		without /= float64(h.BasketsWithout)
		h.Without = &without
	}
	if h.With != nil && h.Without != nil {
		d := with - without
		h.Halo = &d
	}
	return h, nil
}
