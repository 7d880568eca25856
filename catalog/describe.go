package catalog

import (
	"context"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Description is what a cart and an event say of a line: what was true when it was
// sold.
type Description struct {
	SKU        flywheel.SKU
	Product    ID
	Title      string       // with the names of the variant's values
	Categories []CategoryID // with all above them
	Brand      string
	TaxClass   string
	Attributes map[string]any // shown, of the product and the variant
	Cost       money.Amount   // no amount where it is not known
	// GiftCard, Digital, Shipped and Taxable as they are kept.
	GiftCard, Digital, Shipped, Taxable bool
	Components                          []Component
	// WeightGrams is nil where it is not known.
	WeightGrams *int64
	// State is that of the variant in the channel: unlisted where the channel does not
	// show it; empty without a channel.
	State State
}

// Describe describes the lines of a cart or an event: one call for many SKUs. An SKU
// that does not exist is absent.
func (s *Service) Describe(ctx context.Context, code Channel, l Locale, skus ...flywheel.SKU) (map[flywheel.SKU]Description, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return nil, err
	}
	ch := sc.channels[code]
	if code != "" && ch == nil {
		return nil, fieldError("channel", flywheel.ErrNotFound, "channel %q", code)
	}
	rows, err := s.store.Variants(ctx, VariantQuery{SKUs: skus})
	if err != nil || len(rows) == 0 {
		return map[flywheel.SKU]Description{}, err
	}
	ids := make([]ID, len(rows))
	for i, row := range rows {
		ids[i] = row.Product
	}
	heads, err := s.store.Heads(ctx, distinct(ids)...)
	if err != nil {
		return nil, err
	}
	byID := make(map[ID]*Head, len(heads))
	for _, h := range heads {
		byID[h.Product.ID] = h
	}
	offers, err := s.offers.Offers(ctx, code, skus)
	if err != nil {
		return nil, err
	}
	locales, now := sc.asked(ch, l), s.instant()
	out := make(map[flywheel.SKU]Description, len(rows))
	for _, row := range rows {
		h := byID[row.Product]
		if h == nil {
			continue
		}
		p, v := &h.Product, &row.Variant
		d := Description{
			SKU: v.SKU, Product: p.ID, Title: sc.fullTitle(p, v, locales), Categories: sc.tree.withAbove(p.Categories), Brand: p.Vendor, TaxClass: p.TaxClass,
			Attributes: sc.shownAll(p, p.Attributes, ch, locales), Cost: offers[v.SKU].Cost,
			GiftCard: p.GiftCard, Digital: p.Digital, Shipped: v.Shipped() && !p.Digital, Taxable: v.Taxed(), Components: append([]Component(nil), p.Components...),
			WeightGrams: v.WeightGrams,
		}
		if ch != nil {
			listed := p.Listings[code]
			d.State = p.state(code, listed != nil && (listed.Variants == nil || listed.shows(v.SKU)), now)
		}
		for code, value := range sc.shownAll(p, v.Attributes, ch, locales) {
			d.Attributes[code] = value
		}
		out[v.SKU] = d
	}
	return out, nil
}

// fullTitle is the title with the names of the variant's values.
func (s *schema) fullTitle(p *Product, v *Variant, locales []Locale) string {
	title := collapse(textTitle(p.Text, locales))
	for _, name := range s.optionNames(p, v, locales) {
		title += ", " + name
	}
	return title
}

func distinct(ids []ID) []ID {
	seen := make(map[ID]bool, len(ids))
	out := ids[:0:0]
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
