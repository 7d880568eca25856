package live

import (
	"cmp"
	"slices"
)

// step is a compiled step of a sequence.
type step struct {
	filter filter
	within int64 // never: any time later
}

// bits of a sequence's row: which steps the event can be, and above them the
// number of the values that must be the same.
const (
	stepBits = 32
	stepMask = 1<<stepBits - 1
)

// mark is where a beginning of the sequence newly ended.
type mark struct {
	at  int64
	seq uint64
	set bool
}

// completion is a last step that was reached.
type completion struct {
	row
	key int64
}

// sequenceState follows the merged rows of a person: for every beginning of the
// sequence the newest end is enough, since only the gap to the next step counts.
type sequenceState struct {
	last  row
	begun bool
	only  []mark           // without Same
	few   [3]mark          // where only lies when there are no more steps
	ends  map[int64][]mark // by the number of what is the same
	done  []completion     // in order
}

// positive is the number of steps that must come.
func (l *leaf) positive() int {
	if l.grace > 0 {
		return len(l.steps) - 1
	}
	return len(l.steps)
}

// follow takes the next row in order. It reports whether a completion that was
// ripe was taken back, so that older ones count again.
func (l *leaf) follow(s *sequenceState, r row, now int64) (again bool) {
	key, mask := r.val>>stepBits, r.val&stepMask
	k := l.positive()
	if l.grace > 0 && mask>>k&1 != 0 {
		s.done = slices.DeleteFunc(s.done, func(c completion) bool {
			dead := c.key == key && c.before(r) && r.at-c.at <= l.grace
			again = again || dead && c.at+l.grace <= now
			return dead
		})
	}
	s.last, s.begun = r, true
	ends := s.only
	if len(l.same) > 0 {
		ends = s.ends[key]
	}
	if ends == nil {
		if mask&(1<<k-1) == 0 {
			return again
		}
		if len(l.same) == 0 {
			if s.only = s.few[:min(k, len(s.few))]; k > len(s.few) {
				s.only = make([]mark, k)
			}
			ends = s.only
		} else {
			ends = make([]mark, k)
			if s.ends == nil {
				s.ends = map[int64][]mark{}
			}
			s.ends[key] = ends
		}
	}
	for i := k - 1; i >= 0; i-- {
		if mask>>i&1 == 0 {
			continue
		}
		if i > 0 {
			p := ends[i-1]
			if !p.set || p.at == r.at && p.seq >= r.seq || l.steps[i].within != never && r.at-p.at > l.steps[i].within {
				continue
			}
		}
		ends[i] = mark{r.at, r.seq, true}
		if i == k-1 {
			s.done = append(s.done, completion{r, key})
		}
	}
	return again
}

// retrace follows all rows of a person again.
func (l *leaf) retrace(s *sequenceState, states []*rows, now int64) {
	*s = sequenceState{}
	merged := states[0].list
	if len(states) > 1 {
		merged = nil
		for _, state := range states {
			merged = append(merged, state.list...)
		}
		slices.SortFunc(merged, func(a, b row) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) })
	}
	for _, r := range merged {
		l.follow(s, r, now)
	}
}

// ripe counts the completions that are in the window, up to keep, and when that
// can change by time alone.
func (l *leaf) ripe(s *sequenceState, now int64) (n int, next int64) {
	next = never
	for _, c := range s.done {
		in := c.at + l.grace + l.until.micros
		out := int64(never)
		if l.window.finite() {
			out = c.at + l.grace + l.window.micros
		}
		switch {
		case out <= now:
		case in > now && (l.grace > 0 || !l.immediate()):
			next = min(next, in)
		default:
			n++
			next = min(next, out)
		}
	}
	return min(n, l.keep), next
}

// prune forgets completions and rows that can matter no more.
func (l *leaf) prune(s *sequenceState, own *rows, now int64) {
	if l.window.finite() {
		s.done = slices.DeleteFunc(s.done, func(c completion) bool { return c.at+l.grace+l.window.micros <= now })
	}
	if l.immediate() {
		ripe := 0
		for ripe < len(s.done) && s.done[ripe].at+l.grace <= now {
			ripe++
		}
		if ripe > l.keep {
			s.done = slices.Delete(s.done, 0, ripe-l.keep)
		}
	}
	if l.reach >= 0 {
		i := 0
		for i < len(own.list) && own.list[i].at < now-l.reach {
			i++
		}
		if i > 16 && i > len(own.list)/2 {
			own.list = slices.Clone(own.list[i:])
		}
	}
}
