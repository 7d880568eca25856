package flywheel

import "errors"

// Problem is an error as a web handler needs it.
type Problem struct {
	// Kind names what the error matches: "invalid", "out_of_range", "limit",
	// "rate_limited", "not_found", "conflict", "stale", "key_reused", "forbidden",
	// "unauthenticated", "expired", "unknown_outcome", or "internal" for what
	// is no fault of whoever called.
	Kind string `json:"kind"`
	// Status is the status of HTTP that fits, such as 404.
	Status int `json:"status"`
	// Field is the path of the field that is refused, empty where the error is
	// about none.
	Field string `json:"field,omitempty"`
	// Text is for the shopper, in plain English. It says nothing of the inside of
	// the shop; the error itself belongs in the log.
	Text string `json:"text"`
	// Retry says that the same call may succeed later without any change.
	Retry bool `json:"retry,omitempty"`
}

// problems are the kinds from the most specific on.
var problems = []struct {
	err error
	Problem
}{
	{ErrUnknownOutcome, Problem{Kind: "unknown_outcome", Status: 503, Text: "We do not know yet whether this worked. Please look again in a moment.", Retry: true}},
	{ErrStale, Problem{Kind: "stale", Status: 409, Text: "Somebody else has changed this. Please look again.", Retry: true}},
	{ErrKeyReused, Problem{Kind: "key_reused", Status: 422, Text: "This request was made before with another content."}},
	{ErrUnauthenticated, Problem{Kind: "unauthenticated", Status: 401, Text: "Please sign in."}},
	{ErrRateLimited, Problem{Kind: "rate_limited", Status: 429, Text: "That was tried too often. Please wait a while.", Retry: true}},
	{ErrInvalid, Problem{Kind: "invalid", Status: 400, Text: "Please check what you have entered."}},
	{ErrOutOfRange, Problem{Kind: "out_of_range", Status: 400, Text: "This number is too large or too small."}},
	{ErrLimit, Problem{Kind: "limit", Status: 413, Text: "This is too much at once."}},
	{ErrNotFound, Problem{Kind: "not_found", Status: 404, Text: "We could not find this."}},
	{ErrConflict, Problem{Kind: "conflict", Status: 409, Text: "This is not possible at the moment."}},
	{ErrForbidden, Problem{Kind: "forbidden", Status: 403, Text: "This is not allowed."}},
	{ErrExpired, Problem{Kind: "expired", Status: 410, Text: "The time for this is over."}},
}

// ProblemOf returns the kind, the field and a text for the shopper of an error, the
// zero Problem for nil.
func ProblemOf(err error) Problem {
	if err == nil {
		return Problem{}
	}
	p := Problem{Kind: "internal", Status: 500, Text: "Something went wrong. Please try again.", Retry: true}
	for _, known := range problems {
		if errors.Is(err, known.err) {
			p = known.Problem
			break
		}
	}
	if f, ok := errors.AsType[*FieldError](err); ok {
		p.Field = f.Field
	}
	return p
}
