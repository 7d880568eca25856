package forecast

import (
	"fmt"
	"math"
	"slices"
)

// Pooling is how a [Pool] makes one forecast of several.
type Pooling uint8

// The ways of pooling.
const (
	ByMean     Pooling = iota // all count the same
	ByMedian                  // the middle one, period by period
	ByAccuracy                // by the inverse of the squared errors out of sample
)

// Pool is a combination of models, which on average errs less than the models
// do (Bates & Granger, 1969; Timmermann, 2006). Weights by accuracy come from
// the last third of the observations: each model is fitted to those before and
// follows with [Fit.Update], and counts by the inverse of its mean squared error
// there (Bates & Granger, 1969, without correlations, which cannot be estimated
// well). A series too short for that, of fewer than nine observations, is pooled by the mean.
//
// Parameters are the weights, under the names of the models as they were fitted.
// Sigma is the root mean squared error of the pooled fitted values, and the
// variance grows with the distance as it does on average in the models.
type Pool struct {
	Models []Model // one or more
	By     Pooling
}

// Fit implements [Model].
func (m Pool) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. The cost is that of the models, by accuracy twice.
func (m Pool) FitTo(dst *Fit, s Series) error {
	if len(m.Models) == 0 {
		return &SettingError{Model: "Pool", Setting: "number of models", Value: 0, Want: "at least one"}
	}
	if m.By > ByAccuracy {
		return &SettingError{Model: "Pool", Setting: "pooling", Value: float64(m.By), Want: "ByMean, ByMedian or ByAccuracy"}
	}
	p := &pool{middle: m.By == ByMedian, weights: make([]float64, len(m.Models)), parts: make([]Fit, len(m.Models))}
	for i, model := range m.Models {
		if err := model.FitTo(&p.parts[i], s); err != nil {
			return err
		}
		p.weights[i] = 1 / float64(len(m.Models))
	}
	if m.By == ByAccuracy && len(s.Values) >= 9 {
		if err := p.weigh(m.Models, s); err != nil {
			return err
		}
	}
	ahead, err := s.checkRegressors()
	if err != nil {
		return err
	}
	s.Regressors = nil // each model says for itself that it has no use for them
	dst.reset("Pool", &s)
	dst.process = p
	skipped := 0
	for i := range p.parts {
		part := &p.parts[i]
		skipped = max(skipped, part.Skipped)
		dst.parameter(part.Model, p.weights[i], m.By == ByAccuracy)
		for _, w := range part.Warnings {
			if !slices.Contains(dst.Warnings, w) {
				dst.warn(w)
			}
		}
		if part.added.known {
			dst.added.known, dst.added.future = true, resize(dst.added.future, ahead) // the parts have theirs
		}
	}
	fitted := dst.fitted(skipped, len(s.Values)-skipped)
	for t := range fitted {
		fitted[t] = p.one(func(part *Fit) float64 { return part.Fitted[t+skipped-part.Skipped] })
	}
	dst.measure(s.Values, 0)
	return nil
}

// weigh sets the weights by the errors out of sample.
func (p *pool) weigh(models []Model, s Series) error {
	past := s
	past.Values = s.Values[:len(s.Values)-len(s.Values)/3]
	squares := make([]float64, len(models))
	perfect, total := false, 0.0
	for i, model := range models {
		f, err := model.Fit(past)
		if err != nil {
			return err
		}
		seen := len(f.Fitted)
		if err := f.Update(s.Values[len(past.Values):]...); err != nil {
			return err
		}
		for t, v := range f.Fitted[seen:] {
			e := s.Values[len(past.Values)+t] - v
			squares[i] += float64(e * e)
		}
		perfect = perfect || squares[i] == 0
	}
	least := slices.Min(squares)
	for i, v := range squares {
		switch {
		case !perfect:
			p.weights[i] = least / v
		case v == 0:
			p.weights[i] = 1
		default:
			p.weights[i] = 0
		}
		total += p.weights[i]
	}
	for i := range p.weights {
		p.weights[i] /= total
	}
	return nil
}

// pool is the state of [Pool].
type pool struct {
	parts   []Fit
	weights []float64
	middle  bool
}

// one makes one figure of those of the parts.
func (p *pool) one(of func(*Fit) float64) float64 {
	if !p.middle {
		sum := 0.0
		for i := range p.parts {
			sum += float64(p.weights[i] * of(&p.parts[i]))
		}
		return sum
	}
	values := make([]float64, len(p.parts))
	for i := range p.parts {
		values[i] = of(&p.parts[i])
	}
	return median(values)
}

func (p *pool) mean(dst []float64) {
	all := make([][]float64, len(p.parts))
	for i := range p.parts {
		all[i] = make([]float64, len(dst))
		p.parts[i].process.mean(all[i])
		p.parts[i].added.to(all[i])
	}
	values := make([]float64, len(all))
	for h := range dst {
		dst[h] = 0
		for i, v := range all {
			values[i] = v[h]
			dst[h] += float64(p.weights[i] * v[h])
		}
		if p.middle {
			dst[h] = median(values)
		}
	}
}

// variance is that of one period ahead, grown as the parts' do.
func (p *pool) variance(dst, mean []float64, sigma float64) {
	clear(dst)
	part, means := make([]float64, len(dst)), make([]float64, len(dst))
	for i := range p.parts {
		p.parts[i].process.mean(means)
		p.parts[i].variance(part, means)
		for h, v := range part {
			factor := p.parts[i].added.factor(h) / p.parts[i].added.factor(0)
			growth := float64(factor * factor)
			if part[0] > 0 {
				growth *= v / part[0]
			}
			dst[h] += float64(p.weights[i] * growth)
		}
	}
	for h := range dst {
		dst[h] *= sigma * sigma
	}
}

func (p *pool) memory(_, variance, scale, weight []float64) {
	for h := range scale {
		scale[h] = 1
	}
	remember(variance, scale, weight)
}

func (p *pool) total(mean, variance []float64, factor func(int) float64) float64 {
	return totalOf(p, mean, variance, factor)
}

func (p *pool) observe(y float64) float64 {
	for i := range p.parts {
		// The outer Update has checked y.
		if err := p.parts[i].Update(y); err != nil {
			return math.NaN()
		}
	}
	return p.one(func(part *Fit) float64 { return part.Fitted[len(part.Fitted)-1] })
}

func (p *pool) demanding() bool {
	return slices.ContainsFunc(p.parts, func(part Fit) bool { return part.demanding() })
}

func (p *pool) weight(int) float64     { return 0 }
func (p *pool) estimation(int) float64 { return 0 }
func (p *pool) scale(int) float64      { return 1 }

// String returns the way in a word.
func (p Pooling) String() string {
	switch p {
	case ByMean:
		return "mean"
	case ByMedian:
		return "median"
	case ByAccuracy:
		return "accuracy"
	}
	return fmt.Sprintf("Pooling(%d)", uint8(p))
}
