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
	"github.com/flywheel-go/flywheel/internal/suite"
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

// broken is a memory store with one fault, which the named case must catch.
type broken struct {
	*experiment.MemoryStore
	caught    string
	record    func(ctx context.Context, s *experiment.MemoryStore, x experiment.Exposure) (bool, error)
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

func (b broken) Record(ctx context.Context, x experiment.Exposure) (bool, error) {
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
		"keeps one arm per unit": {caught: "record/other-arm", record: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			for old := range s.Exposures(ctx, x.Experiment) {
				if old.Unit == x.Unit {
					return false, nil
				}
			}
			return s.Record(ctx, x)
		}},
		"calls nothing new": {caught: "record/tells-new", record: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			_, err := s.Record(ctx, x)
			return true, err
		}},
		"folds case": {caught: "strings/odd", record: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			x.Unit = strings.ToLower(x.Unit)
			return s.Record(ctx, x)
		}},
		"ignores cancellation": {caught: "context/cancelled", record: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			return s.Record(context.WithoutCancel(ctx), x)
		}},
		"forgets the visitor": {caught: "record/read-back", record: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			x.Visitor = ""
			return s.Record(ctx, x)
		}},
		"truncates to milliseconds": {caught: "time/utc-microseconds", record: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			x.At = x.At.Truncate(time.Millisecond)
			return s.Record(ctx, x)
		}},
		"takes anything": {caught: "record/refuse-invalid", record: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			if x.Validate() != nil {
				return false, nil
			}
			return s.Record(ctx, x)
		}},
		"reads another unit": {caught: "exposed", exposed: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			for other := range s.Exposures(ctx, x.Experiment) {
				if other.Arm == x.Arm {
					return true, nil
				}
			}
			return s.Exposed(ctx, x)
		}},
		"yields in reverse": {caught: "exposures/order", exposures: func(ctx context.Context, s *store, id experiment.ID) iter.Seq2[experiment.Exposure, error] {
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
		"forgets the group": {caught: "record/groups", record: func(ctx context.Context, s *store, x experiment.Exposure) (bool, error) {
			x.Group = ""
			return s.Record(ctx, x)
		}},
		"mixes identities": {caught: "assign/read-back", assign: func(ctx context.Context, s *store, _, value, key, variation string) error {
			return s.Assign(ctx, "id", value, key, variation)
		}},
		"forgets versions": {caught: "definition/stale-version", save: func(ctx context.Context, s *store, d experiment.Definition) (experiment.Definition, error) {
			if old, err := s.Definition(ctx, d.Kind, d.ID); err == nil {
				d.Version = old.Version
			}
			return s.SaveDefinition(ctx, d)
		}},
		"rewrites the body": {caught: "definition/read-back", save: func(ctx context.Context, s *store, d experiment.Definition) (experiment.Definition, error) {
			d.Body = []byte(strings.ReplaceAll(string(d.Body), " ", ""))
			return s.SaveDefinition(ctx, d)
		}},
		"hides an error while listing": {caught: "context/cancelled", exposures: func(ctx context.Context, s *store, id experiment.ID) iter.Seq2[experiment.Exposure, error] {
			return s.Exposures(context.WithoutCancel(ctx), id)
		}},
	} {
		contract.Bites(t, name, b.caught, func() experiment.Store {
			b.MemoryStore = experiment.NewMemory(nil)
			return b
		})
	}
	contract.Bites(t, "does not join the transaction", "tx/rollback", func() experiment.Store { return apart{experiment.NewMemory(nil)} })
}

// apart is a store that does not join its transactions.
type apart struct{ *experiment.MemoryStore }

func (apart) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return new(flywheel.Memory).InTx(ctx, fn)
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() experiment.Store {
		s := experiment.NewMemory(nil)
		if err := errors.Join(record(ctx, s, exposure("a", "A")), s.Assign(ctx, "id", "u", "E__0", "a"), save(ctx, s, definition("d", "", 0))); err != nil {
			t.Fatal(err)
		}
		return s
	}
	suite.Fails(t, Failing, fresh, map[string]func(s experiment.Store) error{
		"Record":         func(s experiment.Store) error { _, err := s.Record(ctx, exposure("b", "A")); return err },
		"Exposed":        func(s experiment.Store) error { return suite.Err(s.Exposed(ctx, exposure("a", "A"))) },
		"Exposures":      func(s experiment.Store) error { return suite.Err(list(ctx, s, "E")) },
		"Assign":         func(s experiment.Store) error { return s.Assign(ctx, "id", "u", "F__0", "b") },
		"Assignments":    func(s experiment.Store) error { return suite.Err(s.Assignments(ctx, "id", "u")) },
		"SaveDefinition": func(s experiment.Store) error { return save(ctx, s, definition("d", "x", 1)) },
		"Definition":     func(s experiment.Store) error { return suite.Err(s.Definition(ctx, "payload", "d")) },
	}, func(s experiment.Store) (any, error) {
		all, err := list(ctx, s, "E")
		buckets, bucketsErr := s.Assignments(ctx, "id", "u")
		d, definitionErr := s.Definition(ctx, "payload", "d")
		return []any{all, buckets, d}, errors.Join(err, bucketsErr, definitionErr)
	})
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
	_, err := store.Record(ctx, x)
	done, _ := memory.Exposed(ctx, x)
	fmt.Println(err, done)
	// Output: connection lost true
}
