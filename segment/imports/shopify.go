package imports

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ShopifyOptions say how [ShopifyOrders] reads.
type ShopifyOptions struct {
	// Customer returns the customer of an email address, in lower case; "" is nobody. It
	// must be given: addresses do not belong into a log.
	Customer func(email string) flywheel.CustomerID
	// SKU returns the SKU of a line that has none, by its name. Default: the name.
	SKU func(name string) flywheel.SKU
}

// The columns of Shopify's order export that are read.
const (
	shName = iota
	shEmail
	shStatus
	shPaid
	shCreated
	shCurrency
	shTotal
	shShipping
	shTaxes
	shCode
	shDiscount
	shQuantity
	shItem
	shPrice
	shSKU
	shLineDiscount
	shCanceled
	shRefunded
)

var shopifyColumns = []table.Column{
	shName: {Name: "Name"}, shEmail: {Name: "Email"}, shStatus: {Name: "Financial Status"}, shPaid: {Name: "Paid at"}, shCreated: {Name: "Created at"},
	shCurrency: {Name: "Currency"}, shTotal: {Name: "Total"}, shShipping: {Name: "Shipping", Optional: true}, shTaxes: {Name: "Taxes", Optional: true},
	shCode: {Name: "Discount Code", Optional: true}, shDiscount: {Name: "Discount Amount", Optional: true}, shQuantity: {Name: "Lineitem quantity"},
	shItem: {Name: "Lineitem name"}, shPrice: {Name: "Lineitem price"}, shSKU: {Name: "Lineitem sku", Optional: true},
	shLineDiscount: {Name: "Lineitem discount", Optional: true}, shCanceled: {Name: "Cancelled at", Optional: true}, shRefunded: {Name: "Refunded Amount", Optional: true},
}

// paid are the values of Financial Status of orders for which money came.
var paid = map[string]bool{"paid": true, "partially_paid": true, "partially_refunded": true, "refunded": true}

// shopifyOrder is an order of the export whose lines are being read.
type shopifyOrder struct {
	name     string
	purchase flywheel.Event
	refunded money.Amount
	canceled time.Time
	paid     bool
	err      error // of one of its rows
}

// ShopifyOrders yields the events of an order export as Shopify writes it, CSV with a
// row per line of an order; name is what errors call the file. An order with a row that
// cannot be read is one error and no event.
func ShopifyOrders(name string, r io.Reader, opts ShopifyOptions) iter.Seq2[flywheel.Event, error] {
	return func(yield func(flywheel.Event, error) bool) {
		if opts.Customer == nil {
			yield(flywheel.Event{}, &fileError{fmt.Errorf("imports: no Customer: %w", flywheel.ErrInvalid)})
			return
		}
		// Amounts are plain decimals in Shopify's export, whatever the shop's language.
		t, err := table.New(name, r, table.Spec{Columns: shopifyColumns, Decimal: '.', Dates: table.MonthFirst})
		if err != nil {
			yield(flywheel.Event{}, &fileError{err})
			return
		}
		var o *shopifyOrder
		for t.Next() {
			if id := t.Raw(shName); o == nil || id != o.name {
				if o != nil && !o.yield(yield) {
					return
				}
				o = &shopifyOrder{name: strings.Clone(id)}
				o.err = o.begin(t, &opts)
			}
			if err := o.line(t, &opts); err != nil && o.err == nil {
				o.err = err
			}
		}
		if o != nil && t.Err() == nil && !o.yield(yield) {
			return
		}
		if err := t.Err(); err != nil {
			yield(flywheel.Event{}, &fileError{err})
		}
	}
}

// begin reads what the first row of an order says of it.
func (o *shopifyOrder) begin(t *table.Reader, opts *ShopifyOptions) error {
	if _, err := t.Text(shName); err != nil {
		return err
	}
	e := &o.purchase
	*e = flywheel.Event{ID: eventid.Of("purchase", "shopify", o.name), Name: flywheel.EventPurchase, Ref: o.name, Properties: map[string]any{}}
	o.paid = paid[strings.ToLower(t.Raw(shStatus))]
	if !o.paid {
		return nil
	}
	if email := strings.ToLower(t.Raw(shEmail)); email != "" {
		e.Customer = opts.Customer(strings.Clone(email))
	}
	when := shPaid
	if t.Missing(shPaid) {
		when = shCreated
	}
	var err error
	if e.Time, err = instant(t, when); err != nil {
		return err
	}
	code, err := t.Text(shCurrency)
	if err != nil {
		return err
	}
	currency, err := money.ParseCurrency(code)
	if err != nil {
		return t.Fail(shCurrency, err)
	}
	if e.Value, err = amount(t, shTotal, currency); err != nil {
		return err
	}
	if code := t.Raw(shCode); code != "" {
		e.Properties["discount_code"] = strings.Clone(code)
	}
	for k, name := range map[int]string{shShipping: "shipping", shTaxes: "tax", shDiscount: "discount"} {
		a, err := amount(t, k, currency)
		if err != nil {
			return err
		}
		if !a.IsZero() {
			e.Properties[name], _ = a.Decimal().Float64()
		}
	}
	if o.refunded, err = amount(t, shRefunded, currency); err != nil {
		return err
	}
	if !t.Missing(shCanceled) {
		o.canceled, err = instant(t, shCanceled)
	}
	return err
}

// line reads the line of an order that a row holds.
func (o *shopifyOrder) line(t *table.Reader, opts *ShopifyOptions) error {
	if o.err != nil || !o.paid {
		return nil
	}
	quantity, err := t.Int(shQuantity, 1, 1e9)
	if err != nil {
		return err
	}
	sku := flywheel.SKU(strings.Clone(t.Raw(shSKU)))
	if sku == "" {
		name, err := t.Text(shItem)
		if err != nil {
			return err
		}
		if sku = flywheel.SKU(name); opts.SKU != nil {
			sku = opts.SKU(name)
		}
	}
	if err := flywheel.CheckID(string(sku)); err != nil {
		return t.Fail(shSKU, err)
	}
	currency := o.purchase.Value.Currency()
	price, err := amount(t, shPrice, currency)
	if err != nil {
		return err
	}
	off, err := amount(t, shLineDiscount, currency)
	if err != nil {
		return err
	}
	value, err := price.Mul(quantity)
	if err == nil {
		value, err = value.Sub(off)
	}
	if err != nil {
		return t.Fail(shPrice, err)
	}
	o.purchase.Lines = append(o.purchase.Lines, flywheel.Line{SKU: sku, Quantity: quantity, Amount: value})
	return nil
}

// yield yields the events of an order, or its error.
func (o *shopifyOrder) yield(yield func(flywheel.Event, error) bool) bool {
	switch {
	case o.err != nil:
		return yield(flywheel.Event{}, o.err)
	case !o.paid:
		return true
	case !yield(o.purchase, nil):
		return false
	case o.refunded.Sign() <= 0:
		return true
	}
	refund := flywheel.Event{
		ID: eventid.Of("refund", "shopify", o.name), Name: flywheel.EventRefund, Time: o.purchase.Time, Customer: o.purchase.Customer, Ref: o.name, Value: o.refunded,
	}
	if o.canceled.After(refund.Time) {
		refund.Time = o.canceled
	}
	if all, err := o.refunded.Cmp(o.purchase.Value); err == nil && all >= 0 {
		refund.Lines = o.purchase.Lines
	}
	return yield(refund, nil)
}

// instant reads a time with its zone, as Shopify writes it.
func instant(t *table.Reader, k int) (time.Time, error) {
	text, err := t.Text(k)
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse("2006-01-02 15:04:05 -0700", text)
	if err != nil {
		if at, err = t.Time(k); err != nil {
			return time.Time{}, err
		}
	}
	return at.UTC().Truncate(time.Microsecond), nil
}

// amount reads an amount; an empty cell is none.
func amount(t *table.Reader, k int, c money.Currency) (money.Amount, error) {
	text := t.Raw(k)
	if text == "" {
		return money.New(0, c), nil
	}
	a, err := money.Parse(text, c)
	if err != nil {
		return a, t.Fail(k, err)
	}
	return a, nil
}
