package attribution

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

// Ratio is a quotient that is not defined where its denominator is zero. In JSON
// it is null then.
type Ratio struct {
	Value   float64
	Defined bool
}

func ratio(a, b float64) Ratio {
	if v := a / b; b > 0 && !math.IsInf(v, 0) && !math.IsNaN(v) {
		return Ratio{v, true}
	}
	return Ratio{}
}

// MarshalJSON writes the value or null.
func (r Ratio) MarshalJSON() ([]byte, error) {
	if !r.Defined {
		return []byte("null"), nil
	}
	return json.Marshal(r.Value)
}

// String returns the value with four digits, or a hyphen.
func (r Ratio) String() string {
	if !r.Defined {
		return "-"
	}
	return fmt.Sprintf("%.4g", r.Value)
}

// Cost is what was spent on a channel, in the currency of the values.
type Cost struct {
	Channel utm.ChannelGroup
	Amount  float64
}

// Performance is what a channel brought and cost.
type Performance struct {
	Channel     utm.ChannelGroup `json:"channel"`
	Cost        float64          `json:"cost"`
	Conversions float64          `json:"conversions"`
	Value       float64          `json:"value"`
	CPA         Ratio            `json:"cpa"`  // cost per conversion
	ROAS        Ratio            `json:"roas"` // value per cost
	ROI         Ratio            `json:"roi"`  // (value·margin - cost) per cost
	ACOS        Ratio            `json:"acos"` // cost per value
}

// Report joins credits and costs.
type Report struct {
	Channels []Performance `json:"channels"` // in order of their names; credited or paid
	Total    Performance   `json:"total"`
	MER      Ratio         `json:"mer"` // all revenue per cost, marketing efficiency ratio
	Warnings []string      `json:"warnings,omitempty"`
}

// JoinCosts sets costs against credits. margin is the share of revenue that is
// left after the cost of goods, from 0 to 1; revenue is that of the whole shop in
// the same time, 0 where it is not known. Costs of one channel are added. Channels
// with costs and no credit are kept: they are what the report is for.
func JoinCosts(r *Result, costs []Cost, margin, revenue float64) (*Report, error) {
	if !(margin >= 0 && margin <= 1) {
		return nil, refuse("margin", fmt.Errorf("%v is not from 0 to 1: %w", margin, flywheel.ErrOutOfRange))
	}
	if !(revenue >= 0) || math.IsInf(revenue, 0) {
		return nil, refuse("revenue", fmt.Errorf("%v: %w", revenue, flywheel.ErrOutOfRange))
	}
	rows := map[utm.ChannelGroup]*Performance{}
	for _, c := range r.Credits {
		rows[c.Channel] = &Performance{Channel: c.Channel, Conversions: c.Conversions, Value: c.Value}
	}
	unpaid := len(rows)
	for i, c := range costs {
		if !(c.Amount >= 0) || math.IsInf(c.Amount, 0) {
			return nil, refuse(fmt.Sprintf("costs[%d].amount", i), fmt.Errorf("%v of %q: %w", c.Amount, c.Channel, flywheel.ErrOutOfRange))
		}
		if err := flywheel.CheckID(string(c.Channel)); err != nil {
			return nil, refuse(fmt.Sprintf("costs[%d].channel", i), err)
		}
		row := rows[c.Channel]
		if row == nil {
			row = &Performance{Channel: c.Channel}
			rows[c.Channel] = row
		}
		row.Cost += c.Amount
	}
	out := &Report{}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		row := rows[name]
		row.ratios(margin)
		out.Channels = append(out.Channels, *row)
		out.Total.Cost += row.Cost
		out.Total.Conversions += row.Conversions
		out.Total.Value += row.Value
	}
	if math.IsInf(out.Total.Cost, 0) {
		return nil, refuse("costs", fmt.Errorf("their sum: %w", flywheel.ErrOutOfRange))
	}
	out.Total.Channel = "all"
	out.Total.ratios(margin)
	out.MER = ratio(revenue, out.Total.Cost)
	if revenue == 0 {
		out.MER = Ratio{}
	}
	if n := len(rows) - unpaid; n > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("channels that cost money and brought nothing, or go by another name in the paths: %d", n))
	}
	return out, nil
}

func (p *Performance) ratios(margin float64) {
	p.CPA = ratio(p.Cost, p.Conversions)
	p.ROAS = ratio(p.Value, p.Cost)
	p.ROI = ratio(float64(p.Value*margin)-p.Cost, p.Cost)
	p.ACOS = ratio(p.Cost, p.Value)
}

// Economics are the figures of a shop's growth in one period, in one currency.
type Economics struct {
	Spend             float64 // on marketing
	NewCustomers      float64
	AttributedRevenue float64 // of that marketing
	TotalRevenue      float64 // of the shop, 0 where not known
	Margin            float64 // share of revenue that is left, 0 to 1
	ARPU              float64 // revenue per customer and month
	Churn             float64 // share of customers lost per month, 0 to 1
	Discount          float64 // per month
	// LTV is the margin of a customer's lifetime where it is known; 0 to take that of
	// Repeat, or ARPU·Margin/Churn.
	LTV float64
	// Repeat is a model of repeat purchases, such as one of segment/clv; the lifetime is
	// then Horizon, in the model's unit of time, and its margin Margin·Order·(1 +
	// Repeat.New(Horizon)), where Order is the mean value of an order.
	Repeat  Repeat
	Horizon float64
	Order   float64
}

// Repeat says how often a new customer buys again. The models of segment/clv fit it.
type Repeat interface {
	// New returns the expected number of repeat purchases within t of the first.
	New(t float64) float64
}

// Unit are the ratios of [Economics].
type Unit struct {
	CAC           Ratio // spend per new customer
	ROAS          Ratio // attributed revenue per spend
	ROI           Ratio // (attributed revenue·margin - spend) per spend
	ACOS          Ratio // spend per attributed revenue
	MER           Ratio // total revenue per spend
	BreakEvenROAS Ratio // 1 per margin
	LTV           Ratio // ARPU·margin per churn, or as given
	DiscountedLTV Ratio // ARPU·margin·(1+d)/(1+d-(1-churn)): the first payment is now
	LTVPerCAC     Ratio
	Payback       Ratio // months until the margin has paid for a customer
}

// Ratios returns the ratios; those whose denominator is zero are not defined.
func (e Economics) Ratios() (Unit, error) {
	for _, f := range []struct {
		name  string
		value float64
		most  float64
	}{
		{"spend", e.Spend, math.MaxFloat64}, {"newCustomers", e.NewCustomers, math.MaxFloat64}, {"attributedRevenue", e.AttributedRevenue, math.MaxFloat64},
		{"totalRevenue", e.TotalRevenue, math.MaxFloat64}, {"margin", e.Margin, 1}, {"arpu", e.ARPU, math.MaxFloat64},
		{"churn", e.Churn, 1}, {"discount", e.Discount, 1}, {"ltv", e.LTV, math.MaxFloat64},
		{"horizon", e.Horizon, math.MaxFloat64}, {"order", e.Order, math.MaxFloat64},
	} {
		if !(f.value >= 0 && f.value <= f.most) {
			return Unit{}, refuse(f.name, fmt.Errorf("%v: %w", f.value, flywheel.ErrOutOfRange))
		}
	}
	switch {
	case e.Repeat == nil && (e.Horizon > 0 || e.Order > 0):
		return Unit{}, refuse("repeat", fmt.Errorf("none for a horizon of %v and orders of %v: %w", e.Horizon, e.Order, flywheel.ErrInvalid))
	case e.Repeat != nil && e.LTV > 0:
		return Unit{}, refuse("ltv", fmt.Errorf("%v beside a model of it: %w", e.LTV, flywheel.ErrInvalid))
	case e.Repeat != nil:
		again := e.Repeat.New(e.Horizon)
		if !(again >= 0 && again <= math.MaxFloat64) {
			return Unit{}, refuse("repeat", fmt.Errorf("%v purchases within %v: %w", again, e.Horizon, flywheel.ErrOutOfRange))
		}
		e.LTV = e.Margin * e.Order * (1 + again)
	}
	u := Unit{
		CAC: ratio(e.Spend, e.NewCustomers), ROAS: ratio(e.AttributedRevenue, e.Spend), ACOS: ratio(e.Spend, e.AttributedRevenue),
		ROI: ratio(float64(e.AttributedRevenue*e.Margin)-e.Spend, e.Spend), BreakEvenROAS: ratio(1, e.Margin),
		LTV: ratio(e.ARPU*e.Margin, e.Churn), DiscountedLTV: ratio(e.ARPU*e.Margin*(1+e.Discount), 1+e.Discount-(1-e.Churn)),
	}
	if e.TotalRevenue > 0 {
		u.MER = ratio(e.TotalRevenue, e.Spend)
	}
	if e.LTV > 0 {
		u.LTV = Ratio{e.LTV, true}
	}
	if u.CAC.Defined {
		u.Payback = ratio(u.CAC.Value, e.ARPU*e.Margin)
		if u.LTV.Defined {
			u.LTVPerCAC = ratio(u.LTV.Value, u.CAC.Value)
		}
	}
	return u, nil
}
