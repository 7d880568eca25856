package search_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/search"
)

// drawRanking returns a ranking of the grid that the default was chosen from.
func drawRanking(r *rand.Rand) search.Ranking {
	of := func(values ...float64) float64 { return values[r.IntN(len(values))] }
	d := search.DefaultRanking()
	d.K1, d.Title = of(0.15, 0.25, 0.4, 0.6, 0.9), of(1.5, 2, 3, 4)
	d.TitleLength, d.Length = of(0, 0.1, 0.2, 0.3), of(0.3, 0.5, 0.75)
	d.OneTypo, d.TwoTypos, d.Unknown = of(0.2, 0.3, 0.5), of(0.1, 0.25, 0.4), of(0.1, 0.2, 0.4)
	d.Stem, d.Joined, d.Split = of(0.95, 0.98), of(0.4, 0.6, 0.8, 1), of(0.2, 0.3, 0.5)
	d.TitleShare, d.AnyShare = of(1, 2, 3, 4), of(0.5, 1, 2)
	d.Phrase, d.Nearby, d.Ending, d.Tail = of(0.3, 0.6, 1), of(0.5, 1, 1.5, 2), of(0.6, 1, 1.5), 2+r.IntN(4)
	return d
}

// The numbers of the default ranking generalize: chosen on four fifths of the
// queries, they serve the fifth that was held out as well. Every ranking of a drawn
// grid is measured on every query; each fold then takes the one that is best on the
// others. FLYWHEEL_RANKINGS is how many are drawn.
func TestCrossValidation(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("FLYWHEEL_RANKINGS"))
	if err != nil {
		t.Skip("FLYWHEEL_RANKINGS is not set")
	}
	const folds = 5
	all := queries(t)
	index := relevanceIndex(t)
	r := rand.New(rand.NewPCG(1, 1))
	fold := map[int]int{}
	for i, j := range r.Perm(len(all)) {
		fold[all[j].id] = i % folds
	}
	rankings := []search.Ranking{search.DefaultRanking()}
	for len(rankings) < n {
		rankings = append(rankings, drawRanking(r))
	}
	measured := make([]map[int]float64, len(rankings))
	for i := range rankings {
		require.NoError(t, index.Configure(search.Settings{Ranking: &rankings[i]}))
		measured[i] = measure(t, index, all, func(g *graded) string { return g.text })
	}
	part := func(m map[int]float64, f int, held bool) map[int]float64 {
		out := map[int]float64{}
		for id, v := range m {
			if (fold[id] == f) == held {
				out[id] = v
			}
		}
		return out
	}
	sum := 0.0
	for f := range folds {
		best := 0
		for i := range measured {
			if mean(part(measured[i], f, false)) > mean(part(measured[best], f, false)) {
				best = i
			}
		}
		held := mean(part(measured[best], f, true))
		t.Logf("fold %d: %.4f held out, %.4f chosen on, default %.4f: %+v", f+1, held, mean(part(measured[best], f, false)), mean(part(measured[0], f, true)), rankings[best])
		sum += held
	}
	best := 0
	for i := range measured {
		if mean(measured[i]) > mean(measured[best]) {
			best = i
		}
	}
	t.Logf("mean of the held-out folds %.4f over %d rankings; best of all %.4f: %+v; default %.4f", sum/folds, len(rankings), mean(measured[best]), rankings[best], mean(measured[0]))
	require.GreaterOrEqual(t, sum/folds, 0.785)
}
