package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	rowtable "github.com/flywheel-go/flywheel/internal/table"
)

// execute runs the program and returns its output as rows, and its messages.
func execute(t *testing.T, args ...string) ([][]string, string, error) {
	t.Helper()
	var out, messages bytes.Buffer
	err := run(t.Context(), args, &out, &messages)
	rows, broken := csv.NewReader(&out).ReadAll()
	require.NoError(t, broken)
	return rows, messages.String(), err
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestBuiltInSeries(t *testing.T) {
	rows, messages, err := execute(t, "-h", "18")
	require.NoError(t, err)
	require.Empty(t, messages)
	require.Len(t, rows, 19)
	require.Equal(t, []string{"unique_id", "ds", "mean", "lo-80", "hi-80", "lo-95", "hi-95"}, rows[0])
	require.Equal(t, "1961-01-01", rows[1][1])
	require.Equal(t, "1962-06-01", rows[18][1])
	for _, row := range rows[1:] {
		var v [5]float64
		for i := range v {
			var err error
			v[i], err = strconv.ParseFloat(row[2+i], 64)
			require.NoError(t, err)
		}
		require.True(t, v[3] <= v[1] && v[1] <= v[0] && v[0] <= v[2] && v[2] <= v[4], "%v", row)
	}
}

func TestEveryModel(t *testing.T) {
	for name := range models {
		rows, _, err := execute(t, "-h", "2", "-model", name, "-level", "50")
		require.NoError(t, err, name)
		require.Len(t, rows, 3)
	}
}

func TestFiles(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, "ds,unique_id,y,price\n3,b,12,1\n1,b,10,1\n5,b,14,1\n")
	require.NoError(t, z.Close())
	a := write(t, "a.csv", "unique_id,ds,y\na,2020-01-31,1\na,2020-02-29,2\na,2020-04-30,4\nb,7,16\n")
	b := write(t, "b.csv.gz", packed.String())
	rows, messages, err := execute(t, "-in", a+","+b, "-h", "2", "-model", "drift", "-level", "")
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"unique_id", "ds", "mean"},
		{"a", "2020-05-31", "5"}, {"a", "2020-06-30", "6"},
		{"b", "9", "18"}, {"b", "11", "20"},
	}, rows)
	require.Contains(t, messages, `"a": 1 missing observations were filled`)
}

// Promotions of the periods to come are seen where they are named.
func TestRegressors(t *testing.T) {
	var text strings.Builder
	text.WriteString("unique_id,ds,promotion,y\n")
	for i := range 40 {
		on := 0
		if i%7 == 3 || i%11 == 5 {
			on = 1
		}
		switch {
		case i == 20: // no row: missing, and no promotion
		case i < 37:
			fmt.Fprintf(&text, "a,%d,%d,%d\n", i, on, 50+30*on+i*i%5)
		default:
			fmt.Fprintf(&text, "a,%d,%d,\n", i, i%2)
		}
	}
	in := write(t, "in.csv", text.String())
	for _, model := range []string{"auto", "arima"} {
		rows, messages, err := execute(t, "-in", in, "-h", "3", "-model", model, "-with", "promotion", "-level", "80")
		require.NoError(t, err)
		require.Contains(t, messages, "1 missing observations were filled")
		require.Equal(t, "37", rows[1][1])
		mean := make([]float64, 3)
		for h := range mean {
			mean[h], err = strconv.ParseFloat(rows[h+1][2], 64)
			require.NoError(t, err)
		}
		require.InDelta(t, 82, mean[0], 4)
		require.InDelta(t, 52, mean[1], 4)
		require.InDelta(t, 82, mean[2], 4)
	}
	_, messages, err := execute(t, "-in", in, "-h", "4", "-with", "promotion")
	require.ErrorIs(t, err, errFailed)
	require.Contains(t, messages, "at most the 3 future periods")
	for _, args := range [][]string{{"-in", in, "-with", "price"}, {"-with", "price"}, {"-intervals", "guess"}} {
		_, _, err := execute(t, args...)
		require.Error(t, err)
	}
	bad := write(t, "bad.csv", "unique_id,ds,y,price\na,1,2,\n")
	_, _, err = execute(t, "-in", bad, "-with", "price")
	require.ErrorContains(t, err, "line 2, column 4 (price): the cell is empty")
}

func TestRanges(t *testing.T) {
	seen := map[string]bool{}
	for _, ranges := range []string{"model", "bootstrap", "conformal"} {
		rows, _, err := execute(t, "-h", "2", "-intervals", ranges)
		require.NoError(t, err)
		require.Len(t, rows, 3)
		seen[strings.Join(rows[2][3:], " ")] = true
	}
	require.Len(t, seen, 3)
}

func TestOneBadSeriesDoesNotStopTheRest(t *testing.T) {
	in := write(t, "in.csv", "unique_id,ds,y\ntwice,1,3\ntwice,1,4\ngood,1,5\nempty,1,\nendless,1,2\nendless,2,inf\n")
	rows, messages, err := execute(t, "-in", in, "-h", "1", "-model", "naive")
	require.ErrorIs(t, err, errFailed)
	require.ErrorContains(t, err, "3 of 4")
	require.Len(t, rows, 2)
	require.Equal(t, "good", rows[1][0])
	require.Contains(t, messages, `series "twice": ds 1 comes twice, in lines 2 and 3`)
	require.Contains(t, messages, `forecast: series "empty": no observations`)
	require.Contains(t, messages, `series "endless": observation 1 is +Inf`)
}

func TestBadInput(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "the table is empty"},
		{"name,ds,y\n", "the header has no unique_id, id, series, sku, item"},
		{"unique_id,ds,y\n", "no series"},
		{"unique_id,ds,y\na,1\n", "2 cells, but the header has 3"},
		{"unique_id,ds,y\na,soon,1\n", "line 2, column 2 (ds): \"soon\" is neither"},
		{"unique_id,ds,y\na,1,much\n", "line 2, column 3 (y): \"much\" is no number"},
		{"unique_id,ds,y\na,1,1e999\n", "out of range"},
		{"\x1f\x8bshort", "gzip"},
	} {
		_, _, err := execute(t, "-in", write(t, "in.csv", c.text))
		require.ErrorContains(t, err, c.want, "%q", c.text)
	}
	mixed := write(t, "in.csv", "unique_id,ds,y\na,1,1\na,2020-01-01,2\n")
	_, messages, err := execute(t, "-in", mixed)
	require.ErrorIs(t, err, errFailed)
	require.Contains(t, messages, "different kinds")
	far := write(t, "in.csv", "unique_id,ds,y\na,1,1\na,2,2\na,900000000000000,2\n")
	_, messages, err = execute(t, "-in", far)
	require.ErrorIs(t, err, errFailed)
	require.Contains(t, messages, "more than")
	for _, args := range [][]string{{"-model", "oracle"}, {"-h", "0"}, {"-freq", "-1"}, {"-level", "101"}, {"-backtest", "-1"}, {"-in", "absent.csv"}} {
		_, _, err := execute(t, args...)
		require.Error(t, err, "%v", args)
	}
}

func TestCalendar(t *testing.T) {
	for _, c := range []struct {
		ds     string
		next   string
		season int
	}{
		{"1 2 3", "4", 1},
		{"10 20 40", "50", 1},
		{"2020-01-31 2020-02-29 2020-03-31", "2020-04-30", 12},
		{"2020-01-15 2020-02-15", "2020-03-15", 12},
		{"2020-03-31 2020-06-30", "2020-09-30", 4},
		{"2019-12-31 2020-12-31", "2021-12-31", 1},
		{"2020-02-28 2020-02-29", "2020-03-01", 7},
		{"2020-01-06 2020-01-13 2020-01-20", "2020-01-27", 1},
		{"2020-01 2020-02 2020-03", "2020-04", 12},
		{"2020-01-01T00:00:00 2020-01-01T01:00:00", "2020-01-01T02:00:00", 24},
		{"2020-05-17", "2020-05-18", 7},
		{"2019-12-30 2020-01-30 2020-02-29 2020-03-30", "2020-04-30", 12}, // the 30th
		{"2019-01-29 2019-02-28 2019-04-29", "2019-05-29", 12},
		{"2020-12-30 2021-01-06 2021-01-20", "2021-01-27", 1},
		{"2020-W52 2020-W53 2021-W01", "2021-W02", 1},
		// Local midnights around a change of the clock are one day apart.
		{"2023-10-28T00:00:00+02:00 2023-10-29T00:00:00+02:00 2023-10-30T00:00:00+01:00", "2023-10-31T00:00:00+01:00", 7},
		{"2023-03-25T00:00:00+01:00 2023-03-26T00:00:00+01:00 2023-03-27T00:00:00+02:00", "2023-03-28T00:00:00+02:00", 7},
		{"2023-10-29T01:00:00+02:00 2023-10-29T02:00:00+02:00 2023-10-29T02:00:00+01:00", "2023-10-29T03:00:00+01:00", 24},
	} {
		var h history
		for item := range strings.FieldsSeq(c.ds) {
			at, err := parseMoment(item)
			require.NoError(t, err)
			h.rows = append(h.rows, observation{at: at, value: 1})
		}
		s, cal, err := h.regular(0, nil, absentMissing)
		require.NoError(t, err)
		require.Equal(t, c.next, cal.after(cal.last, 1).String(), c.ds)
		require.Equal(t, c.season, s.Season, c.ds)
	}
}

// Dates that fit no distance are refused, with the two rows.
func TestIrregularDates(t *testing.T) {
	day := func(t time.Time) string { return t.Format("2006-01-02") }
	begin := time.Date(2020, 1, 6, 0, 0, 0, 0, time.UTC)
	fiscal, mondays, hour := "unique_id,ds,y\n", "unique_id,ds,y\n", "unique_id,ds,y\n"
	at := begin
	for i := range 24 {
		fiscal += fmt.Sprintf("a,%s,%d\n", day(at), i)
		at = at.AddDate(0, 0, []int{28, 28, 35}[i%3])
		first := time.Date(2020, time.Month(1+i), 1, 0, 0, 0, 0, time.UTC)
		mondays += fmt.Sprintf("a,%s,%d\n", day(first.AddDate(0, 0, (8-int(first.Weekday()))%7)), i)
		clock := "00:00:00"
		if i == 7 {
			clock = "01:00:00"
		}
		hour += fmt.Sprintf("a,%s %s,%d\n", day(begin.AddDate(0, 0, i)), clock, i)
	}
	for _, c := range []struct{ file, says string }{
		{fiscal, "ds 2020-03-02 and 2020-04-06 (lines 4 and 5) are 35 days apart, which is no multiple of the 28 days between others"},
		{mondays, "35 days apart, which is no multiple of the 28 days between others"},
		{hour, "ds 2020-01-06 00:00:00 and 2020-01-07 00:00:00 (lines 2 and 3) are 24h0m0s apart, which is no multiple of the 23h0m0s"},
	} {
		out, messages, err := execute(t, "-in", write(t, "in.csv", c.file))
		require.ErrorIs(t, err, errFailed)
		require.Contains(t, messages, c.says)
		require.Len(t, out, 1, "the header alone")
	}
}

// A sales table has no row for a day without sales: it is a lost observation, a zero, or
// no period at all.
func TestAbsentRows(t *testing.T) {
	file := "unique_id,ds,y\n"
	begin := time.Date(2020, 1, 6, 0, 0, 0, 0, time.UTC) // a Monday
	for i := range 26 * 7 {
		if weekday := i % 7; weekday < 5 {
			file += fmt.Sprintf("a,%s,%d\n", begin.AddDate(0, 0, i).Format("2006-01-02"), 100+5*weekday)
		}
	}
	name := write(t, "in.csv", file)
	ahead := func(args ...string) map[string]float64 { // by date
		rows, _, err := execute(t, append([]string{"-in", name, "-h", "7"}, args...)...)
		require.NoError(t, err)
		means := map[string]float64{}
		for _, row := range rows[1:] {
			means[row[1]], err = strconv.ParseFloat(row[2], 64)
			require.NoError(t, err)
		}
		return means
	}
	const monday, friday, saturday = "2020-07-06", "2020-07-10", "2020-07-04"
	require.Greater(t, ahead()[saturday], 90.0)
	require.Less(t, ahead("-absent", "zero")[saturday], 15.0)
	open := ahead("-absent", "closed")
	require.NotContains(t, open, saturday)
	require.InDelta(t, 100, open[monday], 2)
	require.InDelta(t, 120, open[friday], 2)
	_, _, err := execute(t, "-in", name, "-absent", "sick")
	require.ErrorContains(t, err, "-absent")
}

// A series that ends before others is said so: its forecast begins earlier.
func TestSeriesThatEndsEarly(t *testing.T) {
	file := "unique_id,ds,y\n"
	for i := range 12 {
		file += fmt.Sprintf("a,%d,%d\n", i, i)
		if i < 9 {
			file += fmt.Sprintf("b,%d,%d\n", i, i)
		}
	}
	_, messages, err := execute(t, "-in", write(t, "in.csv", file))
	require.NoError(t, err)
	require.Contains(t, messages, `series "b" ends at 8, others at 11`)
	require.NotContains(t, messages, `series "a" ends`)
}

func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	out, plot := filepath.Join(dir, "f.csv"), filepath.Join(dir, "p.html")
	in := write(t, "in.csv", "unique_id,ds,y\n<b>,1,3\n<b>,2,4\n<b>,3,3\n<b>,4,5\n<b>,5,4\n<b>,6,6\n")
	rows, messages, err := execute(t, "-in", in, "-h", "2", "-out", out, "-plot", plot, "-backtest", "2")
	require.NoError(t, err)
	require.Empty(t, rows)
	require.Contains(t, messages, "backtest of auto on 1 series, 2 origins each: sMAPE")
	written, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, 3, bytes.Count(written, []byte("\n")))
	html, err := os.ReadFile(plot)
	require.NoError(t, err)
	require.Contains(t, string(html), "&lt;b&gt;")
	require.NotContains(t, string(html), "NaN")
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// FuzzRead feeds the reader with any bytes: an error, or series whose
// observations are in order.
func FuzzRead(f *testing.F) {
	f.Add([]byte("unique_id,ds,y\na,1,2\na,2,\nb,2020-01-31,1e9\n"))
	f.Add([]byte("unique_id,ds,y\na,2020-02,2\na,2020-01,NaN\n"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table := &table{byID: map[string]*history{}}
		if table.read(bytes.NewReader(data), "fuzz", rowtable.Spec{}) != nil {
			return
		}
		for _, h := range table.series {
			first, last := h.rows[0].at, h.rows[len(h.rows)-1].at
			if last.number-first.number > 1000 || first.number-last.number > 1000 {
				continue // many gaps take long
			}
			s, c, err := h.regular(0, nil, absentMissing)
			if err != nil {
				continue
			}
			if len(s.Values) < len(h.rows) {
				t.Fatalf("%d values of %d rows", len(s.Values), len(h.rows))
			}
			if at := c.after(c.last, 1); at.compare(c.last) <= 0 {
				t.Fatalf("%v is not after %v", at, c.last)
			}
		}
	})
}
