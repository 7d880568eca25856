package shop_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/shop"
)

func TestAssortment(t *testing.T) {
	made := func(seed uint64) (all []shop.Product) {
		shop.Assortment(500, seed, func(p *shop.Product) { all = append(all, *p) })
		return all
	}
	require.Equal(t, made(1), made(1))
	require.NotEqual(t, made(1), made(2))
	variants := 0
	for _, p := range made(1) {
		variants += len(p.Variants)
		for _, f := range shop.Facets {
			_, own := p.Attributes[f]
			_, of := p.Variants[0].Attributes[f]
			require.True(t, own || of, f)
		}
	}
	require.Greater(t, variants, 800)
}

func TestQueries(t *testing.T) {
	all := shop.Queries(100, 1)
	require.Equal(t, all, shop.Queries(100, 1))
	empty, chosen := 0, 0
	for _, q := range all {
		if q.Text == "" {
			empty++
		}
		if q.Select != nil {
			chosen++
		}
	}
	require.Equal(t, 10, empty)
	require.Greater(t, chosen, 30)
}
