package main

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

// pair is the goal of two arms against each other. Intervals and P are corrected for
// the number of pairs by Bonferroni's procedure, alike.
type pair struct {
	From string       `json:"from"`
	To   string       `json:"to"`
	Goal stats.Effect `json:"goal"`
	P    float64      `json:"corrected_p"`
	// ChanceToWin is that of To, of a Bayesian design.
	ChanceToWin *float64 `json:"chance_to_win,omitempty"`
	// Shown reports that the pair differs, by the rule of the design.
	Shown bool   `json:"shown"`
	Error string `json:"error,omitempty"`
}

// best is how likely each arm has the best goal of all, and what choosing it is
// expected to lose against the best one, from what the units show alone.
type best struct {
	Arm    string  `json:"arm"`
	Chance float64 `json:"chance"`
	Loss   float64 `json:"loss"`
}

// comparePairs compares each arm with each other one.
func (a *analysis) comparePairs(plan experiment.Plan, reading experiment.Reading) error {
	k := len(reading.Arms)
	count := float64(k*(k-1)) / 2
	plan.Alpha = a.opts.alpha / count
	plan.Secondary, plan.Units = nil, 0
	arms := plan.Experiment.Arms
	for i := range k {
		for j := i + 1; j < k; j++ {
			two := experiment.Reading{Arms: []experiment.ArmReading{goalOf(reading.Arms[i]), goalOf(reading.Arms[j])}}
			plan.Experiment.Arms = []experiment.Arm{arms[i], arms[j]}
			report, err := plan.Analyze(two)
			if err != nil {
				return fmt.Errorf("arms %q and %q: %w", arms[i].ID, arms[j].ID, err)
			}
			c := report.Metrics[0].Comparisons[0]
			p := pair{From: arms[i].ID, To: arms[j].ID, Goal: c.Result.Absolute, P: min(1, c.AdjustedP*count), Shown: c.Shown}
			if c.Err != nil {
				p = pair{From: p.From, To: p.To, P: 1, Error: c.Err.Error()}
			}
			if c.Bayes != nil {
				p.ChanceToWin = &c.Bayes.Absolute.ChanceToWin
			}
			a.pairs = append(a.pairs, p)
		}
	}
	a.rank(reading)
	return nil
}

func goalOf(r experiment.ArmReading) experiment.ArmReading {
	r.Metrics = r.Metrics[:1]
	return r
}

// rank finds which arm is best. It leaves that out for a ratio, which has no posterior
// of its own, and where an arm has too little to say.
func (a *analysis) rank(reading experiment.Reading) {
	goal := a.opts.metrics[0]
	if goal.kind == ratio {
		return
	}
	var rates []stats.Beta
	var means []stats.StudentT
	for _, r := range reading.Arms {
		x := r.Metrics[0].X
		if goal.kind == binary {
			d, err := stats.Beta{Alpha: 1, Beta: 1}.After(stats.Proportion{Successes: int64(math.Round(x.Mean * float64(x.N))), Trials: x.N})
			if err != nil {
				return
			}
			rates = append(rates, d)
			continue
		}
		d, err := stats.MeanPosterior(x.Sample())
		if err != nil {
			return
		}
		means = append(means, d)
	}
	var ranking stats.Ranking
	var err error
	if rates != nil {
		ranking, err = stats.Rank(rates...)
	} else {
		ranking, err = stats.Rank(means...)
	}
	if err != nil {
		return
	}
	for i, r := range reading.Arms {
		a.best = append(a.best, best{r.Arm, ranking.Best[i], ranking.Loss[i]})
	}
}

// byPairs writes what comparePairs found.
func (a *analysis) byPairs(s *strings.Builder) {
	if len(a.pairs) == 0 {
		return
	}
	percent := a.opts.metrics[0].kind == binary
	fmt.Fprintf(s, "%s by pairs, corrected for %d of them\n", a.report.Metrics[0].Metric.Name, len(a.pairs))
	w := tabwriter.NewWriter(s, 0, 0, 2, ' ', tabwriter.AlignRight)
	last := "corrected p"
	if a.report.Design == experiment.Bayesian {
		last = "chance to win"
	}
	fmt.Fprintf(w, "\tfrom\tto\tdifference\t%s\t%s\t\n", a.intervalName(), last)
	for _, p := range a.pairs {
		if p.Error != "" {
			fmt.Fprintf(w, "\t%s\t%s\tnot comparable: %s\t\t\t\n", p.From, p.To, p.Error)
			continue
		}
		last := fmt.Sprintf("%.2g", p.P)
		if p.ChanceToWin != nil {
			last = fmt.Sprintf("%.1f %%", 100**p.ChanceToWin)
		}
		fmt.Fprintf(w, "\t%s\t%s\t%s\t[%s, %s]\t%s\t\n", p.From, p.To, signed(p.Goal.Estimate, percent), signed(p.Goal.Lower, percent), signed(p.Goal.Upper, percent), last)
	}
	w.Flush()
	if len(a.best) > 0 {
		w = tabwriter.NewWriter(s, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprint(w, "\tarm\tchance to be best\texpected loss\t\n")
		for _, b := range a.best {
			fmt.Fprintf(w, "\t%s\t%.1f %%\t%s\t\n", b.Arm, 100*b.Chance, loss(b.Loss, percent))
		}
		w.Flush()
	}
	s.WriteString("\n")
}

func loss(x float64, percent bool) string {
	if percent {
		return fmt.Sprintf("%.3f pp", 100*x)
	}
	return plain(x, "%.3g")
}
