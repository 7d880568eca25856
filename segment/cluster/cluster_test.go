package cluster_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/cluster"
	"github.com/flywheel-go/flywheel/segment/rfm"
)

var four = [][]float64{{0, 0}, {0, 1}, {1, 0}, {10, 10}, {10, 11}, {20, 0}}

func Example() {
	z, scale, err := cluster.Standardize(four)
	if err != nil {
		fmt.Println(err)
		return
	}
	var s cluster.Scale = scale
	choice, err := cluster.Choose(z, 2, 4, &cluster.Options{Seed: 1})
	fmt.Println(choice.K, choice.Best.Sizes, choice.Best.Of, choice.Best.Nearest(s.Apply([]float64{19, 1})), err)
	// Output: 3 [3 2 1] [0 0 0 1 1 2] 2 <nil>
}

func ExampleKMeans() {
	var r *cluster.Result
	r, err := cluster.KMeans(four, 3, nil)
	score, _ := cluster.Silhouette(four, r.Of)
	db, _ := cluster.DaviesBouldin(four, r.Of)
	ch, _ := cluster.CalinskiHarabasz(four, r.Of)
	fmt.Printf("%.3f %.3f %.3f %.1f %v\n", r.Inertia, score, db, ch, err)
	// Output: 1.833 0.769 0.066 376.6 <nil>
}

func TestReference(t *testing.T) {
	var g struct {
		Rule string    `json:"rule"`
		Mean []float64 `json:"mean_check"`
		SD   []float64 `json:"sd_check"`
		K    map[string]struct {
			Inertia    float64 `json:"inertia"`
			Silhouette float64 `json:"silhouette"`
			DB         float64 `json:"davies_bouldin"`
			CH         float64 `json:"calinski_harabasz"`
			Sizes      []int   `json:"sizes"`
			Mean       float64 `json:"single_run_kmeanspp_mean_ratio"`
			Worst      float64 `json:"single_run_worst_ratio"`
		} `json:"k"`
	}
	d := json.NewDecoder(strings.NewReader(string(testkit.Reference(t, "segment", "goldens_kmeans.json"))))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&g))
	data, err := os.ReadFile(testkit.Data(t, "segment/CDNOW_sample.txt"))
	require.NoError(t, err)
	var table rfm.Table
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		day, err := time.Parse("20060102", f[2])
		require.NoError(t, err)
		usd, err := strconv.ParseFloat(f[4], 64)
		require.NoError(t, err)
		require.NoError(t, table.Add(flywheel.CustomerID(f[1]), day, int64(math.Round(usd*100))))
	}
	inputs, err := table.Inputs(time.Date(1998, 7, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	var points [][]float64
	for _, in := range inputs {
		points = append(points, []float64{math.Log1p(float64(in.Recency)), math.Log1p(float64(in.Frequency)), math.Log1p(float64(in.Monetary) / 100)})
	}
	z, scale, err := cluster.Standardize(points)
	require.NoError(t, err)
	for i := range g.Mean {
		require.InEpsilon(t, g.Mean[i], scale.Mean[i], 1e-12)
		require.InEpsilon(t, g.SD[i], scale.SD[i], 1e-12)
	}
	for name, want := range g.K {
		t.Run("k="+name, func(t *testing.T) {
			k, err := strconv.Atoi(name)
			require.NoError(t, err)
			var r *cluster.Result
			for starts := 10; starts <= 160; starts *= 2 { // as many as it takes
				r, err = cluster.KMeans(z, k, &cluster.Options{Starts: starts, Seed: 1})
				require.NoError(t, err)
				if r.Inertia <= want.Inertia*(1+1e-9) {
					break
				}
			}
			require.LessOrEqual(t, r.Inertia, want.Inertia*(1+1e-9), "no worse than the best of forty starts")
			if r.Inertia < want.Inertia*(1-1e-9) {
				return // a better end than the reference's: its scores do not apply
			}
			require.Equal(t, want.Sizes, r.Sizes)
			s, err := cluster.Silhouette(z, r.Of)
			require.NoError(t, err)
			require.InDelta(t, want.Silhouette, s, 1e-9)
			db, err := cluster.DaviesBouldin(z, r.Of)
			require.NoError(t, err)
			require.InEpsilon(t, want.DB, db, 1e-9)
			ch, err := cluster.CalinskiHarabasz(z, r.Of)
			require.NoError(t, err)
			require.InEpsilon(t, want.CH, ch, 1e-9)
			mean, runs := 0.0, testkit.Often(10, 3)
			for seed := range runs {
				one, err := cluster.KMeans(z, k, &cluster.Options{Starts: 1, Seed: uint64(100 + seed)})
				require.NoError(t, err)
				mean += one.Inertia / want.Inertia / float64(runs)
			}
			require.LessOrEqual(t, mean, want.Worst, "single starts are no worse than the reference's worst")
		})
	}
}

// TestEveryPointIsAtTheNearest: skipping points by the triangle inequality changes nothing.
func TestEveryPointIsAtTheNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		points := make([][]float64, 50+r.IntN(100))
		for i := range points {
			points[i] = []float64{r.NormFloat64() + float64(i%3)*4, r.NormFloat64()}
		}
		result, err := cluster.KMeans(points, 1+r.IntN(6), &cluster.Options{Starts: 2, Seed: 3})
		require.NoError(t, err)
		for i, p := range points {
			require.Equal(t, result.Nearest(p), result.Of[i])
		}
		for c, center := range result.Centers {
			mean := make([]float64, 2)
			for i, p := range points {
				if result.Of[i] == c {
					mean[0] += p[0] / float64(result.Sizes[c])
					mean[1] += p[1] / float64(result.Sizes[c])
				}
			}
			require.InDeltaSlice(t, center, mean, 1e-9)
		}
	}
}

func TestRefusals(t *testing.T) {
	for what, points := range map[string][][]float64{"none": nil, "empty": {{}}, "ragged": {{1}, {1, 2}}, "nan": {{math.NaN()}}, "infinite": {{math.Inf(1)}}} {
		_, err := cluster.KMeans(points, 1, nil)
		require.Error(t, err, what)
		_, _, err = cluster.Standardize(points)
		require.Error(t, err, what)
	}
	_, err := cluster.KMeans(four, 7, nil)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = cluster.Silhouette(four, []int{0, 0})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = cluster.Silhouette(four, []int{0, 0, 0, 0, 0, 0})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = cluster.DaviesBouldin(four, []int{0, 0, 0, 0, 0, 9})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	same, err := cluster.KMeans([][]float64{{1}, {1}, {1}}, 2, nil)
	require.NoError(t, err)
	require.Zero(t, same.Inertia)
	_, err = cluster.Choose(four, 1, 3, nil)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func BenchmarkKMeans(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	points := make([][]float64, 20_000)
	for i := range points {
		points[i] = []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cluster.KMeans(points, 6, &cluster.Options{Starts: 1}); err != nil {
			b.Fatal(err)
		}
	}
}
