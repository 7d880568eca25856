package wish

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// ErrStale reports that a list was saved by another since it was loaded. It matches
// flywheel.ErrStale.
var ErrStale = fmt.Errorf("wish: list: %w", flywheel.ErrStale)

// Watch is a place among the watches of a kind, ordered by SKU and owner.
type Watch struct {
	SKU   flywheel.SKU
	Owner flywheel.Person
}

// Compare orders watches.
func (w Watch) Compare(v Watch) int {
	return cmp.Or(cmp.Compare(w.SKU, v.SKU), cmp.Compare(w.Owner, v.Owner))
}

// Store keeps lists. Implementations are safe for concurrent use, honor ctx, join the
// transaction carried by ctx (see [flywheel.Transactor]), compare texts byte by byte,
// and share no memory with what they take and give. Every call is atomic on its own.
type Store interface {
	// Get returns the list of an owner; one without has a list of Version 0.
	Get(ctx context.Context, owner flywheel.Person) (List, error)
	// ByToken returns the list that has a token. An unknown or empty one reports an
	// error matching [flywheel.ErrNotFound].
	ByToken(ctx context.Context, token string) (List, error)
	// Save writes l and counts Version up when the stored version is l.Version, else it
	// reports [ErrStale].
	Save(ctx context.Context, l List) (List, error)
	// Watches returns at most limit watches of a kind behind one, in order; of one SKU
	// where sku is not empty.
	Watches(ctx context.Context, k Kind, sku flywheel.SKU, after Watch, limit int) ([]Watch, error)
	// Forget removes the list of an owner.
	Forget(ctx context.Context, owner flywheel.Person) error
}

// MemoryStore is a [Store] in memory. Watches looks at all lists.
type MemoryStore struct {
	db    *flywheel.Memory
	lists map[flywheel.Person]List
}

// NewMemory returns an empty store in db; nil stands for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{db: db, lists: map[flywheel.Person]List{}}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor] with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, owner flywheel.Person) (l List, err error) {
	err = s.db.View(ctx, func() error {
		l = s.lists[owner].Clone()
		l.Owner = owner
		return nil
	})
	return l, err
}

// ByToken implements [Store].
func (s *MemoryStore) ByToken(ctx context.Context, token string) (l List, err error) {
	err = s.db.View(ctx, func() error {
		for _, there := range s.lists {
			if token != "" && there.Token == token {
				l = there.Clone()
				return nil
			}
		}
		return errNoList
	})
	return l, err
}

var errNoList = fmt.Errorf("wish: list: %w", flywheel.ErrNotFound)

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, l List) (List, error) {
	err := s.db.Update(ctx, func(undo func(func())) error {
		there, known := s.lists[l.Owner]
		if there.Version != l.Version {
			return ErrStale
		}
		undo(func() { s.put(l.Owner, there, known) })
		l.Version++
		s.lists[l.Owner] = l.Clone()
		return nil
	})
	if err != nil {
		return List{}, err
	}
	return l.Clone(), nil
}

func (s *MemoryStore) put(owner flywheel.Person, l List, known bool) {
	if !known {
		delete(s.lists, owner)
		return
	}
	s.lists[owner] = l
}

// Watches implements [Store].
func (s *MemoryStore) Watches(ctx context.Context, k Kind, sku flywheel.SKU, after Watch, limit int) (watches []Watch, err error) {
	err = s.db.View(ctx, func() error {
		for owner, l := range s.lists {
			for _, it := range l.Items {
				w := Watch{it.SKU, owner}
				if it.Kind == k && (sku == "" || it.SKU == sku) && w.Compare(after) > 0 {
					watches = append(watches, w)
				}
			}
		}
		return nil
	})
	slices.SortFunc(watches, Watch.Compare)
	return watches[:min(limit, len(watches))], err
}

// Forget implements [Store].
func (s *MemoryStore) Forget(ctx context.Context, owner flywheel.Person) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		there, known := s.lists[owner]
		undo(func() { s.put(owner, there, known) })
		delete(s.lists, owner)
		return nil
	})
}
