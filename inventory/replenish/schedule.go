package replenish

import (
	"fmt"
	"math"
	"strings"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// Costs are those of stocking an item.
type Costs struct {
	Order   float64 // of placing an order
	Unit    float64 // of a unit ordered
	Holding float64 // of a unit in stock at the end of a period
	Short   float64 // of a unit of demand that is not met from stock
}

func (c *Costs) check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"cost of an order", c.Order}, {"cost of a unit", c.Unit}, {"holding cost", c.Holding}, {"cost of a unit short", c.Short}} {
		if err := within(f.name, f.value, MaxDemand); err != nil {
			return err
		}
	}
	return nil
}

// Outlook is an item at a location with what is ahead of it.
type Outlook struct {
	Item     // Demand is not used: Forecast has it
	Location string
	Forecast []Demand // by period ahead
	Arrivals []int64  // by period ahead: how OnOrder comes in; the rest comes later
	Costs    Costs
}

// Step is one period of a [Schedule].
type Step struct {
	Period  int   // 0 is the one that begins now
	Order   int64 // placed at its beginning
	Due     int   // period at whose beginning the order arrives
	Arrival int64 // comes in at its beginning
	Stock   float64
	Risk    float64 // probability that the period ends without stock
	Short   float64 // mean demand of the period that is not met from stock
	Cost    float64
	Why     Explanation // of the order; zero between reviews
}

// Schedule is the plan of an [Outlook]: what to order when, and what to expect.
type Schedule struct {
	Outlook  Outlook
	Steps    []Step
	FillRate float64 // share of the demand of all steps that is met from stock
	Risk     float64 // of the step with the highest
	Cost     float64 // of all steps
}

// Project plans an item over the periods of its forecast. Orders are placed at
// reviews, each as [Plan] decides it for the demand that is then ahead, with
// everything else as expected; what is short is delivered later. The stock of a
// period varies with the demand since the order that it rests on, for that
// order had seen what went before: the risk and the shortage follow from that.
// The first order is a decision, the later ones a preview for the supplier, to
// be planned again when their time comes; Item.Protected and Item.Lead are for the first. The forecast of the last period holds
// beyond. Lead times are rounded up, the review interval is at least 1.
// O(periods·(lead time + review)).
func Project(o Outlook, policy Policy) (Schedule, error) {
	if err := policy.check(); err != nil {
		return Schedule{}, err
	}
	if err := o.check(); err != nil {
		return Schedule{}, err
	}
	lead, review := int(math.Ceil(o.LeadTime.Mean)), int(math.Max(math.Ceil(policy.Review), 1))
	policy.Review = float64(review)
	s := Schedule{Outlook: o, Steps: make([]Step, len(o.Forecast))}
	arrivals := make([]int64, len(o.Forecast)+lead+1)
	copy(arrivals, o.Arrivals)
	position := float64(o.OnHand + o.OnOrder - o.Backordered - o.Outdated)
	net := float64(o.OnHand - o.Backordered - o.Outdated)
	variance := 0.0 // of the net stock
	demand, short := 0.0, 0.0
	ordered := make([]bool, len(o.Forecast))
	for t := range s.Steps {
		step := &s.Steps[t]
		step.Period = t
		if t%review == 0 {
			item := o.Item
			item.OnHand, item.OnOrder, item.Backordered, item.Outdated = int64(math.Floor(position)), 0, 0, 0
			item.Demand = o.ahead(t, lead+review)
			item.LeadTime.Mean = float64(lead)
			if t > 0 { // these are the laws of what lies ahead of now
				item.Protected, item.Lead = nil, nil
			}
			order, err := plan(&item, &policy)
			if err != nil {
				return Schedule{}, err
			}
			step.Order, step.Due, step.Why = order.Quantity, t+lead, order.Explanation
			ordered[t] = true
			position += float64(order.Quantity)
			arrivals[t+lead] += order.Quantity
		}
		// The order that arrives now had seen all demand before it was placed.
		if t >= lead && ordered[t-lead] {
			variance = o.variance(t-lead, t)
		}
		step.Arrival = arrivals[t]
		net += float64(step.Arrival)
		d := o.Forecast[t]
		before := Demand{-net, math.Sqrt(variance)}.Shortage(0)
		net -= d.Mean
		variance += float64(d.SD * d.SD)
		after := Demand{-net, math.Sqrt(variance)}
		step.Stock = after.Leftover(0)
		step.Risk = risk(net, after.SD)
		step.Short = math.Min(math.Max(after.Shortage(0)-before, 0), d.Mean)
		step.Cost = float64(o.Costs.Holding*step.Stock) + float64(o.Costs.Short*step.Short) + float64(o.Costs.Unit*float64(step.Order))
		if step.Order > 0 {
			step.Cost += o.Costs.Order
		}
		position -= d.Mean
		demand += d.Mean
		short += step.Short
		s.Risk = math.Max(s.Risk, step.Risk)
		s.Cost += step.Cost
	}
	s.FillRate = 1
	if demand > 0 {
		s.FillRate = 1 - short/demand
	}
	_, err := finite("cost", s.Cost)
	return s, err
}

// risk returns the probability that a normal stock is below zero.
func risk(mean, sd float64) float64 {
	switch {
	case sd > 0:
		return normal.Upper(mean / sd)
	case mean < 0:
		return 1
	}
	return 0
}

func (o *Outlook) at(t int) Demand { return o.Forecast[min(t, len(o.Forecast)-1)] }

// ahead returns the demand per period over so many periods from t on.
func (o *Outlook) ahead(t, periods int) Demand {
	mean := 0.0
	for k := range periods {
		mean += o.at(t + k).Mean
	}
	return Spread(mean, math.Sqrt(o.variance(t, t+periods)), float64(periods))
}

// variance returns the variance of the demand of the periods from one to before
// another.
func (o *Outlook) variance(from, to int) float64 {
	sum := 0.0
	for t := from; t < to; t++ {
		sd := o.at(t).SD
		sum += float64(sd * sd)
	}
	return sum
}

func (o *Outlook) check() error {
	if err := o.Item.check(); err != nil {
		return err
	}
	if err := o.LeadTime.check(); err != nil {
		return err
	}
	if len(o.Forecast) == 0 {
		return &SettingError{"number of periods", 0, "at least one"}
	}
	if len(o.Forecast) > 10_000 || o.LeadTime.Mean > 10_000 {
		return &SettingError{"number of periods", math.Max(float64(len(o.Forecast)), o.LeadTime.Mean), "at most 10000"}
	}
	for t, d := range o.Forecast {
		if err := d.check(); err != nil {
			return fmt.Errorf("period %d: %w", t, err)
		}
	}
	if len(o.Arrivals) > len(o.Forecast) {
		return &SettingError{"number of arrivals", float64(len(o.Arrivals)), "at most the number of periods"}
	}
	coming := int64(0)
	for t, n := range o.Arrivals {
		if err := within(fmt.Sprintf("arrival of period %d", t), float64(n), MaxUnits); err != nil {
			return err
		}
		coming += n
	}
	if coming > o.OnOrder {
		return &SettingError{"sum of arrivals", float64(coming), "at most what is on order"}
	}
	return o.Costs.check()
}

// String tells the schedule as a table.
func (s Schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %s: fill rate %.1f %%, risk %.1f %%, cost %.2f\n", s.Outlook.SKU, s.Outlook.Location, 100*s.FillRate, 100*s.Risk, s.Cost)
	fmt.Fprintf(&b, "%6s %8s %5s %8s %9s %7s %7s\n", "period", "order", "due", "arrival", "stock", "risk", "short")
	for _, t := range s.Steps {
		order, due := "", ""
		if t.Order > 0 {
			order, due = fmt.Sprint(t.Order), fmt.Sprint(t.Due)
		}
		fmt.Fprintf(&b, "%6d %8s %5s %8d %9.1f %6.1f%% %7.2f\n", t.Period, order, due, t.Arrival, t.Stock, 100*t.Risk, t.Short)
	}
	return b.String()
}
