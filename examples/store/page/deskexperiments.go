package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/flag"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// Arms of an experiment on a feature.
const (
	without = "without"
	with    = "with"
)

// experiments are the features of the store: on, off, or tried on half of the visitors.
func (s *Shop) experiments(r *web.Request) (web.Answer, error) {
	t := table{ID: "features", Title: "Features", Empty: "There is no feature.", Columns: []string{"Feature", "State", "Experiment", "For all", "For nobody"}}
	var free []string
	for _, name := range s.Flags.Set().Features() {
		f, err := s.Flags.Feature(r.Context(), name)
		if err != nil {
			return web.Answer{}, err
		}
		state, study := "on", text("")
		if string(f.Default) != "true" {
			state = "off"
		}
		if len(f.Rules) > 0 {
			state = "tried on half of the visitors"
			study = link(f.Rules[0].Key, r.At("/desk/experiments/"+f.Rules[0].Key))
		} else {
			free = append(free, name)
			_, err := s.Experiments.Study(r.Context(), experiment.ID(name))
			if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
				return web.Answer{}, err
			}
			if err == nil {
				study = link("decided", r.At("/desk/experiments/"+name))
			}
		}
		t.Rows = append(t.Rows, []cell{
			text(name), text(state), study, button("Switch on", r.At("/desk/experiments/switch"), "feature", name, "to", "true"), button("Switch off", r.At("/desk/experiments/switch"), "feature", name, "to", "false"),
		})
	}
	b := board{Title: "Experiments", Note: "What a feature brings is the difference between visitors with it and visitors without it. Intervals hold however often they are looked at.", Tables: []table{t}}
	simulated := table{ID: "wheel", Title: "What features bring over simulated shoppers", Columns: data.Wheel[0]}
	for _, row := range data.Wheel[1:] {
		cells := []cell{text(row[0])}
		for _, figure := range row[1:] {
			cells = append(cells, cell{Text: figure, Number: true})
		}
		simulated.Rows = append(simulated.Rows, cells)
	}
	b.Tables = append(b.Tables, simulated)
	b.Note += " The second table is of go run ./examples/store wheel: margin in EUR of a visitor in 28 days, of stock of a cluster of four SKUs; the truth, the effect of all against none, how often an experiment's interval held the truth, and in how many of 200 it excluded nothing."
	if len(free) > 0 {
		b.Forms = []form{{
			ID: "begin", Title: "Try a feature on half of the visitors", Action: r.At("/desk/experiments"), Button: "Begin",
			Fields: []field{
				{Name: "feature", Label: "Feature", Choices: free}, {Name: "hypothesis", Label: "What is expected, and why"},
				{Name: "units", Label: "Visitors at which it is concluded", Type: "number", Value: "10000"},
			},
		}}
	}
	return s.board(r, b)
}

// begin plans an experiment on a feature and lets half of the visitors have it.
func (s *Shop) begin(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("feature", "hypothesis")
	if err != nil {
		return web.Answer{}, err
	}
	units, err := r.Number("units", 0)
	if err != nil {
		return web.Answer{}, err
	}
	name := f["feature"]
	feature, err := s.Flags.Feature(r.Context(), name)
	if err != nil {
		return web.Answer{}, err
	}
	study, err := experiment.NewStudy(experiment.Plan{
		Experiment: experiment.Experiment{ID: experiment.ID(name), Unit: experiment.ByVisitor, Arms: []experiment.Arm{{ID: without}, {ID: with}}},
		Hypothesis: f["hypothesis"], Units: units, Design: experiment.AlwaysValid,
		Goal:      experiment.Metric{Name: "sales per visitor", Kind: experiment.Revenue, Event: flywheel.EventPurchase, Less: flywheel.EventRefund, Currency: money.EUR},
		Secondary: []experiment.Metric{{Name: "visitors who buy", Kind: experiment.Conversion, Event: flywheel.EventPurchase}},
	}, s.Now())
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.Experiments.SaveStudy(r.Context(), study); err != nil {
		return web.Answer{}, err
	}
	feature.Rules = []flag.Rule{{Experiment: flag.Experiment{
		Key: name, Variations: []json.RawMessage{json.RawMessage("false"), json.RawMessage("true")}, Meta: []flag.Meta{{Key: without}, {Key: with}},
		Attribute: experiment.ByVisitor, Hash: experiment.HashV2,
	}}}
	if err := s.Flags.SetFeature(r.Context(), name, feature); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/experiments/" + name)
}

// readout is what the log says of an experiment.
func (s *Shop) readout(r *web.Request, plan experiment.Plan) (*experiment.Readout, error) {
	readout, err := plan.NewReadout()
	if err != nil {
		return nil, err
	}
	for e, err := range s.Events.Entries(r.Context(), segment.Query{Limit: 4096}) {
		if err != nil {
			return nil, err
		}
		if err := readout.Publish(r.Context(), e.Event); err != nil {
			return nil, err
		}
	}
	return readout, nil
}

// mostLooks is at how many days the intervals of an experiment are shown.
const mostLooks = 60

// oneExperiment is an experiment with its intervals over time, its log, and its decision.
func (s *Shop) oneExperiment(r *web.Request) (web.Answer, error) {
	b, _, err := s.experimentBoard(r)
	if err != nil {
		return web.Answer{}, err
	}
	return s.board(r, b)
}

func (s *Shop) experimentBoard(r *web.Request) (board, *experiment.Study, error) {
	id := experiment.ID(r.PathValue("id"))
	study, err := s.Experiments.Study(r.Context(), id)
	if err != nil {
		return board{}, nil, err
	}
	plan := study.Plan()
	readout, err := s.readout(r, plan)
	if err != nil {
		return board{}, nil, err
	}
	now := s.Now()
	var report experiment.Report // of nobody, until somebody has come
	if reading := readout.Reading(now); reading.Units() > 0 {
		if report, err = plan.Analyze(reading); err != nil {
			return board{}, nil, err
		}
	}
	b := board{
		Title: "Experiment " + string(id), Note: plan.Hypothesis, Links: []cell{link("All experiments", r.At("/desk/experiments"))},
		Tiles: []tile{
			{Name: "Visitors", Value: decimal(report.Units()), Note: fmt.Sprintf("of %d planned", plan.Units)}, {Name: "State", Value: orDash(string(report.Verdict.State)), Note: report.Verdict.Reason},
			{Name: "Split", Value: fmt.Sprintf("p = %.3f", report.SampleRatio.P), Note: "below 0.01 the assignment is broken"},
		},
	}
	metrics := table{ID: "metrics", Title: "Metrics", Columns: []string{"Metric", "Without", "With", "Difference", "From", "To"}}
	for _, m := range report.Metrics {
		for _, c := range m.Comparisons {
			if c.Err != nil {
				metrics.Rows = append(metrics.Rows, []cell{text(m.Metric.Name), text(c.Err.Error())})
				continue
			}
			e := c.Result.Absolute
			metrics.Rows = append(metrics.Rows, []cell{text(m.Metric.Name), figure(c.Result.Control.Mean), figure(c.Result.Treatment.Mean), figure(e.Estimate), figure(e.Lower), figure(e.Upper)})
		}
	}
	story := table{ID: "log", Title: "What was done", Columns: []string{"When", "What", "Visitors", "Text"}}
	entries := study.Log()
	for _, e := range entries {
		story.Rows = append(story.Rows, []cell{text(clock(e.At)), text(string(e.Kind)), number(e.Units), text(e.Text)})
	}
	b.Tables = []table{metrics, story}
	if figure, ok, err := overTime(plan, readout, entries[0].At, now); err != nil {
		return board{}, nil, err
	} else if ok {
		b.Charts = []chart.Figure{figure}
	}
	if c, decided := study.Conclusion(); decided {
		by := "by the plan"
		if c.Overridden {
			by = "by " + c.By + " against the plan"
		}
		b.Tiles = append(b.Tiles, tile{Name: "Decided", Value: c.Arm, Note: by + ", " + clock(c.At)})
		return b, study, nil
	}
	at := r.At("/desk/experiments/" + string(id))
	b.Forms = []form{
		{ID: "decide", Title: "Decide by the plan", Note: "It names a winner only where the data does.", Action: at + "/decide", Button: "Decide"},
		{ID: "override", Title: "Decide against the plan", Note: "Under your name, which the log keeps.", Action: at + "/override", Button: "Decide anyway", Fields: []field{
			{Name: "arm", Label: "For", Choices: []string{with, without}}, {Name: "by", Label: "Your name"}, {Name: "reason", Label: "Reason"},
		}},
	}
	return b, study, nil
}

// overTime is the difference of the goal with its interval, day by day.
func overTime(plan experiment.Plan, readout *experiment.Readout, from, now time.Time) (chart.Figure, bool, error) {
	var labels []string
	s := chart.Series{Name: "difference"}
	step := max(now.Sub(from)/mostLooks, time.Hour)
	for at := from.Add(step); ; at = at.Add(step) {
		if at.After(now) {
			at = now
		}
		labels = append(labels, at.In(zone).Format("2 Jan 15:04"))
		value, lower, upper := math.NaN(), math.NaN(), math.NaN()
		if reading := readout.Reading(at); reading.Units() > 0 {
			report, err := plan.Analyze(reading)
			if err != nil {
				return chart.Figure{}, false, err
			}
			if c := report.Metrics[0].Comparisons[0]; c.Err == nil {
				value, lower, upper = c.Result.Absolute.Estimate, c.Result.Absolute.Lower, c.Result.Absolute.Upper
			}
		}
		s.Values, s.Lower, s.Upper = append(s.Values, value), append(s.Lower, lower), append(s.Upper, upper)
		if !at.Before(now) {
			break
		}
	}
	for _, v := range s.Values {
		if !math.IsNaN(v) {
			return chart.Lines(plan.Goal.Name+": with less without, with its interval", labels, s), true, nil
		}
	}
	return chart.Figure{}, false, nil
}

func figure(x float64) cell {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return cell{Text: "unknown"}
	}
	return cell{Text: fmt.Sprintf("%.4g", x), Number: true}
}

// decide names the winner if the plan allows it; if not it says why.
func (s *Shop) decide(r *web.Request) (web.Answer, error) {
	b, study, err := s.experimentBoard(r)
	if err != nil {
		return web.Answer{}, err
	}
	readout, err := s.readout(r, study.Plan())
	if err != nil {
		return web.Answer{}, err
	}
	c, refused := study.Decide(s.Now(), readout.Reading(s.Now()))
	if err := s.Experiments.SaveStudy(r.Context(), study); err != nil { // a refusal is in the log, too
		return web.Answer{}, err
	}
	if refused != nil {
		return s.refused(r, b, refused)
	}
	return s.conclude(r, c)
}

// override decides under somebody's name.
func (s *Shop) override(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("arm", "by", "reason")
	if err != nil {
		return web.Answer{}, err
	}
	b, study, err := s.experimentBoard(r)
	if err != nil {
		return web.Answer{}, err
	}
	c, err := study.Override(s.Now(), f["by"], f["arm"], f["reason"])
	if err != nil {
		return s.refused(r, b, err)
	}
	if err := s.Experiments.SaveStudy(r.Context(), study); err != nil {
		return web.Answer{}, err
	}
	return s.conclude(r, c)
}

// conclude gives all visitors what was decided for.
func (s *Shop) conclude(r *web.Request, c experiment.Conclusion) (web.Answer, error) {
	id := r.PathValue("id")
	value := "false"
	if c.Arm == with {
		value = "true"
	}
	if err := s.Flags.SetFeature(r.Context(), id, flag.Feature{Default: json.RawMessage(value)}); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/experiments/" + id)
}

// switched puts a feature on or off for everybody, which ends what was tried with it.
func (s *Shop) switched(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("feature", "to")
	if err != nil {
		return web.Answer{}, err
	}
	if f["to"] != "true" && f["to"] != "false" {
		return web.Answer{}, &flywheel.FieldError{Field: "to", Err: flywheel.ErrInvalid}
	}
	if _, err := s.Flags.Feature(r.Context(), f["feature"]); err != nil {
		return web.Answer{}, err
	}
	if err := s.Flags.SetFeature(r.Context(), f["feature"], flag.Feature{Default: json.RawMessage(f["to"])}); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/experiments")
}
