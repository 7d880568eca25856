package retail

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Header is the first line of the form.
var Header = []string{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"}

const (
	colInvoice = iota
	colCode
	colDescription
	colQuantity
	colDate
	colPrice
	colCustomer
	colCountry
)

// Book is a file that was read.
type Book struct {
	Invoices []Invoice // in order of time, then of the file
	Rows     int       // that were read, without the unreadable
	// Names has the first description of each code.
	Names map[string]string
	// Unreadable lists the rows that make no sense, in order of the file.
	Unreadable []*RowError
}

// ReadFile reads the named file; see [Read].
func ReadFile(name string, currency money.Currency) (*Book, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f, name, currency)
}

// Read reads a file in the Online Retail form, gzip or not. Unreadable rows are
// collected; what concerns the file as a whole (it is empty, has another header,
// breaks off) is an error that names it as name, with the line.
func Read(r io.Reader, name string, currency money.Currency) (*Book, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	head, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(head) == 0 {
		return nil, &RowError{File: name, Line: 1, Err: fmt.Errorf("the file is empty: %w", flywheel.ErrInvalid)}
	}
	var in io.Reader = buffered
	if bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%s: gzip: %w: %w", name, err, flywheel.ErrInvalid)
		}
		defer z.Close()
		in = z
	}
	b := &builder{book: &Book{Names: map[string]string{}}, file: name, currency: currency, text: map[string]string{}, seen: map[string]int{}}
	if err := b.read(in); err != nil {
		return nil, err
	}
	b.close()
	slices.SortStableFunc(b.book.Invoices, func(x, y Invoice) int { return x.Time.Compare(y.Time) })
	return b.book, nil
}

// builder turns records into invoices.
type builder struct {
	book     *Book
	file     string
	currency money.Currency
	text     map[string]string // one copy of each string
	seen     map[string]int    // how often an invoice number began
	number   string            // of the invoice being built
	invoice  Invoice
	dateText string
	date     time.Time
	total    float64 // of the magnitudes of all values: no sum of some is larger
}

func (b *builder) read(in io.Reader) error {
	records := csv.NewReader(in)
	records.ReuseRecord = true
	records.FieldsPerRecord = -1
	for first := true; ; first = false {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			if first {
				return &RowError{File: b.file, Line: 1, Err: fmt.Errorf("the file is empty: %w", flywheel.ErrInvalid)}
			}
			return nil
		}
		if syntax, ok := errors.AsType[*csv.ParseError](err); ok && !first {
			b.refuse(syntax.StartLine, "", fmt.Errorf("%w: %w", syntax.Err, flywheel.ErrInvalid))
			continue
		}
		if err != nil {
			line := 1 // of what could not be read there is no position but that of a syntax error
			if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
				line = syntax.StartLine
			}
			return &RowError{File: b.file, Line: line, Err: fmt.Errorf("%w: %w", err, flywheel.ErrInvalid)}
		}
		line, _ := records.FieldPos(0)
		if first {
			if err := b.header(record); err != nil {
				return err
			}
			continue
		}
		if err := b.row(line, record); err != nil {
			b.book.Unreadable = append(b.book.Unreadable, err)
		}
	}
}

func (b *builder) header(record []string) error {
	for i, want := range Header {
		got := ""
		if i < len(record) {
			got = record[i]
		}
		if i == 0 {
			got = strings.TrimPrefix(got, "\ufeff")
		}
		if got != want {
			return &RowError{File: b.file, Line: 1, Field: want,
				Err: fmt.Errorf("column %d of the header is %q: %w", i+1, got, flywheel.ErrInvalid)}
		}
	}
	return nil
}

func (b *builder) refuse(line int, field string, err error) {
	b.book.Unreadable = append(b.book.Unreadable, &RowError{File: b.file, Line: line, Field: field, Err: err})
}

// intern returns one lasting copy of s.
func (b *builder) intern(s string) string {
	if t, ok := b.text[s]; ok {
		return t
	}
	t := strings.Clone(s)
	b.text[t] = t
	return t
}

func (b *builder) row(line int, record []string) *RowError {
	fail := func(field string, err error) *RowError {
		return &RowError{File: b.file, Line: line, Field: field, Err: err}
	}
	if len(record) != len(Header) {
		return fail("", fmt.Errorf("%d columns, want %d: %w", len(record), len(Header), flywheel.ErrInvalid))
	}
	number := record[colInvoice]
	if err := flywheel.CheckID(number); err != nil {
		return fail(Header[colInvoice], err)
	}
	if err := flywheel.CheckID(record[colCode]); err != nil {
		return fail(Header[colCode], err)
	}
	if customer := record[colCustomer]; customer != "" {
		if err := flywheel.CheckID(customer); err != nil {
			return fail(Header[colCustomer], err)
		}
	}
	quantity, err := strconv.ParseInt(record[colQuantity], 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fail(Header[colQuantity], fmt.Errorf("%q: %w", record[colQuantity], flywheel.ErrOutOfRange))
	case err != nil:
		return fail(Header[colQuantity], fmt.Errorf("%q is no whole number: %w", record[colQuantity], flywheel.ErrInvalid))
	case quantity == 0:
		return fail(Header[colQuantity], fmt.Errorf("zero: %w", flywheel.ErrInvalid))
	}
	if record[colDate] != b.dateText {
		date, err := time.Parse(time.DateTime, record[colDate])
		if err != nil {
			return fail(Header[colDate], fmt.Errorf("%q is not of the form %q: %w", record[colDate], time.DateTime, flywheel.ErrInvalid))
		}
		b.dateText, b.date = strings.Clone(record[colDate]), date
	}
	price, err := money.ParsePrice(record[colPrice], b.currency)
	if err != nil {
		return fail(Header[colPrice], err)
	}
	row := Row{Line: int32(line), Kind: kindOf(record[colCode]), Quantity: quantity, Price: price}
	if row.Value, err = value(quantity, price); err != nil {
		return fail(Header[colPrice], err)
	}
	if total := b.total + math.Abs(float64(row.Value)); total > math.MaxInt64/2 {
		return fail(Header[colPrice], fmt.Errorf("%d times %s: the sum of all rows would leave int64: %w", quantity, price, flywheel.ErrOutOfRange))
	}
	cancels := strings.HasPrefix(number, "C")
	if err := check(row, cancels); err != nil {
		return fail(Header[colQuantity], err)
	}
	row.Code = b.intern(record[colCode])
	if name := strings.TrimSpace(record[colDescription]); name != "" && b.book.Names[row.Code] == "" {
		b.book.Names[row.Code] = strings.Clone(name)
	}

	if number != b.number || record[colCustomer] != string(b.invoice.Customer) {
		b.close()
		b.number = b.intern(number)
		b.invoice = Invoice{
			ID: b.number, Time: b.date, Cancels: cancels,
			Customer: flywheel.CustomerID(b.intern(record[colCustomer])), Country: b.intern(record[colCountry]),
			Rows: b.invoice.Rows, // emptied by close, and cloned when it is full
		}
		b.seen[b.number]++
		if n := b.seen[b.number]; n > 1 {
			b.invoice.ID = fmt.Sprintf("%s#%d", b.number, n)
		}
	}
	b.invoice.Rows = append(b.invoice.Rows, row)
	b.total += math.Abs(float64(row.Value))
	b.book.Rows++
	return nil
}

// check refuses signs that make no sense for what the row is.
func check(row Row, cancels bool) error {
	price := row.Price.Coefficient()
	switch {
	case !row.Kind.Billed():
		return nil // a booking has the sign that it has
	case price < 0:
		return fmt.Errorf("a negative price for %s: %w", row.Kind, flywheel.ErrInvalid)
	case cancels && row.Quantity > 0:
		return fmt.Errorf("%d is positive in a cancellation: %w", row.Quantity, flywheel.ErrInvalid)
	case !cancels && row.Quantity < 0 && price != 0:
		return fmt.Errorf("%d is negative outside of a cancellation: %w", row.Quantity, flywheel.ErrInvalid)
	}
	return nil
}

// close ends the invoice being built.
func (b *builder) close() {
	if len(b.invoice.Rows) == 0 {
		return
	}
	in := b.invoice
	in.Rows = slices.Clone(in.Rows)
	corrects := in.correctsStock()
	for i := range in.Rows {
		row := &in.Rows[i]
		if row.Kind.Billed() && !in.Cancels && (corrects || row.Quantity < 0) {
			row.Kind = Stock
		}
	}
	b.book.Invoices = append(b.book.Invoices, in)
	b.invoice.Rows = b.invoice.Rows[:0]
	b.number = ""
}
