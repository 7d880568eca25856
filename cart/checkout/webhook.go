package checkout

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
)

// Webhooks takes what a gateway tells by itself: that a charge was authorized or
// declined, that a dispute was lost. It is safe for concurrent use.
type Webhooks struct {
	sessions *Sessions
	orders   *order.Service
	verifier *payment.Verifier
	inbox    Inbox
}

// Inbox remembers which notices were applied. payment.Inbox is one.
type Inbox interface {
	// Once calls apply unless a notice of the same ID was applied before, and
	// remembers the ID if apply succeeds. It reports whether it called apply.
	Once(ctx context.Context, n payment.Notice, apply func(ctx context.Context) error) (first bool, err error)
}

// memoryInbox is an Inbox that forgets with the process.
type memoryInbox struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (i *memoryInbox) Once(ctx context.Context, n payment.Notice, apply func(ctx context.Context) error) (bool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.seen[n.ID] {
		return false, nil
	}
	if err := apply(ctx); err != nil {
		return true, err
	}
	i.seen[n.ID] = true
	return true, nil
}

// NewWebhooks returns the receiver of notices that verifier accepts. Inbox remembers
// which were applied; nil stands for one in memory.
func NewWebhooks(sessions *Sessions, orders *order.Service, verifier *payment.Verifier, inbox Inbox) (*Webhooks, error) {
	if sessions == nil || orders == nil || verifier == nil {
		return nil, fmt.Errorf("checkout: webhooks without sessions, orders or verifier: %w", flywheel.ErrInvalid)
	}
	if inbox == nil {
		inbox = &memoryInbox{seen: map[string]bool{}}
	}
	return &Webhooks{sessions: sessions, orders: orders, verifier: verifier, inbox: inbox}, nil
}

// NoticeOutcome is what became of a notice.
type NoticeOutcome struct {
	Notice payment.Notice
	// View is the session that it was about, nil for none.
	View *View
	// Duplicate says that it was applied before, Ignored that it means nothing here.
	Duplicate, Ignored bool
}

// Handle verifies a notice by its signature and applies it once, in whatever order
// notices come. A forged one is forbidden, an old one expired; neither is
// remembered, and neither is one about a session or order that is not known.
func (w *Webhooks) Handle(ctx context.Context, signature string, body []byte) (NoticeOutcome, error) {
	if err := w.verifier.Verify(signature, body, w.sessions.opts.Now()); err != nil {
		return NoticeOutcome{}, err
	}
	n, err := payment.ParseNotice(body)
	if err != nil {
		return NoticeOutcome{}, err
	}
	return w.Apply(ctx, n)
}

// Apply is Handle for a notice that an adapter has verified.
func (w *Webhooks) Apply(ctx context.Context, n payment.Notice) (out NoticeOutcome, err error) {
	out.Notice = n
	first, err := w.inbox.Once(ctx, n, func(ctx context.Context) error {
		var err error
		switch n.Type {
		case payment.NoticeAuthorized, payment.NoticeDeclined:
			var v View
			v, err = w.sessions.Answered(ctx, SessionID(n.Session), n.Charge, n.Authorization, n.Type == payment.NoticeAuthorized)
			out.View = &v
		case payment.NoticeDisputeLost:
			_, err = w.orders.Do(ctx, order.ID(n.Order), &order.DisputeLost{Key: n.ID, Amount: n.Amount})
		default:
			out.Ignored = true
		}
		return err
	})
	out.Duplicate = err == nil && !first
	if errors.Is(err, flywheel.ErrNotFound) {
		out.View = nil
	}
	return out, err
}
