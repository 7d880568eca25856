package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/segment"
)

// journeys are what the store writes to whom, with what came of it.
func (s *Shop) journeys(r *web.Request) (web.Answer, error) {
	report, err := s.Journeys.Report(r.Context())
	if err != nil {
		return web.Answer{}, err
	}
	tallies := map[campaign.ID]campaign.Tally{}
	var ids []campaign.ID
	for _, j := range data.Journeys {
		ids = append(ids, j.ID)
		tallies[j.ID] = campaign.Tally{}
	}
	for _, t := range report {
		if _, known := tallies[t.Journey]; !known {
			ids = append(ids, t.Journey)
		}
		tallies[t.Journey] = t
	}
	t := table{ID: "journeys", Title: "Journeys", Columns: []string{"Journey", "State", "Entered", "Under way", "Reached the goal", "Messages", "Not wanted", "Too late", "Failed"}}
	for _, id := range ids {
		state := "takes entries"
		if _, err := s.Journeys.Launched(r.Context(), id); errors.Is(err, flywheel.ErrNotFound) {
			state = "retired"
		} else if err != nil {
			return web.Answer{}, err
		}
		n := tallies[id]
		t.Rows = append(t.Rows, []cell{
			link(string(id), r.At("/desk/journeys/"+string(id))), text(state), number(n.Entries), number(n.Active), number(n.Goals), number(n.Sends), number(n.Unwanted), number(n.Late), number(n.Dead),
		})
	}
	return s.board(r, board{Title: "Journeys", Tables: []table{t}})
}

// graph draws the steps of a journey, with how many of its runs stand at each.
func graph(j *campaign.Journey, counts map[string]int64) chart.Figure {
	nodes := []chart.Node{{Name: j.Trigger.Event, Note: "enters"}}
	place := map[string]int{}
	for i := range j.Steps {
		step := &j.Steps[i]
		note := ""
		switch {
		case step.Wait != nil:
			note = strings.TrimSpace(fmt.Sprintf("waits %s %s", step.Wait.Duration, step.Wait.Until))
		case step.WaitEvent != nil:
			note = "waits for " + step.WaitEvent.Event
		case step.Condition != nil:
			note = "asks"
		case step.Send != nil:
			note = "sends " + step.Send.Channel + " " + step.Send.Template
		default:
			note = "ends as " + step.Exit
		}
		place[step.ID] = len(nodes)
		nodes = append(nodes, chart.Node{Name: step.ID, Note: note, Count: counts[step.ID]})
	}
	nodes = append(nodes, chart.Node{Name: "completed", Note: "the end"})
	place[""] = len(nodes) - 1
	edges := []chart.Edge{{From: 0, To: 1}}
	for i := range j.Steps {
		step := &j.Steps[i]
		next := i + 2
		if step.Next != "" {
			next = place[step.Next]
		}
		or := func(named string) int {
			if named == "" {
				return next
			}
			return place[named]
		}
		switch {
		case step.Exit != "":
			continue
		case step.Condition != nil:
			edges = append(edges, chart.Edge{From: i + 1, To: or(step.Condition.Then), Label: "yes"}, chart.Edge{From: i + 1, To: or(step.Condition.Else), Label: "no"})
		case step.WaitEvent != nil && step.WaitEvent.OnTimeout != "":
			edges = append(edges, chart.Edge{From: i + 1, To: next, Label: "came"}, chart.Edge{From: i + 1, To: place[step.WaitEvent.OnTimeout], Label: "in vain"})
		default:
			edges = append(edges, chart.Edge{From: i + 1, To: next})
		}
	}
	return chart.Graph("Journey "+string(j.ID)+", with the runs at each step", nodes, edges)
}

// oneJourney is a journey as a graph, and what another form of it would have done.
func (s *Shop) oneJourney(r *web.Request) (web.Answer, error) {
	b, err := s.journeyBoard(r, "")
	if err != nil {
		return web.Answer{}, err
	}
	return s.board(r, b)
}

func (s *Shop) journeyBoard(r *web.Request, document string) (board, error) {
	id := campaign.ID(r.PathValue("id"))
	act, err := s.Journeys.Launched(r.Context(), id)
	if err != nil {
		return board{}, err
	}
	counts, err := s.Journeys.Standing(r.Context(), id)
	if err != nil {
		return board{}, err
	}
	if document == "" {
		text, err := json.MarshalIndent(act.Launched, "", "  ")
		if err != nil {
			return board{}, err
		}
		document = string(text)
	}
	at := r.At("/desk/journeys/" + string(id))
	return board{
		Title: "Journey " + string(id), Note: fmt.Sprintf("Version %d, launched %s.", max(1, act.Launched.Version), clock(act.Recorded)), Links: []cell{link("All journeys", r.At("/desk/journeys"))},
		Charts: []chart.Figure{graph(act.Launched, counts)}, Forms: []form{
			{
				ID: "launch", Title: "Another version", Note: "Raise the version. Runs stay on the version that they entered. The dry run takes the whole log and sends nothing.", Action: at, Button: "Launch", Try: "Dry run",
				Fields: []field{{Name: "document", Label: "Journey", Type: "text", Value: document}},
			},
			{ID: "pause", Title: "Pause", Note: "Nobody moves on until it is resumed.", Action: at + "/pause", Button: "Pause"},
			{ID: "resume", Title: "Resume", Action: at + "/resume", Button: "Resume"},
		},
	}, nil
}

// launch launches a version of a journey, or shows what it would have done so far.
func (s *Shop) launch(r *web.Request) (web.Answer, error) {
	document, err := r.Document("document")
	if err != nil {
		return web.Answer{}, err
	}
	b, err := s.journeyBoard(r, document)
	if err != nil {
		return web.Answer{}, err
	}
	var j campaign.Journey
	if err := json.Unmarshal([]byte(document), &j); err != nil {
		return s.refused(r, b, &flywheel.FieldError{Field: "document", Err: fmt.Errorf("%w: %w", err, flywheel.ErrInvalid)})
	}
	if string(j.ID) != r.PathValue("id") {
		return s.refused(r, b, &flywheel.FieldError{Field: "id", Err: flywheel.ErrInvalid})
	}
	if r.Form.Get("try") == "" {
		if err := s.Journeys.Launch(r.Context(), j, nil); err != nil {
			return s.refused(r, b, err)
		}
		return r.Go("/desk/journeys/" + string(j.ID))
	}
	dry, err := campaign.Try(r.Context(), j, &campaign.Options{Policy: data.Manners, Location: zone}, s.Events.Entries(r.Context(), segment.Query{}), s.Now())
	if err != nil {
		return s.refused(r, b, err)
	}
	b.Tiles = []tile{
		{Name: "Would have entered", Value: decimal(dry.Tally.Entries)}, {Name: "Messages", Value: decimal(dry.Tally.Sends)}, {Name: "Reached the goal", Value: decimal(dry.Tally.Goals)},
		{Name: "Under way now", Value: decimal(dry.Tally.Active)}, {Name: "Capped", Value: decimal(dry.Tally.CapsHit)},
	}
	b.Note = "What this version would have done with the whole log, without asking for consent."
	b.Charts = []chart.Figure{graph(&j, dry.Standing)}
	return s.board(r, b)
}

func (s *Shop) pause(r *web.Request) (web.Answer, error) {
	id := r.PathValue("id")
	if err := s.Journeys.Pause(r.Context(), campaign.ID(id)); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/journeys/" + id)
}

func (s *Shop) resume(r *web.Request) (web.Answer, error) {
	id := r.PathValue("id")
	if err := s.Journeys.Resume(r.Context(), campaign.ID(id)); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/journeys/" + id)
}
