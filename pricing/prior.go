package pricing

import (
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
// b had in the days before b.At.
func (e *Engine) LowestPrior(b Basket, sku flywheel.SKU, days int) (money.Price, error) {
	starts := b.At
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
			history = append(history, PricePoint{at, price.Unit})
		}
	}
	if len(history) == 0 {
		return money.Price{}, ErrNoPrice
	}
	return LowestPrior(history, starts, days)
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

// Price looks up what so many units of an item cost a basket with the currency,
// groups, channel and time of b, whose lines it does not look at. It does not
// allocate.
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
	best, found, err := e.choose(b, w, item, quantity)
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
