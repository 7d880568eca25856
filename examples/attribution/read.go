package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/campaign/utm"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// cost is a row of the cost file; the date is zero where there is none.
type cost struct {
	date    time.Time
	channel utm.ChannelGroup
	amount  float64
}

// sale is what the shop sold on a date.
type sale struct {
	date  time.Time
	value float64
}

var (
	pathColumns = []table.Column{
		{Name: "path", Aliases: []string{"channels", "journey"}},
		{Name: "conversions", Aliases: []string{"total_conversions"}},
		{Name: "value", Aliases: []string{"total_conversion_value", "revenue"}, Optional: true},
		{Name: "nulls", Aliases: []string{"total_null", "null", "non_conversions"}, Optional: true},
	}
	eventColumns = []table.Column{
		{Name: "time", Aliases: []string{"timestamp", "event_time", "ts", "date"}},
		{Name: "visitor", Aliases: []string{"anon_id", "anonymous_id", "user_pseudo_id", "client_id", "device"}},
		{Name: "event", Aliases: []string{"event_name", "name"}},
		{Name: "customer", Aliases: []string{"user_id", "customer_id"}, Optional: true},
		{Name: "order", Aliases: []string{"transaction_id", "order_id"}, Optional: true},
		{Name: "value", Aliases: []string{"revenue", "amount"}, Optional: true},
		{Name: "source", Aliases: []string{"utm_source"}, Optional: true},
		{Name: "medium", Aliases: []string{"utm_medium"}, Optional: true},
		{Name: "campaign", Aliases: []string{"utm_campaign"}, Optional: true},
		{Name: "landing", Aliases: []string{"page_location", "url"}, Optional: true},
		{Name: "referrer", Aliases: []string{"page_referrer", "referer"}, Optional: true},
	}
	costColumns = []table.Column{
		{Name: "channel", Aliases: []string{"channel_group"}},
		{Name: "cost", Aliases: []string{"spend", "amount"}},
		{Name: "date", Aliases: []string{"week", "day", "ds"}, Optional: true},
	}
	salesColumns = []table.Column{
		{Name: "date", Aliases: []string{"week", "day", "ds"}},
		{Name: "value", Aliases: []string{"revenue", "sales", "y"}},
	}
)

// mostRows bounds each file.
const mostRows = 20_000_000

// open opens a file with columns, in the dialect of the flags. A field of -map
// belongs to those files that have it.
func (o *options) open(name string, columns []table.Column) (*table.Reader, error) {
	spec := o.dialect
	spec.Columns, spec.MaxRows, spec.Map = columns, mostRows, map[string]string{}
	for field, header := range o.dialect.Map {
		known := false
		for _, list := range [][]table.Column{pathColumns, eventColumns, costColumns, salesColumns} {
			for _, c := range list {
				known = known || c.Name == field
			}
		}
		if !known {
			return nil, fmt.Errorf("-map %s=%s: no file has such a field", field, header)
		}
		for _, c := range columns {
			if c.Name == field {
				spec.Map[field] = header
			}
		}
	}
	return table.Open(name, spec)
}

// load reads what the flags name, or makes the built-in shop.
func load(o *options, stderr io.Writer) (*shop, error) {
	s := &shop{name: "a built-in shop"}
	var events []flywheel.Event
	var err error
	switch {
	case o.in != "":
		s.name = o.in
		paths, err := o.readPaths(stderr)
		if err != nil {
			return nil, err
		}
		if s.set, err = attribution.NewSet(paths); err != nil {
			return nil, err
		}
	case o.events != "":
		s.name = o.events
		if events, err = o.readEvents(stderr); err != nil {
			return nil, err
		}
	default:
		events, s.costs = builtIn()
	}
	if o.cost != "" {
		if s.costs, err = o.readCosts(); err != nil {
			return nil, err
		}
	}
	if o.sales != "" {
		if s.sales, err = o.readSales(); err != nil {
			return nil, err
		}
	}
	if s.set != nil {
		return s, nil
	}
	if s.built, err = (attribution.Builder{Lookback: o.lookback, Cut: o.cut}).Build(events); err != nil {
		return nil, err
	}
	s.journeys = s.built.Journeys
	counts, err := attribution.Count(s.journeys)
	if err != nil {
		return nil, err
	}
	for i := range events {
		if e := &events[i]; e.Name == flywheel.EventPurchase {
			s.sales = append(s.sales, sale{e.Time, major(e.Value)})
		}
	}
	s.set, err = counts.Set()
	return s, err
}

func major(a money.Amount) float64 {
	if a.IsZero() {
		return 0
	}
	return float64(a.Minor()) / math.Pow10(a.Currency().Digits())
}

func (o *options) readPaths(stderr io.Writer) (paths []attribution.Path, err error) {
	r, err := o.open(o.in, pathColumns)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	bar := progress.New(stderr, 0, "paths")
	defer bar.Clear()
	for r.Next() {
		var p attribution.Path
		if r.Missing(0) {
			return nil, r.Fail(0, errors.New("the path is empty"))
		}
		for name := range strings.SplitSeq(r.Raw(0), o.separator) {
			name = strings.TrimSpace(name)
			if err := flywheel.CheckID(name); err != nil {
				return nil, r.Fail(0, err)
			}
			p.Channels = append(p.Channels, utm.ChannelGroup(strings.Clone(name)))
		}
		if p.Conversions, err = r.Int(1, 0, 1e15); err != nil {
			return nil, err
		}
		if r.Has(2) && !r.Missing(2) {
			if p.Value, err = r.NumberBetween(2, 0, 1e12); err != nil {
				return nil, err
			}
		}
		if p.Value > 0 && p.Conversions == 0 {
			return nil, r.Fail(2, errors.New("a value without a conversion"))
		}
		if r.Has(3) && !r.Missing(3) {
			if p.Nulls, err = r.Int(3, 0, 1e15); err != nil {
				return nil, err
			}
		}
		paths = append(paths, p)
		bar.Step(len(paths))
	}
	if r.Err() == nil && len(paths) == 0 {
		return nil, fmt.Errorf("%s has no paths", o.in)
	}
	return paths, r.Err()
}

func (o *options) readEvents(stderr io.Writer) (events []flywheel.Event, err error) {
	currency, err := money.ParseCurrency(o.currency)
	if err != nil {
		return nil, fmt.Errorf("-currency: %w", err)
	}
	r, err := o.open(o.events, eventColumns)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	bar := progress.New(stderr, 0, "events")
	defer bar.Clear()
	for r.Next() {
		e := flywheel.Event{}
		if e.Time, err = eventTime(r); err != nil {
			return nil, err
		}
		name, err := r.Text(2)
		if err != nil {
			return nil, err
		}
		e.Name = name
		for k, to := range map[int]func(string){
			1: func(s string) { e.Visitor = flywheel.VisitorID(s) }, 3: func(s string) { e.Customer = flywheel.CustomerID(s) }, 4: func(s string) { e.Ref = s },
		} {
			if text := r.Raw(k); text != "" {
				if err := flywheel.CheckID(text); err != nil {
					return nil, r.Fail(k, err)
				}
				to(strings.Clone(text))
			}
		}
		if !r.Missing(5) && name == flywheel.EventPurchase {
			value, err := r.NumberBetween(5, 0, 1e12)
			if err != nil {
				return nil, err
			}
			e.Value = money.New(int64(math.Round(value*math.Pow10(currency.Digits()))), currency)
		}
		for i, key := range []string{utm.PropertySource, utm.PropertyMedium, utm.PropertyCampaign, utm.PropertyLanding, utm.PropertyReferrer} {
			if text := r.Raw(6 + i); text != "" {
				if e.Properties == nil {
					e.Properties = map[string]any{}
				}
				e.Properties[key] = strings.Clone(text)
			}
		}
		events = append(events, e)
		bar.Step(len(events))
	}
	if r.Err() == nil && len(events) == 0 {
		return nil, fmt.Errorf("%s has no events", o.events)
	}
	return events, r.Err()
}

// eventTime reads an instant, or seconds since 1970.
func eventTime(r *table.Reader) (time.Time, error) {
	if text := r.Raw(0); len(text) >= 9 && len(text) <= 11 && strings.Trim(text, "0123456789") == "" {
		seconds, err := r.Int(0, 0, 1e11)
		return time.Unix(seconds, 0).UTC(), err
	}
	return r.Time(0)
}

func (o *options) readCosts() (costs []cost, err error) {
	r, err := o.open(o.cost, costColumns)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		name, err := r.Text(0)
		if err != nil {
			return nil, err
		}
		if err := flywheel.CheckID(name); err != nil {
			return nil, r.Fail(0, err)
		}
		c := cost{channel: utm.ChannelGroup(name)}
		if c.amount, err = r.NumberBetween(1, 0, 1e12); err != nil {
			return nil, err
		}
		if r.Has(2) {
			if c.date, err = r.Time(2); err != nil {
				return nil, err
			}
		}
		costs = append(costs, c)
	}
	if r.Err() == nil && len(costs) == 0 {
		return nil, fmt.Errorf("%s has no costs", o.cost)
	}
	return costs, r.Err()
}

func (o *options) readSales() (sales []sale, err error) {
	r, err := o.open(o.sales, salesColumns)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		var s sale
		if s.date, err = r.Time(0); err != nil {
			return nil, err
		}
		if s.value, err = r.NumberBetween(1, -1e12, 1e12); err != nil {
			return nil, err
		}
		sales = append(sales, s)
	}
	if r.Err() == nil && len(sales) == 0 {
		return nil, fmt.Errorf("%s has no rows", o.sales)
	}
	return sales, r.Err()
}
