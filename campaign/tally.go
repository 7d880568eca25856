package campaign

import (
	"context"
	"slices"
	"strings"
)

// Tally counts what happened in one journey.
type Tally struct {
	Journey   ID    `json:"journey"`
	Entries   int64 `json:"entries,omitempty"`
	Rejected  int64 `json:"rejected,omitempty"`  // entries that the re-entry rule refused
	Active    int64 `json:"active,omitempty"`    // runs under way; only in reports
	Completed int64 `json:"completed,omitempty"` // runs that came to the end of the steps, or to an exit "completed"
	Goals     int64 `json:"goals,omitempty"`     // runs that ended with the outcome "goal"
	Exits     int64 `json:"exits,omitempty"`     // runs that ended with any other outcome, restarts included
	Sends     int64 `json:"sends,omitempty"`     // messages accepted
	CapsHit   int64 `json:"caps_hit,omitempty"`  // times that a cap skipped or deferred a message
	Held      int64 `json:"held,omitempty"`      // times that quiet hours held a message back
	Unwanted  int64 `json:"unwanted,omitempty"`  // messages skipped because the contact has unsubscribed
	Late      int64 `json:"late,omitempty"`      // messages skipped because it was too late
	Refused   int64 `json:"refused,omitempty"`   // messages that the Sender refused for good
	Dead      int64 `json:"dead,omitempty"`      // messages that failed too often
}

func (t *Tally) add(u Tally) {
	t.Entries += u.Entries
	t.Rejected += u.Rejected
	t.Active += u.Active
	t.Completed += u.Completed
	t.Goals += u.Goals
	t.Exits += u.Exits
	t.Sends += u.Sends
	t.CapsHit += u.CapsHit
	t.Held += u.Held
	t.Unwanted += u.Unwanted
	t.Late += u.Late
	t.Refused += u.Refused
	t.Dead += u.Dead
}

func compareID(a, b ID) int { return strings.Compare(string(a), string(b)) }

// Report sums the counters of all contacts: one Tally for each journey that
// anything happened in, by ID. Entries are the sum of Active, Completed, Goals
// and Exits. It reads every contact.
func (e *Engine) Report(ctx context.Context) ([]Tally, error) {
	var total Contact
	for s, err := range e.store.List(ctx) {
		if err != nil {
			return nil, err
		}
		for _, t := range s.Contact.Tallies {
			total.tally(t.Journey).add(t)
		}
		for i := range s.Runs {
			total.tally(s.Runs[i].Journey).Active++
		}
	}
	return slices.Clip(total.Tallies), nil
}
