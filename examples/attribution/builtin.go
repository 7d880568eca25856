package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// builtIn makes a shop of 104 weeks: four paid channels whose first visits rise
// with their spend along known curves, and two that cost nothing. Many who first
// came by a social channel or a banner come again by others before they buy.
func builtIn() ([]flywheel.Event, []cost) {
	random := rand.New(rand.NewPCG(20260501, 1))
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	euro := money.MustCurrency("EUR")
	type source struct {
		name           utm.ChannelGroup
		source, medium string
		spend          float64 // of a mean week
		visits, half   float64 // most visits of a week, and the spend that brings half
		buys           float64 // what a visit adds to the chance of buying
		again          float64 // chance of another visit behind it
	}
	sources := []source{
		{"Paid Search", "google", "cpc", 400, 300, 300, 0.22, 0.25},
		{"Paid Social", "facebook", "paid_social", 300, 420, 500, 0.04, 0.5},
		{"Display", "adnet", "display", 200, 260, 900, 0.02, 0.45},
		{"Email", "newsletter", "email", 60, 160, 40, 0.18, 0.2},
		{"", "google", "organic", 0, 80, 0, 0.12, 0.3},
		{"", "(direct)", "(none)", 0, 50, 0, 0.15, 0.15},
	}
	// Who comes again comes by one of these: mostly by those that are sought, or sent.
	next := []int{0, 0, 1, 3, 3, 4, 4, 5, 5, 5}
	var events []flywheel.Event
	var costs []cost
	visitors := 0
	carried := make([]float64, len(sources))
	for week := range 104 {
		season := 1 + 0.15*math.Sin(2*math.Pi*float64(week)/52)
		for k, s := range sources {
			mean := s.visits * season
			if s.spend > 0 {
				spend := math.Round(s.spend * math.Exp(0.6*random.NormFloat64()))
				if random.IntN(8) == 0 {
					spend = 0
				}
				costs = append(costs, cost{start.AddDate(0, 0, 7*week), s.name, spend})
				carried[k] = 0.7*spend + 0.3*carried[k]
				mean = s.visits * season * carried[k] / (s.half + carried[k])
			}
			n := int(mean + math.Sqrt(mean)*random.NormFloat64() + 0.5)
			for range max(n, 0) {
				visitors++
				visitor := flywheel.VisitorID(fmt.Sprintf("v%06d", visitors))
				when := start.Add(time.Duration(week)*7*24*time.Hour + time.Duration(random.Int64N(int64(6*24*time.Hour))))
				chance := 0.0
				for at, visits := k, 1; ; at, visits = next[random.IntN(len(next))], visits+1 {
					events = append(events, flywheel.Event{Name: flywheel.EventViewItem, Time: when, Visitor: visitor,
						Properties: map[string]any{utm.PropertySource: sources[at].source, utm.PropertyMedium: sources[at].medium}})
					chance += sources[at].buys
					if visits == 5 || random.Float64() >= sources[at].again {
						break
					}
					when = when.Add(time.Duration(1+random.IntN(12)) * 6 * time.Hour)
				}
				if random.Float64() < min(chance, 0.6) {
					events = append(events, flywheel.Event{Name: flywheel.EventPurchase, Time: when.Add(10 * time.Minute), Visitor: visitor,
						Ref: fmt.Sprintf("order-%06d", visitors), Value: money.New(int64(2000+random.IntN(6000)), euro)})
				}
			}
		}
	}
	return events, costs
}
