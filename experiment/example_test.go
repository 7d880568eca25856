package experiment_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

var button = experiment.Experiment{
	ID:   "green-button",
	Arms: []experiment.Arm{{ID: "control"}, {ID: "green"}},
}

func Example() {
	ctx := context.Background()
	readout, err := experiment.NewReadout(button, nil,
		experiment.Metric{Name: "buyers", Event: flywheel.EventPurchase})
	if err != nil {
		panic(err)
	}
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	svc, err := experiment.New(nil, &experiment.Options{Sink: readout, Now: func() time.Time { return day }})
	if err != nil {
		panic(err)
	}
	if err := svc.Configure(button); err != nil {
		panic(err)
	}
	for i := range 4000 {
		customer := flywheel.CustomerID(fmt.Sprintf("customer-%d", i))
		d, err := svc.Expose(ctx, "green-button", experiment.Subject{Customer: customer})
		if err != nil {
			panic(err)
		}
		if i%10 == 0 || d.Arm == "green" && i%10 == 1 { // green sells twice as often
			err = readout.Publish(ctx, flywheel.Event{
				ID: fmt.Sprintf("purchase:%d", i), Name: flywheel.EventPurchase, Time: day.Add(time.Hour), Customer: customer,
			})
			if err != nil {
				panic(err)
			}
		}
	}
	report, err := readout.Report()
	if err != nil {
		panic(err)
	}
	winner, err := report.Winner()
	fmt.Println(winner, err)
	fmt.Println(report.Verdict.Reason)
	var goal experiment.Comparison = report.Metrics[0].Comparisons[0]
	fmt.Printf("%+.1f points [%+.1f, %+.1f]\n", 100*goal.Result.Absolute.Estimate, 100*goal.Result.Absolute.Lower, 100*goal.Result.Absolute.Upper)
	// Output:
	// green <nil>
	// green differs from the control in buyers by +99.5 % [+69.7, +134.5] (p = 6.2e-18)
	// +9.7 points [+7.5, +11.8]
}

func ExampleBucket() {
	fmt.Println(experiment.Bucket("checkout-redesign", "anna", experiment.HashV2))
	// Output: 0.2824
}

func ExampleCompile() {
	snapshot, err := experiment.Compile(experiment.Experiment{
		ID:        "free-shipping",
		Arms:      []experiment.Arm{{ID: "no", Weight: 0.5}, {ID: "from-30", Weight: 0.3}, {ID: "always", Weight: 0.2}},
		Coverage:  new(0.8),
		Condition: rule.MustCompile(`{"country": "DE"}`),
	})
	if err != nil {
		panic(err)
	}
	german := map[string]any{"country": "DE"}
	for _, subject := range []experiment.Subject{
		{Customer: "anna", Attributes: german},
		{Customer: "dora", Attributes: german},
		{Customer: "carla", Attributes: map[string]any{"country": "FR"}},
		{Attributes: german},
	} {
		d := snapshot.Assign("free-shipping", subject)
		fmt.Println(d.Arm, d.In, d.Reason)
	}
	// Output:
	// from-30 true assigned
	// no false outside_coverage
	// no false condition_not_met
	// no false no_unit
}

func ExampleDefinitionError() {
	_, err := experiment.Compile(experiment.Experiment{
		ID:   "prices",
		Arms: []experiment.Arm{{ID: "old", Weight: 0.5}, {ID: "new", Weight: 0.4}},
	})
	if e, ok := errors.AsType[*experiment.DefinitionError](err); ok {
		fmt.Println(e.Field, errors.Is(err, flywheel.ErrInvalid))
	}
	// Output: arms true
}

func ExampleService_Expose() {
	ctx := context.Background()
	svc, err := experiment.New(nil, &experiment.Options{
		Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		panic(err)
	}
	if err := svc.Configure(button); err != nil {
		panic(err)
	}
	for range 3 { // shown three times, recorded once
		if _, err := svc.Expose(ctx, "green-button", experiment.Subject{Customer: "anna"}); err != nil {
			panic(err)
		}
	}
	var seen []experiment.Exposure
	if seen, err = svc.Exposures(ctx, "green-button"); err != nil {
		panic(err)
	}
	fmt.Println(len(seen), seen[0].Unit, seen[0].Arm, seen[0].At)
	// Output: 1 anna green 2026-03-01 12:00:00 +0000 UTC
}

func ExampleNewMemory() {
	db := &flywheel.Memory{} // shared with the other stores of the shop
	svc, err := experiment.New(experiment.NewMemory(db), &experiment.Options{Tx: db})
	if err != nil {
		panic(err)
	}
	_, err = svc.Expose(context.Background(), "unknown", experiment.Subject{Customer: "anna"})
	fmt.Println(errors.Is(err, experiment.ErrUnknown))
	// Output: true
}

func ExampleReport_Winner() {
	ctx := context.Background()
	readout, err := experiment.NewReadout(button, nil, experiment.Metric{
		Name: "revenue", Kind: experiment.Revenue, Currency: money.EUR, Event: flywheel.EventPurchase, Less: flywheel.EventRefund,
	})
	if err != nil {
		panic(err)
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 300 { // something loses every other unit of the treatment
		arm := "control"
		if i%3 == 0 {
			arm = "green"
		}
		customer := fmt.Sprintf("customer-%d", i)
		err := readout.Publish(ctx,
			flywheel.Event{
				ID: "view:" + customer, Name: flywheel.EventExperimentViewed, Time: at, Customer: flywheel.CustomerID(customer),
				Properties: map[string]any{"experiment": "green-button", "arm": arm, "unit": customer},
			},
			flywheel.Event{
				ID: "buy:" + customer, Name: flywheel.EventPurchase, Time: at, Customer: flywheel.CustomerID(customer),
				Value: money.New(int64(1000+i), money.EUR),
			})
		if err != nil {
			panic(err)
		}
	}
	report, err := readout.Report()
	if err != nil {
		panic(err)
	}
	_, err = report.Winner()
	if e, ok := errors.AsType[*experiment.NoWinnerError](err); ok {
		fmt.Println(e.Verdict.State)
		fmt.Println(e.Verdict.Reason)
	}
	// Output:
	// broken
	// the arms do not have the sizes that were set (p = 7.8e-09); find the cause before anything is concluded
}

func ExampleRanges() {
	buckets := experiment.NewHasher("button", experiment.HashV2)
	ranges := experiment.Ranges(0.5, []float64{0.2, 0.8}) // half of the units, split 20 to 80
	for _, unit := range []string{"anna", "bert", "cleo"} {
		bucket := buckets.Bucket(unit)
		fmt.Println(unit, bucket, experiment.Choose(bucket, ranges), experiment.Range{0, 0.2}.Holds(bucket))
	}
	// Output:
	// anna 0.8625 -1 false
	// bert 0.8129 -1 false
	// cleo 0.374 1 false
}

func ExampleDefinition() {
	store, ctx := experiment.NewMemory(nil), context.Background()
	d := experiment.Definition{Kind: "payload", ID: "live", Body: []byte(`{"features": {}}`), SavedAt: time.Now()}
	saved, err := store.SaveDefinition(ctx, d)
	fmt.Println(saved.Version, err)
	_, err = store.SaveDefinition(ctx, d) // over a version that is not there any more
	fmt.Println(errors.Is(err, flywheel.ErrConflict))
	// Output:
	// 1 <nil>
	// true
}

func ExampleCheckAssignment() {
	fmt.Println(experiment.CheckAssignment("id", "u1", "checkout__0", "red"))
	fmt.Println(experiment.CheckAssignment("id", "", "checkout__0", "red"))
	// Output:
	// <nil>
	// experiment: sticky bucket: value: missing: invalid
}

func ExampleStudy() {
	plan := experiment.Plan{
		Experiment: button, Hypothesis: "green sells", Design: experiment.FixedHorizon,
		Goal:     experiment.Metric{Name: "buyers", Event: flywheel.EventPurchase},
		Baseline: 0.1, MinimumEffect: 0.2, UnitsPerDay: 500,
	}
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	study, err := experiment.NewStudy(plan, begin)
	if err != nil {
		fmt.Println(err)
		return
	}
	need := study.Required()
	fmt.Println(need.Units, "units,", need.Weeks, "weeks")

	reading := func(control, green [2]int64) (r experiment.Reading) {
		for i, a := range [][2]int64{control, green} {
			buyers := stats.PairFromSums(a[0], float64(a[1]), float64(a[1]), 0, 0, 0)
			r.Arms = append(r.Arms, experiment.ArmReading{Arm: plan.Experiment.Arms[i].ID, Units: a[0], Metrics: []stats.Pair{buyers}})
		}
		return r
	}
	health, err := study.Monitor(begin.AddDate(0, 0, 7), reading([2]int64{1700, 160}, [2]int64{1720, 200}))
	fmt.Println(health.Stop, err)

	_, err = study.Decide(begin.AddDate(0, 0, 8), reading([2]int64{2000, 190}, [2]int64{2010, 240}))
	fmt.Println(err)
	decision, err := study.Decide(begin.AddDate(0, 0, 21), reading([2]int64{3900, 380}, [2]int64{3950, 470}))
	fmt.Println(decision.Arm, decision.State, err)
	for _, e := range study.Log() {
		fmt.Println(e.At.Format(time.DateOnly), e.Kind, e.Kind == experiment.Decided)
	}
	// Output:
	// 7677 units, 3 weeks
	// false <nil>
	// experiment: "green-button" has no winner: early: 4010 of 7677 planned units have an outcome; a difference that shows early often goes away
	// green treatment_wins <nil>
	// 2026-03-01 designed false
	// 2026-03-08 monitored false
	// 2026-03-09 refused false
	// 2026-03-22 decided true
}

func ExampleStudy_Override() {
	study, _ := experiment.NewStudy(experiment.Plan{
		Experiment: button, Goal: experiment.Metric{Name: "buyers", Event: flywheel.EventPurchase}, Units: 1000,
	}, time.Now())
	decision, err := study.Override(time.Now(), "anna", "green", "the old button breaks on phones")
	fmt.Println(decision.Arm, decision.Overridden, decision.By, err)
	var last experiment.Entry = study.Log()[1]
	fmt.Println(last.Kind, last.Text)
	// Output:
	// green true anna <nil>
	// overridden the old button breaks on phones
}

func ExampleReading_Remove() {
	readout, _ := experiment.NewReadout(button, nil, experiment.Metric{Name: "buyers", Event: flywheel.EventPurchase})
	for i, day := range []int{1, 1, 2, 3} {
		unit := fmt.Sprint("u", i)
		_ = readout.Publish(context.Background(), flywheel.Event{
			ID: unit, Name: flywheel.EventExperimentViewed, Time: time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC), Customer: flywheel.CustomerID(unit),
			Properties: map[string]any{"experiment": "green-button", "arm": "green", "unit": unit},
		})
	}
	reading := readout.Reading(time.Time{})
	for _, c := range readout.Cohorts(time.Time{}) {
		fmt.Println(c.Day, c.Reading.Units())
		if c.Day == "2026-03-02" { // the day on which the payment was down
			err := reading.Remove(c.Reading)
			fmt.Println(err)
		}
	}
	fmt.Println(reading.Units())
	// Output:
	// 2026-03-01 2
	// 2026-03-02 1
	// <nil>
	// 2026-03-03 1
	// 3
}

func ExamplePlan_Novelty() {
	plan := experiment.Plan{Experiment: button, Goal: experiment.Metric{Name: "buyers", Event: flywheel.EventPurchase}, Units: 8000}
	day := func(name string, control, green float64) experiment.CohortReading {
		c := experiment.CohortReading{Day: name}
		for i, x := range []float64{control, green} {
			c.Reading.Arms = append(c.Reading.Arms, experiment.ArmReading{
				Arm: button.Arms[i].ID, Units: 2000, Metrics: []stats.Pair{stats.PairFromSums(2000, x, x, 0, 0, 0)},
			})
		}
		return c
	}
	drift, err := plan.Novelty([]experiment.CohortReading{day("2026-03-01", 200, 300), day("2026-03-02", 200, 210)})
	fmt.Printf("%.3f then %.3f, p %.3f, %v\n", drift[0].Early.Estimate, drift[0].Late.Estimate, drift[0].P, err)
	// Output: 0.050 then 0.005, p 0.001, <nil>
}
