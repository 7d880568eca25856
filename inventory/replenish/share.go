package replenish

import (
	"container/heap"
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Claim is an item whose order takes from resources that it shares with others:
// a budget, the pallets of a warehouse, the room of a container.
type Claim struct {
	SKU      flywheel.SKU
	Position int64
	Demand   Distribution // over the protection interval
	Want     int64        // what [Plan] would order
	Lot      Lot
	Value    float64   // lost with each unit short
	Uses     []float64 // what a unit takes of each resource: its price, its part of a pallet
}

// Share returns one quantity per claim, at most what each wants, so that no
// resource is used above its limit and as little as possible is lost for want of
// stock: lots are granted in the order of the shortage that each prevents, by
// value and per part of the resources that it takes. As the benefit of further
// lots falls, this is the best plan with one resource and small lots, and near
// it otherwise (marginal allocation; Fox, 1966). O(lots·log n).
func Share(claims []Claim, limits []float64) ([]int64, error) {
	for r, limit := range limits {
		if err := within(fmt.Sprintf("limit of resource %d", r), limit, MaxUnits); err != nil {
			return nil, err
		}
	}
	g, err := newGrants(claims, len(limits), func(c *Claim) float64 {
		part := 0.0
		for r, use := range c.Uses {
			part += use / math.Max(limits[r], 1e-9)
		}
		return part
	})
	if err != nil {
		return nil, err
	}
	left := append([]float64(nil), limits...)
	fits := func(c *Claim, lot int64) bool {
		for r, use := range c.Uses {
			if float64(use*float64(lot)) > left[r]*(1+1e-12) {
				return false
			}
		}
		return true
	}
	for g.Len() > 0 {
		i, lot := g.next[0].claim, g.next[0].lot
		c := &claims[i]
		if g.quantities[i]+lot > c.Want || !fits(c, lot) {
			heap.Pop(g) // its later lots are no smaller
			continue
		}
		for r, use := range c.Uses {
			left[r] -= float64(use * float64(lot))
		}
		g.grant()
	}
	return g.quantities, nil
}

// TopUp returns quantities that are no less than the given ones and use as much
// of one resource as whole containers of the given size hold, since a container
// costs the same half empty: the lots that prevent most shortage by value and
// part of the resource are added while they fit. Other resources are not looked
// at.
func TopUp(claims []Claim, quantities []int64, resource int, size float64) ([]int64, error) {
	if len(quantities) != len(claims) {
		return nil, &SettingError{"number of quantities", float64(len(quantities)), "one for each claim"}
	}
	if !(size > 0 && size <= MaxUnits) {
		return nil, &SettingError{"size of a container", size, "above 0"}
	}
	resources := 0
	if len(claims) > 0 {
		resources = len(claims[0].Uses)
	}
	if resource < 0 || resource >= max(resources, 1) {
		return nil, &SettingError{"resource", float64(resource), "one that the claims use"}
	}
	g, err := newGrants(claims, resources, func(c *Claim) float64 { return c.Uses[resource] })
	if err != nil {
		return nil, err
	}
	used := 0.0
	for i := range g.next {
		n := &g.next[i]
		q := quantities[n.claim]
		if err := within("quantity", float64(q), MaxUnits); err != nil {
			return nil, &ItemError{n.claim, claims[n.claim].SKU, err}
		}
		used += float64(float64(q) * claims[n.claim].Uses[resource])
		g.quantities[n.claim] = q
		g.rate(n)
	}
	heap.Init(g)
	left := float64(math.Ceil(used/size-1e-9)*size) - used
	for g.Len() > 0 {
		n := g.next[0]
		use := float64(claims[n.claim].Uses[resource] * float64(n.lot))
		most := claims[n.claim].Lot.Max
		if !(use > 0 && use <= left*(1+1e-12)) || n.benefit <= 0 || most > 0 && g.quantities[n.claim]+n.lot > most {
			heap.Pop(g)
			continue
		}
		left -= use
		g.grant()
	}
	return g.quantities, nil
}

// grants is a heap of the next lot of each claim, the best first.
type grants struct {
	claims     []Claim
	part       func(*Claim) float64
	quantities []int64
	next       []grant
}

type grant struct {
	claim   int
	lot     int64
	benefit float64 // value of the shortage prevented, per part of the resources
}

func newGrants(claims []Claim, resources int, part func(*Claim) float64) (*grants, error) {
	g := &grants{claims, part, make([]int64, len(claims)), make([]grant, len(claims))}
	lots := 0.0
	for i := range claims {
		c := &claims[i]
		if err := c.check(resources); err != nil {
			return nil, &ItemError{i, c.SKU, err}
		}
		lots += float64(c.Want) / float64(max(c.Lot.Pack, 1))
		g.next[i].claim = i
		g.rate(&g.next[i])
	}
	if lots > 1e8 {
		return nil, &SettingError{"number of lots", lots, "at most 1e8: give pack sizes"}
	}
	heap.Init(g)
	return g, nil
}

func (c *Claim) check(resources int) error {
	if err := c.Lot.check(); err != nil {
		return err
	}
	if len(c.Uses) != resources {
		return &SettingError{"number of resources used", float64(len(c.Uses)), fmt.Sprintf("%d", resources)}
	}
	for r, use := range c.Uses {
		if err := within(fmt.Sprintf("use of resource %d", r), use, MaxUnits); err != nil {
			return err
		}
	}
	if err := within("value", c.Value, MaxDemand); err != nil {
		return err
	}
	if err := within("position", math.Abs(float64(c.Position)), MaxUnits); err != nil {
		return err
	}
	return within("quantity wanted", float64(c.Want), MaxUnits)
}

// rate finds the next lot of a claim and what it is worth.
func (g *grants) rate(n *grant) {
	c := &g.claims[n.claim]
	have := g.quantities[n.claim]
	n.lot = c.Lot.round(1)
	if have > 0 {
		n.lot = max(c.Lot.Pack, 1)
	}
	before := float64(c.Position + have)
	prevented := c.Demand.Shortage(before) - c.Demand.Shortage(before+float64(n.lot))
	n.benefit = c.Value * prevented / float64(n.lot) / math.Max(g.part(c), 1e-12)
}

// grant gives the first claim of the heap its lot.
func (g *grants) grant() {
	g.quantities[g.next[0].claim] += g.next[0].lot
	g.rate(&g.next[0])
	heap.Fix(g, 0)
}

func (g *grants) Len() int { return len(g.next) }

func (g *grants) Less(i, j int) bool {
	a, b := g.next[i], g.next[j]
	return a.benefit > b.benefit || a.benefit == b.benefit && a.claim < b.claim
}

func (g *grants) Swap(i, j int) { g.next[i], g.next[j] = g.next[j], g.next[i] }

func (g *grants) Push(x any) { g.next = append(g.next, x.(grant)) }

func (g *grants) Pop() any {
	last := g.next[len(g.next)-1]
	g.next = g.next[:len(g.next)-1]
	return last
}
