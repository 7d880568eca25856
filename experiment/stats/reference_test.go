package stats_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
)

type goldenCase struct {
	Name      string
	Method    string
	Inputs    json.RawMessage
	Expected  map[string]json.RawMessage
	Tolerance struct{ Rel, Abs float64 }
}

type goldenFile struct{ Cases []goldenCase }

// golden compares the fields of one case.
type golden struct {
	t *testing.T
	c goldenCase
	// seen are the expected fields that were compared.
	seen map[string]bool
}

// inputs decodes the inputs of the case; a field that v does not have fails.
func (g golden) inputs(v any) {
	g.t.Helper()
	d := json.NewDecoder(bytes.NewReader(g.c.Inputs))
	d.DisallowUnknownFields()
	require.NoError(g.t, d.Decode(v))
}

func (g golden) number(field string, got float64) {
	g.t.Helper()
	g.seen[field] = true
	var want float64
	require.Contains(g.t, g.c.Expected, field)
	require.NoError(g.t, json.Unmarshal(g.c.Expected[field], &want))
	g.close(field, want, got)
}

func (g golden) numbers(field string, got ...float64) {
	g.t.Helper()
	g.seen[field] = true
	var want []float64
	require.Contains(g.t, g.c.Expected, field)
	require.NoError(g.t, json.Unmarshal(g.c.Expected[field], &want))
	require.Len(g.t, got, len(want), field)
	for i := range want {
		g.close(field, want[i], got[i])
	}
}

func (g golden) close(field string, want, got float64) {
	g.t.Helper()
	if !(math.Abs(got-want) <= g.c.Tolerance.Abs+g.c.Tolerance.Rel*math.Abs(want)) {
		g.t.Errorf("%s: got %.17g, want %.17g", field, got, want)
	}
}

// sub returns a view of an expected field that is an object.
func (g golden) sub(field string) golden {
	g.t.Helper()
	g.seen[field] = true
	inner := golden{t: g.t, c: g.c, seen: map[string]bool{}}
	inner.c.Expected = nil
	require.NoError(g.t, json.Unmarshal(g.c.Expected[field], &inner.c.Expected))
	return inner
}

// has reports whether the case expects a field that its form leaves optional.
func (g golden) has(field string) bool {
	_, ok := g.c.Expected[field]
	return ok
}

// done fails for expected fields that nothing was compared with.
func (g golden) done() {
	g.t.Helper()
	for field := range g.c.Expected {
		if !g.seen[field] {
			g.t.Errorf("expected field %s is not compared", field)
		}
	}
}

// methods are the checks of all methods of the five families.
var methods = map[string]func(golden){}

func register(family map[string]func(golden)) struct{} {
	maps.Copy(methods, family)
	return struct{}{}
}

func TestReference(t *testing.T) {
	for _, name := range []string{"frequentist", "bayesian", "sequential", "power", "multiple_testing"} {
		t.Run(name, func(t *testing.T) {
			var file goldenFile
			require.NoError(t, json.Unmarshal(testkit.Reference(t, "experiment", name+".json"), &file))
			require.NotEmpty(t, file.Cases)
			for _, c := range file.Cases {
				t.Run(c.Name, func(t *testing.T) {
					run, ok := methods[c.Method]
					require.True(t, ok, "unknown method %s", c.Method)
					run(golden{t: t, c: c, seen: map[string]bool{}})
				})
			}
		})
	}
}
