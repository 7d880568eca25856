package order

import (
	"errors"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// TenderType is a kind of means of payment.
type TenderType string

// The kinds of means of payment.
const (
	Points      TenderType = "points"
	GiftCard    TenderType = "gift_card"
	StoreCredit TenderType = "store_credit"
	Card        TenderType = "card" // whatever the gateway charges
)

// Tender is a means of payment and what it pays of an order. The tenders of an order
// stand in the sequence in which they pay; refunds go back to them in the sequence
// card, store credit, gift cards, points, of one type the last first.
type Tender struct {
	Type TenderType `json:"type"`
	// Account is the gift card, the customer whose credit or points pay, or the
	// gateway's token for the card.
	Account string `json:"account,omitempty"`
	// Ref is the reference under which a balance was committed.
	Ref string `json:"ref,omitempty"`
	// Amount is what it paid or, of a card, was asked for when the order was placed;
	// Points are what that took.
	Amount money.Amount `json:"amount"`
	Points int64        `json:"points,omitempty"`
	// Authorizations are what a card has set aside.
	Authorizations []Authorization `json:"authorizations,omitempty"`
	// Refunded went back to the tender, Disputed was taken from it by the bank;
	// PointsBack are the points of Refunded.
	Refunded   money.Amount `json:"refunded,omitzero"`
	Disputed   money.Amount `json:"disputed,omitzero"`
	PointsBack int64        `json:"points_back,omitempty"`
}

// Authorization is what a gateway set aside for an order:
// Refunded ≤ Captured, Captured + Released ≤ Amount.
type Authorization struct {
	ID       string       `json:"id"`
	Amount   money.Amount `json:"amount"`
	Captured money.Amount `json:"captured,omitzero"`
	Released money.Amount `json:"released,omitzero"` // given up
	Refunded money.Amount `json:"refunded,omitzero"`
}

// open returns what is set aside and neither taken nor given up.
func (a *Authorization) open() int64 {
	return a.Amount.Minor() - a.Captured.Minor() - a.Released.Minor()
}

// Captured returns what the tender has paid: a balance pays when the order is
// placed, a card when the gateway captures.
func (t *Tender) Captured() money.Amount {
	if t.Type != Card {
		return t.Amount
	}
	sum := int64(0)
	for i := range t.Authorizations {
		sum += t.Authorizations[i].Captured.Minor()
	}
	return money.New(sum, t.Amount.Currency())
}

// back returns what went back to the tender, by whatever way.
func (t *Tender) back() int64 { return t.Refunded.Minor() + t.Disputed.Minor() }

// Name returns how a tender is called in a list of them: its type, with the id of a
// gift card.
func (t *Tender) Name() string {
	if t.Type == GiftCard {
		return string(GiftCard) + ":" + t.Account
	}
	return string(t.Type)
}

// taken returns what all tenders have paid.
func (o *Order) taken() int64 {
	sum := int64(0)
	for i := range o.Tenders {
		sum += o.Tenders[i].Captured().Minor()
	}
	return sum
}

// givenBack returns what was paid back, by whatever way.
func (o *Order) givenBack() int64 {
	sum := o.Credited.Minor()
	for i := range o.Tenders {
		sum += o.Tenders[i].back()
	}
	return sum
}

// uncaptured returns what cards have set aside and neither paid nor given up.
func (o *Order) uncaptured() int64 {
	sum := int64(0)
	for i := range o.Tenders {
		for j := range o.Tenders[i].Authorizations {
			sum += o.Tenders[i].Authorizations[j].open()
		}
	}
	return sum
}

// card returns the last card, or nil.
func (o *Order) card() *Tender {
	for i := len(o.Tenders) - 1; i >= 0; i-- {
		if o.Tenders[i].Type == Card {
			return &o.Tenders[i]
		}
	}
	return nil
}

// backOrder returns the places of the tenders in the sequence in which refunds go
// back to them.
func (o *Order) backOrder() []int {
	var places []int
	for _, kind := range [...]TenderType{Card, StoreCredit, GiftCard, Points} {
		for i := len(o.Tenders) - 1; i >= 0; i-- {
			if o.Tenders[i].Type == kind {
				places = append(places, i)
			}
		}
	}
	return places
}

// Back is money that goes back to a tender.
type Back struct {
	Tender  string       `json:"tender"` // see [Tender.Name]
	Type    TenderType   `json:"type"`
	Account string       `json:"account,omitempty"`
	Ref     string       `json:"ref,omitempty"`
	Amount  money.Amount `json:"amount"`
	Points  int64        `json:"points,omitempty"`
}

// sum derives the payment from the tenders.
func (o *Order) sumPayment() {
	if len(o.Tenders) == 0 {
		return
	}
	authorized := int64(0)
	for i := range o.Tenders {
		t := &o.Tenders[i]
		if t.Type != Card {
			authorized += t.Amount.Minor()
		}
		for j := range t.Authorizations {
			authorized += t.Authorizations[j].Amount.Minor() - t.Authorizations[j].Released.Minor()
		}
	}
	o.Payment = Payment{
		Authorized: o.amount(authorized), Captured: o.amount(o.taken()), Refunded: o.amount(o.givenBack()),
	}
}

func (o *Order) amount(minor int64) money.Amount { return money.New(minor, o.Currency) }

func (o *Order) none() pricing.Refund {
	none := o.amount(0)
	return pricing.Refund{Net: none, Tax: none, Total: none}
}

// checkTenders reports the first thing wrong with the tenders of an order that is to
// be placed: together they pay its total.
func (o *Order) checkTenders() error {
	if len(o.Tenders) == 0 {
		return nil
	}
	sum := int64(0)
	for i := range o.Tenders {
		t := &o.Tenders[i]
		fail := func(name string, err error) error {
			return &FieldError{o.ID, fmt.Sprintf("tenders[%d].%s", i, name), err}
		}
		switch t.Type {
		case Points, GiftCard, StoreCredit, Card:
		default:
			return fail("type", fmt.Errorf("%q: %w", t.Type, flywheel.ErrInvalid))
		}
		if t.Amount.Currency() != o.Currency || t.Amount.Sign() < 0 {
			return fail("amount", fmt.Errorf("%v of an order in %v: %w", t.Amount, o.Currency, flywheel.ErrInvalid))
		}
		if t.Points < 0 || t.Type != Points && t.Points != 0 {
			return fail("points", fmt.Errorf("%d: %w", t.Points, flywheel.ErrOutOfRange))
		}
		if sum += t.Amount.Minor(); sum < 0 {
			return fail("amount", fmt.Errorf("sum overflows: %w", flywheel.ErrOutOfRange))
		}
		set := int64(0)
		for j := range t.Authorizations {
			a := &t.Authorizations[j]
			if err := flywheel.CheckID(a.ID); err != nil {
				return fail(fmt.Sprintf("authorizations[%d].id", j), err)
			}
			if a.Amount.Currency() != o.Currency || a.Amount.Sign() < 0 {
				return fail(fmt.Sprintf("authorizations[%d].amount", j), fmt.Errorf("%v: %w", a.Amount, flywheel.ErrInvalid))
			}
			set += a.Amount.Minor()
		}
		switch {
		case t.Type != Card && len(t.Authorizations) > 0:
			return fail("authorizations", fmt.Errorf("of a balance: %w", flywheel.ErrInvalid))
		case t.Type == Card && set != t.Amount.Minor():
			return fail("authorizations", fmt.Errorf("%v of %v: %w", o.amount(set), t.Amount, flywheel.ErrInvalid))
		}
	}
	if sum != o.Total.Minor() {
		return &FieldError{o.ID, "tenders", fmt.Errorf("%v of %v: %w", o.amount(sum), o.Total, flywheel.ErrInvalid)}
	}
	return nil
}

func cloneTenders(tenders []Tender) []Tender {
	c := slices.Clone(tenders)
	for i := range c {
		c[i].Authorizations = slices.Clone(c[i].Authorizations)
	}
	return c
}

// ErrNoCard reports a charge for an order that no card pays.
var ErrNoCard = fmt.Errorf("order: no card to charge: %w", flywheel.ErrConflict)

var errNoCustomer = errors.New("an order of a guest")
