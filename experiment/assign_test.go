package experiment_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/rule"
)

func TestReference(t *testing.T) {
	var file struct {
		Cases []struct {
			Seed, Value string
			V1, V2      float64
			Arms        int `json:"num_variations"`
			Coverage    float64
			Weights     []float64
			VariationV1 int `json:"variation_v1"`
			VariationV2 int `json:"variation_v2"`
			Namespace   [3]any
			InNamespace bool `json:"in_namespace"`
		}
	}
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "experiment", "hash_bucketing.json"), &file))
	require.NotEmpty(t, file.Cases)
	for i, c := range file.Cases {
		t.Run(fmt.Sprintf("%03d", i), func(t *testing.T) {
			require.Equal(t, c.V1, experiment.Bucket(c.Seed, c.Value, experiment.HashV1))
			require.Equal(t, c.V2, experiment.Bucket(c.Seed, c.Value, experiment.HashV2))
			if c.Seed == "" {
				return // an experiment without a seed takes its ID
			}
			e := experiment.Experiment{ID: "E", Seed: c.Seed, Coverage: &c.Coverage}
			for arm := range c.Arms {
				e.Arms = append(e.Arms, experiment.Arm{ID: fmt.Sprint(arm)})
				if c.Weights != nil {
					e.Arms[arm].Weight = c.Weights[arm]
				}
			}
			for version, want := range map[experiment.HashVersion]int{experiment.HashV1: c.VariationV1, experiment.HashV2: c.VariationV2} {
				e.Hash = version
				d := assign(t, e, c.Value)
				require.Equal(t, want >= 0, d.In)
				if d.In {
					require.Equal(t, want, d.Index)
				}
			}
			e.Coverage = nil
			e.Namespace = &experiment.Namespace{ID: c.Namespace[0].(string), From: c.Namespace[1].(float64), To: c.Namespace[2].(float64)}
			d := assign(t, e, c.Value)
			require.Equal(t, c.InNamespace, d.Reason != experiment.OutsideNamespace)
		})
	}
}

func assign(t testing.TB, e experiment.Experiment, customer string) experiment.Decision {
	t.Helper()
	s, err := experiment.Compile(e)
	require.NoError(t, err)
	return s.Assign(e.ID, experiment.Subject{Customer: flywheel.CustomerID(customer)})
}

func TestReasons(t *testing.T) {
	base := experiment.Experiment{ID: "E", Arms: []experiment.Arm{{ID: "A"}, {ID: "B"}}}
	anna := experiment.Subject{Customer: "anna", Visitor: "v", Attributes: map[string]any{"company": "acme", "n": 1.0}}
	for _, c := range []struct {
		change func(*experiment.Experiment)
		want   experiment.Reason
	}{
		{func(e *experiment.Experiment) {}, experiment.AssignedByHash},
		{func(e *experiment.Experiment) { e.ID = "F" }, experiment.NotConfigured},
		{func(e *experiment.Experiment) { e.Paused = true }, experiment.Paused},
		{func(e *experiment.Experiment) { e.Unit = "team" }, experiment.NoUnit},
		{func(e *experiment.Experiment) { e.Unit = "n" }, experiment.AssignedByHash},
		{func(e *experiment.Experiment) { e.Unit = "company" }, experiment.AssignedByHash},
		{func(e *experiment.Experiment) { e.Unit = experiment.ByVisitor }, experiment.AssignedByHash},
		{func(e *experiment.Experiment) { e.Namespace = &experiment.Namespace{ID: "n", To: 1e-9} }, experiment.OutsideNamespace},
		{func(e *experiment.Experiment) { e.Condition = rule.MustCompile(`{"company": "other"}`) }, experiment.ConditionNotMet},
		{func(e *experiment.Experiment) { e.Condition = rule.MustCompile(`{"company": "acme"}`) }, experiment.AssignedByHash},
		{func(e *experiment.Experiment) { e.Coverage = new(1e-9) }, experiment.OutsideCoverage},
	} {
		e := base
		c.change(&e)
		s, err := experiment.Compile(e)
		require.NoError(t, err)
		d := s.Assign("E", anna)
		require.Equal(t, c.want, d.Reason)
		require.Equal(t, c.want == experiment.AssignedByHash, d.In)
		if c.want != experiment.NotConfigured && !d.In {
			require.Equal(t, "A", d.Arm, "those outside see the control")
		}
	}
}

func TestRecordsAreMatched(t *testing.T) {
	schema, err := rule.NewSchema(map[string]rule.Type{"country": rule.String})
	require.NoError(t, err)
	condition, err := rule.Compile([]byte(`{"country": "DE"}`), &rule.Options{Schema: schema})
	require.NoError(t, err)
	s, err := experiment.Compile(experiment.Experiment{ID: "E", Arms: []experiment.Arm{{ID: "A"}, {ID: "B"}}, Condition: condition})
	require.NoError(t, err)
	record := schema.NewRecord()
	slot, _ := schema.Slot("country")
	record.SetString(slot, "DE")
	require.True(t, s.Assign("E", experiment.Subject{Customer: "anna", Record: record}).In)
	record.SetString(slot, "FR")
	require.False(t, s.Assign("E", experiment.Subject{Customer: "anna", Record: record}).In)
}

func TestValidate(t *testing.T) {
	ok := func() experiment.Experiment {
		return experiment.Experiment{ID: "E", Arms: []experiment.Arm{{ID: "A", Weight: 0.5}, {ID: "B", Weight: 0.5}}}
	}
	nan := math.NaN()
	for _, c := range []struct {
		field  string
		kind   error
		change func(*experiment.Experiment)
	}{
		{"id", flywheel.ErrInvalid, func(e *experiment.Experiment) { e.ID = "" }},
		{"id", flywheel.ErrLimit, func(e *experiment.Experiment) { e.ID = experiment.ID(strings.Repeat("x", 256)) }},
		{"arms", flywheel.ErrInvalid, func(e *experiment.Experiment) { e.Arms = e.Arms[:1] }},
		{"arms", flywheel.ErrInvalid, func(e *experiment.Experiment) { e.Arms[1].Weight = 0.48 }},
		{"arms[1].id", flywheel.ErrInvalid, func(e *experiment.Experiment) { e.Arms[1].ID = "A" }},
		{"arms[0].id", flywheel.ErrInvalid, func(e *experiment.Experiment) { e.Arms[0].ID = " " }},
		{"arms[1].weight", flywheel.ErrOutOfRange, func(e *experiment.Experiment) { e.Arms[1].Weight = nan }},
		{"arms[0].weight", flywheel.ErrOutOfRange, func(e *experiment.Experiment) { e.Arms[0].Weight = -0.5 }},
		{"coverage", flywheel.ErrOutOfRange, func(e *experiment.Experiment) { e.Coverage = &nan }},
		{"coverage", flywheel.ErrOutOfRange, func(e *experiment.Experiment) { e.Coverage = new(1.1) }},
		{"hash", flywheel.ErrInvalid, func(e *experiment.Experiment) { e.Hash = 3 }},
		{"unit", flywheel.ErrInvalid, func(e *experiment.Experiment) { e.Unit = "\n" }},
		{"namespace.id", flywheel.ErrInvalid, func(e *experiment.Experiment) { e.Namespace = &experiment.Namespace{To: 1} }},
		{"namespace", flywheel.ErrOutOfRange, func(e *experiment.Experiment) { e.Namespace = &experiment.Namespace{ID: "n", From: 0.5, To: 0.5} }},
		{"namespace", flywheel.ErrOutOfRange, func(e *experiment.Experiment) { e.Namespace = &experiment.Namespace{ID: "n", From: nan, To: 1} }},
	} {
		e := ok()
		c.change(&e)
		err := e.Validate()
		var definition *experiment.DefinitionError
		require.ErrorAs(t, err, &definition)
		require.Equal(t, c.field, definition.Field)
		require.ErrorIs(t, err, c.kind)
	}
	e := ok()
	_, err := experiment.Compile(e, e)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestDefinitionsAreJSON(t *testing.T) {
	e := experiment.Experiment{
		ID: "E", Arms: []experiment.Arm{{ID: "A", Weight: 0.2}, {ID: "B", Weight: 0.8}}, Coverage: new(0.9), Hash: experiment.HashV1,
		Namespace: &experiment.Namespace{ID: "n", To: 0.9}, Condition: rule.MustCompile(`{"country": "DE"}`),
	}
	data, err := json.Marshal(e)
	require.NoError(t, err)
	var read experiment.Experiment
	require.NoError(t, json.Unmarshal(data, &read))
	for i := range 200 {
		require.Equal(t, assign(t, e, fmt.Sprint(i)), assign(t, read, fmt.Sprint(i)))
	}
}

func TestSnapshotIsImmutable(t *testing.T) {
	e := experiment.Experiment{
		ID: "E", Arms: []experiment.Arm{{ID: "A"}, {ID: "B"}}, Namespace: &experiment.Namespace{ID: "n", To: 1},
	}
	s, err := experiment.Compile(e)
	require.NoError(t, err)
	before := s.Assign("E", experiment.Subject{Customer: "anna"})
	e.Arms[0].ID, e.Arms[1].ID, e.Namespace.To = "x", "y", 1e-9
	s.Experiments()[0].Arms[0].ID = "z"
	require.Equal(t, before, s.Assign("E", experiment.Subject{Customer: "anna"}))
}

// Raising coverage must not move a unit from one arm to another, and lowering
// it must only take units out.
func TestCoverageMovesNobody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := experiment.Experiment{ID: "E", Arms: []experiment.Arm{{ID: "A", Weight: 0.2}, {ID: "B", Weight: 0.3}, {ID: "C", Weight: 0.5}}}
		low := rapid.Float64Range(0.01, 1).Draw(rt, "low")
		e.Coverage = &low
		unit := rapid.StringN(1, 20, -1).Draw(rt, "unit")
		before := assign(t, e, unit)
		e.Coverage = new(rapid.Float64Range(low, 1).Draw(rt, "high"))
		after := assign(t, e, unit)
		if before.In && (!after.In || after.Arm != before.Arm) {
			rt.Fatalf("%v became %v", before, after)
		}
	})
}

// Similarly named experiments must be independent: for every pair the joint
// counts of 4,000 units are those of independence (chi-square).
func TestExperimentsAreIndependent(t *testing.T) {
	const units = 4000
	var snapshots []*experiment.Snapshot
	for i := range 12 {
		s, err := experiment.Compile(experiment.Experiment{ID: "E", Seed: fmt.Sprintf("button-%d", i), Arms: []experiment.Arm{{ID: "A"}, {ID: "B"}}})
		require.NoError(t, err)
		snapshots = append(snapshots, s)
	}
	var least float64 = 1
	for i := range snapshots {
		for j := range i {
			var joint [4]int64
			for u := range units {
				subject := experiment.Subject{Customer: flywheel.CustomerID(fmt.Sprintf("user-%d", u))}
				joint[2*snapshots[i].Assign("E", subject).Index+snapshots[j].Assign("E", subject).Index]++
			}
			r, err := stats.SampleRatio{}.Test(joint[:], []float64{1, 1, 1, 1})
			require.NoError(t, err)
			least = min(least, r.P)
		}
	}
	require.Greater(t, least, 0.001/66, "the smallest of 66 p values")
}

func TestAssignDoesNotAllocate(t *testing.T) {
	s, err := experiment.Compile(experiment.Experiment{
		ID: "E", Arms: []experiment.Arm{{ID: "A"}, {ID: "B"}}, Namespace: &experiment.Namespace{ID: "n", To: 1}})
	require.NoError(t, err)
	subject := experiment.Subject{Customer: "日本-😀-anna"}
	require.Zero(t, testing.AllocsPerRun(100, func() { s.Assign("E", subject) }))
}

func FuzzBucket(f *testing.F) {
	f.Add("seed", "unit")
	f.Add("", "\xff\xfe")
	f.Fuzz(func(t *testing.T, seed, unit string) {
		for _, v := range []experiment.HashVersion{experiment.HashV1, experiment.HashV2, 0} {
			if b := experiment.Bucket(seed, unit, v); !(b >= 0 && b < 1) {
				t.Fatalf("Bucket(%q, %q, %d) = %v", seed, unit, v, b)
			}
		}
	})
}

func BenchmarkAssign(b *testing.B) {
	schema, err := rule.NewSchema(map[string]rule.Type{"country": rule.String, "orders": rule.Number})
	require.NoError(b, err)
	condition, err := rule.Compile([]byte(`{"country": {"$in": ["DE", "AT", "CH"]}, "orders": {"$gte": 2}}`), &rule.Options{Schema: schema})
	require.NoError(b, err)
	e := experiment.Experiment{ID: "E", Arms: []experiment.Arm{{ID: "A"}, {ID: "B"}, {ID: "C"}}}
	plain, err := experiment.Compile(e)
	require.NoError(b, err)
	e.Condition = condition
	targeted, err := experiment.Compile(e)
	require.NoError(b, err)
	record := schema.NewRecord()
	record.Load(map[string]any{"country": "AT", "orders": 3.0})
	subject := experiment.Subject{Customer: "b1429de1-c873-4365-950e-701ff89a6643", Record: record}
	for name, s := range map[string]*experiment.Snapshot{"plain": plain, "targeted": targeted} {
		b.Run("kind="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Assign("E", subject)
			}
		})
	}
}
