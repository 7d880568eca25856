package experiment

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Store keeps what experiments need to remember: exposures, each once by
// experiment, unit, arm and group; sticky buckets; and definitions, such as a
// payload of flags or a [Study]. Implementations are safe for concurrent use,
// honor ctx, and join the transaction carried by ctx (see
// [flywheel.Transactor]). Identifiers are compared byte by byte.
type Store interface {
	// Exposed reports whether an exposure of x's experiment, unit, arm and group
	// is recorded.
	Exposed(ctx context.Context, x Exposure) (bool, error)
	// Record keeps x and reports whether it is new. Of exposures of the same
	// experiment, unit, arm and group it keeps the one recorded first and ignores
	// the others without an error.
	Record(ctx context.Context, x Exposure) (added bool, err error)
	// Exposures yields the exposures of an experiment ordered by (At, Unit,
	// Arm, Group). An error is yielded once, last. The caller may call the
	// store while ranging.
	Exposures(ctx context.Context, id ID) iter.Seq2[Exposure, error]

	// Assignments returns a copy of the sticky buckets of an identity (an
	// attribute and its value): variations by experiment and version.
	Assignments(ctx context.Context, attribute, value string) (map[string]string, error)
	// Assign keeps a sticky bucket. One that is there stays as it is.
	Assign(ctx context.Context, attribute, value, key, variation string) error

	// Definition returns a definition. A missing one reports an error matching
	// [flywheel.ErrNotFound].
	Definition(ctx context.Context, kind, id string) (Definition, error)
	// SaveDefinition writes d if the stored version equals d.Version (0 for
	// none), else it reports [flywheel.ErrConflict], and returns it with its
	// new version.
	SaveDefinition(ctx context.Context, d Definition) (Definition, error)
}

// Definition is a document that says what runs, saved whole with a version.
type Definition struct {
	// Kind and ID name it, such as "payload" and "production".
	Kind, ID string
	// Version counts the times that it was saved.
	Version int64
	Body    []byte
	// SavedAt is in UTC to the microsecond.
	SavedAt time.Time
}

// Validate reports the first thing wrong with d; the error wraps a kind.
func (d *Definition) Validate() error {
	for _, id := range [...]struct{ field, value string }{{"kind", d.Kind}, {"id", d.ID}} {
		if err := flywheel.CheckID(id.value); err != nil {
			return fmt.Errorf("experiment: definition: %s: %w", id.field, err)
		}
	}
	switch {
	case d.Version < 0:
		return fmt.Errorf("experiment: definition: version %d: %w", d.Version, flywheel.ErrOutOfRange)
	case d.SavedAt.IsZero():
		return fmt.Errorf("experiment: definition: saved at: missing: %w", flywheel.ErrInvalid)
	}
	return nil
}

// CheckAssignment reports the first thing wrong with a sticky bucket; the error
// wraps a kind. Stores refuse by it.
func CheckAssignment(attribute, value, key, variation string) error {
	for _, id := range [...]struct{ field, value string }{
		{"attribute", attribute}, {"value", value}, {"key", key}, {"variation", variation},
	} {
		if err := flywheel.CheckID(id.value); err != nil {
			return fmt.Errorf("experiment: sticky bucket: %s: %w", id.field, err)
		}
	}
	return nil
}
