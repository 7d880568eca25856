package catalog

import (
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// Names of the events that a [Service] publishes. Ref is the product; of those about
// a variant, and of a product that was created, published or unpublished, Lines are the
// SKUs. [ChangeOf] reads them. Published and unpublished are what time alone does, see
// [Service.Advance]: the window of an active product in a channel began or ended. What a
// change of status or listing does to it, the change tells.
const (
	EventProductCreated  = "product_created"
	EventProductUpdated  = "product_updated"
	EventProductArchived = "product_archived"
	EventVariantCreated  = "variant_created"
	EventVariantUpdated  = "variant_updated"
	EventVariantRemoved  = "variant_removed"
	EventVariantMoved    = "variant_moved"

	EventProductPublished   = "product_published"
	EventProductUnpublished = "product_unpublished"
)

// Properties of these events.
const (
	PropertyOld     = "old"     // an object of the slots that changed, by name
	PropertyNew     = "new"     // likewise
	PropertyVersion = "version" // of the head or the variant
)

// Change is one change of content: what a product's head, or a variant of it, was in
// the slots that changed and what it is now. A slot without a value is absent.
//
// Slots of a head are status, type, vendor, product_type, taxonomy, tax_class,
// gift_card, digital, categories, tags, options, media, components, steps,
// text.LOCALE.title, text.LOCALE.description, likewise seo,
// attributes.CODE[.CHANNEL][.LOCALE], listings.CHANNEL and below it publish_at,
// unpublish_at, variants, position and slugs.LOCALE; those of a variant options,
// media, barcode, weight_grams, requires_shipping, taxable and attributes. Of a window
// the slot is listings.CHANNEL.state, a [State].
type Change struct {
	Event   string       `json:"event"` // one of the Event constants
	Product ID           `json:"product"`
	SKU     flywheel.SKU `json:"sku,omitempty"` // empty for the head
	Old     map[string]any
	New     map[string]any
	Version int64 `json:"version,omitempty"`
	// skus of a product that was created, or of a window.
	skus []flywheel.SKU
}

// event returns the event of a change, which is the edits-th of its product.
func (c *Change) event(edits int64, now time.Time) flywheel.Event {
	e := flywheel.Event{
		ID:   eventid.Of(c.Event, string(c.Product), string(c.SKU), strconv.FormatInt(edits, 10)),
		Name: c.Event, Time: now, Ref: string(c.Product),
		Properties: map[string]any{PropertyVersion: float64(c.Version)},
	}
	skus := c.skus
	if c.SKU != "" {
		skus = []flywheel.SKU{c.SKU}
	}
	for _, sku := range skus {
		e.Lines = append(e.Lines, flywheel.Line{SKU: sku})
	}
	if c.Old != nil || c.New != nil {
		e.Properties[PropertyOld], e.Properties[PropertyNew] = jsonValue(c.Old), jsonValue(c.New)
	}
	return e
}

// ChangeOf returns the change that an event of this package reports, and false for
// another event.
func ChangeOf(e flywheel.Event) (Change, bool) {
	c := Change{Event: e.Name, Product: ID(e.Ref)}
	switch e.Name {
	case EventProductCreated, EventProductUpdated, EventProductArchived, EventProductPublished, EventProductUnpublished:
	case EventVariantCreated, EventVariantUpdated, EventVariantRemoved, EventVariantMoved:
		if len(e.Lines) != 1 {
			return Change{}, false
		}
		c.SKU = e.Lines[0].SKU
	default:
		return Change{}, false
	}
	c.Old, _ = e.Properties[PropertyOld].(map[string]any)
	c.New, _ = e.Properties[PropertyNew].(map[string]any)
	version, _ := e.Properties[PropertyVersion].(float64)
	c.Version = int64(version)
	return c, true
}
