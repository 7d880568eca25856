package page

import (
	"context"

	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// met tells what somebody waited for: that was asked for thing by thing.
func (s *Shop) met(ctx context.Context, of web.Account, m campaign.Message) error {
	sku := m.Entry.Lines[0].SKU
	items, err := s.Products.Counter(data.Channel, catalog.Locale(of.Language)).Describe(ctx, sku)
	if err != nil {
		return err
	}
	v, err := s.Products.View(ctx, catalog.ID(items[sku].Product), data.Channel, catalog.Locale(of.Language))
	if err != nil {
		return err
	}
	return s.mail(ctx, web.Mail{ID: m.ID, To: of.Email, Customer: of.ID}, of.Language, m.Template, map[string]string{
		"name": of.Name, "title": items[sku].Title, "price": amount(of.Language, m.Entry.Value), "link": s.URL + "/" + of.Language + "/goods/" + v.Slug,
	})
}
