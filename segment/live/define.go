package live

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Define adds segments, or puts new definitions in the place of those of the same
// names, all or none. What time has brought about by at changes first; then the
// differences are transitions of CauseDefinition. History is the log up to here, from
// which new leaves are filled; nil where there is none: then they begin empty.
// An error is a *[DefinitionError] and changes nothing. Cost: one pass over the
// history where leaves are new, and the tests of the definitions for each customer.
func (e *Engine) Define(at time.Time, history iter.Seq[Entry], defs ...Definition) error {
	now, err := e.tick(at)
	if err != nil {
		return err
	}
	var byLevel [2][]Definition
	names := map[string]bool{}
	for _, d := range defs {
		level, own := 0, e.persons
		switch d.Level {
		case Person:
		case Account:
			level, own = 1, e.accounts
		default:
			return &DefinitionError{d.Name, "level", fmt.Errorf("%q: %w", d.Level, flywheel.ErrInvalid)}
		}
		other := e.persons
		if own == e.persons {
			other = e.accounts
		}
		if other.byName[d.Name] != nil || names[d.Name] {
			return &DefinitionError{d.Name, "name", fmt.Errorf("is taken: %w", flywheel.ErrConflict)}
		}
		names[d.Name] = true
		byLevel[level] = append(byLevel[level], d.clone())
	}
	persons, err := e.persons.prepare(byLevel[0])
	if err != nil {
		return err
	}
	accounts, err := e.accounts.prepare(byLevel[1])
	if err != nil {
		return err
	}
	e.persons.define(persons, history, now, false)
	e.accounts.define(accounts, history, now, true)
	return nil
}

// Retire removes a segment; the exits of its members are transitions of
// CauseDefinition. One that another segment asks for is refused with
// flywheel.ErrConflict, an unknown one with flywheel.ErrNotFound.
func (e *Engine) Retire(name string, at time.Time) error {
	now, err := e.tick(at)
	if err != nil {
		return err
	}
	for _, c := range []*core{e.persons, e.accounts} {
		s := c.byName[name]
		if s == nil {
			continue
		}
		if len(s.dependents) > 0 {
			return fmt.Errorf("live: segment %q: %q asks for it: %w", name, c.segments[s.dependents[0]].def.Name, flywheel.ErrConflict)
		}
		c.advance(now, -1)
		for person := range c.ids {
			if bits := c.row(uint32(person)); bits[s.word]&s.mask != 0 {
				bits[s.word] &^= s.mask
				c.told(s, uint32(person), false, now, CauseDefinition)
			}
		}
		delete(c.byName, name)
		c.segments[s.slot] = nil
		c.collect()
		c.wire()
		return nil
	}
	return fmt.Errorf("live: segment %q: %w", name, flywheel.ErrNotFound)
}

// Definitions returns what is defined, by name.
func (e *Engine) Definitions() []Definition {
	var defs []Definition
	for _, c := range []*core{e.persons, e.accounts} {
		for _, s := range c.byName {
			defs = append(defs, s.def.clone())
		}
	}
	slices.SortFunc(defs, func(a, b Definition) int { return strings.Compare(a.Name, b.Name) })
	return defs
}

// prepared is a compiled change that has not been made.
type prepared struct {
	*compiler
	segments []*segment
}

// prepare compiles definitions and refuses references to nothing and cycles.
func (c *core) prepare(defs []Definition) (*prepared, error) {
	p := &prepared{compiler: newCompiler(c)}
	rules := map[string]*expr{}
	for name, s := range c.byName {
		rules[name] = s.rule
	}
	for _, d := range defs {
		e, leaves, err := p.definition(&d)
		if err != nil {
			return nil, err
		}
		rules[d.Name] = e
		p.segments = append(p.segments, &segment{def: d, rule: e, leaves: leaves})
	}
	if len(rules) > maxSegments {
		return nil, &DefinitionError{defs[0].Name, "name", fmt.Errorf("more than %d segments: %w", maxSegments, flywheel.ErrLimit)}
	}
	for _, s := range p.segments {
		if err := acyclic(s.def.Name, rules, nil); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// acyclic follows the segments that a rule asks for.
func acyclic(name string, rules map[string]*expr, open []string) (err error) {
	open = append(open, name)
	if len(open) > 64 {
		return &DefinitionError{open[0], "leaves", fmt.Errorf("segments of segments deeper than 64: %w", flywheel.ErrLimit)}
	}
	rules[name].walk(func(e *expr) {
		switch {
		case err != nil || e.op != opMember:
		case rules[e.segment] == nil:
			err = &DefinitionError{name, "leaves", fmt.Errorf("segment %q: %w", e.segment, flywheel.ErrNotFound)}
		case slices.Contains(open, e.segment):
			err = &DefinitionError{open[0], "leaves", fmt.Errorf("%s → %s is a cycle: %w", strings.Join(open, " → "), e.segment, flywheel.ErrInvalid)}
		default:
			err = acyclic(e.segment, rules, open)
		}
	})
	return err
}

// define makes a prepared change.
func (c *core) define(p *prepared, history iter.Seq[Entry], now int64, accounts bool) {
	if len(p.segments) == 0 {
		return
	}
	c.advance(now, -1)
	c.install(p)
	if history != nil && len(p.rings)+len(p.compiler.leaves) > 0 {
		c.backfill(p, history, now, accounts, true)
	}
	for person := range c.ids {
		person := uint32(person)
		if accounts && !c.known(person) && c.flags[person]&flagSeen != 0 {
			c.begin()
			c.meet(person, c.row(person))
		}
		if !c.known(person) || c.owner[person] != person {
			continue
		}
		c.begin()
		bits := c.row(person)
		c.count(p, person, now, bits)
		for _, s := range p.segments {
			c.mark(s.slot)
		}
		c.judge(person, bits, now, CauseDefinition, false)
	}
	c.collect()
	c.wire()
}

// count brings the new tests of a person up to date.
func (c *core) count(p *prepared, person uint32, now int64, bits []uint64) {
	leaves := map[*leaf]bool{}
	for _, t := range p.fresh {
		switch {
		case t.leaf != nil:
			leaves[t.leaf] = true
		case t.static != nil:
			c.setTest(bits, t, c.staticHolds(t, person))
		default:
			due := t.out(c.nth(t.ring, t.n, person), c.zone(person))
			c.setTest(bits, t, due > now)
			if due > now {
				c.arm(bits, t, person, due)
			}
		}
	}
	for _, l := range c.byLeaf {
		if l == nil || !leaves[l] {
			continue
		}
		if l.agg == Groups {
			c.regroup(l, person, now)
		} else {
			l.resettle(c.states(l, person), now, c.zone(person)) // the log was read in no particular zone
		}
		c.judgeLeaf(l, person, now, bits)
	}
}

// install numbers what is new and makes room for its bits.
func (c *core) install(p *prepared) {
	for _, s := range p.segments {
		if old := c.byName[s.def.Name]; old != nil {
			s.slot = old.slot
		} else {
			s.slot = uint32(free(&c.segments))
			c.sizes = grown(c.sizes, len(c.segments))
			c.stamps = grown(c.stamps, len(c.segments))
			c.sizes[s.slot] = 0
		}
		c.segments[s.slot] = s
		c.byName[s.def.Name] = s
	}
	used := map[*test]bool{}
	usedLeaf := map[*leaf]bool{}
	usedRing := map[*ring]bool{}
	for _, s := range p.segments {
		s.rule.walk(func(e *expr) {
			if e.op == opTest {
				used[e.test] = true
				if e.test.leaf != nil {
					usedLeaf[e.test.leaf] = true
				}
				if e.test.ring != nil {
					usedRing[e.test.ring] = true
				}
			}
		})
	}
	byClass := map[string]*class{}
	place := func(f *filter) *class {
		key := fmt.Sprintf("%q %v %q %q", f.names, f.names == nil, f.property, f.text)
		cl := byClass[key]
		if cl == nil {
			cl = &class{names: f.names, property: f.property, text: f.text}
			byClass[key] = cl
			c.classes = append(c.classes, cl)
		}
		return cl
	}
	for _, key := range sortedKeys(p.rings) {
		r := p.rings[key]
		if !usedRing[r] {
			continue
		}
		cl := place(&r.filter)
		r.class, r.off = cl, cl.size
		cl.size += r.n
		cl.rings = append(cl.rings, r)
		c.rings[key] = r
	}
	for _, key := range sortedKeys(p.compiler.leaves) {
		l := p.compiler.leaves[key]
		if !usedLeaf[l] {
			continue
		}
		l.id = uint32(free(&c.byLeaf))
		c.byLeaf[l.id] = l
		cl := place(&l.filter)
		cl.leaves = append(cl.leaves, l)
		l.store = store{cl, cl.slots}
		cl.slots++
		c.leaves[key] = l
	}
	p.fresh = nil
	for _, key := range sortedKeys(p.tests) {
		t := p.tests[key]
		if !used[t] {
			continue
		}
		t.id = uint32(free(&c.byTest))
		c.byTest[t.id] = t
		c.tests[key] = t
		p.fresh = append(p.fresh, t)
		if t.ring != nil {
			t.ring.tests = append(t.ring.tests, t)
		}
		if t.leaf != nil {
			t.leaf.tests = append(t.leaf.tests, t)
		}
	}
	c.wire()
}

// free finds or makes a free place.
func free[T any](list *[]*T) int {
	i := slices.Index(*list, nil)
	if i < 0 {
		i = len(*list)
		*list = append(*list, nil)
	}
	(*list)[i] = new(T)
	return i
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// backfill gives the log to the new rings and leaves.
func (c *core) backfill(p *prepared, history iter.Seq[Entry], now int64, accounts, create bool) {
	rings, leaves := map[*ring]bool{}, map[*leaf]bool{}
	for _, r := range p.rings {
		rings[r] = true
	}
	for _, l := range p.compiler.leaves {
		leaves[l] = true
	}
	for entry := range history {
		if entry.check() != nil {
			continue
		}
		r := c.reading(&entry)
		alias, ok := c.find(&entry, r.at, accounts, create)
		if !ok {
			continue
		}
		person := c.owner[alias]
		if person != nobody && !c.known(person) && !accounts {
			person = nobody
		}
		c.feed(alias, nobody, &r, now, func(r *ring) bool { return rings[r] }, func(l *leaf) bool { return leaves[l] })
	}
}

// find returns the alias of an entry of the past.
func (c *core) find(entry *Entry, at int64, accounts, create bool) (uint32, bool) {
	if accounts {
		if entry.Account == "" {
			return 0, false
		}
		n, ok := c.customers[flywheel.CustomerID(entry.Account)]
		if !ok && create {
			n, ok = c.customer(flywheel.CustomerID(entry.Account)), true
		}
		if ok && create {
			c.flags[n] |= flagSeen
		}
		return n, ok
	}
	if entry.Customer != "" {
		n, ok := c.customers[entry.Customer]
		return n, ok
	}
	v := c.visitors[entry.Visitor]
	if v == nil {
		return 0, false
	}
	return v.run(at), true
}

// collect removes tests, leaves and rings that no segment uses any more.
func (c *core) collect() {
	used := map[*test]bool{}
	for _, s := range c.segments {
		if s != nil {
			s.rule.walk(func(e *expr) {
				if e.op == opTest {
					used[e.test] = true
				}
			})
		}
	}
	var gone []*test
	for i, t := range c.byTest {
		if t == nil || used[t] {
			continue
		}
		gone = append(gone, t)
		c.byTest[i] = nil
		drop := func(x *test) bool { return x == t }
		if t.ring != nil {
			t.ring.tests = slices.DeleteFunc(t.ring.tests, drop)
		}
		if t.leaf != nil {
			t.leaf.tests = slices.DeleteFunc(t.leaf.tests, drop)
		}
	}
	if len(gone) == 0 {
		return
	}
	for person := range c.ids {
		bits := c.row(uint32(person))
		for _, t := range gone {
			bits[t.word] &^= t.mask
			bits[t.armed] &^= t.mask
		}
	}
	for _, cl := range c.classes {
		cl.rings = slices.DeleteFunc(cl.rings, func(r *ring) bool {
			return len(r.tests) == 0
		})
		cl.leaves = slices.DeleteFunc(cl.leaves, func(l *leaf) bool {
			if len(l.tests) > 0 {
				return false
			}
			c.byLeaf[l.id] = nil
			l.dead = true
			return true
		})
	}
	c.classes = slices.DeleteFunc(c.classes, func(cl *class) bool { return len(cl.rings)+len(cl.leaves) == 0 })
	c.remap()
}

// remap finds by key what can be shared: of several rings and leaves of one
// source the one that tells most apart, and its tests.
func (c *core) remap() {
	clear(c.rings)
	clear(c.leaves)
	clear(c.tests)
	for _, cl := range c.classes {
		for _, r := range cl.rings {
			if old := c.rings[r.filter.source]; old == nil || r.n > old.n {
				c.rings[r.filter.source] = r
			}
		}
	}
	for _, l := range c.byLeaf {
		if l != nil && (c.leaves[l.key] == nil || l.keep > c.leaves[l.key].keep) {
			c.leaves[l.key] = l
		}
	}
	for _, t := range c.byTest {
		if t == nil {
			continue
		}
		best := t.static != nil || t.ring != nil && c.rings[t.ring.filter.source] == t.ring || t.leaf != nil && c.leaves[t.leaf.key] == t.leaf
		if c.tests[t.key] == nil || best {
			c.tests[t.key] = t
		}
	}
}

// wire lays out the bits, and points from events to classes, from tests to
// segments and from segments to those that ask for them.
func (c *core) wire() {
	members, wtest := (len(c.segments)+63)/64, (len(c.byTest)+63)/64
	if members > c.members || wtest > c.wtest {
		members, wtest = max(members, c.members), max(wtest, c.wtest)
		stride := members + 2*wtest
		words := make([]uint64, len(c.ids)*stride)
		for i := range c.ids {
			from, to := c.words[i*c.stride:(i+1)*c.stride], words[i*stride:(i+1)*stride]
			copy(to, from[:c.members])
			copy(to[members:], from[c.members:c.members+c.wtest])
			copy(to[members+wtest:], from[c.members+c.wtest:])
		}
		c.words, c.stride, c.members, c.wtest = words, stride, members, wtest
	}
	c.statics = c.statics[:0]
	for i, t := range c.byTest {
		if t == nil {
			continue
		}
		t.word, t.mask = uint32(c.members+i/64), 1<<(i%64)
		t.armed = t.word + uint32(c.wtest)
		t.segs = t.segs[:0]
		if t.static != nil {
			c.statics = append(c.statics, t)
		}
	}
	c.names, c.every = map[string]*index{}, nil
	for _, cl := range c.classes {
		if cl.names == nil {
			if c.every == nil {
				c.every = &index{}
			}
			c.every.add(cl)
		}
		for _, name := range cl.names {
			if c.names[name] == nil {
				c.names[name] = &index{}
			}
			c.names[name].add(cl)
		}
	}
	for _, s := range c.segments {
		if s != nil {
			s.word, s.mask = s.slot/64, 1<<(s.slot%64)
			s.dependents = s.dependents[:0]
			s.level = -1
		}
	}
	c.deep = false
	for _, s := range c.segments {
		if s != nil {
			c.levelOf(s)
			c.deep = c.deep || s.level > 0
		}
	}
	for _, s := range c.segments {
		if s == nil {
			continue
		}
		s.rule.walk(func(e *expr) {
			switch e.op {
			case opTest:
				if !slices.Contains(e.test.segs, s.slot) {
					e.test.segs = append(e.test.segs, s.slot)
				}
			case opMember:
				if of := c.byName[e.segment]; !slices.Contains(of.dependents, s.slot) {
					of.dependents = append(of.dependents, s.slot)
				}
			}
		})
		s.program = compileProgram(s.rule)
		for i := range s.program.code {
			in := &s.program.code[i]
			if in.ref.op == opTest {
				in.word, in.mask = in.ref.test.word, in.ref.test.mask
			} else {
				of := c.byName[in.ref.segment]
				in.word, in.mask = of.word, of.mask
			}
		}
	}
	c.begins()
	c.unkeyed = true
}

func (c *core) levelOf(s *segment) int {
	if s.level >= 0 {
		return s.level
	}
	s.level = 0
	s.rule.walk(func(e *expr) {
		if e.op == opMember {
			s.level = max(s.level, c.levelOf(c.byName[e.segment])+1)
		}
	})
	return s.level
}

// begins finds the segments that may hold for somebody who has just become known.
func (c *core) begins() {
	bits := make([]uint64, c.stride)
	for _, l := range c.byLeaf {
		if l == nil {
			continue
		}
		for _, t := range l.tests {
			if t.holds(emptyValue(l), &c.texts) {
				bits[t.word] |= t.mask
			}
		}
	}
	byLevel := slices.DeleteFunc(slices.Clone(c.segments), func(s *segment) bool { return s == nil })
	slices.SortStableFunc(byLevel, func(a, b *segment) int { return a.level - b.level })
	c.start = c.start[:0]
	for _, s := range byLevel {
		asks := s.program.run(bits)
		if asks {
			bits[s.word] |= s.mask
		}
		s.rule.walk(func(e *expr) { asks = asks || e.op == opMember || e.test.static != nil })
		if asks {
			c.start = append(c.start, s.slot)
		}
	}
}
