package supplier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Held is what is on the shelf, by where it came from.
type Held struct {
	// Stock has a holding for each receipt of which units are left, by SKU and from the
	// oldest on.
	Stock []Holding
	// Unknown are units on the shelf that no receipt of the window brought.
	Unknown map[flywheel.SKU]int64
}

// layer is what one document brought to the shelf.
type layer struct {
	supplier string
	at       time.Time
	units    int64
	cost     money.Amount // of all units, in the currency of the shop
}

// Holdings says which receipts the units on the shelf came from and what they cost: the
// oldest are taken to be sold first, so what is left are those of the latest receipts.
// They cost what [Service.Land] kept, else the agreed price, at the rate of the day they
// came. It reads the positions of the SKUs and once the orders of Options.Window, which
// is O(orders of the window) whatever the number of SKUs.
func (s *Service) Holdings(ctx context.Context, skus []flywheel.SKU) (Held, error) {
	if s.opts.Stock == nil {
		return Held{}, refuse("stock", "none", ErrInput)
	}
	skus = slices.Compact(slices.Sorted(slices.Values(skus)))
	layers, err := s.layers(ctx, skus)
	if err != nil {
		return Held{}, err
	}
	positions, err := s.opts.Stock.Positions(ctx, skus)
	if err != nil {
		return Held{}, err
	}
	onHand := map[flywheel.SKU]int64{}
	for _, p := range positions {
		onHand[p.SKU] += p.OnHand
	}
	held := Held{Unknown: map[flywheel.SKU]int64{}}
	for _, sku := range skus {
		left, list := max(0, onHand[sku]), layers[sku]
		first := len(held.Stock)
		for i := len(list) - 1; i >= 0 && left > 0; i-- {
			l := &list[i]
			n := min(left, l.units)
			cost, err := l.cost.MulRatio(n, l.units, money.HalfEven)
			if err != nil {
				return Held{}, fmt.Errorf("cost of %s: %w", sku, err)
			}
			held.Stock = append(held.Stock, Holding{SKU: sku, Supplier: l.supplier, Quantity: n, Cost: cost, Received: l.at})
			left -= n
		}
		slices.Reverse(held.Stock[first:])
		if left > 0 {
			held.Unknown[sku] = left
		}
	}
	return held, nil
}

// layers returns what came of SKUs in the window, the oldest first.
func (s *Service) layers(ctx context.Context, skus []flywheel.SKU) (map[flywheel.SKU][]layer, error) {
	exchange, err := s.exchange(ctx)
	if err != nil {
		return nil, err
	}
	layers := map[flywheel.SKU][]layer{}
	for o, err := range s.store.Orders(ctx, OrderFilter{Since: s.opts.Now().Add(-s.opts.Window)}) {
		if err != nil {
			return nil, err
		}
		for i, l := range o.Lines {
			if _, wanted := slices.BinarySearch(skus, l.SKU); !wanted {
				continue
			}
			came, err := o.came(i, exchange)
			if err != nil {
				return nil, err
			}
			layers[l.SKU] = append(layers[l.SKU], came...)
		}
	}
	for _, list := range layers {
		slices.SortStableFunc(list, func(a, b layer) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.supplier, b.supplier)) })
	}
	return layers, nil
}

// came returns what documents of an order brought of a line to the shelf, less what was
// returned from there.
func (o *Order) came(line int, exchange *money.Exchange) ([]layer, error) {
	l := &o.Lines[line]
	var list []layer
	for _, d := range o.Documents {
		for _, dl := range d.Lines {
			if dl.Line != line {
				continue
			}
			units := dl.Quantity - dl.Rejected
			if units > 0 && (d.Kind == Inspect || d.Kind == Receipt && !l.Inspect) {
				list = append(list, layer{supplier: o.Supplier, at: d.At, units: units})
			}
		}
	}
	back := l.Withdrawn // of the latest
	for i := len(list) - 1; i >= 0 && back > 0; i-- {
		n := min(back, list[i].units)
		list[i].units -= n
		back -= n
	}
	list = slices.DeleteFunc(list, func(a layer) bool { return a.units == 0 })
	for i := range list {
		a := &list[i]
		var err error
		if l.Landed > 0 {
			a.cost, err = l.LandedCost.MulRatio(a.units, l.Landed, money.HalfEven)
		} else if a.cost, err = l.Price.Times(a.units, money.HalfEven); err == nil && exchange != nil && a.cost.Currency() != exchange.Base() {
			a.cost, err = exchange.Convert(a.cost, exchange.Base(), a.at, money.HalfEven)
		}
		if err != nil {
			return nil, fmt.Errorf("cost of order %s line %d: %w", o.ID, line, err)
		}
	}
	return list, nil
}

// UnitCosts returns what a unit of SKUs costs on the shelf, with freight and duty where
// they are known (see [Service.Land]): the mean of the units that are there, or that of
// the latest receipt where none are, rounded to the minor unit. SKUs that no receipt of
// Options.Window brought are left out. It fits catalog.Costs, and so the margins of
// feeds and reports.
func (s *Service) UnitCosts(ctx context.Context, skus []flywheel.SKU) (map[flywheel.SKU]money.Amount, error) {
	skus = slices.Compact(slices.Sorted(slices.Values(skus)))
	layers, err := s.layers(ctx, skus)
	if err != nil {
		return nil, err
	}
	onHand := map[flywheel.SKU]int64{}
	if s.opts.Stock != nil {
		positions, err := s.opts.Stock.Positions(ctx, skus)
		if err != nil {
			return nil, err
		}
		for _, p := range positions {
			onHand[p.SKU] += p.OnHand
		}
	}
	costs := map[flywheel.SKU]money.Amount{}
	for sku, list := range layers {
		left, units := max(1, onHand[sku]), int64(0)
		var sum money.Amount
		for i := len(list) - 1; i >= 0 && left > 0; i-- {
			l := &list[i]
			n := min(left, l.units)
			if onHand[sku] < 1 { // none is left: the whole latest receipt says it
				n, left = l.units, l.units
			}
			cost, err := l.cost.MulRatio(n, l.units, money.HalfEven)
			if err == nil && units > 0 {
				cost, err = sum.Add(cost)
			}
			if err != nil {
				return nil, fmt.Errorf("cost of %s: %w", sku, err)
			}
			sum = cost
			units += n
			left -= n
		}
		if units == 0 {
			continue
		}
		if costs[sku], err = sum.MulRatio(1, units, money.HalfEven); err != nil {
			return nil, fmt.Errorf("cost of %s: %w", sku, err)
		}
	}
	return costs, nil
}

// Aging groups what is on the shelf of SKUs by supplier and age, see [Aging]: lastSold
// has when each item was last sold, and none for those that never were. Units that no
// receipt of Options.Window brought are those of [Held.Unknown] and are not in it.
func (s *Service) Aging(ctx context.Context, skus []flywheel.SKU, limits []int, deadAfter int, lastSold map[flywheel.SKU]time.Time) ([]Aged, error) {
	held, err := s.Holdings(ctx, skus)
	if err != nil {
		return nil, err
	}
	for i := range held.Stock {
		held.Stock[i].LastSold = lastSold[held.Stock[i].SKU]
	}
	return Aging(held.Stock, s.opts.Now(), limits, deadAfter)
}
