package catalog

import (
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// ID identifies a product: 1 to 255 bytes of printable text.
type ID string

// MaxVariants is how many variants a product may have.
const MaxVariants = 2048

// Product is what a customer finds and opens: a head, which has a version of its
// own, and variants, each of which has one too.
type Product struct {
	ID   ID     `json:"id"`
	Type string `json:"type"`
	// Status is Draft where it is empty on a new product.
	Status Status `json:"status,omitempty"`
	// Text and SEO are titles and descriptions by locale; descriptions are HTML.
	Text map[Locale]Text `json:"text,omitempty"`
	SEO  map[Locale]Text `json:"seo,omitempty"`
	// Vendor is the brand. ProductType is a word of the merchant's own, Taxonomy
	// the category of a standard taxonomy.
	Vendor      string `json:"vendor,omitempty"`
	ProductType string `json:"product_type,omitempty"`
	Taxonomy    string `json:"taxonomy,omitempty"`
	// TaxClass is the name by which pricing finds the tax rate.
	TaxClass string `json:"tax_class,omitempty"`
	// GiftCard marks a product that is a gift card, Digital one that is not
	// shipped: its license keys are serials of inventory.
	GiftCard   bool         `json:"gift_card,omitempty"`
	Digital    bool         `json:"digital,omitempty"`
	Categories []CategoryID `json:"categories,omitempty"`
	Tags       []string     `json:"tags,omitempty"`
	// Options are codes of option sets; each variant has one value of each.
	Options    []string   `json:"options,omitempty"`
	Media      []Media    `json:"media,omitempty"`
	Attributes Attributes `json:"attributes,omitzero"`
	// Listings by channel.
	Listings map[Channel]*Listing `json:"listings,omitempty"`
	// Components make the product a bundle: inventory derives its stock from
	// theirs, pricing its price.
	Components []Component `json:"components,omitempty"`
	// Steps are planned changes, by time.
	Steps []Step `json:"steps,omitempty"`
	// Variants in their order.
	Variants []Variant `json:"variants,omitempty"`

	Version   int64     `json:"version,omitempty"`
	CreatedAt time.Time `json:"created_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitzero"` // of the head
}

// Text is a title and a description.
type Text struct {
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// Listing puts a product into a channel.
type Listing struct {
	// Slugs by locale; one that is not given stays or is made from the title.
	Slugs map[Locale]string `json:"slugs,omitempty"`
	// PublishAt and UnpublishAt are the window in which the product is shown: RFC
	// 3339, or a local time of the channel without an offset. The beginning is in
	// the window, the end is not.
	PublishAt   string `json:"publish_at,omitempty"`
	UnpublishAt string `json:"unpublish_at,omitempty"`
	// Variants that the channel shows; nil is all, also later ones.
	Variants []flywheel.SKU `json:"variants,omitzero"`
	// Position in listings, 0 where it is nil.
	Position *int `json:"position,omitempty"`
}

// Component is a part of a bundle.
type Component struct {
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"`
}

// Variant is what is priced, counted and sold.
type Variant struct {
	SKU flywheel.SKU `json:"sku"`
	// Options are codes of values, one of each option of the product.
	Options    []string   `json:"options,omitempty"`
	Attributes Attributes `json:"attributes,omitzero"`
	Barcode    string     `json:"barcode,omitempty"`
	// WeightGrams is nil where it is not known.
	WeightGrams *int64 `json:"weight_grams,omitempty"`
	// RequiresShipping and Taxable are true where they are nil.
	RequiresShipping *bool   `json:"requires_shipping,omitempty"`
	Taxable          *bool   `json:"taxable,omitempty"`
	Media            []Media `json:"media,omitempty"`

	Version   int64     `json:"version,omitempty"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// Shipped reports whether the variant requires shipping.
func (v *Variant) Shipped() bool { return v.RequiresShipping == nil || *v.RequiresShipping }

// Taxed reports whether tax is charged.
func (v *Variant) Taxed() bool { return v.Taxable == nil || *v.Taxable }

// Clone returns a deep copy.
func (p *Product) Clone() Product {
	c := p.cloneHead()
	c.Variants = make([]Variant, len(p.Variants))
	for i := range p.Variants {
		c.Variants[i] = p.Variants[i].Clone()
	}
	if p.Variants == nil {
		c.Variants = nil
	}
	return c
}

func (p *Product) cloneHead() Product {
	c := *p
	c.Text, c.SEO = maps.Clone(p.Text), maps.Clone(p.SEO)
	c.Categories, c.Tags, c.Options = slices.Clone(p.Categories), slices.Clone(p.Tags), slices.Clone(p.Options)
	c.Media, c.Attributes = cloneMedia(p.Media), p.Attributes.clone()
	c.Components = slices.Clone(p.Components)
	c.Steps = cloneSteps(p.Steps)
	if p.Listings != nil {
		c.Listings = make(map[Channel]*Listing, len(p.Listings))
		for ch, l := range p.Listings {
			c.Listings[ch] = l.clone()
		}
	}
	c.Variants = nil
	return c
}

func (l *Listing) clone() *Listing {
	if l == nil {
		return nil
	}
	c := *l
	c.Slugs, c.Variants = maps.Clone(l.Slugs), slices.Clone(l.Variants)
	if l.Position != nil {
		position := *l.Position
		c.Position = &position
	}
	return &c
}

// Clone returns a deep copy.
func (v *Variant) Clone() Variant {
	c := *v
	c.Options, c.Attributes, c.Media = slices.Clone(v.Options), v.Attributes.clone(), cloneMedia(v.Media)
	if v.WeightGrams != nil {
		w := *v.WeightGrams
		c.WeightGrams = &w
	}
	if v.RequiresShipping != nil {
		b := *v.RequiresShipping
		c.RequiresShipping = &b
	}
	if v.Taxable != nil {
		b := *v.Taxable
		c.Taxable = &b
	}
	return c
}

func cloneMedia(list []Media) []Media {
	c := slices.Clone(list)
	for i := range c {
		c[i].Alt, c[i].Sources = maps.Clone(c[i].Alt), maps.Clone(c[i].Sources)
	}
	return c
}

// Variant returns the variant with an SKU.
func (p *Product) Variant(sku flywheel.SKU) (*Variant, bool) {
	for i := range p.Variants {
		if p.Variants[i].SKU == sku {
			return &p.Variants[i], true
		}
	}
	return nil, false
}
