package order

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Stored orders without a mode keep their lines packed where those have nothing but an
// item, a quantity, a price and amounts: in one string of some 35 bytes a line, a tenth
// of a [Line], in which the garbage collector finds no pointers.

// stored is an order as [MemoryStore] keeps it. It is never changed, only replaced.
type stored struct {
	Order
	place  *place
	packed string // the lines, in place of Order.Lines; empty where these have more
}

// copy returns an order that shares no memory with s that could change.
func (s *stored) copy() Order {
	o := s.Order.Clone()
	if s.packed != "" {
		o.Lines = unpackLines(s.packed, s.Currency)
	}
	return o
}

// appendPacked appends the packed lines of o to b; ok is false when they must stay as
// they are.
func appendPacked(b []byte, o *Order) (packed []byte, ok bool) {
	if o.Mode != "" || o.Lines == nil {
		return b, false
	}
	b = binary.AppendUvarint(b, uint64(len(o.Lines)))
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.plain(o.Currency) {
			return b, false
		}
		b = l.appendTo(b)
	}
	return b, true
}

// plain reports whether l has only what a packed line holds.
func (l *Line) plain(c money.Currency) bool {
	return l.Title == "" && l.Categories == nil && l.Brand == "" && l.Cost == money.Amount{} && l.TaxClass == "" &&
		l.Taxes == nil && l.Trace == nil && !l.FinalSale && !l.Download && l.Added == "" && l.Canceled == 0 &&
		l.Shipped == 0 && l.DeliveredAt == time.Time{} && l.Personalization.IsZero() && l.Metadata.IsZero() && l.NetContent.IsZero() &&
		(l.Unit == money.Price{} || l.Unit.Currency() == c) &&
		ofCurrency(l.Subtotal, c) && ofCurrency(l.Discount, c) && ofCurrency(l.Net, c) && ofCurrency(l.Tax, c) && ofCurrency(l.Total, c)
}

// ofCurrency reports whether the amount is one of c, or no money at all.
func ofCurrency(a money.Amount, c money.Currency) bool {
	return a == money.Amount{} || a.Currency() == c
}

// The bits of a packed line's first byte: what the line has, or of which amount there
// is none.
const (
	hasTaxIncluded = 1 << iota
	noUnit
	noSubtotal
	noDiscount
	noNet
	noTax
	noTotal
)

func (l *Line) appendTo(b []byte) []byte {
	var bits byte
	set := func(is bool, bit byte) {
		if is {
			bits |= bit
		}
	}
	none := money.Amount{}
	set(l.TaxIncluded, hasTaxIncluded)
	set(l.Unit == money.Price{}, noUnit)
	set(l.Subtotal == none, noSubtotal)
	set(l.Discount == none, noDiscount)
	set(l.Net == none, noNet)
	set(l.Tax == none, noTax)
	set(l.Total == none, noTotal)
	b = append(b, bits, byte(l.Unit.Scale()), byte(l.TaxRate.Scale()))
	b = appendText(b, l.ID)
	b = appendText(b, string(l.SKU))
	for _, n := range [...]int64{
		l.Quantity, l.Unit.Coefficient(), l.TaxRate.Coefficient(), l.Subtotal.Minor(), l.Discount.Minor(),
		l.Net.Minor(), l.Tax.Minor(), l.Total.Minor(), l.Returned,
	} {
		b = binary.AppendVarint(b, n)
	}
	return b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// unpackLines returns the lines of an order in currency c. Their strings are parts of
// packed.
func unpackLines(packed string, c money.Currency) []Line {
	r := packReader{rest: packed}
	lines := make([]Line, r.count())
	for i := range lines {
		l := &lines[i]
		bits, unitScale, rateScale := r.rest[0], int(r.rest[1]), int(r.rest[2])
		r.rest = r.rest[3:]
		amount := func(bit byte) money.Amount {
			if n := r.number(); bits&bit == 0 {
				return money.New(n, c)
			}
			return money.Amount{}
		}
		l.TaxIncluded = bits&hasTaxIncluded != 0
		l.ID = r.text()
		l.SKU = flywheel.SKU(r.text())
		l.Quantity = r.number()
		if coef := r.number(); bits&noUnit == 0 {
			l.Unit = must(money.NewPrice(coef, unitScale, c))
		}
		l.TaxRate = must(money.NewRate(r.number(), rateScale))
		l.Subtotal, l.Discount, l.Net = amount(noSubtotal), amount(noDiscount), amount(noNet)
		l.Tax, l.Total = amount(noTax), amount(noTotal)
		l.Returned = r.number()
	}
	return lines
}

// must returns a price or rate that was packed, which is made of parts that are valid.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("order: a packed line: %v", err))
	}
	return v
}

type packReader struct{ rest string }

func (r *packReader) count() uint64 {
	var n uint64
	for shift := 0; ; shift += 7 {
		b := r.rest[0]
		r.rest = r.rest[1:]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
}

func (r *packReader) number() int64 {
	n := r.count()
	return int64(n>>1) ^ -int64(n&1)
}

func (r *packReader) text() string {
	n := r.count()
	text := r.rest[:n]
	r.rest = r.rest[n:]
	return text
}
