package catalog

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// MemoryStore is a [Store] in memory.
type MemoryStore struct {
	db       *flywheel.Memory
	products map[ID]*Product // replaced, never changed
	owners   map[flywheel.SKU]ID
	ids      []ID // sorted
	tree     Tree
}

// NewMemory returns an empty store in db, or in a database of its own when db is
// nil.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{db: db, products: make(map[ID]*Product), owners: make(map[flywheel.SKU]ID)}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor].
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, ids ...ID) ([]Product, error) {
	found := make([]*Product, len(ids))
	if err := s.db.View(ctx, func() error {
		for i, id := range ids {
			if found[i] = s.products[id]; found[i] == nil {
				return missingProduct(id)
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return clones(found), nil
}

// BySKU implements [Store].
func (s *MemoryStore) BySKU(ctx context.Context, sku flywheel.SKU) (Product, error) {
	var found *Product
	if err := s.db.View(ctx, func() error {
		if found = s.products[s.owners[sku]]; found == nil {
			return fmt.Errorf("catalog: SKU %q: %w", sku, flywheel.ErrNotFound)
		}
		return nil
	}); err != nil {
		return Product{}, err
	}
	return found.Clone(), nil
}

func clones(products []*Product) []Product {
	out := make([]Product, len(products))
	for i, p := range products {
		out[i] = p.Clone()
	}
	return out
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, products ...Product) ([]Product, error) {
	saved := make([]*Product, len(products))
	for i, p := range products {
		p = p.Clone()
		p.Version++
		p.CreatedAt, p.UpdatedAt = normalTime(p.CreatedAt), normalTime(p.UpdatedAt)
		saved[i] = &p
	}
	if err := s.db.Update(ctx, func(undo func(func())) error {
		var before []*Product
		var created []ID
		for _, p := range saved {
			switch old, given := s.products[p.ID], p.Version-1; {
			case old == nil && given != 0:
				return missingProduct(p.ID)
			case old == nil:
				created = append(created, p.ID)
			case old.Version != given:
				return &StaleError{Product: p.ID, Given: given, Stored: old.Version}
			default:
				before = append(before, old)
			}
		}
		added := 0
		undo(func() {
			s.remove(saved[:added]...)
			for _, p := range before {
				s.add(p)
			}
			s.ids = slices.DeleteFunc(s.ids, func(id ID) bool { return s.products[id] == nil })
		})
		s.remove(before...) // first, so that an SKU can pass from one to another
		for i, p := range saved {
			if other := s.products[p.ID]; other != nil { // given twice
				return &StaleError{Product: p.ID, Given: p.Version - 1, Stored: other.Version}
			}
			added = i + 1
			if err := s.add(p); err != nil {
				return err
			}
		}
		s.insert(created)
		return nil
	}); err != nil {
		return nil, err
	}
	return clones(saved), nil
}

// add enters p and its SKUs up to the first that is taken.
func (s *MemoryStore) add(p *Product) error {
	s.products[p.ID] = p
	for _, v := range p.Variants {
		if owner, taken := s.owners[v.SKU]; taken {
			return &SKUTakenError{SKU: v.SKU, Product: p.ID, Owner: owner}
		}
		s.owners[v.SKU] = p.ID
	}
	return nil
}

// remove takes out products and those of their SKUs that they have entered.
func (s *MemoryStore) remove(products ...*Product) {
	for _, p := range products {
		delete(s.products, p.ID)
		for _, v := range p.Variants {
			if s.owners[v.SKU] == p.ID {
				delete(s.owners, v.SKU)
			}
		}
	}
}

// insert enters created into the sorted IDs. IDs that follow all others, as UUIDv7
// do, cost nothing more.
func (s *MemoryStore) insert(created []ID) {
	slices.Sort(created)
	switch n := len(s.ids); {
	case len(created) == 1:
		at, _ := slices.BinarySearch(s.ids, created[0])
		s.ids = slices.Insert(s.ids, at, created[0])
	case len(created) > 1:
		s.ids = append(s.ids, created...)
		if n > 0 && created[0] < s.ids[n-1] {
			slices.Sort(s.ids)
		}
	}
}

// List implements [Store].
func (s *MemoryStore) List(ctx context.Context, q Query) iter.Seq2[Product, error] {
	return func(yield func(Product, error) bool) {
		var found []*Product
		err := s.db.View(ctx, func() error {
			start, exact := slices.BinarySearch(s.ids, q.After)
			if exact {
				start++
			}
			for _, id := range s.ids[start:] {
				if q.Limit > 0 && len(found) == q.Limit {
					break
				}
				if p := s.products[id]; q.matches(p) {
					found = append(found, p)
				}
			}
			return nil
		})
		for i := 0; err == nil && i < len(found); i++ {
			if !yield(found[i].Clone(), nil) {
				return
			}
			err = ctx.Err()
		}
		if err != nil {
			yield(Product{}, err)
		}
	}
}

func (q *Query) matches(p *Product) bool {
	if q.Status != "" && p.Status != q.Status {
		return false
	}
	return len(q.Categories) == 0 || slices.ContainsFunc(p.Categories, func(id CategoryID) bool {
		return slices.Contains(q.Categories, id)
	})
}

// Tree implements [Store].
func (s *MemoryStore) Tree(ctx context.Context) (t Tree, err error) {
	err = s.db.View(ctx, func() error {
		t = s.tree
		return nil
	})
	return t, err
}

// SaveTree implements [Store].
func (s *MemoryStore) SaveTree(ctx context.Context, t Tree) (Tree, error) {
	given := t.version
	t.version++
	if err := s.db.Update(ctx, func(undo func(func())) error {
		if s.tree.version != given {
			return &StaleError{Given: given, Stored: s.tree.version}
		}
		before := s.tree
		undo(func() { s.tree = before })
		s.tree = t
		return nil
	}); err != nil {
		return Tree{}, err
	}
	return t, nil
}

// normalTime returns t as stores keep it.
func normalTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
