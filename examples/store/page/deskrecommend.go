package page

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/recommend"
)

// qualityWeeks is how many ends of weeks the quality is asked for, and qualityMost beyond how
// many facts the page does not ask, since each of them is a model that is trained.
const (
	qualityWeeks = 8
	qualityMost  = 200_000
)

// recommendations are what the model knows, and how well it would have guessed what came.
func (s *Shop) recommendations(r *web.Request) (web.Answer, error) {
	facts, err := s.Recommend.Dataset(r.Context())
	if err != nil {
		return web.Answer{}, err
	}
	model := s.Recommend.Model()
	b := board{Title: "Recommendations", Note: "Learned again every minute from what visitors look at, put into the cart and buy.", Tiles: []tile{{Name: "Facts", Value: decimal(int64(facts.Len()))}}}
	if model == nil {
		return s.board(r, b)
	}
	b.Tiles = append(b.Tiles, tile{Name: "Items", Value: decimal(int64(model.Items()))}, tile{Name: "Groups", Value: decimal(model.Groups()), Note: "baskets and visits"})
	popular := table{ID: "popular", Title: "What is wanted most", Empty: "Nothing yet.", Columns: []string{"SKU", "Support", "Goes with it"}}
	for rec := range model.Popular() {
		if len(popular.Rows) == 20 {
			break
		}
		with := ""
		n := 0
		for other := range model.Related(rec.SKU) {
			if n++; n > 3 {
				break
			}
			with += string(other.SKU) + " "
		}
		popular.Rows = append(popular.Rows, []cell{link(string(rec.SKU), r.At("/desk/stock/"+string(rec.SKU))), number(model.Support(rec.SKU)), text(with)})
	}
	b.Tables = []table{popular}
	if facts.Len() > qualityMost {
		b.Note += fmt.Sprintf(" There are more than %d facts: quality is measured offline.", qualityMost)
		return s.board(r, b)
	}
	figure, ok, err := s.quality(facts)
	if err != nil {
		return web.Answer{}, err
	}
	if ok {
		b.Charts = []chart.Figure{figure}
	}
	return s.board(r, b)
}

// quality is how often the last purchase of a customer was among ten recommendations of a
// model that did not know it, beside ten that are popular, at the end of each week.
func (s *Shop) quality(facts *recommend.Dataset) (chart.Figure, bool, error) {
	var labels []string
	model, popular := chart.Series{Name: "model"}, chart.Series{Name: "popular items"}
	known := false
	for week := qualityWeeks - 1; week >= 0; week-- {
		at := s.Now().AddDate(0, 0, -7*week)
		train, cases := facts.Until(at).HoldOutLast()
		labels = append(labels, at.In(zone).Format("2 Jan"))
		if len(cases) == 0 {
			model.Values, popular.Values = append(model.Values, math.NaN()), append(popular.Values, math.NaN())
			continue
		}
		learned, err := recommend.Train(train, recommend.Config{})
		if err != nil {
			return chart.Figure{}, false, err
		}
		by, err := recommend.Evaluate(cases, 10, learned.Rank)
		if err != nil {
			return chart.Figure{}, false, err
		}
		beside, err := recommend.Evaluate(cases, 10, learned.RankPopular)
		if err != nil {
			return chart.Figure{}, false, err
		}
		model.Values, popular.Values = append(model.Values, by.NDCG), append(popular.Values, beside.NDCG)
		known = true
	}
	return chart.Lines("Quality by week: NDCG at 10 of the last purchase", labels, model, popular), known, nil
}
