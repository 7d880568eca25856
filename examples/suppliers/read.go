package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The columns of the two files, by index.
const (
	colOrder = iota
	colSupplier
	colSKU
	colOrdered
	colPrice
	colOrderedOn
	colPromised
	colReceived
	colRejected
	colReceivedOn
)

var orderColumns = []table.Column{
	{Name: "order", Aliases: []string{"order_id", "purchase_order", "purchaseorderid", "po"}},
	{Name: "supplier", Aliases: []string{"supplier_id", "vendor", "vendorid"}, Optional: true},
	{Name: "sku", Aliases: []string{"item", "product", "productid"}},
	{Name: "ordered", Aliases: []string{"quantity", "orderqty", "qty"}},
	{Name: "price", Aliases: []string{"unit_price", "unitprice"}},
	{Name: "ordered_on", Aliases: []string{"order_date", "orderdate"}, Optional: true},
	{Name: "promised", Aliases: []string{"due", "due_date", "duedate"}},
	{Name: "received", Aliases: []string{"receivedqty"}, Optional: true},
	{Name: "rejected", Aliases: []string{"rejectedqty"}, Optional: true},
	{Name: "received_on", Aliases: []string{"receipt_date", "ship_date", "shipdate"}, Optional: true},
}

const (
	colHeadOrder = iota
	colHeadSupplier
	colHeadOrderedOn
	colHeadReceivedOn
)

// headColumns are those of a file with a row per order, where the orders have a row per
// line without them.
var headColumns = []table.Column{
	{Name: "order", Aliases: []string{"order_id", "purchase_order", "purchaseorderid", "po"}},
	{Name: "supplier", Aliases: []string{"supplier_id", "vendor", "vendorid"}},
	{Name: "ordered_on", Aliases: []string{"order_date", "orderdate"}},
	{Name: "received_on", Aliases: []string{"receipt_date", "ship_date", "shipdate"}, Optional: true},
}

// head is what a row per order says of it.
type head struct {
	supplier         string
	placed, received time.Time
}

const (
	colReceiptOrder = iota
	colReceiptSKU
	colReceiptDate
	colReceiptQuantity
	colReceiptRejected
)

var receiptColumns = []table.Column{
	{Name: "order", Aliases: []string{"order_id", "purchase_order", "purchaseorderid", "po"}},
	{Name: "sku", Aliases: []string{"item", "product", "productid"}},
	{Name: "date", Aliases: []string{"received_on", "receipt_date"}},
	{Name: "quantity", Aliases: []string{"received", "receivedqty"}},
	{Name: "rejected", Aliases: []string{"rejectedqty"}, Optional: true},
}

// book gathers rows into orders, in the order of their first row.
type book struct {
	names  []string
	byName map[string]*supplier.Order
	// receipts by order and day.
	receipts map[string]map[time.Time][]supplier.DocumentLine
	heads    map[string]head // nil without a file of them
}

func (b *book) readHeads(file string, spec table.Spec, bar *progress.Bar) (err error) {
	r, err := table.Open(file, spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	b.heads = map[string]head{}
	for r.Next() {
		bar.Add(1)
		id, err := r.Text(colHeadOrder)
		if err != nil {
			return err
		}
		if _, twice := b.heads[id]; twice {
			return r.Fail(colHeadOrder, fmt.Errorf("order %s has a row already: %w", id, flywheel.ErrInvalid))
		}
		var h head
		if h.supplier, err = r.Text(colHeadSupplier); err != nil {
			return err
		}
		if h.placed, err = r.Time(colHeadOrderedOn); err != nil {
			return err
		}
		if !r.Missing(colHeadReceivedOn) {
			if h.received, err = r.Time(colHeadReceivedOn); err != nil {
				return err
			}
		}
		b.heads[id] = h
	}
	return r.Err()
}

// newBook returns a book without orders.
func newBook() *book {
	return &book{byName: map[string]*supplier.Order{}, receipts: map[string]map[time.Time][]supplier.DocumentLine{}}
}

// anyOverDelivery lets receipts exceed what was ordered: the file says what came.
const anyOverDelivery = 10

func (b *book) readOrders(file string, spec table.Spec, currency money.Currency, bar *progress.Bar) (err error) {
	r, err := table.Open(file, spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		bar.Add(1)
		if err := b.orderRow(r, currency); err != nil {
			return err
		}
	}
	return r.Err()
}

// headOf returns what is said of an order in its own file, or in its rows.
func (b *book) headOf(r *table.Reader, id string) (h head, err error) {
	if b.heads != nil {
		h, ok := b.heads[id]
		if !ok {
			return h, r.Fail(colOrder, fmt.Errorf("no such order in the file of orders: %w", flywheel.ErrNotFound))
		}
		return h, nil
	}
	if h.supplier, err = r.Text(colSupplier); err != nil {
		return h, err
	}
	h.placed, err = r.Time(colOrderedOn)
	return h, err
}

func (b *book) orderRow(r *table.Reader, currency money.Currency) error {
	id, err := r.Text(colOrder)
	if err != nil {
		return err
	}
	h, err := b.headOf(r, id)
	if err != nil {
		return err
	}
	sku, err := r.Text(colSKU)
	if err != nil {
		return err
	}
	ordered, err := whole(r, colOrdered, 1)
	if err != nil {
		return err
	}
	number, err := r.NumberBetween(colPrice, 0, 1e12)
	if err != nil {
		return err
	}
	price, err := money.ParsePrice(strconv.FormatFloat(number, 'f', -1, 64), currency)
	if err != nil {
		return r.Fail(colPrice, err)
	}
	promised, err := r.Time(colPromised)
	if err != nil {
		return err
	}
	o := b.byName[id]
	if o == nil {
		o = &supplier.Order{ID: id, Supplier: h.supplier, Currency: currency, Placed: h.placed, OverDelivery: anyOverDelivery}
		b.byName[id] = o
		b.names = append(b.names, id)
	}
	if o.Supplier != h.supplier {
		return r.Fail(colSupplier, fmt.Errorf("order %s is one of %s: %w", id, o.Supplier, flywheel.ErrInvalid))
	}
	line := len(o.Lines)
	o.Lines = append(o.Lines, supplier.Line{SKU: flywheel.SKU(sku), Ordered: ordered, Price: price, Promised: promised})
	if r.Missing(colReceived) {
		return nil
	}
	received, err := whole(r, colReceived, 0)
	if err != nil {
		return err
	}
	rejected := int64(0)
	if !r.Missing(colRejected) {
		if rejected, err = whole(r, colRejected, 0); err != nil {
			return err
		}
	}
	if received == 0 {
		return nil
	}
	at := h.received
	if at.IsZero() || !r.Missing(colReceivedOn) {
		if at, err = r.Time(colReceivedOn); err != nil {
			return err
		}
	}
	b.receive(id, at, supplier.DocumentLine{Line: line, Quantity: received, Rejected: rejected})
	return nil
}

// whole reads a whole number, also one written as 3.00.
func whole(r *table.Reader, k int, least float64) (int64, error) {
	x, err := r.NumberBetween(k, least, supplier.MostQuantity)
	if err != nil {
		return 0, err
	}
	if x != math.Trunc(x) {
		return 0, r.Fail(k, fmt.Errorf("not a whole number: %w", flywheel.ErrInvalid))
	}
	return int64(x), nil
}

func (b *book) receive(order string, at time.Time, l supplier.DocumentLine) {
	if b.receipts[order] == nil {
		b.receipts[order] = map[time.Time][]supplier.DocumentLine{}
	}
	b.receipts[order][at] = append(b.receipts[order][at], l)
}

func (b *book) readReceipts(file string, spec table.Spec, bar *progress.Bar) (err error) {
	r, err := table.Open(file, spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		bar.Add(1)
		id, err := r.Text(colReceiptOrder)
		if err != nil {
			return err
		}
		o := b.byName[id]
		if o == nil {
			return r.Fail(colReceiptOrder, fmt.Errorf("no such order: %w", flywheel.ErrNotFound))
		}
		sku, err := r.Text(colReceiptSKU)
		if err != nil {
			return err
		}
		line := slices.IndexFunc(o.Lines, func(l supplier.Line) bool { return string(l.SKU) == sku })
		if line < 0 {
			return r.Fail(colReceiptSKU, fmt.Errorf("not in order %s: %w", id, flywheel.ErrNotFound))
		}
		at, err := r.Time(colReceiptDate)
		if err != nil {
			return err
		}
		quantity, err := whole(r, colReceiptQuantity, 1)
		if err != nil {
			return err
		}
		rejected := int64(0)
		if !r.Missing(colReceiptRejected) {
			if rejected, err = whole(r, colReceiptRejected, 0); err != nil {
				return err
			}
		}
		b.receive(id, at, supplier.DocumentLine{Line: line, Quantity: quantity, Rejected: rejected})
	}
	return r.Err()
}

// orders returns the orders with what happened, in order of time. The service applies it.
func (b *book) orders() []supplier.Order {
	out := make([]supplier.Order, 0, len(b.names))
	for _, name := range b.names {
		o := *b.byName[name]
		o.Documents = []supplier.Document{{ID: "send", Kind: supplier.Send, At: o.Placed}}
		days := slices.SortedFunc(maps.Keys(b.receipts[name]), time.Time.Compare)
		for _, at := range days {
			// A document names a line once: several rows of a day are several documents.
			rest := b.receipts[name][at]
			for n := 1; len(rest) > 0; n++ {
				seen := map[int]bool{}
				var now, later []supplier.DocumentLine
				for _, l := range rest {
					if seen[l.Line] {
						later = append(later, l)
					} else {
						seen[l.Line] = true
						now = append(now, l)
					}
				}
				id := fmt.Sprintf("receipt %s %d", at.Format(time.RFC3339), n)
				o.Documents = append(o.Documents, supplier.Document{ID: id, Kind: supplier.Receipt, At: at, Lines: now})
				rest = later
			}
		}
		out = append(out, o)
	}
	return out
}
