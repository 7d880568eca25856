package order

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Document is an invoice or a credit note. A document is never changed.
type Document struct {
	Kind DocumentKind `json:"kind"`
	// Number is gap-free in its Series: the store gives the next one in the
	// transaction that saves the order.
	Number int64 `json:"number"`
	// Series names the sequence of numbers, by default the kind.
	Series string `json:"series"`
	// First is the first number of a series that is new; the store clears it.
	First int64     `json:"first,omitempty"`
	At    time.Time `json:"at"`
	// Operation is the [Operation] that wrote the document, 0 for the capture of an
	// order of the express way.
	Operation int64          `json:"operation,omitempty"`
	Lines     []DocumentLine `json:"lines,omitempty"`
	Net       money.Amount   `json:"net"`
	Tax       money.Amount   `json:"tax"`
	Total     money.Amount   `json:"total"`
}

// DocumentKind says what a document is.
type DocumentKind string

// The kinds of documents.
const (
	Invoice    DocumentKind = "invoice"
	CreditNote DocumentKind = "credit_note"
)

// DocumentLine is one line of a document. The lines of a document add up to it; fees
// and what a credit note is cut by are negative.
type DocumentLine struct {
	Kind     LineKind     `json:"kind"`
	Line     string       `json:"line,omitempty"` // of the order
	SKU      flywheel.SKU `json:"sku,omitempty"`
	Title    string       `json:"title,omitempty"`
	Quantity int64        `json:"quantity,omitempty"`
	// Delivery is the number of the delivery, from 1, of an order that has several.
	Delivery int `json:"delivery,omitempty"`
	// Rate is the rate of tax, zero where a line has several.
	Rate  money.Rate   `json:"rate,omitzero"`
	Net   money.Amount `json:"net"`
	Tax   money.Amount `json:"tax"`
	Total money.Amount `json:"total"`
}

// LineKind says what a [DocumentLine] is about.
type LineKind string

// What a line of a document is about.
const (
	GoodsLine    LineKind = "goods"
	DeliveryLine LineKind = "delivery"
	FeeLine      LineKind = "fee"      // of restocking
	LabelLine    LineKind = "label"    // of the way back
	PriceLine    LineKind = "price"    // money without goods
	PaidLine     LineKind = "received" // what went back before without goods
)

// document collects the lines of a document.
type document struct {
	lines []DocumentLine
	sum   pricing.Refund
}

func (d *document) add(l DocumentLine, r pricing.Refund) (err error) {
	l.Net, l.Tax, l.Total = r.Net, r.Tax, r.Total
	d.lines = append(d.lines, l)
	d.sum, err = d.sum.Plus(r)
	return err
}

// cut reduces the document to at most a total.
func (d *document) cut(most money.Amount) error {
	less, err := d.sum.AtMost(most)
	if err != nil || less == d.sum {
		return err
	}
	off, err := less.Minus(d.sum)
	if err != nil {
		return err
	}
	return d.add(DocumentLine{Kind: PaidLine}, off)
}

// less adds what is kept, negative.
func (d *document) less(l DocumentLine, r pricing.Refund) error {
	zero := money.New(0, r.Total.Currency())
	off, err := (pricing.Refund{Net: zero, Tax: zero, Total: zero}).Minus(r)
	if err != nil {
		return err
	}
	return d.add(l, off)
}

// write adds the document to the order, without number.
func (d *decision) write(kind DocumentKind, doc *document) {
	d.o.Documents = append(d.o.Documents, Document{
		Kind: kind, Series: string(kind), At: d.at, Operation: d.sequence,
		Lines: doc.lines, Net: doc.sum.Net, Tax: doc.sum.Tax, Total: doc.sum.Total,
	})
}

func cloneDocuments(documents []Document) []Document {
	c := slices.Clone(documents)
	for i := range c {
		c[i].Lines = slices.Clone(c[i].Lines)
	}
	return c
}
