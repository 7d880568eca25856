package recommend

import (
	"bytes"
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// SnapshotStore keeps the snapshots of models, by name and version. Implementations
// are safe for concurrent use, honor ctx and join the transaction that it carries
// (see [flywheel.Transactor]). They keep bytes and return copies.
type SnapshotStore interface {
	// Save keeps data as a version of name. A version that is there with the same
	// bytes is left alone; with others the error matches [flywheel.ErrConflict].
	Save(ctx context.Context, name string, version uint64, data []byte) error
	// Newest returns the largest version of name with its bytes. Without one the
	// error matches [flywheel.ErrNotFound].
	Newest(ctx context.Context, name string) (version uint64, data []byte, err error)
	// Prune removes all but the newest keep versions of name.
	Prune(ctx context.Context, name string, keep int) error
}

// MemorySnapshots is a [SnapshotStore] in memory.
type MemorySnapshots struct {
	db   *flywheel.Memory
	data map[string]map[uint64][]byte
}

// NewMemorySnapshots returns an empty store in db, or in a database of its own when db
// is nil.
func NewMemorySnapshots(db *flywheel.Memory) *MemorySnapshots {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemorySnapshots{db: db, data: make(map[string]map[uint64][]byte)}
}

// InTx implements [flywheel.Transactor].
func (s *MemorySnapshots) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Save implements [SnapshotStore].
func (s *MemorySnapshots) Save(ctx context.Context, name string, version uint64, data []byte) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		if err := flywheel.CheckID(name); err != nil {
			return fmt.Errorf("recommend: snapshot name: %w", err)
		}
		if old, ok := s.data[name][version]; ok {
			if !bytes.Equal(old, data) {
				return fmt.Errorf("recommend: snapshot %q version %d exists with other content: %w", name, version, flywheel.ErrConflict)
			}
			return nil
		}
		if s.data[name] == nil {
			s.data[name] = make(map[uint64][]byte)
		}
		undo(func() { delete(s.data[name], version) })
		s.data[name][version] = bytes.Clone(data)
		return nil
	})
}

// Newest implements [SnapshotStore].
func (s *MemorySnapshots) Newest(ctx context.Context, name string) (version uint64, data []byte, err error) {
	err = s.db.View(ctx, func() error {
		found := false
		for v := range s.data[name] {
			if !found || v > version {
				version, found = v, true
			}
		}
		if !found {
			return fmt.Errorf("recommend: snapshot %q: %w", name, flywheel.ErrNotFound)
		}
		data = bytes.Clone(s.data[name][version])
		return nil
	})
	return version, data, err
}

// Prune implements [SnapshotStore].
func (s *MemorySnapshots) Prune(ctx context.Context, name string, keep int) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		if keep < 0 {
			return fmt.Errorf("recommend: keep %d: %w", keep, flywheel.ErrOutOfRange)
		}
		for len(s.data[name]) > keep {
			oldest, found := uint64(0), false
			for v := range s.data[name] {
				if !found || v < oldest {
					oldest, found = v, true
				}
			}
			old := s.data[name][oldest]
			undo(func() { s.data[name][oldest] = old })
			delete(s.data[name], oldest)
		}
		return nil
	})
}
