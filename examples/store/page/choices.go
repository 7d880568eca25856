package page

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// choices takes what the customer allows.
func (s *Shop) choices(r *web.Request) (web.Answer, error) {
	yes, err := r.Text(newsletter)
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.allow(r, newsletter, yes == "yes"); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/account")
}

// allow keeps a choice, and tells the journeys.
func (s *Shop) allow(r *web.Request, purpose string, yes bool) error {
	return s.consent(r, r.Who.Customer, purpose, yes)
}

func (s *Shop) consent(r *web.Request, who flywheel.CustomerID, purpose string, yes bool) error {
	_, err := s.Accounts.Change(r.Context(), who, func(a *web.Account) error {
		if a.Choices == nil {
			a.Choices = map[string]bool{}
		}
		a.Choices[purpose] = yes
		return nil
	})
	if err != nil {
		return err
	}
	name := campaign.EventUnsubscribed
	if yes {
		name = campaign.EventSubscribed
	}
	return s.Events.Publish(r.Context(), flywheel.Event{ID: newID(), Name: name, Time: s.Now(), Customer: who})
}

// stop is behind the link in a letter by which its reader gets no more; no login is needed.
func (s *Shop) stop(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("customer", "token")
	if err != nil {
		return web.Answer{}, err
	}
	who := flywheel.CustomerID(f["customer"])
	if err := s.Stops.Check(who, newsletter, f["token"]); err != nil {
		return web.Answer{}, fmt.Errorf("store: %w", err)
	}
	if r.Method == "POST" {
		if err := s.consent(r, who, newsletter, false); err != nil {
			return web.Answer{}, err
		}
		return web.Page("stopped", nil)
	}
	return web.Page("stop", f)
}
