package loyalty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// EventOrderEdited reports that an order has a new total, its Value; Ref is the
// order, and the property "revision" a number that grows with each edit.
const EventOrderEdited = "order_edited"

const propertyRevision = "revision"

var errNoTransactor = errors.New("loyalty: the store has no transactions: name a Transactor")

// Consume implements [flywheel.Consumer]. Purchases of a customer earn, by the
// program of the time at which they took effect; an order is a customer and the
// Ref of its events (the ID of a purchase without one). What it is worth is the
// Value of its [EventOrderEdited] with the highest revision, else the sum of its
// purchases, less its refunds: its points follow from that, in whatever order the
// events come. Refunds and edits of an order without purchase are kept until one
// comes. The operations that this service reported itself are applied where they
// are not known, so that a log rebuilds the accounts. Other events earn what the
// [Program.Acts] of their time say, and nothing else.
//
// An event in another currency than its order, or beyond what an order or account
// holds, is a [*flywheel.EntryError]. Consume needs a Transactor.
func (s *Service) Consume(ctx context.Context, entries []flywheel.Entry) error {
	concerns := map[flywheel.CustomerID][]*flywheel.Entry{}
	var members []flywheel.CustomerID
	var rules calendar
	for i := range entries {
		e := &entries[i]
		member := e.Person.Customer()
		if member == "" {
			continue
		}
		if !takes(&e.Event) {
			if rules == nil {
				var err error
				if rules, err = s.calendar(ctx, false); err != nil {
					return err
				}
			}
			if !rules.acts(e.Event.Name) {
				continue
			}
		}
		if concerns[member] == nil {
			members = append(members, member)
		}
		concerns[member] = append(concerns[member], e)
	}
	if len(members) == 0 {
		return nil
	}
	if s.tx == nil {
		return fmt.Errorf("%w: %w", errNoTransactor, flywheel.ErrInvalid)
	}
	slices.Sort(members) // accounts are locked in this order
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		c, err := s.calendar(ctx, true)
		if err != nil {
			return err
		}
		told := map[flywheel.Position][]flywheel.Event{}
		for _, member := range members {
			if err := s.consume(ctx, c, member, concerns[member], told); err != nil {
				return err
			}
		}
		if cursor.Replaying(ctx) {
			return nil
		}
		var events []flywheel.Event
		for i := range entries {
			events = append(events, told[entries[i].Position]...)
		}
		return s.publish(ctx, events)
	})
}

// takes reports whether an event may change points.
func takes(e *flywheel.Event) bool {
	switch e.Name {
	case flywheel.EventPurchase:
		return true
	case flywheel.EventRefund, EventOrderEdited:
		return e.Ref != ""
	case flywheel.EventPointsEarned, flywheel.EventPointsBurned, flywheel.EventPointsReversed:
		_, ok := operationOf(e)
		return ok
	}
	return false
}

// consume takes the entries of one member and adds to told what follows.
func (s *Service) consume(
	ctx context.Context, c calendar, member flywheel.CustomerID, entries []*flywheel.Entry, told map[flywheel.Position][]flywheel.Event,
) error {
	n, until := s.needOfEntries(ctx, c, member, entries)
	t := &turn{ctx: ctx, s: s, ledger: c.now(until)}
	t.need = c.need(n, until, t.ledger)
	t.account = Account{Member: member}
	if err := t.load(Need{}); err != nil {
		return err
	}
	if err := t.loadBurned(entries); err != nil {
		return err
	}
	taken, err := t.consume(c, entries, told)
	if errors.Is(err, errNoLot) { // an earlier entry took what a later one needs
		if err := t.load(Need{All: true}); err != nil {
			return err
		}
		taken, err = t.consume(c, entries, told)
	}
	if err != nil || !taken {
		return err
	}
	return s.store.Save(ctx, t.account)
}

// loadBurned loads the lots of burns that entries reverse.
func (t *turn) loadBurned(entries []*flywheel.Entry) error {
	var n Need
	for _, e := range entries {
		if e.Event.Name != flywheel.EventPointsReversed {
			continue
		}
		if op, ok := operationOf(&e.Event); ok && op.Kind == ReverseBurn {
			if burn := t.account.receipt(op.Of); burn != nil {
				n.Keys = append(n.Keys, lotsOf(burn.Outcome.From)...)
			}
		}
	}
	if n.Keys == nil {
		return nil
	}
	return t.load(n)
}

// needOfEntries returns what entries concern and up to when they are applied.
func (s *Service) needOfEntries(ctx context.Context, c calendar, member flywheel.CustomerID, entries []*flywheel.Entry) (n Need, until time.Time) {
	for _, e := range entries {
		until = later(until, appliedAt(ctx, e))
		switch e.Event.Name {
		case flywheel.EventPurchase:
			n.Orders = append(n.Orders, orderRef(&e.Event))
		case flywheel.EventRefund, EventOrderEdited:
			n.Orders = append(n.Orders, e.Event.Ref)
			n.OwnLots = true
			n.All = n.All || c.takesOthers()
		default:
			_, ops := c.earned(member, e)
			for _, op := range ops {
				n.Keys = append(n.Keys, op.Key)
			}
			if op, ok := operationOf(&e.Event); ok {
				of := needOf(op)
				n.Keys = append(n.Keys, of.Keys...)
				n.Points += of.Points
				n.All = n.All || op.Kind == ReverseEarn && c.takesOthers()
			}
		}
	}
	return n, until
}

// appliedAt returns up to when an account is settled for an entry: nobody's timer
// moves beyond the trusted clock.
func appliedAt(ctx context.Context, e *flywheel.Entry) time.Time {
	return stamp(earlier(e.Effective, cursor.At(ctx, e)))
}

// consume takes entries in their order. It reports whether the account changed.
func (t *turn) consume(c calendar, entries []*flywheel.Entry, told map[flywheel.Position][]flywheel.Event) (changed bool, err error) {
	for _, e := range entries {
		now := c.now(appliedAt(t.ctx, e))
		var events []flywheel.Event
		var took bool
		switch e.Event.Name {
		case flywheel.EventPurchase, flywheel.EventRefund, EventOrderEdited:
			events, took, err = t.s.takeOrder(c, now, &t.account, e, appliedAt(t.ctx, e))
		case flywheel.EventPointsEarned, flywheel.EventPointsBurned, flywheel.EventPointsReversed:
			took, err = t.replay(now, e)
		default:
			events, took, err = t.takeAct(c, now, e, appliedAt(t.ctx, e))
		}
		if err != nil {
			return false, &flywheel.EntryError{Position: e.Position, ID: e.Event.ID, Err: err}
		}
		told[e.Position] = events
		changed = changed || took
	}
	return changed, nil
}

// orderRef names the order of a purchase.
func orderRef(e *flywheel.Event) string {
	if e.Ref == "" {
		return e.ID
	}
	return e.Ref
}

// takeOrder applies a purchase, refund or edit.
func (s *Service) takeOrder(c calendar, now *Ledger, a *Account, e *flywheel.Entry, at time.Time) (events []flywheel.Event, took bool, err error) {
	event := &e.Event
	effective := stamp(e.Effective)
	amount := event.Value
	if event.Name == flywheel.EventPurchase && amount.Currency().IsZero() {
		if amount, err = sumOf(event.Lines); err != nil {
			return nil, false, &flywheel.FieldError{Field: "lines", Err: err}
		}
	}
	if event.Name != EventOrderEdited && amount.Sign() <= 0 {
		return nil, false, nil
	}
	now.settle(a, at)
	o := a.order(orderRef(event))
	l := now
	switch event.Name {
	case flywheel.EventPurchase:
		if o.First.IsZero() {
			o.First = effective
			var in *Ledger
			if o.List, o.Program, in = c.at(effective, e.Received); in != nil {
				o.Multiplier = in.multiplier(a.Activity, effective)
			}
		}
		if o.List != 0 {
			if l, err = c.of(o); err != nil {
				return nil, false, err
			}
		}
		err = o.purchase(l, amount, s.spends(event, amount))
	case flywheel.EventRefund:
		err = o.sum(&o.Refunded, amount)
	case EventOrderEdited:
		revision, _ := event.Properties[propertyRevision].(float64)
		err = o.edit(amount, revision)
	}
	if err != nil {
		return nil, false, err
	}
	if o.List != 0 {
		if l, err = c.of(o); err != nil {
			return nil, false, err
		}
	}
	change, err := l.revise(a, o, effective)
	if err != nil {
		return nil, false, err
	}
	if change != 0 {
		events = append(events, pointsOfOrder(a.Member, event.ID, o, change, effective))
	}
	if from, to := now.regrade(a, a.Settled); to != "" {
		events = append(events, tierChanged(a.Member, event.ID, effective, from, to))
	}
	return events, true, nil
}

// pointsOfOrder reports a change of an order's points.
func pointsOfOrder(member flywheel.CustomerID, cause string, o *Order, change int64, at time.Time) flywheel.Event {
	name := flywheel.EventPointsEarned
	if change < 0 {
		name, change = flywheel.EventPointsReversed, -change
	}
	return flywheel.Event{
		ID: eventid.Of(name, cause), Name: name, Time: at, Customer: member, Ref: o.Ref,
		Properties: map[string]any{propertyPoints: float64(change)},
	}
}

// multiplier returns the tier bonus of a member, zero for none.
func (l *Ledger) multiplier(activity []Activity, at time.Time) money.Rate {
	if l.tiering == nil {
		return money.Rate{}
	}
	return l.tiering.Tiers[l.tiering.at(activity, at)].Multiplier
}

func sumOf(lines []flywheel.Line) (total money.Amount, err error) {
	for _, line := range lines {
		if total, err = total.Add(line.Amount); err != nil {
			return total, err
		}
	}
	return total, nil
}

// spends splits what a purchase earns for among its lines: a discount on the whole
// falls on them in proportion, and what is beyond them (shipping) is of no
// category. Lines that say nothing of the amount are left out of it.
func (s *Service) spends(e *flywheel.Event, amount money.Amount) []Spend {
	whole := []Spend{{Amount: amount}}
	total, err := sumOf(e.Lines)
	if err != nil || total.Sign() <= 0 || total.Currency() != amount.Currency() {
		return whole
	}
	weights := make([]int64, len(e.Lines))
	spends := make([]Spend, len(e.Lines))
	for i, line := range e.Lines {
		if weights[i] = line.Amount.Minor(); weights[i] < 0 {
			return whole
		}
		spends[i] = Spend{Amount: line.Amount, Category: s.category(line.SKU)}
	}
	rest := amount.Minor() - total.Minor()
	switch {
	case rest > 0:
		spends = append(spends, Spend{Amount: money.New(rest, amount.Currency())})
	case rest < 0:
		parts, err := amount.Allocate(weights...)
		if err != nil {
			return whole
		}
		for i := range parts {
			spends[i].Amount = parts[i]
		}
	}
	return spends
}

// replay applies an operation that an event of this service reports, unless it is
// known.
func (t *turn) replay(now *Ledger, e *flywheel.Entry) (took bool, err error) {
	op, _ := operationOf(&e.Event)
	if op.Member != t.account.Member || t.account.receipt(op.Key) != nil {
		return false, nil
	}
	known := len(t.account.Receipts)
	_, _, err = now.apply(&t.account, op, true)
	// What a log reports has happened; where this store disagrees, because it began
	// later, there is nothing to repair by stopping.
	if errors.Is(err, flywheel.ErrConflict) || errors.Is(err, flywheel.ErrNotFound) {
		t.account.Receipts = t.account.Receipts[:known]
		return false, nil
	}
	return err == nil, err
}

// takesOthers reports whether any program claws points back from other lots.
func (c calendar) takesOthers() bool {
	return slices.ContainsFunc(c, func(e edition) bool {
		return slices.ContainsFunc(e.ledgers, func(l *Ledger) bool { return l.program.Clawback == OtherLots })
	})
}
