package fulfillment

import (
	"cmp"
	"fmt"
	"slices"
)

// Box is a kind of box that a shop packs into.
type Box struct {
	ID string `json:"id"`
	// Inside is the space within, in millimeters.
	Inside Size `json:"inside"`
	// Carries is the greatest weight of what is in it, in grams. 0: any.
	Carries int64 `json:"carries,omitempty"`
	// Weight is that of the empty box, in grams.
	Weight int64 `json:"weight,omitempty"`
}

// Packing is how goods are put into boxes.
type Packing struct {
	Boxes []PackedBox
	// Best reports that there is no packing with fewer boxes, nor one of as many
	// that takes less space.
	Best bool
	// Least is a number of boxes that no packing is below.
	Least int
}

// PackedBox is a box with what is in it.
type PackedBox struct {
	Box    Box
	Goods  []PlacedUnit
	Weight int64 // with the box, in grams
}

// PlacedUnit is a unit in a box: its near lower left corner, and its sides as it is
// turned, along the length, the width and the height of the box.
type PlacedUnit struct {
	Line    string
	X, Y, Z int64
	Size    Size
}

// MaxPacked is how many units [Pack] packs.
const MaxPacked = 1000

// packSteps bounds the search for a better packing; with it, [Pack] is done in well
// under a second.
const packSteps = 200_000

// Pack puts every unit of the items into boxes, turned by right angles where that
// helps. Boxes are there in any number. It looks for the fewest boxes, then for the
// least space that they take up.
//
// Units are first placed largest first, each in the corner of an opened box where it
// leaves the least gap. If that needs more boxes than weight and volume say, or could
// take less space, up to six units are packed in every way that matters: with corners
// at sums of sides of other units, which loses no packing (Herz, 1972, Recursive
// computational procedure for two-dimensional stock cutting; Christofides and
// Whitlock, 1977). Packing.Best says whether the result is proven best; if not, Least
// bounds how far it can be from it.
//
// A unit without a size, or one that no box takes, is refused.
func Pack(items []Item, boxes []Box) (Packing, error) {
	if err := checkItems(items); err != nil {
		return Packing{}, err
	}
	if err := checkBoxes(boxes); err != nil {
		return Packing{}, err
	}
	units, err := packUnits(items, boxes)
	if err != nil {
		return Packing{}, err
	}
	if len(units) == 0 {
		return Packing{Best: true}, nil
	}
	kinds := slices.Clone(boxes)
	slices.SortFunc(kinds, func(a, b Box) int {
		return cmp.Or(cmp.Compare(a.Inside.volume(), b.Inside.volume()), cmp.Compare(a.ID, b.ID))
	})
	p := &packer{kinds: kinds, units: units}
	packed := p.quickly()
	least, space := p.bounds()
	result := Packing{Boxes: packed, Least: least}
	result.Best = len(packed) == least && spaceOf(packed) == space
	if !result.Best && len(units) <= exactUnits {
		if better, proven := p.exactly(packed); proven {
			result.Boxes, result.Best, result.Least = better, true, len(better)
		} else {
			result.Boxes = better
		}
	}
	return result, nil
}

// exactUnits is up to how many units every way of packing is looked at.
const exactUnits = 6

func (s Size) volume() int64 { return s.Length * s.Width * s.Height }

func checkBoxes(boxes []Box) error {
	for i, b := range boxes {
		field := fmt.Sprintf("boxes[%d]", i)
		if err := b.Inside.check(field + ".inside"); err != nil {
			return err
		}
		if sides := b.Inside.sorted(); sides[2] < 1 {
			return refuse(ErrRange, field+".inside", "%d x %d x %d mm is no space", b.Inside.Length, b.Inside.Width, b.Inside.Height)
		}
		if b.Carries < 0 || b.Weight < 0 || b.Carries > maxWeight || b.Weight > maxWeight {
			return refuse(ErrRange, field, "weights of %d and %d g are not between 0 and %d", b.Carries, b.Weight, int64(maxWeight))
		}
	}
	return nil
}

// packUnit is one unit that is packed.
type packUnit struct {
	line   string
	size   Size
	weight int64
}

func packUnits(items []Item, boxes []Box) ([]packUnit, error) {
	var units []packUnit
	for i := range items {
		item := &items[i]
		if item.Download {
			continue
		}
		if sides := item.Size.sorted(); sides[2] < 1 {
			return nil, refuse(ErrInput, fmt.Sprintf("items[%d].size", i), "%s has no size", item.SKU)
		}
		if !slices.ContainsFunc(boxes, func(b Box) bool { return b.takes(item.Weight) && item.Size.Fits(b.Inside) }) {
			return nil, refuse(ErrUnknown, fmt.Sprintf("items[%d]", i), "no box takes %s", item.SKU)
		}
		if int64(len(units))+item.Quantity > MaxPacked {
			return nil, refuse(ErrRange, "items", "more than %d units", MaxPacked)
		}
		for range item.Quantity {
			units = append(units, packUnit{item.Line, item.Size, item.Weight})
		}
	}
	slices.SortStableFunc(units, func(a, b packUnit) int { return cmp.Compare(b.size.volume(), a.size.volume()) })
	return units, nil
}

func (b *Box) takes(weight int64) bool { return b.Carries == 0 || weight <= b.Carries }

func spaceOf(boxes []PackedBox) (space float64) {
	for i := range boxes {
		space += float64(boxes[i].Box.Inside.volume())
	}
	return space
}

// packer packs units, the largest first, into kinds of boxes, the smallest first.
type packer struct {
	kinds []Box
	units []packUnit
	steps int
}

// bounds returns a number of boxes that no packing is below, by volume and weight,
// and the least space that this number of boxes of any kinds can take: both are only
// bounds.
func (p *packer) bounds() (least int, space float64) {
	var volume, weight, largest float64
	carries, any := float64(0), false
	for _, u := range p.units {
		volume, weight = volume+float64(u.size.volume()), weight+float64(u.weight)
	}
	for _, b := range p.kinds {
		largest = max(largest, float64(b.Inside.volume()))
		carries, any = max(carries, float64(b.Carries)), any || b.Carries == 0
	}
	for least = 1; float64(least)*largest < volume || !any && float64(least)*carries < weight; least++ {
	}
	if least > 1 {
		return least, volume
	}
	for _, b := range p.kinds { // the smallest that could hold all by volume and weight, and the largest unit
		if float64(b.Inside.volume()) >= volume && (b.Carries == 0 || float64(b.Carries) >= weight) && p.units[0].size.Fits(b.Inside) {
			return 1, float64(b.Inside.volume())
		}
	}
	return 1, volume
}
