package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/replay/retail"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// shop is Flywheel's packages wired together, with a book to replay. One
// goroutine trades; learners run beside each other.
type shop struct {
	book     *retail.Book
	currency money.Currency
	matches  map[int][]retail.Match
	exact    *exact
	first    map[flywheel.CustomerID]int // a customer's first sale, by invoice
	skus     []flywheel.SKU              // with a stock, ordered
	days     []businessDay
	seed     uint64

	now      time.Time // virtual
	kept     *stores
	others   workers // processes that share what is learned
	tx       flywheel.Transactor
	log      *segment.Log
	stock    *inventory.Service
	gateway  *payment.Memory
	carts    *cart.Service
	orders   *order.Service
	checkout *checkout.Checkout
	catalog  *catalog.Service
	*learners

	lines []cart.Line // reused
}

// businessDay is one day and its invoices, by index.
type businessDay struct {
	date     time.Time
	invoices []int
}

func newShop(book *retail.Book, currency money.Currency, seed uint64, kept *stores) (s *shop, err error) {
	s = &shop{
		book: book, currency: currency, seed: seed, kept: kept, tx: kept.tx,
		matches: retail.MatchReturns(book.Invoices), first: map[flywheel.CustomerID]int{},
		gateway: &payment.Memory{},
	}
	s.exact = settle(book.Invoices, s.matches)
	s.survey()
	clock := func() time.Time { return s.now }

	if s.log, err = segment.NewLog(kept.log, &segment.LogOptions{Now: clock}); err != nil {
		return nil, err
	}
	if s.stock, err = inventory.New(kept.stock, &inventory.Options{Now: clock, Sink: s.log, Tx: s.tx}); err != nil {
		return nil, err
	}
	// Purchases and refunds tell of the stock that they move, so here it is silent.
	silent, err := inventory.New(kept.stock, &inventory.Options{Now: clock, Tx: s.tx})
	if err != nil {
		return nil, err
	}
	shelves := newGoods(silent, s.skus)
	if s.catalog, err = catalog.New(nil, &catalog.Options{Now: clock}); err != nil {
		return nil, err
	}
	carts := cart.NewMemory(nil)
	if s.carts, err = cart.New(carts, &cart.Options{Now: clock, MaxLines: s.longest(), Sink: withoutLines{s.log, carts}}); err != nil {
		return nil, err
	}
	s.orders, err = order.New(kept.orders, &order.Options{Now: clock, Gateway: s.gateway, Stock: shelves, Sink: s.log, Tx: s.tx})
	if err != nil {
		return nil, err
	}
	s.checkout, err = checkout.New(s.carts, s.orders, &checkout.Options{Now: clock, Stock: shelves, Sink: s.log, Tx: s.tx})
	if err != nil {
		return nil, err
	}
	s.learners, err = newLearners(s.log, clock, currency, kept.learned, supplier{seed}, shelves.stocked)
	return s, err
}

// survey goes through the book once: the days, the stocked SKUs, and the first
// sale of each customer.
func (s *shop) survey() {
	stocked := map[flywheel.SKU]bool{}
	for i := range s.book.Invoices {
		in := &s.book.Invoices[i]
		date := in.Time.Truncate(day)
		if n := len(s.days); n == 0 || s.days[n-1].date != date {
			s.days = append(s.days, s.between(date)...)
			s.days = append(s.days, businessDay{date: date})
		}
		last := &s.days[len(s.days)-1]
		last.invoices = append(last.invoices, i)
		billed := false
		for r := range in.Rows {
			billed = billed || in.Rows[r].Kind.Billed()
			if in.Rows[r].Kind.Stocked() {
				stocked[flywheel.SKU(in.Rows[r].Code)] = true
			}
		}
		if _, known := s.first[in.Customer]; !known && billed && !in.Cancels && in.Customer != "" {
			s.first[in.Customer] = i
		}
	}
	for sku := range stocked {
		s.skus = append(s.skus, sku)
	}
	slices.Sort(s.skus)
}

// between returns the days without an invoice before date: deliveries come and
// Mondays come on these as well.
func (s *shop) between(date time.Time) (quiet []businessDay) {
	if len(s.days) == 0 {
		return nil
	}
	for d := s.days[len(s.days)-1].date.Add(day); d.Before(date); d = d.Add(day) {
		quiet = append(quiet, businessDay{date: d})
	}
	return quiet
}

func (s *shop) longest() int {
	n := 1
	for i := range s.book.Invoices {
		n = max(n, len(s.book.Invoices[i].Rows))
	}
	return n
}

// withoutLines is a Sink that passes events on without their lines: what went
// into a cart is in the purchase that follows at once.
// The carts live for a day, which is one transaction of the log: they are told in
// it, as if they were kept there.
type withoutLines struct {
	to    flywheel.Sink
	carts *cart.MemoryStore
}

// Handle implements flywheel.Stored.
func (w withoutLines) Handle() flywheel.Transactor { return w.carts.Handle() }

func (w withoutLines) Publish(ctx context.Context, events ...flywheel.Event) error {
	for i := range events {
		events[i].Lines = nil
	}
	return w.to.Publish(ctx, events...)
}

// run opens the shop, or goes on where an earlier process stopped, and trades
// day by day. Each day is one transaction; what is learned from it follows.
func (s *shop) run(ctx context.Context, step func(done int, label string)) error {
	if err := s.fillCatalog(ctx); err != nil {
		return err
	}
	done, err := s.resume(ctx)
	if err != nil {
		return err
	}
	for _, d := range s.days[:done] {
		s.forget(d)
	}
	for i := done; i < len(s.days); i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.trade(ctx, s.days[i]); err != nil {
			return err
		}
		s.forget(s.days[i])
		if err := s.learn(ctx, s.days[i].date); err != nil {
			return err
		}
		step(i+1, s.days[i].date.Format(time.DateOnly))
	}
	return s.stuck(ctx)
}

// learn lets every learner take what was told on a day, and time pass to its end.
func (s *shop) learn(ctx context.Context, date time.Time) error {
	s.now = date.Add(day - time.Microsecond)
	for {
		before, err := s.log.Last(ctx)
		if err != nil {
			return err
		}
		if err := s.others.each(s.now, func() error { return s.wheel.Drain(ctx) }); err != nil || len(s.others) == 0 {
			return err
		}
		// What one of them told when the others were done already.
		if err := s.number(ctx); err != nil {
			return err
		}
		if after, err := s.log.Last(ctx); err != nil || after == before {
			return err
		}
	}
}

// forget lets go of the rows of a day that is done.
func (s *shop) forget(d businessDay) {
	for _, i := range d.invoices {
		s.book.Invoices[i].Rows = nil
	}
}

// fillCatalog enters every code of the book as a product.
func (s *shop) fillCatalog(ctx context.Context) error {
	codes := map[string]bool{}
	for i := range s.book.Invoices {
		for r := range s.book.Invoices[i].Rows {
			codes[s.book.Invoices[i].Rows[r].Code] = true
		}
	}
	products := make([]catalog.Product, 0, len(codes))
	for code := range codes {
		title := s.book.Names[code]
		if title == "" {
			title = code
		}
		products = append(products, catalog.Product{
			ID: catalog.ID(code), Type: "goods", Status: catalog.Active, Text: map[catalog.Locale]catalog.Text{"en": {Title: title}},
			Variants: []catalog.Variant{{SKU: flywheel.SKU(code)}},
		})
	}
	slices.SortFunc(products, func(a, b catalog.Product) int { return cmp.Compare(a.ID, b.ID) })
	s.now = s.days[0].date
	if err := s.catalog.PutType(ctx, catalog.ProductType{Code: "goods"}); err != nil {
		return err
	}
	_, err := s.catalog.PutAll(ctx, products)
	return err
}

// resume opens the shop in an empty store. In one that holds an earlier run of
// the same book and seed it lets the learners catch up from the log, tells the
// gateway what it had charged, and returns how many days are done.
func (s *shop) resume(ctx context.Context) (done int, err error) {
	fingerprint := s.fingerprint()
	s.now = s.days[0].date
	if err := s.number(ctx); err != nil {
		return 0, err
	}
	entries, err := s.log.Read(ctx, 0, 1)
	if err != nil {
		return 0, err
	}
	if len(entries) == 0 {
		if err := s.open(ctx, fingerprint); err != nil {
			return 0, err
		}
		return 0, nil
	}
	if e := entries[0].Event; e.Name != eventOpened || e.Properties["fingerprint"] != fingerprint {
		return 0, fmt.Errorf("-store: it holds the replay of another file or seed: %w", flywheel.ErrConflict)
	}
	for o, err := range s.orders.List(ctx, order.Filter{}) {
		if err != nil {
			return 0, err
		}
		if o.Payment.Authorization == "" {
			continue
		}
		err := s.gateway.Restore(payment.Payment{
			ID: o.Payment.Authorization, Key: string(o.ID), Ref: o.Cart, Customer: o.Customer,
			Authorized: o.Payment.Authorized, Captured: o.Payment.Captured, Refunded: o.Payment.Refunded,
		})
		if err != nil {
			return 0, err
		}
	}
	for i, d := range s.days {
		if err := s.learn(ctx, d.date); err != nil || s.closed <= i {
			return s.closed, err
		}
	}
	return s.closed, nil
}

// eventOpened is the first event: property "fingerprint" names book and seed.
const eventOpened = "shop_opened"

// open fills the shelves and lets every item go on backorder.
func (s *shop) open(ctx context.Context, fingerprint string) error {
	s.now = s.days[0].date
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.tell(ctx, eventOpened, "", flywheel.Event{Properties: map[string]any{"fingerprint": fingerprint}}); err != nil {
			return err
		}
		lines := make([]flywheel.Line, len(s.skus))
		for i, sku := range s.skus {
			lines[i] = flywheel.Line{SKU: sku, Quantity: supplier{s.seed}.opening(sku)}
			if err := s.stock.SetBackorder(ctx, sku, inventory.Unlimited); err != nil {
				return err
			}
		}
		if len(lines) > 0 {
			if err := s.stock.Receive(ctx, refOpening, lines); err != nil {
				return err
			}
		}
		return s.number(ctx)
	})
}

// fingerprint tells one book and seed from another.
func (s *shop) fingerprint() string {
	h := sha256.New()
	fmt.Fprintln(h, s.seed, s.currency, s.book.Rows)
	var b []byte
	for i := range s.book.Invoices {
		in := &s.book.Invoices[i]
		b = append(b[:0], in.ID...)
		b = append(append(b, 0), in.Customer...)
		b = strconv.AppendInt(append(b, 0), in.Time.Unix(), 10)
		for r := range in.Rows {
			b = append(append(b, 0), in.Rows[r].Code...)
			b = strconv.AppendInt(append(b, 0), in.Rows[r].Quantity, 10)
			b = strconv.AppendInt(append(b, 0), in.Rows[r].Value, 10)
		}
		h.Write(append(b, '\n'))
	}
	return hex.EncodeToString(h.Sum(nil))
}
