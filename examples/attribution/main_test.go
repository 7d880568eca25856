package main

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(args, &out, io.Discard))
	return out.String()
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// row returns the cells of the first line that begins with a channel after a title.
func row(t *testing.T, text, title, channel string) []string {
	t.Helper()
	_, after, ok := strings.Cut(text, title)
	require.True(t, ok, "%q is not in\n%s", title, text)
	for line := range strings.Lines(after) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), channel+"  "); ok {
			return strings.Fields(rest)
		}
	}
	t.Fatalf("no row %q behind %q in\n%s", channel, title, text)
	return nil
}

func TestBuiltInShop(t *testing.T) {
	dir := t.TempDir()
	html, file := filepath.Join(dir, "a.html"), filepath.Join(dir, "a.csv")
	text := output(t, "-html", html, "-csv", file)
	if testkit.Often(1, 0) > 0 {
		require.Equal(t, text, output(t), "the same input gives the same bytes")
	}
	// Last click sees hardly any of what a banner does; the chain more.
	display := row(t, text, "Conversions by channel and model", "Display")
	last, err := strconv.ParseFloat(display[1], 64)
	require.NoError(t, err)
	markov, err := strconv.ParseFloat(display[6], 64)
	require.NoError(t, err)
	require.Greater(t, markov, 3*last)
	require.Contains(t, text, "the order is the one with the largest penalized AUC")
	require.Contains(t, text, "Curves from 104 weeks")
	// Mail is the cheapest and gets more, display the dearest and gets less.
	for channel, more := range map[string]bool{"Email": true, "Display": false} {
		cells := row(t, text, "Curves from", channel)
		require.Len(t, cells, 10, "%v", cells)
		now, err := strconv.ParseFloat(cells[0], 64)
		require.NoError(t, err)
		then, err := strconv.ParseFloat(cells[7], 64)
		require.NoError(t, err)
		require.Equal(t, more, then > now, channel)
	}
	page, err := os.ReadFile(html)
	require.NoError(t, err)
	require.Contains(t, string(page), "What a week&#39;s spend brings")
	require.NotContains(t, string(page), "NaN")
	for svg := range strings.SplitSeq(string(page), "<svg") {
		if body, _, ok := strings.Cut(svg, "</svg>"); ok && strings.Contains(body, "viewBox") {
			require.NoError(t, xml.Unmarshal([]byte("<svg"+body+"</svg>"), new(struct{})))
		}
	}
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 7)
	require.Len(t, rows[0], 15)
}

// The 10,000 public paths: the figures of the reference.
func TestPublicPaths(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	costs := write(t, "cost.csv", "channel;cost\nalpha;1.000,5\neta;500,25\nradio;10,5\n")
	text := output(t, "-in", testkit.Data(t, "attribution/path_data.csv"), "-cost", costs, "-order", "1", "-model", "last", "-csv", file)
	require.Contains(t, text, "19,785 conversions worth 74,802.97, 68,602 journeys without one")
	require.Contains(t, text, "12 states, 22.4 % of journeys convert")
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"channel", "first", "last", "linear", "u-shaped", "decay", "shapley", "markov"}, rows[0][:8])
	for _, r := range rows {
		if r[0] == "alpha" {
			require.Equal(t, []string{"6308.000000", "8447.000000", "7574.718594", "7444.823759"}, r[1:5])
		}
	}
	require.Contains(t, text, "channels that cost money and brought nothing")
	require.Contains(t, text, "No proposal: the costs have no dates")
}

// The public events: paths as the reference builds them.
func TestPublicEvents(t *testing.T) {
	text := output(t, "-events", testkit.Data(t, "segment/events.csv.gz"), "-lookback", "720h", "-order", "1")
	require.Contains(t, text, "2,380 conversions")
	require.Contains(t, text, "5 conversions worth")
	require.Equal(t, "489.0", row(t, text, "Conversions by channel", "Direct")[0])
	require.Equal(t, "335.0", row(t, text, "Conversions by channel", "Paid Social")[1])
	require.Equal(t, "470.7", row(t, text, "Conversions by channel", "Direct")[4])
	require.Contains(t, text, "No proposal: there is no file of costs")
}

// Counted paths with weekly costs and sales: the curve that made the sales is
// found again.
func TestWeeklyCostsAndSales(t *testing.T) {
	var costs, sales strings.Builder
	costs.WriteString("week\tchannel group\tspend\n")
	sales.WriteString("week\trevenue\n")
	start := time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)
	for w := range 80 {
		day := start.AddDate(0, 0, 7*w).Format("02.01.2006")
		search, mail := 100+80*math.Sin(float64(w)*1.3), 50+45*math.Cos(float64(w)*2.1)
		fmt.Fprintf(&costs, "%s\tsearch\t%.2f\n%s\tmail\t%.2f\n", day, search, day, mail)
		fmt.Fprintf(&sales, "%s\t%.2f\n", day, 1000+900*search/(120+search)+100*mail/(40+mail)+5*math.Sin(float64(w*w)))
	}
	paths := write(t, "paths.csv", "path,conversions,nulls\nsearch > mail,10,20\nmail,5,50\nsearch,7,30\n")
	text := output(t, "-in", paths, "-cost", write(t, "cost.tsv", costs.String()), "-sales", write(t, "sales.tsv", sales.String()), "-budget", "200")
	require.Contains(t, text, "Curves from 80 weeks")
	brought, err := strconv.ParseFloat(row(t, text, "Curves from", "search")[1], 64)
	require.NoError(t, err)
	require.InDelta(t, 370, brought, 60)
	require.Contains(t, text, "the proposal for 200 brings")

	text = output(t, "-in", paths, "-cost", write(t, "cost.tsv", costs.String()), "-sales", write(t, "s.csv", "date,value\n2025-01-06,100\n2025-01-20,90\n"))
	require.Contains(t, text, "share 3 whole weeks")
	text = output(t, "-in", paths, "-cost", write(t, "c.csv", "date,channel,cost\n2025-01-06,mail,3\n"))
	require.Contains(t, text, "no sales by date")
	flat := "date,channel,cost\n"
	value := "date,value\n"
	for w := range 60 {
		day := start.AddDate(0, 0, 7*w).Format(time.DateOnly)
		flat += day + ",mail,10\n"
		value += day + "," + strconv.Itoa(100+w%7) + "\n"
	}
	text = output(t, "-in", paths, "-cost", write(t, "c.csv", flat), "-sales", write(t, "s.csv", value))
	require.Contains(t, text, "the spend never changes")
}

func TestPathsWithoutConversions(t *testing.T) {
	text := output(t, "-in", write(t, "p.csv", "path,conversions,nulls\na > b,0,5\nb,0,7\n"))
	require.Contains(t, text, "no path has a conversion")
	require.NotContains(t, text, "NaN")
	text = output(t, "-in", write(t, "p.csv", "path|total_conversions\na|3\n"))
	require.Contains(t, text, "order 1: 1 states, 100.0 % of journeys convert")
}

func TestRefusals(t *testing.T) {
	paths := write(t, "p.csv", "path,conversions\na > b,1\n")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"empty":               {[]string{"-in", write(t, "x.csv", "")}, "empty"},
		"no paths":            {[]string{"-in", write(t, "x.csv", "path,conversions\n")}, "has no paths"},
		"no column":           {[]string{"-in", write(t, "x.csv", "path,n\na,1\n")}, "no conversions"},
		"no number":           {[]string{"-in", write(t, "x.csv", "path,conversions\na,1\nb,x\n")}, "line 3, column 2 (conversions)"},
		"negative":            {[]string{"-in", write(t, "x.csv", "path,conversions\na,-1\n")}, "line 2"},
		"empty path":          {[]string{"-in", write(t, "x.csv", "path,conversions\n,1\n")}, "the path is empty"},
		"empty channel":       {[]string{"-in", write(t, "x.csv", "path,conversions\na > > b,1\n")}, "line 2, column 1 (path)"},
		"long channel":        {[]string{"-in", write(t, "x.csv", "path,conversions\n"+strings.Repeat("x", 10<<20)+",1\n")}, "limit exceeded"},
		"value without":       {[]string{"-in", write(t, "x.csv", "path,conversions,value\na,0,5\n")}, "a value without a conversion"},
		"no file":             {[]string{"-in", "none.csv"}, "none.csv"},
		"both":                {[]string{"-in", paths, "-events", paths}, "give one"},
		"costs alone":         {[]string{"-cost", paths}, "need -in"},
		"cost negative":       {[]string{"-in", paths, "-cost", write(t, "c.csv", "channel,cost\na,-1\n")}, "c.csv: line 2, column 2 (cost)"},
		"no costs":            {[]string{"-in", paths, "-cost", write(t, "c.csv", "channel,cost\n")}, "has no costs"},
		"cost date":           {[]string{"-in", paths, "-cost", write(t, "c.csv", "channel,cost,date\na,1,3/4/2026\n")}, "-dates"},
		"sales with events":   {[]string{"-events", paths, "-sales", paths}, "-sales goes with -in"},
		"event time":          {[]string{"-events", write(t, "e.csv", "time,visitor,event\nx,v,view\n")}, "line 2, column 1 (time)"},
		"event without name":  {[]string{"-events", write(t, "e.csv", "time,visitor,event\n2026-01-01,v,\n")}, "line 2, column 3 (event)"},
		"unknown field":       {[]string{"-in", paths, "-map", "x=y"}, "no file has such a field"},
		"currency":            {[]string{"-events", write(t, "e.csv", "time,visitor,event\n2026-01-01,v,x\n"), "-currency", "XXQ"}, "-currency"},
		"order":               {[]string{"-order", "9"}, "-order"},
		"model":               {[]string{"-model", "guess"}, "-model"},
		"margin":              {[]string{"-margin", "2"}, "-margin"},
		"budget":              {[]string{"-budget", "NaN"}, "-budget"},
		"curve":               {[]string{"-curve", "sine"}, "-curve"},
		"level":               {[]string{"-level", "1"}, "-level"},
		"lookback":            {[]string{"-lookback", "-1h"}, "-lookback"},
		"separator":           {[]string{"-separator", ""}, "-separator"},
		"argument":            {[]string{"x.csv"}, "unknown argument"},
		"unknown flag":        {[]string{"-x"}, "not defined"},
		"-html in no folder":  {[]string{"-in", paths, "-html", filepath.Join(t.TempDir(), "no", "a.html")}, "no such file"},
		"header maps to none": {[]string{"-in", paths, "-map", "nulls=lost"}, "lost"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(c.args, &out, io.Discard)
			require.ErrorContains(t, err, c.want)
			require.Less(t, len(err.Error()), 600)
			require.Empty(t, out.String())
		})
	}
	_, err := (&options{in: paths, separator: ">", dialect: table.Spec{}}).readPaths(io.Discard)
	require.NoError(t, err)
	err = run([]string{"-in", write(t, "x.csv", "path,conversions\na,x\n")}, io.Discard, io.Discard)
	place, ok := errors.AsType[*table.CellError](err)
	require.True(t, ok)
	require.Equal(t, 2, place.Line)
}

func TestFigure(t *testing.T) {
	for want, v := range map[string]float64{"1,234,567.9": 1234567.89, "-1,000.0": -1000, "0.0": -0.01, "999.0": 999} {
		require.Equal(t, want, figure(v, 1))
	}
}
