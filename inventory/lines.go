package inventory

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// merged returns lines ordered by SKU, one for each SKU with the sum of its
// quantities, without amounts.
func merged(lines []flywheel.Line) ([]flywheel.Line, error) {
	if len(lines) == 0 {
		return nil, refused(flywheel.ErrInvalid, "no lines")
	}
	sorted := make([]flywheel.Line, len(lines))
	for i, l := range lines {
		if err := flywheel.CheckID(string(l.SKU)); err != nil {
			return nil, fmt.Errorf("inventory: sku of line %d: %w", i+1, err)
		}
		if err := checkQuantity(l.SKU, l.Quantity); err != nil {
			return nil, err
		}
		sorted[i] = flywheel.Line{SKU: l.SKU, Quantity: l.Quantity}
	}
	slices.SortFunc(sorted, func(a, b flywheel.Line) int { return cmp.Compare(a.SKU, b.SKU) })
	n := 0
	for _, l := range sorted[1:] {
		last := &sorted[n]
		if l.SKU != last.SKU {
			n++
			sorted[n] = l
			continue
		}
		if l.Quantity > MaxQuantity-last.Quantity {
			return nil, refused(flywheel.ErrOutOfRange, "the quantities of %s sum to more than %d", l.SKU, MaxQuantity)
		}
		last.Quantity += l.Quantity
	}
	return sorted[:n+1], nil
}
