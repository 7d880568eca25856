package page

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

type loginView struct {
	Then  string // where to go afterwards
	Wrong string // what was wrong
	Email string
}

// login asks for address and password, or for the address alone of whoever is new.
func (s *Shop) login(r *web.Request) (web.Answer, error) {
	then, err := r.Text("then")
	if err != nil {
		return web.Answer{}, err
	}
	return web.Page("customer-login", loginView{Then: inside(then)})
}

// inside is a path of the store, or none: nobody is sent elsewhere.
func inside(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n") {
		return ""
	}
	return path
}

// enter lets a customer in; the cart of the device becomes the customer's.
func (s *Shop) enter(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("email", "password", "then")
	if err != nil {
		return web.Answer{}, err
	}
	of, err := s.Accounts.Login(r.Context(), f["email"], f["password"], r.Host())
	switch {
	case errors.Is(err, web.ErrLogin):
		return web.Answer{Template: "customer-login", View: loginView{inside(f["then"]), "E-mail and password do not fit together.", f["email"]}, Status: 401}, nil
	case errors.Is(err, flywheel.ErrRateLimited):
		return web.Answer{Template: "customer-login", View: loginView{inside(f["then"]), "That was tried too often. Try again in a quarter of an hour.", f["email"]}, Status: 429}, nil
	case err != nil:
		return web.Answer{}, err
	}
	if err := s.welcome(r, of, flywheel.EventLogin, nil); err != nil {
		return web.Answer{}, err
	}
	if then := inside(f["then"]); then != "" {
		return r.Go(then)
	}
	return r.Go("/account")
}

// welcome takes a customer in on this device.
func (s *Shop) welcome(r *web.Request, of web.Account, name string, properties map[string]any) error {
	guests, err := s.basketOf(r)
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return err
	}
	r.Enter(of)
	if err == nil && guests.Customer == "" {
		ctx := flywheel.WithActor(context.WithoutCancel(r.Context()), flywheel.Actor{Customer: of.ID, Visitor: r.Who.Visitor})
		if _, err := s.Carts.Login(ctx, guests.ID, of.ID); err != nil && !errors.Is(err, flywheel.ErrConflict) {
			return err // one that is being paid stays with its session
		}
	}
	ctx := flywheel.WithActor(r.Context(), flywheel.Actor{Customer: of.ID, Visitor: r.Who.Visitor})
	if _, err := s.Wishes.Login(ctx, r.Who.Visitor, of.ID); err != nil {
		return err
	}
	return s.tell(r, flywheel.Event{Name: name, Properties: properties})
}

// leave ends the login; the device starts anew.
func (s *Shop) leave(r *web.Request) (web.Answer, error) {
	r.Leave()
	return r.Go("/")
}

// link sends a link to an address by which its owner opens an account, or chooses a new
// password. The answer is the same for every address.
func (s *Shop) link(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("email", "friend")
	if err != nil {
		return web.Answer{}, err
	}
	email, friend := f["email"], f["friend"]
	token, known, err := s.Accounts.Link(r.Context(), email)
	switch {
	case errors.Is(err, flywheel.ErrInvalid):
		return web.Answer{Template: "customer-login", View: loginView{"", "This is not an e-mail address.", email}, Status: 422}, nil
	case errors.Is(err, flywheel.ErrRateLimited): // of this address; the answer stays the same
		return web.Page("link-sent", email)
	case err != nil:
		return web.Answer{}, err
	}
	template := "account/new"
	if known {
		template = "account/known"
	}
	if err := s.mail(r.Context(), web.Mail{ID: newID(), To: email}, r.Language, template, map[string]string{"link": s.URL + r.At("/password?friend="+url.QueryEscape(friend)+"&token="+token)}); err != nil {
		return web.Answer{}, err
	}
	return web.Page("link-sent", email)
}

type passwordView struct {
	Token, Email, Name, Friend, Wrong string
	New                               bool
}

// password is the page behind a link.
func (s *Shop) password(r *web.Request) (web.Answer, error) {
	token, err := r.Text("token")
	if err != nil {
		return web.Answer{}, err
	}
	of, err := s.Accounts.Open(r.Context(), token)
	if err != nil {
		return web.Answer{}, err
	}
	return web.Page("password", passwordView{token, of.Email, of.Name, r.FormValue("friend"), "", of.ID == ""})
}

// choose takes the password, opens the account if it is new, and lets its owner in.
func (s *Shop) choosePassword(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("token", "name", "password", "newsletter")
	if err != nil {
		return web.Answer{}, err
	}
	of, fresh, err := s.Accounts.Choose(r.Context(), f["token"], f["name"], f["password"])
	var wrong *flywheel.FieldError
	if errors.As(err, &wrong) {
		was, err := s.Accounts.Open(r.Context(), f["token"])
		if err != nil {
			return web.Answer{}, err
		}
		text := "A password has at least ten characters."
		if wrong.Field == "name" {
			text = "This name is too long."
		}
		return web.Answer{Template: "password", View: passwordView{f["token"], was.Email, f["name"], r.FormValue("friend"), text, was.ID == ""}, Status: 422}, nil
	}
	if err != nil {
		return web.Answer{}, err
	}
	if !fresh {
		if err := s.welcome(r, of, flywheel.EventLogin, nil); err != nil {
			return web.Answer{}, err
		}
		return r.Go("/account")
	}
	if of, err = s.Accounts.Change(r.Context(), of.ID, func(a *web.Account) error { a.Language = r.Language; return nil }); err != nil {
		return web.Answer{}, err
	}
	referrer, err := s.referrer(r, of)
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.welcome(r, of, flywheel.EventSignUp, referrer); err != nil {
		return web.Answer{}, err
	}
	if err := s.allow(r, newsletter, f["newsletter"] == "yes"); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/account")
}
