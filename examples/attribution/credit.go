package main

import (
	"io"

	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/internal/progress"
)

// replicates of the bootstrap.
const replicates = 200

// credit runs all models.
func credit(o *options, s *shop, stderr io.Writer) (*report, error) {
	r := &report{shop: s, model: o.model, level: o.level, order: o.order}
	bar := progress.New(stderr, len(modelNames)+2, "models")
	defer bar.Clear()
	conversions, nulls, revenue := s.set.Totals()
	if r.order == 0 {
		r.order = 1
		if conversions > 0 && nulls > 0 {
			var err error
			if r.order, r.scores, err = attribution.ChooseOrder(s.set, mostOrder); err != nil {
				return nil, err
			}
			r.chosen = true
		}
	}
	bar.Add(1)
	markov := attribution.Markov{Order: r.order, ConvertingOnly: nulls == 0}
	for _, name := range modelNames {
		var result *attribution.Result
		var err error
		switch name {
		case "first":
			result, err = attribution.ByRule(attribution.First{}).Credit(s.set)
		case "last":
			result, err = attribution.ByRule(attribution.Last{}).Credit(s.set)
		case "linear":
			result, err = attribution.ByRule(attribution.Linear{}).Credit(s.set)
		case "u-shaped":
			result, err = attribution.ByRule(attribution.UShaped{}).Credit(s.set)
		case "decay": // by time where times are known, else by position
			if s.built != nil {
				result, err = attribution.CreditJourneys(attribution.TimeDecay{}, s.journeys)
			} else {
				result, err = attribution.ByRule(attribution.PositionDecay{}).Credit(s.set)
			}
		case "shapley":
			result, err = attribution.Shapley{}.Credit(s.set)
		case "markov":
			if r.markov, err = markov.Solve(s.set); err == nil {
				result = &r.markov.Result
			}
		}
		if err != nil {
			return nil, err
		}
		r.models = append(r.models, model{name, result})
		bar.Add(1)
	}
	if conversions > 0 {
		var err error
		if r.limits, err = (attribution.Bootstrap{Replicates: replicates, Level: o.level, Seed: o.seed}).Run(markov, s.set); err != nil {
			return nil, err
		}
	}
	bar.Add(1)
	if len(s.costs) > 0 {
		var costs []attribution.Cost
		for _, c := range s.costs {
			costs = append(costs, attribution.Cost{Channel: c.channel, Amount: c.amount})
		}
		if s.built != nil {
			revenue += s.built.UnattributedValue
		}
		var err error
		if r.costs, err = attribution.JoinCosts(r.of(o.model), costs, o.margin, revenue); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// of returns the credits of a model.
func (r *report) of(name string) *attribution.Result {
	for _, m := range r.models {
		if m.name == name {
			return m.result
		}
	}
	return nil
}
