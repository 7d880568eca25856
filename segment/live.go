package segment

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Events that tell of a customer who enters or leaves a live segment; properties
// "segment" and "cause": "event", "time" or "definition". Their IDs are made of
// what caused them, so that the same cause tells the same.
const (
	EventEntered = "segment_entered"
	EventExited  = "segment_exited"
)

// The causes of a change.
const (
	causeEvent      = "event"
	causeTime       = "time"
	causeDefinition = "definition"
)

// Definition is a live segment: the customers whose profiles meet a rule.
type Definition struct {
	Name string `json:"name"`
	// Leaves are numbers of the segment's own that the rule may ask for by name.
	Leaves map[string]Leaf `json:"leaves,omitempty"`
	// Rule is a condition of package rule over the attributes of
	// [Profiles.Schema] and the leaves.
	Rule json.RawMessage `json:"rule"`
}

// engine is the live segments, ready to be evaluated. It is immutable.
type engine struct {
	segments []*liveSegment // by name
	order    []*liveSegment // as they were defined
	leaves   map[string]*compiledLeaf
	windows  []*compiledLeaf // those with a window, by key
	counts   []dayCount      // the day counts that rules ask for
	version  int64           // of the stored definitions; 0 for none
}

type liveSegment struct {
	Definition
	rule   *rule.Rule
	schema *rule.Schema
	used   []attribute
	leaves []*compiledLeaf
}

func newEngine(attributes []attribute, definitions []Definition) (*engine, error) {
	e := &engine{leaves: map[string]*compiledLeaf{}}
	for _, d := range definitions {
		live, err := compileSegment(attributes, d)
		if err != nil {
			return nil, fmt.Errorf("segment: segment %q: %w", d.Name, err)
		}
		e.order = append(e.order, live)
		for _, leaf := range live.leaves {
			if e.leaves[leaf.key] == nil && leaf.window > 0 {
				e.windows = append(e.windows, leaf)
			}
			e.leaves[leaf.key] = leaf
		}
		for i := range live.used {
			if a := &live.used[i]; a.since != nil {
				e.count(a).learn(live.rule.String())
			}
		}
	}
	slices.SortFunc(e.windows, func(a, b *compiledLeaf) int { return cmp.Compare(a.key, b.key) })
	e.segments = slices.Clone(e.order)
	slices.SortFunc(e.segments, func(a, b *liveSegment) int { return cmp.Compare(a.Name, b.Name) })
	for i := 1; i < len(e.segments); i++ {
		if e.segments[i].Name == e.segments[i-1].Name {
			return nil, fmt.Errorf("segment: two segments %q: %w", e.segments[i].Name, flywheel.ErrInvalid)
		}
	}
	return e, nil
}

func compileSegment(attributes []attribute, d Definition) (*liveSegment, error) {
	if err := flywheel.CheckID(d.Name); err != nil {
		return nil, fmt.Errorf("name: %w", err)
	}
	types := map[string]rule.Type{}
	for i := range attributes {
		types[attributes[i].name] = attributes[i].kind
	}
	live := &liveSegment{Definition: d}
	for _, name := range slices.Sorted(maps.Keys(d.Leaves)) {
		leaf, err := d.Leaves[name].compile()
		if err != nil {
			return nil, fmt.Errorf("leaf %q: %w", name, err)
		}
		live.leaves = append(live.leaves, leaf)
		types[name] = rule.Number
	}
	var err error
	if live.schema, err = rule.NewSchema(types); err != nil {
		return nil, err
	}
	if live.rule, err = rule.Compile(d.Rule, &rule.Options{Schema: live.schema}); err != nil {
		return nil, err
	}
	for i, name := range slices.Sorted(maps.Keys(d.Leaves)) {
		live.leaves[i].slot, _ = live.schema.Slot(name)
	}
	for _, a := range attributes {
		if _, own := d.Leaves[a.name]; own || !slices.ContainsFunc(live.rule.Paths(), func(path string) bool {
			return path == a.name || strings.HasPrefix(path, a.name+".")
		}) {
			continue
		}
		a.slot, _ = live.schema.Slot(a.name)
		live.used = append(live.used, a)
	}
	return live, nil
}

// count returns the day count of an attribute.
func (e *engine) count(a *attribute) *dayCount {
	for i := range e.counts {
		if e.counts[i].name == a.name {
			return &e.counts[i]
		}
	}
	e.counts = append(e.counts, dayCount{name: a.name, since: a.since})
	return &e.counts[len(e.counts)-1]
}

func (e *engine) find(name string) (*liveSegment, error) {
	i, ok := slices.BinarySearchFunc(e.segments, name, func(l *liveSegment, name string) int { return cmp.Compare(l.Name, name) })
	if !ok {
		return nil, fmt.Errorf("segment: segment %q: %w", name, flywheel.ErrNotFound)
	}
	return e.segments[i], nil
}

// fill sets a record to a profile at a moment.
func (l *liveSegment) fill(record *rule.Record, p *Profile, now time.Time) {
	fill(record, l.used, p, now)
	for _, leaf := range l.leaves {
		record.SetNumber(leaf.slot, leaf.number(p))
	}
}

// nextTurn is when the passing of time can next change a segment for a profile;
// zero for never.
func (e *engine) nextTurn(p *Profile, now time.Time) time.Time {
	next := int64(never)
	for i := range e.counts {
		next = min(next, e.counts[i].next(p, now))
	}
	for _, leaf := range e.windows {
		if first := p.Leaves[leaf.key].First; !first.IsZero() {
			next = min(next, first.Add(leaf.window).UnixMicro())
		}
	}
	if next == never {
		return time.Time{}
	}
	return time.UnixMicro(next).UTC()
}

// registry numbers the customers densely, in the order in which they were met. A
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
		if r.numbers == nil {
			r.numbers = map[flywheel.CustomerID]uint32{}
		}
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

// set returns the numbers of customers as a bitmap.
func (r *registry) set(customers []flywheel.CustomerID) *roaring.Bitmap {
	set := roaring.New()
	for _, c := range customers {
		set.Add(r.number(c))
	}
	return set
}
