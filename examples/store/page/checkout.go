package page

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Steps of the checkout, in order.
var steps = []string{"Address", "Delivery", "Payment", "Review"}

type checkoutView struct {
	checkout.View
	Session checkout.Session
	Steps   []string
	Now     string // the step that is open
	Names   map[flywheel.SKU]string
	// What a member may pay with besides a card.
	Points int64
	Credit money.Amount
	// What is chosen of these, and the card that a gift card is.
	UsePoints, UseCredit bool
	GiftCard             string
	Card                 string // as the buyer knows it
	Scripted             bool   // whether the store plays the gateway
	Address              addressForm
	Pay                  []entry
	Alerts               []string
}

// form shows a step with what was typed there and what is wrong with it.
func (v *checkoutView) form(e *entries, step string) {
	v.Now, v.Address, v.Pay = step, addressOf(e, &v.Session), payOf(e, v.Scripted)
}

// opened returns the session of the device's cart.
func (s *Shop) opened(r *web.Request) (checkout.View, error) {
	c, err := s.basketOf(r)
	if err != nil {
		return checkout.View{}, err
	}
	return s.Sessions.Open(r.Context(), c.ID, "")
}

// step shows the first step that is not done, or the one that is asked for.
func (s *Shop) step(r *web.Request) (web.Answer, error) {
	v, err := s.opened(r)
	if errors.Is(err, flywheel.ErrNotFound) {
		return r.Go("/cart")
	}
	if err != nil {
		return web.Answer{}, err
	}
	if v, err = s.known(r, v); err != nil {
		return web.Answer{}, err
	}
	return s.show(r, v)
}

func (s *Shop) show(r *web.Request, v checkout.View) (web.Answer, error) {
	return s.showWith(r, v, func(*checkoutView) {})
}

// showWith shows the session, changed by what only this answer has.
func (s *Shop) showWith(r *web.Request, v checkout.View, change func(*checkoutView)) (web.Answer, error) {
	session, err := s.Sessions.Session(r.Context(), v.Session)
	if err != nil {
		return web.Answer{}, err
	}
	shown := checkoutView{View: v, Session: session, Scripted: s.Scripted != nil, Steps: steps, Now: "Review", Names: map[flywheel.SKU]string{}}
	if err := s.purse(r, &shown); err != nil {
		return web.Answer{}, err
	}
	switch {
	case session.Address == nil || session.Buyer.Email == "":
		shown.Now = "Address"
	case session.Option == "" && shipped(&v):
		shown.Now = "Delivery"
	case len(session.Tenders) == 0:
		shown.Now = "Payment"
	}
	if asked, err := r.Text("step"); err != nil {
		return web.Answer{}, err
	} else if asked != "" {
		for _, step := range steps {
			if step == asked {
				shown.Now = asked
			}
		}
	}
	for _, l := range v.Lines {
		if shown.Names[l.SKU], err = s.title(r, l.SKU); err != nil {
			return web.Answer{}, err
		}
	}
	shown.form(&entries{r: r}, shown.Now)
	change(&shown)
	return web.Page("checkout", shown)
}

// shipped reports whether the session asks how its goods are to travel: a download does not.
func shipped(v *checkout.View) bool {
	return slices.ContainsFunc(v.Messages, func(m checkout.Message) bool { return strings.HasPrefix(m.Path, "$.fulfillment") })
}

// note adds to what the shop keeps of a session for itself.
func (s *Shop) note(r *web.Request, id checkout.SessionID, notes map[string]string) error {
	session, err := s.Sessions.Session(r.Context(), id)
	if err != nil {
		return err
	}
	kept := maps.Clone(notes)
	for name, text := range session.Metadata {
		if _, given := kept[name]; !given {
			kept[name] = text
		}
	}
	_, err = s.Sessions.SetMetadata(r.Context(), id, kept)
	return err
}

func (s *Shop) title(r *web.Request, sku flywheel.SKU) (string, error) {
	items, err := s.Products.Counter(data.Channel, catalog.Locale(r.Language)).Describe(r.Context(), sku)
	return items[sku].Title, err
}

// choose takes the delivery option.
func (s *Shop) choose(r *web.Request) (web.Answer, error) {
	option, err := r.Text("option")
	if err != nil {
		return web.Answer{}, err
	}
	v, err := s.opened(r)
	if err != nil {
		return web.Answer{}, err
	}
	if _, err := s.Sessions.Choose(r.Context(), v.Session, option); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/checkout")
}

// code takes a discount code; none takes it away.
func (s *Shop) code(r *web.Request) (web.Answer, error) {
	text, err := r.Text("code")
	if err != nil {
		return web.Answer{}, err
	}
	v, err := s.opened(r)
	if err != nil {
		return web.Answer{}, err
	}
	var codes []string
	if text != "" {
		codes = []string{text}
	}
	if v, err = s.Sessions.SetCodes(r.Context(), v.Session, codes...); err != nil {
		return web.Answer{}, err
	}
	return s.show(r, v)
}

// place orders what the buyer has seen. Pressed twice it orders once.
func (s *Shop) place(r *web.Request) (web.Answer, error) {
	seen, err := r.Number("seen", 0)
	if err != nil {
		return web.Answer{}, err
	}
	id, err := r.Text("session")
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.own(r, checkout.SessionID(id)); err != nil {
		return web.Answer{}, err
	}
	request := checkout.PlaceRequest{Session: checkout.SessionID(id), Key: "place-" + id, Seen: seen}
	v, err := s.Sessions.Place(r.Context(), request)
	for range 150 { // another tab is at it: the same request gets the same answer
		if !errors.Is(err, checkout.ErrInFlight) && !errors.Is(err, flywheel.ErrStale) {
			break
		}
		select {
		case <-r.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
		v, err = s.Sessions.Place(r.Context(), request)
	}
	return s.after(r, v, err)
}

// own refuses the session of somebody else like one that is not there.
func (s *Shop) own(r *web.Request, id checkout.SessionID) error {
	session, err := s.Sessions.Session(r.Context(), id)
	if err != nil {
		return err
	}
	if !flywheel.Allowed(r.Context(), session.Customer, session.Visitor) {
		return flywheel.ErrNotFound
	}
	return nil
}

// after goes on to the order, to the bank, or back to what is to be mended.
func (s *Shop) after(r *web.Request, v checkout.View, err error) (web.Answer, error) {
	switch {
	case v.Order != "":
		return r.Go("/orders/" + string(v.Order))
	case v.Action != nil:
		return r.Go("/bank?session=" + string(v.Session))
	case err != nil && (v.Session == "" || !errors.Is(err, flywheel.ErrConflict)):
		return web.Answer{}, err
	}
	return s.show(r, v)
}
