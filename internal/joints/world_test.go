package joints_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/live"
)

// stores are what outlives a process.
type stores struct {
	log      segment.LogStore
	profiles segment.ProfileStore
	points   loyalty.Store
	journeys campaign.Store
	// live keeps the segments in place of profiles where it is set.
	live segment.LiveStore
}

// keeper keeps the segments of a world.
type keeper interface {
	consumer
	Retire(ctx context.Context, segment string) error
	Members(ctx context.Context, segment string) (segment.Members, error)
}

// world is a shop with a clock, in a process that may end and start again.
type world struct {
	t      *testing.T
	c      *testCase
	stores stores
	now    time.Time
	step   int

	// The process.
	ctx       context.Context
	crash     context.CancelFunc
	log       *segment.Log
	keeper    keeper // of the segments
	profiles  *segment.Profiles
	live      *segment.Live // in place of profiles
	points    *loyalty.Service
	journeys  *campaign.Engine
	recommend *recommend.Service
	runner    *segment.Runner

	// Configuration as it stands.
	segments []segment.Definition
	programs []loyalty.Program
	workers  int

	// The world outside.
	mu       sync.Mutex
	poison   map[string]map[string]bool
	stumble  map[string]map[string]int
	stumbled map[string]int // in which step, by consumer and event
	scripts  map[[2]string]*script
	calls    int
	accepted int
	first    map[string]delivered // by message id
	skips    []map[string]string
	told     map[string]flywheel.Event // transitions
	acts     int
}

type script struct {
	answers []string
	then    string
}

type delivered struct {
	customer, template string
	at                 time.Time
}

// names are the consumers of the cases by the names of their cursors.
var names = map[string]string{"segment": "segment.Profiles", "loyalty": "loyalty.Service", "campaign": "campaign.Engine", "recommend": "recommend.Service"}

func newWorld(t *testing.T, c *testCase, s stores) *world {
	w := &world{
		t: t, c: c, stores: s, now: c.Setup.Start.UTC(), workers: 1, poison: map[string]map[string]bool{}, stumble: map[string]map[string]int{},
		stumbled: map[string]int{}, scripts: map[[2]string]*script{}, first: map[string]delivered{}, told: map[string]flywheel.Event{},
	}
	for _, d := range c.Setup.Segments {
		w.segments = append(w.segments, d.segment())
	}
	for _, p := range c.Setup.Programmes {
		w.programs = append(w.programs, p.program(t))
	}
	w.start()
	return w
}

// start begins a process on the stores, with the configuration as it stands.
func (w *world) start() {
	w.ctx, w.crash = context.WithCancel(w.t.Context())
	s := &w.c.Setup
	clock := func() time.Time { return w.now }
	skew := 5 * time.Minute
	if s.Skew != "" {
		d, err := caltime.ParseDuration(s.Skew)
		require.NoError(w.t, err)
		if skew = d.Elapsed + time.Duration(d.Days)*24*time.Hour; skew == 0 {
			skew = -1
		}
	}
	var err error
	w.log, err = segment.NewLog(w.stores.log, &segment.LogOptions{Now: clock, Skew: skew, Identity: s.Identity})
	require.NoError(w.t, err)
	if w.stores.live != nil {
		var definitions []live.Definition
		for _, d := range w.segments {
			definitions = append(definitions, liveDefinition(d))
		}
		w.live, err = segment.NewLive(w.stores.live, &segment.LiveOptions{Name: names["segment"], Segments: definitions, Sink: w.log, Log: w.log})
		w.keeper = w.live
	} else {
		w.profiles, err = segment.NewProfiles(w.stores.profiles, &segment.ProfileOptions{Segments: w.segments, Sink: w.log, Log: w.log})
		w.keeper = w.profiles
	}
	require.NoError(w.t, err)
	w.points, err = loyalty.New(w.stores.points, &loyalty.Options{Programs: w.programs, Now: clock, Sink: w.log})
	require.NoError(w.t, err)
	location, err := time.LoadLocation(cmp.Or(s.Policy.Timezone, "UTC"))
	require.NoError(w.t, err)
	retry := s.Policy.Retry
	if retry == nil {
		for _, m := range []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour} {
			retry = append(retry, campaign.Duration{Time: m})
		}
	}
	w.journeys, err = campaign.New(w.stores.journeys, &campaign.Options{
		Journeys: s.Journeys, Location: location, Lateness: s.Lateness.Time + time.Duration(s.Lateness.Days)*24*time.Hour, Sender: w, SendLimit: 500 * time.Millisecond, Log: w.log, Now: clock,
		Policy: campaign.Policy{QuietHours: s.Policy.QuietHours, Caps: s.Policy.Caps, OnCap: s.Policy.OnCap, Late: s.Policy.Late, Retry: retry, Jitter: -1},
		Trace:  w.trace,
	})
	require.NoError(w.t, err)
	w.recommend, err = recommend.New(nil, nil) // in memory: each process begins at the start of the log
	require.NoError(w.t, err)
	w.run()
}

// run makes the runner.
func (w *world) run() {
	var err error
	w.runner, err = segment.NewRunner(w.log, &segment.RunnerOptions{Batch: 16, Workers: w.workers, Retry: []time.Duration{time.Microsecond}},
		&spoiled{w: w, short: "segment", consumer: w.keeper}, &spoiled{w: w, short: "loyalty", consumer: w.points},
		&spoiled{w: w, short: "recommend", consumer: w.recommend}, &spoiled{w: w, short: "campaign", consumer: w.journeys})
	require.NoError(w.t, err)
}

func (w *world) trace(f campaign.Fact) {
	if f.Kind != campaign.FactSkipped || f.Contact.Customer() == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skips = append(w.skips, map[string]string{"customer": string(f.Contact.Customer()), "template": f.Template, "reason": f.Detail, "at": f.At.Format(time.RFC3339)})
}

// Send is the provider. It is not called for a visitor who is no customer: the shop
// has no address of theirs.
func (w *world) Send(ctx context.Context, m campaign.Message) error {
	if m.Contact.Customer() == "" {
		return fmt.Errorf("no address of %s: %w", m.Contact, flywheel.ErrNotFound)
	}
	w.mu.Lock()
	w.calls++
	who := string(m.Contact.Customer())
	answer := "ok"
	for _, key := range [][2]string{{who, m.Channel}, {who, ""}, {"", m.Channel}, {"", ""}} {
		if s := w.scripts[key]; s != nil {
			if answer = s.then; len(s.answers) > 0 {
				answer, s.answers = s.answers[0], s.answers[1:]
			}
			break
		}
	}
	if answer == "ok" || answer == "lost_answer" || answer == "crash" {
		w.accepted++
		if _, known := w.first[m.ID]; !known {
			w.first[m.ID] = delivered{who, m.Template, w.now}
		}
	}
	w.mu.Unlock()
	switch answer {
	case "ok":
		return nil
	case "permanent":
		return fmt.Errorf("no such address: %w", flywheel.ErrNotFound)
	case "temporary":
		return errors.New("try later")
	case "slow":
		<-ctx.Done()
		return ctx.Err()
	case "lost_answer":
		return errors.New("connection lost")
	case "crash":
		w.crash()
		return errors.New("the process is dead")
	}
	w.t.Errorf("the provider does not know the answer %q", answer)
	return nil
}

// work brings everything to rest as of now.
func (w *world) work() {
	w.step++
	err := w.runner.Drain(w.ctx)
	if w.ctx.Err() == nil {
		require.NoError(w.t, err)
	}
	w.look()
}

// look notes what was told, before it can be erased.
func (w *world) look() {
	for e, err := range w.log.Entries(w.t.Context(), segment.Query{}) {
		require.NoError(w.t, err)
		if e.Event.Name == segment.EventEntered || e.Event.Name == segment.EventExited {
			w.told[e.Event.ID] = e.Event
		}
	}
}

func (w *world) do(s *step) {
	t := w.t
	require.False(t, s.At.Before(w.now), "the clock goes back")
	w.now = s.At.UTC()
	var err error
	switch s.Do {
	case "publish":
		err = w.publish(s)
	case "advance", "check":
		if !s.Until.IsZero() {
			for ; w.now.Before(s.Until); w.now = s.Every.Add(w.now) {
				w.work()
			}
			w.now = s.Until.UTC()
		}
	case "consent":
		err = w.consent(s)
	case "provider":
		w.scripts[[2]string{string(s.Customer), s.Channel}] = &script{s.Answers, cmp.Or(s.Then, "ok")}
	case "launch":
		var j campaign.Journey
		strict(t, s.Journey, &j)
		err = w.journeys.Launch(w.ctx, j, &campaign.LaunchOptions{From: s.From, Migrate: s.Migrate, EntriesFrom: s.EntriesFrom})
	case "pause":
		err = w.journeys.Pause(w.ctx, w.journey(s))
	case "resume":
		err = w.journeys.Resume(w.ctx, w.journey(s))
	case "cancel":
		var who []flywheel.Person
		if s.Customer != "" {
			who = append(who, flywheel.PersonOf(s.Customer, ""))
		}
		err = w.journeys.Cancel(w.ctx, w.journey(s), who...)
	case "retire":
		if s.Segment != nil {
			var name string
			strict(t, s.Segment, &name)
			err = w.keeper.Retire(w.ctx, name)
			w.segments = slices.DeleteFunc(w.segments, func(d segment.Definition) bool { return d.Name == name })
		} else {
			err = w.journeys.Retire(w.ctx, w.journey(s))
		}
	case "define":
		err = w.define(s)
	case "programme":
		programs := append(slices.Clone(w.programs), s.Programme.program(t))
		if len(w.programs) == 0 {
			programs = append([]loyalty.Program{{}}, programs...)
		}
		if err = w.points.SetPrograms(w.ctx, programs...); err == nil {
			w.programs = programs
		}
	case "burn":
		w.acts++
		_, err = w.points.Burn(w.ctx, s.Customer, fmt.Sprint("burn ", w.acts), s.Points)
	case "unlink":
		w.acts++
		err = w.log.Unlink(w.ctx, fmt.Sprint("unlink ", w.acts), s.Visitor, s.Customer)
	case "forget":
		err = w.forget(s.Customer)
	case "fix":
		delete(w.poison, s.Event)
	case "parked":
		err = w.parked(s)
	case "workers":
		w.workers = s.N
		w.run()
	case "restart":
		w.crash()
		if s.Programmes != nil {
			w.programs = nil
			for _, p := range s.Programmes {
				w.programs = append(w.programs, p.program(t))
			}
		}
		w.start()
		return
	case "rebuild":
		w.rebuild(s.Consumer)
		return
	default:
		t.Fatalf("a step %q is not known", s.Do)
	}
	switch s.Expect {
	case "":
		if w.ctx.Err() == nil {
			require.NoError(t, err, "%s at %v", s.Do, s.At)
		}
	case "refused":
		require.Error(t, err, "%s at %v", s.Do, s.At)
	default:
		t.Fatalf("expect %q is not known", s.Expect)
	}
	w.work()
	if s.Do == "check" {
		w.check(s.Expected)
	}
}

func (w *world) journey(s *step) (id campaign.ID) {
	strict(w.t, s.Journey, &id)
	return id
}

func (w *world) publish(s *step) error {
	var list []flywheel.Event
	for _, raw := range s.Events {
		list = append(list, events(w.t, raw, w.now, func(id string, s spoilt) {
			for _, c := range s.poison {
				require.Contains(w.t, names, c)
				if w.poison[id] == nil {
					w.poison[id] = map[string]bool{}
				}
				w.poison[id][c] = true
			}
			for c, k := range s.stumble {
				require.Contains(w.t, names, c)
				if w.stumble[id] == nil {
					w.stumble[id] = map[string]int{}
				}
				w.stumble[id][c] = k
			}
		})...)
	}
	return w.log.Publish(w.ctx, list...)
}

func (w *world) consent(s *step) error {
	w.acts++
	e := flywheel.Event{ID: fmt.Sprint("consent ", w.acts), Name: campaign.EventUnsubscribed, Time: w.now, Customer: s.Customer, Properties: map[string]any{}}
	if s.Granted {
		e.Name = campaign.EventSubscribed
	}
	if s.Purpose != "" {
		e.Properties["purpose"] = s.Purpose
	}
	if s.Channel != "" {
		e.Properties["channel"] = s.Channel
	}
	return w.log.Publish(w.ctx, e)
}

// liveDefinition is a definition as package live has it.
func liveDefinition(d segment.Definition) live.Definition {
	to := live.Definition{Name: d.Name, Rule: d.Rule, Leaves: map[string]live.Leaf{}}
	for name, l := range d.Leaves {
		leaf := live.Leaf{Events: l.Events, Where: l.Where, Window: l.Window, Agg: live.Aggregate(l.Agg), Of: l.Of}
		if l.Agg == segment.SumOf {
			leaf.Of, leaf.Currency = "value", l.Currency
		}
		to.Leaves[name] = leaf
	}
	return to
}

func (w *world) define(s *step) error {
	var d definition
	strict(w.t, s.Segment, &d)
	to := d.segment()
	if w.live != nil {
		if err := w.live.Define(w.ctx, liveDefinition(to)); err != nil {
			return err
		}
	} else if err := w.profiles.Define(w.ctx, to); err != nil {
		return err
	}
	w.segments = slices.DeleteFunc(w.segments, func(d segment.Definition) bool { return d.Name == to.Name })
	w.segments = append(w.segments, to)
	return nil
}

// forget erases a customer. What recommend keeps in memory is made anew.
func (w *world) forget(customer flywheel.CustomerID) error {
	if err := w.runner.Forget(w.ctx, customer); err != nil {
		return err
	}
	w.fresh()
	return nil
}

// fresh begins recommend from the start of the log.
func (w *world) fresh() {
	var err error
	w.recommend, err = recommend.New(nil, nil)
	require.NoError(w.t, err)
	w.run()
}

func (w *world) rebuild(consumer string) {
	require.Contains(w.t, names, consumer)
	if consumer == "recommend" {
		w.fresh()
		return
	}
	require.NoError(w.t, w.runner.Rebuild(w.ctx, names[consumer]))
}

func (w *world) parked(s *step) error {
	require.Contains(w.t, names, s.Consumer)
	w.step++
	list, err := w.runner.Parked(w.ctx, names[s.Consumer])
	require.NoError(w.t, err)
	for _, p := range list {
		if p.Event != s.Event {
			continue
		}
		switch s.Action {
		case "retry":
			return w.runner.Retry(w.ctx, names[s.Consumer], p.Position)
		case "drop":
			return w.runner.Drop(w.ctx, names[s.Consumer], p.Position)
		}
		w.t.Fatalf("action %q is not known", s.Action)
	}
	return fmt.Errorf("%s has not parked %s: %w", s.Consumer, s.Event, flywheel.ErrNotFound)
}

// consumer is what the runner may call of a package.
type consumer interface {
	flywheel.Consumer
	flywheel.Stored
}

// spoiled is a consumer that cannot take what is poison, and stumbles.
type spoiled struct {
	w        *world
	short    string
	consumer consumer
}

func (s *spoiled) Name() string                { return names[s.short] }
func (s *spoiled) Handle() flywheel.Transactor { return s.consumer.Handle() }

func (s *spoiled) Consume(ctx context.Context, entries []flywheel.Entry) error {
	s.w.mu.Lock()
	stumbles := ""
	for i := range entries {
		id := entries[i].Event.ID
		if s.w.poison[id][s.short] {
			s.w.mu.Unlock()
			return flywheel.ErrInvalid // which one it is the runner finds out
		}
		key := s.short + " " + id
		if s.w.stumble[id][s.short] > 0 && s.w.stumbled[key] != s.w.step {
			s.w.stumble[id][s.short]--
			s.w.stumbled[key] = s.w.step
		}
		if s.w.stumbled[key] == s.w.step {
			stumbles = id
		}
	}
	s.w.mu.Unlock()
	if err := s.consumer.Consume(ctx, entries); err != nil {
		return err
	}
	if stumbles != "" {
		return fmt.Errorf("stumbled over %s", stumbles)
	}
	return nil
}

func (s *spoiled) Advance(ctx context.Context, now time.Time) (bool, error) {
	if timed, ok := s.consumer.(segment.Timed); ok {
		return timed.Advance(ctx, now)
	}
	return false, nil
}

func (s *spoiled) Deliver(ctx context.Context, now time.Time) (bool, error) {
	if d, ok := s.consumer.(segment.Deliverer); ok {
		return d.Deliver(ctx, now)
	}
	return false, nil
}

func (s *spoiled) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if f, ok := s.consumer.(segment.Forgetter); ok {
		return f.Forget(ctx, customer)
	}
	return nil
}

func (s *spoiled) Reset(ctx context.Context) error {
	return s.consumer.(segment.Rebuildable).Reset(ctx)
}
