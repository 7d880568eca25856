package assortment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// Sale is a row of sales: what was earned on one line, negative for a return.
type Sale struct {
	SKU flywheel.SKU
	At  time.Time
	// Margin is what the line earned; where costs are not known, its revenue.
	Margin float64
	// Customer is who bought, empty if that is not known; all unknown ones count as
	// one customer.
	Customer string
}

// Merit scores products by trend × customers × margin, from sales alone. The zero
// value has settings that were chosen on two quarters of a gift shop; see
// [Merit.Score] for what they mean.
type Merit struct {
	// Short and Long are half-lives in days and LongWeight the weight of the long
	// one; zeros are 10, 60 and 0.55.
	Short, Long, LongWeight float64
	// LeastDays bounds from below the days that a product is taken to have been on
	// sale; 0 is 7.
	LeastDays float64
	// Breadth is how many customers' worth of doubt a margin carries; 0 is 0.8.
	Breadth float64
	// TrendPrior is what a group of products is taken to earn a day beside what it
	// does, so that small ones show no trend; 0 is 20. In the unit of the margins.
	TrendPrior float64
}

func (m Merit) withDefaults() (Merit, error) {
	for _, f := range []struct {
		name  string
		field *float64
		value float64
	}{
		{"short", &m.Short, 10}, {"long", &m.Long, 60}, {"long weight", &m.LongWeight, 0.55}, {"least days", &m.LeastDays, 7},
		{"breadth", &m.Breadth, 0.8}, {"trend prior", &m.TrendPrior, 20},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
		if !(*f.field > 0 && *f.field <= 1e9) {
			return m, refuse(f.name, *f.field, ErrRange)
		}
	}
	return m, nil
}

// Score is a product's merit with what it is made of.
type Score struct {
	SKU flywheel.SKU
	// Value is Margin·Customers·Trend, or Margin alone where it is not above zero.
	Value float64
	// Margin is earned per day: recent days count most, and a product that is new is
	// not held to days on which it was not on sale.
	Margin float64
	// Customers is n/(n + Breadth), n being the effective number of customers
	// (inverse Herfindahl): near 1 for a product that many buy, 0.56 at Breadth 0.8
	// for one that lives on a single customer.
	Customers float64
	// Effective is that number.
	Effective float64
	// Trend is above 1 where the products that share a group earn more per day lately
	// than before; without groups it is 1.
	Trend float64
	// Days since the first sale.
	Days float64
}

// Score scores the products of sales at a moment. groups names what each product
// has in common with others, such as its category, brand or the words of its
// name; it may be nil. Sales at or after the moment are an error: a score never
// looks ahead. The result is in order of SKUs. O(sales + products·groups).
//
// With e(h) the sum of daily margins weighted 0.5^(days/h), over what weights the
// days on sale have, Margin is e(Short) + LongWeight·e(Long), each per day; Trend
// is the geometric mean over the groups of (short + prior)/(long + prior), where
// short and long are the earnings of the other products of the group.
func (m Merit) Score(sales []Sale, groups map[flywheel.SKU][]string, at time.Time) ([]Score, error) {
	m, err := m.withDefaults()
	if err != nil {
		return nil, err
	}
	const forget = 30 // half-life in days of what a customer bought
	type product struct {
		score       Score
		short, long float64
		customers   map[string]float64
	}
	products := map[flywheel.SKU]*product{}
	for i, s := range sales {
		if !s.At.Before(at) {
			return nil, refuse(fmt.Sprintf("time of sales[%d]", i), s.At, ErrInput)
		}
		if !(s.Margin >= -1e15 && s.Margin <= 1e15) {
			return nil, refuse(fmt.Sprintf("margin of sales[%d]", i), s.Margin, ErrRange)
		}
		p := products[s.SKU]
		if p == nil {
			p = &product{score: Score{SKU: s.SKU}, customers: map[string]float64{}}
			products[s.SKU] = p
		}
		age := at.Sub(s.At).Hours() / 24
		day := math.Floor(age)
		p.short += s.Margin * math.Exp2(-day/m.Short)
		p.long += s.Margin * math.Exp2(-day/m.Long)
		if s.Margin > 0 {
			p.score.Days = math.Max(p.score.Days, age)
			p.customers[s.Customer] += s.Margin * math.Exp2(-age/forget)
		}
	}
	order := make([]*product, 0, len(products))
	for _, p := range products {
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b *product) int { return cmp.Compare(a.score.SKU, b.score.SKU) })
	type earnings struct{ short, long float64 }
	groupsOf := map[string]*earnings{}
	rate := func(sum, halfLife float64) float64 { return math.Max(0, sum) / halfLife }
	for _, p := range order {
		for _, g := range groups[p.score.SKU] {
			e := groupsOf[g]
			if e == nil {
				e = &earnings{}
				groupsOf[g] = e
			}
			e.short += rate(p.short, m.Short)
			e.long += rate(p.long, m.Long)
		}
	}
	out := make([]Score, len(order))
	for i, p := range order {
		s := &p.score
		onSale := math.Max(s.Days, m.LeastDays)
		e := func(sum, halfLife float64) float64 { return sum / (1 - math.Exp2(-onSale/halfLife)) / halfLife }
		s.Margin = e(p.short, m.Short) + m.LongWeight*e(p.long, m.Long)
		total, square := 0.0, 0.0
		names := make([]string, 0, len(p.customers))
		for name := range p.customers {
			names = append(names, name)
		}
		slices.Sort(names) // sums in one order on every machine
		for _, name := range names {
			w := p.customers[name]
			total += w
			square += float64(w * w)
		}
		if square > 0 {
			s.Effective = total * total / square
		}
		s.Customers = s.Effective / (s.Effective + m.Breadth)
		logs, n := 0.0, 0
		for _, g := range groups[s.SKU] {
			short := groupsOf[g].short - rate(p.short, m.Short)
			long := groupsOf[g].long - rate(p.long, m.Long)
			logs += math.Log((math.Max(0, short) + m.TrendPrior) / (math.Max(0, long) + m.TrendPrior))
			n++
		}
		s.Trend = 1
		if n > 0 {
			s.Trend = math.Exp(logs / float64(n))
		}
		s.Value = s.Margin
		if s.Margin > 0 {
			s.Value *= s.Customers * s.Trend
		}
		out[i] = *s
	}
	return out, nil
}

// Reason is one of the three numbers behind a decision.
type Reason struct {
	// Name is "margin", "customers" or "trend"; Value is the product's figure.
	Name  string
	Value float64
	// Effect is by what factor it moves the product against the one at the border
	// between keep and drop: above 1 it speaks for keeping.
	Effect float64
}

// Decision says whether to keep a product.
type Decision struct {
	Score
	Keep bool
	// Probability is how sure the decision is: that a product that is kept belongs
	// to the best ones of the next period, or that one that is dropped does not.
	Probability float64
	Reasons     [3]Reason
}

// Decide keeps the k products with the highest scores; equal ones by SKU. The
// decisions are in this order. spread is the deviation of the logarithm of what a
// product goes on to earn around its score, from [BackTest]; 0 is 1.
func Decide(scores []Score, k int, spread float64) ([]Decision, error) {
	if k < 0 || k > len(scores) {
		return nil, refuse("products to keep", k, ErrRange)
	}
	if spread == 0 {
		spread = 1
	}
	if !(spread > 0 && spread <= 100) {
		return nil, refuse("spread", spread, ErrRange)
	}
	out := make([]Decision, len(scores))
	for i, s := range scores {
		if err := finite(fmt.Sprintf("scores[%d]", i), s.Value); err != nil {
			return nil, err
		}
		out[i].Score = s
	}
	slices.SortFunc(out, func(a, b Decision) int {
		return cmp.Or(compareFalling(a.Value, b.Value), cmp.Compare(a.SKU, b.SKU))
	})
	if len(out) == 0 {
		return out, nil
	}
	// The border lies between the last kept and the first dropped.
	last := out[max(0, k-1)].Score
	first := out[min(k, len(out)-1)].Score
	const tiny = 1e-9
	geometric := func(a, b float64) float64 { return math.Sqrt(math.Max(a, tiny) * math.Max(b, tiny)) }
	border := geometric(last.Value, first.Value)
	for i := range out {
		d := &out[i]
		d.Keep = i < k
		belongs := normal.Lower(math.Log(math.Max(d.Value, tiny)/border) / spread)
		d.Probability = 1 - belongs
		if d.Keep {
			d.Probability = belongs
		}
		d.Reasons = [3]Reason{
			{"margin", d.Margin, math.Max(d.Margin, tiny) / geometric(last.Margin, first.Margin)},
			{"customers", d.Effective, math.Max(d.Customers, tiny) / geometric(last.Customers, first.Customers)},
			{"trend", d.Trend, d.Trend / geometric(last.Trend, first.Trend)},
		}
	}
	return out, nil
}
