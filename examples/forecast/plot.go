package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// chartsMost bounds the page: more charts than that nobody looks at.
const chartsMost = 200

// chart is a copy of what is drawn of one series.
type chart struct {
	id, model string
	values    []float64
	mean      []float64
	intervals []forecast.Interval // widest first
}

// historyMost is how many of the last observations are drawn.
const historyMost = 200

func newChart(r *forecast.Result) chart {
	values := r.Series.Values
	c := chart{
		id: r.Series.ID, model: r.Model,
		values: slices.Clone(values[max(0, len(values)-historyMost):]),
		mean:   slices.Clone(r.Forecast.Mean),
	}
	for _, v := range r.Forecast.Intervals {
		c.intervals = append(c.intervals, forecast.Interval{Level: v.Level, Lower: slices.Clone(v.Lower), Upper: slices.Clone(v.Upper)})
	}
	slices.SortFunc(c.intervals, func(a, b forecast.Interval) int { return int(math.Copysign(1, b.Level-a.Level)) })
	return c
}

// page is a page with all charts, without anything from elsewhere.
func page(charts []chart) []byte {
	var b bytes.Buffer
	b.WriteString("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Forecasts</title>\n" +
		"<style>body{font:14px sans-serif;max-width:60em;margin:2em auto;padding:0 1em}svg{width:100%;height:auto}" +
		".past{fill:none;stroke:#333}.mean{fill:none;stroke:#0a58ca;stroke-width:2}.fan{fill:#0a58ca;fill-opacity:.2}text{font-size:11px;fill:#555}</style>\n<h1>Forecasts</h1>\n")
	for i := range charts {
		charts[i].draw(&b)
	}
	b.WriteString("</html>\n")
	return b.Bytes()
}

func (c *chart) draw(b *bytes.Buffer) {
	low, high := math.Inf(1), math.Inf(-1)
	see := func(values []float64) {
		for _, v := range values {
			if !math.IsNaN(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	see(c.values)
	see(c.mean)
	for _, v := range c.intervals {
		see(v.Lower)
		see(v.Upper)
	}
	if !(high > low) {
		low, high = low-1, high+1
	}
	const width, height, left = 900, 240, 70
	n := len(c.values) + len(c.mean)
	x := func(i int) float64 { return left + (width-left-10)*float64(i)/float64(max(n-1, 1)) }
	y := func(v float64) float64 { return 10 + (height-20)*(high-v)/(high-low) }
	name := html.EscapeString(c.id)
	fmt.Fprintf(b, "<h2>%s</h2>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"History and forecast of %s\">\n", name, width, height, name)
	for _, v := range [...]float64{low, (low + high) / 2, high} {
		fmt.Fprintf(b, "<text x=\"0\" y=\"%.1f\">%.4g</text>\n", y(v)+4, v)
	}
	first := len(c.values)
	for _, v := range c.intervals {
		b.WriteString("<path class=\"fan\" d=\"")
		pen := "M"
		for h := range v.Upper {
			fmt.Fprintf(b, "%s%.1f %.1f", pen, x(first+h), y(v.Upper[h]))
			pen = "L"
		}
		for h := len(v.Lower) - 1; h >= 0; h-- {
			fmt.Fprintf(b, "L%.1f %.1f", x(first+h), y(v.Lower[h]))
		}
		fmt.Fprintf(b, "Z\"><title>%g %%</title></path>\n", 100*v.Level)
	}
	line := func(class string, from int, values []float64) {
		fmt.Fprintf(b, "<path class=%q d=\"", class)
		pen := "M"
		for i, v := range values {
			if math.IsNaN(v) {
				pen = "M"
				continue
			}
			fmt.Fprintf(b, "%s%.1f %.1f", pen, x(from+i), y(v))
			pen = "L"
		}
		b.WriteString("\"/>\n")
	}
	line("past", 0, c.values)
	line("mean", first, c.mean)
	fmt.Fprintf(b, "</svg>\n<p>%s</p>\n", html.EscapeString(c.model))
}
