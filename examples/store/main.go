// Store is a shop in one command: a shop front in three languages and a desk for the people
// who run it, over one database, in memory unless another is named.
//
//	go run ./examples/store
//	go run ./examples/store -store memory -shoppers 200 -speed 2000    simulated shoppers in faster time
//	go run ./examples/store -policy a.json -policy b.json              what another policy would do
//	go run ./examples/store load -minutes 2                            how it does under load
//	go run ./examples/store wheel                                      what each feature brings, and whether experiments find it
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"

	"github.com/flywheel-go/flywheel/campaign/message"
	"github.com/flywheel-go/flywheel/campaign/message/smtp"
	"github.com/flywheel-go/flywheel/cart/payment/stripe"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/load"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/examples/store/wheel"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "store:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "wheel" {
		return wheel.Command(ctx, args[1:], os.Stdout)
	}
	if len(args) > 0 && args[0] == "load" {
		return load.Command(ctx, args[1:], os.Stdout, openForLoad)
	}
	flags := flag.NewFlagSet("store", flag.ContinueOnError)
	where := flags.String("store", "sqlite:store.db", "where the shop is kept: memory, sqlite:`FILE` or postgres:DSN")
	address := flags.String("addr", "127.0.0.1:8080", "`address` to serve at")
	home := flags.String("url", "", "`address` of the store in letters; http:// and -addr when it is empty")
	server := flags.String("smtp", "", "mail server as `host:port`, with STARTTLS; without one letters are shown at the desk and go nowhere")
	user := flags.String("smtp-user", "", "`name` to log in there, with the password of the environment's STORE_SMTP_PASSWORD")
	password := flags.String("desk", "", "`password` of the desk; one is made up and printed when it is empty")
	clerk := flags.String("clerk", "", "`password` of those at the desk who serve customers and change nothing else; nobody when it is empty")
	hook := flags.String("hook", "", "`address` of a program that learns what happens to orders, signed with the environment's STORE_HOOK_SECRET")
	onStripe := flags.Bool("stripe", false, "take payments by Stripe, with the key of the environment's STORE_STRIPE_KEY, and its webhooks at /hooks/payment")
	goods := flags.String("data", "", "`file` of the assortment, a product export of Shopify with prices in EUR; a made-up one when it is empty")
	days := flags.Int("past", 182, "`days` that are made up before a new shop is opened, for something to see at the desk")
	var simulated simulation
	simulated.flags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if len(simulated.policies) > 0 {
		return simulated.compare(ctx, os.Stdout)
	}
	base, err := simulated.clock()
	if err != nil {
		return err
	}
	clock := &data.Clock{Base: base}
	s, err := open(ctx, *where)
	if err != nil {
		return err
	}
	with := outside{Goods: *goods, Hook: *hook, HookSecret: os.Getenv("STORE_HOOK_SECRET")}
	if *onStripe {
		if with.Gateway, err = stripe.New(os.Getenv("STORE_STRIPE_KEY"), nil); err != nil {
			return errors.Join(err, s.close())
		}
	}
	shop, err := newShop(ctx, s, clock.Now, with)
	if err != nil {
		return errors.Join(err, s.close())
	}
	if err := errors.Join(shop.Recall(ctx), past(shop, clock, simulated.seed).Make(ctx, *days)); err != nil {
		return errors.Join(err, s.close())
	}
	if *password == "" {
		*password = random(8)
	}
	shop.ClerkPassword = *clerk
	if shop.URL = *home; *home == "" {
		shop.URL = "http://" + *address
	}
	hangUp, err := connect(shop, smtp.Options{Addr: *server, User: *user, Password: message.NewPrivate(os.Getenv("STORE_SMTP_PASSWORD"))})
	if err != nil {
		return errors.Join(err, s.close())
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	site := page.New(shop, *password, log)

	work, cancel := context.WithCancel(ctx)
	ended := make(chan error, 2)
	go func() { ended <- shop.Work(work) }()
	go func() { ended <- simulated.crowd(work, shop, site, *password, log) }()
	err = serve(ctx, site, *address, *password)
	cancel()
	return errors.Join(err, <-ended, <-ended, hangUp(), s.close())
}

func serve(ctx context.Context, site *web.Site, address, password string) error {
	return site.Serve(ctx, address, func(url string) {
		fmt.Printf("The shop is open at %s and its desk at %sdesk (password %s).\n", url, url, password)
	})
}

func random(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) //nolint:errcheck // never fails
	return hex.EncodeToString(b)
}
