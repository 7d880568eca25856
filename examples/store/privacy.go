package main

import (
	"context"
	"errors"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/examples/store/page"
)

// wirePrivacy says where something is kept of a customer, and how it is erased: the account
// last, so that an erasure that stopped on the way can be asked for again.
func wirePrivacy(shop *page.Shop) {
	type customer = flywheel.CustomerID
	shop.Kept = map[string]func(context.Context, customer) (any, error){
		"account": func(ctx context.Context, c customer) (any, error) {
			of, err := shop.Accounts.Get(ctx, c)
			of.Salt, of.Hash = nil, nil
			return of, err
		},
		"carts": func(ctx context.Context, c customer) (any, error) {
			return all(shop.Carts.List(ctx, cart.Filter{Customer: c}))
		},
		"orders": func(ctx context.Context, c customer) (any, error) {
			return all(shop.Orders.List(ctx, order.Filter{Customer: c}))
		},
		"points": func(ctx context.Context, c customer) (any, error) { return all(shop.Points.Receipts(ctx, c)) },
		"credit": func(ctx context.Context, c customer) (any, error) { return all(shop.Credit.Moves(ctx, string(c))) },
		"reviews": func(ctx context.Context, c customer) (any, error) {
			return all(shop.Reviews.List(ctx, review.Filter{Author: c}))
		},
		"tickets": func(ctx context.Context, c customer) (any, error) {
			kept := map[service.ID]any{}
			for t, err := range shop.Tickets.List(ctx, service.Filter{Customer: c}) {
				if err != nil {
					return nil, err
				}
				if kept[t.ID], err = all(shop.Tickets.Entries(ctx, t.ID)); err != nil {
					return nil, err
				}
			}
			return kept, nil
		},
		"wishes": func(ctx context.Context, c customer) (any, error) {
			return shop.Wishes.Of(ctx, flywheel.PersonOf(c, ""))
		},
		"friends": func(_ context.Context, c customer) (any, error) { return shop.Friends.Of(c), nil },
		"events":  func(ctx context.Context, c customer) (any, error) { return shop.Events.Of(ctx, c) },
		"profile": func(ctx context.Context, c customer) (any, error) {
			p, err := shop.Profiles.Get(ctx, c)
			if errors.Is(err, flywheel.ErrNotFound) {
				return nil, nil
			}
			return p, err
		},
	}
	shop.Erase = []func(context.Context, customer) error{
		func(ctx context.Context, c customer) error {
			of, err := shop.Accounts.Get(ctx, c)
			if err != nil {
				return err
			}
			shop.Outbox.Forget(of.Email)
			return shop.Orders.ForgetGuest(ctx, of.Email)
		},
		shop.Orders.Forget, shop.Sessions.Forget, shop.Carts.Forget, shop.Credit.Forget, shop.Tickets.Forget, shop.Wheel.Forget, shop.Accounts.Forget,
	}
}

// all are the values of a sequence.
func all[T any](seq iter.Seq2[T, error]) (list []T, err error) {
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
