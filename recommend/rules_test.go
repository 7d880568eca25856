package recommend_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/recommend"
)

// The counts of protocol P6, which agree with published output of R's arules:
// rules with at least one item on the left.
func TestRuleCounts(t *testing.T) {
	d := groceries(t)
	for _, c := range []struct {
		support    int
		confidence float64
		want       int
	}{
		{492, 0.25, 4}, {197, 0.5, 1}, {99, 0.25, 170}, {60, 0.25, 463}, {50, 0.1, 1574},
		{20, 0.8, 11}, {20, 0.1, 8332}, {10, 0.8, 410}, {10, 0.5, 5668}, {10, 0.25, 17391}, {10, 0.1, 32783},
	} {
		rules, err := recommend.Rules(d, recommend.RuleConfig{MinSupport: c.support, MinConfidence: c.confidence})
		require.NoError(t, err)
		assert.Len(t, rules, c.want, "support %d, confidence %v", c.support, c.confidence)
	}
}

// The counts of protocol P6 for the baskets of a Belgian supermarket (Brijs 1999),
// at confidence 0.5.
func TestRuleCountsRetail(t *testing.T) {
	d := retail(t)
	counts := []struct{ support, want int }{{1764, 41}, {882, 110}, {441, 402}, {177, 1886}, {89, 5731}}
	for _, c := range counts[:testkit.Often(len(counts), 2)] {
		rules, err := recommend.Rules(d, recommend.RuleConfig{MinSupport: c.support, MinConfidence: 0.5})
		require.NoError(t, err)
		assert.Len(t, rules, c.want, "support %d", c.support)
	}
}

// retail returns the 88,162 baskets.
func retail(t testing.TB) *recommend.Dataset {
	t.Helper()
	f, err := os.Open(testkit.Data(t, "recommend/retail_fimi.dat.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	d := &recommend.Dataset{}
	for s := bufio.NewScanner(z); s.Scan(); {
		in := recommend.Interaction{Kind: recommend.Purchase, At: time.Unix(0, 0)}
		for _, item := range strings.Fields(s.Text()) {
			in.Items = append(in.Items, flywheel.SKU(item))
		}
		require.NoError(t, d.Add(in))
	}
	require.Equal(t, 88_162, d.Len())
	return d
}

// Rules must be what trying every set of items gives.
func TestRulesAgainstTryingAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &recommend.Dataset{}
		var baskets [][]int
		for range rapid.IntRange(0, 25).Draw(t, "baskets") {
			basket := rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 6, rapid.ID).Draw(t, "basket")
			baskets = append(baskets, basket)
			in := recommend.Interaction{Kind: recommend.Purchase, At: monday}
			for _, item := range basket {
				in.Items = append(in.Items, number(item))
			}
			require.NoError(t, d.Add(in))
		}
		cfg := recommend.RuleConfig{MinSupport: rapid.IntRange(1, 4).Draw(t, "support"),
			MinConfidence: float64(rapid.IntRange(0, 4).Draw(t, "quarters")) / 4, MaxItems: rapid.IntRange(2, 6).Draw(t, "items")}
		count := func(set int) (n int64) {
			for _, basket := range baskets {
				have := 0
				for _, item := range basket {
					have |= 1 << item
				}
				if have&set == set {
					n++
				}
			}
			return n
		}
		want := map[string]recommend.Rule{}
		for set := range 1 << 7 {
			var items []flywheel.SKU
			for item := range 7 {
				if set&(1<<item) != 0 {
					items = append(items, number(item))
				}
			}
			if len(items) < 2 || len(items) > cfg.MaxItems || count(set) < int64(cfg.MinSupport) {
				continue
			}
			for item := range 7 {
				if set&(1<<item) == 0 {
					continue
				}
				r := recommend.Rule{Then: number(item), Both: count(set), IfCount: count(set &^ (1 << item)), ThenCount: count(1 << item), Groups: int64(len(baskets))}
				r.If = slices.DeleteFunc(slices.Clone(items), func(sku flywheel.SKU) bool { return sku == r.Then })
				if r.Confidence() >= cfg.MinConfidence {
					want[fmt.Sprint(r.If, r.Then)] = r
				}
			}
		}
		got, err := recommend.Rules(d, cfg)
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i, r := range got {
			require.Equal(t, want[fmt.Sprint(r.If, r.Then)], r)
			if i > 0 {
				require.LessOrEqual(t, r.Lift(), got[i-1].Lift())
			}
		}
	})
}

func TestRuleRefusals(t *testing.T) {
	for field, cfg := range map[string]recommend.RuleConfig{
		"Group": {Group: 7}, "MinSupport": {MinSupport: -1}, "MinConfidence": {MinConfidence: math.NaN()}, "MaxItems": {MaxItems: 1},
	} {
		_, err := recommend.Rules(&recommend.Dataset{}, cfg)
		var wrong *recommend.ConfigError
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, field, wrong.Field)
	}
	rules, err := recommend.Rules(&recommend.Dataset{}, recommend.RuleConfig{})
	require.NoError(t, err)
	assert.Empty(t, rules)
}

func ExampleRules() {
	d := &recommend.Dataset{}
	for _, basket := range [][]flywheel.SKU{
		{"FLOUR", "EGGS", "SUGAR"}, {"FLOUR", "EGGS", "SUGAR"}, {"FLOUR", "EGGS"}, {"EGGS"}, {"TEA", "SUGAR"}, {"TEA"},
	} {
		_ = d.Add(recommend.Interaction{Kind: recommend.Purchase, At: monday, Items: basket})
	}
	rules, err := recommend.Rules(d, recommend.RuleConfig{MinSupport: 2, MinConfidence: 0.9})
	if err != nil {
		panic(err)
	}
	for _, r := range rules {
		fmt.Println(r)
	}
	// Output:
	// [EGGS SUGAR] => FLOUR: 2 of 2, lift 2
	// [FLOUR] => EGGS: 3 of 3, lift 1.5
	// [FLOUR SUGAR] => EGGS: 2 of 2, lift 1.5
}
