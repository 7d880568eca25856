package pricing

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// List is a price list: what items cost, for whom and when.
type List struct {
	ID   string   `json:"id"`
	Kind ListKind `json:"kind,omitzero"`
	// Groups are the customer groups the list is for; none means everyone.
	Groups []string `json:"groups,omitempty"`
	// Channels are the channels it is for; none means all.
	Channels []string `json:"channels,omitempty"`
	// Starts is the first instant of the list, Ends the first one after it;
	// the zero time means without bound.
	Starts time.Time `json:"starts,omitzero"`
	Ends   time.Time `json:"ends,omitzero"`
	// TaxIncluded says that the prices are gross.
	TaxIncluded bool `json:"tax_included,omitempty"`
	// Graduated says that the entries of an item are steps: each unit costs
	// what the entry says whose bounds hold its own number in the line, instead
	// of all units costing what that says whose bounds hold the quantity.
	Graduated bool    `json:"graduated,omitempty"`
	Entries   []Entry `json:"entries"`
	// Version counts the saves in a [Store]; it is 0 before the first.
	Version int64 `json:"version,omitempty"`
}

// Entry is the price of one item on a [List]. An item may have several entries,
// for currencies and quantities.
type Entry struct {
	SKU  flywheel.SKU `json:"sku"`
	Unit money.Price  `json:"unit"`
	// MinQuantity and MaxQuantity bound the quantity of the line, both
	// inclusive; zero means without bound.
	MinQuantity int64 `json:"min_quantity,omitempty"`
	MaxQuantity int64 `json:"max_quantity,omitempty"`
	// Floor is the least that promotions may leave of the price of one unit;
	// the zero value is none.
	Floor money.Price `json:"floor,omitzero"`
}

// ListKind says which list wins where several have a price. Within a kind it is
// the lowest price.
type ListKind uint8

// The kinds of price list.
const (
	Base     ListKind = iota // the ordinary price
	Sale                     // beats Base where it is lower
	Override                 // beats both, also where it is higher
)

var listKinds = []string{"base", "sale", "override"}

// String returns the name, such as "sale".
func (k ListKind) String() string { return enumString(listKinds, uint8(k)) }

// MarshalText returns the name.
func (k ListKind) MarshalText() ([]byte, error) { return enumText(listKinds, uint8(k)) }

// UnmarshalText reads a name.
func (k *ListKind) UnmarshalText(text []byte) error {
	v, err := enumValue(listKinds, text)
	if err == nil {
		*k = ListKind(v)
	}
	return err
}

// Clone returns a copy that shares no memory with l.
func (l List) Clone() List {
	l.Groups = slices.Clone(l.Groups)
	l.Channels = slices.Clone(l.Channels)
	l.Entries = slices.Clone(l.Entries)
	return l
}

// Validate reports the first field that is wrong as a [*FieldError].
func (l *List) Validate() error {
	if err := flywheel.CheckID(l.ID); err != nil {
		return field(err, "id")
	}
	if l.Kind > Override {
		return field(invalid("%s", l.Kind), "kind")
	}
	if err := checkIDs(l.Groups, "groups"); err != nil {
		return err
	}
	if err := checkIDs(l.Channels, "channels"); err != nil {
		return err
	}
	if err := checkWindow(l.Starts, l.Ends); err != nil {
		return err
	}
	for i, e := range l.Entries {
		if err := flywheel.CheckID(string(e.SKU)); err != nil {
			return field(err, "entries[%d].sku", i)
		}
		if err := checkUnit(e.Unit); err != nil {
			return field(err, "entries[%d].unit", i)
		}
		if e.Floor != (money.Price{}) {
			if err := checkUnitIn(e.Floor, e.Unit.Currency()); err != nil {
				return field(err, "entries[%d].floor", i)
			}
		}
		if e.MinQuantity < 0 {
			return field(outOfRange("%d is negative", e.MinQuantity), "entries[%d].min_quantity", i)
		}
		if e.MaxQuantity < 0 || e.MaxQuantity > 0 && e.MaxQuantity < e.MinQuantity {
			return field(outOfRange("%d with a minimum of %d", e.MaxQuantity, e.MinQuantity), "entries[%d].max_quantity", i)
		}
	}
	if l.Graduated {
		return l.steps(func(flywheel.SKU, money.Currency, []stairStep) error { return nil })
	}
	return nil
}

func checkIDs(ids []string, name string) error {
	for i, id := range ids {
		if err := flywheel.CheckID(id); err != nil {
			return field(err, "%s[%d]", name, i)
		}
	}
	return nil
}

func checkWindow(starts, ends time.Time) error {
	if !ends.IsZero() && !starts.Before(ends) {
		return field(invalid("not after the start"), "ends")
	}
	return nil
}

// open reports whether at lies within [starts, ends).
func open(starts, ends, at time.Time) bool {
	return !at.Before(starts) && (ends.IsZero() || at.Before(ends))
}
