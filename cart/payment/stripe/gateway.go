package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Authorize implements payment.Gateway: it creates and confirms a PaymentIntent.
func (c *Client) Authorize(ctx context.Context, ch payment.Charge) (payment.Authorization, error) {
	i, replayed, err := c.create(ctx, ch)
	if err != nil {
		return payment.Authorization{}, declinedOf(err)
	}
	if !replayed {
		return i.state()
	}
	// Its answer is of the first time: see what it is now, and try again what was
	// declined then.
	if i, err = c.get(ctx, i.ID); err != nil {
		return payment.Authorization{}, err
	}
	if i.Status != "requires_payment_method" && i.Status != "requires_confirmation" {
		return i.state()
	}
	form := url.Values{}
	set(form, "payment_method", ch.Method)
	set(form, "return_url", ch.Return)
	_, err = c.call(ctx, http.MethodPost, "/v1/payment_intents/"+i.ID+"/confirm", eventid.Of("confirm", ch.Key, i.LatestCharge.ID), form, i)
	if err != nil {
		return payment.Authorization{}, declinedOf(err)
	}
	return i.state()
}

// create creates the PaymentIntent of a charge, or finds it by the key. One that was
// declined comes back as it is when its answer is one of memory.
func (c *Client) create(ctx context.Context, ch payment.Charge) (i *intent, replayed bool, err error) {
	if err := flywheel.CheckID(ch.Key); err != nil {
		return nil, false, fmt.Errorf("stripe: authorize: key: %w", err)
	}
	if ch.Amount.Sign() <= 0 {
		return nil, false, fmt.Errorf("stripe: authorize %v: must be positive: %w", ch.Amount, flywheel.ErrInvalid)
	}
	minor, err := toStripe(ch.Amount)
	if err != nil {
		return nil, false, err
	}
	form := url.Values{
		"amount": {strconv.FormatInt(minor, 10)}, "currency": {lower(ch.Amount.Currency())},
		"capture_method": {"manual"}, "confirm": {"true"}, "payment_method_types[]": {"card"},
		"payment_method_options[card][request_multicapture]": {"if_available"},
		"metadata[" + metaCharge + "]":                       {ch.Key},
	}
	set(form, "payment_method", ch.Method)
	set(form, "return_url", ch.Return)
	set(form, "metadata["+metaRef+"]", ch.Ref)
	set(form, "metadata["+metaCustomer+"]", string(ch.Customer))
	i = new(intent)
	replayed, err = c.call(ctx, http.MethodPost, "/v1/payment_intents", ch.Key, form, i)
	if failed, ok := errors.AsType[*APIError](err); ok && replayed && failed.intent != nil && errors.Is(err, payment.ErrDeclined) {
		return failed.intent, true, nil
	}
	return i, replayed, err
}

// declinedOf makes a decline of Stripe's one of package payment, with its reason.
func declinedOf(err error) error {
	failed, ok := errors.AsType[*APIError](err)
	if !ok || !errors.Is(err, payment.ErrDeclined) {
		return err
	}
	for _, reason := range []string{failed.DeclineCode, failed.Code, failed.Message} {
		if reason != "" {
			return &payment.DeclinedError{Reason: reason}
		}
	}
	return err
}

// Find implements payment.Gateway.
func (c *Client) Find(ctx context.Context, authorization string) (payment.Authorization, error) {
	i, err := c.get(ctx, authorization)
	if err != nil {
		return payment.Authorization{}, err
	}
	return i.state()
}

// Capture implements payment.Gateway. The part that takes the rest is the final one;
// where the card allows no further capture each is.
func (c *Client) Capture(ctx context.Context, key, authorization string, amount money.Amount) error {
	i, minor, done, err := c.prepare(ctx, "capture", metaCapture, key, authorization, amount)
	if err != nil || done {
		return err
	}
	form := url.Values{"amount_to_capture": {strconv.FormatInt(minor, 10)}, "metadata[" + metaCapture + short(key) + "]": {strconv.FormatInt(minor, 10)}}
	if minor < i.Capturable-i.released() && i.LatestCharge.Details.Card.Multicapture.Status == "available" {
		form.Set("final_capture", "false")
	}
	_, err = c.call(ctx, http.MethodPost, "/v1/payment_intents/"+i.ID+"/capture", key, form, i)
	return declinedOf(err)
}

// Release implements payment.Gateway. Stripe lets go of all or nothing: a part is
// noted in the metadata, and never captured; the last part cancels what is left.
func (c *Client) Release(ctx context.Context, key, authorization string, amount money.Amount) error {
	i, minor, done, err := c.prepare(ctx, "release", metaRelease, key, authorization, amount)
	if err != nil {
		return err
	}
	if !done {
		_, err = c.call(ctx, http.MethodPost, "/v1/payment_intents/"+i.ID, key,
			url.Values{"metadata[" + metaRelease + short(key) + "]": {strconv.FormatInt(minor, 10)}}, i)
	}
	if err != nil || i.Status != "requires_capture" || i.released() < i.Capturable {
		return err
	}
	_, err = c.call(ctx, http.MethodPost, "/v1/payment_intents/"+i.ID+"/cancel", eventid.Of("cancel", key), url.Values{}, i)
	return err
}

// prepare reads a PaymentIntent before a part of it is captured or released, and says
// whether the call of this key was done before.
func (c *Client) prepare(ctx context.Context, what, meta, key, authorization string, amount money.Amount) (i *intent, minor int64, done bool, err error) {
	if err := flywheel.CheckID(key); err != nil {
		return nil, 0, false, fmt.Errorf("stripe: %s: key: %w", what, err)
	}
	if amount.Sign() <= 0 {
		return nil, 0, false, fmt.Errorf("stripe: %s of %v: must be positive: %w", what, amount, flywheel.ErrInvalid)
	}
	if minor, err = toStripe(amount); err != nil {
		return nil, 0, false, err
	}
	if i, err = c.get(ctx, authorization); err != nil {
		return nil, 0, false, err
	}
	if lower(amount.Currency()) != i.Currency {
		return nil, 0, false, fmt.Errorf("stripe: %s of %v: it is in %s: %w", what, amount, i.Currency, flywheel.ErrInvalid)
	}
	if before, known := i.Metadata[meta+short(key)]; known {
		if before != strconv.FormatInt(minor, 10) {
			return nil, 0, false, payment.ErrKeyReused
		}
		return i, minor, true, nil
	}
	if _, err := i.state(); err != nil {
		return nil, 0, false, err
	}
	if i.Status == "succeeded" && i.Received < i.Amount-i.released() {
		return nil, 0, false, payment.ErrVoided // the final capture let go of the rest
	}
	if left := i.Capturable - i.released(); minor > left {
		most, err := i.amount(max(0, left))
		if err != nil {
			return nil, 0, false, err
		}
		return nil, 0, false, &payment.LimitError{Operation: what, Want: amount, Left: most}
	}
	return i, minor, false, nil
}

// Void implements payment.Gateway.
func (c *Client) Void(ctx context.Context, key, authorization string) error {
	if err := flywheel.CheckID(key); err != nil {
		return fmt.Errorf("stripe: void: key: %w", err)
	}
	return c.cancel(ctx, key, authorization)
}

// cancel lets go of a PaymentIntent of which nothing was captured.
func (c *Client) cancel(ctx context.Context, key, authorization string) error {
	i, err := c.get(ctx, authorization)
	if err == nil {
		var canceled bool
		if canceled, err = i.canceled(); canceled || err != nil {
			return err
		}
		_, err = c.call(ctx, http.MethodPost, "/v1/payment_intents/"+i.ID+"/cancel", key, url.Values{}, i)
	}
	if !errors.Is(err, flywheel.ErrInvalid) {
		return err
	}
	// Another call may have been faster.
	now, looked := c.get(ctx, authorization)
	if looked != nil {
		return looked
	}
	if canceled, captured := now.canceled(); canceled || captured != nil {
		return captured
	}
	return err
}

// canceled reports whether all was let go; once anything was captured the error is
// payment.ErrCaptured.
func (i *intent) canceled() (bool, error) {
	if i.Received > 0 || i.LatestCharge.Captured > 0 {
		return false, payment.ErrCaptured
	}
	return i.Status == "canceled", nil
}

// Abandon implements payment.Gateway: it repeats the create under its key, which finds
// what was made or makes it, and cancels that.
func (c *Client) Abandon(ctx context.Context, ch payment.Charge) error {
	i, _, err := c.create(ctx, ch)
	if failed, ok := errors.AsType[*APIError](err); ok && failed.intent != nil {
		i, err = failed.intent, nil
	}
	if errors.Is(err, payment.ErrDeclined) {
		return nil // nothing was made that could be canceled
	}
	if err != nil {
		return err
	}
	return c.cancel(ctx, eventid.Of("abandon", ch.Key), i.ID)
}

// Refund implements payment.Gateway.
func (c *Client) Refund(ctx context.Context, key, authorization string, amount money.Amount) error {
	if err := flywheel.CheckID(key); err != nil {
		return fmt.Errorf("stripe: refund: key: %w", err)
	}
	if amount.Sign() <= 0 {
		return fmt.Errorf("stripe: refund of %v: must be positive: %w", amount, flywheel.ErrInvalid)
	}
	minor, err := toStripe(amount)
	if err != nil {
		return err
	}
	if err := checkPath(authorization); err != nil {
		return err
	}
	type refund struct {
		ID, Status string
		Amount     int64
		Currency   string
		Metadata   map[string]string
	}
	var before struct{ Data []refund }
	if _, err := c.call(ctx, http.MethodGet, "/v1/refunds", "", url.Values{"payment_intent": {authorization}, "limit": {"100"}}, &before); err != nil {
		return err
	}
	failed := 0
	for _, r := range before.Data {
		if r.Metadata[metaRefund] != key {
			continue
		}
		if r.Status == "failed" || r.Status == "canceled" {
			failed++
			continue
		}
		if r.Amount != minor || r.Currency != lower(amount.Currency()) {
			return payment.ErrKeyReused
		}
		return nil
	}
	i, err := c.get(ctx, authorization)
	if err != nil {
		return err
	}
	if lower(amount.Currency()) != i.Currency {
		return fmt.Errorf("stripe: refund of %v: it is in %s: %w", amount, i.Currency, flywheel.ErrInvalid)
	}
	if left := i.Received - i.LatestCharge.Refunded; minor > left {
		most, err := i.amount(max(0, left))
		if err != nil {
			return err
		}
		return &payment.LimitError{Operation: "refund", Want: amount, Left: most}
	}
	// A refund that failed is tried again under another key.
	var made refund
	_, err = c.call(ctx, http.MethodPost, "/v1/refunds", eventid.Of("refund", key, strconv.Itoa(failed)), url.Values{
		"payment_intent": {authorization}, "amount": {strconv.FormatInt(minor, 10)}, "metadata[" + metaRefund + "]": {key},
	}, &made)
	if err == nil && (made.Status == "failed" || made.Status == "canceled") {
		return &payment.DeclinedError{Reason: "the refund " + made.Status}
	}
	return declinedOf(err)
}

func lower(c money.Currency) string { return strings.ToLower(c.String()) }

func set(form url.Values, name, value string) {
	if value != "" {
		form.Set(name, value)
	}
}
