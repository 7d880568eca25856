package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// builtIn is the purchasing book of a small shop: five suppliers of different
// habits, among them one with three perfect orders.
func builtIn(currency money.Currency) ([]supplier.Order, error) {
	habits := []struct {
		name        string
		orders      int
		lead, late  int     // days to the promise, most days of delay
		punctual    float64 // chance to come as promised
		whole, good float64 // chance to come in full, share of good units
	}{
		{"Aurora Lamps", 60, 12, 9, 0.93, 0.97, 0.998},
		{"Borealis Glass", 45, 20, 14, 0.71, 0.90, 0.985},
		{"Cedar & Sons", 80, 7, 4, 0.97, 0.99, 0.9995},
		{"Delta Import", 25, 35, 30, 0.55, 0.80, 0.96},
		{"Elm Studio", 3, 10, 2, 1, 1, 1},
	}
	r := rand.New(rand.NewPCG(1, 2026))
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	var orders []supplier.Order
	for _, h := range habits {
		for k := range h.orders {
			placed := start.AddDate(0, 0, k*300/h.orders)
			o := supplier.Order{ID: fmt.Sprintf("%c-%03d", h.name[0], k+1), Supplier: h.name, Currency: currency, Placed: placed}
			first, second := supplier.Document{ID: "receipt-1", Kind: supplier.Receipt}, supplier.Document{ID: "receipt-2", Kind: supplier.Receipt}
			promised := placed.AddDate(0, 0, h.lead)
			first.At = promised
			if r.Float64() > h.punctual {
				first.At = promised.AddDate(0, 0, 1+r.IntN(h.late))
			} else if early := r.IntN(3); early < h.lead {
				first.At = promised.AddDate(0, 0, -early)
			}
			second.At = first.At.AddDate(0, 0, 3+r.IntN(10))
			for i := range 1 + r.IntN(3) {
				price, err := money.NewPrice(int64(5000+r.IntN(250000)), 4, currency)
				if err != nil {
					return nil, err
				}
				q := int64(20 + 10*r.IntN(30))
				o.Lines = append(o.Lines, supplier.Line{SKU: flywheel.SKU(fmt.Sprintf("%c%d", h.name[0], i+1)), Ordered: q, Price: price, Promised: promised})
				now := q
				if r.Float64() > h.whole {
					now = q * int64(60+r.IntN(35)) / 100
					second.Lines = append(second.Lines, supplier.DocumentLine{Line: i, Quantity: q - now})
				}
				bad := int64(0)
				for range now {
					if r.Float64() > h.good {
						bad++
					}
				}
				first.Lines = append(first.Lines, supplier.DocumentLine{Line: i, Quantity: now, Rejected: bad})
			}
			documents := []supplier.Document{{ID: "send", Kind: supplier.Send, At: placed}, first}
			if len(second.Lines) > 0 {
				documents = append(documents, second)
			}
			o.Documents = documents
			orders = append(orders, o)
		}
	}
	return orders, nil
}
