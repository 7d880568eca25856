package pricing

import (
	"math"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// compute finds what p would take off, into w.discounts. Where it is nothing it
// may note why.
func (e *Engine) compute(b *Basket, w *work, p *promotion, r *Refusal) (outcome, error) {
	v, missing, missingUnits := p.reach(b, w, w.selected(p.scope))
	if missing > 0 || missingUnits > 0 {
		r.lacks(missing, missingUnits, b.Currency)
		return outcome{}, nil
	}
	var out outcome
	var err error
	switch {
	case p.shape == buyGet:
		out, err = e.perReward(b, w, p, v, r)
	case p.shape == bundle:
		out, err = e.perBundle(b, w, p, v, r)
	case p.shape == gift:
		out, err = e.perGift(b, w, p, v, r)
	case p.level == LineLevel:
		out, err = e.perLine(b, w, p, v, w.affected(p))
	default:
		out, err = e.perOrder(b, w, p, v, w.affected(p))
	}
	if err != nil || p.maximum == 0 || out.total <= p.maximum {
		return out, err
	}
	return out, w.cap(&out, p.maximum)
}

// cap shares a maximum by the discounts.
func (w *work) cap(out *outcome, maximum int64) (err error) {
	w.weights = append(w.weights[:0], w.discounts...)
	w.shares, err = money.New(maximum, w.currency).AppendAllocate(w.shares[:0], w.weights)
	if err != nil {
		return err
	}
	for k := range w.shares {
		w.discounts[k] = w.shares[k].Minor()
	}
	out.kind, out.total = StepShare, maximum
	return nil
}

// looked returns the amounts that a percentage of p looks at.
func (w *work) looked(p *promotion) []int64 {
	if p.percentBase == Original {
		return w.original
	}
	return w.running
}

// room returns the most that can be taken off line i.
func (w *work) room(p *promotion, i int32) int64 {
	left := w.running[i]
	if w.hasFloors {
		left = max(0, left-w.floors[i])
	}
	if p.maximumPerLine > 0 {
		left = min(left, p.maximumPerLine)
	}
	return left
}

// perLine computes a promotion on each of its lines.
func (e *Engine) perLine(b *Basket, w *work, p *promotion, v value, lines []int32) (outcome, error) {
	out := outcome{value: v, kind: StepLine, lines: lines, perLine: true, original: p.percentBase == Original, perUnit: p.perUnit, withTax: p.withTax}
	w.discounts, w.cut = grown(w.discounts, len(lines)), grown(w.cut, len(lines))
	looked := w.looked(p)
	for k, i := range lines {
		full, err := e.perUnits(w, v, looked[i], w.running[i], b.Lines[i].Quantity)
		if err != nil {
			return out, err
		}
		full = min(full, w.running[i])
		var d int64
		switch {
		case p.perUnit:
			d, full = e.offEach(w, v, out.original, i), -1
		case p.withTax:
			full = math.MaxInt64
			if d, err = e.offWithTax(b, w, k, i, times(v.amount.Minor(), w.bought(b, Running, i))); err != nil {
				return out, err
			}
		default:
			if d, err = e.offLine(b, w, p, v, i, full); err != nil {
				return out, err
			}
		}
		d = min(d, w.room(p, i))
		if p.maximumPerUse > 0 {
			d = min(d, times(p.maximumPerUse, w.bought(b, Running, i)))
		}
		w.cut[k] = d < full || p.perUnit
		w.discounts[k] = d
		out.base += looked[i]
		out.total += d
	}
	return out, nil
}

// offEach returns what a percentage takes off the units of a line, rounded for each.
func (e *Engine) offEach(w *work, v value, original bool, i int32) (sum int64) {
	each := e.want(w, &outcome{value: v, original: original, perLine: true, perUnit: true})
	for k := range w.units[i] {
		u := &w.units[i][k]
		sum += each.of(u) * u.count // no more than the line
	}
	return sum
}

// offLine returns what v takes off a line, where full is what it takes off one
// whose units are alike. Where they are not, each bears what it can: one that is
// free takes nothing over from another.
func (e *Engine) offLine(b *Basket, w *work, p *promotion, v value, i int32, full int64) (int64, error) {
	if !w.byUnits || !w.uneven[i] || !v.percent.IsZero() && p.percentBase == Running && !w.hasFloors {
		return full, nil
	}
	var amount, left, wanted, count int64
	want := e.want(w, &outcome{value: v, original: p.percentBase == Original, perLine: true})
	for k := range w.units[i] {
		u := &w.units[i][k]
		each := want.of(u)
		if each == 0 {
			continue
		}
		looked := u.left
		if p.percentBase == Original {
			looked = u.original
		}
		amount, left, wanted, count = amount+looked*u.count, left+u.left*u.count, wanted+each*u.count, count+u.count
	}
	if count == 0 {
		return 0, nil
	}
	d, err := e.perUnits(w, v, amount, left, count)
	if v.percent.IsZero() && !v.fixed() {
		return wanted, err
	}
	return min(d, wanted), err
}

// want is what a plain promotion would take off single units by themselves, no more
// than they have left: what is taken off a line is shared by it.
type want struct {
	kind     wantKind
	percent  money.Rate
	amount   int64 // off each unit, or what each is to cost
	currency money.Currency
	rounding money.Rounding
}

type wantKind uint8

const (
	wantLeft     wantKind = iota // in proportion to what is left
	wantRoom                     // to what is left above the floor
	wantPercent                  // a percentage of what is left
	wantOriginal                 // a percentage of the price before promotions
	wantPrice
	wantAmount
)

func (e *Engine) want(w *work, out *outcome) want {
	v := out.value
	switch {
	case out.kind == StepShare && !out.perLine && w.hasFloors:
		return want{kind: wantRoom}
	case out.kind == StepShare && !out.perLine, !v.percent.IsZero() && !out.original && !w.hasFloors && !out.perUnit:
		return want{kind: wantLeft}
	case !v.percent.IsZero():
		t := want{kind: wantPercent, percent: v.percent, currency: w.currency, rounding: money.Ceiling}
		if out.original {
			t.kind = wantOriginal
		}
		if out.perUnit {
			t.rounding = e.rounding
		}
		return t
	case v.fixed():
		return want{kind: wantPrice, amount: e.costs(v.price, 1)}
	}
	return want{kind: wantAmount, amount: v.amount.Minor()}
}

func (t *want) of(u *unit) int64 {
	switch t.kind {
	case wantRoom:
		return u.room()
	case wantPercent, wantOriginal:
		of := u.left
		if t.kind == wantOriginal {
			of = u.original
		}
		d, err := money.New(of, t.currency).MulRate(t.percent, t.rounding)
		if err == nil {
			return min(u.room(), d.Minor())
		}
	case wantPrice:
		return min(u.room(), max(0, u.left-t.amount))
	case wantAmount:
		return min(u.room(), t.amount)
	}
	return u.left
}

// perUnits returns what v takes off an amount of quantity units. It may be more
// than there is.
func (e *Engine) perUnits(w *work, v value, looked, left, quantity int64) (int64, error) {
	switch {
	case !v.percent.IsZero():
		d, err := money.New(looked, w.currency).MulRate(v.percent, e.rounding)
		return d.Minor(), err
	case v.fixed():
		return max(0, left-e.costs(v.price, quantity)), nil
	}
	return times(v.amount.Minor(), quantity), nil
}

// costs returns what n units cost at a price, at most the greatest int64.
func (e *Engine) costs(p money.Price, n int64) int64 {
	a, err := p.Times(n, e.rounding)
	if err != nil {
		return 1<<63 - 1
	}
	return a.Minor()
}

// times returns a·n for numbers that are not negative, at most the greatest
// int64.
func times(a, n int64) int64 {
	product, err := money.New(a, money.Currency{}).Mul(n)
	if err != nil {
		return 1<<63 - 1
	}
	return product.Minor()
}

// perOrder computes a promotion on the sum of its lines and shares it over them.
func (e *Engine) perOrder(b *Basket, w *work, p *promotion, v value, lines []int32) (outcome, error) {
	out := outcome{value: v, kind: StepShare, lines: lines}
	looked := w.looked(p)
	var left int64
	var err error
	for _, i := range lines {
		out.base += looked[i]
		left += w.running[i]
	}
	if p.withTax {
		out.withTax = true
		out.total, err = e.shareWithTax(b, w, lines, v.amount.Minor())
		return out, err
	}
	d, err := e.perUnits(w, v, out.base, left, 1)
	if err != nil {
		return out, err
	}
	d = min(d, left)
	if p.maximumPerUse > 0 {
		d = min(d, p.maximumPerUse)
	}
	if p.maximum > 0 {
		d = min(d, p.maximum)
	}
	out.total, err = w.share(p, lines, d)
	return out, err
}

// share spreads d over lines by what is left of them and returns what they take.
// What one of them refuses, for a floor or a cap, is spread again over those that
// still have room.
func (w *work) share(p *promotion, lines []int32, d int64) (given int64, err error) {
	w.discounts = grown(w.discounts, len(lines))
	clear(w.discounts)
	w.weights = w.weights[:0]
	var room int64
	for _, i := range lines {
		w.weights = append(w.weights, w.running[i])
		room += w.room(p, i)
	}
	d = min(d, room)
	for d > 0 {
		if w.shares, err = money.New(d, w.currency).AppendAllocate(w.shares[:0], w.weights); err != nil {
			return given, err
		}
		for k, i := range lines {
			left := w.room(p, i) - w.discounts[k]
			taken := min(w.shares[k].Minor(), left)
			w.discounts[k] += taken
			given += taken
			d -= taken
			if taken == left {
				w.weights[k] = 0
			}
		}
	}
	return given, nil
}
