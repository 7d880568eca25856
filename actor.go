package flywheel

import "context"

// Actor is for whom a call is made: a customer who has signed in, or the device of a
// guest. The zero value is a stranger, who owns nothing.
type Actor struct {
	Customer CustomerID
	Visitor  VisitorID
}

// Owns reports whether something belongs to the actor that has a customer, or else
// only a visitor. What has neither belongs to nobody.
func (a Actor) Owns(customer CustomerID, visitor VisitorID) bool {
	if customer != "" {
		return a.Customer == customer
	}
	return visitor != "" && a.Visitor == visitor
}

type actorKey struct{}

// WithActor returns a context whose calls are made for a. Every service that hands
// out or changes what belongs to somebody (carts, sessions, orders, points) then
// answers for what belongs to another as if it did not exist: with the same error
// matching [ErrNotFound]. Calls of the shop itself are made without an actor and see
// everything.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// WithoutActor returns a context whose calls are those of the shop itself, for what it
// does on behalf of somebody whom it let in by other means, such as a signed link.
func WithoutActor(ctx context.Context) context.Context {
	return context.WithValue(ctx, actorKey{}, nil)
}

// ActorOf returns for whom the calls of ctx are made, and whether that is known.
func ActorOf(ctx context.Context) (Actor, bool) {
	a, known := ctx.Value(actorKey{}).(Actor)
	return a, known
}

// Allowed reports whether calls of ctx may see what belongs to a customer, or to a
// visitor where the customer is empty: the shop itself may, and whoever owns it.
func Allowed(ctx context.Context, customer CustomerID, visitor VisitorID) bool {
	a, known := ActorOf(ctx)
	return !known || a.Owns(customer, visitor)
}
