package recommend_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/recommend"
)

// golden returns the rows below the header of an expected-values file. The files
// hold figures of data that may not be redistributed, so they lie with the data
// and not in testdata.
func golden(t *testing.T, name string, comma rune) [][]string {
	t.Helper()
	var packed []byte
	if os.Getenv("FLYWHEEL_REFERENCE") != "" {
		packed = testkit.Reference(t, "recommend", name)
	} else {
		var err error
		packed, err = os.ReadFile(testkit.Data(t, "recommend/"+name))
		require.NoError(t, err)
	}
	return rows(t, packed, comma)[1:]
}

func rows(t testing.TB, packed []byte, comma rune) [][]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	r := csv.NewReader(z)
	r.Comma, r.FieldsPerRecord = comma, -1
	all, err := r.ReadAll()
	require.NoError(t, err)
	return all
}

// groceries returns the 9,835 baskets of the arules data set.
func groceries(t testing.TB) *recommend.Dataset {
	t.Helper()
	packed, err := os.ReadFile(testkit.Data(t, "recommend/groceries_baskets.csv.gz"))
	require.NoError(t, err)
	d := &recommend.Dataset{}
	for _, labels := range rows(t, packed, ',') {
		in := recommend.Interaction{Kind: recommend.Purchase, At: time.Unix(0, 0)}
		for _, label := range labels {
			in.Items = append(in.Items, flywheel.SKU(strings.TrimSpace(label)))
		}
		require.NoError(t, d.Add(in))
	}
	require.Equal(t, 9835, d.Len())
	return d
}

// movielens returns the 80,000 ratings of the published train part, each item a
// four-digit number so that SKUs order as items do, and a case for each user of
// the test part.
func movielens(t *testing.T) (*recommend.Dataset, []recommend.Case) {
	t.Helper()
	d := &recommend.Dataset{}
	byUser := map[string]*recommend.Case{}
	var users []string
	for _, row := range lines(t, "ml100k_split_published.tsv.gz")[1:] {
		user, part := row[0], row[2]
		item, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		if byUser[user] == nil {
			byUser[user] = &recommend.Case{}
			users = append(users, user)
		}
		sku, c := number(item), byUser[user]
		if part == "test" {
			c.Held = append(c.Held, sku)
			continue
		}
		c.History = append(c.History, sku)
		require.NoError(t, d.Add(recommend.Interaction{Kind: recommend.Purchase, At: time.Unix(0, 0),
			Actor: recommend.Actor{Customer: flywheel.CustomerID(user)}, Items: []flywheel.SKU{sku}}))
	}
	require.Equal(t, 80_000, d.Len())
	var cases []recommend.Case
	for _, user := range users {
		cases = append(cases, *byUser[user])
	}
	return d, cases
}

func number(item int) flywheel.SKU { return flywheel.SKU(fmt.Sprintf("%04d", item)) }

func TestReference(t *testing.T) {
	t.Run("golden_groceries_pairs", func(t *testing.T) {
		want := golden(t, "golden_groceries_pairs.csv.gz", ';')
		m, err := recommend.Train(groceries(t), recommend.Config{Measure: recommend.Lift, MinSupport: 10, Neighbors: 1000})
		require.NoError(t, err)
		type pair struct {
			count, of, other int64
			lift             float64
		}
		got := map[[2]flywheel.SKU]pair{}
		for r := range m.Popular() {
			for n := range m.Related(r.SKU) {
				got[[2]flywheel.SKU{r.SKU, n.SKU}] = pair{n.Reason.Both, n.Reason.Of, m.Support(n.SKU), n.Score}
			}
		}
		assert.Len(t, got, 2*len(want))
		for _, row := range want {
			a, b := flywheel.SKU(strings.TrimSpace(row[0])), flywheel.SKU(strings.TrimSpace(row[1]))
			lift, err := strconv.ParseFloat(row[5], 64)
			require.NoError(t, err)
			for _, p := range []pair{got[[2]flywheel.SKU{a, b}], {got[[2]flywheel.SKU{b, a}].count, m.Support(a), m.Support(b), got[[2]flywheel.SKU{b, a}].lift}} {
				assert.Equal(t, row[2:5], []string{fmt.Sprint(p.count), fmt.Sprint(p.of), fmt.Sprint(p.other)}, "%s, %s", a, b)
				assert.InDelta(t, lift, p.lift, 1e-10, "%s, %s", a, b)
			}
		}
	})
	t.Run("golden_groceries_rules_s0001_c80", func(t *testing.T) {
		want := golden(t, "golden_groceries_rules_s0001_c80.csv.gz", ';')
		got, err := recommend.Rules(groceries(t), recommend.RuleConfig{MinSupport: 10, MinConfidence: 0.8})
		require.NoError(t, err)
		require.Len(t, got, len(want))
		byName := map[string]recommend.Rule{}
		for _, r := range got {
			byName[fmt.Sprint(r.If, r.Then)] = r
		}
		for i, row := range want {
			left := strings.Split(row[0], "+")
			for n := range left {
				left[n] = strings.TrimSpace(left[n])
			}
			slices.Sort(left)
			r := byName[fmt.Sprint(left, strings.TrimSpace(row[1]))]
			assert.Equal(t, row[2:5], []string{fmt.Sprint(r.Both), fmt.Sprint(r.IfCount), fmt.Sprint(r.ThenCount)}, "%v", row)
			assert.Equal(t, row[5:], []string{fmt.Sprintf("%.10f", r.Support()), fmt.Sprintf("%.10f", r.Confidence()), fmt.Sprintf("%.10f", r.Lift())})
			assert.Equal(t, row[7], fmt.Sprintf("%.10f", got[i].Lift()), "rule %d by lift", i+1)
		}
	})
	t.Run("golden_item_cosine_published_top10", func(t *testing.T) {
		want := golden(t, "golden_item_cosine_published_top10.tsv.gz", '\t')
		d, _ := movielens(t)
		m, err := recommend.Train(d, recommend.Config{Measure: recommend.Cosine, Group: recommend.ByActor, MinSupport: 1, Neighbors: 10})
		require.NoError(t, err)
		require.Equal(t, len(want), m.Items())
		for _, row := range want {
			item, err := strconv.Atoi(row[0])
			require.NoError(t, err)
			wantItems, wantScores := strings.Split(row[1], ","), strings.Split(row[2], ",")
			var scores []string
			for n := range m.Related(number(item)) {
				scores = append(scores, fmt.Sprintf("%.6f", n.Score))
				// The file's own ties are broken by the rounding of a product of
				// roots, ours by item: items may differ where scores do not.
				if at := len(scores) - 1; strings.TrimLeft(string(n.SKU), "0") != wantItems[at] {
					assert.Contains(t, tied(wantScores, at), scores[at], "item %d, place %d", item, at+1)
				}
			}
			assert.Equal(t, wantScores, scores, "item %d", item)
		}
	})
}

func TestReferenceModels(t *testing.T) {
	t.Run("golden_ease458_published_top10", func(t *testing.T) {
		want := golden(t, "golden_ease458_published_top10.tsv.gz", '\t')
		m, err := recommend.NewMatrix(protocol(t, "published")["train"])
		require.NoError(t, err)
		s, err := recommend.EASE{Lambda: 458}.Fit(m)
		require.NoError(t, err)
		for place, row := range want {
			h, ok := m.History(recommend.Actor{Customer: flywheel.CustomerID(row[0])})
			require.True(t, ok)
			list, err := recommend.Explain(s, h, h, 10)
			require.NoError(t, err)
			items, scores := strings.Split(row[1], ","), strings.Split(row[2], ",")
			require.Len(t, list, len(items))
			at := func(n int) float64 {
				v, err := strconv.ParseFloat(scores[n], 64)
				require.NoError(t, err)
				return v
			}
			for n, e := range list {
				if math.Abs(at(n)-e.Score) > 1e-5 {
					t.Fatalf("user %s, place %d: score %v, want %v", row[0], n+1, e.Score, at(n))
				}
				near := n > 0 && at(n-1)-at(n) < 2e-6 || n == len(items)-1 || at(n)-at(n+1) < 2e-6
				require.True(t, string(e.SKU) == items[n] || near, "user %s, place %d: %s, want %s", row[0], n+1, e.SKU, items[n])
				if place%20 > 0 {
					continue // a sample of the users is enough for this
				}
				var sum float64
				for _, cause := range e.Causes {
					sum += cause.Part
				}
				require.InDelta(t, e.Score, sum, 1e-9, "the causes sum to the score")
			}
		}
	})
	t.Run("golden_item_cosine_published_top10", func(t *testing.T) {
		want := golden(t, "golden_item_cosine_published_top10.tsv.gz", '\t')
		m, err := recommend.NewMatrix(protocol(t, "published")["train"])
		require.NoError(t, err)
		s, err := recommend.ItemKNN{Neighbors: 3000}.Fit(m)
		require.NoError(t, err)
		for _, row := range want {
			h, unknown := m.Index().HistoryOf(flywheel.SKU(row[0]))
			require.Zero(t, unknown)
			list, err := recommend.Explain(s, h, h, 10)
			require.NoError(t, err)
			items, scores := strings.Split(row[1], ","), strings.Split(row[2], ",")
			for n, text := range scores {
				v, err := strconv.ParseFloat(text, 64)
				require.NoError(t, err)
				require.InDelta(t, v, list[n].Score, 1e-6, "item %s, place %d", row[0], n+1)
				if string(list[n].SKU) != items[n] {
					assert.Contains(t, tied(scores, n), text, "item %s, place %d", row[0], n+1)
				}
			}
		}
	})
	t.Run("groceries_itemsets", func(t *testing.T) {
		d := groceries(t)
		for _, c := range []struct {
			support int
			lengths []int
			rules   map[float64]int // those without a left side included
		}{
			{492, []int{28, 3}, map[float64]int{0.8: 0, 0.25: 5, 0.2: 7, 0.1: 14}},
			{197, []int{59, 61, 2}, map[float64]int{0.5: 1, 0.25: 50, 0.2: 73, 0.1: 128}},
			{99, []int{88, 213, 32}, map[float64]int{0.5: 15, 0.25: 171, 0.2: 232, 0.1: 435}},
			{60, []int{109, 478, 156, 4}, map[float64]int{0.5: 67, 0.25: 464, 0.2: 604, 0.1: 1121}},
			{50, []int{120, 605, 264, 12}, map[float64]int{0.5: 120, 0.25: 663, 0.2: 873, 0.1: 1582}},
			{20, []int{147, 1674, 1991, 395, 16}, map[float64]int{0.8: 11, 0.5: 1098, 0.25: 4025, 0.2: 5112, 0.1: 8340}},
			{10, []int{157, 2981, 6831, 3137, 376, 10}, map[float64]int{0.9: 129, 0.8: 410, 0.5: 5668, 0.25: 17392, 0.2: 21634, 0.1: 32791}},
		} {
			assert.Equal(t, c.lengths, lengths(t, d, c.support), "support %d", c.support)
			for confidence, n := range c.rules {
				rules, err := recommend.Rules(d, recommend.RuleConfig{MinSupport: c.support, MinConfidence: confidence, Empty: true})
				require.NoError(t, err)
				assert.Len(t, rules, n, "support %d, confidence %v", c.support, confidence)
			}
		}
	})
	t.Run("fimi_retail_itemsets", func(t *testing.T) {
		d := retail(t)
		for _, c := range []struct {
			support int
			lengths []int
		}{
			{882, []int{70, 58, 25, 6}}, {441, []int{221, 237, 102, 19, 1}},
			{177, []int{956, 1133, 504, 91, 7}}, {89, []int{2117, 3260, 1794, 382, 36}},
		}[:testkit.Often(4, 2)] {
			assert.Equal(t, c.lengths, lengths(t, d, c.support), "support %d", c.support)
		}
	})
}

// lengths returns how many frequent sets there are of one item, two, …
func lengths(t *testing.T, d *recommend.Dataset, support int) (n []int) {
	t.Helper()
	list, err := recommend.Itemsets(d, recommend.ItemsetConfig{MinSupport: support})
	require.NoError(t, err)
	for _, set := range list {
		for len(n) < len(set.Items) {
			n = append(n, 0)
		}
		n[len(set.Items)-1]++
	}
	return n
}

// tied returns scores[at] if a neighbor in the list has the same, or if it is
// the last, with which items beyond the list may be tied.
func tied(scores []string, at int) []string {
	if at == len(scores)-1 || scores[at+1] == scores[at] || at > 0 && scores[at-1] == scores[at] {
		return scores[at : at+1]
	}
	return nil
}

// TestPublishedFigures compares the whole way, from interactions to the metrics
// of ranked lists, with the figures of protocol P3 in the reference folder.
func TestPublishedFigures(t *testing.T) {
	d, cases := movielens(t)
	m, err := recommend.Train(d, recommend.Config{Measure: recommend.Cosine, Group: recommend.ByActor, MinSupport: 1, Neighbors: 200})
	require.NoError(t, err)
	for _, c := range []struct {
		name             string
		rank             recommend.Ranker
		ndcg10, recall20 float64
		hitRate10, mrr20 float64
		tolerance        float64
	}{
		{"popularity", m.RankPopular, 0.218283, 0.170301, 0.773885, 0.411051, 1e-6},
		{"item-kNN cosine, k = 200", m.Rank, 0.395329, 0.327199, 0.901274, 0.638233, 0.0015},
	} {
		t.Run(c.name, func(t *testing.T) {
			ten, err := recommend.Evaluate(cases, 10, c.rank)
			require.NoError(t, err)
			twenty, err := recommend.Evaluate(cases, 20, c.rank)
			require.NoError(t, err)
			assert.Equal(t, 942, ten.Cases)
			assert.InDelta(t, c.ndcg10, ten.NDCG, c.tolerance)
			assert.InDelta(t, c.hitRate10, ten.HitRate, c.tolerance)
			assert.InDelta(t, c.recall20, twenty.Recall, c.tolerance)
			assert.InDelta(t, c.mrr20, twenty.MRR, c.tolerance)
		})
	}
}
