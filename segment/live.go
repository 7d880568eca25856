package segment

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Events that tell of a customer who enters or leaves a live segment; property
// "segment". Their IDs are made of what caused them, so that the same events
// cause the same.
const (
	EventEntered = "segment_entered"
	EventExited  = "segment_exited"
)

// Definition is a live segment: the customers whose profiles meet a rule.
type Definition struct {
	Name string `json:"name"`
	// Rule is a condition of package rule over the attributes of
	// [Profiles.Schema].
	Rule json.RawMessage `json:"rule"`
}

// segments is who is in which live segment. The database that [Profiles] uses
// guards it: it is read under View and changed under Update, with undo.
type segments struct {
	list       []*liveSegment // by name
	all, timed []*liveSegment // all, and those that time alone can change
	used       []attribute    // those that rules ask for
	counts     []dayCount     // the day counts that timed rules ask for
	record     *rule.Record   // reused for each evaluation
	customers  registry
	clock      time.Time
	agenda     agenda // when time can next change a segment for each customer
	sink       flywheel.Sink
	pending    []flywheel.Event // of the current change
}

type liveSegment struct {
	name       string
	rule       *rule.Rule
	members    *roaring.Bitmap
	properties map[string]any // of its events
}

func newSegments(attributes []attribute, schema *rule.Schema, definitions []Definition, sink flywheel.Sink) (*segments, error) {
	if sink == nil {
		sink = flywheel.Discard
	}
	s := &segments{record: schema.NewRecord(), sink: sink}
	s.customers.numbers = map[flywheel.CustomerID]uint32{}
	asked := map[string]bool{}
	for _, d := range definitions {
		if err := flywheel.CheckID(d.Name); err != nil {
			return nil, fmt.Errorf("segment: name of a segment: %w", err)
		}
		compiled, err := rule.Compile(d.Rule, &rule.Options{Schema: schema})
		if err != nil {
			return nil, fmt.Errorf("segment: segment %q: %w", d.Name, err)
		}
		live := &liveSegment{d.Name, compiled, roaring.New(), map[string]any{"segment": d.Name}}
		s.all = append(s.all, live)
		timed := false
		for i := range attributes {
			a := &attributes[i]
			if !slices.ContainsFunc(compiled.Paths(), func(path string) bool {
				return path == a.name || strings.HasPrefix(path, a.name+".")
			}) {
				continue
			}
			if !asked[a.name] {
				asked[a.name] = true
				s.used = append(s.used, *a)
			}
			if a.since != nil {
				timed = true
				s.count(a).learn(compiled.String())
			}
		}
		if timed {
			s.timed = append(s.timed, live)
		}
	}
	s.list = slices.Clone(s.all)
	slices.SortFunc(s.list, func(a, b *liveSegment) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(s.list); i++ {
		if s.list[i].name == s.list[i-1].name {
			return nil, fmt.Errorf("segment: two segments %q: %w", s.list[i].name, flywheel.ErrInvalid)
		}
	}
	return s, nil
}

// count returns the day count of an attribute.
func (s *segments) count(a *attribute) *dayCount {
	for i := range s.counts {
		if s.counts[i].name == a.name {
			return &s.counts[i]
		}
	}
	s.counts = append(s.counts, dayCount{name: a.name, since: a.since})
	return &s.counts[len(s.counts)-1]
}

func (s *segments) find(name string) (*liveSegment, error) {
	i, ok := slices.BinarySearchFunc(s.list, name, func(l *liveSegment, name string) int { return cmp.Compare(l.name, name) })
	if !ok {
		return nil, fmt.Errorf("segment: segment %q: %w", name, flywheel.ErrNotFound)
	}
	return s.list[i], nil
}

// begin starts a change.
func (s *segments) begin(undo func(func())) {
	clock := s.clock
	undo(func() { s.clock = clock })
	s.pending = nil
}

// update evaluates some segments for a profile as of the clock. cause is the
// event that changed it, empty for the passing of time.
func (s *segments) update(p *Profile, cause string, which []*liveSegment, undo func(func())) {
	if len(s.all) == 0 {
		return
	}
	number := s.customers.number(p.Customer)
	fill(s.record, s.used, p, s.clock)
	for _, live := range which {
		in := live.rule.MatchRecord(s.record)
		if in == live.members.Contains(number) {
			continue
		}
		name, change, back := EventEntered, live.members.Add, live.members.Remove
		if !in {
			name, change, back = EventExited, back, change
		}
		change(number)
		undo(func() { back(number) })
		s.tell(name, live, p.Customer, cause)
	}
	if len(s.timed) > 0 {
		before := s.agenda.set(number, s.nextTurn(p))
		undo(func() { s.agenda.set(number, before) })
	}
}

func (s *segments) tell(name string, live *liveSegment, customer flywheel.CustomerID, cause string) {
	if cause == "" {
		cause = fmt.Sprintf("%s\x00%d", customer, s.clock.UnixMicro())
	}
	sum := sha256.Sum256([]byte(live.name + "\x00" + cause))
	s.pending = append(s.pending, flywheel.Event{ID: name + ":" + hex.EncodeToString(sum[:16]), Name: name,
		Time: s.clock, Customer: customer, Properties: live.properties})
}

// advance moves the clock, through every instant until then at which time can
// change a segment. find has the profiles of [segments.due].
func (s *segments) advance(to time.Time, find func(flywheel.CustomerID) *Profile, undo func(func())) {
	for {
		number, at, ok := s.agenda.first()
		if !ok || at > to.UnixMicro() {
			break
		}
		s.clock = later(s.clock, time.UnixMicro(at).UTC())
		s.update(find(s.customers.customer(number)), "", s.timed, undo)
	}
	s.clock = later(s.clock, to)
}

// due are the customers whose segments time can change until then.
func (s *segments) due(until time.Time) []flywheel.CustomerID {
	numbers := s.agenda.until(until.UnixMicro())
	customers := make([]flywheel.CustomerID, len(numbers))
	for i, n := range numbers {
		customers[i] = s.customers.customer(n)
	}
	return customers
}

// nextTurn is when the passing of time can next change a segment for a profile.
func (s *segments) nextTurn(p *Profile) int64 {
	next := int64(never)
	for i := range s.counts {
		next = min(next, s.counts[i].next(p, s.clock))
	}
	return next
}

// registry numbers the customers densely, in the order of their first events. A
// number is for ever, also when the transaction rolls back.
type registry struct {
	mu        sync.RWMutex
	numbers   map[flywheel.CustomerID]uint32
	customers []flywheel.CustomerID
}

func (r *registry) number(customer flywheel.CustomerID) uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, ok := r.numbers[customer]
	if !ok {
		n = uint32(len(r.customers))
		r.numbers[customer] = n
		r.customers = append(r.customers, customer)
	}
	return n
}

func (r *registry) known(customer flywheel.CustomerID) (uint32, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n, ok := r.numbers[customer]
	return n, ok
}

func (r *registry) customer(n uint32) flywheel.CustomerID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.customers[n]
}
