package recommend

import (
	"context"
	"iter"
)

// Store keeps interactions. Implementations are safe for concurrent use, honor
// ctx and join the transaction that it carries (see [flywheel.Transactor]). They
// return interactions in normal form (see [Interaction.Normal]), as copies: the
// caller may change what it gets and what it gave.
type Store interface {
	// Append adds the interactions whose ID is new, in their order. One whose ID
	// is there with the same content is ignored; with other content the error
	// matches [ErrOtherBody]. The same holds among the interactions of one call.
	// When it reports an error it has added none.
	Append(ctx context.Context, interactions ...Interaction) error
	// All yields all interactions in the order of Append, as they were when
	// the range began. An error is yielded once, last.
	All(ctx context.Context) iter.Seq2[Interaction, error]
	// Of yields the interactions of one actor in the order of Append, as they
	// were when the range began. An error is yielded once, last. Nobody in
	// particular has none.
	Of(ctx context.Context, actor Actor) iter.Seq2[Interaction, error]
	// Forget removes all interactions of actor, as if there had been none, except
	// that their IDs stay known, as hashes under a secret of the store: appended
	// again they are ignored. Nobody in particular is not forgotten.
	Forget(ctx context.Context, actor Actor) error
	// Clear removes all interactions, to record them anew. What was forgotten stays
	// forgotten.
	Clear(ctx context.Context) error
}
