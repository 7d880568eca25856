package segment

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Profile is what the events tell of one person, in constant size. A customer's
// own events and the nameless ones of each device are kept apart, as aliases of
// the customer; [Profiles.Get] returns them as one, so that a link between a
// device and a customer can be taken back exactly.
type Profile struct {
	// Person is whose the profile is.
	Person flywheel.Person `json:"person"`
	// Version counts the saves, zero for a profile not saved yet.
	Version int64 `json:"version"`
	// FirstSeen and LastSeen are the effective times of the earliest and the latest
	// event that the person caused, and Events is their number.
	FirstSeen time.Time `json:"first_seen,omitzero"`
	LastSeen  time.Time `json:"last_seen,omitzero"`
	Events    int64     `json:"events"`
	// Orders counts purchases, Items the units bought.
	Orders        int64     `json:"orders"`
	Items         int64     `json:"items"`
	FirstPurchase time.Time `json:"first_purchase,omitzero"`
	LastPurchase  time.Time `json:"last_purchase,omitzero"`
	// Refunds counts refund events.
	Refunds int64 `json:"refunds"`
	// Totals are the amounts, one per currency, the currency of the first amount
	// first.
	Totals []Total `json:"totals,omitempty"`
	// Traits are the states of the declared traits, in the order of declaration.
	Traits []TraitState `json:"traits,omitempty"`
	// Leaves are the states of the leaves of live segments, by [Leaf.Key].
	Leaves map[string]LeafState `json:"leaves,omitempty"`
	// Segments are the live segments of which the customer is a member, in order.
	Segments []string `json:"segments,omitempty"`
	// Due is when time alone can next change a segment; zero for never.
	Due time.Time `json:"due,omitzero"`

	// Links are those of the visitor, or of the customer's devices. A store keeps
	// them in rows of their own; [ProfileStore.Save] replaces those of a visitor
	// when Relinked is set.
	Links    []Link `json:"-"`
	Relinked bool   `json:"-"`
	// Counted are values whose counts have changed since the profile was loaded.
	// They too are rows of their own.
	Counted []Counted `json:"-"`
	// Moments have come since the profile was loaded, and Passed are over; what is over
	// is removed before the others are added. See [MomentStore].
	Moments []Moment `json:"-"`
	Passed  []Passed `json:"-"`
}

// Total is what is known of one currency.
type Total struct {
	// Revenue is what purchases were worth before refunds, Refunded the refunds.
	Revenue  money.Amount `json:"revenue,omitzero"`
	Refunded money.Amount `json:"refunded,omitzero"`
}

// Counted is how often a person was seen with a value, of a trait or of a leaf.
type Counted struct {
	// Of is the trait's name or the leaf's key.
	Of    string
	Value string
	Count int64
}

// Customer returns the customer, "" for a visitor who is none.
func (p *Profile) Customer() flywheel.CustomerID { return p.Person.Customer() }

// Revenue returns what purchases in the first currency were worth before refunds.
// Others are in Totals.
func (p *Profile) Revenue() money.Amount {
	if len(p.Totals) == 0 {
		return money.Amount{}
	}
	return p.Totals[0].Revenue
}

// Refunded returns the refunds in the first currency.
func (p *Profile) Refunded() money.Amount {
	if len(p.Totals) == 0 {
		return money.Amount{}
	}
	return p.Totals[0].Refunded
}

// AverageOrder returns Revenue divided by Orders, half even, and zero before the
// first order. Of a person who pays in several currencies it is no average.
func (p *Profile) AverageOrder() (money.Amount, error) {
	if p.Orders == 0 {
		return money.Amount{}, nil
	}
	return p.Revenue().MulRatio(1, p.Orders, money.HalfEven)
}

// clone copies what counting changes in place.
func (p *Profile) clone() *Profile {
	c := *p
	c.Totals = slices.Clone(p.Totals)
	c.Traits = slices.Clone(p.Traits)
	for i := range c.Traits {
		c.Traits[i].Amounts = slices.Clone(c.Traits[i].Amounts)
	}
	c.Leaves = maps.Clone(p.Leaves)
	c.Segments = slices.Clone(p.Segments)
	c.Links = slices.Clone(p.Links)
	c.Counted = nil
	c.Moments, c.Passed = slices.Clone(p.Moments), slices.Clone(p.Passed)
	return &c
}

// ProfileStore keeps profiles. Implementations are safe for concurrent use,
// honor ctx, and join the transaction carried by ctx. The slices and maps of a
// saved or loaded Profile are never changed by anyone and may be shared.
type ProfileStore interface {
	// Load returns the profiles of persons in the order given, with their Links;
	// one that is not known has only its Person set.
	Load(ctx context.Context, persons ...flywheel.Person) ([]Profile, error)
	// Save writes all profiles, each with its Version one higher, with the links
	// of those Relinked and their Counted values; or none: when a stored version
	// is not the one given, the error matches flywheel.ErrStale.
	Save(ctx context.Context, profiles ...Profile) error
	// List yields all profiles, or those of the members of a segment where one is
	// named, in the order of their first Save. An error is yielded once, last.
	List(ctx context.Context, segment string) iter.Seq2[Profile, error]
	// Values returns how often the values of a trait or leaf were seen, or only one
	// value where it is not nil, summed over persons, in order of the values.
	Values(ctx context.Context, of string, value *string, persons ...flywheel.Person) ([]ValueCount, error)
	// Due returns up to limit persons whose profile is due at now or before and
	// for whom keep reports true, in order of Due and Person. In a transaction no
	// other worker gets the same ones.
	Due(ctx context.Context, now time.Time, limit int, keep func(flywheel.Person) bool) ([]flywheel.Person, error)
	// Forget removes all there is of persons, the links of customers among them.
	Forget(ctx context.Context, persons ...flywheel.Person) error
	// Clear removes everything.
	Clear(ctx context.Context) error
}

// caused reports whether an event tells what a customer did, and not what the
// shop did to the customer.
func caused(name string) bool {
	switch name {
	case flywheel.EventMessageSent, flywheel.EventPointsEarned, flywheel.EventPointsBurned, flywheel.EventPointsReversed,
		flywheel.EventTierChanged, EventEntered, EventExited, EventLinked, EventUnlinked:
		return false
	}
	return true
}

// count adds an event to the fields that every profile has.
func (p *Profile) count(e *flywheel.Event, value money.Amount) (err error) {
	p.Events++
	p.FirstSeen, p.LastSeen = earlier(p.FirstSeen, e.Time), later(p.LastSeen, e.Time)
	switch e.Name {
	case flywheel.EventPurchase:
		p.Orders++
		p.FirstPurchase, p.LastPurchase = earlier(p.FirstPurchase, e.Time), later(p.LastPurchase, e.Time)
		for i := range e.Lines {
			if p.Items > math.MaxInt64-e.Lines[i].Quantity {
				return fmt.Errorf("items of %q: %w", p.Person, flywheel.ErrOutOfRange)
			}
			p.Items += e.Lines[i].Quantity
		}
		err = p.addTotal(Total{Revenue: value})
	case flywheel.EventRefund:
		p.Refunds++
		err = p.addTotal(Total{Refunded: value})
	}
	return err
}

// addTotal adds to the totals of a currency.
func (p *Profile) addTotal(t Total) (err error) {
	currency := t.Revenue.Currency()
	if currency.IsZero() {
		currency = t.Refunded.Currency()
	}
	if currency.IsZero() {
		return nil // no amount at all
	}
	i := slices.IndexFunc(p.Totals, func(t Total) bool {
		return t.Revenue.Currency() == currency || t.Refunded.Currency() == currency
	})
	if i < 0 {
		p.Totals = append(p.Totals, t)
		return nil
	}
	sum := p.Totals[i]
	if sum.Revenue, err = sum.Revenue.Add(t.Revenue); err != nil {
		return err
	}
	if sum.Refunded, err = sum.Refunded.Add(t.Refunded); err == nil {
		p.Totals[i] = sum
	}
	return err
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// valueOf is the value of an event, or else of its lines.
func valueOf(e *flywheel.Event) (money.Amount, error) {
	total := e.Value
	if total != (money.Amount{}) {
		return total, nil
	}
	var err error
	for i := range e.Lines {
		if total, err = total.Add(e.Lines[i].Amount); err != nil {
			return total, err
		}
	}
	return total, nil
}

// ValueCount is how often a value was seen.
type ValueCount struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}
