package predict_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/predict"
)

// world makes rows of which x0 and the square of x1 decide, and x2 is noise with holes.
func world(n int, seed uint64) (x [][]float64, y []bool) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		row := []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		p := 1 / (1 + math.Exp(-(row[0] + row[1]*row[1] - 1.5)))
		if r.IntN(5) == 0 {
			row[2] = math.NaN()
		}
		x, y = append(x, row), append(y, r.Float64() < p)
	}
	return x, y
}

func Example() {
	x, y := world(1000, 1)
	m, err := predict.Fit(x, y, &predict.Options{Names: []string{"visits", "tenure", "noise"}, Trees: 40})
	if err != nil {
		fmt.Println(err)
		return
	}
	row := []float64{1, 2, math.NaN()}
	base, contributions := m.Explain(row)
	sum := base
	for _, c := range contributions {
		sum += c.Score
	}
	fmt.Println(m.Probability(row) > 0.8, math.Abs(sum-m.Score(row)) < 1e-9)
	// Output: true true
}

func ExampleFitLogistic() {
	x, y := world(500, 2)
	var m *predict.Logistic
	m, err := predict.FitLogistic(x, y, nil)
	base, contributions := m.Explain(x[0])
	var first predict.Contribution = contributions[0]
	fmt.Println(first.Name, m.Weights[0] > 0, math.Abs(base-m.Base) < 1e-12, m.Score(x[0]) != 0, err)
	// Output: x0 true true true <nil>
}

func ExampleFitTrees() {
	x, y := world(1500, 3)
	var m *predict.Trees
	m, err := predict.FitTrees(x, y, &predict.Options{Trees: 50})
	scores := make([]float64, len(x))
	for i := range x {
		scores[i] = m.Score(x[i])
	}
	auc, _ := predict.AUC(scores, y)
	top, _ := predict.PrecisionAt(scores, y, 0.1)
	fmt.Println(m.Size() > 5, auc > 0.8, top > 0.8, err)
	// Output: true true true <nil>
}

func ExampleFitCalibration() {
	// Scores that are twice as sure as they should be.
	r := rand.New(rand.NewPCG(1, 1))
	var scores []float64
	var y []bool
	for range 5000 {
		s := r.NormFloat64()
		scores, y = append(scores, 2*s), append(y, r.Float64() < 1/(1+math.Exp(-s)))
	}
	var c predict.Calibration
	c, err := predict.FitCalibration(scores, y)
	p := make([]float64, len(scores))
	for i, s := range scores {
		p[i] = c.Probability(s)
	}
	off, _ := predict.CalibrationError(p, y)
	fmt.Println(math.Round(c.Slope*10)/10, off < 0.03, err)
	// Output: 0.5 true <nil>
}

func ExampleCalibrationChance() {
	// Probabilities that are exactly right, of 3,000 rows.
	r := rand.New(rand.NewPCG(1, 3))
	var p []float64
	var y []bool
	for range 3000 {
		v := 0.2 + 0.6*r.Float64()
		p, y = append(p, v), append(y, r.Float64() < v)
	}
	off, _ := predict.CalibrationError(p, y)
	chance, err := predict.CalibrationChance(p)
	fmt.Printf("%.3f beside %.3f %v\n", off, chance, err)
	// Output: 0.016 beside 0.022 <nil>
}

func ExamplePropensity_AtRate() {
	x, y := world(1000, 13)
	m, err := predict.Fit(x, y, &predict.Options{Trees: 40})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Before Christmas six of ten buy, as last year.
	season, err := m.AtRate(x, 0.6)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean := 0.0
	for _, row := range x {
		mean += season.Probability(row) / float64(len(x))
	}
	fmt.Printf("%.3f %t\n", mean, season.Probability(x[0]) > m.Probability(x[0]))
	// Output: 0.600 true
}

func ExampleFitUplift() {
	r := rand.New(rand.NewPCG(1, 2))
	var x [][]float64
	var treated, y []bool
	for range 2500 {
		v, mail := r.NormFloat64(), r.IntN(2) == 0
		p := 0.2
		if mail && v > 0 {
			p = 0.5
		}
		x, treated, y = append(x, []float64{v}), append(treated, mail), append(y, r.Float64() < p)
	}
	var u *predict.Uplift
	u, err := predict.FitUplift(x, treated, y, &predict.Options{Trees: 20})
	scores := make([]float64, len(x))
	for i := range x {
		scores[i] = u.Score(x[i])
	}
	var q *predict.QiniResult
	q, _ = predict.Qini(scores, treated, y, 100, 1)
	fmt.Println(u.Score([]float64{1}) > 0.2, q.Low > 0, err)
	// Output: true true <nil>
}

func ExampleLookalike() {
	x, y := world(1000, 4)
	likeness, err := predict.Lookalike(x, y, &predict.Options{Trees: 40})
	best := 0
	for i := range likeness {
		if likeness[i] > likeness[best] {
			best = i
		}
	}
	fmt.Println(likeness[best] > 0.8, err)
	// Output: true <nil>
}

func TestContributionsSum(t *testing.T) {
	x, y := world(1000, 5)
	m, err := predict.Fit(x, y, &predict.Options{Seed: 3, Trees: 30})
	require.NoError(t, err)
	again, err := predict.Fit(x, y, &predict.Options{Seed: 3, Trees: 30})
	require.NoError(t, err)
	for _, row := range x[:200] {
		require.Equal(t, m.Score(row), again.Score(row))
		for _, model := range []interface {
			Score([]float64) float64
			Explain([]float64) (float64, []predict.Contribution)
		}{m, m.Logistic, m.Trees} {
			sum, parts := model.Explain(row)
			for _, c := range parts {
				sum += c.Score
			}
			require.InDelta(t, model.Score(row), sum, 1e-9)
		}
	}
}

// TestOutOfSample: the model finds what is there, is calibrated, and does not
// take noise for a reason.
func TestOutOfSample(t *testing.T) {
	x, y := world(2500, 6)
	m, err := predict.Fit(x, y, &predict.Options{Trees: 50, Rate: 0.12})
	require.NoError(t, err)
	nx, ny := world(4000, 7)
	scores, p := make([]float64, len(nx)), make([]float64, len(nx))
	noise, signal := 0.0, 0.0
	for i, row := range nx {
		scores[i], p[i] = m.Score(row), m.Probability(row)
		_, parts := m.Explain(row)
		signal += math.Abs(parts[0].Score) + math.Abs(parts[1].Score)
		noise += math.Abs(parts[2].Score)
	}
	auc, err := predict.AUC(scores, ny)
	require.NoError(t, err)
	require.Greater(t, auc, 0.77)
	off, err := predict.CalibrationError(p, ny)
	require.NoError(t, err)
	require.Less(t, off, 0.03)
	require.Less(t, noise, signal/10)
}

func TestLogisticIsTheMaximum(t *testing.T) {
	x, y := world(800, 8)
	m, err := predict.FitLogistic(x, y, &predict.Options{Ridge: 1e-6})
	require.NoError(t, err)
	// At the maximum the residuals are orthogonal to every feature.
	for j := range 3 {
		sum := 0.0
		for i, row := range x {
			e := 1 / (1 + math.Exp(-m.Score(row)))
			if y[i] {
				e--
			}
			if !math.IsNaN(row[j]) {
				sum += e * (row[j] - m.Mean[j])
			}
		}
		require.InDelta(t, 0, sum, 1e-3)
	}
}

func TestAUCAgainstPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for range 50 {
		n := 2 + r.IntN(40)
		scores, y := make([]float64, n), make([]bool, n)
		for i := range scores {
			scores[i], y[i] = float64(r.IntN(6)), r.IntN(2) == 0
		}
		y[0], y[1] = true, false
		won, all := 0.0, 0.0
		for i := range y {
			for j := range y {
				if y[i] && !y[j] {
					all++
					switch {
					case scores[i] > scores[j]:
						won++
					case scores[i] == scores[j]:
						won += 0.5
					}
				}
			}
		}
		auc, err := predict.AUC(scores, y)
		require.NoError(t, err)
		require.InDelta(t, won/all, auc, 1e-12)
	}
}

// TestCalibrationChance holds the formula against drawn outcomes.
func TestCalibrationChance(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 14))
	for _, n := range []int{500, 2000} {
		p, y, mean := make([]float64, n), make([]bool, n), 0.0
		for i := range p {
			p[i] = 0.05 + 0.9*r.Float64()*r.Float64()
		}
		const draws = 200
		for range draws {
			for i := range y {
				y[i] = r.Float64() < p[i]
			}
			off, err := predict.CalibrationError(p, y)
			require.NoError(t, err)
			mean += off / draws
		}
		chance, err := predict.CalibrationChance(p)
		require.NoError(t, err)
		require.InEpsilon(t, chance, mean, 0.06)
	}
}

// TestQiniOfChance: scores that mean nothing are about 0, with an interval around it.
func TestQiniOfChance(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 10))
	n := 2000
	scores, treated, y := make([]float64, n), make([]bool, n), make([]bool, n)
	for i := range scores {
		scores[i], treated[i] = r.Float64(), r.IntN(2) == 0
		y[i] = r.Float64() < 0.2
	}
	q, err := predict.Qini(scores, treated, y, 200, 1)
	require.NoError(t, err)
	require.True(t, q.Low < 0 && q.High > 0, "%+v", q)
}

func TestRefusals(t *testing.T) {
	for what, x := range map[string][][]float64{"none": nil, "empty": {{}, {}}, "ragged": {{1}, {1, 2}}, "infinite": {{1}, {math.Inf(1)}}} {
		_, err := predict.Fit(x, []bool{true, false}, nil)
		require.Error(t, err, what)
		_, err = predict.Lookalike(x, []bool{true, false}, nil)
		require.Error(t, err, what)
	}
	x, y := world(100, 11)
	for what, o := range map[string]*predict.Options{"names": {Names: []string{"a"}}, "rate": {Rate: 2}, "leaves": {Leaves: 1}, "ridge": {Ridge: -1}, "trees": {Trees: -1}} {
		_, err := predict.FitTrees(x, y, o)
		require.Error(t, err, what)
	}
	_, err := predict.FitLogistic(x, make([]bool, len(x)), nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = predict.AUC([]float64{math.NaN()}, []bool{true})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = predict.AUC([]float64{1}, []bool{true})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = predict.CalibrationChance([]float64{0.5, 2})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = predict.CalibrationChance(nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	p, err := predict.Fit(x, y, nil)
	require.NoError(t, err)
	for _, rate := range []float64{0, 1, math.NaN(), -1} {
		_, err = p.AtRate(x, rate)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err = p.AtRate(nil, 0.5)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = p.AtRate([][]float64{{math.Inf(1), 0, 0}}, 0.5)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = p.AtRate([][]float64{{1}}, 0.5)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = predict.FitUplift(x, y[:5], y, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = predict.Qini([]float64{1, 2}, []bool{true, true}, []bool{true, false}, 200, 1)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = predict.PrecisionAt([]float64{1}, []bool{true}, 0)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	separated := [][]float64{{0}, {0}, {1}, {1}}
	m, err := predict.FitLogistic(separated, []bool{false, false, true, true}, nil)
	require.NoError(t, err)
	require.False(t, math.IsNaN(m.Score([]float64{math.NaN()})))
}

func BenchmarkFit(b *testing.B) {
	x, y := world(5000, 12)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := predict.Fit(x, y, nil); err != nil {
			b.Fatal(err)
		}
	}
}
