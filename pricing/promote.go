package pricing

import (
	"cmp"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// promotion is a compiled [Promotion].
type promotion struct {
	id               string
	level            Level
	percent          money.Rate
	percentBase      Basis
	amount           money.Amount
	maximum, minimum money.Amount
	minimumBase      Basis
	currency         money.Currency // none: for all
	names            bool           // it names items
	lines, when      *rule.Rule
	coupon           string // folded
	starts, ends     time.Time
	exclusive        bool
}

func (e *Engine) compilePromotions(from []Promotion) error {
	e.coupons = map[string]bool{}
	ids := make(map[string]bool, len(from))
	order := make([]int, len(from))
	for i := range from {
		order[i] = i
		if err := from[i].Validate(); err != nil {
			return within(err, "promotions", i)
		}
		if ids[from[i].ID] {
			return field(invalid("%q twice", from[i].ID), "promotions[%d].id", i)
		}
		ids[from[i].ID] = true
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(from[j].Priority, from[i].Priority) })

	var keys, values []int32
	for _, i := range order {
		p, err := e.compilePromotion(&from[i])
		if err != nil {
			return within(err, "promotions", i)
		}
		skus := slices.Clone(from[i].SKUs)
		slices.Sort(skus)
		for _, sku := range slices.Compact(skus) {
			keys = append(keys, e.item(sku))
			values = append(values, int32(len(e.promotions)))
		}
		if p.coupon != "" {
			e.coupons[p.coupon] = true
		}
		e.promotions = append(e.promotions, p)
	}
	e.named.fill(len(e.items), keys, values)
	return nil
}

func (e *Engine) compilePromotion(p *Promotion) (promotion, error) {
	lines, err := compileRule(p.Lines, e.conditions.line)
	if err != nil {
		return promotion{}, field(err, "lines")
	}
	when, err := compileRule(p.When, e.conditions.basket)
	if err != nil {
		return promotion{}, field(err, "when")
	}
	e.conditions.note(when, lines)
	return promotion{
		id: p.ID, level: p.Level, percent: p.Percent, percentBase: p.PercentBase, amount: p.Amount,
		maximum: p.Maximum, minimum: p.Minimum, minimumBase: p.MinimumBase, currency: p.currency(),
		names: len(p.SKUs) > 0, lines: lines, when: when, coupon: fold(p.Coupon),
		starts: p.Starts, ends: p.Ends, exclusive: p.Exclusive,
	}, nil
}

// promote applies the promotions one after the other.
func (e *Engine) promote(q *Quote, b *Basket, w *work) error {
	e.aim(q, b, w)
	running := q.Subtotal // what is left of the whole basket
	exclusive := false
	for i := range e.promotions {
		p := &e.promotions[i]
		targets := w.all
		if p.names || p.lines != nil {
			targets = w.targets.of(int32(i))
		}
		refusal := Refusal{Promotion: p.id}
		if exclusive || p.exclusive && len(q.Applied) > 0 {
			refusal.Reason = ReasonExclusive
		} else if refusal.Reason, refusal.Missing = p.refuse(q, b, w, targets, running); refusal.Reason == "" {
			applied, err := e.apply(q, w, int32(i), targets)
			if err != nil {
				return field(err, "promotions[%q]", p.id)
			}
			if applied.Lines > 0 {
				exclusive = p.exclusive
				q.Applied = append(q.Applied, applied)
				running = minus(running, applied.Discount)
				continue
			}
			refusal.Reason = ReasonNothingLeft
		}
		q.Refused = append(q.Refused, refusal)
	}
	q.Discount = minus(q.Subtotal, running)
	for i, code := range w.codes {
		if !e.coupons[code] && !slices.Contains(w.codes[:i], code) {
			q.Refused = append(q.Refused, Refusal{Coupon: b.Coupons[i], Reason: ReasonUnknownCoupon})
		}
	}
	return nil
}

// minus returns a - b where 0 ≤ b ≤ a.
func minus(a, b money.Amount) money.Amount { return money.New(a.Minor()-b.Minor(), a.Currency()) }

// aim finds the lines that each promotion with items or a condition is for.
func (e *Engine) aim(q *Quote, b *Basket, w *work) {
	w.pairs, w.pairKeys = w.pairs[:0], w.pairKeys[:0]
	w.all = grown(w.all, len(b.Lines))
	add := func(i int, promotion int32) {
		w.pairs = append(w.pairs, int32(i))
		w.pairKeys = append(w.pairKeys, promotion)
	}
	for i := range b.Lines {
		w.all[i] = int32(i)
		if e.conditions.asksLine {
			e.conditions.loadLine(w.line, &b.Lines[i], &q.Lines[i])
		}
		if w.items[i] >= 0 {
			for _, p := range e.named.of(w.items[i]) {
				if e.promotions[p].lines.MatchRecord(w.line) {
					add(i, p)
				}
			}
		}
		if !e.conditions.asksLine {
			continue
		}
		for p := range e.promotions {
			if pr := &e.promotions[p]; !pr.names && pr.lines != nil && pr.lines.MatchRecord(w.line) {
				add(i, int32(p))
			}
		}
	}
	w.targets.fill(len(e.promotions), w.pairKeys, w.pairs)
	if e.conditions.asksBasket {
		e.conditions.loadBasket(w.basket, b, q)
	}
}

// refuse returns why p does not apply, empty when it does.
func (p *promotion) refuse(q *Quote, b *Basket, w *work, targets []int32, running money.Amount) (Reason, money.Amount) {
	var none money.Amount
	switch {
	case !p.currency.IsZero() && p.currency != b.Currency:
		return ReasonCurrency, none
	case b.At.Before(p.starts):
		return ReasonNotStarted, none
	case !open(p.starts, p.ends, b.At):
		return ReasonEnded, none
	case p.coupon != "" && !slices.Contains(w.codes, p.coupon):
		return ReasonCoupon, none
	case !p.when.MatchRecord(w.basket):
		return ReasonCondition, none
	case len(targets) == 0:
		return ReasonNoLine, none
	}
	sum := running
	if p.minimumBase == Original {
		sum = q.Subtotal
	}
	if sum.Minor() < p.minimum.Minor() {
		return ReasonMinimum, minus(p.minimum, sum)
	}
	return "", none
}

// apply takes a promotion off its targets.
func (e *Engine) apply(q *Quote, w *work, index int32, targets []int32) (Applied, error) {
	p := &e.promotions[index]
	zero := money.New(0, q.Currency)
	applied := Applied{Promotion: p.id, Level: p.level, Base: zero, Percent: p.percent, Discount: zero}
	compute := e.perLine
	if p.level == OrderLevel {
		compute = e.perOrder
	}
	base, kind, err := compute(q, w, p, targets)
	if err != nil {
		return applied, err
	}
	applied.Base = base
	for k, i := range targets {
		d := w.discounts[k]
		if d.IsZero() {
			continue
		}
		looked := w.running[i]
		if kind == StepLine && p.percentBase == Original {
			looked = q.Lines[i].Subtotal
		}
		w.log = append(w.log, logged{line: i, promotion: index, kind: kind, base: looked, discount: d})
		w.running[i] = minus(w.running[i], d)
		applied.Discount = money.New(applied.Discount.Minor()+d.Minor(), q.Currency)
		applied.Lines++
	}
	return applied, nil
}

// perLine computes a promotion on each of its lines into w.discounts.
func (e *Engine) perLine(q *Quote, w *work, p *promotion, targets []int32) (base money.Amount, kind StepKind, err error) {
	w.discounts = grown(w.discounts, len(targets))
	var baseSum, sum int64 // at most the subtotal, so they do not overflow
	for k, i := range targets {
		left := w.running[i]
		looked := left
		if p.percentBase == Original {
			looked = q.Lines[i].Subtotal
		}
		var d money.Amount
		if p.percent.IsZero() {
			if d, err = p.amount.Mul(q.Lines[i].Quantity); err != nil {
				d = left // far more than there is
			}
		} else if d, err = looked.MulRate(p.percent, e.rounding); err != nil {
			return base, 0, err
		}
		if d.Minor() > left.Minor() {
			d = left
		}
		w.discounts[k] = d
		baseSum += looked.Minor()
		sum += d.Minor()
	}
	base = money.New(baseSum, q.Currency)
	if p.maximum.IsZero() || sum <= p.maximum.Minor() {
		return base, StepLine, nil
	}
	w.weights = w.weights[:0]
	for _, d := range w.discounts {
		w.weights = append(w.weights, d.Minor())
	}
	w.shares, err = p.maximum.AppendAllocate(w.shares[:0], w.weights)
	w.discounts, w.shares = w.shares, w.discounts
	return base, StepShare, err
}

// perOrder computes a promotion on the sum of its lines and shares it into
// w.discounts.
func (e *Engine) perOrder(q *Quote, w *work, p *promotion, targets []int32) (base money.Amount, kind StepKind, err error) {
	w.weights = w.weights[:0]
	var left, original int64
	for _, i := range targets {
		w.weights = append(w.weights, w.running[i].Minor())
		left += w.running[i].Minor()
		original += q.Lines[i].Subtotal.Minor()
	}
	base = money.New(left, q.Currency)
	if p.percentBase == Original {
		base = money.New(original, q.Currency)
	}
	d := p.amount
	if !p.percent.IsZero() {
		if d, err = base.MulRate(p.percent, e.rounding); err != nil {
			return base, 0, err
		}
	}
	if !p.maximum.IsZero() && d.Minor() > p.maximum.Minor() {
		d = p.maximum
	}
	if d.Minor() > left {
		d = money.New(left, q.Currency)
	}
	if d.IsZero() { // also where nothing is left to share by
		w.discounts = grown(w.discounts, len(targets))
		clear(w.discounts)
		return base, StepShare, nil
	}
	w.discounts, err = d.AppendAllocate(w.discounts[:0], w.weights)
	return base, StepShare, err
}
