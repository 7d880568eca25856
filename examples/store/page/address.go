package page

import (
	"cmp"
	"net/mail"
	"strings"

	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// addressForm is the step of the address: its fields, and the address that the table of places
// has in place of the one that was typed.
type addressForm struct {
	Who, Where []entry
	Country    string
	Wrong      string // what is wrong with the country
	Countries  []data.Country
	Correct    *order.Address
}

// addressOf fills the step from the session, and from what was typed and refused.
func addressOf(e *entries, session *checkout.Session) addressForm {
	at := order.Address{Country: e.r.Place.Country}
	if session.Address != nil {
		at = *session.Address
	}
	f := addressForm{Countries: data.Countries, Country: cmp.Or(e.typed["country"], at.Country), Wrong: e.wrong["country"]}
	f.Who = e.with(
		entry{Name: "email", Label: "E-mail", Type: "email", Auto: "email", Value: session.Buyer.Email, Say: "“%s” is no e-mail address such as anna@example.com."},
		entry{Name: "name", Label: "Name", Auto: "name", Value: session.Buyer.Name},
		entry{Name: "street", Label: "Street and number", Auto: "street-address", Value: strings.Join(at.Street, " ")},
		entry{Name: "postcode", Label: "Postcode", Auto: "postal-code", Mode: "numeric", Value: at.Postcode},
		entry{Name: "city", Label: "City", Auto: "address-level2", Value: at.City},
	)
	f.Where = e.with(entry{Name: "phone", Label: "Phone (optional)", Type: "tel", Auto: "tel", Mode: "tel", Optional: true, Value: session.Buyer.Phone, Hint: "We call only if the parcel cannot be delivered."})
	return f
}

// address takes who buys and where it goes. What cannot be is said beside its field, and an
// address that the table of places has otherwise is shown for the buyer to choose.
func (s *Shop) address(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("email", "name", "street", "postcode", "city", "country", "phone", "sure")
	if err != nil {
		return web.Answer{}, err
	}
	v, err := s.opened(r)
	if err != nil {
		return web.Answer{}, err
	}
	e := &entries{r: r, typed: f}
	if _, err := mail.ParseAddress(f["email"]); err != nil {
		e.is("email", "“%s” is no e-mail address such as anna@example.com.", f["email"])
	}
	for field, label := range map[string]string{"name": "Name", "street": "Street and number", "city": "City"} {
		if f[field] == "" {
			e.is(field, "“%s” is empty.", say(r.Language, label))
		}
	}
	to := order.Address{Name: f["name"], Street: []string{f["street"]}, Postcode: f["postcode"], City: f["city"], Country: f["country"]}
	better, err := s.Addresses.Check(to)
	if err != nil && !e.mistake(err) {
		return web.Answer{}, err
	}
	if len(e.wrong) > 0 {
		return s.showWith(r, v, func(shown *checkoutView) { shown.form(e, "Address") })
	}
	if to.Postcode = better.Postcode; better.City != to.City && f["sure"] == "" {
		return s.showWith(r, v, func(shown *checkoutView) {
			shown.form(e, "Address")
			shown.Address.Correct = &better
		})
	}
	if f["sure"] == "better" {
		to = better
	}
	if _, err := s.Sessions.SetBuyer(r.Context(), v.Session, checkout.Buyer{Email: f["email"], Name: f["name"], Phone: f["phone"]}); err != nil {
		return web.Answer{}, err
	}
	if _, err := s.Sessions.SetAddress(r.Context(), v.Session, to, nil); err != nil {
		return web.Answer{}, err
	}
	if err := s.note(r, v.Session, map[string]string{"language": r.Language}); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/checkout")
}
