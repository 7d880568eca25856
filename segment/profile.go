package segment

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Profile is what the events tell of one customer. Amounts are in one currency.
type Profile struct {
	Customer flywheel.CustomerID `json:"customer"`
	// Version counts the saves, zero for a profile not saved yet.
	Version int64 `json:"version"`
	// FirstSeen and LastSeen are the times of the earliest and the latest event
	// that the customer caused, and Events is their number.
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	Events    int64     `json:"events"`
	// Orders counts purchases, Items the units bought, and Revenue is what they
	// were worth before refunds.
	Orders        int64        `json:"orders"`
	Items         int64        `json:"items"`
	Revenue       money.Amount `json:"revenue,omitzero"`
	FirstPurchase time.Time    `json:"first_purchase,omitzero"`
	LastPurchase  time.Time    `json:"last_purchase,omitzero"`
	// Refunds counts refund events and Refunded is their value.
	Refunds  int64        `json:"refunds"`
	Refunded money.Amount `json:"refunded,omitzero"`
	// Traits are the states of the declared traits, in the order of declaration.
	Traits []TraitState `json:"traits,omitempty"`
	// Seen are the events counted: the first 64 bits of the SHA-256 of each ID,
	// ascending.
	Seen []uint64 `json:"seen,omitempty"`
}

// AverageOrder returns Revenue divided by Orders, half even, and zero before the
// first order.
func (p *Profile) AverageOrder() (money.Amount, error) {
	if p.Orders == 0 {
		return money.Amount{}, nil
	}
	return p.Revenue.MulRatio(1, p.Orders, money.HalfEven)
}

// clone copies the slices, which are never changed once a profile is saved.
func (p Profile) clone() Profile {
	p.Seen = slices.Clone(p.Seen)
	p.Traits = slices.Clone(p.Traits)
	for i := range p.Traits {
		p.Traits[i].Counts = slices.Clone(p.Traits[i].Counts)
		p.Traits[i].Value = cloneValue(p.Traits[i].Value)
	}
	return p
}

// ProfileStore keeps profiles. Implementations are safe for concurrent use,
// honour ctx, and join the transaction carried by ctx. The slices of a saved or
// loaded Profile are never changed by anyone and may be shared.
type ProfileStore interface {
	// Load returns the profiles of customers in the order given; one that is not
	// known has only its Customer set.
	Load(ctx context.Context, customers ...flywheel.CustomerID) ([]Profile, error)
	// Save writes all profiles, each with its Version one higher, or none: when a
	// stored version is not the one given, the error matches
	// flywheel.ErrConflict.
	Save(ctx context.Context, profiles ...Profile) error
	// List yields all profiles in the order of their first Save, as they are when
	// it starts. An error is yielded once, last.
	List(ctx context.Context) iter.Seq2[Profile, error]
}

// seenKey is what is remembered of an event's ID. Two IDs of one customer with
// one key would lose an event: of a million events the chance is 3·10⁻⁸.
func seenKey(id string) uint64 {
	var buffer [flywheel.MaxIDBytes]byte
	sum := sha256.Sum256(append(buffer[:0], id...))
	return binary.BigEndian.Uint64(sum[:])
}

// caused reports whether an event tells what a customer did, and not what the
// shop did to the customer.
func caused(name string) bool {
	switch name {
	case flywheel.EventMessageSent, flywheel.EventPointsEarned, flywheel.EventPointsBurned, flywheel.EventPointsReversed,
		flywheel.EventTierChanged, EventEntered, EventExited:
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
				return fmt.Errorf("items of %q: %w", p.Customer, flywheel.ErrOutOfRange)
			}
			p.Items += e.Lines[i].Quantity
		}
		p.Revenue, err = p.Revenue.Add(value)
	case flywheel.EventRefund:
		p.Refunds++
		p.Refunded, err = p.Refunded.Add(value)
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

// MemoryProfiles is the [ProfileStore] in memory.
type MemoryProfiles struct {
	db      *flywheel.Memory
	list    []*Profile // never changed, only replaced
	numbers map[flywheel.CustomerID]int
}

// NewMemoryProfiles returns an empty store in db; nil is a database of its own.
func NewMemoryProfiles(db *flywheel.Memory) *MemoryProfiles {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryProfiles{db: db, numbers: map[flywheel.CustomerID]int{}}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (m *MemoryProfiles) Handle() flywheel.Transactor { return m.db }

// InTx implements flywheel.Transactor with the database's.
func (m *MemoryProfiles) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return m.db.InTx(ctx, fn)
}

// Load implements [ProfileStore].
func (m *MemoryProfiles) Load(ctx context.Context, customers ...flywheel.CustomerID) ([]Profile, error) {
	profiles := make([]Profile, len(customers))
	err := m.db.View(ctx, func() error {
		for i, id := range customers {
			if n, ok := m.numbers[id]; ok {
				profiles[i] = *m.list[n]
			} else {
				profiles[i].Customer = id
			}
		}
		return nil
	})
	return profiles, err
}

// Save implements [ProfileStore].
func (m *MemoryProfiles) Save(ctx context.Context, profiles ...Profile) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for i := range profiles {
			p := profiles[i]
			n, known := m.numbers[p.Customer]
			var before *Profile
			version := int64(0)
			if known {
				before = m.list[n]
				version = before.Version
			}
			if p.Version != version {
				return fmt.Errorf("segment: profile %q is at version %d, not %d: %w", p.Customer, version, p.Version, flywheel.ErrConflict)
			}
			p.Version++
			if known {
				undo(func() { m.list[n] = before })
				m.list[n] = &p
				continue
			}
			undo(func() {
				m.list = m.list[:len(m.list)-1]
				delete(m.numbers, p.Customer)
			})
			m.numbers[p.Customer] = len(m.list)
			m.list = append(m.list, &p)
		}
		return nil
	})
}

// List implements [ProfileStore].
func (m *MemoryProfiles) List(ctx context.Context) iter.Seq2[Profile, error] {
	return func(yield func(Profile, error) bool) {
		var list []*Profile
		err := m.db.View(ctx, func() error {
			list = slices.Clone(m.list)
			return nil
		})
		if err != nil {
			yield(Profile{}, err)
			return
		}
		for _, p := range list {
			if !yield(*p, nil) {
				return
			}
		}
	}
}

// ValueCount is how often a value was seen.
type ValueCount struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// increment adds one to the count of a value in a list in order of the values.
func increment(counts []ValueCount, value string) ([]ValueCount, int64) {
	i, found := findCount(counts, value)
	if !found {
		counts = slices.Insert(counts, i, ValueCount{Value: value})
	}
	counts[i].Count++
	return counts, counts[i].Count
}

func findCount(counts []ValueCount, value string) (int, bool) {
	return slices.BinarySearchFunc(counts, value, func(c ValueCount, v string) int { return cmp.Compare(c.Value, v) })
}
