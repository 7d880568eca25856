package segment

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Members is a set of customers at one moment: the members of a live segment, or
// what [Members.And], [Members.Or] and [Members.AndNot] make of several of the
// same Profiles. It is a compressed bitmap over dense customer numbers (Chambi,
// Lemire, Kaser, Godin, 2016: Better bitmap performance with Roaring bitmaps),
// immutable and safe for concurrent use.
type Members struct {
	set       *roaring.Bitmap
	customers *registry
}

// Members returns the members of a segment now.
func (p *Profiles) Members(ctx context.Context, segment string) (Members, error) {
	if _, err := p.find(ctx, segment); err != nil {
		return Members{}, err
	}
	var customers []flywheel.CustomerID
	for profile, err := range p.store.List(ctx, segment) {
		if err != nil {
			return Members{}, err
		}
		customers = append(customers, profile.Customer())
	}
	return Members{p.customers.set(customers), &p.customers}, nil
}

// find returns a live segment of the store.
func (p *Profiles) find(ctx context.Context, segment string) (*liveSegment, error) {
	current, err := p.current(ctx)
	if err != nil {
		return nil, err
	}
	return current.find(segment)
}

// Segments returns the names of the live segments, in order, as of the last call that
// looked into the store.
func (p *Profiles) Segments() []string {
	segments := p.engine.Load().segments
	names := make([]string, len(segments))
	for i, live := range segments {
		names[i] = live.Name
	}
	return names
}

// In reports whether a customer is a member of a segment now.
func (p *Profiles) In(ctx context.Context, segment string, customer flywheel.CustomerID) (bool, error) {
	if _, err := p.find(ctx, segment); err != nil {
		return false, err
	}
	if err := flywheel.CheckID(string(customer)); err != nil {
		return false, fmt.Errorf("segment: customer: %w", err)
	}
	loaded, err := p.store.Load(ctx, flywheel.PersonOf(customer, ""))
	if err != nil {
		return false, err
	}
	return slices.Contains(loaded[0].Segments, segment), nil
}

// SegmentsOf returns the names of the live segments of which a customer is a member
// now, in order; none for a customer without a profile. It is what promotions ask for:
// see cart.Options.
func (p *Profiles) SegmentsOf(ctx context.Context, customer flywheel.CustomerID) ([]string, error) {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return nil, fmt.Errorf("segment: customer: %w", err)
	}
	loaded, err := p.store.Load(ctx, flywheel.PersonOf(customer, ""))
	if err != nil {
		return nil, err
	}
	return slices.Clone(loaded[0].Segments), nil
}

// Explain tells how a customer's profile meets or misses a segment's rule at a
// moment.
func (p *Profiles) Explain(ctx context.Context, segment string, customer flywheel.CustomerID, now time.Time) (rule.Explanation, error) {
	live, err := p.find(ctx, segment)
	if err != nil {
		return rule.Explanation{}, err
	}
	if err := flywheel.CheckID(string(customer)); err != nil {
		return rule.Explanation{}, fmt.Errorf("segment: customer: %w", err)
	}
	profile, err := p.person(ctx, flywheel.PersonOf(customer, ""), now)
	if err != nil {
		return rule.Explanation{}, err
	}
	record := live.schema.NewRecord()
	live.fill(record, &profile, now)
	return live.rule.ExplainRecord(record), nil
}

// Count returns the number of members.
func (m Members) Count() int {
	if m.set == nil {
		return 0
	}
	return int(m.set.GetCardinality())
}

// Contains reports whether a customer is a member.
func (m Members) Contains(customer flywheel.CustomerID) bool {
	if m.set == nil {
		return false
	}
	n, known := m.customers.known(customer)
	return known && m.set.Contains(n)
}

// All yields the members in the order in which this process met them.
func (m Members) All() iter.Seq[flywheel.CustomerID] {
	return func(yield func(flywheel.CustomerID) bool) {
		if m.set == nil {
			return
		}
		for it := m.set.Iterator(); it.HasNext(); {
			if !yield(m.customers.customer(it.Next())) {
				return
			}
		}
	}
}

// And returns the customers in both sets.
func (m Members) And(other Members) (Members, error) { return m.combine(other, roaring.And) }

// Or returns the customers in either set.
func (m Members) Or(other Members) (Members, error) { return m.combine(other, roaring.Or) }

// AndNot returns the customers in m and not in other.
func (m Members) AndNot(other Members) (Members, error) { return m.combine(other, roaring.AndNot) }

func (m Members) combine(other Members, op func(a, b *roaring.Bitmap) *roaring.Bitmap) (Members, error) {
	if m.customers == nil || m.customers != other.customers {
		return Members{}, fmt.Errorf("segment: sets of different Profiles: %w", flywheel.ErrInvalid)
	}
	return Members{op(m.set, other.set), m.customers}, nil
}
