package recommend_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// clouds returns n vectors of length dim whose spread falls along the axes, as those of
// factor models do, and queries of the same kind.
func clouds(n, dim, queries int, seed uint64) (flat []float32, q [][]float32) {
	rng := rand.New(rand.NewPCG(seed, 1))
	vector := func() []float32 {
		v := make([]float32, dim)
		size := math.Exp(rng.NormFloat64() / 2)
		for i := range v {
			v[i] = float32(rng.NormFloat64() * size / (1 + float64(i)/4))
		}
		return v
	}
	for range n {
		flat = append(flat, vector()...)
	}
	for range queries {
		q = append(q, vector())
	}
	return flat, q
}

func TestVectorsEqualScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.IntRange(1, 40).Draw(t, "dim")
		flat, queries := clouds(rapid.IntRange(0, 300).Draw(t, "n"), dim, 5, rapid.Uint64().Draw(t, "seed"))
		v, err := recommend.NewVectors(flat, dim)
		require.NoError(t, err)
		var keep func(int32) bool
		if rapid.Bool().Draw(t, "filter") {
			keep = func(n int32) bool { return n%3 == 0 }
		}
		for _, q := range queries {
			k := rapid.IntRange(1, 20).Draw(t, "k")
			require.Equal(t, v.Scan(nil, q, k, keep), v.Top(nil, q, k, keep))
		}
	})
}

func TestHNSW(t *testing.T) {
	flat, queries := clouds(2000, 16, 50, 3)
	v, err := recommend.NewVectors(flat, 16)
	require.NoError(t, err)
	h, err := recommend.NewHNSW(v, recommend.HNSWConfig{})
	require.NoError(t, err)
	assert.GreaterOrEqual(t, h.Recall(queries, 10), 0.98)
	again, err := recommend.NewHNSW(v, recommend.HNSWConfig{})
	require.NoError(t, err)
	for _, q := range queries {
		require.Equal(t, h.Top(nil, q, 10, nil), again.Top(nil, q, 10, nil))
		few := h.Top(nil, q, 10, func(n int32) bool { return n%200 == 7 })
		require.Len(t, few, 10, "a filter does not make a list short")
		for _, r := range few {
			require.EqualValues(t, 7, r.Item%200)
		}
	}
	empty, err := recommend.NewVectors(nil, 4)
	require.NoError(t, err)
	h, err = recommend.NewHNSW(empty, recommend.HNSWConfig{})
	require.NoError(t, err)
	assert.Empty(t, h.Top(nil, make([]float32, 4), 3, nil))
	_, err = recommend.NewVectors([]float32{1, float32(math.NaN())}, 2)
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = recommend.NewVectors([]float32{1, 2, 3}, 2)
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = recommend.NewHNSW(v, recommend.HNSWConfig{Links: 1})
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func ExampleHNSW() {
	v, err := recommend.NewVectors([]float32{1, 0, 0, 1, 0.8, 0.6}, 2)
	if err != nil {
		panic(err)
	}
	h, err := recommend.NewHNSW(v, recommend.HNSWConfig{})
	if err != nil {
		panic(err)
	}
	for _, r := range h.Top(nil, []float32{1, 0.5}, 2, nil) {
		fmt.Printf("%d %.2f\n", r.Item, r.Score)
	}
	fmt.Println(h.Recall([][]float32{{1, 0.5}}, 2))
	// Output:
	// 2 1.10
	// 0 1.00
	// 1
}
