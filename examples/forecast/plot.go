package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// chartsMost bounds the page: more charts than that nobody looks at.
const chartsMost = 200

// historyMost is how many of the last observations are drawn.
const historyMost = 200

// newChart draws history, forecast and fan of a series. Periods are numbered from
// the last observation.
func newChart(r *forecast.Result) chart.Section {
	past := r.Series.Values[max(0, len(r.Series.Values)-historyMost):]
	n, h := len(past), len(r.Forecast.Mean)
	gap := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = math.NaN()
		}
		return out
	}
	behind := func(values []float64) []float64 { return slices.Concat(gap(n), values) }
	labels := make([]string, n+h)
	for i := range labels {
		labels[i] = strconv.Itoa(i - n + 1)
	}
	series := []chart.Series{{Name: "observed", Values: slices.Concat(past, gap(h))}, {Name: "forecast", Values: behind(r.Forecast.Mean)}}
	for _, v := range r.Forecast.Intervals {
		series = append(series, chart.Series{Name: fmt.Sprintf("%g %%", 100*v.Level), Lower: behind(v.Lower), Upper: behind(v.Upper)})
	}
	return chart.Section{Title: r.Series.ID, Note: r.Model, Figures: []chart.Figure{chart.Lines("History and forecast of "+r.Series.ID, labels, series...)}}
}

// page is a page with all charts, without anything from elsewhere.
func page(charts []chart.Section) ([]byte, error) {
	var b bytes.Buffer
	err := chart.Write(&b, "Forecasts", charts...)
	return b.Bytes(), err
}
