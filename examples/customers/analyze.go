package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/segment/clv"
	"github.com/flywheel-go/flywheel/segment/cohort"
	"github.com/flywheel-go/flywheel/segment/rfm"
)

// person is one customer of the report.
type person struct {
	id              flywheel.CustomerID
	first, last     time.Time
	orders          int // days with a purchase
	total           float64
	score           rfm.Score
	state           cohort.State
	alive           float64
	expected        float64
	low, high       float64
	spend, value    float64
	lost            float64 // value that goes with the chance of having left
	history         clv.History
	meanRepeatValue float64
}

// analysis is what the report says.
type analysis struct {
	options  *options
	orders   *orders
	at       time.Time
	people   []person
	months   *cohort.Table
	model    string
	params   []clv.Score
	warnings []string
}

// week and year in the units of the models.
const weeksPerYear = 365.25 / 7

func analyze(o *orders, opts *options, errs io.Writer) (*analysis, error) {
	a := &analysis{options: opts, orders: o, at: opts.at}
	last := time.Time{}
	kept := o.list[:0:0]
	for _, r := range o.list {
		if !opts.at.IsZero() && r.at.After(opts.at.AddDate(0, 0, 1).Add(-time.Nanosecond)) {
			continue
		}
		kept = append(kept, r)
		if r.at.After(last) {
			last = r.at
		}
	}
	if left := len(o.list) - len(kept); left > 0 {
		a.warnings = append(a.warnings, fmt.Sprintf("%d orders after %s are left out.", left, opts.at.Format(time.DateOnly)))
	}
	if a.at.IsZero() {
		a.at = last.Truncate(24*time.Hour).AddDate(0, 0, 1)
	}
	if err := a.describe(kept); err != nil {
		return nil, err
	}
	return a, a.predict(kept, errs)
}

// describe fills recency, frequency and value, states and cohorts.
func (a *analysis) describe(list []order) error {
	var figures rfm.Table
	var activities []cohort.Activity
	firsts, lasts, totals := map[flywheel.CustomerID]time.Time{}, map[flywheel.CustomerID]time.Time{}, map[flywheel.CustomerID]float64{}
	for _, r := range list {
		totals[r.customer] += r.amount
		if r.amount <= 0 {
			continue
		}
		minor := int64(math.Round(r.amount * 100))
		if err := figures.Add(r.customer, r.at, minor); err != nil {
			return err
		}
		activities = append(activities, cohort.Activity{Customer: r.customer, At: r.at, Value: minor})
		if f, ok := firsts[r.customer]; !ok || r.at.Before(f) {
			firsts[r.customer] = r.at
		}
		if r.at.After(lasts[r.customer]) {
			lasts[r.customer] = r.at
		}
	}
	if len(activities) == 0 {
		return errNothing
	}
	inputs, err := figures.Inputs(a.at)
	if err != nil {
		return err
	}
	scores, err := rfm.NTile{}.Score(inputs)
	if err != nil {
		return err
	}
	for i, in := range inputs {
		p := person{id: in.Customer, first: firsts[in.Customer], last: lasts[in.Customer], orders: int(in.Frequency), total: totals[in.Customer], score: scores[i]}
		age := int64(a.at.Sub(p.first.Truncate(24*time.Hour)).Hours() / 24)
		if p.state, err = cohort.StateOf(max(age, in.Recency), in.Recency, cohort.DefaultLimits); err != nil {
			return err
		}
		a.people = append(a.people, p)
	}
	a.months, err = cohort.New(activities, cohort.Month, nil)
	return err
}

// predictor is a fitted model or a choice of several.
type predictor interface {
	Alive(h clv.History) float64
	Expect(h clv.History, t float64) float64
}

// predict fits the models of purchases and values.
func (a *analysis) predict(list []order, errs io.Writer) error {
	var purchases []clv.Purchase
	for _, r := range list {
		if r.amount > 0 {
			purchases = append(purchases, clv.Purchase{Customer: r.customer, At: r.at, Value: r.amount})
		}
	}
	end := a.at.AddDate(0, 0, -1)
	rows, err := clv.Summarize(purchases, end)
	if err != nil {
		return err
	}
	model, fit := a.fit(purchases, rows, end)
	if model == nil {
		return nil // the report goes without predictions, and says so
	}
	value, spend := a.values(rows)
	bar := progress.New(errs, len(rows), "customers")
	defer bar.Clear()
	horizon := float64(a.options.weeks)
	place := make(map[flywheel.CustomerID]int, len(a.people))
	for i := range a.people {
		place[a.people[i].id] = i
	}
	seen := map[clv.History]clv.Interval{}
	for i, row := range rows {
		if i%512 == 0 {
			bar.Step(i)
		}
		p := &a.people[place[row.Customer]]
		h := row.History
		p.history, p.meanRepeatValue = h, row.Value
		p.alive, p.expected = model.Alive(h), model.Expect(h, horizon)
		in, ok := seen[h]
		if !ok && fit != nil {
			draws := 300
			if len(rows) > 20_000 {
				draws = 100
			}
			if in, err = fit.Interval(h, horizon, a.options.level, draws, 1); err != nil {
				return err
			}
			seen[h] = in
		}
		p.low, p.high = in.Low, in.High
		p.spend = spend
		if value != nil && value.P*h.X+value.Q > 1 {
			p.spend = value.Spend(h.X, row.Value)
		}
		// Value over the horizon in months of equal length.
		before, step := 0.0, horizon/12
		for m := 1; m <= 12; m++ {
			e := model.Expect(h, float64(m)*step)
			p.value += p.spend * math.Max(0, e-before) / math.Pow(1+a.options.discount, float64(m)*step/weeksPerYear)
			before = e
		}
		p.lost = (1 - p.alive) * p.value / math.Max(p.alive, 0.05)
	}
	return nil
}

// fit chooses the model: the automatic choice, or BG/NBD where there is too little for it.
func (a *analysis) fit(purchases []clv.Purchase, rows []clv.Row, end time.Time) (predictor, *clv.Fit) {
	choice, err := clv.Choose(purchases, end)
	if err == nil {
		a.model, a.params = choice.Name, choice.Scores
		name := choice.Name
		if choice.Fits[name] == nil {
			name = "pareto_nbd"
		}
		for _, key := range []string{"bg_nbd", "mbg_nbd", "pareto_nbd"} {
			for _, w := range choice.Fits[key].Warnings {
				a.warnings = append(a.warnings, key+": "+w+".")
			}
		}
		return choice, choice.Fits[name]
	}
	fit, second := clv.FitBG(rows, nil)
	if second != nil {
		a.warnings = append(a.warnings, fmt.Sprintf("No predictions: %v.", second))
		return nil, nil
	}
	a.model = "bg_nbd"
	a.warnings = append(a.warnings, fmt.Sprintf("The model was not chosen on a held-out part: %v.", err))
	for _, w := range fit.Warnings {
		a.warnings = append(a.warnings, "bg_nbd: "+w+".")
	}
	return fit.Model, fit
}

// values fits the model of values; without one, everybody spends the mean.
func (a *analysis) values(rows []clv.Row) (*clv.GammaGamma, float64) {
	sum, days := 0.0, 0.0
	for _, p := range a.people {
		sum += math.Max(0, p.total)
		days += float64(p.orders)
	}
	mean := sum / days
	fit, err := clv.FitGammaGamma(rows)
	if err != nil || len(fit.Warnings) > 0 {
		reason := "the fit is shaky"
		if err != nil {
			reason = err.Error()
		}
		a.warnings = append(a.warnings, fmt.Sprintf("The value of a purchase is the mean of the shop: %s.", reason))
		return nil, mean
	}
	return &fit.Model, mean
}

// churn are the customers whose leaving costs most: those likely gone who were worth something.
func (a *analysis) churn(most int) []person {
	list := slices.DeleteFunc(slices.Clone(a.people), func(p person) bool {
		return p.state != cohort.AtRisk && p.state != cohort.Lapsed
	})
	slices.SortFunc(list, func(x, y person) int { return cmp.Or(cmp.Compare(y.lost, x.lost), cmp.Compare(x.id, y.id)) })
	return list[:min(most, len(list))]
}
