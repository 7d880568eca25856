package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
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

// learners are the packages that live in memory and learn from the log, each
// from its own cursor. A new process rebuilds them by reading it from the start.
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

	log       *segment.Log
	followers []*follower
}

// follower is one learner with its cursor. What the learner has to tell waits
// in its outbox until all have learned, so that the log's order does not depend
// on who was quicker.
type follower struct {
	name   string
	cursor *segment.Follower
	outbox *outbox
}

// outbox is a Sink that keeps events.
type outbox struct{ events []flywheel.Event }

func (o *outbox) Publish(_ context.Context, events ...flywheel.Event) error {
	o.events = append(o.events, events...)
	return nil
}

const (
	experimentID = "thank-you-page"
	repeatMetric = "second purchase within 90 days"
	spendMetric  = "net revenue after the first purchase"
)

func newLearners(log *segment.Log, currency money.Currency, supplier supplier, stocked map[flywheel.SKU]bool) (*learners, error) {
	l := &learners{log: log, room: newStockroom(supplier), accounts: newAccounts(currency), moved: map[string]*movement{}}
	follow := func(name string, sink flywheel.Sink, out *outbox) {
		l.followers = append(l.followers, &follower{name, log.Follow(sink, 0), out})
	}
	var err error

	follow("stockroom", l.room, &outbox{})
	follow("accounts", flywheel.Fanout(l.accounts, flywheel.SinkFunc(l.count)), &outbox{})

	out := &outbox{}
	if l.profiles, err = segment.NewProfiles(nil, &segment.ProfileOptions{Segments: liveSegments, Sink: out}); err != nil {
		return nil, err
	}
	follow("profiles", l.profiles, out)

	if l.baskets, err = recommend.New(nil, &recommend.Options{Config: recommend.Config{Group: recommend.ByActor}}); err != nil {
		return nil, err
	}
	follow("recommendations", onlyGoods{l.baskets, stocked}, &outbox{})

	out = &outbox{}
	if l.points, err = loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{program()}, Sink: out}); err != nil {
		return nil, err
	}
	follow("points", &entries{to: l.points}, out)

	out = &outbox{}
	l.journeys, err = campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{
			campaign.Welcome("email"),
			campaign.CartRecovery("email"),
			campaign.RepurchaseReminder("email", campaign.Duration{Days: 45}),
			campaign.WinBack("email", campaign.Duration{Days: 120}),
		},
		Policy: campaign.Policy{Caps: []campaign.Cap{{Max: 1, Window: campaign.Duration{Days: 30}}}},
		Sink:   out,
	})
	if err != nil {
		return nil, err
	}
	follow("journeys", l.journeys, out)

	out = &outbox{}
	aa := experiment.Experiment{ID: experimentID, Arms: []experiment.Arm{{ID: "A"}, {ID: "also A"}}}
	exposer := &exposer{}
	l.tests, err = experiment.New(nil, &experiment.Options{Sink: out, Now: func() time.Time { return exposer.now }})
	if err != nil {
		return nil, err
	}
	if err := l.tests.Configure(aa); err != nil {
		return nil, err
	}
	exposer.tests = l.tests
	follow("exposures", exposer, out)

	l.readout, err = experiment.NewReadout(aa, nil,
		experiment.Metric{Name: repeatMetric, Kind: experiment.Conversion, Event: flywheel.EventPurchase, Window: 90 * day},
		experiment.Metric{Name: spendMetric, Kind: experiment.Revenue, Event: flywheel.EventPurchase, Less: flywheel.EventRefund, Currency: currency},
	)
	if err != nil {
		return nil, err
	}
	follow("readout", l.readout, &outbox{})
	return l, nil
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

// learn lets every learner follow the log to its end, side by side, and
// publishes what they have to tell, in their order, until nothing is new.
func (l *learners) learn(ctx context.Context) error {
	for {
		if err := l.drain(ctx); err != nil {
			return err
		}
		var told []flywheel.Event
		for _, f := range l.followers {
			told = append(told, f.outbox.events...)
			f.outbox.events = f.outbox.events[:0]
		}
		if len(told) == 0 {
			return nil
		}
		if err := l.log.Publish(ctx, told...); err != nil {
			return err
		}
	}
}

func (l *learners) drain(ctx context.Context) error {
	failed := make([]error, len(l.followers))
	turn := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, f := range l.followers {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			if _, err := f.cursor.Drain(ctx); err != nil {
				failed[i] = fmt.Errorf("%s: %w", f.name, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(failed...)
}

// close lets time pass to the end of the last day.
func (l *learners) close(ctx context.Context, end time.Time) error {
	if err := l.profiles.Advance(ctx, end); err != nil {
		return err
	}
	if err := l.journeys.Advance(ctx, end); err != nil {
		return err
	}
	for more := true; more; {
		var err error
		if more, err = l.points.Advance(ctx, end); err != nil {
			return err
		}
	}
	return l.learn(ctx)
}

// entries hands a consumer what a follower of the log gets, as entries that were
// received when they happened.
type entries struct {
	to   flywheel.Consumer
	last flywheel.Position
}

func (e *entries) Publish(ctx context.Context, events ...flywheel.Event) error {
	list := make([]flywheel.Entry, len(events))
	for i, event := range events {
		list[i] = flywheel.Entry{
			Position: e.last + flywheel.Position(i) + 1, Received: event.Time, Effective: event.Time,
			Person: flywheel.PersonOf(event.Customer, event.Visitor), Event: event,
		}
	}
	err := e.to.Consume(ctx, list)
	if err == nil {
		e.last += flywheel.Position(len(events))
	}
	return err
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

// onlyGoods passes events on with the lines of stocked SKUs only: nobody wants
// postage recommended.
type onlyGoods struct {
	to      flywheel.Sink
	stocked map[flywheel.SKU]bool
}

func (g onlyGoods) Publish(ctx context.Context, events ...flywheel.Event) error {
	kept := make([]flywheel.Event, 0, len(events))
	for _, e := range events {
		if e.Name != flywheel.EventPurchase {
			continue
		}
		lines := make([]flywheel.Line, 0, len(e.Lines))
		for _, l := range e.Lines {
			if g.stocked[l.SKU] {
				lines = append(lines, l)
			}
		}
		if e.Lines = lines; len(lines) > 0 {
			kept = append(kept, e)
		}
	}
	return g.to.Publish(ctx, kept...)
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
