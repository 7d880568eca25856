package budget_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/campaign/budget"
)

// Where the budget satiates every channel in every period money has no price; it is still
// spent once.
func TestSatiatedChannelsShareTheBudget(t *testing.T) {
	a, err := budget.Allocate(budget.Plan{
		Budget:   1419.75,
		Channels: []budget.Channel{{Curve: budget.Curve{Form: budget.Exp, A: 1, B: 1}, Low: 1}},
		Periods:  []budget.Period{{}, {}},
	})
	require.NoError(t, err)
	require.LessOrEqual(t, a.Spent, 1419.75*(1+1e-9))
	require.InDelta(t, 2, a.Response, 1e-9)
	for _, row := range a.Spend {
		require.InDelta(t, 1419.75/2, row[0], 60)
	}
}

// A budget and a factor next to nothing are spent like others: never NaN.
func TestAllocationOfNextToNothing(t *testing.T) {
	log := budget.Curve{Form: budget.Log, A: 1, B: 1}
	const nothing = 1.4836824602749686e-67
	a, err := budget.Allocate(budget.Plan{
		Budget: nothing,
		Channels: []budget.Channel{
			{Curve: log, High: 1}, {Curve: budget.Curve{Form: budget.Hill, A: 1.5, B: 1, S: 0.3}, High: 1}, {Curve: log, Low: nothing / 10},
		},
		Periods: []budget.Period{{Factors: []float64{1, 1.2702926122619002e-262, 1}}, {}},
	})
	require.NoError(t, err)
	require.LessOrEqual(t, a.Spent, nothing*(1+1e-9))
	for _, row := range a.Spend {
		for _, x := range row {
			require.GreaterOrEqual(t, x, 0.0)
		}
	}
}

// A minimum next to nothing is one like others: the channel is worth its start.
func TestMinimumOfNextToNothing(t *testing.T) {
	for _, minimum := range []float64{0, 1.78e-307, 1e-300, 1e-9} {
		a, err := budget.Allocate(budget.Plan{Budget: 1, Channels: []budget.Channel{
			{Curve: budget.Curve{Form: budget.Log, A: 1, B: 1}, High: 1}, {Curve: budget.Curve{Form: budget.Hill, A: 1, B: 32, S: 0.5}, Minimum: minimum},
		}})
		require.NoError(t, err)
		require.InDelta(t, 0.7077827, a.Response, 1e-6, "minimum %v", minimum)
	}
}

// What a Hill curve still brings where it is all but satiated has a price, however
// small, so that another channel gets its start first.
func TestSatiatedHillLeavesMoney(t *testing.T) {
	a, err := budget.Allocate(budget.Plan{Budget: 5000, Channels: []budget.Channel{
		{Curve: budget.Curve{Form: budget.Hill, A: 1, B: 1, S: 6}, Low: 1}, {Curve: budget.Curve{Form: budget.Exp, A: 1, B: 1}},
	}})
	require.NoError(t, err)
	require.InDelta(t, 2, a.Response, 1e-12)
	require.Positive(t, budget.Curve{Form: budget.Hill, A: 1, B: 1, S: 6}.Marginal(1000))
}
