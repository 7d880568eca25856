package experiment

import (
	"context"
	"fmt"
	"testing"

	growthbook "github.com/growthbook/growthbook-golang"
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment/flag"
)

// A targeted three-way experiment.
const features = `{"checkout": {"defaultValue": "a", "rules": [{
	"key": "checkout-test", "hashVersion": 2, "condition": {"country": {"$in": ["DE", "AT"]}, "orders": {"$gte": 3}},
	"variations": ["a", "b", "c"], "weights": [0.34, 0.33, 0.33]}]}}`

func attributes(i int) map[string]any {
	return map[string]any{"id": fmt.Sprint("u", i), "country": []string{"DE", "AT", "FR"}[i%3], "orders": float64(i % 7)}
}

func flywheel(tb testing.TB) *flag.Set {
	set, err := flag.Parse([]byte(`{"features": `+features+`}`), nil)
	require.NoError(tb, err)
	return set
}

func growthBook(tb testing.TB, i int) *growthbook.Client {
	client, err := growthbook.NewClient(context.Background(), growthbook.WithJsonFeatures(features), growthbook.WithAttributes(attributes(i)))
	require.NoError(tb, err)
	return client
}

// The libraries are asked the same and answer the same.
func TestSameAnswers(t *testing.T) {
	set, client := flywheel(t), growthBook(t, 0)
	in := 0
	for i := range 2000 {
		child, err := client.WithAttributes(attributes(i))
		require.NoError(t, err)
		want := child.EvalFeature(t.Context(), "checkout")
		got := set.Evaluate("checkout", &flag.User{Attributes: attributes(i)})
		require.Equal(t, want.Value, got.Value)
		require.Equal(t, string(want.Source), string(got.Source))
		if want.ExperimentResult != nil {
			in++
			require.Equal(t, want.ExperimentResult.VariationId, got.Assignment.Variation)
		}
	}
	require.Greater(t, in, 500)
}

// BenchmarkExperiment evaluates the experiment for one user whose attributes
// are ready. For GrowthBook that is a client made for the user, which the
// variant with a child client per request includes.
func BenchmarkExperiment(b *testing.B) {
	ctx := context.Background()
	const user = 4 // AT, 4 orders: takes part
	b.Run("library=flywheel", func(b *testing.B) {
		set := flywheel(b)
		parallel(b, func() func() {
			u := &flag.User{Attributes: attributes(user)}
			return func() { set.Evaluate("checkout", u) }
		})
	})
	b.Run("library=flywheel-prepared", func(b *testing.B) {
		set := flywheel(b)
		parallel(b, func() func() {
			u := set.Prepare(&flag.User{Attributes: attributes(user)})
			return func() { set.Evaluate("checkout", u) }
		})
	})
	b.Run("library=growthbook-golang", func(b *testing.B) {
		client := growthBook(b, user)
		parallel(b, func() func() {
			return func() { client.EvalFeature(ctx, "checkout") }
		})
	})
	b.Run("library=growthbook-golang-child", func(b *testing.B) {
		client := growthBook(b, user)
		parallel(b, func() func() {
			attrs := growthbook.Attributes(attributes(user))
			return func() {
				child, err := client.WithAttributes(attrs)
				if err != nil {
					panic(err)
				}
				child.EvalFeature(ctx, "checkout")
			}
		})
	})
	// The in-memory provider of OpenFeature neither targets nor hashes: this is
	// the price of its client alone.
	b.Run("library=openfeature-memory", func(b *testing.B) {
		provider := memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{"checkout": {
			Key: "checkout", State: memprovider.Enabled, DefaultVariant: "b", Variants: map[string]any{"a": "a", "b": "b", "c": "c"},
		}})
		require.NoError(b, openfeature.SetProviderAndWait(provider))
		client := openfeature.NewClient("compare")
		parallel(b, func() func() {
			attrs := attributes(user)
			return func() {
				_, _ = client.StringValue(ctx, "checkout", "a", openfeature.NewEvaluationContext("u4", attrs))
			}
		})
	})
}

// parallel runs what each makes on -cpu goroutines.
func parallel(b *testing.B, each func() func()) {
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		call := each()
		for pb.Next() {
			call()
		}
	})
}
