package attribution_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/campaign/utm"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func channels(names ...utm.ChannelGroup) []utm.ChannelGroup { return names }

var small = []attribution.Path{
	{Channels: channels("search"), Conversions: 20, Value: 1000, Nulls: 80},
	{Channels: channels("social", "search"), Conversions: 15, Value: 900, Nulls: 35},
	{Channels: channels("social", "mail", "search"), Conversions: 10, Value: 800, Nulls: 10},
	{Channels: channels("mail"), Conversions: 5, Value: 200, Nulls: 20},
	{Channels: channels("social"), Nulls: 60},
}

// Four models credit three channels side by side.
func Example() {
	set, err := attribution.NewSet(small)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range []struct {
		name  string
		model attribution.Model
	}{
		{"last", attribution.ByRule(attribution.Last{})},
		{"linear", attribution.ByRule(attribution.Linear{})},
		{"markov", attribution.Markov{Order: 1}},
		{"shapley", attribution.Shapley{}},
	} {
		r, err := m.model.Credit(set)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-8s", m.name)
		for _, c := range r.Credits {
			fmt.Printf(" %s %.2f", c.Channel, c.Conversions)
		}
		fmt.Println()
	}
	// Output:
	// last     mail 5.00 search 45.00 social 0.00
	// linear   mail 8.33 search 30.83 social 10.83
	// markov   mail 7.04 search 30.78 social 12.18
	// shapley  mail 8.33 search 30.83 social 10.83
}

func ExampleBuilder() {
	at := func(hour int) time.Time { return time.Date(2026, 5, 1, hour, 0, 0, 0, time.UTC) }
	euro := money.MustCurrency("EUR")
	visit := func(id string, hour int, source, medium string) flywheel.Event {
		return flywheel.Event{ID: id, Name: flywheel.EventViewItem, Time: at(hour), Visitor: "v1",
			Properties: map[string]any{utm.PropertySource: source, utm.PropertyMedium: medium}}
	}
	events := []flywheel.Event{
		visit("1", 8, "google", "cpc"),
		visit("2", 12, "newsletter", "email"),
		{ID: "3", Name: flywheel.EventPurchase, Time: at(13), Visitor: "v1", Customer: "ada", Ref: "order-1", Value: money.New(4990, euro)},
		{ID: "4", Name: flywheel.EventPurchase, Time: at(13), Visitor: "v1", Customer: "ada", Ref: "order-1", Value: money.New(4990, euro)},
		visit("5", 20, "google", "organic"),
	}
	built, err := attribution.Builder{Cut: true}.Build(events)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(built.Duplicates, "duplicate")
	for _, j := range built.Journeys {
		fmt.Print(j.Person, " ", j.Converted, " ", j.Value)
		for _, t := range j.Touches {
			fmt.Print(" > ", t.Channel)
		}
		fmt.Println()
	}
	persons, err := attribution.CreditPersons(attribution.TimeDecay{HalfLife: 4 * time.Hour}, built.Journeys)
	for _, c := range persons[0].Credits {
		fmt.Printf("%s: %s %.3f, %.2f %v\n", persons[0].Person, c.Channel, c.Conversions, c.Value, err)
	}
	all, err := attribution.CreditJourneys(attribution.Last{}, built.Journeys)
	fmt.Println(all.Of("Email").Value, err)
	// Output:
	// 1 duplicate
	// ada true 49.9 > Paid Search > Email
	// ada false 0 > Organic Search
	// ada: Email 0.667, 33.27 <nil>
	// ada: Paid Search 0.333, 16.63 <nil>
	// 49.9 <nil>
}

func ExampleCounts() {
	monday, tuesday := attribution.NewCounts(), attribution.NewCounts()
	if err := errors.Join(monday.Add(small[0], small[1]), tuesday.Add(small[1], small[2])); err != nil {
		fmt.Println(err)
		return
	}
	week := attribution.NewCounts()
	if err := errors.Join(week.Merge(monday), week.Merge(tuesday), week.Remove(monday)); err != nil {
		fmt.Println(err)
		return
	}
	a, _ := json.Marshal(week)
	b, _ := json.Marshal(tuesday)
	fmt.Println(string(a) == string(b), week.Len(), week.Top(1)[0].Conversions)
	fmt.Println(errors.Is(week.Remove(monday), flywheel.ErrConflict))
	// Output:
	// true 2 15
	// true
}

func ExampleByDay() {
	journeys := []attribution.Journey{
		{Person: "ada", Converted: true, At: time.Date(2026, 5, 1, 23, 30, 0, 0, time.UTC), Value: 10,
			Touches: []attribution.Touch{{Channel: "search", At: time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)}}},
		{Person: "bob", Touches: []attribution.Touch{{Channel: "mail", At: time.Date(2026, 5, 3, 9, 0, 0, 0, time.UTC)}}},
	}
	days, err := attribution.ByDay(journeys, time.FixedZone("", 3600))
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := attribution.Count(journeys)
	fmt.Println(days["2026-05-02"].Len(), days["2026-05-03"].Len(), all.Len(), err)
	// Output:
	// 1 1 2 <nil>
}

func ExampleMarkov_Solve() {
	set, err := attribution.NewSet(small)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := attribution.Markov{Order: 2}.Solve(set)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d states, %.3f convert\n", r.States, r.Probability)
	var e attribution.Removal
	for _, e = range r.Removals {
		fmt.Printf("without %s %.1f %% of conversions are lost\n", e.Channel, 100*e.Conversions)
	}
	shares, err := attribution.Shares(r.ByRemoval(), []attribution.Touch{{Channel: "mail"}, {Channel: "search"}}, time.Time{})
	fmt.Printf("%.2f %v\n", shares, err)
	first, err := attribution.Markov{}.Transitions(set)
	fmt.Printf("%v to %v: %.3f %v\n", first[0].From, first[0].To, first[0].Probability, err)
	// Output:
	// 6 states, 0.196 convert
	// without mail 30.0 % of conversions are lost
	// without search 90.0 % of conversions are lost
	// without social 50.0 % of conversions are lost
	// [0.25 0.75] <nil>
	// [] to [mail]: 0.098 <nil>
}

func ExampleCreditPaths() {
	set, err := attribution.NewSet(small)
	if err != nil {
		fmt.Println(err)
		return
	}
	markov, err := attribution.Markov{}.Solve(set)
	if err != nil {
		fmt.Println(err)
		return
	}
	paths, err := attribution.CreditPaths(markov.ByRemoval(), set)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range paths {
		fmt.Printf("%v %d conversions: %.2f\n", p.Path.Channels, p.Path.Conversions, p.Shares)
	}
	// Output:
	// [mail] 5 conversions: [1.00]
	// [search] 20 conversions: [1.00]
	// [social mail search] 10 conversions: [0.24 0.14 0.62]
	// [social search] 15 conversions: [0.28 0.72]
}

func ExampleShapley_Solve() {
	set, err := attribution.NewSet(small)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := attribution.Shapley{Rate: true}.Solve(set)
	fmt.Printf("%v %.4f %v\n", set.Channels(), r.Rates, err)
	equal, err := attribution.ByRule(attribution.EqualChannels{}).Credit(set)
	fmt.Printf("%.2f %v\n", equal.Of("mail").Conversions, err)
	// Output:
	// [mail search social] [0.0863 0.1402 -0.0304] <nil>
	// 8.33 <nil>
}

func ExampleCustom() {
	set, err := attribution.NewSet(small)
	if err != nil {
		fmt.Println(err)
		return
	}
	// Mail counts twice.
	rule := attribution.Custom(func(w []float64, touches []attribution.Touch, _ time.Time) {
		for i, t := range touches {
			w[i] = 1
			if t.Channel == "mail" {
				w[i] = 2
			}
		}
	})
	for _, r := range []attribution.Rule{rule, attribution.UShaped{First: 0.5, Last: 0.3}, attribution.WShaped{}, attribution.PositionDecay{}, attribution.First{}, attribution.LastNonDirect{Direct: "search"}} {
		credit, err := attribution.ByRule(r).Credit(set)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%T mail %.2f\n", r, credit.Of("mail").Conversions)
	}
	// Output:
	// attribution.Custom mail 10.00
	// attribution.UShaped mail 7.00
	// attribution.WShaped mail 8.33
	// attribution.PositionDecay mail 7.86
	// attribution.First mail 5.00
	// attribution.LastNonDirect mail 15.00
}

func ExampleChooseOrder() {
	set, err := attribution.NewSet(small)
	if err != nil {
		fmt.Println(err)
		return
	}
	order, scores, err := attribution.ChooseOrder(set, 3)
	fmt.Println(order, err)
	for _, s := range scores {
		fmt.Printf("order %d: AUC %.4f, penalized %.4f\n", s.Order, s.AUC, s.Penalized)
	}
	// Output:
	// 2 <nil>
	// order 1: AUC 0.6598, penalized 0.6557
	// order 2: AUC 0.7232, penalized 0.7165
	// order 3: AUC 0.7232, penalized 0.7118
}

func ExampleBootstrap() {
	set, err := attribution.NewSet(small)
	if err != nil {
		fmt.Println(err)
		return
	}
	limits, err := attribution.Bootstrap{Seed: 1}.Run(attribution.Markov{}, set)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range limits {
		fmt.Printf("%s %v\n", l.Channel, l.ConversionShareFrom < l.ConversionShare && l.ConversionShare < l.ConversionShareTo)
	}
	// Output:
	// mail true
	// search true
	// social true
}

func ExampleJoinCosts() {
	credit := &attribution.Result{Credits: []attribution.Credit{{Channel: "mail", Conversions: 10, Value: 500}, {Channel: "search", Conversions: 40, Value: 2400}}}
	report, err := attribution.JoinCosts(credit, []attribution.Cost{{Channel: "search", Amount: 800}, {Channel: "radio", Amount: 100}}, 0.5, 4500)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range report.Channels {
		fmt.Println(c.Channel, "ROAS", c.ROAS, "CPA", c.CPA, "ROI", c.ROI)
	}
	var total attribution.Performance = report.Total
	fmt.Println("all ROAS", total.ROAS, "MER", report.MER, report.Warnings)
	// Output:
	// mail ROAS - CPA 0 ROI -
	// radio ROAS 0 CPA - ROI -1
	// search ROAS 3 CPA 20 ROI 0.5
	// all ROAS 3.222 MER 5 [channels that cost money and brought nothing, or go by another name in the paths: 1]
}

func ExampleEconomics() {
	u, err := attribution.Economics{Spend: 10_000, NewCustomers: 400, AttributedRevenue: 32_000, TotalRevenue: 120_000, Margin: 0.4, ARPU: 15, Churn: 0.05, Discount: 0.01}.Ratios()
	fmt.Println("CAC", u.CAC, "LTV per CAC", u.LTVPerCAC, "payback", u.Payback, "ROAS", u.ROAS, "of", u.BreakEvenROAS, err)
	// Output:
	// CAC 25 LTV per CAC 4.8 payback 4.167 ROAS 3.2 of 2.5 <nil>
}

func ExampleHoldout() {
	r, err := attribution.Holdout{Treated: 90_000, TreatedConversions: 2_700, Held: 10_000, HeldConversions: 260, Cost: 45_000, ValuePerConversion: 40}.Measure(0)
	fmt.Printf("%.0f conversions [%.0f, %.0f], ROAS %v where %v seemed so %v\n", r.Incremental, r.From, r.To, r.IncrementalROAS, r.NaiveROAS, err)
	// Output:
	// 360 conversions [62, 658], ROAS 0.32 where 2.4 seemed so <nil>
}

func ExampleCalibrate() {
	credit := &attribution.Result{Credits: []attribution.Credit{{Channel: "mail", Conversions: 300}, {Channel: "search", Conversions: 2000}, {Channel: "social", Conversions: 500}}}
	search, err := attribution.LiftOf("search", 2000, attribution.Holdout{Treated: 90_000, TreatedConversions: 2_700, Held: 30_000, HeldConversions: 600})
	if err != nil {
		fmt.Println(err)
		return
	}
	tests := []attribution.Lift{search, {Channel: "mail", Attributed: 300, Incremental: 270, Error: 30}}
	calibration, calibrated, err := attribution.Calibrate(credit, tests, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, f := range calibration.Factors {
		fmt.Printf("%s × %.2f [%.2f, %.2f] = %.0f\n", f.Channel, f.Factor, f.From, f.To, calibrated.Credits[i].Conversions)
	}
	_, err = attribution.NewSet([]attribution.Path{{}})
	bad, _ := errors.AsType[*attribution.PathError](err)
	fmt.Println(bad)
	_, err = attribution.Count([]attribution.Journey{{Person: "ada"}})
	journey, _ := errors.AsType[*attribution.JourneyError](err)
	fmt.Println(journey.Person, journey.Index)
	// Output:
	// mail × 0.88 [0.72, 1.04] = 263
	// search × 0.45 [0.38, 0.53] = 909
	// social × 0.67 [0.04, 1.29] = 333
	// attribution: path 0: channels: none: invalid
	// ada 0
}
