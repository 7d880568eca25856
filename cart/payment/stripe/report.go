package stripe

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel/cart/payment"
)

// balanceKinds are the types of balance transactions that move money of orders, or pay
// it out. Others (fees of the account, transfers, reserves) are not of orders.
var balanceKinds = map[string]payment.MoveKind{
	"charge": payment.MoveCapture, "payment": payment.MoveCapture,
	"refund": payment.MoveRefund, "payment_refund": payment.MoveRefund,
	"adjustment": payment.MoveDispute, "payout": payment.MovePayout,
}

// Report yields the balance transactions that were made from one instant to before
// another as rows for payment.Reconcile, the newest first, without payouts. Amounts
// are in the currency in which Stripe settled. An error is yielded once, last.
func (c *Client) Report(ctx context.Context, from, to time.Time) iter.Seq2[payment.Posting, error] {
	return c.list(ctx, "", url.Values{"created[gte]": {strconv.FormatInt(from.Unix(), 10)}, "created[lt]": {strconv.FormatInt(to.Unix(), 10)}})
}

// Payout yields the balance transactions of one payout, and the payout itself, as
// [Client.Report] does.
func (c *Client) Payout(ctx context.Context, id string) iter.Seq2[payment.Posting, error] {
	return c.list(ctx, id, url.Values{"payout": {id}})
}

func (c *Client) list(ctx context.Context, payout string, form url.Values) iter.Seq2[payment.Posting, error] {
	return func(yield func(payment.Posting, error) bool) {
		form := maps.Clone(form)
		form.Set("limit", "100")
		form.Set("expand[]", "data.source")
		for {
			var page struct {
				Data    []balanceTransaction
				HasMore bool `json:"has_more"`
			}
			if _, err := c.call(ctx, http.MethodGet, "/v1/balance_transactions", "", form, &page); err != nil {
				yield(payment.Posting{}, err)
				return
			}
			for i := range page.Data {
				kind, known := balanceKinds[page.Data[i].Type]
				if !known || kind == payment.MovePayout && payout == "" {
					continue
				}
				p, err := page.Data[i].posting(kind)
				p.Payout = payout
				if !yield(p, err) || err != nil {
					return
				}
			}
			if !page.HasMore || len(page.Data) == 0 {
				return
			}
			form.Set("starting_after", page.Data[len(page.Data)-1].ID)
		}
	}
}

type balanceTransaction struct {
	ID, Type, Currency   string
	Amount, Fee, Created int64
	Source               struct {
		ID, Object string
		Intent     string `json:"payment_intent"`
		Metadata   map[string]string
	}
}

func (b *balanceTransaction) posting(kind payment.MoveKind) (p payment.Posting, err error) {
	p = payment.Posting{
		ID: b.ID, Kind: kind, Authorization: b.Source.Intent, Reference: b.Source.Metadata[metaRefund],
		At: time.Unix(b.Created, 0).UTC(),
	}
	if kind == payment.MoveDispute {
		p.Reference = b.Source.ID
	}
	minor := b.Amount
	if minor < 0 {
		minor = -minor
	}
	if p.Amount, err = fromStripe(minor, b.Currency); err == nil {
		p.Fee, err = fromStripe(b.Fee, b.Currency)
	}
	if err != nil {
		return p, fmt.Errorf("stripe: balance transaction %q: %w", b.ID, err)
	}
	return p, nil
}
