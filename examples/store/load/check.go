package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ErrBooks reports books that do not add up.
var ErrBooks = fmt.Errorf("load: the books do not add up: %w", flywheel.ErrConflict)

// Sending is what is known of one letter.
type Sending struct {
	Times    int
	Confirms bool // an order
}

// Check looks at all that the shop keeps, with the wheel at rest: stock is the sum of its
// movements and never below zero, the gateway has what the orders say and nothing else, the points
// of a member are the sum of their bookings, each order was confirmed by one letter. What is wrong it writes to out, and reports [ErrBooks].
func Check(ctx context.Context, shop *page.Shop, sent map[string]Sending, out io.Writer) error {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	levels, err := stock(ctx, shop, say)
	if err != nil {
		return err
	}
	orders, members, err := takings(ctx, shop, say)
	if err != nil {
		return err
	}
	for c := range members {
		if err := points(ctx, shop, c, say); err != nil {
			return err
		}
	}
	confirmed := 0
	for id, s := range sent {
		if s.Times > 1 {
			say("letter %s went out %d times", id, s.Times)
		}
		if s.Confirms {
			confirmed++
		}
	}
	if confirmed != orders {
		say("%d orders were confirmed by %d letters", orders, confirmed)
	}
	health, err := shop.Wheel.Health(ctx)
	if err != nil {
		return err
	}
	for _, c := range health {
		if c.Lag != 0 || c.Parked != 0 || c.Held != 0 {
			say("%s is behind by %d, with %d parked and %d held", c.Name, c.Lag, c.Parked, c.Held)
		}
	}
	fmt.Fprintf(out, "books: %d levels of stock, %d orders, %d members, %d letters: ", levels, orders, len(members), len(sent))
	if len(wrong) == 0 {
		fmt.Fprintln(out, "all add up")
		return nil
	}
	fmt.Fprintf(out, "%d things do not add up\n  %s\n", len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "\n  "))
	return ErrBooks
}

// stock compares each level with its ledger.
func stock(ctx context.Context, shop *page.Shop, say func(string, ...any)) (n int, err error) {
	for l, err := range shop.Stock.Levels(ctx, "") {
		if err != nil {
			return n, err
		}
		n++
		var hand, reserved, allocated int64
		for m, err := range shop.Stock.Ledger(ctx, l.SKU, 0) {
			if err != nil {
				return n, err
			}
			if m.Location == l.Location {
				hand, reserved, allocated = hand+m.OnHand, reserved+m.Reserved, allocated+m.Allocated
				if m.OnHandAfter < 0 || m.ReservedAfter < 0 || m.AllocatedAfter < 0 {
					say("stock of %s was below zero at movement %d", l.SKU, m.Seq)
				}
			}
		}
		if hand != l.OnHand || reserved != l.Reserved || allocated != l.Allocated {
			say("stock of %s: %d on hand, %d reserved, %d allocated; its movements sum to %d, %d, %d", l.SKU, l.OnHand, l.Reserved, l.Allocated, hand, reserved, allocated)
		}
	}
	return n, nil
}

// takings compares the orders with the gateway that the store plays, in both directions.
func takings(ctx context.Context, shop *page.Shop, say func(string, ...any)) (n int, members map[flywheel.CustomerID]bool, err error) {
	type sums struct{ captured, refunded money.Amount }
	books, members := map[string]sums{}, map[flywheel.CustomerID]bool{}
	for o, err := range shop.Orders.List(ctx, order.Filter{}) {
		if err != nil {
			return n, nil, err
		}
		n++
		if o.Customer != "" {
			members[o.Customer] = true
		}
		if o.Payment.Captured.Minor() > o.Payment.Authorized.Minor() || o.Payment.Refunded.Minor() > o.Payment.Captured.Minor() {
			say("order %s: %v authorized, %v captured, %v refunded", o.Number, o.Payment.Authorized, o.Payment.Captured, o.Payment.Refunded)
		}
		for i := range o.Tenders {
			for _, a := range o.Tenders[i].Authorizations {
				books[a.ID] = sums{a.Captured, a.Refunded}
			}
		}
	}
	if shop.Scripted == nil {
		return n, members, nil
	}
	for _, p := range shop.Scripted.Payments() {
		b, known := books[p.ID]
		switch {
		case !known && p.Captured.Sign() > 0:
			say("payment %s: %v captured for no order", p.ID, p.Captured)
		case known && (b.captured.Minor() != p.Captured.Minor() || b.refunded.Minor() != p.Refunded.Minor()):
			say("payment %s: the gateway has %v and gave back %v, the order says %v and %v", p.ID, p.Captured, p.Refunded, b.captured, b.refunded)
		}
		delete(books, p.ID)
	}
	for id := range books {
		say("payment %s of an order is not known to the gateway", id)
	}
	return n, members, nil
}

// points compares a member's balance with the bookings.
func points(ctx context.Context, shop *page.Shop, c flywheel.CustomerID, say func(string, ...any)) error {
	balance, err := shop.Points.Balance(ctx, c)
	if errors.Is(err, flywheel.ErrNotFound) {
		return nil // nothing was earned yet
	}
	if err != nil {
		return err
	}
	books := map[loyalty.Book]int64{}
	for e, err := range shop.Points.Entries(ctx, c) {
		if err != nil {
			return err
		}
		books[e.From] -= e.Points
		books[e.To] += e.Points
	}
	for book, want := range map[loyalty.Book]int64{loyalty.BookPending: balance.Pending, loyalty.BookRedeemed: balance.Redeemed, loyalty.BookExpired: balance.Expired, loyalty.BookHeld: balance.Held} {
		if books[book] != want {
			say("points of %s: %d are %s, the bookings sum to %d", c, want, book, books[book])
		}
	}
	if free := books[loyalty.BookAvailable] + books[loyalty.BookDebt]; free != balance.Available {
		say("points of %s: %d are available, the bookings sum to %d", c, balance.Available, free)
	}
	return nil
}
