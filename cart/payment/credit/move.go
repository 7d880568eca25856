package credit

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Kind says what a [Move] is.
type Kind string

// The kinds of moves.
const (
	Grant  Kind = "grant"  // adds to the balance
	Hold   Kind = "hold"   // takes aside, and spends when committed
	Return Kind = "return" // gives back what a hold has spent
)

// State is what has become of a [Hold].
type State string

// The states of a hold. Only an open one can still be committed or released.
const (
	Open      State = "open"
	Committed State = "committed"
	Released  State = "released"
	Expired   State = "expired"
)

// Move is one change of an account.
type Move struct {
	Account string       `json:"account"`
	Key     string       `json:"key"` // unique in the account
	Kind    Kind         `json:"kind"`
	Amount  money.Amount `json:"amount"` // positive
	// State and Until are those of a hold: Until is the first instant at which an
	// open one does not count any more.
	State State     `json:"state,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Returned is what was given back of a committed hold, in minor units.
	Returned int64 `json:"returned,omitempty"`
	// Of is the key of the hold that a return is of.
	Of string `json:"of,omitempty"`
	// Reason is why it was granted, in the shop's words.
	Reason string `json:"reason,omitempty"`
	// At is when it was made, or a hold taken again; Settled is when a hold was
	// committed or released, or found to be over.
	At      time.Time `json:"at"`
	Settled time.Time `json:"settled,omitzero"`
}

// Balance is what an account has in one currency.
type Balance struct {
	Spendable money.Amount `json:"spendable"`
	Held      money.Amount `json:"held"` // by holds that are open and not over
}

// Stored returns a copy of m as stores keep it: its times in UTC to the
// microsecond.
func (m Move) Stored() Move {
	for _, t := range []*time.Time{&m.Until, &m.At, &m.Settled} {
		*t = t.UTC().Truncate(time.Microsecond)
	}
	return m
}

// Check reports the first field that is wrong, as a [*flywheel.FieldError].
func (m *Move) Check() error {
	field := func(name string, err error) error {
		return &flywheel.FieldError{Field: name, Err: fmt.Errorf("credit: %w", err)}
	}
	if err := flywheel.CheckID(m.Account); err != nil {
		return field("account", err)
	}
	if err := flywheel.CheckID(m.Key); err != nil {
		return field("key", err)
	}
	if m.Amount.Sign() <= 0 || m.Amount.Currency().IsZero() {
		return field("amount", fmt.Errorf("%v is not positive: %w", m.Amount, flywheel.ErrInvalid))
	}
	if len(m.Reason) > maxReason {
		return field("reason", fmt.Errorf("%d bytes, at most %d: %w", len(m.Reason), maxReason, flywheel.ErrLimit))
	}
	if !utf8.ValidString(m.Reason) || strings.ContainsRune(m.Reason, 0) {
		return field("reason", fmt.Errorf("not UTF-8 text: %w", flywheel.ErrInvalid))
	}
	switch m.Kind {
	case Grant:
	case Hold:
		if !m.Until.After(m.At) {
			return field("until", fmt.Errorf("%v is over at %v: %w", m.Until, m.At, flywheel.ErrInvalid))
		}
	case Return:
		if err := flywheel.CheckID(m.Of); err != nil {
			return field("of", err)
		}
	default:
		return field("kind", fmt.Errorf("unknown %.40q: %w", string(m.Kind), flywheel.ErrInvalid))
	}
	return nil
}

const maxReason = 1000

// Change is what a [Move] does to an account, as [Decide] finds it.
type Change struct {
	// Move is the row of the move's key afterwards.
	Move Move
	// Of is the row of the hold that a return is of, afterwards.
	Of *Move
	// Spendable is what can be spent afterwards, in minor units.
	Spendable int64
	// Nothing says that all is done already.
	Nothing bool
}

// Decide says what a move does to an account in which spendable minor units of its
// currency can be spent. before is the row of its key, of that of the hold that a
// return is of, nil where there is none; holds that are over at m.At are marked as
// such and counted back already. It is for authors of stores, which load, decide
// and write as one.
func Decide(m Move, before, of *Move, spendable int64) (Change, error) {
	c := Change{Move: m, Spendable: spendable}
	if before != nil {
		if before.Kind != m.Kind || before.Amount != m.Amount || before.Of != m.Of {
			return c, fmt.Errorf("credit: %q of account %q: %w", m.Key, m.Account, ErrKeyReused)
		}
		c.Move = *before
		switch {
		case m.Kind != Hold, before.State == Committed, before.State == Open && !m.Until.After(before.Until):
			c.Nothing = true
			return c, nil
		case before.State == Open:
			c.Move.Until, c.Move.At = m.Until, m.At
			return c, nil
		}
		c.Move = m
	}
	n := m.Amount.Minor()
	switch m.Kind {
	case Hold:
		if n > spendable {
			return c, &InsufficientError{Account: m.Account, Want: m.Amount, Have: money.New(spendable, m.Amount.Currency())}
		}
		c.Move.State = Open
		c.Spendable -= n
		return c, nil
	case Return:
		switch {
		case of == nil || of.Kind != Hold:
			return c, fmt.Errorf("credit: hold %q of account %q: %w", m.Of, m.Account, flywheel.ErrNotFound)
		case of.State != Committed:
			return c, fmt.Errorf("credit: hold %q is %s: %w", m.Of, of.State, flywheel.ErrConflict)
		case of.Amount.Currency() != m.Amount.Currency():
			return c, fmt.Errorf("credit: %w", &money.MismatchError{A: of.Amount.Currency(), B: m.Amount.Currency()})
		case n > of.Amount.Minor()-of.Returned:
			return c, fmt.Errorf("credit: %v of hold %q, %d minor units are left: %w", m.Amount, m.Of, of.Amount.Minor()-of.Returned, ErrExceeds)
		}
		hold := *of
		hold.Returned += n
		c.Of = &hold
	}
	sum, err := money.New(spendable, m.Amount.Currency()).Add(m.Amount)
	if err != nil {
		return c, fmt.Errorf("credit: account %q: %w", m.Account, err)
	}
	c.Spendable = sum.Minor()
	return c, nil
}

// Settle says what committing (or releasing) a hold at an instant does to it; give
// reports whether its amount goes back to the balance. It is for authors of stores.
func Settle(m Move, commit bool, at time.Time) (after Move, give, nothing bool, err error) {
	state, over := m.State, !at.Before(m.Until)
	switch {
	case m.Kind != Hold:
		return m, false, false, fmt.Errorf("credit: hold %q of account %q: %w", m.Key, m.Account, flywheel.ErrNotFound)
	case state == Committed && commit, state != Open && state != Committed && !commit:
		return m, false, true, nil
	case state == Expired, state == Open && over && commit:
		return m, false, false, fmt.Errorf("credit: hold %q of account %q: %w", m.Key, m.Account, flywheel.ErrExpired)
	case state != Open:
		return m, false, false, fmt.Errorf("credit: hold %q of account %q is %s: %w", m.Key, m.Account, state, flywheel.ErrConflict)
	}
	m.Settled = at
	switch {
	case commit:
		m.State = Committed
	case over:
		m.State = Expired
	default:
		m.State = Released
	}
	return m, !commit, false, nil
}
