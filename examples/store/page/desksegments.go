package page

import (
	"encoding/json"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/segment"
)

// segments are the live segments with their size, and where one is tried and defined.
func (s *Shop) segments(r *web.Request) (web.Answer, error) {
	b, err := s.segmentBoard(r, "", `{"days_since_last_purchase": {"$lt": 2}}`)
	if err != nil {
		return web.Answer{}, err
	}
	return s.board(r, b)
}

func (s *Shop) segmentBoard(r *web.Request, name, rule string) (board, error) {
	all, err := s.Profiles.Definitions(r.Context())
	if err != nil {
		return board{}, err
	}
	t := table{ID: "segments", Title: "Segments", Empty: "There is no segment.", Columns: []string{"Segment", "Members", "Rule", "Retire"}}
	for _, d := range all {
		members, err := s.Profiles.Members(r.Context(), d.Name)
		if err != nil {
			return board{}, err
		}
		t.Rows = append(t.Rows, []cell{link(d.Name, r.At("/desk/segments/"+d.Name)), number(members.Count()), text(string(d.Rule)), button("Retire", r.At("/desk/segments/retire"), "name", d.Name)})
	}
	return board{Title: "Segments", Note: "Kept up to date with every event and with every day that passes.", Tables: []table{t}, Forms: []form{{
		ID: "define", Title: "A segment", Note: "The rule is a condition on orders, items, refunds, revenue, days_since_last_purchase and the other attributes of a profile.",
		Action: r.At("/desk/segments"), Button: "Define", Try: "Dry run",
		Fields: []field{{Name: "name", Label: "Name", Value: name}, {Name: "rule", Label: "Rule", Type: "text", Value: rule}},
	}}}, nil
}

// define defines a segment, or shows who would come and go.
func (s *Shop) define(r *web.Request) (web.Answer, error) {
	name, err := r.Text("name")
	if err != nil {
		return web.Answer{}, err
	}
	rule, err := r.Document("rule")
	if err != nil {
		return web.Answer{}, err
	}
	b, err := s.segmentBoard(r, name, rule)
	if err != nil {
		return web.Answer{}, err
	}
	d := segment.Definition{Name: name, Rule: json.RawMessage(rule)}
	if r.Form.Get("try") == "" {
		if err := s.Profiles.Define(r.Context(), d); err != nil {
			return s.refused(r, b, err)
		}
		return r.Go("/desk/segments")
	}
	trial, err := s.Profiles.Try(r.Context(), d)
	if err != nil {
		return s.refused(r, b, err)
	}
	b.Tiles = []tile{
		{Name: "Members then", Value: decimal(int64(trial.Members))}, {Name: "Would enter", Value: decimal(int64(len(trial.Enter)))}, {Name: "Would leave", Value: decimal(int64(len(trial.Leave)))},
	}
	changes := table{ID: "changes", Title: "Dry run of " + name, Empty: "Nobody would come or go.", Columns: []string{"Customer", "Would"}}
	for _, c := range trial.Enter {
		changes.Rows = append(changes.Rows, []cell{link(string(c), r.At("/desk/customers/"+string(c))), text("enter")})
	}
	for _, c := range trial.Leave {
		changes.Rows = append(changes.Rows, []cell{link(string(c), r.At("/desk/customers/"+string(c))), text("leave")})
	}
	b.Tables = append([]table{changes}, b.Tables...)
	return s.board(r, b)
}

func (s *Shop) retire(r *web.Request) (web.Answer, error) {
	name, err := r.Text("name")
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.Profiles.Retire(r.Context(), name); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/segments")
}

// mostMembers is how many members a page shows.
const mostMembers = 500

// oneSegment is who is in, and why.
func (s *Shop) oneSegment(r *web.Request) (web.Answer, error) {
	name := r.PathValue("name")
	members, err := s.Profiles.Members(r.Context(), name)
	if err != nil {
		return web.Answer{}, err
	}
	t := table{ID: "members", Title: "Members", Empty: "Nobody is in.", Columns: []string{"Customer", "Why"}}
	for c := range members.All() {
		if len(t.Rows) == most(r, t.ID, mostMembers) {
			break
		}
		why, err := s.Profiles.Explain(r.Context(), name, c, s.Now())
		if err != nil {
			return web.Answer{}, err
		}
		terms := cell{Text: why.Decisive().String()}
		for _, term := range why.Terms {
			terms.Why = append(terms.Why, term.String())
		}
		t.Rows = append(t.Rows, []cell{link(string(c), r.At("/desk/customers/"+string(c))), terms})
	}
	b := board{Title: "Segment " + name, Tiles: []tile{{Name: "Members", Value: decimal(int64(members.Count()))}}, Tables: []table{t}}
	asked, err := r.Text("customer")
	if err != nil {
		return web.Answer{}, err
	}
	if asked != "" {
		why, err := s.Profiles.Explain(r.Context(), name, flywheel.CustomerID(asked), s.Now())
		if err != nil {
			return web.Answer{}, err
		}
		terms := table{ID: "why", Title: fmt.Sprintf("Why %s is in: %t", asked, why.Match), Columns: []string{"Term"}}
		for _, term := range why.Terms {
			terms.Rows = append(terms.Rows, []cell{text(term.String())})
		}
		b.Tables = append([]table{terms}, b.Tables...)
	}
	return s.board(r, b)
}
