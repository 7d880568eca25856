package page

import (
	"slices"

	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

type voicesView struct {
	Count     int64
	Mean      string
	Stars     []starView // five first
	Reviews   []review.Post
	Questions []questionView
}

type starView struct{ Stars, Percent int }

type questionView struct {
	review.Post
	Answers []review.Post
}

// voices are what customers say of a product: the distribution, the reviews that helped most,
// questions with their answers.
func (s *Shop) voices(r *web.Request, product string) (v voicesView, err error) {
	sums, err := s.Reviews.Aggregates(r.Context(), false, product)
	if err != nil {
		return v, err
	}
	for i := range sums {
		v.Count, v.Mean = sums[i].Ratings.Count(), sums[i].Ratings.RatingValue()
		for stars, percent := range sums[i].Ratings.Percent() {
			v.Stars = append(v.Stars, starView{stars + 1, percent})
		}
		slices.Reverse(v.Stars)
	}
	reviews, err := s.Reviews.Page(r.Context(), review.Filter{Product: product, Kind: review.Review, Visible: true, Sort: review.Helpful}, "", 10)
	if err != nil {
		return v, err
	}
	v.Reviews = reviews.Items
	questions, err := s.Reviews.Page(r.Context(), review.Filter{Product: product, Kind: review.Question, Visible: true, Sort: review.Newest}, "", 10)
	if err != nil {
		return v, err
	}
	for _, q := range questions.Items {
		shown := questionView{Post: q}
		for a, err := range s.Reviews.List(r.Context(), review.Filter{Parent: q.ID, Visible: true}) {
			if err != nil {
				return v, err
			}
			shown.Answers = append(shown.Answers, a)
		}
		v.Questions = append(v.Questions, shown)
	}
	return v, nil
}
