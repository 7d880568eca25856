package live

import "time"

// groupSpec is what a leaf of groups asks about the events of each value.
type groupSpec struct {
	by     string
	leaves []*leaf
	tests  []*test
	rule   *expr
}

// group is the state of one value: of one alias in states, and at the root alias
// what the person has come to.
type group struct {
	states []rows
	holds  bool
	armed  int64
}

// groupDue says that the rule of a value may change by time alone.
type groupDue struct {
	due int64
	key int64
}

// pushDue and popDue keep a binary heap.
func pushDue(h []groupDue, d groupDue) []groupDue {
	h = append(h, d)
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if h[up].due <= h[i].due {
			break
		}
		h[up], h[i] = h[i], h[up]
		i = up
	}
	return h
}

func popDue(h []groupDue) []groupDue {
	last := len(h) - 1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		low := 2*i + 1
		if low >= last {
			return h
		}
		if low+1 < last && h[low+1].due < h[low].due {
			low++
		}
		if h[i].due <= h[low].due {
			return h
		}
		h[i], h[low] = h[low], h[i]
		i = low
	}
}

// of returns the state of a value, made if need be.
func (s *rows) group(key int64, leaves int) *group {
	m := s.extra()
	if m.groups == nil {
		m.groups = map[int64]*group{}
	}
	g := m.groups[key]
	if g == nil {
		g = &group{armed: never}
		m.groups[key] = g
	}
	if leaves > 0 && g.states == nil {
		g.states = make([]rows, leaves)
	}
	return g
}

// judgeGroup evaluates the rule for one value over the aliases of a person, and
// tells when that can change.
func (l *leaf) judgeGroup(states []*rows, key, now int64, loc *time.Location, texts *texts, move bool) (holds bool, next int64) {
	spec := l.groups
	next = never
	var buffer [4]*rows
	for i, sub := range spec.leaves {
		parts := buffer[:0]
		for _, s := range states {
			if s.more == nil {
				continue
			}
			g := s.more.groups[key]
			if g == nil || g.states == nil {
				continue
			}
			part := &g.states[i]
			if move {
				sub.settle(part, now, loc)
			} else {
				part = sub.at(part, now, loc)
			}
			parts = append(parts, part)
			next = min(next, sub.moves(part, now, loc))
		}
		v := sub.read(parts, now, texts)
		for _, t := range sub.tests {
			t.now = t.holds(v, texts)
		}
	}
	return spec.rule.holds(), next
}

// moves is when a settled state changes by time alone.
func (l *leaf) moves(s *rows, now int64, loc *time.Location) int64 {
	next := l.change(s, loc)
	if l.agg == Periods {
		next = min(next, l.turn(s, now))
	}
	return next
}

// at returns the state as it would be at an instant not before now, leaving s.
func (l *leaf) at(s *rows, now int64, loc *time.Location) *rows {
	c := *s
	if s.more != nil {
		m := *s.more
		if m.counts != nil {
			counts := make(map[int64]int, len(m.counts))
			for k, v := range m.counts {
				counts[k] = v
			}
			m.counts = counts
		}
		c.more = &m
	}
	if s.lo > 16 { // settling may move the rows down
		c.list = append([]row(nil), s.list...)
	} else {
		c.list = append(make([]row, 0, len(s.list)), s.list...)
	}
	l.settle(&c, now, loc)
	return &c
}
