package page

import (
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// Bank is how the gateway of this store answers: a card that ends in 0002 is declined, one in
// 3155 asks the buyer to confirm, as the test cards of gateways do.
func Bank(c payment.Call) payment.Fault {
	if c.Operation != payment.OpAuthorize {
		return payment.Pass
	}
	switch c.Method {
	case "card-0002":
		return payment.Decline
	case "card-3155":
		return payment.Ask
	}
	return payment.Pass
}

type bankView struct {
	checkout.View
	Scripted bool // whether the store plays the bank
}

// bank is the page of the bank, played by the store; with another gateway it is the way to the
// bank, and back from there.
func (s *Shop) bank(r *web.Request) (web.Answer, error) {
	id, err := r.Text("session")
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.own(r, checkout.SessionID(id)); err != nil {
		return web.Answer{}, err
	}
	if back, err := r.Text("back"); err != nil {
		return web.Answer{}, err
	} else if back != "" && s.Scripted == nil {
		v, err := s.Sessions.FinishAction(r.Context(), checkout.SessionID(id))
		return s.after(r, v, err)
	}
	v, err := s.Sessions.Get(r.Context(), checkout.SessionID(id))
	if err != nil {
		return web.Answer{}, err
	}
	return web.Page("bank", bankView{v, s.Scripted != nil})
}

// answerBank is what the buyer says to the bank.
func (s *Shop) answerBank(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("session", "answer")
	if err != nil {
		return web.Answer{}, err
	}
	id := checkout.SessionID(f["session"])
	if err := s.own(r, id); err != nil {
		return web.Answer{}, err
	}
	v, err := s.Sessions.Get(r.Context(), id)
	if err != nil {
		return web.Answer{}, err
	}
	if v.Action != nil && s.Scripted != nil {
		if err := s.Scripted.Finish(v.Action.Authorization, f["answer"] == "yes"); err != nil {
			return web.Answer{}, err
		}
	}
	v, err = s.Sessions.FinishAction(r.Context(), id)
	return s.after(r, v, err)
}
