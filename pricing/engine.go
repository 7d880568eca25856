package pricing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// Engine prices baskets. It is a [Config], compiled: immutable, and safe for
// concurrent use without a lock.
type Engine struct {
	items      map[flywheel.SKU]int32 // all that lists and promotions name
	lists      []list
	offers     offers
	promotions []promotion
	groups     []group
	mixedLists bool // some lists include tax and some do not
	byUnits    bool // a promotion looks at single units
	strategy   Strategy
	selectors  []selector
	named      spans[int32] // by item: the selectors that name it
	free       []int32      // the selectors that name no item
	deliveries []deliverySelector
	conditions conditions
	coupons    map[string]bool // folded codes of all promotions
	taxes      map[string]*classTax
	taxScope   tax.Scope
	taxEach    bool
	rounding   money.Rounding
	inTurn     bool // promotions on shipping keep their place among those on goods
	netStays   bool

	scratch sync.Pool // of *work
}

// Compile builds an engine from c, of which it keeps no reference. The first thing that is
// wrong is reported as a [*FieldError].
func Compile(c Config) (*Engine, error) {
	e := &Engine{rounding: c.Rounding, strategy: c.Strategy, taxScope: c.TaxScope, taxEach: c.TaxEach, inTurn: c.ShippingInTurn, netStays: c.NetStays, items: map[flywheel.SKU]int32{}}
	if c.Rounding > money.Floor {
		return nil, field(invalid("%s", c.Rounding), "rounding")
	}
	if c.Strategy > BestOf {
		return nil, field(invalid("%s", c.Strategy), "strategy")
	}
	if c.TaxScope > tax.PerRate {
		return nil, field(invalid("%s", c.TaxScope), "tax_scope")
	}
	if c.ShippingInTurn && c.Strategy == BestOf {
		return nil, field(invalid("not with strategy %s", c.Strategy), "shipping_in_turn")
	}
	var err error
	if e.taxes, err = compileTaxes(c.Taxes); err != nil {
		return nil, err
	}
	if e.conditions, err = compileConditions(c.BasketAttributes, c.LineAttributes); err != nil {
		return nil, err
	}
	if err := e.compileLists(c.Lists); err != nil {
		return nil, err
	}
	if err := e.compilePromotions(&c); err != nil {
		return nil, err
	}
	e.scratch.New = func() any { return e.newWork() }
	return e, nil
}

// Coupon returns the code that a promotion asks for, as configured; "" for one that
// asks for none or is not known.
func (e *Engine) Coupon(promotion string) string {
	for i := range e.promotions {
		if e.promotions[i].id == promotion {
			return e.promotions[i].couponText
		}
	}
	return ""
}

// item returns the index of sku, a new one where there is none.
func (e *Engine) item(sku flywheel.SKU) int32 {
	i, there := e.items[sku]
	if !there {
		i = int32(len(e.items))
		e.items[sku] = i
	}
	return i
}

// Quote prices b. An invalid basket is a [*FieldError]; it never yields a total. A
// line that no price list has a price for is [QuoteLine.Unpriced] and counts for
// nothing; the rest is priced as without it. [Quote.Priced] tells.
func (e *Engine) Quote(b Basket) (Quote, error) {
	var q Quote
	if err := e.QuoteInto(&q, &b); err != nil {
		return Quote{}, err
	}
	return q, nil
}

// QuoteInto is [Engine.Quote] into memory that q brings: the slices of its last
// use are written over. After an error q is empty.
func (e *Engine) QuoteInto(q *Quote, b *Basket) error {
	w := e.scratch.Get().(*work)
	err := e.quote(q, b, w)
	w.release()
	e.scratch.Put(w)
	if err != nil {
		q.reset(money.Currency{})
	}
	return err
}

func (e *Engine) quote(q *Quote, b *Basket, w *work) error {
	if err := b.check(); err != nil {
		return err
	}
	if err := w.checkUnique(b); err != nil {
		return err
	}
	q.reset(b.Currency)
	if err := e.priceLines(q, b, w); err != nil {
		return err
	}
	if len(w.unpriced) > 0 {
		return e.quoteRest(q, b, w)
	}
	if w.byUnits {
		w.splitUnits(b)
		w.rankLines(b)
	}
	if err := e.promote(q, b, w); err != nil {
		return err
	}
	if err := e.levy(q, b, w); err != nil {
		return err
	}
	e.explain(q, w)
	q.cut(len(b.Lines))
	return nil
}

// quoteRest prices what is left without the lines that no list has a price for,
// and puts those back as unpriced.
func (e *Engine) quoteRest(q *Quote, b *Basket, w *work) error {
	unpriced := slices.Clone(w.unpriced)
	rest := *b
	rest.Lines = nil
	var place []int // of the lines of rest in b
	for i := range b.Lines {
		if !slices.Contains(unpriced, int32(i)) {
			rest.Lines, place = append(rest.Lines, b.Lines[i]), append(place, i)
		}
	}
	if err := e.quote(q, &rest, w); err != nil {
		return replaced(err, place)
	}
	zero := money.New(0, q.Currency)
	for _, i := range unpriced {
		l := &b.Lines[i]
		q.all = slices.Insert(q.all, int(i), QuoteLine{
			ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Unit: money.PriceOf(zero), TaxClass: l.TaxClass, Unpriced: true,
			Subtotal: zero, Discount: zero, Net: zero, Tax: zero, Total: zero,
			Trace: []Step{{Kind: StepPrice, Base: money.PriceOf(zero), Quantity: l.Quantity, Amount: zero, Rounding: e.rounding}},
		})
	}
	q.cut(len(b.Lines))
	q.Unpriced = len(unpriced)
	return nil
}

// replaced names a line of a part of a basket by its place in the whole.
func replaced(err error, place []int) error {
	f, ok := errors.AsType[*FieldError](err)
	if !ok {
		return err
	}
	var i int
	if n, scanned := fmt.Sscanf(f.Field, "lines[%d]", &i); n != 1 || scanned != nil || i >= len(place) {
		return err
	}
	_, after, _ := strings.Cut(f.Field, "]")
	return field(f.Err, "lines[%d]%s", place[i], after)
}

// spans holds a list for each of many small keys in one piece of memory.
type spans[T any] struct {
	start []int32 // of key k: flat[start[k]:start[k+1]]
	flat  []T
}

func (s *spans[T]) of(key int32) []T {
	if int(key)+1 >= len(s.start) {
		return nil
	}
	return s.flat[s.start[key]:s.start[key+1]]
}

// fill makes s of values with keys below n, in the order of the values. It uses
// the memory that s has.
func (s *spans[T]) fill(n int, keys []int32, values []T) {
	s.start = grown(s.start, n+2)
	clear(s.start)
	for _, k := range keys {
		s.start[k+2]++
	}
	for k := 2; k < len(s.start); k++ {
		s.start[k] += s.start[k-1]
	}
	s.flat = grown(s.flat, len(values))
	for i, k := range keys { // start[k+1] runs from the start of k to its end
		s.flat[s.start[k+1]] = values[i]
		s.start[k+1]++
	}
	s.start = s.start[:n+1]
}

// grown returns a slice of length n, in the memory of s where that is enough.
// What it holds is not defined.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// cleared is grown with zeros.
func cleared[T any](s []T, n int) []T {
	s = grown(s, n)
	clear(s)
	return s
}
