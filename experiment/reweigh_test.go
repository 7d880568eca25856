package experiment_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
)

// Reweighing moves as many units as the arms that shrink must give up, and no
// other, however often it is done.
func TestReweighMovesTheFewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arms := rapid.IntRange(2, 5).Draw(t, "arms")
		e := experiment.Experiment{ID: "E", Hash: experiment.HashVersion(rapid.IntRange(1, 2).Draw(t, "hash"))}
		for i := range arms {
			e.Arms = append(e.Arms, experiment.Arm{ID: fmt.Sprint("arm ", i)})
		}
		for range 3 {
			weights := rapid.SliceOfN(rapid.Float64Range(0.01, 1), arms, arms).Draw(t, "weights")
			sum := 0.0
			for _, w := range weights {
				sum += w
			}
			for i := range weights {
				weights[i] /= sum
			}
			next, err := e.Reweigh(1, weights)
			require.NoError(t, err)
			require.NoError(t, next.Validate())
			old, now := e.Weights(), next.Weights()
			least := 0.0
			for i := range weights {
				require.InDelta(t, weights[i], now[i], 0.0011)
				least += max(0, old[i]-now[i])
			}
			require.InDelta(t, least, changed(e, next), 0.0011*float64(arms))
			e = next
		}
	})
}

// changed is the share of all buckets that leave their arm.
func changed(a, b experiment.Experiment) float64 {
	steps := 10_000
	if a.Hash == experiment.HashV1 {
		steps = 1_000
	}
	moved := 0
	for i := range steps {
		bucket := float64(i) / float64(steps)
		if x := armOf(a, bucket); x >= 0 && x != armOf(b, bucket) {
			moved++
		}
	}
	return float64(moved) / float64(steps)
}

func armOf(e experiment.Experiment, bucket float64) int {
	for i, arm := range e.Arms {
		if experiment.Choose(bucket, arm.Buckets) >= 0 {
			return i
		}
	}
	if e.Arms[0].Buckets == nil {
		return experiment.Choose(bucket, experiment.Ranges(1, e.Weights()))
	}
	return -1
}

func TestReweighCoverage(t *testing.T) {
	half, err := two.Reweigh(0.5, []float64{0.5, 0.5})
	require.NoError(t, err)
	full, err := half.Reweigh(1, []float64{0.5, 0.5})
	require.NoError(t, err)
	require.Zero(t, changed(half, full), "raising the coverage moves nobody")
	require.Equal(t, []float64{0.5, 0.5}, full.Weights())
	snapshot, err := experiment.Compile(full)
	require.NoError(t, err)
	for i := range 1000 { // assignment goes by the buckets
		d := snapshot.Assign("E", experiment.Subject{Customer: flywheel.CustomerID(fmt.Sprint(i))})
		require.Equal(t, armOf(full, d.Bucket), d.Index)
		require.True(t, d.In)
	}

	for name, c := range map[string]struct {
		coverage float64
		weights  []float64
	}{
		"one weight": {1, []float64{1}}, "sum": {1, []float64{0.5, 0.6}}, "negative": {1, []float64{1.5, -0.5}},
		"NaN": {1, []float64{math.NaN(), 0.5}}, "coverage": {2, []float64{0.5, 0.5}},
	} {
		_, err := two.Reweigh(c.coverage, c.weights)
		require.Error(t, err, name)
		var definition *experiment.DefinitionError
		require.ErrorAs(t, err, &definition, name)
	}
	for name, buckets := range map[string][2][]experiment.Range{
		"overlap": {{{0, 0.5}}, {{0.4, 1}}}, "no range": {{{0.5, 0.5}}, {{0.5, 1}}}, "beyond": {{{0, 0.5}}, {{0.5, 1.5}}},
	} {
		e := experiment.Experiment{ID: "E", Arms: []experiment.Arm{{ID: "A", Buckets: buckets[0]}, {ID: "B", Buckets: buckets[1]}}}
		require.Error(t, e.Validate(), name)
	}
}

func ExampleExperiment_Reweigh() {
	e := experiment.Experiment{ID: "banner", Arms: []experiment.Arm{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	e, err := e.Reweigh(1, []float64{0.5, 0.25, 0.25})
	for _, arm := range e.Arms {
		fmt.Println(arm.ID, arm.Buckets)
	}
	fmt.Println(err)
	// Output:
	// a [[0 0.3334] [0.5834 0.6667] [0.9167 1]]
	// b [[0.3334 0.5834]]
	// c [[0.6667 0.9167]]
	// <nil>
}
