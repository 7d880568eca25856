package retail

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Match is a quantity of one cancellation row and the sold row that it takes
// back.
type Match struct {
	// Row is the index of the row in the canceling invoice.
	Row int
	// Invoice is the index of the sale in the book, and Line that of its row
	// in the file.
	Invoice  int
	Line     int32
	Quantity int64
}

// MatchReturns finds for every canceling invoice, by its index in invoices, the
// sales that it takes back: those of the same customer, code and price that came
// before it, first in, first out, as far as they have not been taken back yet.
// Rows without a customer match nothing: any stranger could have bought it. What
// finds no sale is left out; it is a credit note. O(rows).
func MatchReturns(invoices []Invoice) map[int][]Match {
	type key struct {
		customer flywheel.CustomerID
		code     string
		price    money.Price
	}
	type open struct {
		invoice int
		line    int32
		left    int64
	}
	wanted := map[key][]open{}
	for i := range invoices {
		if in := &invoices[i]; in.Cancels && in.Customer != "" {
			for j := range in.Rows {
				wanted[key{in.Customer, in.Rows[j].Code, in.Rows[j].Price}] = nil
			}
		}
	}
	matches := map[int][]Match{}
	for i := range invoices {
		in := &invoices[i]
		if in.Customer == "" {
			continue
		}
		for j := range in.Rows {
			row := &in.Rows[j]
			if !row.Kind.Billed() {
				continue
			}
			k := key{in.Customer, row.Code, row.Price}
			queue, ok := wanted[k]
			if !ok {
				continue
			}
			if !in.Cancels {
				wanted[k] = append(queue, open{i, row.Line, row.Quantity})
				continue
			}
			left := -row.Quantity
			for left > 0 && len(queue) > 0 {
				n := min(left, queue[0].left)
				matches[i] = append(matches[i], Match{Row: j, Invoice: queue[0].invoice, Line: queue[0].line, Quantity: n})
				left -= n
				if queue[0].left -= n; queue[0].left == 0 {
					queue = queue[1:]
				}
			}
			wanted[k] = queue
		}
	}
	return matches
}
