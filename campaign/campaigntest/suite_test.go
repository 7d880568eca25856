package campaigntest

import (
	"context"
	"iter"
	"slices"
	"strings"
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

// saves is a store whose Save changes what it gets.
type saves struct {
	faulty
	change func(ctx context.Context, s faulty, c *campaign.Change)
}

func (s saves) Save(ctx context.Context, list ...campaign.Change) error {
	list = slices.Clone(list)
	for i := range list {
		list[i].Runs = slices.Clone(list[i].Runs)
		s.change(ctx, s.faulty, &list[i])
	}
	return s.MemoryStore.Save(ctx, list...)
}

func changing(change func(ctx context.Context, s faulty, c *campaign.Change)) func(faulty) campaign.Store {
	return func(s faulty) campaign.Store { return saves{s, change} }
}

// loads is a store whose Load changes what it answers.
type loads struct {
	faulty
	change func(s *campaign.State)
}

func (s loads) Load(ctx context.Context, ask campaign.Ask) ([]campaign.State, error) {
	states, err := s.MemoryStore.Load(ctx, ask)
	for i := range states {
		s.change(&states[i])
	}
	return states, err
}

// finding is a store whose Find changes what it is asked.
type finding struct {
	faulty
	change func(q *campaign.Query)
}

func (s finding) Find(ctx context.Context, q campaign.Query) ([]campaign.Found, error) {
	s.change(&q)
	return s.MemoryStore.Find(ctx, q)
}

type savesOneByOne struct{ faulty }

func (s savesOneByOne) Save(ctx context.Context, list ...campaign.Change) error {
	for _, c := range list {
		if err := s.MemoryStore.Save(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

type leftOutHide struct{ faulty }

func (s leftOutHide) Find(ctx context.Context, q campaign.Query) ([]campaign.Found, error) {
	held := q.Held
	q.Held = nil
	found, err := s.MemoryStore.Find(ctx, q)
	return slices.DeleteFunc(found, func(f campaign.Found) bool { return held != nil && held(f.Contact) }), err
}

type findsBackwards struct{ faulty }

func (s findsBackwards) Find(ctx context.Context, q campaign.Query) ([]campaign.Found, error) {
	found, err := s.MemoryStore.Find(ctx, q)
	slices.Reverse(found)
	return found, err
}

type foldsCase struct{ faulty }

func (s foldsCase) Load(ctx context.Context, ask campaign.Ask) ([]campaign.State, error) {
	states, err := s.MemoryStore.Load(ctx, ask)
	for i := range states {
		for c := range s.List(ctx) {
			if strings.EqualFold(string(c.Contact.ID), string(ask.Contacts[i])) {
				states[i].Contact = c.Contact
			}
		}
	}
	return states, err
}

type deaf struct{ faulty }

func (s deaf) Load(ctx context.Context, ask campaign.Ask) ([]campaign.State, error) {
	return s.MemoryStore.Load(context.WithoutCancel(ctx), ask)
}

type outOfTx struct{ faulty }

type noTx struct{}

func (noTx) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }
func (outOfTx) Handle() flywheel.Transactor                                 { return noTx{} }
func (s outOfTx) InTx(ctx context.Context, fn func(context.Context) error) error {
	return fn(ctx)
}

type deleteLeavesRuns struct{ faulty }

func (s deleteLeavesRuns) Delete(ctx context.Context, contacts ...flywheel.Person) error {
	for _, id := range contacts {
		states, err := s.Load(ctx, campaign.Ask{Contacts: []flywheel.Person{id}})
		if err != nil {
			return err
		}
		if len(states[0].Runs) > 0 {
			return nil
		}
	}
	return s.MemoryStore.Delete(ctx, contacts...)
}

type listsBackwards struct{ faulty }

func (s listsBackwards) List(ctx context.Context) iter.Seq2[campaign.State, error] {
	return func(yield func(campaign.State, error) bool) {
		all, err := suite.Collect(s.MemoryStore.List(ctx))
		if err != nil {
			yield(campaign.State{}, err)
			return
		}
		for _, c := range slices.Backward(all) {
			if !yield(c, nil) {
				return
			}
		}
	}
}

type actsFromOne struct{ faulty }

func (s actsFromOne) Acts(ctx context.Context, after int64) ([]campaign.Act, error) {
	return s.MemoryStore.Acts(ctx, max(0, after-1))
}

type recordsAnything struct{ faulty }

func (s recordsAnything) Record(ctx context.Context, a campaign.Act) error {
	acts, err := s.Acts(ctx, 0)
	if err != nil {
		return err
	}
	a.Seq = int64(len(acts) + 1)
	return s.MemoryStore.Record(ctx, a)
}

func TestSuiteBites(t *testing.T) {
	mine := map[flywheel.Person][]campaign.Run{}
	tests := []struct {
		name   string
		broken func(faulty) campaign.Store
		caught string // a case that must fail
	}{
		{"ignores the version", changing(func(ctx context.Context, s faulty, c *campaign.Change) {
			states, err := s.MemoryStore.Load(ctx, campaign.Ask{Contacts: []flywheel.Person{c.Contact.ID}})
			if err == nil {
				c.Contact.Version = states[0].Contact.Version
			}
		}), "save/stale-version"},
		{"saves one by one", func(s faulty) campaign.Store { return savesOneByOne{s} }, "save/stale-version"},
		{"loses microseconds", changing(func(_ context.Context, _ faulty, c *campaign.Change) {
			for i := range c.Runs {
				c.Runs[i].Since = c.Runs[i].Since.Truncate(time.Millisecond)
			}
		}), "save/round-trip"},
		{"keeps runs that ended", changing(func(_ context.Context, _ faulty, c *campaign.Change) { c.Ended = nil }), "save/runs"},
		{"forgets entries", changing(func(_ context.Context, _ faulty, c *campaign.Change) { c.Entries = nil }), "save/round-trip"},
		{"answers in local time", func(s faulty) campaign.Store {
			return loads{s, func(s *campaign.State) {
				for i := range s.Runs {
					s.Runs[i].Due = s.Runs[i].Due.In(time.FixedZone("home", 3600))
				}
			}}
		}, "save/round-trip"},
		{"hands out its memory", func(s faulty) campaign.Store {
			return loads{s, func(s *campaign.State) {
				if mine[s.Contact.ID] == nil {
					mine[s.Contact.ID] = s.Runs
				}
				s.Runs = mine[s.Contact.ID]
			}}
		}, "copy/on-read"},
		{"is due too early", func(s faulty) campaign.Store {
			return finding{s, func(q *campaign.Query) { q.Due = q.Due.Add(time.Microsecond) }}
		}, "due/instant"},
		{"finds paused journeys", func(s faulty) campaign.Store { return finding{s, func(q *campaign.Query) { q.Without = nil }} }, "due/left-out"},
		{"hides others behind who stands still", func(s faulty) campaign.Store { return leftOutHide{s} }, "due/left-out"},
		{"finds backwards", func(s faulty) campaign.Store { return findsBackwards{s} }, "due/order"},
		{"starts each page at the beginning", func(s faulty) campaign.Store {
			return finding{s, func(q *campaign.Query) { q.After = campaign.Found{} }}
		}, "subject/order"},
		{"finds runs that have heard", func(s faulty) campaign.Store {
			return finding{s, func(q *campaign.Query) {
				if q.Acts > 0 {
					q.Acts++
				}
			}}
		}, "acts/behind"},
		{"folds the case of IDs", func(s faulty) campaign.Store { return foldsCase{s} }, "id/odd"},
		{"does not hear a cancellation", func(s faulty) campaign.Store { return deaf{s} }, "context/canceled"},
		{"does not roll back", func(s faulty) campaign.Store { return outOfTx{s} }, "tx/rollback"},
		{"leaves the runs of who is deleted", func(s faulty) campaign.Store { return deleteLeavesRuns{s} }, "delete"},
		{"lists backwards", func(s faulty) campaign.Store { return listsBackwards{s} }, "list/order"},
		{"answers acts that are known", func(s faulty) campaign.Store { return actsFromOne{s} }, "acts/round-trip"},
		{"records acts of any number", func(s faulty) campaign.Store { return recordsAnything{s} }, "acts/number"},
	}
	for _, tt := range tests {
		contract.Bites(t, tt.name, tt.caught, func() campaign.Store { return tt.broken(faulty{campaign.NewMemory(nil)}) })
	}
}

func TestFailing(t *testing.T) {
	fresh := func() campaign.Store {
		m := campaign.NewMemory(nil)
		if err := suite.First(m.Save(ctx, sample("c:c")), m.Record(ctx, launched)); err != nil {
			t.Fatal(err)
		}
		return m
	}
	list := func(s campaign.Store) ([]campaign.State, error) { return suite.Collect(s.List(ctx)) }
	suite.Fails(t, Failing, fresh, map[string]func(s campaign.Store) error{
		"Load": func(s campaign.Store) error {
			return suite.Err(s.Load(ctx, campaign.Ask{Contacts: []flywheel.Person{"c:c"}}))
		},
		"Save":   func(s campaign.Store) error { return s.Save(ctx, sample("c:d")) },
		"Find":   func(s campaign.Store) error { return suite.Err(s.Find(ctx, campaign.Query{Due: second(9), Limit: 1})) },
		"Acts":   func(s campaign.Store) error { return suite.Err(s.Acts(ctx, 0)) },
		"Record": func(s campaign.Store) error { return s.Record(ctx, campaign.Act{Seq: 2, Kind: campaign.ActPause}) },
		"Delete": func(s campaign.Store) error { return s.Delete(ctx, "c:c") },
		"List":   func(s campaign.Store) error { return suite.Err(list(s)) },
	}, func(s campaign.Store) (any, error) {
		all, err := list(s)
		if err != nil {
			return nil, err
		}
		acts, err := s.Acts(ctx, 0)
		return []any{all, acts}, err
	})
}
