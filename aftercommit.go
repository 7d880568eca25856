package flywheel

import (
	"context"

	"github.com/flywheel-go/flywheel/internal/txhook"
)

// AfterCommit runs fn once the transaction that ctx carries has committed, or its
// outcome is unknown, and at once when ctx carries none. After a rollback, and
// for an attempt that the database runs again, fn is dropped. Where transactions
// of several databases are nested, the outermost decides.
//
// It is how memory that mirrors a store follows the store: fn gets no value to
// install but looks again, loads, and swaps only to a newer version. The context
// that fn gets carries no transaction and is never canceled.
func AfterCommit(ctx context.Context, fn func(ctx context.Context)) { txhook.After(ctx, fn) }
