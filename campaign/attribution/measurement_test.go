package attribution_test

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/campaign/utm"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func strict(t *testing.T, raw json.RawMessage, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(v))
}

func measurement(t *testing.T) {
	var file map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "attribution", "goldens_measurement.json"), &file))
	for name, raw := range file {
		switch name {
		case "incrementality":
			incrementality(t, raw)
		case "unit_economics":
			economics(t, raw)
		case "budget", "adstock": // run by campaign/budget
		case "channel_group": // run by campaign/utm
		default:
			t.Fatalf("unknown section %s", name)
		}
	}
}

func near(t *testing.T, want *float64, got attribution.Ratio, name string) {
	t.Helper()
	if want == nil {
		require.False(t, got.Defined, name)
		return
	}
	require.True(t, got.Defined, name)
	require.InDelta(t, *want, got.Value, 1e-9*max(1, math.Abs(*want)), name)
}

func incrementality(t *testing.T, raw json.RawMessage) {
	var cases []struct {
		Treated     int64      `json:"n_treat"`
		Conversions int64      `json:"conv_treat"`
		Held        int64      `json:"n_holdout"`
		HeldConv    int64      `json:"conv_holdout"`
		Cost        float64    `json:"cost"`
		Revenue     float64    `json:"revenue_per_conversion"`
		Treat       float64    `json:"cr_treat"`
		Hold        float64    `json:"cr_holdout"`
		Abs         float64    `json:"abs_lift"`
		Rel         *float64   `json:"rel_lift"`
		Incremental float64    `json:"incremental_conversions"`
		CI          [2]float64 `json:"incremental_ci95"`
		Z           float64    `json:"z_pooled"`
		P           float64    `json:"p_two_sided"`
		ICPA        *float64   `json:"icpa"`
		IROAS       *float64   `json:"iroas"`
		Naive       *float64   `json:"naive_roas"`
		Factor      *float64   `json:"incrementality_factor"`
	}
	strict(t, raw, &cases)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		h := attribution.Holdout{Treated: c.Treated, TreatedConversions: c.Conversions, Held: c.Held, HeldConversions: c.HeldConv, Cost: c.Cost, ValuePerConversion: c.Revenue}
		r, err := h.Measure(0.95)
		require.NoError(t, err)
		for name, pair := range map[string][2]float64{
			"treated": {c.Treat, r.TreatedRate}, "held": {c.Hold, r.HeldRate}, "abs": {c.Abs, r.AbsoluteLift}, "incremental": {c.Incremental, r.Incremental},
			"from": {c.CI[0], r.From}, "to": {c.CI[1], r.To}, "z": {c.Z, r.Z}, "p": {c.P, r.P},
		} {
			require.InDelta(t, pair[0], pair[1], 1e-9*max(1, math.Abs(pair[0])), name)
		}
		near(t, c.Rel, r.RelativeLift, "rel")
		near(t, c.ICPA, r.CostPerIncremental, "icpa")
		near(t, c.IROAS, r.IncrementalROAS, "iroas")
		near(t, c.Naive, r.NaiveROAS, "naive")
		near(t, c.Factor, r.Factor, "factor")
		// Second method: the limits by the variance of counts, the test as χ² of the table.
		n, m := float64(c.Treated), float64(c.Held)
		x, y := float64(c.Conversions), float64(c.HeldConv)
		require.InDelta(t, 1.959963984540054*math.Sqrt(x*(n-x)/n+n*n*y*(m-y)/(m*m*m)), r.To-r.Incremental, 1e-6)
		chi := (n + m) * math.Pow(x*(m-y)-y*(n-x), 2) / (n * m * (x + y) * (n + m - x - y))
		require.InDelta(t, chi, r.Z*r.Z, 1e-9*max(1, chi))
		require.InDelta(t, math.Erfc(math.Sqrt(chi/2)), r.P, 1e-12)
	}
}

func economics(t *testing.T, raw json.RawMessage) {
	var cases []struct {
		Spend      float64  `json:"spend"`
		New        float64  `json:"new_customers"`
		Attributed float64  `json:"attributed_revenue"`
		Margin     float64  `json:"gross_margin"`
		ARPU       float64  `json:"monthly_arpu"`
		Churn      float64  `json:"monthly_churn"`
		Discount   float64  `json:"monthly_discount"`
		Total      float64  `json:"total_revenue"`
		CAC        *float64 `json:"cac"`
		ROAS       *float64 `json:"roas"`
		ROI        *float64 `json:"roi"`
		ACOS       *float64 `json:"acos"`
		MER        *float64 `json:"mer"`
		LTV        *float64 `json:"ltv_simple"`
		Discounted *float64 `json:"ltv_discounted_first_payment_now"`
		PerCAC     *float64 `json:"ltv_cac"`
		Payback    *float64 `json:"payback_months"`
		BreakEven  *float64 `json:"break_even_roas"`
	}
	strict(t, raw, &cases)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		u, err := attribution.Economics{Spend: c.Spend, NewCustomers: c.New, AttributedRevenue: c.Attributed, TotalRevenue: c.Total, Margin: c.Margin, ARPU: c.ARPU, Churn: c.Churn, Discount: c.Discount}.Ratios()
		require.NoError(t, err)
		near(t, c.CAC, u.CAC, "cac")
		near(t, c.ROAS, u.ROAS, "roas")
		near(t, c.ROI, u.ROI, "roi")
		near(t, c.ACOS, u.ACOS, "acos")
		near(t, c.MER, u.MER, "mer")
		near(t, c.LTV, u.LTV, "ltv")
		near(t, c.Discounted, u.DiscountedLTV, "discounted")
		near(t, c.PerCAC, u.LTVPerCAC, "ltv per cac")
		near(t, c.Payback, u.Payback, "payback")
		near(t, c.BreakEven, u.BreakEvenROAS, "break-even")
		if c.Churn > 0 {
			// Second method: the payments one by one.
			sum, discounted, alive, worth := 0.0, 0.0, 1.0, 1.0
			for range 20000 {
				sum += c.ARPU * c.Margin * alive
				discounted += c.ARPU * c.Margin * alive * worth
				alive *= 1 - c.Churn
				worth /= 1 + c.Discount
			}
			require.InEpsilon(t, sum, u.LTV.Value, 1e-9)
			require.InEpsilon(t, discounted, u.DiscountedLTV.Value, 1e-9)
		}
	}
}

// streamEvents reads the events that were made for this project.
func streamEvents(tb testing.TB) []flywheel.Event {
	tb.Helper()
	var columns []table.Column
	for _, name := range []string{"seq", "ts", "anon_id", "user_id", "event", "value", "utm_source", "utm_medium", "utm_campaign"} {
		columns = append(columns, table.Column{Name: name})
	}
	r, err := table.Open(testkit.Data(tb, "segment/events.csv.gz"), table.Spec{Columns: columns, Decimal: '.'})
	require.NoError(tb, err)
	defer func() { require.NoError(tb, r.Close()) }()
	euro := money.MustCurrency("EUR")
	var events []flywheel.Event
	for r.Next() {
		id, err := r.Text(0)
		require.NoError(tb, err)
		at, err := r.Int(1, 0, math.MaxInt64)
		require.NoError(tb, err)
		visitor, err := r.Text(2)
		require.NoError(tb, err)
		name, err := r.Text(4)
		require.NoError(tb, err)
		e := flywheel.Event{ID: id, Name: name, Time: time.Unix(at, 0).UTC(), Visitor: flywheel.VisitorID(visitor)}
		if user := r.Raw(3); user != "" {
			e.Customer = flywheel.CustomerID([]byte(user))
		}
		if !r.Missing(5) {
			value, err := r.Number(5)
			require.NoError(tb, err)
			e.Value = money.New(int64(math.Round(value*100)), euro)
		}
		if r.Raw(6) != "" {
			e.Properties = map[string]any{}
			for i, key := range []string{utm.PropertySource, utm.PropertyMedium, utm.PropertyCampaign} {
				e.Properties[key] = string([]byte(r.Raw(6 + i)))
			}
		}
		events = append(events, e)
	}
	require.NoError(tb, r.Err())
	return events
}

func stream(t *testing.T) {
	var file map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "segment", "goldens_events.json"), &file))
	raw, ok := file["stream_attribution_30d"]
	if !ok {
		if raw, ok = file["stream_models"]; !ok {
			t.Skip("the file has no section of attribution")
		}
	}
	var want struct {
		Purchases    int
		Revenue      float64
		Unattributed int
		Models       map[string]map[string]float64
		Example      struct {
			Person    string
			At        int64     `json:"purchase_ts"`
			Touches   [][2]any  `json:"touches"`
			TimeDecay []float64 `json:"time_decay"`
		}
		Top [][2]any `json:"top10_paths"`
	}
	strict(t, raw, &want)
	built, err := attribution.Builder{}.Build(streamEvents(t))
	require.NoError(t, err)
	require.Equal(t, want.Unattributed, built.Unattributed)
	var converted []attribution.Journey
	revenue := built.UnattributedValue
	for _, j := range built.Journeys {
		if j.Converted {
			converted = append(converted, j)
			revenue += j.Value
		}
	}
	require.Equal(t, want.Purchases, len(converted)+built.Unattributed)
	require.InDelta(t, want.Revenue, revenue, 1e-6)
	rules := map[string]attribution.Rule{
		"first": attribution.First{}, "last": attribution.Last{}, "last_non_direct": attribution.LastNonDirect{}, "linear": attribution.Linear{},
		"time_decay_7d": attribution.TimeDecay{}, "u_40_20_40": attribution.UShaped{}, "position_decay": attribution.PositionDecay{},
	}
	for name, credits := range want.Models {
		base, value := name, false
		if rules[base] == nil {
			base, value = name[:max(len(name)-len("_value"), 0)], true
		}
		require.NotNil(t, rules[base], "unknown model %s", name)
		got, err := attribution.CreditJourneys(rules[base], converted)
		require.NoError(t, err)
		require.Len(t, got.Credits, len(credits), name)
		for _, c := range got.Credits {
			x := c.Conversions
			if value {
				x = c.Value
			}
			require.InDelta(t, credits[string(c.Channel)], x, 1e-5, "%s %s", name, c.Channel)
		}
	}
	counts, err := attribution.Count(converted)
	require.NoError(t, err)
	for i, p := range counts.Top(len(want.Top)) {
		require.Len(t, p.Channels, 1)
		require.Equal(t, want.Top[i][0], string(p.Channels[0]))
		require.InDelta(t, want.Top[i][1], p.Conversions, 0)
	}
	if want.Example.Person == "" {
		return
	}
	at := slices.IndexFunc(converted, func(j attribution.Journey) bool {
		return j.Person == want.Example.Person && j.At.Unix() == want.Example.At
	})
	require.GreaterOrEqual(t, at, 0)
	j := converted[at]
	require.Len(t, j.Touches, len(want.Example.Touches))
	var times []time.Time
	for i, touch := range j.Touches {
		require.InDelta(t, want.Example.Touches[i][0], touch.At.Unix(), 0)
		require.Equal(t, want.Example.Touches[i][1], string(touch.Channel))
		times = append(times, touch.At)
	}
	shares, err := attribution.Shares(attribution.TimeDecay{}, j.Touches, j.At)
	require.NoError(t, err)
	require.InDeltaSlice(t, want.Example.TimeDecay, shares, 1e-12)
	require.InDeltaSlice(t, decayByHand(times, j.At), shares, 1e-12)
}
