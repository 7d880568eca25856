package stats_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// bytesSource turns fuzzed bytes into numbers, mostly odd ones.
type bytesSource struct{ data []byte }

func (s *bytesSource) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *bytesSource) float() float64 {
	odd := []float64{
		0, 1, -1, 0.5, 0.05, 2, 10, 100, 1e-9, 1e9, -3.7, 1e-300, 1e300, -1e300, math.MaxFloat64, math.SmallestNonzeroFloat64,
		math.NaN(), math.Inf(1), math.Inf(-1), 0.999999, 1e16, 1.5, 0.2, 0.8, 1e-17, 1e154, -1e-154, 3, 7, 1000, 0.001, 0.95,
	}
	b := s.byte()
	if b < 224 {
		return odd[int(b)%len(odd)]
	}
	var bits [8]byte
	for i := range bits {
		bits[i] = s.byte()
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(bits[:]))
}

func (s *bytesSource) count() int64 {
	odd := []int64{0, 1, 2, 3, 10, 100, 1000, 123_456, -1, math.MaxInt32, math.MaxInt64, math.MinInt64, 5, 29, 50, 7}
	return odd[int(s.byte())%len(odd)]
}

func (s *bytesSource) floats() []float64 {
	list := make([]float64, s.byte()%12)
	for i := range list {
		list[i] = s.float()
	}
	return list
}

func (s *bytesSource) counts() []int64 {
	list := make([]int64, s.byte()%5)
	for i := range list {
		list[i] = s.count()
	}
	return list
}

func (s *bytesSource) alternative() stats.Alternative { return stats.Alternative(s.byte() % 4) }

func (s *bytesSource) sample() stats.Sample {
	return stats.Sample{N: s.count(), Mean: s.float(), Variance: s.float()}
}

func (s *bytesSource) proportion() stats.Proportion {
	return stats.Proportion{Successes: s.count(), Trials: s.count()}
}

func (s *bytesSource) moments() stats.Moments {
	if s.byte()%2 == 0 {
		return stats.MomentsOf(s.floats()...)
	}
	return stats.Moments{N: s.count(), Mean: s.float(), M2: s.float()}
}

func (s *bytesSource) pair() stats.Pair {
	if s.byte()%2 == 0 {
		var p stats.Pair
		x, y := s.floats(), s.floats()
		for i := range min(len(x), len(y)) {
			p.Add(x[i], y[i])
		}
		return p
	}
	return stats.PairFromSums(s.count(), s.float(), s.float(), s.float(), s.float(), s.float())
}

func (s *bytesSource) history() (h stats.RatioHistory) {
	for range s.byte() % 8 {
		h.Add(s.float(), s.float(), s.float(), s.float())
	}
	return h
}

func (s *bytesSource) clusters() (c stats.Clusters) {
	for range s.byte() % 6 {
		c.Add(s.moments())
	}
	return c
}

// nowhereNaN reports where a result holds NaN.
func nowhereNaN(path string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Float64:
		if math.IsNaN(v.Float()) {
			return fmt.Errorf("%s is NaN", path)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return nowhereNaN(path, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				if err := nowhereNaN(path+"."+v.Type().Field(i).Name, v.Field(i)); err != nil {
					return err
				}
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := nowhereNaN(fmt.Sprintf("%s[%d]", path, i), v.Index(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// FuzzAnalyses gives every analysis odd numbers: each must answer without NaN, in
// a form that JSON can hold, or refuse with a typed error, and never panic.
func FuzzAnalyses(f *testing.F) {
	for i := range byte(31) {
		f.Add(i, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24})
		f.Add(i, []byte{4, 6, 1, 5, 5, 2, 1, 9, 3, 200, 33, 34, 35, 6, 65, 97, 129, 161, 1, 33, 65, 4, 4, 4, 4, 4, 5, 5, 5, 5, 1})
	}
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		s := &bytesSource{data}
		name, results, err := analyse(which, s)
		if err != nil {
			var input *stats.InputError
			if !errors.As(err, &input) {
				t.Fatalf("%s: %T is no InputError: %v", name, err, err)
			}
			return
		}
		for _, r := range results {
			if err := nowhereNaN(name, reflect.ValueOf(r)); err != nil {
				t.Fatalf("%v in %+v", err, r)
			}
			if reflect.TypeOf(r) != nil && reflect.TypeOf(r).Kind() == reflect.Struct {
				if _, err := json.Marshal(r); err != nil {
					t.Fatalf("%s: %v in %+v", name, err, r)
				}
			}
		}
	})
}

func analyse(which byte, s *bytesSource) (name string, results []any, err error) {
	var r any
	switch which % 31 {
	case 0:
		name = "Welch"
		r, err = stats.Welch{
			Alpha: s.float(), Alternative: s.alternative(), Margin: s.float(), EqualVariances: s.byte()%2 == 0,
			LargeSample: s.byte()%2 == 0, Relative: stats.RelativeInterval(s.byte() % 3),
		}.Test(s.sample(), s.sample())
	case 1:
		name = "TwoProportions"
		r, err = stats.TwoProportions{
			Alpha: s.float(), Alternative: s.alternative(), Unpooled: s.byte()%2 == 0, Interval: stats.DifferenceInterval(s.byte() % 4),
		}.Test(s.proportion(), s.proportion())
	case 2:
		name = "OddsRatio"
		r, err = stats.TwoProportions{Alpha: s.float(), Alternative: s.alternative()}.OddsRatio(s.proportion(), s.proportion())
	case 3:
		name = "Fisher"
		var p, logP float64
		p, logP, err = stats.Fisher{Alternative: s.alternative()}.Test(s.proportion(), s.proportion())
		results = append(results, p, logP)
	case 4:
		name = "Interval"
		var lower, upper float64
		lower, upper, err = s.proportion().Interval(stats.RateInterval(s.byte()%6), s.float())
		results = append(results, lower, upper)
	case 5:
		name = "CUPED"
		r, err = stats.CUPED{Alpha: s.float(), Alternative: s.alternative(), Relative: stats.RelativeInterval(s.byte() % 3)}.Test(s.pair(), s.pair())
	case 6:
		name = "CUPEDRatio"
		r, err = stats.CUPEDRatio{Alpha: s.float(), Alternative: s.alternative(), Relative: stats.RelativeInterval(s.byte() % 3)}.Test(s.history(), s.history())
	case 7:
		name = "RatioSample"
		r, err = s.pair().RatioSample()
	case 8:
		name = "Quantile"
		q := stats.Quantile{Observations: s.count(), BoundsFrom: s.count(), Level: s.float(), Value: s.float(), Lower: s.float(), Upper: s.float()}
		if s.byte()%2 == 0 {
			r, err = q.Sample()
		} else {
			r, err = q.ClusteredSample(s.pair())
		}
	case 9:
		name = "QuantileOf"
		r, err = stats.QuantileOf(s.floats(), s.float())
	case 10:
		name = "PostStratified"
		var strata []stats.Stratum
		for range s.byte() % 4 {
			strata = append(strata, stats.Stratum{Control: s.sample(), Treatment: s.sample()})
		}
		r, err = stats.PostStratified{Alpha: s.float(), Alternative: s.alternative()}.Test(strata...)
	case 11:
		name = "Winsorize"
		values := s.floats()
		var caps stats.Caps
		caps, err = stats.Winsorize{Lower: s.float(), Upper: s.float()}.Caps(values)
		r = caps.Moments(values).Mean
	case 12:
		name = "UTest"
		r, err = stats.UTest{Alpha: s.float(), Alternative: s.alternative(), Approximate: s.byte()%2 == 0}.Test(s.floats(), s.floats())
	case 13:
		name = "BrunnerMunzel"
		r, err = stats.BrunnerMunzel{Alpha: s.float(), Alternative: s.alternative()}.Test(s.floats(), s.floats())
	case 14:
		name = "KolmogorovSmirnov"
		r, err = stats.KolmogorovSmirnov{Approximate: s.byte()%2 == 0}.Test(s.floats(), s.floats())
	case 15:
		name = "Bootstrap"
		r, err = stats.Bootstrap{Alpha: s.float(), Resamples: int(s.byte()), Percentile: s.byte()%2 == 0}.Interval(s.floats(), s.floats())
	case 16:
		name = "Permutation"
		r, err = stats.Permutation{Alternative: s.alternative(), Permutations: int(s.byte()) + 1}.Test(s.floats(), s.floats())
	case 17:
		name = "Regression"
		outcome := s.floats()
		treated := make([]bool, len(outcome))
		for i := range treated {
			treated[i] = s.byte()%2 == 0
		}
		var covariates [][]float64
		for range s.byte() % 3 {
			c := s.floats()
			for len(c) < len(outcome) {
				c = append(c, s.float())
			}
			covariates = append(covariates, c[:len(outcome)])
		}
		r, err = stats.Regression{Alpha: s.float(), CommonSlope: s.byte()%2 == 0, Error: stats.RobustError(s.byte() % 5)}.Estimate(treated, outcome, covariates...)
	case 18:
		name = "ClusterRandomized"
		r, err = stats.ClusterRandomized{Alpha: s.float(), Alternative: s.alternative(), Error: stats.ClusterError(s.byte() % 4)}.Test(s.clusters(), s.clusters())
	case 19:
		name = "Rank"
		var arms []stats.Beta
		for range s.byte() % 4 {
			arms = append(arms, stats.Beta{Alpha: s.float(), Beta: s.float()})
		}
		r, err = stats.Rank(arms...)
	case 20:
		name = "Rank of means"
		var arms []stats.StudentT
		for range s.byte() % 3 {
			arms = append(arms, stats.StudentT{Location: s.float(), Scale: s.float(), DF: s.float()})
		}
		r, err = stats.Rank(arms...)
	case 21:
		name = "Rank of counts"
		var arms []stats.Gamma
		for range s.byte() % 3 {
			arms = append(arms, stats.Gamma{Shape: s.float(), Rate: s.float()})
		}
		r, err = stats.Rank(arms...)
	case 22:
		name = "Bayesian"
		r, err = stats.Bayesian{
			Alpha: s.float(), LowerIsBetter: s.byte()%2 == 0,
			Prior: stats.NormalPrior{Mean: s.float(), Variance: s.float(), Absolute: s.byte()%2 == 0},
		}.Compare(s.sample(), s.sample())
	case 23:
		name = "ConfidenceSequence"
		r, err = stats.ConfidenceSequence{Alpha: s.float(), Alternative: s.alternative(), PlannedUnits: s.float(), Relative: stats.RelativeInterval(s.byte() % 3)}.Test(s.sample(), s.sample())
	case 24:
		name = "MixtureSPRT"
		m := stats.MixtureSPRT{Sigma: s.float(), Tau: s.float(), Null: s.float(), Alpha: s.float()}
		for range s.byte()%8 + 1 {
			if err = m.Add(s.float(), s.float()); err != nil {
				break
			}
			p, logP := m.P()
			lower, upper := m.Interval()
			results = append(results, p, logP, lower, upper, m.LogLikelihoodRatio())
		}
	case 25:
		name = "SampleRatio"
		r, err = stats.SampleRatio{Alpha: s.float()}.Test(s.counts(), s.floats())
	case 26:
		name = "SampleRatioSequence"
		watch := stats.SampleRatioSequence{Alpha: s.float(), Concentration: s.float()}
		r, err = watch.Look(s.counts(), s.floats())
	case 27:
		name = "GroupSequential"
		design := stats.GroupSequential{Alpha: s.float(), Alternative: s.alternative(), Boundary: stats.WangTsiatis(s.float())}
		if s.byte()%2 == 0 {
			design.Boundary = stats.SpendPower(s.float())
		}
		if s.byte()%4 == 0 {
			design.Information = s.floats()
		} else {
			design.Information = stats.EqualLooks(int(s.byte() % 6))
		}
		var looks stats.Looks
		if looks, err = design.Design(); err == nil {
			r = looks
			stopped, e := looks.AfterStopping(int(s.byte()%6), s.float(), s.float())
			var input *stats.InputError
			if e != nil && !errors.As(e, &input) {
				return name, nil, e
			}
			results = append(results, stopped)
		}
	case 28:
		name = "plans"
		plan := stats.Plan{Alpha: s.float(), Alternative: s.alternative(), Power: s.float(), Ratio: s.float()}
		rates := stats.RatePlan{Plan: plan, Baseline: s.float(), Method: stats.RateMethod(s.byte() % 5)}
		means := stats.MeanPlan{Plan: plan, StandardDeviation: s.float(), LargeSample: s.byte()%2 == 0}
		var x float64
		switch s.byte() % 6 {
		case 0:
			x, err = rates.SampleSize(s.float())
		case 1:
			x, err = rates.PowerAt(s.float(), s.float())
		case 2:
			x, err = rates.DetectableDifference(s.float())
		case 3:
			x, err = means.SampleSize(s.float())
		case 4:
			x, err = means.PowerAt(s.float(), s.float())
		case 5:
			x, err = means.DetectableDifference(s.float())
		}
		r = x
	case 29:
		name = "MidFlight"
		m := stats.MidFlight{Plan: stats.Plan{Alpha: s.float(), Alternative: s.alternative(), Power: s.float()}, RelativeEffect: s.float()}
		if s.byte()%2 == 0 {
			m.Sequence = &stats.ConfidenceSequence{PlannedUnits: s.float()}
		}
		r, err = m.Outlook(s.sample(), s.sample())
	case 30:
		name = "several arms"
		switch s.byte() % 4 {
		case 0:
			r, err = stats.EqualRates(s.proportion(), s.proportion(), s.proportion())
		case 1:
			r, err = stats.Anova{EqualVariances: s.byte()%2 == 0}.Test(s.sample(), s.sample(), s.sample())
		case 2:
			r, err = stats.KruskalWallis(s.floats(), s.floats(), s.floats())
		case 3:
			r, err = stats.Segments{Alpha: s.float()}.Test(stats.Segment{Control: s.sample(), Treatment: s.sample()}, stats.Segment{Control: s.sample(), Treatment: s.sample()})
		}
	}
	return name, append(results, r), err
}
