package clv_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/clv"
)

type golden struct {
	Note   string `json:"note"`
	Params struct {
		BG     struct{ R, Alpha, A, B float64 }    `json:"bg_nbd"`
		MBG    struct{ R, Alpha, A, B float64 }    `json:"mbg_nbd"`
		Pareto struct{ R, Alpha, S, Beta float64 } `json:"pareto_nbd"`
		GG     struct{ P, Q, V float64 }           `json:"gamma_gamma"`
	} `json:"params_used"`
	Fits      map[string]goldenFit          `json:"fits"`
	Customers []map[string]any              `json:"customers"`
	Extreme   []map[string]any              `json:"extreme_cases"`
	New       map[string]map[string]float64 `json:"new_customer_expected_purchases"`
	PMF       map[string]json.RawMessage    `json:"pmf"`
	DERT      []struct {
		ID    int     `json:"id"`
		Delta float64 `json:"delta"`
		DERT  float64 `json:"dert"`
	} `json:"bg_nbd_dert_quadrature"`
	Tracking map[string]json.RawMessage `json:"holdout_tracking"`
}

type goldenFit struct {
	MLE         []float64 `json:"mle"`
	LL          float64   `json:"ll"`
	SE          []float64 `json:"se"`
	Published   []float64 `json:"published"`
	LLPublished float64   `json:"ll_at_published"`
}

func lines(t testing.TB, file string) [][]string {
	data, err := os.ReadFile(testkit.Data(t, "segment/"+file))
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	require.NoError(t, err)
	return rows[1:]
}

func number(t testing.TB, s string) float64 {
	x, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return x
}

// summary is the published summary of the 1/10 sample with two decimals.
func summary(t testing.TB) []clv.Row {
	var rows []clv.Row
	for _, f := range lines(t, "cdnow_customers_summary_with_transactions.csv") {
		rows = append(rows, clv.Row{Customer: flywheel.CustomerID(f[0]), History: clv.History{X: number(t, f[1]), Recency: number(t, f[2]), T: number(t, f[3])}, Value: number(t, f[4])})
	}
	return rows
}

func close9(t *testing.T, want, got float64, what string) {
	t.Helper()
	require.LessOrEqual(t, math.Abs(got-want), 1e-9*math.Max(math.Abs(want), 1e-3), "%s: want %v, got %v", what, want, got)
}

func TestReference(t *testing.T) {
	var g golden
	d := json.NewDecoder(bytes.NewReader(testkit.Reference(t, "segment", "goldens_clv.json")))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&g))
	p := g.Params
	models := map[string]clv.Model{"bg_nbd": clv.BG(p.BG), "mbg_nbd": clv.MBG(p.MBG), "pareto_nbd": clv.Pareto(p.Pareto)}
	gg := clv.GammaGamma(p.GG)

	predict := func(t *testing.T, c map[string]any) {
		h := clv.History{X: c["x"].(float64), Recency: c["t_x"].(float64), T: c["T"].(float64)}
		for key, want := range c {
			m := models[key]
			switch key {
			case "id", "x", "t_x", "T", "zbar", "t":
				continue
			case "gg_expected_spend":
				close9(t, want.(float64), gg.Spend(h.X, c["zbar"].(float64)), key)
				continue
			}
			if name, ok := strings.CutPrefix(key, "clv_12m_1pct_"); ok {
				require.Contains(t, models, name)
				value, err := clv.Value(models[name], gg, h, c["zbar"].(float64), 12, 4.345, 0.01)
				require.NoError(t, err)
				close9(t, want.(float64), value, key)
				continue
			}
			require.NotNil(t, m, "an observation that this test does not know: %s", key)
			for what, x := range want.(map[string]any) {
				switch {
				case what == "p_alive":
					close9(t, x.(float64), m.Alive(h), key+" alive")
				case what == "e":
					if single, ok := x.(float64); ok {
						close9(t, single, m.Expect(h, c["t"].(float64)), key+" e")
						continue
					}
					for horizon, n := range x.(map[string]any) {
						close9(t, n.(float64), m.Expect(h, number(t, horizon)), key+" e "+horizon)
					}
				case strings.HasPrefix(what, "dert_weekly_"):
					close9(t, x.(float64), m.DERT(h, number(t, what[len("dert_weekly_"):])), key+" dert")
				default:
					require.Fail(t, "an observation that this test does not know", what)
				}
			}
		}
	}
	for _, c := range g.Customers {
		t.Run(fmt.Sprint("customer=", c["id"]), func(t *testing.T) { predict(t, c) })
	}
	for i, c := range g.Extreme {
		t.Run(fmt.Sprint("extreme=", i), func(t *testing.T) { predict(t, c) })
	}
	for name, horizons := range g.New {
		require.Contains(t, models, name)
		for horizon, n := range horizons {
			t.Run("new/"+name+"/"+horizon, func(t *testing.T) { close9(t, n, models[name].New(number(t, horizon)), name) })
		}
	}
	for key, raw := range g.PMF {
		t.Run("pmf/"+key, func(t *testing.T) { pmf(t, models, key, raw) })
	}
	for _, q := range g.DERT {
		t.Run(fmt.Sprint("dert/", q.ID), func(t *testing.T) {
			row := summary(t)[q.ID-1]
			require.InEpsilon(t, q.DERT, models["bg_nbd"].DERT(row.History, q.Delta), 1e-9)
		})
	}
	for name, f := range g.Fits {
		t.Run("fit/"+name, func(t *testing.T) { fits(t, name, f) })
	}
	if g.Tracking != nil {
		tracking(t, g.Tracking)
	}
}

// pmf reads keys such as bg_nbd_t39_n0_13 (n from 0 to 13) and bg_nbd_t2_n10.
func pmf(t *testing.T, models map[string]clv.Model, key string, raw json.RawMessage) {
	name, rest, ok := strings.Cut(key, "_t")
	require.True(t, ok)
	at, counts, ok := strings.Cut(rest, "_n")
	require.True(t, ok)
	m, ok := models[name].(interface {
		Probability(n int, t float64) float64
	})
	require.True(t, ok, "%s has no probabilities", name)
	var want []float64
	if json.Unmarshal(raw, &want) != nil {
		var one float64
		require.NoError(t, json.Unmarshal(raw, &one))
		want = []float64{one}
	}
	from, err := strconv.Atoi(strings.Split(counts, "_")[0])
	require.NoError(t, err)
	for i, w := range want {
		require.InEpsilon(t, w, m.Probability(from+i, number(t, at)), 1e-9)
	}
}

func fits(t *testing.T, name string, f goldenFit) {
	var params, se []float64
	var ll, llAt float64
	rows := summary(t)
	total := func(m clv.Model) (sum float64) {
		for _, r := range rows {
			sum += m.LogLikelihood(r.History)
		}
		return sum
	}
	of := func(fit *clv.Fit, err error) {
		require.NoError(t, err)
		require.Empty(t, fit.Warnings)
		params, se, ll = fit.Model.Params(), fit.StdErr, fit.LogLikelihood
	}
	q := append(f.Published, 0, 0, 0, 0)
	switch name {
	case "bg_nbd":
		of(clv.FitBG(rows, nil))
		llAt = total(clv.BG{R: q[0], Alpha: q[1], A: q[2], B: q[3]})
	case "mbg_nbd":
		of(clv.FitMBG(rows, nil))
		llAt = total(clv.MBG{R: q[0], Alpha: q[1], A: q[2], B: q[3]})
	case "pareto_nbd":
		of(clv.FitPareto(rows, nil))
		llAt = total(clv.Pareto{R: q[0], Alpha: q[1], S: q[2], Beta: q[3]})
	case "gamma_gamma":
		fit, err := clv.FitGammaGamma(rows)
		require.NoError(t, err)
		params, se, ll = fit.Model.Params(), fit.StdErr, fit.LogLikelihood
		for _, r := range rows {
			if r.X > 0 {
				llAt += clv.GammaGamma{P: q[0], Q: q[1], V: q[2]}.LogLikelihood(r.X, r.Value)
			}
		}
	case "bg_bb_donations":
		var donors []clv.BGBBRow
		for _, l := range lines(t, "donations.csv") {
			donors = append(donors, clv.BGBBRow{Opportunities: clv.Opportunities{X: int(number(t, l[0])), Recency: int(number(t, l[1])), N: int(number(t, l[2]))}, Weight: number(t, l[3])})
		}
		fit, err := clv.FitBGBB(donors)
		require.NoError(t, err)
		require.Empty(t, fit.Warnings)
		params, se, ll = fit.Model.Params(), fit.StdErr, fit.LogLikelihood
		for _, r := range donors {
			llAt += r.Weight * clv.BGBB{Alpha: q[0], Beta: q[1], Gamma: q[2], Delta: q[3]}.LogLikelihood(r.Opportunities)
		}
	default:
		require.Fail(t, "a model that this test does not know", name)
	}
	for i, want := range f.MLE {
		require.InEpsilon(t, want, params[i], 1e-5, "parameter %d", i)
	}
	for i, want := range f.SE {
		require.InEpsilon(t, want, se[i], 1e-4, "standard error %d", i)
	}
	for i, want := range f.Published { // three digits
		require.InEpsilon(t, want, params[i], 0.01, "published parameter %d", i)
	}
	if f.LL != 0 {
		require.InDelta(t, f.LL, ll, 1e-6)
	}
	if f.LLPublished != 0 {
		require.InEpsilon(t, f.LLPublished, llAt, 1e-9)
	}
}

// frequencies reads 3 as from 3 to 3 and "7+" as from 7 on.
func frequencies(t *testing.T, x any) (from, to int) {
	if n, ok := x.(float64); ok {
		return int(n), int(n)
	}
	from, err := strconv.Atoi(strings.TrimSuffix(x.(string), "+"))
	require.NoError(t, err)
	return from, math.MaxInt
}

// sample reads the 1/10 sample.
func sample(t testing.TB) []clv.Purchase {
	data, err := os.ReadFile(testkit.Data(t, "segment/CDNOW_sample.txt"))
	require.NoError(t, err)
	var purchases []clv.Purchase
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		at, err := time.Parse("20060102", f[2])
		require.NoError(t, err)
		purchases = append(purchases, clv.Purchase{Customer: flywheel.CustomerID(f[1]), At: at, Value: number(t, f[4])})
	}
	return purchases
}

var calibrated = time.Date(1997, 9, 30, 0, 0, 0, 0, time.UTC)

func tracking(t *testing.T, sections map[string]json.RawMessage) {
	purchases := sample(t)
	for name, raw := range sections {
		t.Run("tracking/"+name, func(t *testing.T) {
			if name == "actual_weekly_repeat" {
				var want []float64
				require.NoError(t, json.Unmarshal(raw, &want))
				r, err := clv.Backtest(clv.Pareto{R: 1, Alpha: 1, S: 1, Beta: 1}, purchases, calibrated, 39)
				require.NoError(t, err)
				require.Equal(t, want, r.Weekly)
				return
			}
			var want struct {
				Params      []float64 `json:"params"`
				SumAlive    float64   `json:"sum_p_alive"`
				Pred        float64   `json:"holdout_pred_total"`
				Actual      float64   `json:"holdout_actual_total"`
				MAE         float64   `json:"per_customer_mae"`
				RMSE        float64   `json:"per_customer_rmse"`
				Corr        float64   `json:"corr"`
				WeeklyMAE   float64   `json:"weekly_mae_40_78"`
				MAPE        float64   `json:"cum_mape_40_78"`
				At39        float64   `json:"cum_at_39"`
				At78        float64   `json:"cum_at_78"`
				Actual39    float64   `json:"actual_cum_39"`
				Actual78    float64   `json:"actual_cum_78"`
				ByFrequency []struct {
					X      any     `json:"x"` // the last is "7+"
					N      int     `json:"n"`
					Actual float64 `json:"actual_mean"`
					Pred   float64 `json:"pred_mean"`
				} `json:"by_frequency"`
			}
			d := json.NewDecoder(bytes.NewReader(raw))
			d.DisallowUnknownFields()
			require.NoError(t, d.Decode(&want))
			q := want.Params
			m, ok := map[string]clv.Model{"bg_nbd": clv.BG{R: q[0], Alpha: q[1], A: q[2], B: q[3]}, "mbg_nbd": clv.MBG{R: q[0], Alpha: q[1], A: q[2], B: q[3]},
				"pareto_nbd": clv.Pareto{R: q[0], Alpha: q[1], S: q[2], Beta: q[3]}}[name]
			require.True(t, ok, "a model that this test does not know")
			r, err := clv.Backtest(m, purchases, calibrated, 39)
			require.NoError(t, err)
			for what, pair := range map[string][2]float64{"alive": {want.SumAlive, r.Alive}, "predicted": {want.Pred, r.Predicted}, "actual": {want.Actual, r.Actual},
				"mae": {want.MAE, r.MAE}, "rmse": {want.RMSE, r.RMSE}, "corr": {want.Corr, r.Correlation}, "weekly": {want.WeeklyMAE, r.WeeklyMAE},
				"mape": {want.MAPE, r.CumulativeMAPE}, "at 39": {want.At39, r.Expected[38]}, "at 78": {want.At78, r.Expected[77]}} {
				close9(t, pair[0], pair[1], what)
			}
			sum := 0.0
			for w, n := range r.Weekly {
				sum += n
				if w == 38 {
					require.Equal(t, want.Actual39, sum)
				}
			}
			require.Equal(t, want.Actual78, sum)
			for _, f := range want.ByFrequency {
				group := r.Frequency(frequencies(t, f.X))
				require.Equal(t, f.N, group.Customers, "x = %v", f.X)
				close9(t, f.Actual, group.Actual, "actual")
				close9(t, f.Pred, group.Predicted, "predicted")
			}
		})
	}
}
