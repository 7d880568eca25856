package clv

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Value is the discounted value of a customer's expected purchases in periods to
// come: the sum over i = 1 .. periods of spend · (E(i·length) - E((i-1)·length)) / (1+rate)^i.
// z is the mean value of the repeat purchases so far, and spend the
// expected value of GammaGamma; rate is per period.
func Value(m Model, value GammaGamma, h History, z float64, periods int, length, rate float64) (float64, error) {
	if err := h.check(); err != nil {
		return 0, err
	}
	if periods < 0 || periods > 10_000 || !(length > 0) || math.IsInf(length, 0) || !(rate > -1) || math.IsInf(rate, 0) || math.IsNaN(z) || z < 0 {
		return 0, fmt.Errorf("clv: %d periods of %v at %v, mean value %v: %w", periods, length, rate, z, flywheel.ErrOutOfRange)
	}
	if value.P*h.X+value.Q <= 1 {
		return 0, fmt.Errorf("clv: the expected value with q = %v is infinite after %v purchases: %w", value.Q, h.X, flywheel.ErrOutOfRange)
	}
	spend := value.Spend(h.X, z)
	sum, before, discount := 0.0, 0.0, 1.0
	for i := 1; i <= periods; i++ {
		e := m.Expect(h, float64(i)*length)
		discount *= 1 + rate
		sum += spend * (e - before) / discount
		before = e
	}
	return sum, nil
}
