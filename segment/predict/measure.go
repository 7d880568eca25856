package predict

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/flywheel-go/flywheel"
)

func pairs(scores []float64, n int) error {
	if len(scores) != n || n == 0 {
		return fmt.Errorf("predict: %d scores of %d outcomes: %w", len(scores), n, flywheel.ErrInvalid)
	}
	if slices.ContainsFunc(scores, math.IsNaN) {
		return fmt.Errorf("predict: a score is NaN: %w", flywheel.ErrInvalid)
	}
	return nil
}

// byScore returns the places from the highest score down, equal ones by place.
func byScore(scores []float64) []int {
	places := make([]int, len(scores))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return places
}

// AUC is the probability that a positive scores above a negative, ties counting a half.
func AUC(scores []float64, y []bool) (float64, error) {
	if err := pairs(scores, len(y)); err != nil {
		return 0, err
	}
	places := byScore(scores)
	var above, won, yes float64
	for i := 0; i < len(places); {
		j := i
		p, n := 0.0, 0.0
		for ; j < len(places) && scores[places[j]] == scores[places[i]]; j++ {
			if y[places[j]] {
				p++
			} else {
				n++
			}
		}
		won += n*above + n*p/2
		above += p
		yes += p
		i = j
	}
	if no := float64(len(y)) - yes; yes > 0 && no > 0 {
		return won / yes / no, nil
	}
	return 0, fmt.Errorf("predict: all outcomes are equal: %w", flywheel.ErrInvalid)
}

// calibrationGroups is into how many groups of equal size [CalibrationError] puts rows.
const calibrationGroups = 10

// CalibrationError is the expected calibration error: the mean difference between
// probability and frequency over ten groups of equal size by probability (Naeini, Cooper
// & Hauskrecht, 2015, with equal counts). It is not zero for probabilities that are
// exactly right, since frequencies vary: see [CalibrationChance].
func CalibrationError(probabilities []float64, y []bool) (float64, error) {
	if err := pairs(probabilities, len(y)); err != nil {
		return 0, err
	}
	places := byScore(probabilities)
	total := 0.0
	for b := range calibrationGroups {
		group := places[b*len(places)/calibrationGroups : (b+1)*len(places)/calibrationGroups]
		p, n := 0.0, 0.0
		for _, i := range group {
			p += probabilities[i]
			if y[i] {
				n++
			}
		}
		total += math.Abs(p-n) / float64(len(places))
	}
	return total, nil
}

// CalibrationChance is what [CalibrationError] is on average where the probabilities are
// exactly right: the difference in a group is then nearly normal, with the variance
// Σ p(1-p), and its mean magnitude is √(2/π) of the deviation. Of 3,000 rows with
// probabilities about a half it is .02: an error of that size says nothing against
// a model.
func CalibrationChance(probabilities []float64) (float64, error) {
	if err := pairs(probabilities, len(probabilities)); err != nil {
		return 0, err
	}
	for i, p := range probabilities {
		if p < 0 || p > 1 {
			return 0, fmt.Errorf("predict: probability %d is %v: %w", i, p, flywheel.ErrOutOfRange)
		}
	}
	places := byScore(probabilities)
	total := 0.0
	for b := range calibrationGroups {
		variance := 0.0
		for _, i := range places[b*len(places)/calibrationGroups : (b+1)*len(places)/calibrationGroups] {
			variance += probabilities[i] * (1 - probabilities[i])
		}
		total += math.Sqrt(2*variance/math.Pi) / float64(len(places))
	}
	return total, nil
}

// PrecisionAt is the part of positives among the given part of rows with the highest scores.
func PrecisionAt(scores []float64, y []bool, part float64) (float64, error) {
	if err := pairs(scores, len(y)); err != nil {
		return 0, err
	}
	if !(part > 0 && part <= 1) {
		return 0, fmt.Errorf("predict: the top %v: %w", part, flywheel.ErrOutOfRange)
	}
	n := max(1, int(part*float64(len(y))))
	yes := 0.0
	for _, i := range byScore(scores)[:n] {
		if y[i] {
			yes++
		}
	}
	return yes / float64(n), nil
}

// QiniResult is how well scores find those whom a treatment moves.
type QiniResult struct {
	// Coefficient is the area between the curve of incremental outcomes and the one of chance, per
	// row: 0 for scores that mean nothing.
	Coefficient float64
	// Low and High bound it at 95 %, by bootstrap.
	Low, High float64
	// Curve is the incremental outcomes, as a part of all rows, when the first 0, 5, … 100 % by
	// score are treated.
	Curve [21]float64
}

// Qini measures uplift scores on rows of which some were treated at random
// (Radcliffe, 2007, Using Control Groups to Target on Predicted Lift), with draws bootstrap samples for the interval.
func Qini(scores []float64, treated, y []bool, draws int, seed uint64) (*QiniResult, error) {
	if err := pairs(scores, len(y)); err != nil {
		return nil, err
	}
	if len(treated) != len(y) || draws < 100 || draws > 100_000 {
		return nil, fmt.Errorf("predict: %d rows treated or not, %d outcomes, %d draws: %w", len(treated), len(y), draws, flywheel.ErrInvalid)
	}
	places := byScore(scores)
	weights := make([]float64, len(y))
	for i := range weights {
		weights[i] = 1
	}
	q := &QiniResult{}
	var err error
	if q.Coefficient, err = qini(places, treated, y, weights, &q.Curve); err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 0x71696e69))
	all := make([]float64, draws)
	for k := range all {
		clear(weights)
		for range weights {
			weights[r.IntN(len(weights))]++
		}
		if all[k], err = qini(places, treated, y, weights, nil); err != nil {
			return nil, err
		}
	}
	slices.Sort(all)
	q.Low, q.High = all[draws*25/1000], all[draws*975/1000]
	return q, nil
}

func qini(places []int, treated, y []bool, weights []float64, curve *[21]float64) (float64, error) {
	var nt, nc, yt, yc, total float64
	at := make([]float64, 0, 101)
	for _, w := range weights {
		total += w
	}
	seen, next := 0.0, 0.0
	value := func() float64 {
		if nc == 0 {
			return yt
		}
		return yt - yc*nt/nc
	}
	for _, i := range places {
		for seen >= next*total/100 && next <= 100 {
			at = append(at, value()/total)
			next++
		}
		w := weights[i]
		seen += w
		switch {
		case treated[i]:
			nt += w
			if y[i] {
				yt += w
			}
		default:
			nc += w
			if y[i] {
				yc += w
			}
		}
	}
	if nt == 0 || nc == 0 {
		return 0, fmt.Errorf("predict: everybody or nobody was treated: %w", flywheel.ErrInvalid)
	}
	for len(at) < 101 {
		at = append(at, value()/total)
	}
	end, area := at[100], 0.0
	for k := range 100 {
		area += (at[k]+at[k+1])/200 - end*(float64(k)+0.5)/10_000
	}
	if curve != nil {
		for k := range curve {
			curve[k] = at[5*k]
		}
	}
	return area, nil
}
