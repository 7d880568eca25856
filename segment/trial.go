package segment

import (
	"context"

	"github.com/flywheel-go/flywheel"
)

// Trial is what a definition would change if it were defined now.
type Trial struct {
	// Members is how many customers the segment would have.
	Members int `json:"members"`
	// Enter and Leave are the customers who would come and go beside those of the
	// segment of that name as it is now, in the order of the store.
	Enter []flywheel.CustomerID `json:"enter,omitempty"`
	Leave []flywheel.CustomerID `json:"leave,omitempty"`
}

// Try tells what [Profiles.Define] would do with a definition, and does it not: no
// segment, profile or event is different afterwards. What is due by time is done, as
// by Define, and it needs and costs the same.
func (p *Profiles) Try(ctx context.Context, d Definition) (Trial, error) {
	if p.log == nil {
		return Trial{}, errNoLog
	}
	var t Trial
	err := p.redefine(ctx, p.log.clock(), func(old *engine) []Definition { return append(old.definitions(d.Name), d) }, func(w *work) {
		t = Trial{}
		for i := range w.pending {
			e := &w.pending[i]
			switch {
			case e.Properties["segment"] != d.Name:
			case e.Name == EventEntered:
				t.Enter = append(t.Enter, e.Customer)
			case e.Name == EventExited:
				t.Leave = append(t.Leave, e.Customer)
			}
		}
	})
	if err != nil {
		return Trial{}, err
	}
	for _, err := range p.store.List(ctx, d.Name) {
		if err != nil {
			return Trial{}, err
		}
		t.Members++
	}
	t.Members += len(t.Enter) - len(t.Leave)
	return t, nil
}

// Definitions returns the live segments as they are defined, in the order in which
// they were.
func (p *Profiles) Definitions(ctx context.Context) ([]Definition, error) {
	current, err := p.current(ctx)
	if err != nil {
		return nil, err
	}
	return current.definitions(""), nil
}
