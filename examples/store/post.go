package main

import (
	"context"
	"errors"
	"net/mail"
	"time"

	"github.com/flywheel-go/flywheel/campaign/message"
	"github.com/flywheel-go/flywheel/campaign/message/smtp"
	"github.com/flywheel-go/flywheel/campaign/message/smtp/smtptest"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/load"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// connect lets the shop write: by a mail server, or where none is named by one of its own
// that delivers nothing and shows what it got on a page of the desk.
func connect(shop *page.Shop, o smtp.Options) (end func() error, err error) {
	end = func() error { return nil }
	if o.Addr == "" {
		sink, err := smtptest.Start(&smtptest.Options{Mail: func(m smtptest.Mail) { shop.Outbox.Receive(m.Data, shop.Now()) }})
		if err != nil {
			return nil, err
		}
		o.Addr, o.Plain, end = sink.Addr, true, sink.Close
	}
	o.From = mail.Address{Name: data.Name, Address: data.Mailbox}
	sender, err := smtp.New(o)
	if err != nil {
		return nil, err
	}
	shop.Post = func(ctx context.Context, m web.Mail) error {
		to := message.Recipient{Customer: m.Customer, Email: message.NewPrivate(m.To)}
		return sender.Send(ctx, smtp.Mail{ID: m.ID, To: to, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Date: m.At, Unsubscribe: m.Stop})
	}
	return end, nil
}

// openForLoad opens a store for a run under load.
func openForLoad(ctx context.Context, where string, now func() time.Time) (*load.Opened, error) {
	s, err := open(ctx, where)
	if err != nil {
		return nil, err
	}
	shop, err := newShop(ctx, s, now, outside{})
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	hangUp, err := connect(shop, smtp.Options{})
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return &load.Opened{Shop: shop, Letters: letters(shop), Close: func() error { return errors.Join(hangUp(), s.close()) }}, nil
}

// past makes up what was before the shop was opened.
func past(shop *page.Shop, clock *data.Clock, seed uint64) *data.Past {
	return &data.Past{
		Clock: clock, Products: shop.Products, Prices: shop.Prices, Events: shop.Events, Carts: shop.Carts, Sessions: shop.Sessions, Orders: shop.Orders, Stock: shop.Stock, Suppliers: shop.Suppliers, Reviews: shop.Reviews, Wheel: shop.Wheel, Seed: seed,
	}
}
