package page

import (
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/loyalty/referral"
)

type friendsView struct {
	Link    string
	Points  int64 // of the reward, for each side
	Friends []friendView
}

type friendView struct {
	referral.Referral
	State referral.RewardState
}

// friends shows a member's link, and what became of those who came by it.
func (s *Shop) friends(r *web.Request) (web.Answer, error) {
	v := friendsView{Link: s.URL + r.At("/friend/"+string(r.Who.Customer)), Points: data.FriendPoints}
	for _, f := range s.Friends.Of(r.Who.Customer) {
		v.Friends = append(v.Friends, friendView{f, s.Friends.State(f, s.Now())})
	}
	return web.Page("friends", v)
}

// friend is where a member's link leads: an account that begins here is the friend's.
func (s *Shop) friend(r *web.Request) (web.Answer, error) {
	return web.Page("friend", struct {
		Friend string
		Points int64
	}{r.PathValue("id"), data.FriendPoints})
}

// referrer is who brought a new customer, as a property of the sign-up, if that counts.
func (s *Shop) referrer(r *web.Request, of web.Account) (map[string]any, error) {
	friend, err := r.Text("friend")
	if err != nil || friend == "" {
		return nil, err
	}
	by, err := s.Accounts.Get(r.Context(), flywheel.CustomerID(friend))
	if errors.Is(err, flywheel.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	before := 0
	for _, err := range s.Orders.List(r.Shop(), order.Filter{Email: of.Email, Limit: 1}) {
		if err != nil {
			return nil, err
		}
		before++
	}
	err = s.Friends.Check(by.ID, of.ID, func(id string) referral.Person {
		if id == string(of.ID) {
			return referral.Person{Email: of.Email, Orders: before, Signals: map[string]string{"device": string(r.Who.Visitor)}}
		}
		return referral.Person{Email: by.Email}
	})
	var refused *referral.RefusedError
	if errors.As(err, &refused) {
		return nil, nil // an account all the same
	}
	return map[string]any{referral.PropertyReferrer: string(by.ID)}, err
}
