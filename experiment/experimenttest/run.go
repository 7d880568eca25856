package experimenttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
)

// Features says what a store can do beyond [experiment.Store].
type Features struct {
	// Tx returns the transactor whose transactions the store joins; nil for a
	// store without transactions.
	Tx func(experiment.Store) flywheel.Transactor
}

// Run runs the suite; fresh returns an empty store for each case.
func Run(t *testing.T, fresh func(t *testing.T) experiment.Store, features Features) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			s := fresh(t)
			var tx flywheel.Transactor
			if features.Tx != nil {
				tx = features.Tx(s)
			}
			if c.transactional && tx == nil {
				t.Skip("the store has no transactions")
			}
			if err := c.run(t.Context(), s, tx); err != nil {
				t.Errorf("%s: %v", c.rule, err)
			}
		})
	}
}

type check struct {
	name, rule    string
	transactional bool
	run           func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func exposure(unit, arm string) experiment.Exposure {
	return experiment.Exposure{Experiment: "E", Unit: unit, Arm: arm, At: noon, Customer: flywheel.CustomerID(unit)}
}

func list(ctx context.Context, s experiment.Store, id experiment.ID) (all []experiment.Exposure, err error) {
	for x, err := range s.Exposures(ctx, id) {
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

// expect compares the exposures of experiment E.
func expect(ctx context.Context, s experiment.Store, want ...experiment.Exposure) error {
	got, err := list(ctx, s, "E")
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

func record(ctx context.Context, s experiment.Store, all ...experiment.Exposure) error {
	for _, x := range all {
		if err := s.Record(ctx, x); err != nil {
			return fmt.Errorf("record %v: %w", x, err)
		}
	}
	return nil
}

var checks = slices.Concat(exposureChecks, bucketChecks, definitionChecks)

var exposureChecks = []check{
	{name: "record/read-back", rule: "what Record keeps Exposures yields, in every field",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			x := experiment.Exposure{
				Experiment: "E", Unit: "u", Arm: "A", Group: "leaf 3", Propensity: 0.125, At: noon, Customer: "c", Visitor: "v",
			}
			return errors.Join(record(ctx, s, x), expect(ctx, s, x))
		}},
	{name: "record/first-wins", rule: "of exposures of one experiment, unit and arm the first is kept",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			first, later, earlier := exposure("u", "A"), exposure("u", "A"), exposure("u", "A")
			later.At, earlier.At = noon.Add(time.Hour), noon.Add(-time.Hour)
			later.Visitor = "other"
			return errors.Join(record(ctx, s, first, later, earlier), expect(ctx, s, first))
		}},
	{name: "record/other-arm", rule: "a unit that saw two arms has two exposures",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			a, b := exposure("u", "A"), exposure("u", "B")
			return errors.Join(record(ctx, s, b, a), expect(ctx, s, a, b))
		}},
	{name: "record/groups", rule: "a unit is counted once in each group",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			none, a, b := exposure("u", "A"), exposure("u", "A"), exposure("u", "A")
			a.Group, b.Group = "a", "b"
			return errors.Join(record(ctx, s, b, none, a, a), expect(ctx, s, none, a, b))
		}},
	{name: "record/refuse-invalid", rule: "an exposure without unit, arm, experiment or time is refused and changes nothing",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			noUnit, noArm, noExperiment, noTime := exposure("", "A"), exposure("u", ""), exposure("u", "A"), exposure("u", "A")
			noExperiment.Experiment, noTime.At = "", time.Time{}
			for _, x := range []experiment.Exposure{noUnit, noArm, noExperiment, noTime} {
				if err := s.Record(ctx, x); !errors.Is(err, flywheel.ErrInvalid) {
					return fmt.Errorf("%+v: %v", x, err)
				}
			}
			return expect(ctx, s)
		}},
	{name: "exposed", rule: "Exposed tells exactly the recorded combination",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			if err := record(ctx, s, exposure("u", "A")); err != nil {
				return err
			}
			for _, c := range []struct {
				id               experiment.ID
				unit, arm, group string
				want             bool
			}{{"E", "u", "A", "", true}, {"E", "u", "B", "", false}, {"E", "v", "A", "", false}, {"F", "u", "A", "", false}, {"E", "u", "A", "g", false}} {
				got, err := s.Exposed(ctx, experiment.Exposure{Experiment: c.id, Unit: c.unit, Arm: c.arm, Group: c.group})
				if err != nil || got != c.want {
					return fmt.Errorf("%v: %v, %v", c, got, err)
				}
			}
			return nil
		}},
	{name: "exposures/order", rule: "exposures come ordered by time, unit, arm, and only those of the experiment",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			late, other := exposure("a", "A"), exposure("z", "A")
			late.At = noon.Add(time.Microsecond)
			other.Experiment = "F"
			b, a := exposure("b", "A"), exposure("b", "B")
			return errors.Join(record(ctx, s, late, other, a, b), expect(ctx, s, b, a, late))
		}},
	{name: "exposures/stop-early", rule: "a caller may stop ranging and go on using the store",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			if err := record(ctx, s, exposure("a", "A"), exposure("b", "A")); err != nil {
				return err
			}
			n := 0
			for range s.Exposures(ctx, "E") {
				n++
				break
			}
			if n != 1 {
				return fmt.Errorf("%d exposures before the break", n)
			}
			return record(ctx, s, exposure("c", "A"))
		}},
	{name: "exposures/call-while-ranging", rule: "a caller may record while ranging",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			if err := record(ctx, s, exposure("a", "A"), exposure("b", "A")); err != nil {
				return err
			}
			for x, err := range s.Exposures(ctx, "E") {
				if err != nil {
					return err
				}
				if x.Arm == "A" {
					if err := s.Record(ctx, exposure(x.Unit, "B")); err != nil {
						return err
					}
				}
			}
			return expect(ctx, s, exposure("a", "A"), exposure("a", "B"), exposure("b", "A"), exposure("b", "B"))
		}},
	{name: "time/utc-microseconds", rule: "times are kept in UTC, truncated to the microsecond",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			x, want := exposure("u", "A"), exposure("u", "A")
			x.At = noon.Add(123456789 * time.Nanosecond).In(time.FixedZone("east", 5*3600))
			want.At = noon.Add(123456 * time.Microsecond)
			return errors.Join(record(ctx, s, x), expect(ctx, s, want))
		}},
	{name: "strings/odd", rule: "identifiers are compared byte by byte and kept as they are",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			units := []string{"%", "'; --", "ANNA", "Anna", "_", "anna", "a\"b", "ß", "ss", "日本", "😀"}
			slices.Sort(units)
			var want []experiment.Exposure
			for _, u := range units {
				want = append(want, exposure(u, "A"))
			}
			return errors.Join(record(ctx, s, want...), expect(ctx, s, want...))
		}},
	{name: "context/cancelled", rule: "a cancelled context stops every call without effect",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			if err := s.Record(cancelled, exposure("u", "A")); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("Record: %v", err)
			}
			if _, err := s.Exposed(cancelled, exposure("u", "A")); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("Exposed: %v", err)
			}
			if _, err := list(cancelled, s, "E"); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("Exposures: %v", err)
			}
			return expect(ctx, s)
		}},
	{name: "concurrent/one-exposure", rule: "of many recording the same exposure at once, one is kept",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			var wg sync.WaitGroup
			failed := make([]error, 8)
			for i := range failed {
				wg.Go(func() {
					for _, unit := range []string{"u", "v", "w"} {
						failed[i] = errors.Join(failed[i], s.Record(ctx, exposure(unit, "A")))
					}
				})
			}
			wg.Wait()
			return errors.Join(errors.Join(failed...), expect(ctx, s, exposure("u", "A"), exposure("v", "A"), exposure("w", "A")))
		}},
	{name: "tx/rollback", rule: "what a transaction recorded is gone when it fails", transactional: true,
		run: func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error {
			if err := record(ctx, s, exposure("a", "A")); err != nil {
				return err
			}
			stop := errors.New("stop")
			err := tx.InTx(ctx, func(ctx context.Context) error {
				return errors.Join(record(ctx, s, exposure("a", "A"), exposure("b", "A")), expect(ctx, s, exposure("a", "A"), exposure("b", "A")), stop)
			})
			if !errors.Is(err, stop) {
				return err
			}
			return errors.Join(expect(ctx, s, exposure("a", "A")), record(ctx, s, exposure("b", "A")), expect(ctx, s, exposure("a", "A"), exposure("b", "A")))
		}},
	{name: "tx/rollback-on-panic", rule: "what a transaction recorded is gone when it panics", transactional: true,
		run: func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error {
			func() {
				defer func() { _ = recover() }()
				_ = tx.InTx(ctx, func(ctx context.Context) error {
					if err := s.Record(ctx, exposure("a", "A")); err != nil {
						return err
					}
					panic("stop")
				})
			}()
			return expect(ctx, s)
		}},
	{name: "tx/commit", rule: "what a transaction recorded stays when it succeeds", transactional: true,
		run: func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error {
			err := tx.InTx(ctx, func(ctx context.Context) error { return record(ctx, s, exposure("a", "A"), exposure("b", "A")) })
			return errors.Join(err, expect(ctx, s, exposure("a", "A"), exposure("b", "A")))
		}},
}
