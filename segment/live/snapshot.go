package live

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

const snapshotMagic = "flywheel live 2\n"

// Snapshot returns the whole state of the engine, from which [Restore] makes an
// equal one: definitions, customers, links, what the leaves remember, who
// is in, timers, and transitions that [Engine.Changes] has not returned yet. The bytes
// are the same for the same history on every machine. O(state).
func (e *Engine) Snapshot() []byte {
	c := &codec{write: true, data: []byte(snapshotMagic)}
	e.code(c)
	return binary.LittleEndian.AppendUint32(c.data, crc32.ChecksumIEEE(c.data))
}

// Restore makes an engine of a snapshot; the options are those of the engine that
// it was taken of. A snapshot that is cut off, damaged or of options that do not fit is
// refused.
func Restore(snapshot []byte, opts *Options) (*Engine, error) {
	n := len(snapshot) - 4
	if n < len(snapshotMagic) || string(snapshot[:len(snapshotMagic)]) != snapshotMagic ||
		binary.LittleEndian.Uint32(snapshot[n:]) != crc32.ChecksumIEEE(snapshot[:n]) {
		return nil, errSnapshot
	}
	e := New(opts)
	c := &codec{data: snapshot[len(snapshotMagic):n]}
	e.code(c)
	if c.err == nil && len(c.data) > 0 {
		c.fail()
	}
	if c.err != nil {
		return nil, c.err
	}
	return e, nil
}

func (e *Engine) code(c *codec) {
	c.signed(&e.clock)
	location := e.opts.Location.String()
	fits := location
	skew, latest, anonymous := e.opts.Skew.Microseconds(), e.opts.Latest, e.opts.Anonymous
	c.text(&location)
	c.signed(&skew)
	c.bool(&latest)
	c.bool(&anonymous)
	if location != fits || skew != e.opts.Skew.Microseconds() || latest != e.opts.Latest || anonymous != e.opts.Anonymous {
		if c.err == nil {
			c.err = fmt.Errorf("live: the snapshot is of other options: %w", flywheel.ErrInvalid)
		}
		return
	}
	e.persons.code(c)
	e.accounts.code(c)
}

// code codes a core. Numbers of tests and leaves are not kept: a restored engine compiles
// its definitions together, and what was kept is found by key.
func (x *core) code(c *codec) {
	c.signed(&x.settled)
	c.signed(&x.clock)
	x.codeIdentity(c)
	list(c, &x.texts.values, c.scalar)
	if c.err != nil {
		return
	}
	if !c.write {
		x.texts.numbers = map[any]int64{}
		for i, v := range x.texts.values {
			x.texts.numbers[v] = int64(i)
		}
		x.room()
	}
	defs := []Definition{}
	for _, name := range sortedKeys(x.byName) {
		defs = append(defs, x.byName[name].def)
	}
	c.json(&defs)
	if c.err != nil {
		return
	}
	if !c.write && len(defs) > 0 {
		p, err := x.prepare(defs)
		if err != nil {
			c.err = err
			return
		}
		x.install(p)
		x.collect()
		x.wire()
	}
	x.codeRings(c)
	x.codeLeaves(c)
	x.codeBits(c)
	x.codeTimers(c)
	x.codeOut(c)
}

func (x *core) codeIdentity(c *codec) {
	list(c, &x.ids, c.text)
	list(c, &x.owner, c.alias)
	flags := slices.Clone(x.flags)
	if c.write {
		flags = grown(flags, len(x.ids))
	}
	list(c, &flags, func(f *uint8) {
		v := uint64(*f)
		c.unsigned(&v)
		*f = uint8(v)
	})
	if len(x.owner) != len(x.ids) || len(flags) != len(x.ids) {
		c.fail()
		return
	}
	valid := func(a uint32) bool { return int(a) < len(x.ids) }
	x.flags = flags
	visitors := sortedVisitors(x.visitors)
	list(c, &visitors, func(id *flywheel.VisitorID) {
		s := string(*id)
		c.text(&s)
		*id = flywheel.VisitorID(s)
		v := x.visitors[*id]
		if v == nil {
			v = &visitor{}
			x.visitors[*id] = v
		}
		list(c, &v.links, func(l *link) {
			c.alias(&l.customer)
			c.signed(&l.at)
			c.unsigned(&l.seq)
			if !valid(l.customer) {
				c.fail()
			}
		})
		list(c, &v.aliases, func(a *uint32) {
			c.alias(a)
			if !valid(*a) {
				c.fail()
			}
		})
		list(c, &v.starts, c.signed)
		list(c, &v.history, func(e *Entry) { c.json(e) })
		if len(v.aliases) <= len(v.starts) {
			c.fail()
		}
	})
	customers := []uint32{}
	for _, n := range x.customers {
		customers = append(customers, n)
	}
	slices.Sort(customers)
	list(c, &customers, func(a *uint32) {
		c.alias(a)
		if !valid(*a) {
			c.fail()
		} else if !c.write {
			x.customers[flywheel.CustomerID(x.ids[*a])] = *a
		}
	})
	unions := sortedNumbers(x.unions)
	list(c, &unions, func(a *uint32) {
		c.alias(a)
		others := x.unions[*a]
		list(c, &others, func(o *uint32) {
			c.alias(o)
			if !valid(*o) {
				c.fail()
			}
		})
		x.unions[*a] = others
	})
	zones := sortedNumbers(x.zones)
	list(c, &zones, func(a *uint32) {
		c.alias(a)
		name := ""
		if z := x.zones[*a]; z != nil {
			name = z.String()
		}
		c.text(&name)
		z, err := time.LoadLocation(name)
		if err != nil {
			c.fail()
			return
		}
		x.zones[*a] = z
	})
	names := sortedKeys(x.attrs)
	list(c, &names, func(name *string) {
		c.text(name)
		values := x.attrs[*name]
		if values == nil {
			values = map[uint32]any{}
			x.attrs[*name] = values
		}
		members := sortedNumbers(values)
		list(c, &members, func(a *uint32) {
			c.alias(a)
			v := values[*a]
			c.scalar(&v)
			values[*a] = v
		})
	})
	for _, o := range x.owner {
		if o != nobody && !valid(o) {
			c.fail()
		}
	}
}

func sortedVisitors(m map[flywheel.VisitorID]*visitor) []flywheel.VisitorID {
	keys := make([]flywheel.VisitorID, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func sortedNumbers[T any](m map[uint32]T) []uint32 {
	keys := make([]uint32, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// codeRings codes the newest instants by source; of several rings of one source the
// longest has what the others have.
func (x *core) codeRings(c *codec) {
	longest := map[string]*ring{}
	for _, cl := range x.classes {
		for _, r := range cl.rings {
			if old := longest[r.filter.source]; old == nil || r.n > old.n {
				longest[r.filter.source] = r
			}
		}
	}
	sources := sortedKeys(longest)
	list(c, &sources, func(source *string) {
		c.text(source)
		r := longest[*source]
		if r == nil {
			c.fail()
			return
		}
		n := uint64(r.n)
		c.unsigned(&n)
		if int(n) < r.n {
			c.fail()
			return
		}
		for alias := range x.ids {
			var kept []int64
			if c.write {
				if b := r.class.block(uint32(alias)); b != nil {
					for _, at := range b[r.off : r.off+r.n] {
						if at != empty {
							kept = append(kept, at)
						}
					}
				}
			}
			list(c, &kept, c.signed)
			if !c.write && len(kept) > 0 {
				b := r.class.makeBlock(uint32(alias))
				for _, at := range kept {
					insert(b[r.off:r.off+r.n], at)
				}
			}
		}
	})
}

// codeLeaves codes the states of leaves, with what is derived from rows left out.
func (x *core) codeLeaves(c *codec) {
	most := map[string]*leaf{}
	for _, l := range x.byLeaf {
		if l != nil && (most[l.key] == nil || l.keep > most[l.key].keep) {
			most[l.key] = l
		}
	}
	keys := sortedKeys(most)
	list(c, &keys, func(key *string) {
		c.text(key)
		l := most[*key]
		if l == nil {
			c.fail()
			return
		}
		aliases := []uint32{}
		for alias := range x.ids {
			if s := l.store.get(uint32(alias)); s != nil && !s.blank() {
				aliases = append(aliases, uint32(alias))
			}
		}
		list(c, &aliases, func(a *uint32) {
			c.alias(a)
			if int(*a) >= len(x.ids) {
				c.fail()
				return
			}
			s := l.store.make(*a)
			x.codeState(c, l, s)
			c.signed(&s.armed)
			if l.agg != Groups {
				return
			}
			x.codeGroups(c, l, s)
		})
	})
}

// codeGroups codes the groups of one alias.
func (x *core) codeGroups(c *codec, l *leaf, s *rows) {
	m := s.extra()
	groups := []int64{}
	for k := range m.groups {
		groups = append(groups, k)
	}
	x.arrange(c, groups)
	list(c, &groups, func(k *int64) {
		x.codeNumber(c, k)
		if c.err != nil {
			return
		}
		g := s.group(*k, 0)
		own := g.states != nil
		c.bool(&own)
		if own {
			g = s.group(*k, len(l.groups.leaves))
			for i := range g.states {
				x.codeState(c, l.groups.leaves[i], &g.states[i])
			}
		}
		c.bool(&g.holds)
		c.signed(&g.armed)
		if g.holds && !c.write {
			m.hits++
		}
		if g.armed != never && !c.write {
			m.dues = pushDue(m.dues, groupDue{g.armed, *k})
		}
	})
}

// arrange puts numbers of texts in an order that is the same for the same state: in a
// part, where numbers are the engine's own, that of the texts.
func (x *core) arrange(c *codec, numbers []int64) {
	if c.local == nil {
		slices.Sort(numbers)
		return
	}
	slices.SortFunc(numbers, func(a, b int64) int {
		return cmp.Compare(kindOf(x.texts.values[a])+text(x.texts.values[a]), kindOf(x.texts.values[b])+text(x.texts.values[b]))
	})
}

// kindOf keeps the text "1" and the number 1 apart.
func kindOf(v any) string {
	switch v.(type) {
	case bool:
		return "b"
	case float64:
		return "n"
	case sameKey:
		return "k"
	}
	return "t"
}

// codeNumber codes the number of a text: in a snapshot itself, in a part its place in
// the part's own table.
func (x *core) codeNumber(c *codec, n *int64) {
	switch {
	case c.local != nil:
		place, ok := c.local[*n]
		if !ok {
			place = int64(len(c.table))
			c.local[*n] = place
			c.table = append(c.table, x.texts.values[*n])
		}
		c.signed(&place)
	case c.numbers != nil:
		var place int64
		if c.signed(&place); place < 0 || place >= int64(len(c.numbers)) {
			c.fail()
			return
		}
		*n = c.numbers[place]
	default:
		c.signed(n)
		x.number(c, *n)
	}
}

// number checks that a text is known.
func (x *core) number(c *codec, n int64) {
	if n < 0 || n >= int64(len(x.texts.values)) {
		c.fail()
	}
}

// codeState codes the rows of one alias. Totals of events that were let go are kept;
// those of the window are counted again.
func (x *core) codeState(c *codec, l *leaf, s *rows) {
	list(c, &s.list, func(r *row) {
		c.signed(&r.at)
		c.unsigned(&r.seq)
		switch {
		case l.agg == Distinct, l.agg == MostFrequent, l.agg == First, l.agg == Last:
			x.codeNumber(c, &r.val)
		case l.agg == Sequence && len(l.same) > 0:
			key, mask := r.val>>stepBits, uint64(r.val&stepMask)
			x.codeNumber(c, &key)
			if c.unsigned(&mask); mask > stepMask {
				c.fail()
			}
			r.val = key<<stepBits | int64(mask&stepMask)
		default:
			c.signed(&r.val)
		}
	})
	lo, hi := int64(s.lo), int64(s.hi)
	c.signed(&lo)
	c.signed(&hi)
	if lo < 0 || hi < lo || hi > int64(len(s.list)) {
		c.fail()
		return
	}
	s.lo, s.hi = int(lo), int(hi)
	c.signed(&s.sum.hi)
	c.unsigned(&s.sum.lo)
	var n int64
	if s.more != nil {
		n = s.more.n
	}
	c.signed(&n)
	if n != 0 {
		s.extra().n = n
	}
	if l.agg != MostFrequent {
		return
	}
	counts := s.extra().counts
	values := []int64{}
	for v := range counts {
		values = append(values, v)
	}
	x.arrange(c, values)
	list(c, &values, func(v *int64) {
		x.codeNumber(c, v)
		n := int64(counts[*v])
		c.signed(&n)
		if counts == nil {
			counts = map[int64]int{}
			s.more.counts = counts
		}
		counts[*v] = int(n)
	})
}

// codeBits codes who is in what, and what every test came to.
func (x *core) codeBits(c *codec) {
	for _, name := range sortedKeys(x.byName) {
		s := x.byName[name]
		x.codeBit(c, s.word, s.mask)
		if !c.write {
			x.sizes[s.slot] = 0
			for alias := range x.ids {
				if x.row(uint32(alias))[s.word]&s.mask != 0 {
					x.sizes[s.slot]++
				}
			}
		}
	}
	keys := sortedKeys(x.tests)
	list(c, &keys, func(key *string) {
		c.text(key)
		t := x.tests[*key]
		if t == nil {
			c.fail()
			return
		}
		x.codeBit(c, t.word, t.mask)
		x.codeBit(c, t.armed, t.mask)
	})
}

// codeBit codes one bit of everybody as the lengths of its runs.
func (x *core) codeBit(c *codec, word uint32, mask uint64) {
	if c.write {
		run, last := uint64(0), false
		var runs []uint64
		for alias := range x.ids {
			if bit := x.row(uint32(alias))[word]&mask != 0; bit != last {
				runs = append(runs, run)
				run, last = 0, bit
			}
			run++
		}
		list(c, &runs, c.unsigned)
		return
	}
	var runs []uint64
	list(c, &runs, c.unsigned)
	at, bit := uint64(0), false
	for i := 0; i <= len(runs) && c.err == nil; i++ {
		end := uint64(len(x.ids))
		if i < len(runs) {
			end = at + runs[i]
		}
		if end > uint64(len(x.ids)) {
			c.fail()
			return
		}
		for ; bit && at < end; at++ {
			x.row(uint32(at))[word] |= mask
		}
		at, bit = end, !bit
	}
}
