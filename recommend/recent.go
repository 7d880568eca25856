package recommend

import (
	"fmt"
	"math"
)

// Recent lets late items of a history count more: the newest with its whole weight,
// each one before it with a factor of 2^(−1/HalfLife) less. The model is learned as
// before; only questions are asked in another way.
type Recent struct {
	// Of is the Learner whose Scorer is asked.
	Of Learner
	// HalfLife is after how many items the weight is halved. It is positive.
	HalfLife float64
}

// String implements [Learner].
func (r Recent) String() string { return fmt.Sprintf("%v, recent %g", r.Of, r.HalfLife) }

// Fit implements [Learner].
func (r Recent) Fit(m *Matrix) (Scorer, error) {
	if !(r.HalfLife > 0) || math.IsInf(r.HalfLife, 1) {
		return nil, paramError("Recent", "HalfLife", r.HalfLife)
	}
	if r.Of == nil {
		return nil, paramError("Recent", "Of", r.Of)
	}
	s, err := r.Of.Fit(m)
	if err != nil {
		return nil, err
	}
	return &recent{s, r.HalfLife}, nil
}

// recent asks a Scorer with a weighted history.
type recent struct {
	of       Scorer
	halfLife float64
}

// Index implements [Scorer].
func (r *recent) Index() *Index { return r.of.Index() }

// Score implements [Scorer].
func (r *recent) Score(h History, scores []float64) { r.of.Score(r.weighted(h), scores) }

// weighted returns h with its weights by recency.
func (r *recent) weighted(h History) History {
	out := make(History, len(h))
	for k, p := range h {
		p.Weight *= math.Exp2(-float64(len(h)-1-k) / r.halfLife)
		out[k] = p
	}
	return out
}

// Contributions implements [Contributor]; all parts are 0 when the Scorer is none.
func (r *recent) Contributions(h History, item int32, parts []float64) {
	if c, ok := r.of.(Contributor); ok {
		c.Contributions(r.weighted(h), item, parts)
		return
	}
	clear(parts)
}
