package experimenttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Features says what a store can do beyond [experiment.Store].
type Features struct {
	// Tx returns the transactor whose transactions the store joins; nil for a
	// store without transactions.
	Tx func(experiment.Store) flywheel.Transactor
}

// Run runs the suite; fresh returns an empty store for each case.
func Run(t *testing.T, fresh func(t *testing.T) experiment.Store, features Features) {
	contract.Run(t, fresh, features.Tx)
}

type testCase = suite.Case[check]

type check func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error

var contract = suite.Suite[experiment.Store, check]{
	Cases: slices.Concat(exposureCases, bucketCases, definitionCases),
	Call: func(t suite.T, check check, s experiment.Store, tx flywheel.Transactor) error {
		return check(t.Context(), s, tx)
	},
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func exposure(unit, arm string) experiment.Exposure {
	return experiment.Exposure{Experiment: "E", Unit: unit, Arm: arm, At: noon, Customer: flywheel.CustomerID(unit)}
}

func list(ctx context.Context, s experiment.Store, id experiment.ID) ([]experiment.Exposure, error) {
	return suite.Collect(s.Exposures(ctx, id))
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
		if _, err := s.Record(ctx, x); err != nil {
			return fmt.Errorf("record %v: %w", x, err)
		}
	}
	return nil
}

var exposureCases = []testCase{
	{Name: "record/read-back", Rule: "what Record keeps Exposures yields, in every field",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			x := experiment.Exposure{
				Experiment: "E", Unit: "u", Arm: "A", Group: "leaf 3", Propensity: 0.125, At: noon, Customer: "c", Visitor: "v",
			}
			return errors.Join(record(ctx, s, x), expect(ctx, s, x))
		}},
	{Name: "record/first-wins", Rule: "of exposures of one experiment, unit and arm the first is kept",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			first, later, earlier := exposure("u", "A"), exposure("u", "A"), exposure("u", "A")
			later.At, earlier.At = noon.Add(time.Hour), noon.Add(-time.Hour)
			later.Visitor = "other"
			return errors.Join(record(ctx, s, first, later, earlier), expect(ctx, s, first))
		}},
	{Name: "record/tells-new", Rule: "Record tells the first of its key from all that follow",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			for i, want := range []bool{true, false, false} {
				x := exposure("u", "A")
				x.At = noon.Add(time.Duration(i/2) * time.Hour)
				if added, err := s.Record(ctx, x); err != nil || added != want {
					return fmt.Errorf("call %d: new is %v, want %v (%v)", i+1, added, want, err)
				}
			}
			return nil
		}},
	{Name: "record/other-arm", Rule: "a unit that saw two arms has two exposures",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			a, b := exposure("u", "A"), exposure("u", "B")
			return errors.Join(record(ctx, s, b, a), expect(ctx, s, a, b))
		}},
	{Name: "record/groups", Rule: "a unit is counted once in each group",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			none, a, b := exposure("u", "A"), exposure("u", "A"), exposure("u", "A")
			a.Group, b.Group = "a", "b"
			return errors.Join(record(ctx, s, b, none, a, a), expect(ctx, s, none, a, b))
		}},
	{Name: "record/refuse-invalid", Rule: "an exposure without unit, arm, experiment or time is refused and changes nothing",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			noUnit, noArm, noExperiment, noTime := exposure("", "A"), exposure("u", ""), exposure("u", "A"), exposure("u", "A")
			noExperiment.Experiment, noTime.At = "", time.Time{}
			for _, x := range []experiment.Exposure{noUnit, noArm, noExperiment, noTime} {
				if _, err := s.Record(ctx, x); !errors.Is(err, flywheel.ErrInvalid) {
					return fmt.Errorf("%+v: %v", x, err)
				}
			}
			return expect(ctx, s)
		}},
	{Name: "exposed", Rule: "Exposed tells exactly the recorded combination",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
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
	{Name: "exposures/order", Rule: "exposures come ordered by time, unit, arm, and only those of the experiment",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			late, other := exposure("a", "A"), exposure("z", "A")
			late.At = noon.Add(time.Microsecond)
			other.Experiment = "F"
			b, a := exposure("b", "A"), exposure("b", "B")
			return errors.Join(record(ctx, s, late, other, a, b), expect(ctx, s, b, a, late))
		}},
	{Name: "exposures/stop-early", Rule: "a caller may stop ranging and go on using the store",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
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
	{Name: "exposures/call-while-ranging", Rule: "a caller may record while ranging",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			if err := record(ctx, s, exposure("a", "A"), exposure("b", "A")); err != nil {
				return err
			}
			for x, err := range s.Exposures(ctx, "E") {
				if err != nil {
					return err
				}
				if x.Arm == "A" {
					if _, err := s.Record(ctx, exposure(x.Unit, "B")); err != nil {
						return err
					}
				}
			}
			return expect(ctx, s, exposure("a", "A"), exposure("a", "B"), exposure("b", "A"), exposure("b", "B"))
		}},
	{Name: "time/utc-microseconds", Rule: "times are kept in UTC, truncated to the microsecond",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			x, want := exposure("u", "A"), exposure("u", "A")
			x.At = noon.Add(123456789 * time.Nanosecond).In(time.FixedZone("east", 5*3600))
			want.At = noon.Add(123456 * time.Microsecond)
			return errors.Join(record(ctx, s, x), expect(ctx, s, want))
		}},
	{Name: "strings/odd", Rule: "identifiers are compared byte by byte and kept as they are",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			units := []string{"%", "'; --", "ANNA", "Anna", "_", "anna", "a\"b", "ß", "ss", "日本", "😀"}
			slices.Sort(units)
			var want []experiment.Exposure
			for _, u := range units {
				want = append(want, exposure(u, "A"))
			}
			return errors.Join(record(ctx, s, want...), expect(ctx, s, want...))
		}},
	{Name: "context/cancelled", Rule: "a cancelled context stops every call without effect",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			if _, err := s.Record(cancelled, exposure("u", "A")); !errors.Is(err, context.Canceled) {
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
	{Name: "concurrent/one-exposure", Rule: "of many recording the same exposure at once, one is kept",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			failed := suite.Parallel(8, func(int) error { return record(ctx, s, exposure("u", "A"), exposure("v", "A"), exposure("w", "A")) })
			return errors.Join(errors.Join(failed...), expect(ctx, s, exposure("u", "A"), exposure("v", "A"), exposure("w", "A")))
		}},
	{Name: "tx/rollback", Rule: "what a transaction recorded is gone when it fails", Transactions: true,
		Check: func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error {
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
	{Name: "tx/rollback-on-panic", Rule: "what a transaction recorded is gone when it panics", Transactions: true,
		Check: func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error {
			func() {
				defer func() { _ = recover() }()
				_ = tx.InTx(ctx, func(ctx context.Context) error {
					if _, err := s.Record(ctx, exposure("a", "A")); err != nil {
						return err
					}
					panic("stop")
				})
			}()
			return expect(ctx, s)
		}},
	{Name: "tx/commit", Rule: "what a transaction recorded stays when it succeeds", Transactions: true,
		Check: func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error {
			err := tx.InTx(ctx, func(ctx context.Context) error { return record(ctx, s, exposure("a", "A"), exposure("b", "A")) })
			return errors.Join(err, expect(ctx, s, exposure("a", "A"), exposure("b", "A")))
		}},
}
