package markdown

import (
	"math"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Sale is what was sold of a product in one period.
type Sale struct {
	Period int          `json:"period"` // its number
	Price  money.Amount `json:"price"`
	// Units were sold. A period without any counts as half a unit, so that it has
	// a logarithm; one in which there was no stock should be left out.
	Units int64 `json:"units"`
}

// Season is a pattern that repeats after Length periods, made of waves:
// 52 weeks and 2 Harmonics give one wave a year and one each half year. The zero
// value is none.
type Season struct {
	Length    int `json:"length,omitempty"`
	Harmonics int `json:"harmonics,omitempty"`
}

// Estimate is a number that was estimated, and the interval that holds the true
// one in 95 of 100 cases.
type Estimate struct {
	Value float64 `json:"value"`
	// StandardError is infinite when the data say nothing of it.
	StandardError float64 `json:"-"`
	Low           float64 `json:"-"`
	High          float64 `json:"-"`
}

// Warning tells what makes an estimate shaky.
type Warning string

// The warnings.
const (
	OnePrice Warning = "one_price" // the price did not change, or only with the season: nothing is known of the elasticity
	FewData  Warning = "few_data"  // fewer than ten periods are left for chance
	Rising   Warning = "rising"    // sales seem to rise with the price: something else moved both
)

// Demand tells the units of a product to expect in a period at a price.
type Demand struct {
	// Elasticity is by how many per cent sales change when the price changes by
	// one: below zero for nearly all goods.
	Elasticity Estimate
	// Periods is how many periods the estimate is made of.
	Periods  int
	Warnings []Warning

	currency money.Currency
	season   Season
	waves    []float64 // coefficients of the season
	price    float64   // mean logarithm of the price
	level    float64   // logarithm of the units at that price
	smear    float64   // Duan's factor
}

// Fit estimates a product's demand from its history by least squares:
//
//	ln units = level + elasticity · ln price + season + chance
//
// The interval of the elasticity is that of Student's t distribution. A history
// whose price never changed has an elasticity of 0 with an infinite standard
// error, which [Shrink] makes use of. The error is a [*FieldError].
func Fit(history []Sale, s Season) (Demand, error) {
	if err := s.check(); err != nil {
		return Demand{}, err
	}
	n := len(history)
	if n == 0 {
		return Demand{}, field(invalid("empty"), "history")
	}
	d := Demand{Periods: n, currency: history[0].Price.Currency(), season: s}
	prices, units := make([]float64, n), make([]float64, n)
	for i, h := range history {
		switch {
		case h.Price.Sign() <= 0:
			return Demand{}, field(invalid("%s is not positive", h.Price), "history[%d].price", i)
		case h.Price.Currency() != d.currency:
			return Demand{}, field(&money.MismatchError{A: d.currency, B: h.Price.Currency()}, "history[%d].price", i)
		case h.Units < 0:
			return Demand{}, field(invalid("%d is negative", h.Units), "history[%d].units", i)
		}
		prices[i] = math.Log(float64(h.Price.Minor()))
		units[i] = math.Log(math.Max(float64(h.Units), 0.5))
		d.price += prices[i]
	}
	d.price /= float64(n)

	// The price comes last, so that the last row of R is its alone.
	k := 2 + 2*s.Harmonics
	design := make([][]float64, k)
	for j := range design {
		design[j] = make([]float64, n)
	}
	for i := range history {
		design[0][i] = 1
		s.fill(history[i].Period, func(j int, wave float64) { design[1+j][i] = wave })
		design[k-1][i] = prices[i] - d.price
	}
	fitted := append([]float64(nil), units...)
	x, rest, diagonal := least(design, fitted)
	d.level, d.waves = x[0], x[1:k-1]

	used := 0
	for _, r := range diagonal {
		if r != 0 {
			used++
		}
	}
	freedom := n - used
	d.Elasticity = Estimate{Value: x[k-1], StandardError: math.Inf(1)}
	switch {
	case diagonal[k-1] == 0:
		d.Warnings = append(d.Warnings, OnePrice)
	case freedom > 0:
		d.Elasticity.StandardError = math.Sqrt(rest/float64(freedom)) / math.Abs(diagonal[k-1])
	}
	if freedom < 10 {
		d.Warnings = append(d.Warnings, FewData)
	}
	if d.Elasticity.Value > 0 {
		d.Warnings = append(d.Warnings, Rising)
	}
	d.Elasticity.interval(tQuantile(max(freedom, 1)))

	for i, h := range history {
		d.smear += math.Exp(units[i] - d.logUnits(prices[i], h.Period))
	}
	d.smear /= float64(n)
	return d, nil
}

func (e *Estimate) interval(width float64) {
	e.Low, e.High = e.Value-float64(width*e.StandardError), e.Value+float64(width*e.StandardError)
}

const maxHarmonics = 26

func (s Season) check() error {
	if s.Length < 0 || s.Length == 1 {
		return field(invalid("%d periods", s.Length), "season.length")
	}
	if s.Harmonics < 0 || s.Harmonics > maxHarmonics || 2*s.Harmonics > s.Length {
		return field(invalid("%d waves in %d periods", s.Harmonics, s.Length), "season.harmonics")
	}
	return nil
}

// fill calls set with each wave at a period.
func (s Season) fill(period int, set func(j int, wave float64)) {
	for h := range s.Harmonics {
		// The phase is reduced first, so that distant periods are as exact.
		phase := float64((h+1)*(period%s.Length)%s.Length) / float64(s.Length)
		sin, cos := math.Sincos(2 * math.Pi * phase)
		set(2*h, sin)
		set(2*h+1, cos)
	}
}

func (d *Demand) logUnits(price float64, period int) float64 {
	sum := d.level + float64(d.Elasticity.Value*(price-d.price))
	d.season.fill(period, func(j int, wave float64) { sum += float64(d.waves[j] * wave) })
	return sum
}

// Units returns the units to expect in a period at a price, which must be positive
// and in the currency of the history.
func (d *Demand) Units(price money.Amount, period int) (float64, error) {
	if price.Sign() <= 0 {
		return 0, field(invalid("%s is not positive", price), "price")
	}
	if price.Currency() != d.currency {
		return 0, field(&money.MismatchError{A: d.currency, B: price.Currency()}, "price")
	}
	return d.smear * math.Exp(d.logUnits(math.Log(float64(price.Minor())), period)), nil
}
