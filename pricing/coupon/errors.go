package coupon

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var (
	// ErrRefused reports a code that cannot be used, for whatever reason. Its text
	// is the same for all, so that no one learns by trying which codes exist: see
	// [RefusedError].
	ErrRefused = fmt.Errorf("coupon: this code cannot be used: %w", flywheel.ErrNotFound)
	// ErrTooManyFailures reports that a [Limiter] is full.
	ErrTooManyFailures = fmt.Errorf("coupon: too many codes failed: %w", flywheel.ErrRateLimited)
	// ErrOtherBody reports an idempotency key that was used for something else.
	ErrOtherBody = fmt.Errorf("coupon: the key was used for something else: %w", flywheel.ErrConflict)
	// ErrCanceled reports a redemption that was given back.
	ErrCanceled = fmt.Errorf("coupon: cancelled: %w", flywheel.ErrConflict)
	// ErrRedeemed reports the release of what was redeemed for good.
	ErrRedeemed = fmt.Errorf("coupon: redeemed, not held: %w", flywheel.ErrConflict)
	// ErrStale reports a campaign that was saved by someone else meanwhile.
	ErrStale = fmt.Errorf("coupon: %w", flywheel.ErrStale)
	// ErrTaken reports a code that exists already.
	ErrTaken = fmt.Errorf("coupon: the code exists: %w", flywheel.ErrConflict)
)

// Reason says why a code cannot be used.
type Reason string

// The reasons.
const (
	Unknown          Reason = "unknown"           // there is no such code
	Disabled         Reason = "disabled"          // the campaign is switched off
	NotStarted       Reason = "not_started"       // the campaign begins later
	Ended            Reason = "ended"             // the campaign is over
	OtherCustomer    Reason = "other_customer"    // the code belongs to someone else
	NeedsCustomer    Reason = "needs_customer"    // it is someone's or counted by customer, and none is known
	CodeUsedUp       Reason = "code_used_up"      // as often as [Campaign.PerCode] allows
	CustomerUsedUp   Reason = "customer_used_up"  // as often as [Campaign.PerCustomer] allows
	CampaignUsedUp   Reason = "campaign_used_up"  // as often as [Campaign.Limit] allows
	BudgetSpent      Reason = "budget_spent"      // what is left of a [Budget] is less
	NoBalance        Reason = "no_balance"        // what is left on the card is less
	NotThisKindOfUse Reason = "other_kind"        // a card is charged, a coupon redeemed
	OtherCurrency    Reason = "currency_differs"  // the card or budget has another currency
	RefundedTooMuch  Reason = "refunded_too_much" // more than was charged
)

// RefusedError tells the shop why a code cannot be used. The customer is better
// told nothing: its text is that of [ErrRefused], whatever the reason.
type RefusedError struct {
	Reason   Reason
	Code     string // in normal form
	Campaign string // empty while unknown
	// Series says that it is one of many codes for one use each, or a gift card:
	// whoever is told more than of an unknown one learns which such codes there are. A
	// code that was published, also for one customer alone, is none.
	Series bool
	// Left is how many uses, or minor units, are left of what ran out.
	Left int64
}

func (e *RefusedError) Error() string { return ErrRefused.Error() }

// Unwrap returns [ErrRefused].
func (e *RefusedError) Unwrap() error { return ErrRefused }

// FieldError names the field of a [Campaign], [Pattern] or [Request] that is
// refused.
type FieldError struct {
	Field string // such as "budgets[1].amount"
	Err   error  // wraps a kind
}

func (e *FieldError) Error() string { return "coupon: " + e.Field + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

func field(err error, format string, args ...any) error {
	return &FieldError{Field: fmt.Sprintf(format, args...), Err: err}
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), flywheel.ErrInvalid)
}

func checkAmount(a money.Amount) error {
	switch {
	case a.Sign() < 0:
		return invalid("%s is negative", a)
	case a.Currency().IsZero() && !a.IsZero():
		return invalid("no currency")
	}
	return nil
}
