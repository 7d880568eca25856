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
	// Transactions says that the store joins the transactions of its Handle.
	Transactions bool
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) campaign.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, func(s campaign.Store) flywheel.Transactor { return s.Handle() }))
}

type testCase = suite.Case[check]

type check func(w *world) error

var contract = suite.Suite[campaign.Store, check]{
	Cases: slices.Concat(saveCases, findCases, actCases, listCases, transactionCases),
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

func second(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }

// sample returns a change in which every field is set. Its runs are due at start
// plus one and two hours, and one waits for a subject.
func sample(id flywheel.Person) campaign.Change {
	entry := &flywheel.Event{
		ID: "event of " + string(id), Name: flywheel.EventAddToCart, Time: start, Customer: "c", Visitor: "visitor", Session: "session", Ref: "cart",
		Lines:      []flywheel.Line{{SKU: "85123A", Quantity: 6, Amount: money.New(1530, money.EUR)}},
		Value:      money.New(1530, money.EUR),
		Properties: map[string]any{"cart_id": "K1", "nested": map[string]any{"list": []any{1.5, "x", nil, true}}},
	}
	return campaign.Change{
		Contact: campaign.Contact{
			ID: id, Zone: "America/New_York",
			Wishes: []campaign.Wish{{Channel: "sms", At: start, Position: 3}, {Purpose: "newsletter", Channel: "email", Granted: true, At: second(1), Position: 4}},
			Sent:   []campaign.Sent{{ID: "message 0", At: start, Channel: "email"}}, Decided: 4, Position: 17,
			Tallies: []campaign.Tally{{Journey: "cart", Entries: 1, Sends: 1}, {Journey: "welcome", Entries: 1, Late: 2, Dead: 3}},
		},
		Runs: []campaign.Run{
			{
				ID: "run 1 of " + string(id), Contact: id, Journey: "cart", Version: 2, Key: "K1", Entry: entry, Position: 16, Entered: start, Began: start,
				Step: "w1", Since: start, Seen: start, Due: start.Add(2 * time.Hour), Sends: 1, Acts: 5,
			},
			{
				ID: "run 2 of " + string(id), Contact: id, Journey: "welcome", Version: 1, Entry: entry, Position: 17, Entered: second(1), Began: start,
				Step: "w1", Since: second(1), Seen: start, Due: start.Add(time.Hour), Subject: "lamp", Acts: 5,
			},
		},
		Entries: []campaign.Entry{{EntryKey: campaign.EntryKey{Journey: "cart", Key: "K1"}, At: start}, {EntryKey: campaign.EntryKey{Journey: "welcome"}, At: second(1)}},
	}
}

// entriesOf asks for the entries of sample.
func entriesOf(id flywheel.Person) map[flywheel.Person][]campaign.EntryKey {
	return map[flywheel.Person][]campaign.EntryKey{id: {{Journey: "cart", Key: "K1"}, {Journey: "welcome"}, {Journey: "welcome", Key: "K1"}}}
}

// waiting returns a contact whose only run is due some seconds after start.
func waiting(id flywheel.Person, seconds int) campaign.Change {
	return campaign.Change{Contact: campaign.Contact{ID: id}, Runs: []campaign.Run{{
		ID: "run of " + string(id), Contact: id, Journey: "j", Version: 1, Entered: start, Began: start, Step: "w", Since: start, Seen: start, Due: second(seconds),
		Entry: &flywheel.Event{ID: "e", Name: "n", Time: start},
	}}}
}

// load returns one contact with the entries of sample.
func (w *world) load(ctx context.Context, id flywheel.Person) (campaign.State, error) {
	states, err := w.Load(ctx, campaign.Ask{Contacts: []flywheel.Person{id}, Keys: entriesOf(id)})
	switch {
	case err != nil:
		return campaign.State{}, fmt.Errorf("Load of %q: %w", id, err)
	case len(states) != 1:
		return campaign.State{}, fmt.Errorf("Load of %q: %d states", id, len(states))
	}
	return states[0], nil
}

// stored is the state after a first change.
func stored(c campaign.Change) campaign.State {
	c.Contact.Version++
	return campaign.State{Contact: c.Contact, Runs: c.Runs, Entries: c.Entries}
}

// expect compares a contact with want.
func (w *world) expect(want campaign.State) error {
	got, err := w.load(ctx, want.Contact.ID)
	if err != nil {
		return err
	}
	return suite.Same("Load", got, want)
}

// missing checks that nothing is kept of a contact.
func (w *world) missing(id flywheel.Person) error {
	return w.expect(campaign.State{Contact: campaign.Contact{ID: id}})
}

// dueIs checks whose runs are due, in order.
func (w *world) dueIs(ctx context.Context, at time.Time, want ...flywheel.Person) error {
	return w.finds(ctx, campaign.Query{Due: at, Limit: 100}, want...)
}

// finds checks whose runs a query finds, in order.
func (w *world) finds(ctx context.Context, q campaign.Query, want ...flywheel.Person) error {
	found, err := w.Find(ctx, q)
	if err != nil {
		return fmt.Errorf("Find: %w", err)
	}
	var got []flywheel.Person
	for _, f := range found {
		got = append(got, f.Contact)
	}
	return suite.Same("Find", got, want)
}
