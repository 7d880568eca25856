package inventory

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Measure says in which units an item is counted: quantities are whole numbers of the
// smallest, such as "each", "g" or "ml", and others are a number of these.
type Measure struct {
	Smallest string `json:"smallest"`
	Packs    []Pack `json:"packs,omitempty"`
}

// Pack is a unit that holds a number of the smallest.
type Pack struct {
	Name  string `json:"name"`
	Holds int64  `json:"holds"`
}

// Check reports what is wrong with the measure: a name that is no identifier or is there
// twice, or a pack that holds fewer than two.
func (m Measure) Check() error {
	if err := checkID("smallest unit", m.Smallest); err != nil {
		return err
	}
	names := []string{m.Smallest}
	for _, p := range m.Packs {
		if err := checkID("name of a pack", p.Name); err != nil {
			return err
		}
		if slices.Contains(names, p.Name) {
			return refused(flywheel.ErrInvalid, "unit %q is there twice", p.Name)
		}
		if p.Holds < 2 || p.Holds > MaxQuantity {
			return refused(flywheel.ErrOutOfRange, "pack %q holds %d", p.Name, p.Holds)
		}
		names = append(names, p.Name)
	}
	return nil
}

// holds returns how many of the smallest a unit is.
func (m Measure) holds(unit string) (int64, error) {
	if unit == m.Smallest {
		return 1, nil
	}
	for _, p := range m.Packs {
		if p.Name == unit {
			return p.Holds, nil
		}
	}
	return 0, refused(flywheel.ErrNotFound, "unit %q", unit)
}

// In returns how many of the smallest n of a unit are: 3 cases of 12 are 36.
func (m Measure) In(n int64, unit string) (int64, error) {
	holds, err := m.holds(unit)
	if err != nil {
		return 0, err
	}
	if n > math.MaxInt64/holds || n < math.MinInt64/holds || n*holds > MaxQuantity || n*holds < -MaxQuantity {
		return 0, refused(flywheel.ErrOutOfRange, "%d of %q are more than %d", n, unit, MaxQuantity)
	}
	return n * holds, nil
}

// Out returns how many whole units a quantity of the smallest is, and what is left over:
// 40 are 3 cases of 12 and 4. It rounds towards zero.
func (m Measure) Out(quantity int64, unit string) (whole, left int64, err error) {
	holds, err := m.holds(unit)
	if err != nil {
		return 0, 0, err
	}
	return quantity / holds, quantity % holds, nil
}

// Text writes a quantity of the smallest in the largest units that it has, as in
// "3 case 4 each".
func (m Measure) Text(quantity int64) string {
	packs := slices.Clone(m.Packs)
	slices.SortStableFunc(packs, func(a, b Pack) int { return cmp.Compare(b.Holds, a.Holds) })
	packs = append(packs, Pack{m.Smallest, 1})
	sign := ""
	if quantity < 0 {
		sign = "-"
	}
	var parts []string
	for _, p := range packs {
		n := quantity / p.Holds
		quantity -= n * p.Holds
		if n != 0 {
			parts = append(parts, fmt.Sprint(max(n, -n), " ", p.Name))
		}
	}
	if len(parts) == 0 {
		return "0 " + m.Smallest
	}
	return sign + strings.Join(parts, " ")
}
