package recommend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// The unit cases of the reference folder's README, for the ranked list 1 … 20.
func TestMetrics(t *testing.T) {
	var ranked []flywheel.SKU
	for n := range 20 {
		ranked = append(ranked, number(n+1))
	}
	for _, c := range []struct {
		name            string
		held            []int
		length          int // of the ranked list
		ndcg, mrr       float64
		hitRate, recall float64
	}{
		{"third", []int{3}, 20, 0.5, 1. / 3, 1, 1},
		{"first two", []int{1, 2}, 20, 1, 1, 1, 1},
		{"one beyond", []int{2, 30}, 20, 0.386853, 0.5, 1, 0.5},
		{"miss", []int{30}, 20, 0, 0, 0, 0},
		{"short list", []int{3, 4}, 3, 0.5 / 1.6309297536, 1. / 3, 1, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			var held []flywheel.SKU
			for _, n := range c.held {
				held = append(held, number(n))
			}
			cases := []recommend.Case{{Held: held}, {}} // the second holds nothing out: skipped
			r, err := recommend.Evaluate(cases, 10, func(recommend.Case, int) []flywheel.SKU { return ranked[:c.length] })
			require.NoError(t, err)
			assert.Equal(t, 1, r.Cases)
			assert.InDelta(t, c.ndcg, r.NDCG, 1e-6)
			assert.InDelta(t, c.mrr, r.MRR, 1e-12)
			assert.Equal(t, c.hitRate, r.HitRate)
			assert.Equal(t, c.recall, r.Recall)
			assert.Equal(t, min(c.length, 10), r.Coverage)
		})
	}
	_, err := recommend.Evaluate(nil, 0, nil)
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	r, err := recommend.Evaluate(nil, 10, nil)
	require.NoError(t, err)
	assert.Equal(t, recommend.Report{K: 10}, r)
	r, err = recommend.Evaluate([]recommend.Case{{Held: ranked[:2]}}, 3, func(recommend.Case, int) []flywheel.SKU {
		return []flywheel.SKU{ranked[0], ranked[0], ranked[0]}
	})
	require.NoError(t, err)
	assert.Equal(t, 0.5, r.Recall, "a repeated item counts once")
}

func TestHoldOutLast(t *testing.T) {
	d := &recommend.Dataset{}
	add := func(hour int, who flywheel.CustomerID, kind recommend.Kind, skus ...flywheel.SKU) {
		require.NoError(t, d.Add(recommend.Interaction{Kind: kind, At: monday.Add(time.Duration(hour) * time.Hour), Actor: recommend.Actor{Customer: who}, Items: skus}))
	}
	add(0, "ann", recommend.Purchase, "A", "B")
	add(1, "ann", recommend.View, "B", "C")
	add(3, "ann", recommend.Purchase, "D", "A") // held out
	add(4, "ann", recommend.View, "E")          // afterwards
	add(2, "ann", recommend.AddToCart, "F")     // arrived late
	add(0, "bob", recommend.Purchase, "A")      // nothing before: stays
	add(0, "cyd", recommend.View, "A")          // no purchase: stays
	add(9, "", recommend.Purchase, "A")         // nobody: stays

	train, cases := d.HoldOutLast()
	assert.Equal(t, 6, train.Len())
	assert.Equal(t, 8, d.Len())
	assert.Equal(t, []recommend.Case{{
		Actor:   recommend.Actor{Customer: "ann"},
		History: []flywheel.SKU{"A", "B", "C", "F"},
		Held:    []flywheel.SKU{"D", "A"},
	}}, cases)

	// The two datasets grow apart.
	in := recommend.Interaction{Kind: recommend.View, At: monday, Items: []flywheel.SKU{"NEW"}}
	require.NoError(t, train.Add(in))
	in.Items = []flywheel.SKU{"OTHER"}
	require.NoError(t, d.Add(in))
	for data, want := range map[*recommend.Dataset]flywheel.SKU{train: "NEW", d: "OTHER"} {
		var last recommend.Interaction
		for last = range data.All() {
		}
		assert.Equal(t, []flywheel.SKU{want}, last.Items)
	}
	assert.Equal(t, 3, d.Until(monday.Add(time.Minute)).Len()-1, "three of hour 0 and the one added last")
}
