package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/internal/table"
)

// order is one row of the file.
type order struct {
	customer flywheel.CustomerID
	at       time.Time
	amount   float64
}

// orders are the rows in one currency, and what was left out.
type orders struct {
	list     []order
	currency string
	rows     int
	nobody   int            // without a customer
	bad      int            // could not be read
	apart    map[string]int // rows in other currencies
	first    error          // why the first bad row was passed over
}

// Places in the spec's columns.
const (
	columnCustomer = iota
	columnDate
	columnAmount
	columnCurrency
	columnQuantity
	columnPrice
)

func orderSpec(o *options) table.Spec {
	spec := o.spec
	spec.Columns = []table.Column{
		{Name: "customer", Aliases: []string{"customer id", "client", "client id", "user", "user id", "buyer", "email"}},
		{Name: "date", Aliases: []string{"order date", "invoice date", "created at", "purchase date", "timestamp", "time", "day"}},
		{Name: "amount", Aliases: []string{"total", "value", "revenue", "sales", "order total", "total price", "dollar value"}, Optional: true},
		{Name: "currency", Aliases: []string{"currency code"}, Optional: true},
		{Name: "quantity", Aliases: []string{"qty", "units"}, Optional: true},
		{Name: "price", Aliases: []string{"unit price"}, Optional: true},
	}
	return spec
}

func readOrders(o *options, errs io.Writer) (*orders, error) {
	r, err := table.Open(o.in, orderSpec(o))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	product := r.Has(columnQuantity) && r.Has(columnPrice)
	if !r.Has(columnAmount) && !product {
		return nil, fmt.Errorf("%s: no column amount, nor both quantity and price (the headers are %s; -map amount=HEADER names one): %w", o.in, strings.Join(r.Header(), ", "), flywheel.ErrInvalid)
	}
	bar := progress.New(errs, 0, "orders")
	defer bar.Clear()
	byCurrency := map[string][]order{}
	out := &orders{apart: map[string]int{}}
	for r.Next() {
		out.rows++
		if out.rows%4096 == 0 {
			bar.Step(out.rows)
		}
		if r.Missing(columnCustomer) {
			out.nobody++
			continue
		}
		row, currency, err := readOrder(r, product)
		if err != nil {
			if !o.lenient {
				return nil, err
			}
			out.bad++
			if out.first == nil {
				out.first = err
			}
			continue
		}
		byCurrency[currency] = append(byCurrency[currency], row)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if len(byCurrency) == 0 {
		return nil, fmt.Errorf("%s: no orders with a customer among %d rows: %w", o.in, out.rows, flywheel.ErrInvalid)
	}
	return out, out.choose(byCurrency, strings.ToUpper(o.currency))
}

func readOrder(r *table.Reader, product bool) (row order, currency string, err error) {
	id, err := r.Text(columnCustomer)
	if err != nil {
		return row, "", err
	}
	if err := flywheel.CheckID(id); err != nil {
		return row, "", r.Fail(columnCustomer, err)
	}
	row.customer = flywheel.CustomerID(id)
	if row.at, err = r.Time(columnDate); err != nil {
		return row, "", err
	}
	const most = 1e12
	if r.Has(columnAmount) {
		row.amount, err = r.NumberBetween(columnAmount, -most, most)
	} else {
		var quantity, price float64
		if quantity, err = r.NumberBetween(columnQuantity, -1e9, 1e9); err == nil {
			price, err = r.NumberBetween(columnPrice, -1e9, 1e9)
		}
		row.amount = quantity * price
		if err == nil && math.Abs(row.amount) > most {
			err = r.Fail(columnPrice, fmt.Errorf("%v times %v: %w", quantity, price, flywheel.ErrOutOfRange))
		}
	}
	if err != nil {
		return row, "", err
	}
	if r.Has(columnCurrency) {
		currency = strings.ToUpper(r.Raw(columnCurrency))
	}
	return row, currency, nil
}

// choose keeps the orders of one currency; the others are counted, not converted.
func (o *orders) choose(byCurrency map[string][]order, wanted string) error {
	codes := make([]string, 0, len(byCurrency))
	for code := range byCurrency {
		codes = append(codes, code)
	}
	sort.Slice(codes, func(i, j int) bool {
		if a, b := len(byCurrency[codes[i]]), len(byCurrency[codes[j]]); a != b {
			return a > b
		}
		return codes[i] < codes[j]
	})
	o.currency = codes[0]
	if wanted != "" {
		if byCurrency[wanted] == nil {
			return fmt.Errorf("no orders in %s: there are %s: %w", wanted, strings.Join(codes, ", "), flywheel.ErrNotFound)
		}
		o.currency = wanted
	}
	for _, code := range codes {
		if code != o.currency {
			o.apart[code] = len(byCurrency[code])
		}
	}
	o.list = byCurrency[o.currency]
	return nil
}

// notes says what was left out.
func (o *orders) notes() []string {
	var notes []string
	if o.nobody > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d rows have no customer and are left out.", o.nobody, o.rows))
	}
	if o.bad > 0 {
		notes = append(notes, fmt.Sprintf("%d rows could not be read and are left out, the first because %v.", o.bad, o.first))
	}
	codes := make([]string, 0, len(o.apart))
	for code := range o.apart {
		codes = append(codes, code)
	}
	sort.Strings(codes)
	for _, code := range codes {
		name := code
		if name == "" {
			name = "no currency"
		}
		notes = append(notes, fmt.Sprintf("%d rows in %s are not part of this report: use -currency.", o.apart[code], name))
	}
	return notes
}

var errNothing = errors.New("nobody has bought: all amounts are zero or negative")
