package page

import (
	"crypto/subtle"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/segment"
)

const keeper = "keeper"

// desk adds the pages of the people of the shop.
func (s *Shop) desk(site *web.Site, password string) {
	site.Handle("GET", "/desk/login", func(r *web.Request) (web.Answer, error) { return web.Page("login", nil) })
	site.Handle("POST", "/desk/login", func(r *web.Request) (web.Answer, error) {
		given, err := r.Text("password")
		if err != nil {
			return web.Answer{}, err
		}
		if subtle.ConstantTimeCompare([]byte(given), []byte(password)) != 1 {
			return web.Answer{Template: "login", View: "wrong", Status: 401}, nil
		}
		r.Who.Role = keeper
		return r.Go("/desk")
	})
	behind := func(method, path string, h web.Handler) {
		site.Handle(method, path, func(r *web.Request) (web.Answer, error) {
			if r.Who.Role != keeper {
				return r.Go("/desk/login")
			}
			return h(r)
		})
	}
	behind("GET", "/desk", s.today)
	behind("GET", "/desk/orders/{id}", s.oneOrder)
	behind("POST", "/desk/orders/{id}/ship", s.ship)
	behind("POST", "/desk/orders/{id}/deliver", s.deliver)
	behind("POST", "/desk/orders/{id}/receive", s.receive)
	behind("GET", "/desk/stock", s.shelves)
	behind("POST", "/desk/stock", s.restock)
	behind("GET", "/desk/health", s.health)
}

// today is the list of orders, those to ship first asked for.
func (s *Shop) today(r *web.Request) (web.Answer, error) {
	words, err := r.Text("q")
	if err != nil {
		return web.Answer{}, err
	}
	p, err := s.Orders.Page(r.Context(), order.Filter{Text: words, ToShip: r.Form.Get("to") == "ship"}, r.Form.Get("cursor"), 50)
	if err != nil {
		return web.Answer{}, err
	}
	return web.Page("today", p)
}

func (s *Shop) oneOrder(r *web.Request) (web.Answer, error) {
	o, err := s.Orders.Get(r.Context(), order.ID(r.PathValue("id")))
	if err != nil {
		return web.Answer{}, err
	}
	return web.Page("one-order", &o)
}

// do carries out a command and shows the order again.
func (s *Shop) do(r *web.Request, c order.Command) (web.Answer, error) {
	id := order.ID(r.PathValue("id"))
	if _, err := s.Orders.Do(r.Context(), id, c); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/orders/" + string(id))
}

func (s *Shop) ship(r *web.Request) (web.Answer, error) {
	parcel, err := r.Text("parcel")
	if err != nil {
		return web.Answer{}, err
	}
	return s.do(r, &order.Ship{Parcel: parcel})
}

func (s *Shop) deliver(r *web.Request) (web.Answer, error) {
	parcel, err := r.Text("parcel")
	if err != nil {
		return web.Answer{}, err
	}
	return s.do(r, &order.Deliver{Parcel: parcel})
}

// receive takes in a return as it was asked for, in new condition.
func (s *Shop) receive(r *web.Request) (web.Answer, error) {
	id, err := r.Text("return")
	if err != nil {
		return web.Answer{}, err
	}
	o, err := s.Orders.Get(r.Context(), order.ID(r.PathValue("id")))
	if err != nil {
		return web.Answer{}, err
	}
	for _, rma := range o.RMAs {
		if rma.ID != id {
			continue
		}
		c := &order.Receive{ID: id, Lines: map[string]order.Received{}}
		for _, l := range rma.Lines {
			c.Lines[l.Line] = order.Received{Accepted: l.Quantity, Condition: "new", Restock: fulfillment.DefaultLocation}
		}
		return s.do(r, c)
	}
	return web.Answer{}, fmt.Errorf("store: return %q: %w", id, flywheel.ErrNotFound)
}

type shelfView struct {
	Title string
	Level inventory.Level
}

// shelves are what is there.
func (s *Shop) shelves(r *web.Request) (web.Answer, error) {
	var all []shelfView
	for l, err := range s.Stock.Levels(r.Context(), "") {
		if err != nil {
			return web.Answer{}, err
		}
		title, err := s.title(r, l.SKU)
		if err != nil {
			return web.Answer{}, err
		}
		all = append(all, shelfView{title, l})
	}
	return web.Page("stock", all)
}

// restock takes in a delivery, once for its number.
func (s *Shop) restock(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("sku", "number")
	if err != nil {
		return web.Answer{}, err
	}
	n, err := r.Number("quantity", 0)
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.Stock.Receive(r.Context(), "desk-"+f["number"], []flywheel.Line{{SKU: flywheel.SKU(f["sku"]), Quantity: n}}); err != nil {
		return web.Answer{}, err
	}
	items, err := s.Products.Counter(data.Channel, "en").Describe(r.Context(), flywheel.SKU(f["sku"]))
	if err != nil {
		return web.Answer{}, err
	}
	docs, err := s.Follower.Source.Documents(r.Context(), []string{items[flywheel.SKU(f["sku"])].Product})
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.Follower.Engine.Change(r.Context(), docs, nil); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/stock")
}

type healthView struct {
	Consumers []segment.ConsumerHealth
	Parked    map[string][]segment.Parked
}

// health is how far each consumer is and what it could not take.
func (s *Shop) health(r *web.Request) (web.Answer, error) {
	all, err := s.Wheel.Health(r.Context())
	if err != nil {
		return web.Answer{}, err
	}
	v := healthView{all, map[string][]segment.Parked{}}
	for _, c := range all {
		if v.Parked[c.Name], err = s.Wheel.Parked(r.Context(), c.Name); err != nil {
			return web.Answer{}, err
		}
	}
	return web.Page("health", v)
}
