package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// MaxPaths bounds the sample of [Fit.Paths], in paths and, a hundredfold, in all
// their periods.
const MaxPaths = 1_000_000

// Paths draws possible futures of horizon periods: what a simulation of stock
// runs on. Seed fixes them on every machine. Within a path the errors persist as
// the model has it: those of one period move the later ones. Over many paths,
// each period is distributed as the intervals of [Fit.Forecast] say, and the sum
// of periods as [Fit.Total] does, except for models with relative errors, which
// are run as they are and so are skewed where their intervals are symmetric.
// Demand that cannot be negative has to be cut at zero by the caller.
// O(paths·horizon²), with relative errors O(paths·horizon).
func (f *Fit) Paths(paths, horizon int, seed uint64) ([][]float64, error) {
	if err := f.checkHorizon(horizon); err != nil {
		return nil, err
	}
	if paths < 1 || paths > MaxPaths {
		return nil, &SettingError{Model: f.Model, Setting: "paths", Value: float64(paths), Want: fmt.Sprintf("1 to %d", MaxPaths)}
	}
	if paths > 100*MaxPaths/horizon {
		return nil, &SettingError{Model: f.Model, Setting: "paths times horizon", Value: float64(paths) * float64(horizon), Want: fmt.Sprintf("at most %d", 100*MaxPaths)}
	}
	random := rand.New(rand.NewPCG(seed, 0))
	all, values := make([][]float64, paths), make([]float64, paths*horizon)
	for i := range all {
		all[i] = values[i*horizon : (i+1)*horizon : (i+1)*horizon]
	}
	f.sample(all, random)
	for _, path := range all {
		f.added.to(path)
		if err := f.checkFinite(path); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// simulator is a process that draws its own future.
type simulator interface {
	simulate(path []float64, random *rand.Rand)
}

// sample draws futures of the process, all of one length.
func (f *Fit) sample(all [][]float64, random *rand.Rand) {
	draw := random.NormFloat64
	switch shape := f.shape.(type) {
	case *bootstrapped:
		draw = func() float64 { return shape.errors[random.IntN(len(shape.errors))] }
	case countRanges:
		shape.sample(f, all, random)
		return
	}
	if _, brief := f.shape.(briefRanges); brief {
		f.draw(all, random, draw)
		return
	}
	switch p := f.process.(type) {
	case simulator:
		for _, path := range all {
			p.simulate(path, random)
		}
	case *relativeSmoothing:
		f.simulate(p, all, draw)
	default:
		f.draw(all, random, draw)
	}
}

// simulate runs the model on errors of its own.
func (f *Fit) simulate(r *relativeSmoothing, all [][]float64, draw func() float64) {
	run, season := r.smoothing, make([]float64, len(r.season))
	var next [1]float64
	for _, path := range all {
		copy(season, r.season)
		run = r.smoothing
		run.season = season
		for h := range path {
			run.mean(next[:])
			path[h] = next[0] * (1 + float64(f.Sigma*draw()))
			run.observe(path[h])
		}
	}
}

// remembering is a process that is known by the growth of its variances.
type remembering interface {
	relative
	// memory fills scale with the factor of each period's errors and weight
	// with what an error moves the periods after it.
	memory(mean, variance, scale, weight []float64)
}

// draw adds weighted errors to the mean.
func (f *Fit) draw(all [][]float64, random *rand.Rand, draw func() float64) {
	horizon := len(all[0])
	buffer := make([]float64, 5*horizon)
	part := func(i int) []float64 { return buffer[i*horizon : (i+1)*horizon] }
	mean, scale, weight, shared, errors := part(0), part(1), part(2), part(3), part(4)
	f.process.mean(mean)
	b, brief := f.shape.(briefRanges)
	if r, ok := f.process.(remembering); brief {
		for h := range scale {
			scale[h] = b.deviation(0)
		}
		b.weights(weight)
	} else if ok {
		variance := errors // until it is needed
		r.variance(variance, mean, f.Sigma)
		r.memory(mean, variance, scale, weight)
		one := math.Sqrt(variance[0]) / scale[0]
		for h := range scale {
			scale[h] *= one
		}
	} else {
		for h := range scale {
			scale[h] = f.Sigma * f.process.scale(h+1)
			shared[h] = f.process.estimation(h + 1)
			if h > 0 {
				weight[h] = f.process.weight(h)
			}
		}
	}
	_, tailed := f.process.(heavyTailed)
	tailed = tailed || brief
	if _, drawn := f.shape.(*bootstrapped); drawn {
		tailed = false // errors that are drawn again have their tails
	}
	for _, path := range all {
		size := 1.0
		if tailed { // one draw for the whole path: each period has the same tails
			square := 0.0
			for range 4 {
				z := random.NormFloat64()
				square += float64(z * z)
			}
			size = math.Sqrt(4/square) / tailAtOne
		}
		estimation := random.NormFloat64()
		for h := range path {
			errors[h] = draw()
			moved := errors[h] + float64(shared[h]*estimation)
			for j := 1; j <= h; j++ {
				moved += float64(weight[j] * errors[h-j])
			}
			path[h] = mean[h] + float64(scale[h]*size*moved)
		}
	}
}
