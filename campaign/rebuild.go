package campaign

import (
	"encoding/json"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/effect"
)

// A rebuild applies entries again that were applied before, to a store without
// contacts and runs. Messages and receipts are still there, and say what had been
// done on the day before each entry: which timers, although only the trusted clock
// of that day knew when they were noticed, and which messages were over.

// remember gives a turn what was decided and done for its contact on the day.
func (t *turn) remember(effects []*effect.Effect) {
	t.known = make(map[string]*effect.Effect, len(effects))
	for _, e := range effects {
		t.known[e.ID] = e
	}
	t.records = effects
}

// stand lets a run stand at a send whose message is known. If it is over, the run
// goes on when it was.
func (t *turn) stand(r *Run, e *effect.Effect) {
	switch e.State {
	case effect.Done, effect.Skipped, effect.Dead:
		r.Due = e.Settled
	case effect.Dropped: // its run will end again
		t.over = append(t.over, e.ID)
	}
}

// recall does what on the day had been done before e was applied.
func (t *turn) recall(e *flywheel.Entry) {
	if t.known == nil {
		return
	}
	t.settled(e.Position)
	for len(t.records) > 0 && t.records[0].Position < int64(e.Position) {
		record := t.records[0]
		t.records = t.records[1:]
		if t.known[record.ID] == nil {
			continue
		}
		for _, r := range t.runs {
			if r.ID == record.Ref && !r.ended && !t.sending(r) && !r.Due.IsZero() && !r.Due.After(record.Plan) {
				t.timer(r)
			}
		}
		t.settled(e.Position)
	}
}

// settled lets runs go on whose message was over before an entry was applied.
func (t *turn) settled(before flywheel.Position) {
	for again := true; again; {
		again = false
		for _, r := range t.runs {
			if r.ended || !t.sending(r) || r.Due.IsZero() {
				continue
			}
			var b body
			if e := t.known[r.messageID()]; e != nil && json.Unmarshal(e.Body, &b) == nil && b.Settled < before {
				delete(t.known, e.ID)
				t.meet(r, e)
				again = true
			}
		}
	}
}

func (t *turn) sending(r *Run) bool {
	p, i, ok := t.where(r)
	return ok && p.Steps[i].Send != nil
}

// meet takes what became of a message, and lets its run go on.
func (t *turn) meet(r *Run, e *effect.Effect) {
	at := e.Settled
	switch {
	case e.State == effect.Done:
		if p, i, ok := t.where(r); ok && !p.Steps[i].Send.Transactional {
			t.contact.noteSent(t.policy, Sent{e.ID, e.Settled, e.Provider})
		}
		t.contact.tally(r.Journey).Sends++
	case e.Reason == reasonLate:
		at = e.Plan
		fallthrough
	default:
		t.count(r, e.Reason)
	}
	t.completed(r, at)
}
