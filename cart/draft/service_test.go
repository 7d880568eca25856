package draft_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/draft"
	"github.com/flywheel-go/flywheel/cart/draft/drafttest"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// shop is a shop in memory: mugs at 11.90, tax within, a tenth off for everybody who
// does not buy by a draft, delivery in Germany at 4.90.
type shop struct {
	now      time.Time
	carts    *cart.Service
	sessions *checkout.Sessions
	orders   *order.Service
	stock    *inventory.Service
	gateway  *payment.Memory
	store    draft.Store
	drafts   *draft.Service
	options  *draft.Options
	lock     sync.Mutex
	events   map[string]int
}

func newShop(hook func(call string, after bool) error) (*shop, error) {
	s := &shop{now: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC), gateway: new(payment.Memory), events: map[string]int{}}
	clock := func() time.Time { return s.now }
	db := new(flywheel.Memory)
	prices, err := pricing.New(nil, &pricing.Options{Config: pricing.Config{
		Lists: []pricing.List{{ID: "shop", TaxIncluded: true, Entries: []pricing.Entry{
			{SKU: "mug", Unit: money.MustPrice("11.90", money.EUR)}, {SKU: "pot", Unit: money.MustPrice("0.99", money.EUR)},
		}}},
		Taxes:      []pricing.Tax{{Class: "standard", Rate: money.Percent(19)}},
		Promotions: []pricing.Promotion{{ID: "tenth", Percent: money.Percent(10)}},
	}})
	if err != nil {
		return nil, err
	}
	catalog := flywheel.CatalogFunc(func(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
		items := map[flywheel.SKU]flywheel.Item{}
		for _, sku := range skus {
			if sku != "ghost" {
				items[sku] = flywheel.Item{SKU: sku, Title: "The " + string(sku), TaxClass: "standard", Withdrawn: sku == "old"}
			}
		}
		return items, nil
	})
	network, err := fulfillment.New(fulfillment.Config{
		Places: []fulfillment.Place{{ID: "berlin", Country: "DE"}},
		Options: []fulfillment.Option{
			{ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: []fulfillment.Rate{{Price: money.New(490, money.EUR)}}, Days: [2]int{1, 2}, Tax: "class:standard"},
			{ID: "shop", Type: fulfillment.Pickup, Location: "berlin", Rates: []fulfillment.Rate{{Price: money.New(0, money.EUR)}}, Tax: "class:standard"},
		},
	})
	if err != nil {
		return nil, err
	}
	if s.stock, err = inventory.New(inventory.NewMemory(db), &inventory.Options{Now: clock}); err != nil {
		return nil, err
	}
	if err := s.stock.At("berlin").Receive(context.Background(), "delivery", []flywheel.Line{{SKU: "mug", Quantity: 500}, {SKU: "pot", Quantity: 5}}); err != nil {
		return nil, err
	}
	if s.carts, err = cart.New(cart.NewMemory(db), &cart.Options{Now: clock, Prices: prices, Catalog: catalog, ExpireAfter: time.Hour}); err != nil {
		return nil, err
	}
	if s.orders, err = order.New(order.NewMemory(db), &order.Options{Now: clock, Gateway: payment.Offline{Next: s.gateway}, Warehouse: s.stock}); err != nil {
		return nil, err
	}
	s.sessions, err = checkout.NewSessions(checkout.NewMemory(db), &checkout.SessionOptions{
		Carts: s.carts, Orders: s.orders, Catalog: catalog, Network: network, Stock: s.stock, DeliveryIncludesTax: true, Mode: order.OnPlace, Now: clock,
	})
	if err != nil {
		return nil, err
	}
	links, err := order.NewLinks([]byte("a secret of at least thirty-two bytes"))
	if err != nil {
		return nil, err
	}
	s.options = &draft.Options{
		Carts: s.carts, Sessions: s.sessions, Links: links, Catalog: catalog, Now: clock, Sink: flywheel.SinkFunc(s.publish),
	}
	s.store = draft.NewMemory(db)
	if hook != nil {
		s.store = drafttest.Failing(s.store, hook)
	}
	s.drafts, err = draft.New(s.store, s.options)
	return s, err
}

func (s *shop) publish(_ context.Context, events ...flywheel.Event) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	for i := range events {
		if err := events[i].Validate(); err != nil {
			return err
		}
		s.events[events[i].Name]++
	}
	return nil
}

func open(t *testing.T) *shop {
	s, err := newShop(nil)
	require.NoError(t, err)
	return s
}

// quote is a draft for Anna: 100 mugs at a fifth off, to be sent to Berlin.
func quote(key string) draft.Draft {
	return draft.Draft{
		Key: key, ID: draft.ID("d-" + key), By: "ben", Customer: "anna", Currency: money.EUR,
		Lines: []draft.Line{{SKU: "mug", Quantity: 100, Off: money.Percent(20)}, {SKU: "pot", Quantity: 3, Price: money.MustPrice("0.50", money.EUR), TaxIncluded: true}},
		Buyer: checkout.Buyer{Email: "anna@example.com", Name: "Anna"}, Address: &order.Address{Country: "DE", Postcode: "10115"},
		Deliveries: []checkout.DeliveryChoice{{Option: "standard"}}, Note: "As discussed on the telephone.",
	}
}

var (
	card   = checkout.TenderChoice{Type: order.Card, Token: "tok"}
	asAnna = flywheel.WithActor(context.Background(), flywheel.Actor{Customer: "anna"})
)

func sent(t *testing.T, s *shop, key string) (draft.Draft, draft.Link) {
	_, err := s.drafts.Create(t.Context(), quote(key))
	require.NoError(t, err)
	d, token, err := s.drafts.Send(t.Context(), draft.ID("d-"+key))
	require.NoError(t, err)
	return d, s.drafts.Link(d.ID, token)
}

func TestQuoteBecomesOrder(t *testing.T) {
	s, ctx := open(t), asAnna
	d, err := s.drafts.Create(t.Context(), quote("k"))
	require.NoError(t, err)
	require.Equal(t, money.MustPrice("9.52", money.EUR), d.Lines[0].Unit)
	require.Equal(t, money.MustPrice("11.90", money.EUR), d.Lines[0].Price, "the price of the day is fixed")
	require.True(t, d.Lines[0].TaxIncluded)
	require.Equal(t, s.now.Add(draft.DefaultValid), d.ValidUntil)
	d, token, err := s.drafts.Send(t.Context(), d.ID)
	require.NoError(t, err)
	_, again, err := s.drafts.Send(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, token, again)

	link := s.drafts.Link(d.ID, token)
	shown, err := link.See(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(95200+150+490), shown.View.Total.Minor(), "no promotion takes anything off what was agreed")
	require.Equal(t, "As discussed on the telephone.", shown.Note)
	_, err = link.ChooseFor(ctx, checkout.DeliveryChoice{Option: "shop"})
	require.ErrorIs(t, err, flywheel.ErrForbidden, "the delivery is agreed")
	_, err = link.SetTenders(ctx, checkout.TenderChoice{Type: order.Card, Token: "offline:cash"})
	require.ErrorIs(t, err, flywheel.ErrForbidden)
	_, err = link.SetTenders(t.Context(), checkout.TenderChoice{Type: order.StoreCredit})
	require.ErrorIs(t, err, flywheel.ErrForbidden, "whoever has the link does not have the customer's credit")
	_, err = link.SetTenders(ctx, checkout.TenderChoice{Type: order.StoreCredit})
	require.NoError(t, err)
	_, err = link.SetBuyer(ctx, checkout.Buyer{Email: "anna@work.example", VATExempt: true})
	require.NoError(t, err)
	v, err := link.SetTenders(ctx, card)
	require.NoError(t, err)
	require.Equal(t, checkout.Ready, v.Status, "%v", v.Messages)
	_, err = link.Place(ctx, "button", v.Version-1)
	require.ErrorIs(t, err, checkout.ErrSeen)
	s.now = s.now.Add(7 * time.Hour) // the session has expired, the quote has not
	shown, err = link.See(ctx)
	require.NoError(t, err)
	require.NotEqual(t, v.Session, shown.View.Session)
	v, err = link.SetTenders(ctx, card)
	require.NoError(t, err)
	v, err = link.Place(ctx, "button", v.Version)
	require.NoError(t, err)
	require.Equal(t, checkout.Completed, v.Status)
	twice, err := link.Place(ctx, "button", 0)
	require.NoError(t, err)
	require.Equal(t, v.Order, twice.Order)

	o, err := s.orders.Get(t.Context(), v.Order)
	require.NoError(t, err)
	require.Equal(t, "d-k", o.Metadata[draft.Metadata])
	require.Equal(t, flywheel.CustomerID("anna"), o.Customer)
	require.Equal(t, int64(95840), o.Payment.Captured.Minor())
	shown, err = link.See(ctx)
	require.NoError(t, err)
	require.Equal(t, draft.Ordered, shown.Status)
	require.Equal(t, v.Order, shown.View.Order)
	d, err = s.drafts.Get(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, v.Order, d.Order)
	_, err = link.SetTenders(ctx, card)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	_, err = s.drafts.Withdraw(t.Context(), d.ID)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	_, err = s.drafts.Change(t.Context(), d.ID, func(*draft.Draft) error { return nil })
	require.ErrorIs(t, err, flywheel.ErrConflict)
	require.Equal(t, map[string]int{draft.EventSent: 1, draft.EventOrdered: 1}, s.events)
}

// A shopper can neither make nor change a draft, whether it exists or not, nor reach
// what it agreed by way of cart and session.
func TestShoppersAreRefused(t *testing.T) {
	s := open(t)
	d, link := sent(t, s, "k")
	for _, id := range []draft.ID{d.ID, "other"} {
		for name, call := range map[string]func() error{
			"Get":    func() error { _, err := s.drafts.Get(asAnna, id); return err },
			"Create": func() error { _, err := s.drafts.Create(asAnna, quote("mine")); return err },
			"Change": func() error {
				_, err := s.drafts.Change(asAnna, id, func(*draft.Draft) error { return nil })
				return err
			},
			"Send":     func() error { _, _, err := s.drafts.Send(asAnna, id); return err },
			"Withdraw": func() error { _, err := s.drafts.Withdraw(asAnna, id); return err },
			"Place":    func() error { _, err := s.drafts.Place(asAnna, id, draft.Placing{Key: "k"}); return err },
			"Advance":  func() error { _, err := s.drafts.Advance(asAnna, s.now); return err },
			"List": func() (err error) {
				for _, err = range s.drafts.List(asAnna, draft.Filter{}) {
					break
				}
				return err
			},
		} {
			err := call()
			require.ErrorIs(t, err, flywheel.ErrForbidden, name)
			require.EqualError(t, err, draft.ErrStaff.Error(), "%s of %q says nothing else", name, id)
		}
	}
	shown, err := link.See(t.Context())
	require.NoError(t, err)
	session := shown.View.Session
	for name, call := range map[string]func() error{
		"add":      func() error { _, err := s.carts.Add(asAnna, d.Cart, cart.Line{SKU: "mug", Quantity: 1}); return err },
		"quantity": func() error { _, err := s.carts.SetQuantity(asAnna, d.Cart, "1", 1); return err },
		"delete":   func() error { return s.carts.Delete(asAnna, d.Cart) },
		"create": func() error {
			_, err := s.carts.Create(asAnna, cart.Cart{ID: "c", Customer: "anna", Currency: money.EUR, Draft: "d"})
			return err
		},
		"login":  func() error { _, err := s.carts.Login(asAnna, d.Cart, "anna"); return err },
		"merge":  func() error { _, err := s.carts.Merge(asAnna, d.Cart, "own"); return err },
		"absorb": func() error { _, err := s.carts.Merge(asAnna, "own", d.Cart); return err },
		"codes":  func() error { _, err := s.sessions.SetCodes(asAnna, session, "TEN"); return err },
		"choose": func() error { _, err := s.sessions.Choose(asAnna, session, "shop"); return err },
		"groups": func() error {
			_, err := s.sessions.ChooseFor(asAnna, session, checkout.DeliveryChoice{Option: "shop"})
			return err
		},
		"place": func() error {
			_, err := s.sessions.Place(asAnna, checkout.PlaceRequest{Session: session, Key: "past the link"})
			return err
		},
		"tax": func() error {
			_, err := s.sessions.SetBuyer(asAnna, session, checkout.Buyer{Email: "anna@example.com", VATExempt: true})
			return err
		},
		"metadata": func() error { _, err := s.sessions.SetMetadata(asAnna, session, nil); return err },
		"offline": func() error {
			_, err := s.sessions.SetTenders(asAnna, session, checkout.TenderChoice{Type: order.Card, Token: "offline:invoice"})
			return err
		},
	} {
		if name == "merge" {
			_, err := s.carts.Create(t.Context(), cart.Cart{ID: "own", Customer: "anna", Currency: money.EUR})
			if !errors.Is(err, flywheel.ErrConflict) {
				require.NoError(t, err)
			}
		}
		if name == "absorb" {
			_, err := s.carts.Create(t.Context(), cart.Cart{ID: "own", Customer: "anna", Currency: money.EUR})
			if !errors.Is(err, flywheel.ErrConflict) {
				require.NoError(t, err)
			}
		}
		require.ErrorIs(t, call(), flywheel.ErrForbidden, name)
	}
	// A guest's cart is not merged into what was agreed.
	_, err = s.carts.Create(t.Context(), cart.Cart{ID: "guest", Visitor: "browser", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}}})
	require.NoError(t, err)
	require.NoError(t, s.carts.Delete(t.Context(), "own"))
	c, err := s.carts.Login(t.Context(), "guest", "anna")
	require.NoError(t, err)
	require.Equal(t, cart.ID("guest"), c.ID)
	// Nor does time end it.
	for more := true; more; {
		more, err = s.carts.Advance(t.Context(), s.now.Add(48*time.Hour))
		require.NoError(t, err)
	}
	c, err = s.carts.Get(t.Context(), d.Cart)
	require.NoError(t, err)
	require.Equal(t, cart.Open, c.Status)
}

// What the buyer told staff that he consents to stays, whatever the link's form sends.
func TestConsentStays(t *testing.T) {
	s, ctx := open(t), t.Context()
	q := quote("k")
	q.Buyer.Consent = []string{"terms"}
	_, err := s.drafts.Create(ctx, q)
	require.NoError(t, err)
	d, token, err := s.drafts.Send(ctx, "d-k")
	require.NoError(t, err)
	for _, c := range []struct{ said, want []string }{{nil, []string{"terms"}}, {[]string{"news", "terms"}, []string{"terms", "news"}}} {
		v, err := s.drafts.Link(d.ID, token).SetBuyer(ctx, checkout.Buyer{Email: "anna@example.com", Consent: c.said})
		require.NoError(t, err)
		of, err := s.sessions.Session(ctx, v.Session)
		require.NoError(t, err)
		require.Equal(t, c.want, of.Buyer.Consent)
	}
}

// A draft that is for nobody known is for nobody whose name follows from its ID.
func TestStrangersDraft(t *testing.T) {
	s, ctx := open(t), t.Context()
	q := quote("k")
	q.Customer = ""
	_, err := s.drafts.Create(ctx, q)
	require.NoError(t, err)
	d, token, err := s.drafts.Send(ctx, "d-k")
	require.NoError(t, err)
	_, err = s.drafts.Link(d.ID, token).See(ctx)
	require.NoError(t, err)
	for _, visitor := range []flywheel.VisitorID{"draft:d-k", "d-k", ""} {
		_, err = s.sessions.Open(flywheel.WithActor(ctx, flywheel.Actor{Visitor: visitor}), d.Cart, "")
		require.Error(t, err, "%q", visitor)
	}
}

func TestCreateOnce(t *testing.T) {
	s, ctx := open(t), t.Context()
	first, err := s.drafts.Create(ctx, quote("k"))
	require.NoError(t, err)
	again, err := s.drafts.Create(ctx, quote("k"))
	require.NoError(t, err)
	require.Equal(t, first, again)
	other := quote("k")
	other.Lines[0].Quantity++
	_, err = s.drafts.Create(ctx, other)
	require.ErrorIs(t, err, flywheel.ErrKeyReused)
	var wg sync.WaitGroup
	got := make([]draft.ID, 8)
	for i := range got {
		wg.Go(func() {
			q := quote("parallel")
			q.ID = ""
			d, err := s.drafts.Create(ctx, q)
			if err == nil {
				got[i] = d.ID
			}
		})
	}
	wg.Wait()
	require.NotEmpty(t, got[0])
	require.Len(t, slices.Compact(got), 1)
	n := 0
	for _, err := range s.drafts.List(ctx, draft.Filter{By: "ben", Customer: "anna", Status: draft.Open}) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 2, n)
}

func TestBadTerms(t *testing.T) {
	s, ctx := open(t), t.Context()
	for field, c := range map[string]struct {
		kind error
		edit func(d *draft.Draft)
	}{
		"key":               {flywheel.ErrInvalid, func(d *draft.Draft) { d.Key = "" }},
		"by":                {flywheel.ErrInvalid, func(d *draft.Draft) { d.By = "" }},
		"currency":          {flywheel.ErrInvalid, func(d *draft.Draft) { d.Currency = money.Currency{} }},
		"lines":             {flywheel.ErrInvalid, func(d *draft.Draft) { d.Lines = nil }},
		"lines[0].quantity": {flywheel.ErrOutOfRange, func(d *draft.Draft) { d.Lines[0].Quantity = 0 }},
		"lines[1].price":    {flywheel.ErrInvalid, func(d *draft.Draft) { d.Lines[1].Price = money.MustPrice("1", money.USD) }},
		"lines[0].off":      {flywheel.ErrOutOfRange, func(d *draft.Draft) { d.Lines[0].Off = money.Percent(101) }},
		"lines[0].sku":      {flywheel.ErrNotFound, func(d *draft.Draft) { d.Lines[0].SKU = "ghost" }},
		"lines[1].sku":      {flywheel.ErrNotFound, func(d *draft.Draft) { d.Lines[1].SKU = "old" }},
		"note":              {flywheel.ErrLimit, func(d *draft.Draft) { d.Note = string(make([]byte, draft.MaxNote+1)) }},
		"valid_until":       {flywheel.ErrOutOfRange, func(d *draft.Draft) { d.ValidUntil = s.now }},
		"customer":          {flywheel.ErrInvalid, func(d *draft.Draft) { d.Customer = " " }},
		"lines[2].sku":      {flywheel.ErrInvalid, func(d *draft.Draft) { d.Lines = append(d.Lines, d.Lines[1]) }},
	} {
		d := quote("bad")
		c.edit(&d)
		_, err := s.drafts.Create(ctx, d)
		require.ErrorIs(t, err, c.kind, field)
		require.ErrorContains(t, err, field)
		_, err = s.drafts.Get(ctx, "d-bad")
		require.ErrorIs(t, err, flywheel.ErrNotFound, "nothing was saved")
	}
	d := quote("unpriced")
	d.Lines[0].SKU = "vase" // it is in the catalog, but on no list
	_, err := s.drafts.Create(ctx, d)
	require.ErrorIs(t, err, pricing.ErrNoPrice)
	_, err = draft.New(nil, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestChangeTakesBackWhatWasSent(t *testing.T) {
	s, ctx := open(t), t.Context()
	d, link := sent(t, s, "k")
	before := d.Cart
	_, err := link.See(ctx)
	require.NoError(t, err)
	d, err = s.drafts.Change(ctx, d.ID, func(d *draft.Draft) error {
		d.Lines[0].Off = money.Percent(50)
		d.Lines[1].Price = money.Price{}
		d.Deliveries = nil
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, draft.Open, d.Status)
	require.Equal(t, money.MustPrice("5.95", money.EUR), d.Lines[0].Unit)
	require.Equal(t, money.MustPrice("0.99", money.EUR), d.Lines[1].Unit)
	_, err = link.See(ctx)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	_, err = s.carts.Get(ctx, before)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	d, token, err := s.drafts.Send(ctx, d.ID)
	require.NoError(t, err)
	_, err = link.See(ctx)
	require.ErrorIs(t, err, flywheel.ErrUnauthenticated, "the old link is of an earlier sending")
	link = s.drafts.Link(d.ID, token)
	v, err := link.ChooseFor(ctx, checkout.DeliveryChoice{Option: "shop"})
	require.NoError(t, err, "staff left it open")
	require.Equal(t, int64(59500+297), v.Total.Minor())
	fail := errors.New("no")
	_, err = s.drafts.Change(ctx, d.ID, func(*draft.Draft) error { return fail })
	require.ErrorIs(t, err, fail)
	after, err := s.drafts.Get(ctx, d.ID)
	require.NoError(t, err)
	require.Equal(t, d, after)

	_, err = s.drafts.Withdraw(ctx, d.ID)
	require.NoError(t, err)
	_, err = s.drafts.Withdraw(ctx, d.ID)
	require.NoError(t, err, "again it does nothing")
	_, err = link.See(ctx)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	_, _, err = s.drafts.Send(ctx, d.ID)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	require.Equal(t, map[string]int{draft.EventSent: 2, draft.EventWithdrawn: 1}, s.events)
	for _, forged := range []string{"", "x", token + "A", token[:len(token)-1]} {
		_, err = s.drafts.Link(d.ID, forged).See(ctx)
		require.ErrorIs(t, err, flywheel.ErrUnauthenticated)
	}
	_, err = s.drafts.Link("other", token).See(ctx)
	require.EqualError(t, err, order.ErrLink.Error(), "as if it were not there")
}

func TestQuotesExpire(t *testing.T) {
	s, ctx := open(t), t.Context()
	d, link := sent(t, s, "k")
	_, other := sent(t, s, "paying")
	_, err := other.SetTenders(ctx, card)
	require.NoError(t, err)
	s.now = d.ValidUntil.Add(-time.Minute)
	_, err = link.See(ctx)
	require.NoError(t, err)
	s.gateway.Intercept(payment.Script{payment.OpAuthorize: {payment.Ask}}.Intercept())
	_, err = other.SetTenders(ctx, card)
	require.NoError(t, err)
	v, err := other.Place(ctx, "button", 0)
	require.NoError(t, err)
	require.Equal(t, checkout.RequiresAction, v.Status)
	_, err = s.drafts.Withdraw(ctx, "d-paying")
	require.ErrorIs(t, err, flywheel.ErrConflict, "it is being paid")
	_, err = s.drafts.Change(ctx, "d-paying", func(*draft.Draft) error { return nil })
	require.ErrorIs(t, err, flywheel.ErrConflict)
	s.now = d.ValidUntil
	_, err = link.See(ctx)
	require.ErrorIs(t, err, flywheel.ErrExpired)
	more, err := s.drafts.Advance(ctx, s.now)
	require.NoError(t, err)
	require.True(t, more)
	d, err = s.drafts.Get(ctx, d.ID)
	require.NoError(t, err)
	require.Equal(t, draft.Expired, d.Status)
	paying, err := s.drafts.Get(ctx, "d-paying")
	require.NoError(t, err)
	require.Equal(t, draft.Sent, paying.Status, "what is being paid is not ended")
	_, _, err = s.drafts.Send(ctx, d.ID)
	require.ErrorIs(t, err, flywheel.ErrExpired)
	require.NoError(t, s.gateway.Finish(v.Action.Authorization, true))
	v, err = s.sessions.FinishAction(ctx, v.Session) // a webhook, say
	require.NoError(t, err)
	require.Equal(t, checkout.Completed, v.Status)
	s.now = s.now.Add(2 * time.Minute)
	_, err = s.drafts.Advance(ctx, s.now)
	require.NoError(t, err)
	paying, err = s.store.Get(ctx, "d-paying")
	require.NoError(t, err)
	require.Equal(t, draft.Ordered, paying.Status)
	require.Equal(t, v.Order, paying.Order)
	more, err = s.drafts.Advance(ctx, s.now.Add(1000*time.Hour))
	require.NoError(t, err)
	require.False(t, more)
	require.Equal(t, map[string]int{draft.EventSent: 2, draft.EventExpired: 1, draft.EventOrdered: 1}, s.events)
	require.NoError(t, s.drafts.Forget(ctx, "anna"))
	_, err = s.drafts.Get(ctx, d.ID)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

// Staff places a draft that is paid by invoice, and takes goods back for it.
func TestStaffPlacesOffline(t *testing.T) {
	s, ctx := open(t), t.Context()
	q := quote("counter")
	q.Customer = "" // somebody at the counter
	d, err := s.drafts.Create(ctx, q)
	require.NoError(t, err)
	v, err := s.drafts.Place(ctx, d.ID, draft.Placing{Key: "k", Order: "o", Tenders: []checkout.TenderChoice{{Type: order.Card, Token: "offline:invoice"}}})
	require.NoError(t, err)
	require.Equal(t, checkout.Completed, v.Status)
	again, err := s.drafts.Place(ctx, d.ID, draft.Placing{Key: "k", Order: "o", Tenders: []checkout.TenderChoice{{Type: order.Card, Token: "offline:invoice"}}})
	require.NoError(t, err)
	require.Equal(t, v.Order, again.Order)
	o, err := s.orders.Get(ctx, "o")
	require.NoError(t, err)
	require.Equal(t, int64(95840), o.Payment.Captured.Minor())
	require.Empty(t, s.gateway.Payments(), "no gateway was asked")
	r, err := s.orders.Do(ctx, "o", &order.CallOff{Lines: map[string]int64{"2": 1}})
	require.NoError(t, err)
	require.Equal(t, int64(50), r.Refund.Total.Minor())
}

// TestStopAnywhere stops a draft's life before and after each call of its store, goes on
// with the same call, and finds one order, no cart left, and each event once.
func TestStopAnywhere(t *testing.T) {
	stopped := errors.New("stopped")
	total := 0
	for at := 0; ; at++ {
		n, hit, over := 0, "", false
		s, err := newShop(func(call string, after bool) error {
			if n++; n == at+1 && !over {
				hit = fmt.Sprint(call, after)
				return stopped
			}
			return nil
		})
		require.NoError(t, err)
		do := func(fn func() error) {
			err := fn()
			if errors.Is(err, stopped) || errors.Is(err, flywheel.ErrStale) {
				err = fn()
			}
			require.NoError(t, err, "at %d: %s", at, hit)
		}
		ctx := t.Context()
		var token string
		do(func() error { _, err := s.drafts.Create(ctx, quote("k")); return err })
		do(func() (err error) { _, token, err = s.drafts.Send(ctx, "d-k"); return err })
		do(func() error {
			_, err := s.drafts.Change(ctx, "d-k", func(d *draft.Draft) error { d.Lines[0].Off = money.Percent(25); return nil })
			return err
		})
		do(func() (err error) { _, token, err = s.drafts.Send(ctx, "d-k"); return err })
		do(func() error { _, err := s.drafts.Link("d-k", token).SetTenders(ctx, card); return err })
		var v checkout.View
		do(func() (err error) { v, err = s.drafts.Link("d-k", token).Place(ctx, "button", 0); return err })
		do(func() error { _, err := s.drafts.Create(ctx, quote("w")); return err })
		do(func() error { _, _, err := s.drafts.Send(ctx, "d-w"); return err })
		do(func() error { _, err := s.drafts.Withdraw(ctx, "d-w"); return err })
		do(func() error { _, err := s.drafts.Get(ctx, "d-k"); return err })
		over = true
		require.Equal(t, checkout.Completed, v.Status, "at %d: %s", at, hit)
		d, err := s.store.Get(ctx, "d-k")
		require.NoError(t, err)
		require.Equal(t, draft.Ordered, d.Status)
		require.Equal(t, v.Order, d.Order)
		o, err := s.orders.Get(ctx, v.Order)
		require.NoError(t, err)
		require.Equal(t, int64(89300+150+490), o.Total.Minor(), "at %d: %s: the changed terms", at, hit)
		orders, carts := 0, 0
		for _, err := range s.orders.List(ctx, order.Filter{}) {
			require.NoError(t, err)
			orders++
		}
		for c, err := range s.carts.List(ctx, cart.Filter{}) {
			require.NoError(t, err)
			if c.Status == cart.Open && c.Frozen == "" {
				carts++
			}
		}
		require.Equal(t, 1, orders)
		require.Zero(t, carts, "at %d: %s: a cart of a draft is left open", at, hit)
		require.Equal(t, map[string]int{draft.EventSent: 3, draft.EventOrdered: 1, draft.EventWithdrawn: 1}, s.events, "at %d: %s", at, hit)
		if hit == "" {
			break
		}
		total++
	}
	require.Greater(t, total, 30)
}
