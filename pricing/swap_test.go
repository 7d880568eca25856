package pricing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Prices saved in a transaction hold from its commit on, and never after a
// rollback.
func TestPricesChangeWithTheCommit(t *testing.T) {
	db := &flywheel.Memory{}
	s, err := pricing.New(pricing.NewMemory(db), nil)
	require.NoError(t, err)
	list := func(price string) pricing.List {
		return pricing.List{ID: "base", Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice(price, money.EUR)}}}
	}
	total := func() string {
		q, err := s.Quote(pricing.Basket{Currency: money.EUR, At: time.Unix(0, 0), Lines: []pricing.Line{{ID: "1", SKU: "mug", Quantity: 1}}})
		require.NoError(t, err)
		return q.Total.String()
	}
	saved, err := s.SaveList(t.Context(), list("5"))
	require.NoError(t, err)
	boom := errors.New("boom")
	for _, outcome := range []error{boom, nil} {
		require.ErrorIs(t, db.InTx(t.Context(), func(ctx context.Context) error {
			next := list("7")
			next.Version = saved.Version
			_, err := s.SaveList(ctx, next)
			require.NoError(t, err)
			require.Equal(t, "5.00 EUR", total(), "not yet")
			return outcome
		}), outcome)
		if outcome != nil {
			require.Equal(t, "5.00 EUR", total())
		}
	}
	require.Equal(t, "7.00 EUR", total())
}
