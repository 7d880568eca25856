package rule

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The interpreter below evaluates a decoded condition directly, with the three
// values spelled out and no thought for speed. It shares no code with the
// compiled form but versions, which have cases of their own in the reference.

type verdict int

const (
	fails verdict = iota
	unknown
	holds
)

func verdictOf(b bool) verdict {
	if b {
		return holds
	}
	return fails
}

func slowAll(of []verdict) verdict { return slices.Min(append(of, holds)) }

func slowAny(of []verdict) verdict {
	if len(of) == 0 {
		return holds
	}
	return slices.Max(of)
}

func slowCondition(cond map[string]any, subject any) verdict {
	var all []verdict
	for key, arg := range cond {
		switch key {
		case "$and", "$or", "$nor":
			var each []verdict
			for _, c := range arg.([]any) {
				each = append(each, slowCondition(c.(map[string]any), subject))
			}
			switch key {
			case "$and":
				all = append(all, slowAll(each))
			case "$or":
				all = append(all, slowAny(each))
			default:
				all = append(all, holds-slowAny(each))
			}
		case "$not":
			all = append(all, holds-slowCondition(arg.(map[string]any), subject))
		default:
			all = append(all, slowValue(arg, slowPath(subject, strings.Split(key, "."))))
		}
	}
	return slowAll(all)
}

func slowPath(x any, path []string) any {
	for _, part := range path {
		switch c := x.(type) {
		case map[string]any:
			x = c[part]
		case []any:
			x = nil
			if part == "length" {
				x = float64(len(c))
			}
			for i := range c {
				if fmt.Sprint(i) == part {
					x = c[i]
				}
			}
		default:
			return nil
		}
	}
	return x
}

func slowValue(arg, actual any) verdict {
	ops, ok := arg.(map[string]any)
	for key := range ops {
		ok = ok && strings.HasPrefix(key, "$")
	}
	if !ok {
		return verdictOf(reflect.DeepEqual(arg, actual))
	}
	var all []verdict
	for op, arg := range ops {
		all = append(all, slowOperator(op, arg, actual))
	}
	return slowAll(all)
}

func slowOperator(op string, arg, actual any) verdict {
	switch op {
	case "$eq":
		return verdictOf(arg == actual && reflect.TypeOf(arg) == reflect.TypeOf(actual))
	case "$ne":
		return holds - slowOperator("$eq", arg, actual)
	case "$gt", "$gte", "$lt", "$lte":
		order := 0
		switch a := arg.(type) {
		case float64:
			b, ok := actual.(float64)
			if !ok {
				return fails
			}
			if b < a {
				order = -1
			} else if b > a {
				order = 1
			}
		case string:
			b, ok := actual.(string)
			if !ok {
				return fails
			}
			order = strings.Compare(b, a) // the generator stays below U+E000
		}
		return verdictOf(op == "$gt" && order > 0 || op == "$gte" && order >= 0 || op == "$lt" && order < 0 || op == "$lte" && order <= 0)
	case "$in", "$ini":
		actuals, ok := actual.([]any)
		if !ok {
			actuals = []any{actual}
		}
		for _, a := range actuals {
			for _, w := range arg.([]any) {
				x, xok := a.(string)
				y, yok := w.(string)
				if op == "$ini" && xok && yok && strings.EqualFold(x, y) || slowOperator("$eq", w, a) == holds {
					return holds
				}
			}
		}
		return fails
	case "$nin":
		return holds - slowOperator("$in", arg, actual)
	case "$nini":
		return holds - slowOperator("$ini", arg, actual)
	case "$exists":
		return verdictOf((actual != nil) == arg.(bool))
	case "$type":
		name := map[reflect.Kind]string{reflect.String: "string", reflect.Float64: "number", reflect.Bool: "boolean", reflect.Slice: "array", reflect.Map: "object", reflect.Invalid: "null"}
		return verdictOf(name[reflect.ValueOf(actual).Kind()] == arg)
	case "$regex":
		s, ok := actual.(string)
		return verdictOf(ok && regexp.MustCompile(arg.(string)).MatchString(s))
	case "$size":
		list, ok := actual.([]any)
		if !ok {
			return fails
		}
		return slowValue(arg, float64(len(list)))
	case "$all":
		list, ok := actual.([]any)
		if !ok {
			return fails
		}
		var all []verdict
		for _, w := range arg.([]any) {
			best := fails
			for _, x := range list {
				best = max(best, slowValue(w, x))
			}
			all = append(all, best)
		}
		return slowAll(all)
	case "$elemMatch":
		list, _ := actual.([]any)
		best := fails
		for _, x := range list {
			if x == nil {
				continue
			}
			cond := arg.(map[string]any)
			operators, logic := true, false
			for key := range cond {
				operators = operators && strings.HasPrefix(key, "$")
				logic = logic || key == "$and" || key == "$or" || key == "$nor"
			}
			if operators && !logic {
				best = max(best, slowValue(cond, x))
			} else {
				best = max(best, slowCondition(cond, x))
			}
		}
		return best
	case "$not":
		return holds - slowValue(arg, actual)
	default:
		return unknown
	}
}

// Generators of attributes and conditions that meet often.

func genScalar() *rapid.Generator[any] {
	return rapid.SampledFrom([]any{nil, true, false, 0.0, 1.0, 2.0, 7.5, -3.0, "", "a", "A", "b", "ab", "2", "é"})
}

func genAttribute(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 5).Draw(t, "shape") {
		case 0:
			if depth > 0 {
				return rapid.SliceOfN(genAttribute(depth-1), 0, 3).Draw(t, "list")
			}
		case 1:
			if depth > 0 {
				return genAttributes(depth-1).Draw(t, "object")
			}
		}
		return genScalar().Draw(t, "scalar")
	})
}

func genAttributes(depth int) *rapid.Generator[map[string]any] {
	return rapid.MapOfN(rapid.SampledFrom([]string{"x", "y", "z"}), genAttribute(depth), 0, 3)
}

func genCondition(depth int) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		cond := map[string]any{}
		for range rapid.IntRange(0, 2).Draw(t, "entries") {
			key := rapid.SampledFrom([]string{"x", "y", "z", "x.y", "x.0", "y.length", "$and", "$or", "$nor", "$not"}).Draw(t, "key")
			switch {
			case key[0] != '$':
				cond[key] = genValueCondition(depth).Draw(t, "value")
			case depth == 0:
			case key == "$not":
				cond[key] = genCondition(depth-1).Draw(t, "not")
			default:
				list := []any{}
				for range rapid.IntRange(0, 3).Draw(t, "length") {
					list = append(list, genCondition(depth-1).Draw(t, "member"))
				}
				cond[key] = list
			}
		}
		return cond
	})
}

func genValueCondition(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		if rapid.Bool().Draw(t, "literal") {
			return genAttribute(1).Draw(t, "wanted")
		}
		ops := map[string]any{}
		for range rapid.IntRange(0, 2).Draw(t, "operators") {
			op := rapid.SampledFrom([]string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$ini", "$nini", "$exists", "$type", "$regex", "$size", "$all", "$elemMatch", "$not", "$soundsLike"}).Draw(t, "operator")
			switch op {
			case "$gt", "$gte", "$lt", "$lte":
				ops[op] = rapid.SampledFrom([]any{0.0, 1.0, 7.5, "a", "B", "2"}).Draw(t, "bound")
			case "$in", "$nin", "$ini", "$nini":
				ops[op] = rapid.SliceOfN(genScalar(), 0, 12).Draw(t, "list")
			case "$exists":
				ops[op] = rapid.Bool().Draw(t, "exists")
			case "$type":
				ops[op] = rapid.SampledFrom([]string{"string", "number", "boolean", "array", "object", "null", "date"}).Draw(t, "type")
			case "$regex":
				ops[op] = rapid.SampledFrom([]string{"^a", "b$", "[0-9]", ""}).Draw(t, "pattern")
			case "$size", "$not":
				if depth > 0 {
					ops[op] = genValueCondition(depth-1).Draw(t, "inner")
				}
			case "$all":
				if depth > 0 {
					ops[op] = rapid.SliceOfN(genValueCondition(depth-1), 0, 2).Draw(t, "all")
				}
			case "$elemMatch":
				if depth > 0 && rapid.Bool().Draw(t, "of fields") {
					ops[op] = genCondition(depth-1).Draw(t, "element")
				} else if depth > 0 {
					ops[op] = map[string]any{"$not": genValueCondition(depth-1).Draw(t, "element")}
				}
			default:
				ops[op] = genScalar().Draw(t, "operand")
			}
		}
		return ops
	})
}

func compileLenient(t require.TestingT, cond map[string]any, schema *Schema) *Rule {
	src, err := json.Marshal(cond)
	require.NoError(t, err)
	r, err := Compile(src, &Options{Lenient: true, Schema: schema})
	require.NoError(t, err)
	return r
}

func TestCompiledAgreesWithInterpreter(t *testing.T) {
	schema, err := NewSchema(map[string]Type{"x": Any, "y": Any, "z": Any})
	require.NoError(t, err)
	var seen [2]int
	rapid.Check(t, func(t *rapid.T) {
		cond := genCondition(3).Draw(t, "condition")
		attrs := genAttributes(2).Draw(t, "attributes")
		want := slowCondition(cond, attrs) == holds
		r := compileLenient(t, cond, schema)
		record := schema.NewRecord()
		record.Load(attrs)
		require.Equal(t, want, r.Match(attrs), "%v", r)
		require.Equal(t, want, r.MatchRecord(record), "%v", r)
		explained := r.Explain(attrs)
		require.Equal(t, want, explained.Match, "%v", r)
		if len(explained.Terms) > 0 {
			require.Equal(t, want, explained.Decisive().Holds, "%v: the last term decides: %v", r, explained.Terms)
		}
		if want {
			seen[1]++
		} else {
			seen[0]++
		}
	})
	require.NotZero(t, seen[0])
	require.NotZero(t, seen[1])
}

func TestLaws(t *testing.T) {
	list := func(cs ...map[string]any) []any {
		out := []any{}
		for _, c := range cs {
			out = append(out, c)
		}
		return out
	}
	negate := func(c map[string]any) map[string]any { return map[string]any{"$not": c} }
	rapid.Check(t, func(t *rapid.T) {
		a, b := genCondition(2).Draw(t, "a"), genCondition(2).Draw(t, "b")
		attrs := genAttributes(2).Draw(t, "attributes")
		match := func(c map[string]any) bool { return compileLenient(t, c, nil).Match(attrs) }
		equal := func(law string, x, y map[string]any) {
			require.Equal(t, match(x), match(y), "%s: %v, %v over %v", law, a, b, attrs)
		}
		equal("double negation", a, negate(negate(a)))
		equal("not and", negate(map[string]any{"$and": list(a, b)}), map[string]any{"$or": list(negate(a), negate(b))})
		equal("not or", negate(map[string]any{"$or": list(a, b)}), map[string]any{"$and": list(negate(a), negate(b))})
		equal("nor", map[string]any{"$nor": list(a, b)}, negate(map[string]any{"$or": list(a, b)}))
		equal("commutative", map[string]any{"$or": list(a, b)}, map[string]any{"$or": list(b, a)})
		equal("absorption", a, map[string]any{"$and": list(a, map[string]any{"$or": list(a, b)})})
		require.False(t, match(a) && match(negate(a)), "contradiction: %v", a)
	})
}
