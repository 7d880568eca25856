package forecast

import "errors"

// Decomposed forecasts a series with one or several seasons: [MSTL] splits it,
// the model forecasts the series without its seasons, and the last cycle of each
// goes on unchanged (Hyndman & Athanasopoulos, 2021, section 13.1; R's
// forecast::stlf). It is for cycles too long for [ETS], and for days and hours
// with a pattern by the day, the week and the year. Parameters, Sigma and
// intervals are those of the model: the seasons are taken as known.
//
// Seasons that the series does not cover twice are left out, with
// [WarnNoSeason].
type Decomposed struct {
	// Seasons are the lengths of the cycles in periods, shortest first, such as
	// 24 and 168 for hours. None takes the season of the series.
	Seasons []int
	Of      Model // nil is [ETS]
}

// Fit implements [Model].
func (m Decomposed) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. The cost is that of the model and O(n) for each
// season.
func (m Decomposed) FitTo(dst *Fit, s Series) error {
	if m.Of == nil {
		m.Of = ETS{}
	}
	if err := s.check(); err != nil {
		return err
	}
	asked := m.Seasons
	if len(asked) == 0 && s.season() > 1 {
		asked = []int{s.Season}
	}
	var seasons []int
	for _, season := range asked {
		if err := checkSTL(s, season); err == nil {
			seasons = append(seasons, season)
		} else if !errors.Is(err, ErrShort) {
			return err
		}
	}
	rest := s
	rest.Season = 0
	n := len(s.Values)
	var d *Decomposition
	if len(seasons) > 0 {
		var err error
		if d, err = MSTL(s, seasons...); err != nil {
			return err
		}
		rest.Values = make([]float64, n)
		for t := range rest.Values {
			rest.Values[t] = d.Trend[t] + d.Remainder[t]
		}
	}
	if err := m.Of.FitTo(dst, rest); err != nil {
		return err
	}
	if len(seasons) < len(asked) {
		dst.warn(WarnNoSeason)
	}
	if d == nil {
		return nil
	}
	dst.Model = "STL with " + dst.Model
	dst.added.next = n
	for i, season := range d.Seasonal {
		cycle := make([]float64, seasons[i])
		for t := n - len(cycle); t < n; t++ {
			cycle[t%len(cycle)] = season[t]
		}
		dst.added.cycles = append(dst.added.cycles, cycle)
		for i := range dst.Fitted {
			dst.Fitted[i] += season[dst.Skipped+i]
		}
	}
	return nil
}
