package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// JSONLD returns a product's page as schema.org data: a Product, or with options a
// ProductGroup of Products. Of feed, Channel, Locale, Link and Map are looked at. A
// product that is not live is not found.
func (s *Service) JSONLD(ctx context.Context, id ID, feed Feed) (map[string]any, error) {
	f, err := s.feeder(ctx, feed)
	if err != nil {
		return nil, err
	}
	p, err := s.product(ctx, id)
	if err != nil {
		return nil, err
	}
	visible := p.visible(f.ch)
	if p.head.Product.state(f.ch.Code, len(visible) > 0, f.now) != StateLive {
		return nil, fieldError("product", flywheel.ErrNotFound, "product %q is not live", id)
	}
	skus := make([]flywheel.SKU, len(visible))
	for i, row := range visible {
		skus[i] = row.Variant.SKU
	}
	offers, err := s.offers.Offers(ctx, f.ch.Code, skus)
	if err != nil {
		return nil, err
	}
	head := &p.head.Product
	page := object{"@context": "https://schema.org"}
	page.text("description", PlainText(textDescription(head.Text, f.chain)))
	page.text("url", f.link(p.head, f.locale, nil))
	if head.Vendor != "" {
		page["brand"] = object{"@type": "Brand", "name": head.Vendor}
	}
	if len(head.Options) == 0 {
		for name, v := range f.jsonProduct(p.head, &visible[0].Variant, offers[skus[0]]) {
			page[name] = v
		}
		return page, nil
	}
	page["@type"] = "ProductGroup"
	page["productGroupID"] = string(head.ID)
	page.text("name", collapse(textTitle(head.Text, f.chain)))
	if by := f.variesBy(head); len(by) > 0 {
		page["variesBy"] = by
	}
	variants := make([]any, len(visible))
	for i, row := range visible {
		variants[i] = f.jsonProduct(p.head, &row.Variant, offers[row.Variant.SKU])
	}
	page["hasVariant"] = variants
	return page, nil
}

// JSONLDScript returns what JSONLD does as it stands in a script element of a page:
// nothing in it ends the element.
func (s *Service) JSONLDScript(ctx context.Context, id ID, feed Feed) (string, error) {
	page, err := s.JSONLD(ctx, id, feed)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(page) // escapes < > & and the line separators
	if err != nil {
		return "", fmt.Errorf("catalog: product %q: %w", id, err)
	}
	return string(data), nil
}

// object is a JSON object in the making.
type object map[string]any

func (o object) text(name, v string) {
	if v != "" {
		o[name] = v
	}
}

// variesBy returns the properties of schema.org that the options are mapped to.
func (f *feeder) variesBy(p *Product) []any {
	var list []any
	for _, set := range p.Options {
		for _, field := range []string{"color", "size", "material", "pattern"} {
			if f.sources[field].option == set {
				list = append(list, "https://schema.org/"+field)
			}
		}
	}
	return list
}

func (f *feeder) jsonProduct(head *Head, v *Variant, o Offer) object {
	p := &head.Product
	out := object{"@type": "Product", "name": f.schema.fullTitle(p, v, f.chain), "sku": string(v.SKU)}
	if urls := gallery(v.Media, p.Media); len(urls) > 0 {
		out["image"] = urls
	}
	if code, err := ParseGTIN(v.Barcode); err == nil {
		out["gtin"] = code
	}
	for _, field := range []string{"mpn", "color", "size", "material", "pattern"} {
		out.text(field, f.mapped(field, p, v))
	}
	if !has(o.Price) || o.Price.Sign() <= 0 {
		return out
	}
	price := o.effective(f.now)
	offer := object{
		"@type": "Offer", "url": f.link(head, f.locale, v), "price": amountText(price), "priceCurrency": price.Currency().String(),
		"itemCondition": "https://schema.org/" + conditionName(f.condition(p, v)),
	}
	if o.onSale(f.now) && price == o.SalePrice && !o.SaleTo.IsZero() {
		offer["priceValidUntil"] = secondText(o.SaleTo)
	}
	state, at, _ := f.availability(&o)
	names := map[string]string{"in_stock": "InStock", "out_of_stock": "OutOfStock", "preorder": "PreOrder", "backorder": "BackOrder"}
	offer["availability"] = "https://schema.org/" + names[state]
	if !at.IsZero() {
		offer["availabilityStarts"] = secondText(at)
	}
	out["offers"] = offer
	return out
}

func conditionName(condition string) string {
	switch strings.ToLower(condition) {
	case "used":
		return "UsedCondition"
	case "refurbished":
		return "RefurbishedCondition"
	case "damaged":
		return "DamagedCondition"
	}
	return "NewCondition"
}

func secondText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
