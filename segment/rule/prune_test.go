package rule

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

// What is left of a condition holds exactly where the whole holds, for a
// subject that agrees with what was known.
func FuzzPrune(f *testing.F) {
	groups, err := ParseGroups([]byte(`{"l": {"type": "list", "attributeKey": "a", "values": ["x", 1]},
		"c": {"type": "condition", "condition": {"$or": [{"a": "x"}, {"$savedGroup": {"id": "l"}}, {"b": {"$gt": 1}}]}},
		"loop": {"type": "condition", "condition": {"$not": {"$savedGroup": {"id": "loop"}}}},
		"r": {"type": "remote", "attributeKey": "a"}, "future": {"type": "later"}, "bare": ["x"]}`))
	require.NoError(f, err)
	for _, src := range []string{
		`{"a":"x","b":{"$gt":1}}`, `{"$or":[{"a":"x"},{"b":2}]}`, `{"$nor":[{"a":"x"},{"$not":{"b":{"$in":[1,2]}}}]}`,
		`{"$savedGroup":{"id":"c"}}`, `{"$not":{"$savedGroup":{"id":"loop"}}}`, `{"$not":{"$savedGroup":{"id":"r"}}}`,
		`{"a":{"$notInGroup":"future"}}`, `{"a":{"$inGroup":"bare","$later":1},"c.d":1}`, `{"$or":null,"a":1}`, `{"b":false}`,
	} {
		f.Add([]byte(src), []byte(`{"a":"x","b":2,"c":{"d":1}}`), uint8(1))
		f.Add([]byte(src), []byte(`{"a":1,"b":false,"__gb_remoteGroupIds":["r"]}`), uint8(2))
	}
	f.Fuzz(func(t *testing.T, src, subject []byte, mask uint8) {
		whole, err := Compile(src, &Options{Lenient: true, Saved: groups})
		if err != nil {
			return
		}
		var attrs map[string]any
		_ = json.Unmarshal(subject, &attrs)
		known := map[string]any{}
		for i, key := range []string{"a", "b", "c", RemoteGroups} {
			if v, ok := attrs[key]; ok && mask&(1<<i) != 0 {
				known[key] = v
			}
		}
		pruned, err := Prune(src, known, groups)
		if err != nil {
			t.Fatalf("%q compiles but cannot be pruned: %v", src, err)
		}
		want, got := whole.Match(attrs), pruned.Match
		if !pruned.Decided {
			rest, err := Compile(pruned.Rest, &Options{Lenient: true, Saved: groups})
			if err != nil {
				t.Fatalf("%q leaves %q: %v", src, pruned.Rest, err)
			}
			got = rest.Match(attrs)
		}
		if want != got {
			t.Fatalf("%q over %q, known %v: whole %v, pruned %+v %q", src, subject, known, want, pruned, pruned.Rest)
		}
	})
}

func TestGroupsAreBounded(t *testing.T) {
	// Each group names the next one twice: 2^40 references when written out.
	var src strings.Builder
	src.WriteString("{")
	for i := range 40 {
		next := fmt.Sprintf(`{"$savedGroup": {"id": "g%d"}}`, i+1)
		fmt.Fprintf(&src, `"g%d": {"type": "condition", "condition": {"$or": [%s, %s]}},`, i, next, next)
	}
	src.WriteString(`"g40": {"type": "condition", "condition": {"a": 1}}}`)
	groups, err := ParseGroups([]byte(src.String()))
	require.NoError(t, err)
	_, err = Compile([]byte(`{"$savedGroup": {"id": "g0"}}`), &Options{Lenient: true, Saved: groups})
	require.ErrorIs(t, err, flywheel.ErrLimit)
	pruned, err := Prune([]byte(`{"$savedGroup": {"id": "g0"}}`), nil, groups)
	require.NoError(t, err)
	require.False(t, pruned.Decided)
}

func TestStrictGroups(t *testing.T) {
	groups, err := ParseGroups([]byte(`{"vip": {"type": "list", "attributeKey": "id", "values": ["u1"]},
		"loop": {"type": "condition", "condition": {"$savedGroup": {"id": "loop"}}},
		"late": {"type": "later"}, "half": {"type": "list"}, "near": {"type": "remote", "attributeKey": "id"}}`))
	require.NoError(t, err)
	require.Equal(t, []string{"half", "late", "loop", "near", "vip"}, groups.IDs())
	for src, want := range map[string]error{
		`{"$savedGroup": {"id": "vip"}}`:                       nil,
		`{"$savedGroup": {"id": "near"}}`:                      nil,
		`{"id": {"$inGroup": "vip"}}`:                          nil,
		`{"$savedGroup": {"id": "gone"}}`:                      ErrGroup,
		`{"$savedGroup": {"id": "loop"}}`:                      ErrGroup,
		`{"$savedGroup": {"id": "late"}}`:                      ErrGroup,
		`{"$savedGroup": {"id": "half"}}`:                      ErrGroup,
		`{"$savedGroup": {"id": "near", "attributeKey": "x"}}`: ErrGroup,
		`{"$savedGroup": "vip"}`:                               ErrOperand,
		`{"id": {"$inGroup": "gone"}}`:                         ErrGroup,
		`{"id": {"$notInGroup": "near"}}`:                      ErrGroup,
	} {
		_, err := Compile([]byte(src), &Options{Saved: groups})
		if want == nil {
			require.NoError(t, err, src)
			continue
		}
		require.ErrorIs(t, err, want, src)
	}
	_, err = ParseGroups([]byte(`[]`))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = ParseGroups([]byte(`{"a": [], "a": []}`))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = Prune([]byte(`[]`), nil, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}
