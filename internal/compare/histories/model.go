package histories

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
)

// What happened to a part.
const (
	take    = "take"    // for an order: so many are gone
	refuse  = "refuse"  // there were fewer
	hold    = "hold"    // for a try that came to nothing
	release = "release" // of a hold, by the same try
	// The same where the client cannot tell whether the try held anything.
	mayHold    = "may hold"
	mayRelease = "may release"
	back       = "back" // of an order that was called off
	look       = "look" // so many are there
)

// event is an operation on a part: what a client learned of it.
type event struct {
	part string // "sku a", "code b"
	what string
	n    int64
	try  int // of hold and release
}

func (e event) String() string { return fmt.Sprintf("%s %s %d #%d", e.part, e.what, e.n, e.try) }

// state is what a part has left, and who holds some of it: ",1,2," names tries.
type state struct {
	left  int64
	holds string
}

// model is a shelf, or a code, on which everything happens at an instant.
func model(start map[string]int64) porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			at, parts := map[string]int{}, [][]porcupine.Operation{}
			for _, op := range history {
				part := op.Input.(event).part
				i, known := at[part]
				if !known {
					i = len(parts)
					at[part], parts = i, append(parts, nil)
					// A part begins with what it has.
					parts[i] = append(parts[i], porcupine.Operation{Input: event{part: part, what: "start", n: start[part]}, Call: -2, Return: -1})
				}
				parts[i] = append(parts[i], op)
			}
			return parts
		},
		Init: func() any { return state{left: -1, holds: ","} },
		Step: func(s, in, _ any) (bool, any) { return step(s.(state), in.(event)) },
		DescribeOperation: func(in, _ any) string {
			return in.(event).String()
		},
	}
}

func step(s state, e event) (bool, any) {
	name := fmt.Sprintf(",%d,", e.try)
	switch e.what {
	case "start":
		return s.left < 0, state{e.n, ","}
	case take:
		return s.left >= e.n, state{s.left - e.n, s.holds}
	case refuse:
		return s.left < e.n, s
	case back:
		return true, state{s.left + e.n, s.holds}
	case look:
		return s.left == e.n, s
	case hold:
		return s.left >= e.n, state{s.left - e.n, s.holds + name[1:]}
	case mayHold:
		if s.left < e.n {
			return true, s
		}
		return true, state{s.left - e.n, s.holds + name[1:]}
	case mayRelease:
		if !strings.Contains(s.holds, name) {
			return true, s
		}
		return true, state{s.left + e.n, strings.Replace(s.holds, name, ",", 1)}
	case release:
		return strings.Contains(s.holds, name), state{s.left + e.n, strings.Replace(s.holds, name, ",", 1)}
	}
	return false, s
}
