package main

import (
	"context"
	"encoding/hex"
	"errors"
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
	"github.com/flywheel-go/flywheel/examples/store/page"
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
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/segment"
)

// made passes on what a constructor made. What went wrong is a panic that newShop recovers, so
// that what is wired reads as a list.
func made[T any](v T, err error) T {
	if err != nil {
		panic(unmade{err})
	}
	return v
}

type unmade struct{ error }

// outside are what the shop works with beyond its database.
type outside struct {
	Gateway    payment.Gateway // nil is one that the store plays
	Hook       string          // where events of orders are told; nowhere where it is empty
	Goods      string          // file of the assortment; the built-in one where it is empty
	HookSecret string          // of webhooks in both directions; one that nobody knows where it is empty
}

// newShop wires the packages over one database, and fills what is empty. now is the clock
// of all of them.
func newShop(ctx context.Context, s *stores, now func() time.Time, with outside) (shop *page.Shop, err error) {
	defer func() {
		switch problem := recover().(type) {
		case nil:
		case unmade:
			err = problem.error
		default:
			panic(problem)
		}
	}()
	shop = &page.Shop{Now: now, Gateway: with.Gateway, Outbox: new(web.Outbox), Addresses: data.Places{}, Hook: with.Hook, HookSecret: with.HookSecret}
	if shop.Gateway == nil {
		shop.Scripted = new(payment.Memory)
		shop.Scripted.Intercept(page.Bank)
		shop.Gateway = shop.Scripted
	}
	shop.Post = func(_ context.Context, m web.Mail) error { shop.Outbox.Add(m); return nil } // until a mail server is connected
	shop.Accounts = made(web.NewAccounts(ctx, s.accounts, now))
	if shop.HookSecret == "" {
		shop.HookSecret = hex.EncodeToString(shop.Accounts.Secret("hooks"))
	}
	wireGoods(shop, s)
	wirePeople(shop, s)
	wireCounter(shop, s)
	documents := shop.Products.Documents(data.Channel, data.Languages...)
	shop.Follower = &search.Follower{Engine: search.Local{Index: shop.Index}, Source: documents, Product: catalog.ChangedProduct}
	shop.Wheel = made(segment.NewRunner(shop.Events, &segment.RunnerOptions{Now: now, Jobs: jobs(shop)},
		shop.Profiles, shop.Follower, shop.Recommend, shop.Reviews, shop.Points, shop.Friends, shop.Wishes, shop.Journeys))
	if err := data.Fill(ctx, with.Goods, shop.Products, shop.Prices, s.prices, shop.Stock, shop.Codes, shop.Suppliers); err != nil {
		return nil, err
	}
	err = shop.Flags.Refresh(ctx)
	if errors.Is(err, flywheel.ErrNotFound) { // the first day of the shop
		err = shop.Flags.Load(ctx, []byte(data.Flags))
	}
	if err := errors.Join(err, shop.Prices.Reload(ctx)); err != nil {
		return nil, err
	}
	wirePrivacy(shop)
	return shop, documents.Fill(ctx, shop.Follower.Engine)
}

// wireGoods makes what is sold: the log, the price list, the stock and the catalog.
func wireGoods(shop *page.Shop, s *stores) {
	now := shop.Now
	shop.Events = made(segment.NewLog(s.log, &segment.LogOptions{Now: now}))
	shop.Prices = made(pricing.New(s.prices, &pricing.Options{Config: data.Pricing}))
	shop.Stock = made(inventory.New(s.stock, &inventory.Options{Sink: shop.Events, Now: now, Alerts: true}))
	shop.Suppliers = made(supplier.New(s.purchases, &supplier.Options{Stock: shop.Stock, Now: now}))
	offers := catalog.Shelf{Prices: shop.Prices, Stock: shop.Stock, Currency: money.EUR, Now: now}
	shop.Products = made(catalog.New(s.products, &catalog.Options{Sink: shop.Events, Offers: offers, Now: now}))
	shop.Codes = made(coupon.New(s.codes, &coupon.Options{Now: now}))
	shop.GiftCards = shop.Codes.Cards()
	shop.Index = made(search.New(data.Search))
}

// wirePeople makes what is known of customers, what they say, and what is said to them.
func wirePeople(shop *page.Shop, s *stores) {
	now := shop.Now
	shop.Profiles = made(segment.NewProfiles(s.profiles, &segment.ProfileOptions{Segments: data.Segments, Sink: shop.Events, Log: shop.Events}))
	shop.Points = made(loyalty.New(s.points, &loyalty.Options{Programs: []loyalty.Program{data.Program}, Category: data.CategoryOf, Now: now, Sink: shop.Events}))
	listed := func(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]money.Amount, error) {
		return shop.Prices.Listed(money.EUR, now(), skus...)
	}
	shop.Wishes = made(wish.New(s.wishes, &wish.Options{Prices: listed, Sink: shop.Events, Now: now}))
	shop.Credit = made(credit.New(s.credit, &credit.Options{Now: now}))
	shop.Reviews = made(review.New(s.reviews, &review.Options{Now: now, Sink: shop.Events}))
	shop.Recommend = made(recommend.New(s.facts, nil))
	shop.Tickets = made(service.New(s.tickets, &service.Options{Calendar: &data.DeskHours, SLA: data.Promises, Now: now, Sink: shop.Events}))
	shop.Experiments = made(experiment.New(s.experiments, &experiment.Options{Now: now, Sink: shop.Events}))
	shop.Flags = made(flag.New(s.experiments, &flag.Options{Now: now, Recorder: shop.Experiments}))
	shop.Friends = made(referral.NewRewards(referral.RewardsOptions{Hold: data.FriendHold, Grant: func(ctx context.Context, r referral.Referral) error {
		return shop.Points.Reward(ctx, "friend-"+string(r.Referred), data.FriendPoints, r.Placed.Add(data.FriendHold), r.Referrer, r.Referred)
	}}))
	shop.OrderLinks = made(order.NewLinks(shop.Accounts.Secret("orders")))
	shop.Stops = made(message.NewLinks(shop.Accounts.Secret("stops")))
	journeys := data.Journeys
	if shop.Hook != "" {
		journeys = append(data.Hooks(), journeys...)
	}
	shop.Journeys = made(campaign.New(s.journeys, &campaign.Options{
		Journeys: journeys, Policy: data.Manners, Location: data.Location, Sender: campaign.SenderFunc(shop.Write), Sink: shop.Events, Log: shop.Events, Now: now,
	}))
}

// wireCounter makes the way from the cart to the order, with everything that pays for it.
func wireCounter(shop *page.Shop, s *stores) {
	now, counter := shop.Now, shop.Products.Counter(data.Channel, "en")
	shop.Carts = made(cart.New(s.carts, &cart.Options{Prices: shop.Prices, Catalog: counter, Sink: shop.Events, Now: now}))
	shop.Network = made(fulfillment.New(data.Delivery()))
	opts := &checkout.SessionOptions{
		Carts: shop.Carts, Catalog: counter, Network: shop.Network, Stock: shop.Stock, Codes: shop.Codes, GiftCards: shop.GiftCards, StoreCredit: shop.Credit,
		Points: shop.Points, PointsMaxPercent: data.PointsMost, Taxes: data.Taxes, Home: data.Home,
		DeliveryIncludesTax: true, Mode: order.OnPlace, Sink: shop.Events, Policy: data.Returns, Now: now,
		Return: func(id checkout.SessionID) string { return shop.URL + "/en/bank?back=yes&session=" + string(id) },
	}
	opts.Orders = made(order.New(s.orders, &order.Options{
		Now: now, Gateway: shop.Gateway, Warehouse: shop.Stock, Coupons: shop.Codes, Points: shop.Points, Credit: shop.Credit, Shop: made(checkout.NewShop(opts)), Sink: shop.Events,
		Balances: map[order.TenderType]order.Balance{order.GiftCard: shop.GiftCards, order.StoreCredit: shop.Credit},
	}))
	shop.Orders, shop.Sessions = opts.Orders, made(checkout.NewSessions(s.sessions, opts))
	shop.Verifier = made(payment.NewVerifier(5*time.Minute, shop.HookSecret))
	shop.Notices = made(checkout.NewWebhooks(shop.Sessions, shop.Orders, shop.Verifier, made(payment.NewInbox(s.notices, &payment.InboxOptions{Now: now}))))
}

// jobs are what is done again and again: what time makes due, and learning.
func jobs(shop *page.Shop) []segment.Job {
	return []segment.Job{
		segment.Due("checkouts that end", shop.Sessions), segment.Due("carts that are left", shop.Carts), segment.Due("holds that end", shop.Stock),
		segment.Due("promises of the desk", shop.Tickets), segment.Due("what products plan", shop.Products),
		{Name: "unfinished checkouts and returns", Every: 5 * time.Second, Run: func(ctx context.Context, _ time.Time) error {
			_, err := shop.Sessions.ResumeAll(ctx)
			_, also := shop.Orders.Resume(ctx)
			return errors.Join(err, also)
		}},
		{Name: "what other processes changed", Every: 5 * time.Second, Run: func(ctx context.Context, _ time.Time) error {
			return errors.Join(shop.Prices.Reload(ctx), shop.Flags.Refresh(ctx))
		}},
		{Name: "learning what goes with what", Every: time.Minute, Run: func(ctx context.Context, _ time.Time) error {
			_, err := shop.Recommend.Train(ctx)
			return err
		}},
	}
}
