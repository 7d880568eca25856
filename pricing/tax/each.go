package tax

import (
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// bearer is what tells one tax of a line from others: with scope PerRate it is
// rounded once on all lines of which that is the same.
type bearer struct {
	code     string
	rate     money.Rate
	whole    money.Rate // of all taxes of the line, where they are included
	included bool
}

// borne is all that bears one tax.
type borne struct {
	bearer
	part  func(base money.Price, units int64, mode money.Rounding) (money.Amount, error)
	base  money.Price
	worth []int64
	lines [][2]int // of each: the line, and which of its taxes
}

// each returns the taxes of each line, each of them rounded by itself.
func (r Rule) each(groups []*group, lines []Line, bases []money.Price) ([][]money.Amount, error) {
	parts := make([][]money.Amount, len(lines))
	var all []*borne
	for _, g := range groups {
		for _, i := range g.lines {
			l := &lines[i]
			parts[i] = make([]money.Amount, len(g.levy.taxes))
			for k := range g.levy.taxes {
				part := g.levy.part(k, l.Included)
				if r.Scope == PerRate {
					b := bearer{g.levy.taxes[k].Code, g.levy.rates[k], money.Rate{}, l.Included}
					if l.Included {
						b.whole = g.levy.total
					}
					at := slices.IndexFunc(all, func(o *borne) bool { return o.bearer == b })
					if at < 0 {
						at, all = len(all), append(all, &borne{bearer: b, part: part, base: money.PriceOf(money.New(0, bases[i].Currency()))})
					}
					if err := all[at].add(bases[i], r.Rounding, i, k); err != nil {
						return nil, field(err, "lines[%d].unit", i)
					}
					continue
				}
				units := int64(1)
				if r.Scope == PerUnit {
					units = l.Quantity
				}
				var err error
				if parts[i][k], err = part(bases[i], units, r.Rounding); err != nil {
					return nil, field(err, "lines[%d].taxes[%d]", i, k)
				}
			}
		}
	}
	for _, b := range all {
		total, err := b.part(b.base, 1, r.Rounding)
		var shares []money.Amount
		if err == nil {
			shares, err = total.Allocate(b.weights()...)
		}
		if err != nil {
			return nil, field(err, "lines[%d].taxes", b.lines[0][0])
		}
		for n, at := range b.lines {
			parts[at[0]][at[1]] = shares[n]
		}
	}
	return parts, nil
}

func (b *borne) add(base money.Price, mode money.Rounding, line, part int) error {
	amount, err := base.Times(1, mode)
	if err != nil {
		return err
	}
	if b.base, err = b.base.Add(base); err != nil {
		return err
	}
	b.worth, b.lines = append(b.worth, amount.Minor()), append(b.lines, [2]int{line, part})
	return nil
}

// weights are the amounts, or all alike where they are fractions of cents.
func (b *borne) weights() []int64 {
	if !slices.ContainsFunc(b.worth, func(w int64) bool { return w > 0 }) {
		for n := range b.worth {
			b.worth[n] = 1
		}
	}
	return b.worth
}

// part returns what computes one of the taxes on, or in, a base, one n-th at a time.
func (l *levy) part(k int, included bool) func(base money.Price, n int64, mode money.Rounding) (money.Amount, error) {
	scale := max(l.rates[k].Scale(), l.total.Scale())
	numerator, denominator := l.rates[k].Coefficient(), int64(1)
	for range scale - l.rates[k].Scale() {
		numerator *= 10
	}
	for range scale {
		denominator *= 10
	}
	if included {
		whole := l.total.Coefficient()
		for range scale - l.total.Scale() {
			whole *= 10
		}
		denominator += whole
	}
	return func(base money.Price, n int64, mode money.Rounding) (money.Amount, error) {
		if denominator <= 0 || denominator > maxProduct/n {
			return money.Amount{}, outOfRange("%s over %d units", l.total, n)
		}
		part, err := base.MulRatio(numerator, denominator*n, mode)
		if err != nil {
			return part, err
		}
		return part.Mul(n)
	}
}

// sums returns the tax of each line of g.
func sums(g *group, parts [][]money.Amount, bases []money.Price) ([]money.Amount, error) {
	taxes := make([]money.Amount, len(g.lines))
	for n, i := range g.lines {
		taxes[n] = money.New(0, bases[i].Currency())
		for _, part := range parts[i] {
			var err error
			if taxes[n], err = taxes[n].Add(part); err != nil {
				return nil, field(err, "lines[%d].taxes", i)
			}
		}
	}
	return taxes, nil
}
