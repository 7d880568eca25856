package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/shop"
)

// Both engines find the product that a query names in full.
func TestEnginesFind(t *testing.T) {
	var items []item
	shop.Assortment(300, 1, func(p *shop.Product) { items = append(items, item{p.ID, p.Title, p.Description}) })
	for _, e := range []*engine{ours(), theirs("bm25", 0), theirs("bm25", 1)} {
		require.NoError(t, e.build(items))
		for _, p := range items[:20] {
			ids, err := e.ask(p.Title + " " + p.Description)
			require.NoError(t, err)
			require.NotEmpty(t, ids)
			require.Equal(t, p.ID, ids[0], e.name)
		}
		e.closed()
	}
}

func TestNDCG(t *testing.T) {
	grades := map[string]int{"a": 3, "b": 1, "c": 0}
	require.InDelta(t, 1, ndcg10([]string{"a", "b", "c"}, grades), 1e-12)
	require.InDelta(t, 0, ndcg10([]string{"x"}, grades), 1e-12)
	require.Less(t, ndcg10([]string{"b", "a"}, grades), 1.0)
}
