package segment

import (
	"cmp"
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

// MemoryProfiles is the [ProfileStore] in memory.
type MemoryProfiles struct {
	db      *flywheel.Memory
	list    []*Profile // never changed, only replaced; nil for one forgotten
	numbers map[flywheel.Person]int
	members map[string]map[int]bool // of a segment, by number
	links   map[flywheel.VisitorID][]Link
	devices map[flywheel.CustomerID]map[flywheel.VisitorID]bool
	values  map[valuesOf]map[string]int64
	moments map[valuesOf][]Moment // in order; never changed, only replaced
	defined map[string]Defined    // by name of the profiles
	due     due.Heap[flywheel.Person]
}

type valuesOf struct {
	person flywheel.Person
	of     string
}

// NewMemoryProfiles returns an empty store in db; nil is a database of its own.
func NewMemoryProfiles(db *flywheel.Memory) *MemoryProfiles {
	if db == nil {
		db = &flywheel.Memory{}
	}
	m := &MemoryProfiles{db: db, defined: map[string]Defined{}}
	m.empty()
	return m
}

func (m *MemoryProfiles) empty() {
	m.list, m.numbers, m.members = nil, map[flywheel.Person]int{}, map[string]map[int]bool{}
	m.links, m.devices = map[flywheel.VisitorID][]Link{}, map[flywheel.CustomerID]map[flywheel.VisitorID]bool{}
	m.values, m.moments, m.due = map[valuesOf]map[string]int64{}, map[valuesOf][]Moment{}, due.Heap[flywheel.Person]{}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (m *MemoryProfiles) Handle() flywheel.Transactor { return m.db }

// InTx implements flywheel.Transactor with the database's.
func (m *MemoryProfiles) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return m.db.InTx(ctx, fn)
}

// Load implements [ProfileStore].
func (m *MemoryProfiles) Load(ctx context.Context, persons ...flywheel.Person) ([]Profile, error) {
	profiles := make([]Profile, len(persons))
	err := m.db.View(ctx, func() error {
		for i, person := range persons {
			if n, ok := m.numbers[person]; ok {
				profiles[i] = *m.list[n]
			} else {
				profiles[i].Person = person
			}
			profiles[i].Links = m.linksOf(person)
		}
		return nil
	})
	return profiles, err
}

func (m *MemoryProfiles) linksOf(person flywheel.Person) (links []Link) {
	if v := person.Visitor(); v != "" {
		return m.links[v]
	}
	for _, v := range slices.Sorted(maps.Keys(m.devices[person.Customer()])) {
		for _, l := range m.links[v] {
			if l.Customer == person.Customer() {
				links = append(links, l)
			}
		}
	}
	return links
}

// Save implements [ProfileStore].
func (m *MemoryProfiles) Save(ctx context.Context, profiles ...Profile) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for i := range profiles {
			if err := m.save(profiles[i], undo); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *MemoryProfiles) save(p Profile, undo func(func())) error {
	n, known := m.numbers[p.Person]
	before := &Profile{}
	if known {
		before = m.list[n]
	}
	if p.Version != before.Version {
		return fmt.Errorf("segment: profile %q is at version %d, not %d: %w", p.Person, before.Version, p.Version, flywheel.ErrStale)
	}
	if p.Relinked {
		m.relink(p.Person.Visitor(), p.Links, undo)
	}
	for _, c := range p.Counted {
		m.count(valuesOf{p.Person, c.Of}, c.Value, c.Count, undo)
	}
	m.move(&p, undo)
	p.Version++
	p.Links, p.Relinked, p.Counted, p.Moments, p.Passed = nil, false, nil, nil, nil
	if known {
		undo(func() { m.list[n] = before })
		m.list[n] = &p
	} else {
		n = len(m.list)
		undo(func() {
			m.list = m.list[:n]
			delete(m.numbers, p.Person)
		})
		m.numbers[p.Person] = n
		m.list = append(m.list, &p)
	}
	m.index(n, before, &p)
	undo(func() { m.index(n, &p, before) })
	return nil
}

// index moves a profile in the sets of members and in the heap.
func (m *MemoryProfiles) index(n int, from, to *Profile) {
	if !slices.Equal(from.Segments, to.Segments) {
		for _, name := range from.Segments {
			delete(m.members[name], n)
		}
		for _, name := range to.Segments {
			if m.members[name] == nil {
				m.members[name] = map[int]bool{}
			}
			m.members[name][n] = true
		}
	}
	person := to.Person
	if person == "" {
		person = from.Person
	}
	if !from.Due.Equal(to.Due) {
		m.due.Set(person, to.Due)
	}
}

func (m *MemoryProfiles) relink(visitor flywheel.VisitorID, links []Link, undo func(func())) {
	before := m.links[visitor]
	undo(func() { m.setLinks(visitor, before) })
	m.setLinks(visitor, slices.Clone(links))
}

func (m *MemoryProfiles) setLinks(visitor flywheel.VisitorID, links []Link) {
	for _, l := range m.links[visitor] {
		if delete(m.devices[l.Customer], visitor); len(m.devices[l.Customer]) == 0 {
			delete(m.devices, l.Customer)
		}
	}
	if m.links[visitor] = links; len(links) == 0 {
		delete(m.links, visitor)
	}
	for _, l := range links {
		if m.devices[l.Customer] == nil {
			m.devices[l.Customer] = map[flywheel.VisitorID]bool{}
		}
		m.devices[l.Customer][visitor] = true
	}
}

func (m *MemoryProfiles) count(of valuesOf, value string, n int64, undo func(func())) {
	if m.values[of] == nil {
		m.values[of] = map[string]int64{}
	}
	before := m.values[of][value]
	set := func(n int64) {
		if m.values[of][value] = n; n == 0 {
			delete(m.values[of], value)
		}
	}
	undo(func() { set(before) })
	set(n)
}

// move removes the moments that are over and adds those that have come.
func (m *MemoryProfiles) move(p *Profile, undo func(func())) {
	set := func(of valuesOf, list []Moment) {
		before := m.moments[of]
		put := func(list []Moment) {
			if m.moments[of] = list; len(list) == 0 {
				delete(m.moments, of)
			}
		}
		undo(func() { put(before) })
		put(list)
	}
	for _, over := range p.Passed {
		of := valuesOf{p.Person, over.Leaf}
		set(of, after(m.moments[of], Moment{At: over.Until, Position: maxPosition}))
	}
	added := slices.Clone(p.Moments)
	slices.SortFunc(added, func(a, b Moment) int { return cmp.Or(cmp.Compare(a.Leaf, b.Leaf), compareMoments(a, b)) })
	for len(added) > 0 {
		n := 1
		for n < len(added) && added[n].Leaf == added[0].Leaf {
			n++
		}
		of := valuesOf{p.Person, added[0].Leaf}
		list := m.moments[of]
		if late := len(after(list, added[0])); late > 0 {
			list = append(slices.Clone(list), added[:n]...)
			slices.SortFunc(list, compareMoments)
		} else {
			list = append(list, added[:n]...)
		}
		set(of, list)
		added = added[n:]
	}
}

// after returns the moments of list that come after one.
func after(list []Moment, m Moment) []Moment {
	i, found := slices.BinarySearchFunc(list, m, compareMoments)
	if found {
		i++
	}
	return list[i:]
}

// Moments implements [MomentStore].
func (m *MemoryProfiles) Moments(ctx context.Context, person flywheel.Person, leaf string, from Moment, limit int) (list []Moment, err error) {
	err = m.db.View(ctx, func() error {
		list = after(m.moments[valuesOf{person, leaf}], from)
		list = list[:min(limit, len(list)):min(limit, len(list))]
		return nil
	})
	return list, err
}

// Definitions implements [DefinitionStore].
func (m *MemoryProfiles) Definitions(ctx context.Context, profiles string, _ int64) (d Defined, err error) {
	err = m.db.View(ctx, func() error {
		d = m.defined[profiles]
		return nil
	})
	return d, err
}

// Define implements [DefinitionStore].
func (m *MemoryProfiles) Define(ctx context.Context, profiles string, d Defined) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		before := m.defined[profiles]
		if d.Version != before.Version+1 {
			return fmt.Errorf("segment: definitions of %q are at version %d, not %d: %w", profiles, before.Version, d.Version-1, flywheel.ErrStale)
		}
		memstore.Set(m.defined, profiles, d, undo)
		return nil
	})
}

// List implements [ProfileStore].
func (m *MemoryProfiles) List(ctx context.Context, segment string) iter.Seq2[Profile, error] {
	return func(yield func(Profile, error) bool) {
		var list []*Profile
		err := m.db.View(ctx, func() error {
			if segment == "" {
				list = slices.Clone(m.list)
				return nil
			}
			for _, n := range slices.Sorted(maps.Keys(m.members[segment])) {
				list = append(list, m.list[n])
			}
			return nil
		})
		if err != nil {
			yield(Profile{}, err)
			return
		}
		for _, p := range list {
			if p != nil && !yield(*p, nil) {
				return
			}
		}
	}
}

// Values implements [ProfileStore].
func (m *MemoryProfiles) Values(ctx context.Context, of string, value *string, persons ...flywheel.Person) (list []ValueCount, err error) {
	err = m.db.View(ctx, func() error {
		sum := map[string]int64{}
		for _, person := range persons {
			values := m.values[valuesOf{person, of}]
			if value != nil {
				if n := values[*value]; n > 0 {
					sum[*value] += n
				}
				continue
			}
			for value, n := range values {
				sum[value] += n
			}
		}
		for value, n := range sum {
			list = append(list, ValueCount{value, n})
		}
		return nil
	})
	sortValues(list)
	return list, err
}

// Due implements [ProfileStore].
func (m *MemoryProfiles) Due(ctx context.Context, now time.Time, limit int, keep func(flywheel.Person) bool) (persons []flywheel.Person, err error) {
	err = m.db.View(ctx, func() error {
		persons = m.due.Claim(now, limit, keep)
		return nil
	})
	return persons, err
}

// Forget implements [ProfileStore].
func (m *MemoryProfiles) Forget(ctx context.Context, persons ...flywheel.Person) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for _, person := range persons {
			m.forget(person, undo)
		}
		return nil
	})
}

func (m *MemoryProfiles) forget(person flywheel.Person, undo func(func())) {
	if customer := person.Customer(); customer != "" {
		for _, v := range slices.Sorted(maps.Keys(m.devices[customer])) {
			m.relink(v, removeLinks(slices.Clone(m.links[v]), customer), undo)
		}
	}
	for of, values := range m.values {
		if of.person == person {
			undo(func() { m.values[of] = values })
			delete(m.values, of)
		}
	}
	for of, moments := range m.moments {
		if of.person == person {
			undo(func() { m.moments[of] = moments })
			delete(m.moments, of)
		}
	}
	n, known := m.numbers[person]
	if !known {
		return
	}
	before := m.list[n]
	undo(func() {
		m.numbers[person], m.list[n] = n, before
		m.index(n, &Profile{}, before)
	})
	m.index(n, before, &Profile{})
	delete(m.numbers, person)
	m.list[n] = nil
}

// Clear implements [ProfileStore].
func (m *MemoryProfiles) Clear(ctx context.Context) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		before := *m
		undo(func() { *m = before })
		m.empty()
		return nil
	})
}
