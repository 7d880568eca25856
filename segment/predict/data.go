package predict

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Options are the options of the models. Nil means defaults.
type Options struct {
	// Names are the features, for explanations; default "x0", "x1", …
	Names []string
	// Ridge is the penalty of the logistic model on standardized weights; default 1.
	Ridge float64
	// Trees is how many trees are grown at most; default 150. They stop growing when a
	// tenth of the rows, held out, gets no better.
	Trees int
	// Leaves is the most leaves of a tree; default 15.
	Leaves int
	// Rate is the learning rate; default 0.06.
	Rate float64
	// MinLeaf is the least rows of a leaf; default 20.
	MinLeaf int
	// Seed fixes what is drawn.
	Seed uint64
}

func (o *Options) filled(d int) (Options, error) {
	f := Options{Ridge: 1, Trees: 150, Leaves: 15, Rate: 0.06, MinLeaf: 20}
	if o != nil {
		f.Names, f.Seed = o.Names, o.Seed
		for _, x := range []struct {
			to   *float64
			from float64
		}{{&f.Ridge, o.Ridge}, {&f.Rate, o.Rate}} {
			if x.from != 0 {
				*x.to = x.from
			}
		}
		for _, x := range []struct {
			to   *int
			from int
		}{{&f.Trees, o.Trees}, {&f.Leaves, o.Leaves}, {&f.MinLeaf, o.MinLeaf}} {
			if x.from != 0 {
				*x.to = x.from
			}
		}
	}
	if !(f.Ridge > 0) || math.IsInf(f.Ridge, 0) || !(f.Rate > 0 && f.Rate <= 1) || f.Trees < 1 || f.Trees > 10_000 || f.Leaves < 2 || f.Leaves > 4096 || f.MinLeaf < 1 {
		return f, fmt.Errorf("predict: options %+v: %w", f, flywheel.ErrOutOfRange)
	}
	if f.Names == nil {
		for j := range d {
			f.Names = append(f.Names, fmt.Sprint("x", j))
		}
	}
	if len(f.Names) != d {
		return f, fmt.Errorf("predict: %d names of %d features: %w", len(f.Names), d, flywheel.ErrInvalid)
	}
	return f, nil
}

// check returns the number of features.
func check(x [][]float64, y []bool) (int, error) {
	if len(x) == 0 || len(x) != len(y) || len(x[0]) == 0 {
		return 0, fmt.Errorf("predict: %d rows with %d outcomes: %w", len(x), len(y), flywheel.ErrInvalid)
	}
	d, yes := len(x[0]), 0
	for i, row := range x {
		if len(row) != d {
			return 0, fmt.Errorf("predict: row %d has %d features, the first has %d: %w", i, len(row), d, flywheel.ErrInvalid)
		}
		for j, v := range row {
			if math.IsInf(v, 0) {
				return 0, fmt.Errorf("predict: row %d: feature %d is %v: %w", i, j, v, flywheel.ErrOutOfRange)
			}
		}
		if y[i] {
			yes++
		}
	}
	if yes == 0 || yes == len(y) {
		return 0, fmt.Errorf("predict: %d of %d outcomes are positive, nothing tells them apart: %w", yes, len(y), flywheel.ErrInvalid)
	}
	return d, nil
}

// Contribution is what one feature adds to a score.
type Contribution struct {
	Name  string
	Value float64 // of the feature, NaN where missing
	Score float64 // in log-odds
}

func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

func logit(p float64) float64 { return math.Log(p) - math.Log1p(-p) }
