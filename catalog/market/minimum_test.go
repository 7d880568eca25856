package market_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// Incidents are those of a model that reads the whole list anew for each moment.
// FLYWHEEL_LONG runs a million sequences.
func TestIncidentsAreTheNaiveOnes(t *testing.T) {
	n := testkit.Often(100_000, 5_000)
	if os.Getenv("FLYWHEEL_LONG") != "" {
		n = 1_000_000
	}
	r := rand.New(rand.NewPCG(16, 8))
	for range n {
		rule := market.MinimumPrice{
			Minimum: euros(100), Tolerance: euros(int64(r.IntN(3))), OpenAfter: 1 + r.IntN(3), CloseAfter: 1 + r.IntN(3),
		}
		w, err := rule.Watch()
		require.NoError(t, err)
		var seen []reading
		got := []naiveViolation{}
		of := func(v market.Violation) naiveViolation {
			n := naiveViolation{opened: v.Opened.Unix(), firstSeen: v.FirstSeen.Unix(), lowest: v.Lowest.Minor(), closed: -1}
			if !v.Closed.IsZero() {
				n.closed = v.Closed.Unix()
			}
			return n
		}
		for at := range int64(1 + r.IntN(16)) {
			price := int64(96 + r.IntN(7))
			seen = append(seen, reading{at + 1, price})
			v, change, err := w.Next(time.Unix(at+1, 0), euros(price))
			if err != nil {
				t.Fatal(err)
			}
			if change == market.Closed {
				got = append(got, of(v))
			}
		}
		if v, open := w.Open(); open {
			got = append(got, of(v))
		}
		want := naiveViolations(seen, 100-rule.Tolerance.Minor(), rule.OpenAfter, rule.CloseAfter)
		if len(want) != len(got) {
			t.Fatalf("%+v: %v, want %v", seen, got, want)
		}
		for i := range want {
			if want[i] != got[i] {
				t.Fatalf("%+v: %v, want %v", seen, got, want)
			}
		}
	}
}

func TestPriceWatchRefuses(t *testing.T) {
	w, err := market.MinimumPrice{Minimum: euros(100)}.Watch()
	require.NoError(t, err)
	_, change, err := w.Next(time.Unix(10, 0), euros(90))
	require.NoError(t, err)
	require.Equal(t, market.Opened, change)
	_, _, err = w.Next(time.Unix(10, 0), euros(110))
	require.ErrorIs(t, err, market.ErrOrder)
	_, _, err = w.Next(time.Unix(11, 0), euros(-1))
	require.ErrorIs(t, err, market.ErrRange)
	v, open := w.Open()
	require.True(t, open)
	require.Len(t, v.Evidence, 1, "what was refused left no trace")
	_, err = market.MinimumPrice{}.Watch()
	require.ErrorIs(t, err, market.ErrRange)
}
