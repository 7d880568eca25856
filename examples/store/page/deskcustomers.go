package page

import (
	"errors"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// mostCustomers is how many customers a page shows.
const mostCustomers = 500

// customers are those who are known by name, with what they did.
func (s *Shop) customers(r *web.Request) (web.Answer, error) {
	words, err := r.Text("q")
	if err != nil {
		return web.Answer{}, err
	}
	t := table{ID: "customers", Title: "Customers", Empty: "Nobody is like that.", Columns: []string{"Customer", "Orders", "Spent", "Last order", "Segments"}}
	for p, err := range s.Profiles.List(r.Context()) {
		if err != nil {
			return web.Answer{}, err
		}
		id := p.Customer()
		if id == "" || words != "" && !strings.Contains(string(id), words) {
			continue
		}
		if len(t.Rows) == most(r, t.ID, mostCustomers) {
			break
		}
		t.Rows = append(t.Rows, []cell{
			link(string(id), r.At("/desk/customers/"+string(id))), number(p.Orders), sum(p.Revenue()), text(clock(p.LastPurchase)), text(strings.Join(p.Segments, ", ")),
		})
	}
	return s.board(r, board{Title: "Customers", Note: "Guests are found by their orders.", Tables: []table{t}, Found: true})
}

// oneCustomer is a customer with everything that happened, the newest first.
func (s *Shop) oneCustomer(r *web.Request) (web.Answer, error) {
	id := flywheel.CustomerID(r.PathValue("id"))
	p, err := s.Profiles.Get(r.Context(), id)
	if err != nil {
		return web.Answer{}, err
	}
	b := board{Title: "Customer " + string(id), Note: strings.Join(p.Segments, ", "), Tiles: []tile{
		{Name: "Orders", Value: decimal(p.Orders)}, {Name: "Spent", Value: euros(p.Revenue())}, {Name: "Refunds", Value: decimal(p.Refunds)}, {Name: "First seen", Value: clock(p.FirstSeen)},
	}}
	balance, err := s.Points.Balance(r.Context(), id)
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return web.Answer{}, err
	}
	b.Tiles = append(b.Tiles, tile{Name: "Points", Value: decimal(balance.Available), Note: fmt.Sprintf("%d more are pending", balance.Pending)})
	line, err := s.timeLine(r, id)
	if err != nil {
		return web.Answer{}, err
	}
	orders := table{ID: "orders", Title: "Orders", Empty: "No order.", Columns: []string{"Number", "Placed", "By", "Goods", "Money", "Total"}}
	for o, err := range s.Orders.List(r.Context(), order.Filter{Customer: id}) {
		if err != nil {
			return web.Answer{}, err
		}
		orders.Rows = append(orders.Rows, orderRow(r, &o))
	}
	b.Tables = []table{orders, line}
	return s.board(r, b)
}
