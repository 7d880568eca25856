package live

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Alias is whose state a [Part] is: of a customer, of a device or of an account.
// Exactly one field is set.
type Alias struct {
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID
	Account  string
}

func (a Alias) check() error {
	set := 0
	for _, id := range []string{string(a.Customer), string(a.Visitor), a.Account} {
		if id == "" {
			continue
		}
		set++
		if err := flywheel.CheckID(id); err != nil {
			return fmt.Errorf("live: alias: %w", err)
		}
	}
	if set != 1 {
		return fmt.Errorf("live: alias %+v names not one: %w", a, flywheel.ErrInvalid)
	}
	return nil
}

// Part is what an engine remembers of one alias, so that a store can keep it in a row of
// its own: see [Engine.Put].
type Part struct {
	Alias
	// Data is the state; nil where there is nothing to remember.
	Data []byte
	// Segments are those of which the alias is a member, in order.
	Segments []string
	// Due is when time alone may change a membership next, zero for never.
	Due time.Time
	// Customers are those to whom a device is linked, in the order of their links.
	Customers []flywheel.CustomerID
}

// Clear forgets all customers, devices and accounts, and keeps the definitions:
// what is left is ready for [Engine.Put]. O(what is forgotten).
func (e *Engine) Clear() {
	e.clock = 0
	e.persons.empty()
	e.accounts.empty()
}

func (c *core) empty() {
	c.identity = identity{ids: c.ids[:0], owner: c.owner[:0]}
	c.identity.init(c.opts.Latest)
	clear(c.flags)
	clear(c.words)
	c.flags, c.words = c.flags[:0], c.words[:0]
	c.reached = c.reached[:0]
	clear(c.zones)
	for _, values := range c.attrs {
		clear(values)
	}
	c.timers, c.settled, c.clock, c.texts = timers{}, 0, 0, texts{}
	c.out, c.put, c.waking = c.out[:0], c.put[:0], false
	clear(c.sizes)
	for _, cl := range c.classes {
		cl.empty()
	}
}

// empty makes all blocks those of nobody.
func (c *class) empty() {
	clear(c.index)
	for i := range c.used {
		block, at := c.blocks[i/blockChunk], i%blockChunk
		for j := range c.size {
			block[at*c.size+j] = empty
		}
		for j := range c.slots {
			c.states[i/blockChunk][at*c.slots+j] = rows{armed: never}
		}
	}
	c.used = 0
}

// Put adds the state of an alias, as [Engine.Parts] gave it for an engine of the same
// definitions and options, or of none where data is nil: then nothing is known of the
// alias. An engine that has only some of all aliases works like one that has all, as
// long as it has those that a call is about: of an event its customer and account, its
// device, the customers to whom the device is linked ([Part].Customers: without
// Options.Latest those of the first two links are enough), and all devices that are
// linked to one of these customers. Each is put once, in any order, before the call;
// data that is damaged or of an alias that was put before is refused. What Data says
// of leaves and segments that are not defined is passed over. O(data).
func (e *Engine) Put(a Alias, data []byte) error {
	if err := a.check(); err != nil {
		return err
	}
	c := e.persons
	if a.Account != "" {
		c = e.accounts
	}
	if err := c.putPart(a, data); err != nil {
		return fmt.Errorf("live: part %+v: %w", a, err)
	}
	return nil
}

// Parts returns the state of every alias that was put or has come since, in that order.
// The data are the same for the same state on every machine. O(state).
func (e *Engine) Parts() iter.Seq[Part] {
	return func(yield func(Part) bool) {
		for _, c := range []*core{e.persons, e.accounts} {
			c.wake()
			c.rehash()
			for n := range c.ids {
				if c.flags[n]&flagAbsent != 0 || c.ids[n] == "" {
					continue
				}
				p, ok := c.part(uint32(n), c == e.accounts)
				if ok && !yield(p) {
					return
				}
			}
		}
	}
}

// part codes the state of an alias; a device is coded with its first one.
func (c *core) part(n uint32, accounts bool) (Part, bool) {
	var p Part
	w := &codec{write: true, local: map[int64]int64{}}
	var v *visitor
	switch {
	case c.flags[n]&flagVisitor != 0:
		p.Visitor = flywheel.VisitorID(c.ids[n])
		if v = c.visitors[p.Visitor]; v == nil || v.aliases[0] != n {
			return p, false
		}
		for _, l := range v.links {
			p.Customers = append(p.Customers, flywheel.CustomerID(c.ids[l.customer]))
		}
	case accounts:
		p.Account = c.ids[n]
	default:
		p.Customer = flywheel.CustomerID(c.ids[n])
	}
	c.codePart(w, n, v)
	if c.owner[n] == n {
		p.Segments, p.Due = c.memberships(n), c.due(n)
	}
	if c.blank(n, v) {
		return p, true
	}
	body := w.data
	w.data, w.local = nil, nil
	list(w, &w.table, w.scalar)
	p.Data = append(w.data, body...)
	return p, true
}

// blank reports whether there is nothing to remember of an alias.
func (c *core) blank(n uint32, v *visitor) bool {
	if c.flags[n]&^flagVisitor != 0 || c.zones[n] != nil {
		return false
	}
	for _, values := range c.attrs {
		if _, ok := values[n]; ok {
			return false
		}
	}
	if v == nil {
		return true
	}
	for _, alias := range v.aliases[1:] {
		if c.flags[alias]&flagSeen != 0 {
			return false
		}
	}
	return len(v.links) == 0 && len(v.history) == 0
}

// memberships returns the names of the segments that somebody is in.
func (c *core) memberships(person uint32) (names []string) {
	bits := c.row(person)
	for _, s := range c.segments {
		if s != nil && bits[s.word]&s.mask != 0 {
			names = append(names, s.def.Name)
		}
	}
	slices.Sort(names)
	return names
}

// due is when time alone may change something for a person.
func (c *core) due(person uint32) time.Time {
	next := int64(never)
	bits := c.row(person)
	for _, t := range c.byTest {
		if t != nil && t.ring != nil && t.window.finite() && bits[t.word]&t.mask != 0 {
			next = min(next, t.out(c.nth(t.ring, t.n, person), c.zone(person)))
		}
	}
	for _, l := range c.byLeaf {
		if l == nil || l.dead {
			continue
		}
		if s := l.store.get(person); s != nil {
			next = min(next, s.armed)
		}
	}
	if next == never {
		return time.Time{}
	}
	return time.UnixMicro(max(next, 1)).UTC()
}

// putPart reads the state of an alias.
func (c *core) putPart(a Alias, data []byte) error {
	n, v := uint32(0), (*visitor)(nil)
	if a.Visitor != "" {
		if c.visitors[a.Visitor] != nil {
			return flywheel.ErrConflict
		}
		v = c.visitor(a.Visitor)
		n = v.aliases[0]
	} else {
		id := cmp.Or(a.Customer, flywheel.CustomerID(a.Account))
		known, ok := c.customers[id]
		if ok && c.flags[known]&flagAbsent == 0 {
			return flywheel.ErrConflict
		}
		n = c.customer(id)
		c.flags[n] &^= flagAbsent
	}
	c.rehash()
	c.waking, c.partial, c.put = true, true, append(c.put, n)
	if data == nil {
		return nil
	}
	r := &codec{data: data}
	list(r, &r.table, r.scalar)
	r.numbers = make([]int64, 0, len(r.table))
	for _, x := range r.table {
		r.numbers = append(r.numbers, c.texts.number(x))
	}
	if c.codePart(r, n, v); r.err == nil && len(r.data) > 0 {
		r.fail()
	}
	return r.err
}

// codePart codes an alias: who it is, what its rings and leaves remember, and what its
// rules have come to. Rings, leaves, tests and segments are known by a hash of their
// key, so that a part can be read after others were defined or retired.
func (c *core) codePart(x *codec, n uint32, v *visitor) {
	aliases := []uint32{n}
	if v != nil {
		c.codeVisitor(x, v)
		if x.err != nil {
			return
		}
		aliases = v.aliases
	}
	for _, alias := range aliases {
		c.codeAlias(x, alias)
	}
	zone := ""
	if z := c.zones[n]; z != nil {
		zone = z.String()
	}
	if x.text(&zone); !x.write && zone != "" {
		z, err := time.LoadLocation(zone)
		if err != nil {
			x.fail()
			return
		}
		c.zones[n] = z
	}
	var names []string
	for _, name := range sortedKeys(c.attrs) {
		if _, ok := c.attrs[name][n]; ok {
			names = append(names, name)
		}
	}
	list(x, &names, func(name *string) {
		x.text(name)
		if c.attrs[*name] == nil {
			c.attrs[*name] = map[uint32]any{}
		}
		value := c.attrs[*name][n]
		x.scalar(&value)
		c.attrs[*name][n] = value
	})
}

func (c *core) codeVisitor(x *codec, v *visitor) {
	id := flywheel.VisitorID(c.ids[v.aliases[0]])
	list(x, &v.links, func(l *link) {
		customer := ""
		if x.write {
			customer = c.ids[l.customer]
		}
		if x.text(&customer); x.err == nil && !x.write {
			if flywheel.CheckID(customer) != nil {
				x.fail()
				return
			}
			_, known := c.customers[flywheel.CustomerID(customer)]
			if l.customer = c.customer(flywheel.CustomerID(customer)); !known {
				c.flags[l.customer] |= flagAbsent
			}
		}
		x.signed(&l.at)
		x.unsigned(&l.seq)
	})
	runs := x.length(len(v.aliases))
	list(x, &v.history, func(e *Entry) { x.json(e) })
	if x.err != nil {
		return
	}
	for len(v.aliases) < runs {
		v.aliases = append(v.aliases, c.newRun(id))
	}
	if !x.write {
		c.assign(id, v)
	}
}

// codeAlias codes the states and bits of an alias.
func (c *core) codeAlias(x *codec, n uint32) {
	flags, reached := uint64(c.flags[n]&(flagSeen|flagKnown)), c.reachedBy(n)
	x.unsigned(&flags)
	x.signed(&reached)
	if !x.write {
		c.flags[n] |= uint8(flags) & (flagSeen | flagKnown)
		c.reach(n, reached)
	}
	var rings []*keyed[*ring]
	var leaves []*keyed[*leaf]
	var tests []*keyed[*test]
	var segments []*keyed[*segment]
	if x.write {
		bits := c.row(n)
		for i := range c.keys.rings.list {
			k := &c.keys.rings.list[i]
			if b := k.of.class.block(n); b != nil && b[k.of.off] != empty {
				rings = append(rings, k)
			}
		}
		for i := range c.keys.leaves.list {
			k := &c.keys.leaves.list[i]
			if s := k.of.store.get(n); s != nil && !s.blank() {
				leaves = append(leaves, k)
			}
		}
		if c.flags[n]&flagKnown != 0 {
			for i := range c.keys.tests.list {
				if k := &c.keys.tests.list[i]; bits[k.of.word]&k.of.mask != 0 {
					tests = append(tests, k)
				}
			}
			for i := range c.keys.segments.list {
				if k := &c.keys.segments.list[i]; bits[k.of.word]&k.of.mask != 0 {
					segments = append(segments, k)
				}
			}
		}
	}
	codeKeyed(x, &c.keys.rings, rings, func(inner *codec, r *ring) {
		if inner.write {
			b := r.class.block(n)
			for _, at := range b[r.off : r.off+r.n] {
				if at != empty {
					inner.signed(&at)
				}
			}
			return
		}
		b := r.class.makeBlock(n)
		for len(inner.data) > 0 && inner.err == nil {
			var at int64
			if inner.signed(&at); inner.err == nil {
				insert(b[r.off:r.off+r.n], at)
			}
		}
	})
	codeKeyed(x, &c.keys.leaves, leaves, func(inner *codec, l *leaf) {
		s := l.store.make(n)
		c.codeState(inner, l, s)
		inner.signed(&s.armed)
		if l.agg == Groups {
			c.codeGroups(inner, l, s)
		}
	})
	codeKeyed(x, &c.keys.tests, tests, func(_ *codec, t *test) { c.row(n)[t.word] |= t.mask })
	codeKeyed(x, &c.keys.segments, segments, func(_ *codec, s *segment) { c.row(n)[s.word] |= s.mask })
}

// codeKeyed codes what is known by a key: each with its length, so that what is
// unknown to the reader is passed over.
func codeKeyed[T any](x *codec, of *keyring[T], some []*keyed[T], code func(*codec, T)) {
	n := x.length(len(some))
	for i := range n {
		if x.err != nil {
			return
		}
		if x.write {
			inner := &codec{write: true, local: x.local, table: x.table}
			code(inner, some[i].of)
			x.table = inner.table
			x.data = binary.LittleEndian.AppendUint64(x.data, some[i].hash)
			x.length(len(inner.data))
			x.data = append(x.data, inner.data...)
			continue
		}
		if len(x.data) < 8 {
			x.fail()
			return
		}
		hash := binary.LittleEndian.Uint64(x.data)
		x.data = x.data[8:]
		size := x.length(0)
		if x.err != nil {
			return
		}
		inner := &codec{data: x.data[:size:size], numbers: x.numbers}
		x.data = x.data[size:]
		if k, ok := of.byHash[hash]; ok {
			if code(inner, k); inner.err == nil && len(inner.data) > 0 {
				inner.fail()
			}
			x.err = inner.err
		}
	}
}

// wake arms what was put, when all of it is there.
func (c *core) wake() {
	if !c.waking {
		return
	}
	c.waking = false
	for _, n := range c.put {
		aliases := []uint32{n}
		if c.flags[n]&flagVisitor != 0 {
			if v := c.visitors[flywheel.VisitorID(c.ids[n])]; v != nil {
				aliases = v.aliases
			}
		}
		for _, n := range aliases {
			if !c.known(n) || c.owner[n] != n {
				continue
			}
			bits := c.row(n)
			for _, t := range c.byTest {
				if t != nil && t.ring != nil && t.window.finite() && bits[t.word]&t.mask != 0 {
					if due := t.out(c.nth(t.ring, t.n, n), c.zone(n)); due != empty {
						c.arm(bits, t, n, due)
					}
				}
			}
			for _, l := range c.byLeaf {
				if l == nil || l.dead {
					continue
				}
				if s := l.store.get(n); s != nil && s.armed != never {
					c.timers.push(timer{s.armed, n, leafTimer | l.id})
				}
			}
			for _, s := range c.segments {
				if s != nil && bits[s.word]&s.mask != 0 {
					c.sizes[s.slot]++
				}
			}
		}
	}
	c.put = c.put[:0]
}

// reachedBy is up to when time has passed for a person by itself.
func (c *core) reachedBy(n uint32) int64 {
	if int(n) < len(c.reached) {
		return c.reached[n]
	}
	return 0
}

func (c *core) reach(n uint32, at int64) {
	if at <= c.reachedBy(n) {
		return
	}
	c.reached = grown(c.reached, int(n)+1)
	c.reached[n] = at
}

// keyed is something of the definitions and the hash by which parts know it.
type keyed[T any] struct {
	hash uint64
	of   T
}

type keyring[T any] struct {
	list   []keyed[T] // by hash
	byHash map[uint64]T
}

// keys are the hashes of what parts speak of.
type keys struct {
	rings    keyring[*ring]
	leaves   keyring[*leaf]
	tests    keyring[*test]
	segments keyring[*segment]
}

// hashed makes a keyring: 64 bits of SHA-256 keep a hundred thousand keys apart.
func hashed[T any](of map[string]T) keyring[T] {
	k := keyring[T]{byHash: make(map[uint64]T, len(of))}
	for _, key := range slices.Sorted(maps.Keys(of)) {
		sum := sha256.Sum256([]byte(key))
		hash := binary.LittleEndian.Uint64(sum[:])
		k.byHash[hash] = of[key]
		k.list = append(k.list, keyed[T]{hash, of[key]})
	}
	slices.SortFunc(k.list, func(a, b keyed[T]) int { return cmp.Compare(a.hash, b.hash) })
	return k
}

// rehash follows the definitions.
func (c *core) rehash() {
	if !c.unkeyed {
		return
	}
	c.unkeyed = false
	c.keys = keys{hashed(c.rings), hashed(c.leaves), hashed(c.tests), hashed(c.byName)}
}
