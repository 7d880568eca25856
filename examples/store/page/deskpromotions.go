package page

import (
	"encoding/json"
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/pricing"
)

// newPromotion is what the form begins with.
const newPromotion = `{
  "id": "spring",
  "percent": "0.15",
  "lines": {"categories": {"$in": ["cups"]}}
}`

// promotions are those that hold, and where a new one is tried on the carts of the moment.
func (s *Shop) promotions(r *web.Request) (web.Answer, error) {
	b, err := s.promotionBoard(r, newPromotion)
	if err != nil {
		return web.Answer{}, err
	}
	return s.board(r, b)
}

func (s *Shop) promotionBoard(r *web.Request, document string) (board, error) {
	all, err := s.Prices.Promotions(r.Context())
	if err != nil {
		return board{}, err
	}
	t := table{ID: "promotions", Title: "Promotions", Empty: "No promotion holds.", Columns: []string{"Promotion", "Code", "Begins", "Ends", "Rule", "End it"}}
	for i := range all {
		p := &all[i]
		rule, err := json.Marshal(p)
		if err != nil {
			return board{}, err
		}
		t.Rows = append(t.Rows, []cell{
			text(p.ID), text(p.Coupon), text(clock(p.Starts)), text(clock(p.Ends)), {Text: "document", Why: []string{string(rule)}},
			button("End", r.At("/desk/promotions/end"), "id", p.ID, "version", decimal(p.Version)),
		})
	}
	return board{Title: "Promotions", Note: "A promotion holds from the moment it is saved, in every cart.", Tables: []table{t}, Forms: []form{{
		ID: "promotion", Title: "A promotion", Note: "As JSON, in the form of pricing.Promotion: percent, amount, price, tiers, buy_get, bundle or gift; lines and when are conditions.",
		Action: r.At("/desk/promotions"), Button: "Save", Try: "Preview on carts",
		Fields: []field{{Name: "document", Label: "Document", Type: "text", Value: document}},
	}}}, nil
}

// promote saves a promotion, or shows what it would do to the carts of the moment.
func (s *Shop) promote(r *web.Request) (web.Answer, error) {
	document, err := r.Document("document")
	if err != nil {
		return web.Answer{}, err
	}
	p, err := pricing.ReadPromotion([]byte(document))
	if err == nil && r.Form.Get("try") == "" {
		if err = s.Prices.PutPromotion(r.Context(), []byte(document)); err == nil {
			return r.Go("/desk/promotions")
		}
	}
	b, failed := s.promotionBoard(r, document)
	if failed != nil {
		return web.Answer{}, failed
	}
	if err == nil {
		var preview table
		if preview, err = s.preview(r, p); err == nil {
			b.Tables = append([]table{preview}, b.Tables...)
		}
	}
	if err != nil {
		return s.refused(r, b, err)
	}
	return s.board(r, b)
}

// refused shows a page again with what is wrong with what was sent.
func (s *Shop) refused(r *web.Request, b board, err error) (web.Answer, error) {
	problem := flywheel.ProblemOf(err)
	if problem.Status >= 500 {
		return web.Answer{}, err
	}
	b.Alert = err.Error() // the people of the shop may read it all
	answer, err := s.board(r, b)
	answer.Status = problem.Status
	return answer, err
}

// mostCarts is how many carts a preview prices.
const mostCarts = 50

// preview is what open carts cost now, and would cost with a promotion.
func (s *Shop) preview(r *web.Request, p pricing.Promotion) (table, error) {
	engine, err := s.Prices.Try(r.Context(), p)
	if err != nil {
		return table{}, err
	}
	t := table{ID: "preview", Title: "Carts with " + p.ID, Empty: "No cart is open.", Columns: []string{"Cart", "Items", "Now", "Then", "Off"}}
	for c, err := range s.Carts.List(r.Context(), cart.Filter{Status: cart.Open, Limit: mostCarts}) {
		if err != nil {
			return table{}, err
		}
		is, err := s.Carts.Quote(r.Context(), c.ID, cart.Terms{})
		if errors.Is(err, flywheel.ErrNotFound) {
			continue // gone meanwhile
		}
		if err != nil {
			return table{}, err
		}
		would, err := s.Carts.Quote(r.Context(), c.ID, cart.Terms{Engine: engine})
		if err != nil {
			return table{}, err
		}
		t.Rows = append(t.Rows, []cell{text(string(c.ID)), number(len(c.Lines)), sum(is.Total), sum(would.Total), sum(would.Discount)})
	}
	return t, nil
}

// endPromotion takes a promotion away, if it is still the one that was seen.
func (s *Shop) endPromotion(r *web.Request) (web.Answer, error) {
	id, err := r.Text("id")
	if err != nil {
		return web.Answer{}, err
	}
	version, err := r.Number("version", 0)
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.Prices.DeletePromotion(r.Context(), id, version); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/promotions")
}
