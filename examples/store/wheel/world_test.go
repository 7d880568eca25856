package wheel

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProbe(t *testing.T) {
	c := Default
	c.measured = true
	start := time.Now()
	w, err := newWorld(c, 1)
	require.NoError(t, err)
	fmt.Println("opened", time.Since(start))
	require.NoError(t, w.run())
	fmt.Println("ran", time.Since(start), w.sales, "service", float64(w.room.served)/float64(w.room.wanted), "po", w.room.orders)
	r, err := w.readings()
	require.NoError(t, err)
	fmt.Println("read", time.Since(start))
	for f := range features {
		fmt.Printf("%-16s n %d mean %.3f est %.3f se %.3f [%.3f %.3f] z %.2f looks %d\n", f, r[f].Units, r[f].Without, r[f].Estimate, r[f].Error, r[f].Lower, r[f].Upper, r[f].Estimate/r[f].Error, len(r[f].Looks))
	}
}

func TestProbeTruth(t *testing.T) {
	start := time.Now()
	truth, err := FindTruth(t.Context(), Default, 500, 2, 0)
	require.NoError(t, err)
	for f := range features {
		x := truth[f]
		fmt.Printf("%-16s n %d without %.3f effect %.3f (%.1f %%) ± %.3f whole %.3f\n", f, x.Units, x.Without, x.Effect, 100*x.Effect/x.Without, x.Error, x.Whole)
	}
	fmt.Println(time.Since(start))
}

func TestProbeMail(t *testing.T) {
	c := Default
	w, err := newWorld(c, 1)
	require.NoError(t, err)
	require.NoError(t, w.run())
	fmt.Println(w.journeys.Report(ctx))
	h, err := w.wheel.Health(ctx)
	fmt.Printf("%+v %v\n", h, err)
}
