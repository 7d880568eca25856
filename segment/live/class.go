package live

import (
	"math"
	"slices"
	"time"
)

// class is the rings and leaves that the same events may touch: those of one
// list of names, with one equality or without. The rings of an alias lie
// together in a block.
type class struct {
	names    []string
	property string
	text     string
	rings    []*ring
	leaves   []*leaf
	size     int      // of a block, in instants
	slots    int      // states of leaves in a block
	index    []uint32 // by alias: block + 1
	blocks   [][]int64
	states   [][]rows
	used     int
}

// empty is where no instant is known.
const empty = math.MinInt64

const blockChunk = 256

func (c *class) block(alias uint32) []int64 {
	if int(alias) >= len(c.index) || c.index[alias] == 0 {
		return nil
	}
	i := int(c.index[alias] - 1)
	at := i % blockChunk * c.size
	return c.blocks[i/blockChunk][at : at+c.size : at+c.size]
}

func (c *class) makeBlock(alias uint32) []int64 {
	if b := c.block(alias); b != nil {
		return b
	}
	c.index = grown(c.index, int(alias)+1)
	if c.used == len(c.blocks)*blockChunk {
		fresh := make([]int64, blockChunk*c.size)
		for i := range fresh {
			fresh[i] = empty
		}
		c.blocks = append(c.blocks, fresh)
		states := make([]rows, blockChunk*c.slots)
		for i := range states {
			states[i].armed = never
		}
		c.states = append(c.states, states)
	}
	c.used++
	c.index[alias] = uint32(c.used)
	return c.block(alias)
}

func (c *class) clear(alias uint32) {
	for i, b := 0, c.block(alias); i < len(b); i++ {
		b[i] = empty
	}
	for _, l := range c.leaves {
		l.store.clear(alias)
	}
}

// insert takes an instant into a ring, newest first.
func insert(r []int64, at int64) {
	if at <= r[len(r)-1] {
		return
	}
	i := len(r) - 1
	for i > 0 && r[i-1] < at {
		r[i] = r[i-1]
		i--
	}
	r[i] = at
}

// index finds the classes of an event: by name, then by equality.
type index struct {
	plain []*class
	equal []equality
}

type equality struct {
	property string
	texts    map[string][]*class
}

func (x *index) add(c *class) {
	if c.property == "" {
		x.plain = append(x.plain, c)
		return
	}
	i := slices.IndexFunc(x.equal, func(e equality) bool { return e.property == c.property })
	if i < 0 {
		i = len(x.equal)
		x.equal = append(x.equal, equality{c.property, map[string][]*class{}})
	}
	x.equal[i].texts[c.text] = append(x.equal[i].texts[c.text], c)
}

// each visits the classes that an event may touch.
func (x *index) each(e *reading, visit func(*class)) {
	if x == nil {
		return
	}
	for _, c := range x.plain {
		visit(c)
	}
	for i := range x.equal {
		if text, ok := e.Properties[x.equal[i].property].(string); ok {
			for _, c := range x.equal[i].texts[text] {
				visit(c)
			}
		}
	}
}

// nth is the n-th newest instant of a ring over the aliases of a person.
func (c *core) nth(r *ring, n int, person uint32) int64 {
	others := c.union(person)
	if len(others) == 0 {
		b := r.class.block(person)
		if b == nil {
			return empty
		}
		return b[r.off+n-1]
	}
	merged := c.instants[:0]
	if b := r.class.block(person); b != nil {
		merged = append(merged, b[r.off:r.off+r.n]...)
	}
	for _, alias := range others {
		if b := r.class.block(alias); b != nil {
			merged = append(merged, b[r.off:r.off+r.n]...)
		}
	}
	c.instants = merged
	if len(merged) < n {
		return empty
	}
	slices.SortFunc(merged, func(a, b int64) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	return merged[n-1]
}

// out is when a test with this n-th newest instant stops holding.
func (t *test) out(nth int64, loc *time.Location) int64 {
	if nth == empty {
		return empty
	}
	return t.window.after(nth, loc)
}

// states returns those of a leaf over the aliases of a person.
func (c *core) states(l *leaf, person uint32) []*rows {
	states := c.parts[:0]
	if s := l.store.get(person); s != nil {
		states = append(states, s)
	}
	for _, alias := range c.union(person) {
		if s := l.store.get(alias); s != nil {
			states = append(states, s)
		}
	}
	c.parts = states
	return states
}

// judgeLeaf brings the tests of a leaf up to date for a person at an instant, and
// arms its timer. It returns when the leaf may change next.
func (c *core) judgeLeaf(l *leaf, person uint32, now int64, bits []uint64) int64 {
	v, next := c.leafValue(l, person, now, true)
	for _, t := range l.tests {
		c.setTest(bits, t, t.holds(v, &c.texts))
	}
	if next < never {
		s := l.store.make(person)
		if next < s.armed {
			s.armed = next
			c.timers.push(timer{next, person, leafTimer | l.id})
		}
	}
	return next
}

// leafValue returns the value of a leaf at an instant and when it may change by
// time alone. With move, the states follow; an instant before the last one
// moved to is seen from there.
func (c *core) leafValue(l *leaf, person uint32, now int64, move bool) (value, int64) {
	loc := c.zone(person)
	switch l.agg {
	case Sequence:
		return c.sequenceValue(l, person, now, move)
	case Groups:
		return c.groupsValue(l, person, now, move, loc)
	}
	states := c.states(l, person)
	next := int64(never)
	for i, s := range states {
		if move {
			l.settle(s, now, loc)
		} else {
			s = l.at(s, now, loc)
			states[i] = s
		}
		next = min(next, l.moves(s, now, loc))
	}
	if next <= now { // a calendar day that a zone has left out
		next = now + 1
	}
	return l.read(states, now, &c.texts), next
}

func (c *core) sequenceValue(l *leaf, person uint32, now int64, move bool) (value, int64) {
	root := l.store.get(person)
	if root == nil {
		if len(c.states(l, person)) == 0 {
			return value{known: true}, never
		}
		root = l.store.make(person)
	}
	seq, fresh := root.sequence()
	if fresh {
		l.retrace(seq, c.states(l, person), now)
	}
	if move {
		l.prune(seq, root, now)
	}
	n, next := l.ripe(seq, now)
	return value{known: true, num: float64(n)}, next
}

func (c *core) groupsValue(l *leaf, person uint32, now int64, move bool, loc *time.Location) (value, int64) {
	states := c.states(l, person)
	if len(states) == 0 {
		return value{known: true}, never
	}
	if !move { // from scratch, changing nothing
		n, next := 0, int64(never)
		for _, key := range groupKeys(states) {
			holds, due := l.judgeGroup(states, key, now, loc, &c.texts, false)
			if holds {
				n++
			}
			next = min(next, due)
		}
		return value{known: true, num: float64(n)}, next
	}
	root := l.store.make(person)
	states = c.states(l, person)
	m := root.extra()
	for len(m.dues) > 0 && m.dues[0].due <= now {
		d := m.dues[0]
		m.dues = popDue(m.dues)
		if g := m.groups[d.key]; g != nil && g.armed == d.due {
			g.armed = never
			c.judgeKey(l, root, states, d.key, now, loc)
		}
	}
	next := int64(never)
	if len(m.dues) > 0 {
		next = m.dues[0].due
	}
	return value{known: true, num: float64(m.hits)}, next
}

// judgeKey brings one group of a person up to date.
func (c *core) judgeKey(l *leaf, root *rows, states []*rows, key, now int64, loc *time.Location) {
	g := root.group(key, 0)
	holds, next := l.judgeGroup(states, key, now, loc, &c.texts, true)
	if holds != g.holds {
		g.holds = holds
		if holds {
			root.more.hits++
		} else {
			root.more.hits--
		}
	}
	if next < g.armed {
		g.armed = next
		root.more.dues = pushDue(root.more.dues, groupDue{next, key})
	}
}

func groupKeys(states []*rows) []int64 {
	var keys []int64
	for _, s := range states {
		if s.more != nil {
			for key, g := range s.more.groups {
				if g.states != nil {
					keys = append(keys, key)
				}
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// regroup judges all groups of a person again, after its aliases have changed.
func (c *core) regroup(l *leaf, person uint32, now int64) {
	states := c.states(l, person)
	if len(states) == 0 {
		return
	}
	root := l.store.make(person)
	states = slices.Clone(c.states(l, person))
	m := root.extra()
	m.hits, m.dues = 0, nil
	for _, g := range m.groups {
		g.holds, g.armed = false, never
	}
	for _, key := range groupKeys(states) {
		c.judgeKey(l, root, states, key, now, c.zone(person))
	}
}

// take gives an event to a leaf of an alias. The states of the person are
// brought to now first.
func (c *core) take(l *leaf, alias, person uint32, e *reading, now int64) bool {
	loc := c.zone(person)
	switch l.agg {
	case Sequence:
		return c.takeStep(l, alias, person, e, now)
	case Groups:
		return c.takeGroup(l, alias, person, e, now, loc)
	}
	s := l.store.make(alias)
	l.settle(s, now, loc)
	return l.accept(s, e, now, loc, c)
}

// accept adds what the leaf takes of an event.
func (l *leaf) accept(s *rows, e *reading, now int64, loc *time.Location, c *core) bool {
	r := row{at: e.at, seq: e.seq}
	switch l.agg {
	case Count, Periods:
		l.add(s, r, now, loc)
	case Sum, Mean, Min, Max:
		x, ok := e.number(l.of)
		if !ok {
			return false
		}
		r.val = x
		l.add(s, r, now, loc)
	default:
		values := e.values(c.scalars[:0], l.of)
		c.scalars = values
		for i, x := range values {
			if i > 0 && slices.Contains(values[:i], x) {
				continue
			}
			r.val = c.texts.number(x)
			l.add(s, r, now, loc)
		}
		return len(values) > 0
	}
	return true
}

func (c *core) takeStep(l *leaf, alias, person uint32, e *reading, now int64) bool {
	var mask int64
	for i := range l.steps {
		if l.steps[i].filter.selects(e) {
			mask |= 1 << i
		}
	}
	if mask == 0 {
		return false
	}
	key := int64(0)
	if len(l.same) > 0 {
		joined := ""
		for _, property := range l.same {
			values := e.values(c.scalars[:0], property)
			c.scalars = values
			if len(values) != 1 {
				return false
			}
			x := text(values[0])
			joined += string(rune(len(x))) + x
		}
		key = c.texts.number(sameKey(joined))
	}
	r := row{e.at, e.seq, key<<stepBits | mask}
	s := l.store.make(alias)
	i := len(s.list)
	for i > 0 && r.before(s.list[i-1]) {
		i--
	}
	s.list = slices.Insert(s.list, i, r)
	if person == nobody {
		return true
	}
	root := s
	if alias != person {
		root = l.store.make(person)
	}
	if m := root.more; m == nil || m.seq == nil {
		return true // made when it is read
	} else if m.seq.begun && r.before(m.seq.last) || l.follow(m.seq, r, now) {
		m.seq = nil
	}
	return true
}

// sameKey keeps joined properties apart from texts of that form.
type sameKey string

func (c *core) takeGroup(l *leaf, alias, person uint32, e *reading, now int64, loc *time.Location) bool {
	if !l.filter.takes(e) {
		return false
	}
	keys := slices.Clone(e.values(c.scalars[:0], l.of))
	taken := false
	for i, x := range keys {
		if slices.Contains(keys[:i], x) {
			continue
		}
		key := c.texts.number(x)
		s := l.store.make(alias)
		touched := false
		for j, sub := range l.groups.leaves {
			if !sub.filter.selects(e) {
				continue
			}
			part := &s.group(key, len(l.groups.leaves)).states[j]
			sub.settle(part, now, loc)
			sub.accept(part, e, now, loc, c)
			touched = true
		}
		if touched && person != nobody {
			root := l.store.make(person)
			root.extra()
			c.judgeKey(l, root, slices.Clone(c.states(l, person)), key, now, loc)
		}
		taken = taken || touched
	}
	return taken
}
