package stripe

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// ParseEvent reads an event of Stripe's webhooks, after its signature was checked with
// payment.Verifier and the secret of the endpoint. A type that means nothing here
// becomes a notice of that type. A body that is no event, or one with a name twice, is
// an error matching flywheel.ErrInvalid. [payment.Notice.Session] is what the charge
// was for, Charge its key.
func ParseEvent(body []byte) (payment.Notice, error) {
	if err := strictjson.Check(body, nil); err != nil {
		return payment.Notice{}, fmt.Errorf("stripe: event: %w", err)
	}
	var e struct {
		ID, Object, Type string
		Created          int64
		Data             struct{ Object json.RawMessage }
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Object != "event" {
		return payment.Notice{}, fmt.Errorf("stripe: not an event: %w", flywheel.ErrInvalid)
	}
	n := payment.Notice{ID: e.ID, Type: payment.NoticeType(e.Type), At: time.Unix(e.Created, 0).UTC()}
	read, known := events[e.Type]
	if known {
		if err := read(&n, e.Data.Object); err != nil {
			return payment.Notice{}, fmt.Errorf("stripe: event %q: %w", e.ID, err)
		}
	}
	return n, n.Check()
}

// events read the objects of the types that mean something here.
var events = map[string]func(n *payment.Notice, object json.RawMessage) error{
	"payment_intent.amount_capturable_updated": ofIntent(payment.NoticeAuthorized, func(i *intent) int64 { return i.Amount }),
	"payment_intent.payment_failed":            ofIntent(payment.NoticeDeclined, func(i *intent) int64 { return i.Amount }),
	"payment_intent.canceled":                  ofIntent(payment.NoticeVoided, func(i *intent) int64 { return i.Amount - i.Received }),
	"payment_intent.succeeded":                 ofIntent(payment.NoticeCaptured, func(i *intent) int64 { return i.Received }),
	"refund.created":                           ofRefund,
	"refund.failed":                            ofRefund,
	"charge.dispute.created":                   ofDispute,
	"charge.dispute.closed":                    ofDispute,
	"payout.paid":                              ofPayout,
}

func ofIntent(t payment.NoticeType, amount func(i *intent) int64) func(n *payment.Notice, object json.RawMessage) error {
	return func(n *payment.Notice, object json.RawMessage) (err error) {
		var i intent
		if err := decode(object, &i); err != nil {
			return err
		}
		n.Type, n.Authorization, n.Charge, n.Session = t, i.ID, i.Metadata[metaCharge], i.Metadata[metaRef]
		if t == payment.NoticeDeclined && i.LastError != nil {
			n.Reason = i.LastError.Code
		}
		n.Amount, err = i.amount(amount(&i))
		return err
	}
}

// moved is what refunds, disputes and payouts have in common.
type moved struct {
	ID, Status, Reason, Currency string
	Amount                       int64
	Intent                       string `json:"payment_intent"`
	FailureReason                string `json:"failure_reason"`
}

func readMoved(n *payment.Notice, object json.RawMessage) (m moved, err error) {
	if err := decode(object, &m); err != nil {
		return m, err
	}
	n.Subject, n.Authorization, n.Reason = m.ID, m.Intent, m.Reason
	n.Amount, err = fromStripe(m.Amount, m.Currency)
	return m, err
}

func ofRefund(n *payment.Notice, object json.RawMessage) error {
	m, err := readMoved(n, object)
	n.Type = payment.NoticeRefunded
	if m.Status == "failed" || m.Status == "canceled" {
		n.Type, n.Reason = payment.NoticeRefundFailed, m.FailureReason
	}
	return err
}

func ofDispute(n *payment.Notice, object json.RawMessage) error {
	m, err := readMoved(n, object)
	switch m.Status {
	case "lost":
		n.Type = payment.NoticeDisputeLost
	case "won", "warning_closed":
		n.Type = payment.NoticeDisputeWon
	default:
		n.Type = payment.NoticeDisputeOpened
	}
	return err
}

func ofPayout(n *payment.Notice, object json.RawMessage) error {
	_, err := readMoved(n, object)
	n.Type = payment.NoticePayout
	return err
}

func decode(object json.RawMessage, into any) error {
	if err := json.Unmarshal(object, into); err != nil {
		return fmt.Errorf("%w: %w", err, flywheel.ErrInvalid)
	}
	return nil
}
