package coupon

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Store keeps campaigns, codes and what was redeemed. Implementations are safe for
// concurrent use, honor ctx, return copies, keep times in UTC to the microsecond,
// compare text byte by byte, and join the transaction carried by ctx (see
// flywheel.Transactor).
type Store interface {
	Catalog
	Ledger
}

// Catalog is the part of a [Store] that merchants write.
type Catalog interface {
	// Campaign returns the campaign with the id. A missing one is an error
	// matching flywheel.ErrNotFound.
	Campaign(ctx context.Context, id string) (Campaign, error)
	// SaveCampaign writes c when the stored version is c.Version, 0 meaning that
	// there is none, and returns it with its new version. Otherwise the error
	// matches [ErrStale].
	SaveCampaign(ctx context.Context, c Campaign) (Campaign, error)
	// AddCodes adds all codes or none. One that exists, or is there twice, is an
	// error matching [ErrTaken].
	AddCodes(ctx context.Context, codes []Code) error
	// Code returns a code. A missing one is an error matching
	// flywheel.ErrNotFound.
	Code(ctx context.Context, code string) (Code, error)
	// Codes yields the codes of a campaign in their order. An error is yielded
	// once, last. Whoever ranges over them may call the store or stop.
	Codes(ctx context.Context, campaign string) iter.Seq2[Code, error]
}

// Ledger is the part of a [Store] that customers write.
type Ledger interface {
	// Redeem writes r and adds each of r.Uses to its tally, if all of them stay
	// from 0 to their limits: check and write in one. Otherwise nothing is
	// written, and the error is a [*TallyError] of the first, by name, that does
	// not. When r.Key already exists [Redemption.Again] says what follows: an
	// answer with what is there, a hold that lasts longer, one that is taken again
	// with its Uses, or an error.
	Redeem(ctx context.Context, r Redemption) (Redemption, error)
	// Cancel marks the redemption with the key, held or not, as canceled at a time
	// and takes its Uses from their tallies, once: of one that is canceled it only
	// answers with what is there. A tally that would go below 0 is a [*TallyError],
	// a missing redemption an error matching flywheel.ErrNotFound; nothing changes
	// then.
	Cancel(ctx context.Context, key string, at time.Time) (Redemption, error)
	// Settle makes a hold a redemption at an instant, or cancels it, as
	// [Redemption.Settled] says: check and write in one. A missing one is an error
	// matching flywheel.ErrNotFound.
	Settle(ctx context.Context, key string, commit bool, at time.Time) (Redemption, error)
	// Expire cancels at an instant the holds of a campaign that are over then, and
	// takes their Uses from their tallies. It returns how many there were.
	Expire(ctx context.Context, campaign string, at time.Time) (int64, error)
	// Redemption returns the redemption with the key. A missing one is an error
	// matching flywheel.ErrNotFound.
	Redemption(ctx context.Context, key string) (Redemption, error)
	// Used returns the tally of a campaign, 0 when nothing was added.
	Used(ctx context.Context, campaign, tally string) (int64, error)
	// Redemptions yields the redemptions of a campaign by time and key, canceled
	// ones too, as Codes does: all of them, or only the holds that were neither
	// committed nor canceled.
	Redemptions(ctx context.Context, campaign string, held bool) iter.Seq2[Redemption, error]
}

// Redemption is one use of a code.
type Redemption struct {
	// Key makes it one: a second redemption with the key is the first again.
	Key      string              `json:"key"`
	Code     string              `json:"code"`
	Campaign string              `json:"campaign"`
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	// Ref is what it was used for, such as an order.
	Ref string `json:"ref,omitempty"`
	// Amount is the discount, or what was taken from a card; below zero it was
	// given back to a card.
	Amount money.Amount `json:"amount,omitzero"`
	At     time.Time    `json:"at"`
	// Held is the first instant at which a hold is over that was not committed;
	// zero is what was redeemed for good.
	Held time.Time `json:"held,omitzero"`
	// Canceled is when it was given back, zero while it was not.
	Canceled time.Time `json:"cancelled,omitzero"`
	// Uses are what it counts for, each tally once.
	Uses []Tally `json:"uses,omitempty"`
}

// Tally is a number that a redemption adds to, such as the uses of one code, or
// the cents of a budget in one month.
type Tally struct {
	Name string `json:"name"` // unique within the campaign
	Add  int64  `json:"add"`
	// Limit is what it may come to; [Unlimited] is any number.
	Limit int64 `json:"limit"`
}

// Unlimited is the limit of a [Tally] that has none.
const Unlimited = -1

// After returns what a tally comes to. The error is a [*TallyError].
func (t *Tally) After(used int64) (int64, error) {
	sum := used + t.Add
	if (used^sum)&(t.Add^sum) < 0 || sum < 0 || t.Limit != Unlimited && sum > t.Limit {
		return used, &TallyError{Tally: *t, Used: used}
	}
	return sum, nil
}

// TallyError tells a tally that would go beyond its limit or below 0. It matches
// flywheel.ErrConflict.
type TallyError struct {
	Tally Tally
	Used  int64
}

func (e *TallyError) Error() string {
	return fmt.Sprintf("coupon: %s: %d used of %d, not %d more", e.Tally.Name, e.Used, e.Tally.Limit, e.Tally.Add)
}

// Unwrap returns flywheel.ErrConflict.
func (e *TallyError) Unwrap() error { return flywheel.ErrConflict }

// Same reports whether two redemptions with one key say the same: code, campaign,
// customer, ref and amount. When each was made, and what it counted for then, does
// not matter.
func (r *Redemption) Same(other *Redemption) bool {
	return r.Code == other.Code && r.Campaign == other.Campaign && r.Customer == other.Customer && r.Ref == other.Ref && r.Amount == other.Amount
}

// Again says what r does where before is there under its key: next is what is there
// afterwards, add that the Uses of next count again. A redemption with the same
// content answers with before. So does a hold of what was redeemed for good; else it
// lasts until the later of both ends, and what was released or is over is taken
// again. Other content, or a redemption where there is a hold, is [ErrOtherBody], a
// hold of what was given back after it was committed [ErrCanceled].
func (r *Redemption) Again(before *Redemption) (next Redemption, add bool, err error) {
	switch {
	case !r.Same(before), r.Held.IsZero() && !before.Held.IsZero():
		return *before, false, ErrOtherBody
	case r.Held.IsZero(), before.Held.IsZero() && before.Canceled.IsZero():
		return before.Stored(), false, nil
	case before.Held.IsZero():
		return *before, false, ErrCanceled
	case !before.Canceled.IsZero():
		return r.Stored(), true, nil
	}
	next = before.Stored()
	if r.Held.After(next.Held) {
		next.Held = r.Held
	}
	return next.Stored(), false, nil
}

// Settled says what committing a hold at an instant makes of it, or releasing it.
// What is so already stays. A hold that is over is an error matching
// flywheel.ErrExpired when it is committed, one that was released [ErrCanceled],
// and what was redeemed for good [ErrRedeemed] when it is released.
func (r Redemption) Settled(commit bool, at time.Time) (next Redemption, changed bool, err error) {
	held, cancelled := !r.Held.IsZero(), !r.Canceled.IsZero()
	switch {
	case !held && !cancelled && commit, held && cancelled && !commit:
		return r, false, nil
	case !held && cancelled, held && cancelled && r.Canceled.Before(r.Held):
		return r, false, fmt.Errorf("%q: %w", r.Key, ErrCanceled)
	case !held:
		return r, false, fmt.Errorf("%q: %w", r.Key, ErrRedeemed)
	case commit && (cancelled || !at.Before(r.Held)):
		return r, false, fmt.Errorf("coupon: hold %q: %w", r.Key, flywheel.ErrExpired)
	}
	if commit {
		r.Held = time.Time{}
	} else {
		r.Canceled = stored(at)
	}
	return r, true, nil
}

// Stored returns a copy of r as stores keep it: its times in UTC to the
// microsecond, its tallies by name. Stores work through them in that order, so
// that they wait for each other but never in a circle.
func (r Redemption) Stored() Redemption {
	r.At, r.Held, r.Canceled = stored(r.At), stored(r.Held), stored(r.Canceled)
	r.Uses = slices.Clone(r.Uses)
	slices.SortFunc(r.Uses, func(a, b Tally) int { return cmp.Compare(a.Name, b.Name) })
	return r
}
