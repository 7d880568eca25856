package campaigntest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) campaign.Store { return campaign.NewMemory(nil) }, Features{Transactions: true})
}

// The suite bites: each of these stores breaks one promise, and the named case
// says so.

type faulty struct{ *campaign.MemoryStore }

type ignoresVersion struct{ faulty }

func (s ignoresVersion) Save(ctx context.Context, c campaign.Contact) (campaign.Contact, error) {
	if stored, err := s.Get(ctx, c.ID); err == nil {
		c.Version = stored.Version
	}
	return s.MemoryStore.Save(ctx, c)
}

type keepsCallersMemory struct {
	faulty
	runs *sync.Map // customer → []campaign.Run
}

func (s keepsCallersMemory) Save(ctx context.Context, c campaign.Contact) (campaign.Contact, error) {
	s.runs.Store(c.ID, c.Runs)
	return s.MemoryStore.Save(ctx, c)
}

func (s keepsCallersMemory) Get(ctx context.Context, id flywheel.CustomerID) (campaign.Contact, error) {
	c, err := s.MemoryStore.Get(ctx, id)
	if runs, ok := s.runs.Load(id); ok {
		c.Runs = runs.([]campaign.Run)
	}
	return c, err
}

type losesMicroseconds struct{ faulty }

func (s losesMicroseconds) Save(ctx context.Context, c campaign.Contact) (campaign.Contact, error) {
	c.Clock = c.Clock.Truncate(time.Millisecond)
	return s.MemoryStore.Save(ctx, c)
}

type answersInLocalTime struct{ faulty }

func (s answersInLocalTime) Get(ctx context.Context, id flywheel.CustomerID) (campaign.Contact, error) {
	c, err := s.MemoryStore.Get(ctx, id)
	c.Clock = c.Clock.In(time.FixedZone("home", 3600))
	return c, err
}

type dueAtOnce struct{ faulty }

func (s dueAtOnce) Due(ctx context.Context, before time.Time) (flywheel.CustomerID, error) {
	return s.MemoryStore.Due(ctx, before.Add(time.Microsecond))
}

type anyDue struct{ faulty }

func (s anyDue) Due(ctx context.Context, before time.Time) (flywheel.CustomerID, error) {
	for c, err := range s.List(ctx) {
		if due := c.Due(); err == nil && !due.IsZero() && due.Before(before) {
			return c.ID, nil
		}
	}
	return "", ctx.Err()
}

type foldsCase struct{ faulty }

func (s foldsCase) Get(ctx context.Context, id flywheel.CustomerID) (campaign.Contact, error) {
	for c, err := range s.List(ctx) {
		if err != nil {
			return c, err
		}
		if strings.EqualFold(string(c.ID), string(id)) {
			return c, nil
		}
	}
	return s.MemoryStore.Get(ctx, id)
}

type deafToCancel struct{ faulty }

func (s deafToCancel) Get(ctx context.Context, id flywheel.CustomerID) (campaign.Contact, error) {
	return s.MemoryStore.Get(context.WithoutCancel(ctx), id)
}

type stepsOutOfTx struct{ faulty }

func (s stepsOutOfTx) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

type deleteComplains struct{ faulty }

func (s deleteComplains) Delete(ctx context.Context, id flywheel.CustomerID) error {
	if _, err := s.Get(ctx, id); err != nil {
		return err
	}
	return s.MemoryStore.Delete(ctx, id)
}

type listBackwards struct{ faulty }

func (s listBackwards) List(ctx context.Context) iter.Seq2[campaign.Contact, error] {
	return func(yield func(campaign.Contact, error) bool) {
		var all []campaign.Contact
		for c, err := range s.MemoryStore.List(ctx) {
			if err != nil {
				yield(c, err)
				return
			}
			all = append(all, c)
		}
		for _, c := range slices.Backward(all) {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func TestSuiteBites(t *testing.T) {
	tests := []struct {
		name   string
		broken func(faulty) campaign.Store
		caught string // a case that must fail
	}{
		{"ignores the version", func(s faulty) campaign.Store { return ignoresVersion{s} }, "save/stale-version"},
		{"keeps the caller's memory", func(s faulty) campaign.Store {
			return keepsCallersMemory{s, &sync.Map{}}
		}, "copy/on-write"},
		{"loses microseconds", func(s faulty) campaign.Store { return losesMicroseconds{s} }, "save/round-trip"},
		{"answers in local time", func(s faulty) campaign.Store { return answersInLocalTime{s} }, "save/round-trip"},
		{"is due at the very instant", func(s faulty) campaign.Store { return dueAtOnce{s} }, "due/strictly-before"},
		{"returns anyone who is due", func(s faulty) campaign.Store { return anyDue{s} }, "due/order"},
		{"folds the case of IDs", func(s faulty) campaign.Store { return foldsCase{s} }, "id/odd"},
		{"does not hear a cancellation", func(s faulty) campaign.Store { return deafToCancel{s} }, "context/cancelled"},
		{"does not roll back", func(s faulty) campaign.Store { return stepsOutOfTx{faulty: s} }, "tx/rollback"},
		{"complains about deleting nothing", func(s faulty) campaign.Store { return deleteComplains{s} }, "delete"},
		{"lists backwards", func(s faulty) campaign.Store { return listBackwards{s} }, "list/order"},
	}
	for _, tt := range tests {
		contract.Bites(t, tt.name, tt.caught, func() campaign.Store { return tt.broken(faulty{campaign.NewMemory(nil)}) })
	}
}

func TestFailing(t *testing.T) {
	fresh := func() campaign.Store {
		m := campaign.NewMemory(nil)
		if err := (&world{Store: m}).save(sample("c")); err != nil {
			t.Fatal(err)
		}
		return m
	}
	list := func(s campaign.Store) ([]campaign.Contact, error) { return suite.Collect(s.List(ctx)) }
	suite.Fails(t, Failing, fresh, map[string]func(s campaign.Store) error{
		"Get":    func(s campaign.Store) error { return suite.Err(s.Get(ctx, "c")) },
		"Save":   func(s campaign.Store) error { return suite.Err(s.Save(ctx, sample("d"))) },
		"Due":    func(s campaign.Store) error { return suite.Err(s.Due(ctx, start.Add(24*time.Hour))) },
		"Delete": func(s campaign.Store) error { return s.Delete(ctx, "c") },
		"List":   func(s campaign.Store) error { return suite.Err(list(s)) },
	}, func(s campaign.Store) (any, error) { return list(s) })
}
