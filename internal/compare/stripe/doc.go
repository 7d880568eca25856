// Package stripe holds the requests of cart/payment/stripe against stripe-mock, which
// checks them with Stripe's OpenAPI description: path, method, and the name and type of
// every parameter. It is a module of its own, so that the library does not depend on
// the mock:
//
//	go -C internal/compare/stripe test .
//
// The mock keeps nothing. What depends on earlier calls (declines, actions, idempotency)
// runs in package stripe itself, against a scripted server.
package stripe
