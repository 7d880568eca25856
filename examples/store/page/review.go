package page

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// write takes a review, a question or an answer of a member; a moderator reads it first.
func (s *Shop) write(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("kind", "title", "text", "parent")
	if err != nil {
		return web.Answer{}, err
	}
	rating, err := r.Number("rating", 0)
	if err != nil {
		return web.Answer{}, err
	}
	v, err := s.goods(r)
	if err != nil {
		return web.Answer{}, err
	}
	d := review.Draft{
		Kind: review.Kind(f["kind"]), Product: string(v.ID), Author: r.Who.Customer, Title: f["title"], Text: f["text"], Language: r.Language, Parent: f["parent"],
	}
	if d.Kind == review.Review {
		d.Rating = int(rating)
		for _, variant := range v.Variants {
			d.SKUs = append(d.SKUs, variant.SKU)
		}
	}
	of, err := s.Accounts.Get(r.Context(), r.Who.Customer)
	if err != nil {
		return web.Answer{}, err
	}
	d.Name = of.Name
	if _, err := s.Reviews.Submit(r.Context(), d); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/goods/" + r.PathValue("slug") + "?thanks=" + f["kind"] + "#voices")
}

// vote says whether a review helped.
func (s *Shop) vote(r *web.Request) (web.Answer, error) {
	post, err := r.Text("post")
	if err != nil {
		return web.Answer{}, err
	}
	value, err := r.Number("value", 0)
	if err != nil {
		return web.Answer{}, err
	}
	if value != 1 && value != -1 {
		return web.Answer{}, fmt.Errorf("store: %w", &flywheel.FieldError{Field: "value", Err: flywheel.ErrInvalid})
	}
	if _, _, err := s.Reviews.Vote(r.Context(), post, r.Who.Customer, int(value)); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/goods/" + r.PathValue("slug") + "#voices")
}
