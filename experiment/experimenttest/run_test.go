package experimenttest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
)

func memory(*testing.T) experiment.Store { return experiment.NewMemory(nil) }

func transactor(s experiment.Store) flywheel.Transactor { return s.(flywheel.Transactor) }

func TestMemory(t *testing.T) {
	Run(t, memory, Features{Tx: transactor})
}

func TestFailingPassesThrough(t *testing.T) {
	fresh := func(*testing.T) experiment.Store {
		return Failing(experiment.NewMemory(nil), func(string, bool) error { return nil })
	}
	Run(t, fresh, Features{Tx: transactor})
}

// broken is a memory store with one fault.
type broken struct {
	*experiment.MemoryStore
	record    func(ctx context.Context, s *experiment.MemoryStore, x experiment.Exposure) error
	exposed   func(ctx context.Context, s *experiment.MemoryStore, x experiment.Exposure) (bool, error)
	exposures func(ctx context.Context, s *experiment.MemoryStore, id experiment.ID) iter.Seq2[experiment.Exposure, error]
	assign    func(ctx context.Context, s *experiment.MemoryStore, attribute, value, key, variation string) error
	save      func(ctx context.Context, s *experiment.MemoryStore, d experiment.Definition) (experiment.Definition, error)
}

func (b broken) Assign(ctx context.Context, attribute, value, key, variation string) error {
	if b.assign != nil {
		return b.assign(ctx, b.MemoryStore, attribute, value, key, variation)
	}
	return b.MemoryStore.Assign(ctx, attribute, value, key, variation)
}

func (b broken) SaveDefinition(ctx context.Context, d experiment.Definition) (experiment.Definition, error) {
	if b.save != nil {
		return b.save(ctx, b.MemoryStore, d)
	}
	return b.MemoryStore.SaveDefinition(ctx, d)
}

func (b broken) Record(ctx context.Context, x experiment.Exposure) error {
	if b.record != nil {
		return b.record(ctx, b.MemoryStore, x)
	}
	return b.MemoryStore.Record(ctx, x)
}

func (b broken) Exposed(ctx context.Context, x experiment.Exposure) (bool, error) {
	if b.exposed != nil {
		return b.exposed(ctx, b.MemoryStore, x)
	}
	return b.MemoryStore.Exposed(ctx, x)
}

func (b broken) Exposures(ctx context.Context, id experiment.ID) iter.Seq2[experiment.Exposure, error] {
	if b.exposures != nil {
		return b.exposures(ctx, b.MemoryStore, id)
	}
	return b.MemoryStore.Exposures(ctx, id)
}

// TestSuiteCatches shows that the suite fails for stores that break a rule.
func TestSuiteCatches(t *testing.T) {
	type store = experiment.MemoryStore
	for name, b := range map[string]broken{
		"keeps one arm per unit": {record: func(ctx context.Context, s *store, x experiment.Exposure) error {
			for old := range s.Exposures(ctx, x.Experiment) {
				if old.Unit == x.Unit {
					return nil
				}
			}
			return s.Record(ctx, x)
		}},
		"folds case": {record: func(ctx context.Context, s *store, x experiment.Exposure) error {
			x.Unit = strings.ToLower(x.Unit)
			return s.Record(ctx, x)
		}},
		"ignores cancellation": {record: func(ctx context.Context, s *store, x experiment.Exposure) error {
			return s.Record(context.WithoutCancel(ctx), x)
		}},
		"forgets the visitor": {record: func(ctx context.Context, s *store, x experiment.Exposure) error {
			x.Visitor = ""
			return s.Record(ctx, x)
		}},
		"truncates to milliseconds": {record: func(ctx context.Context, s *store, x experiment.Exposure) error {
			x.At = x.At.Truncate(time.Millisecond)
			return s.Record(ctx, x)
		}},
		"takes anything": {record: func(ctx context.Context, s *store, x experiment.Exposure) error {
			if x.Validate() != nil {
				return nil
			}
			return s.Record(ctx, x)
		}},
		"reads another unit": {exposed: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			for other := range s.Exposures(ctx, x.Experiment) {
				if other.Arm == x.Arm {
					return true, nil
				}
			}
			return s.Exposed(ctx, x)
		}},
		"yields in reverse": {exposures: func(ctx context.Context, s *store, id experiment.ID) iter.Seq2[experiment.Exposure, error] {
			return func(yield func(experiment.Exposure, error) bool) {
				all, err := list(ctx, s, id)
				if err != nil {
					yield(experiment.Exposure{}, err)
					return
				}
				for _, x := range slices.Backward(all) {
					if !yield(x, nil) {
						return
					}
				}
			}
		}},
		"forgets the group": {record: func(ctx context.Context, s *store, x experiment.Exposure) error {
			x.Group = ""
			return s.Record(ctx, x)
		}},
		"mixes identities": {assign: func(ctx context.Context, s *store, _, value, key, variation string) error {
			return s.Assign(ctx, "id", value, key, variation)
		}},
		"forgets versions": {save: func(ctx context.Context, s *store, d experiment.Definition) (experiment.Definition, error) {
			if old, err := s.Definition(ctx, d.Kind, d.ID); err == nil {
				d.Version = old.Version
			}
			return s.SaveDefinition(ctx, d)
		}},
		"rewrites the body": {save: func(ctx context.Context, s *store, d experiment.Definition) (experiment.Definition, error) {
			d.Body = []byte(strings.ReplaceAll(string(d.Body), " ", ""))
			return s.SaveDefinition(ctx, d)
		}},
		"hides an error while listing": {exposures: func(ctx context.Context, s *store, id experiment.ID) iter.Seq2[experiment.Exposure, error] {
			return s.Exposures(context.WithoutCancel(ctx), id)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if !caught(t.Context(), func() (experiment.Store, flywheel.Transactor) {
				b.MemoryStore = experiment.NewMemory(nil)
				return b, b
			}) {
				t.Error("the suite does not notice")
			}
		})
	}
	t.Run("does not join the transaction", func(t *testing.T) {
		if !caught(t.Context(), func() (experiment.Store, flywheel.Transactor) {
			return experiment.NewMemory(nil), &flywheel.Memory{}
		}) {
			t.Error("the suite does not notice")
		}
	})
}

// caught reports whether a store fails one of the checks.
func caught(ctx context.Context, fresh func() (experiment.Store, flywheel.Transactor)) bool {
	return slices.ContainsFunc(checks, func(c check) bool {
		s, tx := fresh()
		return c.run(ctx, s, tx) != nil
	})
}

func TestFailing(t *testing.T) {
	lost := errors.New("lost")
	at := ""
	hook := func(call string, after bool) error {
		if after {
			call += "/after"
		}
		if call == at {
			return lost
		}
		return nil
	}
	inner := experiment.NewMemory(nil)
	s := Failing(inner, hook)
	at = "Record"
	if err := s.Record(t.Context(), exposure("a", "A")); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	if err := expect(t.Context(), inner); err != nil {
		t.Fatal(err)
	}
	at = "Record/after"
	if err := s.Record(t.Context(), exposure("a", "A")); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	if err := expect(t.Context(), inner, exposure("a", "A")); err != nil {
		t.Fatal(err)
	}
	for _, at = range []string{"Exposed", "Exposed/after"} {
		if _, err := s.Exposed(t.Context(), exposure("a", "A")); !errors.Is(err, lost) {
			t.Fatal(at, err)
		}
	}
	for _, call := range []struct {
		name string
		call func() error
	}{
		{"Assign", func() error { return s.Assign(t.Context(), "id", "u", "E__0", "a") }},
		{"Assignments", func() error { _, err := s.Assignments(t.Context(), "id", "u"); return err }},
		{"SaveDefinition", func() error { return save(t.Context(), s, definition("d", "", 0)) }},
		{"Definition", func() error { _, err := s.Definition(t.Context(), "payload", "d"); return err }},
	} {
		for _, at = range []string{call.name, call.name + "/after"} {
			if err := call.call(); !errors.Is(err, lost) {
				t.Fatal(at, err)
			}
		}
	}
	for _, at = range []string{"Exposures", "Exposures/after"} {
		if _, err := list(t.Context(), s, "E"); !errors.Is(err, lost) {
			t.Fatal(at, err)
		}
	}
}

func ExampleRun() {
	// In the package of a store of your own, as TestStore:
	test := func(t *testing.T) {
		fresh := func(*testing.T) experiment.Store { return experiment.NewMemory(nil) }
		Run(t, fresh, Features{Tx: func(s experiment.Store) flywheel.Transactor { return s.(flywheel.Transactor) }})
	}
	_ = test
	// Output:
}

func ExampleFailing() {
	memory := experiment.NewMemory(nil)
	store := Failing(memory, func(call string, after bool) error {
		if call == "Record" && after {
			return errors.New("connection lost")
		}
		return nil
	})
	ctx := context.Background()
	x := experiment.Exposure{Experiment: "button", Unit: "anna", Arm: "green", At: time.Now()}
	err := store.Record(ctx, x)
	done, _ := memory.Exposed(ctx, x)
	fmt.Println(err, done)
	// Output: connection lost true
}
