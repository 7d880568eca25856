package recommend

import (
	"cmp"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Index numbers SKUs 0, 1, 2, … in the order in which ties are broken: plain
// decimal numbers first, by value, then all other SKUs by their bytes. So item
// "9" stands before item "10", as everyone expects of an item id. An Index is
// immutable and safe for concurrent use; models that share one can be blended.
type Index struct {
	names   []flywheel.SKU
	numbers map[flywheel.SKU]int32
}

// NewIndex returns an Index of the distinct SKUs of skus. O(n log n).
func NewIndex(skus []flywheel.SKU) *Index {
	names := slices.Clone(skus)
	slices.SortFunc(names, compareSKU)
	names = slices.Compact(names)
	x := &Index{names: slices.Clip(names), numbers: make(map[flywheel.SKU]int32, len(names))}
	for n, name := range names {
		x.numbers[name] = int32(n)
	}
	return x
}

// Len returns the number of SKUs.
func (x *Index) Len() int { return len(x.names) }

// SKU returns the SKU with number n, which must be at least 0 and below Len.
func (x *Index) SKU(n int32) flywheel.SKU { return x.names[n] }

// Number returns the number of sku, and whether x knows it.
func (x *Index) Number(sku flywheel.SKU) (int32, bool) {
	n, ok := x.numbers[sku]
	return n, ok
}

// compareSKU orders SKUs as an Index does.
func compareSKU(a, b flywheel.SKU) int {
	na, nb := plainNumber(string(a)), plainNumber(string(b))
	switch {
	case na && nb:
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	case na:
		return -1
	case nb:
		return 1
	}
	return cmp.Compare(a, b)
}

// plainNumber reports whether s is a decimal number without sign or leading zeros.
func plainNumber(s string) bool {
	if s == "" || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
