package campaign

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func TestReference(t *testing.T) {
	t.Run("local_time", localTimeCases)
	t.Run("frequency_caps", frequencyCapCases)
	t.Run("journeys", journeyCases)
	t.Run("abuse", abuseCases)
}

// suite reads a file of cases; a field that C does not have is a failure.
func suite[C any](t *testing.T, file string) []C {
	var s struct {
		Schema string `json:"schema"`
		TZData string `json:"tzdata"`
		Rules  string `json:"rules"`
		Cases  []C    `json:"cases"`
	}
	require.NoError(t, strictjson.Decode(testkit.Reference(t, "campaign", file), &s, nil))
	require.NotEmpty(t, s.Cases)
	return s.Cases
}

// head is what every case has.
type head struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Why   string `json:"why"`
}

type localTimeCase struct {
	head
	Op       string `json:"op"`
	Timezone string `json:"timezone"`
	Given    struct {
		At       time.Time `json:"at"`
		Duration Duration  `json:"duration"`
		Times    int       `json:"times"`
		Until    TimeOfDay `json:"until"`
		Weekdays []int     `json:"weekdays"`
		Start    TimeOfDay `json:"start"`
		End      TimeOfDay `json:"end"`
	} `json:"given"`
	Expect time.Time `json:"expect"`
}

func localTimeCases(t *testing.T) {
	for _, c := range suite[localTimeCase](t, "local_time.json") {
		t.Run(c.ID, func(t *testing.T) {
			at := c.Given.At.In(place(c.Timezone))
			var got time.Time
			switch c.Op {
			case "add":
				got = c.Given.Duration.Times(max(1, c.Given.Times)).Add(at)
			case "until":
				got = until(at, c.Given.Until, c.Given.Weekdays)
			case "quiet_release":
				got = QuietHours{c.Given.Start, c.Given.End}.Release(at)
			default:
				t.Fatalf("op %q", c.Op)
			}
			require.Equal(t, c.Expect.UTC(), got.UTC(), "%s: %s", c.Title, c.Why)
			require.Equal(t, c.Expect.Format(time.RFC3339), got.Format(time.RFC3339), "in the zone of the contact")
		})
	}
}

type capCase struct {
	head
	Policy          // caps, on_cap, quiet_hours
	Timezone string `json:"timezone"`
	Requests []struct {
		At            time.Time `json:"at"`
		Channel       string    `json:"channel"`
		Transactional bool      `json:"transactional"`
		Expect        string    `json:"expect"`
	} `json:"requests"`
}

func frequencyCapCases(t *testing.T) {
	for _, c := range suite[capCase](t, "frequency_caps.json") {
		t.Run(c.ID, func(t *testing.T) {
			require.NoError(t, c.validate())
			var sent []Sent
			for i, r := range c.Requests {
				at := r.At.In(place(c.Timezone))
				room := at
				if !r.Transactional {
					room = c.Room(sent, r.Channel, at)
				}
				got := "send"
				switch {
				case c.OnCap == Defer:
					got = room.Format(time.RFC3339)
				case room.After(at):
					got = "skip"
				}
				require.Equal(t, r.Expect, got, "%s: request %d: %s", c.Title, i+1, c.Why)
				if got != "skip" && !r.Transactional {
					sent = append(sent, Sent{At: room, Channel: r.Channel})
				}
			}
		})
	}
}

type journeyCase struct {
	head
	Contact struct {
		ID       flywheel.CustomerID `json:"id"`
		Timezone string              `json:"timezone"`
	} `json:"contact"`
	Journey  json.RawMessage  `json:"journey"` // one, or a list of versions
	Settings Policy           `json:"settings"`
	History  []historyEntry   `json:"history"`
	Events   []map[string]any `json:"events"`
	Expect   journeyExpect    `json:"expect"`
}

type historyEntry struct {
	At            time.Time `json:"at"`
	Channel       string    `json:"channel"`
	Transactional bool      `json:"transactional"`
}

type journeyExpect struct {
	Sends    []stepAt `json:"sends"`
	Skips    []stepAt `json:"skips"`
	Rejected []stepAt `json:"rejected_entries"`
	Ends     []runEnd `json:"ends"`
}

type stepAt struct {
	At     time.Time `json:"at"`
	Step   string    `json:"step"`
	Reason string    `json:"reason"`
}

type runEnd struct {
	Entered time.Time `json:"entered"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"`
}

// sorted makes lists comparable as sets.
func (e journeyExpect) sorted() journeyExpect {
	for _, list := range []*[]stepAt{&e.Sends, &e.Skips, &e.Rejected} {
		*list = append([]stepAt{}, *list...)
		for i := range *list {
			(*list)[i].At = (*list)[i].At.UTC()
		}
		slices.SortFunc(*list, func(a, b stepAt) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Reason, b.Reason))
		})
	}
	e.Ends = append([]runEnd{}, e.Ends...)
	for i := range e.Ends {
		e.Ends[i].At, e.Ends[i].Entered = e.Ends[i].At.UTC(), e.Ends[i].Entered.UTC()
	}
	slices.SortFunc(e.Ends, func(a, b runEnd) int {
		return cmp.Or(a.Entered.Compare(b.Entered), a.At.Compare(b.At), cmp.Compare(a.Outcome, b.Outcome))
	})
	return e
}

func journeyCases(t *testing.T) {
	for _, c := range suite[journeyCase](t, "journeys.json") {
		t.Run(c.ID, func(t *testing.T) { c.run(t) })
	}
}

func (c journeyCase) run(t *testing.T) {
	var versions []Journey
	if c.Journey[0] == '[' {
		require.NoError(t, strictjson.Decode(c.Journey, &versions, nil))
	} else {
		versions = make([]Journey, 1)
		require.NoError(t, strictjson.Decode(c.Journey, &versions[0], nil))
	}
	for i := range versions {
		versions[i].ID, versions[i].Version = "case", i+1
	}

	store := NewMemory(nil)
	contact := Contact{ID: flywheel.PersonOf(c.Contact.ID, ""), Zone: c.Contact.Timezone}
	require.NotNil(t, place(contact.Zone))
	for _, h := range c.History {
		if !h.Transactional {
			contact.Sent = append(contact.Sent, Sent{At: h.At.UTC(), Channel: h.Channel})
		}
	}
	require.NoError(t, store.Save(t.Context(), Change{Contact: contact}))

	var got journeyExpect
	var recorder Recorder
	w := newWorld(t, store, &Options{
		Journeys: versions[:1], Policy: c.Settings, Sender: &recorder,
		Trace: func(f Fact) {
			switch f.Kind {
			case FactSent:
				got.Sends = append(got.Sends, stepAt{At: f.At, Step: f.Step})
			case FactSkipped:
				got.Skips = append(got.Skips, stepAt{f.At, f.Step, f.Detail})
			case FactRejected:
				got.Rejected = append(got.Rejected, stepAt{At: f.At, Reason: f.Detail})
			case FactEnded:
				got.Ends = append(got.Ends, runEnd{f.Entered, f.At, f.Detail})
			}
		},
	})
	known := map[string]bool{}
	for i, raw := range c.Events {
		if raw["name"] == "$publish" {
			at, err := time.Parse(time.RFC3339, raw["at"].(string))
			require.NoError(t, err)
			w.passBefore(at)
			w.now = at.UTC()
			require.NoError(t, w.Launch(w.ctx, versions[int(raw["version"].(float64))-1], nil))
			continue
		}
		e := c.event(t, i, raw)
		if known[e.ID] { // the log knows it
			got.Rejected = append(got.Rejected, stepAt{At: e.Time, Reason: "duplicate_event"})
			continue
		}
		known[e.ID] = true
		w.publish(e)
	}
	w.pass(time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC))
	require.Equal(t, c.Expect.sorted(), got.sorted(), "%s: %s", c.Title, c.Why)
	require.Len(t, recorder.Messages(), len(c.Expect.Sends))
}

// event turns an event of a case into ours: $-names are ours without the
// dollar, other fields than at, name and id are properties.
func (c journeyCase) event(t *testing.T, i int, raw map[string]any) flywheel.Event {
	e := flywheel.Event{ID: fmt.Sprintf("case-event-%d", i), Customer: c.Contact.ID, Properties: map[string]any{}}
	for key, x := range raw {
		switch key {
		case "at":
			at, err := time.Parse(time.RFC3339Nano, x.(string))
			require.NoError(t, err)
			e.Time = at
		case "name":
			names := map[any]string{"$unsubscribed": EventUnsubscribed, "$subscribed": EventSubscribed, "$timezone_changed": EventTimezoneChanged}
			if e.Name = x.(string); e.Name[0] == '$' {
				require.Contains(t, names, x)
				e.Name = names[x]
			}
		case "id":
			e.ID = x.(string)
		default:
			e.Properties[key] = x
		}
	}
	return e
}
