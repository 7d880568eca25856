package segment

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// MemoryLog is the [LogStore] in memory. An event takes 208 bytes, its lines 40
// bytes and its properties 32 each, its place 24, and an entry in the index of IDs;
// lines and properties are copied once, into blocks shared by many events.
type MemoryLog struct {
	db      *flywheel.Memory
	chunks  [][]arrived // all full but the last
	count   int64       // of events
	ids     map[string]int64
	erased  map[string]int64 // by keyed hash
	secret  []byte           // key of these hashes
	lines   []flywheel.Line  // the unused rest of the current block
	facts   []property       // likewise
	places  []place          // by position; without pointers
	waiting int64            // the first event without a place; all after it have none
	persons map[flywheel.Person]uint32
	names   []following                     // by number of the person; the first is nobody
	devices map[flywheel.VisitorID][]uint32 // positions of nameless events
	tellers []string                        // the first is nobody's turn
	links   map[flywheel.VisitorID][]Link
}

// arrived is an event as it was appended.
type arrived struct {
	event  flywheel.Event // without its properties
	facts  []property     // these
	told   int64          // microseconds
	teller uint32
}

// property is one of an event's: a map takes several times as much.
type property struct {
	key   string
	value any
}

// whole returns the event with its properties in a map of its own.
func (a *arrived) whole() flywheel.Event {
	e := a.event
	if a.facts != nil {
		e.Properties = make(map[string]any, len(a.facts))
		for _, p := range a.facts {
			e.Properties[p.key] = cloneValue(p.value)
		}
	}
	return e
}

// place is one position.
type place struct {
	received int64  // microseconds
	number   uint32 // of the event
	person   uint32
}

// following are the positions of one person.
type following struct {
	person    flywheel.Person
	positions []uint32
}

const (
	chunkEvents = 1024
	blockLines  = 4096
)

// NewMemoryLog returns an empty log in db; nil is a database of its own.
func NewMemoryLog(db *flywheel.Memory) *MemoryLog {
	if db == nil {
		db = &flywheel.Memory{}
	}
	m := &MemoryLog{db: db, ids: map[string]int64{}, erased: map[string]int64{}, secret: make([]byte, 32),
		persons: map[flywheel.Person]uint32{}, names: make([]following, 1), tellers: []string{""}, devices: map[flywheel.VisitorID][]uint32{}, links: map[flywheel.VisitorID][]Link{}}
	rand.Read(m.secret) // never fails
	return m
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (m *MemoryLog) Handle() flywheel.Transactor { return m.db }

// InTx implements flywheel.Transactor with the database's.
func (m *MemoryLog) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return m.db.InTx(ctx, fn)
}

// Append implements [LogStore].
func (m *MemoryLog) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		before := m.count
		if before+int64(len(events)) > math.MaxUint32 {
			return fmt.Errorf("segment: more than %d events in memory: %w", math.MaxUint32, flywheel.ErrLimit)
		}
		undo(func() { m.truncate(before) })
		by := m.tellerNumber(teller)
		for i := range events {
			e := &events[i]
			if at, ok := m.ids[e.ID]; ok {
				if there := m.at(at).whole(); !SameEvent(&there, e) {
					return fmt.Errorf("segment: event %q: %w", e.ID, ErrEventConflict)
				}
				continue
			}
			if len(m.erased) > 0 {
				if _, known := m.erased[m.hash(e.ID)]; known {
					continue
				}
			}
			m.add(e, told.UnixMicro(), by)
		}
		return nil
	})
}

func (m *MemoryLog) hash(id string) string {
	h := hmac.New(sha256.New, m.secret)
	h.Write([]byte(id))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// tellerNumber returns the number of a teller, which are few.
func (m *MemoryLog) tellerNumber(teller string) uint32 {
	i := slices.Index(m.tellers, teller)
	if i < 0 {
		i = len(m.tellers)
		m.tellers = append(m.tellers, teller)
	}
	return uint32(i)
}

func (m *MemoryLog) add(e *flywheel.Event, told int64, teller uint32) {
	last := len(m.chunks) - 1
	if last < 0 || len(m.chunks[last]) == chunkEvents {
		m.chunks = append(m.chunks, make([]arrived, 0, chunkEvents))
		last++
	}
	kept := *e
	kept.Lines, kept.Properties = m.keepLines(e.Lines), nil
	m.chunks[last] = append(m.chunks[last], arrived{kept, m.keepFacts(e.Properties), told, teller})
	m.ids[e.ID] = m.count
	m.count++
}

// keepLines copies lines into the current block. The result has no room to
// append, so that nobody can grow into the next event's lines.
func (m *MemoryLog) keepLines(lines []flywheel.Line) []flywheel.Line {
	n := len(lines)
	switch {
	case n == 0:
		return nil
	case n > blockLines/8:
		return append(make([]flywheel.Line, 0, n), lines...)
	case n > len(m.lines):
		m.lines = make([]flywheel.Line, blockLines)
	}
	kept := m.lines[:n:n]
	m.lines = m.lines[n:]
	copy(kept, lines)
	return kept
}

// keepFacts copies properties into the current block; without any the result is nil
// for nil only.
func (m *MemoryLog) keepFacts(properties map[string]any) []property {
	n := len(properties)
	switch {
	case properties == nil:
		return nil
	case n > len(m.facts):
		m.facts = make([]property, max(n, blockLines/4))
	}
	kept := m.facts[:0:n]
	m.facts = m.facts[n:]
	for key, value := range properties {
		kept = append(kept, property{key, cloneValue(value)})
	}
	return kept
}

func (m *MemoryLog) truncate(count int64) {
	for ; m.count > count; m.count-- {
		last := len(m.chunks) - 1
		chunk := m.chunks[last]
		e := &chunk[len(chunk)-1]
		delete(m.ids, e.event.ID)
		*e = arrived{}
		if m.chunks[last] = chunk[:len(chunk)-1]; len(chunk) == 1 {
			m.chunks = m.chunks[:last]
		}
	}
}

func (m *MemoryLog) at(number int64) *arrived {
	return &m.chunks[number/chunkEvents][number%chunkEvents]
}

// Number implements [LogStore].
func (m *MemoryLog) Number(ctx context.Context, n Numbering) (count int, err error) {
	idle := false
	if err := m.db.View(ctx, func() error { idle = m.waiting == m.count; return nil }); err != nil || idle {
		return 0, err
	}
	err = m.db.Update(ctx, func(undo func(func())) error {
		arrivals := make([]Arrival, 0, m.count-m.waiting)
		var links []Link
		seen := map[flywheel.VisitorID]bool{}
		for number := m.waiting; number < m.count; number++ {
			a := m.at(number)
			e := &a.event
			arrivals = append(arrivals, Arrival{number, time.UnixMicro(a.told).UTC(), m.tellers[a.teller], e.Name, e.Time, e.Customer, e.Visitor})
			if e.Visitor != "" && !seen[e.Visitor] {
				seen[e.Visitor] = true
				links = append(links, m.links[e.Visitor]...)
			}
		}
		head, last := m.last()
		rows, added, removed := n.Assign(head, last, arrivals, links)
		before := m.waiting
		undo(func() { m.unnumber(int(head), before) })
		m.waiting = m.count
		for _, r := range rows {
			if e := &m.at(r.Number).event; e.Customer == "" && e.Visitor != "" {
				m.devices[e.Visitor] = append(m.devices[e.Visitor], uint32(r.Position))
			}
			m.places = append(m.places, place{r.Received.UnixMicro(), uint32(r.Number), m.follow(r.Person, r.Position)})
		}
		for _, l := range removed {
			m.relink(l.Visitor, removeLinks(slices.Clone(m.links[l.Visitor]), l.Customer), undo)
		}
		for _, l := range added {
			links, _ := n.Identity.addLink(slices.Clone(m.links[l.Visitor]), l)
			m.relink(l.Visitor, links, undo)
		}
		count = len(rows)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// follow adds a position to those of a person, and returns the person's number.
func (m *MemoryLog) follow(person flywheel.Person, at flywheel.Position) uint32 {
	if person == "" {
		return 0
	}
	n, known := m.persons[person]
	if !known {
		n = uint32(len(m.names))
		m.persons[person] = n
		m.names = append(m.names, following{person: person})
	}
	m.names[n].positions = append(m.names[n].positions, uint32(at))
	return n
}

func (m *MemoryLog) unfollow(person uint32, at flywheel.Position) {
	if person == 0 {
		return
	}
	f := &m.names[person]
	i, _ := slices.BinarySearch(f.positions, uint32(at))
	f.positions = slices.Delete(f.positions, i, i+1)
}

// undevice takes a nameless event from those of its visitor.
func (m *MemoryLog) undevice(e *flywheel.Event, at flywheel.Position) {
	if e.Customer != "" || e.Visitor == "" {
		return
	}
	positions := m.devices[e.Visitor]
	i, _ := slices.BinarySearch(positions, uint32(at))
	if m.devices[e.Visitor] = slices.Delete(positions, i, i+1); len(positions) == 1 {
		delete(m.devices, e.Visitor)
	}
}

func (m *MemoryLog) relink(visitor flywheel.VisitorID, links []Link, undo func(func())) {
	before, known := m.links[visitor]
	undo(func() {
		if m.links[visitor] = before; !known {
			delete(m.links, visitor)
		}
	})
	if m.links[visitor] = links; len(links) == 0 {
		delete(m.links, visitor)
	}
}

// unnumber takes back the places after head.
func (m *MemoryLog) unnumber(head int, waiting int64) {
	for i := len(m.places) - 1; i >= head; i-- {
		m.unfollow(m.places[i].person, flywheel.Position(i+1))
		m.undevice(&m.at(int64(m.places[i].number)).event, flywheel.Position(i+1))
	}
	m.places = m.places[:head]
	m.waiting = waiting
}

func (m *MemoryLog) last() (flywheel.Position, time.Time) {
	n := len(m.places)
	if n == 0 {
		return 0, time.Time{}
	}
	return flywheel.Position(n), time.UnixMicro(m.places[n-1].received).UTC()
}

// Last implements [LogStore].
func (m *MemoryLog) Last(ctx context.Context) (at flywheel.Position, received time.Time, err error) {
	err = m.db.View(ctx, func() error {
		at, received = m.last()
		return nil
	})
	return at, received, err
}

// Read implements [LogStore].
func (m *MemoryLog) Read(ctx context.Context, q Query) (entries []flywheel.Entry, err error) {
	err = m.db.View(ctx, func() error {
		to := flywheel.Position(len(m.places))
		if q.To > 0 {
			to = min(to, q.To)
		}
		if q.Person != "" || q.Visitor != "" {
			entries = m.readPerson(q, to)
			return nil
		}
		n := max(0, min(flywheel.Position(q.Limit), to-q.After))
		if q.Name == "" {
			entries = make([]flywheel.Entry, 0, n)
		}
		for at := q.After + 1; at <= to && len(entries) < q.Limit; at++ {
			if q.Name == "" || m.at(int64(m.places[at-1].number)).event.Name == q.Name {
				entries = append(entries, m.entry(at))
			}
		}
		return nil
	})
	return entries, err
}

func (m *MemoryLog) readPerson(q Query, to flywheel.Position) (entries []flywheel.Entry) {
	positions := m.devices[q.Visitor]
	if q.Visitor == "" {
		n, known := m.persons[q.Person]
		if !known {
			return nil
		}
		positions = m.names[n].positions
	}
	i, _ := slices.BinarySearch(positions, uint32(min(q.After+1, math.MaxUint32)))
	for ; i < len(positions) && flywheel.Position(positions[i]) <= to && len(entries) < q.Limit; i++ {
		if e := m.entry(flywheel.Position(positions[i])); (q.Name == "" || e.Event.Name == q.Name) && (q.Person == "" || e.Person == q.Person) {
			entries = append(entries, e)
		}
	}
	return entries
}

func (m *MemoryLog) entry(at flywheel.Position) flywheel.Entry {
	p := &m.places[at-1]
	return flywheel.Entry{Position: at, Received: time.UnixMicro(p.received).UTC(), Person: m.names[p.person].person, Event: m.at(int64(p.number)).whole()}
}

// Links implements [LogStore].
func (m *MemoryLog) Links(ctx context.Context, visitor flywheel.VisitorID, customer flywheel.CustomerID) (links []Link, err error) {
	err = m.db.View(ctx, func() error {
		if visitor != "" {
			links = append(links, m.links[visitor]...)
		}
		if customer == "" {
			return nil
		}
		for v, of := range m.links {
			for _, l := range of {
				if l.Customer == customer && v != visitor {
					links = append(links, l)
				}
			}
		}
		return nil
	})
	slices.SortStableFunc(links, func(a, b Link) int {
		if a.Visitor != b.Visitor {
			if a.Visitor < b.Visitor {
				return -1
			}
			return 1
		}
		return compareLinks(a, b)
	})
	return links, err
}

// Erase implements [LogStore].
func (m *MemoryLog) Erase(ctx context.Context, customer flywheel.CustomerID, at ...flywheel.Position) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		for _, position := range at {
			if position < 1 || position > flywheel.Position(len(m.places)) {
				return fmt.Errorf("segment: erase position %d of %d: %w", position, len(m.places), flywheel.ErrNotFound)
			}
			m.erase(position, undo)
		}
		for visitor, links := range m.links {
			if rest := removeLinks(slices.Clone(links), customer); len(rest) < len(links) {
				m.relink(visitor, rest, undo)
			}
		}
		return nil
	})
}

func (m *MemoryLog) erase(position flywheel.Position, undo func(func())) {
	p := &m.places[position-1]
	a := m.at(int64(p.number))
	if a.event.Name == EventErased {
		return
	}
	before, facts, person, id, number := a.event, a.facts, p.person, m.hash(a.event.ID), int64(p.number)
	name := m.names[person].person
	undo(func() {
		m.names[person].person = name
		if person != 0 {
			m.persons[name] = person
		}
		if a.event, a.facts, p.person = before, facts, person; person != 0 {
			m.names[person].positions = append(m.names[person].positions, uint32(position))
			slices.Sort(m.names[person].positions)
		}
		if before.Customer == "" && before.Visitor != "" {
			m.devices[before.Visitor] = append(m.devices[before.Visitor], uint32(position))
			slices.Sort(m.devices[before.Visitor])
		}
		m.ids[before.ID] = number
		delete(m.erased, id)
	})
	m.undevice(&before, position)
	if m.unfollow(person, position); person != 0 && len(m.names[person].positions) == 0 {
		delete(m.persons, name) // nobody reads it any more
		m.names[person].person = ""
	}
	p.person = 0
	delete(m.ids, before.ID)
	m.erased[id] = number
	a.event, a.facts = flywheel.Event{ID: id, Name: EventErased, Time: before.Time}, nil
}
