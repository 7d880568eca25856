package hierarchy

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestReference reads the records of kind reconcile; those of other kinds are
// for package forecast.
func TestReference(t *testing.T) {
	var records []json.RawMessage
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "forecast", "metrics_goldens.json"), &records))
	found := false
	for _, record := range records {
		var kind struct{ Kind string }
		require.NoError(t, json.Unmarshal(record, &kind))
		if kind.Kind != "reconcile" {
			continue
		}
		found = true
		t.Run(kind.Kind, func(t *testing.T) { testRecord(t, record) })
	}
	if !found && os.Getenv("FLYWHEEL_REFERENCE") != "" {
		t.Skip("no records of this kind in the given folder")
	}
	require.True(t, found)
}

func testRecord(t *testing.T, record json.RawMessage) {
	var c struct {
		S, Residuals [][]float64
		Base         []float64
		Expected     map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(record, &c))
	bottom := len(c.S[0])
	var sums [][]int
	for _, row := range c.S[:len(c.S)-bottom] {
		var members []int
		for i, v := range row {
			if v != 0 {
				members = append(members, i)
			}
		}
		sums = append(sums, members)
	}
	h, err := New(bottom, sums)
	require.NoError(t, err)
	for method, raw := range c.Expected {
		var want []float64
		var r *Reconciler
		err := json.Unmarshal(raw, &want)
		switch method {
		case "bottom_up":
			r = h.BottomUp()
		case "ols":
			r, err = h.OLS()
		case "wls_struct":
			r, err = h.Structural()
		case "wls_var":
			r, err = h.WLS(c.Residuals)
		case "top_down_proportions":
			var v struct{ P, Y []float64 }
			require.NoError(t, json.Unmarshal(raw, &v))
			want = v.Y
			r, err = h.TopDown(v.P)
		case "mint_shrink":
			var v struct {
				Lambda float64 `json:"lambda_"`
				Y      []float64
			}
			require.NoError(t, json.Unmarshal(raw, &v))
			want = v.Y
			r, err = h.MinT(c.Residuals)
			require.NoError(t, err)
			require.InEpsilon(t, v.Lambda, r.Shrinkage, 1e-10)
		default:
			t.Fatalf("unknown method %s", method)
		}
		require.NoError(t, err, method)
		got, err := r.Apply(c.Base)
		require.NoError(t, err)
		require.InEpsilonSlice(t, want, got, 1e-10, method)
	}
}

// drawn returns a hierarchy with figures and residuals.
func drawn(t *rapid.T) (h *Hierarchy, figures []float64, residuals [][]float64) {
	var paths [][]string
	for i := range rapid.IntRange(1, 4).Draw(t, "groups") {
		for j := range rapid.IntRange(1, 3).Draw(t, "items") {
			paths = append(paths, []string{string(rune('a' + i)), string(rune('A' + j))})
		}
	}
	h, err := FromPaths(paths)
	require.NoError(t, err)
	for range h.Len() {
		figures = append(figures, rapid.Float64Range(-100, 100).Draw(t, "figure"))
		residuals = append(residuals, rapid.SliceOfN(rapid.Float64Range(-10, 10), 12, 12).Draw(t, "residuals"))
		residuals[len(residuals)-1][0] += 1 // not all zero
	}
	return h, figures, residuals
}

// Every map gives figures that add up, and the weighted ones change nothing that
// adds up already.
func TestReconciledFiguresAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, figures, residuals := drawn(t)
		maps := map[string]*Reconciler{"bottom up": h.BottomUp()}
		for name, make := range map[string]func() (*Reconciler, error){
			"ols": h.OLS, "structural": h.Structural,
			"wls":      func() (*Reconciler, error) { return h.WLS(residuals) },
			"mint":     func() (*Reconciler, error) { return h.MinT(residuals) },
			"top down": func() (*Reconciler, error) { return h.TopDown(figuresAbove(figures[len(figures)-h.Bottom():])) },
		} {
			r, err := make()
			require.NoError(t, err, name)
			maps[name] = r
		}
		coherent, err := h.Sum(figures[len(figures)-h.Bottom():])
		require.NoError(t, err)
		for name, r := range maps {
			got, err := r.Apply(figures)
			require.NoError(t, err)
			sums, err := h.Sum(got[len(got)-h.Bottom():])
			require.NoError(t, err)
			require.InDeltaSlice(t, sums, got, 1e-9, name)
			if name == "top down" {
				require.InDelta(t, figures[0], got[0], 1e-9)
				continue
			}
			same, err := r.Apply(coherent)
			require.NoError(t, err)
			require.InDeltaSlice(t, coherent, same, 1e-6, name)
		}
	})
}

func figuresAbove(v []float64) []float64 {
	positive := make([]float64, len(v))
	for i, x := range v {
		positive[i] = math.Abs(x)
	}
	return positive
}

// OLS is a projection: no coherent figures are nearer.
func TestOLSIsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, figures, _ := drawn(t)
		r, err := h.OLS()
		require.NoError(t, err)
		got, err := r.Apply(figures)
		require.NoError(t, err)
		other := got[len(got)-h.Bottom():]
		i := rapid.IntRange(0, h.Bottom()-1).Draw(t, "series")
		other = append([]float64(nil), other...)
		other[i] += rapid.Float64Range(-5, 5).Draw(t, "shift")
		moved, err := h.Sum(other)
		require.NoError(t, err)
		distance := func(a []float64) (d float64) {
			for k := range a {
				d += (a[k] - figures[k]) * (a[k] - figures[k])
			}
			return d
		}
		require.LessOrEqual(t, distance(got), distance(moved)+1e-6)
	})
}

// The deviations after reconciling are none above those before, and are those of
// the errors when the map is applied to them.
func TestDeviations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, _, residuals := drawn(t)
		variances, err := h.variances(residuals)
		require.NoError(t, err)
		for _, make := range []func([][]float64) (*Reconciler, error){h.WLS, h.MinT} {
			r, err := make(residuals)
			require.NoError(t, err)
			deviations, err := r.Deviations()
			require.NoError(t, err)
			for k, d := range deviations {
				require.LessOrEqual(t, d*d, variances[k]*(1+1e-9))
			}
		}
	})
}

func TestTemporal(t *testing.T) {
	h, err := Temporal(4)
	require.NoError(t, err)
	require.Equal(t, []string{"1-4", "1-2", "3-4", "1", "2", "3", "4"}, h.Names())
	all, err := h.Sum([]float64{1, 2, 3, 4})
	require.NoError(t, err)
	require.Equal(t, []float64{10, 3, 7, 1, 2, 3, 4}, all)
}

func TestMiddleOut(t *testing.T) {
	h, err := FromPaths([][]string{{"a", "x"}, {"a", "y"}, {"b", "x"}})
	require.NoError(t, err)
	require.Equal(t, []string{"total", "a", "b", "a/x", "a/y", "b/x"}, h.Names())
	r, err := h.MiddleOut([]int{1, 2}, []float64{3, 1, 0})
	require.NoError(t, err)
	got, err := r.Apply([]float64{99, 40, 10, 0, 0, 0})
	require.NoError(t, err)
	require.Equal(t, []float64{50, 40, 10, 30, 10, 10}, got)
	_, err = r.Deviations()
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestBadHierarchies(t *testing.T) {
	h, err := New(2, [][]int{{0, 1}})
	require.NoError(t, err)
	second := func(_ any, err error) error { return err }
	nan := math.NaN()
	ok := []float64{1, 2, 1}
	for i, err := range []error{
		second(New(0, nil)), second(New(2, [][]int{{}})), second(New(2, [][]int{{0, 0}})), second(New(2, [][]int{{2}})),
		second(FromPaths(nil)), second(FromPaths([][]string{{}})), second(FromPaths([][]string{{"a"}, {"a"}})), second(FromPaths([][]string{{"a"}, {"a", "b"}})),
		second(h.TopDown([]float64{1})), second(h.MiddleOut([]int{1}, []float64{1, 1})), second(h.MiddleOut([]int{0, 1}, []float64{1, 1})), second(h.MiddleOut([]int{7}, []float64{1, 1})),
		second(h.WLS(nil)), second(h.WLS([][]float64{{1}, {1}, {1}})), second(h.MinT([][]float64{ok, ok, {1}})), second(h.Sum([]float64{1})),
		second(h.BottomUp().Apply([]float64{1})),
	} {
		require.ErrorIs(t, err, flywheel.ErrInvalid, i)
	}
	for i, err := range []error{
		second(Temporal(1)), second(h.TopDown([]float64{-1, 1})), second(h.WLS([][]float64{{0, 0}, {0, 0}, {0, 0}})), second(h.BottomUp().Apply([]float64{1, nan, 1})),
	} {
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, i)
	}
	_, err = New(MaxSeries+1, nil)
	require.ErrorIs(t, err, flywheel.ErrLimit)
}

func BenchmarkMinT(b *testing.B) {
	var paths [][]string
	for i := range 100 {
		paths = append(paths, []string{string(rune('a' + i%10)), string(rune('A' + i))})
	}
	h, err := FromPaths(paths)
	if err != nil {
		b.Fatal(err)
	}
	residuals := make([][]float64, h.Len())
	for k := range residuals {
		for t := range 36 {
			residuals[k] = append(residuals[k], math.Sin(float64(k*t+t)))
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.MinT(residuals); err != nil {
			b.Fatal(err)
		}
	}
}
