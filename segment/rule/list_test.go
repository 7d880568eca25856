package rule

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// Of a list that the schema knows, a text, number or truth value asks whether it is in
// it, whichever way it is negated; a list is compared as a whole.
func TestInList(t *testing.T) {
	s, err := NewSchema(map[string]Type{"segments": List, "any": Any})
	require.NoError(t, err)
	for condition, want := range map[string][4]bool{ // of no list, [], ["vip", 3, true], ["vip"]
		`{"segments": "vip"}`:                 {false, false, true, true},
		`{"segments": {"$eq": "vip"}}`:        {false, false, true, true},
		`{"segments": {"$ne": "vip"}}`:        {true, true, false, false},
		`{"segments": {"$not": "vip"}}`:       {true, true, false, false},
		`{"$not": {"segments": "vip"}}`:       {true, true, false, false},
		`{"$nor": [{"segments": "vip"}]}`:     {true, true, false, false},
		`{"segments": 3}`:                     {false, false, true, false},
		`{"segments": true}`:                  {false, false, true, false},
		`{"segments": "VIP"}`:                 {},
		`{"segments": null}`:                  {true, false, false, false},
		`{"segments": ["vip"]}`:               {false, false, false, true},
		`{"segments": {"$type": "array"}}`:    {false, true, true, true},
		`{"segments": "vip", "any": null}`:    {false, false, true, true},
		`{"any": "vip"}`:                      {},
		`{"segments": {"$all": ["vip", 3]}}`:  {false, false, true, false},
		`{"segments": {"$in": ["vip", "x"]}}`: {false, false, true, true},
	} {
		r, err := Compile(json.RawMessage(condition), &Options{Schema: s})
		require.NoError(t, err, condition)
		for i, list := range []any{nil, []any{}, []any{"vip", 3.0, true}, []any{"vip"}} {
			require.Equal(t, want[i], r.Match(map[string]any{"segments": list}), "%s of %v", condition, list)
			record := s.NewRecord()
			record.Load(map[string]any{"segments": list})
			require.Equal(t, want[i], r.MatchRecord(record), "%s of record %v", condition, list)
		}
	}
}
