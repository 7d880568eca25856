package recommend_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// drawChoices draws choices of a few actors and all items at least once.
func drawChoices(t *rapid.T) []recommend.Choice {
	var out []recommend.Choice
	for item := range 8 {
		out = append(out, recommend.Choice{Actor: recommend.Actor{Customer: "everything"}, Item: number(item), At: monday})
	}
	for n := range rapid.IntRange(2, 30).Draw(t, "choices") {
		out = append(out, recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint("c", rapid.IntRange(0, 4).Draw(t, "who")))},
			Item: number(rapid.IntRange(0, 7).Draw(t, "item")), At: monday.Add(time.Duration(n) * time.Minute)})
	}
	return out
}

func score(s recommend.Scorer, h recommend.History) []float64 {
	scores := make([]float64, s.Index().Len())
	s.Score(h, scores)
	return scores
}

// A live model that was told the second half equals one fitted on all; with an actor
// forgotten, one fitted as if there had been none.
func TestLiveEqualsRebuild(t *testing.T) {
	for name, c := range map[string]struct {
		fit       func(m *recommend.Matrix) (recommend.Scorer, error)
		tolerance float64
	}{
		"cosine":  {recommend.CoOccurrence{}.Fit, 0},
		"Jaccard": {recommend.CoOccurrence{Similarity: recommend.Jaccard, Shrink: 1}.Fit, 0},
		"Tversky": {recommend.CoOccurrence{Similarity: recommend.Tversky}.Fit, 0},
		"LLR":     {recommend.CoOccurrence{Similarity: recommend.LogLikelihoodSimilarity}.Fit, 0},
		"EASE":    {func(m *recommend.Matrix) (recommend.Scorer, error) { return recommend.EASE{Lambda: 2}.Live(m.Binary()) }, 1e-9},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				choices := drawChoices(t)
				cut := rapid.IntRange(8, len(choices)).Draw(t, "cut")
				first, err := recommend.NewMatrix(choices[:cut])
				require.NoError(t, err)
				live, err := c.fit(first)
				require.NoError(t, err)
				overlay, err := recommend.NewOverlay(first, live)
				require.NoError(t, err)
				for _, choice := range choices[cut:] {
					applied, err := overlay.Add(choice)
					require.NoError(t, err)
					require.True(t, applied)
				}
				behind, unknown := overlay.Behind()
				require.Zero(t, behind+unknown)
				same := func(choices []recommend.Choice) {
					all, err := recommend.NewMatrix(choices)
					require.NoError(t, err)
					fresh, err := c.fit(all)
					require.NoError(t, err)
					for item := range int32(8) {
						h := recommend.History{{Item: item, Weight: 1}, {Item: (item + 3) % 8, Weight: 0.5}}
						want, got := score(fresh, h), score(overlay, h)
						if c.tolerance == 0 {
							require.Equal(t, want, got)
							continue
						}
						require.InDeltaSlice(t, want, got, c.tolerance)
					}
				}
				same(choices)
				who := recommend.Actor{Customer: "c1"}
				require.True(t, overlay.Forget(who))
				require.Empty(t, overlay.History(who))
				same(slices.DeleteFunc(slices.Clone(choices), func(c recommend.Choice) bool { return c.Actor == who }))
			})
		})
	}
}

func TestLiveEASEIsEASE(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := recommend.NewMatrix(drawChoices(t))
		require.NoError(t, err)
		m = m.Binary()
		live, err := recommend.EASE{Lambda: 3}.Live(m)
		require.NoError(t, err)
		fitted, err := recommend.EASE{Lambda: 3}.Fit(m)
		require.NoError(t, err)
		h := recommend.History{{Item: 1, Weight: 1}, {Item: 5, Weight: 0.25}}
		require.InDeltaSlice(t, score(fitted, h), score(live, h), 1e-12)
		parts := make([]float64, 2)
		live.Contributions(h, 1, parts)
		require.InDelta(t, score(live, h)[1], parts[0]+parts[1], 1e-12)
	})
}

// Of a factor model a history gets the exact half-step: the gradient of the loss with
// the items held fixed is 0, which the scores show by not depending on where the
// solution started; here, that a training row and the same history agree.
func TestOverlayOfFactors(t *testing.T) {
	m := corner(t)
	s, err := recommend.IALS{Factors: 4, Alpha: 0.1, Epochs: 3}.Fit(m)
	require.NoError(t, err)
	o, err := recommend.NewOverlay(m, s)
	require.NoError(t, err)
	applied, err := o.Add(recommend.Choice{Actor: recommend.Actor{Customer: "new"}, Item: "TEA"})
	require.NoError(t, err)
	require.True(t, applied)
	applied, err = o.Add(recommend.Choice{Actor: recommend.Actor{Customer: "new"}, Item: "NOBODY KNOWS"})
	require.NoError(t, err)
	require.False(t, applied)
	behind, unknown := o.Behind()
	assert.Equal(t, []int{1, 1}, []int{behind, unknown})
	h := o.History(recommend.Actor{Customer: "new"})
	tea, _ := m.Index().HistoryOf("TEA")
	assert.Equal(t, score(s, tea), score(o, h))
	parts := make([]float64, 1)
	o.Contributions(h, 2, parts)
	assert.InDelta(t, score(o, h)[2], parts[0], 1e-12)
	assert.False(t, o.Forget(recommend.Actor{Customer: "ann"}), "the vectors remember")
}

func TestLiveSessionsEqualRebuild(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sessions []recommend.Session
		for n := range rapid.IntRange(2, 20).Draw(t, "sessions") {
			s := recommend.Session{ID: fmt.Sprint("s", n)}
			for i, item := range rapid.SliceOfN(rapid.IntRange(0, 7), 1, 5).Draw(t, "items") {
				s.Items = append(s.Items, number(item))
				s.At = append(s.At, monday.Add(time.Duration(100*n+i)*time.Second))
			}
			sessions = append(sessions, s)
		}
		all := recommend.Session{ID: "all"}
		for item := range 8 {
			all.Items, all.At = append(all.Items, number(item)), append(all.At, monday.Add(-time.Minute))
		}
		sessions = append([]recommend.Session{all}, sessions...)
		knn := recommend.SessionKNN{Sample: rapid.IntRange(1, 6).Draw(t, "sample"), Neighbors: rapid.IntRange(1, 6).Draw(t, "neighbors")}
		cut := rapid.IntRange(1, len(sessions)).Draw(t, "cut")
		first, err := recommend.SessionMatrix(sessions[:cut])
		require.NoError(t, err)
		live, err := knn.Live(first)
		require.NoError(t, err)
		for _, s := range sessions[cut:] {
			added, err := live.Add(s)
			require.NoError(t, err)
			require.True(t, added)
		}
		m, err := recommend.SessionMatrix(sessions)
		require.NoError(t, err)
		fresh, err := knn.Fit(m)
		require.NoError(t, err)
		h, _ := m.Index().HistoryOf(number(rapid.IntRange(0, 7).Draw(t, "a")), number(rapid.IntRange(0, 7).Draw(t, "b")))
		want := score(fresh, h)
		require.Equal(t, want, score(live, h))
		top := live.Top(nil, h, h[len(h)-1:], 3)
		for i, r := range top {
			require.Equal(t, want[r.Item], r.Score)
			require.NotEqual(t, h[len(h)-1].Item, r.Item)
			if i > 0 {
				require.LessOrEqual(t, r.Score, top[i-1].Score)
			}
		}
		added, err := live.Add(recommend.Session{ID: "late", Items: []flywheel.SKU{number(1)}, At: []time.Time{monday.Add(-time.Hour)}})
		require.NoError(t, err)
		require.False(t, added, "older than the newest")
	})
}

func TestTrend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		index := recommend.NewIndex([]flywheel.SKU{"A", "B", "C"})
		one, err := recommend.NewTrend(index, time.Hour)
		require.NoError(t, err)
		plain := map[flywheel.SKU]float64{}
		newest := monday
		for range rapid.IntRange(1, 30).Draw(t, "choices") {
			sku := rapid.SampledFrom([]flywheel.SKU{"A", "B", "C"}).Draw(t, "item")
			at := monday.Add(time.Duration(rapid.IntRange(-5000, 5000).Draw(t, "minutes")) * time.Minute)
			counted, err := one.Add(sku, at, 1)
			require.NoError(t, err)
			require.True(t, counted)
			plain[sku] += math.Exp2(at.Sub(monday).Hours())
			if at.After(newest) {
				newest = at
			}
		}
		got := score(one, nil)
		for i, sku := range []flywheel.SKU{"A", "B", "C"} {
			for j, other := range []flywheel.SKU{"A", "B", "C"} {
				if got[j] > 0 && plain[other] > 0 {
					require.InEpsilon(t, plain[sku]+1e-300, plain[other]*got[i]/got[j]+1e-300, 1e-9)
				}
			}
		}
	})
	_, err := recommend.NewTrend(recommend.NewIndex(nil), 0)
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func ExampleCounts_Complements() {
	m, err := recommend.NewMatrix([]recommend.Choice{
		{Actor: recommend.Actor{Visitor: "basket 1"}, Item: "PASTA"}, {Actor: recommend.Actor{Visitor: "basket 1"}, Item: "SAUCE"},
		{Actor: recommend.Actor{Visitor: "basket 2"}, Item: "PASTA"}, {Actor: recommend.Actor{Visitor: "basket 2"}, Item: "SAUCE"},
		{Actor: recommend.Actor{Visitor: "basket 3"}, Item: "SOAP"}, {Actor: recommend.Actor{Visitor: "basket 4"}, Item: "SOAP"},
	})
	if err != nil {
		panic(err)
	}
	bought, err := recommend.CoOccurrence{}.Counts(m)
	if err != nil {
		panic(err)
	}
	for _, p := range bought.Complements("PASTA", 3) {
		fmt.Printf("%s: support %.2f, confidence %.2f, lift %.2f\n", p.SKU, p.Support(), p.Confidence(), p.Lift())
	}
	// Output: SAUCE: support 0.50, confidence 1.00, lift 2.00
}

func ExampleSubstitutes() {
	index := func(baskets ...[]flywheel.SKU) *recommend.Counts {
		var choices []recommend.Choice
		for n, basket := range baskets {
			for _, sku := range basket {
				choices = append(choices, recommend.Choice{Actor: recommend.Actor{Visitor: flywheel.VisitorID(fmt.Sprint(n))}, Item: sku})
			}
		}
		m, _ := recommend.NewMatrix(choices)
		c, _ := recommend.CoOccurrence{}.Counts(m)
		return c
	}
	viewed := index([]flywheel.SKU{"RED PEN", "BLUE PEN"}, []flywheel.SKU{"RED PEN", "BLUE PEN"}, []flywheel.SKU{"INK"}, []flywheel.SKU{"SOAP"}, []flywheel.SKU{"SOAP"})
	bought := index([]flywheel.SKU{"RED PEN", "INK"}, []flywheel.SKU{"BLUE PEN", "INK"})
	for _, p := range recommend.Substitutes(viewed, bought, "RED PEN", 3) {
		fmt.Println(p.SKU)
	}
	// Output: BLUE PEN
}
