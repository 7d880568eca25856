package supplier_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

func compare(t *testing.T, expect []byte, got map[string]any, tolerance float64) {
	t.Helper()
	testkit.Compare(t, expect, got, testkit.Tolerance{Relative: tolerance, Absolute: 1e-12, Keys: map[string]float64{"aoql_at": 1e-6}})
}

type lawInput struct {
	Distribution string    `json:"distribution"`
	Fractions    []float64 `json:"fraction_defective"`
	Lot          int       `json:"lot"`
}

func law(t *testing.T, name string) supplier.Law {
	l, err := supplier.ParseLaw(name)
	require.NoError(t, err)
	return l
}

type riskInput struct {
	Quality float64  `json:"quality"`
	AtLeast *float64 `json:"accept_at_least"`
	AtMost  *float64 `json:"accept_at_most"`
}

func (r riskInput) point() supplier.RiskPoint {
	if r.AtLeast != nil {
		return supplier.RiskPoint{Quality: r.Quality, Accept: *r.AtLeast}
	}
	return supplier.RiskPoint{Quality: r.Quality, Accept: *r.AtMost}
}

func sigmaKnown(t *testing.T, s string) bool {
	require.Contains(t, []string{"known", "unknown"}, s)
	return s == "known"
}

type date time.Time

func (d *date) UnmarshalText(text []byte) error {
	v, err := time.Parse(time.DateOnly, string(text))
	*d = date(v)
	return err
}

// kinds compute what "expect" holds, and check it by a second method.
var kinds = map[string]func(t *testing.T, input []byte) (map[string]any, float64){
	"oc_curve": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			lawInput
			N int `json:"n"`
			C int `json:"c"`
		}
		testkit.Strict(t, input, &in)
		plan := supplier.SinglePlan{N: in.N, Accept: in.C, Law: law(t, in.Distribution), Lot: in.Lot}
		curve, err := plan.OC(in.Fractions)
		require.NoError(t, err)
		for i, p := range in.Fractions {
			require.InDelta(t, enumerated(plan, p), curve[i], 1e-10)
		}
		return map[string]any{"accept": curve}, 1e-9
	},
	"oc_multi": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			lawInput
			N []int `json:"n"`
			C []int `json:"c"`
			R []int `json:"r"`
		}
		testkit.Strict(t, input, &in)
		plan := supplier.MultiplePlan{Law: law(t, in.Distribution), Lot: in.Lot}
		require.Len(t, in.C, len(in.N))
		require.Len(t, in.R, len(in.N))
		for i := range in.N {
			plan.Stages = append(plan.Stages, supplier.Stage{N: in.N[i], Accept: in.C[i], Reject: in.R[i]})
		}
		var accept, asn []float64
		for _, p := range in.Fractions {
			o, err := plan.At(p)
			require.NoError(t, err)
			accept, asn = append(accept, o.Accept), append(asn, o.SampleNumber)
			a, n := enumeratedStages(plan, p, 0, 0, 0)
			require.InDelta(t, a, o.Accept, 1e-10)
			require.InDelta(t, n, o.SampleNumber, 1e-8)
		}
		return map[string]any{"accept": accept, "average_sample_number": asn}, 1e-9
	},
	"find_plan": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Distribution string    `json:"distribution"`
			Producer     riskInput `json:"producer"`
			Consumer     riskInput `json:"consumer"`
			Lot          int       `json:"lot"`
		}
		testkit.Strict(t, input, &in)
		l := law(t, in.Distribution)
		plan, err := supplier.FindPlan(in.Producer.point(), in.Consumer.point(), l, in.Lot)
		require.NoError(t, err)
		n, c := scannedPlan(in.Producer.point(), in.Consumer.point(), l, in.Lot)
		require.Equal(t, []int{n, c}, []int{plan.N, plan.Accept})
		atProducer, err := plan.AcceptAt(in.Producer.Quality)
		require.NoError(t, err)
		atConsumer, err := plan.AcceptAt(in.Consumer.Quality)
		require.NoError(t, err)
		return map[string]any{"n": plan.N, "c": plan.Accept, "accept_at_producer": atProducer, "accept_at_consumer": atConsumer}, 1e-9
	},
	"aoq": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			lawInput
			N int `json:"n"`
			C int `json:"c"`
		}
		testkit.Strict(t, input, &in)
		plan := supplier.SinglePlan{N: in.N, Accept: in.C, Law: law(t, in.Distribution), Lot: in.Lot}
		var aoq, ati []float64
		for _, p := range in.Fractions {
			o, err := plan.Outgoing(p)
			require.NoError(t, err)
			aoq = append(aoq, o.AOQ)
			if o.HasATI {
				ati = append(ati, o.ATI)
			}
		}
		limit, at, err := plan.AOQL()
		require.NoError(t, err)
		// No fraction of a fine grid is worse, and one of them is nearly as bad.
		worst := 0.0
		for i := 1; i <= 50_000; i++ {
			o, err := plan.Outgoing(float64(i) / 100_000)
			require.NoError(t, err)
			worst = math.Max(worst, o.AOQ)
		}
		require.LessOrEqual(t, worst, limit*(1+1e-12))
		require.InEpsilon(t, limit, worst, 1e-4)
		out := map[string]any{"aoq": aoq, "aoql": limit, "aoql_at": at}
		if ati != nil {
			out["ati"] = ati
		}
		return out, 1e-9
	},
	"oc_variables": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			N         int       `json:"n"`
			K         float64   `json:"k"`
			Sigma     string    `json:"sigma"`
			Fractions []float64 `json:"fraction_defective"`
		}
		testkit.Strict(t, input, &in)
		plan := supplier.VariablesPlan{N: in.N, K: in.K, SigmaKnown: sigmaKnown(t, in.Sigma)}
		var accept []float64
		for _, p := range in.Fractions {
			a, err := plan.AcceptAt(p)
			require.NoError(t, err)
			accept = append(accept, a)
			require.InDelta(t, integratedVariables(plan, p), a, 1e-10)
		}
		return map[string]any{"accept": accept}, 1e-9
	},
	"find_variables_plan": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Producer riskInput `json:"producer"`
			Consumer riskInput `json:"consumer"`
			Sigma    string    `json:"sigma"`
		}
		testkit.Strict(t, input, &in)
		known := sigmaKnown(t, in.Sigma)
		r, err := supplier.FindVariablesPlan(in.Producer.point(), in.Consumer.point(), known)
		require.NoError(t, err)
		// Both ends meet both points; with one unit less no constant does.
		for _, k := range []float64{r.KMin, r.KMax} {
			plan := supplier.VariablesPlan{N: r.N, K: k, SigmaKnown: known}
			require.GreaterOrEqual(t, integratedVariables(plan, in.Producer.Quality), in.Producer.point().Accept-1e-9)
			require.LessOrEqual(t, integratedVariables(plan, in.Consumer.Quality), in.Consumer.point().Accept+1e-9)
		}
		for k := r.KMin - 1; k < r.KMax+1 && r.N > 2; k += 0.002 {
			plan := supplier.VariablesPlan{N: r.N - 1, K: k, SigmaKnown: known}
			require.False(t, integratedVariables(plan, in.Producer.Quality) >= in.Producer.point().Accept &&
				integratedVariables(plan, in.Consumer.Quality) <= in.Consumer.point().Accept)
		}
		return map[string]any{"n": r.N, "k_min": r.KMin, "k_max": r.KMax}, 1e-6
	},
	"accept_variables": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Sample []float64 `json:"sample"`
			K      float64   `json:"k"`
			Lower  *float64  `json:"lower"`
			Upper  *float64  `json:"upper"`
			// "unknown", "known" with sigma_value, or the value itself.
			Sigma json.RawMessage `json:"sigma"`
			Value float64         `json:"sigma_value"`
		}
		testkit.Strict(t, input, &in)
		plan := supplier.VariablesPlan{N: len(in.Sample), K: in.K}
		if in.Sigma[0] == '"' {
			var name string
			testkit.Strict(t, in.Sigma, &name)
			plan.SigmaKnown = sigmaKnown(t, name)
		} else {
			testkit.Strict(t, in.Sigma, &in.Value)
			plan.SigmaKnown = true
		}
		m, err := plan.Judge(in.Sample, supplier.Limits{Lower: in.Lower, Upper: in.Upper}, in.Value)
		require.NoError(t, err)
		return map[string]any{"mean": m.Mean, "sd": m.SD, "quality_lower": m.Lower, "quality_upper": m.Upper, "accept": m.Accept}, 1e-9
	},
	"spc_constants": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			N []int `json:"n"`
		}
		testkit.Strict(t, input, &in)
		var rows []map[string]any
		for _, n := range in.N {
			c, err := supplier.ConstantsFor(n)
			require.NoError(t, err)
			mean, sd := simpsonRange(n)
			require.InDelta(t, mean, c.D2, 1e-6)
			require.InDelta(t, sd, c.D3Sigma, 1e-6)
			rows = append(rows, map[string]any{
				"n": n, "d2": c.D2, "d3": c.D3Sigma, "c4": c.C4, "A": c.A, "A2": c.A2, "A3": c.A3, "B3": c.B3, "B4": c.B4,
				"B5": c.B5, "B6": c.B6, "D1": c.D1, "D2": c.D2L, "D3": c.D3, "D4": c.D4, "E2": c.E2,
			})
		}
		return map[string]any{"rows": rows}, 1e-7
	},
	"chart_xbar_r": func(t *testing.T, input []byte) (map[string]any, float64) {
		return sampleChart(t, input, supplier.XBarR, "r")
	},
	"chart_xbar_s": func(t *testing.T, input []byte) (map[string]any, float64) {
		return sampleChart(t, input, supplier.XBarS, "s")
	},
	"chart_i_mr": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values []float64 `json:"values"`
		}
		testkit.Strict(t, input, &in)
		c, err := supplier.Individuals(in.Values)
		require.NoError(t, err)
		return map[string]any{
			"center": c.Value.Center, "sigma": c.Sigma, "lcl": c.Value.Lower, "ucl": c.Value.Upper,
			"mr_center": c.Range.Center, "mr_ucl": c.Range.Upper, "out": c.Out, "mr_out": c.RangeOut,
		}, 1e-7
	},
	"chart_p": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Defectives []float64 `json:"defectives"`
			Sizes      []float64 `json:"sizes"`
		}
		testkit.Strict(t, input, &in)
		c, err := supplier.PChart(in.Defectives, in.Sizes)
		require.NoError(t, err)
		return countChart(c), 1e-9
	},
	"chart_np": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Defectives []float64 `json:"defectives"`
			Size       float64   `json:"size"`
		}
		testkit.Strict(t, input, &in)
		c, err := supplier.NPChart(in.Defectives, in.Size)
		require.NoError(t, err)
		return map[string]any{"center": c.Center, "lcl": c.Lower[0], "ucl": c.Upper[0], "out": c.Out}, 1e-9
	},
	"chart_c": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Defects []float64 `json:"defects"`
		}
		testkit.Strict(t, input, &in)
		c, err := supplier.CChart(in.Defects)
		require.NoError(t, err)
		return map[string]any{"center": c.Center, "lcl": c.Lower[0], "ucl": c.Upper[0], "out": c.Out}, 1e-9
	},
	"chart_u": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Defects []float64 `json:"defects"`
			Sizes   []float64 `json:"sizes"`
		}
		testkit.Strict(t, input, &in)
		c, err := supplier.UChart(in.Defects, in.Sizes)
		require.NoError(t, err)
		return countChart(c), 1e-9
	},
	"chart_ewma": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values []float64 `json:"values"`
			Target float64   `json:"target"`
			Sigma  float64   `json:"sigma_of_value"`
			Lambda float64   `json:"lambda"`
			Width  float64   `json:"width"`
		}
		testkit.Strict(t, input, &in)
		s, err := supplier.EWMA{Target: in.Target, Sigma: in.Sigma, Lambda: in.Lambda, Width: in.Width}.Stream()
		require.NoError(t, err)
		var z, lower, upper []float64
		out := []int{}
		for i, x := range in.Values {
			v, band, beyond := s.Next(x)
			z, lower, upper = append(z, v), append(lower, band.Lower), append(upper, band.Upper)
			if beyond {
				out = append(out, i)
			}
			// The average as the weighted sum that it is.
			direct := in.Target * math.Pow(1-in.Lambda, float64(i+1))
			for j := range i + 1 {
				direct += in.Lambda * math.Pow(1-in.Lambda, float64(j)) * in.Values[i-j]
			}
			require.InEpsilon(t, direct, v, 1e-12)
		}
		return map[string]any{"z": z, "lcl": lower, "ucl": upper, "out": out}, 1e-9
	},
	"chart_cusum": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values []float64 `json:"values"`
			Target float64   `json:"target"`
			Sigma  float64   `json:"sigma_of_value"`
			K      float64   `json:"k"`
			H      float64   `json:"h"`
		}
		testkit.Strict(t, input, &in)
		s, err := supplier.CUSUM{Target: in.Target, Sigma: in.Sigma, K: in.K, H: in.H}.Stream()
		require.NoError(t, err)
		var upper, lower []float64
		signals := []int{}
		for i, x := range in.Values {
			u, l, signal := s.Next(x)
			upper, lower = append(upper, u), append(lower, l)
			if signal {
				signals = append(signals, i)
			}
			// The sum is the largest of the partial sums that end here.
			most, sum := 0.0, 0.0
			for j := i; j >= 0; j-- {
				sum += (in.Values[j]-in.Target)/in.Sigma - in.K
				most = math.Max(most, sum)
			}
			require.InDelta(t, most, u, 1e-9)
		}
		return map[string]any{"upper": upper, "lower": lower, "signals": signals}, 1e-9
	},
	"run_rules": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Z []float64 `json:"z"`
		}
		testkit.Strict(t, input, &in)
		found, err := supplier.RunRules(in.Z, 0)
		require.NoError(t, err)
		out := map[string]any{}
		for name, rule := range westernElectric {
			list := []int{}
			for i, s := range found {
				require.Equal(t, countedRule(in.Z[:i+1], name), s&rule != 0, "%s at %d", name, i)
				if s&rule != 0 {
					list = append(list, i)
				}
			}
			out[name] = list
		}
		return out, 1e-9
	},
	"capability": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Mean       float64  `json:"mean"`
			Sigma      float64  `json:"sigma"`
			Lower      *float64 `json:"lower"`
			Upper      *float64 `json:"upper"`
			Target     *float64 `json:"target"`
			N          int      `json:"n"`
			Confidence float64  `json:"confidence"`
		}
		testkit.Strict(t, input, &in)
		c, err := supplier.Process{
			Mean: in.Mean, Sigma: in.Sigma, N: in.N, Lower: in.Lower, Upper: in.Upper, Target: in.Target, Confidence: in.Confidence,
		}.Capability()
		require.NoError(t, err)
		interval := func(i *supplier.Interval) any {
			if i == nil {
				return nil
			}
			return []float64{i.Lower, i.Upper}
		}
		return map[string]any{
			"cp": c.Cp, "cpu": c.Cpu, "cpl": c.Cpl, "cpk": c.Cpk, "cpm": c.Cpm,
			"cp_interval": interval(c.CpInterval), "cpk_interval": interval(c.CpkInterval), "expected_ppm": c.PPM,
		}, 1e-9
	},
	"ahp": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Matrix [][]float64 `json:"matrix"`
		}
		testkit.Strict(t, input, &in)
		c, err := supplier.AHP(in.Matrix)
		require.NoError(t, err)
		for i, row := range in.Matrix { // an eigenvector it is
			v := 0.0
			for j, a := range row {
				v += a * c.Weights[j]
			}
			require.InEpsilon(t, c.LambdaMax*c.Weights[i], v, 1e-10)
		}
		return map[string]any{
			"weights": c.Weights, "lambda_max": c.LambdaMax, "consistency_index": c.ConsistencyIndex,
			"consistency_ratio": c.ConsistencyRatio, "acceptable": c.Acceptable,
		}, 1e-9
	},
	"topsis": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Criteria []string        `json:"criteria"`
			Benefit  []bool          `json:"benefit"`
			Matrix   [][]float64     `json:"matrix"`
			Weights  json.RawMessage `json:"weights"`
		}
		testkit.Strict(t, input, &in)
		var weights []float64
		if string(in.Weights) != `"entropy"` {
			testkit.Strict(t, in.Weights, &weights)
		}
		r, err := supplier.TOPSIS(in.Matrix, in.Benefit, weights)
		require.NoError(t, err)
		return map[string]any{"weights": r.Weights, "closeness": r.Closeness, "ranking": r.Order}, 1e-9
	},
	"entropy_weights": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Matrix [][]float64 `json:"matrix"`
		}
		testkit.Strict(t, input, &in)
		w, err := supplier.EntropyWeights(in.Matrix)
		require.NoError(t, err)
		return map[string]any{"weights": w}, 1e-9
	},
	"scorecard": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Lines []struct {
				Ordered   float64 `json:"ordered"`
				OrderedOn date    `json:"ordered_on"`
				Promised  date    `json:"promised"`
				Receipts  []struct {
					Date     date    `json:"date"`
					Quantity float64 `json:"quantity"`
					Rejected float64 `json:"rejected"`
				} `json:"receipts"`
				Agreed   float64 `json:"agreed"`
				Invoiced float64 `json:"invoiced"`
			} `json:"lines"`
			Grace     int     `json:"grace_days"`
			Tolerance float64 `json:"quantity_tolerance"`
		}
		testkit.Strict(t, input, &in)
		var lines []supplier.ScoredLine
		for _, l := range in.Lines {
			line := supplier.ScoredLine{
				Ordered: l.Ordered, OrderedOn: time.Time(l.OrderedOn), Promised: time.Time(l.Promised), Agreed: l.Agreed, Invoiced: l.Invoiced,
			}
			for _, r := range l.Receipts {
				line.Receipts = append(line.Receipts, supplier.Delivery{Date: time.Time(r.Date), Quantity: r.Quantity, Rejected: r.Rejected})
			}
			lines = append(lines, line)
		}
		s, err := supplier.Score(lines, supplier.ScoreRules{GraceDays: in.Grace, QuantityTolerance: in.Tolerance})
		require.NoError(t, err)
		return map[string]any{
			"lines": s.Lines, "on_time": s.OnTime, "in_full": s.InFull, "otif": s.OTIF, "fill_rate": s.FillRate,
			"lead_time":  map[string]any{"n": s.LeadTime.N, "mean": s.LeadTime.Mean, "sd": s.LeadTime.SD, "cv": s.LeadTime.CV},
			"defect_ppm": s.DefectPPM, "price_variance": s.PriceVariance,
		}, 1e-9
	},
	"shrinkage": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			OnTime     float64 `json:"on_time"`
			Orders     float64 `json:"orders"`
			Mean       float64 `json:"prior_mean"`
			Strength   float64 `json:"prior_strength"`
			Confidence float64 `json:"confidence"`
		}
		testkit.Strict(t, input, &in)
		s, err := supplier.Shrink(in.OnTime, in.Orders, supplier.Prior{Mean: in.Mean, Strength: in.Strength}, in.Confidence)
		require.NoError(t, err)
		out := map[string]any{"shrunk": s.Estimate, "rate": s.Rate}
		if s.Wilson != nil {
			out["wilson"] = []float64{s.Wilson.Lower, s.Wilson.Upper}
		}
		return out, 1e-9
	},
}

// TestReference runs the cases of the areas supplier and, for the AQL tables,
// catalog.
func TestReference(t *testing.T) {
	t.Run("cases", func(t *testing.T) {
		var file struct {
			Schema string         `json:"schema"`
			Rules  string         `json:"rules"`
			Cases  []testkit.Case `json:"cases"`
		}
		testkit.Strict(t, testkit.Reference(t, "supplier", "cases.json"), &file)
		require.Equal(t, "supplier/cases/v1", file.Schema)
		for _, c := range file.Cases {
			t.Run(c.ID+"/"+c.Kind, func(t *testing.T) {
				run, ok := kinds[c.Kind]
				require.True(t, ok, "kind %q is not known", c.Kind)
				got, tolerance := run(t, c.Input)
				compare(t, c.Expect, got, tolerance)
			})
		}
	})
	t.Run("aql", testAQL)
}
