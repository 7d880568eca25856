package page

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/recommend"
)

// together is what others bought together with these goods.
func (s *Shop) together(r *web.Request, with []flywheel.SKU) ([]card, error) {
	on, err := s.Flags.Evaluate(r.Context(), "recommendations", s.user(r))
	if err != nil || !on.On {
		return nil, err
	}
	var list []recommend.Recommendation
	for _, rec := range s.Recommend.Model().Recommend(recommend.Request{Items: with, Limit: 20}) {
		if rec.Reason.Kind == recommend.Together {
			list = append(list, rec)
		}
	}
	return s.cardsOf(r, list, 3)
}
