package segment

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// never is the time of a customer for whom nothing is due.
const never = math.MaxInt64

// dayCount is one attribute of the kind days_since_…, and at which counts the
// rules that ask for it can change their minds.
type dayCount struct {
	name  string
	since func(p *Profile) time.Time
	turns []int64 // ascending
	every bool    // at every count: a rule does more than compare it with numbers
}

// next is the first moment after now at which the count makes a turn for a
// profile, in microseconds.
func (c *dayCount) next(p *Profile, now time.Time) int64 {
	t := c.since(p)
	if t.IsZero() {
		return never
	}
	count := days(t, now)
	turn := count + 1
	if !c.every {
		i, _ := slices.BinarySearch(c.turns, turn)
		if i == len(c.turns) {
			return never
		}
		turn = c.turns[i]
	}
	return t.UnixMicro() + turn*day.Microseconds()
}

// learn adds the turns of a compiled rule's source.
func (c *dayCount) learn(source string) {
	var condition any
	if err := json.Unmarshal([]byte(source), &condition); err != nil {
		c.every = true
		return
	}
	c.condition(condition)
	slices.Sort(c.turns)
	c.turns = slices.Compact(c.turns)
}

// condition looks for what is asked of the attribute.
func (c *dayCount) condition(x any) {
	switch x := x.(type) {
	case []any:
		for _, part := range x {
			c.condition(part)
		}
	case map[string]any:
		for key, part := range x {
			switch {
			case key == c.name:
				c.operand(part)
			case strings.HasPrefix(key, "$"):
				c.condition(part)
			}
		}
	}
}

// operand looks at what the attribute is compared with.
func (c *dayCount) operand(x any) {
	operators, ok := x.(map[string]any)
	if !ok {
		c.compared(x)
		return
	}
	for operator, with := range operators {
		switch operator {
		case "$eq", "$ne", "$gt", "$gte", "$lt", "$lte":
			c.compared(with)
		case "$in", "$nin":
			list, _ := with.([]any)
			for _, element := range list {
				c.compared(element)
			}
		case "$not":
			c.operand(with)
		case "$exists", "$type":
		default:
			c.every = true
		}
	}
}

// compared notes where a comparison with x can change: when the count reaches x
// and when it passes it.
func (c *dayCount) compared(x any) {
	number, ok := x.(float64)
	switch {
	case !ok, number < -1:
	case number > maxDays:
	default:
		c.turns = append(c.turns, int64(math.Ceil(number)), int64(math.Floor(number))+1)
	}
}

// maxDays is more than lies between any two times.
const maxDays = 1 << 32
