package moderation

import "github.com/flywheel-go/flywheel"

// Reason is why a step is refused.
type Reason string

// The reasons.
const (
	OwnItem         Reason = "own_item"           // nobody claims what they wrote
	OwnDecision     Reason = "own_decision"       // the appeal is against the moderator's own decision
	AlreadyClaimed  Reason = "claimed"            // by somebody else
	NotClaimedByYou Reason = "not_claimed_by_you" // or the lease is over
	NotPending      Reason = "not_pending"        // it is decided
	NotRejected     Reason = "not_rejected"       // there is nothing to appeal
	NotAuthor       Reason = "not_author"         // only the author may
	AppealLimit     Reason = "appeal_limit"       // no appeal is left
	NoVerdict       Reason = "no_verdict"         // neither approved nor rejected
	NoModerator     Reason = "no_moderator"       // the moderator has no identifier
)

// RefusedError is a step that the rules do not allow. It matches
// [flywheel.ErrForbidden] where this person may not, [flywheel.ErrInvalid] where
// nobody could, else [flywheel.ErrConflict].
type RefusedError struct{ Reason Reason }

func refused(r Reason) error { return &RefusedError{r} }

func (e *RefusedError) Error() string { return "moderation: refused: " + string(e.Reason) }

// Unwrap returns the kind.
func (e *RefusedError) Unwrap() error {
	switch e.Reason {
	case OwnItem, OwnDecision, NotAuthor, AppealLimit:
		return flywheel.ErrForbidden
	case NoVerdict, NoModerator:
		return flywheel.ErrInvalid
	}
	return flywheel.ErrConflict
}
