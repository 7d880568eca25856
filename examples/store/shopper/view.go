package shopper

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
)

// View is what a page shows: all that a shopper ever learns from the shop.
type View struct {
	// Now is the time on the shopper's own clock.
	Now time.Time
	// Categories are the words of the navigation.
	Categories []string
	// Items is the page's list, More the one below it.
	Items, More []Offer
	// Cart is what lies in it, Total what it comes to with everything, in minor units.
	Cart  []CartLine
	Total int64
}

// Offer is an item as a list or a product page shows it.
type Offer struct {
	SKU flywheel.SKU
	// Position is the place in the list, from 1.
	Position int
	// Words describe the item: the first says what kind of thing it is.
	Words []string
	// Price is to be paid, Was a struck-out price, 0 without one.
	Price, Was int64
	// Rating is the mean of so many Reviews.
	Rating  float64
	Reviews int
	// Days is how long delivery takes.
	Days int
	// SoldOut items cannot be bought now.
	SoldOut bool
}

// CartLine is one line of the cart.
type CartLine struct {
	SKU      flywheel.SKU
	Kind     string
	Quantity int64
	SoldOut  bool
}

// Message is one that arrived.
type Message struct {
	Subject string
	At      time.Time
}

// Parcel is what lay in the box: Quality is what its item is worth once it is held in the hand,
// on the scale of ratings.
type Parcel struct {
	Order   string
	SKU     flywheel.SKU
	Quality float64
}

// Shop is what can be done with a shop: every call is a page that is asked for or a button that is
// pressed, and answers with what is shown then.
type Shop interface {
	// Home is the first page.
	Home(ctx context.Context) (View, error)
	// Search lists what there is for a word.
	Search(ctx context.Context, word string) (View, error)
	// Open shows an item, first in Items, with others like it in More.
	Open(ctx context.Context, sku flywheel.SKU) (View, error)
	// Add puts an item into the cart and shows the cart.
	Add(ctx context.Context, sku flywheel.SKU) (View, error)
	// Cart shows the cart.
	Cart(ctx context.Context) (View, error)
	// Buy orders what is in the cart; bought is false if the shop could not.
	Buy(ctx context.Context) (bought bool, err error)
}
