package page

import (
	"cmp"
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// confirm writes to the address of an order.
func (s *Shop) confirm(ctx context.Context, m campaign.Message) error {
	o, err := s.Orders.Get(ctx, order.ID(m.Entry.Ref))
	if err != nil {
		return err
	}
	if o.Contact.Email == "" {
		return fmt.Errorf("store: order %s has no address: %w", o.ID, flywheel.ErrNotFound)
	}
	language := o.Metadata["language"]
	token := s.OrderLinks.Token(o.ID, s.Now().AddDate(0, 3, 0))
	return s.mail(ctx, web.Mail{ID: m.ID, To: o.Contact.Email, Customer: o.Customer}, language, m.Template, map[string]string{
		"name": o.Contact.Name, "number": o.Number, "total": amount(language, o.Total), "link": s.URL + "/" + cmp.Or(o.Metadata["place"], language) + "/orders/" + string(o.ID) + "?token=" + token,
	})
}
