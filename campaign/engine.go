package campaign

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/effect"
)

// Options says how an [Engine] works. Nil is the defaults.
type Options struct {
	// Journeys are launched by New, as of then, unless the store has their versions
	// already; see [Engine.Launch].
	Journeys []Journey
	// Policy holds for all journeys.
	Policy Policy
	// Location is the zone of contacts that no event told a zone of, default
	// UTC.
	Location *time.Location
	// Lateness is how long the timers of runs wait for events that are told late,
	// default 0. Their plans stay.
	Lateness time.Duration
	// Sender delivers messages. With a store in memory it may be nil: messages count
	// as accepted. With any other store New refuses nil.
	Sender Sender
	// SendLimit is the real time after which a call of Sender is given up, default
	// 10 s; InFlight is how many calls of one channel may be under way, default 16. A
	// process that dies loses the answers of at most as many.
	SendLimit time.Duration
	InFlight  int
	// Lease is how long a worker that died holds its contacts, default 5 minutes.
	Lease time.Duration
	// Sink is told of every message that was accepted, by a
	// [flywheel.EventMessageSent] whose ID follows from the message's. Default
	// nobody.
	Sink flywheel.Sink
	// Log is what [LaunchOptions].EntriesFrom reads.
	Log Log
	// Attributes returns what is known of a person, for rules; nil for nothing. The
	// engine does not change the map. It is called in a transaction of the store.
	Attributes func(ctx context.Context, id flywheel.Person) (map[string]any, error)
	// Trace is told of every decision after it was committed, in the order of each
	// contact; for logs and tests. It must be safe for concurrent use.
	Trace func(Fact)
	// Name is that of the engine's cursor, default "campaign.Engine".
	Name string
	// Now is the clock by which operators' acts are recorded, default time.Now.
	Now func() time.Time
}

// Log is where events of before a launch are read.
type Log interface {
	// Read returns up to n entries behind a position, in order.
	Read(ctx context.Context, after flywheel.Position, n int) ([]flywheel.Entry, error)
}

// Engine takes contacts through journeys. It is a [flywheel.Consumer]:
// [Engine.Consume] applies entries of the log, [Engine.Advance] does what time
// alone made due, and [Engine.Deliver] sends. A segment.Runner calls all three. The
// engine acts only when it is called; engines of several processes share one
// store. It is safe for concurrent use.
type Engine struct {
	store      Store
	tx         flywheel.Transactor
	effects    effect.Store
	sender     Sender
	calls      effect.Calls
	lease      time.Duration
	patience   time.Duration // with a database that is away when an outcome is to be noted
	sink       flywheel.Sink
	log        Log
	attributes func(context.Context, flywheel.Person) (map[string]any, error)
	trace      func(Fact)
	name       string
	now        func() time.Time

	first   []Journey // of Options
	started time.Time

	looking sync.Mutex
	program atomic.Pointer[program]
}

var _ flywheel.Consumer = (*Engine)(nil)

// New returns an engine over a store, nil for a fresh one in memory.
func New(store Store, opts *Options) (*Engine, error) {
	if opts == nil {
		opts = &Options{}
	}
	if store == nil {
		store = NewMemory(nil)
	}
	e := &Engine{
		store: store, tx: store.Handle(), sender: opts.Sender, sink: opts.Sink, log: opts.Log, attributes: opts.Attributes, trace: opts.Trace,
		lease: opts.Lease, name: opts.Name, now: opts.Now, first: slices.Clone(opts.Journeys),
	}
	e.calls.Limit, e.calls.InFlight = opts.SendLimit, opts.InFlight
	effects, err := effect.On(e.tx)
	if err != nil {
		return nil, fmt.Errorf("campaign: store: %w", err)
	}
	e.effects = effects
	if _, inMemory := e.tx.(*flywheel.Memory); e.sender == nil && !inMemory {
		return nil, fmt.Errorf("campaign: no Sender for a store that keeps what was sent: %w", flywheel.ErrInvalid)
	}
	if e.sender == nil {
		e.sender = SenderFunc(func(context.Context, Message) error { return nil })
	}
	if e.name == "" {
		e.name = "campaign.Engine"
	}
	if e.now == nil {
		e.now = time.Now
	}
	if e.lease <= 0 {
		e.lease = 5 * time.Minute
	}
	e.patience = 5 * time.Second
	if opts.Lateness < 0 {
		return nil, fmt.Errorf("campaign: lateness %v: %w", opts.Lateness, flywheel.ErrOutOfRange)
	}
	policy := opts.Policy
	policy.Caps, policy.Retry = slices.Clone(policy.Caps), slices.Clone(policy.Retry)
	if err := policy.validate(); err != nil {
		return nil, err
	}
	location := opts.Location
	if location == nil {
		location = time.UTC
	}
	for i, j := range e.first {
		p, err := newPlan(j)
		if err != nil {
			return nil, err
		}
		e.first[i] = p.Journey
		for _, before := range e.first[:i] {
			if before.ID == p.ID && before.Version == p.Version && !same(before, p.Journey) {
				return nil, another(p.Journey)
			}
		}
	}
	e.started = moment(e.now())
	e.program.Store(&program{
		policy: policy, place: location, lateness: opts.Lateness,
		versions: map[versionKey]*plan{}, events: map[string]bool{}, subjects: map[string][]subjectWait{},
	})
	return e, nil
}

// moment is an instant as stores keep it.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Name returns the name of the engine's cursor.
func (e *Engine) Name() string { return e.name }

// Handle implements [flywheel.Stored]: the database of the store.
func (e *Engine) Handle() flywheel.Transactor { return e.tx }

// same reports whether two journeys say the same, whatever their rules were
// compiled with.
func same(a, b Journey) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// current returns the program as the store has it, in the transaction of ctx. What
// other calls see changes when that has committed.
func (e *Engine) current(ctx context.Context) (*program, error) {
	shared := e.program.Load()
	g := shared
	acts, err := e.store.Acts(ctx, g.seq)
	if err != nil {
		return nil, err
	}
	if len(acts) > 0 {
		if g, err = g.with(acts); err != nil {
			return nil, err
		}
		e.lookAfterwards(ctx)
	}
	if g.first {
		return g, nil
	}
	for _, j := range e.first {
		known := g.versions[versionKey{j.ID, j.Version}]
		if known != nil && !same(known.Journey, j) {
			return nil, another(j)
		}
		if known == nil {
			if g, err = e.record(ctx, g, Act{Kind: ActLaunch, Journey: j.ID, Launched: &j, Recorded: e.started, From: e.started}); err != nil {
				return nil, err
			}
		}
	}
	if g == shared { // nothing that may be rolled back
		next := *g
		next.first = true
		e.program.CompareAndSwap(shared, &next)
	}
	return g, nil
}

// look is current where there may be no transaction, in which another process may
// launch the same.
func (e *Engine) look(ctx context.Context) (g *program, err error) {
	if g, err = e.current(ctx); errors.Is(err, flywheel.ErrStale) {
		err = e.inTx(ctx, func(ctx context.Context) (err error) {
			g, err = e.current(ctx)
			return err
		})
	}
	return g, err
}

func another(j Journey) error {
	return fmt.Errorf("campaign: journey %q: version %d is launched with other content: %w", string(j.ID), j.Version, flywheel.ErrConflict)
}

// lookAfterwards lets the engine load what operators did once the transaction of
// ctx has committed. It looks again and takes only what is newer.
func (e *Engine) lookAfterwards(ctx context.Context) {
	flywheel.AfterCommit(ctx, func(ctx context.Context) {
		e.looking.Lock()
		defer e.looking.Unlock()
		g := e.program.Load()
		acts, err := e.store.Acts(ctx, g.seq)
		if err != nil || len(acts) == 0 {
			return // the next call looks by itself
		}
		if next, err := g.with(acts); err == nil {
			e.program.Store(next)
		}
	})
}

// reload lets the engine load all acts again, of which one has changed, once the
// transaction of ctx has committed.
func (e *Engine) reload(ctx context.Context) {
	flywheel.AfterCommit(ctx, func(ctx context.Context) {
		e.looking.Lock()
		defer e.looking.Unlock()
		g := e.program.Load()
		acts, err := e.store.Acts(ctx, 0)
		if err != nil {
			return // what has changed is looked up before it is used
		}
		none := program{
			policy: g.policy, place: g.place, lateness: g.lateness,
			versions: map[versionKey]*plan{}, events: map[string]bool{}, subjects: map[string][]subjectWait{},
		}
		if next, err := none.with(acts); err == nil {
			e.program.Store(next)
		}
	})
}

// record adds an act in the transaction of ctx.
func (e *Engine) record(ctx context.Context, g *program, a Act) (*program, error) {
	a.Seq = g.seq + 1
	if cursors, err := cursor.For(e.tx); err == nil {
		at, err := cursors.At(ctx, e.name)
		if err != nil {
			return nil, err
		}
		a.Position = max(at.Position, at.Until)
	}
	next, err := g.with([]Act{a})
	if err != nil {
		return nil, err
	}
	if err := e.store.Record(ctx, a); err != nil {
		return nil, err
	}
	e.lookAfterwards(ctx)
	return next, nil
}

// attempts is how often a transaction starts again after losing a race.
const attempts = 16

// inTx runs fn in a transaction, and again when it lost a race.
func (e *Engine) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	for attempt := 1; ; attempt++ {
		err := e.tx.InTx(ctx, fn)
		if !errors.Is(err, flywheel.ErrStale) || attempt == attempts {
			return err
		}
	}
}

// turns loads contacts and makes a turn of each, in the order asked for.
func (e *Engine) turns(ctx context.Context, g *program, ask Ask, replaying bool) ([]*turn, error) {
	if len(ask.Contacts) == 0 {
		return nil, nil
	}
	states, err := e.store.Load(ctx, ask)
	if err != nil {
		return nil, err
	}
	var known map[flywheel.Person][]*effect.Effect
	if replaying {
		if known, err = e.decided(ctx, ask.Contacts); err != nil {
			return nil, err
		}
	}
	list := make([]*turn, len(states))
	for i := range states {
		s := &states[i]
		t := &turn{program: g, contact: &s.Contact, traced: e.trace != nil}
		for j := range s.Runs {
			t.runs = append(t.runs, &s.Runs[j])
		}
		for _, x := range s.Entries {
			if t.entries == nil {
				t.entries = map[EntryKey]time.Time{}
			}
			t.entries[x.EntryKey] = x.At
		}
		if g.attributes && e.attributes != nil {
			if t.attrs, err = e.attributes(ctx, s.Contact.ID); err != nil {
				return nil, fmt.Errorf("campaign: attributes of %q: %w", string(s.Contact.ID), err)
			}
		}
		if replaying {
			t.remember(known[s.Contact.ID])
		}
		list[i] = t
	}
	return list, nil
}

// decided returns the messages and receipts of contacts, each contact's in order.
func (e *Engine) decided(ctx context.Context, contacts []flywheel.Person) (map[flywheel.Person][]*effect.Effect, error) {
	of := map[flywheel.Person][]*effect.Effect{}
	texts := make([]string, len(contacts))
	for i, c := range contacts {
		texts[i] = string(c)
	}
	for _, kind := range [...]string{kindMessage, kindReceipt} {
		list, err := e.effects.Of(ctx, kind, texts...)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			of[flywheel.Person(x.Contact)] = append(of[flywheel.Person(x.Contact)], x)
		}
	}
	for _, list := range of {
		at := make(map[string]time.Time, len(list))
		for _, x := range list {
			var b body
			if err := json.Unmarshal(x.Body, &b); err != nil {
				return nil, fmt.Errorf("campaign: message %s: %w", x.ID, err)
			}
			at[x.ID] = b.Decided
		}
		slices.SortFunc(list, func(a, b *effect.Effect) int {
			return cmp.Or(cmp.Compare(a.Position, b.Position), at[a.ID].Compare(at[b.ID]), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID))
		})
	}
	return of, nil
}

// finish writes what turns decided, in the transaction of ctx.
func (e *Engine) finish(ctx context.Context, turns []*turn) error {
	if err := e.decide(ctx, turns); err != nil {
		return err
	}
	var changes []Change
	var dropped []string
	var facts []Fact
	at := time.Time{}
	for _, t := range turns {
		if !t.changed {
			continue
		}
		c := Change{Contact: *t.contact, Entries: t.noted}
		for _, r := range t.runs {
			switch {
			case r.ended:
				c.Ended = append(c.Ended, r.ID)
			case r.changed:
				c.Runs = append(c.Runs, *r)
			}
		}
		changes = append(changes, c)
		dropped = append(dropped, t.dropped...)
		facts = append(facts, t.facts...)
		if t.at.After(at) {
			at = t.at
		}
	}
	if len(changes) == 0 {
		return nil
	}
	if err := e.store.Save(ctx, changes...); err != nil {
		return err
	}
	if len(dropped) > 0 {
		if err := e.effects.Drop(ctx, at, dropped...); err != nil {
			return err
		}
	}
	if len(facts) > 0 {
		flywheel.AfterCommit(ctx, func(context.Context) {
			for _, f := range facts {
				e.trace(f)
			}
		})
	}
	return nil
}

// decide writes the effects that turns decided on. One that is known, because of a
// rebuild, has an outcome, with which its run goes on.
func (e *Engine) decide(ctx context.Context, turns []*turn) error {
	for {
		var fresh []effect.Effect
		var known []string
		of := map[string]*turn{}
		for _, t := range turns {
			for _, x := range t.effects {
				fresh = append(fresh, x)
				of[x.ID] = t
			}
			for _, id := range t.over {
				known = append(known, id)
				of[id] = t
			}
			t.effects, t.over = nil, nil
		}
		if len(fresh)+len(known) == 0 {
			return nil
		}
		met, err := e.effects.Add(ctx, fresh...)
		if err != nil {
			return err
		}
		if known = append(known, met...); len(known) == 0 {
			return nil
		}
		list, err := e.effects.Get(ctx, known...)
		if err != nil {
			return err
		}
		var again []*effect.Effect
		for _, x := range list {
			t := of[x.ID]
			r := t.run(x.Ref)
			if x.Kind != kindMessage || r == nil || r.ended || r.messageID() != x.ID {
				continue
			}
			switch x.State {
			case effect.Done, effect.Skipped, effect.Dead:
				t.meet(r, x)
			case effect.Dropped:
				x.Retry(x.Plan)
				again = append(again, x)
			}
		}
		if _, err := e.effects.Save(ctx, again...); err != nil {
			return err
		}
	}
}

// run returns the run of an ID, nil for one not active.
func (t *turn) run(id string) *Run {
	for _, r := range t.runs {
		if r.ID == id {
			return r
		}
	}
	return nil
}
