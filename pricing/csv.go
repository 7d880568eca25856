package pricing

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// columns are those of a price file, of which the first three must be there.
var columns = []string{"sku", "currency", "unit", "min_quantity", "max_quantity", "floor"}

// ReadEntries reads entries of a price list from CSV, one at a time, so that a
// file of millions takes little memory. The first row names the columns, in any
// order: sku, currency and unit, and where wanted min_quantity, max_quantity and
// floor. An error is yielded once, last; it names the line and the column.
func ReadEntries(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		in := csv.NewReader(r)
		in.ReuseRecord = true
		places, err := readHeader(in)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		for {
			record, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			var e Entry
			if err == nil {
				line, _ := in.FieldPos(0)
				e, err = readEntry(record, places, line)
			} else {
				err = csvError(err)
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// csvError gives a malformed file a kind; an error of the reader stays as it is.
func csvError(err error) error {
	if _, malformed := errors.AsType[*csv.ParseError](err); malformed {
		return &FieldError{Field: "csv", Err: fmt.Errorf("%w: %w", err, flywheel.ErrInvalid)}
	}
	return fmt.Errorf("pricing: csv: %w", err)
}

// readHeader returns where each of the columns is, -1 for nowhere.
func readHeader(in *csv.Reader) ([]int, error) {
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, field(invalid("the file is empty"), "line 1")
	}
	if err != nil {
		return nil, csvError(err)
	}
	places := make([]int, len(columns))
	for i, name := range columns {
		places[i] = slices.Index(header, name)
		if places[i] < 0 && i < 3 {
			return nil, field(invalid("no column %q", name), "line 1")
		}
	}
	for i, name := range header {
		if !slices.Contains(columns, name) || slices.Contains(header[:i], name) {
			return nil, field(invalid("column %.40q is unknown or there twice", name), "line 1")
		}
	}
	return places, nil
}

func readEntry(record []string, places []int, line int) (e Entry, err error) {
	at := func(i int) string {
		if places[i] < 0 {
			return ""
		}
		return record[places[i]]
	}
	wrong := func(i int, err error) (Entry, error) {
		return Entry{}, field(err, "line %d, %s", line, columns[i])
	}
	e.SKU = flywheel.SKU(at(0))
	if err := flywheel.CheckID(at(0)); err != nil {
		return wrong(0, err)
	}
	c, err := money.ParseCurrency(at(1))
	if err != nil {
		return wrong(1, err)
	}
	if e.Unit, err = money.ParsePrice(at(2), c); err == nil {
		err = checkUnit(e.Unit)
	}
	if err != nil {
		return wrong(2, err)
	}
	for k, to := range []*int64{&e.MinQuantity, &e.MaxQuantity} {
		if text := at(3 + k); text != "" {
			if *to, err = strconv.ParseInt(text, 10, 64); err != nil || *to < 0 {
				return wrong(3+k, invalid("%.40q is no quantity", text))
			}
		}
	}
	if text := at(5); text != "" {
		if e.Floor, err = money.ParsePrice(text, c); err == nil {
			err = checkUnit(e.Floor)
		}
		if err != nil {
			return wrong(5, err)
		}
	}
	return e, nil
}
