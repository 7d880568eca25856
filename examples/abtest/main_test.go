package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment"
	rowtable "github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(args, &out, io.Discard))
	return out.String()
}

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestBuiltIn(t *testing.T) {
	golden(t, "builtin.txt", output(t))
	golden(t, "builtin-sequential.txt", output(t, "-design", "sequential", "-metric", "revenue", "-covariate", "revenue_before"))
	golden(t, "builtin-bayes.txt", output(t, "-design", "bayes", "-metric", "bought:binary"))
	golden(t, "plan.txt", output(t, "plan", "-baseline", "0.1", "-effect", "0.05", "-per-day", "2000", "-design", "group"))
}

func reading(t *testing.T, args ...string) form {
	t.Helper()
	var f form
	var raw struct {
		Report struct {
			Verdict     experiment.Verdict
			SampleRatio struct{ P float64 } `json:"sample_ratio"`
			Metrics     []struct {
				Comparisons []struct {
					Arm       string
					AdjustedP float64 `json:"adjusted_p"`
					Result    struct {
						Absolute struct{ P, Estimate float64 }
					}
				}
			}
		}
		Winner, Refusal string
	}
	require.NoError(t, json.Unmarshal([]byte(output(t, append(args, "-json")...)), &raw))
	f.Winner, f.Refusal = raw.Winner, raw.Refusal
	f.Report.Verdict, f.Report.SampleRatio.P = raw.Report.Verdict, raw.Report.SampleRatio.P
	for _, m := range raw.Report.Metrics {
		var mr experiment.MetricReport
		for _, c := range m.Comparisons {
			one := experiment.Comparison{Arm: c.Arm, AdjustedP: c.AdjustedP}
			one.Result.Absolute.P, one.Result.Absolute.Estimate = c.Result.Absolute.P, c.Result.Absolute.Estimate
			mr.Comparisons = append(mr.Comparisons, one)
		}
		f.Report.Metrics = append(f.Report.Metrics, mr)
	}
	return f
}

// The gate test of Cookie Cats has 44,700 players against 45,489: a true
// sample-ratio mismatch, χ² = 6.90, p = 0.009, so nobody may win although the
// difference in retention looks significant.
func TestCookieCatsHasNoWinner(t *testing.T) {
	in := testkit.Data(t, "store/cookie-cats-ab/players.csv.gz")
	opts := options{unit: "userid", variant: "version", metrics: []column{{name: "retention_7", kind: binary}}, alpha: 0.05}
	table, err := readFile(in, opts)
	require.NoError(t, err)
	for _, opts.design = range []experiment.Design{experiment.FixedHorizon, experiment.Bayesian} {
		a, err := analyse(table, opts)
		require.NoError(t, err)
		require.InDelta(t, 0.0086, a.report.SampleRatio.P, 0.0001)
		require.Equal(t, experiment.Broken, a.report.Verdict.State)
		_, err = a.report.Winner()
		require.ErrorIs(t, err, experiment.ErrSampleRatio)
		require.Contains(t, a.form().Refusal, "no winner")
		require.Empty(t, a.form().Winner)
		if opts.design == experiment.FixedHorizon {
			require.Less(t, a.report.Metrics[0].Comparisons[0].AdjustedP, 0.01, "it looks like a difference")
		}
		require.Contains(t, a.text(), "Crown no winner")
	}
}

func TestHillstromComparesThreeArms(t *testing.T) {
	in := testkit.Data(t, "store/hillstrom-email/customers.csv.gz")
	args := []string{"-in", in, "-variant", "segment", "-control", "No E-Mail", "-metric", "visit:binary", "-metric", "spend"}
	f := reading(t, args...)
	require.Greater(t, f.Report.SampleRatio.P, 0.5)
	require.Equal(t, "Mens E-Mail", f.Winner)
	for _, m := range f.Report.Metrics {
		require.Len(t, m.Comparisons, 2)
		low, high := m.Comparisons[0], m.Comparisons[1]
		if low.Result.Absolute.P > high.Result.Absolute.P {
			low, high = high, low
		}
		// Holm: the smaller of two p values is doubled, the larger stays.
		require.InEpsilon(t, 2*low.Result.Absolute.P, low.AdjustedP, 1e-9)
		require.InEpsilon(t, high.Result.Absolute.P, high.AdjustedP, 1e-9)
	}
	// Rates as in the data's own summary: 3,894/21,307 less 2,262/21,306.
	require.InDelta(t, 3894.0/21307-2262.0/21306, f.Report.Metrics[0].Comparisons[0].Result.Absolute.Estimate, 1e-12)
}

func TestPlot(t *testing.T) {
	for name, args := range map[string][]string{"over time": nil, "by metric": {"-in", write(t, small), "-variant", "g", "-metric", "x", "-metric", "y"}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "plot.svg")
			output(t, append(args, "-plot", path)...)
			svg, err := os.ReadFile(path)
			require.NoError(t, err)
			var parsed struct {
				XMLName xml.Name
				Circles []struct{} `xml:"g>circle"`
			}
			require.NoError(t, xml.Unmarshal(svg, &parsed))
			require.NotEmpty(t, parsed.Circles)
			require.NotContains(t, string(svg), "NaN")
		})
	}
}

const small = "u,g,x,y,d\n1,a,1,4,2026-01-01\n2,a,2,4,2026-01-01\n3,a,3,5,2026-01-02\n4,b,4,6,2026-01-02\n5,b,5,6,2026-01-03\n6,b,7,7,2026-01-03\n"

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestUnits(t *testing.T) {
	// Rows of one unit add up; a unit in two arms is left out.
	text := "u,g,x\n1,a,1\n1,a,2\n2,a,5\n3,b,1\n4,b,2\n5,a,9\n5,b,9\n"
	opts := options{unit: "u", variant: "g", metrics: []column{{name: "x", kind: mean}}, alpha: 0.05}
	for name, data := range map[string]string{"plain": text, "gzip": gzipped(t, text), "byte order mark": "\ufeff" + text, "windows lines": strings.ReplaceAll(text, "\n", "\r\n")} {
		t.Run(name, func(t *testing.T) {
			table, err := readCSV("x.csv", strings.NewReader(data), opts)
			require.NoError(t, err)
			require.EqualValues(t, 1, table.crossed)
			r, err := readingOf(table, opts, table.units)
			require.NoError(t, err)
			require.EqualValues(t, 2, r.Arms[0].Units)
			require.InDelta(t, 8, r.Arms[0].Metrics[0].X.Sum(), 1e-12)
			require.InDelta(t, 3, r.Arms[1].Metrics[0].X.Sum(), 1e-12)
		})
	}
}

// One table in the dialects in which people save it.
func TestDialects(t *testing.T) {
	opts := options{unit: "u", variant: "g", date: "d", metrics: []column{{name: "of Impressions", kind: mean}, {name: "bought", kind: binary}}, alpha: 0.05}
	want := "u,g,d,of Impressions,bought\n1,a,2020-10-07,1234.5,yes\n2,b,2020-10-27,0.125,no\n"
	base, err := readCSV("x.csv", strings.NewReader(want), opts)
	require.NoError(t, err)
	utf16 := []byte{0xff, 0xfe}
	for _, r := range want {
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	for name, data := range map[string]string{
		"semicolons and decimal commas": "u;g;d; of Impressions ;bought\n1;a;07.10.2020;1234,5;1\n2;b;27.10.2020;0,125;0\n",
		"tabs":                          strings.ReplaceAll(want, ",", "\t"),
		"sep=":                          "sep=,\n" + want,
		"UTF-16":                        string(utf16),
		"slashes, percent":              "u,g,d,of Impressions,bought\n1,a,10/7/2020,1234.5,true\n2,b,10/27/2020,12.5 %,false\n",
	} {
		t.Run(name, func(t *testing.T) {
			opts := opts
			if strings.HasPrefix(name, "slashes") {
				opts.form.Dates = rowtable.MonthFirst
			}
			table, err := readCSV("x.csv", strings.NewReader(data), opts)
			require.NoError(t, err)
			require.Equal(t, base, table)
		})
	}
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func TestRefuses(t *testing.T) {
	file := func(text string, more ...string) []string {
		return append([]string{"-in", write(t, text), "-variant", "g", "-metric", "x"}, more...)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"empty file":          {file(""), "the table is empty"},
		"header only":         {file("g,x\n"), "0 arms"},
		"one arm":             {file("g,x\na,1\na,2\n"), "1 arms"},
		"no such column":      {file("g,z\na,1\n"), `no such column: it has "g", "z"`},
		"short row":           {file("g,x\na,1\nb\n"), "line 3"},
		"no number":           {file("g,x\na,1\nb,one\n"), `"one" is no number`},
		"NaN":                 {file("g,x\na,NaN\nb,1\n"), "is no number"},
		"overflow":            {file("g,x\na,1e999\nb,1\n"), "out of range"},
		"empty arm":           {file("g,x\n,1\nb,1\n"), "no arm"},
		"a column twice":      {file("g,x,x\na,1,0\nb,0,1\n"), "the column is there twice"},
		"neither 0 nor 1":     {[]string{"-in", write(t, "g,x\na,1\nb,2\n"), "-variant", "g", "-metric", "x:binary"}, "neither 0 nor 1"},
		"many arms":           {file("g,x\n" + manyArms()), "more than 20 arms"},
		"truncated gzip":      {file(gzipped(t, small)[:40]), "line"},
		"unknown control":     {file("g,x\na,1\nb,2\n", "-control", "c"), `no arm "c"`},
		"wrong weights":       {file("g,x\na,1\nb,2\n", "-weights", "0.5,0.3,0.2"), "3 weights"},
		"weight no share":     {file("g,x\na,1\nb,2\n", "-weights", "0.5,NaN"), "no share"},
		"weights do not sum":  {file("g,x\na,1\nb,2\n", "-weights", "0.5,0.3"), "sum"},
		"alpha":               {file(small, "-alpha", "1"), "-alpha"},
		"design":              {file(small, "-design", "guess"), "-design"},
		"metric form":         {file(small, "-metric", "x:median"), "median"},
		"level":               {file(small, "-metric", "x:quantile=1"), "level"},
		"date":                {file(small, "-date", "u"), "date"},
		"no file":             {[]string{"-in", "none.csv", "-variant", "g", "-metric", "x"}, "none.csv"},
		"nothing to compare":  {[]string{"-in", write(t, small)}, "-variant and -metric"},
		"argument":            {[]string{"data.csv"}, "data.csv"},
		"plan without effect": {[]string{"plan", "-baseline", "0.1"}, "-effect"},
		"plan beyond one":     {[]string{"plan", "-baseline", "0.9", "-effect", "0.5"}, "out of range"},
		"plan NaN":            {[]string{"plan", "-baseline", "NaN", "-effect", "0.5"}, ""},
		"plan one arm":        {[]string{"plan", "-arms", "1"}, "-arms"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(c.args, &out, io.Discard)
			require.ErrorContains(t, err, c.want)
			require.Empty(t, out.String())
		})
	}
}

func manyArms() string {
	var s strings.Builder
	for i := range 30 {
		s.WriteString("arm" + string(rune('A'+i)) + ",1\n")
	}
	return s.String()
}

// What cannot be compared is told, and no number is made up.
func TestDegenerateArms(t *testing.T) {
	for name, text := range map[string]string{
		"one observation": "g,x\na,1\nb,2\n", "constant": "g,x\na,1\na,1\nb,1\nb,1\n", "zeros": "g,x\na,0\na,0\nb,0\nb,0\n",
	} {
		t.Run(name, func(t *testing.T) {
			out := output(t, "-in", write(t, text), "-variant", "g", "-metric", "x", "-metric", "x:ratio/x")
			require.NotContains(t, out, "NaN")
			require.Contains(t, out, "Keep a")
		})
	}
	out := output(t, "-in", write(t, small), "-variant", "g", "-metric", "x", "-planned", "100")
	require.Contains(t, out, "Wait until the planned units are there.")
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("u,g,x,y,d\n\"1\",a,true,4,2026-01-01\n2,b,no,0,2026-01-01T10:00:00Z\n"))
	f.Add([]byte("\xef\xbb\xbfu,g,x,y,d\r\n"))
	f.Add([]byte("\x1f\x8b"))
	f.Add([]byte("u,g,x,y,d\n\"0")) // a quote that is not closed
	f.Fuzz(func(t *testing.T, data []byte) {
		opts := options{
			unit: "u", variant: "g", date: "d", covariate: "y", alpha: 0.05, design: experiment.FixedHorizon, plot: "x",
			metrics: []column{{name: "x", kind: mean}, {name: "x", kind: ratio, per: "y"}, {name: "x", kind: quantile, level: 0.5}},
		}
		table, err := readCSV("fuzz.csv", bytes.NewReader(data), opts)
		if err != nil {
			return
		}
		a, err := analyse(table, opts)
		if err != nil {
			return
		}
		if strings.Contains(a.text()+a.svg(), "NaN") {
			t.Fatalf("%q: %s", data, a.text())
		}
		if _, err := json.Marshal(a.form()); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
	})
}

func TestErrorsNameTheirPlace(t *testing.T) {
	_, err := readCSV("x.csv", strings.NewReader("g,x\na,1\nb,?\n"), options{variant: "g", metrics: []column{{name: "x", kind: mean}}})
	place, ok := errors.AsType[*rowtable.CellError](err)
	require.True(t, ok)
	require.Equal(t, 3, place.Line)
	require.Equal(t, "x", place.Header)
}

// Three arms by pairs: C is best and differs from both, A and B do not differ.
func TestPairs(t *testing.T) {
	var file strings.Builder
	file.WriteString("user,arm,bought\n")
	for i := range 3000 {
		arm := []string{"A", "B", "C"}[i%3]
		bought := i/3%10 == 0
		if arm == "C" {
			bought = i/3%5 == 0
		}
		fmt.Fprintf(&file, "%d,%s,%v\n", i, arm, bought)
	}
	args := []string{"-in", write(t, file.String()), "-unit", "user", "-variant", "arm", "-metric", "bought:binary", "-pairs"}
	text := output(t, args...)
	require.Contains(t, text, "bought by pairs, corrected for 3 of them")
	require.Contains(t, text, "chance to be best")
	var form struct {
		Pairs []pair
		Best  []best
	}
	require.NoError(t, json.Unmarshal([]byte(output(t, append(args, "-json")...)), &form))
	require.Len(t, form.Pairs, 3)
	for i, p := range form.Pairs {
		require.Equal(t, p.P < 0.05, i > 0, "%+v", p)
		require.Equal(t, p.P < 0.05, p.Goal.Lower > 0 || p.Goal.Upper < 0, "one level for both")
		require.Equal(t, p.Shown, i > 0)
	}
	require.InDelta(t, 1, form.Best[0].Chance+form.Best[1].Chance+form.Best[2].Chance, 1e-9)
	require.Greater(t, form.Best[2].Chance, 0.999)
	require.Greater(t, form.Best[0].Loss, 0.08)
	for _, design := range []string{"sequential", "bayes"} {
		require.Contains(t, output(t, append(args, "-design", design)...), "by pairs")
	}
}
