package bandit_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/flywheel-go/flywheel/experiment/bandit"
)

func Example() {
	rates := []float64{0.05, 0.08, 0.03} // which nobody knows
	arms := make([]bandit.Arm, len(rates))
	random := rand.New(rand.NewPCG(1, 0))
	for range 20_000 {
		arm, err := bandit.Thompson{}.Choose(arms, random)
		if err != nil {
			panic(err)
		}
		reward := 0.0
		if random.Float64() < rates[arm] {
			reward = 1
		}
		if err := arms[arm].Observe(reward); err != nil {
			panic(err)
		}
	}
	fmt.Println(arms[1].Pulls > 18_000)
	// Output: true
}

func ExampleFloor() {
	arms := []bandit.Arm{{Pulls: 1000, Reward: 50}, {Pulls: 1000, Reward: 71}, {Pulls: 1000, Reward: 64}}
	weights, err := bandit.TopTwo{}.Weights(arms)
	if err != nil {
		panic(err)
	}
	shares, err := bandit.Floor(weights, 0.1)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f, tomorrow %.3f\n", weights, shares)
	// Output: [0.051 0.491 0.457], tomorrow [0.100 0.466 0.434]
}

func ExampleDecay() {
	arms := []bandit.Arm{{Pulls: 100, Reward: 20}}
	if err := bandit.Decay(arms, 0.9); err != nil {
		panic(err)
	}
	fmt.Println(arms[0].Pulls, arms[0].Mean())
	// Output: 90 0.2
}

func ExampleKLUCB() {
	arms := []bandit.Arm{{Pulls: 1000, Reward: 100}, {Pulls: 200, Reward: 2}}
	careful, err := bandit.KLUCB{}.Choose(arms)
	if err != nil {
		panic(err)
	}
	wide, err := bandit.UCB1{}.Choose(arms)
	if err != nil {
		panic(err)
	}
	fmt.Println(careful, wide) // the wide bound still doubts that the second is worse
	// Output: 0 1
}

func ExampleEpsilonGreedy() {
	arm, err := bandit.EpsilonGreedy{Epsilon: 0.05}.Choose([]bandit.Arm{{Pulls: 10, Reward: 1}, {Pulls: 10, Reward: 4}}, rand.New(rand.NewPCG(3, 0)))
	if err != nil {
		panic(err)
	}
	fmt.Println(arm)
	// Output: 1
}

func ExampleNewLinUCB() {
	bandits, err := bandit.NewLinUCB(2, 2, 1) // two headlines; a constant and "on a phone"
	if err != nil {
		panic(err)
	}
	for range 50 {
		for phone := range 2 {
			context := []float64{1, float64(phone)}
			for headline := range 2 {
				reward := 0.0
				if headline == phone {
					reward = 1
				}
				if err := bandits.Observe(headline, context, reward); err != nil {
					panic(err)
				}
			}
		}
	}
	arm, err := bandits.Choose([]float64{1, 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(arm)
	// Output: 1
}

func ExampleEvaluate() {
	// A log of two arms at even odds; the new policy would choose the second.
	var log []bandit.Logged
	for i := range 400 {
		d := bandit.Logged{Propensity: 0.5, Target: float64(i % 2)}
		if i%2 == 1 && i%10 < 3 || i%20 == 0 {
			d.Reward = 1
		}
		log = append(log, d)
	}
	e, err := bandit.Evaluate(log)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f [%.2f, %.2f], worth %.0f decisions\n", e.Normalized.Estimate, e.Normalized.Lower, e.Normalized.Upper, e.EffectiveSize)
	// Output: 0.20 [0.14, 0.26], worth 200 decisions
}
