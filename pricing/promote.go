package pricing

import (
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// promote decides on the promotions and applies them one after the other.
func (e *Engine) promote(q *Quote, b *Basket, w *work) error {
	if b.WithoutPromotions {
		return nil
	}
	e.aim(q, b, w)
	if e.strategy == BestOf {
		if err := e.search(q, b, w); err != nil {
			return err
		}
	}
	for i := 0; i < len(e.promotions); i += e.promotions[i].together {
		turn := e.promotions[i : i+e.promotions[i].together]
		if err := e.turn(q, b, w, int32(i), turn); err != nil {
			return field(err, "promotions[%q]", e.promotions[i].id)
		}
	}
	for i, code := range w.codes {
		if !e.coupons[code] && !slices.Contains(w.codes[:i], code) {
			q.Refused = append(q.Refused, Refusal{Coupon: b.Coupons[i], Reason: ReasonUnknownCoupon})
		}
	}
	return nil
}

// turn applies the promotion at index first, or the several of a group that is
// decided line by line, or notes why not.
func (e *Engine) turn(q *Quote, b *Basket, w *work, first int32, turn []promotion) error {
	if turn[0].byLine {
		return e.turnByLine(q, b, w, first, turn)
	}
	p := &turn[0]
	refusal := Refusal{Promotion: p.id}
	switch refusal.Reason = w.outvoted(e, p, first); {
	case refusal.Reason != "":
	case e.refuse(&refusal, b, w, p, first):
	default:
		out, err := e.compute(b, w, p, &refusal)
		if err != nil {
			return err
		}
		if out.total > 0 && !w.is(idle, first) {
			e.take(q, w, first, &out)
			w.mark(e, p)
			return nil
		}
		if out.total > 0 {
			refusal.Reason = ReasonOutdone
		}
		if refusal.Reason == "" {
			refusal.Reason = ReasonNothingLeft
			if p.standing {
				w.mark(e, p)
			}
		}
	}
	q.Refused = append(q.Refused, refusal)
	return nil
}

// outcome is what one promotion would do: it takes w.discounts[k] off line
// lines[k].
type outcome struct {
	value value
	base  int64 // the sum of the amounts that it was computed on
	kind  StepKind
	lines []int32
	total int64
	// byUnits says that it takes off the units that w.runs has chosen, and
	// bundles that it makes bundles of them.
	byUnits, bundles bool
	// perLine says that it takes off each line by itself, and original that a
	// percentage looks at the amounts before promotions.
	perLine, original bool
	// perUnit says that it rounds for each unit, and withTax that an amount counts
	// with tax: then w.paid says what each line costs with tax after it.
	perUnit, withTax bool
}

// take writes the discounts of a promotion down and takes them off.
func (e *Engine) take(q *Quote, w *work, index int32, out *outcome) {
	p := &e.promotions[index]
	applied := Applied{
		Promotion: p.id, Level: p.level, Base: money.New(out.base, q.Currency), Percent: out.value.percent,
		Discount: money.New(out.total, q.Currency),
	}
	for k, i := range out.lines {
		d := w.discounts[k]
		if d == 0 {
			continue
		}
		entry := logged{line: i, promotion: index, kind: out.kind, base: w.running[i], discount: d, paid: -1}
		if out.withTax {
			entry.paid = w.paid[k]
		}
		if out.kind == StepLine {
			if w.cut[k] {
				entry.kind = StepShare
			} else {
				entry.rate = out.value.percent
				if p.percentBase == Original {
					entry.base = w.original[i]
				}
			}
		}
		w.log = append(w.log, entry)
		applied.Lines++
	}
	w.subtract(e, out)
	q.Applied = append(q.Applied, applied)
}

// subtract takes the discounts of a promotion off.
func (w *work) subtract(e *Engine, out *outcome) {
	switch {
	case out.byUnits:
		w.takeChosen(out)
	case w.byUnits:
		t := e.want(w, out)
		for k, i := range out.lines {
			if int(i) < w.goodsLines {
				w.takeUnits(i, w.discounts[k], t)
			}
		}
	}
	for k, i := range out.lines {
		w.running[i] -= w.discounts[k]
		if int(i) < w.goodsLines {
			w.goods -= w.discounts[k]
		}
	}
}

// is reports what the search decided on a promotion.
func (w *work) is(c choice, index int32) bool { return len(w.choice) > 0 && w.choice[index] == c }

// outvoted returns why p does not go together with what has been applied, or
// with what is to be.
func (w *work) outvoted(e *Engine, p *promotion, index int32) Reason {
	switch {
	case w.is(passedOver, index):
		return ReasonOutdone
	case w.is(idle, index):
		return ""
	case w.alone || p.exclusive && w.count > 0:
		return ReasonExclusive
	}
	for _, g := range p.oneOf {
		if w.taken[g] {
			return ReasonGroup
		}
	}
	if len(p.notWith) > 0 && w.blocked[index] {
		return ReasonNotWith
	}
	return ""
}

// mark notes that p has been applied.
func (w *work) mark(e *Engine, p *promotion) {
	w.count++
	w.alone = w.alone || p.exclusive
	for _, g := range p.oneOf {
		w.taken[g] = true
	}
	for _, other := range p.notWith {
		w.blocked[other] = true
	}
}

// turnByLine applies the promotions of a group such that each line takes the one
// that saves most on it, the first of equals.
func (e *Engine) turnByLine(q *Quote, b *Basket, w *work, first int32, turn []promotion) error {
	if err := e.chooseByLine(b, w, first, turn); err != nil {
		return err
	}
	w.winners = w.winners[:0]
	for m := range turn {
		p, index := &turn[m], first+int32(m)
		if w.reasons[m].Reason == "" {
			out, err := e.won(w, b, p, int32(m))
			if err != nil {
				return err
			}
			if out.total > 0 {
				e.take(q, w, index, &out)
				w.winners = append(w.winners, index)
				continue
			}
			w.reasons[m].Reason = ReasonOutdone
		}
		q.Refused = append(q.Refused, w.reasons[m])
	}
	for _, index := range w.winners {
		w.mark(e, &e.promotions[index])
	}
	return nil
}

// chooseByLine finds for each line the member of a group that saves most on it,
// and for each member why it is out of the question.
func (e *Engine) chooseByLine(b *Basket, w *work, first int32, turn []promotion) error {
	w.reasons, w.values = grown(w.reasons, len(turn)), grown(w.values, len(turn))
	w.best = grown(w.best, w.goodsLines)
	for i := range w.best {
		w.best[i] = lineBest{member: -1}
	}
	for m := range turn {
		p, index := &turn[m], first+int32(m)
		w.reasons[m] = Refusal{Promotion: p.id, Reason: w.outvoted(e, p, index)}
		if w.reasons[m].Reason != "" || e.refuse(&w.reasons[m], b, w, p, index) {
			continue
		}
		out, err := e.compute(b, w, p, &w.reasons[m])
		if err != nil {
			return err
		}
		if out.total == 0 && w.reasons[m].Reason == "" {
			w.reasons[m].Reason = ReasonNothingLeft
		}
		w.values[m] = out.value // by the tier that is reached before any of them is taken
		for k, i := range out.lines {
			if d := w.discounts[k]; d > w.best[i].discount {
				w.best[i] = lineBest{int32(m), d}
			}
		}
	}
	return nil
}

// lineBest is the member of a group that saves most on a line.
type lineBest struct {
	member   int32
	discount int64
}

// won computes a member of a group on the lines that it won.
func (e *Engine) won(w *work, b *Basket, p *promotion, member int32) (outcome, error) {
	w.hits = w.hits[:0]
	for i := range w.best {
		if w.best[i].member == member {
			w.hits = append(w.hits, int32(i))
		}
	}
	out, err := e.perLine(b, w, p, w.values[member], w.hits)
	if err != nil || p.maximum == 0 || out.total <= p.maximum {
		return out, err
	}
	return out, w.cap(&out, p.maximum)
}
