package live

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/segment/rule"
)

// Term is one value of a member as an explanation shows it.
type Term struct {
	Leaf string `json:"leaf"`
	// Value is a number, text or truth value; nil is missing. A count of the
	// newest events is exact up to what some rule asks for, and AtLeast is
	// set when there may be more.
	Value   any  `json:"value"`
	AtLeast bool `json:"at_least,omitempty"`
	// Changes is when time alone may change the value next, zero for never.
	Changes time.Time `json:"changes,omitzero"`
}

// Explanation is why somebody is in a segment or out of it.
type Explanation struct {
	Segment string    `json:"segment"`
	Member  string    `json:"member"`
	In      bool      `json:"in"`
	At      time.Time `json:"at"`
	// Terms are the values of the leaves, by name.
	Terms []Term `json:"terms"`
	// Reasons are the comparisons of the rule that were made; the last decided.
	Reasons []rule.Term `json:"reasons"`
	// Next is when membership changes if nothing happens and no attribute
	// changes, zero for never (or not among the next thousand instants).
	Next time.Time `json:"next,omitzero"`
}

// Explain tells why a customer (or account) is in a segment or out of it at an
// instant, and when that changes if nothing happens. An instant before the
// clock is taken as the clock. Somebody unknown is out, with no events. It
// changes nothing. O(tests of the level · instants until the change).
func (e *Engine) Explain(name, member string, at time.Time) (Explanation, error) {
	c, s, err := e.find(name)
	if err != nil {
		return Explanation{}, err
	}
	now := max(at.UnixMicro(), e.clock)
	out := Explanation{Segment: name, Member: member, At: time.UnixMicro(now).UTC()}
	person, ok := c.person(member)
	if !ok || !c.known(person) {
		person = nobody
	}
	return c.explain(out, s, person, now), nil
}

func (c *core) explain(out Explanation, s *segment, person uint32, now int64) Explanation {
	var bits []uint64
	if person != nobody {
		bits = slices.Clone(c.view(person, now))
		out.In = bits[s.word]&s.mask != 0
	} else {
		bits = make([]uint64, c.stride)
	}
	values := map[string]any{}
	types := map[string]rule.Type{}
	for _, name := range slices.Sorted(maps.Keys(s.leaves)) {
		term := c.term(s.leaves[name], person, now, bits)
		term.Leaf = name
		out.Terms = append(out.Terms, term)
		values[name], types[name] = term.Value, rule.Any
	}
	if schema, err := rule.NewSchema(types); err == nil {
		if r, err := rule.Compile(s.def.Rule, &rule.Options{Schema: schema}); err == nil {
			out.Reasons = r.Explain(values).Terms
		}
	}
	if person == nobody {
		return out
	}
	instant := now
	for range 1000 {
		if instant = c.nextChange(person, instant, bits); instant == never {
			break
		}
		bits = append(bits[:0], c.view(person, instant)...)
		if bits[s.word]&s.mask != 0 != out.In {
			out.Next = time.UnixMicro(instant).UTC()
			break
		}
	}
	return out
}

// nextChange is the first instant after now at which time may change a bit.
func (c *core) nextChange(person uint32, now int64, bits []uint64) int64 {
	next := int64(never)
	loc := c.zone(person)
	for _, t := range c.byTest {
		if t != nil && t.ring != nil && t.window.finite() && bits[t.word]&t.mask != 0 {
			if out := t.out(c.nth(t.ring, t.n, person), loc); out > now {
				next = min(next, out)
			}
		}
	}
	for _, l := range c.byLeaf {
		if l != nil && !l.dead && len(c.states(l, person)) > 0 {
			if _, change := c.leafValue(l, person, now, false); change > now {
				next = min(next, change)
			}
		}
	}
	return next
}

// term reads one leaf of a definition.
func (c *core) term(o operands, person uint32, now int64, bits []uint64) Term {
	switch o := o.(type) {
	case *boolOperand:
		return Term{Value: c.evaluate(o.e, bits)}
	case *staticOperand:
		if person == nobody {
			return Term{}
		}
		if o.sample != "" {
			return Term{Value: float64(SampleOf(o.sample, c.ids[person]))}
		}
		return Term{Value: c.attrs[o.attribute][person]}
	case *leafOperand:
		return c.leafTerm(o, person, now)
	}
	return Term{}
}

func (c *core) leafTerm(o *leafOperand, person uint32, now int64) Term {
	for _, l := range c.byLeaf {
		if l == nil || l.dead || l.agg != o.leaf.agg || l.of != o.leaf.of || l.filter.source != o.leaf.filter.source || l.window != o.leaf.window ||
			l.until != o.leaf.until || l.every != o.leaf.every || !sameSource(l, &o.leaf) {
			continue
		}
		if person == nobody {
			return c.shown(l, emptyValue(l), never)
		}
		v, next := c.leafValue(l, person, now, false)
		return c.shown(l, v, next)
	}
	r := c.rings[o.leaf.filter.source]
	if o.leaf.agg != Count || r == nil {
		return Term{Value: 0.0}
	}
	if person == nobody {
		return Term{Value: 0.0}
	}
	n := 0
	var changes time.Time
	loc := c.zone(person)
	for n < r.n {
		nth := c.nth(r, n+1, person)
		if nth == empty || o.leaf.window.after(nth, loc) <= now {
			break
		}
		n++
		if o.leaf.window.finite() {
			changes = time.UnixMicro(o.leaf.window.after(nth, loc)).UTC()
		}
	}
	return Term{Value: float64(n), AtLeast: n == r.n, Changes: changes}
}

// sameSource compares what the key of an installed leaf ends with.
func sameSource(l, wanted *leaf) bool {
	return wanted.key == "" || len(l.key) >= len(wanted.key) && l.key[len(l.key)-len(wanted.key):] == wanted.key
}

func (c *core) shown(l *leaf, v value, next int64) Term {
	t := Term{}
	switch l.agg {
	case First, Last, MostFrequent:
		if v.known {
			t.Value = c.texts.values[v.ref]
		}
	default:
		if v.known {
			t.Value = v.num
			t.AtLeast = (l.agg == Count || l.agg == Distinct || l.agg == Sequence) && l.keep > 0 && int(v.num) >= l.keep
		}
	}
	if next != never {
		t.Changes = time.UnixMicro(next).UTC()
	}
	return t
}

// evaluate runs an expression over the bits of a person.
func (c *core) evaluate(e *expr, bits []uint64) bool {
	switch e.op {
	case opYes:
		return true
	case opAnd:
		for _, k := range e.kids {
			if !c.evaluate(k, bits) {
				return false
			}
		}
		return true
	case opOr:
		for _, k := range e.kids {
			if c.evaluate(k, bits) {
				return true
			}
		}
	case opNot:
		return !c.evaluate(e.kids[0], bits)
	case opTest:
		return bits[e.test.word]&e.test.mask != 0
	case opMember:
		s := c.byName[e.segment]
		return bits[s.word]&s.mask != 0
	}
	return false
}

// Report is what a definition would do.
type Report struct {
	// Known is how many customers (or accounts) there are, Size how many would
	// be members.
	Known, Size int
	// Enter and Leave are how many would, compared with the segment of that
	// name as it is.
	Enter, Leave int
	// Examples are up to ten members, and up to ten of those who would leave.
	Examples []Explanation
	// Reads tells whether the history had to be read: some leaf is new.
	Reads bool
	// Rows is how many events the new leaves would keep beside the newest
	// instants, and Instants how many of these; 24 and 8 bytes each.
	Rows, Instants int
}

// Try reports what [Engine.Define] of a definition would do at an instant, and
// changes nothing but that what time brings about by then is done. Cost: as Define, and a
// copy of the bits of all customers.
func (e *Engine) Try(at time.Time, history iter.Seq[Entry], d Definition) (Report, error) {
	now, err := e.tick(at)
	if err != nil {
		return Report{}, err
	}
	c := e.persons
	accounts := d.Level == Account
	if accounts {
		c = e.accounts
	}
	c.advance(now, -1)
	trial := newCore(c.opts)
	trial.clock, trial.settled = now, now
	trial.identity, trial.zones, trial.attrs = c.identity, c.zones, c.attrs
	trial.flags = slices.Clone(c.flags)
	if accounts { // accounts that are known from the history only
		trial.identity.ids, trial.identity.owner = slices.Clone(c.ids), slices.Clone(c.owner)
		trial.identity.customers = maps.Clone(c.customers)
	}
	defs := []Definition{d.clone()}
	for have := map[string]bool{d.Name: true}; ; {
		before := len(defs)
		for _, def := range defs {
			for _, l := range def.Leaves {
				if s := c.byName[l.Segment]; s != nil && !have[l.Segment] {
					have[l.Segment] = true
					defs = append(defs, s.def)
				}
			}
		}
		if len(defs) == before {
			break
		}
	}
	p, err := trial.prepare(defs)
	if err != nil {
		return Report{}, err
	}
	check, err := c.prepare([]Definition{d.clone()})
	if err != nil {
		return Report{}, err
	}
	trial.define(p, history, now, accounts)
	out := Report{Reads: len(check.rings)+len(check.compiler.leaves) > 0}
	s := trial.byName[d.Name]
	out.Size = trial.sizes[s.slot]
	old := c.byName[d.Name]
	members, leavers := 0, 0
	for n := range trial.ids {
		person := uint32(n)
		if trial.known(person) && trial.owner[person] == person {
			out.Known++
		}
		in := trial.row(person)[s.word]&s.mask != 0
		was := old != nil && n < len(c.ids) && c.row(person)[old.word]&old.mask != 0
		example := false
		switch {
		case in && !was:
			out.Enter++
		case was && !in:
			out.Leave++
			leavers++
			example = leavers <= 10
		}
		if in {
			members++
			example = members <= 10
		}
		if example {
			e := Explanation{Segment: d.Name, Member: trial.ids[n], At: at.UTC()}
			out.Examples = append(out.Examples, trial.explain(e, s, person, now))
		}
	}
	for _, cl := range trial.classes {
		out.Instants += cl.used * cl.size
		for _, l := range cl.leaves {
			for n := range trial.ids {
				if s := l.store.get(uint32(n)); s != nil {
					out.Rows += len(s.list)
				}
			}
		}
	}
	return out, nil
}
