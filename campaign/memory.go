package campaign

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is the [Store] that an engine starts with.
type MemoryStore struct {
	db       *flywheel.Memory
	contacts map[flywheel.Person]*shelf
	runs     map[string]*Run
	due      due.Heap[string]
	subjects map[string]map[string]*Run
	journeys map[ID]map[string]*Run
	acts     []Act
}

// shelf is what belongs to one contact. A contact, a run and an entry in it are
// replaced, never changed.
type shelf struct {
	contact *Contact
	runs    map[string]*Run
	entries map[EntryKey]time.Time
}

// NewMemory returns an empty store in db, nil for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{
		db: db, contacts: map[flywheel.Person]*shelf{}, runs: map[string]*Run{},
		subjects: map[string]map[string]*Run{}, journeys: map[ID]map[string]*Run{},
	}
}

// Handle implements [flywheel.Stored].
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// Load implements [Store].
func (s *MemoryStore) Load(ctx context.Context, ask Ask) (list []State, err error) {
	err = s.db.View(ctx, func() error {
		list = make([]State, len(ask.Contacts))
		for i, id := range ask.Contacts {
			list[i].Contact.ID = id
			if x := s.contacts[id]; x != nil {
				list[i] = x.state()
				for _, key := range ask.Keys[id] {
					if at, ok := x.entries[key]; ok {
						list[i].Entries = append(list[i].Entries, Entry{key, at})
					}
				}
				slices.SortFunc(list[i].Entries, byKey)
			}
		}
		return nil
	})
	return list, err
}

func byKey(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.Key, b.Key))
}

// state copies a contact and its runs.
func (x *shelf) state() State {
	s := State{Contact: x.contact.clone()}
	if len(x.runs) > 0 {
		s.Runs = make([]Run, 0, len(x.runs))
		for _, r := range x.runs {
			s.Runs = append(s.Runs, *r)
		}
		slices.SortFunc(s.Runs, func(a, b Run) int { return byEntry(&a, &b) })
	}
	return s
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, changes ...Change) error {
	for i := range changes {
		if err := changes[i].Validate(); err != nil {
			return err
		}
	}
	return s.db.Update(ctx, func(undo func(func())) error {
		for i := range changes {
			c := &changes[i]
			x := s.contacts[c.Contact.ID]
			var version int64
			if x != nil {
				version = x.contact.Version
			}
			if version != c.Contact.Version {
				return fmt.Errorf("campaign: contact %q: version %d is not the stored %d: %w", string(c.Contact.ID), c.Contact.Version, version, flywheel.ErrStale)
			}
			if x == nil {
				x = &shelf{runs: map[string]*Run{}, entries: map[EntryKey]time.Time{}}
				s.contacts[c.Contact.ID] = x
				undo(func() { delete(s.contacts, c.Contact.ID) })
			}
			before := x.contact
			undo(func() { x.contact = before })
			next := c.Contact.clone()
			next.Version++
			x.contact = &next
			for j := range c.Runs {
				r := c.Runs[j]
				s.put(undo, x, r.ID, &r)
			}
			for _, id := range c.Ended {
				s.put(undo, x, id, nil)
			}
			for _, e := range c.Entries {
				was, known := x.entries[e.EntryKey]
				undo(func() {
					if x.entries[e.EntryKey] = was; !known {
						delete(x.entries, e.EntryKey)
					}
				})
				x.entries[e.EntryKey] = e.At
			}
		}
		return nil
	})
}

// Validate refuses what no store can keep: a contact without an identifier, a run
// of another contact.
func (c *Change) Validate() error {
	if err := flywheel.CheckID(string(c.Contact.ID)); err != nil {
		return fmt.Errorf("campaign: contact: %w", err)
	}
	for i := range c.Runs {
		if r := &c.Runs[i]; r.Contact != c.Contact.ID || r.ID == "" {
			return fmt.Errorf("campaign: run %q of %q in a change of %q: %w", r.ID, string(r.Contact), string(c.Contact.ID), flywheel.ErrInvalid)
		}
	}
	return nil
}

// put replaces a run of a contact, nil for none.
func (s *MemoryStore) put(undo func(func()), x *shelf, id string, r *Run) {
	before := s.runs[id]
	undo(func() { s.set(x, id, before) })
	s.set(x, id, r)
}

func (s *MemoryStore) set(x *shelf, id string, r *Run) {
	if old := s.runs[id]; old != nil {
		delete(s.runs, id)
		delete(x.runs, id)
		remove(s.subjects, old.Subject, id)
		remove(s.journeys, old.Journey, id)
	}
	if r == nil {
		s.due.Set(id, time.Time{})
		return
	}
	s.runs[id], x.runs[id] = r, r
	s.due.Set(id, r.Due)
	if r.Subject != "" {
		add(s.subjects, r.Subject, r)
	}
	add(s.journeys, r.Journey, r)
}

func add[K comparable](m map[K]map[string]*Run, key K, r *Run) {
	if m[key] == nil {
		m[key] = map[string]*Run{}
	}
	m[key][r.ID] = r
}

func remove[K comparable](m map[K]map[string]*Run, key K, id string) {
	if delete(m[key], id); len(m[key]) == 0 {
		delete(m, key)
	}
}

// Find implements [Store]. What is due it finds in O(n log n) for n runs found
// and left out; the others by looking at each run of the subject or journey.
func (s *MemoryStore) Find(ctx context.Context, q Query) (list []Found, err error) {
	err = s.db.View(ctx, func() error {
		if !q.Due.IsZero() {
			s.due.Claim(q.Due, q.Limit, func(id string) bool {
				r := s.runs[id]
				wanted := q.wants(r)
				if wanted {
					list = append(list, found(r))
				}
				return wanted
			})
			return nil
		}
		of := map[string]*Run{}
		for _, subject := range q.Subjects {
			maps.Copy(of, s.subjects[subject])
		}
		if q.Acts > 0 {
			of = s.journeys[q.Journey]
		}
		for _, r := range of {
			f := found(r)
			if q.wants(r) && (q.Acts > 0 && r.Acts < q.Acts || len(q.Subjects) > 0 && byFound(f, q.After) > 0) {
				list = append(list, f)
			}
		}
		order := byFound
		if q.Acts > 0 {
			order = func(a, b Found) int { return strings.Compare(a.Run, b.Run) }
		}
		slices.SortFunc(list, order)
		list = slices.Clip(list[:min(q.Limit, len(list))])
		return nil
	})
	return list, err
}

func (q *Query) wants(r *Run) bool {
	return !slices.Contains(q.Without, r.Journey) && (len(q.Only) == 0 || slices.Contains(q.Only, r.Journey)) && (q.Held == nil || !q.Held(r.Contact))
}

func found(r *Run) Found { return Found{r.ID, r.Contact, r.Entered, r.Position} }

func byFound(a, b Found) int {
	return cmp.Or(a.Entered.Compare(b.Entered), cmp.Compare(a.Position, b.Position), strings.Compare(a.Run, b.Run))
}

// Acts implements [Store].
func (s *MemoryStore) Acts(ctx context.Context, after int64) (list []Act, err error) {
	err = s.db.View(ctx, func() error {
		if after < int64(len(s.acts)) {
			list = slices.Clone(s.acts[max(0, after):])
		}
		return nil
	})
	return list, err
}

// Record implements [Store].
func (s *MemoryStore) Record(ctx context.Context, a Act) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		before, n := s.acts, int64(len(s.acts))
		if a.Seq < 1 || a.Seq > n+1 {
			return fmt.Errorf("campaign: act %d behind the last, %d: %w", a.Seq, n, flywheel.ErrStale)
		}
		undo(func() { s.acts = before })
		s.acts = slices.Clone(s.acts)
		if a.Seq == n+1 {
			s.acts = append(s.acts, a)
		} else {
			s.acts[a.Seq-1] = a
		}
		return nil
	})
}

// List implements [Store].
func (s *MemoryStore) List(ctx context.Context) iter.Seq2[State, error] {
	return func(yield func(State, error) bool) {
		var all []State
		err := s.db.View(ctx, func() error {
			for _, id := range slices.Sorted(maps.Keys(s.contacts)) {
				all = append(all, s.contacts[id].state())
			}
			return nil
		})
		memstore.Yield(yield, all, err)
	}
}

// Delete implements [Store].
func (s *MemoryStore) Delete(ctx context.Context, contacts ...flywheel.Person) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		if len(contacts) == 0 {
			contacts = slices.Sorted(maps.Keys(s.contacts))
		}
		for _, id := range contacts {
			x := s.contacts[id]
			if x == nil {
				continue
			}
			for _, run := range slices.Sorted(maps.Keys(x.runs)) {
				s.put(undo, x, run, nil)
			}
			undo(func() { s.contacts[id] = x })
			delete(s.contacts, id)
		}
		return nil
	})
}

// InTx implements [flywheel.Transactor] for the database of the store.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}
