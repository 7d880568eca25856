package segment

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Forget erases a customer from the log: the customer's events, nameless ones of
// their devices that are theirs by the links known now, and what was told of the
// customer. Positions stay, IDs stay known, so that the same events published
// again do nothing. Events that have no place yet get it first. Consumers are
// told by [Runner.Forget], which calls this. Cost: what the customer and the
// customer's devices have in the log is read.
func (l *Log) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return fmt.Errorf("segment: customer: %w", err)
	}
	if _, err := l.Number(ctx); err != nil {
		return err
	}
	entries, err := l.Of(ctx, customer)
	if err != nil {
		return err
	}
	at := make([]flywheel.Position, len(entries))
	for i := range entries {
		at[i] = entries[i].Position
	}
	return l.store.Erase(ctx, customer, at...)
}

// Of returns the entries of a customer by the links known now, in order: those that
// name the customer, and the nameless ones of the devices that are the customer's.
// Cost: as [Log.Forget].
func (l *Log) Of(ctx context.Context, customer flywheel.CustomerID) ([]flywheel.Entry, error) {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return nil, fmt.Errorf("segment: customer: %w", err)
	}
	var list []flywheel.Entry
	for e, err := range l.Entries(ctx, Query{Person: flywheel.PersonOf(customer, "")}) {
		if err != nil {
			return nil, err
		}
		if e.Event.Customer == customer {
			list = append(list, e)
		}
	}
	links, err := l.store.Links(ctx, "", customer)
	if err != nil {
		return nil, err
	}
	done := map[flywheel.VisitorID]bool{}
	for _, link := range links {
		if done[link.Visitor] {
			continue
		}
		done[link.Visitor] = true
		nameless, err := l.nameless(ctx, link.Visitor)
		if err != nil {
			return nil, err
		}
		for _, e := range nameless {
			if e.owner == customer {
				list = append(list, e.Entry)
			}
		}
	}
	slices.SortFunc(list, func(a, b flywheel.Entry) int { return cmp.Compare(a.Position, b.Position) })
	return list, nil
}

// owned is a nameless entry with whom it belongs to now.
type owned struct {
	flywheel.Entry
	owner flywheel.CustomerID
}

// nameless returns the entries of a visitor that name no customer.
func (l *Log) nameless(ctx context.Context, visitor flywheel.VisitorID) ([]owned, error) {
	links, err := l.store.Links(ctx, visitor, "")
	if err != nil {
		return nil, err
	}
	var list []owned
	for e, err := range l.Entries(ctx, Query{Visitor: visitor}) {
		if err != nil {
			return nil, err
		}
		list = append(list, owned{e, l.identity.owner(links, e.Effective)})
	}
	return list, nil
}
