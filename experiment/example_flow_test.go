package experiment_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

var planned = experiment.Plan{
	Experiment: button, Hypothesis: "green sells", Design: experiment.GroupSequential, Looks: 2,
	Goal:     experiment.Metric{Name: "buyers", Event: flywheel.EventPurchase},
	Baseline: 0.1, MinimumEffect: 0.2, UnitsPerDay: 500,
}

// read is a reading of so many units an arm, of whom some bought.
func read(units, control, green int64) (r experiment.Reading) {
	for i, bought := range []int64{control, green} {
		r.Arms = append(r.Arms, experiment.ArmReading{
			Arm: button.Arms[i].ID, Units: units,
			Metrics: []stats.Pair{stats.PairFromSums(units, float64(bought), float64(bought), 0, 0, 0)},
		})
	}
	return r
}

// How long will it take?
func ExamplePlan_Require() {
	need, err := planned.Require()
	fmt.Println(need.Units, need.PerArm, need.Weeks, "weeks, looks at", need.Looks, err)
	// Output: 7705 [3853 3853] 3 weeks, looks at [3853 7705] <nil>
}

// Analysis without a study, for readings that come from a data warehouse.
func ExamplePlan_Analyze() {
	report, err := planned.Analyze(read(3865, 390, 480))
	if err != nil {
		fmt.Println(err)
		return
	}
	winner, err := report.Winner()
	fmt.Println(winner, report.Verdict.State, err)
	// Output: green treatment_wins <nil>
}

// A study may be stopped at a planned look.
func ExampleStudy_Look() {
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	study, err := experiment.NewStudy(planned, begin)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := study.Look(begin.AddDate(0, 0, 16), read(1933, 195, 205))
	fmt.Println(report.Verdict.State, err)
	_, err = study.Decide(begin.AddDate(0, 0, 21), read(3865, 390, 480))
	conclusion, ok := study.Conclusion()
	fmt.Println(study.Plan().Hypothesis, conclusion.Arm, ok, err)
	// Output:
	// undecided <nil>
	// green sells green true <nil>
}

// Studies are kept with a version, so that two people cannot both conclude.
func ExampleService_SaveStudy() {
	ctx := context.Background()
	svc, err := experiment.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	study, err := experiment.NewStudy(planned, begin)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(svc.SaveStudy(ctx, study))

	mine, _ := svc.Study(ctx, "green-button")
	yours, _ := svc.Study(ctx, "green-button")
	_, _ = mine.Monitor(begin.AddDate(0, 0, 7), read(1000, 100, 110))
	_, _ = yours.Override(begin.AddDate(0, 0, 7), "anna", "green", "a matter of taste")
	fmt.Println(svc.SaveStudy(ctx, mine))
	fmt.Println(svc.SaveStudy(ctx, yours))
	// Output:
	// <nil>
	// <nil>
	// experiment: definition study "green-button": version 1, stored 2: stale version: conflict
}

// Deciding ahead of showing, and recording what another part of the shop showed.
func ExampleService_Assign() {
	ctx := context.Background()
	svc, err := experiment.New(nil, &experiment.Options{
		Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := svc.Configure(button); err != nil {
		fmt.Println(err)
		return
	}
	d := svc.Assign("green-button", experiment.Subject{Customer: "anna"}) // nothing is recorded
	err = svc.Record(ctx, experiment.Exposure{Experiment: d.Experiment, Unit: d.Unit, Arm: d.Arm, Customer: "anna"})
	fmt.Println(d.Arm, err)
	seen, err := svc.Exposures(ctx, "green-button")
	fmt.Println(len(seen), err)
	for _, e := range svc.Snapshot().Experiments() {
		fmt.Println(e.ID, e.Weights(), e.Index("green"))
	}
	// Output:
	// green <nil>
	// 1 <nil>
	// green-button [0.5 0.5] 1
}

// Readings of distinct days are merged.
func ExampleReading_Merge() {
	monday, tuesday := read(1000, 100, 110), read(1200, 130, 125)
	err := monday.Merge(tuesday)
	fmt.Println(monday.Units(), err)
	// Output: 4400 <nil>
}

// A readout of a plan collects its goal and its guardrails from the log.
func ExamplePlan_NewReadout() {
	readout, err := planned.NewReadout()
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	err = readout.Publish(context.Background(),
		flywheel.Event{
			ID: "view:anna", Name: flywheel.EventExperimentViewed, Time: at, Customer: "anna",
			Properties: map[string]any{"experiment": "green-button", "arm": "green", "unit": "anna"},
		},
		flywheel.Event{ID: "buy:anna", Name: flywheel.EventPurchase, Time: at.Add(time.Hour), Customer: "anna"})
	reading := readout.Reading(time.Time{})
	fmt.Println(reading.Arms[1].Arm, reading.Arms[1].Units, reading.Arms[1].Metrics[0].X.Mean, err)
	// Output: green 1 1 <nil>
}

// Definitions are validated where they are edited.
func ExampleExperiment_Validate() {
	e := experiment.Experiment{ID: "prices", Arms: []experiment.Arm{{ID: "old"}, {ID: "old"}}}
	fmt.Println(e.Validate())
	// Output: experiment: "prices": arms[1].id: "old" is there twice: invalid
}
