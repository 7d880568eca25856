package payment

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// NoticeType says what a gateway gives notice of.
type NoticeType string

// The types of notices. A gateway may send others, which mean nothing here.
const (
	NoticeAuthorized    NoticeType = "payment.authorized"
	NoticeDeclined      NoticeType = "payment.declined"
	NoticeCaptured      NoticeType = "payment.captured"
	NoticeVoided        NoticeType = "payment.voided"
	NoticeRefunded      NoticeType = "refund.succeeded"
	NoticeRefundFailed  NoticeType = "refund.failed"
	NoticeDisputeOpened NoticeType = "dispute.opened"
	NoticeDisputeWon    NoticeType = "dispute.won"
	NoticeDisputeLost   NoticeType = "dispute.lost"
	NoticePayout        NoticeType = "payout.paid"
)

// Notice is what a gateway says by webhook. Adapters translate their gateway's own
// form into it; [ParseNotice] reads the plain one.
type Notice struct {
	// ID is the gateway's: a notice may arrive several times under one id, and acts
	// once; see [Inbox].
	ID   string     `json:"id"`
	Type NoticeType `json:"type"`
	// Session and Order are what it is about, as far as the gateway knows: the
	// [Charge.Ref], or what was given to it as such.
	Session string `json:"session,omitempty"`
	Order   string `json:"order,omitempty"`
	// Charge is the key of the charge, Authorization the gateway's id of it.
	Charge        string `json:"charge,omitempty"`
	Authorization string `json:"authorization,omitempty"`
	// Subject is the gateway's id of the refund, dispute or payout.
	Subject string `json:"subject,omitempty"`
	// Amount is positive; its currency may be missing where the amount is 0.
	Amount money.Amount `json:"-"`
	// Reason is why it was declined, disputed or failed.
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// ParseNotice reads a notice in its plain JSON form, strictly: the fields of
// [Notice], with amount in minor units and currency as ISO 4217 code. A missing id
// or type, an unknown field, a negative amount or one without a currency is an
// error matching flywheel.ErrInvalid. Verify the signature of the raw bytes first.
func ParseNotice(body []byte) (Notice, error) {
	var in struct {
		Notice
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
	}
	if err := strictjson.Decode(body, &in, nil); err != nil {
		return Notice{}, fmt.Errorf("payment: notice: %w", err)
	}
	n := in.Notice
	if in.Currency != "" {
		currency, err := money.ParseCurrency(in.Currency)
		if err != nil {
			return Notice{}, &flywheel.FieldError{Field: "currency", Err: fmt.Errorf("payment: notice: %w", err)}
		}
		n.Amount = money.New(in.Amount, currency)
	} else if in.Amount != 0 {
		return Notice{}, &flywheel.FieldError{Field: "currency", Err: fmt.Errorf("payment: notice: missing: %w", flywheel.ErrInvalid)}
	}
	return n, n.Check()
}

// Check reports the first field that is wrong, as a [*flywheel.FieldError].
func (n *Notice) Check() error {
	for _, f := range [...]struct {
		name, id string
		needed   bool
	}{
		{"id", n.ID, true},
		{"type", string(n.Type), true},
		{"session", n.Session, false},
		{"order", n.Order, false},
		{"charge", n.Charge, false},
		{"authorization", n.Authorization, false},
		{"subject", n.Subject, false},
	} {
		if f.id == "" && !f.needed {
			continue
		}
		if err := flywheel.CheckID(f.id); err != nil {
			return &flywheel.FieldError{Field: f.name, Err: fmt.Errorf("payment: notice: %w", err)}
		}
	}
	if n.Amount.Sign() < 0 {
		return &flywheel.FieldError{Field: "amount", Err: fmt.Errorf("payment: notice: %v is negative: %w", n.Amount, flywheel.ErrInvalid)}
	}
	return nil
}
