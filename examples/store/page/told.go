package page

import (
	"fmt"
	"io"
	"net/http"

	"github.com/flywheel-go/flywheel/cart/payment/stripe"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// told takes what the payment gateway says by itself, once, if it is signed: the way by which an
// order is placed whose buyer never came back from the bank.
func (s *Shop) told(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if s.Scripted == nil { // Stripe: another header, another form
		if err := s.Verifier.Verify(r.Header.Get("Stripe-Signature"), body, s.Now()); err != nil {
			return nil, err
		}
		n, err := stripe.ParseEvent(body)
		if err != nil {
			return nil, err
		}
		_, err = s.Notices.Apply(r.Context(), n)
		return []byte("thank you\n"), err
	}
	if _, err := s.Notices.Handle(r.Context(), r.Header.Get(web.SignatureHeader), body); err != nil {
		return nil, fmt.Errorf("store: notice: %w", err)
	}
	return []byte("thank you\n"), nil
}
