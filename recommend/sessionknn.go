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
// sum of the weights of the items it shares, and the Neighbors most similar
// (equal ones: the newer) score their items: similarity · Position^(distance of the
// newest item shared) / items^LengthPower · ln(sessions / sessions with the item).
// Cost of a question: Last·Sample + Neighbors·length of a session.
type SessionKNN struct {
	// Last is how many items of the history count: 10.
	Last int
	// Decay is the weight of an item relative to the next newer one: 0.85, at most 1.
	Decay float64
	// Sample is how many sessions an item brings: 500.
	Sample int
	// Neighbors is how many sessions count: 100.
	Neighbors int
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
		return fmt.Sprintf("VMIS-kNN (m %d, k %d, last %d)", k.Sample, k.Neighbors, k.Last)
	}
	return fmt.Sprintf("session-kNN (m %d, k %d, last %d, decay %g, position %g, length %g)",
		k.Sample, k.Neighbors, k.Last, k.Decay, k.Position, k.LengthPower)
}

func (k SessionKNN) withDefaults() SessionKNN {
	k.Last, k.Sample, k.Neighbors = orDefault(k.Last, 10), orDefault(k.Sample, 500), orDefault(k.Neighbors, 100)
	k.Decay, k.Position = orDefault(k.Decay, 0.85), orDefault(k.Position, 0.9)
	k.LengthPower = orDefault(k.LengthPower, 0.25)
	return k
}

// Fit implements [Learner].
func (k SessionKNN) Fit(m *Matrix) (Scorer, error) {
	s, err := k.Live(m)
	if err != nil {
		return nil, err
	}
	return &sessions{s}, nil
}

// Live is Fit with a model that learns on.
func (k SessionKNN) Live(m *Matrix) (*LiveSessions, error) {
	switch {
	case k.Last < 0:
		return nil, paramError("SessionKNN", "Last", k.Last)
	case k.Sample < 0:
		return nil, paramError("SessionKNN", "Sample", k.Sample)
	case k.Neighbors < 0:
		return nil, paramError("SessionKNN", "Neighbors", k.Neighbors)
	case !(k.Decay >= 0 && k.Decay <= 1):
		return nil, paramError("SessionKNN", "Decay", k.Decay)
	case !(k.Position >= 0 && k.Position <= 1):
		return nil, paramError("SessionKNN", "Position", k.Position)
	case math.IsNaN(k.LengthPower) || math.IsInf(k.LengthPower, 0):
		return nil, paramError("SessionKNN", "LengthPower", k.LengthPower)
	}
	k = k.withDefaults()
	order := make([]int32, len(m.actors)) // oldest first
	for i := range order {
		order[i] = int32(i)
	}
	ends := func(row int32) int64 {
		if !m.timed || m.start[row] == m.start[row+1] {
			return math.MinInt64
		}
		return m.at[m.start[row+1]-1]
	}
	if m.timed {
		slices.SortStableFunc(order, func(a, b int32) int {
			return cmp.Or(cmp.Compare(ends(a), ends(b)), cmp.Compare(b, a))
		})
	}
	s := &LiveSessions{params: k, items: m.items, start: make([]int32, 1, len(order)+1), flat: make([]int32, 0, m.Len()),
		of: make([][]int32, m.items.Len()), logs: make([]float64, m.items.Len()), newest: math.MinInt64}
	pop := m.popularity()
	flat := make([]int32, m.Len())
	for item, n := range pop { // exact room, so that fitting does not move lists
		s.of[item], flat = flat[:0:n], flat[n:]
	}
	for p := range maxLast {
		s.decays[p], s.positions[p] = math.Pow(k.Decay, float64(p)), math.Pow(k.Position, float64(p))
		if k.Linear {
			s.positions[p] = max(0, 1-float64(p)/10)
		}
	}
	for _, row := range order {
		s.add(m.row(row), ends(row))
	}
	return s, nil
}

// maxLast is the most items of a history that count.
const maxLast = 64

// LiveSessions is what [SessionKNN] learns, and learns on from every session that
// ends. What it answers equals, bit for bit, what a fit from scratch would. It is safe
// for concurrent use.
type LiveSessions struct {
	params SessionKNN
	items  *Index

	mu     sync.RWMutex
	start  []int32 // session n is flat[start[n]:start[n+1]]; oldest first
	flat   []int32
	of     [][]int32 // by item: its sessions, oldest first
	logs   []float64 // by item: ln of their number
	log    float64   // ln of the number of sessions
	factor []float64 // by session: items^-LengthPower
	newest int64

	decays, positions [maxLast]float64
	pool              sync.Pool
}

// Add learns a session that has ended, and reports whether it could: it must not be
// older than the newest one, and items that the model does not know are left out of
// it. The session of the moment needs no Add: it is the history of the question.
func (s *LiveSessions) Add(session Session) (added bool, err error) {
	m, err := SessionMatrix([]Session{session})
	if err != nil || m.Len() == 0 {
		return false, err
	}
	var items []int32
	for _, item := range m.row(0) {
		if n, ok := s.items.Number(m.items.SKU(item)); ok {
			items = append(items, n)
		}
	}
	end := int64(math.MinInt64)
	if m.timed {
		end = m.at[m.Len()-1]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if end < s.newest || len(items) == 0 {
		return false, nil
	}
	s.add(items, end)
	return true, nil
}

// add appends a session of distinct items.
func (s *LiveSessions) add(items []int32, end int64) {
	at := int32(len(s.start) - 1)
	s.flat = append(s.flat, items...)
	s.start = append(s.start, int32(len(s.flat)))
	for _, item := range items {
		s.of[item] = append(s.of[item], at)
		s.logs[item] = math.Log(float64(len(s.of[item])))
	}
	f := 1.0
	if len(items) > 0 {
		f = math.Pow(float64(len(items)), -max(0, s.params.LengthPower))
	}
	s.factor = append(s.factor, f)
	s.log = math.Log(float64(len(s.factor)))
	s.newest = max(s.newest, end)
}

// sessions is LiveSessions that learns no more.
type sessions struct{ live *LiveSessions }

// Index implements [Scorer].
func (s *sessions) Index() *Index { return s.live.items }

// Score implements [Scorer].
func (s *sessions) Score(h History, scores []float64) {
	clear(scores)
	s.live.score(h, scores, nil)
}

// sessionScratch is the working memory of one question.
type sessionScratch struct {
	similar []float64 // by session
	shared  []int32   // by session: 1 + distance of the newest shared item
	touched []int32
	top     top
	recent  [maxLast]Past
	weight  [maxLast]float64
	place   [maxLast]int
}

// Index implements [Scorer].
func (s *LiveSessions) Index() *Index { return s.items }

// Score implements [Scorer].
func (s *LiveSessions) Score(h History, scores []float64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	clear(scores)
	s.score(h, scores, nil)
}

// score adds to scores and appends to touched, unless nil, the items that it adds to,
// some of them more than once.
func (s *LiveSessions) score(h History, scores []float64, touched []int32) []int32 {
	c, _ := s.pool.Get().(*sessionScratch)
	if c == nil {
		c = &sessionScratch{}
	}
	defer s.pool.Put(c)
	if grow := len(s.factor) - len(c.similar); grow > 0 {
		c.similar, c.shared = append(c.similar, make([]float64, grow)...), append(c.shared, make([]int32, grow)...)
	}
	recent := s.last(h, c)
	for p := range recent {
		w := c.weight[p]
		list := s.of[recent[p].Item]
		for i := len(list) - 1; i >= max(0, len(list)-s.params.Sample); i-- {
			at := list[i]
			if c.shared[at] == 0 {
				c.touched = append(c.touched, at)
				c.shared[at] = int32(p + 1)
			}
			c.similar[at] += w
		}
	}
	c.top.n = s.params.Neighbors
	for _, at := range c.touched {
		// Equal ones: the newer, whose number is larger.
		if v := (scored{-at, c.similar[at]}); c.top.accepts(v) {
			c.top.push(v)
		}
	}
	for _, v := range c.top.heap {
		at := -v.item
		w := v.score * s.factor[at] * s.positions[c.place[c.shared[at]-1]]
		for _, item := range s.flat[s.start[at]:s.start[at+1]] {
			scores[item] += float64(w * (s.log - s.logs[item]))
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

// last returns the items of h that count, newest first, each at its newest place, and
// sets their weights and places.
func (s *LiveSessions) last(h History, c *sessionScratch) []Past {
	out := c.recent[:0]
	limit := min(s.params.Last, maxLast)
	for k := len(h) - 1; k >= 0 && k >= len(h)-limit; k-- {
		p := len(h) - 1 - k
		if h[k].Weight <= 0 || slices.ContainsFunc(out, func(o Past) bool { return o.Item == h[k].Item }) {
			continue
		}
		c.place[len(out)] = p
		c.weight[len(out)] = s.decays[p]
		if s.params.Linear {
			c.weight[len(out)] = 1 - float64(p)/float64(min(len(h), limit))
		}
		out = append(out, h[k])
	}
	return out
}

// Top returns the k best items after h, without those of skip, best first: the answer
// of Score without looking at items that no similar session holds. dst is appended
// to, so that an answer needs no memory of its own when it has room.
func (s *LiveSessions) Top(dst []Recommended, h, skip History, k int) []Recommended {
	s.mu.RLock()
	defer s.mu.RUnlock()
	a, _ := topPool.Get().(*topScratch)
	if a == nil {
		a = &topScratch{touched: make([]int32, 0, 256)}
	}
	defer topPool.Put(a)
	if n := s.items.Len() - len(a.scores); n > 0 {
		a.scores = append(a.scores, make([]float64, n)...)
	}
	a.touched = s.score(h, a.scores, a.touched[:0])
	for _, p := range skip {
		a.scores[p.Item] = 0
	}
	a.top.n = k
	for _, item := range a.touched {
		// An item that is touched again has 0 by now.
		if v := (scored{item, a.scores[item]}); v.score > 0 {
			a.scores[item] = 0
			if a.top.accepts(v) {
				a.top.push(v)
			}
		}
	}
	for _, item := range a.touched {
		a.scores[item] = 0
	}
	for _, v := range a.top.sorted() {
		dst = append(dst, Recommended{Item: v.item, Score: v.score})
	}
	return dst
}

// Recommended is an item by its number in an [Index], with its score.
type Recommended struct {
	Item  int32
	Score float64
}

// topScratch is the working memory of a Top.
type topScratch struct {
	scores  []float64
	touched []int32
	top     top
}

var topPool sync.Pool
