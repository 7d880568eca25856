package catalog

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// ID identifies a product.
type ID string

// Product is something the shop sells or will sell, in one or more variants.
type Product struct {
	ID          ID     `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Status      Status `json:"status"`
	// Categories are where the product is listed; it is found in the categories
	// above these as well.
	Categories []CategoryID `json:"categories,omitempty"`
	// Attributes describe the product: string, float64, bool, or []any of these.
	Attributes map[string]any `json:"attributes,omitempty"`
	// Axes are what the variants differ in. A product without axes has at most
	// one variant.
	Axes []Axis `json:"axes,omitempty"`
	// Variants are what can be priced, stocked and bought. Their combinations of
	// options are unique; not every combination need exist.
	Variants []Variant `json:"variants,omitempty"`
	// Version counts the changes. It is 0 for a product to be created, and
	// otherwise the version that a change was made to.
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Axis is one way in which the variants of a product differ, such as size.
type Axis struct {
	Name   string   `json:"name"`
	Values []string `json:"values"` // in the order in which to show them
}

// Variant is one form of a product with an SKU of its own.
type Variant struct {
	SKU flywheel.SKU `json:"sku"`
	// Options holds one value for each of the product's Axes, in their order.
	Options []string `json:"options,omitempty"`
	// Attributes describe the variant, as those of the Product do.
	Attributes map[string]any `json:"attributes,omitempty"`
}

// Variant returns the variant with the given SKU, and whether there is one.
func (p *Product) Variant(sku flywheel.SKU) (Variant, bool) {
	for _, v := range p.Variants {
		if v.SKU == sku {
			return v, true
		}
	}
	return Variant{}, false
}

// Find returns the variant with the given options, one for each of the Axes in
// their order, and whether there is one.
func (p *Product) Find(options ...string) (Variant, bool) {
	for _, v := range p.Variants {
		if slices.Equal(v.Options, options) {
			return v, true
		}
	}
	return Variant{}, false
}

// Clone returns a copy that shares nothing with p.
func (p Product) Clone() Product {
	p.Categories = slices.Clone(p.Categories)
	p.Attributes = cloneAttributes(p.Attributes)
	p.Axes = slices.Clone(p.Axes)
	for i := range p.Axes {
		p.Axes[i].Values = slices.Clone(p.Axes[i].Values)
	}
	p.Variants = slices.Clone(p.Variants)
	for i := range p.Variants {
		p.Variants[i].Options = slices.Clone(p.Variants[i].Options)
		p.Variants[i].Attributes = cloneAttributes(p.Variants[i].Attributes)
	}
	return p
}

func cloneAttributes(m map[string]any) map[string]any {
	m = maps.Clone(m)
	for name, value := range m {
		if list, ok := value.([]any); ok {
			m[name] = slices.Clone(list)
		}
	}
	return m
}

// SameContent reports whether p and o agree in everything but their version and
// times. Empty and nil are the same.
func (p *Product) SameContent(o *Product) bool {
	return p.ID == o.ID && p.Title == o.Title && p.Description == o.Description && p.Status == o.Status &&
		slices.Equal(p.Categories, o.Categories) && sameAttributes(p.Attributes, o.Attributes) &&
		slices.EqualFunc(p.Axes, o.Axes, func(a, b Axis) bool {
			return a.Name == b.Name && slices.Equal(a.Values, b.Values)
		}) &&
		slices.EqualFunc(p.Variants, o.Variants, func(a, b Variant) bool {
			return a.SKU == b.SKU && slices.Equal(a.Options, b.Options) && sameAttributes(a.Attributes, b.Attributes)
		})
}

func sameAttributes(a, b map[string]any) bool {
	return maps.EqualFunc(a, b, func(x, y any) bool { return reflect.DeepEqual(x, y) })
}
