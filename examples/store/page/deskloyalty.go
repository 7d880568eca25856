package page

import (
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// liability is what the program owes its members now, and will owe if nothing more happens.
func (s *Shop) liability(r *web.Request) (web.Answer, error) {
	now := s.Now()
	l, err := s.Points.Liability(r.Context(), now)
	if err != nil {
		return web.Answer{}, err
	}
	point, err := s.Points.Worth(r.Context(), money.EUR, now)
	if err != nil {
		return web.Answer{}, err
	}
	worth, err := l.Total.Value(point, money.EUR)
	if err != nil {
		return web.Answer{}, err
	}
	t := table{ID: "tiers", Title: "Tiers", Empty: "There is no member yet.", Columns: []string{"Tier", "Members", "Available", "Pending", "Held", "At most worth"}}
	for _, tier := range l.Tiers {
		value, err := tier.Value(point, money.EUR)
		if err != nil {
			return web.Answer{}, err
		}
		t.Rows = append(t.Rows, []cell{text(tier.Tier), number(tier.Members), number(tier.Available), number(tier.Pending), number(tier.Held), sum(value)})
	}
	var labels []string
	available, pending := chart.Series{Name: "available"}, chart.Series{Name: "pending"}
	for month := range 13 {
		at := now.AddDate(0, month, 0)
		then, err := s.Points.Liability(r.Context(), at)
		if err != nil {
			return web.Answer{}, err
		}
		labels = append(labels, at.In(zone).Format("Jan 2006"))
		available.Values, pending.Values = append(available.Values, float64(then.Total.Available)), append(pending.Values, float64(then.Total.Pending))
	}
	return s.board(r, board{Title: "Loyalty", Note: "Points are a debt until they are spent or expire. Their worth is an upper bound: some are never spent.", Tiles: []tile{
		{Name: "Members", Value: decimal(l.Total.Members)}, {Name: "Points", Value: decimal(l.Total.Points())}, {Name: "At most worth", Value: euros(worth)},
	}, Charts: []chart.Figure{chart.Lines("Points by month if nobody earns or spends", labels, available, pending)}, Tables: []table{t}})
}
