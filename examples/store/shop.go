package main

import (
	"context"
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
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/referral"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/segment"
)

// newShop wires the packages over one database, and fills what is empty. now is the clock
// of all of them.
func newShop(ctx context.Context, s *stores, now func() time.Time) (*page.Shop, error) {
	shop := &page.Shop{Now: now, Gateway: new(payment.Memory), Outbox: new(web.Outbox), Addresses: data.Places{}}
	shop.Post = func(_ context.Context, m web.Mail) error { shop.Outbox.Add(m); return nil } // until a mail server is connected
	var err error
	if shop.Accounts, err = web.NewAccounts(ctx, s.accounts, now); err != nil {
		return nil, err
	}
	for _, wire := range []func(*page.Shop, *stores) error{wireGoods, wirePeople, wireCounter} {
		if err := wire(shop, s); err != nil {
			return nil, err
		}
	}
	documents := shop.Products.Documents(data.Channel, data.Languages...)
	shop.Follower = &search.Follower{Engine: search.Local{Index: shop.Index}, Source: documents, Product: catalog.ChangedProduct}
	shop.Wheel, err = segment.NewRunner(shop.Events, &segment.RunnerOptions{Now: now, Jobs: jobs(shop)},
		shop.Profiles, shop.Follower, shop.Recommend, shop.Reviews, shop.Points, shop.Friends, shop.Wishes, shop.Journeys)
	if err != nil {
		return nil, err
	}
	if err := data.Fill(ctx, shop.Products, shop.Prices, shop.Stock, shop.Codes); err != nil {
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
func wireGoods(shop *page.Shop, s *stores) (err error) {
	now := shop.Now
	if shop.Events, err = segment.NewLog(s.log, &segment.LogOptions{Now: now}); err != nil {
		return err
	}
	if shop.Prices, err = pricing.New(s.prices, &pricing.Options{Config: data.Pricing}); err != nil {
		return err
	}
	if shop.Stock, err = inventory.New(s.stock, &inventory.Options{Sink: shop.Events, Now: now, Alerts: true}); err != nil {
		return err
	}
	offers := catalog.Shelf{Prices: shop.Prices, Stock: shop.Stock, Currency: money.EUR, Now: now}
	if shop.Products, err = catalog.New(s.products, &catalog.Options{Sink: shop.Events, Offers: offers, Now: now}); err != nil {
		return err
	}
	if shop.Codes, err = coupon.New(s.codes, &coupon.Options{Now: now}); err != nil {
		return err
	}
	shop.GiftCards = shop.Codes.Cards()
	shop.Index, err = search.New(data.Search)
	return err
}

// wirePeople makes what is known of customers, what they say, and what is said to them.
func wirePeople(shop *page.Shop, s *stores) (err error) {
	now := shop.Now
	shop.Profiles, err = segment.NewProfiles(s.profiles, &segment.ProfileOptions{Segments: data.Segments, Sink: shop.Events, Log: shop.Events})
	if err != nil {
		return err
	}
	shop.Points, err = loyalty.New(s.points, &loyalty.Options{Programs: []loyalty.Program{data.Program}, Category: data.CategoryOf, Now: now, Sink: shop.Events})
	if err != nil {
		return err
	}
	listed := func(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]money.Amount, error) {
		return shop.Prices.Listed(money.EUR, now(), skus...)
	}
	if shop.Wishes, err = wish.New(s.wishes, &wish.Options{Prices: listed, Sink: shop.Events, Now: now}); err != nil {
		return err
	}
	if shop.Credit, err = credit.New(s.credit, &credit.Options{Now: now}); err != nil {
		return err
	}
	if shop.Reviews, err = review.New(s.reviews, &review.Options{Now: now, Sink: shop.Events}); err != nil {
		return err
	}
	if shop.Recommend, err = recommend.New(s.facts, nil); err != nil {
		return err
	}
	shop.Tickets, err = service.New(s.tickets, &service.Options{Calendar: &data.DeskHours, SLA: data.Promises, Now: now, Sink: shop.Events})
	if err != nil {
		return err
	}
	if shop.Experiments, err = experiment.New(s.experiments, &experiment.Options{Now: now, Sink: shop.Events}); err != nil {
		return err
	}
	if shop.Flags, err = flag.New(s.experiments, &flag.Options{Now: now, Recorder: shop.Experiments}); err != nil {
		return err
	}
	shop.Friends, err = referral.NewRewards(referral.RewardsOptions{Hold: data.FriendHold, Grant: func(ctx context.Context, r referral.Referral) error {
		return shop.Points.Reward(ctx, "friend-"+string(r.Referred), data.FriendPoints, r.Placed.Add(data.FriendHold), r.Referrer, r.Referred)
	}})
	if err != nil {
		return err
	}
	if shop.OrderLinks, err = order.NewLinks(shop.Accounts.Secret("orders")); err != nil {
		return err
	}
	if shop.Stops, err = message.NewLinks(shop.Accounts.Secret("stops")); err != nil {
		return err
	}
	shop.Journeys, err = campaign.New(s.journeys, &campaign.Options{
		Journeys: data.Journeys, Policy: data.Manners, Location: data.Location, Sender: campaign.SenderFunc(shop.Write), Sink: shop.Events, Log: shop.Events, Now: now,
	})
	return err
}

// wireCounter makes the way from the cart to the order, with everything that pays for it.
func wireCounter(shop *page.Shop, s *stores) (err error) {
	now, counter := shop.Now, shop.Products.Counter(data.Channel, "en")
	if shop.Carts, err = cart.New(s.carts, &cart.Options{Prices: shop.Prices, Catalog: counter, Sink: shop.Events, Now: now}); err != nil {
		return err
	}
	if shop.Network, err = fulfillment.New(data.Delivery()); err != nil {
		return err
	}
	shop.Gateway.Intercept(page.Bank)
	opts := &checkout.SessionOptions{
		Carts: shop.Carts, Catalog: counter, Network: shop.Network, Stock: shop.Stock, Codes: shop.Codes, GiftCards: shop.GiftCards, StoreCredit: shop.Credit,
		Points: shop.Points, PointValue: data.PointValue, PointValueIn: data.PointValues, PointsMaxPercent: data.PointsMost, Taxes: data.Taxes, Home: data.Home,
		DeliveryIncludesTax: true, Mode: order.OnPlace, Sink: shop.Events, Policy: data.Returns, Now: now,
	}
	added, err := checkout.NewShop(opts)
	if err != nil {
		return err
	}
	opts.Orders, err = order.New(s.orders, &order.Options{
		Now: now, Gateway: shop.Gateway, Warehouse: shop.Stock, Coupons: shop.Codes, Points: shop.Points, Credit: shop.Credit, Shop: added, Sink: shop.Events,
		Balances: map[order.TenderType]order.Balance{order.GiftCard: shop.GiftCards, order.StoreCredit: shop.Credit},
	})
	if err != nil {
		return err
	}
	shop.Orders = opts.Orders
	shop.Sessions, err = checkout.NewSessions(s.sessions, opts)
	return err
}

// jobs are what is done again and again: what time makes due, and learning.
func jobs(shop *page.Shop) []segment.Job {
	return []segment.Job{
		segment.Due("checkouts that end", shop.Sessions), segment.Due("carts that are left", shop.Carts), segment.Due("holds that end", shop.Stock),
		segment.Due("promises of the desk", shop.Tickets),
		{Name: "unfinished checkouts", Every: 5 * time.Second, Run: func(ctx context.Context, _ time.Time) error {
			_, err := shop.Sessions.ResumeAll(ctx)
			return err
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
