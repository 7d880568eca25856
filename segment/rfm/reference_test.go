package rfm_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/rfm"
)

// golden is goldens_rfm.json; the reference's README tells what it means.
type golden struct {
	N      int    `json:"n"`
	SHA256 string `json:"sha256"`
	Totals struct {
		R int64   `json:"R_sum"`
		F int64   `json:"F_sum"`
		M float64 `json:"M_sum"`
	} `json:"totals"`
	Edges    struct{ R, F, M [4]float64 } `json:"edges_quantile"`
	Raw      [][4]float64                 `json:"raw_first20"`
	NTile    *goldenScores                `json:"ntile"`
	Quantile *goldenScores                `json:"quantile_edge"`
	Fixed    *goldenScores                `json:"fixed"`
}

type goldenScores struct {
	Counts   map[string]map[string]int `json:"counts"`
	Segments map[string]int            `json:"segments"`
	Matrix   *[5][5]int                `json:"rf_matrix"`
	Cells    map[string]int            `json:"cells_555"`
	First    [][4]int                  `json:"first20"`
}

// sample reads the 1/10 sample of CDNOW: master id, id, date, CDs, USD.
func sample(t testing.TB) []rfm.Input {
	data, err := os.ReadFile(testkit.Data(t, "segment/CDNOW_sample.txt"))
	require.NoError(t, err)
	var table rfm.Table
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		require.Len(t, fields, 5)
		at, err := time.Parse("20060102", fields[2])
		require.NoError(t, err)
		usd, err := strconv.ParseFloat(fields[4], 64)
		require.NoError(t, err)
		require.NoError(t, table.Add(flywheel.CustomerID(fields[1]), at, int64(math.Round(usd*100))))
	}
	inputs, err := table.Inputs(time.Date(1998, 7, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return inputs
}

func number(t testing.TB, id flywheel.CustomerID) int {
	n, err := strconv.Atoi(string(id))
	require.NoError(t, err)
	return n
}

func TestReference(t *testing.T) {
	var want golden
	d := json.NewDecoder(bytes.NewReader(testkit.Reference(t, "segment", "goldens_rfm.json")))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&want))
	inputs := sample(t)

	t.Run("raw", func(t *testing.T) {
		require.Len(t, inputs, want.N)
		var r, f, m int64
		var lines []string
		for _, in := range inputs {
			r, f, m = r+in.Recency, f+in.Frequency, m+in.Monetary
			lines = append(lines, fmt.Sprintf("%d,%d,%d,%.2f", number(t, in.Customer), in.Recency, in.Frequency, float64(in.Monetary)/100))
		}
		require.Equal(t, want.Totals.R, r)
		require.Equal(t, want.Totals.F, f)
		require.Equal(t, int64(math.Round(want.Totals.M*100)), m)
		for i, row := range want.Raw {
			in := inputs[i]
			require.Equal(t, row, [4]float64{float64(number(t, in.Customer)), float64(in.Recency), float64(in.Frequency), float64(in.Monetary) / 100})
		}
		if want.SHA256 != "" {
			require.Equal(t, want.SHA256, fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "\n")))))
		}
	})
	t.Run("edges", func(t *testing.T) {
		edges, err := rfm.Quantile{}.Edges(inputs)
		require.NoError(t, err)
		require.Equal(t, want.Edges.R, edges.R)
		require.Equal(t, want.Edges.F, edges.F)
		for i := range edges.M {
			require.InDelta(t, want.Edges.M[i], edges.M[i]/100, 1e-9)
		}
	})
	fixed := rfm.Fixed{R: [4]int64{31, 91, 181, 366}, F: [4]int64{2, 3, 5, 9}, M: [4]int64{2500, 5000, 10000, 25000}}
	for name, c := range map[string]struct {
		method rfm.Method
		want   *goldenScores
	}{"ntile": {rfm.NTile{}, want.NTile}, "quantile_edge": {rfm.Quantile{}, want.Quantile}, "fixed": {fixed, want.Fixed}} {
		t.Run(name, func(t *testing.T) {
			if c.want == nil {
				t.Skip("not in this file")
			}
			scores, err := c.method.Score(inputs)
			require.NoError(t, err)
			got := goldenScores{Counts: map[string]map[string]int{"R": {}, "F": {}, "M": {}}, Segments: map[string]int{}, Matrix: &[5][5]int{}, Cells: map[string]int{}}
			for i, s := range scores {
				require.Equal(t, inputs[i].Customer, s.Customer)
				got.Counts["R"][fmt.Sprint(s.R)]++
				got.Counts["F"][fmt.Sprint(s.F)]++
				got.Counts["M"][fmt.Sprint(s.M)]++
				got.Segments[string(s.Segment())]++
				got.Matrix[s.R-1][s.F-1]++
				got.Cells[s.String()]++
				if i < len(c.want.First) {
					got.First = append(got.First, [4]int{number(t, s.Customer), int(s.R), int(s.F), int(s.M)})
				}
			}
			require.Equal(t, c.want.Counts, got.Counts)
			require.Equal(t, c.want.First, got.First)
			if c.want.Segments != nil {
				require.Equal(t, c.want.Segments, got.Segments)
			}
			if c.want.Matrix != nil {
				require.Equal(t, c.want.Matrix, got.Matrix)
			}
			if c.want.Cells != nil {
				require.Equal(t, c.want.Cells, got.Cells)
			}
		})
	}
}

func BenchmarkScore(b *testing.B) {
	inputs := sample(b)
	fixed := rfm.Fixed{R: [4]int64{31, 91, 181, 366}, F: [4]int64{2, 3, 5, 9}, M: [4]int64{2500, 5000, 10000, 25000}}
	for _, c := range []struct {
		name   string
		method rfm.Method
	}{{"ntile", rfm.NTile{}}, {"quantile", rfm.Quantile{}}, {"fixed", fixed}} {
		b.Run(fmt.Sprintf("method=%s/n=%d", c.name, len(inputs)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.method.Score(inputs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
