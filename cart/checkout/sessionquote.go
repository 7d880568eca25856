package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// deliveryLine names the charge for delivery in a quote.
const deliveryLine = "delivery"

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
	quote  pricing.Quote
	terms  cart.Terms
	codes  []sessionCode
	split  []pricing.Payment
	payers []int // by payment of split: its place in the list as given
	due    money.Amount

	messages []Message
	content  Content
}

// sessionCode is a code of the session.
type sessionCode struct {
	text    string // in normal form
	unlocks string // the promotion, empty where it does nothing
}

// answer prices a session, saves what is new, and returns the view.
func (s *Sessions) answer(ctx context.Context, of *Session, once ...Message) (View, error) {
	for range maxTurns {
		if status := of.status(); status != "" {
			return s.fixed(of, status, once), nil
		}
		before := of.Clone()
		v, err := s.price(ctx, of)
		if err != nil {
			return View{}, err
		}
		v.Messages = append(v.Messages, once...)
		if of.Version == before.Version && of.Option == before.Option && of.Customer == before.Customer {
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
	if of.Try != nil && of.Try.Phase == TryAction {
		v.Action = of.Try.Action
	}
	return v
}

// price quotes an open session and notes what is new in it.
func (s *Sessions) price(ctx context.Context, of *Session) (View, error) {
	q, err := s.quote(ctx, of)
	if err != nil {
		return View{}, err
	}
	s.note(of, q)
	return s.view(of, q), nil
}

// note takes over into the session what a quote found.
func (s *Sessions) note(of *Session, q *sessionQuote) {
	of.Customer, of.Visitor = q.cart.Customer, q.cart.Visitor
	if q.ships && q.chosen == nil {
		of.Option = ""
	}
	if of.Version == 0 || !of.Seen.same(&q.content) {
		of.Version++
	}
	of.Seen = q.content
}

func (s *Sessions) view(of *Session, q *sessionQuote) View {
	return View{
		Session: of.ID, Cart: of.Cart, Status: statusOf(q.messages), Version: of.Version,
		Messages: q.messages, Content: q.content.clone(), Offers: q.offers,
	}
}

// quote prices a session with everything that depends on the moment.
func (s *Sessions) quote(ctx context.Context, of *Session) (*sessionQuote, error) {
	q := &sessionQuote{at: s.opts.Now()}
	var err error
	if q.cart, err = s.opts.Carts.Get(ctx, of.Cart); err != nil {
		return nil, err
	}
	if err := s.describe(ctx, q); err != nil {
		return nil, err
	}
	if err := s.readCodes(ctx, of, q); err != nil {
		return nil, err
	}
	if err := s.deliver(ctx, of, q); err != nil {
		return nil, err
	}
	if err := s.pay(ctx, of, q); err != nil {
		return nil, err
	}
	s.fill(of, q)
	s.messages(of, q)
	return q, nil
}

// describe finds what the lines are and what can be had of them.
func (s *Sessions) describe(ctx context.Context, q *sessionQuote) (err error) {
	skus := q.cart.SKUs()
	if s.opts.Catalog != nil && len(skus) > 0 {
		if q.items, err = s.opts.Catalog.Describe(ctx, skus...); err != nil {
			return fmt.Errorf("checkout: cart %q: describe: %w", q.cart.ID, err)
		}
	}
	q.ship = make([]fulfillment.Item, len(q.cart.Lines))
	for i := range q.cart.Lines {
		l := &q.cart.Lines[i]
		item := q.items[l.SKU]
		q.ship[i] = fulfillment.Item{
			Line: l.ID, SKU: l.SKU, Quantity: l.Quantity, Weight: item.Weight, Categories: item.Categories,
			Download: item.Download || s.opts.Network == nil,
		}
		if !q.ship[i].Download {
			q.ships = true
		}
	}
	q.stock = fulfillment.Stock{}
	switch {
	case s.opts.Stock == nil:
		for _, sku := range skus {
			q.stock[sku] = fulfillment.Supply{Untracked: true}
		}
	case len(skus) > 0:
		if q.stock, err = s.opts.Stock.Available(ctx, skus); err != nil {
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
	if q.terms.Segments == nil {
		if q.terms.Segments, err = s.opts.Carts.SegmentsOf(ctx, q.cart.Customer); err != nil {
			return fmt.Errorf("checkout: cart %q: %w", q.cart.ID, err)
		}
	}
	return nil
}

// deliver prices the goods, finds the options, and prices the goods with the chosen
// one.
func (s *Sessions) deliver(ctx context.Context, of *Session, q *sessionQuote) error {
	q.terms.TaxExempt = q.terms.TaxExempt || of.Buyer.VATExempt
	q.terms.Coupons = []string{}
	engine := s.opts.Carts.Engine()
	for _, c := range q.codes {
		if c.unlocks == "" {
			continue
		}
		if text := engine.Coupon(c.unlocks); text != "" && !slices.Contains(q.terms.Coupons, text) {
			q.terms.Coupons = append(q.terms.Coupons, text)
		}
	}
	var place fulfillment.Location // of a pickup
	if q.ships && of.Option != "" {
		if o, known := s.opts.Network.Option(of.Option); known && o.Type == fulfillment.Pickup {
			place = o.Location
		}
	}
	if err := s.askTaxes(ctx, of, q, place); err != nil {
		return err
	}
	if err := s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms); err != nil {
		return err
	}
	if s.opts.Network == nil {
		return nil
	}
	value := money.New(0, q.cart.Currency)
	for i := range q.quote.Lines {
		l := &q.quote.Lines[i]
		value = money.New(value.Minor()+l.Subtotal.Minor()-l.Discount.Minor(), q.cart.Currency)
	}
	r := fulfillment.Request{Items: q.ship, Stock: q.stock, Value: value, At: q.at, Chosen: of.Option}
	if of.Address != nil {
		r.Address = fulfillment.Address{Country: of.Address.Country, Region: of.Address.Region, Postcode: of.Address.Postcode}
	}
	var err error
	if q.offers, q.alloc, err = s.opts.Network.Plan(r); err != nil {
		return err
	}
	if q.ships && of.Option != "" {
		for i := range q.offers {
			if q.offers[i].ID == of.Option {
				q.chosen = &q.offers[i]
			}
		}
	}
	if q.chosen == nil && place != "" { // the pickup is no longer offered: taxed where the goods go
		place = ""
		if err := s.askTaxes(ctx, of, q, ""); err != nil {
			return err
		}
		if err := s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms); err != nil {
			return err
		}
	}
	if place != "" {
		if q.alloc, err = s.opts.Network.Allocate(q.ship, q.stock, place); err != nil {
			return err
		}
	}
	if q.chosen == nil {
		return nil
	}
	q.terms.Shipping = []pricing.Shipping{{
		ID: deliveryLine, Amount: q.chosen.Charge, TaxIncluded: s.opts.DeliveryIncludesTax, TaxClass: q.deliveryClass(q.chosen.Tax),
	}}
	if s.opts.Taxes != nil && q.terms.Shipping[0].TaxClass != "" {
		if err := s.askTaxes(ctx, of, q, place); err != nil {
			return err
		}
	}
	return s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms)
}

// deliveryClass returns the tax class of a charge: the one that the option names,
// that of the goods with the highest rate, or none to share it over the goods.
func (q *sessionQuote) deliveryClass(mode string) string {
	if class, named := strings.CutPrefix(mode, "class:"); named {
		return class
	}
	if mode != "highest" {
		return ""
	}
	best := -1
	for i := range q.quote.Lines {
		if best < 0 || q.quote.Lines[i].TaxRate.Cmp(q.quote.Lines[best].TaxRate) > 0 {
			best = i
		}
	}
	if best < 0 {
		return ""
	}
	return q.quote.Lines[best].TaxClass
}

// askTaxes sets the taxes of the place where the sale is taxed: where goods are
// picked up, else where they go, else home.
func (s *Sessions) askTaxes(ctx context.Context, of *Session, q *sessionQuote, pickup fulfillment.Location) error {
	if s.opts.Taxes == nil {
		return nil
	}
	place := s.opts.Home
	switch {
	case pickup != "":
		for _, p := range s.opts.Network.Places() {
			if p.ID == pickup && p.Country != "" {
				place = tax.Place{Country: p.Country, Region: p.Region}
			}
		}
	case of.Address != nil:
		place = tax.Place{Country: of.Address.Country, Region: of.Address.Region, Postal: of.Address.Postcode}
	}
	taxes, err := s.taxesAt(ctx, q, place)
	if err != nil {
		return err
	}
	q.terms.Taxes = taxes
	return nil
}

// taxesAt returns the taxes of the classes of a quote in a place.
func (s *Sessions) taxesAt(ctx context.Context, q *sessionQuote, place tax.Place) ([]pricing.Tax, error) {
	b := pricing.Basket{Customer: q.cart.Customer, At: q.at, Shipping: q.terms.Shipping}
	for i := range q.cart.Lines {
		l := &q.cart.Lines[i]
		class := l.TaxClass
		if class == "" {
			class = q.items[l.SKU].TaxClass
		}
		b.Lines = append(b.Lines, pricing.Line{TaxClass: class})
	}
	provider := s.opts.Taxes
	if s.opts.UntaxedElsewhere {
		provider = untaxedElsewhere{provider}
	}
	if err := b.AskTaxes(ctx, provider, place); err != nil {
		return nil, err
	}
	q.terms.TaxExempt = q.terms.TaxExempt || b.TaxExempt
	return b.Taxes, nil
}

// untaxedElsewhere levies nothing where the provider knows nothing.
type untaxedElsewhere struct{ tax.Provider }

func (u untaxedElsewhere) Taxes(ctx context.Context, q tax.Query) (tax.Decision, error) {
	d, err := u.Provider.Taxes(ctx, q)
	if errors.Is(err, flywheel.ErrNotFound) {
		return tax.Decision{}, nil
	}
	return d, err
}

// readCodes finds what the codes unlock, and warns of those that do nothing.
func (s *Sessions) readCodes(ctx context.Context, of *Session, q *sessionQuote) error {
	seen := map[string]bool{}
	for i, typed := range of.Codes {
		c := sessionCode{text: coupon.Normalize(typed)}
		path := at(pathCodes, i)
		switch {
		case seen[c.text]:
			q.messages = append(q.messages, warned(CodeAlreadyApplied, path))
		case s.opts.Codes == nil:
			q.messages = append(q.messages, warned(CodeInvalid, path))
		default:
			seen[c.text] = true
			campaign, err := s.opts.Codes.Look(ctx, coupon.Request{Code: typed, Customer: q.cart.Customer, Visitor: q.cart.Visitor})
			if err == nil {
				c.unlocks = campaign.Promotion
				break
			}
			m, err := s.refusedCode(err, path)
			if err != nil {
				return err
			}
			q.messages = append(q.messages, m)
		}
		q.codes = append(q.codes, c)
	}
	return nil
}

// refusedCode says in the words of messages why a code cannot be used.
func (s *Sessions) refusedCode(err error, path string) (Message, error) {
	r, ok := errors.AsType[*coupon.RefusedError](err)
	if !ok {
		return Message{}, fmt.Errorf("checkout: code: %w", err)
	}
	if s.opts.Hidden || r.Series {
		return warned(CodeInvalid, path), nil
	}
	return warned(messageOf(r.Reason), path), nil
}

// messageOf is the code of the message for a reason.
func messageOf(r coupon.Reason) string {
	switch r {
	case coupon.Unknown, coupon.NotStarted, coupon.Disabled, coupon.NotThisKindOfUse, coupon.OtherCurrency:
		return CodeInvalid
	case coupon.Ended:
		return CodeExpired
	case coupon.NeedsCustomer:
		return CodeNotLoggedIn
	case coupon.OtherCustomer:
		return CodeIneligible
	}
	return CodeUsageLimit
}

// CodeReasons tells the shop's own staff why codes of a session cannot be used now, by
// code in normal form, whatever the buyer is told. Codes that can be used are not in
// the answer. Calls for an actor are forbidden.
func (s *Sessions) CodeReasons(ctx context.Context, id SessionID) (map[string]coupon.Reason, error) {
	if _, known := flywheel.ActorOf(ctx); known {
		return nil, fmt.Errorf("checkout: reasons of codes: %w", flywheel.ErrForbidden)
	}
	of, err := s.store.Session(ctx, id)
	if err != nil {
		return nil, err
	}
	reasons := map[string]coupon.Reason{}
	for _, typed := range of.Codes {
		code := coupon.Normalize(typed)
		if s.opts.Codes == nil {
			reasons[code] = coupon.Unknown
			continue
		}
		_, err := s.opts.Codes.Look(ctx, coupon.Request{Code: typed, Customer: of.Customer, Visitor: of.Visitor})
		if err == nil {
			continue
		}
		r, ok := errors.AsType[*coupon.RefusedError](err)
		if !ok {
			return nil, err
		}
		reasons[code] = r.Reason
	}
	return reasons, nil
}

// pay lets the tenders pay the total.
func (s *Sessions) pay(ctx context.Context, of *Session, q *sessionQuote) error {
	var tenders []pricing.Tender
	for _, typ := range payingOrder {
		for i := range of.Tenders {
			t := &of.Tenders[i]
			if t.Type != typ {
				continue
			}
			to, refused, err := s.tender(ctx, t, q)
			if err != nil {
				return err
			}
			if refused {
				q.messages = append(q.messages, failed(CodeTenderRefused, at(pathInstruments, i)))
				to = pricing.Tender{ID: t.name(), Balance: money.New(0, q.cart.Currency)}
			}
			if t.Amount != (money.Amount{}) && t.Amount.Currency() == q.cart.Currency {
				to.Most = t.Amount
			}
			tenders, q.payers = append(tenders, to), append(q.payers, i)
		}
	}
	var err error
	q.split, q.due, err = pricing.Pay(q.quote.Total, tenders)
	return err
}

// tender returns what a tender can pay, or that it cannot be used.
func (s *Sessions) tender(ctx context.Context, t *TenderChoice, q *sessionQuote) (to pricing.Tender, refused bool, err error) {
	to.ID = t.name()
	switch customer := q.cart.Customer; {
	case t.Type == order.Card:
	case t.Type == order.GiftCard:
		if s.opts.GiftCards == nil {
			return to, true, nil
		}
		to.Balance, err = s.opts.GiftCards.Spendable(ctx, t.ID, q.cart.Currency)
	case customer == "":
		return to, true, nil
	case t.Type == order.StoreCredit:
		if s.opts.StoreCredit == nil {
			return to, true, nil
		}
		to.Balance, err = s.opts.StoreCredit.Spendable(ctx, string(customer), q.cart.Currency)
	case t.Type == order.Points:
		if s.opts.Points == nil || s.opts.PointValue.IsZero() {
			return to, true, nil
		}
		to.PointValue, to.MaxPercent = s.opts.PointValue, s.opts.PointsMaxPercent
		to.Points, err = s.opts.Points.Spendable(ctx, customer)
		to.Points = max(0, to.Points)
	}
	for _, kind := range []error{flywheel.ErrNotFound, flywheel.ErrInvalid, flywheel.ErrExpired, flywheel.ErrConflict, flywheel.ErrForbidden} {
		if errors.Is(err, kind) {
			return to, true, nil
		}
	}
	return to, false, err
}

// fill makes the content of the quote.
func (s *Sessions) fill(of *Session, q *sessionQuote) {
	c := &q.content
	c.Total = q.quote.Total
	for i := range q.quote.Lines {
		l := &q.quote.Lines[i]
		c.Lines = append(c.Lines, ContentLine{
			ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Unit: l.Unit, Discount: l.Discount, Total: money.New(l.Subtotal.Minor()-l.Discount.Minor(), q.cart.Currency),
		})
	}
	sums := map[TotalType]int64{}
	for i := range q.quote.Lines {
		sums[TotalSubtotal] += q.quote.Lines[i].Subtotal.Minor()
	}
	for _, lines := range [][]pricing.QuoteLine{q.quote.Lines, q.quote.Shipping} {
		for i := range lines {
			if !lines[i].TaxIncluded {
				sums[TotalTax] += lines[i].Tax.Minor()
			}
		}
	}
	for i := range q.quote.Shipping {
		l := &q.quote.Shipping[i]
		sums[TotalFulfillment] += l.Subtotal.Minor()
		c.Option, c.Place = q.chosen.ID, string(q.chosen.Location)
		c.Charge, c.Discount = l.Subtotal.Minor(), l.Discount.Minor()
	}
	for i := range q.quote.Applied {
		a := &q.quote.Applied[i]
		typ, method := TotalDiscount, Across
		if a.Level == pricing.LineLevel {
			typ, method = TotalItemsDiscount, Each
		}
		sums[typ] -= a.Discount.Minor()
		c.Applied = append(c.Applied, AppliedCode{
			Promotion: a.Promotion, Code: q.codeOf(a.Promotion), Amount: a.Discount, Method: method,
			Allocations: q.allocations(a.Promotion),
		})
	}
	sums[TotalTotal] = q.quote.Total.Minor()
	for _, t := range []TotalType{TotalSubtotal, TotalItemsDiscount, TotalDiscount, TotalFulfillment, TotalTax, TotalTotal} {
		if sums[t] != 0 || t == TotalSubtotal || t == TotalTotal {
			c.Totals = append(c.Totals, Total{t, money.New(sums[t], q.cart.Currency)})
		}
	}
	for _, t := range q.quote.Taxes {
		if !t.Net.IsZero() || !t.Tax.IsZero() {
			c.Taxes = append(c.Taxes, TaxTotal{t.Rate, t.Net, t.Tax})
		}
	}
	for i := range q.split {
		p := &q.split[i]
		c.Split = append(c.Split, Share{Tender: of.Tenders[q.payers[i]].name(), Amount: p.Amount, Points: p.Points})
	}
	if c.Lines == nil {
		c.Lines = []ContentLine{}
	}
}

// codeOf returns the code that counts for a promotion, "" where it needs none.
func (q *sessionQuote) codeOf(unlocks string) string {
	for _, c := range q.codes {
		if c.unlocks == unlocks {
			return c.text
		}
	}
	return ""
}

// allocations are what a promotion took off each line, and off the delivery.
func (q *sessionQuote) allocations(promotion string) (list []Allocation) {
	add := func(path string, l *pricing.QuoteLine) {
		sum := int64(0)
		for _, step := range l.Trace {
			if step.Source == promotion && (step.Kind == pricing.StepLine || step.Kind == pricing.StepShare) {
				sum -= step.Amount.Minor()
			}
		}
		if sum != 0 {
			list = append(list, Allocation{path, money.New(sum, q.cart.Currency)})
		}
	}
	for i := range q.quote.Lines {
		add(at(pathLines, i), &q.quote.Lines[i])
	}
	for i := range q.quote.Shipping {
		add(pathFulfillment, &q.quote.Shipping[i])
	}
	return list
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
	short := map[string]int64{}
	for _, l := range q.alloc.Short {
		short[l.Line] = l.Have
	}
	for i := range q.cart.Lines {
		l := &q.cart.Lines[i]
		item, known := q.items[l.SKU]
		path := at(pathLines, i)
		have, lacks := short[l.ID]
		switch {
		case item.Withdrawn || s.opts.Catalog != nil && !known || q.quote.Lines[i].Unpriced:
			say(failed(CodeItemUnavailable, path))
		case lacks:
			m := failed(CodeOutOfStock, path)
			m.Available = have
			say(m)
		}
		if item.Age > 0 && !of.Reviewed {
			m := failed(CodeAgeRestricted, path)
			m.Severity = BuyerReview
			say(m)
		}
		if item.FinalSale {
			say(warned(CodeFinalSale, path))
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

// deliveryMessages says what is missing for the delivery.
func (s *Sessions) deliveryMessages(of *Session, q *sessionQuote) {
	if !q.ships {
		return
	}
	if of.Option != "" && q.chosen == nil {
		q.messages = append(q.messages, onlyOnce(warned(CodeFulfillmentChanged, pathOption)))
	}
	switch {
	case q.chosen != nil:
	case of.Address == nil:
		q.messages = append(q.messages, failed(CodeMissing, pathDestinations))
	case !s.opts.Network.Reaches(fulfillment.Address{Country: of.Address.Country, Region: of.Address.Region, Postcode: of.Address.Postcode}):
		q.messages = append(q.messages, failed(CodeUndeliverable, pathDestination))
	default:
		q.messages = append(q.messages, failed(CodeMissing, pathOption))
	}
}

// codeMessages warns of codes whose promotions did not apply beside others, or lack
// something.
func (s *Sessions) codeMessages(q *sessionQuote) {
	for i, c := range q.codes {
		if c.unlocks == "" {
			continue
		}
		why := ""
		for _, r := range q.quote.Refused {
			if r.Promotion != c.unlocks {
				continue
			}
			switch r.Reason {
			case pricing.ReasonExclusive, pricing.ReasonGroup, pricing.ReasonNotWith, pricing.ReasonOutdone:
				why = CodeCombination
			case pricing.ReasonMinimum, pricing.ReasonQuantity:
				why = CodeMinimumNotMet
			}
		}
		if why != "" {
			q.messages = append(q.messages, warned(why, at(pathCodes, i)))
		}
	}
}

// Explain prices an open session and returns the quote with the trace of every line,
// for pages that show where a cent comes from. A session that is final or has a try
// under way reports a conflict: its order has the traces.
func (s *Sessions) Explain(ctx context.Context, id SessionID) (pricing.Quote, error) {
	of, err := s.load(ctx, id)
	if err != nil {
		return pricing.Quote{}, err
	}
	if status := of.status(); status != "" {
		return pricing.Quote{}, &SessionError{Session: id, Status: status, Err: flywheel.ErrConflict}
	}
	q, err := s.quote(ctx, &of)
	if err != nil {
		return pricing.Quote{}, err
	}
	return q.quote, nil
}
