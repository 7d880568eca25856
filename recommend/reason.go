package recommend

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Recommendation is one item to show, what it is worth and why.
type Recommendation struct {
	SKU flywheel.SKU
	// Score orders the recommendations of one answer that have the same kind
	// of reason; it has no meaning across answers.
	Score  float64
	Reason Reason
}

// ReasonKind says what speaks for a recommendation.
type ReasonKind uint8

// The kinds of reason, strongest first.
const (
	Together ReasonKind = iota + 1 // chosen together with an item of the request
	Trending                       // much chosen lately
	Popular                        // much chosen
)

// Reason is what speaks most for a recommendation.
type Reason struct {
	Kind ReasonKind
	// With is the item of the request that it is chosen together with. This and
	// the following fields are set for reasons of the kind Together.
	With flywheel.SKU
	// Both of the Of groups that hold With hold the recommended item as well.
	Both, Of int64
	Group    Group
	Measure  Measure
	// Value is the Measure for the two items; for the other kinds the weighted
	// number of interactions.
	Value float64
}

// String returns the reason in words, such as "bought together with TEA in 12
// of 80 baskets, LLR 41.2".
func (r Reason) String() string {
	switch r.Kind {
	case Together:
		if r.Group == ByActor {
			return fmt.Sprintf("chosen by %d of %d customers who chose %s, %v %.4g", r.Both, r.Of, r.With, r.Measure, r.Value)
		}
		return fmt.Sprintf("bought together with %s in %d of %d baskets, %v %.4g", r.With, r.Both, r.Of, r.Measure, r.Value)
	case Trending:
		return fmt.Sprintf("trending: %.4g by weight and recency", r.Value)
	case Popular:
		return fmt.Sprintf("popular: %.4g by weight", r.Value)
	}
	return ""
}

// together returns the reason for recommending n to someone who chose with.
func (m *Model) together(with int32, n *neighbor) Reason {
	return Reason{Kind: Together, With: m.items[with], Both: int64(n.together), Of: int64(m.support[with]),
		Group: m.config.Group, Measure: m.config.Measure, Value: n.score}
}

// general returns the recommendation of an item that is popular or trending.
func (m *Model) general(s scored, why ReasonKind) Recommendation {
	return Recommendation{SKU: m.items[s.item], Score: s.score, Reason: Reason{Kind: why, Value: s.score}}
}
