package stats_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

func ExampleRank() {
	prior := stats.Beta{Alpha: 1, Beta: 1}
	var arms []stats.Beta
	for _, observed := range []stats.Proportion{{Successes: 120, Trials: 1000}, {Successes: 140, Trials: 1000}, {Successes: 131, Trials: 1000}} {
		arm, err := prior.After(observed)
		if err != nil {
			panic(err)
		}
		arms = append(arms, arm)
	}
	r, err := stats.Rank(arms...)
	if err != nil {
		panic(err)
	}
	fmt.Printf("best %.3f\n", r.Best)
	fmt.Printf("expected loss %.4f\n", r.Loss)
	fmt.Printf("top-two weights %.3f\n", r.TopTwo())
	// Output:
	// best [0.053 0.687 0.260]
	// expected loss [0.0229 0.0030 0.0119]
	// top-two weights [0.134 0.471 0.395]
}

func ExampleLiftOf() {
	lift, err := stats.LiftOf(stats.Beta{Alpha: 121, Beta: 881}, stats.Beta{Alpha: 141, Beta: 861})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f above zero, median %+.3f\n", lift.Above(0), lift.Quantile(0.5))
	// Output: 0.91 above zero, median +0.166
}

func ExampleCredible() {
	orders, err := stats.Gamma{Shape: 1, Rate: 1}.After(230, 1000) // 230 orders of 1000 customers
	if err != nil {
		panic(err)
	}
	lower, upper, err := stats.Credible(orders, 0.05)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f [%.3f, %.3f]\n", orders.Mean(), lower, upper)
	// Output: 0.231 [0.202, 0.261]
}

func ExampleHighestDensity() {
	var returned stats.Posterior = stats.Beta{Alpha: 1, Beta: 101} // none of 100
	lower, upper, err := stats.HighestDensity(returned, 0.05)
	if err != nil {
		panic(err)
	}
	fmt.Printf("[%.3f, %.3f]\n", lower, upper)
	// Output: [0.000, 0.029]
}

func ExampleMeanPosterior() {
	control, err := stats.MeanPosterior(stats.SampleOf(200, 19.1, 5.9))
	if err != nil {
		panic(err)
	}
	treatment, err := stats.MeanPosterior(stats.SampleOf(288, 20.6, 13.9))
	if err != nil {
		panic(err)
	}
	r, err := stats.Rank(control, treatment)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f\n", r.Best[1])
	// Output: 0.948
}

func ExampleNormalPosterior() {
	r, err := stats.Bayesian{LowerIsBetter: true}.Compare(stats.SampleOf(900, 3.1, 1.2), stats.SampleOf(900, 3.0, 1.2))
	if err != nil {
		panic(err)
	}
	var minutes stats.NormalPosterior = r.Absolute
	fmt.Printf("%.2f\n", minutes.ChanceToWin)
	// Output: 0.96
}

func ExampleBayesian() {
	// Experiments like this one have moved the metric by 5 % or so.
	b := stats.Bayesian{Prior: stats.NormalPrior{Variance: 0.05 * 0.05}}
	r, err := b.Compare(stats.SampleOf(2000, 20, 15), stats.SampleOf(2000, 21.2, 15))
	if err != nil {
		panic(err)
	}
	fmt.Printf("chance to win %.3f, lift %+.3f [%.3f, %.3f], risk %.4f\n",
		r.Relative.ChanceToWin, r.Relative.Mean, r.Relative.Lower, r.Relative.Upper, r.Relative.RiskTreatment)
	// Output: chance to win 0.986, lift +0.048 [0.005, 0.091], risk 0.0001
}
