package recommend

import "github.com/flywheel-go/flywheel"

// Request asks a [Model] for recommendations.
type Request struct {
	// Items are what the customer has chosen, such as a cart or a purchase
	// history: what the recommendations shall go with. One that is named
	// twice counts twice; one that the Model does not know says nothing.
	Items []flywheel.SKU
	// Exclude are never recommended, such as what the customer has at home.
	Exclude []flywheel.SKU
	// Repeat says that Items may be recommended as well, as suits a shop in
	// which customers order the same again.
	Repeat bool
	// Keep reports whether an item may be recommended, by category or stock
	// perhaps; nil keeps all. It is asked only about items that would enter
	// the answer, and must not call the Model.
	Keep func(flywheel.SKU) bool
	// Limit is the length of the answer: 10 when it is 0.
	Limit int
}

// DefaultLimit is how many items a Request gets that does not say.
const DefaultLimit = 10

// scratch is the working memory of one Recommend.
type scratch struct {
	score   []float64 // by item
	best    []float64 // by item: largest contribution to its score
	reason  []reasonAt
	blocked []bool  // by item: not to be recommended
	touched []int32 // items with a score
	marked  []int32 // items blocked
	top     top
}

// reasonAt points to what item with speaks for, at the given place.
type reasonAt struct{ with, at int32 }

// Recommend returns the items that go best with r.Items, best first. The score
// of an item is the sum of its measures with those of r.Items that are among its
// nearest (Deshpande and Karypis 2004, item-based top-N, with the neighborhood
// taken around the recommended item), and its reason the largest of them. When
// these are fewer than asked for, items that are trending follow, so a request
// without Items gets the trending ones. The answer is shorter than r.Limit only
// when no more items pass the filters.
//
// The cost is len(r.Items)·Neighbors additions, some microseconds.
func (m *Model) Recommend(r Request) []Recommendation {
	limit := r.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	if limit < 0 || len(m.items) == 0 {
		return nil
	}
	limit = min(limit, len(m.items))
	s, _ := m.scratch.Get().(*scratch)
	if s == nil {
		n := len(m.items)
		s = &scratch{score: make([]float64, n), best: make([]float64, n), reason: make([]reasonAt, n), blocked: make([]bool, n)}
	}
	defer func() {
		s.reset()
		m.scratch.Put(s)
	}()
	m.score(s, r.Items)
	s.block(m, r)

	s.top.n = limit
	for _, item := range s.touched {
		v := scored{item, s.score[item]}
		if !s.blocked[item] && s.top.accepts(v) && (r.Keep == nil || r.Keep(m.items[item])) {
			s.top.push(v)
		}
	}
	out := make([]Recommendation, 0, limit)
	for _, v := range s.top.sorted() {
		why := s.reason[v.item]
		out = append(out, Recommendation{SKU: m.items[v.item], Score: v.score,
			Reason: m.together(why.with, &m.speaks[why.with][why.at])})
	}
	for _, v := range m.trending {
		if len(out) == limit {
			break
		}
		// Whatever has a score was taken or refused above.
		if s.score[v.item] == 0 && !s.blocked[v.item] && (r.Keep == nil || r.Keep(m.items[v.item])) {
			out = append(out, m.general(v, Trending))
		}
	}
	return out
}

// score adds up what each of items says about the others.
func (m *Model) score(s *scratch, items []flywheel.SKU) {
	for _, sku := range items {
		item, ok := m.numbers[sku]
		if !ok {
			continue
		}
		for at := range m.speaks[item] {
			n := &m.speaks[item][at]
			if s.score[n.item] == 0 {
				s.touched = append(s.touched, n.item)
			}
			s.score[n.item] += n.score
			if n.score > s.best[n.item] {
				s.best[n.item] = n.score
				s.reason[n.item] = reasonAt{item, int32(at)}
			}
		}
	}
}

// block marks what r does not want.
func (s *scratch) block(m *Model, r Request) {
	mark := func(items []flywheel.SKU) {
		for _, sku := range items {
			if item, ok := m.numbers[sku]; ok {
				s.blocked[item] = true
				s.marked = append(s.marked, item)
			}
		}
	}
	mark(r.Exclude)
	if !r.Repeat {
		mark(r.Items)
	}
}

func (s *scratch) reset() {
	for _, item := range s.touched {
		s.score[item], s.best[item] = 0, 0
	}
	for _, item := range s.marked {
		s.blocked[item] = false
	}
	s.touched, s.marked = s.touched[:0], s.marked[:0]
}
