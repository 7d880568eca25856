package page

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/wish"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/pricing/money"
)

type wishesView struct {
	Lists []wishList
	Link  string // by which others see the wished things
	Empty bool
	Own   bool
}

// wishList are the things of one kind.
type wishList struct {
	Kind  wish.Kind
	Title string
	Items []wishView
}

type wishView struct {
	wish.Item
	Title string
}

// me is whose list it is: the customer, or the device of a guest.
func me(r *web.Request) flywheel.Person { return flywheel.PersonOf(r.Who.Customer, r.Who.Visitor) }

var wishTitles = []wishList{
	{Kind: wish.Wished, Title: "Wish list"}, {Kind: wish.Later, Title: "Keep for later"}, {Kind: wish.BackInStock, Title: "I wait for"}, {Kind: wish.CheaperThan, Title: "I watch the price of"},
}

// wishes is what somebody set aside, wishes and waits for.
func (s *Shop) wishes(r *web.Request) (web.Answer, error) {
	l, err := s.Wishes.Of(r.Context(), me(r))
	if err != nil {
		return web.Answer{}, err
	}
	v := wishesView{Own: true, Empty: len(l.Items) == 0}
	if l.Token != "" {
		v.Link = s.URL + r.At("/wishes/"+l.Token)
	}
	for _, shown := range wishTitles {
		if shown.Items, err = s.titled(r, l.Of(shown.Kind)); err != nil {
			return web.Answer{}, err
		}
		v.Lists = append(v.Lists, shown)
	}
	return web.Page("wishes", v)
}

// shared is what the owner of a list shows to whoever has the link.
func (s *Shop) shared(r *web.Request) (web.Answer, error) {
	items, err := s.Wishes.Shared(r.Context(), r.PathValue("token"))
	if err != nil {
		return web.Answer{}, err
	}
	shown, err := s.titled(r, items)
	if err != nil {
		return web.Answer{}, err
	}
	return web.Page("wishes", wishesView{Lists: []wishList{{wish.Wished, "Somebody's wish list", shown}}, Empty: len(shown) == 0})
}

func (s *Shop) titled(r *web.Request, items []wish.Item) (all []wishView, err error) {
	for _, it := range items {
		title, err := s.title(r, it.SKU)
		if err != nil {
			return nil, err
		}
		all = append(all, wishView{it, title})
	}
	return all, nil
}

// wishFor puts a thing on a list. What is waited for is told by mail, so it needs an account.
func (s *Shop) wishFor(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("sku", "kind")
	if err != nil {
		return web.Answer{}, err
	}
	it := wish.Item{SKU: flywheel.SKU(f["sku"]), Kind: wish.Kind(f["kind"])}
	if r.Who.Customer == "" && (it.Kind == wish.BackInStock || it.Kind == wish.CheaperThan) {
		return r.Go("/login")
	}
	known, err := s.Products.Counter(data.Channel, catalog.Locale(r.Language)).Describe(r.Context(), it.SKU)
	if err != nil {
		return web.Answer{}, err
	}
	if known[it.SKU].Product == "" {
		return web.Answer{}, fmt.Errorf("store: %w", &flywheel.FieldError{Field: "sku", Err: flywheel.ErrNotFound})
	}
	listed, err := s.Prices.Listed(money.EUR, s.Now(), it.SKU)
	if err != nil {
		return web.Answer{}, err
	}
	it.Price = listed[it.SKU]
	if _, err := s.Wishes.Add(r.Context(), me(r), it); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/wishes")
}

// wishNoMore takes a thing off a list.
func (s *Shop) wishNoMore(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("sku", "kind")
	if err != nil {
		return web.Answer{}, err
	}
	if _, err := s.Wishes.Remove(r.Context(), me(r), flywheel.SKU(f["sku"]), wish.Kind(f["kind"])); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/wishes")
}

// share shows the wished things to whoever has the link, or no longer.
func (s *Shop) share(r *web.Request) (web.Answer, error) {
	hide, err := r.Text("hide")
	if err != nil {
		return web.Answer{}, err
	}
	change := s.Wishes.Share
	if hide != "" {
		change = s.Wishes.Hide
	}
	if _, err := change(r.Context(), me(r)); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/wishes")
}
