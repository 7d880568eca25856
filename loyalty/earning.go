package loyalty

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Earning says how many points an amount earns. All arithmetic is exact, with
// one rounding at the end.
type Earning struct {
	// PerUnit is the points per unit of money (per euro, not per cent); 1 when
	// zero.
	PerUnit money.Rate `json:"per_unit,omitzero"`
	// PerUnitOf replaces PerUnit for the currencies it names by their code.
	PerUnitOf map[string]money.Rate `json:"per_unit_of,omitempty"`
	// Bonus adds points per unit for lines of the categories it names. It does
	// not compound with a tier's multiplier.
	Bonus map[string]money.Rate `json:"bonus,omitempty"`
	// Rounding is what becomes of a fraction of a point; money.Floor when nil.
	Rounding *money.Rounding `json:"rounding,omitempty"`
	// PerLine rounds each line by itself rather than the order.
	PerLine bool `json:"per_line,omitempty"`
}

// Spend is an amount that earns points.
type Spend struct {
	Amount   money.Amount `json:"amount"`
	Category string       `json:"category,omitempty"`
}

// Earned is the points of an order.
type Earned struct {
	// Total is the points; the other three sum to it.
	Total int64 `json:"total"`
	// Base is what any member earns, TierBonus what the member's tier adds, and
	// CategoryBonus what categories add.
	Base          int64 `json:"base"`
	TierBonus     int64 `json:"tier_bonus"`
	CategoryBonus int64 `json:"category_bonus"`
}

// earning is an Earning with its defaults filled in.
type earning struct {
	perUnit  money.Rate
	of       map[money.Currency]money.Rate
	bonus    map[string]money.Rate
	rounding money.Rounding
	perLine  bool
}

var unitPoint = money.MustRate("1")

func (e Earning) compile() (earning, error) {
	c := earning{perUnit: e.PerUnit, bonus: e.Bonus, rounding: money.Floor, perLine: e.PerLine}
	if e.PerUnit.IsZero() {
		c.perUnit = one
	}
	if e.Rounding != nil {
		c.rounding = *e.Rounding
	}
	if _, err := unitPoint.Round(unitPoint, c.rounding); err != nil {
		return earning{}, err
	}
	negative := func(name string, r money.Rate) error {
		if r.Sign() < 0 {
			return fmt.Errorf("%s: %v is negative: %w", name, r, flywheel.ErrOutOfRange)
		}
		return nil
	}
	if err := negative("per_unit", e.PerUnit); err != nil {
		return earning{}, err
	}
	for code, rate := range e.PerUnitOf {
		currency, err := money.ParseCurrency(code)
		if err == nil {
			err = negative("per_unit_of."+code, rate)
		}
		if err != nil {
			return earning{}, err
		}
		if c.of == nil {
			c.of = map[money.Currency]money.Rate{}
		}
		c.of[currency] = rate
	}
	for category, rate := range e.Bonus {
		if err := negative("bonus."+category, rate); err != nil {
			return earning{}, err
		}
	}
	return c, nil
}

// Points returns what amounts earn for a member whose tier multiplies base
// points by multiplier (zero is no bonus): the sum of amount × rate × multiplier
// and amount × category bonus, rounded once, or once per line. Negative amounts,
// such as discounts, count as they are; a negative total earns nothing.
func (l *Ledger) Points(multiplier money.Rate, spends ...Spend) (Earned, error) {
	return l.earning.points(multiplier, spends)
}

// shares reports whether points depend on how an amount is split, so that those
// of a part of an order are its share and cannot be computed from the amount.
func (e *earning) shares() bool { return e.perLine || len(e.bonus) > 0 }

func (e *earning) points(multiplier money.Rate, spends []Spend) (Earned, error) {
	if multiplier.IsZero() {
		multiplier = one
	}
	extra, err := multiplier.Add(minusOne)
	if err != nil {
		return Earned{}, err
	}
	var total Earned
	var exact [3]money.Rate // base, tier bonus, category bonus
	for i, s := range spends {
		terms, err := e.terms(extra, s)
		if err != nil {
			return Earned{}, err
		}
		for k := range exact {
			if exact[k], err = exact[k].Add(terms[k]); err != nil {
				return Earned{}, err
			}
		}
		if e.perLine || i == len(spends)-1 {
			rounded, err := e.round(exact)
			if err != nil {
				return Earned{}, err
			}
			total.Total += rounded.Total
			total.Base += rounded.Base
			total.TierBonus += rounded.TierBonus
			total.CategoryBonus += rounded.CategoryBonus
			exact = [3]money.Rate{}
		}
	}
	return total, nil
}

var minusOne = money.MustRate("-1")

// terms returns the exact points of one amount.
func (e *earning) terms(extra money.Rate, s Spend) (terms [3]money.Rate, err error) {
	rate, ok := e.of[s.Amount.Currency()]
	if !ok {
		rate = e.perUnit
	}
	amount, err := money.NewRate(s.Amount.Minor(), s.Amount.Currency().Digits())
	if err != nil {
		return terms, err
	}
	if terms[0], err = amount.Mul(rate); err != nil {
		return terms, err
	}
	if !extra.IsZero() {
		if terms[1], err = terms[0].Mul(extra); err != nil {
			return terms, err
		}
	}
	if bonus, ok := e.bonus[s.Category]; ok {
		terms[2], err = amount.Mul(bonus)
	}
	return terms, err
}

// round rounds the sum of the terms and splits it among them by largest
// remainder, so that the parts sum to the total.
func (e *earning) round(exact [3]money.Rate) (Earned, error) {
	sum := exact[0]
	var err error
	for _, term := range exact[1:] {
		if sum, err = sum.Add(term); err != nil {
			return Earned{}, err
		}
	}
	rounded, err := sum.Round(unitPoint, e.rounding)
	if err != nil {
		return Earned{}, err
	}
	total := rounded.Coefficient()
	if total <= 0 {
		return Earned{}, nil
	}
	if exact[1].IsZero() && exact[2].IsZero() {
		return Earned{Total: total, Base: total}, nil
	}
	parts, err := Apportion(total, exact[:]...)
	if err != nil {
		return Earned{}, err
	}
	return Earned{Total: total, Base: parts[0], TierBonus: parts[1], CategoryBonus: parts[2]}, nil
}

// Apportion splits points in the proportions of weights, to the last point, by
// largest remainder; ties go to the earlier weight. The weights are not negative
// and not all zero. Hamilton's method; Balinski & Young (1982), chapter 3.
func Apportion(points int64, weights ...money.Rate) ([]int64, error) {
	if points < 0 {
		return nil, fmt.Errorf("loyalty: apportion %d points: %w", points, flywheel.ErrOutOfRange)
	}
	whole, err := money.Weights(weights...)
	if err != nil {
		return nil, fmt.Errorf("loyalty: apportion: %w", err)
	}
	shares, err := money.New(points, money.Currency{}).Allocate(whole...)
	if err != nil {
		return nil, fmt.Errorf("loyalty: apportion: %w", err)
	}
	parts := make([]int64, len(shares))
	for i, share := range shares {
		parts[i] = share.Minor()
	}
	return parts, nil
}
