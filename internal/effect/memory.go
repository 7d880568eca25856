package effect

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
	"weak"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
)

// memory is the [Store] of a flywheel.Memory.
type memory struct {
	db *flywheel.Memory
	*shelf
}

// shelf has no pointer to the database, which it must not keep alive.
type shelf struct {
	all       map[string]*Effect
	kinds     map[string]*due.Heap[string]
	byContact map[string]map[string]*Effect
	openByRef map[string]map[string]*Effect
}

var shelves sync.Map // weak.Pointer[flywheel.Memory] → *shelf

func inMemory(db *flywheel.Memory) *memory {
	key := weak.Make(db)
	found, loaded := shelves.LoadOrStore(key, &shelf{
		all: map[string]*Effect{}, kinds: map[string]*due.Heap[string]{},
		byContact: map[string]map[string]*Effect{}, openByRef: map[string]map[string]*Effect{},
	})
	if !loaded {
		runtime.AddCleanup(db, func(key weak.Pointer[flywheel.Memory]) { shelves.Delete(key) }, key)
	}
	return &memory{db, found.(*shelf)}
}

// set replaces the effect of an ID, nil for none.
func (s *shelf) set(id string, e *Effect) {
	if old := s.all[id]; old != nil {
		s.kind(old.Kind).Set(id, time.Time{})
		take(s.byContact, old.Contact, id)
		take(s.openByRef, old.Ref, id)
		delete(s.all, id)
	}
	if e == nil {
		return
	}
	s.all[id] = e
	s.kind(e.Kind).Set(id, e.Due)
	put(s.byContact, e.Contact, e)
	if e.Open() && e.Ref != "" {
		put(s.openByRef, e.Ref, e)
	}
}

func put(m map[string]map[string]*Effect, key string, e *Effect) {
	if m[key] == nil {
		m[key] = map[string]*Effect{}
	}
	m[key][e.ID] = e
}

func take(m map[string]map[string]*Effect, key, id string) {
	if delete(m[key], id); len(m[key]) == 0 {
		delete(m, key)
	}
}

func (s *shelf) kind(name string) *due.Heap[string] {
	h := s.kinds[name]
	if h == nil {
		h = &due.Heap[string]{}
		s.kinds[name] = h
	}
	return h
}

// change replaces an effect and says how to take that back.
func (s *shelf) change(undo func(func()), id string, e *Effect) {
	before := s.all[id]
	undo(func() { s.set(id, before) })
	s.set(id, e)
}

func (m *memory) Add(ctx context.Context, effects ...Effect) (known []string, err error) {
	if len(effects) == 0 {
		return nil, nil
	}
	err = m.db.Update(ctx, func(undo func(func())) error {
		for _, e := range effects {
			if m.all[e.ID] != nil {
				known = append(known, e.ID)
				continue
			}
			e.fence, e.was = e.Attempts, e.State
			m.change(undo, e.ID, &e)
		}
		return nil
	})
	return known, err
}

func (m *memory) Claim(ctx context.Context, q Query) (claimed []*Effect, err error) {
	limit := q.limit()
	err = m.db.View(ctx, func() error {
		seen := map[string]bool{}
		var contacts []string
		m.kind(q.Kind).Claim(q.Now, limit, func(id string) bool {
			e := m.all[id]
			if seen[e.Contact] || !q.wants(e) {
				return false
			}
			seen[e.Contact] = true
			contacts = append(contacts, e.Contact)
			return true
		})
		for _, contact := range contacts {
			var of []Effect
			for _, e := range m.byContact[contact] {
				if e.Kind == q.Kind && e.Open() {
					of = append(of, *e)
				}
			}
			claimed = append(claimed, q.choose(of)...)
		}
		return nil
	})
	return claimed, err
}

func (m *memory) Save(ctx context.Context, effects ...*Effect) (lost []string, err error) {
	if len(effects) == 0 {
		return nil, nil
	}
	err = m.db.Update(ctx, func(undo func(func())) error {
		for _, e := range effects {
			stored := m.all[e.ID]
			if stored == nil || stored.fence != e.fence || stored.was != e.was && stored.was != Dropped {
				lost = append(lost, e.ID)
				continue
			}
			next := *e
			next.fence, next.was = e.Attempts, e.State
			m.change(undo, e.ID, &next)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	saved(ctx, effects, lost)
	return lost, nil
}

func (m *memory) Get(ctx context.Context, ids ...string) (list []*Effect, err error) {
	err = m.db.View(ctx, func() error {
		for _, id := range ids {
			if e := m.all[id]; e != nil {
				list = append(list, copied(e))
			}
		}
		return nil
	})
	return sortedByID(list), err
}

func (m *memory) Of(ctx context.Context, kind string, contacts ...string) (list []*Effect, err error) {
	err = m.db.View(ctx, func() error {
		for _, contact := range contacts {
			for _, e := range m.byContact[contact] {
				if e.Kind == kind {
					list = append(list, copied(e))
				}
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b *Effect) int {
		return cmp.Or(cmp.Compare(a.Contact, b.Contact), cmp.Compare(a.Position, b.Position), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

func (m *memory) Drop(ctx context.Context, at time.Time, refs ...string) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for _, ref := range refs {
			for _, e := range sortedOf(m.openByRef[ref]) {
				e.Settle(Dropped, "", at)
				e.was = Dropped
				m.change(undo, e.ID, e)
			}
		}
		return nil
	})
}

func (m *memory) Remove(ctx context.Context, ids ...string) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for _, id := range ids {
			if m.all[id] != nil {
				m.change(undo, id, nil)
			}
		}
		return nil
	})
}

func (m *memory) Dead(ctx context.Context, kind, after string, n int) (list []*Effect, err error) {
	err = m.db.View(ctx, func() error {
		for _, e := range m.all {
			if e.Kind == kind && e.State == Dead && e.ID > after {
				list = append(list, copied(e))
			}
		}
		return nil
	})
	list = sortedByID(list)
	return list[:min(n, len(list))], err
}

func (m *memory) Forget(ctx context.Context, contacts ...string) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for _, contact := range contacts {
			for _, e := range sortedOf(m.byContact[contact]) {
				m.change(undo, e.ID, nil)
			}
		}
		return nil
	})
}

func copied(e *Effect) *Effect {
	c := *e
	return &c
}

func sortedOf(of map[string]*Effect) []*Effect {
	list := make([]*Effect, 0, len(of))
	for _, e := range of {
		list = append(list, copied(e))
	}
	return sortedByID(list)
}

func sortedByID(list []*Effect) []*Effect {
	slices.SortFunc(list, func(a, b *Effect) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
