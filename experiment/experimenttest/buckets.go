package experimenttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
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

var bucketChecks = []check{
	{name: "assign/read-back", rule: "what Assign keeps Assignments returns, by identity",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			return errors.Join(
				s.Assign(ctx, "id", "u1", "E__0", "red"), s.Assign(ctx, "id", "u1", "F__2", "1"),
				s.Assign(ctx, "device", "u1", "E__0", "blue"),
				expectBuckets(ctx, s, "id", "u1", map[string]string{"E__0": "red", "F__2": "1"}),
				expectBuckets(ctx, s, "device", "u1", map[string]string{"E__0": "blue"}),
				expectBuckets(ctx, s, "id", "U1", nil),
			)
		}},
	{name: "assign/first-wins", rule: "a sticky bucket that is there stays",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			return errors.Join(
				s.Assign(ctx, "id", "u1", "E__0", "red"), s.Assign(ctx, "id", "u1", "E__0", "blue"),
				expectBuckets(ctx, s, "id", "u1", map[string]string{"E__0": "red"}),
			)
		}},
	{name: "assign/refuse-invalid", rule: "a bucket without attribute, value, key or variation is refused and changes nothing",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			for _, c := range [][4]string{{"", "u", "E__0", "a"}, {"id", "", "E__0", "a"}, {"id", "u", "", "a"}, {"id", "u", "E__0", ""}} {
				if err := s.Assign(ctx, c[0], c[1], c[2], c[3]); !errors.Is(err, flywheel.ErrInvalid) {
					return fmt.Errorf("%q: %v", c, err)
				}
			}
			return expectBuckets(ctx, s, "id", "u", nil)
		}},
	{name: "assignments/copy", rule: "changing what Assignments returned changes nothing in the store",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
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
	{name: "assign/cancelled", rule: "a cancelled context stops Assign and Assignments without effect",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
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
	{name: "assign/one-winner", rule: "of many assigning the same bucket at once, one stays for all",
		run: func(ctx context.Context, s experiment.Store, _ flywheel.Transactor) error {
			var wg sync.WaitGroup
			failed, seen := make([]error, 6), make([]string, 6)
			for i := range failed {
				wg.Go(func() {
					err := s.Assign(ctx, "id", "u", "E__0", fmt.Sprint(i))
					got, readErr := s.Assignments(ctx, "id", "u")
					failed[i], seen[i] = errors.Join(err, readErr), got["E__0"]
				})
			}
			wg.Wait()
			for _, v := range seen {
				if v != seen[0] || v == "" {
					return errors.Join(errors.Join(failed...), fmt.Errorf("seen %q", seen))
				}
			}
			return errors.Join(failed...)
		}},
	{name: "assign/rollback", rule: "a bucket that a transaction assigned is gone when it fails", transactional: true,
		run: func(ctx context.Context, s experiment.Store, tx flywheel.Transactor) error {
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
