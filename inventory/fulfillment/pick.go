package fulfillment

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// ToPick is a parcel that is to be packed.
type ToPick struct {
	// Order names what the parcel belongs to.
	Order  string
	Parcel Parcel
	// Due is the day on which the parcel has to leave; the earlier ones are picked
	// first.
	Due Date
}

// WaveRules bound what is picked in one walk. 0 is no bound.
type WaveRules struct {
	Parcels int   // at most so many parcels
	Units   int64 // and so many units
}

// Wave is what one person picks in one walk at one place.
type Wave struct {
	Location Location
	// Number counts the waves of the place from 1.
	Number  int
	Parcels []PickedParcel
	// Lines are what to fetch, by SKU, kits taken apart.
	Lines []PickLine
}

// PickedParcel names a parcel of a wave.
type PickedParcel struct {
	Order, Parcel string
	Due           Date
}

// PickLine is a SKU to fetch, and what of it goes into which parcel of the wave.
type PickLine struct {
	SKU      flywheel.SKU
	Quantity int64
	For      []PickShare
}

// PickShare is what of a SKU goes into a parcel, by its place in [Wave.Parcels].
type PickShare struct {
	Parcel   int
	Quantity int64
}

// PickLists puts parcels into waves: at each place by due day, order and parcel, as
// many as the rules allow. A parcel that is larger than the bound has a wave of its
// own. Waves are ordered by place and number.
func PickLists(parcels []ToPick, rules WaveRules) ([]Wave, error) {
	if rules.Parcels < 0 || rules.Units < 0 {
		return nil, refuse(ErrRange, "rules", "bounds of %d parcels and %d units", rules.Parcels, rules.Units)
	}
	sorted := slices.Clone(parcels)
	slices.SortStableFunc(sorted, func(a, b ToPick) int {
		return cmp.Or(cmp.Compare(a.Parcel.Location, b.Parcel.Location), a.Due.Compare(b.Due),
			cmp.Compare(a.Order, b.Order), cmp.Compare(a.Parcel.ID, b.Parcel.ID))
	})
	var waves []Wave
	open, held := -1, int64(0)
	for i := range sorted {
		p := &sorted[i]
		units, err := fetched(&p.Parcel)
		if err != nil {
			return nil, inField(fmt.Sprintf("parcels[%s %s]", p.Order, p.Parcel.ID), err)
		}
		quantity := int64(0)
		for _, u := range units {
			if sum, ok := plus(quantity, u.Quantity); ok {
				quantity = sum
			} else {
				return nil, refuse(ErrRange, fmt.Sprintf("parcels[%s %s]", p.Order, p.Parcel.ID), "the units overflow")
			}
		}
		sum, fits := plus(held, quantity)
		if open < 0 || waves[open].Location != p.Parcel.Location || !fits ||
			rules.Parcels > 0 && len(waves[open].Parcels) >= rules.Parcels || rules.Units > 0 && sum > rules.Units {
			number := 1
			if open >= 0 && waves[open].Location == p.Parcel.Location {
				number = waves[open].Number + 1
			}
			waves, open, sum = append(waves, Wave{Location: p.Parcel.Location, Number: number}), open+1, quantity
		}
		held = sum
		waves[open].add(p, units)
	}
	return waves, nil
}

// fetched returns what of a parcel lies on a shelf.
func fetched(p *Parcel) ([]Unit, error) {
	units, err := p.Units()
	return slices.DeleteFunc(units, func(u Unit) bool { return u.Kit != "" && u.Kit == u.SKU }), err
}

func (w *Wave) add(p *ToPick, units []Unit) {
	number := len(w.Parcels)
	w.Parcels = append(w.Parcels, PickedParcel{p.Order, p.Parcel.ID, p.Due})
	for _, u := range units {
		i, ok := slices.BinarySearchFunc(w.Lines, u.SKU, func(l PickLine, sku flywheel.SKU) int { return cmp.Compare(l.SKU, sku) })
		if !ok {
			w.Lines = slices.Insert(w.Lines, i, PickLine{SKU: u.SKU})
		}
		l := &w.Lines[i]
		l.Quantity += u.Quantity
		if n := len(l.For); n > 0 && l.For[n-1].Parcel == number {
			l.For[n-1].Quantity += u.Quantity
			continue
		}
		l.For = append(l.For, PickShare{number, u.Quantity})
	}
}
