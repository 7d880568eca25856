package recommend

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Kind is what a customer did with an item.
type Kind uint8

// The kinds of fact. Each is learned from the event named beside it. The first three
// are interest, weakest first; the next three take interest back; the last is neither.
const (
	View       Kind = iota + 1 // view_item: the item's page was opened
	AddToCart                  // add_to_cart: the item was put into a cart
	Purchase                   // purchase: the item was bought
	Removal                    // remove_from_cart: it was taken out of the cart
	Refund                     // refund: it was given back
	Dislike                    // dislike: the customer does not want to see it
	Impression                 // view_item_list: it was shown, in a list
)

// EventDislike is the event by which a customer says not to want an item. It is a name
// of this package; its lines are the items.
const EventDislike = "dislike"

// Properties of the event view_item_list that [Service.Publish] understands.
const (
	// PropertyPolicy names the policy that made the list, a string.
	PropertyPolicy = "policy"
	// PropertySlot is the place of the first line in the list, from 1: a number,
	// 1 without it. Lines follow each other.
	PropertySlot = "slot"
	// PropertyPropensities are the probabilities with which the policy showed each
	// line in its place: an array of numbers above 0 and at most 1, as long as the
	// lines.
	PropertyPropensities = "propensities"
)

var kindNames = [...]string{View: flywheel.EventViewItem, AddToCart: flywheel.EventAddToCart, Purchase: flywheel.EventPurchase,
	Removal: flywheel.EventRemoveFromCart, Refund: flywheel.EventRefund, Dislike: EventDislike, Impression: flywheel.EventViewItemList}

// String returns the name of the event that reports k.
func (k Kind) String() string {
	if k < View || k > Impression {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// Interest reports whether k is a choice: a view, a cart or a purchase.
func (k Kind) Interest() bool { return k >= View && k <= Purchase }

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
	// pieces were chosen does not matter to models: it says more about the size
	// of the buyer than about the item.
	Items []flywheel.SKU
	// Details of each of Items, or nil.
	Details []Detail
	// Session groups the facts of one visit; empty where there is none.
	Session string
	// Device is the visitor on whose device it happened, also where the customer is
	// known: it is how a guest's facts find the customer after a login.
	Device flywheel.VisitorID
	// Policy names what made the list of an Impression.
	Policy string
}

// Detail is what else is known of one item of an [Interaction].
type Detail struct {
	// Quantity is how many pieces, not negative.
	Quantity int64
	// Value is what they are worth in all.
	Value money.Amount
	// Slot is the place in a list, from 1; 0 where there is none.
	Slot int
	// Propensity is the probability with which the policy showed the item in this
	// place, above 0 and at most 1; 0 where it is not known.
	Propensity float64
}

// Equal reports whether i and o are the same fact with the same content.
func (i Interaction) Equal(o Interaction) bool {
	return i.ID == o.ID && i.Kind == o.Kind && i.At.Equal(o.At) &&
		i.Actor == o.Actor && slices.Equal(i.Items, o.Items) && slices.Equal(i.Details, o.Details) &&
		i.Session == o.Session && i.Device == o.Device && i.Policy == o.Policy
}

// Normal returns i in the form in which it is kept: the time in UTC to the
// microsecond, the visitor dropped where the customer is known, and each item
// once. It reports an [*InteractionError] for what cannot be kept.
func (i Interaction) Normal() (Interaction, error) {
	in, err := i.identified()
	if err == nil {
		in.Items, in.Details = slices.Clone(in.Items), slices.Clone(in.Details)
	}
	return in, err
}

// identified is Normal without copying items that are distinct already.
func (i Interaction) identified() (Interaction, error) {
	if err := flywheel.CheckID(i.ID); err != nil {
		return Interaction{}, &InteractionError{ID: i.ID, Field: "id", Err: err}
	}
	return i.normal()
}

// normal is identified for an interaction that may have no ID.
func (i Interaction) normal() (Interaction, error) {
	fail := func(field string, err error) (Interaction, error) {
		return Interaction{}, &InteractionError{ID: i.ID, Field: field, Err: err}
	}
	if i.Kind < View || i.Kind > Impression {
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
	for _, id := range []struct{ field, value string }{{"session", i.Session}, {"device", string(i.Device)}, {"policy", i.Policy}} {
		if id.value == "" {
			continue
		}
		if err := flywheel.CheckID(id.value); err != nil {
			return fail(id.field, err)
		}
	}
	i.At = i.At.UTC().Truncate(time.Microsecond)
	if i.Details == nil {
		i.Items = distinct(i.Items)
		return i, nil
	}
	if field, err := i.merge(); err != nil {
		return fail(field, err)
	}
	return i, nil
}

// merge makes the items of i distinct: quantities and values of the same item are
// added up, of places the first counts. Details that say nothing become nil.
func (i *Interaction) merge() (field string, err error) {
	if len(i.Details) != len(i.Items) {
		return "details", fmt.Errorf("%d for %d items: %w", len(i.Details), len(i.Items), flywheel.ErrInvalid)
	}
	items := distinct(i.Items)
	details, same := i.Details, len(items) == len(i.Items)
	var seen []bool
	if !same {
		details, seen = make([]Detail, len(items)), make([]bool, len(items))
	}
	for n, d := range i.Details {
		field := fmt.Sprintf("details[%d]", n)
		switch {
		case d.Quantity < 0:
			return field + ".quantity", fmt.Errorf("%d is negative: %w", d.Quantity, flywheel.ErrOutOfRange)
		case d.Slot < 0 || d.Slot > math.MaxInt32:
			return field + ".slot", fmt.Errorf("%d: %w", d.Slot, flywheel.ErrOutOfRange)
		case !(d.Propensity >= 0 && d.Propensity <= 1):
			return field + ".propensity", fmt.Errorf("%v: %w", d.Propensity, flywheel.ErrOutOfRange)
		}
		if same {
			continue
		}
		at := slices.Index(items, i.Items[n])
		if !seen[at] {
			seen[at], details[at] = true, d
			continue
		}
		sum := &details[at]
		if sum.Quantity > math.MaxInt64-d.Quantity {
			return field + ".quantity", fmt.Errorf("the sum is too large: %w", flywheel.ErrOutOfRange)
		}
		sum.Quantity += d.Quantity
		if sum.Value, err = sum.Value.Add(d.Value); err != nil {
			return field + ".value", err
		}
	}
	i.Items, i.Details = items, details
	if !slices.ContainsFunc(details, func(d Detail) bool { return d != Detail{} }) {
		i.Details = nil
	}
	return "", nil
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
// already exists. It matches [flywheel.ErrConflict].
var ErrOtherBody = fmt.Errorf("recommend: interaction exists with other content: %w", flywheel.ErrConflict)

// fromEvent returns the interaction that e reports, or ok = false when it reports
// none: another event, or one without items.
func fromEvent(e *flywheel.Event) (i Interaction, ok bool, err error) {
	k := slices.Index(kindNames[1:], e.Name)
	if k < 0 || e.Name == "" {
		return Interaction{}, false, nil
	}
	i = Interaction{ID: e.ID, Kind: Kind(k + 1), At: e.Time, Actor: Actor{Customer: e.Customer, Visitor: e.Visitor}, Session: e.Session, Device: e.Visitor}
	i.Items, i.Details = make([]flywheel.SKU, 0, len(e.Lines)), make([]Detail, 0, len(e.Lines))
	if i.Kind == Impression {
		err = i.shown(e)
		return i, len(i.Items) > 0, err
	}
	for n := range e.Lines {
		// What is viewed or disliked has no quantity.
		if l := &e.Lines[n]; l.Quantity > 0 || i.Kind == View || i.Kind == Dislike {
			i.Items = append(i.Items, l.SKU)
			i.Details = append(i.Details, Detail{Quantity: l.Quantity, Value: l.Amount})
		}
	}
	return i, len(i.Items) > 0, nil
}

// shown sets the items of an impression with their places and propensities.
func (i *Interaction) shown(e *flywheel.Event) error {
	wrong := func(property, format string, args ...any) error {
		return &flywheel.EventError{ID: e.ID, Field: "properties." + property, Err: fmt.Errorf(format+": %w", append(args, flywheel.ErrInvalid)...)}
	}
	slot := 1
	if v, ok := e.Properties[PropertySlot]; ok {
		x, ok := v.(float64)
		if !ok || x < 1 || x > 1e6 || x != math.Trunc(x) {
			return wrong(PropertySlot, "%v is no place in a list", v)
		}
		slot = int(x)
	}
	if v, ok := e.Properties[PropertyPolicy]; ok {
		if i.Policy, ok = v.(string); !ok {
			return wrong(PropertyPolicy, "%v is no string", v)
		}
	}
	var propensities []any
	if v, ok := e.Properties[PropertyPropensities]; ok {
		if propensities, ok = v.([]any); !ok || len(propensities) != len(e.Lines) {
			return wrong(PropertyPropensities, "not an array of %d numbers", len(e.Lines))
		}
	}
	for n := range e.Lines {
		d := Detail{Slot: slot + n}
		if propensities != nil {
			p, ok := propensities[n].(float64)
			if !ok || !(p > 0 && p <= 1) {
				return wrong(PropertyPropensities, "%v is no probability", propensities[n])
			}
			d.Propensity = p
		}
		i.Items, i.Details = append(i.Items, e.Lines[n].SKU), append(i.Details, d)
	}
	return nil
}

// distinct returns items without repetitions: items itself where there are none.
func distinct(items []flywheel.SKU) []flywheel.SKU {
	const few = 48 // comparing all with all is faster than a map
	if len(items) > few {
		seen := make(map[flywheel.SKU]struct{}, len(items))
		for n, sku := range items {
			if seen[sku] = struct{}{}; len(seen) <= n {
				return distinctFrom(items, n)
			}
		}
		return items
	}
	for n, sku := range items {
		if slices.Contains(items[:n], sku) {
			return distinctFrom(items, n)
		}
	}
	return items
}

// distinctFrom returns items, of which those before n are distinct, without repetitions
// in a slice of its own.
func distinctFrom(items []flywheel.SKU, n int) []flywheel.SKU {
	out := append(make([]flywheel.SKU, 0, len(items)), items[:n]...)
	seen := make(map[flywheel.SKU]struct{}, len(items))
	for _, sku := range out {
		seen[sku] = struct{}{}
	}
	for _, sku := range items[n:] {
		if _, dup := seen[sku]; !dup {
			seen[sku] = struct{}{}
			out = append(out, sku)
		}
	}
	return out
}
