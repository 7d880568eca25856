package recommend

import (
	"iter"
	"sync"

	"github.com/flywheel-go/flywheel"
)

// Model is what was learned from a [Dataset]. It is immutable and safe for
// concurrent use.
type Model struct {
	config   Config
	items    []flywheel.SKU // sorted, so that item numbers order as SKUs do
	numbers  map[flywheel.SKU]int32
	groups   int64
	support  []int32      // groups that hold the item
	related  [][]neighbor // the nearest of each item, best first
	speaks   [][]neighbor // what the item speaks for, see setSpeaks
	popular  []scored     // best first
	trending []scored     // best first
	scratch  sync.Pool    // *scratch
}

// Items returns the number of items that the Model knows.
func (m *Model) Items() int { return len(m.items) }

// Groups returns the number of groups of items chosen together that the Model
// has seen: purchases or actors, as [Config] says.
func (m *Model) Groups() int64 { return m.groups }

// Support returns in how many groups sku occurs.
func (m *Model) Support(sku flywheel.SKU) int64 {
	if n, ok := m.numbers[sku]; ok {
		return int64(m.support[n])
	}
	return 0
}

// Related yields the items chosen together with sku, best first, each with the
// reason. An item that the Model does not know has none.
func (m *Model) Related(sku flywheel.SKU) iter.Seq[Recommendation] {
	return func(yield func(Recommendation) bool) {
		item, ok := m.numbers[sku]
		if !ok {
			return
		}
		for i := range m.related[item] {
			n := &m.related[item][i]
			if !yield(Recommendation{SKU: m.items[n.item], Score: n.score, Reason: m.together(item, n)}) {
				return
			}
		}
	}
}

// Popular yields all items by the weighted number of their interactions, best
// first.
func (m *Model) Popular() iter.Seq[Recommendation] { return m.ranked(m.popular, Popular) }

// Trending yields all items by the weighted number of their interactions, of
// which each counts half as much for every half-life of its age, best first.
// Ages are measured from the newest interaction; from any other instant all
// scores would change by the same factor and the order would be the same.
func (m *Model) Trending() iter.Seq[Recommendation] { return m.ranked(m.trending, Trending) }

func (m *Model) ranked(list []scored, why ReasonKind) iter.Seq[Recommendation] {
	return func(yield func(Recommendation) bool) {
		for _, s := range list {
			if !yield(m.general(s, why)) {
				return
			}
		}
	}
}
