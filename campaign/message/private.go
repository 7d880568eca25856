package message

import (
	"fmt"
	"log/slog"

	"github.com/flywheel-go/flywheel"
)

// Private is a text that must not be printed, such as an address. It prints as
// "[private]" with every verb, in log/slog and in JSON. The zero value is empty.
type Private struct {
	// A pointer: where fmt prints unexported fields of other values without asking
	// their methods, it prints where the text is and not the text.
	text *string
}

// NewPrivate returns a private text.
func NewPrivate(text string) Private {
	if text == "" {
		return Private{}
	}
	return Private{&text}
}

// Reveal returns the text, for whoever sends or stores it.
func (p Private) Reveal() string {
	if p.text == nil {
		return ""
	}
	return *p.text
}

// IsZero reports whether the text is empty.
func (p Private) IsZero() bool { return p.text == nil }

// redacted is how a private text prints.
const redacted = "[private]"

// String returns "[private]".
func (p Private) String() string { return redacted }

// Format implements fmt.Formatter for every verb.
func (p Private) Format(s fmt.State, _ rune) { fmt.Fprint(s, redacted) }

// LogValue implements slog.LogValuer.
func (p Private) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[private]": what is to be stored is revealed.
func (p Private) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText reads a text, as from a form.
func (p *Private) UnmarshalText(text []byte) error {
	*p = NewPrivate(string(text))
	return nil
}

// Recipient is whom a message goes to. It prints as its customer.
type Recipient struct {
	Customer flywheel.CustomerID `json:"customer"`
	Name     Private             `json:"name,omitzero"`
	Email    Private             `json:"email,omitzero"`
	Phone    Private             `json:"phone,omitzero"`
}

// String returns the customer's identifier.
func (r Recipient) String() string { return "recipient " + string(r.Customer) }

// Format implements fmt.Formatter for every verb.
func (r Recipient) Format(s fmt.State, _ rune) { fmt.Fprint(s, r.String()) }

// LogValue implements slog.LogValuer.
func (r Recipient) LogValue() slog.Value {
	return slog.GroupValue(slog.String("customer", string(r.Customer)))
}

// SendError is a message that did not go out. It says to whom, and not to which
// address.
type SendError struct {
	To  Recipient
	Err error
}

func (e *SendError) Error() string { return fmt.Sprintf("message: to %v: %v", e.To, e.Err) }

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }
