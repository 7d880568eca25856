package segment

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// ProfileOptions are the options of [NewProfiles]. Nil means defaults.
type ProfileOptions struct {
	// Name is the consumer's name; default "segment.Profiles".
	Name string
	// Traits are further attributes to keep.
	Traits []Trait
	// Segments are the live segments to keep, from the beginning of the log on. In a
	// [DefinitionStore] they take the place of those that are stored when they differ
	// from what was configured last: the first Advance then does what
	// [Profiles.Define] and [Profiles.Retire] do. Otherwise what is stored holds, with
	// all that was defined and retired since.
	Segments []Definition
	// Sink gets the events that tell of entering and leaving a segment, as a rule
	// the log; default flywheel.Discard. In the database of the store it gets them
	// in the transaction of the change, else right after it.
	Sink flywheel.Sink
	// Log is the log that the profiles learn from. It is needed for
	// [Profiles.Define], and where its identity is [LatestLinked].
	Log *Log
	// Currency and Exchange bring amounts of events into one currency, at the rates in
	// force at the effective time of each event. What there is no rate for is kept in its own
	// currency, beside. Without an Exchange amounts are kept per currency.
	Currency money.Currency
	Exchange Exchange
	// Convert is for a conversion that no Exchange knows; it goes before Exchange.
	Convert func(a money.Amount, at time.Time) (money.Amount, error)
}

// Exchange converts an amount at the rate of a time; *money.Exchange is one, and so is what
// a shop makes of the rates that it prices with. An amount that it has no rate for is a
// *money.NoRateError.
type Exchange interface {
	Convert(a money.Amount, to money.Currency, at time.Time, mode money.Rounding) (money.Amount, error)
}

// Profiles keeps one profile per person, and who is in which segment, up to date
// from the log. It is a flywheel.Consumer and safe for concurrent use.
//
// A customer is whoever is named by an event; the nameless events of a device are
// the customer's to whom it is linked, from the moment at which the link is known
// until it is taken back. A visitor who is no customer has a profile as well, but
// is a member of no segment.
//
// Time passes by the trusted clock alone: the same log gives the same profiles,
// segments and segment events, in whatever batches it comes and however often
// Advance is called.
type Profiles struct {
	name       string
	store      ProfileStore
	handle     flywheel.Transactor
	log        *Log
	identity   Identity
	sink       flywheel.Sink
	traits     []Trait
	attributes []attribute
	schema     *rule.Schema
	convert    func(money.Amount, time.Time) (money.Amount, error)
	configured []Definition
	applied    atomic.Bool // the configured ones are part of the stored ones, or were once
	engine     atomic.Pointer[engine]
	until      atomic.Int64 // microseconds
	customers  registry
}

// NewProfiles returns the profiles in store; nil is a fresh memory store. Traits
// are fixed: to change them, let the runner rebuild the profiles.
func NewProfiles(store ProfileStore, opts *ProfileOptions) (*Profiles, error) {
	if store == nil {
		store = NewMemoryProfiles(nil)
	}
	if opts == nil {
		opts = &ProfileOptions{}
	}
	p := &Profiles{name: opts.Name, store: store, handle: handle.Tx(nil, store), log: opts.Log, identity: FirstLinked,
		sink: opts.Sink, traits: slices.Clone(opts.Traits), convert: opts.Convert}
	if p.convert == nil && opts.Exchange != nil {
		if opts.Currency.IsZero() {
			return nil, fmt.Errorf("segment: an exchange without a currency to convert to: %w", flywheel.ErrInvalid)
		}
		p.convert = dated(opts.Exchange, opts.Currency)
	}
	if p.name == "" {
		p.name = "segment.Profiles"
	}
	if err := flywheel.CheckID(p.name); err != nil {
		return nil, fmt.Errorf("segment: name of the profiles: %w", err)
	}
	if p.log != nil {
		p.identity = p.log.identity
	}
	for i := range p.traits {
		p.traits[i].Events = slices.Clone(p.traits[i].Events)
		if err := p.traits[i].check(); err != nil {
			return nil, err
		}
	}
	var err error
	if p.attributes, p.schema, err = attributesOf(p.traits); err != nil {
		return nil, err
	}
	compiled, err := newEngine(p.attributes, opts.Segments)
	if err != nil {
		return nil, err
	}
	p.engine.Store(compiled)
	p.configured = slices.Clone(opts.Segments)
	return p, nil
}

// dated converts to a currency at the rates of an exchange. An amount without a rate stays as it is.
func dated(x Exchange, to money.Currency) func(money.Amount, time.Time) (money.Amount, error) {
	return func(a money.Amount, at time.Time) (money.Amount, error) {
		converted, err := x.Convert(a, to, at, money.HalfEven)
		if _, none := errors.AsType[*money.NoRateError](err); none {
			return a, nil
		}
		return converted, err
	}
}

// Name returns the name of the consumer.
func (p *Profiles) Name() string { return p.name }

// Handle implements flywheel.Stored with the store's handle.
func (p *Profiles) Handle() flywheel.Transactor { return handle.Of(p.store) }

// Get returns a customer's profile: the own events and the nameless ones of the
// devices that are the customer's now. One without events is flywheel.ErrNotFound.
func (p *Profiles) Get(ctx context.Context, customer flywheel.CustomerID) (Profile, error) {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return Profile{}, fmt.Errorf("segment: customer: %w", err)
	}
	return p.Person(ctx, flywheel.PersonOf(customer, ""))
}

// Person returns the profile of a customer, as [Profiles.Get], or of a visitor who
// is none.
func (p *Profiles) Person(ctx context.Context, person flywheel.Person) (Profile, error) {
	return p.person(ctx, person, time.Time{})
}

// person is Person when time has passed for windows up to an instant.
func (p *Profiles) person(ctx context.Context, person flywheel.Person, now time.Time) (profile Profile, err error) {
	w, err := p.begin(ctx)
	if err != nil {
		return Profile{}, err
	}
	if err := w.load(person); err != nil {
		return Profile{}, err
	}
	own, err := w.get(person)
	if err != nil {
		return Profile{}, err
	}
	if own.Version == 0 {
		return Profile{}, fmt.Errorf("segment: profile %q: %w", person, flywheel.ErrNotFound)
	}
	if err := w.settleAll(person, now); err != nil {
		return Profile{}, err
	}
	merged, err := w.merged(person)
	if err != nil {
		return Profile{}, err
	}
	profile = *merged
	profile.Moments, profile.Passed = nil, nil
	return profile, w.lists(&profile)
}

// List yields the profiles of all aliases, customers' own events and devices', in
// the order of their first events. An error is yielded once, last. The slices and
// maps of a Profile must not be changed.
func (p *Profiles) List(ctx context.Context) iter.Seq2[Profile, error] { return p.store.List(ctx, "") }

// Values returns how often the values of a trait were seen of a customer, in order
// of the values.
func (p *Profiles) Values(ctx context.Context, customer flywheel.CustomerID, trait string) ([]ValueCount, error) {
	if !slices.ContainsFunc(p.traits, func(t Trait) bool { return t.Name == trait && t.ofTexts() }) {
		return nil, fmt.Errorf("segment: trait %q of texts: %w", trait, flywheel.ErrNotFound)
	}
	w := p.newWork(ctx)
	aliases, err := w.aliases(flywheel.PersonOf(customer, ""))
	if err != nil {
		return nil, err
	}
	return p.store.Values(ctx, trait, nil, aliases...)
}

// Schema returns the attributes that rules about profiles may ask for.
func (p *Profiles) Schema() *rule.Schema { return p.schema }

// Attributes returns a profile's attributes at a moment, for rules compiled
// without the schema. Money is in major units; missing ones are left out.
func (p *Profiles) Attributes(profile *Profile, now time.Time) map[string]any {
	attributes := make(map[string]any, len(p.attributes))
	for i := range p.attributes {
		if v := p.attributes[i].read(profile, now); v != nil {
			attributes[p.attributes[i].name] = v
		}
	}
	return attributes
}

// Fill sets a record of [Profiles.Schema] to a profile's attributes at a moment.
func (p *Profiles) Fill(record *rule.Record, profile *Profile, now time.Time) {
	fill(record, p.attributes, profile, now)
}

func fill(record *rule.Record, attributes []attribute, profile *Profile, now time.Time) {
	for i := range attributes {
		record.Set(attributes[i].slot, attributes[i].read(profile, now))
	}
}

// Deliver tells the sink what it could not be told in its own time. It is the
// runner's.
func (p *Profiles) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return effect.Retell(ctx, p.Handle(), p.sink, now)
}

// Forget erases a customer: the profile, the nameless events of the devices that
// are the customer's, and membership, of which no exit is told.
func (p *Profiles) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return fmt.Errorf("segment: customer: %w", err)
	}
	return p.handle.InTx(ctx, func(ctx context.Context) error {
		w := p.newWork(ctx)
		aliases, err := w.aliases(flywheel.PersonOf(customer, ""))
		if err != nil {
			return err
		}
		if err := p.store.Forget(ctx, aliases...); err != nil {
			return err
		}
		store, err := effect.On(p.Handle())
		if err != nil {
			return nil // a store without a handle tells at once and keeps nothing
		}
		return store.Forget(ctx, string(flywheel.PersonOf(customer, "")))
	})
}

// Reset implements [Rebuildable]: it removes all profiles, links and memberships.
func (p *Profiles) Reset(ctx context.Context) error { return p.store.Clear(ctx) }
