package pricing_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/internal/exact"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

func sum(of []*big.Int) *big.Int {
	total := new(big.Int)
	for _, x := range of {
		total.Add(total, x)
	}
	return total
}

func least(a, b *big.Int) *big.Int {
	if a.Cmp(b) <= 0 {
		return a
	}
	return b
}

func most(a, b *big.Int) *big.Int {
	if a.Cmp(b) >= 0 {
		return a
	}
	return b
}

// slowRules are the conditions that have come up, compiled: text → *rule.Rule. Parts
// of one run share them.
var slowRules sync.Map

func holds(t *testing.T, condition json.RawMessage, attributes map[string]any) bool {
	if len(condition) == 0 {
		return true
	}
	compiled, there := slowRules.Load(string(condition))
	if !there {
		// Of a list that a schema knows as one, a text asks whether it is in it.
		spelled := bytes.ReplaceAll(condition, []byte(`{"groups":"vip"}`), []byte(`{"groups":{"$in":["vip"]}}`))
		r, err := rule.Compile(spelled, nil)
		require.NoError(t, err)
		compiled, _ = slowRules.LoadOrStore(string(condition), r)
	}
	return compiled.(*rule.Rule).Match(attributes)
}

// promote tries the promotions: goods before shipping, by priority, those of a
// group that is decided line by line where its first one is.
func (q *slowQuote) promote(t *testing.T, c pricing.Config, b pricing.Basket) {
	promotions := slices.Clone(c.Promotions)
	rank := func(p pricing.Promotion) int { return boolOf(p.Level == pricing.ShippingLevel) }
	slices.SortStableFunc(promotions, func(a, b pricing.Promotion) int {
		return cmp.Or(rank(a)-rank(b), b.Priority-a.Priority)
	})
	byLine := map[string]bool{}
	for _, g := range c.Groups {
		byLine[g.ID] = g.Pick == pricing.LineBest
	}
	done := map[string]bool{}
	for _, p := range promotions {
		switch {
		case done[p.ID]:
		case byLine[p.Group]:
			var members []pricing.Promotion
			for _, m := range promotions {
				if m.Group == p.Group {
					members = append(members, m)
					done[m.ID] = true
				}
			}
			q.tryByLine(t, c, b, members)
		default:
			discounts, off, reason := q.try(t, c, b, p)
			if reason == "" {
				q.take(c, p, discounts, off)
			} else {
				q.refused = append(q.refused, p.ID+" "+reason)
			}
		}
	}
	seen := map[string]bool{}
	for _, code := range b.Coupons {
		known := slices.ContainsFunc(promotions, func(p pricing.Promotion) bool { return strings.EqualFold(p.Coupon, code) })
		if !known && !seen[strings.ToUpper(code)] {
			seen[strings.ToUpper(code)] = true
			q.refused = append(q.refused, code+" unknown_coupon")
		}
	}
}

func boolOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// take takes discounts off and marks what does not go together with p.
func (q *slowQuote) take(c pricing.Config, p pricing.Promotion, discounts []*big.Int, off slowOff) {
	for i, d := range discounts {
		if i < q.goods {
			q.takeUnits(c, p, q.lines[i], d, off)
		}
		q.lines[i].running = new(big.Int).Sub(q.lines[i].running, d)
	}
	for _, u := range off.order {
		u.bundled = u.bundled || p.Bundle != nil
		q.lines[u.line].sortUnits()
	}
	q.applied = append(q.applied, fmt.Sprint(p.ID, " ", sum(discounts)))
	q.taken[p.ID] = true
	q.alone = q.alone || p.Exclusive
}

// ancestors are the groups of a promotion, the innermost first.
func ancestors(c pricing.Config, p pricing.Promotion) (ids []string) {
	for id := p.Group; id != ""; {
		ids = append(ids, id)
		within := ""
		for _, g := range c.Groups {
			if g.ID == id {
				within = g.Within
			}
		}
		id = within
	}
	return ids
}

// apart returns why p does not go together with another promotion.
func apart(c pricing.Config, p, o pricing.Promotion) string {
	reason := ""
	own, others := ancestors(c, p), ancestors(c, o)
	pick := func(id string) pricing.Pick {
		for _, g := range c.Groups {
			if g.ID == id {
				return g.Pick
			}
		}
		return pricing.One
	}
	for _, id := range own {
		if slices.Contains(others, id) && pick(id) == pricing.One {
			return "group"
		}
	}
	names := func(a, b pricing.Promotion, from []string) bool {
		all := slices.Clone(a.NotWith)
		for _, g := range c.Groups {
			if slices.Contains(from, g.ID) {
				all = append(all, g.NotWith...)
			}
		}
		return slices.ContainsFunc(all, func(name string) bool { return name == b.ID || slices.Contains(ancestors(c, b), name) })
	}
	if names(p, o, own) || names(o, p, others) {
		reason = "not_with"
	}
	return reason
}

// outvoted returns why p does not go together with what has been applied.
func (q *slowQuote) outvoted(c pricing.Config, p pricing.Promotion) string {
	if q.alone || p.Exclusive && len(q.applied) > 0 {
		return "exclusive"
	}
	reason := ""
	for _, o := range c.Promotions {
		if q.taken[o.ID] {
			if why := apart(c, p, o); why == "group" || reason == "" {
				reason = cmp.Or(why, reason)
			}
		}
	}
	return reason
}

// try returns what p takes off each line, or why it does not apply.
func (q *slowQuote) try(t *testing.T, c pricing.Config, b pricing.Basket, p pricing.Promotion) ([]*big.Int, slowOff, string) {
	if reason := q.outvoted(c, p); reason != "" {
		return nil, slowOff{}, reason
	}
	if reason := q.refuse(t, p, b); reason != "" {
		return nil, slowOff{}, reason
	}
	discounts, off, reason := q.discounts(t, c, b, p)
	if reason == "" && sum(discounts).Sign() == 0 {
		reason = "nothing_left"
	}
	return discounts, off, reason
}

// tryByLine gives each line the member of a group that takes off the most.
func (q *slowQuote) tryByLine(t *testing.T, c pricing.Config, b pricing.Basket, members []pricing.Promotion) {
	all, reasons := make([][]*big.Int, len(members)), make([]string, len(members))
	best := make([]int, len(q.lines))
	for i := range best {
		best[i] = -1
	}
	for m, p := range members {
		all[m], _, reasons[m] = q.try(t, c, b, p)
		for i, d := range all[m] {
			if reasons[m] == "" && d.Sign() > 0 && (best[i] < 0 || d.Cmp(all[best[i]][i]) > 0) {
				best[i] = m
			}
		}
	}
	type taking struct {
		p         pricing.Promotion
		discounts []*big.Int
		off       slowOff
	}
	var taken []taking
	for m, p := range members {
		if reasons[m] == "" {
			uncapped := p
			uncapped.Maximum = money.Amount{}
			won, off, _ := q.discounts(t, c, b, uncapped)
			for i := range won {
				if best[i] != m {
					won[i] = new(big.Int)
				}
			}
			if maximum := big.NewInt(p.Maximum.Minor()); maximum.Sign() > 0 && sum(won).Cmp(maximum) > 0 {
				won = exact.Share(maximum, won)
			}
			if sum(won).Sign() > 0 {
				taken = append(taken, taking{p, won, off})
				continue
			}
			reasons[m] = "outdone"
		}
		q.refused = append(q.refused, p.ID+" "+reasons[m])
	}
	for _, x := range taken {
		q.take(c, x.p, x.discounts, x.off)
	}
}

// of returns the goods that are of the items and for which the condition holds.
func (q *slowQuote) of(t *testing.T, b pricing.Basket, o pricing.Of) (lines []int) {
	for i, l := range q.lines[:q.goods] {
		unit, _ := new(big.Rat).Quo(l.unit, new(big.Rat).SetInt(power(b.Currency.Digits()))).Float64()
		subtotal, _ := new(big.Rat).SetFrac(l.subtotal, power(b.Currency.Digits())).Float64()
		attributes := map[string]any{
			"sku": string(l.sku), "quantity": l.quantity, "tax_class": l.class, "unit": unit, "subtotal": subtotal,
			"colour": l.attributes["colour"], "categories": append([]string{}, l.categories...),
		}
		if (len(o.SKUs) == 0 || slices.Contains(o.SKUs, l.sku)) && holds(t, o.Lines, attributes) {
			lines = append(lines, i)
		}
	}
	return lines
}

func (q *slowQuote) sumOf(basis pricing.Basis, lines []int) *big.Int {
	total := new(big.Int)
	for _, i := range lines {
		if basis == pricing.Original {
			total.Add(total, q.withTax(q.lines[i], q.lines[i].subtotal))
		} else {
			total.Add(total, q.withTax(q.lines[i], q.lines[i].running))
		}
	}
	return total
}

func (q *slowQuote) goodsLines() []int {
	all := make([]int, q.goods)
	for i := range all {
		all[i] = i
	}
	return all
}

func (q *slowQuote) units(lines []int) (n int64) {
	for _, i := range lines {
		n += q.lines[i].quantity
	}
	return n
}

// bought counts the units that cost something.
func (q *slowQuote) bought(basis pricing.Basis, lines []int) (n int64) {
	for _, i := range lines {
		l, amount := q.lines[i], q.lines[i].running
		if basis == pricing.Original {
			amount = l.subtotal
		}
		if !l.uneven && amount.Sign() > 0 {
			n += l.quantity
		} else if amount.Sign() > 0 {
			for _, u := range l.units {
				if basis == pricing.Original && u.original.Sign() > 0 || basis == pricing.Running && u.left.Sign() > 0 {
					n++
				}
			}
		}
	}
	return n
}

func (q *slowQuote) refuse(t *testing.T, p pricing.Promotion, b pricing.Basket) string {
	subtotal, _ := new(big.Rat).SetFrac(q.sumOf(pricing.Original, q.goodsLines()), power(b.Currency.Digits())).Float64()
	when := map[string]any{
		"groups": append([]string{}, b.Groups...), "currency": b.Currency.String(), "quantity": q.units(q.goodsLines()),
		"lines": len(b.Lines), "subtotal": subtotal, "device": b.Attributes["device"], "hour": b.At.Hour(), "weekday": int(b.At.Weekday()),
	}
	if b.Customer != "" {
		when["customer"] = string(b.Customer)
	}
	if b.Channel != "" {
		when["channel"] = b.Channel
	}
	foreign := p.Price.Currency() != (money.Currency{}) && p.Price.Currency() != b.Currency
	for _, a := range []money.Amount{p.Amount, p.Minimum, p.Maximum, p.MaximumPerLine, p.MaximumPerUse} {
		foreign = foreign || !a.IsZero() && a.Currency() != b.Currency
	}
	for _, tier := range p.Tiers {
		foreign = foreign || !tier.Minimum.IsZero() && tier.Minimum.Currency() != b.Currency
	}
	lines := q.of(t, b, pricing.Of{SKUs: p.SKUs, Lines: p.Lines})
	counted := q.goodsLines()
	if p.MinimumOfLines {
		counted = lines
	}
	switch {
	case foreign:
		return "currency"
	case b.At.Before(p.Starts):
		return "not_started"
	case !p.Ends.IsZero() && !b.At.Before(p.Ends):
		return "ended"
	case p.Coupon != "" && !slices.ContainsFunc(b.Coupons, func(code string) bool { return strings.EqualFold(code, p.Coupon) }):
		return "coupon"
	case !holds(t, p.When, when):
		return "condition"
	case p.Bundle == nil && len(lines) == 0, p.Level == pricing.ShippingLevel && len(b.Shipping) == 0:
		return "no_line"
	case q.sumOf(p.MinimumBase, counted).Cmp(big.NewInt(p.Minimum.Minor())) < 0:
		return "minimum"
	case q.bought(p.MinimumBase, lines) < p.MinimumQuantity:
		return "quantity"
	}
	return ""
}

// slowOff returns what a percentage, an amount or a price takes off.
type slowOff struct {
	percent money.Rate
	amount  money.Amount
	price   money.Price
	mode    money.Rounding
	single  map[*slowUnit]*big.Int // of a promotion on single units: what each bears
	order   []*slowUnit            // in which they came up
}

func (o slowOff) of(looked, left *big.Int, quantity int64) *big.Int {
	switch {
	case !o.percent.IsZero():
		return exact.Round(new(big.Rat).Mul(new(big.Rat).SetInt(looked), ratOf(o.percent)), o.mode)
	case o.price != money.Price{}:
		return most(new(big.Int), new(big.Int).Sub(left, o.costs(quantity)))
	}
	return new(big.Int).Mul(big.NewInt(o.amount.Minor()), big.NewInt(quantity))
}

func (o slowOff) costs(quantity int64) *big.Int {
	unit := new(big.Rat).SetFrac(big.NewInt(o.price.Coefficient()), power(o.price.Scale()-o.price.Currency().Digits()))
	return exact.Round(unit.Mul(unit, new(big.Rat).SetInt64(quantity)), o.mode)
}

// discounts returns what p takes off each line when it applies.
func (q *slowQuote) discounts(t *testing.T, c pricing.Config, b pricing.Basket, p pricing.Promotion) ([]*big.Int, slowOff, string) {
	lines := q.of(t, b, pricing.Of{SKUs: p.SKUs, Lines: p.Lines})
	off := slowOff{percent: p.Percent, amount: p.Amount, price: p.Price, mode: c.Rounding}
	if len(p.Tiers) > 0 {
		reached := -1
		spent, n := q.sumOf(p.MinimumBase, lines), q.bought(p.MinimumBase, lines)
		for i, tier := range p.Tiers {
			if spent.Cmp(big.NewInt(tier.Minimum.Minor())) >= 0 && n >= tier.Quantity {
				reached = i
			}
		}
		if reached < 0 {
			if spent.Cmp(big.NewInt(p.Tiers[0].Minimum.Minor())) < 0 {
				return nil, off, "minimum"
			}
			return nil, off, "quantity"
		}
		off = slowOff{percent: p.Tiers[reached].Percent, amount: p.Tiers[reached].Amount, price: p.Tiers[reached].Price, mode: c.Rounding}
	}
	discounts := make([]*big.Int, len(q.lines))
	for i := range discounts {
		discounts[i] = new(big.Int)
	}
	room := func(i int) *big.Int {
		r := most(new(big.Int), new(big.Int).Sub(q.lines[i].running, q.lines[i].floor))
		if !p.MaximumPerLine.IsZero() {
			r = least(r, big.NewInt(p.MaximumPerLine.Minor()))
		}
		return r
	}
	perUse := func(d *big.Int, n int64) *big.Int {
		if p.MaximumPerUse.IsZero() {
			return d
		}
		return least(d, new(big.Int).Mul(big.NewInt(p.MaximumPerUse.Minor()), big.NewInt(n)))
	}
	looked := func(i int) *big.Int {
		if p.PercentBase == pricing.Original {
			return q.lines[i].subtotal
		}
		return q.lines[i].running
	}
	switch {
	case p.BuyGet != nil || p.Bundle != nil || p.Gift != nil:
		if p.Gift != nil {
			off = slowOff{percent: money.Percent(100)}
		}
		off.single = map[*slowUnit]*big.Int{}
		if reason := q.byUnits(t, b, p, &off, lines, perUse); reason != "" {
			return nil, off, reason
		}
		for _, u := range off.order {
			off.single[u] = least(off.single[u], u.room())
			discounts[u.line].Add(discounts[u.line], off.single[u])
		}
		for i := range discounts {
			discounts[i] = least(discounts[i], room(i))
		}
	case p.Level == pricing.LineLevel:
		for _, i := range lines {
			l := q.lines[i]
			d := off.of(looked(i), l.running, l.quantity)
			floors := slices.ContainsFunc(q.lines, func(l *slowLine) bool { return l.floor.Sign() > 0 })
			if off.percent.IsZero() || p.PercentBase == pricing.Original || floors {
				d = q.offUnits(p, l, off, d)
			}
			discounts[i] = least(perUse(d, q.bought(pricing.Running, []int{i})), room(i))
		}
	default:
		if p.Level == pricing.ShippingLevel {
			lines = nil
			for i := q.goods; i < len(q.lines); i++ {
				lines = append(lines, i)
			}
		}
		left, looks := new(big.Int), new(big.Int)
		for _, i := range lines {
			left.Add(left, q.lines[i].running)
			looks.Add(looks, looked(i))
		}
		d := perUse(least(off.of(looks, left, 1), left), 1)
		if !p.Maximum.IsZero() {
			d = least(d, big.NewInt(p.Maximum.Minor()))
		}
		q.share(d, lines, room, discounts)
	}
	if !p.Maximum.IsZero() && sum(discounts).Cmp(big.NewInt(p.Maximum.Minor())) > 0 {
		discounts = exact.Share(big.NewInt(p.Maximum.Minor()), discounts)
	}
	return discounts, off, ""
}

// share spreads d by what is left of lines, and again what some have no room for.
func (q *slowQuote) share(d *big.Int, lines []int, room func(i int) *big.Int, discounts []*big.Int) {
	for first := true; d.Sign() > 0; first = false {
		weights := make([]*big.Int, len(lines))
		for k, i := range lines {
			weights[k] = new(big.Int)
			if first || discounts[i].Cmp(room(i)) < 0 {
				weights[k] = q.lines[i].running
			}
		}
		if sum(weights).Sign() == 0 {
			return
		}
		rest := new(big.Int)
		for k, part := range exact.Share(d, weights) {
			i := lines[k]
			wanted := new(big.Int).Add(discounts[i], part)
			discounts[i] = least(wanted, room(i))
			rest.Add(rest, new(big.Int).Sub(wanted, discounts[i]))
		}
		d = rest
	}
}

// slowUnit is one unit of a line: what it has left, what it cost, and its floor.
type slowUnit struct {
	left, original, floor *big.Int
	line                  int
	value, rank           *big.Int // as a promotion looks at it, and by what it is chosen
	buys, gets            bool
	bundled               bool // part of a bundle
}

func (u *slowUnit) room() *big.Int { return most(new(big.Int), new(big.Int).Sub(u.left, u.floor)) }

// split cuts a line into its units.
func (l *slowLine) split() {
	ones := make([]*big.Int, l.quantity)
	for k := range ones {
		ones[k] = big.NewInt(1)
	}
	prices, floors := exact.Share(l.subtotal, ones), exact.Share(l.floor, ones)
	for k := range ones {
		l.units = append(l.units, &slowUnit{left: prices[k], original: prices[k], floor: floors[k]})
	}
}

// sortUnits puts the units in the order in which odd minor units are shared.
func (l *slowLine) sortUnits() {
	slices.SortStableFunc(l.units, func(a, b *slowUnit) int {
		return cmp.Or(b.original.Cmp(a.original), b.floor.Cmp(a.floor), b.left.Cmp(a.left), boolOf(a.bundled)-boolOf(b.bundled))
	})
}

// wants is what a plain promotion would take off one unit by itself.
func (q *slowQuote) wants(p pricing.Promotion, off slowOff, u *slowUnit) *big.Int {
	floors := slices.ContainsFunc(q.lines, func(l *slowLine) bool { return l.floor.Sign() > 0 })
	switch {
	case p.Level != pricing.LineLevel && floors:
		return u.room()
	case p.Level != pricing.LineLevel, !off.percent.IsZero() && p.PercentBase == pricing.Running && !floors:
		return u.left
	case !off.percent.IsZero():
		of := u.left
		if p.PercentBase == pricing.Original {
			of = u.original
		}
		return least(u.room(), exact.Round(new(big.Rat).Mul(new(big.Rat).SetInt(of), ratOf(off.percent)), money.Ceiling))
	case off.price != money.Price{}:
		return least(u.room(), most(new(big.Int), new(big.Int).Sub(u.left, off.costs(1))))
	}
	return least(u.room(), big.NewInt(off.amount.Minor()))
}

// offUnits is what a plain promotion takes off a line whose units differ, where
// full is what it takes off one whose units do not.
func (q *slowQuote) offUnits(p pricing.Promotion, l *slowLine, off slowOff, full *big.Int) *big.Int {
	if !l.uneven {
		return least(full, l.running)
	}
	original, left, wanted, n := new(big.Int), new(big.Int), new(big.Int), int64(0)
	for _, u := range l.units {
		if w := q.wants(p, off, u); w.Sign() > 0 {
			if p.PercentBase == pricing.Original {
				original.Add(original, u.original)
			} else {
				original.Add(original, u.left)
			}
			left.Add(left, u.left)
			wanted.Add(wanted, w)
			n++
		}
	}
	switch {
	case n == 0:
		return new(big.Int)
	case !off.amount.IsZero():
		return wanted
	}
	return least(off.of(original, left, n), wanted)
}

// takeUnits takes d off the units of a line.
func (q *slowQuote) takeUnits(c pricing.Config, p pricing.Promotion, l *slowLine, d *big.Int, off slowOff) {
	if d.Sign() == 0 || !unitsMatter(c) {
		return
	}
	weights := make([]*big.Int, len(l.units))
	if off.single == nil {
		for k, u := range l.units {
			weights[k] = q.wants(p, off, u)
		}
		if sum(weights).Cmp(d) < 0 {
			for k, u := range l.units {
				weights[k] = u.left
			}
		}
		for k, part := range exact.Share(d, weights) {
			l.units[k].left = new(big.Int).Sub(l.units[k].left, part)
		}
	} else {
		q.takeSingle(l, d, off)
		l.uneven = true
	}
	l.sortUnits()
}

// takeSingle takes d off those units that were chosen, in proportion to what each
// bears; of what does not divide, those that came up first bear what they can.
func (q *slowQuote) takeSingle(l *slowLine, d *big.Int, off slowOff) {
	var runs [][]*slowUnit // alike
	for _, u := range off.order {
		if q.lines[u.line] != l || off.single[u].Sign() == 0 {
			continue
		}
		at := slices.IndexFunc(runs, func(run []*slowUnit) bool {
			o := run[0]
			return o.left.Cmp(u.left) == 0 && o.original.Cmp(u.original) == 0 && o.floor.Cmp(u.floor) == 0 && o.bundled == u.bundled
		})
		if at < 0 {
			at, runs = len(runs), append(runs, nil)
		}
		runs[at] = append(runs[at], u)
	}
	bears := func(run []*slowUnit) *big.Int {
		total := new(big.Int)
		for _, u := range run {
			total.Add(total, off.single[u])
		}
		return total
	}
	all := new(big.Int)
	for _, run := range runs {
		all.Add(all, bears(run))
	}
	shares, rest := make([]*big.Int, len(runs)), new(big.Int).Set(d)
	for k, run := range runs {
		shares[k] = new(big.Int).Mul(d, bears(run))
		shares[k].Quo(shares[k], all)
		rest.Sub(rest, shares[k])
	}
	for k, run := range runs {
		more := least(rest, new(big.Int).Sub(bears(run), shares[k]))
		rest = new(big.Int).Sub(rest, more)
		ones := make([]*big.Int, len(run))
		for i := range ones {
			ones[i] = big.NewInt(1)
		}
		for i, part := range exact.Share(new(big.Int).Add(shares[k], more), ones) {
			run[i].left = new(big.Int).Sub(run[i].left, part)
		}
	}
}

// unitsMatter reports that some promotion looks at single units; else only lines
// are known.
func unitsMatter(c pricing.Config) bool {
	return slices.ContainsFunc(c.Promotions, func(p pricing.Promotion) bool { return p.BuyGet != nil || p.Bundle != nil || p.Gift != nil })
}

// payable are the units of lines that cost something, as p looks at them, in the
// order in which those of one price are chosen.
func (q *slowQuote) payable(p pricing.Promotion, lines []int) (units []*slowUnit) {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(i, j int) int {
		x, y := q.lines[i], q.lines[j]
		return cmp.Or(cmp.Compare(x.sku, y.sku), cmp.Compare(x.class, y.class), x.subtotal.Cmp(y.subtotal), cmp.Compare(x.quantity, y.quantity), cmp.Compare(x.id, y.id), cmp.Compare(i, j))
	})
	for _, i := range lines {
		for _, u := range q.lines[i].units {
			if u.bundled && p.Bundle != nil {
				continue
			}
			if u.left.Sign() > 0 || !q.lines[i].uneven && q.lines[i].running.Sign() > 0 {
				u.line, u.value, u.buys, u.gets = i, u.left, false, false
				if p.PercentBase == pricing.Original {
					u.value = u.original
				}
				u.rank = q.withTax(q.lines[i], u.value)
				units = append(units, u)
			}
		}
	}
	return units
}

func dearest(a, b *slowUnit) int { return b.rank.Cmp(a.rank) }

// withTax is an amount on the basis on which lines are compared and summed: with
// tax where only some prices of the basket include it.
func (q *slowQuote) withTax(l *slowLine, amount *big.Int) *big.Int {
	mixed := slices.ContainsFunc(q.lines[:q.goods], func(o *slowLine) bool { return o.included != q.lines[0].included })
	if !mixed || l.included {
		return amount
	}
	tax := exact.Round(new(big.Rat).Mul(new(big.Rat).SetInt(amount), l.rate), money.HalfUp)
	return new(big.Int).Add(amount, tax)
}

// byUnits computes a promotion on single units.
func (q *slowQuote) byUnits(t *testing.T, b pricing.Basket, p pricing.Promotion, off *slowOff, lines []int, perUse func(*big.Int, int64) *big.Int) string {
	if p.Bundle != nil {
		return q.bundles(t, b, p, off, lines, perUse)
	}
	worth := func(u *slowUnit) *big.Int { return perUse(least(off.of(u.value, u.value, 1), u.room()), 1) }
	var units []*slowUnit
	if p.Gift != nil {
		candidates := q.payable(p, q.of(t, b, pricing.Of{SKUs: p.Gift.SKUs}))
		slices.SortStableFunc(candidates, dearest)
		if len(candidates) == 0 {
			return "gift"
		}
		counted := q.goodsLines()
		if p.MinimumOfLines {
			counted = lines
		}
		given := map[*slowUnit]bool{}
		qualifies := func() string {
			spent, n := q.sumOf(p.MinimumBase, counted), q.bought(p.MinimumBase, lines)
			for u := range given {
				value := u.left
				if p.MinimumBase == pricing.Original {
					value = u.original
				}
				if slices.Contains(counted, u.line) {
					spent.Sub(spent, q.withTax(q.lines[u.line], value))
				}
				if slices.Contains(lines, u.line) {
					n--
				}
			}
			switch {
			case spent.Cmp(big.NewInt(p.Minimum.Minor())) < 0:
				return "minimum"
			case n < max(1, p.MinimumQuantity):
				return "quantity"
			}
			return ""
		}
		why := ""
		for _, u := range candidates {
			if int64(len(units)) == p.Gift.Quantity {
				break
			}
			given[u] = true
			if why = qualifies(); why != "" {
				delete(given, u)
				continue
			}
			units = append(units, u)
		}
		if len(units) == 0 {
			return why
		}
	} else {
		getters := lines
		if len(p.BuyGet.Of.SKUs) > 0 || len(p.BuyGet.Of.Lines) > 0 {
			getters = q.of(t, b, p.BuyGet.Of)
		}
		var either []int
		for i := range q.goods {
			if slices.Contains(lines, i) || slices.Contains(getters, i) {
				either = append(either, i)
			}
		}
		all := q.payable(p, either)
		for _, u := range all {
			u.buys, u.gets = slices.Contains(lines, u.line), slices.Contains(getters, u.line)
		}
		units = rewards(slices.Clone(all), p, worth)
		if len(units) == 0 {
			var buyers, gets int64
			for _, u := range all {
				buyers += int64(boolOf(u.buys))
				gets += int64(boolOf(u.gets))
			}
			n := int64(len(all))
			missing := buyers < p.BuyGet.Buy || n < p.BuyGet.Buy+1 || gets == 0
			if buyers == n && gets == n {
				missing = n < p.BuyGet.Buy+p.BuyGet.Get
			}
			if missing {
				return "quantity"
			}
			return "nothing_left"
		}
	}
	for _, u := range units {
		off.single[u] = worth(u)
		off.order = append(off.order, u)
	}
	return ""
}

// rewards returns the units that get the discount of a BuyGet.
func rewards(units []*slowUnit, p pricing.Promotion, worth func(*slowUnit) *big.Int) (chosen []*slowUnit) {
	buy, get := int(p.BuyGet.Buy), int(p.BuyGet.Get)
	limit := int(p.Limit)
	if limit == 0 {
		limit = len(units)
	}
	buyers, getters := 0, 0
	for _, u := range units {
		buyers += boolOf(u.buys)
		getters += boolOf(u.gets)
	}
	switch p.BuyGet.Selection {
	case pricing.GroupDescending:
		slices.SortStableFunc(units, dearest)
		for n := 0; n < limit && (n+1)*(buy+get) <= len(units); n++ {
			for _, u := range units[n*(buy+get)+buy : (n+1)*(buy+get)] {
				if u.gets {
					chosen = append(chosen, u)
				}
			}
		}
	case pricing.GlobalCheapest:
		slices.SortStableFunc(units, func(a, b *slowUnit) int {
			return cmp.Or(a.rank.Cmp(b.rank), boolOf(a.buys)-boolOf(b.buys))
		})
		for n := 1; n <= limit && n*buy <= buyers; n++ {
			var these []*slowUnit
			left := buyers
			for _, u := range units {
				if u.gets && len(these) < n*get {
					these = append(these, u)
					left -= boolOf(u.buys)
				}
			}
			if left < n*buy {
				break
			}
			chosen = these
		}
	case pricing.MaxCustomerBenefit:
		slices.SortStableFunc(units, dearest)
		best := new(big.Int)
		for n := 1; n <= limit && n*buy <= buyers; n++ {
			var these []*slowUnit
			spare, total := buyers-n*buy, new(big.Int)
			for _, u := range units {
				if !u.gets || len(these) == n*get || u.buys && spare == 0 || worth(u).Sign() == 0 {
					continue
				}
				spare -= boolOf(u.buys)
				these = append(these, u)
				total.Add(total, worth(u))
			}
			if total.Cmp(best) > 0 {
				best, chosen = total, these
			}
		}
	}
	return chosen
}

// bundles computes a promotion on bundles.
func (q *slowQuote) bundles(t *testing.T, b pricing.Basket, p pricing.Promotion, off *slowOff, lines []int, perUse func(*big.Int, int64) *big.Int) string {
	parts := [][]int{lines}
	sizes := []int64{p.Bundle.Quantity}
	if len(p.Bundle.Parts) > 0 {
		parts, sizes = nil, nil
		for _, part := range p.Bundle.Parts {
			parts, sizes = append(parts, q.of(t, b, part.Of)), append(sizes, part.Quantity)
		}
	}
	used := map[int]bool{}
	var sorted [][]*slowUnit
	n := int64(1) << 40
	for k, part := range parts {
		var own []int
		for _, i := range part {
			if !used[i] {
				used[i] = true
				own = append(own, i)
			}
		}
		units := q.payable(p, own)
		for _, u := range units {
			u.rank = u.value
		}
		slices.SortStableFunc(units, dearest)
		sorted = append(sorted, units)
		n = min(n, int64(len(units))/sizes[k])
	}
	if n == 0 {
		return "quantity"
	}
	if p.Limit > 0 {
		n = min(n, p.Limit)
	}
	worth := func(k int64) *big.Int { // of bundle k
		total := new(big.Int)
		for i, units := range sorted {
			for _, u := range units[k*sizes[i] : (k+1)*sizes[i]] {
				total.Add(total, u.value)
			}
		}
		return total
	}
	saved, total, made := new(big.Int), new(big.Int), int64(0)
	for k := range n {
		if (off.price != money.Price{}) && worth(k).Cmp(off.costs(1)) <= 0 {
			break
		}
		total.Add(total, worth(k))
		made++
		if !off.amount.IsZero() {
			saved.Add(saved, least(big.NewInt(off.amount.Minor()), worth(k)))
		}
	}
	if off.amount.IsZero() {
		saved = least(off.of(total, total, made), total)
	}
	saved = perUse(saved, made)
	var chosen []*slowUnit
	for i, units := range sorted {
		chosen = append(chosen, units[:made*sizes[i]]...)
	}
	if saved.Sign() == 0 {
		return "nothing_left"
	}
	off.order = slices.Clone(chosen)
	order := q.payable(p, q.goodsLines())
	slices.SortStableFunc(chosen, func(a, b *slowUnit) int {
		line := func(u *slowUnit) int {
			return slices.IndexFunc(order, func(o *slowUnit) bool { return o.line == u.line })
		}
		return cmp.Compare(line(a), line(b))
	})
	weights := make([]*big.Int, len(chosen))
	for k, u := range chosen {
		weights[k] = u.value
	}
	for k, part := range exact.Share(saved, weights) {
		off.single[chosen[k]] = part
	}
	return ""
}
