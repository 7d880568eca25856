package main

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// What is measured is the same work: R answers the same.
func TestAnswersAgree(t *testing.T) {
	folder := os.Getenv("FLYWHEEL_DATA")
	if folder == "" {
		folder = "../../../../shared/reference"
	}
	var table strings.Builder
	err := run(&table, folder, func(m method) int {
		return map[string]int{"ets": 300, "thetaf": 50, "croston": 300, "auto.arima": 700}[m.name]
	})
	if errors.Is(err, errNoR) || errors.Is(err, fs.ErrNotExist) {
		testkit.Missing(t, "%v", err)
	}
	require.NoError(t, err)
	for _, want := range []string{"| ets | ETS | monthly | 5 | ", "| ets | Auto | all | ", "| croston | Croston | car parts | ", "| auto.arima | ARIMA | yearly | "} {
		require.Contains(t, table.String(), want)
	}
}

// Generated series are compared by the same errors, and what was kept is read again.
func TestAccuracy(t *testing.T) {
	all := kinds
	defer func() { kinds = all }()
	kinds = named(kinds, "weeks of rare demand,quarters", func(k kind) string { return k.name })
	kept := filepath.Join(t.TempDir(), "answers.json")
	var first, again strings.Builder
	err := accuracy(&first, 5, 1, kept)
	if errors.Is(err, errNoR) {
		testkit.Missing(t, "%v", err)
	}
	_ = accuracy(&again, 5, 1, kept) // five series say nothing of who is behind
	figures := func(table string) (lines []string) {
		for line := range strings.Lines(table) {
			lines = append(lines, line[:strings.LastIndex(strings.TrimRight(line, "| \n"), "|")])
		}
		return lines
	}
	require.Len(t, figures(first.String()), 4)
	require.Equal(t, figures(first.String()), figures(again.String()))
}

func TestKinds(t *testing.T) {
	for _, k := range kinds {
		a, b := k.generated(3, 1), k.generated(3, 1)
		require.Equal(t, a, b)
		for _, s := range a {
			require.Len(t, s.Values, k.n)
			require.Len(t, s.actual, k.horizon)
			require.NotEqual(t, slices.Min(s.Values), slices.Max(s.Values), k.name)
		}
	}
	low, high := bootstrap([]float64{2, 2, 2}, []float64{1, 1, 1})
	require.Equal(t, []float64{2, 2}, []float64{low, high})
}

func TestParseAnswer(t *testing.T) {
	a, err := parseAnswer("ETS(A,N,N);NA;1.5;2")
	require.NoError(t, err)
	require.Equal(t, "ETS(A,N,N)", a.model)
	require.True(t, math.IsNaN(a.aicc))
	require.Equal(t, []float64{1.5, 2}, a.mean)
	for _, line := range []string{"", "Theta;1", "Theta;1;x"} {
		_, err := parseAnswer(line)
		require.Error(t, err, line)
	}
}

func TestAlike(t *testing.T) {
	next := &forecast.Forecast{Mean: []float64{100, 0}}
	require.True(t, within(1e-3)(nil, next, answer{mean: []float64{100.05, 0}}))
	require.False(t, within(1e-3)(nil, next, answer{mean: []float64{100.2, 0}}))
	require.False(t, within(1e-3)(nil, next, answer{mean: []float64{100}}))
	require.False(t, within(1e-3)(nil, next, answer{mean: []float64{100, math.NaN()}}))

	fit, err := forecast.Holt{}.Fit(forecast.Series{Values: []float64{1, 3, 2, 5, 4, 6, 8, 7}})
	require.NoError(t, err)
	l, ok := fit.Likelihood()
	require.True(t, ok)
	require.True(t, noWorse(fit, nil, answer{aicc: l.AICc - 0.009}))
	require.False(t, noWorse(fit, nil, answer{aicc: l.AICc - 0.011}))
	require.True(t, noWorse(fit, nil, answer{model: "ARIMA(0,1,1)", aicc: l.AICc - 1}), "of other differences")

	require.Equal(t, [2]string{"1", "0"}, differences("ARIMA(2,1,0) with drift"))
	require.Equal(t, [2]string{"0", "1"}, differences("ARIMA(2,0,0)(0,1,1)[12]"))
	require.Equal(t, [2]string{"0", "0"}, differences("ETS(M,A,N)"))

	require.True(t, model{least: 0.9}.enough(result{series: 5, alike: 3}))
	require.False(t, model{least: 0.9}.enough(result{series: 5, alike: 2}))
	require.True(t, model{least: 0.9}.enough(result{series: 30, alike: 27}))
	require.False(t, model{least: 0.9}.enough(result{series: 30, alike: 26}))
	require.False(t, model{least: 1}.enough(result{series: 5, alike: 4}))
}

func TestSample(t *testing.T) {
	all := make([]item, 10)
	for i := range all {
		all[i].horizon = i
	}
	var taken []int
	for _, s := range every(all, 4) {
		taken = append(taken, s.horizon)
	}
	require.Equal(t, []int{2, 6}, taken)
	require.Len(t, every(all, 1), 10)

	values, ok := parse("0;2.5")
	require.True(t, ok)
	require.Equal(t, []float64{0, 2.5}, values)
	for _, list := range []string{"0;0", "1;;2", ""} {
		_, ok := parse(list)
		require.False(t, ok, list)
	}
}
