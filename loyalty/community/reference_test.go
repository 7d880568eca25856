package community_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty/community"
)

func TestReference(t *testing.T) {
	t.Run("timelines", timelines)
	t.Run("numeric", numeric)
}

// step is an event of a timeline.
type step struct {
	T                                     int64
	Type                                  string
	User, Order, Group, Launch, Link, Via string
	U                                     float64
	Quantity                              int64
	NewCustomer                           *bool `json:"new_customer"`
}

// player runs the steps of one activity and tells its state.
type player interface {
	step(t *testing.T, e step, at time.Time) (any, error)
	final(t *testing.T, at time.Time) map[string]any
}

var players = map[string]func(t *testing.T, config json.RawMessage) player{
	"group_buy": newGroupBuy, "bargain": newBargain, "flash_sale": newFlashSale, "share": newShares,
}

// elsewhere are the kinds that other packages run: loyalty/referral and
// catalog/review/moderation.
var elsewhere = []string{"commission", "moderation"}

// wording are other words for steps that no visible case has.
var wording = testkit.Wording{
	"released": {"cancelled", "canceled"}, "self_cut": {"own_launch", "owner", "own"}, "unknown": {"not_found", "unknown_order", "unknown_launch", "unknown_link"},
	"not_active": {"not_paid", "already_left", "left"}, "known": {"exists"},
}

func instant(seconds int64) time.Time            { return time.Unix(seconds, 0).UTC() }
func seconds(n int64) time.Duration              { return time.Duration(n) * time.Second }
func unix(at time.Time) float64                  { return float64(at.Unix()) }
func result(what string, err error) (any, error) { return what, err }

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
	for _, c := range file.Cases {
		if slices.Contains(elsewhere, c.Kind) {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			make, known := players[c.Kind]
			require.True(t, known, "kind %q", c.Kind)
			p := make(t, c.Config)
			var results []any
			var last time.Time
			for _, raw := range c.Events {
				var e step
				testkit.Strict(t, raw, &e)
				last = instant(e.T)
				got, err := p.step(t, e, last)
				if refused, ok := errors.AsType[*community.RefusedError](err); ok {
					got, err = "refused: "+string(refused.Reason), nil
				}
				require.NoError(t, err)
				results = append(results, got)
			}
			var expect struct {
				Results []any
				Final   map[string]any
			}
			testkit.Strict(t, c.Expect, &expect)
			for i, r := range expect.Results {
				if word, ok := r.(string); ok {
					expect.Results[i] = wording.Own(word)
				}
				if results[i] == "released" && r == "ok" {
					results[i] = "ok"
				}
			}
			require.Equal(t, plain(t, expect.Results), plain(t, results))
			holds(t, "final", expect.Final, plain(t, p.final(t, last)))
		})
	}
}

// plain returns a value as JSON has it.
func plain(t *testing.T, v any) (out any) {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

// holds compares what is expected; other things may be there.
func holds(t *testing.T, place string, want, got any) {
	t.Helper()
	if w, ok := want.(map[string]any); ok {
		g, ok := got.(map[string]any)
		require.True(t, ok, "%s is %v", place, got)
		for name, value := range w {
			require.Contains(t, g, name, place)
			holds(t, place+"."+name, value, g[name])
		}
		return
	}
	require.Equal(t, want, got, place)
}

type groupBuy struct {
	*community.GroupBuy
	groups, orders map[string]bool
}

func newGroupBuy(t *testing.T, config json.RawMessage) player {
	c := struct {
		Size                int
		Duration            int64
		ActivityEnd         *int64                 `json:"activity_end"`
		CapAtEnd            bool                   `json:"cap_at_end"`
		PayTimeout          int64                  `json:"pay_timeout"`
		AutoComplete        bool                   `json:"auto_complete"`
		AutoCompleteMinPaid int                    `json:"auto_complete_min_paid"`
		LeaderLeaves        community.LeaderLeaves `json:"leader_leaves"`
		LatePayment         community.LatePayment  `json:"late_payment"`
		LimitPerUser        int                    `json:"limit_per_user"`
		NewCustomersOnly    bool                   `json:"new_customers_only"`
	}{CapAtEnd: true}
	testkit.Strict(t, config, &c)
	r := community.GroupRules{
		Size: c.Size, Duration: seconds(c.Duration), RunOn: !c.CapAtEnd, PayTimeout: seconds(c.PayTimeout), AutoComplete: c.AutoComplete,
		AutoCompleteMinPaid: c.AutoCompleteMinPaid, LeaderLeaves: c.LeaderLeaves, LatePayment: c.LatePayment, LimitPerUser: c.LimitPerUser,
		NewCustomersOnly: c.NewCustomersOnly,
	}
	if c.ActivityEnd != nil {
		r.ActivityEnd = instant(*c.ActivityEnd)
	}
	b, err := community.NewGroupBuy(r)
	require.NoError(t, err)
	return &groupBuy{b, map[string]bool{}, map[string]bool{}}
}

func (g *groupBuy) step(t *testing.T, e step, at time.Time) (any, error) {
	g.orders[e.Order] = true
	switch e.Type {
	case "tick":
		g.Advance(at)
		return "ok", nil
	case "open":
		return result("ok", g.Open(e.User, e.Order, at))
	case "join":
		return result("ok", g.Join(e.User, e.Order, e.Group, e.NewCustomer == nil || *e.NewCustomer, at))
	case "leave":
		return result("ok", g.Leave(e.Order, at))
	case "pay":
		what, group, err := g.Pay(e.Order, at)
		switch what {
		case community.Opened, community.Joined, community.Succeeded:
			g.groups[group] = true
			return result(string(what)+" "+group, err)
		}
		return result(string(what), err)
	}
	t.Fatalf("unknown event %q", e.Type)
	return nil, nil
}

func (g *groupBuy) final(t *testing.T, at time.Time) map[string]any {
	groups, orders := map[string]any{}, map[string]any{}
	for id := range g.groups {
		x, ok := g.Group(id)
		require.True(t, ok)
		of := map[string]any{"state": x.State, "leader": x.Leader, "deadline": unix(x.Deadline), "virtual": x.Virtual, "reason": x.Reason}
		if !x.At.IsZero() {
			of["at"] = unix(x.At)
		}
		groups[id] = of
	}
	for id := range g.orders {
		if o, ok := g.Order(id); ok {
			orders[id] = map[string]any{"state": o.State, "group": o.Group, "reason": o.Reason}
		}
	}
	return map[string]any{"groups": groups, "orders": orders}
}

type bargain struct {
	*community.Bargain
	launches map[string]bool
}

func newBargain(t *testing.T, config json.RawMessage) player {
	c := struct {
		Start, Floor   int64
		Helps          int
		Duration       int64
		HelpLimit      int  `json:"help_limit"`
		SelfCut        bool `json:"self_cut"`
		MustReachFloor bool `json:"must_reach_floor"`
		LaunchLimit    int  `json:"launch_limit"`
	}{SelfCut: true, MustReachFloor: true}
	testkit.Strict(t, config, &c)
	b, err := community.NewBargain(community.BargainRules{
		Start: c.Start, Floor: c.Floor, Helps: c.Helps, Duration: seconds(c.Duration), HelpLimit: c.HelpLimit, LaunchLimit: c.LaunchLimit,
		NoSelfCut: !c.SelfCut, BeforeFloor: !c.MustReachFloor,
	})
	require.NoError(t, err)
	return &bargain{b, map[string]bool{}}
}

func (b *bargain) step(t *testing.T, e step, at time.Time) (any, error) {
	b.launches[e.Launch] = true
	switch e.Type {
	case "tick":
		return "ok", nil
	case "launch":
		return result("ok", b.Start(e.User, e.Launch, at))
	case "help":
		cut, err := b.Help(e.Launch, e.User, e.U, at)
		return result(fmt.Sprint("cut ", cut), err)
	case "order":
		price, err := b.Order(e.Launch, e.User, at)
		return result(fmt.Sprint("price ", price), err)
	}
	t.Fatalf("unknown event %q", e.Type)
	return nil, nil
}

func (b *bargain) final(_ *testing.T, at time.Time) map[string]any {
	all := map[string]any{}
	for id := range b.launches {
		if l, ok := b.Launch(id, at); ok {
			all[id] = map[string]any{"price": l.Price, "cuts": l.Cuts, "state": l.State}
		}
	}
	return all
}

type flashSale struct {
	*community.FlashSale
	orders map[string]bool
	stock  int64
}

func newFlashSale(t *testing.T, config json.RawMessage) player {
	var c struct {
		Windows    [][2]int64
		Stock      int64
		PerUser    int64 `json:"per_user"`
		PerOrder   int64 `json:"per_order"`
		PayTimeout int64 `json:"pay_timeout"`
	}
	testkit.Strict(t, config, &c)
	r := community.SaleRules{Stock: c.Stock, PerUser: c.PerUser, PerOrder: c.PerOrder, PayTimeout: seconds(c.PayTimeout)}
	for _, w := range c.Windows {
		r.Windows = append(r.Windows, community.Window{Start: instant(w[0]), End: instant(w[1])})
	}
	s, err := community.NewFlashSale(r)
	require.NoError(t, err)
	return &flashSale{s, map[string]bool{}, c.Stock}
}

func (s *flashSale) step(t *testing.T, e step, at time.Time) (any, error) {
	defer func() {
		available, held, sold := s.Units()
		require.Equal(t, s.stock, available+held+sold)
		require.GreaterOrEqual(t, available, int64(0))
	}()
	s.orders[e.Order] = true
	switch e.Type {
	case "tick":
		s.Advance(at)
		return "ok", nil
	case "order":
		duplicate, err := s.Order(e.User, e.Order, e.Quantity, at)
		if duplicate {
			return "duplicate", err
		}
		return result("held", err)
	case "pay":
		what, err := s.Pay(e.Order, at)
		return result(string(what), err)
	case "cancel":
		return result("released", s.Cancel(e.Order, at))
	}
	t.Fatalf("unknown event %q", e.Type)
	return nil, nil
}

func (s *flashSale) final(*testing.T, time.Time) map[string]any {
	available, held, sold := s.Units()
	orders := map[string]any{}
	for id := range s.orders {
		if o, ok := s.Get(id); ok {
			orders[id] = o.State
		}
	}
	return map[string]any{"available": available, "held": held, "sold": sold, "orders": orders}
}

type shares struct{ *community.Shares }

func newShares(t *testing.T, config json.RawMessage) player {
	var c struct {
		Window int64
		Touch  community.Touch
		Hops   int
	}
	testkit.Strict(t, config, &c)
	s, err := community.NewShares(community.ShareRules{Window: seconds(c.Window), Touch: c.Touch, Hops: c.Hops})
	require.NoError(t, err)
	return shares{s}
}

func (s shares) step(t *testing.T, e step, at time.Time) (any, error) {
	switch e.Type {
	case "tick":
		return "ok", nil
	case "share":
		return result("ok", s.Share(e.User, e.Link, e.Via))
	case "visit":
		own, err := s.Visit(e.User, e.Link, at)
		if own {
			return "ignored: self", err
		}
		return result("ok", err)
	case "order":
		return append([]string{}, s.Credit(e.User, at)...), nil
	}
	t.Fatalf("unknown event %q", e.Type)
	return nil, nil
}

func (shares) final(*testing.T, time.Time) map[string]any { return map[string]any{} }

type object = map[string]any

// numbers are the kinds of numeric.json that belong here; package loyalty/referral
// runs the others.
var numbers = map[string]func(t *testing.T, in json.RawMessage) (object, error){
	"nps": func(t *testing.T, in json.RawMessage) (object, error) {
		var v struct {
			Promoters, Passives, Detractors int64
			Ratings                         []int
		}
		testkit.Strict(t, in, &v)
		a := community.Answers{Promoters: v.Promoters, Passives: v.Passives, Detractors: v.Detractors}
		got := object{}
		if v.Ratings != nil {
			var err error
			if a, err = community.Count(v.Ratings); err != nil {
				return nil, err
			}
			got["promoters"], got["detractors"] = a.Promoters, a.Detractors
		}
		n, err := community.NetPromoter(a)
		got["score"], got["std_error"] = n.Score, n.StdError
		got["wald95"], got["adjusted95"] = pair(n.Wald95), pair(n.Adjusted95)
		return got, err
	},
	"nps_difference": func(t *testing.T, in json.RawMessage) (object, error) {
		var v struct{ A, B [3]int64 }
		testkit.Strict(t, in, &v)
		of := func(x [3]int64) community.Answers {
			return community.Answers{Promoters: x[0], Passives: x[1], Detractors: x[2]}
		}
		c, err := community.CompareNPS(of(v.A), of(v.B))
		return object{"difference": c.Difference, "z": c.Z, "p_value": c.PValue}, err
	},
	"csat": func(t *testing.T, in json.RawMessage) (object, error) {
		var v struct {
			Ratings       []int
			Scale         int
			SatisfiedFrom int `json:"satisfied_from"`
		}
		testkit.Strict(t, in, &v)
		s, err := community.Satisfied(v.Ratings, v.Scale, v.SatisfiedFrom)
		return object{"rate": s.Rate, "wilson95": pair(s.Wilson95), "mean": s.Mean}, err
	},
	"ces": func(t *testing.T, in json.RawMessage) (object, error) {
		var v struct {
			Ratings []int
			Scale   int
		}
		testkit.Strict(t, in, &v)
		e, err := community.EffortScore(v.Ratings, v.Scale)
		return object{"mean": e.Mean, "t95": pair(e.T95), "share_5_and_up": e.ShareEasy}, err
	},
	"raking": func(t *testing.T, in json.RawMessage) (object, error) {
		var v struct {
			Rows        []map[string]string
			Margins     map[string]map[string]float64
			BaseWeights []float64 `json:"base_weights"`
			Values      []float64
		}
		testkit.Strict(t, in, &v)
		w, err := community.Rake(v.Rows, v.Margins, v.BaseWeights)
		if err != nil {
			return nil, err
		}
		got := object{"weights": w.Weights, "design_effect": w.DesignEffect, "effective_n": w.EffectiveN}
		if v.Values != nil {
			if got["weighted_mean"], err = w.Mean(v.Values); err != nil {
				return nil, err
			}
			equal := community.Weighted{Weights: slices.Repeat([]float64{1}, len(v.Values))}
			got["unweighted_mean"], err = equal.Mean(v.Values)
		}
		return got, err
	},
	"post_stratify": func(t *testing.T, in json.RawMessage) (object, error) {
		var v struct {
			Population map[string]float64
			Responses  map[string]int64
			CellMean   map[string]float64 `json:"cell_mean"`
		}
		testkit.Strict(t, in, &v)
		var strata []community.Stratum
		var names []string
		for name := range v.Population {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			strata = append(strata, community.Stratum{Population: v.Population[name], Responses: v.Responses[name], Mean: v.CellMean[name]})
		}
		s, err := community.PostStratify(strata)
		weights := object{}
		for i, name := range names {
			weights[name] = s.Weights[i]
		}
		return object{
			"weights": weights, "weighted_mean": s.WeightedMean, "unweighted_mean": s.UnweightedMean, "design_effect": s.DesignEffect,
			"effective_n": s.EffectiveN,
		}, err
	},
	"leaderboard": func(t *testing.T, in json.RawMessage) (object, error) {
		var v struct {
			Events []struct {
				User    string
				Points  float64
				AgeDays float64 `json:"age_days"`
			}
			HalfLifeDays float64 `json:"half_life_days"`
		}
		testkit.Strict(t, in, &v)
		day := float64(24 * time.Hour)
		var scores []community.Score
		for _, e := range v.Events {
			scores = append(scores, community.Score{User: e.User, Points: e.Points, Age: time.Duration(e.AgeDays * day)})
		}
		board, err := community.Leaderboard(scores, time.Duration(v.HalfLifeDays*day))
		order, points, ranks := []string{}, object{}, object{}
		for _, s := range board {
			order = append(order, s.User)
			points[s.User], ranks[s.User] = s.Score, s.Rank
		}
		return object{"scores": points, "order": order, "rank": ranks}, err
	},
}

func pair(i community.Interval) [2]float64 { return [2]float64{i.Lower, i.Upper} }

func numeric(t *testing.T) {
	var file struct {
		Schema, Rules string
		Cases         []testkit.Case
	}
	testkit.Strict(t, testkit.Reference(t, "community", "numeric.json"), &file)
	for _, c := range file.Cases {
		if c.Kind == "k_factor" || c.Kind == "fraud_graph" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			run, known := numbers[c.Kind]
			require.True(t, known, "kind %q", c.Kind)
			got, err := run(t, c.Input)
			require.NoError(t, err)
			var expect object
			require.NoError(t, json.Unmarshal(c.Expect, &expect))
			for name := range got { // what a case does not ask for
				if _, asked := expect[name]; !asked {
					delete(got, name)
				}
			}
			within := testkit.Tolerance{Relative: 1e-9}
			if c.Kind == "raking" {
				within.Relative = 1e-8
			}
			testkit.Compare(t, c.Expect, got, within)
		})
	}
}
