package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/flywheel-go/flywheel/experiment"
)

// plan reports how large and how long an experiment must be.
func plan(args []string, out, usage io.Writer) error {
	p := experiment.Plan{Experiment: experiment.Experiment{ID: "plan"}}
	var arms int
	var kind, design string
	var asJSON bool
	set := flag.NewFlagSet("abtest plan", flag.ContinueOnError)
	set.SetOutput(usage)
	set.StringVar(&kind, "kind", "binary", "binary, for a rate, or mean")
	set.Float64Var(&p.Baseline, "baseline", 0, "the control's rate or mean")
	set.Float64Var(&p.StandardDeviation, "sd", 0, "standard deviation of a unit, for a mean")
	set.Float64Var(&p.MinimumEffect, "effect", 0, "smallest effect worth knowing of, as a `share` of the baseline")
	set.IntVar(&arms, "arms", 2, "number of arms, the control included")
	set.Float64Var(&p.UnitsPerDay, "per-day", 0, "units that come in a day")
	set.Float64Var(&p.Alpha, "alpha", 0.05, "chance to call a goal different that is not")
	set.Float64Var(&p.Power, "power", 0.8, "chance to find the effect")
	set.StringVar(&design, "design", "fixed", "fixed, group (a few planned looks), sequential (any time) or bayes")
	set.IntVar(&p.Looks, "looks", 5, "looks of -design group")
	set.BoolVar(&asJSON, "json", false, "print JSON")
	if err := set.Parse(args); err != nil {
		return err
	}
	p.Goal = experiment.Metric{Name: "goal", Event: "goal"}
	switch kind {
	case "binary":
	case "mean":
		p.Goal.Kind = experiment.Count
	default:
		return fmt.Errorf("-kind %q is not binary or mean", kind)
	}
	if arms < 2 || arms > maxArms {
		return fmt.Errorf("-arms %d is not between 2 and %d", arms, maxArms)
	}
	for i := range arms {
		p.Experiment.Arms = append(p.Experiment.Arms, experiment.Arm{ID: string(rune('A' + i))})
	}
	var err error
	if p.Design, err = parseDesign(design); design == "group" {
		p.Design, err = experiment.GroupSequential, nil
	}
	if err != nil {
		return err
	}
	if p.Baseline == 0 || p.MinimumEffect == 0 {
		return errors.New("-baseline and -effect are needed")
	}
	r, err := p.Require()
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	fmt.Fprintf(out, "%s units, %s in each of %d arms, find a change of %.3g %% with a chance of %.0f %%.\n",
		thousands(r.Units), thousands(r.PerArm[0]), arms, 100*p.MinimumEffect, 100*p.Power)
	if r.Days > 0 {
		fmt.Fprintf(out, "At %g a day that takes %d days; run %d whole weeks, so that every weekday counts alike.\n", p.UnitsPerDay, r.Days, r.Weeks)
	}
	switch p.Design {
	case experiment.FixedHorizon:
		fmt.Fprintln(out, "Read it once, at the end: each look before that finds differences that are not there.")
	case experiment.GroupSequential:
		fmt.Fprint(out, "Look at")
		for i, units := range r.Looks {
			if i > 0 {
				fmt.Fprint(out, ",")
			}
			fmt.Fprint(out, " ", thousands(units))
		}
		fmt.Fprintln(out, " units; stop at the first that shows the effect.")
	case experiment.AlwaysValid:
		fmt.Fprintln(out, "Look whenever you like; that costs the extra units.")
	case experiment.Bayesian:
		fmt.Fprintln(out, "Read the chance to win at the end.")
	}
	return nil
}
