package live

import (
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Options are the options of [New]. Nil means defaults.
type Options struct {
	// Location is the zone in which calendar windows count days for customers
	// without a zone of their own ([Engine.SetZone]); default UTC.
	Location *time.Location
	// Skew is how far ahead of its receipt an event's claimed time is believed;
	// default 5 minutes, negative for not at all.
	Skew time.Duration
	// Latest gives the nameless events of a device that several customers have
	// used to the one who was last linked at or before the event, or else to
	// the first. By default all are those of the customer linked first. It
	// keeps the nameless events of every device in memory.
	Latest bool
	// Anonymous makes devices that are linked to nobody members too.
	Anonymous bool
}

// Entry is an event as the log has it.
type Entry struct {
	flywheel.Event
	// Position orders events of one instant; it grows along the log.
	Position uint64
	// Received is the trusted instant of the event's receipt; zero is its own time.
	Received time.Time
	// Account is the company, household or team that the event counts for, or empty.
	Account string
	// Passive marks what is no act of the customer, such as a message that was sent: leaves
	// that name no events, and sequences with such a step, pass it over.
	Passive bool
}

// Cause is why a membership changed.
type Cause string

// The causes of transitions.
const (
	CauseEvent      Cause = "event"      // an event, a link or its removal
	CauseTime       Cause = "time"       // nothing happened for long enough
	CauseDefinition Cause = "definition" // a segment was defined, edited or retired
	CauseAttribute  Cause = "attribute"  // an attribute or zone was set
)

// Transition is one entry into a segment or exit from it.
type Transition struct {
	Segment string
	Level   Level
	// Member is the customer or account, or with Options.Anonymous perhaps a
	// visitor.
	Member  string
	Visitor bool
	Enter   bool
	// At is the exact instant for CauseTime, whenever it was noticed, else the
	// instant at which the change was applied.
	At    time.Time
	Cause Cause
}

// Engine keeps live segments. It is not safe for concurrent use: one goroutine
// owns it, and several engines may share the customers among them.
type Engine struct {
	opts     Options
	persons  *core
	accounts *core
	clock    int64
	buffer   []Transition
}

// New returns an engine without segments.
func New(opts *Options) *Engine {
	e := &Engine{}
	if opts != nil {
		e.opts = *opts
	}
	if e.opts.Location == nil {
		e.opts.Location = time.UTC
	}
	if e.opts.Skew == 0 {
		e.opts.Skew = 5 * time.Minute
	}
	e.opts.Skew = max(e.opts.Skew, 0)
	e.persons = newCore(e.opts)
	accounts := e.opts
	accounts.Latest, accounts.Anonymous = false, false
	e.accounts = newCore(accounts)
	return e
}

// instants of the trusted clock: from 1970 to 9999.
const lastInstant = 253402300799999999

// tick moves the clock to at; it never runs backwards.
func (e *Engine) tick(at time.Time) (int64, error) {
	micros := at.UnixMicro()
	if micros < 0 || micros > lastInstant {
		return 0, fmt.Errorf("live: the clock at %v: %w", at, flywheel.ErrOutOfRange)
	}
	e.clock = max(e.clock, micros)
	e.persons.clock, e.accounts.clock = e.clock, e.clock
	e.persons.wake()
	e.accounts.wake()
	return e.clock, nil
}

// reading returns the event as leaves see it.
func (c *core) reading(e *Entry) reading {
	at := e.Time.UnixMicro()
	if !e.Received.IsZero() {
		at = min(at, e.Received.UnixMicro()+c.opts.Skew.Microseconds())
	}
	return reading{Event: &e.Event, at: at, seq: e.Position, passive: e.Passive}
}

// check refuses an entry that says nothing.
func (entry *Entry) check() error {
	fail := func(field string, err error) error {
		return &flywheel.EventError{ID: entry.ID, Field: field, Err: err}
	}
	switch {
	case entry.Name == "":
		return fail("name", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	case entry.Time.IsZero():
		return fail("time", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	case entry.Time.UnixMicro() > lastInstant || entry.Time.UnixMicro() < -lastInstant:
		return fail("time", fmt.Errorf("%v: %w", entry.Time, flywheel.ErrOutOfRange))
	case len(entry.Customer) > flywheel.MaxIDBytes:
		return fail("customer", fmt.Errorf("%d bytes: %w", len(entry.Customer), flywheel.ErrLimit))
	case len(entry.Visitor) > flywheel.MaxIDBytes:
		return fail("visitor", fmt.Errorf("%d bytes: %w", len(entry.Visitor), flywheel.ErrLimit))
	case len(entry.Account) > flywheel.MaxIDBytes:
		return fail("account", fmt.Errorf("%d bytes: %w", len(entry.Account), flywheel.ErrLimit))
	}
	return nil
}

// Apply takes one event at the trusted instant at, which is its receipt or the
// instant of a later attempt. What was due for its customer before the event's
// effective time, min(Time, Received + skew), changes first; what is due for
// others waits for [Engine.Advance]. An event must be given once: the engine
// remembers none. O(leaves that the event may touch); allocates where a
// customer is new.
func (e *Engine) Apply(entry *Entry, at time.Time) error {
	if err := entry.check(); err != nil {
		return err
	}
	now, err := e.tick(at)
	if err != nil {
		return err
	}
	if entry.Received.IsZero() {
		late := entry.Event
		late.Time = minTime(late.Time, time.UnixMicro(now+e.opts.Skew.Microseconds()))
		copied := *entry
		copied.Event = late
		entry = &copied
	}
	if entry.Customer != "" || entry.Visitor != "" {
		e.persons.take1(entry, now)
	}
	if entry.Account != "" && len(e.accounts.byName) > 0 {
		r := e.accounts.reading(entry)
		alias := e.accounts.customer(flywheel.CustomerID(entry.Account))
		e.accounts.flags[alias] |= flagSeen
		e.accounts.apply(alias, &r, now)
	}
	return nil
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// take1 finds whose event it is and applies it.
func (c *core) take1(entry *Entry, now int64) {
	r := c.reading(entry)
	if entry.Customer == "" {
		v := c.visitor(entry.Visitor)
		if c.latest {
			v.history = append(v.history, *entry)
		}
		alias := v.run(r.at)
		c.flags[alias] |= flagSeen
		c.apply(alias, &r, now)
		return
	}
	customer := c.customer(entry.Customer)
	if entry.Visitor != "" {
		v := c.visitor(entry.Visitor)
		if !c.linked(v, customer, r.at) {
			c.catchUp(customer, min(r.at, now+1))
			c.catchUpOwners(v, min(r.at, now+1))
			c.flags[customer] |= flagSeen
			c.renew(c.link(entry.Visitor, v, link{customer, r.at, r.seq}, now), now)
		}
	}
	c.flags[customer] |= flagSeen
	c.apply(customer, &r, now)
}

// catchUpOwners does what was due for the persons who own a device, before a link of it
// changes.
func (c *core) catchUpOwners(v *visitor, before int64) {
	for _, alias := range v.aliases {
		if owner := c.owner[alias]; owner != nobody {
			c.catchUp(owner, before)
		}
	}
}

// renew looks again at the persons whose aliases have changed.
func (c *core) renew(persons []uint32, now int64) {
	for _, p := range persons {
		if p == nobody {
			continue
		}
		seen := c.owner[p] == p && c.flags[p]&flagSeen != 0
		for _, alias := range c.union(p) {
			seen = seen || c.flags[alias]&flagSeen != 0
		}
		switch {
		case !seen && c.known(p):
			c.dismiss(p, now, CauseEvent)
		case seen && !c.known(p):
			c.begin()
			c.meet(p, c.row(p))
			c.refresh(p, now, CauseEvent)
		case seen:
			c.refresh(p, now, CauseEvent)
		}
	}
}

// dismiss ends all memberships of somebody who is no person any more.
func (c *core) dismiss(person uint32, now int64, cause Cause) {
	bits := c.row(person)
	for _, s := range c.segments {
		if s != nil && bits[s.word]&s.mask != 0 {
			c.told(s, person, false, now, cause)
		}
	}
	clear(bits) // what is armed, too: those timers mean nothing any more
	c.flags[person] &^= flagKnown
}

// Advance moves the clock to at and changes what time alone changes by then, each at
// its exact instant. At most limit timers are looked at, all for a negative
// limit; it reports whether nothing is left to do, so that a wave of exits can be
// taken in small steps between events. Events come before time at one
// instant, so an event of the instant at should be applied before.
func (e *Engine) Advance(at time.Time, limit int) (done bool, err error) {
	now, err := e.tick(at)
	if err != nil {
		return false, err
	}
	done = e.persons.advance(now, limit)
	return e.accounts.advance(now, limit) && done, nil
}

// Feed applies an event that comes in order of time: everything that is due
// before it is done first, for everybody, and its time is the clock.
func (e *Engine) Feed(entry *Entry) error {
	if err := entry.check(); err != nil {
		return err
	}
	at := entry.Time
	if !entry.Received.IsZero() {
		at = entry.Received
	}
	if micros := at.UnixMicro(); micros > 0 && micros <= lastInstant {
		e.persons.advance(micros-1, -1)
		e.accounts.advance(micros-1, -1)
	}
	return e.Apply(entry, at)
}

// Next returns the earliest instant at which time alone may change something,
// or the zero time.
func (e *Engine) Next() time.Time {
	next := min(e.persons.timers.next(), e.accounts.timers.next())
	if next == never {
		return time.Time{}
	}
	return time.UnixMicro(next).UTC()
}

// Changes returns the transitions since the last call, in the order in which
// they were found. The slice is valid until the next call.
func (e *Engine) Changes() []Transition {
	e.buffer = e.buffer[:0]
	for _, c := range []*core{e.persons, e.accounts} {
		for _, t := range c.out {
			e.buffer = append(e.buffer, Transition{
				Segment: t.segment.def.Name, Level: t.segment.def.Level, Member: c.ids[t.who], Visitor: c.flags[t.who]&flagVisitor != 0,
				Enter: t.enter, At: time.UnixMicro(t.at).UTC(), Cause: t.cause,
			})
		}
		c.out = c.out[:0]
	}
	return e.buffer
}

// Link says that a customer is known to use a device since an instant, as an
// event with both says by itself. The nameless events of the device join.
func (e *Engine) Link(visitor flywheel.VisitorID, customer flywheel.CustomerID, since, at time.Time) error {
	if err := checkPair(visitor, customer); err != nil {
		return err
	}
	now, err := e.tick(at)
	if err != nil {
		return err
	}
	c := e.persons
	n, v := c.customer(customer), c.visitor(visitor)
	c.catchUp(n, now)
	c.catchUpOwners(v, now)
	c.renew(c.link(visitor, v, link{customer: n, at: since.UnixMicro()}, now), now)
	return nil
}

// Unlink removes all links of a customer and a device, as if they had never
// been: exactly what came by them goes back.
func (e *Engine) Unlink(visitor flywheel.VisitorID, customer flywheel.CustomerID, at time.Time) error {
	if err := checkPair(visitor, customer); err != nil {
		return err
	}
	now, err := e.tick(at)
	if err != nil {
		return err
	}
	c := e.persons
	n, ok := c.customers[customer]
	v := c.visitors[visitor]
	if !ok || v == nil {
		return nil
	}
	c.catchUp(n, now)
	c.catchUpOwners(v, now)
	for _, l := range v.links {
		c.catchUp(l.customer, now)
	}
	c.renew(c.unlink(visitor, v, n, now), now)
	return nil
}

func checkPair(visitor flywheel.VisitorID, customer flywheel.CustomerID) error {
	if err := flywheel.CheckID(string(visitor)); err != nil {
		return fmt.Errorf("live: visitor: %w", err)
	}
	if err := flywheel.CheckID(string(customer)); err != nil {
		return fmt.Errorf("live: customer: %w", err)
	}
	return nil
}

// Forget removes a customer and the nameless events that are theirs. No exit is
// reported; an event that comes later begins from nothing.
func (e *Engine) Forget(customer flywheel.CustomerID) {
	c := e.persons
	n, ok := c.customers[customer]
	if !ok {
		return
	}
	c.erase(n)
	for id, v := range c.visitors {
		before := len(v.links)
		kept := v.links[:0]
		for _, l := range v.links {
			if l.customer != n {
				kept = append(kept, l)
			}
		}
		if v.links = kept; len(kept) == before {
			continue
		}
		for _, alias := range v.aliases {
			if c.owner[alias] == n {
				c.erase(alias)
			}
		}
		history := v.history[:0]
		for i := range v.history {
			if r := c.reading(&v.history[i]); c.owner[v.run(r.at)] != n {
				history = append(history, v.history[i])
			}
		}
		clear(v.history[len(history):])
		v.history = history
		c.renew(c.relink(id, v, e.clock), e.clock)
	}
	c.erase(n)
	delete(c.unions, n)
	delete(c.customers, customer)
	delete(c.zones, n)
	for _, values := range c.attrs {
		delete(values, n)
	}
	c.ids[n], c.owner[n] = "", nobody
}

// erase removes what is known of an alias.
func (c *core) erase(alias uint32) {
	for _, cl := range c.classes {
		cl.clear(alias)
	}
	bits := c.row(alias)
	for _, s := range c.segments {
		if s != nil && bits[s.word]&s.mask != 0 {
			c.sizes[s.slot]--
		}
	}
	clear(bits) // what is armed, too: those timers mean nothing any more
	c.flags[alias] = c.flags[alias] & flagVisitor
	kept := c.out[:0]
	for _, t := range c.out {
		if t.who != alias {
			kept = append(kept, t)
		}
	}
	c.out = kept
}

// Set gives a customer an attribute: a text, a number or a truth value, or nil
// for none. NaN and infinities are refused.
func (e *Engine) Set(customer flywheel.CustomerID, attribute string, x any, at time.Time) error {
	return e.set(e.persons, string(customer), attribute, x, at)
}

// SetAccount is [Engine.Set] for an account.
func (e *Engine) SetAccount(account, attribute string, x any, at time.Time) error {
	return e.set(e.accounts, account, attribute, x, at)
}

func (e *Engine) set(c *core, id, attribute string, x any, at time.Time) error {
	if err := flywheel.CheckID(id); err != nil {
		return fmt.Errorf("live: member: %w", err)
	}
	if err := flywheel.CheckID(attribute); err != nil {
		return fmt.Errorf("live: attribute: %w", err)
	}
	switch v := x.(type) {
	case nil, string, bool:
	case int:
		x = float64(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("live: attribute %q of %q: %v: %w", attribute, id, v, flywheel.ErrInvalid)
		}
	default:
		return fmt.Errorf("live: attribute %q of %q: %T: %w", attribute, id, x, flywheel.ErrInvalid)
	}
	now, err := e.tick(at)
	if err != nil {
		return err
	}
	n := c.customer(flywheel.CustomerID(id))
	c.catchUp(n, now)
	values := c.attrs[attribute]
	if values == nil {
		values = map[uint32]any{}
		c.attrs[attribute] = values
	}
	if x == nil {
		delete(values, n)
	} else {
		values[n] = x
	}
	if !c.known(n) {
		return nil
	}
	c.begin()
	bits := c.row(n)
	for _, t := range c.statics {
		if t.static.attribute == attribute {
			c.setTest(bits, t, c.staticHolds(t, n))
		}
	}
	c.judge(n, bits, now, CauseAttribute, c.timers.next() <= now)
	return nil
}

// SetZone says where a customer counts calendar days; nil is the zone of the options.
func (e *Engine) SetZone(customer flywheel.CustomerID, zone *time.Location, at time.Time) error {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return fmt.Errorf("live: customer: %w", err)
	}
	now, err := e.tick(at)
	if err != nil {
		return err
	}
	c := e.persons
	n := c.customer(customer)
	c.catchUp(n, now+1)
	if zone == nil {
		delete(c.zones, n)
	} else {
		c.zones[n] = zone
	}
	c.refresh(n, now, CauseAttribute)
	return nil
}
