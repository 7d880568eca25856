package checkout

import (
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// SessionID identifies a [Session].
type SessionID string

// SessionStatus is where a session stands.
type SessionStatus string

// The states of a session.
const (
	// Incomplete means that something is missing or wrong; the messages say what.
	Incomplete SessionStatus = "incomplete"
	// RequiresAction means that only the buyer's own act is missing: to confirm
	// something, or to satisfy the bank.
	RequiresAction SessionStatus = "requires_action"
	// Ready means that the session can be placed.
	Ready SessionStatus = "ready"
	// Completing means that an order is being placed and its outcome is unknown.
	Completing SessionStatus = "completing"
	// Completed means that the session became an order.
	Completed SessionStatus = "completed"
	// Canceled means that the buyer gave it up, or that its cart is gone.
	Canceled SessionStatus = "canceled"
	// Expired means that it was not placed in time.
	Expired SessionStatus = "expired"
)

// Final reports that the session changes no more.
func (s SessionStatus) Final() bool { return s == Completed || s == Canceled || s == Expired }

// Session is what a buyer has said on the way from a cart to an order. It outlives
// requests and processes, and is loaded and saved whole.
type Session struct {
	ID   SessionID `json:"id"`
	Cart cart.ID   `json:"cart"`
	// Customer is that of the cart when it was last looked at, empty for a guest.
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	Visitor  flywheel.VisitorID  `json:"visitor,omitempty"`
	Buyer    Buyer               `json:"buyer"`
	// Address is where the goods go, nil while it is not known; Billing is where
	// the invoice goes, nil for the same.
	Address *order.Address `json:"address,omitempty"`
	Billing *order.Address `json:"billing,omitempty"`
	// Option is the chosen delivery option, Codes and Tenders are as given. Deliveries
	// take its place where groups of lines travel in different ways.
	Option  string         `json:"option,omitempty"`
	Codes   []string       `json:"codes,omitempty"`
	Tenders []TenderChoice `json:"tenders,omitempty"`

	Deliveries []DeliveryChoice `json:"deliveries,omitempty"`
	// Reviewed says that the buyer confirmed what the session asked to review.
	Reviewed bool `json:"reviewed,omitempty"`
	// Metadata is the program's own.
	Metadata map[string]string `json:"metadata,omitempty"`
	// Closed is the final status, empty while the session is open.
	Closed SessionStatus `json:"closed,omitempty"`
	// Seen is the content of the last answer, and Version its number: it grows
	// whenever an answer has another content than the one before.
	Seen    Content `json:"seen"`
	Version int64   `json:"version"`
	// Tries counts what was tried, Try is the one that is under way, if any.
	Tries int64 `json:"tries,omitempty"`
	Try   *Try  `json:"try,omitempty"`
	// Claim is the idempotency key that nobody but this session may use: of the try
	// that is under way, or of the one that became the order.
	Claim Claim `json:"claim,omitzero"`
	// Loose are charges that have to be let go and have not been yet.
	Loose []LooseCharge `json:"loose,omitempty"`
	// Order is what a completed session became.
	Order     order.ID  `json:"order,omitempty"`
	OpenedAt  time.Time `json:"opened_at"`
	ExpiresAt time.Time `json:"expires_at"`
	// Due is the next instant at which time alone changes the session, zero for
	// never; see [Sessions.Advance].
	Due time.Time `json:"due,omitzero"`
	// Revision counts the saves; the first is 1.
	Revision int64 `json:"revision"`
}

// Claim is an idempotency key and whom it belongs to: a customer, or the cart of a
// guest.
type Claim struct {
	Owner string `json:"owner"`
	Key   string `json:"key"`
}

// Buyer is who buys.
type Buyer struct {
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
	// VATExempt says that no tax is levied on prices without tax, as on a business
	// abroad. Only trusted code sets it.
	VATExempt bool `json:"vat_exempt,omitempty"`
	// Consent are the purposes to which the buyer agreed, such as "newsletter".
	Consent []string `json:"consent,omitempty"`
}

// TenderType is a kind of means of payment.
type TenderType = order.TenderType

// TenderChoice is a means of payment that the buyer chose.
type TenderChoice struct {
	Type TenderType `json:"type"`
	// ID is the code of a gift card.
	ID string `json:"id,omitempty"`
	// Token is the gateway's word for a card; never a card number.
	Token string `json:"token,omitempty"`
	// Amount, when set, is the most that it shall pay.
	Amount money.Amount `json:"amount,omitzero"`
}

// name is how a split and a refund name the tender.
func (t *TenderChoice) name() string {
	if t.ID != "" {
		return string(t.Type) + ":" + t.ID
	}
	return string(t.Type)
}

// Content is what a buyer confirms: goods, prices, delivery, totals and how they are
// paid. Dates and messages are no part of it.
type Content struct {
	Lines    []ContentLine `json:"lines"`
	Option   string        `json:"option,omitempty"`
	Place    string        `json:"place,omitempty"` // of a pickup
	Charge   int64         `json:"charge,omitempty"`
	Discount int64         `json:"discount,omitempty"` // of the delivery
	// Groups are the lines that travel together, where there are several groups. Then
	// Charge and Discount are sums, and Option and Place are empty.
	Groups  []ContentGroup `json:"groups,omitempty"`
	Totals  []Total        `json:"totals"`
	Taxes   []TaxTotal     `json:"taxes,omitempty"`
	Applied []AppliedCode  `json:"applied,omitempty"`
	Split   []Share        `json:"split,omitempty"`
	Total   money.Amount   `json:"total"`
}

// ContentLine is a line of a [Content].
type ContentLine struct {
	ID       string       `json:"id"`
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"`
	Unit     money.Price  `json:"unit"`
	Discount money.Amount `json:"discount"`
	Total    money.Amount `json:"total"` // after discounts, as priced: with tax where prices have it
	// Personalization is what the buyer asks of each unit.
	Personalization flywheel.Details `json:"personalization,omitzero"`
	// NetContent is what one unit holds, and PerUnit what a kilogram, liter, meter or
	// piece of it costs at Unit: no amount where the content is not known.
	NetContent flywheel.NetContent `json:"net_content,omitzero"`
	PerUnit    money.Amount        `json:"per_unit,omitzero"`
}

// same reports whether two answers have the same content. Which promotion took
// something off is no part of it, what it took off is.
func (c *Content) same(d *Content) bool {
	return slices.Equal(c.Lines, d.Lines) && c.Option == d.Option && c.Place == d.Place && c.Charge == d.Charge && c.Discount == d.Discount &&
		slices.EqualFunc(c.Groups, d.Groups, ContentGroup.same) && slices.Equal(c.Totals, d.Totals) && slices.Equal(c.Taxes, d.Taxes) && slices.Equal(paying(c.Split), paying(d.Split))
}

// paying are the tenders that pay something.
func paying(split []Share) []Share {
	return slices.DeleteFunc(slices.Clone(split), func(s Share) bool { return s.Amount.IsZero() })
}

// TryPhase is how far a [Try] has come.
type TryPhase string

// The phases of a try.
const (
	// TryAuthorizing means that participants are being asked to hold and that the
	// bank may have been asked.
	TryAuthorizing TryPhase = "authorizing"
	// TryAction means that the bank waits for an action of the buyer.
	TryAction TryPhase = "action"
	// TryRecording means that the money is set aside and the order is being
	// recorded.
	TryRecording TryPhase = "recording"
)

// Try is one attempt to make an order of a session. It is saved before anything is
// held, so that whoever finds it can go on or let go.
type Try struct {
	// Ref is under which the participants hold, Charge the key of the charge of the
	// card, which outlives the ref when holds have ended and are made again.
	Ref    string   `json:"ref"`
	Charge string   `json:"charge,omitempty"`
	Phase  TryPhase `json:"phase"`
	// Action is what the bank wants the buyer to do.
	Action *payment.ActionError `json:"action,omitempty"`
	// Until is when the holds end; Held is false once they are let go.
	Until time.Time `json:"until"`
	Held  bool      `json:"held"`
	// Working is until when the call that makes the try may be at work; zero when
	// it has given up.
	Working time.Time `json:"working,omitzero"`
	// Authorization is the gateway's, as soon as it is known.
	Authorization string `json:"authorization,omitempty"`
	// Amount is the card's part, Method its token and Tender its place in the list
	// as given; -1 without a card.
	Amount money.Amount `json:"amount"`
	Method string       `json:"method,omitempty"`
	Tender int          `json:"tender"`
	// Units, Codes and Balances are what is held.
	Units    []fulfillment.Unit `json:"units,omitempty"`
	Codes    []HeldCode         `json:"codes,omitempty"`
	Balances []HeldBalance      `json:"balances,omitempty"`
	// Order is what will be recorded, CartVersion that of the cart it was made of.
	Order       order.Order `json:"order"`
	CartVersion int64       `json:"cart_version"`
}

// with returns a copy whose own fields can be set.
func (t *Try) with() *Try {
	c := *t
	return &c
}

// LooseCharge is money that a try set aside, or may have, and nobody needs.
type LooseCharge struct {
	Key           string       `json:"key"`
	Authorization string       `json:"authorization,omitempty"`
	Amount        money.Amount `json:"amount"`
	Method        string       `json:"method,omitempty"`
	// Next is when letting it go is tried again.
	Next time.Time `json:"next"`
}

// HeldCode is a use of a code that a try holds.
type HeldCode struct {
	Code   string       `json:"code"`
	Amount money.Amount `json:"amount"` // what it takes off
}

// HeldBalance is a part of a balance that a try holds.
type HeldBalance struct {
	Type    TenderType   `json:"type"`
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
	Points  int64        `json:"points,omitempty"`
	Tender  int          `json:"tender"` // place in the list as given
}

// Clone returns a copy that shares no memory with s that either may change.
func (s *Session) Clone() Session {
	c := *s
	c.own(nil, false)
	return c
}

// own gives s memory of its own, but for the order of its try, and what that needs, if
// these are kept. What is as in an earlier version, which never changes, it shares with
// that.
func (s *Session) own(earlier *Session, tryKept bool) {
	if s.Address != nil {
		a := *s.Address
		a.Street = slices.Clone(a.Street)
		s.Address = &a
	}
	if s.Billing != nil {
		a := *s.Billing
		a.Street = slices.Clone(a.Street)
		s.Billing = &a
	}
	s.Buyer.Consent = slices.Clone(s.Buyer.Consent)
	s.Codes, s.Tenders, s.Metadata = slices.Clone(s.Codes), slices.Clone(s.Tenders), maps.Clone(s.Metadata)
	s.Deliveries = slices.Clone(s.Deliveries)
	for i := range s.Deliveries {
		s.Deliveries[i].Lines = slices.Clone(s.Deliveries[i].Lines)
	}
	s.Seen.own(earlier)
	s.Loose = slices.Clone(s.Loose)
	if s.Try != nil {
		t := *s.Try
		if t.Action != nil {
			a := *t.Action
			t.Action = &a
		}
		if !tryKept {
			t.Units, t.Codes, t.Balances = slices.Clone(t.Units), slices.Clone(t.Codes), slices.Clone(t.Balances)
			t.Order = t.Order.Clone()
		}
		s.Try = &t
	}
}

func (c Content) clone() Content {
	c.own(nil)
	return c
}

// own gives c memory of its own, but for what is as in an earlier version of a session.
func (c *Content) own(earlier *Session) {
	if earlier != nil {
		e := &earlier.Seen
		c.Lines, c.Totals = shareOrClone(c.Lines, e.Lines), shareOrClone(c.Totals, e.Totals)
		c.Taxes, c.Split = shareOrClone(c.Taxes, e.Taxes), shareOrClone(c.Split, e.Split)
	} else {
		c.Lines, c.Totals, c.Taxes, c.Split = slices.Clone(c.Lines), slices.Clone(c.Totals), slices.Clone(c.Taxes), slices.Clone(c.Split)
	}
	c.Groups = slices.Clone(c.Groups)
	for i := range c.Groups {
		c.Groups[i].Lines = slices.Clone(c.Groups[i].Lines)
	}
	c.Applied = slices.Clone(c.Applied)
	for i := range c.Applied {
		c.Applied[i].Allocations = slices.Clone(c.Applied[i].Allocations)
	}
}

// shareOrClone returns earlier where it is equal to list, else a copy of list.
func shareOrClone[T comparable](list, earlier []T) []T {
	if (list == nil) == (earlier == nil) && slices.Equal(list, earlier) {
		return earlier
	}
	return slices.Clone(list)
}

// Pending reports that a try is under way whose outcome is unknown, so that
// [Sessions.Resume] has something to do.
func (s *Session) Pending() bool { return s.Try != nil && s.Try.Phase != TryAction }

// due returns the next instant at which time alone changes the session.
func (s *Session) due() time.Time {
	next := s.end()
	for _, l := range s.Loose {
		if next.IsZero() || l.Next.Before(next) {
			next = l.Next
		}
	}
	return next
}

// end is when time ends the session, or what it holds.
func (s *Session) end() time.Time {
	switch {
	case s.Closed != "":
		return time.Time{}
	case s.Try == nil:
		return s.ExpiresAt
	case s.Try.Phase != TryAction:
		if s.Try.Held {
			return s.Try.Until
		}
		return time.Time{} // completing: only an answer of the bank ends it
	case s.Try.Until.Before(s.ExpiresAt):
		return s.Try.Until
	}
	return s.ExpiresAt
}

// status is that of a session that is final or has a try under way; else it is
// empty, and a quote says it.
func (s *Session) status() SessionStatus {
	switch {
	case s.Closed != "":
		return s.Closed
	case s.Try == nil:
		return ""
	case s.Try.Phase == TryAction:
		return RequiresAction
	}
	return Completing
}
