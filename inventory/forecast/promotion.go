package forecast

import (
	"math"
	"time"
)

// Promotion is a time in which an item was promoted, or will be.
type Promotion struct {
	From, To time.Time // its first and its last day
	// Depth is how strong it is, such as the discount: 0.2 for 20 %. 0 means 1, for
	// promotions that are all alike.
	Depth float64
}

// Promotions returns the mean depth of the promotions over the days of each
// period: with days it is the depth, of a month with ten days at 0.3 a tenth.
// Depths of promotions at the same time add up. See [Regressor.Carry] for what
// stays after them.
func (c Calendar) Promotions(name string, promotions ...Promotion) (Regressor, error) {
	if err := c.check(); err != nil {
		return Regressor{}, err
	}
	r := c.regressor(name)
	first, end := c.begin(0), c.begin(c.Periods)
	for _, p := range promotions {
		for _, d := range [2]time.Time{p.From, p.To} {
			if err := checkDate("promotion "+name, "its dates", d); err != nil {
				return Regressor{}, err
			}
		}
		from, to := dayOf(p.From), dayOf(p.To)+1
		if to <= from {
			return Regressor{}, &SettingError{Model: "promotion " + name, Setting: "number of days", Value: float64(to - from), Want: "1 or more, from the first to the last"}
		}
		if !(math.Abs(p.Depth) <= MaxMagnitude) {
			return Regressor{}, &SettingError{Model: "promotion " + name, Setting: "depth", Value: p.Depth, Want: "a finite number"}
		}
		if p.Depth == 0 {
			p.Depth = 1
		}
		for day := max(from, first); day < min(to, end); {
			t, _ := c.indexOf(day)
			begin, next := c.begin(t), c.begin(t+1)
			r.Values[t] += p.Depth * float64(min(next, to)-day) / float64(next-begin)
			day = next
		}
	}
	return r, nil
}
