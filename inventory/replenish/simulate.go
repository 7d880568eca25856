package replenish

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Simulation runs rules against paths of demand. In each period arrivals come
// in, a review orders, and then customers come.
type Simulation struct {
	// LeadTimes are the periods from order to arrival: each order takes one of
	// them by chance, which Seed fixes. An order with 0 arrives at once.
	LeadTimes []int
	Review    int   // periods from one review to the next; 0 is 1
	Start     int64 // on hand at first
	Warmup    int   // periods at the beginning of a path that are not counted
	Lost      bool  // customers who find nothing go; else they wait
	Life      int   // periods in which a unit can be sold after its arrival; 0 is no limit
	Costs     Costs
	Seed      uint64
}

// Outcome is what a rule did over all counted periods of all paths. The figures
// that are not shares are means per period.
type Outcome struct {
	FillRate float64 // share of the demand met from stock
	Service  float64 // share of periods that met all their demand from stock
	Stock    float64 // units on hand at the end
	Short    float64 // units not met from stock
	Orders   float64 // number of orders
	Ordered  float64 // units
	Wasted   float64 // units past their life
	Cost     float64
}

func (s *Simulation) check(paths [][]int64) error {
	if len(s.LeadTimes) == 0 {
		return &SettingError{"number of lead times", 0, "at least one"}
	}
	for _, l := range s.LeadTimes {
		if err := within("lead time", float64(l), 10_000); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"review interval", s.Review}, {"warm-up", s.Warmup}, {"shelf life", s.Life}} {
		if err := within(f.name, float64(f.value), MaxPeriods); err != nil {
			return err
		}
	}
	if err := within("stock at first", float64(s.Start), MaxUnits); err != nil {
		return err
	}
	if err := s.Costs.check(); err != nil {
		return err
	}
	if len(paths) == 0 {
		return &SettingError{"number of paths", 0, "at least one"}
	}
	for i, path := range paths {
		if len(path) <= s.Warmup {
			return &SettingError{fmt.Sprintf("periods of path %d", i), float64(len(path)), "more than the warm-up"}
		}
		for t, d := range path {
			if d < 0 || d > MaxDemand {
				return within(fmt.Sprintf("demand of period %d of path %d", t, i), float64(d), MaxDemand)
			}
		}
	}
	return nil
}

// Run returns the outcome of a rule. The same paths and seed give the same
// outcome, and rules that are compared meet the same customers. O(periods).
func (s Simulation) Run(paths [][]int64, rule Rule) (Outcome, error) {
	if err := s.check(paths); err != nil {
		return Outcome{}, err
	}
	return s.run(paths, rule)
}

func (s *Simulation) run(paths [][]int64, rule Rule) (Outcome, error) {
	var total tally
	for i, path := range paths {
		lane := rand.New(rand.NewPCG(s.Seed, uint64(i)))
		if err := s.follow(path, rule, lane, &total); err != nil {
			return Outcome{}, err
		}
	}
	return total.outcome(&s.Costs), nil
}

// tally counts over all paths.
type tally struct{ periods, met, demand, short, stock, orders, ordered, wasted float64 }

func (t *tally) outcome(c *Costs) Outcome {
	o := Outcome{
		FillRate: 1, Service: t.met / t.periods, Stock: t.stock / t.periods, Short: t.short / t.periods,
		Orders: t.orders / t.periods, Ordered: t.ordered / t.periods, Wasted: t.wasted / t.periods,
	}
	if t.demand > 0 {
		o.FillRate = 1 - t.short/t.demand
	}
	o.Cost = float64(c.Order*o.Orders) + float64(c.Unit*o.Ordered) + float64(c.Holding*o.Stock) + float64(c.Short*o.Short)
	return o
}

// place is the stock that a path runs against.
type place struct {
	shelf   shelf
	coming  []int64 // by period
	onOrder int64
	waiting int64 // units that customers wait for
}

// receive takes in what comes in a period. Those who wait are served first.
func (p *place) receive(period int) {
	n := p.coming[period]
	if n == 0 {
		return
	}
	p.coming[period] = 0
	p.onOrder -= n
	served := min(p.waiting, n)
	p.waiting -= served
	p.shelf.add(n-served, period)
}

// follow runs one path.
func (s *Simulation) follow(path []int64, rule Rule, lane *rand.Rand, total *tally) error {
	p := place{shelf: shelf{life: s.Life}, coming: make([]int64, len(path)+slices.Max(s.LeadTimes)+1)}
	p.shelf.add(s.Start, 0)
	review := max(s.Review, 1)
	for t, demand := range path {
		var quantity int64
		p.receive(t)
		if t%review == 0 {
			quantity = rule(p.shelf.units + p.onOrder - p.waiting)
			if quantity < 0 || quantity > MaxUnits || p.shelf.units+p.onOrder > MaxUnits {
				return &SettingError{"quantity that a rule orders", float64(quantity), "0 to 1e15"}
			}
		}
		if quantity > 0 {
			p.coming[t+s.LeadTimes[lane.IntN(len(s.LeadTimes))]] += quantity
			p.onOrder += quantity
			p.receive(t)
		}
		short := demand - p.shelf.take(demand)
		if !s.Lost {
			p.waiting += short
		}
		wasted := p.shelf.expire(t)
		if t < s.Warmup {
			continue
		}
		total.periods++
		if quantity > 0 {
			total.orders++
		}
		if short == 0 {
			total.met++
		}
		total.ordered += float64(quantity)
		total.demand += float64(demand)
		total.short += float64(short)
		total.stock += float64(p.shelf.units)
		total.wasted += float64(wasted)
	}
	return nil
}

// shelf holds units by arrival, the oldest first.
type shelf struct {
	units   int64
	life    int
	batches []shelved // only where units have a life
}

type shelved struct {
	units   int64
	arrived int
}

func (s *shelf) add(units int64, period int) {
	s.units += units
	if s.life > 0 && units > 0 {
		s.batches = append(s.batches, shelved{units, period})
	}
}

// take removes up to the given units, and returns how many it removed.
func (s *shelf) take(units int64) int64 {
	taken := min(units, s.units)
	s.units -= taken
	for left := taken; left > 0 && s.life > 0; {
		first := &s.batches[0]
		n := min(left, first.units)
		first.units -= n
		left -= n
		if first.units == 0 {
			s.batches = s.batches[1:]
		}
	}
	return taken
}

// expire removes the units whose life ends with the period, and returns how
// many.
func (s *shelf) expire(period int) int64 {
	wasted := int64(0)
	for len(s.batches) > 0 && period-s.batches[0].arrived+1 >= s.life {
		wasted += s.batches[0].units
		s.batches = s.batches[1:]
	}
	s.units -= wasted
	return wasted
}

// Target is the service that a rule must give. Zeros ask for nothing.
type Target struct {
	FillRate float64
	Service  float64 // share of periods without a shortage
}

func (t Target) met(o Outcome) bool { return o.FillRate >= t.FillRate && o.Service >= t.Service }

// UnreachableError reports a target that no rule met.
type UnreachableError struct {
	Target Target
	Best   Outcome // the one with the highest fill rate
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("replenish: no rule meets a fill rate of %g and a service of %g: the best has %.4f and %.4f",
		e.Target.FillRate, e.Target.Service, e.Best.FillRate, e.Best.Service)
}

// Unwrap returns flywheel.ErrOutOfRange.
func (e *UnreachableError) Unwrap() error { return flywheel.ErrOutOfRange }

// Cheapest runs all rules and returns the index and the outcome of the one with
// the least cost among those that meet the target, the first of equal ones.
// Where none does, the error is an [*UnreachableError].
func (s Simulation) Cheapest(paths [][]int64, rules []Rule, target Target) (int, Outcome, error) {
	if err := s.checkTarget(paths, target); err != nil {
		return 0, Outcome{}, err
	}
	best, found := -1, Outcome{}
	closest := Outcome{FillRate: math.Inf(-1)}
	for i, rule := range rules {
		o, err := s.run(paths, rule)
		if err != nil {
			return 0, Outcome{}, fmt.Errorf("rule %d: %w", i, err)
		}
		if o.FillRate > closest.FillRate {
			closest = o
		}
		if target.met(o) && (best < 0 || o.Cost < found.Cost) {
			best, found = i, o
		}
	}
	if best < 0 {
		return 0, Outcome{}, &UnreachableError{target, closest}
	}
	return best, found, nil
}

// Level returns the least level, at most the given one, for which ordering up to
// it meets the target, and its outcome. Without a shelf life more stock never
// serves worse, so that a search by halves finds it. O(periods·log most).
func (s Simulation) Level(paths [][]int64, most int64, target Target) (int64, Outcome, error) {
	if err := s.checkTarget(paths, target); err != nil {
		return 0, Outcome{}, err
	}
	if err := within("largest level", float64(most), MaxUnits); err != nil {
		return 0, Outcome{}, err
	}
	found, err := s.run(paths, UpTo(most))
	if err != nil {
		return 0, Outcome{}, err
	}
	if !target.met(found) {
		return 0, Outcome{}, &UnreachableError{target, found}
	}
	low, high := int64(0), most
	for low < high {
		level := low + (high-low)/2
		o, err := s.run(paths, UpTo(level))
		if err != nil {
			return 0, Outcome{}, err
		}
		if target.met(o) {
			high, found = level, o
		} else {
			low = level + 1
		}
	}
	return high, found, nil
}

func (s *Simulation) checkTarget(paths [][]int64, target Target) error {
	if err := within("fill rate", target.FillRate, 1); err != nil {
		return err
	}
	if err := within("service level", target.Service, 1); err != nil {
		return err
	}
	return s.check(paths)
}
