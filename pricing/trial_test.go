package pricing_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// What is tried prices as what is saved, and until then nothing costs less.
func TestTryIsSaveWithoutChange(t *testing.T) {
	ctx := t.Context()
	prices, err := pricing.New(nil, nil)
	require.NoError(t, err)
	_, err = prices.SaveList(ctx, pricing.List{ID: "base", Entries: []pricing.Entry{listed("tea", "4.95")}})
	require.NoError(t, err)
	for _, percent := range []int64{10, 20} { // new, then in place of the one that is there
		p := pricing.Promotion{ID: "today", Percent: money.Percent(percent)}
		before, err := prices.Quote(tea(2))
		require.NoError(t, err)
		engine, err := prices.Try(ctx, p)
		require.NoError(t, err)
		tried, err := engine.Quote(tea(2))
		require.NoError(t, err)
		still, err := prices.Quote(tea(2))
		require.NoError(t, err)
		require.Equal(t, before.Total, still.Total)
		require.NotEqual(t, before.Total, tried.Total)
		there, err := prices.Promotions(ctx)
		require.NoError(t, err)
		for i := range there {
			p.Version = there[i].Version
		}
		_, err = prices.SavePromotion(ctx, p)
		require.NoError(t, err)
		saved, err := prices.Quote(tea(2))
		require.NoError(t, err)
		require.Equal(t, tried.Total, saved.Total)
	}
	there, err := prices.Promotions(ctx)
	require.NoError(t, err)
	require.Len(t, there, 1)
	_, err = prices.Try(ctx, pricing.Promotion{ID: "wrong", Percent: money.Percent(200)})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// What a promotion would take off, before it is saved.
func ExampleService_Try() {
	ctx := context.Background()
	prices, _ := pricing.New(nil, nil)
	if _, err := prices.SaveList(ctx, pricing.List{ID: "base", Entries: []pricing.Entry{listed("tea", "4.95")}}); err != nil {
		panic(err)
	}
	engine, err := prices.Try(ctx, pricing.Promotion{ID: "today", Percent: money.Percent(10)})
	if err != nil {
		panic(err)
	}
	would, _ := engine.Quote(tea(2))
	is, _ := prices.Quote(tea(2))
	fmt.Println(is.Total, would.Total)
	// Output: 9.90 EUR 8.91 EUR
}
