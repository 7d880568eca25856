package pricing

import (
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// PricePoint is a price from a time on, until the next one begins.
type PricePoint struct {
	From  time.Time   `json:"from"`
	Price money.Price `json:"price"`
}

// LowestPrior returns the lowest price in force at any moment of the days before
// a price reduction starts, which is what an announcement of it must name
// (Directive 98/6/EC, art. 6a, which asks for 30 days). History may come in any
// order; where it has no price in that time the answer is [ErrNoPrice].
func LowestPrior(history []PricePoint, starts time.Time, days int) (money.Price, error) {
	if days < 1 {
		return money.Price{}, field(outOfRange("%d is not positive", days), "days")
	}
	for i := range history {
		if history[i].Price.Currency().IsZero() || history[i].Price.Currency() != history[0].Price.Currency() {
			return money.Price{}, field(&money.MismatchError{A: history[0].Price.Currency(), B: history[i].Price.Currency()}, "history[%d].price", i)
		}
	}
	sorted := slices.Clone(history)
	slices.SortStableFunc(sorted, func(a, b PricePoint) int { return a.From.Compare(b.From) })
	begin := starts.AddDate(0, 0, -days)
	var lowest money.Price
	for i, p := range sorted {
		ended := i+1 < len(sorted) && !sorted[i+1].From.After(begin)
		if ended || !p.From.Before(starts) {
			continue
		}
		if c, _ := p.Price.Cmp(lowest); lowest == (money.Price{}) || c < 0 {
			lowest = p.Price
		}
	}
	if lowest == (money.Price{}) {
		return lowest, ErrNoPrice
	}
	return lowest, nil
}

// LowestPrior is [LowestPrior] by the windows of the engine's price lists: the
// lowest price of one unit that a basket with the currency, groups and channel of
// b had in the days before the reduction began: before the start of the sale list
// that b takes its price from, else before b.At. Where some lists include tax and
// some do not, prices are compared with the tax of the item's class (see
// [Engine.Price]), and one without tax is returned with it, rounded.
func (e *Engine) LowestPrior(b Basket, sku flywheel.SKU, days int) (money.Price, error) {
	starts := b.At
	if now, err := e.Price(&b, sku, 1); err == nil {
		if began, reduced := e.reducedSince(now.List); reduced {
			starts = began
		}
	}
	if days < 1 {
		return money.Price{}, field(outOfRange("%d is not positive", days), "days")
	}
	begin := starts.AddDate(0, 0, -days)
	moments := []time.Time{begin}
	for i := range e.lists {
		for _, bound := range []instant{e.lists[i].starts, e.lists[i].ends} {
			at := bound.time()
			if at.After(begin) && at.Before(starts) {
				moments = append(moments, at)
			}
		}
	}
	var history []PricePoint
	for _, at := range moments {
		b.At = at
		price, err := e.Price(&b, sku, 1)
		if err == nil {
			unit := price.Unit
			if e.mixedLists && !price.TaxIncluded {
				if unit, err = e.withTax(unit, e.rateOf(&b, sku)); err != nil {
					return money.Price{}, err
				}
			}
			history = append(history, PricePoint{at, unit})
		}
	}
	if len(history) == 0 {
		return money.Price{}, ErrNoPrice
	}
	return LowestPrior(history, starts, days)
}

// reducedSince returns when a sale list began.
func (e *Engine) reducedSince(id string) (time.Time, bool) {
	for i := range e.lists {
		if l := &e.lists[i]; l.id == id && l.kind == Sale && l.starts != (instant{}) {
			return l.starts.time(), true
		}
	}
	return time.Time{}, false
}

// rateOf returns the rate of the tax class that b names for an item, else of the
// class without a name.
func (e *Engine) rateOf(b *Basket, sku flywheel.SKU) money.Rate {
	class := ""
	for i := range b.Lines {
		if b.Lines[i].SKU == sku {
			class = b.Lines[i].TaxClass
			break
		}
	}
	if t, known := e.taxes[class]; known {
		return t.rate
	}
	return money.Rate{}
}

func (e *Engine) withTax(unit money.Price, rate money.Rate) (money.Price, error) {
	tax, err := unit.MulRatio(rate.Coefficient(), int64(math.Pow10(rate.Scale())), e.rounding)
	if err != nil {
		return unit, err
	}
	return unit.Add(money.PriceOf(tax))
}

// Price is what a price list says of an item.
type Price struct {
	// Unit is the price of one unit; with graduated prices, of the last one.
	Unit money.Price `json:"unit"`
	// Exact is the price of all units, not rounded.
	Exact       money.Price `json:"exact"`
	List        string      `json:"list"`
	TaxIncluded bool        `json:"tax_included,omitempty"`
}

// Price looks up what quantity units of an item cost a basket with the currency,
// groups, channel and time of b. Of the lines of b it looks at none but the first
// of the item, for its tax class, where some lists include tax and some do not. It
// does not allocate.
func (e *Engine) Price(b *Basket, sku flywheel.SKU, quantity int64) (Price, error) {
	if quantity < 1 {
		return Price{}, field(invalid("%d is not positive", quantity), "quantity")
	}
	item, there := e.items[sku]
	if !there {
		return Price{}, ErrNoPrice
	}
	w := e.scratch.Get().(*work)
	defer e.scratch.Put(w)
	w.findAudiences(e, b)
	w.lists, w.at = w.lists[:0], instantOf(b.At)
	a := ask{item: item, quantity: quantity, total: quantity, rate: e.rateOf(b, sku)}
	best, found, err := e.choose(b, w, a)
	if err != nil {
		return Price{}, field(err, "quantity")
	}
	if !found {
		return Price{}, ErrNoPrice
	}
	l := &e.lists[best.list()]
	p := Price{Exact: best.exact, List: l.id, TaxIncluded: l.taxIncluded}
	if best.stair != nil {
		p.Unit = best.stair.at(quantity).unit
	} else {
		p.Unit = best.offer.unit
	}
	return p, nil
}
