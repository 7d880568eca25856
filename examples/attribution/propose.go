package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/budget"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

const leastWeeks = 40

// propose fits response curves to weekly costs and sales and allocates a week's
// budget. Where the data do not allow it, the report says why.
func (r *report) propose(o *options, s *shop) error {
	switch {
	case len(s.costs) == 0:
		r.why = "there is no file of costs (-cost)"
		return nil
	case slices.ContainsFunc(s.costs, func(c cost) bool { return c.date.IsZero() }):
		r.why = "the costs have no dates"
		return nil
	case len(s.sales) == 0:
		r.why = "there are no sales by date (-sales)"
		return nil
	}
	data, weeks := weekly(s)
	if weeks < leastWeeks {
		r.why = fmt.Sprintf("costs and sales share %d whole weeks, at least %d are needed", weeks, leastWeeks)
		return nil
	}
	fit, err := budget.Fitting{Form: budget.Form(o.form), Adstock: budget.Geometric, Level: o.level, Seed: o.seed}.Fit(data)
	if err != nil {
		if errors.Is(err, flywheel.ErrInvalid) {
			r.why = err.Error()
			return nil
		}
		return err
	}
	r.fit = fit
	total := o.budget
	for _, c := range fit.Channels {
		r.now = append(r.now, c.MeanSpend)
		if o.budget == 0 {
			total += c.MeanSpend
		}
	}
	r.plan = fit.Plan(total)
	for i := range r.plan.Channels {
		// Beyond what was ever spent the curve is a guess: go at most half as far
		// again.
		most := 1.5 * slices.Max(data.Spend[i].Values)
		r.plan.Channels[i].High = most
	}
	r.proposal, err = budget.Allocate(r.plan)
	return err
}

// weekly sums costs and sales over the whole weeks, from Monday, that both cover.
func weekly(s *shop) (budget.Data, int) {
	week := func(t time.Time) int {
		days := int(t.UTC().Unix() / 86400)
		if t.Unix() < 0 && t.Unix()%86400 != 0 {
			days--
		}
		return (days + 3) / 7 // 1970-01-01 is a Thursday
	}
	first, last := 0, 0
	span := func(dates []time.Time) (from, to int) {
		from, to = week(dates[0]), week(dates[0])
		for _, d := range dates {
			from, to = min(from, week(d)), max(to, week(d))
		}
		return from, to
	}
	var paid, sold []time.Time
	var names []utm.ChannelGroup
	for _, c := range s.costs {
		paid = append(paid, c.date)
		if !slices.Contains(names, c.channel) {
			names = append(names, c.channel)
		}
	}
	for _, x := range s.sales {
		sold = append(sold, x.date)
	}
	slices.Sort(names)
	a, b := span(paid)
	c, d := span(sold)
	first, last = max(a, c), min(b, d)
	if last < first {
		return budget.Data{}, 0
	}
	n := last - first + 1
	data := budget.Data{Response: make([]float64, n), Trend: true}
	if n >= 104 {
		data.Season = 52
	}
	for _, name := range names {
		data.Spend = append(data.Spend, budget.Series{Name: string(name), Values: make([]float64, n)})
	}
	for _, x := range s.costs {
		if w := week(x.date); w >= first && w <= last {
			data.Spend[slices.Index(names, x.channel)].Values[w-first] += x.amount
		}
	}
	for _, x := range s.sales {
		if w := week(x.date); w >= first && w <= last {
			data.Response[w-first] += x.value
		}
	}
	return data, n
}
