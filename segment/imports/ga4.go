package imports

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/strictjson"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// GA4Options say how [GA4] reads.
type GA4Options struct {
	// Currency is that of events which name none. Default: their money is left out.
	Currency money.Currency
	// Customer returns the customer of a user_id. Default: the user_id.
	Customer func(userID string) flywheel.CustomerID
}

// mostLine bounds a line of the export.
const mostLine = 4 << 20

// whole is a whole number that BigQuery writes as a text or as a number.
type whole int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *whole) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64)
	*n = whole(v)
	return err
}

// plain is a number that BigQuery writes as a number or as a text.
type plain struct{ decimal.NullDecimal }

// UnmarshalJSON implements json.Unmarshaler.
func (p *plain) UnmarshalJSON(b []byte) error {
	if text := string(bytes.Trim(b, `"`)); text != "null" && len(text) > 64 {
		return fmt.Errorf("a number of %d digits: %w", len(text), flywheel.ErrLimit)
	}
	if err := p.NullDecimal.UnmarshalJSON(b); err != nil {
		return err
	}
	if e := p.Decimal.Exponent(); e > 64 || e < -64 { // its digits would fill the memory
		return fmt.Errorf("a number with the exponent %d: %w", e, flywheel.ErrOutOfRange)
	}
	return nil
}

// ga4Event is the part of a row of the export that is read.
type ga4Event struct {
	Name      string     `json:"event_name"`
	Timestamp *whole     `json:"event_timestamp"` // microseconds since 1970
	Bundle    whole      `json:"event_bundle_sequence_id"`
	Batch     whole      `json:"batch_event_index"`
	User      string     `json:"user_id"`
	Device    string     `json:"user_pseudo_id"`
	Params    []ga4Param `json:"event_params"`
	Items     []ga4Item  `json:"items"`
	Ecommerce struct {
		Transaction string `json:"transaction_id"`
		Revenue     plain  `json:"purchase_revenue"`
		Refund      plain  `json:"refund_value"`
	} `json:"ecommerce"`
}

type ga4Param struct {
	Key   string `json:"key"`
	Value struct {
		String *string  `json:"string_value"`
		Int    *whole   `json:"int_value"`
		Float  *float64 `json:"float_value"`
		Double *float64 `json:"double_value"`
	} `json:"value"`
}

type ga4Item struct {
	ID       string `json:"item_id"`
	Name     string `json:"item_name"`
	Quantity *whole `json:"quantity"`
	Price    plain  `json:"price"`
}

// GA4 yields the events of Google Analytics 4's BigQuery export, a JSON object a line;
// name is what errors call the file. A line that cannot be read is a [*LineError]. Rows
// that are alike in everything by which GA4 tells events apart are counted, so that the
// lines of one file must not be reordered between imports.
func GA4(name string, r io.Reader, opts GA4Options) iter.Seq2[flywheel.Event, error] {
	return func(yield func(flywheel.Event, error) bool) {
		in := bufio.NewScanner(r)
		in.Buffer(make([]byte, 64<<10), mostLine)
		alike := ""
		repeats := 0
		n := 0
		for in.Scan() {
			n++
			line := bytes.TrimSpace(in.Bytes())
			if n == 1 {
				line = bytes.TrimPrefix(line, []byte("\ufeff"))
			}
			if len(line) == 0 {
				continue
			}
			e, key, err := readGA4(line, &opts)
			if err != nil {
				if !yield(flywheel.Event{}, &LineError{name, n, err}) {
					return
				}
				continue
			}
			if key != "" { // GA4 tells it apart by nothing but its place
				if key != alike {
					alike, repeats = key, 0
				}
				e.ID = eventid.Of("ga4", key, strconv.Itoa(repeats))
				repeats++
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := in.Err(); err != nil {
			if errors.Is(err, bufio.ErrTooLong) {
				err = fmt.Errorf("more than %d bytes: %w", mostLine, flywheel.ErrLimit)
			}
			yield(flywheel.Event{}, &fileError{&LineError{name, n + 1, err}})
		}
	}
}

// readGA4 reads a row. The key is empty where the event has its ID already.
func readGA4(line []byte, opts *GA4Options) (e flywheel.Event, key string, err error) {
	wrong := func(field, format string, args ...any) error {
		return &flywheel.FieldError{Field: field, Err: fmt.Errorf(format+": %w", append(args, flywheel.ErrInvalid)...)}
	}
	// Other fields are many and change; names that are repeated are refused all the same.
	if err := strictjson.Check(line, &strictjson.Limits{Bytes: mostLine, Depth: 32, CaseSensitive: true}); err != nil {
		return e, "", err
	}
	var g ga4Event
	if err := json.Unmarshal(line, &g); err != nil {
		return e, "", fmt.Errorf("%w: %w", flywheel.ErrInvalid, err)
	}
	switch {
	case g.Timestamp == nil:
		return e, "", wrong("event_timestamp", "missing")
	case *g.Timestamp < 0 || *g.Timestamp > 253402300799999999:
		return e, "", wrong("event_timestamp", "%d is in no year to 9999", *g.Timestamp)
	case g.User == "" && g.Device == "":
		return e, "", wrong("user_pseudo_id", "neither a user nor a device")
	}
	e = flywheel.Event{Name: g.Name, Time: time.UnixMicro(int64(*g.Timestamp)).UTC(), Visitor: flywheel.VisitorID(g.Device), Ref: g.Ecommerce.Transaction}
	if g.User != "" {
		if e.Customer = flywheel.CustomerID(g.User); opts.Customer != nil {
			e.Customer = opts.Customer(g.User)
		}
	}
	currency, value := opts.Currency, decimal.NullDecimal{}
	for i := range g.Params {
		p := &g.Params[i]
		field := fmt.Sprintf("event_params[%d]", i)
		if p.Key == "" {
			return e, "", wrong(field+".key", "missing")
		}
		var v any
		switch {
		case p.Value.String != nil:
			v = *p.Value.String
		case p.Value.Int != nil:
			v = float64(*p.Value.Int)
		case p.Value.Double != nil:
			v = *p.Value.Double
		case p.Value.Float != nil:
			v = *p.Value.Float
		}
		x, isNumber := v.(float64)
		if isNumber && (math.IsNaN(x) || math.IsInf(x, 0)) {
			return e, "", wrong(field, "%v is no number", x)
		}
		switch text, _ := v.(string); {
		case p.Key == "ga_session_id" && v != nil:
			e.Session = fmt.Sprint(g.Device, ".", v)
			if isNumber {
				e.Session = g.Device + "." + strconv.FormatFloat(x, 'f', -1, 64)
			}
		case p.Key == "currency" && text != "":
			if currency, err = money.ParseCurrency(text); err != nil {
				return e, "", &flywheel.FieldError{Field: field, Err: err}
			}
		case p.Key == "value" && isNumber:
			value = decimal.NewNullDecimal(decimal.NewFromFloat(x))
		case p.Key == "transaction_id" && text != "":
			e.Ref = text
		case v != nil:
			if e.Properties == nil {
				e.Properties = map[string]any{}
			}
			e.Properties[p.Key] = v
		}
	}
	for _, revenue := range []plain{g.Ecommerce.Refund, g.Ecommerce.Revenue} {
		if revenue.Valid {
			value = revenue.NullDecimal
		}
	}
	amount := func(field string, d decimal.Decimal) (money.Amount, error) {
		a, err := money.FromDecimal(d.Round(int32(currency.Digits())), currency) // GA4 keeps floats
		if err != nil {
			return a, &flywheel.FieldError{Field: field, Err: err}
		}
		return a, nil
	}
	if value.Valid && !currency.IsZero() {
		if e.Value, err = amount("value", value.Decimal); err != nil {
			return e, "", err
		}
	}
	for i := range g.Items {
		it := &g.Items[i]
		field := fmt.Sprintf("items[%d]", i)
		l := flywheel.Line{SKU: flywheel.SKU(it.ID), Quantity: 1}
		if it.ID == "" || it.ID == "(not set)" {
			l.SKU = flywheel.SKU(it.Name)
		}
		if it.Quantity != nil {
			l.Quantity = int64(*it.Quantity)
		}
		if it.Price.Valid && !currency.IsZero() {
			if l.Amount, err = amount(field+".price", it.Price.Decimal.Mul(decimal.NewFromInt(l.Quantity))); err != nil {
				return e, "", err
			}
		}
		e.Lines = append(e.Lines, l)
	}
	if e.Ref != "" && (g.Name == flywheel.EventPurchase || g.Name == flywheel.EventRefund) {
		e.ID = eventid.Of(g.Name, "ga4", e.Ref)
		if g.Name == flywheel.EventRefund { // of one order there may be several
			e.ID = eventid.Of(g.Name, "ga4", e.Ref, strconv.FormatInt(int64(*g.Timestamp), 10))
		}
		return e, "", e.Validate()
	}
	e.ID = "none yet"
	key = fmt.Sprintf("%s %s %s %d %d %d", g.Device, g.User, g.Name, *g.Timestamp, g.Bundle, g.Batch)
	return e, key, e.Validate()
}
