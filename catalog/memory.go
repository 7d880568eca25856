package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is a [Store] in memory.
type MemoryStore struct {
	db          *flywheel.Memory
	products    map[ID]*shelf
	variants    map[flywheel.SKU]*VariantRow
	slugs       map[SlugKey]SlugRow
	index       map[string]*blocks
	definitions map[[2]string]memoryDefinition
	revision    int64
}

// shelf is one product: its head, and its variants by place.
type shelf struct {
	head *Head
	rows []*VariantRow
}

type memoryDefinition struct {
	Definition
	revision int64
}

var _ Store = (*MemoryStore)(nil)

// NewMemory returns an empty store in db, or in a database of its own when db is
// nil.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{db: db, products: map[ID]*shelf{}, variants: map[flywheel.SKU]*VariantRow{}, slugs: map[SlugKey]SlugRow{},
		index: map[string]*blocks{}, definitions: map[[2]string]memoryDefinition{}}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor].
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Heads implements [Store].
func (s *MemoryStore) Heads(ctx context.Context, ids ...ID) ([]*Head, error) {
	list := make([]*Head, 0, len(ids))
	err := s.db.View(ctx, func() error {
		for _, id := range ids {
			if p := s.products[id]; p != nil && p.head != nil {
				list = append(list, p.head)
			}
		}
		return nil
	})
	return list, err
}

// Variants implements [Store].
func (s *MemoryStore) Variants(ctx context.Context, q VariantQuery) ([]*VariantRow, error) {
	var list []*VariantRow
	err := s.db.View(ctx, func() error {
		for _, id := range q.Products {
			if p := s.products[id]; p != nil {
				list = append(list, p.rows...)
			}
		}
		for _, sku := range q.SKUs {
			if row := s.variants[sku]; row != nil {
				list = append(list, row)
			}
		}
		if p := s.products[q.Product]; q.Product != "" && p != nil {
			for _, row := range p.rows {
				if combination(row.Variant.Options) == q.Combination {
					list = append(list, row)
				}
			}
		}
		return nil
	})
	return list, err
}

// Slugs implements [Store].
func (s *MemoryStore) Slugs(ctx context.Context, keys ...SlugKey) ([]SlugRow, error) {
	var list []SlugRow
	err := s.db.View(ctx, func() error {
		for _, k := range keys {
			if row, ok := s.slugs[k]; ok {
				list = append(list, row)
			}
		}
		return nil
	})
	return list, err
}

// spaces returns those that q names.
func (s *MemoryStore) spaces(q *Scan) []*blocks {
	var list []*blocks
	if q.Prefix {
		for space, b := range s.index {
			if slices.ContainsFunc(q.Spaces, func(prefix string) bool { return strings.HasPrefix(space, prefix) }) {
				list = append(list, b)
			}
		}
		return list
	}
	for _, space := range q.Spaces {
		if b := s.index[space]; b != nil {
			list = append(list, b)
		}
	}
	return list
}

// Scan implements [Store].
func (s *MemoryStore) Scan(ctx context.Context, q Scan) ([]Entry, error) {
	list := make([]Entry, 0, min(q.Limit, 1024))
	err := s.db.View(ctx, func() error {
		spaces := s.spaces(&q)
		for _, b := range spaces {
			n := 0
			b.after(q.AfterKey, q.AfterID, func(e *item) bool {
				if e.counts(&q) {
					list = append(list, e.entry(b.name))
					n++
				}
				return q.Limit == 0 || n < q.Limit
			})
		}
		if len(spaces) > 1 {
			slices.SortFunc(list, compareEntries)
			list = slices.CompactFunc(list, func(a, b Entry) bool { return a.Key == b.Key && a.ID == b.ID })
		}
		if q.Limit > 0 && len(list) > q.Limit {
			list = list[:q.Limit]
		}
		return nil
	})
	return list, err
}

// Count implements [Store].
func (s *MemoryStore) Count(ctx context.Context, q Scan) (n int, err error) {
	err = s.db.View(ctx, func() error {
		spaces := s.spaces(&q)
		if len(spaces) == 1 && q.Single && (spaces[0].windowed == 0 || q.Timeless) {
			n = spaces[0].count
			return nil
		}
		seen := map[ID]struct{}{}
		for _, b := range spaces {
			b.after("", "", func(e *item) bool {
				if e.counts(&q) {
					seen[e.id] = struct{}{}
				}
				return true
			})
		}
		n = len(seen)
		return nil
	})
	return n, err
}

// Definitions implements [Store].
func (s *MemoryStore) Definitions(ctx context.Context, after int64) ([]Definition, int64, error) {
	var list []Definition
	var revision int64
	err := s.db.View(ctx, func() error {
		if revision = s.revision; revision == after {
			return nil
		}
		for _, d := range s.definitions {
			if d.revision > after {
				list = append(list, d.Definition)
			}
		}
		return nil
	})
	return list, revision, err
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, b *Batch) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		if s.revision != b.Revision {
			return StaleRevision(b.Revision, s.revision)
		}
		for _, h := range b.Heads {
			stored := int64(0)
			if p := s.products[h.Head.Product.ID]; p != nil && p.head != nil {
				stored = p.head.Edits
			}
			if stored != h.Before {
				return StaleHead(h.Head.Product.ID)
			}
		}
		s.saveDefinitions(b, undo)
		for _, h := range b.Heads {
			p := s.shelf(h.Head.Product.ID)
			before := p.head
			undo(func() { p.head = before })
			p.head = h.Head
		}
		for _, sku := range b.Removed {
			s.removeVariant(sku, undo)
		}
		for _, row := range b.Variants {
			if err := s.writeVariant(row, b, undo); err != nil {
				return err
			}
		}
		if err := s.saveSlugs(b, undo); err != nil {
			return err
		}
		s.saveEntries(b, undo)
		return nil
	})
}

func (s *MemoryStore) shelf(id ID) *shelf {
	p := s.products[id]
	if p == nil {
		p = &shelf{}
		s.products[id] = p
	}
	return p
}

func (s *MemoryStore) saveDefinitions(b *Batch, undo func(func())) {
	if len(b.Definitions) == 0 && !b.Bump {
		return
	}
	undo(func() { s.revision-- })
	s.revision++
	for _, d := range b.Definitions {
		memstore.Set(s.definitions, [2]string{d.Kind, d.Code}, memoryDefinition{d, s.revision}, undo)
	}
}

// remove takes a row out of its product.
func (p *shelf) remove(row *VariantRow) {
	if i := slices.Index(p.rows, row); i >= 0 {
		p.rows = slices.Delete(p.rows, i, i+1)
	}
}

func (p *shelf) insert(row *VariantRow) {
	at, _ := slices.BinarySearchFunc(p.rows, row.Place, func(r *VariantRow, place int) int { return r.Place - place })
	p.rows = slices.Insert(p.rows, at, row)
}

func (s *MemoryStore) removeVariant(sku flywheel.SKU, undo func(func())) {
	row := s.variants[sku]
	if row == nil {
		return
	}
	p := s.shelf(row.Product)
	undo(func() {
		s.variants[sku] = row
		p.insert(row)
	})
	delete(s.variants, sku)
	p.remove(row)
}

func (s *MemoryStore) writeVariant(row *VariantRow, b *Batch, undo func(func())) error {
	sku := row.Variant.SKU
	if old := s.variants[sku]; old != nil {
		if old.Product != row.Product && !slices.ContainsFunc(b.Heads, func(h HeadChange) bool { return h.Head.Product.ID == old.Product }) {
			return Taken(string(sku))
		}
		if p := s.shelf(row.Product); old.Product == row.Product && old.Place == row.Place {
			at := slices.Index(p.rows, old)
			undo(func() { s.variants[sku], p.rows[at] = old, old })
			s.variants[sku], p.rows[at] = row, row
			return nil
		}
		s.removeVariant(sku, undo)
	}
	p := s.shelf(row.Product)
	undo(func() {
		delete(s.variants, sku)
		p.remove(row)
	})
	s.variants[sku] = row
	p.insert(row)
	return nil
}

func (s *MemoryStore) saveSlugs(b *Batch, undo func(func())) error {
	for _, key := range b.Freed {
		memstore.Delete(s.slugs, key, undo)
	}
	for _, row := range b.Slugs {
		if old, there := s.slugs[row.SlugKey]; there && old.Product != row.Product {
			return Taken(row.Slug)
		}
		memstore.Set(s.slugs, row.SlugKey, row, undo)
	}
	return nil
}

func (s *MemoryStore) saveEntries(b *Batch, undo func(func())) {
	for _, e := range b.Drop {
		space := s.index[e.Space]
		if space == nil {
			continue
		}
		if old, found := space.remove(e); found {
			undo(func() { s.space(e.Space).add(old.entry(e.Space)) })
		}
		if space.count == 0 {
			delete(s.index, e.Space)
		}
	}
	for _, e := range b.Add {
		old, replaced := s.space(e.Space).add(e)
		undo(func() {
			if replaced {
				s.space(e.Space).add(old.entry(e.Space))
				return
			}
			space := s.space(e.Space)
			space.remove(e)
			if space.count == 0 {
				delete(s.index, e.Space)
			}
		})
	}
}

func (s *MemoryStore) space(name string) *blocks {
	b := s.index[name]
	if b == nil {
		b = &blocks{name: name}
		s.index[name] = b
	}
	return b
}
