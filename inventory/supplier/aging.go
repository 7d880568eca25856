package supplier

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func decimalOf(n int64) decimal.Decimal { return decimal.NewFromInt(n) }

// Holding is stock of one receipt that is still there.
type Holding struct {
	SKU      flywheel.SKU
	Supplier string
	Quantity int64
	// Cost is what the whole holding cost.
	Cost     money.Amount
	Received time.Time
	// LastSold is when the item was last sold, zero for never.
	LastSold time.Time
}

// Aged is the stock of a supplier by age.
type Aged struct {
	Supplier string
	// Cost and Units have an entry per bucket: up to the first limit in days, up to
	// the second, …, and beyond the last.
	Cost  []money.Amount
	Units []int64
	// DeadCost and DeadUnits are of items that were not sold for the given days,
	// and are at least as old.
	DeadCost  money.Amount
	DeadUnits int64
	Total     money.Amount
}

// Aging groups stock by supplier and age in calendar days at a moment. limits are
// the upper ends of the buckets, ascending, such as 30, 90, 180; deadAfter is the
// number of days without a sale after which stock is dead. Suppliers are in order
// of their ids. All costs have one currency.
func Aging(stock []Holding, at time.Time, limits []int, deadAfter int) ([]Aged, error) {
	if len(limits) == 0 || !slices.IsSorted(limits) || limits[0] < 0 {
		return nil, refuse("limits", limits, ErrInput)
	}
	if deadAfter < 1 {
		return nil, refuse("dead after", deadAfter, ErrRange)
	}
	found := map[string]*Aged{}
	for i, h := range stock {
		name := func(what string) string { return fmt.Sprintf("stock[%d] (%s) %s", i, h.SKU, what) }
		switch {
		case h.Quantity < 0 || h.Quantity > MostQuantity:
			return nil, refuse(name("quantity"), h.Quantity, ErrRange)
		case h.Cost.Sign() < 0:
			return nil, refuse(name("cost"), h.Cost, ErrRange)
		case h.Received.IsZero() || h.Received.After(at):
			return nil, refuse(name("received"), h.Received, ErrRange)
		}
		a := found[h.Supplier]
		if a == nil {
			zero := money.New(0, h.Cost.Currency())
			a = &Aged{Supplier: h.Supplier, Units: make([]int64, len(limits)+1), DeadCost: zero, Total: zero}
			for range a.Units {
				a.Cost = append(a.Cost, zero)
			}
			found[h.Supplier] = a
		}
		age := day(at) - day(h.Received)
		b, _ := slices.BinarySearch(limits, age)
		var err error
		if a.Cost[b], err = a.Cost[b].Add(h.Cost); err != nil {
			return nil, fmt.Errorf("%s: %w", name("cost"), err)
		}
		if a.Total, err = a.Total.Add(h.Cost); err != nil {
			return nil, fmt.Errorf("%s: %w", name("cost"), err)
		}
		a.Units[b] += h.Quantity
		if age >= deadAfter && (h.LastSold.IsZero() || day(at)-day(h.LastSold) >= deadAfter) {
			if a.DeadCost, err = a.DeadCost.Add(h.Cost); err != nil {
				return nil, err
			}
			a.DeadUnits += h.Quantity
		}
	}
	out := make([]Aged, 0, len(found))
	for _, a := range found {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Aged) int { return cmp.Compare(a.Supplier, b.Supplier) })
	return out, nil
}
