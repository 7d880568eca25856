package recommend_test

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// corner is a small matrix of tastes.
func corner(t testing.TB) *recommend.Matrix {
	var choices []recommend.Choice
	for who, items := range map[flywheel.CustomerID][]flywheel.SKU{
		"ann": {"TEA", "MILK", "HONEY"}, "bob": {"TEA", "HONEY"}, "cyd": {"TEA", "MILK", "BREAD"},
		"dan": {"BREAD", "BUTTER"}, "eve": {"BREAD", "BUTTER", "EGGS"}, "fay": {"BUTTER", "EGGS"},
	} {
		for _, item := range items {
			choices = append(choices, recommend.Choice{Actor: recommend.Actor{Customer: who}, Item: item})
		}
	}
	slices.SortFunc(choices, func(a, b recommend.Choice) int {
		if a.Actor.Customer != b.Actor.Customer {
			if a.Actor.Customer < b.Actor.Customer {
				return -1
			}
			return 1
		}
		return 0
	})
	m, err := recommend.NewMatrix(choices)
	require.NoError(t, err)
	return m
}

func ExampleServer() {
	m, err := recommend.NewMatrix([]recommend.Choice{
		{Actor: recommend.Actor{Customer: "ann"}, Item: "TEA"}, {Actor: recommend.Actor{Customer: "ann"}, Item: "HONEY"},
		{Actor: recommend.Actor{Customer: "bob"}, Item: "TEA"}, {Actor: recommend.Actor{Customer: "bob"}, Item: "HONEY"},
		{Actor: recommend.Actor{Customer: "cyd"}, Item: "TEA"}, {Actor: recommend.Actor{Customer: "cyd"}, Item: "LEMON"},
	})
	if err != nil {
		panic(err)
	}
	model, err := recommend.Filled{Of: recommend.ItemKNN{}}.Fit(m)
	if err != nil {
		panic(err)
	}
	items, err := recommend.NewItems([]recommend.Item{{SKU: "TEA"}, {SKU: "HONEY", SoldOut: true}, {SKU: "LEMON"}})
	if err != nil {
		panic(err)
	}
	shop := recommend.NewServer(model, items)
	answer, err := shop.Answer(recommend.Query{History: []flywheel.SKU{"TEA"}, Plan: rerank.Plan{Limit: 2}, Explain: true})
	if err != nil {
		panic(err)
	}
	for _, it := range answer.Items {
		fmt.Println(it.SKU, "-", it.Sentence())
	}
	fmt.Println(answer.Short)
	// Output:
	// LEMON - because you chose TEA
	// 1 of 2 places are filled: no candidates were left
}

func drawItems(t *rapid.T, skus []flywheel.SKU, at time.Time) []recommend.Item {
	var items []recommend.Item
	for _, sku := range skus {
		if rapid.IntRange(0, 9).Draw(t, "missing") == 0 {
			continue
		}
		it := recommend.Item{SKU: sku, Group: rapid.SampledFrom([]string{"", "g", "h"}).Draw(t, "group"),
			SoldOut: rapid.IntRange(0, 5).Draw(t, "sold out") == 0, Withdrawn: rapid.IntRange(0, 7).Draw(t, "withdrawn") == 0}
		switch rapid.IntRange(0, 4).Draw(t, "window") {
		case 0:
			it.From = at.Add(time.Hour)
		case 1:
			it.Until = at
		}
		items = append(items, it)
	}
	return items
}

// What may not be shown is not, whatever the query; and a list is short only when
// nothing that may be shown is left.
func TestServerSafety(t *testing.T) {
	m := corner(t)
	model, err := recommend.Filled{Of: recommend.ItemKNN{}}.Fit(m)
	require.NoError(t, err)
	skus := []flywheel.SKU{"BREAD", "BUTTER", "EGGS", "HONEY", "MILK", "TEA"}
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string) []flywheel.SKU {
			return rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(skus), "UNKNOWN")), 0, 3).Draw(t, label)
		}
		list := drawItems(t, skus, monday)
		items, err := recommend.NewItems(list)
		require.NoError(t, err)
		refused := pick("refused")
		q := recommend.Query{History: pick("history"), Hide: pick("hide"), Deny: pick("deny"), Repeat: rapid.Bool().Draw(t, "repeat"), At: monday,
			Keep: func(it *recommend.Item) bool { return !slices.Contains(refused, it.SKU) }}
		if rapid.Bool().Draw(t, "allow") {
			q.Allow = pick("allowed")
		}
		q.Plan.Limit = rapid.IntRange(1, 8).Draw(t, "limit")
		q.Plan.Pins = []rerank.Pin{{SKU: rapid.SampledFrom(skus).Draw(t, "pin"), Slot: 1}}
		answer, err := recommend.NewServer(model, items).Answer(q)
		require.NoError(t, err)
		may := func(sku flywheel.SKU) bool {
			it, ok := items.Item(sku)
			return ok && it.Shown(monday) && !slices.Contains(refused, sku) && !slices.Contains(q.Hide, sku) && !slices.Contains(q.Deny, sku) &&
				(q.Repeat || !slices.Contains(q.History, sku)) && (q.Allow == nil || slices.Contains(q.Allow, sku))
		}
		shown, groups := map[flywheel.SKU]bool{}, map[string]bool{}
		for _, it := range answer.Items {
			require.True(t, may(it.SKU), "%s may not be shown", it.SKU)
			require.False(t, shown[it.SKU])
			shown[it.SKU] = true
			known, _ := items.Item(it.SKU)
			require.False(t, known.Group != "" && groups[known.Group])
			groups[known.Group] = true
		}
		if len(answer.Items) < q.Plan.Limit {
			require.NotEmpty(t, answer.Short)
			for _, sku := range skus {
				known, _ := items.Item(sku)
				require.False(t, may(sku) && !shown[sku] && (known.Group == "" || !groups[known.Group]), "%s would fit", sku)
			}
		}
		require.Equal(t, len(answer.Items) == q.Plan.Limit, answer.Short == "")
	})
}

func TestServerSaysWhatItIs(t *testing.T) {
	m := corner(t)
	model, err := recommend.Filled{Of: recommend.ItemKNN{}}.Fit(m)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		server   *recommend.Server
		query    recommend.Query
		fallback string
		items    int
	}{
		"nothing at all":     {recommend.NewServer(nil, nil), recommend.Query{}, "there is no model and there are no items", 0},
		"no history":         {recommend.NewServer(model, nil), recommend.Query{}, "there is no history: what is shown is the same for everyone", 6},
		"unknown history":    {recommend.NewServer(model, nil), recommend.Query{History: []flywheel.SKU{"X"}}, "nothing of the history is known: what is shown is the same for everyone", 6},
		"history":            {recommend.NewServer(model, nil), recommend.Query{History: []flywheel.SKU{"TEA", "X"}}, "", 5},
		"all filtered":       {recommend.NewServer(model, nil), recommend.Query{History: []flywheel.SKU{"TEA"}, Keep: func(*recommend.Item) bool { return false }}, "", 0},
		"k beyond all":       {recommend.NewServer(model, nil), recommend.Query{History: []flywheel.SKU{"TEA"}, Plan: rerank.Plan{Limit: 500}}, "", 5},
		"nothing is allowed": {recommend.NewServer(model, nil), recommend.Query{History: []flywheel.SKU{"TEA"}, Allow: []flywheel.SKU{}}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := c.server.Answer(c.query)
			require.NoError(t, err)
			assert.Equal(t, c.fallback, answer.Fallback)
			assert.Len(t, answer.Items, c.items)
			assert.NotEmpty(t, answer.Short)
		})
	}
	_, err = recommend.NewServer(model, nil).Answer(recommend.Query{Plan: rerank.Plan{Limit: -1}})
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = recommend.NewServer(broken{m.Index()}, nil).Answer(recommend.Query{})
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
}

// broken scores with what is not a number.
type broken struct{ index *recommend.Index }

func (b broken) Index() *recommend.Index { return b.index }

func (b broken) Score(_ recommend.History, scores []float64) {
	for i := range scores {
		scores[i] = math.NaN()
	}
}

// On P1 variety at 0.7 keeps at least 97 % of NDCG@10 and gives the lists at least 15 %
// more genres. Two other measures of variety are logged: the mean distance of two items
// of a list by the cosine of their genres, and by Jaccard.
func TestVarietyPays(t *testing.T) {
	m, exam := matrices(t, "time")
	items := genres(t, m.Index())
	for _, l := range []recommend.Learner{
		recommend.Recent{Of: recommend.EASE{Lambda: 200}, HalfLife: 10}, recommend.ItemKNN{}, recommend.IALS{Factors: 96},
	}[:testkit.Often(3, 1)] {
		model, err := l.Fit(m)
		require.NoError(t, err)
		server := recommend.NewServer(model, items)
		run := func(lambda float64) (ndcg float64, v variety) {
			got, err := exam.RunLists(10, func(_ recommend.Actor, h recommend.History) ([]flywheel.SKU, error) {
				answer, err := server.Answer(recommend.Query{Past: h, Plan: rerank.Plan{Limit: 10, Lambda: lambda}})
				var skus []flywheel.SKU
				for _, it := range answer.Items {
					skus = append(skus, it.SKU)
				}
				v.add(items, skus)
				return skus, err
			})
			require.NoError(t, err)
			return got.NDCG, v.mean()
		}
		plain, before := run(1)
		ndcg, after := run(0.7)
		t.Logf("%v: NDCG@10 %.4f, with variety %.4f (%.1f %%); genres %.2f, with variety %.2f (%+.1f %%); cosine distance %.4f, %.4f (%+.1f %%); Jaccard distance %.4f, %.4f (%+.1f %%)",
			l, plain, ndcg, 100*ndcg/plain, before.genres, after.genres, 100*(after.genres/before.genres-1),
			before.cosine, after.cosine, 100*(after.cosine/before.cosine-1), before.jaccard, after.jaccard, 100*(after.jaccard/before.jaccard-1))
		require.GreaterOrEqual(t, ndcg, 0.97*plain)
		require.GreaterOrEqual(t, after.genres, 1.15*before.genres)
		require.Greater(t, after.cosine, before.cosine)
		require.Greater(t, after.jaccard, before.jaccard)
	}
}

// variety is how different the items of lists are: genres of a list, and mean distances
// of two of its items.
type variety struct{ lists, genres, cosine, jaccard float64 }

func (v *variety) add(items *recommend.Items, list []flywheel.SKU) {
	different := map[string]bool{}
	pairs := float64(len(list) * (len(list) - 1) / 2)
	for i, a := range list {
		x, _ := items.Item(a)
		for _, g := range x.Categories {
			different[g] = true
		}
		for _, b := range list[:i] {
			y, _ := items.Item(b)
			common := 0.
			for _, g := range x.Categories {
				if slices.Contains(y.Categories, g) {
					common++
				}
			}
			both := float64(len(x.Categories) * len(y.Categories))
			v.cosine += (1 - common/math.Sqrt(both)) / pairs
			v.jaccard += (1 - common/(float64(len(x.Categories)+len(y.Categories))-common)) / pairs
		}
	}
	v.genres += float64(len(different))
	v.lists++
}

func (v variety) mean() variety {
	return variety{v.lists, v.genres / v.lists, v.cosine / v.lists, v.jaccard / v.lists}
}

func TestServerSwap(t *testing.T) {
	m := corner(t)
	first, err := recommend.ItemKNN{}.Fit(m)
	require.NoError(t, err)
	second, err := recommend.EASE{Lambda: 1}.Fit(m)
	require.NoError(t, err)
	server := recommend.NewServer(first, nil)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 200 {
				answer, err := server.Answer(recommend.Query{History: []flywheel.SKU{"TEA"}, Plan: rerank.Plan{Limit: 3}})
				assert.NoError(t, err)
				assert.Len(t, answer.Items, 3)
			}
		})
	}
	for i := range 100 {
		model := first
		if i%2 == 0 {
			model = second
		}
		assert.EqualValues(t, i+2, server.Swap(model, nil))
	}
	wait.Wait()
	assert.EqualValues(t, 101, server.Version())
}

func TestItemRefusals(t *testing.T) {
	for field, items := range map[string][]recommend.Item{
		"sku": {{SKU: "A"}, {SKU: "A"}}, "margin": {{SKU: "A", Margin: math.NaN()}}, "stock": {{SKU: "A", Stock: -1}},
		"until": {{SKU: "A", From: monday, Until: monday.Add(-1)}}, "vector": {{SKU: "A", Vector: []float32{1}}, {SKU: "B", Vector: []float32{1, 2}}},
	} {
		_, err := recommend.NewItems(items)
		var wrong *recommend.ItemError
		require.ErrorAs(t, err, &wrong, field)
		assert.Equal(t, field, wrong.Field)
	}
}
