package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap gives a model intervals without a law of its errors: it draws
// futures in which the errors of each period are some that the model made in the
// past, and takes their quantiles (Hyndman & Athanasopoulos, 2021, section 5.5).
// So errors that are skewed or that are large now and then give intervals that
// are. They are centered, and scaled to Sigma, which is corrected for the
// parameters; where the errors of a model are relative or in units of a season,
// so are those that are drawn. Fit.Paths draws in the same way; the deviation of
// Fit.Total stays the model's.
//
// With fewer than ten errors, of which there is too little to draw from, the
// model keeps its own intervals, with [WarnShort]; so it does where all errors
// are zero.
type Bootstrap struct {
	Of    Model  // nil is [Auto]
	Paths int    // that are drawn for each forecast; 0 is 2000
	Seed  uint64 // fixes them
}

const (
	bootstrapPaths = 2000
	bootstrapLeast = 10 // errors
)

// Fit implements [Model].
func (m Bootstrap) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. The cost is that of the model; a forecast of h
// periods takes O(paths·h²).
func (m Bootstrap) FitTo(dst *Fit, s Series) error {
	if m.Of == nil {
		m.Of = Auto{}
	}
	if m.Paths == 0 {
		m.Paths = bootstrapPaths
	}
	if m.Paths < 0 || m.Paths > MaxPaths {
		return &SettingError{Model: "Bootstrap", Setting: "paths", Value: float64(m.Paths), Want: fmt.Sprintf("0 (for %d) to %d", bootstrapPaths, MaxPaths)}
	}
	if err := m.Of.FitTo(dst, s); err != nil {
		return err
	}
	if _, brief := dst.shape.(briefRanges); dst.shape != nil && !brief {
		return nil // it has quantiles of its own
	}
	errors := dst.standardized(s.Values)
	if len(errors) < bootstrapLeast {
		if dst.Sigma > 0 {
			dst.warn(WarnShort)
		}
		return nil
	}
	dst.shape = &bootstrapped{errors, m.Paths, m.Seed}
	return nil
}

// standardized returns the errors of the fitted values, of mean zero and
// deviation one; none where they do not vary.
func (f *Fit) standardized(values []float64) []float64 {
	n := len(values)
	errors := make([]float64, len(f.Fitted))
	for i, v := range f.Fitted {
		// The season of the observation comes again a whole number of cycles later.
		ahead := (f.Skipped+i-n)%f.season + f.season
		factor := f.added.factor(i - len(f.Fitted))
		errors[i] = (values[f.Skipped+i] - v) / factor / f.unit(v/factor, f.process.scale(ahead%f.season+1))
	}
	if len(errors) == 0 {
		return nil
	}
	mean, squares := average(errors), 0.0
	for i := range errors {
		errors[i] -= mean
		squares += float64(errors[i] * errors[i])
	}
	root := math.Sqrt(squares / float64(len(errors)))
	if !(root > 0) || math.IsInf(root, 1) {
		return nil
	}
	for i := range errors {
		errors[i] /= root
	}
	return errors
}

// bootstrapped draws errors again.
type bootstrapped struct {
	errors []float64 // standardised
	paths  int
	seed   uint64
}

func (b *bootstrapped) quantiles(f *Fit, dst [][]float64, mean, probabilities []float64) {
	horizon := len(mean)
	all, values := make([][]float64, b.paths), make([]float64, b.paths*horizon)
	for i := range all {
		all[i] = values[i*horizon : (i+1)*horizon]
	}
	f.sample(all, rand.New(rand.NewPCG(b.seed, 1)))
	period := make([]float64, b.paths)
	for h := range horizon {
		for i, path := range all {
			period[i] = path[h]
		}
		slices.Sort(period)
		for i, p := range probabilities {
			dst[i][h] = quantileOfSorted(period, p)
		}
	}
}
