package stripe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// intent is what is read of a PaymentIntent.
type intent struct {
	ID           string
	Status       string
	Amount       int64
	Capturable   int64 `json:"amount_capturable"`
	Received     int64 `json:"amount_received"`
	Currency     string
	ClientSecret string `json:"client_secret"`
	Metadata     map[string]string
	NextAction   *struct {
		Type     string
		Redirect *struct{ URL string } `json:"redirect_to_url"`
	} `json:"next_action"`
	LastError *struct {
		Code        string
		DeclineCode string `json:"decline_code"`
		Message     string
	} `json:"last_payment_error"`
	// LatestCharge is an id, or the charge itself where it was asked for.
	LatestCharge charge `json:"latest_charge"`
}

// The metadata of a PaymentIntent. Those of captures and releases end in a hash of
// their key.
const (
	metaCharge   = "flywheel_charge"
	metaRef      = "flywheel_ref"
	metaCustomer = "flywheel_customer"
	metaCapture  = "flywheel_capture_"
	metaRelease  = "flywheel_release_"
	metaRefund   = "flywheel_refund"
)

// short is the hash of a key that fits into the name of a metadata entry, which is 40
// characters long at most.
func short(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:10])
}

// released is what was given up of what is capturable.
func (i *intent) released() (sum int64) {
	for name, value := range i.Metadata {
		if strings.HasPrefix(name, metaRelease) {
			n, _ := strconv.ParseInt(value, 10, 64)
			sum += n
		}
	}
	return sum
}

// amount makes an amount of the PaymentIntent's currency.
func (i *intent) amount(minor int64) (money.Amount, error) { return fromStripe(minor, i.Currency) }

// declined says why the last try was refused.
func (i *intent) declined() error {
	reason := "no reason given"
	if e := i.LastError; e != nil {
		for _, text := range []string{e.DeclineCode, e.Code, e.Message} {
			if text != "" {
				reason = text
				break
			}
		}
	}
	return &payment.DeclinedError{Reason: reason}
}

// state tells what a PaymentIntent is as payment.Gateway.Find does.
func (i *intent) state() (payment.Authorization, error) {
	switch i.Status {
	case "requires_capture", "succeeded":
		amount, err := i.amount(i.Amount)
		return payment.Authorization{ID: i.ID, Amount: amount}, err
	case "requires_action":
		action := &payment.ActionError{Authorization: i.ID, Type: "use_stripe_sdk", Token: i.ClientSecret}
		if a := i.NextAction; a != nil {
			action.Type = a.Type
			if a.Redirect != nil {
				action.Type, action.URL, action.Token = "redirect", a.Redirect.URL, ""
			}
		}
		return payment.Authorization{}, action
	case "requires_payment_method", "requires_confirmation":
		return payment.Authorization{}, i.declined()
	case "canceled":
		return payment.Authorization{}, payment.ErrVoided
	}
	return payment.Authorization{}, fmt.Errorf("stripe: payment intent %q is %.40q: %w", i.ID, i.Status, payment.ErrNoAnswer)
}

// get reads a PaymentIntent with its last charge.
func (c *Client) get(ctx context.Context, id string) (*intent, error) {
	if err := checkPath(id); err != nil {
		return nil, err
	}
	var i intent
	_, err := c.call(ctx, http.MethodGet, "/v1/payment_intents/"+id, "", url.Values{"expand[]": {"latest_charge"}}, &i)
	if err != nil {
		return nil, err
	}
	return &i, nil
}

// checkPath refuses an id that would be another path.
func checkPath(id string) error {
	if err := flywheel.CheckID(id); err != nil {
		return fmt.Errorf("stripe: authorization: %w", err)
	}
	if url.PathEscape(id) != id || strings.Contains(id, "..") {
		return fmt.Errorf("stripe: authorization %.60q: %w", id, flywheel.ErrNotFound)
	}
	return nil
}
