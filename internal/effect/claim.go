package effect

import (
	"context"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
)

func (q Query) limit() int {
	if q.Limit > 0 {
		return q.Limit
	}
	return due.Batch
}

// wants reports whether e alone is one to claim, given that it is due.
func (q Query) wants(e *Effect) bool {
	return e.Kind == q.Kind && (q.Provider == "" || e.Provider == q.Provider) && !slices.Contains(q.Paused, e.Topic) && (q.Held == nil || !q.Held(e.Contact))
}

// choose returns what is claimed of a contact's open effects: nothing while another
// worker's lease on one of them holds, else those that are due.
func (q Query) choose(of []Effect) []*Effect {
	var chosen []*Effect
	slices.SortFunc(of, order)
	for i := range of {
		e := &of[i]
		switch {
		case e.State == Leased && e.Due.After(q.Now):
			return nil
		case !e.Due.After(q.Now) && q.wants(e):
			chosen = append(chosen, e)
		}
	}
	return chosen
}

// saved moves the fences of what was saved once that is committed: a transaction
// that is run again must find them as they were.
func saved(ctx context.Context, effects []*Effect, lost []string) {
	flywheel.AfterCommit(ctx, func(context.Context) {
		for _, e := range effects {
			if !slices.Contains(lost, e.ID) {
				e.fence, e.was = e.Attempts, e.State
			}
		}
	})
}
