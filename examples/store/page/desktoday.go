package page

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// today is today beside the same day of last week: what was sold, what is to be sent, what
// runs out, and what failed.
func (s *Shop) today(r *web.Request) (web.Answer, error) {
	now := s.Now().In(zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	days, err := s.Orders.Days(r.Context(), midnight.AddDate(0, 0, -27), now, zone)
	if err != nil {
		return web.Answer{}, err
	}
	on := map[string][]order.Day{} // one for each currency
	for _, d := range days {
		at := d.Date.Format(time.DateOnly)
		on[at] = append(on[at], d)
	}
	sales := table{ID: "days", Title: "Days", Empty: "Nothing was ordered in four weeks.", Columns: []string{"Day", "Orders", "Units", "Sales", "Refunded"}}
	var labels []string
	lines := map[money.Currency]*chart.Series{}
	var orders []float64
	for day := midnight.AddDate(0, 0, -27); !day.After(midnight); day = day.AddDate(0, 0, 1) {
		at := day.Format(time.DateOnly)
		labels = append(labels, day.Format("2 Jan"))
		count := 0.0
		for _, d := range on[at] {
			count += float64(d.Orders)
			c := d.Total.Currency()
			if lines[c] == nil {
				lines[c] = &chart.Series{Name: c.String(), Values: make([]float64, 28)}
			}
			lines[c].Values[len(labels)-1] = d.Total.Decimal().InexactFloat64()
			sales.Rows = append(sales.Rows, []cell{text(at), number(d.Orders), number(d.Units), sum(d.Total), sum(d.Refunded)})
		}
		orders = append(orders, count)
	}
	figure := func(c money.Currency) chart.Figure {
		if lines[c] == nil {
			lines[c] = &chart.Series{Name: c.String(), Values: make([]float64, 28)}
		}
		return chart.Bars("Sales by day in "+c.String(), labels, *lines[c])
	}
	b := board{Title: "Today", Note: "Today up to now beside the whole of the same day last week.", Charts: []chart.Figure{
		figure(money.EUR), chart.Bars("Orders by day", labels, chart.Series{Name: "Orders", Values: orders}),
	}, Tables: []table{sales}}
	for _, c := range data.Currencies {
		if c.Currency != money.EUR && lines[c.Currency] != nil {
			b.Charts = append(b.Charts, figure(c.Currency))
		}
	}
	figures := func(day time.Time) (n int64, total string) {
		var totals []string
		for _, d := range on[day.Format(time.DateOnly)] {
			n += int64(d.Orders)
			totals = append(totals, euros(d.Total))
		}
		return n, cmp.Or(strings.Join(totals, ", "), "nothing")
	}
	n, total := figures(midnight)
	before, last := figures(midnight.AddDate(0, 0, -7))
	b.Tiles = []tile{
		{Name: "Sales", Value: total, Note: "last week " + last}, {Name: "Orders", Value: decimal(n), Note: "last week " + decimal(before), Link: r.At("/desk/orders")},
	}
	rate, err := s.conversion(r, midnight, now)
	if err != nil {
		return web.Answer{}, err
	}
	lastRate, err := s.conversion(r, midnight.AddDate(0, 0, -7), midnight.AddDate(0, 0, -6))
	if err != nil {
		return web.Answer{}, err
	}
	b.Tiles = append(b.Tiles, tile{Name: "Conversion", Value: rate, Note: "of those who looked; last week " + lastRate})
	toShip, err := s.Orders.Page(r.Context(), order.Filter{ToShip: true}, "", 50)
	if err != nil {
		return web.Answer{}, err
	}
	waiting := decimal(int64(len(toShip.Items)))
	if toShip.Next != "" {
		waiting = "more than " + waiting
	}
	b.Tiles = append(b.Tiles, tile{Name: "To ship", Value: waiting, Link: r.At("/desk/orders?to=ship")})
	return s.rest(r, b)
}

// few is how many pieces are so few that the desk looks at them.
const few = 5

// rest adds what runs out and what failed.
func (s *Shop) rest(r *web.Request, b board) (web.Answer, error) {
	low := table{ID: "low", Title: "Stock at risk", Empty: "Nothing runs out.", Columns: []string{"SKU", "Available"}}
	for l, err := range s.Stock.Levels(r.Context(), "") {
		if err != nil {
			return web.Answer{}, err
		}
		if l.Available() < few {
			low.Rows = append(low.Rows, []cell{link(string(l.SKU), r.At("/desk/stock/"+string(l.SKU))), number(l.Available())})
		}
	}
	consumers, err := s.Wheel.Health(r.Context())
	if err != nil {
		return web.Answer{}, err
	}
	failed := 0
	for _, c := range consumers {
		failed += c.Parked
	}
	note := "nothing failed"
	if failed > 0 {
		note = fmt.Sprintf("%d events wait for you", failed)
	}
	b.Tables = append([]table{low}, b.Tables...)
	b.Tiles = append(b.Tiles, tile{Name: "Stock at risk", Value: decimal(int64(len(low.Rows))), Note: fmt.Sprintf("fewer than %d pieces", few), Link: r.At("/desk/stock")},
		tile{Name: "Failed", Value: decimal(int64(failed)), Note: note, Link: r.At("/desk/health")})
	return s.board(r, b)
}
