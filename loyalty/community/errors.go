package community

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Reason is why an activity does not take part of somebody.
type Reason string

// The reasons.
const (
	ActivityOver     Reason = "activity_over"      // nobody opens a group any more
	NotOpen          Reason = "not_open"           // the group is not there, or it has ended
	AlreadyInGroup   Reason = "already_in_group"   // one seat each
	LimitReached     Reason = "limit"              // orders of the person in the activity
	NewCustomersOnly Reason = "new_customers_only" // old ones may only lead
	Full             Reason = "full"               // all seats are paid or held
	UseReturn        Reason = "use_return"         // the group has succeeded: it is an ordinary order
	NotActive        Reason = "not_active"         // the order has ended
	Known            Reason = "known"              // the name is that of another
	Unknown          Reason = "unknown"            // there is none of that name

	LaunchLimit     Reason = "launch_limit"      // launches of the person that did not expire
	Expired         Reason = "expired"           // the launch is over
	AlreadyOrdered  Reason = "ordered"           // the launch became an order
	Reached         Reason = "reached"           // the floor is reached
	OwnLaunch       Reason = "self_cut"          // the activity wants others to help
	AlreadyHelped   Reason = "already_helped"    // this launch
	HelpLimit       Reason = "help_limit"        // launches of the activity
	NotOwner        Reason = "not_owner"         // only the owner orders
	FloorNotReached Reason = "floor_not_reached" // the activity wants the floor

	KeyReused Reason = "key_reused" // the order's name with another body
	Closed    Reason = "closed"     // outside of the windows
	PerOrder  Reason = "per_order"  // units of one order
	PerUser   Reason = "per_user"   // units of one person
	SoldOut   Reason = "sold_out"   // no unit is free
	Paid      Reason = "paid"       // what is paid is returned, not canceled
)

// RefusedError is a step that the rules of an activity do not allow. It matches
// [flywheel.ErrNotFound] where there is none of that name, [flywheel.ErrKeyReused]
// for a name with another body, [flywheel.ErrForbidden] where only another person
// may, else [flywheel.ErrConflict].
type RefusedError struct{ Reason Reason }

func refused(r Reason) error { return &RefusedError{r} }

func (e *RefusedError) Error() string { return "community: refused: " + string(e.Reason) }

// Unwrap returns the kind.
func (e *RefusedError) Unwrap() error {
	switch e.Reason {
	case Unknown:
		return flywheel.ErrNotFound
	case KeyReused:
		return flywheel.ErrKeyReused
	case NotOwner, OwnLaunch, NewCustomersOnly:
		return flywheel.ErrForbidden
	}
	return flywheel.ErrConflict
}

// wrong is a [*flywheel.FieldError] about a number.
func wrong(field, format string, args ...any) error {
	return fmt.Errorf("community: %w", &flywheel.FieldError{Field: field, Err: fmt.Errorf(format+": %w", append(args, flywheel.ErrOutOfRange)...)})
}

// checkIDs reports the first text that is no identifier.
func checkIDs(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if err := flywheel.CheckID(pairs[i+1]); err != nil {
			return fmt.Errorf("community: %w", &flywheel.FieldError{Field: pairs[i], Err: err})
		}
	}
	return nil
}
