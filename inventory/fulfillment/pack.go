package fulfillment

import (
	"cmp"
	"slices"
)

// turns returns the ways to turn a size by right angles, each once.
func (s Size) turns() []Size {
	all := []Size{
		{s.Length, s.Width, s.Height}, {s.Length, s.Height, s.Width}, {s.Width, s.Length, s.Height},
		{s.Width, s.Height, s.Length}, {s.Height, s.Length, s.Width}, {s.Height, s.Width, s.Length},
	}
	turns := all[:0]
	for _, t := range all {
		if !slices.Contains(turns, t) {
			turns = append(turns, t)
		}
	}
	return turns
}

// apart reports whether two placed units do not overlap.
func (u *PlacedUnit) apart(v *PlacedUnit) bool {
	return u.X+u.Size.Length <= v.X || v.X+v.Size.Length <= u.X ||
		u.Y+u.Size.Width <= v.Y || v.Y+v.Size.Width <= u.Y ||
		u.Z+u.Size.Height <= v.Z || v.Z+v.Size.Height <= u.Z
}

// within reports whether the placed unit is inside the space.
func (u *PlacedUnit) within(s Size) bool {
	return u.X+u.Size.Length <= s.Length && u.Y+u.Size.Width <= s.Width && u.Z+u.Size.Height <= s.Height
}

// quickly packs the largest unit first, into the first open box that takes it; when
// none does, it opens a box of the kind that takes most of what is left, the smallest
// of these.
func (p *packer) quickly() []PackedBox {
	left := slices.Clone(p.units)
	var packed []PackedBox
	for len(left) > 0 {
		var best PackedBox
		var rest []packUnit
		most := -1.0
		for _, kind := range p.kinds {
			box, others := filled(kind, left)
			volume := 0.0
			for _, g := range box.Goods {
				volume += float64(g.Size.volume())
			}
			if len(box.Goods) > 0 && volume > most {
				best, rest, most = box, others, volume
			}
		}
		packed, left = append(packed, best), rest
	}
	return packed
}

// filled puts what fits of units, in their order, into a box of a kind, each at the
// lowest, nearest corner that is free, and returns what did not.
func filled(kind Box, units []packUnit) (box PackedBox, rest []packUnit) {
	box = PackedBox{Box: kind, Weight: kind.Weight}
	corners := []PlacedUnit{{}}
	for _, u := range units {
		at, ok := PlacedUnit{}, false
		if kind.takes(box.Weight - kind.Weight + u.weight) {
			at, ok = corner(&box, corners, u)
		}
		if !ok {
			rest = append(rest, u)
			continue
		}
		box.Goods, box.Weight = append(box.Goods, at), box.Weight+u.weight
		corners = append(corners,
			PlacedUnit{X: at.X + at.Size.Length, Y: at.Y, Z: at.Z},
			PlacedUnit{X: at.X, Y: at.Y + at.Size.Width, Z: at.Z},
			PlacedUnit{X: at.X, Y: at.Y, Z: at.Z + at.Size.Height})
		slices.SortFunc(corners, func(a, b PlacedUnit) int {
			return cmp.Or(cmp.Compare(a.Z, b.Z), cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X))
		})
	}
	return box, rest
}

// corner returns where a unit is placed in a box, if it is.
func corner(box *PackedBox, corners []PlacedUnit, u packUnit) (PlacedUnit, bool) {
	for _, c := range corners {
		for _, turned := range u.size.turns() {
			at := PlacedUnit{Line: u.line, X: c.X, Y: c.Y, Z: c.Z, Size: turned}
			if at.within(box.Box.Inside) && !slices.ContainsFunc(box.Goods, func(g PlacedUnit) bool { return !at.apart(&g) }) {
				return at, true
			}
		}
	}
	return PlacedUnit{}, false
}

// exactly looks for a packing that is better than one that is known, at every sharing
// of the units over boxes. It reports whether it got to the end.
func (p *packer) exactly(known []PackedBox) (best []PackedBox, proven bool) {
	e := &exact{packer: p, best: known, bestSpace: spaceOf(known), fits: map[int]*PackedBox{}}
	e.share(0, nil)
	return e.best, e.steps < packSteps
}

// exact shares units over boxes. A set of units is a mask.
type exact struct {
	*packer
	best      []PackedBox
	bestSpace float64
	fits      map[int]*PackedBox // the smallest box of a set, nil when there is none
}

// share puts unit i into each of the sets so far, or into one of its own.
func (e *exact) share(i int, sets []int) {
	if len(sets) > len(e.best) || e.steps >= packSteps {
		return
	}
	if i == len(e.units) {
		var boxes []PackedBox
		for _, set := range sets {
			box := e.smallest(set)
			if box == nil {
				return
			}
			boxes = append(boxes, *box)
		}
		if space := spaceOf(boxes); len(boxes) < len(e.best) || len(boxes) == len(e.best) && space < e.bestSpace {
			e.best, e.bestSpace = boxes, space
		}
		return
	}
	for k := range sets {
		sets[k] |= 1 << i
		e.share(i+1, sets)
		sets[k] &^= 1 << i
	}
	e.share(i+1, append(sets, 1<<i))
}

// smallest returns the smallest box that a set fits into.
func (e *exact) smallest(set int) *PackedBox {
	if box, ok := e.fits[set]; ok {
		return box
	}
	var units []packUnit
	var volume, weight int64
	for i, u := range e.units {
		if set>>i&1 == 1 {
			units = append(units, u)
			volume, weight = volume+u.size.volume(), weight+u.weight
		}
	}
	e.fits[set] = nil
	for _, kind := range e.kinds {
		if kind.Inside.volume() < volume || !kind.takes(weight) {
			continue
		}
		box := PackedBox{Box: kind, Weight: kind.Weight + weight}
		if e.place(&box, units, normal(kind.Inside, units)) {
			e.fits[set] = &box
			return &box
		}
	}
	return e.fits[set]
}

// normal returns the sums of sides of units that are within each side of a space: the
// only coordinates that a packing needs.
func normal(inside Size, units []packUnit) (sums [3][]int64) {
	for axis, bound := range []int64{inside.Length, inside.Width, inside.Height} {
		seen := map[int64]bool{0: true}
		for _, u := range units {
			next := map[int64]bool{}
			for at := range seen {
				next[at] = true
				for _, side := range u.size.sorted() {
					if at+side < bound {
						next[at+side] = true
					}
				}
			}
			seen = next
		}
		for at := range seen {
			sums[axis] = append(sums[axis], at)
		}
		slices.Sort(sums[axis])
	}
	return sums
}

// place puts the units into the box, each at every coordinate in turn.
func (e *exact) place(box *PackedBox, units []packUnit, sums [3][]int64) bool {
	if len(units) == 0 {
		return true
	}
	u := units[0]
	for _, turned := range u.size.turns() {
		for _, z := range sums[2] {
			for _, y := range sums[1] {
				for _, x := range sums[0] {
					at := PlacedUnit{Line: u.line, X: x, Y: y, Z: z, Size: turned}
					if !at.within(box.Box.Inside) {
						break
					}
					if e.steps++; e.steps >= packSteps {
						return false
					}
					if slices.ContainsFunc(box.Goods, func(g PlacedUnit) bool { return !at.apart(&g) }) {
						continue
					}
					box.Goods = append(box.Goods, at)
					if e.place(box, units[1:], sums) {
						return true
					}
					box.Goods = box.Goods[:len(box.Goods)-1]
				}
			}
		}
	}
	return false
}
