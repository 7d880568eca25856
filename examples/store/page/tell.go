package page

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// tell writes what somebody did into the log.
func (s *Shop) tell(r *web.Request, e flywheel.Event) error {
	e.ID, e.Time, e.Customer, e.Visitor = newID(), s.Now(), r.Who.Customer, r.Who.Visitor
	return s.Events.Publish(r.Context(), e)
}
