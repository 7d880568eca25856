// Package page has the pages of the store, one file for each: it reads the request, asks the
// packages, and fills a view. Money, stock and dates are computed there and only shown here.
package page

import (
	"context"
	"embed"
	"html/template"
	"log/slog"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/message"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/cart/wish"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/flag"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/referral"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/money/locale"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/segment"
)

// Shop are the services behind the pages, all over one database.
type Shop struct {
	Now func() time.Time // the clock of all services
	URL string           // where the store is reached, for links in letters

	// What is sold, for how much, and what is there of it.
	Products *catalog.Service
	Follower *search.Follower
	Index    *search.Index
	Prices   *pricing.Service
	Stock    *inventory.Service
	// Who sells to the store, and what was ordered from them.
	Suppliers *supplier.Service

	// The way from the cart to the order and after it, and what pays.
	Carts     *cart.Service
	Wishes    *wish.Service // set aside, wished, waited for
	Sessions  *checkout.Sessions
	Orders    *order.Service
	Gateway   payment.Gateway
	Scripted  *payment.Memory    // the gateway that the store plays, nil with another one
	Notices   *checkout.Webhooks // what the gateway says by itself
	Verifier  *payment.Verifier  // that it is the gateway
	Codes     *coupon.Service    // discount codes, and gift cards as accounts:
	GiftCards *coupon.Cards
	Credit    *credit.Service // what the shop owes customers
	Tickets   *service.Service
	Network   *fulfillment.Network
	// Addresses checks where a parcel goes, and returns the address as it should be.
	Addresses interface {
		Check(a order.Address) (order.Address, error)
	}

	// What happened, and the runner that everything below learns by.
	Events *segment.Log
	Wheel  *segment.Runner

	// Who customers are, what they say, and what they get.
	Accounts  *web.Accounts     // who can log in
	Profiles  *segment.Profiles // with the live segments
	Points    *loyalty.Service
	Friends   *referral.Rewards
	Reviews   *review.Service
	Recommend *recommend.Service

	// What is tried, and what is written to whom.
	Experiments *experiment.Service
	Flags       *flag.Service // features that can be switched off, and their experiments
	Journeys    *campaign.Engine
	Outbox      *web.Outbox // what was sent
	Post        func(ctx context.Context, m web.Mail) error
	Hook        string         // the address of a program that learns what happens to orders; none where it is empty
	HookSecret  string         // with which that is signed
	OrderLinks  *order.Links   // by which a guest reaches an order
	Stops       *message.Links // by which a reader ends letters

	// What is kept of a customer, by the name of who keeps it, and how it is erased, in
	// order; again it does nothing.
	Kept  map[string]func(ctx context.Context, c flywheel.CustomerID) (any, error)
	Erase []func(ctx context.Context, c flywheel.CustomerID) error

	// ClerkPassword lets people into the desk who serve customers and change nothing else;
	// nobody where it is empty.
	ClerkPassword string
}

//go:embed templates style.css desk.css store.js model.js
var files embed.FS

// New returns the site with all pages.
func New(s *Shop, password string, log *slog.Logger) *web.Site {
	site := web.New(sites, s.templates(), s.Accounts.Secret("cookies"), log)
	site.Good, site.Posts = s.Accounts.Good, web.NewLimiter(1200, time.Minute)
	site.Plain("GET", "/{$}", func(r *web.Request) (web.Answer, error) { return r.Go("/") })
	site.Plain("GET", "/style.css", func(*web.Request) (web.Answer, error) {
		css, err := files.ReadFile("style.css")
		return web.Answer{Type: "text/css; charset=utf-8", Body: css}, err
	})
	site.Plain("GET", "/store.js", func(*web.Request) (web.Answer, error) {
		js, err := files.ReadFile("store.js")
		return web.Answer{Type: "text/javascript; charset=utf-8", Body: js}, err
	})
	site.Plain("GET", "/model.js", func(*web.Request) (web.Answer, error) {
		js, err := files.ReadFile("model.js")
		return web.Answer{Type: "text/javascript; charset=utf-8", Body: js}, err
	})
	site.Plain("GET", "/model/{sku}", model)
	site.Plain("GET", "/icon.svg", func(*web.Request) (web.Answer, error) {
		const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5a46"/><circle cx="16" cy="16" r="8" fill="none" stroke="#fff" stroke-width="3"/><circle cx="16" cy="8" r="3.5" fill="#fff"/></svg>`
		return web.Answer{Type: "image/svg+xml", Body: []byte(icon)}, nil
	})
	site.Plain("GET", "/picture/{sku}", picture)
	site.Handle("GET", "/{$}", s.home)
	site.Handle("GET", "/goods", s.listing)
	site.Handle("GET", "/collections/{collection}", s.listing)
	site.Handle("GET", "/suggest", s.suggest)
	site.Handle("GET", "/goods/{slug}", s.product)
	site.Handle("GET", "/cart", s.cart)
	site.Handle("POST", "/cart/add", s.add)
	site.Handle("POST", "/cart/set", s.set)
	site.Handle("GET", "/checkout", s.step)
	site.Handle("POST", "/checkout/address", s.address)
	site.Handle("POST", "/checkout/delivery", s.choose)
	site.Handle("POST", "/checkout/code", s.code)
	site.Handle("POST", "/checkout/payment", s.pay)
	site.Handle("POST", "/checkout/place", s.place)
	site.Handle("GET", "/bank", s.bank)
	site.Handle("POST", "/bank", s.answerBank)
	site.Handle("GET", "/orders/{id}", s.order)
	site.Handle("POST", "/orders/{id}/return", s.giveBack)
	site.Handle("POST", "/orders/{id}/exchange", s.exchange)
	site.Handle("GET", "/orders/{id}/papers/{n}", s.document)
	site.Handle("GET", "/orders/{id}/slips/{parcel}", s.slip)
	site.Handle("GET", "/login", s.login)
	site.Handle("POST", "/login", s.enter)
	site.Handle("POST", "/login/link", s.link)
	site.Handle("GET", "/password", s.password)
	site.Handle("POST", "/password", s.choosePassword)
	site.Handle("POST", "/logout", s.leave)
	site.Handle("GET", "/friend/{id}", s.friend)
	site.Handle("GET", "/stop", s.stop)
	site.Handle("POST", "/stop", s.stop)
	site.Handle("GET", "/wishes", s.wishes)
	site.Handle("POST", "/wishes", s.wishFor)
	site.Handle("POST", "/wishes/drop", s.wishNoMore)
	site.Handle("POST", "/wishes/share", s.share)
	site.Handle("GET", "/wishes/{token}", s.shared)
	site.Handle("GET", "/account", s.member(s.account))
	site.Handle("GET", "/account/points", s.member(s.points))
	site.Handle("GET", "/account/friends", s.member(s.friends))
	site.Handle("POST", "/account/profile", s.member(s.profile))
	site.Handle("POST", "/account/choices", s.member(s.choices))
	site.Handle("GET", "/account/data", s.member(s.kept))
	site.Handle("GET", "/account/data/all.json", s.member(s.takeAway))
	site.Handle("POST", "/account/erase", s.member(s.erase))
	site.Handle("POST", "/goods/{slug}/voices", s.member(s.write))
	site.Handle("POST", "/goods/{slug}/vote", s.member(s.vote))
	s.desk(site, password)
	s.machines(site)
	return site
}

// Work runs what goes on by itself until ctx ends: the wheel, with its timers and jobs.
func (s *Shop) Work(ctx context.Context) error {
	if err := s.Wheel.Run(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

// amount writes money as the readers of a language do.
func amount(language string, a money.Amount) string {
	l, err := locale.Find(language)
	if err != nil {
		return a.String()
	}
	return l.Format(a)
}

func (s *Shop) templates() *template.Template {
	return template.Must(template.New("").Funcs(deskFuncs).Funcs(template.FuncMap{
		"t":       say,
		"money":   amount,
		"one":     data.One,
		"track":   data.Track,
		"modeled": data.Modeled,
		"html":    func(s string) template.HTML { return template.HTML(s) }, // of the catalog, which lets only harmless elements through
		"pair": func(r *web.Request, c card) any {
			return struct {
				R *web.Request
				C card
			}{r, c}
		},
		"both": func(r *web.Request, v any) any {
			return struct {
				R *web.Request
				V any
			}{r, v}
		},
	}).ParseFS(files, "templates/*.html"))
}
