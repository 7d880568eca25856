package recommendtest

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/recommend"
)

// RunSnapshots checks that the stores which fresh makes, each empty, keep the contract
// of [recommend.SnapshotStore].
func RunSnapshots(t *testing.T, fresh func(t *testing.T) recommend.SnapshotStore, f Features) {
	snapshots.Run(t, fresh, suite.Transactor[recommend.SnapshotStore](f.Transactions, nil))
}

type snapshotCheck func(ctx context.Context, s recommend.SnapshotStore) error

var snapshots = suite.Suite[recommend.SnapshotStore, snapshotCheck]{
	Cases: []suite.Case[snapshotCheck]{
		{Name: "newest", Rule: "Newest returns the largest version of the name, whatever the order of Save", Check: func(ctx context.Context, s recommend.SnapshotStore) error {
			if _, _, err := s.Newest(ctx, "home"); suite.Wrong("empty", err, flywheel.ErrNotFound) != nil {
				return fmt.Errorf("without a version: Newest: %v", err)
			}
			for _, v := range []uint64{2, 1<<63 - 1, 3} {
				if err := s.Save(ctx, "home", v, []byte{byte(v), 0, 255}); err != nil {
					return err
				}
			}
			if err := s.Save(ctx, "cart", 9, nil); err != nil {
				return err
			}
			return newest(ctx, s, "home", 1<<63-1, []byte{255, 0, 255})
		}},
		{Name: "save/repeated", Rule: "a version is written once: again with the same bytes it is left alone, with others refused", Check: func(ctx context.Context, s recommend.SnapshotStore) error {
			for range 2 {
				if err := s.Save(ctx, "home", 1, []byte("model")); err != nil {
					return err
				}
			}
			if err := suite.Wrong("other bytes", s.Save(ctx, "home", 1, []byte("other")), flywheel.ErrConflict); err != nil {
				return err
			}
			return newest(ctx, s, "home", 1, []byte("model"))
		}},
		{Name: "save/invalid", Rule: "a name is an identifier", Check: func(ctx context.Context, s recommend.SnapshotStore) error {
			return suite.Wrong("empty name", s.Save(ctx, "", 1, nil), flywheel.ErrInvalid)
		}},
		{Name: "copies", Rule: "the caller may change what it gave and what it gets", Check: func(ctx context.Context, s recommend.SnapshotStore) error {
			data := []byte("model")
			if err := s.Save(ctx, "home", 1, data); err != nil {
				return err
			}
			data[0] = 'x'
			_, got, err := s.Newest(ctx, "home")
			if err != nil {
				return err
			}
			got[1] = 'x'
			return newest(ctx, s, "home", 1, []byte("model"))
		}},
		{Name: "prune", Rule: "Prune keeps the newest versions of the name, and of others all", Check: func(ctx context.Context, s recommend.SnapshotStore) error {
			for v := range uint64(5) {
				if err := s.Save(ctx, "home", v, []byte{byte(v)}); err != nil {
					return err
				}
			}
			if err := s.Save(ctx, "cart", 1, []byte("cart")); err != nil {
				return err
			}
			if err := s.Prune(ctx, "home", 2); err != nil {
				return err
			}
			if err := newest(ctx, s, "home", 4, []byte{4}); err != nil {
				return err
			}
			// A version that is gone can be written with other bytes, one that is kept cannot.
			if err := suite.Wrong("kept", s.Save(ctx, "home", 3, []byte("x")), flywheel.ErrConflict); err != nil {
				return err
			}
			if err := s.Save(ctx, "home", 2, []byte("x")); err != nil {
				return err
			}
			if err := s.Prune(ctx, "home", 0); err != nil {
				return err
			}
			if _, _, err := s.Newest(ctx, "home"); suite.Wrong("pruned", err, flywheel.ErrNotFound) != nil {
				return fmt.Errorf("all pruned: Newest: %v", err)
			}
			if err := suite.Wrong("keep -1", s.Prune(ctx, "home", -1), flywheel.ErrOutOfRange); err != nil {
				return err
			}
			return newest(ctx, s, "cart", 1, []byte("cart"))
		}},
		{Name: "tx/rollback", Rule: "what a transaction saved or pruned is undone when it fails", Transactions: true, Check: func(ctx context.Context, s recommend.SnapshotStore) error {
			if err := s.Save(ctx, "home", 1, []byte("one")); err != nil {
				return err
			}
			for _, panics := range []bool{false, true} {
				err := suite.RollBack(ctx, s.(flywheel.Transactor), panics, func(ctx context.Context) error {
					if err := s.Save(ctx, "home", 2, []byte("two")); err != nil {
						return err
					}
					if err := newest(ctx, s, "home", 2, []byte("two")); err != nil {
						return err
					}
					return s.Prune(ctx, "home", 0)
				})
				if err != nil {
					return err
				}
				if err := newest(ctx, s, "home", 1, []byte("one")); err != nil {
					return err
				}
			}
			return nil
		}},
	},
	Call: func(t suite.T, check snapshotCheck, s recommend.SnapshotStore, _ flywheel.Transactor) error {
		return check(t.Context(), s)
	},
}

func newest(ctx context.Context, s recommend.SnapshotStore, name string, version uint64, want []byte) error {
	v, data, err := s.Newest(ctx, name)
	switch {
	case err != nil:
		return fmt.Errorf("Newest(%q): %w", name, err)
	case v != version || !bytes.Equal(data, want):
		return fmt.Errorf("Newest(%q) is version %d with %q, want %d with %q", name, v, data, version, want)
	}
	return nil
}
