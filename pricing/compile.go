package pricing

import (
	"cmp"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/internal/code"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// promotion is a compiled [Promotion]. Amounts are in minor units of currency; 0
// stands for no bound.
type promotion struct {
	id          string
	level       Level
	shape       shape
	value       value
	percentBase Basis
	tiers       []Tier
	currency    money.Currency // none: for all

	maximum, maximumPerLine, maximumPerUse int64
	minimum, minimumQuantity               int64
	minimumBase                            Basis
	minimumOfLines                         bool

	perUnit    bool
	withTax    bool
	shared     bool
	deliveries int32 // selector of the delivery charges, -1 for all

	scope     int32 // selector of its lines, -1 for all goods
	of        int32 // selector of the units that a buyGet or a gift discounts
	buy, get  int64
	selection Selection
	parts     []part
	gifts     []flywheel.SKU
	limit     int64

	when         *rule.Rule
	coupon       string // folded
	couponText   string // as configured
	starts, ends time.Time

	exclusive bool
	standing  bool    // exclusive, also while there is nothing that it takes something off
	clique    int32   // outermost group of which one applies, -1 for none
	oneOf     []int32 // all groups of which one applies
	notWith   []int32 // promotions, ascending
	together  int     // how many from here on are decided together
	byLine    bool    // they are decided line by line
}

type shape uint8

const (
	plain shape = iota
	buyGet
	bundle
	gift
)

type part struct {
	of       int32
	quantity int64
}

// selector is a compiled [Of]. Its items are in Engine.named.
type selector struct {
	names bool
	lines *rule.Rule
}

func (e *Engine) compilePromotions(c *Config) error {
	from := c.Promotions
	e.coupons = map[string]bool{}
	ids := make(map[string]bool, len(from))
	for i := range from {
		if err := from[i].Validate(); err != nil {
			return within(err, "promotions", i)
		}
		if ids[from[i].ID] {
			return field(invalid("%q twice", from[i].ID), "promotions[%d].id", i)
		}
		ids[from[i].ID] = true
	}
	groups, err := e.compileGroups(c.Groups, from)
	if err != nil {
		return err
	}
	order := e.order(from, groups)
	var named pairs
	for _, i := range order {
		p, err := e.compilePromotion(&from[i], &named)
		if err != nil {
			return within(err, "promotions", i)
		}
		if p.coupon != "" {
			e.coupons[p.coupon] = true
		}
		e.promotions = append(e.promotions, p)
	}
	e.named.fill(len(e.items), named.keys, named.values)
	if err := e.compileConflicts(c.Groups, from, order, groups); err != nil {
		return err
	}
	return e.compileTurns(from, order, groups)
}

// order returns the order in which promotions are tried: goods before shipping,
// unless shipping has its turn among them, by priority, and those that are decided line by line where their first is.
func (e *Engine) order(from []Promotion, groups map[string]int32) []int {
	order := make([]int, len(from))
	for i := range from {
		order[i] = i
	}
	shipping := func(i int) int {
		if from[i].Level == ShippingLevel && !e.inTurn {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(shipping(i), shipping(j)), cmp.Compare(from[j].Priority, from[i].Priority))
	})
	first := map[int32]int{} // of a group: the rank of its first member
	rank := make([]int, len(from))
	for at, i := range order {
		rank[i] = at
		if g, there := groups[from[i].Group]; there && e.groups[g].pick == LineBest {
			if _, there := first[g]; !there {
				first[g] = at
			}
			rank[i] = first[g]
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(rank[i], rank[j]) })
	return order
}

// compileTurns finds which promotions are decided together.
func (e *Engine) compileTurns(from []Promotion, order []int, groups map[string]int32) error {
	for at := range e.promotions {
		p := &e.promotions[at]
		p.together = 1
		g, there := groups[from[order[at]].Group]
		if !there || e.groups[g].pick != LineBest {
			continue
		}
		p.byLine = true
		if p.level != LineLevel || p.shape != plain || p.exclusive || len(from[order[at]].NotWith) > 0 {
			return field(invalid("%q is decided line by line", e.groups[g].id), "promotions[%d].group", order[at])
		}
		for at+p.together < len(order) && from[order[at+p.together]].Group == e.groups[g].id {
			p.together++
		}
	}
	return nil
}

// pairs are keys with values, to make spans of.
type pairs struct{ keys, values []int32 }

func (e *Engine) compilePromotion(p *Promotion, named *pairs) (promotion, error) {
	scope, err := e.compileOf(Of{p.SKUs, p.Lines}, named, "lines")
	if err != nil {
		return promotion{}, err
	}
	when, err := compileRule(p.When, e.conditions.basket)
	if err != nil {
		return promotion{}, field(err, "when")
	}
	e.conditions.noteBasket(when)
	to := promotion{
		id: p.ID, level: p.Level, value: value{p.Percent, p.Amount, p.Price}, percentBase: p.PercentBase,
		tiers: slices.Clone(p.Tiers), currency: p.currency(),
		maximum: p.Maximum.Minor(), maximumPerLine: p.MaximumPerLine.Minor(), maximumPerUse: p.MaximumPerUse.Minor(),
		minimum: p.Minimum.Minor(), minimumBase: p.MinimumBase, minimumOfLines: p.MinimumOfLines, minimumQuantity: p.MinimumQuantity,
		scope: scope, of: scope, limit: p.Limit, when: when, coupon: code.Fold(p.Coupon), starts: p.Starts, ends: p.Ends,
		couponText: p.Coupon,
		perUnit:    p.PerUnit, withTax: p.WithTax, deliveries: e.compileDeliveries(p.Deliveries),
		exclusive: p.Exclusive, standing: p.Exclusive && p.Level == ShippingLevel && e.inTurn,
	}
	if p.BuyGet != nil || p.Bundle != nil || p.Gift != nil {
		to.level = LineLevel
		e.byUnits = true
	}
	e.byUnits = e.byUnits || p.PerUnit
	switch {
	case p.BuyGet != nil:
		to.shape, to.buy, to.get, to.selection, to.shared = buyGet, p.BuyGet.Buy, p.BuyGet.Get, p.BuyGet.Selection, p.BuyGet.Shared
		if !p.BuyGet.Of.empty() {
			to.of, err = e.compileOf(p.BuyGet.Of, named, "buy_get.of.lines")
		}
	case p.Bundle != nil:
		to.shape = bundle
		to.parts = []part{{scope, p.Bundle.Quantity}}
		if len(p.Bundle.Parts) > 0 {
			to.parts, err = e.compileParts(p.Bundle.Parts, named)
		}
	case p.Gift != nil:
		to.shape, to.value, to.get, to.gifts = gift, value{percent: money.Percent(100)}, p.Gift.Quantity, slices.Clone(p.Gift.SKUs)
		to.of, err = e.compileOf(Of{SKUs: p.Gift.SKUs}, named, "gift.skus")
	}
	return to, err
}

func (e *Engine) compileParts(from []Part, named *pairs) (parts []part, err error) {
	for i, p := range from {
		of, err := e.compileOf(p.Of, named, "lines")
		if err != nil {
			return nil, within(err, "bundle.parts", i)
		}
		parts = append(parts, part{of, p.Quantity})
	}
	return parts, nil
}

// deliverySelector is the selector of the charges that a promotion on shipping names.
type deliverySelector struct {
	selector int32
	ids      []string
}

// compileDeliveries returns the selector of delivery charges, -1 for all.
func (e *Engine) compileDeliveries(ids []string) int32 {
	if len(ids) == 0 {
		return -1
	}
	index := int32(len(e.selectors))
	e.selectors = append(e.selectors, selector{names: true})
	e.deliveries = append(e.deliveries, deliverySelector{index, slices.Clone(ids)})
	return index
}

// compileOf returns the selector of o, -1 for all goods.
func (e *Engine) compileOf(o Of, named *pairs, name string) (int32, error) {
	if o.empty() {
		return -1, nil
	}
	lines, err := compileRule(o.Lines, e.conditions.line)
	if err != nil {
		return 0, field(err, "%s", name)
	}
	e.conditions.noteLine(lines)
	index := int32(len(e.selectors))
	skus := slices.Clone(o.SKUs)
	slices.Sort(skus)
	for _, sku := range slices.Compact(skus) {
		named.keys = append(named.keys, e.item(sku))
		named.values = append(named.values, index)
	}
	s := selector{len(o.SKUs) > 0, lines}
	e.selectors = append(e.selectors, s)
	if !s.names {
		e.free = append(e.free, index)
	}
	return index, nil
}
