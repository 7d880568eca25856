package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
)

// SessionKNN recommends what sessions like the present one went on to: vector
// multiplication kNN over sessions (Ludewig and Jannach 2018, VS-kNN), with an index
// of the newest sessions of each item (Kersbergen, Sprangers and Schelter 2022,
// VMIS-kNN), and weights that decay with the distance from the end. Rows of the
// [Matrix] are the sessions.
//
// Of the last Last items of the history, the one at distance p from the end weighs
// Decay^p and brings its Sample newest sessions; the similarity of a session is the
// sum of the weights of the items it shares, and the Neighbours most similar
// (equal ones: the newer) score their items: similarity · Position^(distance of the
// newest item shared) / items^LengthPower · ln(sessions / sessions with the item).
// Cost of a question: Last·Sample + Neighbours·length of a session.
type SessionKNN struct {
	// Last is how many items of the history count: 10.
	Last int
	// Decay is the weight of an item relative to the next newer one: 0.85, at most 1.
	Decay float64
	// Sample is how many sessions an item brings: 500.
	Sample int
	// Neighbours is how many sessions count: 100.
	Neighbours int
	// Position is the weight of a session relative to one that shares the next
	// newer item: 0.9, at most 1.
	Position float64
	// LengthPower punishes long sessions: 0.25. Negative stands for 0.
	LengthPower float64
	// Linear takes the weights of the papers instead: (1 − p/min(n, Last)) for an
	// item, 1 − distance/10, at least 0, for a session.
	Linear bool
}

// String implements [Learner].
func (k SessionKNN) String() string {
	k = k.withDefaults()
	if k.Linear {
		return fmt.Sprintf("VMIS-kNN (m %d, k %d, last %d)", k.Sample, k.Neighbours, k.Last)
	}
	return fmt.Sprintf("session-kNN (m %d, k %d, last %d, decay %g, position %g, length %g)",
		k.Sample, k.Neighbours, k.Last, k.Decay, k.Position, k.LengthPower)
}

func (k SessionKNN) withDefaults() SessionKNN {
	k.Last, k.Sample, k.Neighbours = orDefault(k.Last, 10), orDefault(k.Sample, 500), orDefault(k.Neighbours, 100)
	k.Decay, k.Position = orDefault(k.Decay, 0.85), orDefault(k.Position, 0.9)
	k.LengthPower = orDefault(k.LengthPower, 0.25)
	return k
}

// Fit implements [Learner].
func (k SessionKNN) Fit(m *Matrix) (Scorer, error) {
	switch {
	case k.Last < 0:
		return nil, paramError("SessionKNN", "Last", k.Last)
	case k.Sample < 0:
		return nil, paramError("SessionKNN", "Sample", k.Sample)
	case k.Neighbours < 0:
		return nil, paramError("SessionKNN", "Neighbours", k.Neighbours)
	case !(k.Decay >= 0 && k.Decay <= 1):
		return nil, paramError("SessionKNN", "Decay", k.Decay)
	case !(k.Position >= 0 && k.Position <= 1):
		return nil, paramError("SessionKNN", "Position", k.Position)
	case math.IsNaN(k.LengthPower) || math.IsInf(k.LengthPower, 0):
		return nil, paramError("SessionKNN", "LengthPower", k.LengthPower)
	}
	k = k.withDefaults()
	n := len(m.actors)
	order := make([]int32, n) // newest first
	for i := range order {
		order[i] = int32(i)
	}
	ends := func(row int32) int64 {
		if !m.timed || m.start[row] == m.start[row+1] {
			return math.MinInt64
		}
		return m.at[m.start[row+1]-1]
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		if m.timed {
			return cmp.Compare(ends(b), ends(a))
		}
		return cmp.Compare(b, a)
	})
	s := &sessions{params: k, items: m.items, start: make([]int32, n+1), first: make([]int32, m.items.Len()+1), idf: make([]float64, m.items.Len()), factor: make([]float64, n)}
	for at, row := range order {
		s.flat = append(s.flat, m.row(row)...)
		s.start[at+1] = int32(len(s.flat))
		if length := len(m.row(row)); length > 0 {
			s.factor[at] = math.Pow(float64(length), -max(0, k.LengthPower))
		}
	}
	pop := m.popularity()
	for item, df := range pop {
		s.first[item+1] = s.first[item] + min(df, int32(k.Sample))
		if df > 0 {
			s.idf[item] = math.Log(float64(n) / float64(df))
		}
	}
	s.newest = make([]int32, s.first[m.items.Len()])
	next := slices.Clone(s.first)
	for at := range int32(n) {
		for _, item := range s.flat[s.start[at]:s.start[at+1]] {
			if next[item] < s.first[item+1] {
				s.newest[next[item]] = at
				next[item]++
			}
		}
	}
	return s, nil
}

// sessions is what SessionKNN learned: sessions newest first, and for each item
// its newest ones.
type sessions struct {
	params SessionKNN
	items  *Index
	start  []int32 // session n is flat[start[n]:start[n+1]]
	flat   []int32
	first  []int32 // item i has newest[first[i]:first[i+1]]
	newest []int32
	idf    []float64
	factor []float64 // by session: items^-LengthPower
	pool   sync.Pool
}

// sessionScratch is the working memory of one question.
type sessionScratch struct {
	similar []float64 // by session
	shared  []int32   // by session: 1 + distance of the newest shared item
	touched []int32
	top     top
	recent  [64]Past
	weight  [64]float64
}

// Index implements [Scorer].
func (s *sessions) Index() *Index { return s.items }

// Score implements [Scorer].
func (s *sessions) Score(h History, scores []float64) {
	clear(scores)
	s.scoreSparse(h, scores, nil)
}

// scoreSparse adds to scores and appends to touched the items that it adds to, some
// of them more than once.
func (s *sessions) scoreSparse(h History, scores []float64, touched []int32) []int32 {
	c, _ := s.pool.Get().(*sessionScratch)
	if c == nil {
		c = &sessionScratch{similar: make([]float64, len(s.start)), shared: make([]int32, len(s.start))}
	}
	defer s.pool.Put(c)
	recent := s.last(h, c)
	for p, past := range recent {
		w := c.weight[p]
		for _, at := range s.newest[s.first[past.Item]:s.first[past.Item+1]] {
			if c.shared[at] == 0 {
				c.touched = append(c.touched, at)
				c.shared[at] = int32(p + 1)
			}
			c.similar[at] += w
		}
	}
	c.top.n = s.params.Neighbours
	for _, at := range c.touched {
		if v := (scored{at, c.similar[at]}); c.top.accepts(v) {
			c.top.push(v)
		}
	}
	for _, v := range c.top.heap {
		w := v.score * s.factor[v.item] * s.position(int(c.shared[v.item]-1))
		for _, item := range s.flat[s.start[v.item]:s.start[v.item+1]] {
			scores[item] += float64(w * s.idf[item])
			if touched != nil {
				touched = append(touched, item)
			}
		}
	}
	c.top.heap = c.top.heap[:0]
	for _, at := range c.touched {
		c.similar[at], c.shared[at] = 0, 0
	}
	c.touched = c.touched[:0]
	return touched
}

// last returns the items of h that count, newest first, each at its newest place,
// and sets their weights.
func (s *sessions) last(h History, c *sessionScratch) []Past {
	out := c.recent[:0]
	limit := min(s.params.Last, len(c.recent))
	for k := len(h) - 1; k >= 0 && k >= len(h)-limit; k-- {
		p := len(h) - 1 - k
		if h[k].Weight <= 0 || slices.ContainsFunc(out, func(o Past) bool { return o.Item == h[k].Item }) {
			continue
		}
		if s.params.Linear {
			c.weight[len(out)] = 1 - float64(p)/float64(min(len(h), limit))
		} else {
			c.weight[len(out)] = math.Pow(s.params.Decay, float64(p))
		}
		out = append(out, h[k])
	}
	return out
}

func (s *sessions) position(distance int) float64 {
	if s.params.Linear {
		return max(0, 1-float64(distance)/10)
	}
	return math.Pow(s.params.Position, float64(distance))
}
