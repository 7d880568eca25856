package rerank_test

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

func Example() {
	shirts := []rerank.Candidate{
		{SKU: "SHIRT-M", Score: 9, Group: "SHIRT", Brand: "Alba", Categories: []string{"shirts"}},
		{SKU: "SHIRT-L", Score: 8, Group: "SHIRT", Brand: "Alba", Categories: []string{"shirts"}},
		{SKU: "POLO", Score: 7, Brand: "Alba", Categories: []string{"shirts"}},
		{SKU: "BELT", Score: 6, Brand: "Alba", Categories: []string{"belts"}},
		{SKU: "SOCKS", Score: 2, Brand: "Bruma", Categories: []string{"socks"}, Margin: 0.8},
		{SKU: "SCARF", Score: 1, Brand: "Bruma", Categories: []string{"scarves"}},
	}
	plan := rerank.Plan{
		Limit:  4,
		Caps:   []rerank.Cap{{By: rerank.ByBrand, Max: 2}},
		Pins:   []rerank.Pin{{SKU: "SCARF", Slot: 2}},
		Boosts: []rerank.Boost{rerank.Margin(0.5)},
	}
	list, err := plan.Rank(shirts)
	if err != nil {
		panic(err)
	}
	var first rerank.Placed = list.Items[0]
	_ = first
	for _, it := range list.Items {
		fmt.Printf("%s %q\n", it.SKU, it.Why)
	}
	// Output:
	// SHIRT-M ""
	// SCARF "pinned"
	// POLO ""
	// SOCKS ""
}

func ExamplePlan_Fill() {
	left := []rerank.Candidate{{SKU: "A", Score: 2}, {SKU: "B", Score: 1}}
	plan := rerank.Plan{Limit: 3}
	list := plan.Fill(func() (rerank.Candidate, bool) {
		if len(left) == 0 {
			return rerank.Candidate{}, false
		}
		c := left[0]
		left = left[1:]
		return c, true
	}, nil)
	fmt.Println(len(list.Items), list.Short)
	// Output: 2 2 of 3 places are filled: no candidates were left
}

// A server fills many lists: the plan is checked once, scores are boosted where they
// are made, and the memory of a list is used again.
func ExamplePlan_FillInto() {
	plan := rerank.Plan{Limit: 2, Boosts: []rerank.Boost{rerank.Margin(0.5), rerank.Stocked(0.2, 10)}}
	if err := plan.Check(); err != nil {
		fmt.Println(err)
		return
	}
	var memory []rerank.Placed
	for _, scores := range [][]float64{{3, 2}, {1, 4}} {
		candidates := []rerank.Candidate{{SKU: "TEA", Score: scores[0], Margin: 0.4}, {SKU: "POT", Score: scores[1]}}
		for i := range candidates {
			candidates[i].Score = plan.Boosted(&candidates[i])
		}
		slices.SortFunc(candidates, func(a, b rerank.Candidate) int { return cmp.Compare(b.Score, a.Score) })
		next, stop := iter.Pull(slices.Values(candidates))
		list := plan.FillInto(memory, next, nil)
		stop()
		fmt.Println(list.Items[0].SKU, list.Items[0].Score, plan.Moved(&list.Items[0].Candidate))
		memory = list.Items[:0]
	}
	// Output:
	// TEA 3.5999999999999996 [margin]
	// POT 4 []
}

func ExamplePlanError() {
	_, err := (&rerank.Plan{Pins: []rerank.Pin{{SKU: "A", Slot: 11}}}).Rank(nil)
	var wrong *rerank.PlanError
	_ = wrong
	fmt.Println(err)
	// Output: rerank: plan: Pins[0].Slot: 11: out of range
}

func ExampleSlot() {
	plan := rerank.Plan{Limit: 2, Slots: []rerank.Slot{{Place: 1, Tag: "sponsored"}},
		Boosts: []rerank.Boost{rerank.Fresh(1, 30), rerank.Stocked(0.2, 10), rerank.Priced(0.1, 20)}}
	list, _ := plan.Rank([]rerank.Candidate{{SKU: "TEA", Score: 2, Age: 400}, {SKU: "POT", Score: 1, Age: 400, Tags: []string{"sponsored"}}})
	for _, it := range list.Items {
		fmt.Printf("%s %q\n", it.SKU, it.Why)
	}
	// Output:
	// POT "sponsored"
	// TEA ""
}

func drawCandidates(t *rapid.T) []rerank.Candidate {
	n := rapid.IntRange(0, 40).Draw(t, "candidates")
	out := make([]rerank.Candidate, n)
	for i := range out {
		out[i] = rerank.Candidate{SKU: flywheel.SKU(fmt.Sprintf("SKU-%02d", i)), Score: float64(rapid.IntRange(-5, 20).Draw(t, "score")),
			Brand:      rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "brand"),
			Group:      rapid.SampledFrom([]string{"", "", "x", "y", "z"}).Draw(t, "group"),
			Categories: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"red", "green", "blue"}), 0, 2, rapid.ID).Draw(t, "categories")}
	}
	return out
}

// The rules hold whatever is drawn, and a list is short only when no candidate is left
// that the rules allow.
func TestRulesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		candidates := drawCandidates(t)
		plan := rerank.Plan{Limit: rapid.IntRange(1, 12).Draw(t, "limit"), Variants: rapid.Bool().Draw(t, "variants"),
			Lambda: rapid.SampledFrom([]float64{0, 0.5, 0.7, 1}).Draw(t, "lambda")}
		most := rapid.IntRange(0, 4).Draw(t, "most")
		plan.Caps = []rerank.Cap{{By: rerank.ByBrand, Max: most}, {By: rerank.ByCategory, Value: "red", Max: most}}
		if rapid.Bool().Draw(t, "target") {
			plan.Target, plan.Calibration = map[string]float64{"red": 0.5, "blue": 0.5}, 0.5
		}
		if len(candidates) > 0 && rapid.Bool().Draw(t, "pin") {
			plan.Pins = []rerank.Pin{{SKU: candidates[0].SKU, Slot: plan.Limit}}
		}
		list, err := plan.Rank(candidates)
		require.NoError(t, err)
		again, err := plan.Rank(candidates)
		require.NoError(t, err)
		require.Equal(t, list, again)
		brands, red := map[string]int{}, 0
		seen, groups := map[flywheel.SKU]bool{}, map[string]bool{}
		for i, it := range list.Items {
			require.False(t, seen[it.SKU])
			seen[it.SKU] = true
			if it.Group != "" {
				require.False(t, !plan.Variants && groups[it.Group], "variants once")
				groups[it.Group] = true
				require.False(t, i > 0 && list.Items[i-1].Group == it.Group, "two variants side by side")
			}
			if it.Why == "pinned" {
				continue // a pin counts towards caps and does not fall to them
			}
			if brands[it.Brand]++; it.Brand != "" {
				require.LessOrEqual(t, brands[it.Brand], most)
			}
			if slices.Contains(it.Categories, "red") {
				red++
				require.LessOrEqual(t, red, most)
			}
		}
		require.Equal(t, len(list.Items) < plan.Limit, list.Short != "")
		if len(list.Items) == plan.Limit || plan.Variants || len(plan.Pins) > 0 {
			return
		}
		for _, c := range candidates {
			fits := !seen[c.SKU] && (c.Group == "" || !groups[c.Group]) && (c.Brand == "" || brands[c.Brand] < most) &&
				(!slices.Contains(c.Categories, "red") || red < most)
			require.False(t, fits, "%s would fit", c.SKU)
		}
	})
}

func TestSoftCapsAndExposure(t *testing.T) {
	candidates := []rerank.Candidate{{SKU: "A", Score: 3, Brand: "x"}, {SKU: "B", Score: 2, Brand: "x"}, {SKU: "C", Score: 1, Brand: "y"}}
	plan := rerank.Plan{Limit: 3, Caps: []rerank.Cap{{By: rerank.ByBrand, Max: 1, Soft: true}}}
	skus := func() (out []flywheel.SKU) {
		list, err := plan.Rank(candidates)
		require.NoError(t, err)
		for _, it := range list.Items {
			out = append(out, it.SKU)
		}
		return out
	}
	assert.Equal(t, []flywheel.SKU{"A", "C", "B"}, skus())
	plan = rerank.Plan{Limit: 3, MaxExposure: 5, Exposure: func(sku flywheel.SKU) int64 {
		if sku == "A" {
			return 5
		}
		return 0
	}}
	assert.Equal(t, []flywheel.SKU{"B", "C", "A"}, skus(), "what was shown enough comes last")
}

func TestBoosts(t *testing.T) {
	c := rerank.Candidate{Score: -2, Margin: 0.5, Stock: 10, Price: 20}
	for _, b := range []struct {
		boost rerank.Boost
		want  float64
	}{{rerank.Margin(2), -1}, {rerank.Stocked(1, 10), -2 / 1.5}, {rerank.Priced(1, 20), -1}, {rerank.Priced(1, 40), -2 / 1.5}, {rerank.Fresh(1, 7), -1},
		{rerank.Boost{Name: "wrong", Of: func(*rerank.Candidate) float64 { return math.NaN() }}, -2}} {
		plan := rerank.Plan{Boosts: []rerank.Boost{b.boost}}
		assert.InDelta(t, b.want, plan.Boosted(&c), 1e-12, b.boost.Name)
		assert.Equal(t, b.want != -2, len(plan.Moved(&c)) == 1)
	}
}

func TestVariety(t *testing.T) {
	var candidates []rerank.Candidate
	for i := range 20 {
		candidates = append(candidates, rerank.Candidate{SKU: flywheel.SKU(fmt.Sprintf("%02d", i)), Score: 1 - float64(i)/40,
			Categories: []string{[]string{"a", "a", "a", "b"}[i%4]}, Vector: []float32{float32(i % 4 / 3), float32(1 - i%4/3)}})
	}
	first := func(p rerank.Plan) int {
		list, err := p.Rank(candidates)
		require.NoError(t, err)
		return slices.IndexFunc(list.Items, func(it rerank.Placed) bool { return it.Categories[0] == "b" })
	}
	mix := func(p rerank.Plan) (b int) {
		list, err := p.Rank(candidates)
		require.NoError(t, err)
		for _, it := range list.Items {
			if it.Categories[0] == "b" {
				b++
			}
		}
		return b
	}
	assert.Equal(t, 2, mix(rerank.Plan{}))
	assert.Equal(t, 3, first(rerank.Plan{}))
	assert.Equal(t, 1, first(rerank.Plan{Lambda: 0.7, Variants: true}), "as it was chosen")
	assert.Equal(t, 3, first(rerank.Plan{Lambda: 0.7}), "in the order of the score again")
	assert.Equal(t, 4, mix(rerank.Plan{Target: map[string]float64{"a": 0.5, "b": 0.5}, Calibration: 0.9}))
	for i := range candidates {
		candidates[i].Vector = nil
	}
	assert.Equal(t, 3, mix(rerank.Plan{Lambda: 0.7}), "by categories")
}

// The memory of one list is used for the next, and nothing of it is seen there.
func TestFillInto(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var dst []rerank.Placed
		for range 3 {
			candidates := drawCandidates(t)
			plan := rerank.Plan{Limit: rapid.IntRange(1, 12).Draw(t, "limit"), Lambda: rapid.SampledFrom([]float64{0, 0.7}).Draw(t, "lambda")}
			fill := func(dst []rerank.Placed) rerank.List {
				at := 0
				return plan.FillInto(dst, func() (rerank.Candidate, bool) {
					if at == len(candidates) {
						return rerank.Candidate{}, false
					}
					at++
					return candidates[at-1], true
				}, nil)
			}
			want, got := fill(nil), fill(dst)
			dst = got.Items
			require.Equal(t, want, got)
		}
	})
}

func TestPlanRefusals(t *testing.T) {
	for field, p := range map[string]rerank.Plan{
		"Limit": {Limit: -1}, "Pool": {Pool: -1}, "Lambda": {Lambda: math.NaN()}, "Calibration": {Calibration: 1}, "MaxExposure": {MaxExposure: -1},
		"Pins[1].Slot": {Pins: []rerank.Pin{{SKU: "A", Slot: 1}, {SKU: "B", Slot: 1}}}, "Slots[0].Place": {Slots: []rerank.Slot{{Place: 0}}},
		"Caps[0].Max": {Caps: []rerank.Cap{{By: rerank.ByTag, Max: -1}}}, "Caps[0].By": {Caps: []rerank.Cap{{By: "color"}}},
		"Boosts[0].Of": {Boosts: []rerank.Boost{{Name: "x"}}}, "Target": {Target: map[string]float64{"a": 0.5}}, "Target[a]": {Target: map[string]float64{"a": 2}},
	} {
		_, err := p.Rank(nil)
		var wrong *rerank.PlanError
		require.ErrorAs(t, err, &wrong, field)
		assert.Equal(t, field, wrong.Field)
	}
}
