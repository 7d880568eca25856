package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/recommend"
)

// choices reads a table of user, item and perhaps timestamp.
func (o *options) choices(file string) ([]recommend.Choice, error) {
	var out []recommend.Choice
	err := o.read(file, []string{"user", "userid", "customer", "user_id:token"}, func(who, item string, at time.Time) {
		out = append(out, recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(who)}, Item: flywheel.SKU(item), At: at})
	})
	return out, err
}

// visitsOf reads a table of sessions, each ordered by time, in the order in which
// they first appear.
func (o *options) visitsOf(file string) ([]recommend.Session, error) {
	type click struct {
		item flywheel.SKU
		at   time.Time
	}
	clicks := map[string][]click{}
	var ids []string
	err := o.read(file, []string{"session", "sessionid", "visit"}, func(who, item string, at time.Time) {
		if clicks[who] == nil {
			ids = append(ids, who)
		}
		clicks[who] = append(clicks[who], click{flywheel.SKU(item), at})
	})
	if err != nil {
		return nil, err
	}
	var out []recommend.Session
	for _, id := range ids {
		list := clicks[id]
		slices.SortStableFunc(list, func(a, b click) int { return a.at.Compare(b.at) })
		s := recommend.Session{ID: id}
		timed := true
		for _, c := range list {
			s.Items = append(s.Items, c.item)
			s.At = append(s.At, c.at)
			timed = timed && !c.at.IsZero()
		}
		if !timed {
			s.At = nil
		}
		out = append(out, s)
	}
	return out, nil
}

// read calls row for each row of a table whose first column has one of the names.
func (o *options) read(file string, names []string, row func(who, item string, at time.Time)) error {
	spec := o.dialect
	spec.Columns = []table.Column{
		{Name: names[0], Aliases: names[1:]},
		{Name: "item", Aliases: []string{"itemid", "sku"}},
		{Name: "timestamp", Aliases: []string{"time", "ts", "date"}, Optional: true},
	}
	r, err := table.Open(file, spec)
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		who, err := r.Text(0)
		if err != nil {
			return err
		}
		item, err := r.Text(1)
		if err != nil {
			return err
		}
		var at time.Time
		if r.Has(2) && !r.Missing(2) {
			if at, err = instant(r); err != nil {
				return err
			}
		}
		row(who, item, at)
	}
	return r.Err()
}

// instant reads a time: seconds since 1970, or what the table reader knows.
func instant(r *table.Reader) (time.Time, error) {
	seconds, err := strconv.ParseFloat(r.Raw(2), 64)
	if err != nil {
		return r.Time(2)
	}
	const most = 253402300799 // the end of the year 9999
	if !(math.Abs(seconds) <= most) {
		return time.Time{}, r.Fail(2, fmt.Errorf("%v seconds since 1970: %w", seconds, flywheel.ErrOutOfRange))
	}
	whole, part := math.Modf(seconds)
	at := time.Unix(int64(whole), int64(math.Round(part*1e6))*1000).UTC()
	if at.IsZero() {
		return at, r.Fail(2, fmt.Errorf("the year 1: %w", flywheel.ErrOutOfRange))
	}
	return at, nil
}
