package page

import (
	"fmt"

	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// moderate is what waits for somebody to read it, what is due first first.
func (s *Shop) moderate(r *web.Request) (web.Answer, error) {
	t := table{ID: "queue", Title: "Waiting", Empty: "Nothing waits.", Columns: []string{"Post", "Stars", "By", "Text", "Signs", "Since", "Publish", "Refuse"}}
	for p, err := range s.Reviews.List(r.Context(), review.Filter{Sort: review.Waiting, Limit: most(r, t.ID, 100)}) {
		if err != nil {
			return web.Answer{}, err
		}
		by := p.Name
		if p.Verified {
			by += ", bought it"
		}
		signs := cell{Text: decimal(int64(len(p.Signals)))}
		for _, sign := range p.Signals {
			signs.Why = append(signs.Why, fmt.Sprintf("%s %v", sign.Kind, sign))
		}
		t.Rows = append(t.Rows, []cell{
			text(string(p.Kind) + " of " + p.Product), number(p.Rating), text(by), text(p.Title + " " + p.Text), signs, text(clock(p.CreatedAt)),
			button("Publish", r.At("/desk/reviews"), "post", p.ID, "verdict", string(moderation.Approved)), button("Refuse", r.At("/desk/reviews"), "post", p.ID, "verdict", string(moderation.Rejected)),
		})
	}
	return s.board(r, board{Title: "Reviews and questions", Tables: []table{t}, Tiles: []tile{{Name: "Waiting", Value: decimal(int64(len(t.Rows)))}}})
}

// judge publishes a post or refuses it.
func (s *Shop) judge(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("post", "verdict")
	if err != nil {
		return web.Answer{}, err
	}
	if _, err := s.Reviews.Claim(r.Context(), f["post"], r.Who.Role); err != nil {
		return web.Answer{}, err
	}
	if _, err := s.Reviews.Decide(r.Context(), f["post"], r.Who.Role, moderation.State(f["verdict"]), ""); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/reviews")
}
