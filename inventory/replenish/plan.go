package replenish

import (
	"errors"
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// Item is one SKU at one place as a plan needs to know it.
type Item struct {
	SKU flywheel.SKU
	// OnHand is what is in stock, OnOrder what is ordered and not received, and
	// Backordered what customers wait for. Their balance is the position.
	OnHand, OnOrder, Backordered int64
	// Outdated is what of it will pass its shelf life before the order after
	// this one arrives, such as the result of [Outdated]. The position leaves
	// it out.
	Outdated int64
	Demand   Demand // forecast per period
	LeadTime LeadTime
	Lot      Lot
	// Protected, where it is known, is the law of the demand over the periods that an
	// order must last for, LeadTime.Mean + Policy.Review, and Lead that over
	// LeadTime.Mean alone, which only a fill rate with a review needs (nil where the
	// lead time is zero). The TotalDemand of a forecast is one. They take the place of
	// Demand as a normal or negative binomial law: the tails of the forecast decide
	// what a service level takes.
	Protected, Lead Distribution
	// MaxCover is the number of periods that an order and the position together may
	// last for; a lot that would bring more is not ordered, with [WarnCover]. 0 is
	// without bound.
	MaxCover float64
}

// Policy says how to plan. Give exactly one of Service and FillRate.
type Policy struct {
	// Review is the number of periods until the next plan: what is not ordered
	// now cannot be ordered before. 0 is a plan after every sale.
	Review float64
	// Service is the probability that a cycle passes without a stock-out.
	Service float64
	// FillRate is the share of demand to be met from stock.
	FillRate float64
	// Quantity is ordered, once or several times, when the position is at the
	// level or below: the (r, Q) policy. 0 orders up to the level: (R, S).
	Quantity int64
	// Counts takes the demand over the protection interval as negative
	// binomial instead of normal, which fits items that sell slowly: in whole
	// units, none below zero, with a longer upper tail. It applies where the
	// variance is above the mean, to 200 times it, and the mean at most 1000.
	Counts bool
}

// Order is what [Plan] decides.
type Order struct {
	SKU         flywheel.SKU
	Quantity    int64 // 0 where nothing is to be ordered
	Explanation Explanation
}

// Explanation has the figures from which the quantity of an [Order] follows:
//
//	Level = Expected + SafetyStock, SafetyStock = max(Factor, 0)·Deviation
//	Need  = Level - Position, and at Quantity > 0 the multiple of it that
//	        lifts the position above Level
//	order = Lot.Round(Need rounded up)
type Explanation struct {
	Position    int64   // on hand + on order - backordered - outdated
	Protection  float64 // periods that the order must last: lead time + review
	Expected    float64 // mean demand of these periods
	Deviation   float64 // of the demand of these periods
	Factor      float64 // safety stock in deviations, before it is cut at zero
	SafetyStock float64
	Level       float64 // reorder point, or level to order up to
	Need        float64 // before the lot is applied; not positive where nothing is needed
	Lot         Lot
	Warnings    []Warning
}

// Warning says why an order may not do what the policy asks.
type Warning string

// The warnings that an order can carry.
const (
	// WarnCapped: the largest order does not lift the position to the level.
	WarnCapped Warning = "the largest order is less than what is needed"
	// WarnNoVariation: the deviation is zero, so that there is no safety stock.
	WarnNoVariation Warning = "the demand is taken as certain: there is no safety stock"
	// WarnCover: the position would last for more than MaxCover periods, or without
	// that bound for a hundred times the protection interval and longer.
	WarnCover Warning = "the lot lasts for far longer than what is needed"
	// WarnNoDemand: nothing is expected to be sold.
	WarnNoDemand Warning = "no demand is expected"
)

func (p *Policy) check() error {
	if err := within("review interval", p.Review, MaxPeriods); err != nil {
		return err
	}
	if err := within("order quantity", float64(p.Quantity), MaxUnits); err != nil {
		return err
	}
	switch {
	case p.Service != 0 && p.FillRate != 0:
		return &SettingError{"fill rate", p.FillRate, "0 where the policy has a service level"}
	case p.FillRate != 0:
		return checkShare("fill rate", p.FillRate)
	default:
		return checkShare("service level", p.Service)
	}
}

func (i *Item) check() error {
	for _, f := range []struct {
		name  string
		value int64
	}{{"on hand", i.OnHand}, {"on order", i.OnOrder}, {"backordered", i.Backordered}, {"outdated", i.Outdated}} {
		if !(math.Abs(float64(f.value)) <= MaxUnits) {
			return &SettingError{f.name, float64(f.value), "at most 1e15 units"}
		}
	}
	if err := within("most cover", i.MaxCover, math.MaxFloat64); err != nil {
		return err
	}
	return i.Lot.check()
}

// Plan decides what to order of one item now, and says why. O(1).
func Plan(item Item, policy Policy) (Order, error) {
	if err := policy.check(); err != nil {
		return Order{}, err
	}
	return plan(&item, &policy)
}

func plan(item *Item, policy *Policy) (Order, error) {
	if err := item.check(); err != nil {
		return Order{}, err
	}
	over, err := protected(item.Demand, item.LeadTime, policy.Review)
	if err != nil {
		return Order{}, err
	}
	e := Explanation{
		Position:   item.OnHand + item.OnOrder - item.Backordered - item.Outdated,
		Protection: item.LeadTime.Mean + policy.Review,
		Expected:   over.Mean,
		Deviation:  over.SD,
		Lot:        item.Lot,
	}
	switch {
	case item.Demand.Mean == 0:
		e.Warnings = append(e.Warnings, WarnNoDemand)
	case over.SD == 0:
		e.Warnings = append(e.Warnings, WarnNoVariation)
	}
	if over.SD > 0 {
		if e.Factor, err = factor(item, policy, over); err != nil {
			return Order{}, err
		}
	}
	e.SafetyStock = math.Max(e.Factor, 0) * over.SD
	e.Level = e.Expected + e.SafetyStock
	e.Need = e.need(policy.Quantity)
	if e.Need > MaxUnits {
		return Order{}, &SettingError{"need", e.Need, "at most 1e15 units"}
	}
	order := Order{SKU: item.SKU, Quantity: e.quantity(), Explanation: e}
	if order.Quantity > 0 && e.beyond(item, order.Quantity) {
		order.Explanation.Warnings = append(order.Explanation.Warnings, WarnCover)
		if item.MaxCover > 0 {
			order.Quantity = 0
			return order, nil
		}
	}
	if float64(order.Quantity) < e.Need-rounding {
		order.Explanation.Warnings = append(order.Explanation.Warnings, WarnCapped)
	}
	return order, nil
}

// factor returns the safety stock in deviations. Under continuous review a fill
// rate depends on how much an order brings: the fixed quantity, else the lot.
func factor(item *Item, policy *Policy, over Demand) (float64, error) {
	if item.Protected != nil {
		return factorOfLaw(item, policy, over)
	}
	return factorOfMoments(item, policy, over), nil
}

func factorOfMoments(item *Item, policy *Policy, over Demand) float64 {
	if policy.FillRate > 0 && policy.Review > 0 {
		return factorAtReviews(item, policy, over)
	}
	if policy.FillRate == 0 {
		if policy.whole(over) {
			return (negativeBinomialQuantile(over.Mean, over.SD*over.SD, policy.Service) - over.Mean) / over.SD
		}
		return normal.Quantile(policy.Service)
	}
	counts := policy.counts(over)
	quantity := float64(policy.Quantity)
	if quantity == 0 {
		quantity = float64(max(item.Lot.Min, item.Lot.Pack, 1))
	}
	if counts != nil {
		return (counts.levelForFillRate(policy.FillRate, quantity) - over.Mean) / over.SD
	}
	return fillRateFactor(policy.FillRate, quantity/over.SD)
}

// coverLeast is how many protection intervals a position may last for before a plan
// without MaxCover warns.
const coverLeast = 100

// beyond reports whether an order is far more than what is needed.
func (e *Explanation) beyond(item *Item, quantity int64) bool {
	periods := float64(e.Position+quantity) / item.Demand.Mean // +Inf without demand
	if item.MaxCover > 0 {
		return periods > item.MaxCover
	}
	return periods > coverLeast*math.Max(e.Protection, 1)
}

// whole reports whether to take the demand in whole units.
func (p *Policy) whole(over Demand) bool {
	variance := over.SD * over.SD
	return p.Counts && over.Mean <= 1000 && variance > over.Mean*(1+1e-9) && variance <= 200*over.Mean
}

// counts returns the demand in whole units where the policy asks for it and it
// exists, else nil.
func (p *Policy) counts(over Demand) *Counts {
	if !p.whole(over) {
		return nil
	}
	c, err := NegativeBinomial(over.Mean, over.SD)
	if err != nil {
		return nil
	}
	return c
}

// rounding is the part of a unit that a level may exceed a whole number by
// without asking for one more.
const rounding = 1e-9

func (e *Explanation) need(fixed int64) float64 {
	gap := e.Level - float64(e.Position)
	if fixed == 0 {
		return gap
	}
	if gap < -rounding {
		return 0
	}
	q := float64(fixed)
	return (math.Floor(gap/q+rounding) + 1) * q
}

func (e *Explanation) quantity() int64 {
	if e.Need <= rounding {
		return 0
	}
	return e.Lot.round(int64(math.Ceil(e.Need - rounding)))
}

// String tells the decision in a sentence.
func (e Explanation) String() string {
	text := fmt.Sprintf("position %d, level %.2f = %.2f expected in %.4g periods + %.2f safety (%.2f deviations of %.2f)",
		e.Position, e.Level, e.Expected, e.Protection, e.SafetyStock, e.Factor, e.Deviation)
	if e.Need <= rounding {
		text += ": nothing to order"
	} else {
		text += fmt.Sprintf(": %.2f needed, order %d", e.Need, e.quantity())
	}
	for _, w := range e.Warnings {
		text += "; " + string(w)
	}
	return text
}

// ItemError names the item of a batch that cannot be planned.
type ItemError struct {
	Index int
	SKU   flywheel.SKU
	Err   error
}

func (e *ItemError) Error() string {
	return fmt.Sprintf("replenish: item %d (%s): %v", e.Index, e.SKU, e.Err)
}

// Unwrap returns the cause.
func (e *ItemError) Unwrap() error { return e.Err }

// PlanAll plans many items with one policy and returns one order per item, in
// the same order. An item that cannot be planned does not stop the others: its
// order has only the SKU, and the error joins an [*ItemError] for each.
func PlanAll(items []Item, policy Policy) ([]Order, error) {
	if err := policy.check(); err != nil {
		return nil, err
	}
	orders := make([]Order, len(items))
	var failed []error
	for i := range items {
		order, err := plan(&items[i], &policy)
		if err != nil {
			order.SKU = items[i].SKU
			failed = append(failed, &ItemError{i, items[i].SKU, err})
		}
		orders[i] = order
	}
	return orders, errors.Join(failed...)
}
