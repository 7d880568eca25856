package replenish

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/normal"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

type goldenCase struct {
	ID, Family, Func  string
	Inputs            map[string]json.RawMessage
	Expected          json.RawMessage
	Returns, Citation string
	RelTol            float64 `json:"rel_tol"`
	Published         json.RawMessage
	Note              string
}

// inputs reads the arguments of a case and remembers which were used.
type inputs struct {
	t    *testing.T
	raw  map[string]json.RawMessage
	used map[string]bool
	// expectsList tells which of two forms of the result a case wants.
	expectsList bool
}

func read[T any](in *inputs, name string) (v T) {
	in.t.Helper()
	in.used[name] = true
	if raw, ok := in.raw[name]; ok {
		if err := json.Unmarshal(raw, &v); err != nil {
			in.t.Fatalf("%s: %v", name, err)
		}
	}
	return v
}

func (in *inputs) has(name string) bool { _, ok := in.raw[name]; return ok }

func (in *inputs) number(name string) float64 { return read[float64](in, name) }

func (in *inputs) demand() Demand { return Demand{in.number("demand_mean"), in.number("demand_sd")} }

// functions are the methods of the cases in terms of this package. They return
// what "expected" holds: a number, a list or an object.
var functions = map[string]func(in *inputs) (any, error){
	"safety_stock_leadtime_variability": func(in *inputs) (any, error) {
		d, l, service := in.demand(), LeadTime{in.number("lead_time_mean"), in.number("lead_time_sd")}, in.number("csl")
		stock, err := SafetyStock(service, d, l)
		if err != nil {
			return nil, err
		}
		point, err := ReorderPoint(service, d, l)
		return map[string]any{"sigma_L": d.Over(l).SD, "safety_stock": stock, "reorder_point": point}, err
	},
	"periodic_review_order_up_to": func(in *inputs) (any, error) {
		d, l, review, service := in.demand(), LeadTime{Mean: in.number("lead_time")}, in.number("review_interval"), in.number("csl")
		level, err := OrderUpTo(service, d, l, review)
		over := d.Over(LeadTime{Mean: l.Mean + review})
		return map[string]any{"sigma_RL": over.SD, "safety_stock": level - over.Mean, "order_up_to": level}, err
	},
	"pooled_safety_stock": func(in *inputs) (any, error) {
		n, sd, rho := in.number("locations"), in.number("demand_sd_each"), in.number("correlation")
		l, service := LeadTime{Mean: in.number("lead_time")}, in.number("csl")
		apart, err := SafetyStock(service, Demand{SD: sd}, l)
		if err != nil {
			return nil, err
		}
		together, err := SafetyStock(service, Demand{SD: sd * math.Sqrt(n+n*(n-1)*rho)}, l)
		return map[string]any{"disaggregate": n * apart, "aggregate": together}, err
	},
	"fill_rate_of_policy": func(in *inputs) (any, error) {
		over := in.demand().Over(LeadTime{Mean: in.number("lead_time")})
		point, quantity := in.number("reorder_point"), in.number("order_quantity")
		rate, err := FillRate(point, quantity, over)
		return map[string]any{"expected_shortage_per_cycle": over.Shortage(point), "fill_rate": rate}, err
	},
	"safety_stock_for_fill_rate": func(in *inputs) (any, error) {
		over := in.demand().Over(LeadTime{Mean: in.number("lead_time")})
		stock, err := SafetyStockForFillRate(in.number("fill_rate"), in.number("order_quantity"), over)
		return map[string]any{"k": stock / over.SD, "safety_stock": stock}, err
	},
	"safety_stock_for_fill_rate_exact": func(in *inputs) (any, error) {
		over := in.demand().Over(LeadTime{Mean: in.number("lead_time")})
		target, quantity := in.number("fill_rate"), in.number("order_quantity")
		stock, err := SafetyStockForFillRate(target, quantity, over)
		// The approximation leaves the second term out, as textbooks do.
		k := normal.InverseLoss((1 - target) * quantity / over.SD)
		return map[string]any{
			"k_exact": stock / over.SD, "reorder_point_exact": over.Mean + stock,
			"k_approx": k, "reorder_point_approx": over.Mean + k*over.SD,
		}, err
	},
	"newsvendor_profit": func(in *inputs) (any, error) {
		n := Newsvendor{Over: in.number("cost") - in.number("salvage"), Under: in.number("price") - in.number("cost")}
		level, err := n.Level(in.demand())
		return map[string]any{"critical_ratio": n.Ratio(), "order_quantity": level}, err
	},
	"newsvendor_profit_at_q": func(in *inputs) (any, error) {
		n := Newsvendor{Over: in.number("cost") - in.number("salvage"), Under: in.number("price") - in.number("cost")}
		d, level := in.demand(), in.number("order_quantity")
		cost, err := n.Cost(level, d)
		return map[string]any{
			"expected_profit": n.Under*d.Mean - cost, "expected_overstock": d.Leftover(level), "expected_understock": d.Shortage(level),
		}, err
	},
	"newsvendor_over_under": func(in *inputs) (any, error) {
		d, level := in.demand(), in.number("order_quantity")
		return map[string]any{"expected_overstock": d.Leftover(level), "expected_understock": d.Shortage(level)}, nil
	},
	"newsvendor_normal": func(in *inputs) (any, error) {
		return in.newsvendor(in.demand().Over(LeadTime{Mean: in.number("lead_time") + 1}))
	},
	"newsvendor_poisson": func(in *inputs) (any, error) {
		d, err := Poisson(in.number("demand_mean") * (in.number("lead_time") + 1))
		if err != nil {
			return nil, err
		}
		return in.newsvendor(d)
	},
	"newsvendor_discrete": func(in *inputs) (any, error) {
		var weights []float64
		for text, p := range read[map[string]float64](in, "demand_pmf") {
			k, err := strconv.Atoi(text)
			if err != nil {
				return nil, err
			}
			weights = append(weights, make([]float64, max(k+1-len(weights), 0))...)
			weights[k] = p
		}
		d, err := NewCounts(weights)
		if err != nil {
			return nil, err
		}
		return in.newsvendor(d)
	},
	"newsvendor_normal_cost": func(in *inputs) (any, error) {
		n := Newsvendor{Over: in.number("holding_cost"), Under: in.number("stockout_cost")}
		return n.Cost(in.number("base_stock_level"), in.demand().Over(LeadTime{Mean: in.number("lead_time") + 1}))
	},
	"newsvendor_normal_explicit": func(in *inputs) (any, error) {
		d := in.demand().Over(LeadTime{Mean: in.number("lead_time") + 1})
		return in.newsvendorProfit(d, d.Mean)
	},
	"newsvendor_poisson_explicit": func(in *inputs) (any, error) {
		d, err := Poisson(in.number("demand_mean") * (in.number("lead_time") + 1))
		if err != nil {
			return nil, err
		}
		return in.newsvendorProfit(d, d.Mean())
	},
	"economic_order_quantity": func(in *inputs) (any, error) {
		e := EconomicOrder{Fixed: in.number("fixed_cost"), Holding: in.number("holding_cost"), Demand: in.number("demand_rate")}
		quantity, _, err := e.Quantity()
		if err != nil {
			return nil, err
		}
		if in.has("order_quantity") {
			quantity = in.number("order_quantity")
		}
		cost, err := e.Cost(quantity)
		return []any{quantity, cost}, err
	},
	"economic_order_quantity_with_backorders": func(in *inputs) (any, error) {
		e := EconomicOrder{
			Fixed: in.number("fixed_cost"), Holding: in.number("holding_cost"),
			Backorder: in.number("stockout_cost"), Demand: in.number("demand_rate"),
		}
		quantity, waiting, err := e.Quantity()
		if err != nil {
			return nil, err
		}
		if in.has("order_quantity") {
			quantity = in.number("order_quantity")
		}
		if in.has("stockout_fraction") {
			waiting = in.number("stockout_fraction")
		}
		cost, err := e.CostAt(quantity, waiting)
		return []any{quantity, waiting, cost}, err
	},
	"economic_production_quantity": func(in *inputs) (any, error) {
		p := Production{
			EconomicOrder{Fixed: in.number("fixed_cost"), Holding: in.number("holding_cost"), Demand: in.number("demand_rate")},
			in.number("production_rate"),
		}
		quantity, _, err := p.Quantity()
		if err != nil {
			return nil, err
		}
		if in.has("order_quantity") {
			quantity = in.number("order_quantity")
		}
		cost, err := p.Cost(quantity)
		return []any{quantity, cost}, err
	},
	"newsvendor_poisson_cost": func(in *inputs) (any, error) {
		n := Newsvendor{Over: in.number("holding_cost"), Under: in.number("stockout_cost")}
		d, err := Poisson(in.number("demand_mean") * (in.number("lead_time") + 1))
		if err != nil {
			return nil, err
		}
		return n.Cost(in.number("base_stock_level"), d)
	},
	"newsvendor_with_disruptions": func(in *inputs) (any, error) {
		n := Newsvendor{Over: in.number("holding_cost"), Under: in.number("stockout_cost")}
		demand, fail, recover := in.number("demand"), in.number("disruption_prob"), in.number("recovery_prob")
		level, err := n.LevelWithDisruptions(demand, fail, recover)
		if err != nil {
			return nil, err
		}
		if in.has("base_stock_level") {
			level = in.number("base_stock_level")
		}
		cost, err := n.CostWithDisruptions(level, demand, fail, recover)
		return []any{level, cost}, err
	},
	"newsvendor_with_additive_yield_uncertainty": func(in *inputs) (any, error) {
		return in.newsvendorYield(Yield{Factor: 1, Extra: in.number("yield_mean"), ExtraSD: in.number("yield_sd")})
	},
	"newsvendor_with_multiplicative_yield_uncertainty": func(in *inputs) (any, error) {
		return in.newsvendorYield(Yield{Factor: in.number("yield_mean"), FactorSD: in.number("yield_sd")})
	},
	"uniform_second_loss": func(in *inputs) (any, error) {
		return in.secondLosses(Uniform{in.number("a"), in.number("b")}), nil
	},
	"exponential_second_loss": func(in *inputs) (any, error) {
		return in.secondLosses(Exponential{Mean: 1 / in.number("mu")}), nil
	},
	"gamma_second_loss": func(in *inputs) (any, error) {
		return in.secondLosses(Gamma{Shape: in.number("a"), Scale: in.number("b")}), nil
	},
	"lognormal_second_loss": func(in *inputs) (any, error) {
		return in.secondLosses(Lognormal{Location: in.number("mu"), Spread: in.number("sigma")}), nil
	},
	"negative_binomial_second_loss": func(in *inputs) (any, error) {
		d, err := NegativeBinomial(in.number("mean"), in.number("sd"))
		x := read[int64](in, "x")
		return []any{d.SecondShortage(x), d.SecondLeftover(x)}, err
	},
	"geometric_second_loss": func(in *inputs) (any, error) {
		p := in.number("p")
		d, err := NegativeBinomial((1-p)/p, math.Sqrt(1-p)/p)
		x := read[int64](in, "x") - 1
		return []any{d.SecondShortage(x), d.SecondLeftover(x)}, err
	},
	"economic_order_quantity_with_all_units_discounts":   discounts(Discounts.AllUnits),
	"economic_order_quantity_with_incremental_discounts": discounts(Discounts.Incremental),
	"s_s_power_approximation": func(in *inputs) (any, error) {
		least, most, err := MinMax(in.number("fixed_cost"), in.number("holding_cost"), in.number("stockout_cost"), in.demand(), LeadTime{Mean: in.number("lead_time")})
		return []any{least, most}, err
	},
	"eoq": func(in *inputs) (any, error) {
		demand := in.number("annual_demand")
		e := EconomicOrder{Demand: demand, Fixed: in.number("fixed_cost"), Holding: in.number("holding_rate") * in.number("unit_cost")}
		quantity, _, err := e.Quantity()
		return map[string]any{"order_quantity": quantity, "cycle_inventory": quantity / 2, "annual_orders": demand / quantity}, err
	},
	"poisson_loss": func(in *inputs) (any, error) {
		d, err := Poisson(in.number("mean"))
		return in.losses(d, in.number("x")), err
	},
	"negative_binomial_loss": func(in *inputs) (any, error) {
		d, err := NegativeBinomial(in.number("mean"), in.number("sd"))
		return in.losses(d, in.number("x")), err
	},
	"geometric_loss": func(in *inputs) (any, error) {
		// Trials up to the first success: one more than the failures before it.
		p := in.number("p")
		d, err := NegativeBinomial((1-p)/p, math.Sqrt(1-p)/p)
		return in.losses(d, in.number("x")-1), err
	},
	"normal_loss": func(in *inputs) (any, error) {
		return in.losses(Demand{in.number("mean"), in.number("sd")}, in.number("x")), nil
	},
	"standard_normal_loss": func(in *inputs) (any, error) {
		z := in.number("z")
		return []any{normal.Loss(z), normal.Loss(-z)}, nil
	},
	"normal_second_loss": func(in *inputs) (any, error) {
		mean, sd := in.number("mean"), in.number("sd")
		z := (in.number("x") - mean) / sd
		return []any{sd * sd * normal.SecondLoss(z), sd * sd * normal.SecondLoss(-z)}, nil
	},
	"standard_normal_second_loss": func(in *inputs) (any, error) {
		z := in.number("z")
		return []any{normal.SecondLoss(z), normal.SecondLoss(-z)}, nil
	},
	"round_order": func(in *inputs) (any, error) {
		lot := Lot{Min: read[int64](in, "min_order_qty"), Pack: read[int64](in, "pack_size"), Max: read[int64](in, "max_order_qty")}
		quantity, err := lot.Round(int64(math.Ceil(in.number("need"))))
		return map[string]any{"order_qty": float64(quantity)}, err
	},
	"abc_xyz": func(in *inputs) (any, error) {
		limits := UsualLimits
		for name, limit := range map[string]*float64{"a": &limits.A, "b": &limits.B, "x": &limits.X, "y": &limits.Y} {
			if in.has(name) {
				*limit = in.number(name)
			}
		}
		var weights []Weight
		for _, item := range read[[]struct {
			SKU   flywheel.SKU
			Value float64 `json:"annual_value"`
			CV    float64
		}](in, "items") {
			weights = append(weights, Weight{item.SKU, item.Value, item.CV})
		}
		groups, err := Classify(weights, limits)
		names := map[string]any{}
		for _, g := range groups {
			names[string(g.SKU)] = string([]byte{g.Value, g.Regularity})
		}
		return names, err
	},
	"silver_meal": func(in *inputs) (any, error) {
		orders, cost, err := SilverMeal(in.periods())
		return map[string]any{"order_quantities": orders, "cost": cost}, err
	},
	"wagner_whitin": func(in *inputs) (any, error) {
		orders, cost, err := WagnerWhitin(in.periods())
		if in.expectsList {
			return []any{append([]float64{0}, orders...), cost}, err // index 0 is unused
		}
		return map[string]any{"order_quantities": orders, "cost": cost}, err
	},
	"joint_replenishment_problem_silver_heuristic": func(in *inputs) (any, error) {
		fixed, holding, demand := read[[]float64](in, "individual_fixed_costs"), read[[]float64](in, "holding_costs"), read[[]float64](in, "demand_rates")
		items := make([]JointItem, len(fixed))
		for i := range items {
			items[i] = JointItem{Demand: demand[i], Fixed: fixed[i], Holding: holding[i]}
		}
		p, err := JointOrder(in.number("shared_fixed_cost"), items)
		return []any{p.Quantities, p.Interval, p.Multiples, p.Cost}, err
	},
	"r_q_cost": func(in *inputs) (any, error) {
		return in.reorder().Cost(in.number("reorder_point"), in.number("order_quantity"), in.leadTimeDemand())
	},
	"r_q_cost_poisson": func(in *inputs) (any, error) {
		over, err := in.leadTimeCounts()
		if err != nil {
			return nil, err
		}
		return in.reorder().CostCounts(read[int64](in, "reorder_point"), read[int64](in, "order_quantity"), over)
	},
	"r_q_eil_approximation": func(in *inputs) (any, error) {
		in.number("tol")
		point, quantity, cost, err := in.reorder().PerUnitShort(in.leadTimeDemand())
		return []any{point, quantity, cost}, err
	},
	"r_q_eoqb_approximation":  reorders(Reorder.Deterministic),
	"r_q_eoqss_approximation": reorders(Reorder.Separate),
	"r_q_loss_function_approximation": func(in *inputs) (any, error) {
		in.number("tol")
		return reorders(Reorder.WithoutOvershoot)(in)
	},
	"r_q_optimal_r_for_q": func(in *inputs) (any, error) {
		in.number("tol")
		c := in.reorder()
		c.Fixed = 1 // has no influence
		return c.Point(in.number("order_quantity"), in.leadTimeDemand())
	},
	"r_q_poisson_exact": func(in *inputs) (any, error) {
		over, err := in.leadTimeCounts()
		if err != nil {
			return nil, err
		}
		point, quantity, cost, err := in.reorder().BestCounts(over)
		return []any{point, quantity, cost}, err
	},
	"s_s_cost_discrete": func(in *inputs) (any, error) {
		d, err := in.counts()
		if err != nil {
			return nil, err
		}
		return in.minMax().Cost(read[int64](in, "reorder_point"), read[int64](in, "order_up_to_level"), d, d)
	},
	"s_s_discrete_exact": func(in *inputs) (any, error) {
		d, err := in.counts()
		if err != nil {
			return nil, err
		}
		least, most, cost, err := in.minMax().Best(d, d)
		return []any{least, most, cost}, err
	},
	"exponential_loss": func(in *inputs) (any, error) {
		return in.losses(Exponential{Mean: 1 / in.number("mu")}, in.number("x")), nil
	},
	"gamma_loss": func(in *inputs) (any, error) {
		return in.losses(Gamma{Shape: in.number("a"), Scale: in.number("b")}, in.number("x")), nil
	},
	"lognormal_loss": func(in *inputs) (any, error) {
		return in.losses(Lognormal{Location: in.number("mu"), Spread: in.number("sigma")}, in.number("x")), nil
	},
	"uniform_loss": func(in *inputs) (any, error) {
		return in.losses(Uniform{in.number("a"), in.number("b")}, in.number("x")), nil
	},
	"poisson_second_loss": func(in *inputs) (any, error) {
		d, err := Poisson(in.number("mean"))
		x := read[int64](in, "x")
		return []any{d.SecondShortage(x), d.SecondLeftover(x)}, err
	},
	"eoq_with_additive_yield_uncertainty": func(in *inputs) (any, error) {
		return in.yield(Yield{Factor: 1, Extra: in.number("yield_mean"), ExtraSD: in.number("yield_sd")})
	},
	"eoq_with_multiplicative_yield_uncertainty": func(in *inputs) (any, error) {
		return in.yield(Yield{Factor: in.number("yield_mean"), FactorSD: in.number("yield_sd")})
	},
	"eoq_with_disruptions": func(in *inputs) (any, error) {
		e := EconomicOrder{Demand: in.number("demand_rate"), Fixed: in.number("fixed_cost"), Holding: in.number("holding_cost")}
		d := Disruption{Begin: in.number("disruption_rate"), End: in.number("recovery_rate"), Lost: in.number("stockout_cost")}
		if read[bool](in, "approximate") {
			quantity, cost, err := e.ApproximateWithDisruptions(d)
			return []any{quantity, cost}, err
		}
		quantity, err := e.QuantityWithDisruptions(d)
		if err != nil {
			return nil, err
		}
		cost, err := e.CostWithDisruptions(quantity, d)
		return []any{quantity, cost}, err
	},
}

func (in *inputs) reorder() Reorder {
	return Reorder{
		Demand: in.number("demand_mean"), Fixed: in.number("fixed_cost"),
		Holding: in.number("holding_cost"), Backorder: in.number("stockout_cost"),
	}
}

func (in *inputs) leadTimeDemand() Demand {
	return in.demand().Over(LeadTime{Mean: in.number("lead_time")})
}

func (in *inputs) leadTimeCounts() (*Counts, error) {
	return Poisson(in.number("demand_mean") * in.number("lead_time"))
}

func reorders(policy func(Reorder, Demand) (float64, float64, error)) func(in *inputs) (any, error) {
	return func(in *inputs) (any, error) {
		point, quantity, err := policy(in.reorder(), in.leadTimeDemand())
		return []any{point, quantity}, err
	}
}

func (in *inputs) minMax() MinMaxCosts {
	return MinMaxCosts{Fixed: in.number("fixed_cost"), Holding: in.number("holding_cost"), Backorder: in.number("stockout_cost")}
}

// counts reads a demand that is Poisson or a list of probabilities.
func (in *inputs) counts() (*Counts, error) {
	mean, weights := in.number("demand_mean"), read[[]float64](in, "demand_pmf")
	in.number("demand_hi") // the length of the list
	if read[bool](in, "use_poisson") {
		return Poisson(mean)
	}
	return NewCounts(weights)
}

func (in *inputs) yield(y Yield) (any, error) {
	e := EconomicOrder{Demand: in.number("demand_rate"), Fixed: in.number("fixed_cost"), Holding: in.number("holding_cost")}
	quantity, err := e.QuantityWithYield(y)
	if err != nil {
		return nil, err
	}
	if in.has("order_quantity") {
		quantity = in.number("order_quantity")
	}
	cost, err := e.CostWithYield(quantity, y)
	return []any{quantity, cost}, err
}

func (in *inputs) newsvendorYield(y Yield) (any, error) {
	n := Newsvendor{Over: in.number("holding_cost"), Under: in.number("stockout_cost")}
	demand := in.number("demand")
	level, err := n.LevelWithYield(demand, y)
	if err != nil {
		return nil, err
	}
	if in.has("base_stock_level") {
		level = in.number("base_stock_level")
	}
	cost, err := n.CostWithYield(level, demand, y)
	return []any{level, cost}, err
}

func (in *inputs) secondLosses(d interface {
	SecondShortage(float64) float64
	SecondLeftover(float64) float64
}) []any {
	x := in.number("x")
	return []any{d.SecondShortage(x), d.SecondLeftover(x)}
}

func (in *inputs) losses(d Distribution, x float64) []any {
	return []any{d.Shortage(x), d.Leftover(x)}
}

func (in *inputs) newsvendor(d Distribution) (any, error) {
	n := Newsvendor{Over: in.number("holding_cost"), Under: in.number("stockout_cost")}
	level, cost, err := in.newsvendorLevel(n, d)
	return []any{level, cost}, err
}

// newsvendorLevel returns the best level, or the one that the case gives, and
// its cost.
func (in *inputs) newsvendorLevel(n Newsvendor, d Distribution) (level, cost float64, err error) {
	if level, err = n.Level(d); err != nil {
		return 0, 0, err
	}
	if in.has("base_stock_level") {
		level = in.number("base_stock_level")
	}
	cost, err = n.Cost(level, d)
	return level, cost, err
}

func (in *inputs) newsvendorProfit(d Distribution, mean float64) (any, error) {
	margin := in.number("revenue") - in.number("purchase_cost")
	level, cost, err := in.newsvendorLevel(Newsvendor{
		Over:  in.number("purchase_cost") - in.number("salvage_value") + in.number("holding_cost"),
		Under: margin + in.number("stockout_cost"),
	}, d)
	return []any{level, margin*mean - cost}, err
}

func discounts(best func(Discounts) (float64, int, float64, error)) func(in *inputs) (any, error) {
	return func(in *inputs) (any, error) {
		d := Discounts{Demand: in.number("demand_rate"), Fixed: in.number("fixed_cost"), HoldingRate: in.number("holding_cost_rate")}
		from, price := read[[]float64](in, "breakpoints"), read[[]float64](in, "unit_costs")
		for i := range from {
			d.Breaks = append(d.Breaks, Break{from[i], price[i]})
		}
		quantity, index, cost, err := best(d)
		return []any{quantity, index, cost}, err
	}
}

// periods reads a lot-sizing problem: each figure is one number for all periods
// or a list, which may have an unused first place.
func (in *inputs) periods() []Period {
	n := read[int](in, "num_periods")
	if n == 0 {
		n = len(read[[]float64](in, "demand"))
	}
	list := func(name string) []float64 {
		var v []float64
		if raw, ok := in.raw[name]; ok && raw[0] == '[' {
			v = read[[]float64](in, name)
			v = v[len(v)-n:]
		} else {
			for range n {
				v = append(v, in.number(name))
			}
		}
		return v
	}
	demand, fixed, unit, holding := list("demand"), list("fixed_cost"), list("purchase_cost"), list("holding_cost")
	periods := make([]Period, n)
	for i := range periods {
		periods[i] = Period{Demand: demand[i], Fixed: fixed[i], Unit: unit[i], Holding: holding[i]}
	}
	return periods
}

func TestReference(t *testing.T) {
	var cases []goldenCase
	d := json.NewDecoder(bytes.NewReader(testkit.Reference(t, "forecast", "inventory_goldens.json")))
	d.DisallowUnknownFields()
	if err := d.Decode(&cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range cases {
		t.Run(c.ID+"/"+c.Func, func(t *testing.T) {
			f, ok := functions[c.Func]
			if !ok {
				t.Fatalf("unknown function %s", c.Func)
			}
			in := &inputs{t, c.Inputs, map[string]bool{}, c.Expected[0] == '['}
			got, err := f(in)
			if err != nil {
				t.Fatal(err)
			}
			for name := range c.Inputs {
				if !in.used[name] {
					t.Errorf("unknown input %s", name)
				}
			}
			var want any
			if err := json.Unmarshal(c.Expected, &want); err != nil {
				t.Fatal(err)
			}
			// The same form as want has.
			data, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			compare(t, "result", got, want, c.RelTol)
		})
	}
}

func compare(t *testing.T, what string, got, want any, relative float64) {
	t.Helper()
	switch want := want.(type) {
	case float64:
		g, ok := got.(float64)
		if !ok || !(math.Abs(g-want) <= relative*math.Max(math.Abs(want), 1e-12)) {
			t.Errorf("%s = %v, want %.15g", what, got, want)
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			t.Errorf("%s = %v, want %v", what, got, want)
			return
		}
		for i := range want {
			compare(t, fmt.Sprintf("%s[%d]", what, i), g[i], want[i], relative)
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(want) {
			t.Errorf("%s = %v, want %v", what, got, want)
			return
		}
		for k := range want {
			compare(t, what+"."+k, g[k], want[k], relative)
		}
	default:
		if got != want {
			t.Errorf("%s = %v, want %v", what, got, want)
		}
	}
}
