package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// rivals are the methods of R that Auto must not be behind.
var rivals = []string{"ets", "thetaf"}

// accuracy forecasts n generated series of each kind and writes how Auto stands beside
// the seasonal naive forecast and the better of R's methods, in mean MASE. It
// returns an error where Auto is behind, by more than 1 % with 95 % confidence.
func accuracy(to io.Writer, n int, seed uint64, kept string) error {
	known := map[string][]float64{}
	if data, err := os.ReadFile(kept); err == nil {
		if err := json.Unmarshal(data, &known); err != nil {
			return fmt.Errorf("%s: %w", kept, err)
		}
	} else if kept != "" && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fmt.Fprintln(to, "| series | number | seasonal naive | ets | thetaf | ETS | Auto | by the better, % | at 95 %: from | to | covered by 95 % | Auto, ms |")
	fmt.Fprintln(to, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	var behind []error
	for _, k := range kinds {
		all := k.generated(n, seed)
		theirs := make([][]float64, len(rivals))
		for i, rival := range rivals {
			key := fmt.Sprint(rival, " ", k.name, " ", n, " ", seed)
			if known[key] == nil {
				means, err := answers(rival, all)
				if err != nil {
					return err
				}
				for j, mean := range means {
					v, err := scaled(&all[j], mean)
					if err != nil {
						return err
					}
					known[key] = append(known[key], v)
				}
				if kept != "" {
					data, err := json.Marshal(known)
					if err != nil {
						return err
					}
					if err := os.WriteFile(kept, data, 0o600); err != nil {
						return err
					}
				}
			}
			theirs[i] = known[key]
		}
		better := theirs[0]
		if average(theirs[1]) < average(better) {
			better = theirs[1]
		}
		naive, _, err := own(forecast.SeasonalNaive{}, all)
		if err != nil {
			return err
		}
		smoothed, _, err := own(forecast.ETS{}, all)
		if err != nil {
			return err
		}
		start := processorTime()
		auto, covered, err := own(forecast.Auto{}, all)
		if err != nil {
			return err
		}
		took := 1000 * (processorTime() - start) / float64(n)
		low, high := bootstrap(auto, better)
		fmt.Fprintf(to, "| %s | %d | %.3f | %.3f | %.3f | %.3f | %.3f | %+.1f | %+.1f | %+.1f | %.1f | %.1f |\n", k.name, n, average(naive), average(theirs[0]), average(theirs[1]),
			average(smoothed), average(auto), 100*(average(auto)/average(better)-1), 100*(low-1), 100*(high-1), 100*covered, took)
		if low > 1.01 {
			behind = append(behind, fmt.Errorf("%s: behind R, by %.1f to %.1f %%", k.name, 100*(low-1), 100*(high-1)))
		}
		if low, high := bootstrap(auto, naive); low > 1 {
			behind = append(behind, fmt.Errorf("%s: behind the seasonal naive forecast, by %.1f to %.1f %%", k.name, 100*(low-1), 100*(high-1)))
		}
	}
	return errors.Join(behind...)
}

// answers are the means that R forecasts.
func answers(method string, all []item) ([][]float64, error) {
	r, err := startR(all)
	if err != nil {
		return nil, err
	}
	_, list, err := r.run(method, 0, len(all))
	if err := errors.Join(err, r.stop()); err != nil {
		return nil, err
	}
	means := make([][]float64, len(list))
	for i := range list {
		means[i] = list[i].mean
	}
	return means, nil
}

// own returns the MASE of each series, and how much of what followed the 95 % ranges hold.
func own(m forecast.Model, all []item) (errs []float64, covered float64, err error) {
	var fit forecast.Fit
	var next forecast.Forecast
	for i := range all {
		s := &all[i]
		if err := m.FitTo(&fit, s.Series); err != nil {
			return nil, 0, err
		}
		if err := fit.ForecastTo(&next, s.horizon, 0.95); err != nil {
			return nil, 0, err
		}
		v, err := scaled(s, next.Mean)
		if err != nil {
			return nil, 0, err
		}
		share, err := forecast.Coverage(s.actual, next.Intervals[0])
		if err != nil {
			return nil, 0, err
		}
		errs = append(errs, v)
		covered += share / float64(len(all))
	}
	return errs, covered, nil
}

// scaled is the MASE of a forecast.
func scaled(s *item, mean []float64) (float64, error) {
	a, err := forecast.Evaluate(s.Series, s.actual, mean)
	if err != nil {
		return 0, err
	}
	if !a.MASE.Defined {
		return 0, fmt.Errorf("%s: a series that does not vary", s.class)
	}
	return a.MASE.Value, nil
}

func average(list []float64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum / float64(len(list))
}

// bootstrap is between what the ratio of two means over the same series lies, at 95 %.
func bootstrap(a, b []float64) (low, high float64) {
	r := rand.New(rand.NewPCG(1, 2))
	ratios := make([]float64, 2000)
	for i := range ratios {
		x, y := 0.0, 0.0
		for range a {
			k := r.IntN(len(a))
			x, y = x+a[k], y+b[k]
		}
		ratios[i] = x / math.Max(y, math.SmallestNonzeroFloat64)
	}
	slices.Sort(ratios)
	return ratios[50], ratios[1950]
}
