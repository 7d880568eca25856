package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/live"
)

// follow prints the entries and exits that events bring about.
func follow(o *options, in io.Reader, out io.Writer) error {
	defs, err := readSegments(o.segments)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	defer w.Flush()
	f := &follower{engine: live.New(&live.Options{Anonymous: o.anonymous}), defs: defs, out: w}
	err = eachEvent(o, in, f.take)
	if err != nil {
		return err
	}
	return f.end()
}

// follower feeds events in the order of their times.
type follower struct {
	engine  *live.Engine
	defs    []live.Definition
	out     *bufio.Writer
	started bool
	last    time.Time
	n       uint64
	late    int
}

func (f *follower) take(e flywheel.Event) error {
	if err := e.Validate(); err != nil {
		return err
	}
	if !f.started {
		f.started, f.last = true, e.Time
		if err := f.engine.Define(e.Time, nil, f.defs...); err != nil {
			return err
		}
	}
	f.n++
	entry := live.Entry{Event: e, Position: f.n, Received: e.Time}
	if e.Time.Before(f.last) { // told late: the clock goes on
		f.late++
		entry.Received = f.last
	}
	f.last = entry.Received
	if err := f.until(f.last); err != nil {
		return err
	}
	if err := f.engine.Apply(&entry, f.last); err != nil {
		return err
	}
	return f.print()
}

// until does what time causes before an instant, one instant after the other, so that
// each change is explained as of its own.
func (f *follower) until(to time.Time) error {
	for {
		next := f.engine.Next()
		if next.IsZero() || !next.Before(to) {
			return nil
		}
		if _, err := f.engine.Advance(next, -1); err != nil {
			return err
		}
		if err := f.print(); err != nil {
			return err
		}
	}
}

func (f *follower) print() error {
	changes := slices.Clone(f.engine.Changes())
	for _, t := range changes {
		what := "leaves"
		if t.Enter {
			what = "enters"
		}
		why, err := f.engine.Explain(t.Segment, t.Member, t.At)
		if err != nil {
			return err
		}
		fmt.Fprintf(f.out, "%s %s %s %s (%s): %s\n", t.At.Format(time.RFC3339Nano), t.Member, what, t.Segment, t.Cause, reason(why))
	}
	return nil
}

// reason puts an explanation in one line.
func reason(why live.Explanation) string {
	var parts []string
	for _, r := range why.Reasons {
		if r.Holds == why.In || len(why.Reasons) == 1 {
			parts = append(parts, r.String())
		}
	}
	if len(parts) == 0 {
		for _, r := range why.Reasons {
			parts = append(parts, r.String())
		}
	}
	text := strings.Join(parts, "; ")
	if !why.Next.IsZero() {
		text += ", until " + why.Next.Format(time.RFC3339Nano)
	}
	return text
}

func (f *follower) end() error {
	if !f.started {
		return errors.New("no events")
	}
	if _, err := f.engine.Advance(f.last, -1); err != nil {
		return err
	}
	if err := f.print(); err != nil {
		return err
	}
	fmt.Fprintf(f.out, "%d events until %s", f.n, f.last.Format(time.RFC3339))
	if f.late > 0 {
		fmt.Fprintf(f.out, ", %d of them late", f.late)
	}
	fmt.Fprintln(f.out)
	for _, d := range f.engine.Definitions() {
		size, err := f.engine.Size(d.Name)
		if err != nil {
			return err
		}
		fmt.Fprintf(f.out, "%s: %d members\n", d.Name, size)
	}
	return nil
}

// readSegments reads a JSON list of definitions, or one definition.
func readSegments(name string) ([]live.Definition, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := strictjson.Check(src, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if json.Unmarshal(src, &list) != nil {
		list = []json.RawMessage{src}
	}
	var defs []live.Definition
	for i, s := range list {
		d, err := live.ParseDefinition(s)
		if err != nil {
			return nil, fmt.Errorf("%s: definition %d: %w", name, i, err)
		}
		defs = append(defs, d)
	}
	return defs, nil
}

// eachEvent reads events from CSV or JSON lines.
func eachEvent(o *options, in io.Reader, take func(flywheel.Event) error) error {
	if o.events == "-" {
		return jsonLines("standard input", in, take)
	}
	switch strings.ToLower(filepath.Ext(strings.TrimSuffix(o.events, ".gz"))) {
	case ".jsonl", ".ndjson", ".json":
		file, err := os.Open(o.events)
		if err != nil {
			return err
		}
		defer file.Close()
		return jsonLines(o.events, file, take)
	}
	return csvEvents(o, take)
}

func jsonLines(name string, in io.Reader, take func(flywheel.Event) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var e flywheel.Event
		err := strictjson.Decode(lines.Bytes(), &e, nil)
		if err == nil {
			err = take(e)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", name, n, err)
		}
	}
	return lines.Err()
}

// The columns of events; all others are properties.
var eventColumns = []table.Column{
	{Name: "time", Aliases: []string{"ts", "timestamp", "date", "at"}},
	{Name: "name", Aliases: []string{"event", "event name", "action"}},
	{Name: "customer", Aliases: []string{"customer id", "user id", "user"}, Optional: true},
	{Name: "visitor", Aliases: []string{"visitor id", "anon id", "anonymous id", "device"}, Optional: true},
	{Name: "id", Aliases: []string{"event id", "seq"}, Optional: true},
	{Name: "value", Aliases: []string{"amount", "revenue"}, Optional: true},
	{Name: "currency", Optional: true},
}

const (
	eventTime = iota
	eventName
	eventCustomer
	eventVisitor
	eventID
	eventValue
	eventCurrency
)

func csvEvents(o *options, take func(flywheel.Event) error) error {
	spec := o.spec
	spec.Columns = eventColumns
	r, err := table.Open(o.events, spec)
	if err != nil {
		return err
	}
	defer r.Close()
	if !r.Has(eventCustomer) && !r.Has(eventVisitor) {
		return fmt.Errorf("%s: neither a column customer nor one visitor: %w", o.events, flywheel.ErrInvalid)
	}
	type extra struct {
		name string
		at   int
	}
	var properties []extra
	for _, header := range r.Header() {
		if k, err := r.Find(header); err == nil && k >= len(eventColumns) {
			properties = append(properties, extra{header, k})
		}
	}
	for n := 1; r.Next(); n++ {
		e := flywheel.Event{ID: r.Raw(eventID), Customer: flywheel.CustomerID(r.Raw(eventCustomer)), Visitor: flywheel.VisitorID(r.Raw(eventVisitor)), Properties: map[string]any{}}
		if e.ID == "" {
			e.ID = "row-" + strconv.Itoa(n)
		}
		if e.Time, err = eventInstant(r); err != nil {
			return err
		}
		if e.Name, err = r.Text(eventName); err != nil {
			return err
		}
		if !r.Missing(eventValue) {
			if err := readValue(r, &e); err != nil {
				return err
			}
		}
		for _, p := range properties {
			if raw := r.Raw(p.at); raw != "" {
				if x, err := strconv.ParseFloat(raw, 64); err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
					e.Properties[p.name] = x
				} else {
					e.Properties[p.name] = raw
				}
			}
		}
		if err := take(e); err != nil {
			return r.Fail(eventName, err)
		}
	}
	return r.Err()
}

// eventInstant reads a date, or a number of seconds since 1970.
func eventInstant(r *table.Reader) (time.Time, error) {
	raw := r.Raw(eventTime)
	if seconds, err := strconv.ParseFloat(raw, 64); err == nil && seconds > 1e8 && seconds < 1e11 {
		return time.UnixMicro(int64(math.Round(seconds * 1e6))).UTC(), nil
	}
	return r.Time(eventTime)
}

// readValue reads an amount of money, or a plain number where there is no currency.
func readValue(r *table.Reader, e *flywheel.Event) error {
	x, err := r.NumberBetween(eventValue, -1e12, 1e12)
	if err != nil {
		return err
	}
	if r.Missing(eventCurrency) {
		e.Properties["value"] = x
		return nil
	}
	c, err := money.ParseCurrency(strings.ToUpper(r.Raw(eventCurrency)))
	if err != nil {
		return r.Fail(eventCurrency, err)
	}
	e.Value = money.New(int64(math.Round(x*math.Pow10(c.Digits()))), c)
	return nil
}
