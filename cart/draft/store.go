package draft

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Filter says which drafts to list; an empty field means all.
type Filter struct {
	Status   Status
	Customer flywheel.CustomerID
	By       string
}

// Matches reports whether f is for d. It is for authors of stores.
func (f *Filter) Matches(d *Draft) bool {
	return (f.Status == "" || f.Status == d.Status) && (f.Customer == "" || f.Customer == d.Customer) && (f.By == "" || f.By == d.By)
}

var (
	// ErrStale reports a save of a draft that someone else saved meanwhile.
	ErrStale = fmt.Errorf("draft: %w", flywheel.ErrStale)
	// ErrKeyTaken reports a key that another draft has.
	ErrKeyTaken = fmt.Errorf("draft: %w", flywheel.ErrKeyReused)
)

// Store keeps drafts. Implementations are safe for concurrent use, honor ctx, join the
// transaction carried by ctx (see [flywheel.Transactor]), keep times in UTC to the
// microsecond, compare texts byte by byte, and share no memory with what they take and
// give. Every call is atomic on its own.
type Store interface {
	// Get returns the draft, or an error matching [flywheel.ErrNotFound].
	Get(ctx context.Context, id ID) (Draft, error)
	// ByKey returns the draft that has a key, or an error matching
	// [flywheel.ErrNotFound].
	ByKey(ctx context.Context, key string) (Draft, error)
	// Save writes d and counts Version up when the stored version equals d.Version; a
	// draft that is not stored has version 0. Else it reports [ErrStale]. A key that
	// another draft has reports [ErrKeyTaken].
	Save(ctx context.Context, d Draft) (Draft, error)
	// List returns at most limit drafts that match f behind an ID, by ID.
	List(ctx context.Context, f Filter, after ID, limit int) ([]Draft, error)
	// DueDrafts returns at most limit drafts whose Due is at or before an instant, those
	// due first first, then by ID.
	DueDrafts(ctx context.Context, at time.Time, limit int) ([]Draft, error)
	// Forget removes the drafts of a customer.
	Forget(ctx context.Context, customer flywheel.CustomerID) error
}

// MemoryStore is a [Store] in memory. List and DueDrafts look at all drafts.
type MemoryStore struct {
	db     *flywheel.Memory
	drafts map[ID]*Draft // a stored draft is never changed, only replaced
	keys   map[string]ID
}

// NewMemory returns an empty store in db; nil stands for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{db: db, drafts: map[ID]*Draft{}, keys: map[string]ID{}}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (m *MemoryStore) Handle() flywheel.Transactor { return m.db }

// InTx implements [flywheel.Transactor] with the store's database.
func (m *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return m.db.InTx(ctx, fn)
}

// Get implements [Store].
func (m *MemoryStore) Get(ctx context.Context, id ID) (d Draft, err error) {
	err = m.db.View(ctx, func() error {
		there := m.drafts[id]
		if there == nil {
			return fmt.Errorf("draft %q: %w", id, flywheel.ErrNotFound)
		}
		d = there.Clone()
		return nil
	})
	return d, err
}

// ByKey implements [Store].
func (m *MemoryStore) ByKey(ctx context.Context, key string) (d Draft, err error) {
	err = m.db.View(ctx, func() error {
		id, known := m.keys[key]
		if !known {
			return fmt.Errorf("draft: key %q: %w", key, flywheel.ErrNotFound)
		}
		d = m.drafts[id].Clone()
		return nil
	})
	return d, err
}

// Save implements [Store].
func (m *MemoryStore) Save(ctx context.Context, d Draft) (Draft, error) {
	err := m.db.Update(ctx, func(undo func(func())) error {
		there, version := m.drafts[d.ID], int64(0)
		if there != nil {
			version = there.Version
		}
		if d.Version != version {
			return ErrStale
		}
		if holder, taken := m.keys[d.Key]; taken && holder != d.ID {
			return ErrKeyTaken
		}
		d.Version++
		d = d.Normal()
		kept := d.Clone()
		undo(func() { m.put(d.ID, &kept, there) })
		m.put(d.ID, there, &kept)
		return nil
	})
	if err != nil {
		return Draft{}, err
	}
	return d, nil
}

// put replaces a stored draft by another; nil stands for none.
func (m *MemoryStore) put(id ID, before, after *Draft) {
	if before != nil {
		delete(m.keys, before.Key)
	}
	if after == nil {
		delete(m.drafts, id)
		return
	}
	m.drafts[id], m.keys[after.Key] = after, id
}

func (m *MemoryStore) some(ctx context.Context, want func(d *Draft) bool, compare func(a, b Draft) int, limit int) (list []Draft, err error) {
	err = m.db.View(ctx, func() error {
		for _, there := range m.drafts {
			if want(there) {
				list = append(list, there.Clone())
			}
		}
		return nil
	})
	slices.SortFunc(list, compare)
	return list[:min(limit, len(list))], err
}

// List implements [Store].
func (m *MemoryStore) List(ctx context.Context, f Filter, after ID, limit int) ([]Draft, error) {
	return m.some(ctx, func(d *Draft) bool { return d.ID > after && f.Matches(d) }, func(a, b Draft) int { return cmp.Compare(a.ID, b.ID) }, limit)
}

// DueDrafts implements [Store].
func (m *MemoryStore) DueDrafts(ctx context.Context, at time.Time, limit int) ([]Draft, error) {
	return m.some(ctx, func(d *Draft) bool { return !d.Due.IsZero() && !d.Due.After(at) },
		func(a, b Draft) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) }, limit)
}

// Forget implements [Store].
func (m *MemoryStore) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for id, there := range m.drafts {
			if customer != "" && there.Customer == customer {
				undo(func() { m.put(id, nil, there) })
				m.put(id, there, nil)
			}
		}
		return nil
	})
}
