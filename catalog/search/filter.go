package search

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// set is what a condition leaves of a segment: the records that are in recs whose
// document is in docs; nil is all of them. of are the documents of recs where they
// are known.
type set struct{ docs, recs, of bitset }

// and keeps what both leave.
func (x set) and(y set, a *arena) set {
	c := set{docs: a.both(x.docs, y.docs), recs: a.both(x.recs, y.recs)}
	switch {
	case x.recs == nil:
		c.of = y.of
	case y.recs == nil:
		c.of = x.of
	}
	return c
}

// expanded returns the set as records alone.
func (s *segment) expanded(x set, a *arena) bitset {
	if x.docs == nil {
		if x.recs == nil {
			return fullBitset(s.recs)
		}
		return x.recs
	}
	b := a.bits(s.recs)
	for w, word := range x.docs {
		for ; word != 0; word &= word - 1 {
			d := w<<6 + trailing(word)
			from, to := s.recAt[d], s.recAt[d+1]
			if to == from+1 {
				b[from>>6] |= 1 << (from & 63)
				continue
			}
			b.setRange(int(from), int(to))
		}
	}
	if x.recs != nil {
		b.and(x.recs)
	}
	return b
}

// documents returns the documents of which a record is left.
func (s *segment) documents(x set, a *arena) bitset {
	if x.recs == nil {
		return x.docs
	}
	if x.of != nil {
		return a.both(x.docs, x.of)
	}
	b := a.bits(s.n)
	for w, word := range x.recs {
		for ; word != 0; word &= word - 1 {
			d := s.recDoc[w<<6+trailing(word)]
			b[d>>6] |= 1 << (d & 63)
		}
	}
	if x.docs != nil {
		b.and(x.docs)
	}
	return b
}

// condition is a filter that was read.
type condition struct {
	kind  condKind
	subs  []*condition
	field string
	tests []test
}

type condKind uint8

const (
	allOf condKind = iota
	anyOf
	noneOf
	ofField
)

// test is one comparison of a field, or several that one element must meet.
type test struct {
	negated bool
	rule    *rule.Rule // over "v", for one element
	size    *rule.Rule // over "v", for how many elements there are
	all     []*rule.Rule
	quick   *quick
}

// quick is a comparison with sorted values that needs no rule.
type quick struct {
	low, high       *float64
	lowOpen, highIn bool
	values          []value
}

// parseFilter reads a filter; its errors are those of package segment/rule.
func parseFilter(src json.RawMessage) (*condition, error) {
	if len(src) == 0 {
		return nil, nil
	}
	if _, err := rule.Compile(src, nil); err != nil {
		return nil, fmt.Errorf("search: filter: %w", err)
	}
	var tree map[string]any
	if err := json.Unmarshal(src, &tree); err != nil {
		return nil, fmt.Errorf("search: filter: %v: %w", err, flywheel.ErrInvalid)
	}
	if len(tree) == 0 {
		return nil, nil
	}
	return parseCondition(tree)
}

func parseCondition(tree map[string]any) (*condition, error) {
	c := &condition{kind: allOf}
	keys := make([]string, 0, len(tree))
	for k := range tree {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		sub := &condition{}
		switch k {
		case "$and", "$or", "$nor":
			sub.kind = map[string]condKind{"$and": allOf, "$or": anyOf, "$nor": noneOf}[k]
			list, _ := tree[k].([]any)
			for _, e := range list {
				m, _ := e.(map[string]any)
				s, err := parseCondition(m)
				if err != nil {
					return nil, err
				}
				sub.subs = append(sub.subs, s)
			}
			if k == "$or" && len(list) == 0 {
				sub.kind = allOf // an empty $or holds
			}
		case "$not":
			sub.kind = noneOf
			m, _ := tree[k].(map[string]any)
			s, err := parseCondition(m)
			if err != nil {
				return nil, err
			}
			sub.subs = []*condition{s}
		case "$savedGroup":
			return nil, fieldError("filter.$savedGroup", flywheel.ErrInvalid, "products are in no groups")
		default:
			sub.kind, sub.field = ofField, k
			var err error
			if sub.tests, err = parseTests(tree[k]); err != nil {
				return nil, err
			}
		}
		c.subs = append(c.subs, sub)
	}
	if len(c.subs) == 1 {
		return c.subs[0], nil
	}
	return c, nil
}

func element(operators any) (*rule.Rule, error) {
	src, err := json.Marshal(map[string]any{"v": operators})
	if err != nil {
		return nil, fmt.Errorf("search: filter: %v: %w", err, flywheel.ErrInvalid)
	}
	r, err := rule.Compile(src, nil)
	if err != nil {
		return nil, fmt.Errorf("search: filter: %w", err)
	}
	return r, nil
}

// parseTests reads what stands under a field.
func parseTests(v any) ([]test, error) {
	operators, ok := v.(map[string]any)
	if !ok {
		if list, is := v.([]any); is { // a list is had element by element
			all := make([]*rule.Rule, len(list))
			for i, e := range list {
				r, err := element(e)
				if err != nil {
					return nil, err
				}
				all[i] = r
			}
			return []test{{all: all}, {size: rule.MustCompile(fmt.Sprintf(`{"v": %d}`, len(list)))}}, nil
		}
		return positive(map[string]any{"$eq": v})
	}
	plain := map[string]any{} // one element must meet all of these
	var tests []test
	for _, op := range sortedKeys(operators) {
		operand := operators[op]
		switch op {
		case "$ne", "$nin", "$nini", "$notInGroup":
			same := map[string]string{"$ne": "$eq", "$nin": "$in", "$nini": "$ini", "$notInGroup": "$inGroup"}[op]
			of, err := positive(map[string]any{same: operand})
			if err != nil {
				return nil, err
			}
			for _, t := range of {
				t.negated = true
				tests = append(tests, t)
			}
		case "$not":
			of, err := parseTests(operand)
			if err != nil {
				return nil, err
			}
			if len(of) != 1 {
				return nil, fieldError("filter.$not", flywheel.ErrInvalid, "one comparison can be negated")
			}
			of[0].negated = !of[0].negated
			tests = append(tests, of[0])
		case "$exists":
			none, err := element(map[string]any{"$exists": true})
			if err != nil {
				return nil, err
			}
			tests = append(tests, test{rule: none, negated: operand == false})
		case "$size":
			r, err := element(operand)
			if err != nil {
				return nil, err
			}
			tests = append(tests, test{size: r})
		case "$all", "$alli":
			list, _ := operand.([]any)
			t := test{all: []*rule.Rule{}}
			for _, e := range list {
				eq := any(map[string]any{"$eq": e})
				if m, is := e.(map[string]any); is {
					eq = m
				} else if op == "$alli" {
					eq = map[string]any{"$ini": []any{e}}
				}
				r, err := element(eq)
				if err != nil {
					return nil, err
				}
				t.all = append(t.all, r)
			}
			tests = append(tests, t)
		case "$elemMatch":
			m, _ := operand.(map[string]any)
			of, err := positive(m)
			if err != nil {
				return nil, err
			}
			tests = append(tests, of...)
		default:
			plain[op] = operand
		}
	}
	if len(plain) > 0 {
		of, err := positive(plain)
		if err != nil {
			return nil, err
		}
		tests = append(tests, of...)
	}
	return tests, nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// positive makes the test that one element meets all operators.
func positive(operators map[string]any) ([]test, error) {
	r, err := element(operators)
	if err != nil {
		return nil, err
	}
	return []test{{rule: r, quick: quickOf(operators)}}, nil
}

// quickOf returns the comparison without a rule, nil where it needs one.
func quickOf(operators map[string]any) *quick {
	q := new(quick)
	for op, v := range operators {
		switch op {
		case "$gt", "$gte", "$lt", "$lte":
			f, ok := v.(float64)
			if !ok || q.values != nil {
				return nil
			}
			switch {
			case op[1] == 'g' && q.low == nil:
				q.low, q.lowOpen = &f, op == "$gt"
			case op[1] == 'l' && q.high == nil:
				q.high, q.highIn = &f, op == "$lte"
			default:
				return nil
			}
		case "$eq", "$in":
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			if len(operators) > 1 || op == "$eq" && ok {
				return nil
			}
			q.values = []value{}
			for _, e := range list {
				switch e.(type) {
				case string, float64, bool:
				default:
					return nil
				}
				q.values, _ = valuesOf(q.values, e)
			}
		default:
			return nil
		}
	}
	return q
}

// codes marks the codes of a column that the comparison holds for.
func (q *quick) codes(c *column, wanted []bool) {
	if q.values != nil {
		for _, v := range q.values {
			wanted[c.code(v)] = true
		}
		wanted[0] = false
		return
	}
	from, to := uint32(1), uint32(len(c.nums))+1
	if q.low != nil {
		i, found := slices.BinarySearch(c.nums, *q.low)
		if found && q.lowOpen {
			i++
		}
		from = uint32(i) + 1
	}
	if q.high != nil {
		i, found := slices.BinarySearch(c.nums, *q.high)
		if found && q.highIn {
			i++
		}
		to = uint32(i) + 1
	}
	for code := from; code < to; code++ {
		wanted[code] = true
	}
}

// eval returns what a condition leaves of a segment.
func (s *segment) eval(c *condition, a *arena) set {
	if c == nil {
		return set{}
	}
	switch c.kind {
	case allOf:
		var out set
		for _, sub := range c.subs {
			out = out.and(s.eval(sub, a), a)
		}
		return out
	case ofField:
		var out set
		for i := range c.tests {
			out = out.and(s.test(c.field, &c.tests[i]), a)
		}
		return out
	}
	// A union, then perhaps its complement; over documents where it can be.
	sets := make([]set, len(c.subs))
	records := false
	for i, sub := range c.subs {
		sets[i] = s.eval(sub, a)
		records = records || sets[i].recs != nil
	}
	n := s.n
	if records {
		n = s.recs
	}
	b := newBitset(n)
	for _, x := range sets {
		switch {
		case records:
			b.or(s.expanded(x, a))
		case x.docs == nil:
			b = fullBitset(n)
		default:
			b.or(x.docs)
		}
	}
	if c.kind == noneOf {
		b.not(n)
	}
	if records {
		return set{recs: b}
	}
	return set{docs: b}
}

// test returns the units of which a field meets a test.
func (s *segment) test(field string, t *test) set {
	c := s.cols[field]
	if c == nil && field == "sku" {
		return s.testSKU(t)
	}
	n, docs := s.n, true
	if c != nil && !c.perDoc {
		n, docs = s.recs, false
	}
	b := c.meets(t, n)
	if t.negated {
		b.not(n)
	}
	if docs {
		return set{docs: b}
	}
	return set{recs: b}
}

// testSKU looks at the records' SKUs.
func (s *segment) testSKU(t *test) set {
	b := newBitset(s.recs)
	for r := range s.recs {
		sku, n := s.skus.at(r), 1
		v := any(sku)
		if sku == "" {
			v, n = nil, 0
		}
		ok := false
		switch {
		case t.size != nil:
			ok = t.size.Match(map[string]any{"v": float64(n)})
		case t.all != nil:
			ok = !slices.ContainsFunc(t.all, func(r *rule.Rule) bool { return !r.Match(map[string]any{"v": v}) })
		default:
			ok = t.rule.Match(map[string]any{"v": v})
		}
		if ok {
			b.set(r)
		}
	}
	if t.negated {
		b.not(s.recs)
	}
	if s.recAt == nil {
		return set{docs: b}
	}
	return set{recs: b}
}

// meets returns which of n units meet a test, before negation. A nil column has no
// values.
func (c *column) meets(t *test, n int) bitset {
	if t.size != nil {
		b := newBitset(n)
		match := map[int]bool{}
		var buf []uint32
		for unit := range n {
			size := 0
			if c != nil {
				buf = c.codes.of(unit, buf[:0])
				size = len(buf)
			}
			ok, seen := match[size]
			if !seen {
				ok = t.size.Match(map[string]any{"v": float64(size)})
				match[size] = ok
			}
			if ok {
				b.set(unit)
			}
		}
		return b
	}
	if t.all != nil {
		b := fullBitset(n)
		for _, r := range t.all {
			b.and(c.meets(&test{rule: r}, n))
		}
		return b
	}
	if c == nil {
		if t.rule.Match(map[string]any{}) {
			return fullBitset(n)
		}
		return newBitset(n)
	}
	card := c.card()
	wanted := make([]bool, card+1)
	if t.quick != nil {
		t.quick.codes(c, wanted)
	} else {
		attrs := map[string]any{}
		wanted[0] = t.rule.Match(attrs)
		for code := 1; code <= card; code++ {
			attrs["v"] = c.value(uint32(code)).any()
			wanted[code] = t.rule.Match(attrs)
		}
	}
	b := c.codes.where(wanted)
	if wanted[0] && c.codes.at != nil {
		for unit := range n {
			if c.codes.at[unit] == c.codes.at[unit+1] {
				b.set(unit)
			}
		}
	}
	return b
}

// selection returns what the chosen values of a facet leave.
func (s *segment) selection(field string, chosen []value, a *arena) set {
	c := s.cols[field]
	if c == nil {
		return set{docs: newBitset(s.n)}
	}
	var docs, recs bitset
	fresh := false
	include := func(d, r bitset) {
		switch {
		case docs == nil:
			docs, recs = d, r
		case !fresh:
			docs, fresh = a.copied(docs), true
			if r != nil {
				recs = a.copied(recs)
			}
			fallthrough
		default:
			docs.or(d)
			if r != nil {
				recs.or(r)
			}
		}
	}
	docSets, recSets := c.docSets(), c.recSets()
	var wanted []bool // of values without a set of their own
	for _, v := range chosen {
		if v.kind == textValue {
			if r, ok := parseSpan(v.text); ok && len(c.nums) > 0 {
				from, to := c.span(r.low, r.high)
				if c.perDoc {
					include(c.rangeSet(from, to, false), nil)
				} else {
					include(c.rangeSet(from, to, false), c.rangeSet(from, to, true))
				}
				continue
			}
		}
		code := c.code(v)
		switch {
		case code == 0:
		case docSets == nil:
			if wanted == nil {
				wanted = make([]bool, c.card()+1)
			}
			wanted[code] = true
		case c.perDoc:
			include(docSets[code], nil)
		default:
			include(docSets[code], recSets[code])
		}
	}
	if wanted != nil {
		if c.perDoc {
			include(c.codes.where(wanted), nil)
		} else {
			include(c.byDoc.where(wanted), c.codes.where(wanted))
		}
	}
	switch {
	case docs == nil:
		return set{docs: newBitset(s.n)}
	case c.perDoc:
		return set{docs: docs}
	}
	return set{recs: recs, of: docs}
}
