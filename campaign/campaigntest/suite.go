package campaigntest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s campaign.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) campaign.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world) error

var contract = suite.Suite[campaign.Store, check]{
	Cases: slices.Concat(saveCases, dueCases, listCases, transactionCases),
	Call: func(_ suite.T, check check, s campaign.Store, tx flywheel.Transactor) error {
		return check(&world{s, tx})
	},
}

// world is what a check works on.
type world struct {
	campaign.Store
	tx flywheel.Transactor
}

var ctx = context.Background()

// start is a moment with microseconds.
var start = time.Date(2026, 3, 7, 22, 15, 0, 123456000, time.UTC)

// sample returns a contact in which every field is set. It is due at start plus
// an hour.
func sample(id flywheel.CustomerID) campaign.Contact {
	entry := &flywheel.Event{
		ID: "event of " + string(id), Name: flywheel.EventAddToCart, Time: start, Customer: id, Visitor: "visitor", Session: "session", Ref: "cart",
		Lines:      []flywheel.Line{{SKU: "85123A", Quantity: 6, Amount: money.New(1530, money.EUR)}},
		Value:      money.New(1530, money.EUR),
		Properties: map[string]any{"cart_id": "K1", "nested": map[string]any{"list": []any{1.5, "x", nil, true}}},
	}
	return campaign.Contact{
		ID: id, Clock: start, Zone: "America/New_York", Unsubscribed: []string{"push", "sms"},
		Runs: []campaign.Run{
			{ID: "run 1", Journey: "cart", Version: 2, Key: "K1", Entry: entry, Entered: start, Step: "w1", Since: start, Due: start.Add(2 * time.Hour), Sends: 1},
			{ID: "run 2", Journey: "welcome", Version: 1, Entry: entry, Entered: start, Step: "w1", Since: start, Due: start.Add(time.Hour)},
		},
		Entries: []campaign.Entry{{Journey: "welcome", At: start}},
		Sent:    []campaign.Sent{{ID: "message 0", At: start, Channel: "email"}},
		Seen:    []campaign.Seen{{Event: 1<<64 - 1, At: start.UnixMicro()}},
		Tallies: []campaign.Tally{{Journey: "cart", Entries: 1, Sends: 1}, {Journey: "welcome", Entries: 1}},
	}
}

// dueAt returns a contact whose only timer is some seconds after start.
func dueAt(id flywheel.CustomerID, seconds int) campaign.Contact {
	return campaign.Contact{ID: id, Clock: start, Runs: []campaign.Run{{
		ID: "run", Journey: "j", Version: 1, Entered: start, Step: "w", Since: start, Due: start.Add(time.Duration(seconds) * time.Second),
		Entry: &flywheel.Event{ID: "e", Name: "n", Time: start},
	}}}
}

// save stores contacts, none of which may be refused.
func (w *world) save(contacts ...campaign.Contact) error {
	for _, c := range contacts {
		if _, err := w.Save(ctx, c); err != nil {
			return fmt.Errorf("Save of %q: %w", c.ID, err)
		}
	}
	return nil
}

// expect compares the stored contact with want.
func (w *world) expect(want campaign.Contact) error {
	got, err := w.Get(ctx, want.ID)
	if err != nil {
		return fmt.Errorf("Get of %q: %w", want.ID, err)
	}
	return suite.Same("Get", got, want)
}

// missing checks that a contact is not there.
func (w *world) missing(id flywheel.CustomerID) error {
	_, err := w.Get(ctx, id)
	return suite.Wrong("Get of "+string(id), err, flywheel.ErrNotFound)
}
