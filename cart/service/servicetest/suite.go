package servicetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s service.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) service.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world)

var contract = suite.Suite[service.Store, check]{
	Cases: slices.Concat(saveCases, listCases, keepCases),
	Call: func(t suite.T, check check, s service.Store, tx flywheel.Transactor) error {
		check(&world{suite.Checker{T: t}, s, tx})
		return nil
	},
}

// world is what a check works on.
type world struct {
	suite.Checker
	service.Store
	tx flywheel.Transactor
}

// start is a moment with microseconds.
var start = time.Date(2026, 2, 28, 12, 0, 0, 123456000, time.UTC)

// sample returns a ticket that is not stored yet, with every field set.
func sample(id string) service.Ticket {
	return service.Ticket{
		ID: service.ID(id), Customer: "ann", Contact: "ann@example.com", Visitor: "v-1", Order: "o-1", Return: "r-1", Subject: "broken",
		Assignee: "eve", Metadata: map[string]string{"channel": "mail"}, Priority: "high", Status: service.Open,
		Opened: start, Updated: start.Add(time.Second), Answered: start.Add(time.Minute), Closed: start.Add(time.Hour),
		Target: service.Target{First: time.Hour, Resolve: 2 * time.Hour}, FirstDue: start.Add(2 * time.Hour), ResolveDue: start.Add(3 * time.Hour),
		Used: time.Minute, Since: start.Add(4 * time.Hour), Breached: []service.Clock{service.First}, Entries: 3, Due: start.Add(24 * time.Hour),
	}
}

// with returns a sample changed by edit.
func with(id string, edit func(t *service.Ticket)) service.Ticket {
	t := sample(id)
	edit(&t)
	return t
}

// at returns a sample opened some seconds after start.
func at(id string, seconds int) service.Ticket {
	return with(id, func(t *service.Ticket) { t.Opened = start.Add(time.Duration(seconds) * time.Second) })
}

func entry(ticket string, n int64, key string) service.Entry {
	return service.Entry{Ticket: service.ID(ticket), N: n, Key: key, Action: service.Replied, By: service.Shop, Text: "we are sorry", At: start}
}

// save saves tickets, none of which may be refused.
func (w *world) save(tickets ...service.Ticket) {
	w.Helper()
	for _, t := range tickets {
		_, err := w.Save(w.Context(), t)
		w.OK(err)
	}
}

func (w *world) same(what string, got, want any) {
	w.Helper()
	if err := suite.Same(what, got, want); err != nil {
		w.Errorf("%v", err)
	}
}

// has compares a stored ticket.
func (w *world) has(want service.Ticket) {
	w.Helper()
	got, err := w.Get(w.Context(), want.ID)
	w.OK(err)
	w.same("the ticket", got, want.Normal())
}

// lists compares a listing.
func (w *world) lists(f service.Filter, want ...service.ID) {
	w.Helper()
	list, err := suite.Collect(w.List(w.Context(), f))
	w.OK(err)
	got := []service.ID{}
	for _, t := range list {
		got = append(got, t.ID)
	}
	w.same(fmt.Sprintf("List(%+v)", f), got, append([]service.ID{}, want...))
}

// entries returns what is stored of a ticket.
func (w *world) entries(id service.ID) []service.Entry {
	w.Helper()
	list, err := suite.Collect(w.Entries(w.Context(), id))
	w.OK(err)
	return list
}
