package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// sessionQuote is all that is known of a session at one instant.
type sessionQuote struct {
	at     time.Time
	cart   cart.Cart
	items  map[flywheel.SKU]flywheel.Item
	ship   []fulfillment.Item // by line
	ships  bool
	stock  fulfillment.Stock
	offers []fulfillment.Offer
	chosen *fulfillment.Offer // of offers, where one is chosen and something ships
	alloc  fulfillment.Allocation
	// option is the chosen one, choice its place in Session.Deliveries, -1 for
	// Session.Option. Groups are at least two, and then take the place of option,
	// offers and chosen.
	option  string
	choice  int
	groups  []deliveryGroup
	charged []int // by charge for delivery: its group
	quote   pricing.Quote
	terms   cart.Terms
	codes   []sessionCode
	split   []pricing.Payment
	payers  []int // by payment of split: its place in the list as given
	due     money.Amount
	// anew says that the option is chosen now: a pickup whose place has too little is
	// not offered, as it is where it was chosen before.
	anew bool

	messages []Message
	content  Content

	memory fulfillment.StockMemory // of stock
	pieces fulfillment.Allocation  // memory of alloc
}

// sessionQuotes keeps the memory of quotes: that of the lines for the carrier, of
// pricing, of stock and allocation. What a quote hands out is always made for it.
var sessionQuotes = sync.Pool{New: func() any { return new(sessionQuote) }}

// done gives the memory of a quote back.
func (q *sessionQuote) done() {
	ship, quote, memory, pieces := q.ship[:0], q.quote, q.memory, q.pieces
	clear(q.ship)
	*q = sessionQuote{ship: ship, quote: quote, memory: memory, pieces: pieces}
	sessionQuotes.Put(q)
}

// answer prices a session, saves what is new, and returns the view. The cart, where it
// is given, is the one that was just loaded.
func (s *Sessions) answer(ctx context.Context, of *Session, c *cart.Cart, once ...Message) (View, error) {
	for range maxTurns {
		if status := of.status(); status != "" {
			return s.fixed(of, status, once), nil
		}
		version, option, customer := of.Version, of.Option, of.Customer
		chosen := slices.Clone(of.Deliveries)
		v, err := s.price(ctx, of, c, nil)
		if err != nil {
			return View{}, err
		}
		v.Messages = append(v.Messages, once...)
		if of.Version == version && of.Option == option && of.Customer == customer && slices.EqualFunc(of.Deliveries, chosen, DeliveryChoice.same) {
			return v, nil
		}
		saved, err := s.save(ctx, *of)
		if err == nil {
			*of = saved
			return v, nil
		}
		if !errors.Is(err, ErrSessionStale) {
			return View{}, err
		}
		if *of, err = s.store.Session(ctx, of.ID); err != nil {
			return View{}, err
		}
		c = nil
	}
	return View{}, ErrSessionStale
}

// fixed is the view of a session that is final or has a try under way.
func (s *Sessions) fixed(of *Session, status SessionStatus, once []Message) View {
	v := View{Session: of.ID, Cart: of.Cart, Status: status, Order: of.Order}
	if status == Canceled || status == Expired {
		return v
	}
	v.Version, v.Content, v.Messages = of.Version, of.Seen.clone(), once
	if status != Completed {
		v.Continue = s.goesOn(of.ID)
	}
	if of.Try != nil && of.Try.Phase == TryAction {
		action := *of.Try.Action
		v.Action = &action
	}
	return v
}

// price quotes an open session and notes what is new in it, if it is right; see
// changeIf.
func (s *Sessions) price(ctx context.Context, of *Session, c *cart.Cart, right func(q *sessionQuote) error) (View, error) {
	q := sessionQuotes.Get().(*sessionQuote)
	defer q.done()
	q.at, q.anew = s.opts.Now(), right != nil
	if err := s.quoteInto(ctx, of, c, q); err != nil {
		return View{}, err
	}
	if right != nil {
		if err := right(q); err != nil {
			return View{}, err
		}
	}
	s.note(of, q)
	return s.view(of, q), nil
}

// note takes over into the session what a quote found.
func (s *Sessions) note(of *Session, q *sessionQuote) {
	of.Customer, of.Visitor = q.cart.Customer, q.cart.Visitor
	q.drop(of)
	if of.Version == 0 || !of.Seen.same(&q.content) {
		of.Version++
	}
	of.Seen = q.content
}

func (s *Sessions) view(of *Session, q *sessionQuote) View {
	v := View{
		Session: of.ID, Cart: of.Cart, Status: statusOf(q.messages), Version: of.Version,
		Messages: q.messages, Content: q.content, Offers: q.offers, Continue: s.goesOn(of.ID),
	}
	for i := range q.groups {
		v.GroupOffers = append(v.GroupOffers, q.groups[i].offers)
	}
	return v
}

func (s *Sessions) goesOn(id SessionID) string {
	if s.opts.Continue == nil {
		return ""
	}
	return s.opts.Continue(id)
}

// quote prices a session with everything that depends on the moment. The cart is that
// of the moment, nil to load it. The caller is done with the quote at some time.
func (s *Sessions) quote(ctx context.Context, of *Session, c *cart.Cart) (*sessionQuote, error) {
	q := sessionQuotes.Get().(*sessionQuote)
	q.at = s.opts.Now()
	if err := s.quoteInto(ctx, of, c, q); err != nil {
		q.done()
		return nil, err
	}
	return q, nil
}

func (s *Sessions) quoteInto(ctx context.Context, of *Session, c *cart.Cart, q *sessionQuote) (err error) {
	if c != nil {
		q.cart = *c
	} else if q.cart, err = s.opts.Carts.Read(ctx, of.Cart); err != nil {
		return err
	}
	if err := s.describe(ctx, q); err != nil {
		return err
	}
	if err := s.readCodes(ctx, of, q); err != nil {
		return err
	}
	if err := s.deliver(ctx, of, q); err != nil {
		return err
	}
	if err := s.pay(ctx, of, q); err != nil {
		return err
	}
	s.fill(of, q)
	s.messages(of, q)
	return nil
}

// describe finds what the lines are and what can be had of them.
func (s *Sessions) describe(ctx context.Context, q *sessionQuote) (err error) {
	skus := q.cart.SKUs()
	if s.opts.Catalog != nil && len(skus) > 0 {
		if q.items, err = s.opts.Catalog.Describe(ctx, skus...); err != nil {
			return fmt.Errorf("checkout: cart %q: describe: %w", q.cart.ID, err)
		}
	}
	q.ship = slices.Grow(q.ship[:0], len(q.cart.Lines))
	for i := range q.cart.Lines {
		l := &q.cart.Lines[i]
		item := q.items[l.SKU]
		q.ship = append(q.ship, fulfillment.Item{
			Line: l.ID, SKU: l.SKU, Quantity: l.Quantity, Weight: item.Weight, Categories: item.Categories,
			Download: item.Download || s.opts.Network == nil,
		})
		q.ships = q.ships || !q.ship[i].Download
	}
	switch {
	case s.opts.Stock == nil:
		q.stock = make(fulfillment.Stock, len(skus))
		for _, sku := range skus {
			q.stock[sku] = fulfillment.Supply{Untracked: true}
		}
	case len(skus) > 0:
		if in, ok := s.opts.Stock.(goodsIn); ok {
			q.stock, err = in.AvailableIn(ctx, &q.memory, skus)
		} else {
			q.stock, err = s.opts.Stock.Available(ctx, skus)
		}
		if err != nil {
			return fmt.Errorf("checkout: cart %q: stock: %w", q.cart.ID, err)
		}
	}
	q.terms = cart.Terms{}
	if s.opts.Terms != nil {
		if q.terms, err = s.opts.Terms(ctx, q.cart.Customer); err != nil {
			return fmt.Errorf("checkout: cart %q: terms: %w", q.cart.ID, err)
		}
	}
	q.terms.At, q.terms.Items = q.at, q.items
	q.terms.WithoutPromotions = q.terms.WithoutPromotions || q.cart.Draft != "" // what was agreed is agreed
	if q.terms.Segments == nil {
		if q.terms.Segments, err = s.opts.Carts.SegmentsOf(ctx, q.cart.Customer); err != nil {
			return fmt.Errorf("checkout: cart %q: %w", q.cart.ID, err)
		}
	}
	return nil
}

// messages says what is missing, wrong or worth knowing.
func (s *Sessions) messages(of *Session, q *sessionQuote) {
	say := func(m ...Message) { q.messages = append(q.messages, m...) }
	if len(q.cart.Lines) == 0 {
		say(failed(CodeMissing, pathLines))
	}
	if of.Buyer.Email == "" {
		say(failed(CodeMissing, pathEmail))
	}
	s.deliveryMessages(of, q)
	short := q.alloc.Short // by line, like the lines
	for i := range q.cart.Lines {
		l := &q.cart.Lines[i]
		item, known := q.items[l.SKU]
		lacks := len(short) > 0 && short[0].Item == i
		switch {
		case item.Withdrawn || s.opts.Catalog != nil && !known || q.quote.Lines[i].Unpriced:
			say(failed(CodeItemUnavailable, at(pathLines, i)))
		case lacks:
			m := failed(CodeOutOfStock, at(pathLines, i))
			m.Available = short[0].Have
			say(m)
		}
		if lacks {
			short = short[1:]
		}
		if item.Age > 0 && !of.Reviewed {
			m := failed(CodeAgeRestricted, at(pathLines, i))
			m.Severity = BuyerReview
			say(m)
		}
		if item.FinalSale || !l.Personalization.IsZero() {
			say(warned(CodeFinalSale, at(pathLines, i)))
		}
	}
	switch {
	case len(of.Tenders) == 0:
		say(failed(CodeMissing, pathInstruments))
	case q.due.Sign() > 0:
		say(failed(CodePaymentInsufficient, pathInstruments))
	}
	s.codeMessages(q)
}

// Explain prices an open session and returns the quote with the trace of every line,
// for pages that show where a cent comes from. A session that is final or has a try
// under way reports a conflict: its order has the traces.
func (s *Sessions) Explain(ctx context.Context, id SessionID) (pricing.Quote, error) {
	of, c, err := s.load(ctx, id)
	if err != nil {
		return pricing.Quote{}, err
	}
	if status := of.status(); status != "" {
		return pricing.Quote{}, &SessionError{Session: id, Status: status, Err: flywheel.ErrConflict}
	}
	q := &sessionQuote{at: s.opts.Now()} // the caller keeps its memory
	err = s.quoteInto(ctx, &of, c, q)
	return q.quote, err
}
