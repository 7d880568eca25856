package campaign

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// abuseCases runs the abuse cases about consent: a message that is on its way goes to
// nobody who has withdrawn it, or not given it, by the instant of sending. Package
// campaign/message runs those about printing and links.
func abuseCases(t *testing.T) {
	var cases []struct {
		ID, Area, Attack, Ref string
		Input, Expected       json.RawMessage
	}
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	for _, c := range cases {
		var fields map[string]json.RawMessage
		if c.Area != "privacy" {
			continue
		}
		require.NoError(t, json.Unmarshal(c.Input, &fields))
		if fields["consent"] == nil {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var in struct {
				Consent map[string]any
				SendAt  int64 `json:"send_at"`
			}
			testkit.Strict(t, c.Input, &in)
			var want struct{ Result, Kind string }
			testkit.Strict(t, c.Expected, &want)
			origin := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
			at := func(seconds int64) time.Time { return origin.Add(time.Duration(seconds) * time.Second) }
			when, ok := in.Consent["at"].(float64)
			require.True(t, ok, "%s", c.Input)
			delete(in.Consent, "at")
			require.Len(t, in.Consent, 1, "one channel")
			var facts []Fact
			var sent Recorder
			w := newWorld(t, nil, &Options{Sender: &sent, Trace: func(f Fact) { facts = append(facts, f) }})
			for channel, granted := range in.Consent {
				name := EventUnsubscribed
				if granted.(bool) {
					name = EventSubscribed
				}
				require.NoError(t, w.Launch(w.ctx, Journey{ID: "j", Trigger: Trigger{Event: "in"}, Steps: []Step{
					wait("w", time.Duration(in.SendAt)*time.Second), {ID: "m", Send: &Send{Channel: channel, Purpose: PurposeMarketing, Template: "t"}},
				}}, nil))
				w.publish(flywheel.Event{ID: "in", Name: "in", Time: at(0), Customer: "c1"})
				w.publish(flywheel.Event{ID: "wish", Name: name, Time: at(int64(when)), Customer: "c1", Properties: map[string]any{"channel": channel}})
			}
			w.pass(at(in.SendAt + 3600))
			withdrawn := slices.ContainsFunc(facts, func(f Fact) bool { return f.Kind == FactSkipped && f.Detail == reasonUnsubscribed })
			if want.Result == "refused" {
				require.Equal(t, "forbidden", want.Kind)
				require.True(t, withdrawn, "%+v", facts)
				require.Empty(t, sent.Messages())
			} else {
				require.False(t, withdrawn)
				require.Len(t, sent.Messages(), 1)
			}
		})
	}
}
