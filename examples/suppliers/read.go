package main

import (
	"errors"
	"fmt"
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
	{Name: "supplier", Aliases: []string{"supplier_id", "vendor", "vendorid"}},
	{Name: "sku", Aliases: []string{"item", "product", "productid"}},
	{Name: "ordered", Aliases: []string{"quantity", "orderqty", "qty"}},
	{Name: "price", Aliases: []string{"unit_price", "unitprice"}},
	{Name: "ordered_on", Aliases: []string{"order_date", "orderdate"}},
	{Name: "promised", Aliases: []string{"due", "due_date", "duedate"}},
	{Name: "received", Aliases: []string{"receivedqty"}, Optional: true},
	{Name: "rejected", Aliases: []string{"rejectedqty"}, Optional: true},
	{Name: "received_on", Aliases: []string{"receipt_date", "ship_date", "shipdate"}, Optional: true},
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
}

// anyOverDelivery lets receipts exceed what was ordered: the file says what came.
const anyOverDelivery = 10

func readOrders(file string, spec table.Spec, currency money.Currency, bar *progress.Bar) (b *book, err error) {
	r, err := table.Open(file, spec)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	b = &book{byName: map[string]*supplier.Order{}, receipts: map[string]map[time.Time][]supplier.DocumentLine{}}
	for r.Next() {
		bar.Add(1)
		if err := b.orderRow(r, currency); err != nil {
			return nil, err
		}
	}
	return b, r.Err()
}

func (b *book) orderRow(r *table.Reader, currency money.Currency) error {
	id, err := r.Text(colOrder)
	if err != nil {
		return err
	}
	vendor, err := r.Text(colSupplier)
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
	placed, err := r.Time(colOrderedOn)
	if err != nil {
		return err
	}
	promised, err := r.Time(colPromised)
	if err != nil {
		return err
	}
	o := b.byName[id]
	if o == nil {
		o = &supplier.Order{ID: id, Supplier: vendor, Currency: currency, Placed: placed, OverDelivery: anyOverDelivery}
		b.byName[id] = o
		b.names = append(b.names, id)
	}
	if o.Supplier != vendor {
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
	at, err := r.Time(colReceivedOn)
	if err != nil {
		return err
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

// orders applies what happened, in order of time.
func (b *book) orders() ([]supplier.Order, error) {
	out := make([]supplier.Order, 0, len(b.names))
	for _, name := range b.names {
		o := *b.byName[name]
		if err := o.Check(); err != nil {
			return nil, err
		}
		o, _, err := o.Apply(supplier.Document{ID: "send", Kind: supplier.Send, At: o.Placed})
		if err != nil {
			return nil, err
		}
		days := make([]time.Time, 0, len(b.receipts[name]))
		for at := range b.receipts[name] {
			days = append(days, at)
		}
		slices.SortFunc(days, time.Time.Compare)
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
				if o, _, err = o.Apply(supplier.Document{ID: id, Kind: supplier.Receipt, At: at, Lines: now}); err != nil {
					return nil, fmt.Errorf("order %s: %w", name, err)
				}
				rest = later
			}
		}
		out = append(out, o)
	}
	return out, nil
}
