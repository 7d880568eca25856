package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/replay/retail"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/rerank"
	"github.com/flywheel-go/flywheel/segment/rfm"
)

// report gathers what each package has learned.
func (s *shop) report(ctx context.Context) ([]table, error) {
	if err := s.compareStock(ctx); err != nil {
		return nil, err
	}
	tables := []table{s.stockTable()}
	for _, make := range []func(context.Context) (table, error){
		s.rfmTable, s.segmentTable, s.pointsTable, s.journeyTable, s.experimentTable, s.recommendationTable,
	} {
		t, err := make(ctx)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	if len(s.book.Unreadable) > 0 {
		tables = append(tables, s.unreadable())
	}
	return append(tables, s.months(), s.charged(), s.reconciliation()), nil
}

// compareStock holds the stock that inventory kept against the model that
// followed the events.
func (s *shop) compareStock(ctx context.Context) error {
	for level, err := range s.stock.Levels(ctx, "") {
		if err != nil {
			return err
		}
		if want := s.room.planned.onHand[s.room.index[level.SKU]]; level.OnHand != want || level.Reserved != 0 {
			return fmt.Errorf("stock of %s: inventory has %d on hand and %d reserved, the events say %d",
				level.SKU, level.OnHand, level.Reserved, want)
		}
	}
	return nil
}

func (s *shop) reconciliation() table {
	t := table{
		file: "reconciliation", title: "What became of every row",
		columns: []string{"kind", "rows", "sold", "returned", "credited", "booked", "net"},
	}
	var total sums
	line := func(name string, v sums) {
		t.add(name, strconv.Itoa(v.rows), retail.FormatValue(v.sold), retail.FormatValue(v.returned),
			retail.FormatValue(v.credited), retail.FormatValue(v.booked), retail.FormatValue(v.net()))
	}
	for k, v := range s.exact.byKind {
		if v.rows == 0 {
			continue
		}
		line(retail.Kind(k).String(), v)
		total.rows += v.rows
		total.sold += v.sold
		total.returned += v.returned
		total.credited += v.credited
		total.booked += v.booked
	}
	line("all", total)
	t.note = fmt.Sprintf("quantity times price, exactly; returned is matched to the order that it cancels, credited found none; "+
		"%s rows come to %s %s", grouped(strconv.Itoa(total.rows)), grouped(retail.FormatValue(total.net())), s.currency)
	return t
}

// charged compares the exact value of rows with the money that was moved, which
// is rounded on each line.
func (s *shop) charged() table {
	t := table{
		file: "charged", title: "Exact value and money moved",
		note:    "each line is rounded to the minor unit, half up",
		columns: []string{"document", "documents", "exact", "moved", "rounding"},
	}
	var exact sums
	for _, v := range s.exact.byKind {
		exact.sold += v.sold
		exact.returned += v.returned
		exact.credited += v.credited
		exact.booked += v.booked
	}
	var all, moved int64
	documents := 0
	for _, d := range []struct {
		name, event string
		exact       int64
	}{
		{"orders", flywheel.EventPurchase, exact.sold},
		{"returns", flywheel.EventRefund, exact.returned},
		{"credit notes", eventCreditNote, exact.credited},
		{"bookings", eventBooked, exact.booked},
	} {
		a := s.accounts.of[d.event]
		value := s.exactly(a.sum.Minor())
		t.add(d.name, strconv.Itoa(a.documents), retail.FormatValue(d.exact), retail.FormatValue(value), retail.FormatValue(value-d.exact))
		all, moved, documents = all+d.exact, moved+value, documents+a.documents
	}
	t.add("all", strconv.Itoa(documents), retail.FormatValue(all), retail.FormatValue(moved), retail.FormatValue(moved-all))
	return t
}

// exactly writes minor units in the scale of exact values.
func (s *shop) exactly(minor int64) int64 {
	for range retail.ValueScale - s.currency.Digits() {
		minor *= 10
	}
	return minor
}

func (s *shop) months() table {
	t := table{
		file: "months", title: "By month",
		columns: []string{"month", "exact", "moved", "rounding"},
	}
	var values []float64
	months := slices.Sorted(maps.Keys(s.exact.byMonth))
	for _, m := range months {
		moved := s.exactly(s.accounts.months[m].Minor())
		t.add(m, retail.FormatValue(s.exact.byMonth[m]), retail.FormatValue(moved), retail.FormatValue(moved-s.exact.byMonth[m]))
		values = append(values, float64(s.exact.byMonth[m])/1e6)
	}
	t.charts = []chart.Figure{chart.Bars("Net value by month", months, chart.Series{Name: "net", Values: values})}
	return t
}

func (s *shop) stockTable() table {
	t := table{
		file: "stock", title: "Stock policies",
		note:    "opening stock and lead times come from the seed; back orders are allowed; both policies see the same demand",
		columns: []string{"policy", "fill rate", "lines short", "units on hand, average", "SKU-days without stock", "units ordered"},
	}
	var fill, onHand []chart.Series
	for _, shelf := range []*shelf{s.room.planned, s.room.naive} {
		t.add(shelf.name, percent(shelf.fillRate()), percent(ratio(float64(shelf.short), float64(shelf.lines))),
			strconv.FormatFloat(ratio(shelf.unitDays, float64(shelf.days)), 'f', 0, 64),
			percent(ratio(float64(shelf.emptyDays), float64(shelf.days)*float64(max(1, len(shelf.onHand))))),
			strconv.FormatInt(shelf.ordered, 10))
		f, o := chart.Series{Name: shelf.name}, chart.Series{Name: shelf.name}
		for _, w := range shelf.weeks {
			rate := math.NaN()
			if w.demanded > 0 {
				rate = 100 * float64(w.filled) / float64(w.demanded)
			}
			f.Values = append(f.Values, rate)
			o.Values = append(o.Values, float64(w.onHand))
		}
		fill, onHand = append(fill, f), append(onHand, o)
	}
	var weeks []string
	for i := range s.room.planned.weeks {
		weeks = append(weeks, s.room.first.Add(time.Duration(i)*week).Format("01-02"))
	}
	t.charts = []chart.Figure{
		chart.Lines("Fill rate by week, per cent", weeks, fill...),
		chart.Lines("Units on hand at the end of the week", weeks, onHand...),
	}
	return t
}

func (s *shop) rfmTable(context.Context) (table, error) {
	t := table{
		file: "rfm", title: "Customers by recency, frequency and value",
		note:    "scores 1 to 5 by quintiles; a cell of the map counts customers by recency and frequency",
		columns: []string{"segment", "customers", "share", "revenue"},
	}
	inputs, err := s.rfm.Inputs(s.days[len(s.days)-1].date.Add(day))
	if err != nil || len(inputs) == 0 {
		return t, err
	}
	scores, err := rfm.NTile{}.Score(inputs)
	if err != nil {
		return t, err
	}
	customers, revenue := map[rfm.Segment]int{}, map[rfm.Segment]int64{}
	cells := make([][]int, 5)
	for i := range cells {
		cells[i] = make([]int, 5)
	}
	for i, score := range scores {
		customers[score.Segment()]++
		revenue[score.Segment()] += inputs[i].Monetary
		cells[5-score.R][score.F-1]++
	}
	for _, name := range slices.Sorted(maps.Keys(customers)) {
		t.add(string(name), strconv.Itoa(customers[name]), percent(ratio(float64(customers[name]), float64(len(scores)))),
			retail.FormatValue(s.exactly(revenue[name])))
	}
	t.charts = []chart.Figure{chart.Heat("Customers by recency (rows, 5 is recent) and frequency (columns, 5 is often)",
		[]string{"R 5", "R 4", "R 3", "R 2", "R 1"}, []string{"F 1", "F 2", "F 3", "F 4", "F 5"}, cells)}
	return t, nil
}

func (s *shop) segmentTable(ctx context.Context) (table, error) {
	t := table{
		file: "segments", title: "Live segments",
		columns: []string{"segment", "rule", "entered", "left", "members"},
	}
	profiles := 0
	for _, err := range s.profiles.List(ctx) {
		if err != nil {
			return t, err
		}
		profiles++
	}
	t.note = fmt.Sprintf("of %s customer profiles, kept up to date with every event; members on the evening of the last day",
		grouped(strconv.Itoa(profiles)))
	for _, d := range liveSegments {
		members, err := s.profiles.Members(ctx, d.Name)
		if err != nil {
			return t, err
		}
		m := s.moved[d.Name]
		if m == nil {
			m = &movement{}
		}
		if m.entered-m.left != members.Count() {
			return t, fmt.Errorf("segment %q: %d entered, %d left, %d are in it", d.Name, m.entered, m.left, members.Count())
		}
		t.add(d.Name, string(d.Rule), strconv.Itoa(m.entered), strconv.Itoa(m.left), strconv.Itoa(members.Count()))
	}
	return t, nil
}

func (s *shop) pointsTable(ctx context.Context) (table, error) {
	t := table{
		file: "loyalty", title: "Points and tiers",
		note:    "one point for each unit of money, for twelve months; tiers from 1,000 and 5,000 points of the last twelve months",
		columns: []string{"tier", "members", "points available", "points expired"},
	}
	end := s.days[len(s.days)-1].date.Add(day)
	type standing struct{ members, available, expired int64 }
	byTier := map[string]standing{}
	for member, err := range s.points.Members(ctx) {
		if err != nil {
			return t, err
		}
		at, err := s.points.StandingAt(ctx, member, end)
		if err != nil {
			return t, err
		}
		balance, err := s.points.BalanceAt(ctx, member, end)
		if err != nil {
			return t, err
		}
		v := byTier[at.Tier]
		byTier[at.Tier] = standing{v.members + 1, v.available + balance.Available, v.expired + balance.Expired}
	}
	for _, tier := range program().Tiering.Tiers {
		v := byTier[tier.ID]
		t.add(tier.ID, strconv.FormatInt(v.members, 10), strconv.FormatInt(v.available, 10), strconv.FormatInt(v.expired, 10))
	}
	return t, nil
}

func (s *shop) journeyTable(ctx context.Context) (table, error) {
	t := table{
		file: "journeys", title: "Journeys",
		note:    "at most one message in 30 days for each customer",
		columns: []string{"journey", "entries", "goals", "completed", "exits", "active", "sends", "caps hit"},
	}
	tallies, err := s.journeys.Report(ctx)
	for _, j := range tallies {
		t.add(string(j.Journey), fmt.Sprint(j.Entries), fmt.Sprint(j.Goals), fmt.Sprint(j.Completed), fmt.Sprint(j.Exits),
			fmt.Sprint(j.Active), fmt.Sprint(j.Sends), fmt.Sprint(j.CapsHit))
	}
	return t, err
}

// experimentTable reads the experiment in which both arms show the same page.
func (s *shop) experimentTable(context.Context) (table, error) {
	t := table{
		file: "experiment", title: "An A/A experiment",
		columns: []string{"metric", "customers A", "customers also A", "A", "also A", "difference", "95 % interval", "p"},
	}
	r, err := s.readout.Report()
	if errors.Is(err, flywheel.ErrInvalid) {
		t.note = "nobody was exposed"
		return t, nil
	}
	if err != nil {
		return t, err
	}
	for i, m := range r.Metrics {
		row := []string{m.Metric.Name}
		for _, arm := range r.Arms {
			row = append(row, strconv.FormatInt(arm.Units, 10))
		}
		for _, arm := range r.Arms {
			row = append(row, decimal(arm.Metrics[i].X.Mean, 4))
		}
		if c := m.Comparisons[0]; c.Err != nil {
			row = append(row, "-", c.Err.Error(), "-")
		} else {
			e := c.Result.Absolute
			row = append(row, decimal(e.Estimate, 4), "["+decimal(e.Lower, 4)+", "+decimal(e.Upper, 4)+"]", decimal(c.AdjustedP, 3))
		}
		t.add(row...)
	}
	t.note = fmt.Sprintf("both arms are the same page, shown after the first purchase; sample ratio p = %s; verdict: %s: %s",
		decimal(r.SampleRatio.P, 3), r.Verdict.State, r.Verdict.Reason)
	return t, nil
}

// letGo frees what no table after it reads: training recommendations takes the
// memory that the stores in memory and the learners had.
func (s *shop) letGo() {
	*s.kept = stores{Closer: s.kept.Closer}
	s.tx, s.log, s.stock, s.gateway, s.carts, s.orders, s.checkout, s.catalog = nil, nil, nil, nil, nil, nil, nil, nil
	s.wheel, s.profiles, s.baskets, s.points, s.journeys, s.tests, s.readout = nil, nil, nil, nil, nil, nil, nil
}

// recommendationTable asks what each customer's last basket held.
func (s *shop) recommendationTable(ctx context.Context) (table, error) {
	t := table{
		file: "recommendations", title: "Recommendations",
		note:    "ten items for the last basket of each customer, learned without it and what that customer did after",
		columns: []string{"ranking", "customers", "hit rate at 10", "recall", "MRR", "items shown"},
	}
	all, err := s.baskets.Dataset(ctx)
	if err != nil {
		return t, err
	}
	train, cases := all.HoldOutLast()
	if len(cases) == 0 {
		return t, nil
	}
	s.letGo()
	popular, ask, err := blended(train)
	if err != nil {
		return t, err
	}
	rankings := []struct {
		name string
		rank recommend.Ranker
	}{
		{"what goes with the history and is bought now, repeats allowed", ask(true)},
		{"popularity, repeats allowed", popular(true)},
		{"what goes with the history and is bought now, new items only", ask(false)},
		{"popularity, new items only", popular(false)},
	}
	reports, failed := make([]recommend.Report, len(rankings)), make([]error, len(rankings))
	var wg sync.WaitGroup
	for i := range rankings {
		wg.Go(func() { reports[i], failed[i] = recommend.Evaluate(cases, 10, rankings[i].rank) })
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil {
		return t, err
	}
	for i, r := range reports {
		t.add(rankings[i].name, strconv.Itoa(r.Cases), percent(r.HitRate), percent(r.Recall), decimal(r.MRR, 3), strconv.Itoa(r.Coverage))
	}
	return t, nil
}

// blended learns from train what is bought at all, and what goes together, is bought of
// late, and is bought again by a customer. It returns the rankings that these make, with
// repeats or without: by popularity, and by a blend of all. How much each counts in it
// is learned from the last basket but one.
func blended(train *recommend.Dataset) (popular, ask func(repeat bool) recommend.Ranker, err error) {
	models := []recommend.Learner{
		recommend.Popularity{}, recommend.Popularity{HalfLife: 14 * day}, recommend.Popularity{HalfLife: 60 * day},
		recommend.Popularity{Weighted: true}, recommend.Popularity{Weighted: true, HalfLife: 60 * day},
		recommend.Recent{Of: recommend.RP3beta{}, HalfLife: 20}, recommend.ItemKNN{}, recommend.Again{},
	}
	fit := func(d *recommend.Dataset) (*recommend.Matrix, []recommend.Scorer, error) {
		m, err := d.Matrix(recommend.MatrixConfig{})
		if err != nil {
			return nil, nil, err
		}
		scorers := make([]recommend.Scorer, len(models))
		for n, l := range models {
			of := m.Binary()
			if p, ok := l.(recommend.Popularity); ok && p.Weighted {
				of = m
			}
			if scorers[n], err = l.Fit(of); err != nil {
				return nil, nil, err
			}
		}
		return m, scorers, nil
	}
	before, cases := train.HoldOutLast()
	old, oldScorers, err := fit(before)
	if err != nil {
		return nil, nil, err
	}
	weights := map[bool][]float64{}
	for _, repeat := range []bool{false, true} {
		var held []recommend.Choice
		for _, c := range cases {
			for _, sku := range c.Held {
				if repeat || !slices.Contains(c.History, sku) {
					held = append(held, recommend.Choice{Actor: c.Actor, Item: sku})
				}
			}
		}
		exam, err := recommend.NewExam(old, held)
		if err != nil {
			return nil, nil, err
		}
		if repeat {
			exam = exam.Repeats()
		}
		if weights[repeat], _, err = recommend.FitWeights(exam, 10, oldScorers...); err != nil {
			return nil, nil, err
		}
	}
	now, scorers, err := fit(train)
	if err != nil {
		return nil, nil, err
	}
	serve := func(model recommend.Scorer, repeat bool) recommend.Ranker {
		server := recommend.NewServer(model, nil)
		return func(c recommend.Case, k int) (skus []flywheel.SKU) {
			h, _ := now.History(c.Actor)
			answer, err := server.Answer(recommend.Query{Past: h, Repeat: repeat, Plan: rerank.Plan{Limit: k}})
			if err != nil {
				return nil // a plan of nothing but a length is never wrong
			}
			for _, r := range answer.Items {
				skus = append(skus, r.SKU)
			}
			return skus
		}
	}
	most, err := recommend.Popularity{Weighted: true}.Fit(now)
	if err != nil {
		return nil, nil, err
	}
	blends := map[bool]recommend.Scorer{}
	for repeat, w := range weights {
		if blends[repeat], err = recommend.Blended(w, scorers...); err != nil {
			return nil, nil, err
		}
	}
	return func(repeat bool) recommend.Ranker { return serve(most, repeat) },
		func(repeat bool) recommend.Ranker { return serve(blends[repeat], repeat) }, nil
}

func (s *shop) unreadable() table {
	t := table{file: "unreadable", title: "Unreadable rows", columns: []string{"line", "field", "reason"}}
	for _, e := range s.book.Unreadable {
		t.add(strconv.Itoa(e.Line), e.Field, e.Err.Error())
	}
	return t
}

func percent(x float64) string { return decimal(100*x, 1) + " %" }

func decimal(x float64, places int) string { return strconv.FormatFloat(x, 'f', places, 64) }

// grouped puts commas between the thousands of a decimal number.
func grouped(number string) string {
	whole, fraction, _ := strings.Cut(number, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction
}
