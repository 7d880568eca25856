package recommend

import (
	"context"

	"github.com/flywheel-go/flywheel"
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
