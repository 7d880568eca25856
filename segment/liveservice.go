package segment

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/segment/live"
)

// EventTraits sets attributes of its customer, or of its account where it names no
// customer, for the leaves of [Live] that ask for one: each property is an attribute, a
// text, a number or a truth value, and null removes it. The property "timezone" is not an
// attribute but the zone in which calendar windows count the customer's days, such as
// "Europe/Berlin".
const EventTraits = "traits_set"

// timezone is the property of EventTraits that is a zone.
const timezone = "timezone"

// LiveOptions are the options of [NewLive]. Nil means defaults.
type LiveOptions struct {
	// Name is the consumer's name; default "segment.Live".
	Name string
	// Segments are the segments to keep, from the beginning of the log on. They take the
	// place of those that are stored when they differ from what was configured last, as
	// ProfileOptions.Segments do.
	Segments []live.Definition
	// Sink gets the events that tell of entering and leaving, as a rule the log; default
	// flywheel.Discard. In the database of the store it gets them in the transaction
	// of the change, else right after it.
	Sink flywheel.Sink
	// Log is the log that is learned from. [Live.Define] and [Live.Retire] need it.
	Log *Log
	// Location is the zone of customers without one of their own; default UTC.
	Location *time.Location
	// Account is the property of an event that names the account it counts for;
	// default "account".
	Account string
}

// Live keeps segments with every operator of package live in a store: sequences, groups,
// calendar windows, aggregates over windows, segments of segments, samples, attributes
// and accounts. It is a flywheel.Consumer and safe for concurrent use.
//
// State is kept by alias, a row each: a turn loads the rows of those whom its entries
// concern into an engine, applies the entries, and saves the rows that are different.
// What time alone changes is a due column of the row, claimed by [Live.Advance] of any
// process. So a restart loses nothing, processes share the work, and the same log gives
// the same segments and the same events, with the same IDs, in whatever batches.
//
// Entering and leaving are events ([EventEntered], [EventExited]) with the properties
// "segment" and "cause" ("event", "time", "definition" or "attribute"), at the exact instant
// where the cause is time; those of accounts name nobody and have the property "account".
//
// The row of a customer holds what the definitions need: for a count up to n in any window
// n instants, for sums, sequences and distinct values the events within the window. Customers with
// very many events in one window make large rows; a count does not. With
// [LatestLinked] the row of a device keeps the device's nameless events and grows with them.
type Live struct {
	name       string
	store      LiveStore
	handle     flywheel.Transactor
	log        *Log
	identity   Identity
	sink       flywheel.Sink
	account    string
	options    live.Options
	configured []live.Definition
	applied    atomic.Bool
	current    atomic.Pointer[liveDefinitions]
	customers  registry

	mu   sync.Mutex
	idle []*live.Engine // of the definitions in current, with nobody in them
	of   *liveDefinitions
}

// liveDefinitions are what holds, immutable.
type liveDefinitions struct {
	version int64
	list    []live.Definition
}

// believed is the skew of the engines: the log has bounded effective times.
const believed = 100 * 366 * day

// NewLive returns the live segments in store; nil is a fresh memory store. A definition
// that is wrong is a *live.DefinitionError.
func NewLive(store LiveStore, opts *LiveOptions) (*Live, error) {
	if store == nil {
		store = NewMemoryLive(nil)
	}
	if opts == nil {
		opts = &LiveOptions{}
	}
	l := &Live{name: opts.Name, store: store, handle: handle.Tx(nil, store), log: opts.Log, identity: FirstLinked, sink: opts.Sink,
		account: opts.Account, configured: slices.Clone(opts.Segments)}
	if l.name == "" {
		l.name = "segment.Live"
	}
	if l.account == "" {
		l.account = "account"
	}
	for _, id := range []string{l.name, l.account} {
		if err := flywheel.CheckID(id); err != nil {
			return nil, fmt.Errorf("segment: name or account of live segments: %w", err)
		}
	}
	if l.log != nil {
		l.identity = l.log.identity
	}
	l.options = live.Options{Location: opts.Location, Skew: believed, Latest: l.identity == LatestLinked}
	first := &liveDefinitions{list: l.configured}
	e, err := l.compile(first)
	if err != nil {
		return nil, err
	}
	l.current.Store(first)
	l.of, l.idle = first, []*live.Engine{e}
	return l, nil
}

// Name returns the name of the consumer.
func (l *Live) Name() string { return l.name }

// Handle implements flywheel.Stored with the store's handle.
func (l *Live) Handle() flywheel.Transactor { return handle.Of(l.store) }

// Deliver tells the sink what it could not be told in its own time. It is the runner's.
func (l *Live) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return effect.Retell(ctx, l.Handle(), l.sink, now)
}

// Reset implements [Rebuildable]: it removes all states; definitions stay.
func (l *Live) Reset(ctx context.Context) error { return l.store.Clear(ctx) }

// compile returns an engine of definitions, with nobody in it.
func (l *Live) compile(d *liveDefinitions) (*live.Engine, error) {
	e := live.New(&l.options)
	if err := e.Define(time.Unix(0, 0), nil, d.list...); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	return e, nil
}

// take returns an engine of definitions that nobody else uses.
func (l *Live) take(d *liveDefinitions) (*live.Engine, error) {
	l.mu.Lock()
	if l.of == d && len(l.idle) > 0 {
		e := l.idle[len(l.idle)-1]
		l.idle = l.idle[:len(l.idle)-1]
		l.mu.Unlock()
		return e, nil
	}
	l.mu.Unlock()
	return l.compile(d)
}

// mostIdle is how many engines wait for the next turn.
const mostIdle = 8

// give takes an engine back.
func (l *Live) give(d *liveDefinitions, e *live.Engine) {
	e.Clear()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of != d {
		if l.current.Load() != d {
			return
		}
		l.of, l.idle = d, nil
	}
	if len(l.idle) < mostIdle {
		l.idle = append(l.idle, e)
	}
}

// look returns the definitions as they are in the store, and remembers them when the
// transaction commits.
func (l *Live) look(ctx context.Context) (*liveDefinitions, error) {
	known := l.current.Load()
	d, err := l.store.Definitions(ctx, l.name, known.version)
	if err != nil || d.Version == known.version || d.Version == 0 {
		return known, err
	}
	fresh := &liveDefinitions{d.Version, d.Definitions}
	flywheel.AfterCommit(ctx, func(context.Context) { l.swap(fresh) })
	return fresh, nil
}

// swap takes over definitions, unless there are newer ones.
func (l *Live) swap(fresh *liveDefinitions) {
	for {
		known := l.current.Load()
		if known.version >= fresh.version || l.current.CompareAndSwap(known, fresh) {
			return
		}
	}
}
