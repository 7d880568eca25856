package suite

import (
	"context"
	"os"

	"github.com/flywheel-go/flywheel/internal/txhook"
)

// With FLYWHEEL_TWICE in the environment every transaction of a test binary that
// links this package is run, rolled back and run again. All tests must pass as
// they do without.
func init() { txhook.Always(Twofold()) }

// Twofold reports whether every transaction is run twice, for tests that count.
func Twofold() bool { return os.Getenv("FLYWHEEL_TWICE") != "" }

// Twice returns a context in which every transaction is run, rolled back and run
// again, as a database may do: what is left must be as after one run.
func Twice(ctx context.Context) context.Context { return txhook.Twice(ctx) }

// twice is a T with such a context.
type twice struct{ T }

func (t twice) Context() context.Context { return Twice(t.T.Context()) }
