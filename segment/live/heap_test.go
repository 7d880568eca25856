package live

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTimers: timers come in order of time, those of one instant by person, as sorting says,
// also when many are due at once.
func TestTimers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{10, 600, 5000} {
		h := &timers{}
		now := int64(0)
		var waiting []timer
		for range 20 {
			for range n {
				x := timer{now + 1 + r.Int64N(8)*1000, uint32(r.IntN(3*n)) << (r.IntN(2) * 8), uint32(r.IntN(4))}
				waiting = append(waiting, x)
				h.push(x)
			}
			now += r.Int64N(5000)
			var due, got []timer
			waiting = slices.DeleteFunc(waiting, func(x timer) bool {
				if x.due <= now {
					due = append(due, x)
				}
				return x.due <= now
			})
			for {
				x, ok := h.pop(now)
				if !ok {
					break
				}
				if len(got) > 0 {
					last := got[len(got)-1]
					require.True(t, last.due < x.due || last.due == x.due && last.who <= x.who, "%v before %v", last, x)
				}
				got = append(got, x)
			}
			slices.SortFunc(due, compareTimers)
			slices.SortFunc(got, compareTimers)
			require.True(t, slices.Equal(due, got))
			require.Equal(t, len(waiting), h.size)
		}
	}
}

func compareTimers(a, b timer) int {
	return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.who, b.who), cmp.Compare(a.what, b.what))
}
