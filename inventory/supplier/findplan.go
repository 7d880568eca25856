package supplier

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// RiskPoint is a point that an operating characteristic must pass on the right
// side: lots with fraction defective Quality are accepted with a probability of
// at least Accept (the producer's point) or at most Accept (the consumer's).
type RiskPoint struct {
	Quality, Accept float64
}

func checkRisks(producer, consumer RiskPoint) error {
	for _, c := range []struct {
		what  string
		value float64
	}{
		{"producer quality", producer.Quality}, {"producer acceptance", producer.Accept},
		{"consumer quality", consumer.Quality}, {"consumer acceptance", consumer.Accept},
	} {
		if err := between(c.what, c.value, 0, 1); err != nil {
			return err
		}
	}
	switch {
	case producer.Quality >= consumer.Quality:
		return refuse("consumer quality", consumer.Quality, ErrNoPlan)
	case producer.Accept <= consumer.Accept:
		return refuse("consumer acceptance", consumer.Accept, ErrNoPlan)
	case producer.Accept == 1 && producer.Quality > 0:
		return refuse("producer acceptance", producer.Accept, ErrNoPlan)
	case consumer.Accept == 0 && consumer.Quality < 1:
		return refuse("consumer acceptance", consumer.Accept, ErrNoPlan)
	}
	return nil
}

// FindPlan returns the single sampling plan with the smallest acceptance number
// for which some sample size meets both points, and of these sizes the smallest
// that meets the consumer's point. It is the plan that find.plan of the R package
// AcceptanceSampling (Kiermeier, 2008) returns. lot is needed by Hypergeometric
// only. Where there is no such plan, the error matches [ErrNoPlan]; that is so
// for a lot that is too small, and for plans of more than a billion units.
func FindPlan(producer, consumer RiskPoint, law Law, lot int) (SinglePlan, error) {
	if err := checkRisks(producer, consumer); err != nil {
		return SinglePlan{}, err
	}
	if err := checkLot(law, lot, 0); err != nil {
		return SinglePlan{}, err
	}
	most := mostUnits
	if law == Hypergeometric {
		most = lot
	}
	plan := SinglePlan{Law: law, Lot: lot}
	if law != Hypergeometric {
		plan.Lot = 0
	}
	n := 0
	for c := 0; ; c++ {
		if c == scanned && law != Hypergeometric {
			// The scan is long: skip acceptance numbers that even a fractional
			// sample size would not make good.
			if first := firstReal(producer, consumer, law); first > c {
				c, n = first, 0
			}
		}
		plan.Accept = c
		n = smallestN(&plan, consumer, n, most)
		if n > most {
			return SinglePlan{}, refuse("sample size", n, ErrNoPlan)
		}
		plan.N = n
		if plan.accept(producer.Quality) >= producer.Accept {
			break
		}
	}
	plan.Lot = lot
	if lot > 0 && plan.N > lot {
		return SinglePlan{}, refuse("sample size", plan.N, ErrNoPlan)
	}
	return plan, nil
}

const scanned = 48

// smallestN returns the smallest n above after for which the plan meets the
// consumer's point, most+1 if there is none. The probability to accept falls
// with n.
func smallestN(plan *SinglePlan, consumer RiskPoint, after, most int) int {
	meets := func(n int) bool {
		plan.N = n
		return plan.accept(consumer.Quality) <= consumer.Accept
	}
	low := after // does not meet it, nor does 0
	step := max(1, int(0.8/consumer.Quality))
	if after == 0 { // near the mean of the sample of which c is the lower quantile
		z := math.Sqrt(math.Max(0, -2*math.Log(math.Max(consumer.Accept, 1e-300))))
		guess := (float64(plan.Accept) + float64(z*math.Sqrt(float64(plan.Accept)+1))*0.7 + 1) / consumer.Quality
		step = max(1, int(math.Min(guess*0.9, float64(most))))
	}
	high := low
	for {
		if low >= most {
			return most + 1
		}
		high = min(most, low+step)
		if meets(high) {
			break
		}
		low = high
		step = max(1, step/2)
		if after == 0 {
			step = max(step, low/4)
		}
		if step < 4 {
			step = 4
		}
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		if meets(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// firstReal returns the smallest c for which a sample size that need not be whole
// meets both points, less one as a margin for rounding. A whole size that meets
// both is at least as large as the fractional one that just meets the consumer's
// point and no better for the producer, so no smaller c has a plan. Whether c is
// enough is monotone in c.
func firstReal(producer, consumer RiskPoint, law Law) int {
	enough := func(c int) bool {
		k := float64(c + 1)
		if law == Poisson {
			mean := solveFalling(k, k+1, consumer.Accept, func(m float64) float64 { return mathext.GammaIncRegComp(k, m) })
			return mathext.GammaIncRegComp(k, mean*producer.Quality/consumer.Quality) >= producer.Accept
		}
		lower := func(n, p float64) float64 { return mathext.RegIncBeta(n-float64(c), k, 1-p) }
		n := solveFalling(k, (k+1)/consumer.Quality, consumer.Accept, func(n float64) float64 { return lower(n, consumer.Quality) })
		return lower(n, producer.Quality) >= producer.Accept
	}
	low, high := scanned, 2*scanned
	for !enough(high) {
		low, high = high, 2*high
		if high > mostUnits {
			return high
		}
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		if enough(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high - 1
}

// solveFalling returns x > low with f(x) = target for a falling f, to a relative
// 1e-13.
func solveFalling(low, high, target float64, f func(float64) float64) float64 {
	for f(high) > target && high < 1e12 {
		low, high = high, 2*high
	}
	for range 100 {
		middle := low + (high-low)/2
		if f(middle) > target {
			low = middle
		} else {
			high = middle
		}
		if high-low <= 1e-13*high {
			break
		}
	}
	return low
}
