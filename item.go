package flywheel

import (
	"context"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Item describes an SKU as it is sold: what it belongs to, how it is taxed, and what
// must be known to hand it over. A catalog answers with it, and carts, checkout and
// orders keep what was true on the day.
type Item struct {
	SKU   SKU    `json:"sku"`
	Title string `json:"title,omitempty"`
	// Product is what the SKU is a variant of.
	Product     string   `json:"product,omitempty"`
	Brand       string   `json:"brand,omitempty"`
	Categories  []string `json:"categories,omitempty"`
	Collections []string `json:"collections,omitempty"`
	TaxClass    string   `json:"tax_class,omitempty"`
	// Weight is that of one unit, in grams; not negative.
	Weight int64 `json:"weight,omitempty"`
	// NetContent is what one unit holds, for the price per kilogram or liter that
	// pricing.PerUnit computes.
	NetContent NetContent `json:"net_content,omitzero"`
	// Download says that nothing is shipped.
	Download bool `json:"download,omitempty"`
	// FinalSale says that a buyer who changes their mind cannot give it back.
	FinalSale bool `json:"final_sale,omitempty"`
	// Age is what the buyer must at least be, in years; zero for anybody.
	Age int `json:"age,omitempty"`
	// MinQuantity and MaxQuantity bound how many units a cart may have, Multiple is what
	// their number must be a multiple of, as with items that come in boxes of six;
	// zero is no rule.
	MinQuantity int64 `json:"min_quantity,omitempty"`
	MaxQuantity int64 `json:"max_quantity,omitempty"`
	Multiple    int64 `json:"multiple,omitempty"`
	// Cost is what one unit costs the shop, for margins; zero where it is not known.
	Cost money.Amount `json:"cost,omitzero"`
	// Attributes are those that conditions of prices and promotions ask for.
	Attributes map[string]any `json:"attributes,omitempty"`
	// Withdrawn says that it is known and not sold any more.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// In reports whether the item is in a category.
func (i *Item) In(category string) bool { return slices.Contains(i.Categories, category) }

// Catalog describes items. Implementations are safe for concurrent use.
type Catalog interface {
	// Describe returns what is known of the SKUs, by SKU. One that is not known is
	// not in the answer; one that is no longer sold is Withdrawn.
	Describe(ctx context.Context, skus ...SKU) (map[SKU]Item, error)
}

// CatalogFunc makes a function a [Catalog].
type CatalogFunc func(ctx context.Context, skus ...SKU) (map[SKU]Item, error)

// Describe calls f.
func (f CatalogFunc) Describe(ctx context.Context, skus ...SKU) (map[SKU]Item, error) {
	return f(ctx, skus...)
}
