package testkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// Case is one case of a file of reference cases.
type Case struct {
	ID     string          `json:"id"`
	Kind   string          `json:"kind"`
	Input  json.RawMessage `json:"input"`
	Expect json.RawMessage `json:"expect"`
	Note   string          `json:"note"`
}

// Strict decodes JSON; a field that into does not know fails the test.
func Strict(tb testing.TB, data []byte, into any) {
	tb.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	require.NoError(tb, d.Decode(into))
}

// Tolerance is how far a number may be from the one expected: Relative times its
// size, plus Absolute. Keys has another relative one for the values of some keys.
type Tolerance struct {
	Relative, Absolute float64
	Keys               map[string]float64
}

// Compare encodes what was computed as JSON and compares it with what is expected,
// key by key: numbers within the tolerance, everything else exactly. Keys that the
// expectation lacks may be there only as nil.
func Compare(tb testing.TB, expect []byte, got map[string]any, within Tolerance) {
	tb.Helper()
	var want map[string]any
	require.NoError(tb, json.Unmarshal(expect, &want))
	for k, v := range got {
		if _, ok := want[k]; !ok {
			require.True(tb, v == nil || reflect.ValueOf(v).Kind() == reflect.Pointer && reflect.ValueOf(v).IsNil(), "%s is %v and not expected", k, v)
			delete(got, k)
		}
	}
	data, err := json.Marshal(got)
	require.NoError(tb, err)
	var plain map[string]any
	require.NoError(tb, json.Unmarshal(data, &plain))
	within.same(tb, "expect", want, plain)
}

func (within Tolerance) same(tb testing.TB, place string, want, got any) {
	tb.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		require.True(tb, ok, "%s is %v", place, got)
		for k, v := range w {
			gv, ok := g[k]
			require.True(tb, ok, "%s.%s is not computed", place, k)
			inner := within
			if relative, ok := within.Keys[k]; ok {
				inner.Relative = relative
			}
			inner.same(tb, place+"."+k, v, gv)
		}
	case []any:
		g, ok := got.([]any)
		require.True(tb, ok, "%s is %v", place, got)
		require.Len(tb, g, len(w), place)
		for i := range w {
			within.same(tb, fmt.Sprintf("%s[%d]", place, i), w[i], g[i])
		}
	case float64:
		g, ok := got.(float64)
		require.True(tb, ok, "%s is %v", place, got)
		require.LessOrEqual(tb, math.Abs(g-w), within.Relative*math.Abs(w)+within.Absolute, "%s: got %v, want %v", place, g, w)
	default:
		require.Equal(tb, want, got, place)
	}
}
