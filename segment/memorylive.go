package segment

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryLive is the [LiveStore] in memory.
type MemoryLive struct {
	db      *flywheel.Memory
	states  map[flywheel.Person]*heldState
	number  uint64 // of states that were ever stored
	members map[string]map[flywheel.Person]bool
	links   map[string][]string        // of a visitor
	devices map[string]map[string]bool // of a customer
	due     due.Heap[flywheel.Person]
	defined map[string]LiveDefined
}

// heldState is never changed, only replaced.
type heldState struct {
	LiveState
	number uint64
}

// NewMemoryLive returns an empty store in db; nil is a database of its own.
func NewMemoryLive(db *flywheel.Memory) *MemoryLive {
	if db == nil {
		db = &flywheel.Memory{}
	}
	m := &MemoryLive{db: db, defined: map[string]LiveDefined{}}
	m.empty()
	return m
}

func (m *MemoryLive) empty() {
	m.states, m.members = map[flywheel.Person]*heldState{}, map[string]map[flywheel.Person]bool{}
	m.links, m.devices, m.due = map[string][]string{}, map[string]map[string]bool{}, due.Heap[flywheel.Person]{}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (m *MemoryLive) Handle() flywheel.Transactor { return m.db }

// InTx implements flywheel.Transactor with the database's.
func (m *MemoryLive) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return m.db.InTx(ctx, fn)
}

// Load implements [LiveStore].
func (m *MemoryLive) Load(ctx context.Context, aliases ...flywheel.Person) ([]LiveState, error) {
	list := make([]LiveState, len(aliases))
	err := m.db.View(ctx, func() error {
		for i, a := range aliases {
			list[i].Alias = a
			if s := m.states[a]; s != nil {
				list[i] = s.LiveState
			}
			if v := a.Visitor(); v != "" {
				list[i].Linked = m.links[string(v)]
			} else if c := a.Customer(); c != "" && len(m.devices[string(c)]) > 0 {
				list[i].Linked = slices.Sorted(maps.Keys(m.devices[string(c)]))
			}
		}
		return nil
	})
	return list, err
}

// Save implements [LiveStore].
func (m *MemoryLive) Save(ctx context.Context, states ...LiveState) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for i := range states {
			if err := m.save(states[i], undo); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *MemoryLive) save(s LiveState, undo func(func())) error {
	before := m.states[s.Alias]
	version, number := int64(0), m.number
	if before != nil {
		version, number = before.Version, before.number
	}
	if version != s.Version {
		return fmt.Errorf("segment: state of %q is at version %d, not %d: %w", s.Alias, version, s.Version, flywheel.ErrStale)
	}
	if v := string(s.Alias.Visitor()); v != "" && (s.Relinked || s.Data == nil) {
		links := m.links[v]
		undo(func() { m.link(v, links) })
		m.link(v, s.Linked)
	}
	var after *heldState
	if s.Data != nil {
		s.Version++
		s.Linked, s.Relinked = nil, false
		after = &heldState{s, number}
		if before == nil {
			undo(func() { m.number-- })
			m.number++
		}
	}
	undo(func() { m.put(s.Alias, after, before) })
	m.put(s.Alias, before, after)
	return nil
}

// put replaces a state, and follows in the sets of members and the heap.
func (m *MemoryLive) put(alias flywheel.Person, from, to *heldState) {
	var was, is LiveState
	if from != nil {
		was = from.LiveState
	}
	if to != nil {
		is = to.LiveState
		m.states[alias] = to
	} else {
		delete(m.states, alias)
	}
	if !slices.Equal(was.Segments, is.Segments) {
		for _, name := range was.Segments {
			delete(m.members[name], alias)
		}
		for _, name := range is.Segments {
			if m.members[name] == nil {
				m.members[name] = map[flywheel.Person]bool{}
			}
			m.members[name][alias] = true
		}
	}
	if !was.Due.Equal(is.Due) {
		m.due.Set(alias, is.Due)
	}
}

func (m *MemoryLive) link(visitor string, customers []string) {
	for _, c := range m.links[visitor] {
		if delete(m.devices[c], visitor); len(m.devices[c]) == 0 {
			delete(m.devices, c)
		}
	}
	if m.links[visitor] = customers; len(customers) == 0 {
		delete(m.links, visitor)
	}
	for _, c := range customers {
		if m.devices[c] == nil {
			m.devices[c] = map[string]bool{}
		}
		m.devices[c][visitor] = true
	}
}

// List implements [LiveStore].
func (m *MemoryLive) List(ctx context.Context, segment string) iter.Seq2[LiveState, error] {
	return func(yield func(LiveState, error) bool) {
		var list []*heldState
		err := m.db.View(ctx, func() error {
			if segment == "" {
				list = slices.Collect(maps.Values(m.states))
				return nil
			}
			for alias := range m.members[segment] {
				list = append(list, m.states[alias])
			}
			return nil
		})
		if err != nil {
			yield(LiveState{}, err)
			return
		}
		slices.SortFunc(list, func(a, b *heldState) int { return int(int64(a.number) - int64(b.number)) })
		for _, s := range list {
			if !yield(s.LiveState, nil) {
				return
			}
		}
	}
}

// Due implements [LiveStore].
func (m *MemoryLive) Due(ctx context.Context, now time.Time, limit int, keep func(flywheel.Person) bool) (aliases []flywheel.Person, err error) {
	err = m.db.View(ctx, func() error {
		aliases = m.due.Claim(now, limit, keep)
		return nil
	})
	return aliases, err
}

// Clear implements [LiveStore].
func (m *MemoryLive) Clear(ctx context.Context) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		before := *m
		undo(func() {
			defined := m.defined
			*m = before
			m.defined = defined
		})
		m.empty()
		return nil
	})
}

// Definitions implements [LiveStore].
func (m *MemoryLive) Definitions(ctx context.Context, name string, _ int64) (d LiveDefined, err error) {
	err = m.db.View(ctx, func() error {
		d = m.defined[name]
		return nil
	})
	return d, err
}

// Define implements [LiveStore].
func (m *MemoryLive) Define(ctx context.Context, name string, d LiveDefined) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		before := m.defined[name]
		if d.Version != before.Version+1 {
			return fmt.Errorf("segment: definitions of %q are at version %d, not %d: %w", name, before.Version, d.Version-1, flywheel.ErrStale)
		}
		memstore.Set(m.defined, name, d, undo)
		return nil
	})
}
