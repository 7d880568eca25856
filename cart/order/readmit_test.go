package order

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A return that was withdrawn comes back whole, or not at all when its units have come
// back in another.
func TestReadmit(t *testing.T) {
	of := func(returned int64) *Order {
		return &Order{Lines: []Line{{ID: "a", Quantity: 3, Returned: 1}, {ID: "b", Quantity: 2, Returned: returned}}}
	}
	r := Return{Key: "k", Lines: []ReturnLine{{Line: "a", Quantity: 2}, {Line: "b", Quantity: 1}}}
	o := of(1)
	kept := o.readmit(r)
	require.NotNil(t, kept)
	require.Equal(t, []Return{r}, o.Returns)
	require.Equal(t, []int64{3, 2}, []int64{o.Lines[0].Returned, o.Lines[1].Returned})
	o = of(2)
	require.Nil(t, o.readmit(r))
	require.Equal(t, of(2), o, "nothing of it is left")
}
