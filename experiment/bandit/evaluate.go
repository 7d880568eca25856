package bandit

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Logged is one decision of the policy that ran, with what a new policy would
// have done.
type Logged struct {
	// Propensity is the probability with which the arm was chosen, from the log.
	Propensity float64 `json:"propensity"`
	// Target is the probability with which the new policy chooses the same arm.
	Target float64 `json:"target"`
	// Reward is what the arm brought.
	Reward float64 `json:"reward"`
	// Expected is what a model says of the logged arm, and ExpectedTarget of the
	// new policy's choice, averaged by its probabilities; both 0 without a model.
	Expected       float64 `json:"expected,omitempty"`
	ExpectedTarget float64 `json:"expected_target,omitempty"`
}

// Evaluation is what a new policy would have earned for each decision, by three
// estimates of rising sophistication, with intervals at 95 %.
type Evaluation struct {
	// Weighted is the mean of reward·target/propensity: unbiased. Horvitz &
	// Thompson (1952).
	Weighted stats.Effect `json:"weighted"`
	// Normalized divides by the sum of the weights: less variance for a little
	// bias. Swaminathan & Joachims (2015).
	Normalized stats.Effect `json:"normalized"`
	// DoublyRobust corrects the model's expectation by the weighted residuals:
	// right when either model or propensities are. Dudík, Langford & Li (2011).
	DoublyRobust stats.Effect `json:"doubly_robust"`
	// EffectiveSize is how many decisions of the new policy itself the log is
	// worth, (Σw)²/Σw². Kish (1965).
	EffectiveSize float64         `json:"effective_size"`
	Warnings      []stats.Warning `json:"warnings,omitempty"`
}

// Evaluate tells from the log of one policy what another would have earned. Every
// arm that the new policy may choose must have been possible: a propensity is
// above zero. The error is a [*stats.InputError].
func Evaluate(log []Logged) (Evaluation, error) {
	if len(log) < 2 {
		return Evaluation{}, fmt.Errorf("bandit: %w", &stats.InputError{What: "decisions", Value: float64(len(log)), Err: stats.ErrTooFew})
	}
	var weighted, robust stats.Moments
	var ratio stats.Pair // reward·weight and weight
	squares := 0.0
	for i, d := range log {
		for _, x := range []struct {
			what      string
			value     float64
			low, high float64
		}{
			{"propensity", d.Propensity, 1e-9, 1}, {"target", d.Target, 0, 1}, {"reward", d.Reward, -1e50, 1e50},
			{"expected", d.Expected, -1e50, 1e50}, {"expected target", d.ExpectedTarget, -1e50, 1e50},
		} {
			if !(x.value >= x.low && x.value <= x.high) {
				return Evaluation{}, refuse(fmt.Sprintf("log[%d] %s", i, x.what), x.value)
			}
		}
		w := d.Target / d.Propensity
		weighted.Add(w * d.Reward)
		ratio.Add(w*d.Reward, w)
		robust.Add(d.ExpectedTarget + float64(w*(d.Reward-d.Expected)))
		squares += float64(w * w)
	}
	var e Evaluation
	e.Weighted, e.DoublyRobust = effect(weighted.Sample()), effect(robust.Sample())
	if squares > 0 {
		sum := ratio.Y.Sum()
		e.EffectiveSize = sum * sum / squares
		s, err := ratio.RatioSample()
		if err != nil {
			return Evaluation{}, fmt.Errorf("bandit: %w", err)
		}
		e.Normalized = effect(s)
	} else {
		return Evaluation{}, refuse("sum of the target's probabilities", 0)
	}
	if e.EffectiveSize < 100 {
		e.Warnings = append(e.Warnings, stats.Warning{Kind: stats.SmallSample, Text: fmt.Sprintf("the log is worth %.0f decisions of the new policy", e.EffectiveSize)})
	}
	if mean := ratio.Y.Mean; math.Abs(mean-1) > 5*math.Sqrt(ratio.Y.Variance()/float64(len(log)))+1e-9 {
		e.Warnings = append(e.Warnings, stats.Warning{Kind: stats.WeightsScaled, Text: fmt.Sprintf("target over propensity averages %.3f instead of 1; the logged propensities may be wrong", mean)})
	}
	return e, nil
}

// effect returns a mean with its normal interval.
func effect(s stats.Sample) stats.Effect {
	const critical = 1.959963984540054
	e := stats.Effect{Estimate: s.Mean, StandardError: s.StandardError(), DF: math.Inf(1)}
	half := float64(critical * e.StandardError)
	e.Lower, e.Upper = e.Estimate-half, e.Estimate+half
	e.P, e.LogP = 1, 0
	if e.StandardError > 0 {
		e.Statistic = e.Estimate / e.StandardError
		p, logP := stats.NormalTail(math.Abs(e.Statistic))
		e.P, e.LogP = min(1, 2*p), min(0, logP+math.Ln2)
	}
	return e
}
