package experimenttest

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// expectBuckets compares the sticky buckets of an identity.
func expectBuckets(ctx context.Context, s experiment.Store, attribute, value string, want map[string]string) error {
	got, err := s.Assignments(ctx, attribute, value)
	if err != nil {
		return err
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("buckets of %s %q: got %v, want %v", attribute, value, got, want)
	}
	return nil
}

var bucketCases = []testCase{
	{Name: "assign/read-back", Rule: "what Assign keeps Assignments returns, by identity",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			return errors.Join(
				s.Assign(ctx, "id", "u1", "E__0", "red"), s.Assign(ctx, "id", "u1", "F__2", "1"),
				s.Assign(ctx, "device", "u1", "E__0", "blue"),
				expectBuckets(ctx, s, "id", "u1", map[string]string{"E__0": "red", "F__2": "1"}),
				expectBuckets(ctx, s, "device", "u1", map[string]string{"E__0": "blue"}),
				expectBuckets(ctx, s, "id", "U1", nil),
			)
		}},
	{Name: "assign/first-wins", Rule: "a sticky bucket that is there stays",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			return errors.Join(
				s.Assign(ctx, "id", "u1", "E__0", "red"), s.Assign(ctx, "id", "u1", "E__0", "blue"),
				expectBuckets(ctx, s, "id", "u1", map[string]string{"E__0": "red"}),
			)
		}},
	{Name: "assign/refuse-invalid", Rule: "a bucket without attribute, value, key or variation is refused and changes nothing",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			for _, c := range [][4]string{{"", "u", "E__0", "a"}, {"id", "", "E__0", "a"}, {"id", "u", "", "a"}, {"id", "u", "E__0", ""}} {
				if err := s.Assign(ctx, c[0], c[1], c[2], c[3]); !errors.Is(err, flywheel.ErrInvalid) {
					return fmt.Errorf("%q: %v", c, err)
				}
			}
			return expectBuckets(ctx, s, "id", "u", nil)
		}},
	{Name: "assignments/copy", Rule: "changing what Assignments returned changes nothing in the store",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			if err := s.Assign(ctx, "id", "u1", "E__0", "red"); err != nil {
				return err
			}
			got, err := s.Assignments(ctx, "id", "u1")
			if err != nil {
				return err
			}
			got["E__0"] = "changed"
			return expectBuckets(ctx, s, "id", "u1", map[string]string{"E__0": "red"})
		}},
	{Name: "assign/cancelled", Rule: "a cancelled context stops Assign and Assignments without effect",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			if err := s.Assign(cancelled, "id", "u", "E__0", "a"); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("Assign: %v", err)
			}
			if _, err := s.Assignments(cancelled, "id", "u"); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("Assignments: %v", err)
			}
			return expectBuckets(ctx, s, "id", "u", nil)
		}},
	{Name: "assign/one-winner", Rule: "of many assigning the same bucket at once, one stays for all",
		Check: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			seen := make([]string, 6)
			failed := suite.Parallel(len(seen), func(i int) error {
				err := s.Assign(ctx, "id", "u", "E__0", fmt.Sprint(i))
				got, readErr := s.Assignments(ctx, "id", "u")
				seen[i] = got["E__0"]
				return errors.Join(err, readErr)
			})
			for _, v := range seen {
				if v != seen[0] || v == "" {
					return errors.Join(errors.Join(failed...), fmt.Errorf("seen %q", seen))
				}
			}
			return errors.Join(failed...)
		}},
	{Name: "assign/rollback", Rule: "a bucket that a transaction assigned is gone when it fails", Transactions: true,
		Check: func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error {
			stop := errors.New("stop")
			err := tx.InTx(ctx, func(ctx context.Context) error {
				return errors.Join(s.Assign(ctx, "id", "u", "E__0", "a"), expectBuckets(ctx, s, "id", "u", map[string]string{"E__0": "a"}), stop)
			})
			if !errors.Is(err, stop) {
				return err
			}
			return expectBuckets(ctx, s, "id", "u", nil)
		}},
}
