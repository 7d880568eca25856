package recommend

import (
	"fmt"
	"math"
)

// Recent lets late items of a history count more: the newest with its whole weight,
// each one before it with a factor of 2^(−1/HalfLife) less. The model is learned as
// before; only questions are asked in another way. Items whose weight has fallen below a
// millionth are left out.
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
func (r *recent) Score(h History, scores []float64) {
	h = r.weighted(h)
	r.of.Score(h[max(0, len(h)-int(math.Ceil(faded*r.halfLife))):], scores)
}

// weighted returns h with its weights by recency.
func (r *recent) weighted(h History) History {
	out := make(History, len(h))
	for k, p := range h {
		p.Weight *= math.Exp2(-float64(len(h)-1-k) / r.halfLife)
		out[k] = p
	}
	return out
}

// faded is after how many half-lives an item no longer counts: its weight is below a
// millionth of the newest one's.
const faded = 20

// Contributions implements [Contributor]; all parts are 0 when the Scorer is none.
func (r *recent) Contributions(h History, item int32, parts []float64) {
	if c, ok := r.of.(Contributor); ok {
		clear(parts)
		h = r.weighted(h)
		from := max(0, len(h)-int(math.Ceil(faded*r.halfLife)))
		c.Contributions(h[from:], item, parts[from:])
		return
	}
	clear(parts)
}
