package segment

import (
	"context"
	"fmt"
	"iter"

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
func (p *Profiles) Members(ctx context.Context, segment string) (m Members, err error) {
	err = p.db.View(ctx, func() error {
		live, err := p.segments.find(segment)
		if err != nil {
			return err
		}
		m = Members{live.members.Clone(), &p.segments.customers}
		return nil
	})
	return m, err
}

// Segments returns the names of the live segments, in order.
func (p *Profiles) Segments() []string {
	names := make([]string, len(p.segments.list))
	for i, live := range p.segments.list {
		names[i] = live.name
	}
	return names
}

// In reports whether a customer is a member of a segment now, without copying
// the set.
func (p *Profiles) In(ctx context.Context, segment string, customer flywheel.CustomerID) (in bool, err error) {
	err = p.db.View(ctx, func() error {
		live, err := p.segments.find(segment)
		if err != nil {
			return err
		}
		n, known := p.segments.customers.known(customer)
		in = known && live.members.Contains(n)
		return nil
	})
	return in, err
}

// Explain tells how a customer's profile meets or misses a segment's rule now.
func (p *Profiles) Explain(ctx context.Context, segment string, customer flywheel.CustomerID) (rule.Explanation, error) {
	profile, err := p.Get(ctx, customer)
	if err != nil {
		return rule.Explanation{}, err
	}
	record := p.schema.NewRecord()
	var live *liveSegment
	err = p.db.View(ctx, func() (err error) {
		live, err = p.segments.find(segment)
		p.Fill(record, &profile, p.segments.clock)
		return err
	})
	if err != nil {
		return rule.Explanation{}, err
	}
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

// All yields the members in the order of their first events.
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
