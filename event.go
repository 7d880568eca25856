package flywheel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Standard event names: those of GA4's e-commerce events, so that logs can be
// exchanged with web analytics, and a few of our own.
const (
	EventViewItem       = "view_item"
	EventViewItemList   = "view_item_list"
	EventSearch         = "search"
	EventAddToCart      = "add_to_cart"
	EventRemoveFromCart = "remove_from_cart"
	EventBeginCheckout  = "begin_checkout"
	EventPurchase       = "purchase"
	EventRefund         = "refund"
	EventSignUp         = "sign_up"
	EventLogin          = "login"
	EventShare          = "share"

	// EventExperimentViewed reports that a unit was exposed to an
	// experiment's arm; properties "experiment" and "arm". The name is
	// GrowthBook's.
	EventExperimentViewed = "experiment_viewed"
	// EventMessageSent reports that a journey sent a message; properties
	// "journey", "step", "channel" and "template".
	EventMessageSent = "message_sent"
	// EventPointsEarned, EventPointsBurned and EventPointsReversed tell a change
	// of a member's points; property "points".
	EventPointsEarned   = "points_earned"
	EventPointsBurned   = "points_burned"
	EventPointsReversed = "points_reversed"
	// EventTierChanged tells a member's new tier; properties "from" and "to".
	EventTierChanged = "tier_changed"
)

// Event is one fact about what happened, the word that all packages exchange.
// It is a value: whoever receives it must not change its Lines or Properties.
type Event struct {
	// ID identifies the fact. A second event with the same ID is the same fact
	// delivered again.
	ID string `json:"id"`
	// Name says what happened, as one of the Event constants or a name of the
	// user's own in the same snake_case form.
	Name string `json:"name"`
	// Time is when it happened, in UTC to the microsecond.
	Time time.Time `json:"time"`
	// Customer is who did it, empty while unknown.
	Customer CustomerID `json:"customer,omitempty"`
	// Visitor is the device or browser, empty where there is none.
	Visitor VisitorID `json:"visitor,omitempty"`
	// Session groups a visitor's events of one visit.
	Session string `json:"session,omitempty"`
	// Ref names what the event is about where that is not an item: an order,
	// a cart, a journey run.
	Ref string `json:"ref,omitempty"`
	// Lines are the items concerned.
	Lines []Line `json:"lines,omitempty"`
	// Value is the monetary value of the event, zero where there is none.
	Value money.Amount `json:"value,omitzero"`
	// Properties are further attributes. The values are those of JSON: string,
	// float64, bool, nil, []any and map[string]any.
	Properties map[string]any `json:"properties,omitempty"`
}

// Line is a quantity of one item and what it is worth in all.
type Line struct {
	SKU      SKU   `json:"sku"`
	Quantity int64 `json:"quantity"`
	// Amount is the value of the whole line, not of one unit; zero where
	// money is not concerned.
	Amount money.Amount `json:"amount,omitzero"`
}

// Sink receives events. Publish takes all of them or reports an error;
// delivery is at least once, so a Sink that changes state ignores an Event
// whose ID it has seen. Implementations are safe for concurrent use and join
// the transaction carried by ctx where they have a store.
type Sink interface {
	Publish(ctx context.Context, events ...Event) error
}

// SinkFunc makes a function a [Sink].
type SinkFunc func(ctx context.Context, events ...Event) error

// Publish calls f.
func (f SinkFunc) Publish(ctx context.Context, events ...Event) error { return f(ctx, events...) }

// Discard is the Sink that forgets everything.
var Discard Sink = SinkFunc(func(context.Context, ...Event) error { return nil })

// Fanout returns a Sink that publishes to each of sinks in order. It stops at
// the first error: those before have taken the events, so the caller publishes
// again and they ignore what they have seen.
func Fanout(sinks ...Sink) Sink {
	sinks = append([]Sink(nil), sinks...)
	return SinkFunc(func(ctx context.Context, events ...Event) error {
		for i, s := range sinks {
			if err := s.Publish(ctx, events...); err != nil {
				return fmt.Errorf("flywheel: sink %d of %d: %w", i+1, len(sinks), err)
			}
		}
		return nil
	})
}

// Validate reports the first thing wrong with e as an [*EventError], or nil.
// The rules: ID and Name are identifiers (see [CheckID]), Time is set, Customer
// and Visitor are identifiers where given, each Line has a SKU and a quantity
// that is not negative, and Properties hold JSON values only.
func (e *Event) Validate() error {
	fail := func(field string, err error) error {
		return &EventError{ID: e.ID, Field: field, Err: err}
	}
	if err := CheckID(e.ID); err != nil {
		return fail("id", err)
	}
	if err := CheckID(e.Name); err != nil {
		return fail("name", err)
	}
	if e.Time.IsZero() {
		return fail("time", fmt.Errorf("missing: %w", ErrInvalid))
	}
	if e.Customer != "" {
		if err := CheckID(string(e.Customer)); err != nil {
			return fail("customer", err)
		}
	}
	if e.Visitor != "" {
		if err := CheckID(string(e.Visitor)); err != nil {
			return fail("visitor", err)
		}
	}
	for i := range e.Lines {
		if err := CheckID(string(e.Lines[i].SKU)); err != nil {
			return fail(fmt.Sprintf("lines[%d].sku", i), err)
		}
		if e.Lines[i].Quantity < 0 {
			return fail(fmt.Sprintf("lines[%d].quantity", i), fmt.Errorf("%d is negative: %w", e.Lines[i].Quantity, ErrOutOfRange))
		}
	}
	for k, v := range e.Properties {
		if err := checkJSONValue(v, 0); err != nil {
			return fail("properties."+k, err)
		}
	}
	return nil
}

// EventError names the event and the field that [Event.Validate] refuses.
type EventError struct {
	ID    string // as given, perhaps empty
	Field string // such as "lines[3].sku"
	Err   error  // wraps a kind
}

func (e *EventError) Error() string {
	return fmt.Sprintf("flywheel: event %q: %s: %v", e.ID, e.Field, e.Err)
}

// Unwrap returns the cause.
func (e *EventError) Unwrap() error { return e.Err }

const maxPropertyDepth = 64

func checkJSONValue(v any, depth int) error {
	if depth > maxPropertyDepth {
		return fmt.Errorf("nested deeper than %d: %w", maxPropertyDepth, ErrLimit)
	}
	switch v := v.(type) {
	case nil, string, bool:
		return nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%v is no JSON number: %w", v, ErrInvalid)
		}
		return nil
	case []any:
		for _, x := range v {
			if err := checkJSONValue(x, depth+1); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for _, x := range v {
			if err := checkJSONValue(x, depth+1); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("%T is no JSON value: %w", v, ErrInvalid)
	}
}

// MaxIDBytes is the longest identifier that [CheckID] accepts.
const MaxIDBytes = 255

var errNoID = errors.New("missing")

// CheckID reports whether s can serve as an identifier: 1 to [MaxIDBytes] bytes
// of valid UTF-8 that are printable, without a space at either end. The error
// matches [ErrInvalid] or, when s is too long, [ErrLimit].
func CheckID(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("%w: %w", errNoID, ErrInvalid)
	case len(s) > MaxIDBytes:
		return fmt.Errorf("%d bytes, at most %d: %w", len(s), MaxIDBytes, ErrLimit)
	}
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return nil
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%q is not UTF-8: %w", s, ErrInvalid)
	}
	if strings.TrimSpace(s) != s {
		return fmt.Errorf("%q has a space at an end: %w", s, ErrInvalid)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%q has the unprintable %U: %w", s, r, ErrInvalid)
		}
	}
	return nil
}
