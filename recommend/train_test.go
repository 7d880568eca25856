package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

// drawDataset draws a few dozen interactions of a few actors with a few items.
func drawDataset(t *rapid.T) *Dataset {
	d := &Dataset{}
	for range rapid.IntRange(0, 40).Draw(t, "interactions") {
		in := Interaction{
			Kind: Kind(rapid.IntRange(int(View), int(Purchase)).Draw(t, "kind")),
			At:   time.Unix(int64(rapid.IntRange(0, 1_000_000).Draw(t, "at")), 0),
		}
		if who := rapid.IntRange(0, 5).Draw(t, "who"); who > 0 {
			in.Actor.Customer = flywheel.CustomerID(fmt.Sprint("customer", who))
		}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 12), 1, 8).Draw(t, "items") {
			in.Items = append(in.Items, flywheel.SKU(fmt.Sprint("item", n)))
		}
		require.NoError(t, d.Add(in))
	}
	return d
}

func drawConfig(t *rapid.T) Config {
	return Config{
		Measure:    Measure(rapid.IntRange(0, int(Lift)).Draw(t, "measure")),
		Group:      Group(rapid.IntRange(0, int(ByActor)).Draw(t, "group")),
		Neighbors:  rapid.IntRange(1, 20).Draw(t, "neighbors"),
		MinSupport: rapid.IntRange(1, 3).Draw(t, "support"),
	}
}

// plainGroups lists the groups as sets of SKUs, straight from the definition.
func plainGroups(d *Dataset, by Group) []map[flywheel.SKU]bool {
	var baskets []map[flywheel.SKU]bool
	actors := map[Actor]map[flywheel.SKU]bool{}
	for in := range d.All() {
		set := map[flywheel.SKU]bool{}
		if by == ByActor {
			if in.Actor == (Actor{}) {
				continue
			}
			if actors[in.Actor] == nil {
				actors[in.Actor] = set
				baskets = append(baskets, set)
			}
			set = actors[in.Actor]
		} else if in.Kind != Purchase {
			continue
		} else {
			baskets = append(baskets, set)
		}
		for _, sku := range in.Items {
			set[sku] = true
		}
	}
	return baskets
}

// The model must hold what counting every pair by the definition gives.
func TestTrainCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, cfg := drawDataset(t), drawConfig(t)
		m, err := Train(d, cfg)
		require.NoError(t, err)
		groups := plainGroups(d, cfg.Group)
		require.EqualValues(t, len(groups), m.Groups())
		count := func(skus ...flywheel.SKU) (n int64) {
			for _, g := range groups {
				if !slices.ContainsFunc(skus, func(s flywheel.SKU) bool { return !g[s] }) {
					n++
				}
			}
			return n
		}
		type near struct {
			sku   flywheel.SKU
			both  int64
			score float64
		}
		for _, a := range m.items {
			require.Equal(t, count(a), m.Support(a))
			var want []near
			for _, b := range m.items {
				both, ka, kb, n := count(a, b), count(a), count(b), int64(len(groups))
				if a == b || both < int64(cfg.MinSupport) {
					continue
				}
				var score float64
				switch cfg.Measure {
				case LogLikelihood:
					if both*n > ka*kb {
						score = LogLikelihoodRatio(both, ka-both, kb-both, n-ka-kb+both)
					}
				case Cosine:
					score = float64(both) / math.Sqrt(float64(ka*kb))
				case Lift:
					score = float64(both*n) / float64(ka*kb)
				}
				if score > 0 {
					want = append(want, near{b, both, score})
				}
			}
			slices.SortFunc(want, func(x, y near) int { return cmp.Compare(y.score, x.score) })
			var got []near
			for r := range m.Related(a) {
				require.Equal(t, Reason{Kind: Together, With: a, Both: r.Reason.Both, Of: count(a), Group: cfg.Group, Measure: cfg.Measure, Value: r.Score}, r.Reason)
				got = append(got, near{r.SKU, r.Reason.Both, r.Score})
			}
			require.Len(t, got, min(len(want), cfg.Neighbors))
			for i, g := range got {
				require.InDelta(t, want[i].score, g.score, 1e-9)
				require.Equal(t, count(a, g.sku), g.both)
				if i > 0 && got[i-1].score == g.score {
					require.Less(t, got[i-1].sku, g.sku, "ties by SKU")
				}
			}
		}
	})
}

func TestTrainSameOnAnyNumberOfWorkers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, cfg := drawDataset(t), drawConfig(t)
		cfg.Workers = 1
		one, err := Train(d, cfg)
		require.NoError(t, err)
		cfg.Workers = 7
		seven, err := Train(d, cfg)
		require.NoError(t, err)
		require.Equal(t, one.related, seven.related)
		require.Equal(t, one.speaks, seven.speaks)
		require.Equal(t, one.trending, seven.trending)
		require.Equal(t, one.popular, seven.popular)
	})
}

// Recommend must equal the sum over the request's items, sorted in full.
func TestRecommendSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := Train(drawDataset(t), drawConfig(t))
		require.NoError(t, err)
		draw := func(label string) (skus []flywheel.SKU) {
			for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(0, 14), 0, 6, rapid.ID).Draw(t, label) {
				skus = append(skus, flywheel.SKU(fmt.Sprint("item", n)))
			}
			return skus
		}
		r := Request{Items: draw("items"), Exclude: draw("exclude"), Repeat: rapid.Bool().Draw(t, "repeat"), Limit: rapid.IntRange(1, 20).Draw(t, "limit")}
		refused := draw("refused")
		r.Keep = func(sku flywheel.SKU) bool { return !slices.Contains(refused, sku) }

		scores := map[flywheel.SKU]float64{}
		for _, sku := range r.Items {
			if item, ok := m.numbers[sku]; ok {
				for _, n := range m.speaks[item] {
					scores[m.items[n.item]] += n.score
				}
			}
		}
		want := []scored{}
		for i, sku := range m.items {
			if scores[sku] > 0 && r.Keep(sku) && !slices.Contains(r.Exclude, sku) && (r.Repeat || !slices.Contains(r.Items, sku)) {
				want = append(want, scored{int32(i), scores[sku]})
			}
		}
		slices.SortFunc(want, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.item, b.item)) })
		for range 2 { // the second answer reuses the working memory of the first
			got := m.Recommend(r)
			require.LessOrEqual(t, len(got), r.Limit)
			seen := map[flywheel.SKU]bool{}
			for i, rec := range got {
				require.False(t, seen[rec.SKU], "%s twice", rec.SKU)
				seen[rec.SKU] = true
				require.True(t, r.Keep(rec.SKU))
				require.NotContains(t, r.Exclude, rec.SKU)
				if i < len(want) {
					require.Equal(t, m.items[want[i].item], rec.SKU)
					require.Equal(t, want[i].score, rec.Score)
					require.Equal(t, Together, rec.Reason.Kind)
					require.Contains(t, r.Items, rec.Reason.With)
				} else {
					require.Equal(t, Trending, rec.Reason.Kind)
					require.Zero(t, scores[rec.SKU])
				}
			}
			require.GreaterOrEqual(t, len(got), min(len(want), r.Limit))
		}
	})
}

func TestTopKeepsTheBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []scored
		for i, v := range rapid.SliceOf(rapid.IntRange(0, 9)).Draw(t, "scores") {
			all = append(all, scored{int32(i), float64(v)})
		}
		best := top{n: rapid.IntRange(0, 12).Draw(t, "n")}
		for _, s := range all {
			if best.accepts(s) {
				best.push(s)
			}
		}
		slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.item, b.item)) })
		got := best.sorted()
		require.Equal(t, len(got), min(best.n, len(all)))
		for i := range got {
			require.Equal(t, all[i], got[i])
		}
	})
}

func TestTrainEmpty(t *testing.T) {
	m, err := Train(&Dataset{}, Config{})
	require.NoError(t, err)
	assert.Zero(t, m.Items())
	assert.Zero(t, m.Groups())
	assert.Zero(t, m.Support("TEA"))
	assert.Empty(t, m.Recommend(Request{Items: []flywheel.SKU{"TEA"}}))
	for r := range m.Related("TEA") {
		t.Errorf("an empty model relates %v", r)
	}
}

func TestConfigRefusals(t *testing.T) {
	nan := math.NaN()
	for field, cfg := range map[string]Config{
		"Measure": {Measure: 9}, "Group": {Group: 9}, "Neighbors": {Neighbors: -1}, "MinSupport": {MinSupport: -1},
		"MinScore": {MinScore: nan}, "HalfLife": {HalfLife: time.Nanosecond}, "Workers": {Workers: -1}, "Weights": {Weights: Weights{View: nan}},
	} {
		_, err := Train(&Dataset{}, cfg)
		var wrong *ConfigError
		require.ErrorAs(t, err, &wrong, field)
		assert.Equal(t, field, wrong.Field)
		assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
		_, err = New(nil, &Options{Config: cfg})
		assert.ErrorIs(t, err, flywheel.ErrOutOfRange, field)
	}
}
