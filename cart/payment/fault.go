package payment

import (
	"sync/atomic"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Operation names a call of a [Gateway].
type Operation string

// The calls of a gateway.
const (
	OpAuthorize Operation = "authorize"
	OpCapture   Operation = "capture"
	OpVoid      Operation = "void"
	OpRelease   Operation = "release"
	OpRefund    Operation = "refund"
	OpAbandon   Operation = "abandon"
)

// Call is a call that arrived at a [Memory] gateway.
type Call struct {
	Operation     Operation
	Key           string
	Authorization string // empty when authorizing
	Amount        money.Amount
	Method        string // when authorizing
	// Repeated says that the gateway has done this already: it answers as the
	// first time or not at all, so that [Decline] and [Ask] mean [Pass].
	Repeated bool
}

// Fault is how a [Memory] gateway misbehaves at a call.
type Fault uint8

// The faults of a gateway. Pass is none.
const (
	// Pass does what was asked.
	Pass Fault = iota
	// Decline says no; nothing happens.
	Decline
	// Timeout gives no answer; nothing has happened.
	Timeout
	// LostAnswer gives no answer, but what was asked has happened.
	LostAnswer
	// Twice delivers the call twice, as a network that repeats it.
	Twice
	// Ask makes an authorization wait for the buyer; see [Memory.Finish]. Other
	// calls pass.
	Ask
)

// Sequence returns an interceptor that answers the first calls with faults, in
// order, and lets all later ones pass. It is safe for concurrent use.
func Sequence(faults ...Fault) func(Call) Fault {
	faults = append([]Fault(nil), faults...)
	var calls atomic.Int64
	return func(Call) Fault {
		n := calls.Add(1)
		if n > int64(len(faults)) {
			return Pass
		}
		return faults[n-1]
	}
}
