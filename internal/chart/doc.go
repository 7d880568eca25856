// Package chart draws the charts of a report as SVG, each with a table of the
// same values beside it. The same values give the same bytes.
//
//	figure := chart.Lines("Demand", months,
//		chart.Series{Name: "observed", Values: demand},
//		chart.Series{Name: "forecast", Values: mean, Lower: low, Upper: high})
//	err := chart.Write(w, "Plan", chart.Section{Title: "Demand", Figures: []chart.Figure{figure}})
//
// There are [Lines] over labels (with bands, dots, steps and marks), [Bars],
// [XY] for curves and points over numbers, [Intervals] for estimates with their
// limits, [Heat] for a grid of counts, and [Graph] for steps that lead to each other. A value that is NaN or infinite is a
// gap, and so is a band where one of its sides is. A line of more than 2,000
// points is drawn by the least and the largest value of each of 1,000 stretches.
//
// A [Figure] is one SVG element for a page of one's own ([Figure.SVG]), with its
// table ([Figure.HTML]), or a document of its own ([Figure.Document]). Inline it
// takes the color of text from the page and those of series from the classes s0
// to s7, for which [Style] has the rules, for light and dark pages.
package chart
