package forecast

import (
	"math"
	"slices"
)

// arimaMoves are the neighbors of a model in the order in which the stepwise
// search tries them: steps of AR, MA, seasonal AR, seasonal MA, and whether the
// constant comes or goes.
var arimaMoves = [...]struct {
	ar, ma, seasonalAR, seasonalMA int
	constant                       bool
}{
	{seasonalAR: -1}, {seasonalMA: -1}, {seasonalAR: 1}, {seasonalMA: 1},
	{seasonalAR: -1, seasonalMA: -1}, {seasonalAR: -1, seasonalMA: 1}, {seasonalAR: 1, seasonalMA: -1}, {seasonalAR: 1, seasonalMA: 1},
	{ar: -1}, {ma: -1}, {ar: 1}, {ma: 1},
	{ar: -1, ma: -1}, {ar: -1, ma: 1}, {ar: 1, ma: -1}, {ar: 1, ma: 1},
	{constant: true},
}

// choose is the stepwise search of Hyndman & Khandakar (2008, section 3.2), in
// the order of R's forecast::auto.arima, from the differences that are given.
// n is the number of observations before them. Where the criterion is infinite even for
// the constant, as AICc is of three observations, AIC takes its place, as in R, and
// choose reports it.
//
// R drops models with roots near the unit circle, which can bar the way to good
// ones; in long series its approximate likelihoods have fewer of them. So the
// search here walks twice: through any models, and then on from the best one
// whose roots are clear.
func (e *arimaSearch) choose(differences Orders, n int, criterion Criterion) (short bool) {
	limit := Orders{AR: min(5, n/3), MA: min(5, n/3)}
	if m := e.season; m > 1 {
		limit.SeasonalAR, limit.SeasonalMA = min(2, n/3/m), min(2, n/3/m)
		if limit.SeasonalAR > 0 {
			limit.AR, limit.MA = min(limit.AR, m-1), min(limit.MA, m-1)
		}
	}
	constant := differences.Differences+differences.SeasonalDifferences < 2
	if least := (Orders{Constant: constant}); math.IsInf(criterion.of(0, len(e.w), e.parameters(least)), 1) {
		criterion, short = AIC, true
	}
	model := func(ar, ma, seasonalAR, seasonalMA int, constant bool) Orders {
		o := differences
		o.AR, o.MA = min(ar, limit.AR), min(ma, limit.MA)
		o.SeasonalAR, o.SeasonalMA = min(seasonalAR, limit.SeasonalAR), min(seasonalMA, limit.SeasonalMA)
		o.Constant = constant
		return o
	}
	if n < 10 {
		e.try(model(1, 1, 0, 0, constant), criterion)
	} else {
		e.try(model(2, 2, 1, 1, constant), criterion)
	}
	e.try(model(0, 0, 0, 0, constant), criterion)
	e.try(model(1, 0, 1, 0, constant), criterion)
	e.try(model(0, 1, 0, 1, constant), criterion)
	e.try(model(0, 0, 0, 0, false), criterion)
	e.walk(&e.nearest, limit, constant, criterion)
	e.walk(&e.best, limit, constant, criterion)
	if best := &e.best; !math.IsInf(best.score, 1) {
		e.x = append(e.x[:0], best.x...)
		e.estimate(best.orders, e.x, fineARIMA)
		if e.clear(best.orders, e.x) {
			best.keep(best.orders, e.x, best.score)
		}
	}
	return short
}

// walk goes from the model at to the first neighbor that improves it, for as
// long as there is one.
func (e *arimaSearch) walk(at *arimaSolution, limit Orders, constant bool, criterion Criterion) {
	for improved := !math.IsInf(at.score, 1); improved; {
		improved = false
		for _, move := range arimaMoves {
			o := at.orders
			o.AR, o.MA = o.AR+move.ar, o.MA+move.ma
			o.SeasonalAR, o.SeasonalMA = o.SeasonalAR+move.seasonalAR, o.SeasonalMA+move.seasonalMA
			o.Constant = o.Constant != move.constant
			if !o.within(limit) || o.Constant && !constant {
				continue
			}
			before := at.score
			e.try(o, criterion)
			if improved = at.score < before; improved {
				break
			}
		}
	}
}

func (o Orders) within(limit Orders) bool {
	return o.AR >= 0 && o.AR <= limit.AR && o.MA >= 0 && o.MA <= limit.MA &&
		o.SeasonalAR >= 0 && o.SeasonalAR <= limit.SeasonalAR && o.SeasonalMA >= 0 && o.SeasonalMA <= limit.SeasonalMA
}

// try estimates a model that was not tried before and keeps it when its
// criterion is the best so far. A model with a root within one per cent of the
// unit circle, as good as not stationary or not invertible, is never best; it
// can only be the nearest.
func (e *arimaSearch) try(o Orders, criterion Criterion) {
	if slices.Contains(e.tried, o) {
		return
	}
	e.tried = append(e.tried, o)
	k := e.parameters(o)
	if math.IsInf(criterion.of(0, len(e.w), k), 1) {
		return
	}
	e.x = resize(e.x, o.coefficients())
	score := criterion.of(e.estimate(o, e.x, roughARIMA), len(e.w), k)
	if score < e.nearest.score {
		e.nearest.keep(o, e.x, score)
	}
	if score < e.best.score && e.clear(o, e.x) {
		e.best.keep(o, e.x, score)
	}
}

// clear reports whether all roots lie more than one per cent outside of the
// unit circle.
func (e *arimaSearch) clear(o Orders, x []float64) bool {
	const margin = 1.01
	for i, size := range [...]int{o.AR, o.MA, o.SeasonalAR, o.SeasonalMA} {
		lag := 1
		if i >= 2 {
			lag = e.season
		}
		e.block = e.coefficients(e.block, x[:size])
		for j := range e.block {
			e.block[j] *= math.Pow(margin, float64(lag*(j+1)))
		}
		if !e.process.reflect(e.block) {
			return false
		}
		x = x[size:]
	}
	return true
}
