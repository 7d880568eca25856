package supplier_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/inventory/supplier"
)

var series = []float64{
	0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10, 15, 25, 40, 65, 100, 150, 250, 400, 650, 1000,
}

// Cells of tables II-C, III-A to III-C, IV-A and IV-B of MIL-STD-105E.
func TestPrintedPlans(t *testing.T) {
	for _, c := range []struct {
		lot      int // level II: 1000 is letter J, 5000 L, 60 E, 8 A
		aql      float64
		severity supplier.Severity
		sampling supplier.Sampling
		letter   string
		n        int
		numbers  string
	}{
		{1000, 1.0, supplier.Reduced, supplier.Single, "J", 32, "1/3"},
		{1000, 2.5, supplier.Reduced, supplier.Single, "J", 32, "2/5"},
		{1000, 15, supplier.Reduced, supplier.Single, "J", 32, "10/13"},
		{5000, 0.25, supplier.Reduced, supplier.Single, "L", 80, "0/2"},
		{60, 6.5, supplier.Reduced, supplier.Single, "E", 5, "1/3"},
		{8, 40, supplier.Reduced, supplier.Single, "A", 2, "2/3"},
		{1000, 0.65, supplier.Normal, supplier.Double, "J", 50, "0/2 1/2"},
		{1000, 1.0, supplier.Normal, supplier.Double, "J", 50, "0/3 3/4"},
		{1000, 4.0, supplier.Normal, supplier.Double, "J", 50, "3/7 8/9"},
		{1000, 15, supplier.Normal, supplier.Double, "J", 50, "11/16 26/27"},
		{1000, 0.15, supplier.Normal, supplier.Double, "J", 80, "0/1"}, // the single plan
		{1000, 2.5, supplier.Tightened, supplier.Double, "J", 50, "1/4 4/5"},
		{1000, 6.5, supplier.Tightened, supplier.Double, "J", 50, "3/7 11/12"},
		{1000, 2.5, supplier.Reduced, supplier.Double, "J", 20, "0/4 3/6"},
		{1000, 1.0, supplier.Normal, supplier.Multiple, "J", 20, "-1/2 0/3 0/3 1/4 2/4 3/5 4/5"},
		{1000, 2.5, supplier.Normal, supplier.Multiple, "J", 20, "-1/4 1/5 2/6 3/7 5/8 7/9 9/10"},
		{1000, 10, supplier.Normal, supplier.Multiple, "J", 20, "1/7 4/10 8/13 12/17 17/20 21/23 25/26"},
		{1000, 10, supplier.Tightened, supplier.Multiple, "J", 20, "0/6 3/9 7/12 10/15 14/17 18/20 21/22"},
	} {
		s := supplier.Scheme{AQL: c.aql, Sampling: c.sampling}
		p, err := s.Plan(c.lot, c.severity)
		require.NoError(t, err)
		got := ""
		for i, st := range p.Stages {
			if i > 0 {
				got += " "
			}
			got += fmt.Sprintf("%d/%d", st.Accept, st.Reject)
			if c.numbers != "0/1" {
				require.Equal(t, c.n, st.N, "%+v", c)
			}
		}
		require.Equal(t, c.letter, p.Letter)
		require.Equal(t, c.numbers, got, "%+v", c)
	}
}

// Every lot, limit, severity and number of stages has a plan that is well formed,
// and the stages of one cell have nearly the same operating characteristic.
func TestEveryPlan(t *testing.T) {
	for _, level := range []supplier.Level{supplier.LevelI, supplier.LevelII, supplier.LevelIII, supplier.LevelS1, supplier.LevelS2, supplier.LevelS3, supplier.LevelS4} {
		for _, lot := range []int{1, 2, 8, 9, 50, 51, 280, 1200, 3201, 10001, 500000, 500001, 1_000_000_000} {
			for _, aql := range series {
				for _, severity := range []supplier.Severity{supplier.Normal, supplier.Tightened, supplier.Reduced} {
					for _, sampling := range []supplier.Sampling{supplier.Single, supplier.Double, supplier.Multiple} {
						p, err := supplier.Scheme{Level: level, AQL: aql, Sampling: sampling}.Plan(lot, severity)
						require.NoError(t, err)
						total := 0
						for _, st := range p.Stages {
							total += st.N
						}
						require.LessOrEqual(t, total, lot)
						require.Equal(t, total == lot, p.Full)
						if aql >= 100 {
							continue // defects per hundred units, of which a unit may have several
						}
						out, err := p.Plan(supplier.Binomial, 0).At(aql / 100)
						require.NoError(t, err)
						if severity == supplier.Normal && !p.Full {
							require.Greater(t, out.Accept, 0.80, "%v %d %g %v", level, lot, aql, p)
						}
					}
				}
			}
		}
	}
	for _, aql := range series[5:15] {
		one, err := supplier.Scheme{AQL: aql}.Plan(20_000, supplier.Normal)
		require.NoError(t, err)
		for _, sampling := range []supplier.Sampling{supplier.Double, supplier.Multiple} {
			more, err := supplier.Scheme{AQL: aql, Sampling: sampling}.Plan(20_000, supplier.Normal)
			require.NoError(t, err)
			for _, times := range []float64{1, 2, 4} {
				a, err := one.Plan(supplier.Poisson, 0).At(aql / 100 * times)
				require.NoError(t, err)
				b, err := more.Plan(supplier.Poisson, 0).At(aql / 100 * times)
				require.NoError(t, err)
				require.InDelta(t, a.Accept, b.Accept, 0.06, "%g %v", aql, more.Stages)
			}
		}
	}
}

func TestSwitching(t *testing.T) {
	steady := supplier.Circumstances{Steady: true, ReducedApproved: true}
	feed := func(h supplier.History, lots ...supplier.Lot) (supplier.History, supplier.Change) {
		var last supplier.Change
		for _, l := range lots {
			var err error
			h, last, err = h.After(l, steady)
			require.NoError(t, err)
		}
		return h, last
	}
	good, strict, bad := supplier.Lot{Accepted: true}, supplier.Lot{Accepted: true, Strict: true}, supplier.Lot{}
	few := supplier.Lot{Accepted: true, Few: true}

	h, change := feed(supplier.History{}, bad, good, good, good, bad)
	require.Equal(t, supplier.ToTightened, change, "two of five")
	_, change = feed(supplier.History{}, bad, good, good, good, good, bad)
	require.Equal(t, supplier.NoChange, change, "two of six")
	h2, change := feed(h, good, good, good, good, good)
	require.Equal(t, supplier.ToNormal, change, "five in a row")
	require.Equal(t, supplier.History{}, h2)
	h, change = feed(h, bad, good, bad, good, bad, good, bad, good, bad)
	require.Equal(t, supplier.Discontinue, change, "five on tightened inspection")
	_, _, err := h.After(good, steady)
	require.ErrorIs(t, err, supplier.ErrState)
	require.Equal(t, supplier.Tightened, h.Resume().Severity)
	require.False(t, h.Resume().Discontinued)

	h, change = feed(supplier.History{}, strict, strict, strict, strict, strict, strict, strict, strict, strict, strict)
	require.Equal(t, supplier.ToReduced, change, "ten times three points")
	_, change = feed(supplier.History{}, strict, strict, strict, strict, strict, good, strict, strict, strict, strict)
	require.Equal(t, supplier.NoChange, change, "a lot that would not pass the tighter limit takes all points")
	var many []supplier.Lot
	for range 15 {
		many = append(many, few)
	}
	_, change = feed(supplier.History{}, many...)
	require.Equal(t, supplier.ToReduced, change, "fifteen times two points")
	_, change = feed(h, supplier.Lot{Accepted: true, Between: true})
	require.Equal(t, supplier.ToNormal, change, "between Ac and Re")
	n, change, err := h.After(good, supplier.Circumstances{ReducedApproved: true})
	require.NoError(t, err)
	require.Equal(t, supplier.ToNormal, change, "production is not steady")
	require.Equal(t, supplier.Normal, n.Severity)
}

func TestInspect(t *testing.T) {
	s := supplier.Scheme{AQL: 2.5} // lot of 1000: 80, 5/6; the tighter limit 1.5 has 3/4
	for found, want := range map[int]supplier.Lot{
		3: {Accepted: true, Strict: true}, 5: {Accepted: true}, 6: {},
	} {
		lot, err := s.Inspect(1000, supplier.Normal, []int{found})
		require.NoError(t, err)
		require.Equal(t, want, lot)
	}
	reduced, err := s.Inspect(1000, supplier.Reduced, []int{4}) // 32, 2/5
	require.NoError(t, err)
	require.True(t, reduced.Accepted && reduced.Between)
	s.Sampling = supplier.Double
	first, err := s.Inspect(1000, supplier.Normal, []int{1})
	require.NoError(t, err)
	require.Equal(t, supplier.Lot{Accepted: true, Strict: true}, first)
	second, err := s.Inspect(1000, supplier.Normal, []int{3, 3})
	require.NoError(t, err)
	require.Equal(t, supplier.Lot{Accepted: true}, second)
	_, err = s.Inspect(1000, supplier.Normal, []int{3})
	require.ErrorIs(t, err, supplier.ErrInput, "the second stage is missing")
	_, err = s.Inspect(1000, supplier.Normal, []int{1, 0})
	require.ErrorIs(t, err, supplier.ErrInput, "the first stage decided")
	_, err = s.Inspect(1000, supplier.Normal, []int{51})
	require.ErrorIs(t, err, supplier.ErrRange)
	_, err = supplier.Scheme{AQL: 3}.Plan(1000, supplier.Normal)
	require.ErrorIs(t, err, supplier.ErrNoPlan)
	_, err = supplier.Scheme{AQL: 1}.Plan(0, supplier.Normal)
	require.ErrorIs(t, err, supplier.ErrRange)
}
