package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/replay/retail"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Events of this shop's own. Sales, refunds and stock movements are told by the
// packages that make them.
const (
	// eventDayOpened and eventDayClosed frame a day. A day is one transaction,
	// so the last day that was closed is where a replay goes on.
	eventDayOpened = "day_opened"
	eventDayClosed = "day_closed"
	// eventCreditNote is money given back for goods whose sale is not known.
	eventCreditNote = "credit_note"
	// eventBooked is money that moved without a customer: fees, bad debt.
	eventBooked = "booked"
)

// trade replays one day as one transaction: on a Monday orders go out to the
// suppliers, deliveries come in, and then each invoice of the day becomes what
// it was.
func (s *shop) trade(ctx context.Context, d businessDay) error {
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		s.now = d.date
		if d.date.Weekday() == time.Monday {
			if err := s.orderGoods(ctx, d.date); err != nil {
				return err
			}
		}
		if err := s.receiveGoods(ctx, d.date); err != nil {
			return err
		}
		if err := s.tell(ctx, eventDayOpened, d.date.Format(time.DateOnly), flywheel.Event{}); err != nil {
			return err
		}
		for _, i := range d.invoices {
			in := &s.book.Invoices[i]
			s.now = in.Time
			if err := s.enter(ctx, i); err != nil {
				return fmt.Errorf("invoice %s (line %d): %w", in.ID, in.Rows[0].Line, err)
			}
		}
		s.now = d.date.Add(day - time.Microsecond)
		if err := s.tell(ctx, eventDayClosed, d.date.Format(time.DateOnly), flywheel.Event{}); err != nil {
			return err
		}
		return s.number(ctx)
	})
}

// tell publishes an event of the shop's own, whose ID is its name and key.
func (s *shop) tell(ctx context.Context, name, key string, e flywheel.Event) error {
	e.ID, e.Name, e.Time = name+":"+key, name, s.now
	return s.log.Publish(ctx, e)
}

// number gives what was told its places, received now. In the transaction that
// told it, or a process that dies would leave it to the clock of the next.
func (s *shop) number(ctx context.Context) error {
	_, err := s.log.Number(ctx)
	return err
}

// orderGoods plans with what is known this morning and orders.
func (s *shop) orderGoods(ctx context.Context, date time.Time) error {
	onHand := make([]int64, len(s.room.skus))
	for level, err := range s.stock.Levels(ctx, "") {
		if err != nil {
			return err
		}
		onHand[s.room.index[level.SKU]] = level.OnHand
	}
	lines, err := plan(ctx, s.room, onHand, date)
	if err != nil || len(lines) == 0 {
		return err
	}
	return s.tell(ctx, eventOrdered, date.Format(time.DateOnly), flywheel.Event{Lines: lines})
}

// receiveGoods takes in what the suppliers deliver today.
func (s *shop) receiveGoods(ctx context.Context, date time.Time) error {
	var lines []flywheel.Line
	for _, d := range s.room.planned.due[date] {
		lines = append(lines, flywheel.Line{SKU: s.room.skus[d.sku], Quantity: d.quantity})
	}
	if len(lines) == 0 {
		return nil
	}
	return s.stock.Receive(ctx, "delivery:"+date.Format(time.DateOnly), lines)
}

// enter replays one invoice.
func (s *shop) enter(ctx context.Context, i int) error {
	in := &s.book.Invoices[i]
	if s.first[in.Customer] == i && in.Customer != "" {
		if err := s.tell(ctx, flywheel.EventSignUp, string(in.Customer), flywheel.Event{Customer: in.Customer}); err != nil {
			return err
		}
	}
	if err := s.bookRows(ctx, in); err != nil {
		return err
	}
	if in.Cancels {
		return s.takeBack(ctx, i)
	}
	return s.sell(ctx, in)
}

// bookRows enters the rows that no customer pays: stock corrections, fees, debt.
func (s *shop) bookRows(ctx context.Context, in *retail.Invoice) error {
	for r := range in.Rows {
		row := &in.Rows[r]
		ref := lineID(in, row)
		switch {
		case row.Kind == retail.Stock:
			if err := s.stock.Adjust(ctx, ref, "stock correction", flywheel.SKU(row.Code), row.Quantity); err != nil {
				return err
			}
		case !row.Kind.Billed():
			value, err := row.Price.Times(row.Quantity, money.HalfUp)
			if err != nil {
				return err
			}
			err = s.tell(ctx, eventBooked, ref, flywheel.Event{
				Ref: in.ID, Value: value, Properties: map[string]any{"kind": row.Kind.String()}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// lineID names a row within the shop.
func lineID(in *retail.Invoice, row *retail.Row) string {
	return in.ID + ":" + strconv.Itoa(int(row.Line))
}

// sell makes a cart of the billed rows and checks it out. The shop's books say
// what was paid, so the prices are agreed ones.
func (s *shop) sell(ctx context.Context, in *retail.Invoice) error {
	lines := s.lines[:0]
	for r := range in.Rows {
		row := &in.Rows[r]
		if row.Kind.Billed() {
			lines = append(lines, cart.Line{ID: strconv.Itoa(int(row.Line)), SKU: flywheel.SKU(row.Code), Quantity: row.Quantity, Agreed: row.Price})
		}
	}
	s.lines = lines
	if len(lines) == 0 {
		return nil
	}
	id := cart.ID(in.ID)
	// A transaction may run again; the cart of the first run is in memory.
	if err := s.carts.Delete(ctx, id); err != nil {
		return err
	}
	c := cart.Cart{ID: id, Customer: in.Customer, Currency: s.currency}
	if in.Customer == "" {
		c.Visitor = flywheel.VisitorID("guest:" + in.ID)
	}
	if _, err := s.carts.Create(ctx, c); err != nil {
		return err
	}
	if _, err := s.carts.Add(ctx, id, lines...); err != nil {
		return err
	}
	_, err := s.checkout.Place(ctx, checkout.Request{Key: "place:" + in.ID, OrderID: order.ID(in.ID), Cart: id, At: in.Time})
	if err != nil {
		return err
	}
	return s.carts.Delete(ctx, id)
}

// takeBack returns what a cancellation takes back to the orders that it came
// from, and writes a credit note for the rest.
func (s *shop) takeBack(ctx context.Context, i int) error {
	in := &s.book.Invoices[i]
	matches := slices.Clone(s.matches[i])
	slices.SortStableFunc(matches, func(a, b retail.Match) int { return a.Invoice - b.Invoice })
	unmatched := make([]int64, len(in.Rows))
	for r := range in.Rows {
		if in.Rows[r].Kind.Billed() {
			unmatched[r] = -in.Rows[r].Quantity
		}
	}
	for len(matches) > 0 {
		sale := &s.book.Invoices[matches[0].Invoice]
		request := order.Request{Key: in.ID, Reason: "cancellation", At: in.Time}
		for len(matches) > 0 && &s.book.Invoices[matches[0].Invoice] == sale {
			m := matches[0]
			matches = matches[1:]
			unmatched[m.Row] -= m.Quantity
			id := strconv.Itoa(int(m.Line))
			at := slices.IndexFunc(request.Lines, func(l order.ReturnLine) bool { return l.Line == id })
			if at < 0 {
				at = len(request.Lines)
				request.Lines = append(request.Lines, order.ReturnLine{Line: id})
			}
			request.Lines[at].Quantity += m.Quantity
		}
		if _, err := s.orders.Return(ctx, order.ID(sale.ID), request); err != nil {
			return fmt.Errorf("return to order %s: %w", sale.ID, err)
		}
	}
	note := flywheel.Event{Ref: in.ID, Customer: in.Customer, Value: money.New(0, s.currency)}
	for r, n := range unmatched {
		if n == 0 {
			continue
		}
		amount, err := in.Rows[r].Price.Times(n, money.HalfUp)
		if err != nil {
			return err
		}
		note.Lines = append(note.Lines, flywheel.Line{SKU: flywheel.SKU(in.Rows[r].Code), Quantity: n, Amount: amount})
		if note.Value, err = note.Value.Add(amount); err != nil {
			return err
		}
	}
	if len(note.Lines) == 0 {
		return nil
	}
	return s.tell(ctx, eventCreditNote, in.ID, note)
}

// goods is the stock as checkout and returns see it: what has no stock, such as
// postage and vouchers, is neither reserved nor put back.
type goods struct {
	stock   *inventory.Service
	stocked map[flywheel.SKU]bool
	nothing map[string]bool // refs with nothing to reserve
}

// Handle names the database of the stock.
func (g *goods) Handle() flywheel.Transactor { return g.stock.Handle() }

func newGoods(stock *inventory.Service, skus []flywheel.SKU) *goods {
	g := &goods{stock: stock, stocked: make(map[flywheel.SKU]bool, len(skus)), nothing: map[string]bool{}}
	for _, sku := range skus {
		g.stocked[sku] = true
	}
	return g
}

// only keeps the lines of stocked SKUs.
func (g *goods) only(lines []flywheel.Line) []flywheel.Line {
	return slices.DeleteFunc(slices.Clone(lines), func(l flywheel.Line) bool { return !g.stocked[l.SKU] })
}

func (g *goods) Reserve(ctx context.Context, ref string, lines []flywheel.Line) error {
	if lines = g.only(lines); len(lines) > 0 {
		return g.stock.Reserve(ctx, ref, lines)
	}
	g.nothing[ref] = true
	return ctx.Err()
}

func (g *goods) Commit(ctx context.Context, ref string) error {
	if g.nothing[ref] {
		return ctx.Err()
	}
	return g.stock.Commit(ctx, ref)
}

func (g *goods) Release(ctx context.Context, ref string) error {
	if g.nothing[ref] {
		return ctx.Err()
	}
	return g.stock.Release(ctx, ref)
}

func (g *goods) Restock(ctx context.Context, ref string, lines []flywheel.Line) error {
	if lines = g.only(lines); len(lines) > 0 {
		return g.stock.Restock(ctx, ref, lines)
	}
	return ctx.Err()
}
