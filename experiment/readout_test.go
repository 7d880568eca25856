package experiment_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func viewed(unit, arm string, at time.Time) flywheel.Event {
	return flywheel.Event{
		ID: "view:" + unit + ":" + arm, Name: flywheel.EventExperimentViewed, Time: at, Customer: flywheel.CustomerID(unit),
		Properties: map[string]any{"experiment": "E", "arm": arm, "unit": unit},
	}
}

func bought(id, unit string, minor int64, at time.Time) flywheel.Event {
	return flywheel.Event{
		ID: id, Name: flywheel.EventPurchase, Time: at, Customer: flywheel.CustomerID(unit), Value: money.New(minor, money.EUR),
	}
}

func refunded(id, unit string, minor int64, at time.Time) flywheel.Event {
	e := bought(id, unit, minor, at)
	e.Name = flywheel.EventRefund
	return e
}

var (
	two     = experiment.Experiment{ID: "E", Arms: []experiment.Arm{{ID: "A"}, {ID: "B"}}}
	buyers  = experiment.Metric{Name: "buyers", Event: flywheel.EventPurchase}
	orders  = experiment.Metric{Name: "orders", Kind: experiment.Count, Event: flywheel.EventPurchase}
	revenue = experiment.Metric{
		Name: "revenue", Kind: experiment.Revenue, Currency: money.EUR, Event: flywheel.EventPurchase, Less: flywheel.EventRefund,
	}
)

func TestAttribution(t *testing.T) {
	week := revenue
	week.Name, week.Window = "week", 7*24*time.Hour
	r, err := experiment.NewReadout(two, nil, buyers, orders, revenue, week)
	require.NoError(t, err)
	foreign := bought("7", "a", 900, start.Add(time.Hour))
	foreign.Value = money.New(900, money.USD)
	nobody := bought("8", "", 900, start)
	err = r.Publish(t.Context(),
		bought("1", "a", 5000, start.Add(-time.Second)), // before exposure
		viewed("a", "A", start),
		viewed("a", "A", start), // delivered again
		bought("2", "a", 1000, start),
		bought("2", "a", 1000, start),                     // delivered again
		bought("3", "a", 2000, start.Add(7*24*time.Hour)), // just outside the window
		refunded("4", "a", 250, start.Add(time.Hour)),     // taken off
		bought("5", "stranger", 700, start),               // never exposed
		viewed("b", "B", start),
		viewed("x", "A", start), viewed("x", "B", start.Add(1)), // saw both
		bought("6", "x", 100, start.Add(time.Hour)),
		viewed("y", "C", start), // no such arm
		foreign, nobody,
	)
	require.NoError(t, err)
	report, err := r.Report()
	require.NoError(t, err)
	a, b := report.Arms[0], report.Arms[1]
	require.EqualValues(t, 1, a.Units)
	require.EqualValues(t, 1, b.Units)
	require.Equal(t, 1.0, a.Metrics[0].X.Sum(), "buyers")
	require.Equal(t, 3.0, a.Metrics[1].X.Sum(), "orders, whatever their currency")
	require.Equal(t, 27.5, a.Metrics[2].X.Sum(), "revenue: 10 + 20 - 2.50")
	require.Equal(t, 7.5, a.Metrics[3].X.Sum(), "revenue of the first week")
	require.Equal(t, 0.0, b.Metrics[2].X.Sum())
	require.EqualValues(t, 1, report.Crossed)
	require.EqualValues(t, 1, report.Early)
	require.EqualValues(t, 1, report.Strange)
	require.EqualValues(t, 2, report.Foreign, "one value in each of the two revenue metrics")
}

// fill exposes units and lets a share of each arm buy.
func fill(t *testing.T, r *experiment.Readout, units map[string]int, share map[string]int) {
	t.Helper()
	for _, arm := range []string{"A", "B", "C"} {
		for i := range units[arm] {
			unit := fmt.Sprintf("%s-%d", arm, i)
			require.NoError(t, r.Publish(t.Context(), viewed(unit, arm, start)))
			if i%100 < share[arm] {
				require.NoError(t, r.Publish(t.Context(), bought("p:"+unit, unit, 1000, start.Add(time.Minute))))
			}
		}
	}
}

func TestVerdicts(t *testing.T) {
	three := two
	three.Arms = append(slices.Clone(two.Arms), experiment.Arm{ID: "C"})
	lower := buyers
	lower.LowerIsBetter = true
	for _, c := range []struct {
		name   string
		e      experiment.Experiment
		goal   experiment.Metric
		plan   int64
		units  map[string]int
		share  map[string]int
		state  experiment.State
		winner string
	}{
		{"treatment wins", two, buyers, 4000, map[string]int{"A": 2000, "B": 2000}, map[string]int{"A": 10, "B": 15}, experiment.TreatmentWins, "B"},
		{"control wins", two, buyers, 4000, map[string]int{"A": 2000, "B": 2000}, map[string]int{"A": 15, "B": 10}, experiment.ControlWins, "A"},
		{"lower is better", two, lower, 0, map[string]int{"A": 2000, "B": 2000}, map[string]int{"A": 15, "B": 10}, experiment.TreatmentWins, "B"},
		{"no difference", two, buyers, 0, map[string]int{"A": 2000, "B": 2000}, map[string]int{"A": 10, "B": 11}, experiment.Undecided, ""},
		{"ratio broken", two, buyers, 0, map[string]int{"A": 2000, "B": 2300}, map[string]int{"A": 10, "B": 20}, experiment.Broken, ""},
		{"too early", two, buyers, 4001, map[string]int{"A": 2000, "B": 2000}, map[string]int{"A": 10, "B": 20}, experiment.Early, ""},
		{"best of two", three, buyers, 0, map[string]int{"A": 2000, "B": 2000, "C": 2000}, map[string]int{"A": 10, "B": 15, "C": 17}, experiment.TreatmentWins, "C"},
		{"one worse, one the same", three, buyers, 0, map[string]int{"A": 2000, "B": 2000, "C": 2000}, map[string]int{"A": 15, "B": 10, "C": 15}, experiment.Undecided, ""},
		{"nobody buys", two, buyers, 0, map[string]int{"A": 2000, "B": 2000}, nil, experiment.Undecided, ""},
		{"revenue", two, revenue, 0, map[string]int{"A": 2000, "B": 2000}, map[string]int{"A": 10, "B": 15}, experiment.TreatmentWins, "B"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := experiment.NewReadout(c.e, &experiment.ReadoutOptions{PlannedUnits: c.plan}, c.goal)
			require.NoError(t, err)
			fill(t, r, c.units, c.share)
			report, err := r.Report()
			require.NoError(t, err)
			require.Equal(t, c.state, report.Verdict.State, report.Verdict.Reason)
			winner, err := report.Winner()
			require.Equal(t, c.winner, winner)
			if c.winner == "" {
				var refused *experiment.NoWinnerError
				require.ErrorAs(t, err, &refused)
				require.ErrorIs(t, err, experiment.ErrNoWinner)
				require.ErrorIs(t, err, flywheel.ErrConflict)
				require.NotEmpty(t, refused.Verdict.Reason)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// The comparison is that of package stats on the same numbers.
func TestComparisonIsThatOfStats(t *testing.T) {
	r, err := experiment.NewReadout(two, nil, buyers, revenue)
	require.NoError(t, err)
	fill(t, r, map[string]int{"A": 500, "B": 520}, map[string]int{"A": 12, "B": 14})
	report, err := r.Report()
	require.NoError(t, err)
	want, err := stats.TwoProportions{}.Test(stats.Proportion{Successes: 60, Trials: 500}, stats.Proportion{Successes: 5*14 + 14, Trials: 520})
	require.NoError(t, err)
	require.Equal(t, want, report.Metrics[0].Comparisons[0].Result)
	welch, err := stats.Welch{}.Test(report.Arms[0].Metrics[1].X.Sample(), report.Arms[1].Metrics[1].X.Sample())
	require.NoError(t, err)
	require.Equal(t, welch, report.Metrics[1].Comparisons[0].Result)
}

func TestReadoutRefuses(t *testing.T) {
	_, err := experiment.NewReadout(experiment.Experiment{}, nil, buyers)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = experiment.NewReadout(two, nil, buyers, buyers)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = experiment.NewReadout(two, &experiment.ReadoutOptions{Alpha: 1}, buyers)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = experiment.NewReadout(two, &experiment.ReadoutOptions{PlannedUnits: -1}, buyers)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	for _, m := range []experiment.Metric{
		{Name: "", Event: "purchase"},
		{Name: "m", Event: ""},
		{Name: "m", Event: "purchase", Kind: 9},
		{Name: "m", Event: "purchase", Kind: experiment.Revenue},
		{Name: "m", Event: "purchase", Currency: money.EUR},
		{Name: "m", Event: "purchase", Less: "refund"},
		{Name: "m", Event: "purchase", Less: "purchase", Kind: experiment.Count},
		{Name: "m", Event: "purchase", Window: -1},
	} {
		_, err := experiment.NewReadout(two, nil, m)
		require.ErrorIs(t, err, flywheel.ErrInvalid, "%+v", m)
	}
	r, err := experiment.NewReadout(two, nil, buyers)
	require.NoError(t, err)
	_, err = r.Report()
	require.ErrorIs(t, err, stats.ErrEmptyArm)
}

// However events are ordered, grouped and repeated, the report is the same.
func TestReadoutDoesNotDependOnDelivery(t *testing.T) {
	var events []flywheel.Event
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 120 {
		unit := fmt.Sprintf("u%d", i)
		events = append(events, viewed(unit, []string{"A", "B"}[i%2], start.Add(time.Duration(i)*time.Second)))
		for j := range random.IntN(4) {
			at := start.Add(time.Duration(random.IntN(240)) * time.Second)
			events = append(events, bought(fmt.Sprintf("%d:%d", i, j), unit, random.Int64N(10_000), at))
		}
	}
	events = append(events, viewed("u3", "A", start))
	report := func(events []flywheel.Event) experiment.Report {
		r, err := experiment.NewReadout(two, nil, revenue, buyers)
		require.NoError(t, err)
		require.NoError(t, r.Publish(context.Background(), events...))
		got, err := r.Report()
		require.NoError(t, err)
		return got
	}
	want := report(events)
	require.Positive(t, want.Early)
	rapid.Check(t, func(rt *rapid.T) {
		shuffled := rapid.Permutation(events).Draw(rt, "order")
		again := rapid.SliceOfN(rapid.SampledFrom(events), 0, 20).Draw(rt, "again")
		require.Equal(rt, want, report(append(shuffled, again...)))
	})
}

func BenchmarkReadout(b *testing.B) {
	r, err := experiment.NewReadout(two, nil, revenue, buyers)
	require.NoError(b, err)
	events := make([]flywheel.Event, 0, 3000)
	for i := range 1000 {
		unit := fmt.Sprintf("u%d", i)
		events = append(events, viewed(unit, []string{"A", "B"}[i%2], start),
			bought("1:"+unit, unit, 1234, start.Add(time.Hour)), bought("2:"+unit, unit, 4321, start.Add(2*time.Hour)))
	}
	b.Run("step=publish-3000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			fresh, _ := experiment.NewReadout(two, nil, revenue, buyers)
			_ = fresh.Publish(context.Background(), events...)
		}
	})
	_ = r.Publish(context.Background(), events...)
	b.Run("step=report-1000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = r.Report()
		}
	})
}
