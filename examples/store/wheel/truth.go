package wheel

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Truth is what a feature brings, found with what no shop has: the same people in two shops that
// differ in nothing else.
type Truth struct {
	Units int64
	// Effect is the mean of what a unit brings with the feature less what it brings without it,
	// at the experiment's own split of everybody else. Error is its Monte-Carlo error.
	Effect, Error float64
	// Without is the mean without the feature.
	Without float64
	// Whole is what all units bring, if all have it, less what they bring if none has.
	Whole, WholeError float64
}

// units returns what each unit of a feature that takes part brought, and its arm.
func (w *World) units(f Feature) (earned []float64, arms []bool) {
	if f == Stock {
		for i := range w.clusters {
			earned = append(earned, float64(w.clusters[i].earned)/100)
			arms = append(arms, w.clusters[i].arm)
		}
		return earned, arms
	}
	for _, p := range w.people {
		if p.counted && (f != Promotions || p.member) {
			earned = append(earned, float64(p.earned)/100)
			arms = append(arms, p.arms[f])
		}
	}
	return earned, arms
}

// live opens a world, lets it run and returns it.
func live(c Config, seed uint64) (*World, error) {
	w, err := newWorld(c, seed)
	if err != nil {
		return nil, err
	}
	return w, w.run()
}

// pair is the contrast of a feature in one seed.
type pair struct {
	n                      int64
	effect, without, whole float64
}

// contrast runs the shop of a seed as its experiments have it, and again with the arms of every
// unit exchanged in all experiments: the same chances, so that each unit is seen with and without
// each feature. What the exchange of the other arms does to a unit cancels on average, since these
// arms have nothing to do with the one that is looked at; it is in the error. With whole it also
// runs each feature for all and for none, the others as the experiments have them.
func contrast(c Config, seed uint64, whole bool) (all [features]pair, err error) {
	base, err := live(c, seed)
	if err != nil {
		return all, err
	}
	other := c
	for f := range features {
		other.flipped[f] = true
	}
	exchanged, err := live(other, seed)
	if err != nil {
		return all, err
	}
	for f := range features {
		here, arms := base.units(f)
		there, _ := exchanged.units(f)
		p := &all[f]
		p.n = int64(len(here))
		for i := range here {
			with, without := here[i], there[i]
			if !arms[i] {
				with, without = without, with
			}
			p.effect += (with - without) / float64(p.n)
			p.without += without / float64(p.n)
		}
		if !whole {
			continue
		}
		for _, mode := range [...]Mode{On, Off} {
			other := c
			other.modes[f] = mode
			w, err := live(other, seed)
			if err != nil {
				return all, err
			}
			earned, _ := w.units(f)
			sign := 1.0
			if mode == Off {
				sign = -1
			}
			for _, y := range earned {
				p.whole += sign * y / float64(p.n)
			}
		}
	}
	return all, nil
}

// FindTruth runs counterfactual pairs over seeds from..from+n-1, and the first wholes of them also
// with each feature for all and for none.
func FindTruth(ctx context.Context, c Config, from uint64, n, wholes int) (all [features]Truth, err error) {
	pairs := make([][features]pair, n)
	err = each(ctx, n, func(i int) (err error) {
		pairs[i], err = contrast(c, from+uint64(i), i < wholes)
		return err
	})
	if err != nil {
		return all, err
	}
	for f := range features {
		t := &all[f]
		var effects, whole []float64
		for i := range pairs {
			p := &pairs[i][f]
			t.Units += p.n
			effects = append(effects, p.effect)
			t.Without += p.without / float64(n)
			if i < wholes {
				whole = append(whole, p.whole)
			}
		}
		t.Effect, t.Error = meanAndError(effects)
		t.Whole, t.WholeError = meanAndError(whole)
	}
	return all, nil
}

// meanAndError returns the mean and its standard error, NaN where it is not known.
func meanAndError(x []float64) (mean, se float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	squares := 0.0
	for _, v := range x {
		squares += float64((v - mean) * (v - mean))
	}
	if len(x) < 2 {
		return mean, math.NaN()
	}
	return mean, math.Sqrt(squares / float64(len(x)-1) / float64(len(x)))
}

// each does n things, as many at once as there are processors.
func each(ctx context.Context, n int, do func(i int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	var once sync.Once
	var failed error
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					once.Do(func() { failed = err; next.Store(int64(n)) })
					return
				}
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return failed
	}
	return ctx.Err()
}
