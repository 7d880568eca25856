package fulfillment

import (
	"cmp"
	"math"
	"slices"
)

// Sourcing says what makes one set of places better than another. The costs are in
// any one unit, such as cents: a set costs, for each place that packs a parcel,
// Parcel, the place's ParcelCost and Kilometer for each kilometer to the address,
// and for each unit its place's UnitCost. The cheapest set wins; ties go to fewer
// places, then to the lesser sorted list of priorities, then of IDs.
//
// The zero Sourcing takes the fewest parcels. {Kilometer: 1} takes the nearest
// places; {Parcel: 1} the places that are cheapest by the costs they name.
type Sourcing struct {
	// Parcel is what each parcel costs.
	Parcel int64 `json:"parcel,omitempty"`
	// Kilometer is what each kilometer of each parcel costs.
	Kilometer int64 `json:"kilometer,omitempty"`
}

// maxCost bounds each cost, so that sums fit an int64.
const maxCost = 1_000_000

func (s Sourcing) check(field string) error {
	if err := checkCosts(field, s.Parcel, s.Kilometer); err != nil {
		return err
	}
	return nil
}

func checkCosts(field string, costs ...int64) error {
	for _, c := range costs {
		if c < 0 || c > maxCost {
			return refuse(ErrRange, field, "a cost of %d is not between 0 and %d", c, int64(maxCost))
		}
	}
	return nil
}

// fewest reports whether the number of parcels is all that counts.
func (n *Network) fewest() bool { return n.sourcing == Sourcing{} }

// ExactPlaces is up to how many places with something of an order the choice among
// them is the best there is. The fewest parcels are found beyond it as well as long
// as [ExactSets] sets of places are enough to look at. Otherwise places are taken one
// by one, the one that fills most for its cost first, and those that turn out to be
// superfluous are dropped. For orders without kits that costs at most 1 + ln u times
// the best, where u is the number of units and units cost the same everywhere
// (Wolsey, 1982, An analysis of the greedy algorithm for the submodular set covering
// problem).
const ExactPlaces = 12

// ExactSets is how many sets of places are looked at beyond [ExactPlaces].
const ExactSets = 50_000

// search looks for the best set of places.
type search struct {
	*demand
	most  []int64 // what is to be filled of each want
	fixed []int64 // cost of a parcel, by place
	unit  []int64 // cost of a unit, by place
	few   bool

	scratch, had []int64
	used         []bool
	set          []int

	best     []int // by priority and ID, nil before any
	bestCost int64
	looked   int
}

// sourced returns the places, by index, that most is best taken from.
func (n *Network) sourced(d *demand, most []int64, address Address) []int {
	if !slices.ContainsFunc(most, func(q int64) bool { return q > 0 }) {
		return nil
	}
	if n.fewest() {
		if p, ok := d.alone(most); ok {
			return []int{p}
		}
	}
	s := &search{
		demand: d, most: most, few: n.fewest(),
		fixed: make([]int64, len(d.places)), unit: make([]int64, len(d.places)),
		scratch: make([]int64, len(d.free)), used: make([]bool, len(d.places)),
	}
	for i, p := range d.places {
		if s.fixed[i] = 1; !s.few {
			s.fixed[i] = n.sourcing.Parcel + p.ParcelCost + n.sourcing.Kilometer*kilometers(p, address)
			s.unit[i] = p.UnitCost
		}
	}
	useful := s.useful()
	if s.few {
		for k := 1; k <= len(useful) && s.best == nil && s.looked < ExactSets; k++ {
			s.ofSize(useful, k, 0)
		}
	} else if len(useful) <= ExactPlaces {
		for k := 1; k <= len(useful); k++ {
			s.ofSize(useful, k, 0)
		}
	}
	if s.best == nil {
		s.greedily(useful)
	}
	return s.best
}

// alone returns the first place that fills everything by itself.
func (d *demand) alone(most []int64) (place int, ok bool) {
	var few [2 * fewRows]int64
	left := few[:]
	if len(left) < len(d.rows) {
		left = make([]int64, len(d.rows))
	}
	for place := range d.places {
		for r := range d.rows {
			left[r] = d.free[r*len(d.places)+place]
		}
		if d.fits(left, most) {
			return place, true
		}
	}
	return 0, false
}

// fits takes everything from what is left at one place, by row, and reports whether it
// is there.
func (d *demand) fits(left, most []int64) bool {
	for i := range d.wants {
		for _, p := range d.wants[i].parts {
			if left[p.row] == plenty {
				continue
			}
			need, ok := times(most[i], p.per)
			if !ok || left[p.row] < need {
				return false
			}
			left[p.row] -= need
		}
	}
	return true
}

// useful returns the places that have something of what is wanted.
func (s *search) useful() (places []int) {
	for p := range s.places {
		copy(s.scratch, s.free)
		for i := range s.wants {
			if s.most[i] > 0 && s.take(s.scratch, &s.wants[i], p, 1) > 0 {
				places = append(places, p)
				break
			}
		}
	}
	return places
}

// ofSize looks at the sets that add k places from from on to those chosen.
func (s *search) ofSize(useful []int, k, from int) {
	if k == 0 {
		s.look()
		return
	}
	for i := from; i <= len(useful)-k; i++ {
		if s.looked >= ExactSets && len(useful) > ExactPlaces {
			if s.few {
				s.best = nil // not all sets of this size were seen
			}
			return
		}
		s.set = append(s.set, useful[i])
		s.ofSize(useful, k-1, i+1)
		s.set = s.set[:len(s.set)-1]
	}
}

// look takes the chosen set if it fills everything and is better than the best.
func (s *search) look() {
	s.looked++
	cost, ok := s.cost(s.set)
	if !ok {
		return
	}
	set := s.packing(s.set)
	if s.best == nil || s.better(set, cost) {
		s.best, s.bestCost = set, cost
	}
}

// cost fills everything from a set and returns what that costs.
func (s *search) cost(set []int) (cost int64, ok bool) {
	copy(s.scratch, s.free)
	clear(s.used)
	cost = 0
	s.had = s.fill(s.scratch, s.most, s.inOrder(set), s.had, func(_, place int, n int64) {
		if !s.used[place] {
			s.used[place] = true
			cost = saturated(cost, s.fixed[place])
		}
		if c, fits := times(n, s.unit[place]); fits {
			cost = saturated(cost, c)
		} else {
			cost = math.MaxInt64
		}
	})
	return cost, slices.Equal(s.had, s.most)
}

func saturated(a, b int64) int64 {
	if sum, ok := plus(a, b); ok {
		return sum
	}
	return math.MaxInt64
}

// packing returns which of the set the last fill took something from.
func (s *search) packing(set []int) []int {
	packing := make([]int, 0, len(set))
	for _, p := range set {
		if s.used[p] {
			packing = append(packing, p)
		}
	}
	slices.Sort(packing)
	return packing
}

// inOrder returns the set in the order in which it is filled: the cheapest units
// first, then by priority and ID.
func (s *search) inOrder(set []int) []int {
	if s.few {
		return set
	}
	ordered := slices.Clone(set)
	slices.SortFunc(ordered, func(a, b int) int { return cmp.Or(cmp.Compare(s.unit[a], s.unit[b]), cmp.Compare(a, b)) })
	return ordered
}

// better reports whether a set at a cost is better than the best.
func (s *search) better(set []int, cost int64) bool {
	switch c := cmp.Or(cmp.Compare(cost, s.bestCost), cmp.Compare(len(set), len(s.best))); {
	case c != 0:
		return c < 0
	}
	return s.compareNames(set, s.best) < 0
}

// compareNames compares two sets by their sorted priorities, then by their sorted
// IDs.
func (s *search) compareNames(a, b []int) int {
	by := func(set []int) []int {
		priorities := make([]int, len(set))
		for i, p := range set {
			priorities[i] = s.places[p].Priority
		}
		slices.Sort(priorities)
		return priorities
	}
	ids := func(set []int) []Location {
		list := make([]Location, len(set))
		for i, p := range set {
			list[i] = s.places[p].ID
		}
		slices.Sort(list)
		return list
	}
	return cmp.Or(slices.Compare(by(a), by(b)), slices.Compare(ids(a), ids(b)))
}

// greedily takes places one by one until everything is filled, then drops what is
// superfluous. All places together fill everything.
func (s *search) greedily(useful []int) {
	var chosen []int
	left := slices.Clone(useful)
	filled := float64(0)
	for len(left) > 0 {
		at, most, least := 0, filled, math.Inf(1)
		for i, p := range left {
			units := s.units(append(chosen, p))
			if per := float64(s.fixed[p]) / (units - filled); units > filled && per < least {
				at, most, least = i, units, per
			}
		}
		if most == filled && len(chosen) > 0 {
			// Kits may need two places more before anything is gained; take the next.
			at = 0
		}
		chosen, filled = append(chosen, left[at]), most
		left = slices.Delete(left, at, at+1)
		if _, ok := s.cost(sorted(chosen)); ok {
			break
		}
	}
	chosen = sorted(chosen)
	for i := len(chosen) - 1; i >= 0; i-- {
		without := slices.Delete(slices.Clone(chosen), i, i+1)
		if _, ok := s.cost(without); ok {
			chosen = without
		}
	}
	s.cost(chosen)
	s.best = s.packing(chosen)
}

// units returns how many units a set fills.
func (s *search) units(set []int) float64 {
	copy(s.scratch, s.free)
	s.had = s.fill(s.scratch, s.most, sorted(set), s.had, nil)
	total := float64(0)
	for _, n := range s.had {
		total += float64(n)
	}
	return total
}

func sorted(set []int) []int {
	set = slices.Clone(set)
	slices.Sort(set)
	return set
}

// kilometers returns the distance from a place to an address along the great
// circle, rounded down, 0 where the address has no coordinates (haversine formula,
// mean radius of the Earth 6,371 km).
func kilometers(p *place, a Address) int64 {
	if a.Latitude == nil || a.Longitude == nil {
		return 0
	}
	const radius = 6371.0
	lat1, lat2 := radians(p.Latitude), radians(*a.Latitude)
	dLat, dLon := lat2-lat1, radians(*a.Longitude)-radians(p.Longitude)
	h := square(math.Sin(dLat/2)) + float64(math.Cos(lat1)*math.Cos(lat2))*square(math.Sin(dLon/2))
	return int64(2 * radius * math.Asin(math.Sqrt(min(1, h))))
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
func square(x float64) float64        { return float64(x * x) }
