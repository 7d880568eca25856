package tax

import (
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Scope says what a tax is rounded for.
type Scope uint8

// The scopes of rounding.
const (
	PerLine Scope = iota // the tax of a whole line is rounded
	PerUnit              // the tax of one unit is rounded, then multiplied
	PerRate              // the tax on the sum of all lines of one rate is rounded
)

var scopeNames = [...]string{"line", "unit", "rate_total"}

// String returns "line", "unit" or "rate_total".
func (s Scope) String() string {
	if int(s) < len(scopeNames) {
		return scopeNames[s]
	}
	return fmt.Sprintf("scope(%d)", uint8(s))
}

// MarshalText returns the name of s.
func (s Scope) MarshalText() ([]byte, error) {
	if s > PerRate {
		return nil, invalid("%s", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads a name such as "rate_total".
func (s *Scope) UnmarshalText(text []byte) error {
	i := slices.Index(scopeNames[:], string(text))
	if i < 0 {
		return invalid("unknown scope %.40q", text)
	}
	*s = Scope(i)
	return nil
}

// Rule says how taxes are rounded. The zero value rounds per line, ties away from
// zero.
type Rule struct {
	Scope    Scope          `json:"scope,omitempty"`
	Rounding money.Rounding `json:"rounding,omitempty"`
	// Each rounds each of several taxes by itself, as where they are owed to
	// different authorities; the tax is their sum. By default the sum is rounded and
	// shared over them. With scope PerRate each tax is rounded once on all lines that
	// bear it at its rate, whatever others they bear.
	Each bool `json:"each,omitempty"`
}

// Line is a quantity of one thing to be taxed.
type Line struct {
	ID       string       `json:"id"`
	Unit     money.Price  `json:"unit"`     // not negative; perhaps finer than a cent
	Quantity int64        `json:"quantity"` // positive
	Discount money.Amount `json:"discount,omitzero"`
	// Taxes are levied in this order, which matters to compound ones.
	Taxes []Tax `json:"taxes,omitempty"`
	// Included says that Unit and Discount hold the taxes.
	Included bool `json:"included,omitempty"`
	// Exempt removes included taxes and charges none.
	Exempt bool `json:"exempt,omitempty"`
}

// Component is the part of one tax in a sum of taxes.
type Component struct {
	Tax    Tax          `json:"tax"`
	Amount money.Amount `json:"amount"`
}

// Sums are what is paid without tax, the tax, and both.
type Sums struct {
	Net   money.Amount `json:"net"`
	Tax   money.Amount `json:"tax"`
	Gross money.Amount `json:"gross"`
}

func (s *Sums) add(o *Sums) (err error) {
	if s.Net, err = s.Net.Add(o.Net); err != nil {
		return err
	}
	if s.Tax, err = s.Tax.Add(o.Tax); err != nil {
		return err
	}
	s.Gross, err = s.Gross.Add(o.Gross)
	return err
}

// LineTax is a line with its taxes.
type LineTax struct {
	ID string `json:"id"`
	Sums
	// Components are the taxes in the order of the line, none when it is exempt.
	Components []Component `json:"components,omitempty"`
}

// RateTax sums the lines that have the same taxes.
type RateTax struct {
	// Rate is what the taxes come to, compound ones included.
	Rate  money.Rate `json:"rate"`
	Taxes []Tax      `json:"taxes,omitempty"`
	Sums
	// Exempt says that Taxes were not charged.
	Exempt     bool        `json:"exempt,omitempty"`
	Components []Component `json:"components,omitempty"`
}

// Statement is what an invoice says of taxes.
type Statement struct {
	Lines []LineTax `json:"lines"` // as given
	// Rates are in the order in which their first lines come.
	Rates []RateTax `json:"rates"`
	Sums
}

// group is the lines of one [RateTax].
type group struct {
	levy   levy
	exempt bool
	lines  []int
}

// Compute returns the taxes of lines, which share one currency. The net of a line
// whose price does not include taxes is its amount rounded once, and so is the
// gross of one whose price does; the other is reached by the tax, which is
// computed on the exact amount and rounded once, as the scope says; one that is
// included never comes to more than the gross. Rounded per rate, it is shared over
// the lines by largest remainder. The error is a [*FieldError].
func (r Rule) Compute(lines ...Line) (Statement, error) {
	if r.Scope > PerRate {
		return Statement{}, field(invalid("%s", r.Scope), "scope")
	}
	s := Statement{Lines: make([]LineTax, len(lines))}
	bases := make([]money.Price, len(lines))
	var groups []*group
	for i := range lines {
		base, err := r.base(&lines[i])
		if err == nil && base.Currency() != lines[0].Unit.Currency() {
			err = field(&money.MismatchError{A: lines[0].Unit.Currency(), B: base.Currency()}, "unit")
		}
		if err != nil {
			return Statement{}, within(err, "lines[%d]", i)
		}
		bases[i] = base
		at := slices.IndexFunc(groups, func(g *group) bool {
			return g.exempt == lines[i].Exempt && slices.Equal(g.levy.taxes, lines[i].Taxes)
		})
		if at < 0 {
			l, err := combine(lines[i].Taxes)
			if err != nil {
				return Statement{}, within(err, "lines[%d]", i)
			}
			at = len(groups)
			groups = append(groups, &group{levy: l, exempt: lines[i].Exempt})
		}
		groups[at].lines = append(groups[at].lines, i)
	}
	var parts [][]money.Amount
	if r.Each {
		var err error
		if parts, err = r.each(groups, lines, bases); err != nil {
			return Statement{}, err
		}
	}
	for _, g := range groups {
		var taxes []money.Amount
		var err error
		if r.Each {
			taxes, err = sums(g, parts, bases)
		} else {
			taxes, err = r.taxes(g, lines, bases)
		}
		if err != nil {
			return Statement{}, err
		}
		if err := s.enter(r, g, lines, bases, taxes, parts); err != nil {
			return Statement{}, err
		}
	}
	return s, nil
}

// base checks a line and returns its exact amount.
func (r Rule) base(l *Line) (money.Price, error) {
	switch {
	case l.Unit.Currency().IsZero():
		return money.Price{}, field(invalid("missing"), "unit")
	case l.Unit.Sign() < 0:
		return money.Price{}, field(invalid("%s is negative", l.Unit), "unit")
	case l.Quantity <= 0:
		return money.Price{}, field(invalid("%d is not positive", l.Quantity), "quantity")
	case l.Discount.Sign() < 0:
		return money.Price{}, field(invalid("%s is negative", l.Discount), "discount")
	}
	exact, err := l.Unit.Mul(l.Quantity)
	if err != nil {
		return exact, field(err, "quantity")
	}
	if l.Discount == (money.Amount{}) {
		return exact, nil
	}
	left, err := exact.Sub(money.PriceOf(l.Discount))
	if err != nil {
		return left, field(err, "discount")
	}
	if left.Sign() < 0 {
		// An amount that was rounded up may have been taken off whole.
		whole, err := exact.Times(1, r.Rounding)
		if err != nil {
			return left, field(err, "unit")
		}
		if l.Discount.Minor() > whole.Minor() {
			return left, field(invalid("%s is more than the %s of the line", l.Discount, whole), "discount")
		}
		return money.PriceOf(money.New(0, l.Unit.Currency())), nil
	}
	return left, nil
}

// taxes returns the tax of each line of g.
func (r Rule) taxes(g *group, lines []Line, bases []money.Price) ([]money.Amount, error) {
	taxes := make([]money.Amount, len(g.lines))
	if r.Scope == PerRate {
		for _, included := range []bool{false, true} {
			if err := r.shared(g, included, lines, bases, taxes); err != nil {
				return nil, err
			}
		}
		return taxes, nil
	}
	for k, i := range g.lines {
		units := int64(1)
		if r.Scope == PerUnit {
			units = lines[i].Quantity
		}
		var err error
		if taxes[k], err = g.levy.on(bases[i], lines[i].Included, units, r.Rounding); err != nil {
			return nil, field(err, "lines[%d].taxes", i)
		}
	}
	return taxes, nil
}

// shared fills in the taxes of the lines of g that include them, or of those that
// do not: the tax on their exact sum, shared by their amounts.
func (r Rule) shared(g *group, included bool, lines []Line, bases []money.Price, taxes []money.Amount) error {
	var mine []int
	var worth []int64
	zero := money.New(0, bases[g.lines[0]].Currency())
	exact, most := money.PriceOf(zero), zero
	for k, i := range g.lines {
		if lines[i].Included != included {
			continue
		}
		amount, err := bases[i].Times(1, r.Rounding)
		if err == nil {
			most, err = most.Add(amount)
		}
		if err == nil {
			exact, err = exact.Add(bases[i])
		}
		if err != nil {
			return field(err, "lines[%d].unit", i)
		}
		mine, worth = append(mine, k), append(worth, amount.Minor())
	}
	if mine == nil {
		return nil
	}
	if most.IsZero() { // fractions of cents, shared alike
		for n := range worth {
			worth[n] = 1
		}
	}
	total, err := g.levy.on(exact, included, 1, r.Rounding)
	if err == nil && included && total.Minor() > most.Minor() {
		total = most
	}
	var parts []money.Amount
	if err == nil {
		parts, err = total.Allocate(worth...)
	}
	if err != nil {
		return field(err, "lines[%d].taxes", g.lines[mine[len(mine)-1]])
	}
	for n, k := range mine {
		taxes[k] = parts[n]
	}
	return nil
}

// enter adds the lines of g, their sum, and its part of the total.
func (s *Statement) enter(r Rule, g *group, lines []Line, bases []money.Price, taxes []money.Amount, parts [][]money.Amount) error {
	rate := RateTax{Rate: g.levy.total, Taxes: g.levy.taxes, Exempt: g.exempt}
	for k, i := range g.lines {
		var own []money.Amount
		if parts != nil {
			own = parts[i]
		}
		l, err := r.line(&lines[i], bases[i], taxes[k], own, &g.levy)
		if err == nil {
			err = rate.enter(&l)
		}
		if err == nil {
			err = s.Sums.add(&l.Sums)
		}
		if err != nil {
			return field(err, "lines[%d]", i)
		}
		s.Lines[i] = l
	}
	s.Rates = append(s.Rates, rate)
	return nil
}

// line makes the amounts of a line from its exact amount and its tax.
func (r Rule) line(l *Line, base money.Price, tax money.Amount, parts []money.Amount, levy *levy) (LineTax, error) {
	amount, err := base.Times(1, r.Rounding)
	if err != nil {
		return LineTax{}, err
	}
	answer := LineTax{ID: l.ID, Sums: Sums{Net: amount, Tax: tax}}
	if l.Included {
		if tax.Minor() > amount.Minor() { // units of less than a cent, each rounded up
			tax, answer.Tax, parts = amount, amount, nil
		}
		if answer.Net, err = amount.Sub(tax); err != nil {
			return LineTax{}, err
		}
	}
	if l.Exempt {
		answer.Tax = money.New(0, amount.Currency())
	} else if parts != nil {
		for k, part := range parts {
			answer.Components = append(answer.Components, Component{Tax: l.Taxes[k], Amount: part})
		}
	} else if answer.Components, err = levy.split(tax); err != nil {
		return LineTax{}, err
	}
	answer.Gross, err = answer.Net.Add(answer.Tax)
	return answer, err
}

// enter adds a line to its rate.
func (t *RateTax) enter(l *LineTax) (err error) {
	if t.Components == nil {
		t.Components = slices.Clone(l.Components)
		return t.Sums.add(&l.Sums)
	}
	for k := range l.Components {
		if t.Components[k].Amount, err = t.Components[k].Amount.Add(l.Components[k].Amount); err != nil {
			return err
		}
	}
	return t.Sums.add(&l.Sums)
}
