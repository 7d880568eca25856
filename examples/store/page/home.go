package page

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/experiment/flag"
	"github.com/flywheel-go/flywheel/recommend"
)

type homeView struct {
	For, Cards []card
	Shelves    []shelf
}

// home shows what suits the visitor and why, and what there is.
func (s *Shop) home(r *web.Request) (web.Answer, error) {
	v := homeView{}
	on, err := s.Flags.Evaluate(r.Context(), "recommendations", s.user(r))
	if err != nil {
		return web.Answer{}, err
	}
	if on.On {
		list, err := s.Recommend.Recommend(r.Context(), recommend.Actor{Customer: r.Who.Customer, Visitor: r.Who.Visitor}, recommend.Request{Limit: 20})
		if err != nil {
			return web.Answer{}, err
		}
		if v.For, err = s.cardsOf(r, list, 4); err != nil {
			return web.Answer{}, err
		}
	}
	if v.Shelves, err = s.collections(r); err != nil {
		return web.Answer{}, err
	}
	found, err := s.Index.Search(search.Query{Locale: r.Language, Limit: 12})
	if err != nil {
		return web.Answer{}, err
	}
	for _, hit := range found.Hits {
		c, err := s.card(r, hit)
		if err != nil {
			return web.Answer{}, err
		}
		v.Cards = append(v.Cards, c)
	}
	return web.Page("home", v)
}

// user is who features are decided for: the customer, or else the device.
func (s *Shop) user(r *web.Request) flag.User {
	return flag.User{Customer: r.Who.Customer, Visitor: r.Who.Visitor, Attributes: map[string]any{"id": string(flywheel.PersonOf(r.Who.Customer, r.Who.Visitor)), "language": r.Language}}
}
