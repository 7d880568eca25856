package wish

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Kind is why an item is on a list.
type Kind string

// The kinds.
const (
	Later       Kind = "later"         // out of the cart, to be bought another time
	Wished      Kind = "wished"        // seen by those the list is shared with
	BackInStock Kind = "back_in_stock" // tell when it can be had
	CheaperThan Kind = "cheaper_than"  // tell when it costs less than Price
)

// MaxItems is the most items of a list.
const MaxItems = 200

// Item is a SKU on a list.
type Item struct {
	SKU  flywheel.SKU `json:"sku"`
	Kind Kind         `json:"kind"`
	// Price is what it cost when it was added, zero where nobody says; of CheaperThan it
	// is needed.
	Price money.Amount `json:"price,omitzero"`
	// Quantity is how many, of Later; 0 stands for 1.
	Quantity int64 `json:"quantity,omitempty"`
	// At is when it was added, set by the Service.
	At time.Time `json:"at"`
}

func (it *Item) check() error {
	fail := func(field string, kind error, format string, args ...any) error {
		return fmt.Errorf("wish: %w", &flywheel.FieldError{Field: field, Err: fmt.Errorf(format+": %w", append(args, kind)...)})
	}
	if err := flywheel.CheckID(string(it.SKU)); err != nil {
		return fmt.Errorf("wish: %w", &flywheel.FieldError{Field: "sku", Err: err})
	}
	switch it.Kind {
	case Later, Wished, BackInStock, CheaperThan:
	default:
		return fail("kind", flywheel.ErrInvalid, "unknown %.40q", it.Kind)
	}
	if it.Price.Sign() < 0 || it.Kind == CheaperThan && it.Price.Sign() == 0 {
		return fail("price", flywheel.ErrOutOfRange, "%v", it.Price)
	}
	if it.Quantity < 0 || it.Quantity > 1_000_000 {
		return fail("quantity", flywheel.ErrOutOfRange, "%d", it.Quantity)
	}
	return nil
}

// List is what one owner wishes.
type List struct {
	Owner flywheel.Person `json:"owner"`
	Items []Item          `json:"items,omitempty"` // in the order in which they were added
	// Token is by what others see the list, empty where it is not shared.
	Token string `json:"token,omitempty"`
	// Version counts the saves; 0 is a list that is not stored.
	Version int64 `json:"version"`
}

// Clone returns a copy that shares nothing with l.
func (l List) Clone() List {
	l.Items = slices.Clone(l.Items)
	return l
}

// Of returns the items of a kind.
func (l *List) Of(k Kind) (items []Item) {
	for _, it := range l.Items {
		if it.Kind == k {
			items = append(items, it)
		}
	}
	return items
}

func (l *List) find(sku flywheel.SKU, k Kind) int {
	return slices.IndexFunc(l.Items, func(it Item) bool { return it.SKU == sku && it.Kind == k })
}
