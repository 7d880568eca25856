package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/rfm"
)

// learners are the packages that learn from the log. Those in memory a new process
// builds again by reading it from the start, in the same steps of a day; durable
// ones go on from their cursors.
type learners struct {
	room     *stockroom
	accounts *accounts
	rfm      rfm.Table
	profiles *segment.Profiles
	moved    map[string]*movement // by live segment
	baskets  *recommend.Service
	points   *loyalty.Service
	journeys *campaign.Engine
	tests    *experiment.Service
	readout  *experiment.Readout
	closed   int // days

	wheel *segment.Runner
}

// learner is a consumer in memory.
type learner struct {
	name   string
	sink   flywheel.Sink
	events []flywheel.Event // reused: a consumer has one turn at a time
}

func (l *learner) Name() string { return l.name }

func (l *learner) Consume(ctx context.Context, entries []flywheel.Entry) error {
	l.events = l.events[:0]
	for i := range entries {
		l.events = append(l.events, entries[i].Event)
	}
	return l.sink.Publish(ctx, l.events...)
}

const (
	experimentID = "thank-you-page"
	repeatMetric = "second purchase within 90 days"
	spendMetric  = "net revenue after the first purchase"
)

func newLearners(log *segment.Log, clock func() time.Time, currency money.Currency, kept learned, supplier supplier, stocked map[flywheel.SKU]bool) (*learners, error) {
	l := &learners{room: newStockroom(supplier), accounts: newAccounts(currency), moved: map[string]*movement{}}
	var err error
	if l.profiles, err = segment.NewProfiles(kept.profiles, &segment.ProfileOptions{Segments: liveSegments, Sink: log}); err != nil {
		return nil, err
	}
	if l.baskets, err = recommend.New(nil, &recommend.Options{Config: recommend.Config{Group: recommend.ByActor}}); err != nil {
		return nil, err
	}
	if l.points, err = loyalty.New(kept.points, &loyalty.Options{Programs: []loyalty.Program{program()}, Sink: log, Now: clock}); err != nil {
		return nil, err
	}
	l.journeys, err = campaign.New(kept.journeys, &campaign.Options{
		Journeys: []campaign.Journey{
			campaign.Welcome("email"),
			campaign.CartRecovery("email"),
			campaign.RepurchaseReminder("email", campaign.Duration{Days: 45}),
			campaign.WinBack("email", campaign.Duration{Days: 120}),
		},
		Policy: campaign.Policy{Caps: []campaign.Cap{{Max: 1, Window: campaign.Duration{Days: 30}}}},
		Sender: campaign.SenderFunc(func(context.Context, campaign.Message) error { return nil }), // every message arrives
		Sink:   log, Now: clock,
	})
	if err != nil {
		return nil, err
	}
	aa := experiment.Experiment{ID: experimentID, Arms: []experiment.Arm{{ID: "A"}, {ID: "also A"}}}
	exposer := &exposer{}
	l.tests, err = experiment.New(kept.tests, &experiment.Options{Sink: log, Now: func() time.Time { return exposer.now }})
	if err != nil {
		return nil, err
	}
	if err := l.tests.Configure(aa); err != nil {
		return nil, err
	}
	exposer.tests = l.tests
	l.readout, err = experiment.NewReadout(aa, nil,
		experiment.Metric{Name: repeatMetric, Kind: experiment.Conversion, Event: flywheel.EventPurchase, Window: 90 * day},
		experiment.Metric{Name: spendMetric, Kind: experiment.Revenue, Event: flywheel.EventPurchase, Less: flywheel.EventRefund, Currency: currency},
	)
	if err != nil {
		return nil, err
	}
	l.wheel, err = segment.NewRunner(log, &segment.RunnerOptions{Now: clock, Replay: true},
		&learner{name: "stockroom", sink: l.room},
		&learner{name: "accounts", sink: flywheel.Fanout(l.accounts, flywheel.SinkFunc(l.count))},
		l.profiles,
		&learner{name: "recommendations", sink: &onlyGoods{to: l.baskets, stocked: stocked}},
		l.points,
		l.journeys,
		&learner{name: "exposures", sink: exposer},
		&learner{name: "readout", sink: l.readout},
	)
	return l, err
}

// liveSegments are kept up to date with every event and every day that passes.
var liveSegments = []segment.Definition{
	{Name: "active", Rule: json.RawMessage(`{"days_since_last_purchase": {"$lt": 60}}`)},
	{Name: "regular", Rule: json.RawMessage(`{"orders": {"$gte": 5}, "days_since_last_purchase": {"$lt": 90}}`)},
	{Name: "lapsing", Rule: json.RawMessage(`{"orders": {"$gte": 2}, "days_since_last_purchase": {"$gte": 90, "$lt": 180}}`)},
	{Name: "big spender", Rule: json.RawMessage(`{"revenue": {"$gte": 5000}}`)},
	{Name: "often returns", Rule: json.RawMessage(`{"refunds": {"$gte": 3}}`)},
}

// program gives a point for each unit of money, for a year, and a tier by the
// points of the last twelve months.
func program() loyalty.Program {
	return loyalty.Program{
		Expiry: loyalty.Expiry{After: "P12M", Round: loyalty.EndOfMonth},
		Tiering: &loyalty.Tiering{
			Window: loyalty.Rolling, Period: "P12M",
			Tiers: []loyalty.Tier{
				{ID: "member", Threshold: 0},
				{ID: "silver", Threshold: 1_000, Multiplier: money.MustRate("1.25")},
				{ID: "gold", Threshold: 5_000, Multiplier: money.MustRate("1.5")},
			},
		},
	}
}

// stuck reports an entry that a learner could not take: a replay has none.
func (l *learners) stuck(ctx context.Context) error {
	health, err := l.wheel.Health(ctx)
	if err != nil {
		return err
	}
	for _, h := range health {
		if h.Parked+h.Held == 0 {
			continue
		}
		parked, err := l.wheel.Parked(ctx, h.Name)
		if err != nil {
			return err
		}
		return fmt.Errorf("%s could not take %s: %s", h.Name, parked[0].Event, parked[0].Cause)
	}
	return nil
}

// movement counts who entered and left a live segment.
type movement struct{ entered, left int }

// count counts days, purchases and who moves between segments.
func (l *learners) count(_ context.Context, events ...flywheel.Event) error {
	for i := range events {
		switch e := &events[i]; e.Name {
		case eventDayClosed:
			l.closed++
		case flywheel.EventPurchase:
			if e.Customer == "" {
				continue
			}
			if err := l.rfm.Add(e.Customer, e.Time, e.Value.Minor()); err != nil {
				return err
			}
		case segment.EventEntered, segment.EventExited:
			name, _ := e.Properties["segment"].(string)
			m := l.moved[name]
			if m == nil {
				m = &movement{}
				l.moved[name] = m
			}
			if e.Name == segment.EventEntered {
				m.entered++
			} else {
				m.left++
			}
		}
	}
	return nil
}

// onlyGoods passes purchases on with the lines of stocked SKUs only: nobody wants
// postage recommended.
type onlyGoods struct {
	to      flywheel.Sink
	stocked map[flywheel.SKU]bool
	kept    []flywheel.Event // reused
	lines   []flywheel.Line
}

func (g *onlyGoods) Publish(ctx context.Context, events ...flywheel.Event) error {
	g.kept, g.lines = g.kept[:0], g.lines[:0]
	for i := range events {
		if events[i].Name != flywheel.EventPurchase {
			continue
		}
		from := len(g.lines)
		for _, l := range events[i].Lines {
			if g.stocked[l.SKU] {
				g.lines = append(g.lines, l)
			}
		}
		if len(g.lines) > from {
			g.kept = append(g.kept, events[i])
			g.kept[len(g.kept)-1].Lines = g.lines[from:len(g.lines):len(g.lines)]
		}
	}
	return g.to.Publish(ctx, g.kept...)
}

// exposer shows a customer the experiment's page, once, right after the first
// purchase; so only what follows it counts.
type exposer struct {
	tests *experiment.Service
	now   time.Time
}

func (x *exposer) Publish(ctx context.Context, events ...flywheel.Event) error {
	for i := range events {
		e := &events[i]
		if e.Name != flywheel.EventPurchase || e.Customer == "" {
			continue
		}
		x.now = e.Time.Add(time.Microsecond)
		if _, err := x.tests.Expose(ctx, experimentID, experiment.Subject{Customer: e.Customer}); err != nil {
			return err
		}
	}
	return nil
}
