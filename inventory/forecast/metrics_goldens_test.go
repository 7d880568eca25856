package forecast

import (
	"testing"
)

// The kinds of metrics_goldens.json that this version does not have yet.
var notYetMetrics = map[string]bool{
	"reconcile": true, // hierarchies
}

func testMetricsGoldens(t *testing.T) {
	for _, record := range readReference(t, "metrics_goldens.json") {
		kind := field[string](t, record, "kind")
		if notYetMetrics[kind] {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			actual := func() float64 { return field[float64](t, record, "actual") }
			actuals := func() []float64 { return field[[]float64](t, record, "actual") }
			var got float64
			var err error
			switch kind {
			case "point_metrics":
				checkPointMetrics(t, Series{Values: field[[]float64](t, record, "insample"), Season: field[int](t, record, "season")},
					actuals(), field[[]float64](t, record, "forecast"),
					Interval{1 - field[float64](t, record, "alpha"), field[[]float64](t, record, "lower"), field[[]float64](t, record, "upper")},
					field[map[string]*float64](t, record, "expected"))
				return
			case "pinball":
				got, err = Pinball(actuals(), field[[]float64](t, record, "quantile_forecast"), field[float64](t, record, "tau"))
			case "crps_normal":
				got, err = NormalCRPS(actual(), field[float64](t, record, "mean"), field[float64](t, record, "sd"))
			case "crps_sample":
				got, err = SampleCRPS(actual(), field[[]float64](t, record, "sample"))
			default:
				t.Fatalf("unknown kind %s", kind)
			}
			if err != nil {
				t.Fatal(err)
			}
			near(t, kind, got, field[float64](t, record, "expected"), 1e-10)
		})
	}
}

func checkPointMetrics(t *testing.T, training Series, actual, forecast []float64, v Interval, expected map[string]*float64) {
	a, err := Evaluate(training, actual, forecast)
	if err != nil {
		t.Fatal(err)
	}
	coverage, err := Coverage(actual, v)
	if err != nil {
		t.Fatal(err)
	}
	score, err := IntervalScore(training, actual, v)
	if err != nil {
		t.Fatal(err)
	}
	always := func(v float64) Measure { return Measure{v, true} }
	got := map[string]Measure{
		"me": always(a.ME), "mae": always(a.MAE), "rmse": always(a.RMSE), "smape": always(a.SMAPE),
		"mape": a.MAPE, "wape": a.WAPE, "mase": a.MASE, "rmsse_lag1": a.RMSSE,
		"coverage": always(coverage), "msis": score,
	}
	// The case has forecast minus actual as bias, in percent of the actuals.
	got["bias_pct"] = a.Bias
	for name, want := range expected {
		m, ok := got[name]
		switch {
		case !ok:
			t.Errorf("unknown measure %s", name)
		case want == nil:
			if m.Defined {
				t.Errorf("%s = %g, want none", name, m.Value)
			}
		default:
			near(t, name, m.Value, *want, 1e-10)
		}
	}
}
