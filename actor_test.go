package flywheel_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

func TestActor(t *testing.T) {
	ctx := t.Context()
	require.True(t, flywheel.Allowed(ctx, "anna", ""), "the shop itself")
	for _, c := range []struct {
		actor    flywheel.Actor
		customer flywheel.CustomerID
		visitor  flywheel.VisitorID
		owns     bool
	}{
		{flywheel.Actor{Customer: "anna"}, "anna", "", true},
		{flywheel.Actor{Customer: "anna", Visitor: "v"}, "anna", "w", true},
		{flywheel.Actor{Customer: "ben", Visitor: "v"}, "anna", "v", false},
		{flywheel.Actor{Visitor: "v"}, "", "v", true},
		{flywheel.Actor{Customer: "anna", Visitor: "v"}, "", "v", true},
		{flywheel.Actor{Customer: "anna"}, "", "v", false},
		{flywheel.Actor{}, "", "", false},
		{flywheel.Actor{}, "anna", "", false},
	} {
		require.Equal(t, c.owns, flywheel.Allowed(flywheel.WithActor(ctx, c.actor), c.customer, c.visitor), c)
	}
}

func TestProblemOf(t *testing.T) {
	require.Zero(t, flywheel.ProblemOf(nil))
	for err, kind := range map[error]string{
		flywheel.ErrInvalid: "invalid", flywheel.ErrOutOfRange: "out_of_range", flywheel.ErrLimit: "limit", flywheel.ErrNotFound: "not_found",
		flywheel.ErrConflict: "conflict", flywheel.ErrStale: "stale", flywheel.ErrKeyReused: "key_reused", flywheel.ErrForbidden: "forbidden",
		flywheel.ErrExpired: "expired", flywheel.ErrUnknownOutcome: "unknown_outcome", flywheel.ErrUnauthenticated: "unauthenticated",
		flywheel.ErrRateLimited: "rate_limited", errors.New("disk"): "internal", context.Canceled: "internal",
	} {
		p := flywheel.ProblemOf(fmt.Errorf("wrapped: %w", err))
		require.Equal(t, kind, p.Kind)
		require.NotEmpty(t, p.Text)
		require.GreaterOrEqual(t, p.Status, 400)
		require.NotContains(t, p.Text, "wrapped")
	}
}

// One function makes an answer of any error.
func ExampleProblemOf() {
	err := fmt.Errorf("cart 7: %w", &flywheel.FieldError{Field: "lines[0].quantity", Err: flywheel.ErrOutOfRange})
	var p flywheel.Problem = flywheel.ProblemOf(err)
	fmt.Println(p.Status, p.Kind, p.Field)
	fmt.Println(p.Text)
	// Output:
	// 400 out_of_range lines[0].quantity
	// This number is too large or too small.
}

// A handler says for whom it calls; what belongs to another does not exist for it.
func ExampleWithActor() {
	ctx := flywheel.WithActor(context.Background(), flywheel.Actor{Customer: "anna"})
	fmt.Println(flywheel.Allowed(ctx, "anna", ""), flywheel.Allowed(ctx, "ben", ""))
	a, known := flywheel.ActorOf(ctx)
	fmt.Println(a.Customer, known)
	// Output:
	// true false
	// anna true
}

// Whoever was let in by a signed link is served by the shop.
func ExampleWithoutActor() {
	ctx := flywheel.WithActor(context.Background(), flywheel.Actor{Customer: "anna"})
	fmt.Println(flywheel.Allowed(ctx, "ben", ""), flywheel.Allowed(flywheel.WithoutActor(ctx), "ben", ""))
	// Output: false true
}
