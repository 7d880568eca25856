package market_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func compare(t *testing.T, expect []byte, got map[string]any, tolerance float64) {
	t.Helper()
	// Quantiles of t in the cases are good to 2e-9; see TestStudentQuantile.
	testkit.Compare(t, expect, got, testkit.Tolerance{Relative: tolerance, Absolute: 1e-13, Keys: map[string]float64{"critical": 1e-8}})
}

var eur = money.MustCurrency("EUR")

func euros(minor int64) money.Amount { return money.New(minor, eur) }

func robust(t *testing.T, scale string) bool {
	require.Contains(t, []string{"", "median and MAD x 1.4826"}, scale)
	return scale != ""
}

var kinds = map[string]func(t *testing.T, input []byte) (map[string]any, float64){
	"price_index": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Own         map[flywheel.SKU]float64   `json:"own"`
			Competitors map[flywheel.SKU][]float64 `json:"competitors"`
			Basis       string                     `json:"basis"`
			Weights     map[flywheel.SKU]float64   `json:"weights"`
		}
		testkit.Strict(t, input, &in)
		bases := map[string]market.Basis{"median": market.Median, "mean": market.Mean, "lowest": market.Lowest, "min": market.Lowest}
		require.Contains(t, bases, in.Basis)
		var items []market.Priced
		for sku, own := range in.Own {
			items = append(items, market.Priced{SKU: sku, Own: own, Competitors: in.Competitors[sku], Weight: in.Weights[sku]})
		}
		slices.SortFunc(items, func(a, b market.Priced) int { return strings.Compare(string(a.SKU), string(b.SKU)) })
		x, err := market.IndexOf(items, bases[in.Basis])
		require.NoError(t, err)
		ratio, product, weights := map[flywheel.SKU]float64{}, 1.0, 0.0
		for _, r := range x.Ratio {
			ratio[r.SKU] = r.Ratio
			weights += in.Weights[r.SKU]
		}
		for sku, r := range ratio {
			product *= math.Pow(r, in.Weights[sku]/weights)
		}
		require.InEpsilon(t, 100*product, x.Jevons, 1e-9)
		out := map[string]any{"ratio": ratio, "jevons": x.Jevons, "carli": x.Carli, "dutot": x.Dutot}
		if len(x.Unmatched) > 0 {
			out["unmatched"] = x.Unmatched
		}
		return out, 1e-9
	},
	"price_position": func(t *testing.T, input []byte) (map[string]any, float64) {
		type quote struct {
			Seller   string `json:"seller"`
			Price    int64  `json:"price"`
			Shipping int64  `json:"shipping"`
			InStock  bool   `json:"in_stock"`
			Seen     int64  `json:"seen"`
		}
		var in struct {
			Own    quote   `json:"own"`
			Offers []quote `json:"offers"`
			At     int64   `json:"at"`
			MaxAge int64   `json:"max_age"`
		}
		testkit.Strict(t, input, &in)
		of := func(q quote) market.Quote {
			return market.Quote{Seller: q.Seller, Price: euros(q.Price), Shipping: euros(q.Shipping), InStock: q.InStock, Seen: time.Unix(q.Seen, 0)}
		}
		var quotes []market.Quote
		for _, q := range in.Offers {
			quotes = append(quotes, of(q))
		}
		p, err := market.Comparison{At: time.Unix(in.At, 0), MaxAge: time.Duration(in.MaxAge) * time.Second}.Position(of(in.Own), quotes)
		require.NoError(t, err)
		require.Equal(t, len(quotes), p.Used+p.Stale+p.OutOfStock+p.Slow)
		return map[string]any{
			"used": p.Used, "rank": p.Rank, "of": p.Of, "tied": p.Tied, "gap_to_lowest": p.GapToLowest, "gap_to_median": p.GapToMedian,
		}, 1e-9
	},
	"map_violation": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Observations [][2]*int64 `json:"observations"`
			Map          int64       `json:"map"`
			OpenAfter    int         `json:"open_after"`
			CloseAfter   int         `json:"close_after"`
			Tolerance    int64       `json:"tolerance"`
		}
		testkit.Strict(t, input, &in)
		rule := market.MinimumPrice{Minimum: euros(in.Map), Tolerance: euros(in.Tolerance), OpenAfter: in.OpenAfter, CloseAfter: in.CloseAfter}
		w, err := rule.Watch()
		require.NoError(t, err)
		incidents := []map[string]any{}
		encode := func(v market.Violation) map[string]any {
			out := map[string]any{
				"opened": v.Opened.Unix(), "first_seen": v.FirstSeen.Unix(), "lowest": v.Lowest.Minor(), "lost_per_unit": v.Lost.Minor(),
				"closed": nil,
			}
			if !v.Closed.IsZero() {
				out["closed"] = v.Closed.Unix()
			}
			return out
		}
		var seen []reading
		for _, o := range in.Observations {
			if o[1] == nil {
				continue
			}
			seen = append(seen, reading{*o[0], *o[1]})
			v, change, err := w.Next(time.Unix(*o[0], 0), euros(*o[1]))
			require.NoError(t, err)
			if change == market.Closed {
				incidents = append(incidents, encode(v))
			}
		}
		if v, open := w.Open(); open {
			incidents = append(incidents, encode(v))
		}
		require.Equal(t, naiveViolations(seen, in.Map-in.Tolerance, in.OpenAfter, in.CloseAfter), asViolations(incidents))
		return map[string]any{"incidents": incidents}, 1e-9
	},
	"esd": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values []float64 `json:"values"`
			Most   int       `json:"max_outliers"`
			Alpha  float64   `json:"alpha"`
			Scale  string    `json:"scale"`
		}
		testkit.Strict(t, input, &in)
		return esd(t, in.Values, market.ESD{MaxOutliers: in.Most, Alpha: in.Alpha, Robust: robust(t, in.Scale)}), 1e-9
	},
	"seasonal_esd": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values []float64 `json:"values"`
			Period int       `json:"period"`
			Most   int       `json:"max_outliers"`
			Alpha  float64   `json:"alpha"`
			Scale  string    `json:"scale"`
		}
		testkit.Strict(t, input, &in)
		residual, err := market.Seasonal(in.Values, in.Period)
		require.NoError(t, err)
		return esd(t, residual, market.ESD{MaxOutliers: in.Most, Alpha: in.Alpha, Robust: robust(t, in.Scale)}), 1e-9
	},
	"hampel": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values    []float64 `json:"values"`
			Half      int       `json:"half_window"`
			Threshold float64   `json:"threshold"`
		}
		testkit.Strict(t, input, &in)
		out, err := market.Hampel(in.Values, in.Half, in.Threshold)
		require.NoError(t, err)
		return map[string]any{"outliers": out}, 1e-9
	},
	"tukey": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values []float64 `json:"values"`
			K      float64   `json:"k"`
		}
		testkit.Strict(t, input, &in)
		f, err := market.Tukey(in.Values, in.K)
		require.NoError(t, err)
		return map[string]any{"q1": f.Q1, "q3": f.Q3, "lower": f.Lower, "upper": f.Upper, "outliers": f.Outliers}, 1e-9
	},
	"changepoint": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values  []float64 `json:"values"`
			Cost    string    `json:"cost"`
			Penalty float64   `json:"penalty"`
			Least   int       `json:"min_segment"`
			Method  string    `json:"method"`
			Most    int       `json:"max_changepoints"`
		}
		testkit.Strict(t, input, &in)
		c := market.Changes{Penalty: in.Penalty, MinSegment: in.Least}
		switch {
		case strings.HasPrefix(in.Cost, "normal mean and variance"):
			c.Cost = market.NormalMeanVariance
		case strings.HasPrefix(in.Cost, "normal mean"):
			c.Cost = market.NormalMean
		case strings.HasPrefix(in.Cost, "poisson"):
			c.Cost = market.PoissonRate
		default:
			t.Fatalf("cost %q is not known", in.Cost)
		}
		switch in.Method {
		case "optimal (PELT)":
			s, err := c.Find(in.Values)
			require.NoError(t, err)
			at, objective := partition(c, in.Values)
			require.InEpsilon(t, objective, s.Objective, 1e-10)
			require.Equal(t, at, s.At)
			return map[string]any{"changepoints": s.At, "objective": s.Objective}, 1e-9
		case "binary segmentation":
			s, err := c.BinarySegmentation(in.Values, in.Most)
			require.NoError(t, err)
			out := map[string]any{"changepoints": s.At}
			return out, 1e-9
		}
		t.Fatalf("method %q is not known", in.Method)
		return nil, 0
	},
	"mann_kendall": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values []float64 `json:"values"`
		}
		testkit.Strict(t, input, &in)
		r, err := market.MannKendall(in.Values)
		require.NoError(t, err)
		s := int64(0)
		for i, a := range in.Values {
			for _, b := range in.Values[i+1:] {
				switch {
				case b > a:
					s++
				case b < a:
					s--
				}
			}
		}
		require.Equal(t, s, r.S)
		return map[string]any{"s": r.S, "variance": r.Variance, "z": r.Z, "p_value": r.P, "tau_b": r.TauB, "sen_slope": r.Slope}, 1e-9
	},
	"page_hinkley": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values    []float64 `json:"values"`
			Delta     float64   `json:"delta"`
			Lambda    float64   `json:"lambda"`
			Least     int       `json:"min_observations"`
			Direction string    `json:"direction"`
		}
		testkit.Strict(t, input, &in)
		require.Contains(t, []string{"up", "down"}, in.Direction)
		s, err := market.PageHinkley{Delta: in.Delta, Lambda: in.Lambda, MinObservations: in.Least, Down: in.Direction == "down"}.Stream()
		require.NoError(t, err)
		alarms := []int{}
		for i, x := range in.Values {
			if s.Next(x) {
				alarms = append(alarms, i)
			}
		}
		return map[string]any{"alarms": alarms}, 1e-9
	},
	"bocpd": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Values   []float64 `json:"values"`
			Hazard   float64   `json:"hazard"`
			Mean     float64   `json:"prior_mean"`
			Variance float64   `json:"prior_variance"`
			Noise    float64   `json:"noise_variance"`
		}
		testkit.Strict(t, input, &in)
		law := market.BayesianChange{Hazard: in.Hazard, PriorMean: in.Mean, PriorVariance: in.Variance, NoiseVariance: in.Noise}
		s, err := law.Stream()
		require.NoError(t, err)
		var likely []int
		for _, x := range in.Values {
			require.NoError(t, s.Next(x))
			likely = append(likely, s.MostLikely())
		}
		if len(in.Values) <= 14 {
			require.InEpsilon(t, segmentations(law, in.Values), s.LogEvidence(), 1e-9)
		}
		return map[string]any{"log_evidence": s.LogEvidence(), "run_length_after_last": s.RunLengths(), "map_run_length": likely}, 1e-9
	},
	"nab_score": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Length     int      `json:"length"`
			Windows    [][2]int `json:"windows"`
			Detections []int    `json:"detections"`
			Profile    string   `json:"profile"`
		}
		testkit.Strict(t, input, &in)
		profile, ok := nabProfiles[in.Profile]
		require.True(t, ok, "profile %q is not known", in.Profile)
		return map[string]any{"score": nabRaw(in.Length, in.Windows, in.Detections, profile)}, 1e-9
	},
	"breakout": func(t *testing.T, input []byte) (map[string]any, float64) {
		var in struct {
			Recent        float64 `json:"recent_count"`
			RecentDays    float64 `json:"recent_days"`
			Reference     float64 `json:"reference_count"`
			ReferenceDays float64 `json:"reference_days"`
		}
		testkit.Strict(t, input, &in)
		b, err := market.FindBreakout(in.Recent, in.RecentDays, in.Reference, in.ReferenceDays)
		require.NoError(t, err)
		// The tail as a sum of probabilities.
		n, p := in.Recent+in.Reference, in.RecentDays/(in.RecentDays+in.ReferenceDays)
		require.InDelta(t, upperTail(n, in.Recent, p), b.PUp, 1e-11)
		if b.Upper != nil {
			q := *b.Upper * in.RecentDays / in.ReferenceDays
			q /= 1 + q
			require.InEpsilon(t, 0.025, 1-upperTail(n, in.Recent+1, q), 1e-7)
		}
		out := map[string]any{"rate_ratio": b.Ratio, "p_value_up": b.PUp}
		if b.Upper != nil {
			out["ratio_interval95"] = []float64{b.Lower, *b.Upper}
		} else {
			out["ratio_interval95"] = []any{b.Lower, nil}
		}
		return out, 1e-9
	},
}

func esd(t *testing.T, values []float64, test market.ESD) map[string]any {
	r, err := test.Test(values)
	require.NoError(t, err)
	require.False(t, r.NoSpread)
	return map[string]any{"statistics": r.Statistics, "critical": r.Critical, "outliers": r.Outliers}
}

// TestReference runs the cases of the area market.
func TestReference(t *testing.T) {
	var file struct {
		Schema string         `json:"schema"`
		Rules  string         `json:"rules"`
		Cases  []testkit.Case `json:"cases"`
	}
	testkit.Strict(t, testkit.Reference(t, "market", "cases.json"), &file)
	require.Equal(t, "market/cases/v1", file.Schema)
	for _, c := range file.Cases {
		t.Run(c.ID+"/"+c.Kind, func(t *testing.T) {
			run, ok := kinds[c.Kind]
			require.True(t, ok, "kind %q is not known", c.Kind)
			got, tolerance := run(t, c.Input)
			compare(t, c.Expect, got, tolerance)
		})
	}
}
