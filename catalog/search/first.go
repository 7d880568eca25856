package search

import "math/bits"

// first counts the terms of the first field that have a place and that the plan asks
// for, and returns what follows them, and what their order adds to the factor of a
// document that has the words of title there (see [Ranking]). O(terms of the field).
func (e *scorer) first(b []uint16, title uint32) (rest []uint16, extra float64) {
	x := e.x
	low := (*[1 << 16]uint16)(x.mark)
	words := len(e.plan.words)
	full := uint32(1)<<words - 1
	head := e.plan.head
	r := e.rank
	var (
		before, pairs uint32 // words of the term before; first words of neighbors
		runs          uint32 // bit k: the first k words of the query end here, in a row
		phrase        bool
		at            = -1     // the last term of this part that is the head
		gap           = r.Tail // the fewest terms that follow the head in a part
		behind        bool     // a link
	)
	n, b := units(b)
	if title == 0 && e.narrow {
		return b[n:], 0
	}
	row := r.Phrase > 0 && title&full == full
	i, end, shift := 0, int(n), 0
	for ; i < end; i++ {
		rank, k := uint32(b[i]), i-shift
		slot := low[rank]
		if slot == wideSlot {
			rank = uint32(b[i+1]) | uint32(b[i+2])<<16
			i, end, shift = i+2, end+2, shift+2
			slot = x.mark[placeOf(rank)]
		}
		if slot == 0 { // not asked for
			if before != 0 {
				pairs |= before & (before >> 1)
				before, runs = 0, 0
			}
			if int(rank) < len(e.signs) && e.signs[rank] != 0 {
				if at >= 0 {
					gap, at = min(gap, k-at-1), -1
				}
				behind = e.signs[rank] == linkSign
			}
			continue
		}
		x.count(slot)
		mask := x.slots[slot].mask
		pairs |= before & ((before | mask) >> 1)
		before = mask
		if mask>>head&1 != 0 && !behind {
			at = k
		}
		if row {
			runs, phrase = further(runs, mask, words, phrase)
		}
	}
	if at >= 0 {
		gap = min(gap, int(n)-at-1)
	}
	if phrase {
		extra += r.Phrase
	}
	if r.Nearby > 0 && title&(title>>1) != 0 {
		extra += float64(r.Nearby*float64(bits.OnesCount32(pairs))) / float64(words-1)
	}
	if r.Ending > 0 && r.Tail > 0 && title>>head&1 != 0 {
		extra += float64(r.Ending * (1 - float64(gap)/float64(r.Tail)))
	}
	return b[i:], extra
}

// further returns where runs of the first words of a query end after one more term,
// which stands for the words of mask, and whether one has reached all of them. One
// term may be several words in a row.
func further(runs, mask uint32, words int, whole bool) (uint32, bool) {
	next := uint32(0)
	for runs |= 1; runs != 0; runs &= runs - 1 { // or begins here
		k := bits.TrailingZeros32(runs)
		if mask>>k&1 == 0 {
			continue
		}
		if k += bits.TrailingZeros32(^(mask >> k)); k >= words {
			whole = true
			continue
		}
		next |= 1 << k
	}
	return next, whole
}
