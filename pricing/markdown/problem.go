package markdown

import (
	"math"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Forecast tells the mean demand in a period at a price. A [*Demand] is one.
type Forecast interface {
	Units(price money.Amount, period int) (float64, error)
}

// Problem is a stock and the periods to sell it in.
type Problem struct {
	Demand  Forecast
	Stock   int64
	First   int // the number of the first period
	Periods int
	// Prices are those allowed, in any order: see [Grid].
	Prices []money.Amount
	// Rises allows a price above that of the period before. Without it prices
	// only fall, and none is above Current, which is what is charged now; zero
	// is any price.
	Rises   bool
	Current money.Amount
	// Cost is what a unit has cost, Salvage what one that is left is worth, which
	// for goods that can be sold later may be as much.
	Cost, Salvage money.Amount
}

// Plan tells what to charge.
type Plan struct {
	// Margin is the expected margin of the whole stock: what it brings, with what
	// is left, less what it cost.
	Margin money.Amount
	// Path is the plan if each period sells what is expected, rounded to whole
	// units.
	Path []Step

	first  int
	stock  int64
	rises  bool
	prices []money.Amount // dearest first
	// best has for each period, stock and dearest price allowed the price to
	// charge.
	best [][]uint8
}

// Step is one period of a path.
type Step struct {
	Period int          `json:"period"`
	Stock  int64        `json:"stock"` // at its beginning
	Price  money.Amount `json:"price"`
	// Units are expected to be sold, fewer than are asked for when the stock ends.
	Units float64 `json:"units"`
}

const (
	maxPeriods = 400
	maxStates  = 20_000_000
	maxWork    = 5_000_000_000 // some seconds
)

func (p *Problem) check() ([]money.Amount, error) {
	prices := slices.Clone(p.Prices)
	switch {
	case p.Demand == nil:
		return nil, field(invalid("missing"), "demand")
	case p.Stock < 0:
		return nil, field(invalid("%d is negative", p.Stock), "stock")
	case p.Periods < 1 || p.Periods > maxPeriods:
		return nil, field(tooLarge("%d is not from 1 to %d", p.Periods, maxPeriods), "periods")
	case len(prices) == 0:
		return nil, field(invalid("none"), "prices")
	case len(prices) > maxPrices:
		return nil, field(tooLarge("%d, at most %d", len(prices), maxPrices), "prices")
	case p.Stock > maxStates/int64(p.Periods*len(prices)), p.Stock*p.Stock > maxWork/int64(p.Periods*len(prices)):
		return nil, field(tooLarge("%d units over %d periods and %d prices: count in packs", p.Stock, p.Periods, len(prices)), "stock")
	}
	for i, price := range prices {
		if price.Sign() <= 0 {
			return nil, field(invalid("%s is not positive", price), "prices[%d]", i)
		}
		if price.Currency() != prices[0].Currency() {
			return nil, field(&money.MismatchError{A: prices[0].Currency(), B: price.Currency()}, "prices[%d]", i)
		}
	}
	for _, a := range [...]struct {
		name   string
		amount money.Amount
	}{{"current", p.Current}, {"cost", p.Cost}, {"salvage", p.Salvage}} {
		if a.amount.Sign() < 0 {
			return nil, field(invalid("%s is negative", a.amount), "%s", a.name)
		}
		if a.amount != (money.Amount{}) && a.amount.Currency() != prices[0].Currency() {
			return nil, field(&money.MismatchError{A: prices[0].Currency(), B: a.amount.Currency()}, "%s", a.name)
		}
	}
	slices.SortFunc(prices, func(a, b money.Amount) int {
		if a.Minor() > b.Minor() {
			return -1
		}
		return 1
	})
	prices = slices.Compact(prices)
	if !p.Rises && p.Current != (money.Amount{}) {
		prices = slices.DeleteFunc(prices, func(a money.Amount) bool { return a.Minor() > p.Current.Minor() })
		if len(prices) == 0 {
			return nil, field(invalid("all are above %s", p.Current), "prices")
		}
	}
	return prices, nil
}

// Solve returns the plan of largest expected margin. Demand in a period is a
// Poisson variable of the forecast's mean, independent of others; what is asked for
// beyond the stock is lost. Of prices that bring the same it takes the dearest. The
// error is a [*FieldError], or that of the forecast.
//
// With V the value of stock s when the price may be at most p, backwards in time:
//
//	V(t, s, p) = max over q ≤ p of E[ q·min(D, s) + V(t+1, s - min(D, s), q) ]
func (p Problem) Solve() (*Plan, error) {
	prices, err := p.check()
	if err != nil {
		return nil, err
	}
	n, m := int(p.Stock), len(prices)
	plan := &Plan{first: p.First, stock: p.Stock, rises: p.Rises, prices: prices, best: make([][]uint8, p.Periods)}
	means := make([][]float64, p.Periods)
	for t := range means {
		means[t] = make([]float64, m)
		for i, price := range prices {
			mean, err := p.Demand.Units(price, p.First+t)
			if err != nil {
				return nil, err
			}
			if math.IsNaN(mean) || mean < 0 || math.IsInf(mean, 0) {
				return nil, field(invalid("%v units in period %d at %s", mean, p.First+t, price), "demand")
			}
			means[t][i] = mean
		}
	}

	// later[s*m+i] is the value of s units from the next period on, when the dearest
	// price allowed is the i-th.
	later, now := make([]float64, (n+1)*m), make([]float64, (n+1)*m)
	for s := range n + 1 {
		for i := range m {
			later[s*m+i] = float64(s) * float64(p.Salvage.Minor())
		}
	}
	for t := p.Periods - 1; t >= 0; t-- {
		best := make([]uint8, (n+1)*m)
		for i, price := range prices {
			after := i
			if p.Rises {
				after = 0
			}
			chances := poisson(means[t][i], n)
			tail := make([]float64, n+2) // that demand is at least so much
			tail[0] = 1
			for k := range n + 1 {
				tail[k+1] = math.Max(0, tail[k]-chances[k])
			}
			for s := range n + 1 {
				value := 0.0
				for k := range s {
					value += float64(chances[k] * (float64(float64(k)*float64(price.Minor())) + later[(s-k)*m+after]))
				}
				now[s*m+i] = value + float64(tail[s]*(float64(float64(s)*float64(price.Minor()))+later[after]))
			}
		}
		for s := range n + 1 { // the best of those allowed, dearest to cheapest
			row, choice := now[s*m:(s+1)*m], best[s*m:(s+1)*m]
			for i := m - 1; i >= 0; i-- {
				choice[i] = uint8(i)
				if i < m-1 && row[i+1] > row[i] {
					row[i], choice[i] = row[i+1], choice[i+1]
				}
			}
		}
		plan.best[t] = best
		later, now = now, later
	}
	margin := later[n*m] - float64(float64(n)*float64(p.Cost.Minor()))
	if math.Abs(margin) >= math.MaxInt64 {
		return nil, field(tooLarge("a margin of %g", margin), "prices")
	}
	plan.Margin = money.New(int64(math.RoundToEven(margin)), prices[0].Currency())
	plan.walk(means)
	return plan, nil
}

// Price returns what to charge in a period when so much is left, after the price
// of the period before, zero for none. It reports false outside the plan: another
// period, more stock than there was, or a previous price below all that are allowed.
func (p *Plan) Price(period int, stock int64, previous money.Amount) (money.Amount, bool) {
	t := period - p.first
	if t < 0 || t >= len(p.best) || stock < 0 || stock > p.stock {
		return money.Amount{}, false
	}
	most := 0
	if !p.rises && previous != (money.Amount{}) {
		most = slices.IndexFunc(p.prices, func(a money.Amount) bool { return a.Minor() <= previous.Minor() })
		if most < 0 {
			return money.Amount{}, false
		}
	}
	return p.prices[p.best[t][int(stock)*len(p.prices)+most]], true
}

func (p *Plan) walk(means [][]float64) {
	left, previous := p.stock, money.Amount{}
	for t := range p.best {
		price, _ := p.Price(p.first+t, left, previous)
		mean := means[t][slices.Index(p.prices, price)]
		units := expectedSales(mean, int(left))
		p.Path = append(p.Path, Step{Period: p.first + t, Stock: left, Price: price, Units: units})
		left -= min(left, int64(math.Round(units)))
		previous = price
	}
}

// expectedSales is E[min(D, stock)] for a Poisson variable D.
func expectedSales(mean float64, stock int) float64 {
	chances := poisson(mean, stock)
	below, sum := 0.0, 0.0
	for k := range stock {
		sum += float64(float64(k) * chances[k])
		below += chances[k]
	}
	return sum + float64(float64(stock)*math.Max(0, 1-below))
}

// poisson returns the probabilities of 0 to n. They are computed from their
// logarithms, so that a large mean does not underflow on the way.
func poisson(mean float64, n int) []float64 {
	chances := make([]float64, n+1)
	if mean == 0 {
		chances[0] = 1
		return chances
	}
	log := math.Log(mean)
	for k := range chances {
		factorial, _ := math.Lgamma(float64(k) + 1)
		chances[k] = math.Exp(float64(float64(k)*log) - mean - factorial)
	}
	return chances
}
