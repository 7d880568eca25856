package markdown

import (
	"math"
	"testing"
)

// R: qt(0.975, c(1, 2, 3, 10, 30, 101, 1000))
func TestQuantile(t *testing.T) {
	for freedom, want := range map[int]float64{1: 12.7062047362, 2: 4.3026527297, 3: 3.1824463053, 10: 2.2281388520, 30: 2.0422724563, 101: 1.9837310, 1000: 1.9623390808} {
		if got := tQuantile(freedom); math.Abs(got-want) > 1e-6 {
			t.Errorf("%d: %.10f, want %.10f", freedom, got, want)
		}
	}
}
