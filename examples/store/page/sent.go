package page

import (
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// sent is what the store has written, while its letters go nowhere.
func (s *Shop) sent(r *web.Request) (web.Answer, error) {
	to, err := r.Text("to")
	if err != nil {
		return web.Answer{}, err
	}
	return web.Page("sent", s.Outbox.Mails(to))
}
