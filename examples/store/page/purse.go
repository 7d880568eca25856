package page

import (
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// purse adds to the checkout what a member may pay with, and what is chosen of it.
func (s *Shop) purse(r *web.Request, v *checkoutView) (err error) {
	for _, t := range v.Session.Tenders {
		switch t.Type {
		case order.Points:
			v.UsePoints = true
		case order.StoreCredit:
			v.UseCredit = true
		case order.GiftCard:
			v.GiftCard = t.ID
		case order.Card:
			v.Card = v.Session.Metadata["card"]
		}
	}
	if r.Who.Customer == "" {
		return nil
	}
	if v.Points, err = s.Points.Spendable(r.Context(), r.Who.Customer); err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return err
	}
	if v.Credit, err = s.Credit.Spendable(r.Context(), string(r.Who.Customer), currency(r)); err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return err
	}
	return nil
}

// pay takes the means of payment: points, a gift card, credit, and a card as its token.
func (s *Shop) pay(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("number", "expiry", "keep", "giftcard", "points", "credit")
	if err != nil {
		return web.Answer{}, err
	}
	v, err := s.opened(r)
	if err != nil {
		return web.Answer{}, err
	}
	session, err := s.Sessions.Session(r.Context(), v.Session)
	if err != nil {
		return web.Answer{}, err
	}
	card, err := s.cardOf(f, &session)
	if e := (&entries{r: r, typed: f}); err != nil {
		if !e.mistake(err) {
			return web.Answer{}, err
		}
		return s.showWith(r, v, func(shown *checkoutView) { // what was typed stays, in this answer and nowhere else
			shown.form(e, "Payment")
			shown.GiftCard, shown.UsePoints, shown.UseCredit = f["giftcard"], f["points"] == "yes", f["credit"] == "yes"
		})
	}
	var tenders []checkout.TenderChoice
	if f["points"] == "yes" {
		tenders = append(tenders, checkout.TenderChoice{Type: order.Points})
	}
	if f["giftcard"] != "" {
		tenders = append(tenders, checkout.TenderChoice{Type: order.GiftCard, ID: f["giftcard"]})
	}
	if f["credit"] == "yes" {
		tenders = append(tenders, checkout.TenderChoice{Type: order.StoreCredit})
	}
	if card.Token != "" {
		tenders = append(tenders, checkout.TenderChoice{Type: order.Card, Token: card.Token})
	}
	if card.Last != "" {
		if err := s.note(r, v.Session, map[string]string{"card": card.String()}); err != nil {
			return web.Answer{}, err
		}
	}
	if v, err = s.Sessions.SetTenders(r.Context(), v.Session, tenders...); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/checkout")
}

// known fills in what the shop knows of a member: address of the account, and its first
// address.
func (s *Shop) known(r *web.Request, v checkout.View) (checkout.View, error) {
	if r.Who.Customer == "" {
		return v, nil
	}
	session, err := s.Sessions.Session(r.Context(), v.Session)
	if err != nil || session.Buyer.Email != "" {
		return v, err
	}
	of, err := s.Accounts.Get(r.Context(), r.Who.Customer)
	if err != nil {
		return v, err
	}
	if v, err = s.Sessions.SetBuyer(r.Context(), v.Session, checkout.Buyer{Email: of.Email, Name: of.Name}); err != nil || len(of.Addresses) == 0 {
		return v, err
	}
	a := of.Addresses[0]
	to := order.Address{Name: a.Name, Street: []string{a.Street}, Postcode: a.Postcode, City: a.City, Country: a.Country}
	if v, err = s.Sessions.SetAddress(r.Context(), v.Session, to, nil); err != nil {
		return v, err
	}
	return v, s.note(r, v.Session, map[string]string{"language": r.Language})
}
