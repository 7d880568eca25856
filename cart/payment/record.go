package payment

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Record is what a gateway's notices say of the money of one order. Notices that
// [Record.Apply] takes may arrive in any order: the record is the same in the end.
// Repetitions are for an [Inbox] to find.
type Record struct {
	// Total is what the order costs.
	Total money.Amount
	// Captured and Refunded are sums of notices, Lost of disputes that were lost.
	Captured, Refunded, Lost money.Amount
	// Disputes are by the gateway's id.
	Disputes map[string]Dispute
}

// Dispute is a payment that its buyer contests at the bank.
type Dispute struct {
	ID     string        `json:"id"`
	Amount money.Amount  `json:"amount"`
	Reason string        `json:"reason,omitempty"`
	Status DisputeStatus `json:"status"`
}

// DisputeStatus is how far a dispute has come.
type DisputeStatus string

// The states of a dispute. Won and lost are final.
const (
	DisputeOpen DisputeStatus = "open"
	DisputeWon  DisputeStatus = "won"
	DisputeLost DisputeStatus = "lost"
)

// NewRecord returns the record of an order that costs total.
func NewRecord(total money.Amount) *Record {
	none := money.New(0, total.Currency())
	return &Record{Total: total, Captured: none, Refunded: none, Lost: none, Disputes: map[string]Dispute{}}
}

// Apply adds a notice and reports whether it changed something. A capture or refund
// in another currency than the order's is an error matching flywheel.ErrConflict,
// a dispute that is won after it was lost, or the reverse, one as well; nothing
// changes then. Types that do not move money of an order change nothing.
func (r *Record) Apply(n Notice) (changed bool, err error) {
	if err := n.Check(); err != nil {
		return false, err
	}
	switch n.Type {
	case NoticeCaptured:
		return r.add(&r.Captured, n)
	case NoticeRefunded:
		return r.add(&r.Refunded, n)
	case NoticeDisputeOpened:
		return r.dispute(n, DisputeOpen)
	case NoticeDisputeWon:
		return r.dispute(n, DisputeWon)
	case NoticeDisputeLost:
		return r.dispute(n, DisputeLost)
	}
	return false, nil
}

func (r *Record) add(sum *money.Amount, n Notice) (bool, error) {
	if n.Amount.Currency() != r.Total.Currency() {
		return false, fmt.Errorf("payment: notice %q of %v: the order is in %v: %w", n.ID, n.Amount, r.Total.Currency(), flywheel.ErrConflict)
	}
	next, err := sum.Add(n.Amount)
	if err != nil {
		return false, fmt.Errorf("payment: notice %q: %w", n.ID, err)
	}
	changed := next != *sum
	*sum = next
	return changed, nil
}

func (r *Record) dispute(n Notice, status DisputeStatus) (bool, error) {
	if n.Subject == "" {
		return false, &flywheel.FieldError{Field: "subject", Err: fmt.Errorf("payment: notice %q: missing: %w", n.ID, flywheel.ErrInvalid)}
	}
	before, known := r.Disputes[n.Subject]
	switch {
	case known && (before.Status == status || status == DisputeOpen):
		return false, nil // nothing new, or late
	case known && before.Status != DisputeOpen:
		return false, fmt.Errorf("payment: notice %q: dispute %q is %s already: %w", n.ID, n.Subject, before.Status, flywheel.ErrConflict)
	}
	if status == DisputeLost {
		if _, err := r.add(&r.Lost, n); err != nil {
			return false, err
		}
	}
	if r.Disputes == nil {
		r.Disputes = map[string]Dispute{}
	}
	reason := n.Reason
	if reason == "" {
		reason = before.Reason
	}
	r.Disputes[n.Subject] = Dispute{ID: n.Subject, Amount: n.Amount, Reason: reason, Status: status}
	return true, nil
}

// Paid returns nil when the gateway has given notice of the whole total. Else the
// error matches flywheel.ErrConflict, whatever anybody else says: a browser that
// comes back from the bank proves nothing.
func (r *Record) Paid() error {
	if order, err := r.Captured.Cmp(r.Total); err == nil && order >= 0 {
		return nil
	}
	return fmt.Errorf("payment: %v of %v captured: %w", r.Captured, r.Total, flywheel.ErrConflict)
}
