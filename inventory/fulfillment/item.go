package fulfillment

import (
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// MaxQuantity is the largest quantity of an item, and of a part in a unit of a
// kit.
const MaxQuantity int64 = 1_000_000_000

// Item is a line of an order as far as delivery is concerned.
type Item struct {
	// Line is the name of the line, which parcels are made of.
	Line string
	SKU  flywheel.SKU
	// Quantity is from 1 to [MaxQuantity].
	Quantity int64
	// Weight is that of one unit, in grams.
	Weight int64
	// Size is that of one unit; the zero Size is unknown.
	Size Size
	// Categories are those of the item.
	Categories []string
	// Download is an item that is not shipped: it is in no parcel.
	Download bool
}

// Size is how much space something takes, in millimeters.
type Size struct {
	Length int64 `json:"length"`
	Width  int64 `json:"width"`
	Height int64 `json:"height"`
}

// IsZero reports whether the size is unknown.
func (s Size) IsZero() bool { return s == Size{} }

// sorted returns the sides, the longest first.
func (s Size) sorted() [3]int64 {
	sides := [3]int64{s.Length, s.Width, s.Height}
	slices.Sort(sides[:])
	slices.Reverse(sides[:])
	return sides
}

// Fits reports whether something of size s can be turned, by right angles, so that
// it is within other.
func (s Size) Fits(other Size) bool {
	a, b := s.sorted(), other.sorted()
	return a[0] <= b[0] && a[1] <= b[1] && a[2] <= b[2]
}

// maxSide bounds a side, so that volumes fit an int64.
const maxSide = 1_000_000

func (s Size) check(field string) error {
	for _, side := range s.sorted() {
		if side < 0 || side > maxSide {
			return refuse(ErrRange, field, "a side of %d mm is not between 0 and %d", side, maxSide)
		}
	}
	return nil
}

// maxWeight bounds the weight of a unit, so that sums over a line fit an int64.
const maxWeight = 1_000_000_000

func checkItems(items []Item) error {
	var seen map[string]bool // nil while items are few
	if len(items) > fewRows {
		seen = make(map[string]bool, len(items))
	}
	for i := range items {
		item, field := &items[i], func(name string) string { return fmt.Sprintf("items[%d].%s", i, name) }
		if err := flywheel.CheckID(string(item.SKU)); err != nil {
			return inField(field("sku"), err)
		}
		if item.Quantity < 1 || item.Quantity > MaxQuantity {
			return refuse(ErrRange, field("quantity"), "%d is not between 1 and %d", item.Quantity, MaxQuantity)
		}
		if item.Weight < 0 || item.Weight > maxWeight {
			return refuse(ErrRange, field("weight"), "%d g is not between 0 and %d", item.Weight, int64(maxWeight))
		}
		if !item.Size.IsZero() {
			if err := item.Size.check(field("size")); err != nil {
				return err
			}
		}
		twice := seen[item.Line]
		for j := 0; seen == nil && j < i; j++ {
			twice = twice || items[j].Line == item.Line
		}
		if twice {
			return refuse(ErrInput, field("line"), "line %q is there twice", item.Line)
		}
		if seen != nil {
			seen[item.Line] = true
		}
	}
	return nil
}

// shippedWeight returns the weight of what is shipped.
func shippedWeight(items []Item) (int64, error) {
	total := int64(0)
	for i := range items {
		if items[i].Download {
			continue
		}
		sum, ok := plus(total, items[i].Weight*items[i].Quantity)
		if !ok {
			return 0, refuse(ErrRange, "items", "the weights overflow")
		}
		total = sum
	}
	return total, nil
}

// ships reports whether any of items is shipped.
func ships(items []Item) bool {
	for i := range items {
		if !items[i].Download {
			return true
		}
	}
	return false
}
