package page

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/flywheel-go/flywheel/examples/store/web"
)

type keptView struct{ Wrong string }

// kept says what a customer may do with what the store keeps.
func (s *Shop) kept(*web.Request) (web.Answer, error) { return web.Page("kept", keptView{}) }

// takeAway is everything that is kept of a customer, as JSON.
func (s *Shop) takeAway(r *web.Request) (web.Answer, error) {
	all := map[string]any{}
	for name, of := range s.Kept {
		kept, err := of(r.Context(), r.Who.Customer)
		if err != nil {
			return web.Answer{}, err
		}
		all[name] = kept
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetIndent("", "  ")
	if err := out.Encode(all); err != nil {
		return web.Answer{}, err
	}
	return web.Answer{Type: "application/json", Body: b.Bytes(), Name: "my-data.json"}, nil
}

// erase erases a customer everywhere, whose password says that it is meant. Orders stay
// without saying who bought.
func (s *Shop) erase(r *web.Request) (web.Answer, error) {
	password, err := r.Text("password")
	if err != nil {
		return web.Answer{}, err
	}
	of, err := s.Accounts.Get(r.Context(), r.Who.Customer)
	if err != nil {
		return web.Answer{}, err
	}
	_, err = s.Accounts.Login(r.Context(), of.Email, password, r.Host())
	if errors.Is(err, web.ErrLogin) {
		return web.Answer{Template: "kept", View: keptView{"This is not your password."}, Status: 401}, nil
	}
	if err != nil {
		return web.Answer{}, err
	}
	for _, erase := range s.Erase {
		if err := erase(r.Shop(), of.ID); err != nil {
			return web.Answer{}, err // pressed again it goes on
		}
	}
	r.Leave()
	return web.Page("erased", nil)
}
