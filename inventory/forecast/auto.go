package forecast

// Auto is what to use for series that nobody looks at one by one. A demand that
// comes in most periods, and any series with negative values, is forecast by a
// weighted mean of five methods: the ETS family, its forms weighted by AICc,
// the dynamic optimized theta method, the theta method and its dynamic form on
// logarithms, and complex exponential smoothing. The weights are the same for
// all series, except that in a series without season and of more than forty
// observations the methods that fit better count for more. Shorter series than
// ten observations, and demand that comes rarely, get what [Select] chooses.
//
// A series with a season, of 200 observations and four cycles before its last part, is long
// enough to ask itself: each method, and what was observed a season ago, is fitted to its
// first part and counts by how it forecasts the last one from twelve origins. So does a level
// that moves as slowly as is best for the mean of whole cycles ahead, since what is remembered from
// one period to the next makes the others follow noise, and, for days of two years and
// more, the same beside a curve of the year. The season is then that of the series or, where
// the last part says so, the week of hours and parts of them or the year of days, in 52
// weeks; and the intervals are wider or narrower by what the errors there were.
//
// A place of the season that never has a demand, such as a closed weekday, stays at zero; the
// others are forecast as if it were not there.
//
// Intervals are calibrated: the spread of the errors ahead is predicted from
// the errors in sample, the models' growth of the variance, length, level and
// distance, with exponents measured on rolling origins, and the errors have the
// tails of Student's t with four degrees of freedom. From 120 observations on, and
// wholly from 250, what the series itself tells takes over: its errors from past
// origins at each distance, their tails, and how many parameters were chosen for
// them. The deviation that [Fit.Total] returns is half the width of the interval
// that 68 % lie in. Below forty observations the differences of the series count
// too, and below ten alone. Weights and exponents come from the training parts of the M3
// competition, those of short series from all of its series cut to their last 3 to 9
// observations. Parameters are the weights; Sigma is the root mean squared
// error in sample, without correction.
//
// Demand is looked at from where it begins: zeros before the launch of an item are left
// out, and so are rare demands before it became regular (with [WarnLaunch]). Few returns,
// negative values in a demand that does not come in every period, are taken off the
// demands before them. A season that tells when demand comes, such as closed weekdays or
// goods for Christmas, decides before rarity does.
//
// Where the series has regressors, their effects are taken out first and put on
// the forecasts again, as [Regression] does; demand that comes rarely, of which
// nothing would be left to see, gets [ARIMA] with its regressors.
//
// Auto takes about as long as all its parts: 0.2 ms for a short series without
// season, 4 ms for ten years of months. Where that is too much use Select.
type Auto struct{}

// Fit implements [Model].
func (m Auto) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), with some 500 to 2,000 passes.
func (m Auto) FitTo(dst *Fit, s Series) error {
	if err := s.check(); err != nil {
		return err
	}
	if _, err := s.checkRegressors(); err != nil {
		return err
	}
	start := 0
	if net, ok := netted(s.Values); ok {
		s.Values = net
		start = beginning(net, s.season())
		s = s.from(start)
	}
	if err := m.fitTo(dst, s); err != nil {
		return err
	}
	if start > 0 {
		dst.Skipped += start
		dst.warn(WarnLaunch)
	}
	return nil
}

// fitTo fits a demand that has been as it is from the first period on, or what is no
// demand.
func (m Auto) fitTo(dst *Fit, s Series) error {
	chosen, err := Select(s)
	if err != nil {
		return err
	}
	if len(s.Regressors) > 0 {
		if _, ok := chosen.(Theta); ok {
			return Regression{Of: m}.FitTo(dst, s)
		}
		errors, err := regressionErrors(&s)
		if err != nil {
			return err
		}
		return errors.FitTo(dst, s)
	}
	switch chosen.(type) {
	case SBA, TSB:
		if err := chosen.FitTo(dst, s); err != nil {
			return err
		}
		if s.inWholeUnits() {
			dst.shape = countRanges{}
		}
		return nil
	case Theta:
		if len(s.Values) >= combinedLeast && !s.constant() {
			break
		}
		return fitBriefly(dst, chosen, s)
	default:
		return fitBriefly(dst, chosen, s)
	}
	v := validate(&s)
	if v != nil { // the season, and what the methods are worth
		s.Season = v.season
	}
	dst.reset("Combination", &s)
	c := reuse[combination](dst)
	c.fit(dst, &s, v)
	for method, name := range [combined]string{"ets", "dynamictheta", "logtheta", "logdynamictheta", "ces", "seasonalnaive", "steady", "yearly"} {
		if method < byLast || v != nil {
			dst.parameter(name, c.weights[method], true)
		}
	}
	dst.measure(s.Values, 0)
	return nil
}

// fitBriefly fits a model to a series that is too short to combine models for.
func fitBriefly(dst *Fit, m Model, s Series) error {
	if err := m.FitTo(dst, s); err != nil {
		return err
	}
	if ranges, ok := briefly(s.Values); ok && len(s.Values) < combinedLeast {
		dst.shape = ranges
	}
	return nil
}

const (
	// selectLeast is the number of observations, and of demands in a rare one,
	// below which nothing is estimated but a mean.
	selectLeast   = 5
	selectDemands = 2
	// selectIdle is how many mean intervals without demand make an item look
	// dead, so that its forecast should fade: it happens by chance once in e^3
	// or 20 times.
	selectIdle = 3
)

// Select chooses one fast model by how the series behaves (after Syntetos, Boylan &
// Croston, 2005):
//
//   - [Mean] for fewer than five observations or two demands;
//   - [Theta] for a demand that comes in most periods or whenever its season says, as
//     with closed weekdays and goods for Christmas, and for a series with negative
//     values, which is no demand;
//   - [SBA] for one that comes rarely, or [TSB] where it has not come for three
//     times its mean interval and may have ended.
//
// Periods before the launch of an item, and of a rare demand that has become regular,
// do not count.
func Select(s Series) (Model, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if len(s.Values) < selectLeast {
		return Mean{}, nil
	}
	for _, y := range s.Values {
		if y < 0 {
			return Theta{}, nil
		}
	}
	values := s.Values[beginning(s.Values, s.season()):]
	switch d := classify(values); {
	case d.Count < selectDemands, len(values) < selectLeast:
		return Mean{}, nil
	case d.Class == Smooth || d.Class == Erratic || comesInSeason(values, s.season()):
		return Theta{}, nil
	case float64(d.Idle) > selectIdle*d.meanInterval(len(values)):
		return TSB{}, nil
	default:
		return SBA{}, nil
	}
}
