package retail

import "strings"

// Kind says what a row is about.
type Kind uint8

// The kinds, in the order in which a reconciliation lists them.
const (
	Goods Kind = iota
	Postage
	Manual
	Discount
	Sample
	Packing
	Voucher
	Fee
	Commission
	BadDebt
	Stock
	Kinds // how many there are
)

var kindNames = [Kinds]string{
	"goods", "postage", "manual entry", "discount", "samples", "packing",
	"gift voucher", "bank and marketplace fees", "charity commission", "bad debt", "stock adjustment",
}

func (k Kind) String() string { return kindNames[k] }

// Billed reports whether rows of the kind are charged to a customer, and so
// belong to an order; the others are booked by themselves.
func (k Kind) Billed() bool { return k <= Voucher }

// Stocked reports whether the rows move goods.
func (k Kind) Stocked() bool { return k == Goods || k == Stock }

// kindOf returns the kind of a stock code. That a row of goods corrects the
// stock shows only in its invoice: see classify.
func kindOf(code string) Kind {
	switch code {
	case "POST", "DOT", "C2":
		return Postage
	case "M", "m":
		return Manual
	case "D":
		return Discount
	case "S":
		return Sample
	case "PADS":
		return Packing
	case "BANK CHARGES", "AMAZONFEE":
		return Fee
	case "CRUK":
		return Commission
	case "B":
		return BadDebt
	}
	if strings.HasPrefix(code, "gift_0001_") {
		return Voucher
	}
	return Goods
}

// correctsStock reports whether an invoice is a stock correction: nobody is
// charged and nothing costs anything.
func (in *Invoice) correctsStock() bool {
	if in.Customer != "" || in.Cancels {
		return false
	}
	for i := range in.Rows {
		if in.Rows[i].Price.Coefficient() != 0 {
			return false
		}
	}
	return true
}
