package data

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// Clock is a clock that can be held at an instant, while a past is made up. The zero value
// shows Base; it is safe for concurrent use.
type Clock struct {
	Base func() time.Time
	held atomic.Pointer[time.Time]
}

// Now is the instant at which the clock is held, else that of Base.
func (c *Clock) Now() time.Time {
	if at := c.held.Load(); at != nil {
		return *at
	}
	return c.Base()
}

// Past makes up what happened in a shop before it was opened: visits, orders, parcels, returns,
// reviews and purchase orders, by the services themselves under a clock that is held at each
// instant, so that everything that learns has something to learn from. The same seed makes the
// same past.
type Past struct {
	Clock     *Clock
	Products  *catalog.Service
	Prices    *pricing.Service
	Events    *segment.Log
	Carts     *cart.Service
	Sessions  *checkout.Sessions
	Orders    *order.Service
	Stock     *inventory.Service
	Suppliers *supplier.Service
	Reviews   *review.Service
	Wheel     *segment.Runner
	Seed      uint64

	goods  []Good
	random *rand.Rand
	later  []later
	n      int
}

// later is something that follows on a day.
type later struct {
	day int
	do  func(ctx context.Context) error
}

var firstNames = []string{"Anna", "Ben", "Clara", "David", "Emma", "Finn", "Greta", "Hannes", "Ida", "Jonas", "Klara", "Leo", "Mia", "Noah", "Olga", "Paul"}

// Make makes up so many days before now, unless the shop has orders already.
func (p *Past) Make(ctx context.Context, days int) error {
	for _, err := range p.Orders.List(ctx, order.Filter{}) {
		return err // there is a past
	}
	if err := p.choose(ctx); err != nil || len(p.goods) == 0 {
		return err
	}
	p.random = rand.New(rand.NewPCG(p.Seed, 0x9a57))
	now := p.Clock.Base()
	defer p.Clock.held.Store(nil)
	for day := range days {
		morning := time.Date(now.Year(), now.Month(), now.Day()-days+day, 9, 0, 0, 0, Location)
		p.hold(morning)
		due := p.later
		p.later = nil
		for _, l := range due {
			if l.day > day {
				p.later = append(p.later, l)
			} else if err := refused(l.do(ctx)); err != nil {
				return err
			}
		}
		// More is bought on Sundays, and more as the shop becomes known.
		mean := .8 + .9*float64(day)/float64(days)
		if morning.Weekday() == time.Sunday {
			mean *= 1.6
		}
		for n := poisson(p.random, mean); n > 0; n-- {
			p.hold(p.Clock.Now().Add(time.Duration(1+p.random.IntN(90)) * time.Minute))
			if err := refused(p.buy(ctx, day)); err != nil {
				return err
			}
		}
		if day%7 == 6 {
			if err := p.restock(ctx, day); err != nil {
				return err
			}
			if err := p.Wheel.Drain(ctx); err != nil {
				return err
			}
		}
	}
	return p.Wheel.Drain(ctx)
}

// refused lets pass what a shop may refuse to its customers, such as goods that are gone.
func refused(err error) error {
	if errors.Is(err, flywheel.ErrConflict) {
		return nil
	}
	return err
}

// choose keeps of the goods of the shop what has a price.
func (p *Past) choose(ctx context.Context) error {
	goods, err := Sold(ctx, p.Products)
	if err != nil {
		return err
	}
	p.goods = nil
	for _, g := range goods {
		priced, err := p.Prices.Listed(money.EUR, p.Clock.Base(), g.SKUs()...)
		if err != nil {
			return err
		}
		if len(g.Items) > 0 {
			g.Items = slices.DeleteFunc(slices.Clone(g.Items), func(sku flywheel.SKU) bool { _, has := priced[sku]; return !has })
		}
		if len(priced) > 0 {
			p.goods = append(p.goods, g)
		}
	}
	return nil
}

func (p *Past) hold(at time.Time) { p.Clock.held.Store(&at) }

// poisson draws a number with a mean: Knuth's product of uniform numbers (The Art of Computer
// Programming, vol. 2, 3.4.1).
func poisson(random *rand.Rand, mean float64) (n int) {
	for left := random.Float64(); left > math.Exp(-mean); n++ {
		left *= random.Float64()
	}
	return n
}

// good draws a good, those at the front of the assortment more often.
func (p *Past) good() flywheel.SKU {
	g := &p.goods[min(int(p.random.ExpFloat64()*2.5), len(p.goods)-1)]
	skus := g.SKUs()
	return skus[min(int(p.random.ExpFloat64()), len(skus)-1)]
}

func (p *Past) id(kind string) string {
	p.n++
	return fmt.Sprintf("past-%s-%d", kind, p.n)
}

// buy is one visit: some goods are looked at, and some of these are bought.
func (p *Past) buy(ctx context.Context, day int) error {
	who := p.random.IntN(60)
	name := firstNames[who%len(firstNames)]
	visitor, customer := flywheel.VisitorID(fmt.Sprintf("past-visitor-%d", who)), flywheel.CustomerID("")
	if who%3 != 0 {
		customer = flywheel.CustomerID(fmt.Sprintf("past-%d", who))
	}
	c := cart.Cart{Visitor: visitor, Customer: customer, Currency: money.EUR}
	for range 1 + p.random.IntN(4) {
		sku := p.good()
		if err := p.Events.Publish(ctx, flywheel.Event{ID: p.id("view"), Name: flywheel.EventViewItem, Time: p.Clock.Now(), Customer: customer, Visitor: visitor, Lines: []flywheel.Line{{SKU: sku}}}); err != nil {
			return err
		}
		has, err := p.Stock.Available(ctx, []flywheel.SKU{sku})
		if err != nil {
			return err
		}
		if free, counted := has.Count(sku); !counted || free > 2 && len(c.Lines) < 2 && p.random.IntN(2) == 0 {
			c.Lines = append(c.Lines, cart.Line{SKU: sku, Quantity: int64(1 + p.random.IntN(2))})
		}
	}
	if len(c.Lines) == 0 {
		return nil
	}
	opened, err := p.Carts.Create(ctx, c)
	if err != nil {
		return err
	}
	return p.place(ctx, opened, name, who, day)
}

// place goes through the checkout, and plans what follows.
func (p *Past) place(ctx context.Context, c cart.Cart, name string, who, day int) error {
	v, err := p.Sessions.Open(ctx, c.ID, "")
	if err != nil {
		return err
	}
	email := fmt.Sprintf("%s.%d@example.com", name, who)
	if _, err := p.Sessions.SetBuyer(ctx, v.Session, checkout.Buyer{Email: email, Name: name}); err != nil {
		return err
	}
	to := order.Address{Name: name, Street: []string{fmt.Sprintf("Torstraße %d", 1+who)}, Postcode: "10115", City: "Berlin", Country: "DE"}
	if v, err = p.Sessions.SetAddress(ctx, v.Session, to, nil); err != nil {
		return err
	}
	for i := range v.Offers {
		if !v.Offers[i].Latest.IsZero() {
			if _, err := p.Sessions.Choose(ctx, v.Session, v.Offers[i].ID); err != nil {
				return err
			}
			break
		}
	}
	if _, err := p.Sessions.SetMetadata(ctx, v.Session, map[string]string{"language": "de"}); err != nil {
		return err
	}
	if v, err = p.Sessions.SetTenders(ctx, v.Session, checkout.TenderChoice{Type: order.Card, Token: "card-4242"}); err != nil {
		return err
	}
	if v, err = p.Sessions.Place(ctx, checkout.PlaceRequest{Session: v.Session, Key: "place-" + string(v.Session), Seen: v.Version}); err != nil || v.Order == "" {
		return err
	}
	p.follow(v.Order, c.Customer, name, day)
	return nil
}

// follow plans what becomes of an order: it is sent, arrives, is reviewed, or comes back.
func (p *Past) follow(id order.ID, customer flywheel.CustomerID, name string, day int) {
	back, says := p.random.IntN(12) == 0, customer != "" && p.random.IntN(3) == 0
	stars := min(5, 3+p.random.IntN(4))
	do := func(after int, what func(ctx context.Context, o *order.Order) (order.Command, error)) {
		p.later = append(p.later, later{day + after, func(ctx context.Context) error {
			o, err := p.Orders.Get(ctx, id)
			if err != nil {
				return err
			}
			c, err := what(ctx, &o)
			if err != nil || c == nil {
				return err
			}
			_, err = p.Orders.Do(ctx, id, c)
			return err
		}})
	}
	do(1, func(_ context.Context, o *order.Order) (order.Command, error) {
		if len(o.Parcels) == 0 {
			return nil, nil
		}
		return &order.Ship{Parcel: o.Parcels[0].ID, Carrier: Carriers[0], Tracking: "0034" + o.Number}, nil
	})
	do(3, func(_ context.Context, o *order.Order) (order.Command, error) {
		if len(o.Parcels) == 0 || o.Parcels[0].Status != order.ParcelShipped {
			return nil, nil
		}
		return &order.Deliver{Parcel: o.Parcels[0].ID}, nil
	})
	if says {
		do(9, func(ctx context.Context, o *order.Order) (order.Command, error) {
			return nil, p.review(ctx, o, name, stars)
		})
	}
	if back {
		do(10, func(_ context.Context, o *order.Order) (order.Command, error) {
			if o.Lines[0].Fulfilled() == 0 || o.Lines[0].DeliveredAt.IsZero() { // a download does not come back
				return nil, nil
			}
			return &order.RequestReturn{ID: "r1", Lines: map[string]int64{o.Lines[0].ID: 1}, Reason: order.ChangedMind}, nil
		})
		do(14, func(_ context.Context, o *order.Order) (order.Command, error) {
			if o.RMA("r1") == nil {
				return nil, nil
			}
			return &order.Receive{ID: "r1", Lines: map[string]order.Received{o.Lines[0].ID: {Accepted: 1, Condition: "new", Restock: fulfillment.DefaultLocation}}}, nil
		})
	}
}

// review writes what a buyer thinks, once for a product, and publishes it.
func (p *Past) review(ctx context.Context, o *order.Order, name string, stars int) error {
	product := ""
	for i := range p.goods {
		for _, sku := range p.goods[i].SKUs() {
			if sku == o.Lines[0].SKU {
				product = string(p.goods[i].ID)
			}
		}
	}
	text := map[int]string{3: "Es tut, was es soll.", 4: "Gut, gern wieder.", 5: "Genau so habe ich es mir vorgestellt."}[stars]
	post, err := p.Reviews.Submit(ctx, review.Draft{Kind: review.Review, Product: product, Author: o.Customer, Name: name, Rating: stars, Text: text, Language: "de", SKUs: []flywheel.SKU{o.Lines[0].SKU}})
	if errors.Is(err, flywheel.ErrConflict) {
		return nil // they said it before
	}
	if err != nil {
		return err
	}
	if _, err := p.Reviews.Claim(ctx, post.ID, "past"); err != nil {
		return err
	}
	_, err = p.Reviews.Decide(ctx, post.ID, "past", moderation.Approved, "")
	return err
}

// restock orders what runs out, which arrives after six to nine days.
func (p *Past) restock(ctx context.Context, day int) error {
	for i := range p.goods {
		for _, sku := range p.goods[i].SKUs() {
			l, err := p.Stock.Level(ctx, sku)
			if err != nil {
				return err
			}
			has, err := p.Stock.Available(ctx, []flywheel.SKU{sku})
			if err != nil {
				return err
			}
			if _, counted := has.Count(sku); !counted || l.Available() > 8 {
				continue
			}
			id := p.id("po")
			if _, err := p.Suppliers.Draft(ctx, p.goods[i].Brand, id, []supplier.Want{{SKU: sku, Quantity: 2 * Pack}}); err != nil {
				return err
			}
			if _, err := p.Suppliers.Apply(ctx, id, supplier.Document{ID: "sent", Kind: supplier.Send, At: p.Clock.Now()}); err != nil {
				return err
			}
			p.later = append(p.later, later{day + 6 + p.random.IntN(4), func(ctx context.Context) error {
				_, err := p.Suppliers.Apply(ctx, id, supplier.Document{ID: "came", Kind: supplier.Receipt, At: p.Clock.Now(), Lines: []supplier.DocumentLine{{Quantity: 2 * Pack}}})
				return err
			}})
		}
	}
	return nil
}
