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
