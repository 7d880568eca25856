package recommend

import (
	"fmt"
	"math"
	"sync"
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
	return newRecent(s, r.HalfLife), nil
}

// recent asks a Scorer with a weighted history.
type recent struct {
	of       Scorer
	halfLife float64
	reach    int       // how many of the newest items count
	weights  []float64 // of the newest of these, by distance from the newest
	pool     sync.Pool // of *History
}

// faded is after how many half-lives an item no longer counts: its weight is below a
// millionth of the newest one's.
const faded = 20

// newRecent returns the Scorer of a [Recent].
func newRecent(of Scorer, halfLife float64) *recent {
	r := &recent{of: of, halfLife: halfLife, reach: int(min(math.MaxInt32, math.Ceil(faded*halfLife)))}
	r.weights = make([]float64, min(r.reach, 1024))
	for k := range r.weights {
		r.weights[k] = math.Exp2(-float64(k) / halfLife)
	}
	return r
}

// Index implements [Scorer].
func (r *recent) Index() *Index { return r.of.Index() }

// Score implements [Scorer].
func (r *recent) Score(h History, scores []float64) {
	memory, _ := r.pool.Get().(*History)
	if memory == nil {
		memory = new(History)
	}
	*memory = r.weighted((*memory)[:0], h)
	r.of.Score(*memory, scores)
	r.pool.Put(memory)
}

// weighted appends to out what counts of h, with weights by recency.
func (r *recent) weighted(out, h History) History {
	h = h[max(0, len(h)-r.reach):]
	for k, p := range h {
		if age := len(h) - 1 - k; age < len(r.weights) {
			p.Weight *= r.weights[age]
		} else {
			p.Weight *= math.Exp2(-float64(age) / r.halfLife)
		}
		out = append(out, p)
	}
	return out
}

// Contributions implements [Contributor]; all parts are 0 when the Scorer is none.
func (r *recent) Contributions(h History, item int32, parts []float64) {
	clear(parts)
	if c, ok := r.of.(Contributor); ok {
		counts := r.weighted(nil, h)
		c.Contributions(counts, item, parts[len(h)-len(counts):])
	}
}
