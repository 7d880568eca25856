package live

import (
	"math"
	"slices"
	"sort"
	"time"
)

// row is one event as a leaf remembers it.
type row struct {
	at  int64
	seq uint64
	val int64 // millionths, or the number of a text
}

func (r row) before(o row) bool { return r.at < o.at || r.at == o.at && r.seq < o.seq }

// rows is the state of a leaf for one alias: the events that are in the window
// or still to enter it, in order, as far as the aggregate needs them.
type rows struct {
	list   []row
	lo, hi int // list[lo:hi] are in the window
	sum    total
	armed  int64 // when the timer of this person and leaf is due
	more   *more
}

// more is what few leaves need.
type more struct {
	n      int64         // events that are for ever in the window and were let go
	counts map[int64]int // most frequent: how often in the window
	seq    *sequenceState
	groups map[int64]*group
	dues   []groupDue // heap, at the root alias
	hits   int        // groups for which the rule holds, at the root alias
}

func (s *rows) extra() *more {
	if s.more == nil {
		s.more = &more{}
	}
	return s.more
}

// sequence returns the state of a sequence, empty where there was none; a new one lies
// beside what holds it.
func (s *rows) sequence() (state *sequenceState, fresh bool) {
	if s.more == nil {
		both := &struct {
			more
			state sequenceState
		}{}
		both.more.seq = &both.state
		s.more = &both.more
		return &both.state, true
	}
	if s.more.seq == nil {
		s.more.seq = &sequenceState{}
		return s.more.seq, true
	}
	return s.more.seq, false
}

// leaf is a value of a person that needs more than the newest instants.
type leaf struct {
	id     uint32
	key    string
	agg    Aggregate
	of     string
	filter filter
	window span
	until  span
	keep   int // Count, Distinct: more are not told apart
	every  int64
	steps  []step     // Sequence
	same   []string   // Sequence
	grace  int64      // Sequence: of the step that must not come
	reach  int64      // Sequence: how far back rows matter, or negative
	groups *groupSpec // Groups
	tests  []*test
	store  store
	dead   bool
}

// store is where the states of a leaf are: in the blocks of its class.
type store struct {
	class *class
	slot  int
}

func (s *store) get(alias uint32) *rows {
	c := s.class
	if int(alias) >= len(c.index) || c.index[alias] == 0 {
		return nil
	}
	i := int(c.index[alias] - 1)
	return &c.states[i/blockChunk][i%blockChunk*c.slots+s.slot]
}

func (s *store) make(alias uint32) *rows {
	if r := s.get(alias); r != nil {
		return r
	}
	s.class.makeBlock(alias)
	return s.get(alias)
}

func (s *store) clear(alias uint32) {
	if r := s.get(alias); r != nil {
		*r = rows{armed: never}
	}
}

// blank reports whether nothing has come to a state yet.
func (s *rows) blank() bool {
	return len(s.list) == 0 && s.more == nil && s.armed == never && s.sum == total{}
}

// grown returns s with at least n elements, zeros behind what it has.
func grown[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	bigger := make([]T, n, max(n, n+n/2))
	copy(bigger, s)
	return bigger
}

// lasting reports whether what is in the window stays there.
func (l *leaf) lasting() bool { return !l.window.finite() && l.until.zero() }

// ordered reports whether every event is in the window at once, so that an
// event that is worse and older than another can be forgotten.
func (l *leaf) immediate() bool { return l.until.zero() }

// settle moves the window to now.
func (l *leaf) settle(s *rows, now int64, loc *time.Location) {
	for s.lo < len(s.list) && l.window.finite() && l.window.after(s.list[s.lo].at, loc) <= now {
		if s.lo < s.hi {
			l.leave(s, s.list[s.lo])
		}
		s.lo++
	}
	s.hi = max(s.hi, s.lo)
	for s.hi < len(s.list) && (l.immediate() || l.until.after(s.list[s.hi].at, loc) <= now) {
		l.enter(s, s.list[s.hi])
		s.hi++
	}
	if s.lo > 16 && s.lo > len(s.list)/2 && (l.window.days == 0 || l.window.after(s.list[s.lo-1].at, loc)+zoneSlack <= now) {
		s.list = append(s.list[:0], s.list[s.lo:]...)
		s.hi -= s.lo
		s.lo = 0
		if cap(s.list) > 64 && len(s.list) < cap(s.list)/4 {
			s.list = slices.Clone(s.list)
		}
	}
}

// zoneSlack is by how much another zone can move the end of a day.
const zoneSlack = int64(48 * 60 * 60 * 1_000_000)

func (l *leaf) enter(s *rows, r row) {
	switch l.agg {
	case Sum, Mean:
		s.sum = s.sum.plus(r.val)
	case MostFrequent:
		m := s.extra()
		if m.counts == nil {
			m.counts = map[int64]int{}
		}
		m.counts[r.val]++
	}
}

func (l *leaf) leave(s *rows, r row) {
	switch l.agg {
	case Sum, Mean:
		s.sum = s.sum.minus(r.val)
	case MostFrequent:
		if s.more.counts[r.val]--; s.more.counts[r.val] == 0 {
			delete(s.more.counts, r.val)
		}
	}
}

// add takes an event into a settled state.
func (l *leaf) add(s *rows, r row, now int64, loc *time.Location) {
	if l.window.finite() && l.window.after(r.at, loc) <= now && (l.window.days == 0 || l.window.after(r.at, loc)+zoneSlack <= now) {
		return // it can matter no more
	}
	if l.lasting() {
		switch l.agg {
		case Sum, Mean, MostFrequent:
			l.enter(s, r)
			s.extra().n++
			return
		case First:
			if len(s.list) == 0 || r.before(s.list[0]) {
				s.list = append(s.list[:0], r)
				s.hi = 1
			}
			return
		}
	}
	if l.immediate() {
		switch l.agg {
		case Last:
			if len(s.list) > s.lo && r.before(s.list[len(s.list)-1]) {
				return
			}
			s.list, s.lo, s.hi = append(s.list[:0], r), 0, 1
			return
		case Min, Max:
			l.addExtreme(s, r)
			return
		case Distinct:
			l.addDistinct(s, r)
			return
		}
	}
	i := len(s.list)
	for i > s.lo && r.before(s.list[i-1]) {
		i--
	}
	s.list = slices.Insert(s.list, i, r)
	if i < s.hi || i == s.hi && (l.immediate() || l.until.after(r.at, loc) <= now) {
		l.enter(s, r)
		s.hi++
	}
	if l.agg == Count && l.keep > 0 && len(s.list)-s.lo > l.keep {
		switch {
		case l.immediate(): // the newest
			s.list = slices.Delete(s.list, 0, s.lo+1)
			s.hi, s.lo = len(s.list), 0
		case !l.window.finite(): // the oldest
			s.list = s.list[:len(s.list)-1]
			s.hi = min(s.hi, len(s.list))
		}
	}
}

// addExtreme keeps the events that no newer one equals or beats.
func (l *leaf) addExtreme(s *rows, r row) {
	beats := func(a, b row) bool { return a.val >= b.val == (l.agg == Max) || a.val == b.val }
	i := len(s.list)
	for i > s.lo && r.before(s.list[i-1]) {
		i--
		if beats(s.list[i], r) {
			return
		}
	}
	j := i
	for j > s.lo && beats(r, s.list[j-1]) {
		j--
	}
	s.list = slices.Replace(s.list, j, i, r)
	s.hi = len(s.list)
}

// addDistinct keeps the newest event of each value, of the newest values as
// many as are told apart.
func (l *leaf) addDistinct(s *rows, r row) {
	for i := len(s.list) - 1; i >= s.lo; i-- {
		if s.list[i].val == r.val {
			if r.before(s.list[i]) {
				return
			}
			s.list = slices.Delete(s.list, i, i+1)
			break
		}
	}
	i := len(s.list)
	for i > s.lo && r.before(s.list[i-1]) {
		i--
	}
	s.list = slices.Insert(s.list, i, r)
	if len(s.list)-s.lo > l.keep {
		s.list, s.lo = slices.Delete(s.list, 0, s.lo+1), 0
	}
	s.hi = len(s.list)
}

// value is what a leaf has come to. Numbers are in num; a text, boolean or
// number of an event is in ref. The zero value is missing.
type value struct {
	known bool
	num   float64
	ref   int64 // number of a text, for leaves of texts
}

// change is the next instant at which the window of a settled state moves.
func (l *leaf) change(s *rows, loc *time.Location) int64 {
	next := int64(never)
	if s.lo < s.hi && l.window.finite() {
		next = l.window.after(s.list[s.lo].at, loc)
	}
	if s.hi < len(s.list) {
		next = min(next, l.until.after(s.list[s.hi].at, loc))
		if l.window.finite() {
			next = min(next, l.window.after(s.list[s.hi].at, loc))
		}
	}
	return next
}

// read returns the value over the settled states of all aliases of a person.
func (l *leaf) read(states []*rows, now int64, texts *texts) value {
	switch l.agg {
	case Count:
		n := 0
		for _, s := range states {
			n += s.hi - s.lo
		}
		if l.keep > 0 {
			n = min(n, l.keep)
		}
		return value{known: true, num: float64(n)}
	case Sum, Mean:
		var sum total
		var n int64
		for _, s := range states {
			sum = sum.add(s.sum)
			n += int64(s.hi - s.lo)
			if s.more != nil {
				n += s.more.n
			}
		}
		if l.agg == Sum {
			return value{known: true, num: sum.float()}
		}
		if n == 0 {
			return value{}
		}
		return value{known: true, num: sum.float() / float64(n)}
	case Min, Max:
		best, known := int64(0), false
		for _, s := range states {
			end := s.hi
			if l.immediate() {
				end = min(s.hi, s.lo+1)
			}
			for _, r := range s.list[s.lo:end] {
				if !known || (r.val > best) == (l.agg == Max) {
					best, known = r.val, true
				}
			}
		}
		return value{known: known, num: float64(best) / micro}
	case First, Last:
		var best row
		known := false
		for _, s := range states {
			if s.lo == s.hi {
				continue
			}
			r := s.list[s.lo]
			if l.agg == Last {
				r = s.list[s.hi-1]
			}
			if !known || r.before(best) == (l.agg == First) {
				best, known = r, true
			}
		}
		return value{known: known, ref: best.val}
	case Distinct:
		return value{known: true, num: float64(l.distinct(states))}
	case MostFrequent:
		return mostFrequent(states, texts)
	case Periods:
		return value{known: true, num: float64(l.periods(states, now))}
	}
	return value{}
}

func (l *leaf) distinct(states []*rows) int {
	if len(states) == 1 && l.immediate() {
		return states[0].hi - states[0].lo
	}
	seen := map[int64]struct{}{}
	for _, s := range states {
		for _, r := range s.list[s.lo:s.hi] {
			seen[r.val] = struct{}{}
		}
	}
	return min(len(seen), l.keep)
}

func mostFrequent(states []*rows, texts *texts) value {
	counts := map[int64]int(nil)
	for _, s := range states {
		switch {
		case s.more == nil || len(s.more.counts) == 0:
		case len(counts) == 0:
			counts = s.more.counts
		default:
			merged := make(map[int64]int, len(counts))
			for v, n := range counts {
				merged[v] = n
			}
			for v, n := range s.more.counts {
				merged[v] += n
			}
			counts = merged
		}
	}
	best, top := int64(-1), 0
	for v, n := range counts {
		if n > top || n == top && texts.less(v, best) {
			best, top = v, n
		}
	}
	return value{known: top > 0, ref: best}
}

// periods counts those of the periods (now-(k+1)·every, now-k·every] that have an
// event: O(periods · log events).
func (l *leaf) periods(states []*rows, now int64) int {
	n := 0
	for k := int64(0); (k+1)*l.every <= l.window.micros; k++ {
		older, newest := now-(k+1)*l.every, now-k*l.every
		if k == 0 {
			newest = math.MaxInt64 // received events count, whatever their clock
		}
		for _, s := range states {
			i := sort.Search(len(s.list), func(i int) bool { return s.list[i].at > older })
			if i < len(s.list) && s.list[i].at <= newest {
				n++
				break
			}
		}
	}
	return n
}

// turn is the next instant at which an event passes from one period to the next.
func (l *leaf) turn(s *rows, now int64) int64 {
	next := int64(never)
	for k := int64(1); k*l.every <= l.window.micros; k++ {
		boundary := now - k*l.every
		i := sort.Search(len(s.list), func(i int) bool { return s.list[i].at > boundary })
		if i < len(s.list) {
			next = min(next, s.list[i].at+k*l.every)
		}
	}
	return next
}
