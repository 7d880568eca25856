package recommend

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment/bandit"
)

// Explorer gives a place of a list to chance, so that a shop learns what its model does
// not show, and says with which probability each item was shown, so that another policy
// can be judged by the log (see [Judge]). The zero value explores nothing.
type Explorer struct {
	// Policy names the way of choosing, in the log: "greedy", "epsilon", "thompson"
	// or "linucb" where it is empty.
	Policy string
	// Epsilon is the share of lists whose place is drawn evenly from the pool, in
	// [0, 1]. With Thompson or LinUCB it is mixed in, which keeps propensities above 0.
	Epsilon float64
	// Thompson draws the place by how likely each item of the pool is the best, from
	// its Arm: impressions and clicks.
	Thompson func(flywheel.SKU) bandit.Arm
	// Context returns the features of an item for LinUCB, which then chooses; both or
	// neither. LinUCB has one arm, shared by all items, that learns the reward of
	// features.
	Context func(flywheel.SKU) []float64
	LinUCB  interface {
		// Bound returns the upper bound of the reward of features.
		Bound(features []float64) (float64, error)
	}
}

// name returns Policy or what it stands for.
func (x Explorer) name() string {
	switch {
	case x.Policy != "":
		return x.Policy
	case x.LinUCB != nil:
		return "linucb"
	case x.Thompson != nil:
		return "thompson"
	case x.Epsilon > 0:
		return "epsilon"
	}
	return "greedy"
}

// Place chooses the item of one place from pool, best first by score, and returns its
// index and the probability with which it was chosen. The same random numbers choose
// the same. An empty pool is an error matching [flywheel.ErrInvalid].
func (x Explorer) Place(pool []flywheel.SKU, random *rand.Rand) (chosen int, propensity float64, err error) {
	weights, err := x.Propensities(pool)
	if err != nil {
		return 0, 0, err
	}
	u := random.Float64()
	chosen = len(weights) - 1
	for i, w := range weights {
		if u -= w; u < 0 {
			chosen = i
			break
		}
	}
	for weights[chosen] == 0 { // u was rounding away from the last
		chosen--
	}
	return chosen, weights[chosen], nil
}

// Propensities returns with which probability each item of pool is chosen. They sum to
// 1; for Thompson they are exact, by integration.
func (x Explorer) Propensities(pool []flywheel.SKU) ([]float64, error) {
	if len(pool) == 0 {
		return nil, fmt.Errorf("recommend: explore: the pool is empty: %w", flywheel.ErrInvalid)
	}
	if !(x.Epsilon >= 0 && x.Epsilon <= 1) {
		return nil, paramError("Explorer", "Epsilon", x.Epsilon)
	}
	if (x.Context == nil) != (x.LinUCB == nil) {
		return nil, paramError("Explorer", "LinUCB", "without Context, or the other way round")
	}
	weights := make([]float64, len(pool))
	switch {
	case x.LinUCB != nil:
		best, at := 0.0, -1
		for i, sku := range pool {
			v, err := x.LinUCB.Bound(x.Context(sku))
			if err != nil {
				return nil, err
			}
			if at < 0 || v > best {
				best, at = v, i
			}
		}
		weights[at] = 1
	case x.Thompson != nil:
		arms := make([]bandit.Arm, len(pool))
		for i, sku := range pool {
			arms[i] = x.Thompson(sku)
		}
		w, err := bandit.Thompson{}.Weights(arms)
		if err != nil {
			return nil, err
		}
		copy(weights, w)
	default:
		weights[0] = 1
	}
	for i := range weights {
		weights[i] = float64((1-x.Epsilon)*weights[i]) + x.Epsilon/float64(len(pool))
	}
	return weights, nil
}

// Explore replaces the last item of list by one that x chooses from it and from next,
// the best that are not in the list, and returns the fact to record: an [Impression]
// whose propensities are those of each place. Everything but the last place is certain.
func (x Explorer) Explore(id string, who Actor, at time.Time, list, next []flywheel.SKU, random *rand.Rand) (Interaction, error) {
	if len(list) == 0 {
		return Interaction{}, fmt.Errorf("recommend: explore: the list is empty: %w", flywheel.ErrInvalid)
	}
	last := len(list) - 1
	pool := append([]flywheel.SKU{list[last]}, next...)
	chosen, p, err := x.Place(pool, random)
	if err != nil {
		return Interaction{}, err
	}
	in := Interaction{ID: id, Kind: Impression, At: at, Actor: who, Items: slices.Clone(list), Policy: x.name()}
	in.Items[last] = pool[chosen]
	in.Details = make([]Detail, len(list))
	for i := range in.Details {
		in.Details[i] = Detail{Slot: i + 1, Propensity: 1}
	}
	in.Details[last].Propensity = p
	return in.Normal()
}

// Target is a policy to be judged by the log of another: with which probability it
// would have shown an item in a place of a list that was shown.
type Target func(list Interaction, place int) float64

// Judge estimates what a target policy would have earned for each place that was shown
// with a known propensity: by inverse propensities, self-normalized, and doubly robust,
// with 95 % intervals. A place earns 1 when its actor shows interest of the kind, or a
// stronger one, in the item within window after it was shown, 0 otherwise. expected,
// which may be nil, is a model of the reward of a place, for the doubly robust estimate:
// of what was shown, and of what the target would show.
func Judge(facts []Interaction, kind Kind, window time.Duration, target Target, expected func(list Interaction, place int) (shown, target float64)) (bandit.Evaluation, error) {
	if !kind.Interest() {
		return bandit.Evaluation{}, fmt.Errorf("recommend: judge: %v is no interest: %w", kind, flywheel.ErrInvalid)
	}
	type key struct {
		who Actor
		sku flywheel.SKU
	}
	interest := make(map[key][]time.Time)
	for _, f := range facts {
		if f.Kind.Interest() && f.Kind >= kind && f.Actor != (Actor{}) {
			for _, sku := range f.Items {
				interest[key{f.Actor, sku}] = append(interest[key{f.Actor, sku}], f.At)
			}
		}
	}
	var log []bandit.Logged
	for _, f := range facts {
		if f.Kind != Impression || f.Details == nil {
			continue
		}
		for place, sku := range f.Items {
			p := f.Details[place].Propensity
			if p == 0 {
				continue
			}
			l := bandit.Logged{Propensity: p, Target: target(f, place)}
			for _, at := range interest[key{f.Actor, sku}] {
				if !at.Before(f.At) && at.Sub(f.At) <= window {
					l.Reward = 1
				}
			}
			if expected != nil {
				l.Expected, l.ExpectedTarget = expected(f, place)
			}
			log = append(log, l)
		}
	}
	return bandit.Evaluate(log)
}
