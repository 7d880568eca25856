package live

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

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
