package page

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/funnel"
)

// mostSteps is how many events a conversion looks at.
const mostSteps = 100_000

// conversion is the share of those who looked at something within a span who also bought.
func (s *Shop) conversion(r *web.Request, from, to time.Time) (string, error) {
	after, err := s.Events.Since(r.Context(), from)
	if err != nil {
		return "", err
	}
	var events []funnel.Event
	for e, err := range s.Events.Entries(r.Context(), segment.Query{After: after, Limit: 4096}) {
		if err != nil {
			return "", err
		}
		if !e.Received.Before(to) || len(events) == mostSteps {
			break
		}
		if e.Event.Name == flywheel.EventViewItem || e.Event.Name == flywheel.EventPurchase {
			events = append(events, funnel.Event{Who: string(e.Person), Name: e.Event.Name, At: e.Effective, Order: uint64(e.Position)})
		}
	}
	result, err := funnel.Run(events, funnel.Funnel{Steps: []funnel.Step{{Names: []string{flywheel.EventViewItem}}, {Names: []string{flywheel.EventPurchase}}}, Window: 24 * time.Hour})
	if err != nil || result.Counts[0] == 0 {
		return "–", err
	}
	return fmt.Sprintf("%.1f %%", 100*result.Rate()), nil
}
