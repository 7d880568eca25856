package review

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// MemoryStore is a [Store] and a [PurchaseStore] in memory.
type MemoryStore struct {
	db         *flywheel.Memory
	posts      map[string]*Post // a stored post is never changed, only replaced
	byProduct  map[string]map[string]bool
	byParent   map[string]map[string]bool
	byAuthor   map[string]map[string]bool
	waiting    map[string]bool
	reviewed   map[reviewKey]string
	votes      map[string]map[flywheel.CustomerID]int // by post
	votedOn    map[flywheel.CustomerID]map[string]bool
	aggregates map[string]*aggregate
	purchases  map[flywheel.CustomerID]map[purchaseKey]Purchase
}

type reviewKey struct {
	product string
	author  flywheel.CustomerID
}

type purchaseKey struct {
	sku   flywheel.SKU
	order string
}

type aggregate struct {
	total  Tally
	months map[Month]Tally
}

var (
	_ Store         = (*MemoryStore)(nil)
	_ PurchaseStore = (*MemoryStore)(nil)
)

// NewMemory returns an empty store in db; nil stands for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{
		db: db, posts: map[string]*Post{}, byProduct: map[string]map[string]bool{}, byParent: map[string]map[string]bool{},
		byAuthor: map[string]map[string]bool{}, waiting: map[string]bool{}, reviewed: map[reviewKey]string{},
		votes: map[string]map[flywheel.CustomerID]int{}, votedOn: map[flywheel.CustomerID]map[string]bool{},
		aggregates: map[string]*aggregate{}, purchases: map[flywheel.CustomerID]map[purchaseKey]Purchase{},
	}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor] with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, id string) (p Post, err error) {
	err = s.db.View(ctx, func() error {
		there := s.posts[id]
		if there == nil {
			return notFound(id)
		}
		p = there.Clone()
		return nil
	})
	return p, err
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, p Post) (Post, error) {
	p = p.Normal()
	err := s.db.Update(ctx, func(undo func(func())) error {
		there, version := s.posts[p.ID], int64(0)
		if there != nil {
			version = there.Version
		}
		if p.Version != version {
			return &PostError{p.ID, ErrStale}
		}
		if key, ok := p.reviewKey(); ok {
			if other, taken := s.reviewed[key]; taken && other != p.ID {
				return &PostError{p.ID, ErrReviewed}
			}
		}
		p.Version++
		p.Up, p.Down = 0, 0
		if there != nil {
			p.Up, p.Down = there.Up, there.Down
		}
		kept := p.Clone()
		s.replace(undo, there, &kept)
		return nil
	})
	if err != nil {
		return Post{}, err
	}
	return p, nil
}

func (p *Post) reviewKey() (reviewKey, bool) {
	return reviewKey{p.Product, p.Author}, p.Kind == Review && p.Author != ""
}

// replace puts a post in the place of another, either of which may be nil.
func (s *MemoryStore) replace(undo func(func()), old, p *Post) {
	undo(func() { s.put(p, old) })
	s.put(old, p)
}

func (s *MemoryStore) put(old, p *Post) {
	if old != nil {
		delete(s.posts, old.ID)
		s.index(old, false)
	}
	if p != nil {
		s.posts[p.ID] = p
		s.index(p, true)
	}
}

// index enters a post into the indexes and aggregates, or takes it out.
func (s *MemoryStore) index(p *Post, in bool) {
	set(s.byProduct, p.Product, p.ID, in)
	if p.Parent != "" {
		set(s.byParent, p.Parent, p.ID, in)
	}
	if p.Author != "" {
		set(s.byAuthor, string(p.Author), p.ID, in)
	}
	if key, ok := p.reviewKey(); ok {
		if in {
			s.reviewed[key] = p.ID
		} else {
			delete(s.reviewed, key)
		}
	}
	delete(s.waiting, p.ID)
	if in && p.Waits() {
		s.waiting[p.ID] = true
	}
	month, tally := p.Contributions()
	if tally.IsZero() {
		return
	}
	if !in {
		tally = tally.Negative()
	}
	a := s.aggregates[p.Product]
	if a == nil {
		a = &aggregate{months: map[Month]Tally{}}
		s.aggregates[p.Product] = a
	}
	a.total.Add(tally)
	of := a.months[month]
	of.Add(tally)
	if a.months[month] = of; of.IsZero() {
		delete(a.months, month)
	}
}

func set(index map[string]map[string]bool, key, id string, in bool) {
	switch {
	case in && index[key] == nil:
		index[key] = map[string]bool{id: true}
	case in:
		index[key][id] = true
	default:
		if delete(index[key], id); len(index[key]) == 0 {
			delete(index, key)
		}
	}
}

// List implements [Store].
func (s *MemoryStore) List(ctx context.Context, f Filter) iter.Seq2[Post, error] {
	return func(yield func(Post, error) bool) {
		if err := f.Check(); err != nil {
			yield(Post{}, err)
			return
		}
		var found []*Post
		err := s.db.View(ctx, func() error {
			from := s.waiting
			switch {
			case f.Parent != "":
				from = s.byParent[f.Parent]
			case f.Author != "":
				from = s.byAuthor[string(f.Author)]
			case f.Product != "":
				from = s.byProduct[f.Product]
			}
			for id := range from {
				p := s.posts[id]
				if f.Match(p) && (f.After.IsZero() || f.After.Compare(p.Position(f.Sort), f.Sort) < 0) {
					found = append(found, p)
				}
			}
			return nil
		})
		if err != nil {
			yield(Post{}, err)
			return
		}
		slices.SortFunc(found, func(a, b *Post) int { return a.Position(f.Sort).Compare(b.Position(f.Sort), f.Sort) })
		if f.Limit > 0 && len(found) > f.Limit {
			found = found[:f.Limit]
		}
		for _, p := range found {
			if err := ctx.Err(); err != nil {
				yield(Post{}, err)
				return
			}
			if !yield(p.Clone(), nil) {
				return
			}
		}
	}
}

// Vote implements [Store].
func (s *MemoryStore) Vote(ctx context.Context, id string, voter flywheel.CustomerID, value int) (up, down int64, err error) {
	err = s.db.Update(ctx, func(undo func(func())) error {
		if s.posts[id] == nil {
			return notFound(id)
		}
		s.vote(undo, id, voter, value)
		up, down = s.posts[id].Up, s.posts[id].Down
		return nil
	})
	return up, down, err
}

func (s *MemoryStore) vote(undo func(func()), id string, voter flywheel.CustomerID, value int) {
	before := s.votes[id][voter]
	if before == value {
		return
	}
	there := s.posts[id]
	p := *there
	for _, change := range []struct {
		vote int
		by   int64
	}{{before, -1}, {value, 1}} {
		switch change.vote {
		case 1:
			p.Up += change.by
		case -1:
			p.Down += change.by
		}
	}
	s.replace(undo, there, &p)
	undo(func() { s.setVote(id, voter, before) })
	s.setVote(id, voter, value)
}

func (s *MemoryStore) setVote(id string, voter flywheel.CustomerID, value int) {
	if value == 0 {
		delete(s.votes[id], voter)
		if delete(s.votedOn[voter], id); len(s.votedOn[voter]) == 0 {
			delete(s.votedOn, voter)
		}
		return
	}
	if s.votes[id] == nil {
		s.votes[id] = map[flywheel.CustomerID]int{}
	}
	if s.votedOn[voter] == nil {
		s.votedOn[voter] = map[string]bool{}
	}
	s.votes[id][voter], s.votedOn[voter][id] = value, true
}

// Aggregates implements [Store].
func (s *MemoryStore) Aggregates(ctx context.Context, months bool, products ...string) ([]Aggregate, error) {
	list := make([]Aggregate, len(products))
	err := s.db.View(ctx, func() error {
		for i, product := range products {
			list[i].Product = product
			a := s.aggregates[product]
			if a == nil {
				continue
			}
			list[i].Tally = a.total
			if months {
				for _, m := range slices.Sorted(maps.Keys(a.months)) {
					list[i].Months = append(list[i].Months, MonthTally{m, a.months[m]})
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Forget implements [Store].
func (s *MemoryStore) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if customer == "" {
		return ctx.Err()
	}
	return s.db.Update(ctx, func(undo func(func())) error {
		for _, id := range slices.Sorted(maps.Keys(s.votedOn[customer])) {
			s.vote(undo, id, customer, 0)
		}
		for _, id := range slices.Sorted(maps.Keys(s.byAuthor[string(customer)])) {
			erased := s.posts[id].Erased()
			erased.Up, erased.Down = s.posts[id].Up, s.posts[id].Down
			s.replace(undo, s.posts[id], &erased)
		}
		for _, there := range s.posts {
			if place, ok := slices.BinarySearch(there.Moderation.Reporters, string(customer)); ok {
				p := there.Clone()
				p.Moderation.Reporters = slices.Delete(p.Moderation.Reporters, place, place+1)
				p.Version++
				p = p.Normal()
				s.replace(undo, there, &p)
			}
		}
		return nil
	})
}

// Note implements [PurchaseStore].
func (s *MemoryStore) Note(ctx context.Context, purchases ...Purchase) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		for _, p := range purchases {
			of := s.purchases[p.Customer]
			if of == nil {
				of = map[purchaseKey]Purchase{}
				s.purchases[p.Customer] = of
			}
			key := purchaseKey{p.SKU, p.Order}
			before, known := of[key]
			undo(func() {
				if known {
					of[key] = before
				} else if delete(of, key); len(of) == 0 {
					delete(s.purchases, p.Customer)
				}
			})
			now := before
			if !known {
				now = p
				now.At, now.Quantity = p.At.UTC().Truncate(time.Microsecond), 0
			}
			now.Quantity += p.Quantity
			of[key] = now
		}
		return nil
	})
}

// Bought implements [PurchaseStore].
func (s *MemoryStore) Bought(ctx context.Context, customer flywheel.CustomerID, skus ...flywheel.SKU) (list []Purchase, err error) {
	err = s.db.View(ctx, func() error {
		for _, p := range s.purchases[customer] {
			if len(skus) == 0 || slices.Contains(skus, p.SKU) {
				list = append(list, p)
			}
		}
		return nil
	})
	slices.SortFunc(list, Purchase.Compare)
	return list, err
}

// Compare orders purchases of a customer by time, order and SKU.
func (p Purchase) Compare(q Purchase) int {
	return cmp.Or(p.At.Compare(q.At), cmp.Compare(p.Order, q.Order), cmp.Compare(p.SKU, q.SKU))
}

// ForgetPurchases implements [PurchaseStore].
func (s *MemoryStore) ForgetPurchases(ctx context.Context, customer flywheel.CustomerID) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		if before := s.purchases[customer]; before != nil {
			undo(func() { s.purchases[customer] = before })
			delete(s.purchases, customer)
		}
		return nil
	})
}

// ClearPurchases implements [PurchaseStore].
func (s *MemoryStore) ClearPurchases(ctx context.Context) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		before := s.purchases
		undo(func() { s.purchases = before })
		s.purchases = map[flywheel.CustomerID]map[purchaseKey]Purchase{}
		return nil
	})
}
