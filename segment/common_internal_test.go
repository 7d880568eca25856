package segment

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

// twoSets are random sets of n of twice as many customers each.
func twoSets(n int) (a, b Members) {
	r, customers := rand.New(rand.NewPCG(14, 4)), new(registry)
	for i := range 2 * n {
		customers.number(flywheel.CustomerID(fmt.Sprint("c", i)))
	}
	random := func() Members {
		set := roaring.New()
		for _, i := range r.Perm(2 * n)[:n] {
			set.Add(uint32(i))
		}
		return Members{set, customers}
	}
	return random(), random()
}

func TestCommon(t *testing.T) {
	a, b := twoSets(5000)
	both, err := a.And(b)
	require.NoError(t, err)
	n, err := a.Common(b)
	require.NoError(t, err)
	require.Equal(t, both.Count(), n)
	require.Positive(t, n)
	other, _ := twoSets(10)
	_, err = a.Common(other)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = Members{}.Common(Members{})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// BenchmarkCommon counts what two sets of a million of two million customers have in common.
func BenchmarkCommon(b *testing.B) {
	x, y := twoSets(1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.Common(y); err != nil {
			b.Fatal(err)
		}
	}
}
