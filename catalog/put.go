package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Condition is what must hold for a change.
type Condition struct{ version int64 }

// IfVersion asks that what is changed is stored in a version, 0 that it is not
// stored at all.
func IfVersion(version int64) Condition { return Condition{version} }

// Put creates a product, or replaces the stored one of its ID: what p does not name
// is gone, also variants, but slugs stay. Without an ID p gets a new one. It returns
// the product as stored. The same content again, in normal form, changes nothing and
// is not told. Versions and times of p are not looked at. The error is an [Errors]
// where p is refused.
func (s *Service) Put(ctx context.Context, p Product, conditions ...Condition) (Product, error) {
	list, err := s.put(ctx, []Product{p}, conditions, func(int) string { return "" })
	if err != nil {
		return Product{}, err
	}
	return list[0], nil
}

// PutAll is Put for many products: all are put, or none. Paths of errors begin with
// "products[1].". One call may pass an SKU from one product to another, in any order.
func (s *Service) PutAll(ctx context.Context, products []Product) ([]Product, error) {
	return s.put(ctx, products, nil, func(i int) string { return fmt.Sprintf("products[%d].", i) })
}

func (s *Service) put(ctx context.Context, products []Product, conditions []Condition, place func(i int) string) ([]Product, error) {
	given := make([]Product, len(products))
	for i := range products {
		given[i] = products[i].Clone()
		if given[i].ID == "" {
			given[i].ID = ID(s.newID())
		}
	}
	var out []Product
	err := s.change(ctx, func(ctx context.Context) error {
		w, err := s.write(ctx)
		if err != nil {
			return err
		}
		list := make([]Product, len(given))
		for i := range given {
			list[i] = given[i].Clone()
		}
		if err := w.put(ctx, list, conditions, place); err != nil {
			return err
		}
		if err := w.commit(ctx); err != nil {
			return err
		}
		out = make([]Product, len(list))
		for i := range list {
			out[i] = w.work[list[i].ID].stored()
		}
		return nil
	})
	return out, err
}

// write is one change in the making.
type write struct {
	s      *Service
	schema *schema
	now    time.Time
	work   map[ID]*work
	order  []ID // of work, as it was begun
	batch  Batch
	slugs  map[SlugKey]*SlugRow // as they will be; nil: free
	asked  map[SlugKey]bool     // that were looked up
	events []flywheel.Event
	// sources of products that are imported, by the hash of their rows.
	sources map[ID]string
	bundles bool // some may have become parts of others, see bundleState
}

// work is one product that changes.
type work struct {
	head *Head // stored, nil for a new one
	rows []*VariantRow
	next *Head
	then []*VariantRow
}

// stored returns the product as it is after the change.
func (w *work) stored() Product {
	head, rows := w.next, w.then
	if head == nil {
		head, rows = w.head, w.rows
	}
	return assemble(head, rows)
}

// assemble returns a copy of a product with its variants.
func assemble(head *Head, rows []*VariantRow) Product {
	p := head.Product.cloneHead()
	if len(rows) > 0 {
		p.Variants = make([]Variant, len(rows))
	}
	for i, row := range rows {
		p.Variants[i] = row.Variant.Clone()
	}
	return p
}

func (s *Service) write(ctx context.Context) (*write, error) {
	sc, err := s.latest(ctx)
	if err != nil {
		return nil, err
	}
	w := &write{s: s, schema: sc, now: s.instant(), work: map[ID]*work{}, slugs: map[SlugKey]*SlugRow{}, asked: map[SlugKey]bool{}}
	w.batch.Revision = sc.revision
	return w, nil
}

// load reads products that are not read yet.
func (w *write) load(ctx context.Context, ids ...ID) error {
	var missing []ID
	for _, id := range ids {
		if w.work[id] == nil {
			w.work[id] = &work{}
			w.order = append(w.order, id)
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	heads, err := w.s.store.Heads(ctx, missing...)
	if err != nil {
		return err
	}
	var stored []ID
	for _, h := range heads {
		w.work[h.Product.ID].head = h
		if h.Variants > 0 {
			stored = append(stored, h.Product.ID)
		}
	}
	if len(stored) == 0 {
		return nil
	}
	rows, err := w.s.store.Variants(ctx, VariantQuery{Products: stored})
	for _, row := range rows {
		w.work[row.Product].rows = append(w.work[row.Product].rows, row)
	}
	return err
}

// put decides that products become those of list, which are brought into normal
// form.
func (w *write) put(ctx context.Context, list []Product, conditions []Condition, place func(i int) string) error {
	ids := make([]ID, len(list))
	at := make(map[ID]int, len(list))
	p := newProblems()
	for i := range list {
		ids[i] = list[i].ID
		if _, twice := at[ids[i]]; twice {
			p.invalid(place(i)+"id", "%q is there already", ids[i])
		}
		at[ids[i]] = i
	}
	if err := w.load(ctx, ids...); err != nil {
		return err
	}
	var refs []reference
	for i := range list {
		head := w.work[ids[i]].head
		checkVersion(p.in(place(i)), conditions, head != nil, func() int64 { return head.Product.Version })
		before := Status("")
		if head != nil {
			before = head.Product.Status
		}
		c := checker{schema: w.schema, p: p.in(place(i))}
		c.product(&list[i], before)
		refs = append(refs, c.refs...)
	}
	if err := w.checkReferences(ctx, refs, at, p); err != nil {
		return err
	}
	if err := w.checkOwners(ctx, list, place, p); err != nil {
		return err
	}
	if err := w.checkBundles(ctx, list, place, p); err != nil {
		return err
	}
	if err := w.prefetchSlugs(ctx, list); err != nil {
		return err
	}
	for i := range list {
		if err := w.assignSlugs(ctx, w.work[ids[i]].head, &list[i], p.in(place(i))); err != nil {
			return err
		}
	}
	if err := p.err(); err != nil {
		return err
	}
	for i := range list {
		w.replace(w.work[ids[i]], &list[i])
	}
	return nil
}

func checkVersion(p problems, conditions []Condition, exists bool, version func() int64) {
	for _, c := range conditions {
		switch {
		case !exists && c.version != 0:
			p.add("version", flywheel.ErrNotFound, "%d given, none is stored", c.version)
		case exists && version() != c.version:
			p.add("version", flywheel.ErrStale, "%d given, %d is stored", c.version, version())
		}
	}
}

// checkReferences reports products that are named and do not exist.
func (w *write) checkReferences(ctx context.Context, refs []reference, given map[ID]int, p problems) error {
	var ids []ID
	for _, r := range refs {
		if _, here := given[r.id]; !here {
			ids = append(ids, r.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	heads, err := w.s.store.Heads(ctx, slices.Compact(ids)...)
	if err != nil {
		return err
	}
	known := make(map[ID]bool, len(heads))
	for _, h := range heads {
		known[h.Product.ID] = true
	}
	for _, r := range refs {
		if _, here := given[r.id]; !here && !known[r.id] {
			p.notFound(r.path, "product", string(r.id))
		}
	}
	return nil
}

// checkOwners reports SKUs that other products have and keep.
func (w *write) checkOwners(ctx context.Context, list []Product, place func(i int) string, p problems) error {
	claimed := map[flywheel.SKU]int{} // by which product of the call
	var skus []flywheel.SKU
	for i := range list {
		own := ownSKUs(w.work[list[i].ID].rows)
		for n := range list[i].Variants {
			sku := list[i].Variants[n].SKU
			if sku == "" {
				continue
			}
			if other, taken := claimed[sku]; taken && other != i {
				p.conflict(fmt.Sprintf("%svariants[%d].sku", place(i), n), "%q is given to product %q too", sku, list[other].ID)
			} else if !taken {
				claimed[sku] = i
			}
			if !own[sku] {
				skus = append(skus, sku)
			}
		}
	}
	if len(skus) == 0 {
		return nil
	}
	rows, err := w.s.store.Variants(ctx, VariantQuery{SKUs: skus})
	if err != nil {
		return err
	}
	owner := make(map[flywheel.SKU]ID, len(rows))
	for _, row := range rows {
		owner[row.Variant.SKU] = row.Product
	}
	kept := make(map[ID]map[flywheel.SKU]bool, len(list))
	for i := range list {
		m := make(map[flywheel.SKU]bool, len(list[i].Variants))
		for n := range list[i].Variants {
			m[list[i].Variants[n].SKU] = true
		}
		kept[list[i].ID] = m
	}
	for i := range list {
		for n := range list[i].Variants {
			sku := list[i].Variants[n].SKU
			other, taken := owner[sku]
			if !taken || other == list[i].ID {
				continue
			}
			if keeps, here := kept[other]; here && !keeps[sku] {
				continue // passed on
			}
			p.conflict(fmt.Sprintf("%svariants[%d].sku", place(i), n), "%q belongs to product %q", sku, other)
		}
	}
	return nil
}

func ownSKUs(rows []*VariantRow) map[flywheel.SKU]bool {
	own := make(map[flywheel.SKU]bool, len(rows))
	for _, row := range rows {
		own[row.Variant.SKU] = true
	}
	return own
}

// replace enters in the batch what makes a product p, which is in normal form and
// has its slugs.
func (w *write) replace(k *work, p *Product) {
	old := make(map[flywheel.SKU]*VariantRow, len(k.rows))
	for _, row := range k.rows {
		old[row.Variant.SKU] = row
	}
	rows := make([]*VariantRow, len(p.Variants))
	var changes, removed []Change
	dirty := false // rows to write, be it for their place only
	for i := range p.Variants {
		v := &p.Variants[i]
		before := old[v.SKU]
		delete(old, v.SKU)
		row := &VariantRow{Product: p.ID, Place: i, Variant: *v}
		rows[i] = row
		if before == nil {
			row.Variant.Version, row.Variant.UpdatedAt = 1, w.now
			changes = append(changes, Change{Event: EventVariantCreated, Product: p.ID, SKU: v.SKU, Version: 1})
		} else if was, is := differences(before.Variant.slots(), v.slots()); len(was)+len(is) > 0 {
			row.Variant.Version, row.Variant.UpdatedAt = before.Variant.Version+1, w.now
			changes = append(changes, Change{Event: EventVariantUpdated, Product: p.ID, SKU: v.SKU, Old: was, New: is, Version: row.Variant.Version})
		} else {
			row.Variant.Version, row.Variant.UpdatedAt = before.Variant.Version, before.Variant.UpdatedAt
			if before.Place == i {
				rows[i] = before
				continue
			}
		}
		dirty = true
		w.batch.Variants = append(w.batch.Variants, row)
	}
	for _, row := range k.rows { // those left, in their order
		if old[row.Variant.SKU] != nil {
			w.batch.Removed = append(w.batch.Removed, row.Variant.SKU)
			removed = append(removed, Change{Event: EventVariantRemoved, Product: p.ID, SKU: row.Variant.SKU, Version: row.Variant.Version})
		}
	}
	w.finish(k, p, rows, append(changes, removed...), dirty || len(removed) > 0)
}

// finish enters the head and the index entries of a product of which the variants
// are entered, and what is told.
func (w *write) finish(k *work, p *Product, rows []*VariantRow, changes []Change, dirty bool) {
	next := &Head{Product: *p, Variants: len(rows), Edits: 1}
	next.Product.Variants = nil
	change := HeadChange{Head: next}
	switch {
	case k.head == nil:
		next.Product.Version, next.Product.CreatedAt, next.Product.UpdatedAt = 1, w.now, w.now
		created := Change{Event: EventProductCreated, Product: p.ID, Version: 1}
		for _, row := range rows {
			created.skus = append(created.skus, row.Variant.SKU)
		}
		changes = []Change{created}
	default:
		before := &k.head.Product
		next.Edits, change.Before = k.head.Edits+1, k.head.Edits
		next.Product.Version, next.Product.CreatedAt, next.Product.UpdatedAt = before.Version, before.CreatedAt, before.UpdatedAt
		was, is := differences(before.slots(), p.slots())
		if len(was)+len(is) > 0 {
			next.Product.Version++
			next.Product.UpdatedAt = w.now
			head := Change{Event: EventProductUpdated, Product: p.ID, Old: was, New: is, Version: next.Product.Version}
			if p.Status == Archived && before.Status != Archived {
				head.Event = EventProductArchived
			}
			changes = append([]Change{head}, changes...)
		} else if !dirty {
			w.remember(k)
			return
		} else {
			next.Product, next.Source = k.head.Product, k.head.Source
			change.Touched = true
		}
	}
	if hash, imported := w.sources[p.ID]; imported {
		next.Source, change.Touched = &Source{hash, next.Edits}, false
	}
	var before []Entry
	if k.head != nil {
		before = w.schema.entries(&k.head.Product, k.rows)
	}
	added := len(w.batch.Add)
	w.batch.differ(before, w.schema.entries(&next.Product, rows))
	w.batch.Add = append(w.batch.Add[:added], ahead(w.batch.Add[added:], w.now)...)
	w.batch.Heads = append(w.batch.Heads, change)
	k.next, k.then = next, rows
	w.tell(next.Edits, changes)
}

// remember enters what an unchanged product was imported from, if that is new.
func (w *write) remember(k *work) {
	hash, imported := w.sources[k.head.Product.ID]
	source := Source{hash, k.head.Edits}
	if !imported || k.head.Source != nil && *k.head.Source == source {
		return
	}
	head := *k.head
	head.Source = &source
	w.batch.Heads = append(w.batch.Heads, HeadChange{Head: &head, Before: head.Edits})
}

func (w *write) tell(edits int64, changes []Change) {
	if !w.s.teller.Listens() {
		return
	}
	for i := range changes {
		w.events = append(w.events, changes[i].event(edits, w.now))
	}
}

// commit saves the batch and tells what changed.
func (w *write) commit(ctx context.Context) error {
	b := &w.batch
	if len(b.Heads) > 0 {
		if err := w.guardBundles(); err != nil {
			return err
		}
	}
	if len(b.Heads)+len(b.Definitions)+len(b.Slugs)+len(b.Freed) == 0 && !b.Bump {
		return nil
	}
	b.Slugs = lastSlugs(b.Slugs)
	// Neighbors in the index are written one after the other, which stores like.
	for _, entries := range [][]Entry{b.Drop, b.Add} {
		slices.SortFunc(entries, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Space, b.Space), compareEntries(a, b)) })
	}
	if err := w.s.store.Save(ctx, b); err != nil {
		return err
	}
	if len(b.Definitions) > 0 {
		flywheel.AfterCommit(ctx, w.s.install)
	}
	return w.s.teller.Tell(ctx, w.events...)
}
