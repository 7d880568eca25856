package order

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Command is something that is to be done with an order that stands:
// [Ship], [Deliver], [CallOff], [Edit], [RequestReturn], [CancelReturn], [Receive],
// [Exchange],
// [Claim], [PayBack], [DisputeLost], [Withdraw].
type Command interface {
	// Kind says which command it is.
	Kind() Kind
	// key identifies the command within its order; empty where the same again is
	// another one.
	key() string
	// check refuses what is wrong whatever the order is.
	check() error
	// buyers says that the buyer may do it, and not the shop alone.
	buyers() bool
	// decide does the command to the order of d.
	decide(d *decision) error
}

// Kind is a kind of [Command].
type Kind string

// The kinds of commands.
const (
	KindCapture Kind = "capture" // what [Service.Capture] does
	KindShip    Kind = "ship"
	KindDeliver Kind = "deliver"
	KindCallOff Kind = "call_off"
	KindEdit    Kind = "edit"
	KindRequest Kind = "request_return"
	KindReceive Kind = "receive"

	KindCancelReturn Kind = "cancel_return"

	KindTrade   Kind = "exchange"
	KindClaim   Kind = "claim"
	KindPayBack Kind = "pay_back"
	KindDispute Kind = "dispute_lost"
)

// Operation is a command that was done with an order, or is being done.
type Operation struct {
	// Sequence numbers the operations of an order.
	Sequence int64  `json:"sequence"`
	Kind     Kind   `json:"kind"`
	Key      string `json:"key,omitempty"`
	// Command is what was asked for, and Offer what was offered for the items that it
	// adds.
	Command json.RawMessage `json:"command"`
	Offer   *Offer          `json:"offer,omitempty"`
	At      time.Time       `json:"at"`
	// Actor is [ActorBuyer] or empty for the shop.
	Actor string `json:"actor,omitempty"`
	// Done says that it is done. Until then the order is as before, and the same
	// command again or [Service.Resume] goes on.
	Done bool `json:"done,omitempty"`
	// Asked says that a call whose answer is not known may be under way.
	Asked bool `json:"asked,omitempty"`
	// Answer is what a finished operation did.
	Answer *Answer `json:"answer,omitempty"`
	// Undo is set when the operation was refused for certain and what it set aside is
	// being let go; after that the operation is withdrawn.
	Undo *Undo `json:"undo,omitempty"`
}

// Undo is what a refused operation has newly set aside by the card, and how much of
// that it meant to take.
type Undo struct {
	Authorization string       `json:"authorization,omitempty"`
	Amount        money.Amount `json:"amount,omitzero"`
}

// Answer is what an operation did with money and parcels. Amounts include tax.
type Answer struct {
	// Captured was taken from the card, Released given up of what it had set aside.
	Captured money.Amount `json:"captured,omitzero"`
	Released money.Amount `json:"released,omitzero"`
	// Difference is what an edit or an exchange costs more, negative where less.
	Difference money.Amount `json:"difference,omitzero"`
	// Fee and Label were kept of a return, Delivery is what of the delivery charge
	// was given back.
	Fee      money.Amount `json:"fee,omitzero"`
	Label    money.Amount `json:"label,omitzero"`
	Delivery money.Amount `json:"delivery,omitzero"`
	// Refund is the money that went back.
	Refund *Refunded `json:"refund,omitempty"`
	// Parcels are those that were added.
	Parcels []string `json:"parcels,omitempty"`
}

// Refunded is money that went back.
type Refunded struct {
	Net   money.Amount `json:"net"`
	Tax   money.Amount `json:"tax"`
	Total money.Amount `json:"total"`
	To    []Back       `json:"to,omitempty"`
}

// Result is the answer to a command.
type Result struct {
	Order Order
	Answer
	// Replayed says that it had been done before, and was not done again.
	Replayed bool
}

// Item is something that is added to an order.
type Item struct {
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"`
	// Agreed is the price of a unit in place of today's.
	Agreed *money.Price `json:"agreed,omitempty"`
	// Line is the line that is replaced, for a [Claim]. Of an [Edit] or an [Exchange]
	// it is a line with which the item travels, see [Order.DeliveryFor].
	Line string `json:"line,omitempty"`
}

// Offer is what a [Shop] offers for items: priced lines and the parcels in which
// they come. Lines are in the order of the items, their IDs and those of the
// parcels do not matter: pieces name a line by its place, "0", "1", ….
type Offer struct {
	Lines   []Line   `json:"lines,omitempty"`
	Parcels []Parcel `json:"parcels,omitempty"`
}

func (o *Offer) clone() *Offer {
	if o == nil {
		return nil
	}
	return &Offer{Lines: slices.Clone(o.Lines), Parcels: cloneParcels(o.Parcels)}
}

func cloneOperations(operations []Operation) []Operation {
	c := slices.Clone(operations)
	for i := range c {
		c[i].Command = slices.Clone(c[i].Command)
		c[i].Offer = c[i].Offer.clone()
		if a := c[i].Answer; a != nil {
			answer := *a
			answer.Parcels = slices.Clone(a.Parcels)
			if a.Refund != nil {
				refund := *a.Refund
				refund.To = slices.Clone(refund.To)
				answer.Refund = &refund
			}
			c[i].Answer = &answer
		}
		if u := c[i].Undo; u != nil {
			undo := *u
			c[i].Undo = &undo
		}
	}
	return c
}

// command returns what was asked for.
func (op *Operation) command() (Command, error) {
	var c Command
	switch op.Kind {
	case KindCapture:
		c = &capture{}
	case KindShip:
		c = &Ship{}
	case KindDeliver:
		c = &Deliver{}
	case KindCallOff:
		c = &CallOff{}
	case KindEdit:
		c = &Edit{}
	case KindRequest:
		c = &RequestReturn{}
	case KindReceive:
		c = &Receive{}
	case KindCancelReturn:
		c = &CancelReturn{}
	case KindTrade:
		c = &Exchange{}
	case KindClaim:
		c = &Claim{}
	case KindPayBack:
		c = &PayBack{}
	case KindDispute:
		c = &DisputeLost{}
	case KindWithdraw:
		c = &Withdraw{}
	default:
		return nil, fmt.Errorf("order: operation %d is a %q: %w", op.Sequence, op.Kind, flywheel.ErrInvalid)
	}
	if err := json.Unmarshal(op.Command, c); err != nil {
		return nil, fmt.Errorf("order: operation %d: %w", op.Sequence, err)
	}
	return c, nil
}

// refuse is an error about a field of a command.
func refuse(field string, kind error, format string, args ...any) error {
	return &flywheel.FieldError{Field: field, Err: fmt.Errorf("order: %s: %w", fmt.Sprintf(format, args...), kind)}
}

// MaxQuantity is the most units of one line of an order or of a command.
const MaxQuantity = 1_000_000_000

func checkItems(field string, items []Item) error {
	if len(items) > 1000 {
		return refuse(field, flywheel.ErrLimit, "%d items, at most 1000", len(items))
	}
	for i, item := range items {
		if err := flywheel.CheckID(string(item.SKU)); err != nil {
			return refuse(fmt.Sprintf("%s[%d].sku", field, i), err, "%q", item.SKU)
		}
		if item.Quantity < 1 || item.Quantity > MaxQuantity {
			return refuse(fmt.Sprintf("%s[%d].quantity", field, i), flywheel.ErrOutOfRange, "%d units", item.Quantity)
		}
		if item.Agreed != nil && item.Agreed.Sign() < 0 {
			return refuse(fmt.Sprintf("%s[%d].agreed", field, i), flywheel.ErrOutOfRange, "%v is negative", *item.Agreed)
		}
	}
	return nil
}

func checkText(field, text string) error {
	switch {
	case len(text) > MaxReason:
		return refuse(field, flywheel.ErrLimit, "%d bytes, at most %d", len(text), MaxReason)
	case !utf8.ValidString(text):
		return refuse(field, flywheel.ErrInvalid, "%q is not UTF-8", text)
	}
	return nil
}

func checkKey(field, key string) error {
	if err := flywheel.CheckID(key); err != nil {
		return refuse(field, err, "%q", key)
	}
	return nil
}

// sortedLines returns the ids of lines in their natural sequence: 2 before 10.
func sortedLines[V any](lines map[string]V) []string {
	ids := make([]string, 0, len(lines))
	for id := range lines {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return ids
}

// Effects are what must happen outside of an order before it is as a command has
// it, in the sequence in which it happens.
type Effects struct {
	// Hold is set aside under Ref, for what is added.
	Ref  string
	Hold []fulfillment.Unit
	// Authorize is to be set aside by the card Method.
	Authorize money.Amount
	Method    string
	// Captures are taken. An authorization without id is the new one.
	Captures []Movement
	// Refunds go back to cards, Releases are given up of what they set aside, Backs
	// go back to balances, and Credit to the buyer's store credit.
	Refunds  []Movement
	Releases []Movement
	Backs    []Back
	Credit   money.Amount
	// Ship leaves, Deallocate is called off, Restock comes back into stock.
	Ship       []StockChange
	Deallocate []StockChange
	Restock    []Restock
	// Uses are codes that are given back.
	Uses []CouponUse
	// Events are what is reported.
	Events []flywheel.Event
}

// Movement is money moved under an authorization.
type Movement struct {
	Tender        int // place in the order's tenders
	Authorization string
	Amount        money.Amount
}

// StockChange is units of what is allocated under a reference.
type StockChange struct {
	Ref   string
	Units []fulfillment.Unit
}

// Restock is goods that come back to a location.
type Restock struct {
	Location fulfillment.Location
	Lines    []flywheel.Line
}

// outside reports whether something has to happen outside of the order's database,
// however it is kept.
func (e *Effects) outside() bool {
	return e.calls() || len(e.Hold) > 0 || len(e.Backs) > 0 || !e.Credit.IsZero() ||
		len(e.Ship) > 0 || len(e.Deallocate) > 0 || len(e.Restock) > 0 || len(e.Uses) > 0
}

// calls reports whether the gateway is asked.
func (e *Effects) calls() bool {
	return !e.Authorize.IsZero() || len(e.Captures) > 0 || len(e.Refunds) > 0 || len(e.Releases) > 0
}

// add sums quantities without overflow; what an order has is far below.
func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
