package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
)

// Options configure a [Client]; nil and zero fields are the defaults.
type Options struct {
	// URL is the address of the API, https://api.stripe.com by default.
	URL string
	// HTTP makes the requests; by default a client with a timeout of 30 seconds that
	// follows no redirect.
	HTTP *http.Client
	// Version is sent as Stripe-Version; empty is the account's.
	Version string
	// Account is a connected account on whose behalf calls are made, empty for none.
	Account string
}

// Client is a payment.Gateway on Stripe. It is safe for concurrent use.
type Client struct {
	key  string
	opts Options
}

var _ payment.Gateway = (*Client)(nil)

// New returns a client with a secret key. It does no I/O.
func New(key string, opts *Options) (*Client, error) {
	c := &Client{key: key}
	if opts != nil {
		c.opts = *opts
	}
	if key == "" || strings.ContainsAny(key, "\r\n") {
		return nil, &flywheel.FieldError{Field: "key", Err: fmt.Errorf("stripe: missing or not a key: %w", flywheel.ErrInvalid)}
	}
	if c.opts.URL == "" {
		c.opts.URL = "https://api.stripe.com"
	}
	u, err := url.Parse(c.opts.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, &flywheel.FieldError{Field: "url", Err: fmt.Errorf("stripe: %.80q is no address: %w", c.opts.URL, flywheel.ErrInvalid)}
	}
	c.opts.URL = strings.TrimRight(c.opts.URL, "/")
	if c.opts.HTTP == nil {
		c.opts.HTTP = &http.Client{
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return c, nil
}

// APIError is an error that Stripe answered with, in its own words.
type APIError struct {
	Status      int    // of HTTP
	Type        string // such as "invalid_request_error"
	Code        string // such as "payment_intent_unexpected_state"
	DeclineCode string
	Message     string
	kind        error
	intent      *intent // what a declined PaymentIntent is
}

func (e *APIError) Error() string {
	text := fmt.Sprintf("stripe: %d %s", e.Status, e.Type)
	for _, part := range []string{e.Code, e.DeclineCode, e.Message} {
		if part != "" {
			text += ": " + part
		}
	}
	return text
}

// Unwrap returns the kind: payment.ErrDeclined, payment.ErrNoAnswer,
// payment.ErrKeyReused, or one of package flywheel.
func (e *APIError) Unwrap() error { return e.kind }

// maxAnswer bounds an answer that is read.
const maxAnswer = 4 << 20

// call makes one request and reads its answer into out. replayed says that Stripe
// answered from the memory of the idempotency key.
func (c *Client) call(ctx context.Context, method, path, key string, form url.Values, out any) (replayed bool, err error) {
	var body io.Reader
	target := c.opts.URL + path
	if method == http.MethodGet {
		if len(form) > 0 {
			target += "?" + form.Encode()
		}
	} else {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return false, fmt.Errorf("stripe: %w: %w", err, flywheel.ErrInvalid)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range map[string]string{"Idempotency-Key": key, "Stripe-Version": c.opts.Version, "Stripe-Account": c.opts.Account} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := c.opts.HTTP.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return false, fmt.Errorf("%w: %w", payment.ErrNoAnswer, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil || len(data) > maxAnswer {
		return false, fmt.Errorf("%w: the answer of %d broke off: %w", payment.ErrNoAnswer, resp.StatusCode, errors.Join(err, flywheel.ErrUnknownOutcome))
	}
	replayed = resp.Header.Get("Idempotent-Replayed") == "true"
	if resp.StatusCode != http.StatusOK {
		return replayed, failure(resp.StatusCode, data)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return replayed, fmt.Errorf("%w: no answer of Stripe's form: %w", payment.ErrNoAnswer, err)
	}
	return replayed, nil
}

// failure reads an answer that is no success.
func failure(status int, data []byte) error {
	var answer struct {
		Error struct {
			Type        string
			Code        string
			DeclineCode string `json:"decline_code"`
			Message     string
			Intent      *intent `json:"payment_intent"`
		}
	}
	_ = json.Unmarshal(data, &answer) // a proxy in between answers as it likes
	e := &APIError{
		Status: status, Type: answer.Error.Type, Code: answer.Error.Code, DeclineCode: answer.Error.DeclineCode,
		Message: answer.Error.Message, intent: answer.Error.Intent,
	}
	switch {
	case status == http.StatusPaymentRequired || e.Type == "card_error":
		e.kind = payment.ErrDeclined
	case e.Type == "idempotency_error" && status == http.StatusBadRequest:
		e.kind = payment.ErrKeyReused
	case status == http.StatusConflict || status >= 500 || status < 400: // under way, broken, or sent elsewhere
		e.kind = payment.ErrNoAnswer
	case status == http.StatusUnauthorized:
		e.kind = flywheel.ErrUnauthenticated
	case status == http.StatusForbidden:
		e.kind = flywheel.ErrForbidden
	case status == http.StatusNotFound:
		e.kind = flywheel.ErrNotFound
	case status == http.StatusTooManyRequests:
		e.kind = flywheel.ErrRateLimited
	default:
		e.kind = flywheel.ErrInvalid
	}
	return e
}
