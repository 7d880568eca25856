package live

import (
	"math/bits"
	"time"
)

// nobody is the owner of an alias that is no person yet.
const nobody = 1<<32 - 1

// leafTimer marks the timers of leaves; the others are of tests.
const leafTimer = 1 << 31

// core is the engine of one level.
type core struct {
	opts Options

	// What is defined.
	segments []*segment // by slot; nil is free
	byName   map[string]*segment
	rings    map[string]*ring
	leaves   map[string]*leaf
	byLeaf   []*leaf // by id; nil is free
	tests    map[string]*test
	byTest   []*test // by id; nil is free
	statics  []*test
	classes  []*class
	names    map[string]*index
	every    *index
	deep     bool // some segment asks for another
	// start are the segments to look at when somebody becomes known.
	start []uint32

	// Who is there, by alias.
	identity
	flags []uint8
	zones map[uint32]*time.Location
	attrs map[string]map[uint32]any

	// The bits of a person: memberships, tests, armed tests.
	words                  []uint64
	stride, members, wtest int

	timers  timers
	settled int64 // all timers up to here are done
	clock   int64
	texts   texts

	marked  []uint32 // segments to judge
	stamps  []uint32
	stamp   uint32
	out     []transition
	sizes   []int
	parts   []*rows
	scalars []any

	// Of parts: who was put and not woken, up to when time has passed for each person, and
	// the names that parts have for what is defined, where these are not old.
	put     []uint32
	waking  bool
	reached []int64
	keys    keys
	unkeyed bool
	partial bool // some were put

	instants []int64
	fresh    []uint64
	what     []uint32
	sink     uint64
}

const (
	flagKnown   uint8 = 1 << iota // a person that may be a member
	flagSeen                      // an alias with events
	flagVisitor                   // an alias of a device
	flagAbsent                    // a customer whose part was not put
)

// segment is a definition at work.
type segment struct {
	slot       uint32
	def        Definition
	rule       *expr
	leaves     map[string]operands
	program    program
	level      int
	dependents []uint32
	word       uint32
	mask       uint64
}

// transition is a change of membership.
type transition struct {
	at      int64
	segment *segment
	who     uint32
	enter   bool
	cause   Cause
}

func newCore(opts Options) *core {
	c := &core{opts: opts, byName: map[string]*segment{}, rings: map[string]*ring{}, leaves: map[string]*leaf{}, tests: map[string]*test{},
		names: map[string]*index{}, zones: map[uint32]*time.Location{}, attrs: map[string]map[uint32]any{}}
	c.identity.init(opts.Latest)
	return c
}

func (c *core) zone(person uint32) *time.Location {
	if len(c.zones) > 0 {
		if z, ok := c.zones[person]; ok {
			return z
		}
	}
	return c.opts.Location
}

func (c *core) row(person uint32) []uint64 {
	i := int(person) * c.stride
	return c.words[i : i+c.stride : i+c.stride]
}

func (c *core) known(person uint32) bool {
	return int(person) < len(c.flags) && c.flags[person]&flagKnown != 0
}

// room makes the rows of all aliases.
func (c *core) room() {
	n := len(c.ids)
	c.flags = grown(c.flags, n)
	c.words = grown(c.words, n*c.stride)
}

// setTest writes a bit and marks the segments that it wakes.
func (c *core) setTest(bits []uint64, t *test, holds bool) {
	if bits[t.word]&t.mask != 0 == holds {
		return
	}
	bits[t.word] ^= t.mask
	for _, s := range t.segs {
		c.mark(s)
	}
}

func (c *core) mark(s uint32) {
	if c.stamps[s] != c.stamp {
		c.stamps[s] = c.stamp
		c.marked = append(c.marked, s)
	}
}

func (c *core) begin() {
	c.marked = c.marked[:0]
	c.stamp++
	if c.stamp == 0 {
		clear(c.stamps)
		c.stamp = 1
	}
}

// arm makes sure that a timer will look at a test.
func (c *core) arm(bits []uint64, t *test, person uint32, due int64) {
	if due == never || bits[t.armed]&t.mask != 0 {
		return
	}
	bits[t.armed] |= t.mask
	c.timers.push(timer{due, person, t.id})
}

// judge evaluates the marked segments of a person and notes what changed.
// late tells that timers of the person up to now may still be waiting.
func (c *core) judge(person uint32, bits []uint64, at int64, cause Cause, late bool) {
	var fresh []uint64
	for level := 0; ; level++ {
		deeper := false
		for i := 0; i < len(c.marked); i++ {
			s := c.segments[c.marked[i]]
			if c.deep && s.level != level {
				deeper = deeper || s.level > level
				continue
			}
			in := s.program.run(bits)
			if in == (bits[s.word]&s.mask != 0) {
				continue
			}
			if in && late {
				if fresh == nil {
					fresh = c.view(person, at)
				}
				if !s.program.run(fresh) {
					continue // it would be over by now
				}
			}
			bits[s.word] ^= s.mask
			c.told(s, person, in, at, cause)
			for _, d := range s.dependents {
				c.mark(d)
				deeper = true
			}
		}
		if !deeper {
			return
		}
	}
}

func (c *core) told(s *segment, person uint32, in bool, at int64, cause Cause) {
	if in {
		c.sizes[s.slot]++
	} else {
		c.sizes[s.slot]--
	}
	c.out = append(c.out, transition{at, s, person, in, cause})
}

// view returns the bits of a person as they would be at an instant.
func (c *core) view(person uint32, at int64) []uint64 {
	c.fresh = append(c.fresh[:0], c.row(person)...)
	loc := c.zone(person)
	for _, t := range c.byTest {
		if t == nil || t.ring == nil || !t.window.finite() || c.fresh[t.word]&t.mask == 0 {
			continue
		}
		if t.out(c.nth(t.ring, t.n, person), loc) <= at {
			c.fresh[t.word] &^= t.mask
		}
	}
	for _, l := range c.byLeaf {
		if l == nil || l.dead || len(c.states(l, person)) == 0 {
			continue
		}
		v, _ := c.leafValue(l, person, at, false)
		for _, t := range l.tests {
			c.fresh[t.word] &^= t.mask
			if t.holds(v, &c.texts) {
				c.fresh[t.word] |= t.mask
			}
		}
	}
	for level := 0; ; level++ {
		found := false
		for _, s := range c.segments {
			if s == nil || s.level != level {
				continue
			}
			found = true
			c.fresh[s.word] &^= s.mask
			if s.program.run(c.fresh) {
				c.fresh[s.word] |= s.mask
			}
		}
		if !found {
			return c.fresh
		}
	}
}

// apply takes an event of an alias at the trusted instant at.
func (c *core) apply(alias uint32, e *reading, at int64) {
	person := c.owner[alias]
	if person == nobody {
		c.feed(alias, nobody, e, at, nil, nil)
		return
	}
	c.catchUp(person, min(e.at, at+1))
	c.begin()
	bits := c.row(person)
	c.meet(person, bits)
	late := c.timers.next() <= at
	base := at
	if late {
		base = min(at, max(e.at, c.settled, c.reachedBy(person)))
	}
	c.feedPerson(alias, person, e, at, base, bits, late)
	if len(c.marked) > 0 {
		c.judge(person, bits, at, CauseEvent, late)
	}
}

// meet makes a person known.
func (c *core) meet(person uint32, bits []uint64) {
	if c.flags[person]&flagKnown != 0 {
		return
	}
	c.flags[person] |= flagKnown
	for _, t := range c.statics {
		if c.staticHolds(t, person) {
			bits[t.word] |= t.mask
		}
	}
	for _, l := range c.byLeaf {
		if l == nil || l.dead {
			continue
		}
		for _, t := range l.tests { // such as a sum at most 10
			if t.holds(emptyValue(l), &c.texts) {
				bits[t.word] |= t.mask
			}
		}
	}
	for _, s := range c.start {
		c.mark(s)
	}
}

// emptyValue is what a leaf comes to without events.
func emptyValue(l *leaf) value {
	switch l.agg {
	case Mean, Min, Max, First, Last, MostFrequent:
		return value{}
	}
	return value{known: true}
}

func (c *core) staticHolds(t *test, person uint32) bool {
	if t.static.sample != "" {
		return t.match(float64(SampleOf(t.static.sample, c.ids[person])))
	}
	return t.match(c.attrs[t.static.attribute][person])
}

// feed gives an event to the states of an alias, of the classes and leaves that
// only selects, where it is given.
func (c *core) feed(alias, person uint32, e *reading, now int64, onRing func(*ring) bool, onLeaf func(*leaf) bool) {
	visit := func(cl *class) {
		if len(cl.rings) > 0 {
			var block []int64
			for _, r := range cl.rings {
				if onRing != nil && !onRing(r) || !r.filter.takes(e) {
					continue
				}
				if block == nil {
					block = cl.makeBlock(alias)
				}
				insert(block[r.off:r.off+r.n], e.at)
			}
		}
		for _, l := range cl.leaves {
			if onLeaf != nil && !onLeaf(l) || l.agg != Sequence && l.agg != Groups && !l.filter.takes(e) {
				continue
			}
			c.take(l, alias, person, e, now)
		}
	}
	c.names[e.Name].each(e, visit)
	if !e.passive {
		c.every.each(e, visit)
	}
}

// feedPerson is feed for an alias with a person, and brings the touched tests up to date.
func (c *core) feedPerson(alias, person uint32, e *reading, at, base int64, bits []uint64, late bool) {
	single := alias == person && len(c.union(person)) == 0
	x := c.names[e.Name]
	for range 2 {
		if x != nil {
			for _, cl := range x.plain {
				c.touch(cl, alias, person, e, at, base, bits, single, late)
			}
			for i := range x.equal {
				if text, ok := e.Properties[x.equal[i].property].(string); ok {
					for _, cl := range x.equal[i].texts[text] {
						c.touch(cl, alias, person, e, at, base, bits, single, late)
					}
				}
			}
		}
		if x = c.every; e.passive {
			return
		}
	}
}

func (c *core) touch(cl *class, alias, person uint32, e *reading, at, base int64, bits []uint64, single, late bool) {
	if len(cl.rings) > 0 {
		block := cl.makeBlock(alias)
		for _, r := range cl.rings {
			if !r.filter.takes(e) {
				continue
			}
			instants := block[r.off : r.off+r.n]
			insert(instants, e.at)
			for _, t := range r.tests {
				var nth int64
				if single {
					nth = instants[t.n-1]
				} else {
					nth = c.nth(r, t.n, person)
				}
				if late {
					for _, s := range t.segs {
						c.mark(s)
					}
				}
				if nth == empty {
					continue
				}
				if !t.window.finite() {
					c.setTest(bits, t, true)
					continue
				}
				if due := t.out(nth, c.zoneOf(person, t)); due > at {
					c.setTest(bits, t, true)
					c.arm(bits, t, person, due)
				}
			}
		}
	}
	for _, l := range cl.leaves {
		if l.agg != Sequence && l.agg != Groups && !l.filter.takes(e) {
			continue
		}
		if !c.take(l, alias, person, e, base) {
			continue
		}
		c.judgeTaken(l, person, at, base, bits, late)
	}
}

// zoneOf avoids a look-up where the window does not ask for it.
func (c *core) zoneOf(person uint32, t *test) *time.Location {
	if t.window.days == 0 {
		return nil
	}
	return c.zone(person)
}

// judgeTaken judges a leaf after an event. What an event of the past brought
// about and time has ended since is told by nobody.
func (c *core) judgeTaken(l *leaf, person uint32, at, base int64, bits []uint64, late bool) {
	v, next := c.leafValue(l, person, base, true)
	over := base < at && next <= at
	var later value
	if over {
		later, _ = c.leafValue(l, person, at, false)
	}
	for _, t := range l.tests {
		holds := t.holds(v, &c.texts)
		if over && holds != t.holds(later, &c.texts) {
			continue
		}
		c.setTest(bits, t, holds)
		if late {
			for _, s := range t.segs {
				c.mark(s)
			}
		}
	}
	if next < never {
		s := l.store.make(person)
		if next < s.armed {
			s.armed = next
			c.timers.push(timer{next, person, leafTimer | l.id})
		}
	}
}

// refresh computes everything about a person anew, after its aliases or what
// is defined have changed.
func (c *core) refresh(person uint32, at int64, cause Cause) {
	if person == nobody || !c.known(person) {
		return
	}
	c.begin()
	bits := c.row(person)
	loc := c.zone(person)
	for _, t := range c.byTest {
		switch {
		case t == nil || t.leaf != nil:
		case t.static != nil:
			c.setTest(bits, t, c.staticHolds(t, person))
		default:
			due := t.out(c.nth(t.ring, t.n, person), loc)
			c.setTest(bits, t, due > at)
			// A timer that waits may be that of events which have left, and too late for
			// those that come: it means nothing any more.
			bits[t.armed] &^= t.mask
			if due > at {
				c.arm(bits, t, person, due)
			}
		}
	}
	for _, l := range c.byLeaf {
		if l == nil || l.dead {
			continue
		}
		switch l.agg {
		case Sequence:
			if s := l.store.get(person); s != nil && s.more != nil {
				s.more.seq = nil
			}
		case Groups:
			c.regroup(l, person, at)
		default:
			l.resettle(c.states(l, person), at, loc)
		}
		c.judgeLeaf(l, person, at, bits)
	}
	for _, s := range c.segments {
		if s != nil {
			c.mark(s.slot)
		}
	}
	c.judge(person, bits, at, cause, false)
}

// resettle builds the windows of states again, after their zone has changed.
func (l *leaf) resettle(states []*rows, now int64, loc *time.Location) {
	if l.window.days == 0 && l.until.days == 0 {
		return
	}
	for _, s := range states {
		for s.hi > s.lo {
			s.hi--
			l.leave(s, s.list[s.hi])
		}
		s.lo, s.hi = 0, 0
		l.settle(s, now, loc)
	}
}

func trailing(x uint64) int { return bits.TrailingZeros64(x) }
