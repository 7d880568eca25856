package main

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// accounts sum the money that was really moved, by what it was for and by
// month, from the event log.
type accounts struct {
	currency money.Currency
	of       map[string]*account // by event name
	months   map[string]money.Amount
}

// account is one sort of document.
type account struct {
	documents int
	sum       money.Amount
}

// The events that move money, and whether they bring it or take it.
var moves = map[string]bool{
	flywheel.EventPurchase: true,
	flywheel.EventRefund:   false,
	eventCreditNote:        false,
	eventBooked:            true,
}

func newAccounts(c money.Currency) *accounts {
	a := &accounts{currency: c, of: map[string]*account{}, months: map[string]money.Amount{}}
	for name := range moves {
		a.of[name] = &account{sum: money.New(0, c)}
	}
	return a
}

// Publish implements flywheel.Sink.
func (a *accounts) Publish(_ context.Context, events ...flywheel.Event) error {
	for i := range events {
		e := &events[i]
		brings, ok := moves[e.Name]
		if !ok {
			continue
		}
		value := e.Value
		var err error
		if !brings {
			if value, err = value.Neg(); err != nil {
				return fmt.Errorf("accounts: event %q: %w", e.ID, err)
			}
		}
		account := a.of[e.Name]
		account.documents++
		if account.sum, err = account.sum.Add(value); err != nil {
			return fmt.Errorf("accounts: event %q: %w", e.ID, err)
		}
		month := e.Time.Format("2006-01")
		if a.months[month], err = a.months[month].Add(value); err != nil {
			return fmt.Errorf("accounts: event %q: %w", e.ID, err)
		}
	}
	return nil
}
