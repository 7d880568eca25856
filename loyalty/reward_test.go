package loyalty_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
)

func ExampleService_Reward() {
	ctx := context.Background()
	points, err := loyalty.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		if err := points.Reward(ctx, "friend-ben", 200, newYear, "anna", "ben"); err != nil {
			fmt.Println(err)
			return
		}
	}
	b, err := points.Balance(ctx, "anna")
	fmt.Println(b.Available, err)
	// Output: 200 <nil>
}

func TestReward(t *testing.T) {
	now := newYear
	points, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{{PendingFor: "P30D"}}, Now: func() time.Time { return now }})
	require.NoError(t, err)
	require.ErrorIs(t, points.Reward(t.Context(), "k", 5, newYear, "anna", "", "ben"), flywheel.ErrInvalid)
	now = now.Add(time.Hour) // another time, the same reward
	require.NoError(t, points.Reward(t.Context(), "k", 5, newYear, "anna", "ben"))
	for _, who := range []flywheel.CustomerID{"anna", "ben"} {
		b, err := points.Balance(t.Context(), who)
		require.NoError(t, err)
		require.EqualValues(t, 5, b.Available)
	}
	require.ErrorIs(t, points.Reward(t.Context(), "k", 6, newYear, "anna"), flywheel.ErrKeyReused)
}
