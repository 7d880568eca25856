package supplier

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/replenish"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Periods returns the estimate in periods of so many days, for package replenish.
func (e LeadTimeEstimate) Periods(days float64) replenish.LeadTime {
	return replenish.LeadTime{Mean: e.Mean / days, SD: e.SD / days}
}

// Report is what orders say of suppliers.
type Report struct {
	Suppliers []SupplierReport
	// Pool is the scorecard of all lines together; its PriceVariance is nil where
	// orders have several currencies.
	Pool   Scorecard
	Totals Totals
}

// SupplierReport is what the orders of one supplier say.
type SupplierReport struct {
	Supplier string
	Scorecard
	Totals Totals
	// Reliability is OTIF shrunk to that of the pool, so that three orders do not beat
	// three hundred; its Estimate is 0 where nobody's lines were due.
	Reliability Shrunk
}

// Report scores all suppliers by their orders since an instant, drafts left out. Rules
// without AsOf are asked as of now. It reads those orders once: two statements for each
// 200 orders in SQL, and time and memory in proportion to their lines.
func (s *Service) Report(ctx context.Context, since time.Time, rules ScoreRules) (Report, error) {
	if rules.AsOf.IsZero() {
		rules.AsOf = s.opts.Now()
	}
	var report Report
	var all []ScoredLine
	lines, totals := map[string][]ScoredLine{}, map[string]Totals{}
	currencies := map[money.Currency]bool{}
	for o, err := range s.store.Orders(ctx, OrderFilter{Since: since}) {
		if err != nil {
			return Report{}, err
		}
		if o.State == Draft {
			continue
		}
		scored := o.Scored()
		all = append(all, scored...)
		lines[o.Supplier] = append(lines[o.Supplier], scored...)
		totals[o.Supplier] = totals[o.Supplier].Add(o)
		report.Totals = report.Totals.Add(o)
		currencies[o.Currency] = true
	}
	var err error
	if report.Pool, err = Score(all, rules); err != nil {
		return Report{}, err
	}
	if len(currencies) > 1 {
		report.Pool.PriceVariance = nil
	}
	for _, id := range slices.Sorted(maps.Keys(lines)) {
		r := SupplierReport{Supplier: id, Totals: totals[id]}
		if r.Scorecard, err = Score(lines[id], rules); err != nil {
			return Report{}, err
		}
		if report.Pool.OTIF != nil {
			good := 0.0
			if r.OTIF != nil {
				good = *r.OTIF * float64(r.Lines)
			}
			prior := Prior{Mean: *report.Pool.OTIF, Strength: s.opts.Strength}
			if r.Reliability, err = Shrink(min(good, float64(r.Lines)), float64(r.Lines), prior, 0); err != nil {
				return Report{}, err
			}
		}
		report.Suppliers = append(report.Suppliers, r)
	}
	return report, nil
}

// LeadTimes returns what is known of the lead time of each item of a supplier, in days:
// what its own receipts of the last Options.Window show, shrunk to what all items of the
// supplier show, which is shrunk to what the supplier states, or to all suppliers
// together where it states nothing. Items of which nothing is known at all are left out.
// It reads the orders of the window once, those of all suppliers where nothing is stated:
// two statements for each 200 orders in SQL.
func (s *Service) LeadTimes(ctx context.Context, supplier string) (map[flywheel.SKU]LeadTimeEstimate, error) {
	sup, err := s.store.Supplier(ctx, supplier)
	if err != nil {
		return nil, err
	}
	return s.leadTimes(ctx, &sup)
}

func (s *Service) leadTimes(ctx context.Context, sup *Supplier) (map[flywheel.SKU]LeadTimeEstimate, error) {
	filter := OrderFilter{Supplier: sup.ID, Since: s.opts.Now().Add(-s.opts.Window)}
	if sup.Terms.Lead == (LeadLaw{}) {
		filter.Supplier = ""
	}
	var pool, own []float64
	items := map[flywheel.SKU][]float64{}
	for o, err := range s.store.Orders(ctx, filter) {
		if err != nil {
			return nil, err
		}
		for _, l := range o.Scored() {
			days, complete := l.leadTime()
			if !complete {
				continue
			}
			pool = append(pool, days)
			if o.Supplier == sup.ID {
				own = append(own, days)
				items[l.SKU] = append(items[l.SKU], days)
			}
		}
	}
	stated := func(law LeadLaw) LeadTime { return LeadTime{Mean: &law.Mean, SD: &law.SD} }
	prior := leadTimeOf(pool)
	if sup.Terms.Lead != (LeadLaw{}) {
		prior = stated(sup.Terms.Lead)
	}
	known := prior.Mean != nil && prior.SD != nil
	if known {
		e, err := EstimateLeadTime(leadTimeOf(own), prior, s.opts.Strength)
		if err != nil {
			return nil, err
		}
		prior = stated(LeadLaw{e.Mean, e.SD})
	}
	estimates := map[flywheel.SKU]LeadTimeEstimate{}
	for _, item := range sup.Items {
		base := prior
		if item.Lead != (LeadLaw{}) {
			base = stated(item.Lead)
		} else if !known {
			continue
		}
		e, err := EstimateLeadTime(leadTimeOf(items[item.SKU]), base, s.opts.Strength)
		if err != nil {
			return nil, err
		}
		estimates[item.SKU] = e
	}
	return estimates, nil
}

// leadTime returns the calendar days from the order to the receipt that completed the
// line, as [Score] counts them without tolerance.
func (l *ScoredLine) leadTime() (days float64, complete bool) {
	total := 0.0
	for _, r := range byDay(l.Receipts) {
		if total += r.Quantity; total >= l.Ordered && total > 0 {
			return float64(day(r.Date) - day(l.OrderedOn)), true
		}
	}
	return 0, false
}

// Need is an item at a place that is planned: what a forecast says of it.
type Need struct {
	SKU flywheel.SKU
	// Place is where it is needed; "" is Options.Place.
	Place string
	// Demand, Protected, Lead, Outdated and MaxCover are those of replenish.Item.
	Demand          replenish.Demand
	Protected, Lead replenish.Distribution
	Outdated        int64
	MaxCover        float64
}

// Planned is what [Service.Plan] decides of a supplier's items.
type Planned struct {
	// Orders has an order for each need, with its explanation.
	Orders []replenish.Order
	// Wants are those of a quantity above zero, for [Service.Draft].
	Wants []Want
}

// Plan decides what to order from a supplier: stock, what is on order and what is
// promised come from inventory, packs and least quantities from the supplier's items,
// lead times from its orders (see [Service.LeadTimes]), and the demand from the needs,
// per period of so many days. An item that the supplier does not sell, or whose lead
// time nobody knows, matches [ErrUnknown].
func (s *Service) Plan(ctx context.Context, supplier string, days float64, policy replenish.Policy, needs []Need) (Planned, error) {
	if s.opts.Stock == nil {
		return Planned{}, refuse("stock", "none", ErrInput)
	}
	if !(days > 0 && days <= 36500) {
		return Planned{}, refuse("days of a period", days, ErrRange)
	}
	sup, err := s.store.Supplier(ctx, supplier)
	if err != nil {
		return Planned{}, err
	}
	leads, err := s.leadTimes(ctx, &sup)
	if err != nil {
		return Planned{}, err
	}
	sold := make(map[flywheel.SKU]*Item, len(sup.Items))
	for i := range sup.Items {
		sold[sup.Items[i].SKU] = &sup.Items[i]
	}
	skus := make([]flywheel.SKU, len(needs))
	for i, n := range needs {
		skus[i] = n.SKU
		if sold[n.SKU] == nil {
			return Planned{}, refuse("item of supplier "+supplier, n.SKU, ErrUnknown)
		}
		if _, ok := leads[n.SKU]; !ok {
			return Planned{}, refuse("lead time of "+string(n.SKU), "no receipts and no law", ErrUnknown)
		}
	}
	slices.Sort(skus)
	positions, err := s.opts.Stock.Positions(ctx, slices.Compact(skus))
	if err != nil {
		return Planned{}, err
	}
	waiting := map[flywheel.SKU]int64{} // not planned for yet
	for _, p := range positions {
		waiting[p.SKU] += p.Backordered
	}
	items := make([]replenish.Item, len(needs))
	for i, n := range needs {
		place := s.place(n.Place)
		item := replenish.Item{
			SKU: n.SKU, Demand: n.Demand, Protected: n.Protected, Lead: n.Lead, Outdated: n.Outdated, MaxCover: n.MaxCover,
			LeadTime: leads[n.SKU].Periods(days), Backordered: waiting[n.SKU],
			Lot: replenish.Lot{Min: sold[n.SKU].Least, Pack: sold[n.SKU].Pack},
		}
		waiting[n.SKU] = 0
		for _, p := range positions {
			if p.SKU == n.SKU && p.Location == place {
				item.OnHand, item.OnOrder = p.OnHand-p.Promised, p.OnOrder
			}
		}
		items[i] = item
	}
	var plan Planned
	if plan.Orders, err = replenish.PlanAll(items, policy); err != nil {
		return Planned{}, err
	}
	for i, o := range plan.Orders {
		if o.Quantity > 0 {
			plan.Wants = append(plan.Wants, Want{SKU: o.SKU, Quantity: o.Quantity, Place: cmp.Or(needs[i].Place, string(s.opts.Place))})
		}
	}
	return plan, nil
}
