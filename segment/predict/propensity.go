package predict

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Calibration turns scores into probabilities: sigmoid(Slope · score + Shift).
type Calibration struct{ Slope, Shift float64 }

// FitCalibration fits a calibration to scores of rows that the model did not learn from,
// with Platt's targets (1999), which keep a perfect separation finite.
func FitCalibration(scores []float64, y []bool) (Calibration, error) {
	if err := pairs(scores, len(y)); err != nil {
		return Calibration{}, err
	}
	yes := 0.0
	for _, v := range y {
		if v {
			yes++
		}
	}
	no := float64(len(y)) - yes
	if yes == 0 || no == 0 {
		return Calibration{}, fmt.Errorf("predict: all outcomes are equal: %w", flywheel.ErrInvalid)
	}
	high, low := (yes+1)/(yes+2), 1/(no+2)
	c := Calibration{1, 0}
	for range 100 {
		var g0, g1, h00, h01, h11 float64
		for i, s := range scores {
			p := sigmoid(c.Slope*s + c.Shift)
			e := p - low
			if y[i] {
				e = p - high
			}
			w := max(p*(1-p), 1e-12)
			g0, g1 = g0+e*s, g1+e
			h00, h01, h11 = h00+w*s*s, h01+w*s, h11+w
		}
		h00 += 1e-9
		det := h00*h11 - h01*h01
		if !(det > 1e-12) {
			break
		}
		d0, d1 := (h11*g0-h01*g1)/det, (h00*g1-h01*g0)/det
		step := min(1, 4/math.Hypot(d0, d1))
		c.Slope -= step * d0
		c.Shift -= step * d1
		if math.Abs(d0)+math.Abs(d1) < 1e-10 {
			break
		}
	}
	if !(c.Slope > 0) { // scores that mean nothing say the same to everybody
		c = Calibration{0, logit(yes / (yes + no))}
	}
	return c, nil
}

// Probability is that of a score.
func (c Calibration) Probability(score float64) float64 { return sigmoid(c.Slope*score + c.Shift) }

// Propensity is a calibrated model of logistic regression and boosted trees.
type Propensity struct {
	Logistic    *Logistic
	Trees       *Trees
	Calibration Calibration
}

// folds is how many parts the calibration of a Propensity is learned from.
const folds = 4

// Fit fits both models to all rows, and the calibration to scores that models of the other
// rows gave.
func Fit(x [][]float64, y []bool, opts *Options) (*Propensity, error) {
	m, err := both(x, y, opts)
	if err != nil {
		return nil, err
	}
	scores, err := crossed(x, y, opts)
	if err != nil {
		return nil, err
	}
	if m.Calibration, err = FitCalibration(scores, y); err != nil {
		return nil, err
	}
	return m, nil
}

func both(x [][]float64, y []bool, opts *Options) (*Propensity, error) {
	l, err := FitLogistic(x, y, opts)
	if err != nil {
		return nil, err
	}
	t, err := FitTrees(x, y, opts)
	if err != nil {
		return nil, err
	}
	return &Propensity{l, t, Calibration{1, 0}}, nil
}

// crossed returns for every row the score of a model of the other folds.
func crossed(x [][]float64, y []bool, opts *Options) ([]float64, error) {
	var seed uint64
	if opts != nil {
		seed = opts.Seed
	}
	fold := make([]int, len(x))
	r := rand.New(rand.NewPCG(seed, 0x666f6c6473))
	// Deal the positives and the negatives out evenly.
	var dealt [2]int
	for _, i := range r.Perm(len(x)) {
		k := 0
		if y[i] {
			k = 1
		}
		fold[i] = dealt[k] % folds
		dealt[k]++
	}
	scores := make([]float64, len(x))
	for f := range folds {
		var fx [][]float64
		var fy []bool
		for i := range x {
			if fold[i] != f {
				fx, fy = append(fx, x[i]), append(fy, y[i])
			}
		}
		m, err := both(fx, fy, opts)
		if err != nil {
			return nil, fmt.Errorf("without part %d of %d: %w", f, folds, err)
		}
		for i := range x {
			if fold[i] == f {
				scores[i] = m.raw(x[i])
			}
		}
	}
	return scores, nil
}

func (m *Propensity) raw(row []float64) float64 {
	return (m.Logistic.Score(row) + m.Trees.Score(row)) / 2
}

// Score is the calibrated log-odds of a row.
func (m *Propensity) Score(row []float64) float64 {
	return m.Calibration.Slope*m.raw(row) + m.Calibration.Shift
}

// Probability is the calibrated probability of a row.
func (m *Propensity) Probability(row []float64) float64 { return sigmoid(m.Score(row)) }

// AtRate returns the model with another level: all log-odds are shifted alike, until the mean
// probability over the rows is rate (after Saerens, Latinne & Decaestecker, 2002). A model
// knows the level of the time it learned from; who knows that of the time to come, from last
// year's season or a plan, says so here. The order of rows, and what the features
// contribute, stay. O(rows · features).
func (m *Propensity) AtRate(x [][]float64, rate float64) (*Propensity, error) {
	if !(rate > 0 && rate < 1) {
		return nil, fmt.Errorf("predict: rate %v: %w", rate, flywheel.ErrOutOfRange)
	}
	if len(x) == 0 {
		return nil, fmt.Errorf("predict: no rows to be at a rate of %v: %w", rate, flywheel.ErrInvalid)
	}
	scores := make([]float64, len(x))
	for i, row := range x {
		if len(row) != len(m.Logistic.Mean) {
			return nil, fmt.Errorf("predict: row %d has %d features, the model %d: %w", i, len(row), len(m.Logistic.Mean), flywheel.ErrInvalid)
		}
		if scores[i] = m.Score(row); math.IsNaN(scores[i]) || math.IsInf(scores[i], 0) {
			return nil, fmt.Errorf("predict: row %d has a score of %v: %w", i, scores[i], flywheel.ErrOutOfRange)
		}
	}
	// The mean rises with the shift, and is on either side of the rate where all scores are.
	low, high := logit(rate)-slices.Max(scores), logit(rate)-slices.Min(scores)
	for range 200 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		mean := 0.0
		for _, s := range scores {
			mean += sigmoid(s+middle) / float64(len(scores))
		}
		if mean < rate {
			low = middle
		} else {
			high = middle
		}
	}
	shifted := *m
	shifted.Calibration.Shift += low + (high-low)/2
	return &shifted, nil
}

// Explain returns the base and what each feature adds to it; together they are the score.
func (m *Propensity) Explain(row []float64) (base float64, contributions []Contribution) {
	b1, c1 := m.Logistic.Explain(row)
	b2, c2 := m.Trees.Explain(row)
	for j := range c1 {
		c1[j].Score = m.Calibration.Slope * (c1[j].Score + c2[j].Score) / 2
	}
	return m.Calibration.Slope*(b1+b2)/2 + m.Calibration.Shift, c1
}

// Uplift is what a treatment changes: the difference of two calibrated models.
type Uplift struct{ Treated, Control *Propensity }

// FitUplift fits a model to those treated at random and one to the others.
func FitUplift(x [][]float64, treated, y []bool, opts *Options) (*Uplift, error) {
	if len(treated) != len(x) || len(y) != len(x) {
		return nil, fmt.Errorf("predict: %d rows, %d treated or not, %d outcomes: %w", len(x), len(treated), len(y), flywheel.ErrInvalid)
	}
	var xs [2][][]float64
	var ys [2][]bool
	for i := range x {
		k := 0
		if treated[i] {
			k = 1
		}
		xs[k], ys[k] = append(xs[k], x[i]), append(ys[k], y[i])
	}
	control, err := Fit(xs[0], ys[0], opts)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	t, err := Fit(xs[1], ys[1], opts)
	if err != nil {
		return nil, fmt.Errorf("treated: %w", err)
	}
	return &Uplift{t, control}, nil
}

// Score is by how much the treatment changes the probability.
func (u *Uplift) Score(row []float64) float64 {
	return u.Treated.Probability(row) - u.Control.Probability(row)
}

// Lookalike returns the probability of every row to be like the seeds, from a model of
// the other rows: how the rest of the customers compare, and how the seeds would be found. A
// program passes it on with live.Engine.Set, for segments to ask for.
func Lookalike(x [][]float64, seeds []bool, opts *Options) ([]float64, error) {
	if _, err := check(x, seeds); err != nil {
		return nil, err
	}
	scores, err := crossed(x, seeds, opts)
	if err != nil {
		return nil, err
	}
	c, err := FitCalibration(scores, seeds)
	if err != nil {
		return nil, err
	}
	for i := range scores {
		scores[i] = c.Probability(scores[i])
	}
	return scores, nil
}
