package page

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// Write sends a message of a journey: to the address of the order that it is about.
func (s *Shop) Write(ctx context.Context, m campaign.Message) error {
	o, err := s.Orders.Get(ctx, order.ID(m.Entry.Ref))
	if err != nil {
		return err
	}
	if o.Contact.Email == "" {
		return fmt.Errorf("store: order %s has no address: %w", o.ID, flywheel.ErrNotFound)
	}
	s.Outbox.Add(web.Mail{ID: m.ID, To: o.Contact.Email, Subject: m.Template, At: m.At})
	return nil
}
