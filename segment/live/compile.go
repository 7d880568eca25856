package live

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// ringMost is the longest list of newest instants that lies in a block.
const ringMost = 16

// ring is the newest n instants of the events that a filter selects: enough for
// every "k times within w" with k <= n, whatever w.
type ring struct {
	filter filter
	n      int
	class  *class
	off    int // in the class's block
	tests  []*test
}

// test is one bit of a person.
type test struct {
	id     uint32
	key    string
	ring   *ring // at least n events within window
	n      int
	window span
	leaf   *leaf // else a comparison with a leaf
	op     compareOp
	num    float64
	rule   *rule.Rule
	record *rule.Record
	static *static // else one with what does not come from events

	word  uint32
	mask  uint64
	armed uint32 // the word of its armed bit
	segs  []uint32
	now   bool // in groups
}

// static is a value that does not come from events.
type static struct {
	sample    string
	attribute string
}

// holds compares a value.
func (t *test) holds(v value, texts *texts) bool {
	switch t.op {
	case opGE:
		return v.known && v.num >= t.num
	case opGT:
		return v.known && v.num > t.num
	case opEQ:
		return v.known && v.num == t.num
	case opExists:
		return v.known
	}
	var x any
	if v.known {
		x = texts.values[v.ref]
	}
	return t.match(x)
}

// match runs the rule of a comparison with a text.
func (t *test) match(x any) bool {
	t.record.Set(0, x)
	return t.rule.MatchRecord(t.record)
}

// compiler compiles definitions against what a core has, and keeps what is new
// until all is known to be right.
type compiler struct {
	core    *core
	segment string
	rings   map[string]*ring
	leaves  map[string]*leaf
	tests   map[string]*test
	grouped bool // within groups: no sharing
	// of the leaves compiled in the present group
	groupLeaves []*leaf
	groupTests  []*test
	fresh       []*test // what was added when it was installed
}

func newCompiler(c *core) *compiler {
	return &compiler{core: c, rings: map[string]*ring{}, leaves: map[string]*leaf{}, tests: map[string]*test{}}
}

func (b *compiler) fail(path string, err error) error {
	return &DefinitionError{Segment: b.segment, Path: path, Err: err}
}

// definition compiles a definition to an expression.
func (b *compiler) definition(d *Definition) (*expr, map[string]operands, error) {
	b.segment = d.Name
	if err := flywheel.CheckID(d.Name); err != nil {
		return nil, nil, b.fail("name", err)
	}
	return b.rules(d.Leaves, d.Rule, "")
}

// rules compiles named leaves and a condition on them.
func (b *compiler) rules(leaves map[string]Leaf, src json.RawMessage, path string) (*expr, map[string]operands, error) {
	if len(leaves) > MaxLeaves {
		return nil, nil, b.fail(path+"leaves", fmt.Errorf("%d, at most %d: %w", len(leaves), MaxLeaves, flywheel.ErrLimit))
	}
	types := map[string]rule.Type{}
	compiled := map[string]operands{}
	for _, name := range slices.Sorted(maps.Keys(leaves)) {
		at := path + "leaves." + name
		if strings.ContainsAny(name, ".$") || flywheel.CheckID(name) != nil {
			return nil, nil, b.fail(at, fmt.Errorf("a leaf's name is an identifier without . and $: %w", flywheel.ErrInvalid))
		}
		l := leaves[name]
		o, kind, err := b.leaf(&l, at)
		if err != nil {
			return nil, nil, err
		}
		if own, ok := o.(*leafOperand); ok && b.grouped {
			own.grouped() // it selects events, whatever it is compared with
		}
		types[name], compiled[name] = kind, o
	}
	schema, err := rule.NewSchema(types)
	if err != nil {
		return nil, nil, b.fail(path+"leaves", err)
	}
	if len(src) == 0 {
		return nil, nil, b.fail(path+"rule", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	}
	if _, err := rule.Compile(src, &rule.Options{Schema: schema}); err != nil {
		return nil, nil, b.fail(path+"rule", err)
	}
	e, err := condition(src, compiled)
	if err != nil {
		return nil, nil, b.fail(path+"rule", err)
	}
	return e, compiled, nil
}

// used reports which kind of fields of a leaf are set.
func (l *Leaf) shape() (events, special int) {
	if len(l.Events) > 0 || len(l.Where) > 0 || l.Agg != "" || l.Of != "" || l.Currency != "" || l.Window != "" || l.Until != "" || l.Calendar ||
		!l.From.IsZero() || !l.Before.IsZero() || l.Every != "" || l.Gap != "" || len(l.Steps) > 0 || len(l.Same) > 0 || l.By != "" || l.Leaves != nil || len(l.Rule) > 0 {
		events = 1
	}
	for _, s := range []string{l.Segment, l.Sample, l.Attribute} {
		if s != "" {
			special++
		}
	}
	return events, special
}

var needs = map[Aggregate]struct{ of, every, gap, steps, by bool }{
	Count: {}, Sum: {of: true}, Mean: {of: true}, Min: {of: true}, Max: {of: true}, Distinct: {of: true}, MostFrequent: {of: true},
	First: {of: true}, Last: {of: true}, Periods: {every: true}, Started: {}, Stopped: {}, Resumed: {gap: true}, Sequence: {steps: true}, Groups: {by: true},
}

// leaf compiles one leaf.
func (b *compiler) leaf(l *Leaf, path string) (operands, rule.Type, error) {
	fail := func(field string, format string, args ...any) (operands, rule.Type, error) {
		return nil, 0, b.fail(path+"."+field, fmt.Errorf(format, args...))
	}
	events, special := l.shape()
	if events+special > 1 {
		return fail("segment", "a leaf is about events, or a segment, or a sample, or an attribute: %w", flywheel.ErrInvalid)
	}
	if special == 1 && b.grouped {
		return fail("segment", "is no property of a group: %w", flywheel.ErrInvalid)
	}
	switch {
	case l.Segment != "":
		if err := flywheel.CheckID(l.Segment); err != nil {
			return fail("segment", "%w", err)
		}
		return &boolOperand{e: &expr{op: opMember, segment: l.Segment}}, rule.Bool, nil
	case l.Sample != "":
		return &staticOperand{b, &static{sample: l.Sample}}, rule.Int, nil
	case l.Attribute != "":
		if err := flywheel.CheckID(l.Attribute); err != nil {
			return fail("attribute", "%w", err)
		}
		return &staticOperand{b, &static{attribute: l.Attribute}}, rule.Any, nil
	}
	agg := l.Agg
	if agg == "" {
		agg = Count
	}
	need, known := needs[agg]
	if !known {
		return fail("agg", "%q: %w", agg, flywheel.ErrInvalid)
	}
	numeric := agg == Sum || agg == Mean || agg == Min || agg == Max
	of := l.Of
	if of == "" && numeric {
		of = "value"
	}
	switch {
	case need.of != (of != ""):
		return fail("of", "%s and of %q: %w", agg, l.Of, flywheel.ErrInvalid)
	case need.every != (l.Every != ""):
		return fail("every", "%s and every %q: %w", agg, l.Every, flywheel.ErrInvalid)
	case need.gap != (l.Gap != ""):
		return fail("gap", "%s and gap %q: %w", agg, l.Gap, flywheel.ErrInvalid)
	case need.steps != (len(l.Steps) > 0) || !need.steps && len(l.Same) > 0:
		return fail("steps", "%s and %d steps: %w", agg, len(l.Steps), flywheel.ErrInvalid)
	case need.by != (l.By != "") || !need.by && (l.Leaves != nil || len(l.Rule) > 0):
		return fail("by", "%s and by %q: %w", agg, l.By, flywheel.ErrInvalid)
	case agg == Sequence && (len(l.Events) > 0 || len(l.Where) > 0):
		return fail("events", "the steps of a sequence select events: %w", flywheel.ErrInvalid)
	case l.Calendar && (agg == Sequence || agg == Periods || agg == Resumed || agg == Groups):
		return fail("calendar", "not of %s: %w", agg, flywheel.ErrInvalid)
	case b.grouped && (agg == Sequence || agg == Groups):
		return fail("agg", "%s within groups: %w", agg, flywheel.ErrInvalid)
	}
	if of != "" && flywheel.CheckID(of) != nil {
		return fail("of", "%w", flywheel.CheckID(of))
	}
	if l.Currency != "" && (len(l.Currency) != 3 || strings.ToUpper(l.Currency) != l.Currency) {
		return fail("currency", "%q: %w", l.Currency, flywheel.ErrInvalid)
	}
	f, err := newFilter(l.Events, l.Where, l.Currency, l.From, l.Before)
	if err != nil {
		return fail("events", "%w", err)
	}
	window, err := parseSpan(l.Window, l.Calendar, forever)
	if err != nil {
		return fail("window", "%w", err)
	}
	until, err := parseSpan(l.Until, l.Calendar, span{})
	if err != nil {
		return fail("until", "%w", err)
	}
	if !until.zero() && !longer(window, until) {
		return fail("until", "%q is not shorter than the window %q: %w", l.Until, l.Window, flywheel.ErrInvalid)
	}
	count := func(window, until span) *leafOperand {
		return &leafOperand{b: b, leaf: leaf{agg: Count, filter: f, window: window, until: until}}
	}
	some := func(window, until span) (*expr, error) { return count(window, until).compare(opGE, 1) }
	switch agg {
	case Count:
		return count(window, until), rule.Int, nil
	case Started, Stopped:
		if !window.finite() && until.zero() {
			return fail("window", "%s needs a window: %w", agg, flywheel.ErrInvalid)
		}
		var in, out *expr
		if agg == Started {
			if in, err = some(forever, until); err == nil && window.finite() {
				out, err = some(forever, window)
			}
		} else {
			if in, err = some(window, span{}); err == nil && !until.zero() {
				out, err = some(until, span{})
			}
		}
		if err != nil {
			return nil, 0, err
		}
		if out != nil {
			in = all(in, not(out))
		}
		return &boolOperand{e: in}, rule.Bool, nil
	case Resumed:
		gap, err := parseSpan(l.Gap, false, span{})
		if err != nil {
			return fail("gap", "%w", err)
		}
		if !window.finite() || !until.zero() {
			return fail("window", "resumed needs a window, and no until: %w", flywheel.ErrInvalid)
		}
		both := span{micros: window.micros + gap.micros}
		now, err := some(window, span{})
		if err != nil {
			return nil, 0, err
		}
		silent, err := some(both, window)
		if err != nil {
			return nil, 0, err
		}
		before, err := some(forever, both)
		if err != nil {
			return nil, 0, err
		}
		return &boolOperand{e: all(now, not(silent), before)}, rule.Bool, nil
	}
	lf := leaf{agg: agg, of: of, filter: f, window: window, until: until}
	kind := rule.Number
	switch agg {
	case Distinct:
		kind = rule.Int
	case MostFrequent, First, Last:
		kind = rule.Any
	case Periods:
		kind = rule.Int
		every, err := parseSpan(l.Every, false, span{})
		if err != nil {
			return fail("every", "%w", err)
		}
		if !window.finite() || !until.zero() || window.micros%every.micros != 0 || window.micros/every.micros > MaxPeriods {
			return fail("every", "the window is 1 to %d periods, without until: %w", MaxPeriods, flywheel.ErrInvalid)
		}
		lf.every = every.micros
	case Sequence:
		kind = rule.Int
		if err := b.sequence(l, &lf, path); err != nil {
			return nil, 0, err
		}
	case Groups:
		kind = rule.Int
		if !until.zero() || window.finite() {
			return fail("window", "the leaves of groups have windows: %w", flywheel.ErrInvalid)
		}
		if err := flywheel.CheckID(l.By); err != nil {
			return fail("by", "%w", err)
		}
		inner := &compiler{core: b.core, segment: b.segment, grouped: true}
		e, _, err := inner.rules(l.Leaves, l.Rule, path+".")
		if err != nil {
			return nil, 0, err
		}
		source, _ := json.Marshal([]any{l.By, l.Leaves, l.Rule})
		lf.of, lf.key = l.By, string(source)
		lf.groups = &groupSpec{by: l.By, leaves: inner.groupLeaves, tests: inner.groupTests, rule: e}
		if f.names == nil { // only what some leaf selects can matter
			lf.filter.names = unionNames(inner.groupLeaves, func(l *leaf) *filter { return &l.filter })
		}
	}
	return &leafOperand{b: b, leaf: lf}, kind, nil
}

// sequence compiles the steps.
func (b *compiler) sequence(l *Leaf, lf *leaf, path string) error {
	fail := func(i int, format string, args ...any) error {
		return b.fail(fmt.Sprintf("%s.steps[%d]", path, i), fmt.Errorf(format, args...))
	}
	if len(l.Steps) > MaxSteps {
		return fail(MaxSteps, "%d steps, at most %d: %w", len(l.Steps), MaxSteps, flywheel.ErrLimit)
	}
	bounded := int64(0)
	for i, s := range l.Steps {
		last := i == len(l.Steps)-1
		if s.Not && (!last || i == 0 || s.Within == "") {
			return fail(i, "only the last of several steps can be one that must not come, within a time: %w", flywheel.ErrInvalid)
		}
		if i == 0 && s.Within != "" {
			return fail(i, "nothing comes before the first step: %w", flywheel.ErrInvalid)
		}
		f, err := newFilter(s.Events, s.Where, l.Currency, l.From, l.Before)
		if err != nil {
			return fail(i, "%w", err)
		}
		within, err := parseSpan(s.Within, false, forever)
		if err != nil {
			return fail(i, "within: %w", err)
		}
		st := step{filter: f, within: never}
		if within.finite() {
			st.within = within.micros
		}
		if s.Not {
			lf.grace = st.within
		} else if i > 0 {
			if st.within == never || bounded < 0 {
				bounded = -1
			} else {
				bounded += st.within
			}
		}
		lf.steps = append(lf.steps, st)
	}
	for _, p := range l.Same {
		if err := flywheel.CheckID(p); err != nil {
			return b.fail(path+".same", err)
		}
	}
	lf.same = slices.Clone(l.Same)
	lf.reach = -1
	if bounded >= 0 && lf.window.finite() {
		lf.reach = bounded + lf.grace + lf.window.micros
	}
	// The leaf is woken by the events of any step.
	lf.filter = filter{names: unionNames(lf.steps, func(s step) *filter { return &s.filter }), from: math.MinInt64, before: never}
	source, _ := json.Marshal([]any{l.Steps, l.Same, l.Currency, l.From, l.Before})
	lf.key = string(source)
	return nil
}

// unionNames are the names that some filter selects, nil for all.
func unionNames[T any](list []T, of func(T) *filter) []string {
	names := []string{}
	for _, x := range list {
		if of(x).names == nil {
			return nil
		}
		names = append(names, of(x).names...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// boolOperand is a leaf that is true or false.
type boolOperand struct{ e *expr }

func (o *boolOperand) truth() *expr           { return o.e }
func (o *boolOperand) exists() (*expr, error) { return yes, nil }
func (o *boolOperand) compare(compareOp, float64) (*expr, error) {
	return no, nil // refused by the schema
}
func (o *boolOperand) other(src json.RawMessage) (*expr, error) {
	return nil, fmt.Errorf("%s of what is true or false: %w", src, rule.ErrOperand)
}

// leafOperand is a leaf that is made of events.
type leafOperand struct {
	b    *compiler
	leaf leaf
}

func (o *leafOperand) truth() *expr { return nil }

func (o *leafOperand) texts() bool {
	return o.leaf.agg == First || o.leaf.agg == Last || o.leaf.agg == MostFrequent
}

func (o *leafOperand) exists() (*expr, error) {
	switch o.leaf.agg {
	case Mean, Min, Max, First, Last, MostFrequent:
		return o.test(opExists, 0, nil)
	}
	return yes, nil
}

func (o *leafOperand) compare(op compareOp, x float64) (*expr, error) {
	if o.texts() {
		operator := map[compareOp]string{opGE: "$gte", opGT: "$gt", opEQ: "$eq"}[op]
		src, _ := json.Marshal(map[string]float64{operator: x})
		return o.other(src)
	}
	if o.leaf.agg != Count && o.leaf.agg != Distinct && o.leaf.agg != Sequence && o.leaf.agg != Groups && o.leaf.agg != Periods {
		return o.test(op, x, nil)
	}
	if op == opEQ {
		n, ok := whole(x)
		if !ok || n < 0 {
			return no, nil
		}
		lower, err := o.atLeast(float64(n))
		if err != nil {
			return nil, err
		}
		upper, err := o.atLeast(float64(n) + 1)
		if err != nil {
			return nil, err
		}
		return all(lower, not(upper)), nil
	}
	if op == opGT {
		return o.atLeast(math.Floor(x) + 1)
	}
	return o.atLeast(math.Ceil(x))
}

// atLeast is n of what is counted, or more.
func (o *leafOperand) atLeast(n float64) (*expr, error) {
	if n <= 0 {
		return yes, nil
	}
	if n > MaxCount {
		return nil, fmt.Errorf("a count is compared with at most %d, not %v: %w", MaxCount, n, flywheel.ErrOutOfRange)
	}
	if o.leaf.agg == Count && o.leaf.until.zero() && n <= ringMost && !o.b.grouped {
		return o.b.ringTest(&o.leaf, int(n)), nil
	}
	return o.test(opGE, n, nil)
}

func (o *leafOperand) other(src json.RawMessage) (*expr, error) {
	if !o.texts() {
		return nil, fmt.Errorf("%s of a number: %w", src, rule.ErrOperand)
	}
	compiled, err := compileText(src)
	if err != nil {
		return nil, err
	}
	return o.test(opRule, 0, compiled)
}

var textSchema = func() *rule.Schema {
	s, err := rule.NewSchema(map[string]rule.Type{"v": rule.Any})
	if err != nil {
		panic(err)
	}
	return s
}()

func compileText(src json.RawMessage) (*rule.Rule, error) {
	return rule.Compile([]byte(fmt.Sprintf(`{"v":%s}`, src)), &rule.Options{Schema: textSchema})
}

// ringTest returns the test for n of the leaf's events within its window.
func (b *compiler) ringTest(l *leaf, n int) *expr {
	r := b.rings[l.filter.source]
	if r == nil {
		r = b.core.rings[l.filter.source]
		if r == nil || r.n < n {
			r = &ring{filter: l.filter}
			b.rings[l.filter.source] = r
		}
	}
	if r.class == nil {
		r.n = max(r.n, n)
	}
	key := fmt.Sprintf("ring %s %v %d", l.filter.source, l.window, n)
	t := b.tests[key]
	if t == nil {
		if t = b.core.tests[key]; t == nil || t.ring != r {
			t = &test{key: key, ring: r, n: n, window: l.window}
			b.tests[key] = t
		}
	}
	return &expr{op: opTest, test: t}
}

func (o *leafOperand) key() string {
	return fmt.Sprintf("%s %q %s %v %v %d %s", o.leaf.agg, o.leaf.of, o.leaf.filter.source, o.leaf.window, o.leaf.until, o.leaf.every, o.leaf.key)
}

// grouped returns the leaf within its group.
func (o *leafOperand) grouped() *leaf {
	b, key := o.b, o.key()
	i := slices.IndexFunc(b.groupLeaves, func(l *leaf) bool { return l.key == key })
	if i < 0 {
		l := o.leaf
		l.key = key
		i = len(b.groupLeaves)
		b.groupLeaves = append(b.groupLeaves, &l)
	}
	return b.groupLeaves[i]
}

// test returns the comparison of the leaf.
func (o *leafOperand) test(op compareOp, x float64, text *rule.Rule) (*expr, error) {
	b := o.b
	keep := 0
	switch o.leaf.agg {
	case Count, Distinct, Sequence, Groups:
		keep = int(x)
	}
	key := o.key()
	t := &test{key: fmt.Sprintf("%s | %d %v %s", key, op, x, text), op: op, num: x, rule: text}
	if text != nil {
		t.record = textSchema.NewRecord()
	}
	if b.grouped {
		t.leaf = o.grouped()
		t.leaf.keep = max(t.leaf.keep, keep)
		t.leaf.tests = append(t.leaf.tests, t)
		b.groupTests = append(b.groupTests, t)
		return &expr{op: opTest, test: t}, nil
	}
	l := b.leaves[key]
	if l == nil {
		if l = b.core.leaves[key]; l == nil || l.keep < keep {
			l = new(leaf)
			*l = o.leaf
			l.key = key
			b.leaves[key] = l
		}
	}
	if b.leaves[key] == l {
		l.keep = max(l.keep, keep)
	}
	if old := b.tests[t.key]; old != nil {
		return &expr{op: opTest, test: old}, nil
	}
	if old := b.core.tests[t.key]; old != nil && old.leaf == l {
		return &expr{op: opTest, test: old}, nil
	}
	t.leaf = l
	b.tests[t.key] = t
	return &expr{op: opTest, test: t}, nil
}

// staticOperand is a sample or an attribute.
type staticOperand struct {
	b *compiler
	*static
}

func (o *staticOperand) truth() *expr { return nil }

func (o *staticOperand) exists() (*expr, error) {
	if o.sample != "" {
		return yes, nil
	}
	return o.other(json.RawMessage(`{"$exists":true}`))
}

func (o *staticOperand) compare(op compareOp, x float64) (*expr, error) {
	operator := map[compareOp]string{opGE: "$gte", opGT: "$gt", opEQ: "$eq"}[op]
	src, _ := json.Marshal(map[string]float64{operator: x})
	return o.other(src)
}

func (o *staticOperand) other(src json.RawMessage) (*expr, error) {
	compiled, err := compileText(src)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("static %q %q %s", o.sample, o.attribute, compiled)
	t := o.b.tests[key]
	if t == nil {
		t = o.b.core.tests[key]
	}
	if t == nil {
		t = &test{key: key, op: opRule, rule: compiled, record: textSchema.NewRecord(), static: o.static}
		o.b.tests[key] = t
	}
	return &expr{op: opTest, test: t}, nil
}

// SampleOf returns the number from 0 to 9,999 that a leaf with this Sample has
// for a customer.
func SampleOf(sample, id string) int {
	sum := sha256.Sum256([]byte(sample + id))
	return int(binary.BigEndian.Uint32(sum[:4]) % 10_000)
}
