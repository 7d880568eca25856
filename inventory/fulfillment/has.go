package fulfillment

import "github.com/flywheel-go/flywheel"

// Count returns how many units of a SKU are free at all places together, of a kit how
// many can be made of its parts; counted is false for an item that is always there. A
// SKU that is not in s has none.
func (s Stock) Count(sku flywheel.SKU) (free int64, counted bool) {
	supply := s[sku]
	if supply.Untracked {
		return 0, false
	}
	if len(supply.Parts) == 0 {
		for _, n := range supply.Free {
			free += max(n, 0)
		}
		return free, true
	}
	for _, part := range supply.Parts {
		n, limited := s.Count(part.SKU)
		if !limited || part.Quantity < 1 {
			continue
		}
		if n /= part.Quantity; !counted || n < free {
			free, counted = n, true
		}
	}
	return free, counted
}

// Has reports whether a unit of a SKU can be ordered: it is free somewhere, always
// there, or sold before it is there.
func (s Stock) Has(sku flywheel.SKU) bool {
	free, counted := s.Count(sku)
	return free > 0 || !counted || s[sku].Room > 0
}
