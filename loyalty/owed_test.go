package loyalty_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func owing(ctx context.Context) *loyalty.Service {
	now := newYear
	points := must(loyalty.New(nil, &loyalty.Options{
		Programs: []loyalty.Program{{PendingFor: "P14D", Tiering: &loyalty.Tiering{
			Tiers: []loyalty.Tier{{ID: "base"}, {ID: "gold", Threshold: 100}}, Window: loyalty.Rolling, Period: "P12M",
		}}},
		Now: func() time.Time { return now },
	}))
	for i, buy := range []struct {
		who   flywheel.CustomerID
		euros int64
	}{{"anna", 150}, {"bob", 40}, {"anna", 10}} {
		at := newYear.AddDate(0, 0, 10*i)
		now = at
		err := points.Consume(ctx, []flywheel.Entry{{
			Position: flywheel.Position(i + 1), Received: at, Effective: at, Person: flywheel.PersonOf(buy.who, ""),
			Event: flywheel.Event{ID: fmt.Sprint(i), Name: flywheel.EventPurchase, Ref: fmt.Sprint("o", i), Time: at, Customer: buy.who, Value: money.New(buy.euros*100, money.EUR)},
		}})
		if err != nil {
			panic(err)
		}
	}
	return points
}

// What is owed is the balances of all members, by the tier in which each stands then.
func TestLiability(t *testing.T) {
	ctx := t.Context()
	points := owing(ctx)
	l, err := points.Liability(ctx, newYear.AddDate(0, 0, 20))
	require.NoError(t, err)
	require.Equal(t, []loyalty.TierLiability{{Tier: "base", Members: 1, Pending: 40}, {Tier: "gold", Members: 1, Available: 150, Pending: 10}}, l.Tiers)
	require.Equal(t, loyalty.TierLiability{Members: 2, Available: 150, Pending: 50}, l.Total)
	worth, err := l.Total.Value(money.MustRate("2.5"), money.EUR)
	require.NoError(t, err)
	require.Equal(t, money.New(500, money.EUR), worth)
	later, err := points.Liability(ctx, newYear.AddDate(0, 0, 60))
	require.NoError(t, err)
	require.Equal(t, loyalty.TierLiability{Members: 2, Available: 200}, later.Total)
}

// What the points of all members are worth.
func ExampleService_Liability() {
	ctx := context.Background()
	l, err := owing(ctx).Liability(ctx, newYear.AddDate(0, 0, 20))
	if err != nil {
		panic(err)
	}
	worth, err := l.Total.Value(money.MustRate("5"), money.EUR) // five cents a point
	fmt.Println(l.Total.Points(), worth, err)
	for _, tier := range l.Tiers {
		fmt.Println(tier.Tier, tier.Members, tier.Points())
	}
	// Output:
	// 200 10.00 EUR <nil>
	// base 1 40
	// gold 1 160
}
