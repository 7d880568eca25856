package referral

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// PropertyReferrer is the property of a sign_up event that names who brought the new
// customer. Whoever publishes it has asked [Rewards.Check] before.
const PropertyReferrer = "referrer"

// EventOrderCanceled is the event of an order that was called off as a whole, Ref
// being the order.
const EventOrderCanceled = "order_canceled"

// Referral is one customer who was brought, with the first order since.
type Referral struct {
	Referrer flywheel.CustomerID `json:"referrer"`
	Referred flywheel.CustomerID `json:"referred"`
	At       time.Time           `json:"at"`
	// Order is the first order of the referred customer, empty before; Placed is when.
	Order  string       `json:"order,omitempty"`
	Placed time.Time    `json:"placed,omitzero"`
	Value  money.Amount `json:"value,omitzero"`
	// Refunded is what was given back of it, and Canceled when nothing of it was left.
	Refunded money.Amount `json:"refunded,omitzero"`
	Canceled time.Time    `json:"canceled,omitzero"`
	// Granted says that the reward was given by this process.
	Granted bool `json:"granted,omitempty"`
}

// RewardsOptions configure [Rewards].
type RewardsOptions struct {
	// Hold is how long after the order the reward waits, such as the time for returning
	// goods. An order that was canceled or refunded in full by then earns nothing.
	Hold time.Duration
	// Grant gives the reward to both sides. It is called again for the same Referral in
	// every process, so it must know by a key derived from Referred that it was there.
	Grant func(ctx context.Context, r Referral) error
}

// Rewards follows the log: who was brought by whom, what they ordered first, and
// whether the order stood. It is a flywheel.Consumer without a database of its own,
// which therefore reads the log from its beginning in each process; it is O(1) for an
// event, and keeps one Referral for each customer who was brought. It is safe for
// concurrent use.
type Rewards struct {
	opts     RewardsOptions
	mu       sync.Mutex
	network  Network
	referred map[flywheel.CustomerID]*Referral
}

// NewRewards returns rewards. A negative hold, and no Grant, are refused.
func NewRewards(opts RewardsOptions) (*Rewards, error) {
	switch {
	case opts.Hold < 0:
		return nil, fmt.Errorf("referral: %w", &flywheel.FieldError{Field: "hold", Err: flywheel.ErrOutOfRange})
	case opts.Grant == nil:
		return nil, fmt.Errorf("referral: %w", &flywheel.FieldError{Field: "grant", Err: flywheel.ErrInvalid})
	}
	return &Rewards{opts: opts, referred: map[flywheel.CustomerID]*Referral{}}, nil
}

// Name is that of the consumer.
func (w *Rewards) Name() string { return "referral.Rewards" }

// Check reports whether who may be brought by referrer, as [Network.Refer] does, and
// changes nothing. People says what is known of an account, nil knows nothing.
func (w *Rewards) Check(referrer, who flywheel.CustomerID, people func(id string) Person) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.network.Refer(string(referrer), string(who), people); err != nil {
		return err
	}
	delete(w.network.by, string(who))
	return nil
}

// Consume implements flywheel.Consumer. A referral that the network refuses is passed
// over.
func (w *Rewards) Consume(_ context.Context, entries []flywheel.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range entries {
		e := &entries[i]
		who := e.Person.Customer()
		if who == "" {
			continue
		}
		if err := w.take(who, e); err != nil {
			return &flywheel.EntryError{Position: e.Position, ID: e.Event.ID, Err: err}
		}
	}
	return nil
}

func (w *Rewards) take(who flywheel.CustomerID, e *flywheel.Entry) error {
	event := &e.Event
	if event.Name == flywheel.EventSignUp {
		by, _ := event.Properties[PropertyReferrer].(string)
		if by == "" {
			return nil
		}
		err := w.network.Refer(by, string(who), nil)
		if err == nil {
			w.referred[who] = &Referral{Referrer: flywheel.CustomerID(by), Referred: who, At: e.Effective}
		}
		var refused *RefusedError
		if errors.As(err, &refused) {
			return nil
		}
		return err
	}
	r := w.referred[who]
	if r == nil {
		return nil
	}
	switch {
	case event.Name == flywheel.EventPurchase && r.Order == "":
		r.Order, r.Placed, r.Value = cmp.Or(event.Ref, event.ID), e.Effective, event.Value
	case event.Name == EventOrderCanceled && event.Ref == r.Order && r.Order != "" && r.Canceled.IsZero():
		r.Canceled = e.Effective
	case event.Name == flywheel.EventRefund && event.Ref == r.Order && r.Order != "" && event.Value.Currency() == r.Value.Currency():
		sum, err := money.New(r.Refunded.Minor(), r.Value.Currency()).Add(event.Value)
		if err != nil {
			return err
		}
		if r.Refunded = sum; r.Canceled.IsZero() && r.Refunded.Minor() >= r.Value.Minor() {
			r.Canceled = e.Effective
		}
	}
	return nil
}

// State returns how far the reward for a referral is.
func (w *Rewards) State(r Referral, at time.Time) RewardState {
	if r.Order == "" {
		return RewardPending
	}
	return Reward(r.Placed, r.Canceled, w.opts.Hold, at)
}

// Of returns the customers whom one has brought, by when they were brought.
func (w *Rewards) Of(referrer flywheel.CustomerID) []Referral {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Referral
	for _, r := range w.referred {
		if r.Referrer == referrer {
			all = append(all, *r)
		}
	}
	slices.SortFunc(all, func(a, b Referral) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Referred, b.Referred))
	})
	return all
}

// Advance gives the rewards whose hold is over at now. One that cannot be given is
// tried again with the next call, and holds up no other.
func (w *Rewards) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	w.mu.Lock()
	var due []Referral
	for _, r := range w.referred {
		if r.Order != "" && !r.Granted && Reward(r.Placed, r.Canceled, w.opts.Hold, now) == RewardEarned {
			due = append(due, *r)
		}
	}
	w.mu.Unlock()
	slices.SortFunc(due, func(a, b Referral) int {
		return cmp.Or(a.Placed.Compare(b.Placed), cmp.Compare(a.Referred, b.Referred))
	})
	var errs []error
	for _, r := range due {
		if err := w.opts.Grant(ctx, r); err != nil {
			errs = append(errs, err)
			continue
		}
		w.mu.Lock()
		if kept := w.referred[r.Referred]; kept != nil {
			kept.Granted = true
		}
		w.mu.Unlock()
	}
	return false, errors.Join(errs...)
}

// Forget removes a customer: whom the customer brought stays, without saying by whom.
func (w *Rewards) Forget(_ context.Context, c flywheel.CustomerID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.referred, c)
	delete(w.network.by, string(c))
	for who, r := range w.referred {
		if r.Referrer == c {
			delete(w.referred, who)
			delete(w.network.by, string(who))
		}
	}
	return nil
}

// Reset forgets everything, before the log is read again.
func (w *Rewards) Reset(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.network, w.referred = Network{}, map[flywheel.CustomerID]*Referral{}
	return nil
}
