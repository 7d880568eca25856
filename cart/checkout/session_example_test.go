package checkout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// counter is a shop with a checkout counter: mugs at 11.90, tax within, five on the
// shelf, delivery in Germany at 4.90, and the code TEN for 10 % off, once.
type counter struct {
	now      time.Time
	options  *checkout.SessionOptions
	sessions *checkout.Sessions
	carts    *cart.Service
	gateway  *payment.Memory
}

func newCounter(ctx context.Context) (*counter, error) {
	c := &counter{now: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC), gateway: new(payment.Memory)}
	clock := func() time.Time { return c.now }
	db := new(flywheel.Memory)
	prices, err := pricing.New(nil, &pricing.Options{Config: pricing.Config{
		Lists:      []pricing.List{{ID: "shop", TaxIncluded: true, Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice("11.90", money.EUR)}}}},
		Taxes:      []pricing.Tax{{Class: "standard", Rate: money.Percent(19)}},
		Promotions: []pricing.Promotion{{ID: "ten", Percent: money.Percent(10), Coupon: "ten"}},
	}})
	if err != nil {
		return nil, err
	}
	catalog := flywheel.CatalogFunc(func(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
		items := map[flywheel.SKU]flywheel.Item{}
		for _, sku := range skus {
			if sku == "mug" {
				items[sku] = flywheel.Item{SKU: sku, Title: "Mug", TaxClass: "standard", Weight: 400}
			}
		}
		return items, nil
	})
	charge := money.New(490, money.EUR)
	network, err := fulfillment.New(fulfillment.Config{
		Calendar: fulfillment.Calendar{Zone: "Europe/Berlin", Handling: 1},
		Places:   []fulfillment.Place{{ID: "berlin", Country: "DE"}},
		Options: []fulfillment.Option{{
			ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: []fulfillment.Rate{{Price: charge}}, Days: [2]int{1, 2}, Tax: "class:standard",
		}},
	})
	if err != nil {
		return nil, err
	}
	stock, err := inventory.New(inventory.NewMemory(db), &inventory.Options{Now: clock})
	if err != nil {
		return nil, err
	}
	if err := stock.At("berlin").Receive(ctx, "delivery", []flywheel.Line{{SKU: "mug", Quantity: 5}}); err != nil {
		return nil, err
	}
	codes, err := coupon.New(coupon.NewMemory(db), &coupon.Options{Now: clock})
	if err != nil {
		return nil, err
	}
	if _, err := codes.SaveCampaign(ctx, coupon.Campaign{ID: "ten", Promotion: "ten", Limit: 1}); err != nil {
		return nil, err
	}
	if err := codes.Add(ctx, coupon.Code{Code: "TEN", Campaign: "ten"}); err != nil {
		return nil, err
	}
	if c.carts, err = cart.New(cart.NewMemory(db), &cart.Options{Now: clock, Prices: prices, Catalog: catalog}); err != nil {
		return nil, err
	}
	c.options = &checkout.SessionOptions{
		Carts: c.carts, Catalog: catalog, Network: network, Stock: stock, Codes: codes, DeliveryIncludesTax: true, Mode: order.OnPlace, Now: clock,
	}
	shop, err := checkout.NewShop(c.options) // what is added to orders later
	if err != nil {
		return nil, err
	}
	c.options.Orders, err = order.New(order.NewMemory(db), &order.Options{Now: clock, Gateway: c.gateway, Warehouse: stock, Coupons: codes, Shop: shop})
	if err != nil {
		return nil, err
	}
	c.sessions, err = checkout.NewSessions(checkout.NewMemory(db), c.options)
	return c, err
}

// ready is a session with a mug, an address, a delivery option and a card.
func (c *counter) ready(ctx context.Context, id string) (checkout.View, error) {
	_, err := c.carts.Create(ctx, cart.Cart{
		ID: cart.ID("cart-" + id), Visitor: "browser", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}},
	})
	if err != nil {
		return checkout.View{}, err
	}
	session := checkout.SessionID(id)
	if _, err := c.sessions.Open(ctx, cart.ID("cart-"+id), session); err != nil {
		return checkout.View{}, err
	}
	if _, err := c.sessions.SetBuyer(ctx, session, checkout.Buyer{Email: "anna@example.com"}); err != nil {
		return checkout.View{}, err
	}
	if _, err := c.sessions.SetAddress(ctx, session, order.Address{Country: "DE", Postcode: "10115"}, nil); err != nil {
		return checkout.View{}, err
	}
	if _, err := c.sessions.Choose(ctx, session, "standard"); err != nil {
		return checkout.View{}, err
	}
	return c.sessions.SetTenders(ctx, session, checkout.TenderChoice{Type: order.Card, Token: "tok"})
}

func show(v checkout.View, err error) {
	if err != nil {
		fmt.Println("error:", err)
	}
	fmt.Print(v.Status, " ", v.Version)
	for _, t := range v.Totals {
		fmt.Print(", ", t.Type, " ", t.Amount)
	}
	fmt.Println()
	for _, m := range v.Messages {
		fmt.Println(" ", m.Path, m.Text)
	}
}

// The way of a session: it says at each step what is missing.
func ExampleSessions() {
	ctx := context.Background()
	c, err := newCounter(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.carts.Create(ctx, cart.Cart{ID: "cart", Visitor: "browser", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(c.sessions.Open(ctx, "cart", "s"))
	show(c.sessions.SetBuyer(ctx, "s", checkout.Buyer{Email: "anna@example.com"}))
	show(c.sessions.SetAddress(ctx, "s", order.Address{Country: "DE", Postcode: "10115"}, nil))
	show(c.sessions.Choose(ctx, "s", "standard"))
	show(c.sessions.SetCodes(ctx, "s", "ten"))
	show(c.sessions.SetTenders(ctx, "s", checkout.TenderChoice{Type: order.Card, Token: "tok"}))
	v, err := c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "button-1", Order: "o-1"})
	show(v, err)
	fmt.Println(v.Order, v.Offers == nil)
	// Output:
	// incomplete 1, subtotal 23.80 EUR, total 23.80 EUR
	//   $.buyer.email Please enter your e-mail address.
	//   $.fulfillment.methods[0].destinations Please enter an address.
	//   $.payment.instruments Please choose a means of payment.
	// incomplete 1, subtotal 23.80 EUR, total 23.80 EUR
	//   $.fulfillment.methods[0].destinations Please enter an address.
	//   $.payment.instruments Please choose a means of payment.
	// incomplete 1, subtotal 23.80 EUR, total 23.80 EUR
	//   $.fulfillment.methods[0].groups[0].selected_option_id Please choose a delivery option.
	//   $.payment.instruments Please choose a means of payment.
	// incomplete 2, subtotal 23.80 EUR, fulfillment 4.90 EUR, total 28.70 EUR
	//   $.payment.instruments Please choose a means of payment.
	// incomplete 3, subtotal 23.80 EUR, items_discount -2.38 EUR, fulfillment 4.90 EUR, total 26.32 EUR
	//   $.payment.instruments Please choose a means of payment.
	// ready 4, subtotal 23.80 EUR, items_discount -2.38 EUR, fulfillment 4.90 EUR, total 26.32 EUR
	// completed 4, subtotal 23.80 EUR, items_discount -2.38 EUR, fulfillment 4.90 EUR, total 26.32 EUR
	// o-1 true
}

// A view is JSON for a page: amounts are texts, messages have their paths.
func ExampleView() {
	ctx := context.Background()
	c, err := newCounter(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := c.ready(ctx, "s")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.Marshal(v.Split)
	fmt.Println(string(text), err)
	var line checkout.ContentLine = v.Lines[0]
	var tax checkout.TaxTotal = v.Taxes[0]
	var share checkout.Share = v.Split[0]
	fmt.Println(v.Of(checkout.TotalFulfillment), tax.Rate, tax.Tax, line.SKU, v.Option, share.Points)
	for _, o := range v.Offers {
		fmt.Println(o.ID, o.Charge, o.Earliest, o.Latest)
	}
	// Output:
	// [{"tender":"card","amount":{"amount":"16.80","currency":"EUR"}}] <nil>
	// 4.90 EUR 0.19 2.68 EUR mug standard 0
	// standard 4.90 EUR 2026-03-12 2026-03-13
}

// What was confirmed is what is ordered: a version that is no longer the last one is
// refused, and the new one is shown.
func ExampleErrSeen() {
	ctx := context.Background()
	c, err := newCounter(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	seen, err := c.ready(ctx, "s")
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := c.carts.SetQuantity(ctx, "cart-s", "1", 2); err != nil {
		fmt.Println(err)
		return
	}
	v, err := c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Seen: seen.Version})
	fmt.Println(errors.Is(err, checkout.ErrSeen), v.Total, v.Messages[0].Code)
	v, err = c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Seen: v.Version})
	fmt.Println(v.Status, err)
	// Output:
	// true 28.70 EUR quote_changed
	// completed <nil>
}

// A use of a code is held while the bank asks its buyer; another buyer sees that it is
// gone, and that it is back.
func ExampleParticipantError() {
	ctx := context.Background()
	c, err := newCounter(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.gateway.Intercept(payment.Script{payment.OpAuthorize: {payment.Ask}}.Intercept())
	for _, id := range []string{"first", "second"} {
		if _, err := c.ready(ctx, id); err != nil {
			fmt.Println(err)
			return
		}
		if _, err := c.sessions.SetCodes(ctx, checkout.SessionID(id), "TEN"); err != nil {
			fmt.Println(err)
			return
		}
	}
	v, err := c.sessions.Place(ctx, checkout.PlaceRequest{Session: "first", Key: "k"})
	fmt.Println(v.Status, v.Action.Type != "", err)
	show(c.sessions.Get(ctx, "second"))
	c.now = c.now.Add(checkout.DefaultHoldTime) // the first buyer does not answer
	more, err := c.sessions.Advance(ctx, c.now)
	fmt.Println(more, err)
	show(c.sessions.Get(ctx, "second"))
	held := &checkout.ParticipantError{Participant: "coupon", Path: "$.discounts.codes", Err: coupon.ErrRefused}
	fmt.Println(errors.Is(held, flywheel.ErrConflict))
	// Output:
	// requires_action true <nil>
	// ready 5, subtotal 11.90 EUR, fulfillment 4.90 EUR, total 16.80 EUR
	//   $.discounts.codes[0] This code has been used up.
	// true <nil>
	// ready 6, subtotal 11.90 EUR, items_discount -1.19 EUR, fulfillment 4.90 EUR, total 15.61 EUR
	// true
}

// The gateway tells by webhook what became of a charge whose answer was lost.
func ExampleWebhooks() {
	ctx := context.Background()
	c, err := newCounter(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := payment.NewVerifier(5*time.Minute, "a secret that the gateway shares")
	if err != nil {
		fmt.Println(err)
		return
	}
	webhooks, err := checkout.NewWebhooks(c.sessions, c.options.Orders, verifier, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.gateway.Intercept(payment.Script{payment.OpAuthorize: {payment.LostAnswer}}.Intercept())
	if _, err := c.ready(ctx, "s"); err != nil {
		fmt.Println(err)
		return
	}
	v, err := c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k"})
	fmt.Println(v.Status, errors.Is(err, flywheel.ErrUnknownOutcome))

	body := []byte(`{"id":"w-1","type":"payment.authorized","session":"s"}`)
	for _, secret := range []string{"a guess", "a secret that the gateway shares", "a secret that the gateway shares"} {
		out, err := webhooks.Handle(ctx, payment.Sign(secret, body, c.now), body)
		switch {
		case err != nil:
			fmt.Println("refused:", errors.Is(err, flywheel.ErrForbidden))
		case out.Duplicate:
			fmt.Println("applied before")
		default:
			fmt.Println(out.View.Status)
		}
	}
	// Output:
	// completing true
	// refused: true
	// completed
	// applied before
}

// A job resumes what stopped on the way.
func ExampleSessions_ResumeAll() {
	ctx := context.Background()
	c, err := newCounter(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.gateway.Intercept(payment.Script{payment.OpAuthorize: {payment.Timeout}}.Intercept())
	if _, err := c.ready(ctx, "s"); err != nil {
		fmt.Println(err)
		return
	}
	v, _ := c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k"})
	fmt.Println(v.Status)
	n, err := c.sessions.ResumeAll(ctx)
	fmt.Println(n, err)
	v, err = c.sessions.Get(ctx, "s")
	fmt.Println(v.Status, err)

	of, err := c.sessions.Session(ctx, "s") // as it is stored
	fmt.Println(of.Pending(), of.Claim.Key, of.Tries, err)
	// Output:
	// completing
	// 1 <nil>
	// completed <nil>
	// false k 1 <nil>
}

// Whoever presses two buttons at once is told so, and a session that cannot be changed
// says why.
func ExampleSessionError() {
	ctx := context.Background()
	c, err := newCounter(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := c.ready(ctx, "s"); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := c.sessions.Cancel(ctx, "s"); err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.sessions.Review(ctx, "s", true)
	if e, ok := errors.AsType[*checkout.SessionError](err); ok {
		fmt.Println(e.Status, e.Status.Final(), errors.Is(err, flywheel.ErrConflict))
	}
	fmt.Println(errors.Is(checkout.ErrInFlight, flywheel.ErrConflict), errors.Is(checkout.ErrKeyTaken, flywheel.ErrKeyReused))
	// Output:
	// canceled true true
	// true true
}

// A store of one's own implements seven calls.
func ExampleSessionStore() {
	ctx := context.Background()
	var store checkout.SessionStore = checkout.NewMemory(nil)
	saved, err := store.SaveSession(ctx, checkout.Session{ID: "s", Cart: "c", Claim: checkout.Claim{Owner: "cart/c", Key: "k"}})
	fmt.Println(saved.Revision, err)
	_, err = store.SaveSession(ctx, checkout.Session{ID: "t", Cart: "c"})
	fmt.Println(errors.Is(err, checkout.ErrOpen))
	holder, err := store.KeyHolder(ctx, "cart/c", "k")
	fmt.Println(holder, err)
	// Output:
	// 1 <nil>
	// true
	// s <nil>
}

// The parts of a try: what is held for it, and what may have to be let go.
func ExampleTry() {
	try := checkout.Try{
		Ref: "try:s:1", Phase: checkout.TryAuthorizing, Held: true,
		Codes:    []checkout.HeldCode{{Code: "TEN", Amount: money.New(119, money.EUR)}},
		Balances: []checkout.HeldBalance{{Type: order.GiftCard, Account: "GC-1", Amount: money.New(500, money.EUR)}},
	}
	of := checkout.Session{Try: &try, Loose: []checkout.LooseCharge{{Key: "charge:s:0"}}}
	fmt.Println(of.Pending(), of.Try.Balances[0].Amount, len(of.Loose))
	m := checkout.Message{Type: checkout.MessageWarning, Code: checkout.CodeFinalSale, Path: "$.line_items[0]"}
	fmt.Println(m, m.Severity == checkout.Recoverable)
	// Output:
	// true 5.00 EUR 1
	// warning final_sale - $.line_items[0] false
}

// A shop of downloads needs carts, orders and prices, and nothing that ships.
func ExampleNewSessions() {
	ctx := context.Background()
	engine, err := pricing.Compile(pricing.Config{Lists: []pricing.List{{
		ID: "shop", TaxIncluded: true, Entries: []pricing.Entry{{SKU: "song", Unit: money.MustPrice("1.29", money.EUR)}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	carts, err := cart.New(nil, &cart.Options{Engine: engine})
	if err != nil {
		fmt.Println(err)
		return
	}
	options := checkout.SessionOptions{Carts: carts, Mode: order.OnPlace}
	shop, err := checkout.NewShop(&options) // prices what is added to an order later
	if err != nil {
		fmt.Println(err)
		return
	}
	if options.Orders, err = order.New(nil, &order.Options{Shop: shop}); err != nil {
		fmt.Println(err)
		return
	}
	sessions, err := checkout.NewSessions(nil, &options)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "song", Quantity: 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := sessions.Open(ctx, "c", "s")
	fmt.Println(v.Status, v.Total, err)
	if _, err := sessions.SetBuyer(ctx, "s", checkout.Buyer{Email: "anna@example.com"}); err != nil {
		fmt.Println(err)
		return
	}
	v, err = sessions.SetTenders(ctx, "s", checkout.TenderChoice{Type: order.Card, Token: "tok"})
	fmt.Println(v.Status, v.Split[0].Tender, v.Lines[0].Unit, len(v.Taxes), err)
	v, err = sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Order: "o"})
	fmt.Println(v.Status, v.Order, err)
	// Output:
	// incomplete 2.58 EUR <nil>
	// ready card 1.29 EUR 1 <nil>
	// completed o <nil>
}

// What took something off is told with its code and with what each line bears.
func ExampleAppliedCode() {
	ctx := context.Background()
	c, err := newCounter(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := c.ready(ctx, "s"); err != nil {
		fmt.Println(err)
		return
	}
	v, err := c.sessions.SetCodes(ctx, "s", " ten ")
	for _, a := range v.Applied {
		fmt.Println(a.Promotion, a.Code, a.Method, a.Amount, a.Allocations[0].Path, a.Allocations[0].Amount)
	}
	fmt.Println(err)
	// Output:
	// ten TEN each 1.19 EUR $.line_items[0] 1.19 EUR
	// <nil>
}

// Goods, codes, balances and points meet the session through small interfaces; this
// stock is told by hand.
func ExampleGoods() {
	var goods checkout.Goods = everything{}
	stock, err := goods.Available(context.Background(), []flywheel.SKU{"mug"})
	fmt.Println(stock["mug"].Untracked, err)
	var _ checkout.Balance = (*coupon.Cards)(nil) // gift cards
	// Output: true <nil>
}

type everything struct{ checkout.Goods }

func (everything) Available(_ context.Context, skus []flywheel.SKU) (fulfillment.Stock, error) {
	stock := fulfillment.Stock{}
	for _, sku := range skus {
		stock[sku] = fulfillment.Supply{Untracked: true}
	}
	return stock, nil
}
