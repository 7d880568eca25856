package page

import (
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// health is how far each consumer of the log is, what it could not take, and which messages
// could not be sent.
func (s *Shop) health(r *web.Request) (web.Answer, error) {
	all, err := s.Wheel.Health(r.Context())
	if err != nil {
		return web.Answer{}, err
	}
	consumers := table{ID: "consumers", Title: "Consumers of the log", Columns: []string{"Consumer", "Behind", "Parked", "Tried again", "Last error"}}
	parked := table{ID: "parked", Title: "Parked events", Empty: "No event is parked.", Columns: []string{"Event", "Consumer", "Cause", "Attempts", "Since", "Retry", "Drop"}}
	for _, c := range all {
		consumers.Rows = append(consumers.Rows, []cell{text(c.Name), number(c.Lag), number(c.Parked), number(c.Held), text(c.Error)})
		waiting, err := s.Wheel.Parked(r.Context(), c.Name)
		if err != nil {
			return web.Answer{}, err
		}
		for _, p := range waiting {
			at := fmt.Sprint(p.Position)
			parked.Rows = append(parked.Rows, []cell{
				text(p.Event), text(p.Consumer), text(p.Cause), number(p.Attempts), text(clock(p.Since)),
				button("Retry", r.At("/desk/health/retry"), "consumer", p.Consumer, "at", at), button("Drop", r.At("/desk/health/drop"), "consumer", p.Consumer, "at", at),
			})
		}
	}
	dead, err := s.Journeys.Dead(r.Context(), "", most(r, "dead", 100))
	if err != nil {
		return web.Answer{}, err
	}
	letters := table{ID: "dead", Title: "Messages that failed too often", Empty: "No message failed for good.", Columns: []string{"Message", "Journey", "Step", "Attempts", "Again"}}
	for i := range dead {
		m := &dead[i]
		letters.Rows = append(letters.Rows, []cell{text(m.ID), text(string(m.Journey)), text(m.Step), number(m.Attempt), button("Send again", r.At("/desk/health/replay"), "message", m.ID)})
	}
	return s.board(r, board{Title: "Health", Tiles: []tile{
		{Name: "Parked events", Value: decimal(int64(len(parked.Rows)))}, {Name: "Failed messages", Value: decimal(int64(len(letters.Rows)))},
	}, Tables: []table{consumers, parked, letters}})
}

func (s *Shop) parkedAt(r *web.Request) (string, flywheel.Position, error) {
	consumer, err := r.Text("consumer")
	if err != nil {
		return "", 0, err
	}
	at, err := r.Number("at", 0)
	return consumer, flywheel.Position(at), err
}

// retry lets a consumer take a parked event again.
func (s *Shop) retry(r *web.Request) (web.Answer, error) {
	consumer, at, err := s.parkedAt(r)
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.Wheel.Retry(r.Context(), consumer, at); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/health")
}

// drop gives a parked event up for its consumer. One that is not parked any more, since the
// runner took it or somebody else pressed first, is as it was wished.
func (s *Shop) drop(r *web.Request) (web.Answer, error) {
	consumer, at, err := s.parkedAt(r)
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.Wheel.Drop(r.Context(), consumer, at); err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return web.Answer{}, err
	}
	return r.Go("/desk/health")
}

// replay sends a message again that failed too often.
func (s *Shop) replay(r *web.Request) (web.Answer, error) {
	id, err := r.Text("message")
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.Journeys.Replay(r.Context(), id); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/health")
}
