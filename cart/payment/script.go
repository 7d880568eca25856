package payment

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/flywheel-go/flywheel"
)

// Script is how a [Memory] gateway answers: each call takes the next entry of its
// operation, and passes when there is none. A call whose key had its effect before
// takes no entry.
//
//	gateway.Intercept(payment.Script{
//		payment.OpAuthorize: {payment.Ask},
//		payment.OpCapture:   {payment.Decline, payment.LostAnswer},
//	}.Intercept())
type Script map[Operation][]Fault

// Intercept returns the script as an interceptor for [Memory.Intercept], safe for
// concurrent use. Changing the script afterwards changes nothing.
func (s Script) Intercept() func(Call) Fault {
	left := make(map[Operation][]Fault, len(s))
	for op, faults := range maps.All(s) {
		left[op] = slices.Clone(faults)
	}
	var mu sync.Mutex
	return func(c Call) Fault {
		if c.Repeated {
			return Pass
		}
		mu.Lock()
		defer mu.Unlock()
		next := left[c.Operation]
		if len(next) == 0 {
			return Pass
		}
		left[c.Operation] = next[1:]
		return next[0]
	}
}

// ParseFault returns the fault of an answer as scripts name it: "ok", "declined",
// "action", or "timeout", with or without effect. An unknown answer, or an effect
// of one that has none to choose, is an error matching flywheel.ErrInvalid.
func ParseFault(answer string, effect bool) (Fault, error) {
	faults := map[string]Fault{"ok": Pass, "declined": Decline, "timeout": Timeout, "action": Ask}
	f, known := faults[answer]
	switch {
	case !known:
		return Pass, &flywheel.FieldError{Field: "answer", Err: fmt.Errorf("unknown %.40q: %w", answer, flywheel.ErrInvalid)}
	case effect && f == Timeout:
		return LostAnswer, nil
	case effect && f != Pass:
		return Pass, &flywheel.FieldError{Field: "effect", Err: fmt.Errorf("%s has none: %w", answer, flywheel.ErrInvalid)}
	}
	return f, nil
}
