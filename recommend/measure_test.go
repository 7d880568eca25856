package recommend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/recommend"
)

// The expected values are those of Apache Mahout's LogLikelihoodTest.
func TestLogLikelihoodRatio(t *testing.T) {
	for _, c := range []struct {
		both, onlyA, onlyB, neither int64
		want, tolerance             float64
	}{
		{1, 0, 0, 1, 2.772589, 1e-6},
		{10, 0, 0, 10, 27.72589, 1e-5},
		{5, 1995, 0, 100000, 39.33052, 1e-5},
		{1000, 1995, 1000, 100000, 4730.737, 1e-3},
		{1000, 1000, 1000, 100000, 5734.343, 1e-3},
		{1000, 1000, 1000, 99000, 5714.932, 1e-3},
		{0, 0, 0, 0, 0, 0},
		{-5, -1, 3, 4, 0, 0},
	} {
		assert.InDelta(t, c.want, recommend.LogLikelihoodRatio(c.both, c.onlyA, c.onlyB, c.neither), c.tolerance, "%+v", c)
	}
}

func TestLogLikelihoodRatioLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1_000_000)
		a, b, c, d := n.Draw(t, "both"), n.Draw(t, "onlyA"), n.Draw(t, "onlyB"), n.Draw(t, "neither")
		g := recommend.LogLikelihoodRatio(a, b, c, d)
		assert.GreaterOrEqual(t, g, 0.0)
		close := 1e-12*float64(a+b+c+d)*20 + 1e-9
		assert.InDelta(t, g, recommend.LogLikelihoodRatio(a, c, b, d), close, "the two items may be exchanged")
		assert.InDelta(t, g, recommend.LogLikelihoodRatio(d, b, c, a), close, "so may having and lacking")
		assert.InDelta(t, 2*g, recommend.LogLikelihoodRatio(2*a, 2*b, 2*c, 2*d), 4*close, "twice the evidence")
		assert.InDelta(t, 0, recommend.LogLikelihoodRatio(a, a, b, b), close, "independent")
	})
}
