package pricing_test

import (
	"flag"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/internal/exact"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// baskets has a long run in CONTRIBUTING.md.
var baskets = flag.Int("baskets", defaultBaskets(), "how many random baskets TestRandomBaskets compares")

func defaultBaskets() int {
	if raceEnabled {
		return 500
	}
	return 8000
}

// slowQuote is the answer of the slow evaluator, in minor units.
type slowQuote struct {
	lines   []*slowLine // the goods, then shipping
	goods   int
	applied []string // "id discount"
	refused []string // "id reason"
	taken   map[string]bool
	alone   bool
}

// slowLine is one line while it is being priced.
type slowLine struct {
	list                     string
	quantity                 int64
	class                    string
	included                 bool
	exact                    *big.Rat // not rounded, in minor units
	unit                     *big.Rat
	subtotal, running, floor *big.Int
	net, tax, total          *big.Int
	sku                      flywheel.SKU
	id                       string
	units                    []*slowUnit // as they stand
	uneven                   bool        // a promotion took off some of them and not off others
	rate                     *big.Rat
	attributes               map[string]any
	categories               []string
}

func (l *slowLine) discount() *big.Int { return new(big.Int).Sub(l.subtotal, l.running) }

// slowly prices a basket with rationals, by the documentation alone.
func slowly(t *testing.T, c pricing.Config, b pricing.Basket) *slowQuote {
	q := &slowQuote{goods: len(b.Lines), taken: map[string]bool{}}
	inMinor := func(p money.Price) *big.Rat {
		return new(big.Rat).SetFrac(big.NewInt(p.Coefficient()), power(p.Scale()-b.Currency.Digits()))
	}
	for _, l := range b.Lines {
		line := &slowLine{
			quantity: l.Quantity, class: l.TaxClass, floor: new(big.Int), sku: l.SKU, id: l.ID, attributes: l.Attributes, categories: l.Categories,
		}
		price, floor := l.Agreed, l.Floor
		line.included = l.TaxIncluded
		if price == (money.Price{}) {
			var entry pricing.Entry
			entry, line.included, line.list = slowEntry(t, c, b, l)
			price = entry.Unit
			if entry.Floor != (money.Price{}) {
				floor = entry.Floor
			}
		}
		line.unit = inMinor(price)
		line.exact = new(big.Rat).Mul(line.unit, new(big.Rat).SetInt64(l.Quantity))
		line.subtotal = exact.Round(line.exact, c.Rounding)
		line.running = new(big.Int).Set(line.subtotal)
		if floor != (money.Price{}) {
			line.floor = exact.Round(new(big.Rat).Mul(inMinor(floor), new(big.Rat).SetInt64(l.Quantity)), money.Ceiling)
		}
		line.rate = slowRate(c, l.TaxClass)
		line.split()
		q.lines = append(q.lines, line)
	}
	for _, s := range b.Shipping {
		amount := big.NewInt(s.Amount.Minor())
		q.lines = append(q.lines, &slowLine{
			quantity: 1, class: s.TaxClass, included: s.TaxIncluded, floor: new(big.Int), exact: new(big.Rat).SetInt(amount),
			subtotal: amount, running: new(big.Int).Set(amount),
		})
	}
	q.promote(t, c, b)
	q.levy(c, b)
	return q
}

// slowRate is the rate of a tax class.
func slowRate(c pricing.Config, class string) *big.Rat {
	for _, tax := range c.Taxes {
		if tax.Class != class {
			continue
		}
		total := ratOf(tax.Rate)
		for _, component := range tax.Components {
			adds := ratOf(component.Rate)
			if component.Compound {
				adds.Mul(adds, new(big.Rat).Add(total, big.NewRat(1, 1)))
			}
			total.Add(total, adds)
		}
		return total
	}
	return new(big.Rat)
}

// levy taxes the lines.
func (q *slowQuote) levy(c pricing.Config, b pricing.Basket) {
	rateOf := func(class string) *big.Rat { return slowRate(c, class) }
	type part struct {
		rate     string
		included bool
	}
	base := func(l *slowLine) *big.Rat {
		exact := new(big.Rat).Sub(l.exact, new(big.Rat).SetInt(l.discount()))
		if l.running.Sign() == 0 || exact.Sign() < 0 {
			return new(big.Rat)
		}
		return exact
	}
	follows := func(i int) bool { return i >= q.goods && q.lines[i].class == "" }
	shares := map[part][]int{}
	var parts []part
	for i, l := range q.lines {
		if follows(i) {
			continue
		}
		rate := rateOf(l.class)
		p := part{rate.RatString(), l.included}
		if shares[p] == nil {
			parts = append(parts, p)
		}
		shares[p] = append(shares[p], i)
		rate = within(rate, l.included)
		l.tax = exact.Round(new(big.Rat).Mul(base(l), rate), c.Rounding)
		if c.TaxScope == tax.PerUnit {
			quantity := new(big.Rat).SetInt64(l.quantity)
			l.tax = exact.Round(new(big.Rat).Quo(new(big.Rat).Mul(base(l), rate), quantity), c.Rounding)
			l.tax.Mul(l.tax, big.NewInt(l.quantity))
			if l.included {
				l.tax = least(l.tax, l.running)
			}
		}
	}
	type delivered struct {
		line        int
		rate        *big.Rat
		amount, tax *big.Int
	}
	var deliveries []*delivered // delivery that is taxed like the goods, by rate
	levy := func() {
		for _, p := range parts {
			rate, _ := new(big.Rat).SetString(p.rate)
			bases, weights := new(big.Rat), []*big.Int{}
			for _, i := range shares[p] {
				bases.Add(bases, base(q.lines[i]))
				weights = append(weights, q.lines[i].running)
			}
			var with []*delivered
			for _, d := range deliveries {
				if d.rate.RatString() == p.rate && q.lines[d.line].included == p.included {
					bases.Add(bases, new(big.Rat).SetInt(d.amount))
					weights, with = append(weights, d.amount), append(with, d)
				}
			}
			total := exact.Round(bases.Mul(bases, within(rate, p.included)), c.Rounding)
			if sum(weights).Sign() == 0 {
				continue
			}
			allocated := exact.Share(total, weights)
			for k, i := range shares[p] {
				q.lines[i].tax = allocated[k]
			}
			for k, d := range with {
				d.tax = allocated[len(shares[p])+k]
			}
		}
	}
	settle := func() {
		for i, l := range q.lines {
			if follows(i) {
				continue
			}
			levied := l.tax
			if b.TaxExempt && !l.included {
				levied = new(big.Int)
			}
			l.net = l.running
			if l.included {
				l.net = new(big.Int).Sub(l.running, levied)
			}
			if b.TaxExempt {
				levied = new(big.Int)
			}
			l.total = new(big.Int).Add(l.net, levied)
		}
	}
	if c.TaxScope == tax.PerRate {
		levy()
	}
	settle()
	var rates []string
	nets := map[string]*big.Int{}
	for _, g := range q.lines[:q.goods] {
		key := rateOf(g.class).RatString()
		if nets[key] == nil {
			nets[key] = new(big.Int)
			rates = append(rates, key)
		}
		nets[key].Add(nets[key], g.net)
	}
	var weights []*big.Int
	for _, key := range rates {
		weights = append(weights, nets[key])
	}
	if len(rates) > 0 && sum(weights).Sign() == 0 {
		weights[0] = big.NewInt(1)
	}
	for i, l := range q.lines {
		if !follows(i) || len(rates) == 0 {
			continue
		}
		for k, share := range exact.Share(l.running, weights) {
			rate, _ := new(big.Rat).SetString(rates[k])
			tax := exact.Round(new(big.Rat).Mul(new(big.Rat).SetInt(share), within(rate, l.included)), c.Rounding)
			deliveries = append(deliveries, &delivered{i, rate, share, tax})
			if p := (part{rates[k], l.included}); shares[p] == nil && !slices.Contains(parts, p) {
				parts = append(parts, p)
			}
		}
	}
	if c.TaxScope == tax.PerRate && len(deliveries) > 0 {
		levy()
		settle()
	}
	for i, l := range q.lines {
		if follows(i) {
			l.net, l.tax = l.running, new(big.Int)
			for _, d := range deliveries {
				if d.line != i {
					continue
				}
				if l.included {
					l.net = new(big.Int).Sub(l.net, d.tax)
				}
				l.tax.Add(l.tax, d.tax)
			}
			l.total = l.net
		}
		if b.TaxExempt {
			l.tax = new(big.Int)
		}
		l.total = new(big.Int).Add(l.net, l.tax)
	}
}

// within is the part of the gross that a rate is, where it is included.
func within(rate *big.Rat, included bool) *big.Rat {
	if !included {
		return rate
	}
	return new(big.Rat).Quo(rate, new(big.Rat).Add(rate, big.NewRat(1, 1)))
}

func ratOf(r money.Rate) *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(r.Coefficient()), power(r.Scale()))
}

func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func slowPrice(t *testing.T, c pricing.Config, b pricing.Basket, l pricing.Line) (price money.Price, gross bool, list string) {
	e, gross, list := slowEntry(t, c, b, l)
	return e.Unit, gross, list
}

// slowEntry finds the price of a line by looking at all entries.
func slowEntry(t *testing.T, c pricing.Config, b pricing.Basket, l pricing.Line) (entry pricing.Entry, gross bool, list string) {
	type found struct {
		entry pricing.Entry
		list  pricing.List
	}
	total := int64(0) // of the item, on all lines
	for _, other := range b.Lines {
		if other.SKU == l.SKU && other.Agreed == (money.Price{}) {
			total += other.Quantity
		}
	}
	rate := slowRate(c, l.TaxClass)
	taxed := func(f *found) *big.Rat {
		unit, _ := new(big.Rat).SetString(f.entry.Unit.Decimal().String())
		if !f.list.TaxIncluded {
			unit.Mul(unit, new(big.Rat).Add(big.NewRat(1, 1), rate))
		}
		return unit
	}
	best := map[pricing.ListKind]*found{}
	for _, li := range c.Lists {
		if b.At.Before(li.Starts) || !li.Ends.IsZero() && !b.At.Before(li.Ends) {
			continue
		}
		if len(li.Channels) > 0 && !slices.Contains(li.Channels, b.Channel) {
			continue
		}
		member := len(li.Groups) == 0
		for _, g := range li.Groups {
			member = member || slices.Contains(b.Groups, g)
		}
		for _, e := range li.Entries {
			fits := member && e.SKU == l.SKU && e.Unit.Currency() == b.Currency && total >= e.MinQuantity &&
				(e.MaxQuantity == 0 || total <= e.MaxQuantity)
			if !fits {
				continue
			}
			if old := best[li.Kind]; old != nil && taxed(&found{e, li}).Cmp(taxed(old)) >= 0 {
				continue
			}
			best[li.Kind] = &found{e, li}
		}
	}
	chosen := best[pricing.Override]
	if chosen == nil {
		chosen = best[pricing.Base]
		sale := best[pricing.Sale]
		if chosen == nil || sale != nil && taxed(sale).Cmp(taxed(chosen)) < 0 {
			chosen = sale
		}
	}
	require.NotNil(t, chosen, "the generator gives every item a price")
	return chosen.entry, chosen.list.TaxIncluded, chosen.list.ID
}
