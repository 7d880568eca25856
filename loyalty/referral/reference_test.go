package referral_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty/referral"
)

func TestReference(t *testing.T) {
	t.Run("timelines", timelines)
	t.Run("numeric", numeric)
	t.Run("abuse", abuse)
}

type object = map[string]any

// wording are other words for steps that no visible case has.
var wording = testkit.Wording{
	"amount": {"too_much", "exceeds", "over_refund"}, "unknown_order": {"unknown", "not_found"}, "already_referred": {"referred", "has_referrer", "already"},
}

func plain(t *testing.T, v any) (out any) {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

func timelines(t *testing.T) {
	elsewhere := []string{"group_buy", "bargain", "flash_sale", "share", "moderation"}
	var file struct {
		Schema, Rules string
		Cases         []struct {
			ID, Kind, Note string
			Config, Expect json.RawMessage
			Events         []json.RawMessage
		}
	}
	testkit.Strict(t, testkit.Reference(t, "community", "timelines.json"), &file)
	for _, c := range file.Cases {
		if c.Kind != "commission" {
			require.Contains(t, elsewhere, c.Kind)
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			config := struct {
				RatesBP      []int64 `json:"rates_bp"`
				Hold         int64
				Bind         string
				BindDays     int  `json:"bind_days"`
				SelfPurchase bool `json:"self_purchase"`
			}{RatesBP: []int64{1000, 500}, Hold: 7 * 86400, Bind: "first"}
			testkit.Strict(t, c.Config, &config)
			require.Contains(t, []string{"first", "last"}, config.Bind)
			p, err := referral.NewCommissions(referral.CommissionRules{
				RatesBP: config.RatesBP, Hold: time.Duration(config.Hold) * time.Second, LastBinds: config.Bind == "last",
				BindDays: config.BindDays, SelfPurchase: config.SelfPurchase,
			})
			require.NoError(t, err)
			var results []any
			var expect struct {
				Results []any
				Final   map[string]map[string]float64
			}
			testkit.Strict(t, c.Expect, &expect)
			for _, raw := range c.Events {
				var e struct {
					T                           int64
					Type, User, Referrer, Order string
					Base, Amount                int64
				}
				testkit.Strict(t, raw, &e)
				at := time.Unix(e.T, 0).UTC()
				var got any = "ok"
				var shares []referral.Share
				var err error
				switch e.Type {
				case "tick":
					p.Advance(at)
				case "bind":
					err = p.Bind(e.User, e.Referrer, at)
				case "paid":
					shares, err = p.Paid(e.Order, e.User, e.Base, at)
					got = amounts(shares)
				case "received":
					err = p.Received(e.Order, at)
				case "refund":
					shares, err = p.Refund(e.Order, e.Amount, at)
					got = amounts(shares)
				case "withdraw":
					err = p.Withdraw(e.User, e.Amount, at)
				default:
					t.Fatalf("unknown event %q", e.Type)
				}
				if refused, ok := errors.AsType[*referral.RefusedError](err); ok {
					got, err = "refused: "+string(refused.Reason), nil
				}
				require.NoError(t, err)
				results = append(results, got)
			}
			for i, r := range expect.Results {
				if word, ok := r.(string); ok {
					expect.Results[i] = wording.Own(word)
				}
			}
			require.Equal(t, plain(t, expect.Results), plain(t, results))
			for user, want := range expect.Final {
				a := p.Account(user)
				got := map[string]float64{"pending": float64(a.Pending), "available": float64(a.Available), "withdrawn": float64(a.Withdrawn)}
				for name, value := range want {
					require.Contains(t, got, name)
					require.Equal(t, value, got[name], "%s.%s", user, name)
				}
			}
		})
	}
}

func amounts(shares []referral.Share) map[string]int64 {
	m := map[string]int64{}
	for _, s := range shares {
		m[s.User] += s.Amount
	}
	return m
}

func numeric(t *testing.T) {
	elsewhere := []string{"nps", "nps_difference", "csat", "ces", "raking", "post_stratify", "leaderboard"}
	var file struct {
		Schema, Rules string
		Cases         []testkit.Case
	}
	testkit.Strict(t, testkit.Reference(t, "community", "numeric.json"), &file)
	for _, c := range file.Cases {
		if slices.Contains(elsewhere, c.Kind) {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var got object
			switch c.Kind {
			case "k_factor":
				var v struct {
					Seed           float64
					InvitesPerUser float64 `json:"invites_per_user"`
					Conversion     float64
					CycleDays      float64 `json:"cycle_days"`
					Days           float64
				}
				testkit.Strict(t, c.Input, &v)
				s, err := referral.Growth(v.Seed, v.InvitesPerUser, v.Conversion, v.CycleDays, v.Days)
				require.NoError(t, err)
				got = object{"k": s.K, "users": s.Users, "limit": finite(s.Limit), "amplification": finite(s.Amplification)}
			case "fraud_graph":
				var v struct {
					Signals        map[string][]string
					Referrals      [][2]string
					SharedByAtMost int `json:"shared_by_at_most"`
				}
				testkit.Strict(t, c.Input, &v)
				var edges []referral.Edge
				for _, e := range v.Referrals {
					edges = append(edges, referral.Edge{From: e[0], To: e[1]})
				}
				f, err := referral.Clusters(v.Signals, edges, v.SharedByAtMost)
				require.NoError(t, err)
				inside := [][2]string{}
				for _, e := range f.Inside {
					inside = append(inside, [2]string{e.From, e.To})
				}
				got = object{
					"clusters": append([][]string{}, f.Clusters...), "ignored_signals": append([]string{}, f.Ignored...),
					"referrals_inside_a_cluster": inside, "in_referral_cycle": append([]string{}, f.InCycle...),
				}
			default:
				t.Fatalf("unknown kind %q", c.Kind)
			}
			var expect object
			require.NoError(t, json.Unmarshal(c.Expect, &expect))
			for name := range got { // what a case does not ask for
				if _, asked := expect[name]; !asked {
					delete(got, name)
				}
			}
			testkit.Compare(t, c.Expect, got, testkit.Tolerance{Relative: 1e-9})
		})
	}
}

// finite returns a number as JSON has it: null where it has no bound.
func finite(v float64) any {
	if math.IsInf(v, 0) {
		return nil
	}
	return v
}

func abuse(t *testing.T) {
	var cases []struct {
		ID, Area, Attack, Ref string
		Input, Expected       json.RawMessage
	}
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	for _, c := range cases {
		if c.Area != "referral" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var fields map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(c.Input, &fields))
			var edges [][2]string
			before, email := map[string]int{}, map[string]string{}
			signals := map[string]map[string]string{} // by kind and account
			for name, raw := range fields {
				switch name {
				case "edges":
					testkit.Strict(t, raw, &edges)
				case "orders_before":
					testkit.Strict(t, raw, &before)
				case "email":
					testkit.Strict(t, raw, &email)
				default: // a signal
					of := map[string]string{}
					testkit.Strict(t, raw, &of)
					signals[name] = of
				}
			}
			people := func(id string) referral.Person {
				p := referral.Person{Email: email[id], Orders: before[id], Signals: map[string]string{}}
				for kind, of := range signals {
					p.Signals[kind] = of[id]
				}
				return p
			}
			var network referral.Network
			got := object{"result": "accepted"}
			for i, e := range edges {
				err := network.Refer(e[0], e[1], people)
				refused, ok := errors.AsType[*referral.RefusedError](err)
				if !ok {
					require.NoError(t, err)
					continue
				}
				require.Equal(t, len(edges)-1, i, "the refused edge is the last")
				require.ErrorIs(t, err, flywheel.ErrForbidden)
				require.NotEqual(t, e[0], network.Referrer(e[1]), "nothing is noted, so nothing is rewarded")
				got = object{"result": "refused", "kind": "forbidden", "reason": string(refused.Reason), "reward": 0.0}
			}
			var want object
			testkit.Strict(t, c.Expected, &want)
			for name, value := range want {
				if word, ok := value.(string); ok && name == "reason" {
					value = wording.Own(word)
				}
				require.Equal(t, value, got[name], "%s: %s", c.Attack, name)
			}
		})
	}
}
