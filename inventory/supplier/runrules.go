package supplier

import (
	"math"
	"math/bits"
)

// Signals is a set of run rules that a point completes.
type Signals uint8

// Run rules. A pattern counts when its last point lies in the zone itself, and a
// value exactly on a limit is not beyond it. The first four are those of the
// Western Electric handbook (1956), the others Nelson's (1984).
const (
	// Beyond3: the point is more than three deviations from the center.
	Beyond3 Signals = 1 << iota
	// TwoOfThreeBeyond2: two of the last three points on one side beyond two.
	TwoOfThreeBeyond2
	// FourOfFiveBeyond1: four of the last five points on one side beyond one.
	FourOfFiveBeyond1
	// EightOneSide: eight points in a row on one side of the center.
	EightOneSide
	// SixTrend: six points in a row steadily rising or falling.
	SixTrend
	// FourteenAlternate: fourteen points in a row alternating up and down.
	FourteenAlternate
	// FifteenWithin1: fifteen points in a row within one deviation.
	FifteenWithin1
	// EightBeyond1: eight points in a row beyond one deviation, on either side.
	EightBeyond1
)

// WesternElectric are the first four rules; AllRules are all eight. Each rule
// raises false alarms of its own: the four signal about once in 92 points of an
// undisturbed process, the first alone once in 370 (Champ and Woodall, 1987).
const (
	WesternElectric = Beyond3 | TwoOfThreeBeyond2 | FourOfFiveBeyond1 | EightOneSide
	AllRules        = WesternElectric | SixTrend | FourteenAlternate | FifteenWithin1 | EightBeyond1
)

// Monitor watches a stream of points against a center and a deviation. Make it
// with [NewMonitor]. It belongs to one goroutine at a time.
type Monitor struct {
	center, scale float64
	rules         Signals
	// A bit per past point, the lowest for the latest.
	up2, down2, up1, down1, above, below, within uint32
	seen                                         int
	last                                         float64
	rising, falling, turning                     int
	direction                                    int8
}

// NewMonitor returns a monitor of points with the given center and deviation
// under rules; no rules means [WesternElectric].
func NewMonitor(center, sigma float64, rules Signals) (*Monitor, error) {
	if err := checkProcess(center, sigma); err != nil {
		return nil, err
	}
	if rules == 0 {
		rules = WesternElectric
	}
	return &Monitor{center: center, scale: 1 / sigma, rules: rules}, nil
}

// Next takes a point and returns the rules whose pattern it completes. A value
// that is not finite is ignored, as if it had not been measured. O(1), no
// allocation.
func (m *Monitor) Next(value float64) Signals {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0
	}
	z := (value - m.center) * m.scale
	m.up2 = m.up2<<1 | bit(z > 2)
	m.down2 = m.down2<<1 | bit(z < -2)
	m.up1 = m.up1<<1 | bit(z > 1)
	m.down1 = m.down1<<1 | bit(z < -1)
	m.above = m.above<<1 | bit(z > 0)
	m.below = m.below<<1 | bit(z < 0)
	m.within = m.within<<1 | bit(z >= -1 && z <= 1)
	var s Signals
	if z > 3 || z < -3 {
		s |= Beyond3
	}
	if m.up2&1 != 0 && m.up2&0b110 != 0 || m.down2&1 != 0 && m.down2&0b110 != 0 {
		s |= TwoOfThreeBeyond2
	}
	if m.up1&1 != 0 && bits.OnesCount32(m.up1&0b11111) >= 4 || m.down1&1 != 0 && bits.OnesCount32(m.down1&0b11111) >= 4 {
		s |= FourOfFiveBeyond1
	}
	const eight, fifteen = 1<<8 - 1, 1<<15 - 1
	if m.above&eight == eight || m.below&eight == eight {
		s |= EightOneSide
	}
	if m.within&fifteen == fifteen {
		s |= FifteenWithin1
	}
	if (m.up1|m.down1)&eight == eight {
		s |= EightBeyond1
	}
	if m.rules&(SixTrend|FourteenAlternate) != 0 {
		s |= m.order(value)
	}
	m.seen++
	m.last = value
	return s & m.rules
}

// order follows the directions from point to point.
func (m *Monitor) order(value float64) (s Signals) {
	if m.seen == 0 {
		m.rising, m.falling, m.turning = 1, 1, 1
		return 0
	}
	var d int8
	switch {
	case value > m.last:
		d = 1
		m.rising++
		m.falling = 1
	case value < m.last:
		d = -1
		m.falling++
		m.rising = 1
	default:
		m.rising, m.falling = 1, 1
	}
	switch {
	case d == 0:
		m.turning = 1
	case d == -m.direction:
		m.turning++
	default:
		m.turning = 2
	}
	m.direction = d
	if m.rising >= 6 || m.falling >= 6 {
		s |= SixTrend
	}
	if m.turning >= 14 {
		s |= FourteenAlternate
	}
	return s
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// RunRules returns, for each point in units of the deviation from the center, the
// rules that it completes.
func RunRules(z []float64, rules Signals) ([]Signals, error) {
	m, err := NewMonitor(0, 1, rules)
	if err != nil {
		return nil, err
	}
	out := make([]Signals, len(z))
	for i, x := range z {
		if err := indexed("z", i, x, -1e100, 1e100); err != nil {
			return nil, err
		}
		out[i] = m.Next(x)
	}
	return out, nil
}
