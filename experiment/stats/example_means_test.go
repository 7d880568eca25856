package stats_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

func ExampleCUPED() {
	// What customers spent in the four weeks after and before.
	var control, treatment stats.Pair
	for _, c := range [][2]float64{{31, 30}, {12, 10}, {55, 52}, {8, 11}, {40, 37}, {22, 25}} {
		control.Add(c[0], c[1])
	}
	for _, c := range [][2]float64{{39, 33}, {15, 12}, {52, 45}, {20, 14}, {45, 40}, {30, 24}} {
		treatment.Add(c[0], c[1])
	}
	plain, err := stats.Welch{}.Test(control.X.Sample(), treatment.X.Sample())
	if err != nil {
		panic(err)
	}
	adjusted, err := stats.CUPED{}.Test(control, treatment)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f ± %.1f without, %.1f ± %.1f with the covariate\n",
		plain.Absolute.Estimate, plain.Absolute.StandardError, adjusted.Absolute.Estimate, adjusted.Absolute.StandardError)
	fmt.Printf("%.0f %% of the variance removed\n", 100*adjusted.VarianceReduction())
	// Output:
	// 5.5 ± 9.3 without, 5.0 ± 1.1 with the covariate
	// 99 % of the variance removed
}

func ExampleCUPEDRatio() {
	// Revenue and orders of each customer, during and before.
	var control, treatment stats.RatioHistory
	for _, c := range [][4]float64{{90, 2, 80, 2}, {40, 1, 45, 1}, {200, 5, 150, 4}, {66, 2, 30, 1}, {120, 3, 160, 4}} {
		control.Add(c[0], c[1], c[2], c[3])
	}
	for _, c := range [][4]float64{{100, 2, 85, 2}, {52, 1, 44, 1}, {225, 5, 190, 5}, {80, 2, 36, 1}, {129, 3, 100, 3}} {
		treatment.Add(c[0], c[1], c[2], c[3])
	}
	r, err := stats.CUPEDRatio{}.Test(control, treatment)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.2f per order [%.2f, %.2f]\n", r.Absolute.Estimate, r.Absolute.Lower, r.Absolute.Upper)
	// Output: +5.99 per order [2.60, 9.37]
}

func ExampleRatioHistoryFromSums() {
	h := stats.RatioHistoryFromSums(2, [4]float64{130, 3, 125, 3}, [4][4]float64{
		{9700, 220, 9000, 205},
		{0, 5, 205, 5},
		{0, 0, 8425, 205},
		{0, 0, 0, 5},
	})
	fmt.Println(h.N, h.Mean)
	// Output: 2 [65 1.5 62.5 1.5]
}

func ExamplePostStratified() {
	r, err := stats.PostStratified{}.Test(
		stats.Stratum{Control: stats.SampleOf(900, 20, 9), Treatment: stats.SampleOf(600, 21, 9)},
		stats.Stratum{Control: stats.SampleOf(100, 60, 15), Treatment: stats.SampleOf(400, 62, 15)})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.2f [%.2f, %.2f]\n", r.Absolute.Estimate, r.Absolute.Lower, r.Absolute.Upper)
	// Output: +1.25 [0.17, 2.33]
}

func ExampleQuantile_Sample() {
	page := func(n int64, p90, lower, upper float64) stats.Sample {
		s, err := stats.Quantile{Observations: n, Level: 0.9, Value: p90, Lower: lower, Upper: upper}.Sample()
		if err != nil {
			panic(err)
		}
		return s
	}
	r, err := stats.Welch{}.Test(page(12_000, 1840, 1812, 1871), page(11_900, 1765, 1738, 1790))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.0f ms [%.0f, %.0f]\n", r.Absolute.Estimate, r.Absolute.Lower, r.Absolute.Upper)
	// Output: -75 ms [-114, -36]
}

func ExampleQuantileOf() {
	q, err := stats.QuantileOf([]float64{3, 9, 4, 1, 7, 5, 8, 2, 6, 10}, 0.5)
	if err != nil {
		panic(err)
	}
	fmt.Println(q.Value, q.Lower, q.Upper)
	// Output: 5.5 1 9
}

func ExampleWinsorize() {
	control, treatment := []float64{5, 7, 6, 400, 8}, []float64{6, 9, 7, 8, 10}
	caps, err := stats.Winsorize{Upper: 0.8}.Caps(control, treatment)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f becomes %.1f\n", stats.MomentsOf(control...).Mean, caps.Moments(control).Mean)
	// Output: 85.2 becomes 7.0
}

func ExampleRegression() {
	treated := []bool{false, true, false, true, false, true, false, true}
	spent := []float64{20, 26, 35, 41, 12, 19, 28, 33}
	before := []float64{18, 20, 33, 34, 14, 15, 25, 26}
	effect, err := stats.Regression{Error: stats.HC3}.Estimate(treated, spent, before)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f ± %.2f\n", effect.Estimate, effect.StandardError)
	// Output: 4.55 ± 2.00
}

func ExampleClusterRandomized() {
	// Shops were assigned, customers are measured.
	var control, treatment stats.Clusters
	for _, shop := range [][]float64{{10, 12, 11}, {20, 19}, {14, 15, 13, 16}, {9, 8, 10}} {
		control.Add(stats.MomentsOf(shop...))
	}
	for _, shop := range [][]float64{{15, 14}, {22, 23, 21}, {13, 12, 14}, {18, 19, 17}} {
		treatment.Add(stats.MomentsOf(shop...))
	}
	r, err := stats.ClusterRandomized{Error: stats.CR1}.Test(control, treatment)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.2f ± %.2f, as if independent ± %.2f\n", r.Absolute.Estimate, r.Absolute.StandardError, r.UnitError)
	// Output: +4.01 ± 2.68, as if independent ± 1.60
}

func ExampleSwitchback() {
	var periods []stats.Period
	for hour := range 24 {
		treated := hour/4%2 == 1 // four hours off, four hours on
		waiting := 10 + float64(hour*hour%7)/2
		if treated {
			waiting -= 2
		}
		periods = append(periods, stats.Period{Block: hour / 4, Treated: treated, Units: stats.MomentsOf(waiting, waiting+1, waiting-1)})
	}
	r, err := stats.Switchback{Washout: 1}.Test(periods...)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.1f minutes from %d and %d blocks, %d hours dropped\n", r.Absolute.Estimate, r.ControlBlocks, r.TreatmentBlocks, r.Dropped)
	// Output: -2.6 minutes from 3 and 3 blocks, 6 hours dropped
}

func ExampleSegments() {
	r, err := stats.Segments{}.Test(
		stats.Segment{Name: "new", Control: stats.SampleOf(4000, 10, 12), Treatment: stats.SampleOf(4000, 10.9, 12)},
		stats.Segment{Name: "loyal", Control: stats.SampleOf(1500, 25, 20), Treatment: stats.SampleOf(1500, 25.2, 20)},
		stats.Segment{Name: "dormant", Control: stats.SampleOf(800, 4, 9), Treatment: stats.SampleOf(800, 5.1, 9)})
	if err != nil {
		panic(err)
	}
	fmt.Printf("do segments differ? p = %.2f\n", r.P)
	for _, s := range r.Segments { // each a stats.SegmentEffect
		fmt.Printf("%s: %+.2f [%.2f, %.2f], best guess %+.2f\n", s.Name, s.Absolute.Estimate, s.Absolute.Lower, s.Absolute.Upper, s.Shrunk)
	}
	// Output:
	// do segments differ? p = 0.57
	// new: +0.90 [0.26, 1.54], best guess +0.88
	// loyal: +0.20 [-1.54, 1.94], best guess +0.88
	// dormant: +1.10 [0.02, 2.18], best guess +0.88
}

func ExampleWarning() {
	r, err := stats.Welch{}.Test(stats.SampleOf(12, 20, 5), stats.SampleOf(14, 26, 5))
	if err != nil {
		panic(err)
	}
	for _, w := range r.Warnings {
		fmt.Println(w.Kind == stats.SmallSample, w.Text)
	}
	// Output: true 12 observations in the smaller arm; the t test then relies on normal data
}

func ExampleWarningKind() {
	var unbounded stats.WarningKind = stats.UnboundedInterval
	r, err := stats.Welch{}.Test(stats.SampleOf(100, 0.1, 1), stats.SampleOf(100, 2, 1)) // the control's mean may be zero
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Warnings[0].Kind == unbounded)
	// Output: true
}

func ExampleSegmentEffect() {
	r, err := stats.Segments{}.Test(
		stats.Segment{Name: "new", Control: stats.SampleOf(4000, 10, 12), Treatment: stats.SampleOf(4000, 10.9, 12)},
		stats.Segment{Name: "loyal", Control: stats.SampleOf(1500, 25, 20), Treatment: stats.SampleOf(1500, 25.2, 20)})
	if err != nil {
		panic(err)
	}
	var fresh stats.SegmentEffect = r.Segments[0]
	fmt.Printf("%s: p = %.4f, %.4f over both segments\n", fresh.Name, fresh.Absolute.P, fresh.AdjustedP)
	// Output: new: p = 0.0008, 0.0016 over both segments
}

func ExampleAnova() {
	arms := []stats.Sample{stats.SampleOf(40, 10, 3), stats.SampleOf(50, 11, 4), stats.SampleOf(45, 12.5, 3)}
	r, err := stats.Anova{}.Test(arms...)
	if err != nil {
		panic(err)
	}
	fmt.Printf("F = %.2f with %g and %.1f degrees of freedom, p = %.4f\n", r.F, r.DF1, r.DF2, r.P)
	// Output: F = 7.42 with 2 and 87.5 degrees of freedom, p = 0.0011
}
