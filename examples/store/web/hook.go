package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/flywheel-go/flywheel"
)

// SignatureHeader carries the signature of a webhook, HookHeader its identifier.
const SignatureHeader, HookHeader = "Webhook-Signature", "Webhook-Id"

var hooks = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// CallHook posts a signed event to an address that the shop's operator has named. An answer
// other than 2xx is an error: whoever calls tries again with the same identifier.
func CallHook(ctx context.Context, address, id, signature string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("store: webhook: %w", flywheel.ErrInvalid)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(HookHeader, id)
	r.Header.Set(SignatureHeader, signature)
	answer, err := hooks.Do(r)
	if err != nil {
		return fmt.Errorf("store: webhook: no answer: %w", flywheel.ErrUnknownOutcome)
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)) //nolint:errcheck // what it says does not matter
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("store: webhook: answered with %d", answer.StatusCode)
	}
	return nil
}
