package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/internal/table"
)

func figure(v float64, digits int) string {
	text := strconv.FormatFloat(v, 'f', digits, 64)
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	if strings.HasPrefix(text, "-") && strings.Trim(text, "-0.") != "" {
		return "-" + b.String()
	}
	return b.String()
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }

// credits is the table of all models: conversions by channel, and for a file the
// values too.
func (r *report) credits(values bool) ([]string, [][]string) {
	columns := []string{"channel"}
	for _, m := range r.models {
		columns = append(columns, m.name)
	}
	if values {
		for _, m := range r.models {
			columns = append(columns, m.name+" value")
		}
	}
	var rows [][]string
	plain := func(v float64) string {
		if values {
			return strconv.FormatFloat(v, 'f', 6, 64)
		}
		return figure(v, 1)
	}
	for _, c := range r.shop.set.Channels() {
		row := []string{string(c)}
		for _, m := range r.models {
			row = append(row, plain(m.result.Of(c).Conversions))
		}
		if values {
			for _, m := range r.models {
				row = append(row, plain(m.result.Of(c).Value))
			}
		}
		rows = append(rows, row)
	}
	return columns, rows
}

func (r *report) effects() ([]string, [][]string) {
	columns := []string{"channel", "lost without it", "share of conversions", "from", "to"}
	var rows [][]string
	for i, l := range r.limits {
		rows = append(rows, []string{string(l.Channel), percent(r.markov.Removals[i].Conversions), percent(l.ConversionShare), percent(l.ConversionShareFrom), percent(l.ConversionShareTo)})
	}
	return columns, rows
}

func (r *report) money() ([]string, [][]string) {
	columns := []string{"channel", "cost", "conversions", "value", "CPA", "ROAS", "ROI", "ACOS"}
	var rows [][]string
	for _, c := range append(r.costs.Channels, r.costs.Total) {
		rows = append(rows, []string{string(c.Channel), figure(c.Cost, 0), figure(c.Conversions, 1), figure(c.Value, 0), c.CPA.String(), c.ROAS.String(), c.ROI.String(), c.ACOS.String()})
	}
	return columns, rows
}

func (r *report) curves() ([]string, [][]string) {
	columns := []string{"channel", "spend a week", "brought", "from", "to", "next unit", "carried over", "proposed", "then brings", "next unit then"}
	var rows [][]string
	for i, c := range r.fit.Channels {
		x := r.proposal.Spend[0][i]
		rows = append(rows, []string{c.Name, figure(c.MeanSpend, 0), figure(c.Contribution.Estimate, 0), figure(c.Contribution.From, 0), figure(c.Contribution.To, 0),
			figure(c.Curve.Marginal(c.MeanSpend), 2), percent(c.Adstock.Theta), figure(x, 0), figure(c.Curve.Response(x), 0), figure(min(c.Curve.Marginal(x), 1e9), 2)})
	}
	return columns, rows
}

func (r *report) summary() string {
	conversions, nulls, value := r.shop.set.Totals()
	text := fmt.Sprintf("%s conversions worth %s, %s journeys without one, %s different paths.", figure(float64(conversions), 0), figure(value, 2), figure(float64(nulls), 0), figure(float64(r.shop.set.Len()), 0))
	if b := r.shop.built; b != nil && b.Unattributed > 0 {
		text += fmt.Sprintf(" %s conversions worth %s have no touch.", figure(float64(b.Unattributed), 0), figure(b.UnattributedValue, 2))
	}
	return text
}

func (r *report) chain() string {
	text := fmt.Sprintf("Markov chain of order %d: %d states, %s of journeys convert", r.order, r.markov.States, percent(r.markov.Probability))
	if r.chosen {
		text += "; the order is the one with the largest penalized AUC:"
		for _, s := range r.scores {
			text += fmt.Sprintf(" %d: %.4f", s.Order, s.Penalized)
		}
	}
	return text + "."
}

// gain says what the proposal brings beside what is spent now.
func (r *report) gain() string {
	now, spent := 0.0, 0.0
	for i, c := range r.fit.Channels {
		now += c.Curve.Response(r.now[i])
		spent += r.now[i]
	}
	return fmt.Sprintf("Spend of %s a week brings %s; the proposal for %s brings %s, the next unit %.2f. No allocation within these limits brings more than %s by these curves.",
		figure(spent, 0), figure(now, 0), figure(r.proposal.Spent, 0), figure(r.proposal.Response, 0), r.proposal.Marginal, figure(r.proposal.Bound, 0))
}

func (r *report) fitted() string {
	return fmt.Sprintf("Curves from %d weeks explain %s of the variance; limits hold %s.", r.fit.Periods, percent(r.fit.R2), percent(r.level))
}

func (r *report) warnings() []string {
	var out []string
	for _, m := range r.models {
		if m.name == r.model {
			out = append(out, m.result.Warnings...)
		}
	}
	if r.costs != nil {
		out = append(out, r.costs.Warnings...)
	}
	if r.fit != nil {
		out = append(append(out, r.fit.Warnings...), r.proposal.Warnings...)
	}
	return out
}

func (r *report) text(w io.Writer) error {
	var failed error
	say := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	show := func(columns []string, rows [][]string) {
		if err := table.WriteText(w, columns, rows); err != nil {
			failed = err
		}
	}
	say("%s\n\nConversions by channel and model\n", r.summary())
	show(r.credits(false))
	if r.limits != nil {
		say("\n%s\n", r.chain())
		show(r.effects())
	}
	if r.costs != nil {
		say("\nWhat the channels cost, by the model %s (MER %s)\n", r.model, r.costs.MER)
		show(r.money())
	}
	say("\nBudget\n")
	if r.proposal == nil {
		say("  No proposal: %s.\n", r.why)
	} else {
		say("  %s\n", r.fitted())
		show(r.curves())
		say("  %s\n", r.gain())
	}
	for i, warning := range r.warnings() {
		if i == 0 {
			say("\nTo be careful about\n")
		}
		say("  %s\n", warning)
	}
	return failed
}

func (r *report) page() []chart.Section {
	var labels []string
	for _, c := range r.shop.set.Channels() {
		labels = append(labels, string(c))
	}
	var bars []chart.Series
	for _, m := range r.models {
		s := chart.Series{Name: m.name}
		for _, c := range r.shop.set.Channels() {
			s.Values = append(s.Values, m.result.Of(c).Conversions)
		}
		bars = append(bars, s)
	}
	columns, rows := r.credits(false)
	sections := []chart.Section{{Title: "Conversions by channel and model", Note: r.summary(), Figures: []chart.Figure{chart.Bars("Conversions by channel and model", labels, bars...)}, Columns: columns, Rows: rows}}
	if r.limits != nil {
		var limits []chart.Interval
		for _, l := range r.limits {
			limits = append(limits, chart.Interval{Label: string(l.Channel), Series: "markov", Estimate: l.ConversionShare, Lower: l.ConversionShareFrom, Upper: l.ConversionShareTo})
		}
		columns, rows := r.effects()
		sections = append(sections, chart.Section{Title: "Markov chain", Note: r.chain(), Figures: []chart.Figure{chart.Intervals("Share of conversions, with limits", chart.Percent, limits...)}, Columns: columns, Rows: rows})
	}
	if r.costs != nil {
		columns, rows := r.money()
		sections = append(sections, chart.Section{Title: "What the channels cost", Note: fmt.Sprintf("By the model %s; MER %s.", r.model, r.costs.MER), Columns: columns, Rows: rows})
	}
	if r.proposal == nil {
		sections = append(sections, chart.Section{Title: "Budget", Note: "No proposal: " + r.why + "."})
	} else {
		sections = append(sections, r.budget())
	}
	if warnings := r.warnings(); len(warnings) > 0 {
		s := chart.Section{Title: "To be careful about", Columns: []string{"warning"}}
		for _, w := range warnings {
			s.Rows = append(s.Rows, []string{w})
		}
		sections = append(sections, s)
	}
	return sections
}

func (r *report) budget() chart.Section {
	const points = 60
	var curves []chart.Curve
	most := 0.0
	for i := range r.fit.Channels {
		most = math.Max(most, math.Max(r.now[i], r.proposal.Spend[0][i]))
	}
	now, then := chart.Curve{Name: "now", Form: chart.Dots}, chart.Curve{Name: "proposed", Form: chart.Dots}
	for i, c := range r.fit.Channels {
		curve := chart.Curve{Name: c.Name}
		for k := range points + 1 {
			x := 1.25 * most * float64(k) / points
			curve.X, curve.Y = append(curve.X, x), append(curve.Y, c.Curve.Response(x))
		}
		curves = append(curves, curve)
		now.X, now.Y = append(now.X, r.now[i]), append(now.Y, c.Curve.Response(r.now[i]))
		then.X, then.Y = append(then.X, r.proposal.Spend[0][i]), append(then.Y, c.Curve.Response(r.proposal.Spend[0][i]))
	}
	columns, rows := r.curves()
	return chart.Section{Title: "Budget", Note: r.fitted() + " " + r.gain(),
		Figures: []chart.Figure{chart.XY("What a week's spend brings", "spend a week", "value a week", append(curves, now, then)...)}, Columns: columns, Rows: rows}
}
