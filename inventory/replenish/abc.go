package replenish

import (
	"cmp"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Weight is what a classification by value and regularity looks at.
type Weight struct {
	SKU flywheel.SKU
	// Value is the turnover, such as that of a year.
	Value float64
	// Variation is the coefficient of variation of the demand.
	Variation float64
}

// Limits are the bounds of the classes of [Classify].
type Limits struct {
	A, B float64 // shares of value that class A, and A with B, make up
	X, Y float64 // coefficient of variation: up to X is class X, up to Y class Y
}

// UsualLimits are 80 and 95 % of the value, and variations of 0.5 and 1.
var UsualLimits = Limits{A: 0.8, B: 0.95, X: 0.5, Y: 1}

// Group is the class of an item: 'A', 'B' or 'C' by value and 'X', 'Y' or 'Z'
// by regularity.
type Group struct {
	SKU        flywheel.SKU
	Value      byte
	Regularity byte
}

// Classify sorts items by value, the largest first and equal ones by SKU, and
// gives each its group. An item belongs to class A when those before it have
// less than the share Limits.A of the value: the class reaches its limit, and
// the largest item is always in it. O(n log n).
func Classify(items []Weight, limits Limits) ([]Group, error) {
	total := 0.0
	for _, w := range items {
		if err := within("value", w.Value, MaxUnits); err != nil {
			return nil, &ItemError{SKU: w.SKU, Err: err}
		}
		if err := within("variation", w.Variation, MaxDemand); err != nil {
			return nil, &ItemError{SKU: w.SKU, Err: err}
		}
		total += w.Value
	}
	if !(limits.A >= 0 && limits.A <= limits.B && limits.B <= 1) {
		return nil, &SettingError{"limit A", limits.A, "0 to limit B, and that at most 1"}
	}
	if !(limits.X >= 0 && limits.X <= limits.Y) {
		return nil, &SettingError{"limit X", limits.X, "0 to limit Y"}
	}
	sorted := slices.Clone(items)
	slices.SortFunc(sorted, func(a, b Weight) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.SKU, b.SKU))
	})
	groups := make([]Group, len(sorted))
	before := 0.0
	for i, w := range sorted {
		g := Group{w.SKU, 'C', 'Z'}
		// A share that meets a limit does so in spite of rounding.
		const slack = 1e-12
		switch share := before / math.Max(total, 1e-300); {
		case share < limits.A-slack || i == 0:
			g.Value = 'A'
		case share < limits.B-slack:
			g.Value = 'B'
		}
		switch {
		case w.Variation <= limits.X:
			g.Regularity = 'X'
		case w.Variation <= limits.Y:
			g.Regularity = 'Y'
		}
		groups[i] = g
		before += w.Value
	}
	return groups, nil
}
