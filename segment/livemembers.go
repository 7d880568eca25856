package segment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/live"
)

// find returns an error for a segment that is not defined.
func (l *Live) find(ctx context.Context, segment string) error {
	of, err := l.look(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(of.list, func(d live.Definition) bool { return d.Name == segment }) {
		return fmt.Errorf("segment: segment %q: %w", segment, flywheel.ErrNotFound)
	}
	return nil
}

// Segments returns the names of the segments, in order, as of the last call that looked
// into the store.
func (l *Live) Segments() []string {
	var names []string
	for _, d := range l.current.Load().list {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return names
}

// Members returns the members of a segment of persons now.
func (l *Live) Members(ctx context.Context, segment string) (Members, error) {
	if err := l.find(ctx, segment); err != nil {
		return Members{}, err
	}
	var customers []flywheel.CustomerID
	for s, err := range l.store.List(ctx, segment) {
		if err != nil {
			return Members{}, err
		}
		if c := s.Alias.Customer(); c != "" {
			customers = append(customers, c)
		}
	}
	return Members{l.customers.set(customers), &l.customers}, nil
}

// Accounts returns the accounts that are members of a segment of accounts now, in the order in
// which they became known.
func (l *Live) Accounts(ctx context.Context, segment string) ([]string, error) {
	if err := l.find(ctx, segment); err != nil {
		return nil, err
	}
	var accounts []string
	for s, err := range l.store.List(ctx, segment) {
		if err != nil {
			return nil, err
		}
		if account, ok := strings.CutPrefix(string(s.Alias), accountPrefix); ok {
			accounts = append(accounts, account)
		}
	}
	return accounts, nil
}

// In reports whether a customer is a member of a segment now.
func (l *Live) In(ctx context.Context, segment string, customer flywheel.CustomerID) (bool, error) {
	if err := l.find(ctx, segment); err != nil {
		return false, err
	}
	names, err := l.SegmentsOf(ctx, customer)
	return slices.Contains(names, segment), err
}

// SegmentsOf returns the names of the segments of which a customer is a member now, in
// order; none for a customer of whom nothing is known. It is what promotions ask for: see
// cart.Options.
func (l *Live) SegmentsOf(ctx context.Context, customer flywheel.CustomerID) ([]string, error) {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return nil, fmt.Errorf("segment: customer: %w", err)
	}
	loaded, err := l.store.Load(ctx, flywheel.PersonOf(customer, ""))
	if err != nil {
		return nil, err
	}
	return slices.Clone(loaded[0].Segments), nil
}

// Explain tells why a customer is in a segment or out of it at an instant, and when that
// changes if nothing happens.
func (l *Live) Explain(ctx context.Context, segment string, customer flywheel.CustomerID, at time.Time) (live.Explanation, error) {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return live.Explanation{}, fmt.Errorf("segment: customer: %w", err)
	}
	if err := l.find(ctx, segment); err != nil {
		return live.Explanation{}, err
	}
	w, err := l.begin(ctx)
	if err != nil {
		return live.Explanation{}, err
	}
	defer w.end()
	if err := w.gatherDue([]flywheel.Person{flywheel.PersonOf(customer, "")}); err != nil {
		return live.Explanation{}, err
	}
	return w.engine.Explain(segment, string(customer), at)
}
