package market_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// The generator of shop series: two years of daily sales of one item.
//
//   - mean: log-uniform from 20 to 400 a day; weekly factors e^N(0, 0.25); a yearly
//     wave of up to 20 %
//   - noise: a day's mean is multiplied by e^N(-s²/2, s), s from 0.08 to 0.2; sales are
//     Poisson of that. One deviation of a day is √(mean + s²·mean²)
//   - known to the shop: 2 to 4 stock-outs of 2 to 6 days without sales; 5 to 8
//     promotions of 3 to 7 days with 1.3 to 2.5 times the sales and 0 to 20 % less in
//     the 3 days after; 1 to 3 changes of the price by 8 to 20 % up or down, with an
//     elasticity of -1 to -3, which stay
//   - injected: 4 spikes of one day (5.5 to 12 deviations, up or, where sales can fall
//     that far, down), 2 shifts of 3 to 5 deviations (of which half are
//     exactly 3) that stay, and one drift of 4 to 6 deviations over 25 to 45 days that
//     stays
//   - everything begins at least 70 days after the start, 16 days after the end of what
//     was before, and 20 before the end of the series
type shopEvent struct {
	kind     string // spike, shift, drift, promotion, price
	from, to int
	size     float64 // in deviations; of a promotion or price the expected ones
	up       bool
}

const shopDays = 730

func shopSeries(seed uint64) ([]market.Point, []shopEvent) {
	r := rand.New(rand.NewPCG(seed, 20261130))
	base := 20 * math.Exp(r.Float64()*math.Log(20))
	noise := 0.08 + 0.12*r.Float64()
	var week [7]float64
	for i := range week {
		week[i] = math.Exp(0.25 * r.NormFloat64())
	}
	wave, phase := 0.2*r.Float64(), 2*math.Pi*r.Float64()
	kinds := []string{"spike", "spike", "spike", "spike", "shift", "shift", "drift"}
	for range 2 + r.IntN(3) {
		kinds = append(kinds, "out")
	}
	for range 5 + r.IntN(4) {
		kinds = append(kinds, "promotion")
	}
	for range 1 + r.IntN(3) {
		kinds = append(kinds, "price")
	}
	r.Shuffle(len(kinds), func(a, b int) { kinds[a], kinds[b] = kinds[b], kinds[a] })
	var events []shopEvent
	need := 0
	for _, k := range kinds {
		e := shopEvent{kind: k, up: r.IntN(2) == 0}
		length := 1
		switch k {
		case "spike":
			e.size = 5.5 + 6.5*r.Float64()
		case "shift":
			e.size = 3
			if r.IntN(2) == 0 {
				e.size = 3 + 2*r.Float64()
			}
		case "drift":
			e.size, length = 4+2*r.Float64(), 25+r.IntN(21)
		case "out":
			length = 2 + r.IntN(5)
		case "promotion":
			length = 3 + r.IntN(5)
		}
		e.to = length - 1
		need += length + 16
		events = append(events, e)
	}
	spare := max(0, shopDays-70-20-need)
	at := 70
	gaps := make([]int, len(events))
	for range spare {
		gaps[r.IntN(len(gaps))]++
	}
	for i := range events {
		at += gaps[i]
		events[i].from, events[i].to = at, at+events[i].to
		at = events[i].to + 17
	}
	price, factor := 10.0, 1.0
	points := make([]market.Point, shopDays)
	mult := make([]float64, shopDays) // what events do to the mean
	for i := range mult {
		mult[i] = 1
	}
	// relative returns one deviation of a day over its mean, for a mean without noise.
	relative := func(mean float64) float64 { return math.Sqrt(1/mean + noise*noise) }
	season := func(day int) float64 {
		return week[day%7] * (1 + wave*math.Sin(2*math.Pi*float64(day)/365+phase))
	}
	level := func(day int) float64 { return base * factor * mult[day] }
	// move returns the factor of a lasting move by size deviations of the mean day:
	// down only where at least 15 a day are left, up only to 1500.
	move := func(day int, e *shopEvent) float64 {
		rel := relative(level(day))
		if down := 1 - e.size*rel; down < 0.3 || level(day)*down < 15 {
			e.up = true
		} else if level(day)*(1+e.size*rel) > 1500 {
			e.up = false
		}
		if e.up {
			return 1 + e.size*rel
		}
		return 1 - e.size*rel
	}
	prices := make([]float64, shopDays)
	promo, out := make([]string, shopDays), make([]bool, shopDays)
	next := 0
	for day := range shopDays {
		for next < len(events) && events[next].from == day {
			e := &events[next]
			rel := relative(level(day) * season(day))
			switch e.kind {
			case "spike":
				if e.size*rel > 1 {
					e.up = true // sales cannot fall that far
				}
				if e.up {
					mult[day] *= 1 + e.size*rel
				} else {
					mult[day] *= 1 - e.size*rel
				}
			case "shift":
				factor *= move(day, e)
			case "drift":
				n := e.to - e.from + 1
				whole := move(day, e)
				for k := day; k < shopDays; k++ {
					mult[k] *= math.Pow(whole, math.Min(1, float64(k-day+1)/float64(n)))
				}
			case "out":
				for k := e.from; k <= e.to; k++ {
					out[k] = true
					mult[k] = 0
				}
			case "promotion":
				lift := 1.3 + 1.2*r.Float64()
				dip := 0.2 * r.Float64()
				for k := e.from; k <= e.to; k++ {
					promo[k] = fmt.Sprintf("promotion-%d", e.from)
					mult[k] *= lift
				}
				for k := e.to + 1; k <= min(e.to+3, shopDays-1); k++ {
					mult[k] *= 1 - dip
				}
				e.up, e.size = true, (lift-1)/rel
			case "price":
				change := 0.08 + 0.12*r.Float64()
				if !e.up {
					change = -change
				}
				effect := math.Pow(1+change, -(1 + 2*r.Float64()))
				price *= 1 + change
				factor *= effect
				e.up, e.size = effect > 1, math.Abs(effect-1)/rel
			}
			next++
		}
		prices[day] = price
		mean := level(day) * season(day)
		mean *= math.Exp(noise*r.NormFloat64() - noise*noise/2)
		points[day] = market.Point{
			At: time.Date(2024, 1, 1+day, 0, 0, 0, 0, time.UTC), Value: poisson(r, mean),
			OutOfStock: out[day], Promotion: promo[day], Price: prices[day],
		}
	}
	return points, events
}

func poisson(r *rand.Rand, mean float64) float64 {
	if mean > 60 {
		return math.Max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
	}
	limit, p, k := math.Exp(-mean), 1.0, -1.0
	for p > limit || k < 0 {
		p *= r.Float64()
		k++
	}
	return k
}

// shopResult sums up a run over many series.
type shopResult struct {
	injected, found           map[string]int
	falseIncidents            int
	years                     float64
	delays                    []int // of shifts of exactly three deviations, in points
	causes, named, asIncident int
}

func runShop(t testing.TB, detector market.Detector, seed uint64, series int) shopResult {
	detector.Step = 24 * time.Hour
	res := shopResult{injected: map[string]int{}, found: map[string]int{}}
	for k := range series {
		points, events := shopSeries(seed + uint64(k))
		s, err := detector.Stream()
		require.NoError(t, err)
		type found struct{ start, detected, end int }
		var incidents []found
		causes := make([]market.Cause, len(points))
		for day, p := range points {
			reading, err := s.Next(p)
			require.NoError(t, err)
			causes[day] = reading.Cause
			index := func(at time.Time) int { return int(at.Sub(points[0].At) / (24 * time.Hour)) }
			switch reading.Change {
			case market.Opened:
				incidents = append(incidents, found{index(reading.Incident.Start), day, shopDays})
			case market.Closed:
				incidents[len(incidents)-1].end = day
			}
		}
		res.years += float64(shopDays-70) / 365
		used := make([]bool, len(incidents))
		for _, e := range events {
			switch e.kind {
			case "spike", "shift", "drift":
				// Found if an incident is reported from its first day to 3 days after a
				// spike, 10 after a shift, 15 after the end of a drift.
				reach := map[string]int{"spike": 3, "shift": 10, "drift": 15}[e.kind]
				res.injected[e.kind]++
				hit := false
				for i, in := range incidents {
					if in.detected >= e.from && in.detected <= e.to+reach {
						used[i] = true
						if !hit && e.kind == "shift" && e.size == 3 {
							res.delays = append(res.delays, in.detected-e.from)
						}
						hit = true
					}
				}
				if hit {
					res.found[e.kind]++
				} else if e.kind == "shift" && e.size == 3 {
					res.delays = append(res.delays, math.MaxInt32)
				}
			case "promotion", "price":
				want, reach := market.Promotion, 0
				if e.kind == "price" {
					want, reach = market.Price, 6
				}
				opened := false
				for i, in := range incidents {
					if in.detected >= e.from && in.detected <= e.to+reach {
						opened = true
						used[i] = true // counted here
					}
				}
				if opened {
					res.asIncident++
				}
				if e.size < 2 {
					continue // not to be seen
				}
				res.causes++
				if slices.Contains(causes[e.from:e.to+reach+1], want) {
					res.named++
				}
			}
		}
		for _, u := range used {
			if !u {
				res.falseIncidents++
			}
		}
	}
	slices.Sort(res.delays)
	return res
}

func (r shopResult) recall() float64 {
	found, injected := 0, 0
	for k, n := range r.injected {
		injected += n
		found += r.found[k]
	}
	return float64(found) / float64(injected)
}

func (r shopResult) String() string {
	s := fmt.Sprintf("recall %.3f (", r.recall())
	for _, k := range []string{"spike", "shift", "drift"} {
		s += fmt.Sprintf("%s %.3f ", k, float64(r.found[k])/float64(r.injected[k]))
	}
	return s + fmt.Sprintf("), %.3f false incidents per series and year, median delay %d, causes named %.3f of %d, own acts opened %d",
		float64(r.falseIncidents)/r.years, r.delays[len(r.delays)/2], float64(r.named)/float64(r.causes), r.causes, r.asIncident)
}

// TestShopSeries keeps the detector to the bar on series of the generator above:
// 500 with -v or FLYWHEEL_LONG, fewer under the race detector.
func TestShopSeries(t *testing.T) {
	r := runShop(t, market.Detector{}, 1, testkit.Often(500, 40))
	t.Log(r)
	require.GreaterOrEqual(t, r.recall(), 0.9)
	require.LessOrEqual(t, float64(r.falseIncidents)/r.years, 1.0)
	require.LessOrEqual(t, r.delays[len(r.delays)/2], 2)
	require.GreaterOrEqual(t, float64(r.named)/float64(r.causes), 0.9)
	require.Zero(t, r.asIncident)
}
