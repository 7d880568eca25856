package data

import (
	"context"

	"github.com/flywheel-go/flywheel/inventory/replenish"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// How the store orders: the desk looks every week, and 98 of 100 pieces that are wanted are to
// be there.
const (
	LeadDays   = 7
	ReviewDays = 7
	FillRate   = 0.98
)

// Pack is the size of the boxes in which goods come.
const Pack = 6

// Lots are the quantities in which goods can be ordered.
var Lots = replenish.Lot{Pack: Pack}

// Suppliers are the brands of goods, who deliver within a week, at what the goods cost, or less
// than half of the price where nobody said.
func Suppliers(goods []Good) (all []supplier.Supplier) {
	at := map[string]int{}
	for i := range goods {
		g := &goods[i]
		if g.Digital {
			continue
		}
		n, known := at[g.Brand]
		if !known {
			n = len(all)
			at[g.Brand] = n
			all = append(all, supplier.Supplier{
				ID: g.Brand, Name: g.Brand, Currency: money.EUR, Approval: supplier.Approved, Terms: supplier.Terms{PaymentDays: 30, Lead: supplier.LeadLaw{Mean: LeadDays, SD: 1}},
			})
		}
		usual := must(must(money.Parse(g.Price, money.EUR)).MulRate(money.MustRate("0.42"), money.HalfUp))
		for _, sku := range g.SKUs() {
			cost, said := g.Costs[sku]
			if !said {
				cost = usual
			}
			all[n].Items = append(all[n].Items, supplier.Item{SKU: sku, Price: money.PriceOf(cost), Pack: Pack})
		}
	}
	return all
}

// fillSuppliers brings the suppliers of goods into a shop that has none of them.
func fillSuppliers(ctx context.Context, purchasing *supplier.Service, goods []Good) error {
	for _, s := range Suppliers(goods) {
		if _, err := purchasing.Supplier(ctx, s.ID); err == nil {
			continue
		}
		if _, err := purchasing.SaveSupplier(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
