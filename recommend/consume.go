package recommend

import (
	"context"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
)

// Consume implements flywheel.Consumer: it records the views, carts and purchases
// among entries, as of their effective times and under the customer or the device
// that the event names, so that a link between the two can be taken back.
func (s *Service) Consume(ctx context.Context, entries []flywheel.Entry) error {
	events := make([]flywheel.Event, len(entries))
	for i := range entries {
		events[i] = entries[i].Event
		events[i].Time = entries[i].Effective
	}
	return s.Publish(ctx, events...)
}

// Reset removes what was recorded, so that the log can be consumed again from its
// beginning; it implements segment.Rebuildable. What was forgotten stays forgotten, and
// the Model in use stays until the next [Service.Train].
func (s *Service) Reset(ctx context.Context) error {
	if err := s.store.Clear(ctx); err != nil {
		return err
	}
	s.tell(ctx, func(_ context.Context, f follower) { f.cleared() })
	return nil
}

// Forget removes what was recorded of a customer, and what was recorded of guests on
// the devices on which the customer was known: it implements segment.Forgetter. On a
// shared device that is more than the customer's own. What comes again is ignored. The
// Model in use stays until the next [Service.Train], which learns as if the customer
// had never been; the histories of a [Trainer] and its overlay forget at once.
func (s *Service) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return fmt.Errorf("recommend: customer: %w", err)
	}
	return handle.Tx(nil, s.store).InTx(ctx, func(ctx context.Context) error {
		var devices []flywheel.VisitorID
		for in, err := range s.store.Of(ctx, Actor{Customer: customer}) {
			if err != nil {
				return err
			}
			if in.Device != "" && !slices.Contains(devices, in.Device) {
				devices = append(devices, in.Device)
			}
		}
		for _, device := range devices {
			if err := s.store.Forget(ctx, Actor{Visitor: device}); err != nil {
				return err
			}
		}
		who := []Actor{{Customer: customer}}
		for _, device := range devices {
			who = append(who, Actor{Visitor: device})
		}
		if err := s.store.Forget(ctx, who[0]); err != nil {
			return err
		}
		s.tell(ctx, func(ctx context.Context, f follower) { f.forgotten(ctx, who...) })
		return nil
	})
}
