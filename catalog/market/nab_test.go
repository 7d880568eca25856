package market_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// nabFile is one series of the Numenta Anomaly Benchmark with its windows as rows.
type nabFile struct {
	name    string
	times   []time.Time
	values  []float64
	windows [][2]int
}

func nabFiles(t testing.TB) []nabFile {
	f, err := os.Open(testkit.Data(t, "market/nab/values.csv.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var files []nabFile
	lines := bufio.NewScanner(z)
	require.True(t, lines.Scan()) // header
	for lines.Scan() {
		p := strings.Split(lines.Text(), ",")
		require.Len(t, p, 3)
		if len(files) == 0 || files[len(files)-1].name != p[0] {
			files = append(files, nabFile{name: p[0]})
		}
		at, err := time.Parse(time.DateTime, p[1])
		require.NoError(t, err)
		v, err := strconv.ParseFloat(p[2], 64)
		require.NoError(t, err)
		last := &files[len(files)-1]
		last.times, last.values = append(last.times, at), append(last.values, v)
	}
	require.NoError(t, lines.Err())
	data, err := os.ReadFile(testkit.Data(t, "market/nab/windows.json"))
	require.NoError(t, err)
	var windows map[string][][2]string
	require.NoError(t, json.Unmarshal(data, &windows))
	for i := range files {
		first := map[time.Time]int{}
		for row, at := range files[i].times {
			if _, ok := first[at]; !ok {
				first[at] = row
			}
		}
		for _, w := range windows[files[i].name] {
			var rows [2]int
			for k, text := range w {
				at, err := time.Parse(time.DateTime, strings.TrimSuffix(text, ".000000"))
				require.NoError(t, err)
				row, ok := first[at]
				require.True(t, ok, "%s %s", files[i].name, text)
				rows[k] = row
			}
			files[i].windows = append(files[i].windows, rows)
		}
	}
	return files
}

// nabDetections runs the detector with one setting over all files.
func nabDetections(t testing.TB, files []nabFile) [][]int {
	out := make([][]int, len(files))
	for i, f := range files {
		s, err := market.Detector{Scale: market.Unknown}.Stream()
		require.NoError(t, err)
		for row, x := range f.values {
			reading, err := s.Next(market.Point{At: f.times[row], Value: x})
			if row > 0 && !f.times[row].After(f.times[row-1]) {
				require.ErrorIs(t, err, market.ErrOrder) // a time means its first row
				continue
			}
			if errors.Is(err, market.ErrOrder) {
				continue // after clocks went back
			}
			require.NoError(t, err)
			if reading.Change == market.Opened {
				out[i] = append(out[i], row)
			}
		}
	}
	return out
}

// nabScore normalizes the sum of the files for which pick is true: 0 is what a
// detector that reports nothing gets, 100 what a perfect one does.
func nabScore(files []nabFile, detections [][]int, profile nabProfile, pick func(i int) bool) float64 {
	raw, windows := 0.0, 0.0
	for i, f := range files {
		if pick(i) {
			raw += nabRaw(len(f.values), f.windows, detections[i], profile)
			windows += float64(len(f.windows))
		}
	}
	null := -windows * profile.missed
	return 100 * (raw - null) / (windows - null)
}

// TestNAB keeps the floor on the Numenta benchmark, standard profile. The setting
// was chosen on all files; the halves are every other file.
func TestNAB(t *testing.T) {
	files := nabFiles(t)
	detections := nabDetections(t, files)
	everything := func(int) bool { return true }
	score := nabScore(files, detections, nabProfiles["standard"], everything)
	t.Logf("standard %.2f (halves %.2f and %.2f), low FP %.2f, low FN %.2f", score,
		nabScore(files, detections, nabProfiles["standard"], func(i int) bool { return i%2 == 0 }),
		nabScore(files, detections, nabProfiles["standard"], func(i int) bool { return i%2 == 1 }),
		nabScore(files, detections, nabProfiles["reward_low_FP_rate"], everything),
		nabScore(files, detections, nabProfiles["reward_low_FN_rate"], everything))
	require.GreaterOrEqual(t, score, 58.0)
	rows, windows := 0, 0
	for _, f := range files {
		rows, windows = rows+len(f.values), windows+len(f.windows)
	}
	require.Equal(t, []int{58, 365558, 116}, []int{len(files), rows, windows})
}

func BenchmarkNAB(b *testing.B) {
	files := nabFiles(b)
	b.ReportAllocs()
	for b.Loop() {
		nabDetections(b, files)
	}
}
