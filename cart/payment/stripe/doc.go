// Package stripe is a payment.Gateway on Stripe's API, over net/http alone.
//
//	gateway, err := stripe.New(os.Getenv("STRIPE_KEY"), nil)
//	orders, err := order.New(store, &order.Options{Gateway: gateway})
//
// # Concepts
//
// An authorization is a PaymentIntent with manual capture. Its metadata carry the key
// of the charge, what it is for, each capture and each part that was released, so that
// a call that is repeated after Stripe has forgotten its idempotency key (24 hours)
// still has no second effect.
//
// Stripe remembers declines under an idempotency key; the contract of payment.Gateway
// wants them tried again. A create that is answered from memory is followed by a look
// at the PaymentIntent, which is confirmed again under a key of its last charge.
//
// A card may allow several captures (multicapture), which is asked for. Where it does
// not, the first capture is the last one: Stripe lets go of the rest, and a further
// Capture reports payment.ErrVoided, upon which the caller authorizes again.
//
// [ParseEvent] turns an event into a payment.Notice; its signature is checked with
// payment.Verifier, which has Stripe's form. [Client.Report] reads balance transactions
// for payment.Reconcile.
//
// # Errors
//
// A 402 is payment.ErrDeclined. Where Stripe gives no answer, answers 5xx, or 409 while
// the same key is under way, the outcome is unknown (payment.ErrNoAnswer): repeat the
// call. A 429 matches flywheel.ErrRateLimited and had no effect; a wrong key matches
// flywheel.ErrUnauthenticated.
//
// # Units
//
// Amounts are converted from the minor unit of ISO 4217 to that of Stripe, which
// differs for ISK, MGA and UGX; an amount that Stripe cannot express is refused.
//
// # Cost and concurrency
//
// Authorize is one request, Capture, Release and Void are two, Refund is three. A Client
// is safe for concurrent use. Stripe's API reference, version 2025-03-31.basil, is the
// source of the forms; newer versions have kept them.
package stripe
