package catalog

import (
	"context"

	"github.com/flywheel-go/flywheel"
)

// Counter is the catalog as the counter of one channel knows it: what carts, checkout and
// orders ask about their lines. It is a [flywheel.Catalog].
type Counter struct {
	service *Service
	channel Channel
	locale  Locale
}

// Counter returns the catalog of a channel, with titles in a locale. It is the neighbor
// that cart.Options and checkout.SessionOptions ask for:
//
//	carts, err := cart.New(store, &cart.Options{Catalog: products.Counter("web", "en")})
func (s *Service) Counter(channel Channel, l Locale) Counter { return Counter{s, channel, l} }

// NetContentAttribute is the code of the decimal attribute from which [Counter.Describe]
// fills flywheel.Item.NetContent. Its unit is one that flywheel.ParseNetContent reads; of
// others, such as oz, the net content stays unknown.
const NetContentAttribute = "net_content"

// Describe implements [flywheel.Catalog]. What is not live in the channel now, or not
// shown there, is Withdrawn. It asks the store once for the variants and once for their
// products, however many there are.
func (c Counter) Describe(ctx context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
	known, err := c.service.Describe(ctx, c.channel, c.locale, skus...)
	if err != nil {
		return nil, err
	}
	items := make(map[flywheel.SKU]flywheel.Item, len(known))
	for sku, d := range known {
		i := flywheel.Item{
			SKU: sku, Title: d.Title, Product: string(d.Product), Brand: d.Brand, TaxClass: d.TaxClass,
			Download: !d.Shipped, Cost: d.Cost, Attributes: d.Attributes, Withdrawn: d.State != StateLive,
		}
		if d.WeightGrams != nil {
			i.Weight = *d.WeightGrams
		}
		if text, ok := d.Attributes[NetContentAttribute].(string); ok {
			i.NetContent, _ = flywheel.ParseNetContent(text) // none of a unit that has no price
		}
		for _, id := range d.Categories {
			i.Categories = append(i.Categories, string(id))
		}
		items[sku] = i
	}
	return items, nil
}
