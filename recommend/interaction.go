package recommend

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Kind is how strongly a customer showed interest in an item.
type Kind uint8

// The kinds of interest, weakest first. Each is learned from the standard event
// of the same name.
const (
	View      Kind = iota + 1 // the item's page was opened
	AddToCart                 // the item was put into a cart
	Purchase                  // the item was bought
)

var kindNames = [...]string{View: flywheel.EventViewItem, AddToCart: flywheel.EventAddToCart, Purchase: flywheel.EventPurchase}

// String returns the name of the event that tells of k.
func (k Kind) String() string {
	if k < View || k > Purchase {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// Actor is who showed interest: a known customer, or else a visitor. The zero
// Actor is nobody in particular, such as a buyer at a till.
type Actor struct {
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID // counts only where Customer is empty
}

func (a Actor) normal() Actor {
	if a.Customer != "" {
		a.Visitor = ""
	}
	return a
}

// Interaction is one fact: an actor chose items together. The items of one
// Interaction are a basket; a view is a basket of one.
type Interaction struct {
	// ID identifies the fact: the ID of the event that told of it.
	ID    string
	Kind  Kind
	At    time.Time // UTC to the microsecond
	Actor Actor
	// Items are distinct, in the order of their first mention. How many
	// pieces were chosen does not matter: it says more about the size of the
	// buyer than about the item.
	Items []flywheel.SKU
}

// Equal reports whether i and o are the same fact with the same content.
func (i Interaction) Equal(o Interaction) bool {
	return i.ID == o.ID && i.Kind == o.Kind && i.At.Equal(o.At) &&
		i.Actor == o.Actor && slices.Equal(i.Items, o.Items)
}

// Normal returns i in the form in which it is kept: the time in UTC to the
// microsecond, the visitor dropped where the customer is known, and each item
// once. It reports an [*InteractionError] for what cannot be kept.
func (i Interaction) Normal() (Interaction, error) {
	if err := flywheel.CheckID(i.ID); err != nil {
		return Interaction{}, &InteractionError{ID: i.ID, Field: "id", Err: err}
	}
	return i.normal()
}

// normal is Normal for an interaction that may have no ID.
func (i Interaction) normal() (Interaction, error) {
	fail := func(field string, err error) (Interaction, error) {
		return Interaction{}, &InteractionError{ID: i.ID, Field: field, Err: err}
	}
	if i.Kind < View || i.Kind > Purchase {
		return fail("kind", fmt.Errorf("%v is unknown: %w", i.Kind, flywheel.ErrInvalid))
	}
	if i.At.IsZero() {
		return fail("at", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	}
	if y := i.At.Year(); y < 1 || y > 9999 {
		return fail("at", fmt.Errorf("year %d: %w", y, flywheel.ErrOutOfRange))
	}
	i.Actor = i.Actor.normal()
	if i.Actor.Customer != "" {
		if err := flywheel.CheckID(string(i.Actor.Customer)); err != nil {
			return fail("customer", err)
		}
	}
	if i.Actor.Visitor != "" {
		if err := flywheel.CheckID(string(i.Actor.Visitor)); err != nil {
			return fail("visitor", err)
		}
	}
	if len(i.Items) == 0 {
		return fail("items", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	}
	for n, sku := range i.Items {
		if err := flywheel.CheckID(string(sku)); err != nil {
			return fail(fmt.Sprintf("items[%d]", n), err)
		}
	}
	i.At = i.At.UTC().Truncate(time.Microsecond)
	i.Items = distinct(i.Items)
	return i, nil
}

// InteractionError names the interaction and the field that is wrong.
type InteractionError struct {
	ID    string // as given, perhaps empty
	Field string // such as "items[3]"
	Err   error  // wraps a kind
}

func (e *InteractionError) Error() string {
	return fmt.Sprintf("recommend: interaction %q: %s: %v", e.ID, e.Field, e.Err)
}

// Unwrap returns the cause.
func (e *InteractionError) Unwrap() error { return e.Err }

// ErrOtherBody reports that an interaction with the same ID and other content
// is there already. It matches [flywheel.ErrConflict].
var ErrOtherBody = fmt.Errorf("recommend: interaction exists with other content: %w", flywheel.ErrConflict)

// fromEvent returns the interaction that e tells of, or ok = false when it
// tells of none: another event, or one without items.
func fromEvent(e *flywheel.Event) (i Interaction, ok bool) {
	switch e.Name {
	case flywheel.EventViewItem:
		i.Kind = View
	case flywheel.EventAddToCart:
		i.Kind = AddToCart
	case flywheel.EventPurchase:
		i.Kind = Purchase
	default:
		return Interaction{}, false
	}
	i.Items = make([]flywheel.SKU, 0, len(e.Lines))
	for n := range e.Lines {
		if i.Kind == View || e.Lines[n].Quantity > 0 {
			i.Items = append(i.Items, e.Lines[n].SKU)
		}
	}
	i.ID, i.At = e.ID, e.Time
	i.Actor = Actor{Customer: e.Customer, Visitor: e.Visitor}
	return i, len(i.Items) > 0
}

// distinct returns items without repetitions, as a slice of its own.
func distinct(items []flywheel.SKU) []flywheel.SKU {
	out := make([]flywheel.SKU, 0, len(items))
	if len(items) <= 16 {
		for _, sku := range items {
			if !slices.Contains(out, sku) {
				out = append(out, sku)
			}
		}
		return out
	}
	seen := make(map[flywheel.SKU]struct{}, len(items))
	for _, sku := range items {
		if _, dup := seen[sku]; !dup {
			seen[sku] = struct{}{}
			out = append(out, sku)
		}
	}
	return out
}
