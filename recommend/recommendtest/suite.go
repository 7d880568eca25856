package recommendtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
)

// Features says what the Store under test can do beyond [recommend.Store].
type Features struct {
	// Transactions says that the Store is a [flywheel.Transactor] as well, whose
	// transactions its calls join.
	Transactions bool
}

// Run checks that the Stores which fresh makes, each empty, keep the contract of
// [recommend.Store].
func Run(t *testing.T, fresh func(t *testing.T) recommend.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor[recommend.Store](f.Transactions, nil))
}

type testCase = suite.Case[check]

type check func(ctx context.Context, s recommend.Store) error

var contract = suite.Suite[recommend.Store, check]{
	Cases: cases,
	Call: func(t suite.T, check check, s recommend.Store, _ flywheel.Transactor) error {
		return check(t.Context(), s)
	},
}

var start = time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC)

// fact returns the n-th interaction of a series, all different.
func fact(n int) recommend.Interaction {
	return recommend.Interaction{
		ID: fmt.Sprintf("purchase:%03d", n), Kind: recommend.Purchase, At: start.Add(time.Duration(n) * time.Minute),
		Actor:   recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprintf("customer-%d", n%3))},
		Items:   []flywheel.SKU{"TEA", flywheel.SKU(fmt.Sprintf("SKU-%d", n)), "tea"},
		Details: []recommend.Detail{{Quantity: 2, Value: money.New(int64(100*n), money.EUR)}, {Slot: 3, Propensity: 0.25}, {}},
		Session: fmt.Sprintf("session-%d", n%2), Device: "device-1", Policy: "house",
	}
}

func facts(n int) []recommend.Interaction {
	out := make([]recommend.Interaction, n)
	for i := range out {
		out[i] = fact(i)
	}
	return out
}

// holds checks that s holds exactly want, in that order.
func holds(ctx context.Context, s recommend.Store, want ...recommend.Interaction) error {
	got, err := suite.Collect(s.All(ctx))
	if err != nil {
		return fmt.Errorf("All: %w", err)
	}
	return same("All", got, want)
}

func same(what string, got, want []recommend.Interaction) error {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Errorf("%s: %d interactions, want %d; missing %+v", what, len(got), len(want), want[i])
		case i >= len(want):
			return fmt.Errorf("%s: %d interactions, want %d; unexpected %+v", what, len(got), len(want), got[i])
		case !got[i].Equal(want[i]):
			return fmt.Errorf("%s: interaction %d is %+v, want %+v", what, i, got[i], want[i])
		case got[i].At.Location() != time.UTC:
			return fmt.Errorf("%s: interaction %d has its time in %v, want UTC", what, i, got[i].At.Location())
		}
	}
	return nil
}
