package attribution_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/campaign/utm"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var letters = []utm.ChannelGroup{"a", "b", "c", "d", "é"}

func anyPath() *rapid.Generator[attribution.Path] {
	return rapid.Custom(func(t *rapid.T) attribution.Path {
		p := attribution.Path{Channels: rapid.SliceOfN(rapid.SampledFrom(letters), 1, 8).Draw(t, "channels"), Conversions: rapid.Int64Range(0, 20).Draw(t, "conversions"), Nulls: rapid.Int64Range(0, 20).Draw(t, "nulls")}
		if p.Conversions > 0 {
			p.Value = rapid.Float64Range(0, 1000).Draw(t, "value")
		}
		return p
	})
}

// Credits sum to the totals, none is negative, and an order of solving cannot
// matter: the set is the same however the paths come.
func TestModelLaws(t *testing.T) {
	testkit.Checks(t, 150, 40)
	rapid.Check(t, func(t *rapid.T) {
		paths := rapid.SliceOfN(anyPath(), 1, 12).Draw(t, "paths")
		s, err := attribution.NewSet(paths)
		require.NoError(t, err)
		shuffled := append([]attribution.Path(nil), paths...)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		again, err := attribution.NewSet(shuffled)
		require.NoError(t, err)
		require.Equal(t, s, again)
		counts := attribution.NewCounts()
		require.NoError(t, counts.Add(paths...))
		counted, err := counts.Set()
		require.NoError(t, err)
		require.Equal(t, s.Paths(), counted.Paths(), "the same by way of counts")
		require.Equal(t, s.Channels(), counted.Channels())
		conversions, _, value := s.Totals()
		order := rapid.IntRange(1, 4).Draw(t, "order")
		for name, m := range map[string]attribution.Model{
			"first": attribution.ByRule(attribution.First{}), "last": attribution.ByRule(attribution.Last{}), "direct": attribution.ByRule(attribution.LastNonDirect{Direct: "a"}),
			"linear": attribution.ByRule(attribution.Linear{}), "u": attribution.ByRule(attribution.UShaped{}), "w": attribution.ByRule(attribution.WShaped{}),
			"decay": attribution.ByRule(attribution.PositionDecay{Factor: 3}), "equal": attribution.ByRule(attribution.EqualChannels{}),
			"markov": attribution.Markov{Order: order}, "converting": attribution.Markov{Order: order, ConvertingOnly: true}, "shapley": attribution.Shapley{},
		} {
			r, err := m.Credit(s)
			require.NoError(t, err)
			var c, v float64
			for _, credit := range r.Credits {
				require.GreaterOrEqual(t, credit.Conversions, 0.0, name)
				require.GreaterOrEqual(t, credit.Value, 0.0, name)
				c += credit.Conversions
				v += credit.Value
			}
			require.InDelta(t, float64(conversions), c, 1e-9*max(1, float64(conversions)), name)
			require.InDelta(t, value, v, 1e-9*max(1, value), name)
			require.Equal(t, conversions == 0, len(r.Warnings) > 0, name)
		}
		rate, err := attribution.Shapley{Rate: true}.Solve(s)
		require.NoError(t, err)
		sum := 0.0
		for _, v := range rate.Rates {
			sum += v
		}
		if conversions > 0 {
			_, nulls, _ := s.Totals()
			require.InDelta(t, float64(conversions)/float64(conversions+nulls), sum, 1e-12)
		}
	})
}

// Chains of any order against the second method, with few states (eliminated) and
// many (walked).
func TestChainsAgainstLinearSystems(t *testing.T) {
	for seed := range testkit.Often(12, 4) {
		random := rand.New(rand.NewPCG(uint64(seed), 4))
		var paths []attribution.Path
		for range 50 + 40*seed {
			p := attribution.Path{Conversions: random.Int64N(3), Nulls: random.Int64N(3)}
			for range 1 + random.IntN(6) {
				p.Channels = append(p.Channels, letters[random.IntN(len(letters))])
			}
			paths = append(paths, p)
		}
		paths[0].Conversions = 1
		s, err := attribution.NewSet(paths)
		require.NoError(t, err)
		for order := 1; order <= 4; order++ {
			r, err := attribution.Markov{Order: order}.Solve(s)
			require.NoError(t, err)
			hand := newHandChain(paths, order, false)
			all := hand.converts("")
			require.InEpsilon(t, all, r.Probability, 1e-11)
			for _, e := range r.Removals {
				require.InDelta(t, 1-hand.converts(e.Channel)/all, e.Conversions, 1e-10)
			}
		}
	}
}

// Walks that hardly end are solved all the same: long paths of which the last
// alone converts.
func TestLongWalks(t *testing.T) {
	var long attribution.Path
	for i := range 4000 {
		long.Channels = append(long.Channels, letters[i%2], letters[2+i%3])
	}
	long.Conversions, long.Nulls, long.Value = 1, 3, 5
	s, err := attribution.NewSet([]attribution.Path{long, {Channels: []utm.ChannelGroup{"a"}, Nulls: 1}})
	require.NoError(t, err)
	for order := 1; order <= 3; order++ {
		r, err := attribution.Markov{Order: order}.Solve(s)
		require.NoError(t, err)
		require.InDelta(t, 0.2, r.Probability, 1e-9)
		require.Empty(t, r.Warnings)
	}
}

// Days that are added and taken away leave the counts, and every model, as a
// rebuild without them.
func TestMergedDaysEqualARebuild(t *testing.T) {
	testkit.Checks(t, 100, 30)
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SliceOfN(rapid.SliceOfN(anyPath(), 0, 6), 1, 6).Draw(t, "days")
		gone := rapid.IntRange(0, len(days)-1).Draw(t, "gone")
		merged, rebuilt := attribution.NewCounts(), attribution.NewCounts()
		parts := make([]*attribution.Counts, len(days))
		for i, paths := range days {
			parts[i] = attribution.NewCounts()
			require.NoError(t, parts[i].Add(paths...))
			if i != gone {
				require.NoError(t, rebuilt.Add(paths...))
			}
		}
		for _, i := range rapid.Permutation(indices(len(days))).Draw(t, "order") {
			require.NoError(t, merged.Merge(parts[i]))
		}
		require.NoError(t, merged.Remove(parts[gone]))
		a, err := merged.Set()
		require.NoError(t, err)
		b, err := rebuilt.Set()
		require.NoError(t, err)
		require.Equal(t, b, a)
		if a.Len() > 0 {
			x, err := attribution.Markov{Order: 2}.Solve(a)
			require.NoError(t, err)
			y, err := attribution.Markov{Order: 2}.Solve(b)
			require.NoError(t, err)
			require.Equal(t, y, x)
		}
		data, err := json.Marshal(merged)
		require.NoError(t, err)
		var read attribution.Counts
		require.NoError(t, json.Unmarshal(data, &read))
		back, err := json.Marshal(&read)
		require.NoError(t, err)
		require.Equal(t, string(data), string(back))
		// What was not added cannot be taken away, and nothing changes.
		foreign := attribution.NewCounts()
		require.NoError(t, foreign.Add(attribution.Path{Channels: letters, Conversions: 1000, Value: 1}))
		require.ErrorIs(t, merged.Remove(foreign), flywheel.ErrConflict)
		after, err := json.Marshal(merged)
		require.NoError(t, err)
		require.Equal(t, string(data), string(after))
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestRefusesPaths(t *testing.T) {
	one := []utm.ChannelGroup{"a"}
	for name, c := range map[string]struct {
		path attribution.Path
		kind error
	}{
		"empty":                  {attribution.Path{}, flywheel.ErrInvalid},
		"channel without a name": {attribution.Path{Channels: []utm.ChannelGroup{""}}, flywheel.ErrInvalid},
		"channel of 10 MB":       {attribution.Path{Channels: []utm.ChannelGroup{utm.ChannelGroup(strings.Repeat("x", 10<<20))}}, flywheel.ErrLimit},
		"separator":              {attribution.Path{Channels: []utm.ChannelGroup{"a\x1fb"}}, flywheel.ErrInvalid},
		"too long":               {attribution.Path{Channels: make([]utm.ChannelGroup, attribution.MaxTouches+1)}, flywheel.ErrLimit},
		"negative conversions":   {attribution.Path{Channels: one, Conversions: -1}, flywheel.ErrOutOfRange},
		"negative nulls":         {attribution.Path{Channels: one, Nulls: -1}, flywheel.ErrOutOfRange},
		"huge":                   {attribution.Path{Channels: one, Conversions: math.MaxInt64}, flywheel.ErrOutOfRange},
		"value NaN":              {attribution.Path{Channels: one, Conversions: 1, Value: math.NaN()}, flywheel.ErrOutOfRange},
		"value infinite":         {attribution.Path{Channels: one, Conversions: 1, Value: math.Inf(1)}, flywheel.ErrOutOfRange},
		"value negative":         {attribution.Path{Channels: one, Conversions: 1, Value: -1}, flywheel.ErrOutOfRange},
		"value without any":      {attribution.Path{Channels: one, Value: 1}, flywheel.ErrInvalid},
	} {
		counts := attribution.NewCounts()
		err := counts.Add(attribution.Path{Channels: one, Nulls: 1}, c.path)
		require.ErrorIs(t, err, c.kind, name)
		assert.Contains(t, err.Error(), "path 1", name)
		assert.Less(t, len(err.Error()), 300, name)
		field, ok := errors.AsType[*flywheel.FieldError](err)
		assert.True(t, ok && field.Field != "", name)
		assert.Zero(t, counts.Len(), "nothing was added")
	}
	s, err := attribution.NewSet([]attribution.Path{{Channels: one, Conversions: 1}})
	require.NoError(t, err)
	for name, m := range map[string]attribution.Model{
		"order": attribution.Markov{Order: 11}, "negative order": attribution.Markov{Order: -1}, "time decay": attribution.ByRule(attribution.TimeDecay{}),
		"u": attribution.ByRule(attribution.UShaped{First: 0.7, Last: 0.7}), "u NaN": attribution.ByRule(attribution.UShaped{First: math.NaN()}), "factor": attribution.ByRule(attribution.PositionDecay{Factor: 0.5}),
		"no rule": attribution.ByRule(nil),
		"NaN":     attribution.ByRule(attribution.Custom(func(w []float64, _ []attribution.Touch, _ time.Time) { w[0] = math.NaN() })),
		"nothing": attribution.ByRule(attribution.Custom(func(w []float64, _ []attribution.Touch, _ time.Time) { w[0] = 0 })),
	} {
		_, err := m.Credit(s)
		require.Error(t, err, name)
	}
	_, _, err = attribution.ChooseOrder(s, 3)
	require.ErrorIs(t, err, flywheel.ErrInvalid, "all convert")
	_, _, err = attribution.ChooseOrder(s, 0)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = attribution.Shares(attribution.Linear{}, nil, time.Time{})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	for _, b := range []attribution.Bootstrap{{Replicates: 5}, {Level: 2}} {
		_, err := b.Run(attribution.Markov{}, s)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err = attribution.Bootstrap{}.Run(nil, s)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	var many []attribution.Path
	for i := range attribution.MaxRateChannels + 1 {
		many = append(many, attribution.Path{Channels: []utm.ChannelGroup{utm.ChannelGroup(rune('A' + i))}, Conversions: 1, Nulls: 1})
	}
	s, err = attribution.NewSet(many)
	require.NoError(t, err)
	_, err = attribution.Shapley{Rate: true}.Solve(s)
	require.ErrorIs(t, err, flywheel.ErrLimit)
	empty, err := attribution.NewSet(nil)
	require.NoError(t, err)
	r, err := attribution.Markov{}.Credit(empty)
	require.NoError(t, err)
	require.NotEmpty(t, r.Warnings)
	for _, bad := range []string{`{`, `[{"channels":["a"],"conversions":1},{"channels":["a"],"nulls":1}]`, `[{"channels":[]}]`, `[{"channels":["a"],"fraction":"7"}]`} {
		counts := attribution.NewCounts()
		require.NoError(t, counts.Add(attribution.Path{Channels: one, Nulls: 1}))
		require.Error(t, json.Unmarshal([]byte(bad), counts), bad)
		require.Equal(t, 1, counts.Len())
	}
}

// The limits of a bootstrap hold the truth about as often as they say: a world of
// known shares is drawn again and again.
func TestBootstrapCovers(t *testing.T) {
	truth := []attribution.Path{
		{Channels: []utm.ChannelGroup{"a"}, Conversions: 60, Nulls: 240}, {Channels: []utm.ChannelGroup{"b", "a"}, Conversions: 90, Nulls: 110},
		{Channels: []utm.ChannelGroup{"b"}, Conversions: 30, Nulls: 300}, {Channels: []utm.ChannelGroup{"c", "b", "a"}, Conversions: 60, Nulls: 60},
	}
	s, err := attribution.NewSet(truth)
	require.NoError(t, err)
	exact, err := attribution.Markov{}.Credit(s)
	require.NoError(t, err)
	runs, covered, all := testkit.Often(150, 40), 0, 0
	random := rand.New(rand.NewPCG(9, 9))
	draw := func(mean int64) (n int64) { // Poisson by exponential gaps
		for at := random.ExpFloat64(); at < float64(mean); at += random.ExpFloat64() {
			n++
		}
		return n
	}
	for run := range runs {
		var paths []attribution.Path
		for _, p := range truth {
			paths = append(paths, attribution.Path{Channels: p.Channels, Conversions: draw(p.Conversions), Nulls: draw(p.Nulls)})
		}
		seen, err := attribution.NewSet(paths)
		require.NoError(t, err)
		limits, err := attribution.Bootstrap{Replicates: 200, Seed: uint64(run)}.Run(attribution.Markov{}, seen)
		require.NoError(t, err)
		for i, l := range limits {
			all++
			if c := exact.Credits[i].Conversions; c >= l.ConversionsFrom && c <= l.ConversionsTo {
				covered++
			}
		}
		if run == 0 {
			again, err := attribution.Bootstrap{Replicates: 200}.Run(attribution.Markov{}, seen)
			require.NoError(t, err)
			require.Equal(t, limits, again, "the same seed")
		}
	}
	share := float64(covered) / float64(all)
	t.Logf("90 %% limits cover %.3f of %d", share, all)
	require.Greater(t, share, 0.82)
	require.Less(t, share, 0.97)
}

func TestBuilder(t *testing.T) {
	euro := money.MustCurrency("EUR")
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	id := 0
	event := func(hour float64, name string, change func(e *flywheel.Event)) flywheel.Event {
		id++
		e := flywheel.Event{ID: string(rune('A' + id)), Name: name, Time: start.Add(time.Duration(hour * float64(time.Hour))), Visitor: "v"}
		if change != nil {
			change(&e)
		}
		return e
	}
	from := func(source, medium string) func(e *flywheel.Event) {
		return func(e *flywheel.Event) {
			e.Properties = map[string]any{utm.PropertySource: source, utm.PropertyMedium: medium}
		}
	}
	buys := func(ref string, minor int64) func(e *flywheel.Event) {
		return func(e *flywheel.Event) { e.Ref, e.Value, e.Customer = ref, money.New(minor, euro), "ada" }
	}
	show := func(b attribution.Builder, events ...flywheel.Event) []string {
		built, err := b.Build(events)
		require.NoError(t, err)
		var out []string
		for _, j := range built.Journeys {
			text := j.Person
			for _, touch := range j.Touches {
				text += " > " + string(touch.Channel)
				if touch.View {
					text += " (view)"
				}
			}
			switch {
			case j.Converted:
				text += " = " + j.Conversion
			case j.Open:
				text += " ?"
			}
			out = append(out, text)
		}
		return out
	}
	search, mail := event(1, "view_item", from("google", "cpc")), event(50, "view_item", from("news", "email"))
	order1, order2 := event(51, "purchase", buys("o1", 1000)), event(80, "purchase", buys("o2", 2000))
	later := event(81, "view_item", from("google", "organic"))

	assert.Equal(t, []string{"ada > Paid Search > Email = o1", "ada > Paid Search > Email = o2", "ada > Organic Search ?"}, show(attribution.Builder{}, search, mail, order1, order2, later), "the visitor becomes ada")
	assert.Equal(t, []string{"ada > Paid Search > Email = o1", "ada > Organic Search ?"}, show(attribution.Builder{Cut: true}, later, order2, order1, mail, search), "any order; o2 has no touch of its own")
	assert.Equal(t, []string{"ada > Email = o1", "ada > Paid Search"}, show(attribution.Builder{Lookback: 24 * time.Hour}, search, mail, order1), "the first is too old, and a journey of its own")
	assert.Equal(t, []string{"ada > Paid Search > Email = o1"}, show(attribution.Builder{}, search, search, mail, order1, order1), "duplicates")
	repeated := order1
	repeated.ID = "other"
	built, err := attribution.Builder{}.Build([]flywheel.Event{search, order1, repeated})
	require.NoError(t, err)
	assert.Equal(t, 1, built.Duplicates, "the same order")
	assert.Len(t, built.Journeys, 1)

	// Exactly a lookback old still counts, a nanosecond more does not.
	edge := event(51, "purchase", buys("o3", 1))
	assert.Equal(t, []string{"ada > Paid Search = o3"}, show(attribution.Builder{Lookback: 50 * time.Hour}, search, edge))
	edge.Time = edge.Time.Add(1)
	assert.Equal(t, []string{"ada > Paid Search"}, show(attribution.Builder{Lookback: 50 * time.Hour}, search, edge))

	// Sessions: a gap, another campaign; the same campaign goes on; a payment page
	// continues; what says nothing is no touch unless it is asked for.
	quiet := event(1.2, "view_item", nil)
	same := event(1.4, "view_item", from("google", "cpc"))
	other := event(1.5, "view_item", from("news", "email"))
	gone := event(9, "view_item", nil)
	back := event(9.4, "view_item", func(e *flywheel.Event) {
		e.Properties = map[string]any{utm.PropertyLanding: "https://shop.example/thanks", utm.PropertyReferrer: "https://www.paypal.com/"}
	})
	buy := event(9.5, "purchase", buys("o4", 1))
	assert.Equal(t, []string{"ada > Paid Search > Email = o4"}, show(attribution.Builder{}, search, quiet, same, other, gone, back, buy))
	assert.Equal(t, []string{"ada > Paid Search > Email > Direct = o4"}, show(attribution.Builder{Untagged: true}, search, quiet, same, other, gone, back, buy))

	// View-through: only in its window, and only where nothing was clicked.
	impression := event(40, "ad_impression", from("adnet", "display"))
	views := attribution.Builder{Views: []string{"ad_impression"}}
	assert.Equal(t, []string{"ada > Display (view) = o1"}, show(views, impression, order1))
	assert.Equal(t, []string{"ada > Paid Search = o1"}, show(views, search, impression, order1))
	views.KeepViews = true
	assert.Equal(t, []string{"ada > Paid Search > Display (view) = o1"}, show(views, search, impression, order1))
	views.ViewWindow = time.Hour
	assert.Equal(t, []string{"ada > Paid Search = o1", "ada > Display (view) ?"}, show(views, search, impression, order1))

	// A milestone marks the latest touch before it.
	sign := event(1.1, "sign_up", nil)
	built, err = attribution.Builder{Milestones: []string{"sign_up"}}.Build([]flywheel.Event{search, sign, mail, order1})
	require.NoError(t, err)
	assert.True(t, built.Journeys[0].Touches[0].Milestone)
	assert.False(t, built.Journeys[0].Touches[1].Milestone)

	// Messages neither begin nor prolong a session.
	sent := event(1.3, flywheel.EventMessageSent, nil)
	again := event(1.7, "view_item", from("google", "cpc"))
	assert.Equal(t, []string{"ada > Paid Search > Paid Search = o1"}, show(attribution.Builder{}, search, sent, again, order1))

	built, err = attribution.Builder{Person: func(*flywheel.Event) string { return "" }}.Build([]flywheel.Event{search})
	require.NoError(t, err)
	assert.Equal(t, 1, built.Anonymous)
	built, err = attribution.Builder{}.Build([]flywheel.Event{order1})
	require.NoError(t, err)
	assert.Equal(t, 1, built.Unattributed)
	assert.InDelta(t, 10, built.UnattributedValue, 0)

	dollar := event(90, "purchase", func(e *flywheel.Event) { e.Value = money.New(1, money.MustCurrency("USD")) })
	for name, events := range map[string][]flywheel.Event{
		"currencies": {order1, dollar}, "no time": {{ID: "x", Name: "purchase", Visitor: "v"}},
		"no text":  {event(1, "view_item", func(e *flywheel.Event) { e.Properties = map[string]any{utm.PropertySource: 3.0} })},
		"negative": {event(1, "purchase", buys("o9", -1))},
	} {
		_, err := attribution.Builder{}.Build(events)
		require.Error(t, err, name)
	}
	for _, b := range []attribution.Builder{{Lookback: -1}, {Gap: -1}, {ViewWindow: -1}} {
		_, err := b.Build(nil)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
}

// Credits of persons sum to those of channels, and days to the whole.
func TestJourneysAddUp(t *testing.T) {
	built, err := attribution.Builder{}.Build(streamEvents(t))
	require.NoError(t, err)
	days, err := attribution.ByDay(built.Journeys, nil)
	require.NoError(t, err)
	merged := attribution.NewCounts()
	for _, c := range days {
		require.NoError(t, merged.Merge(c))
	}
	whole, err := attribution.Count(built.Journeys)
	require.NoError(t, err)
	require.Equal(t, whole, merged)
	s, err := whole.Set()
	require.NoError(t, err)
	markov, err := attribution.Markov{Order: 2}.Solve(s)
	require.NoError(t, err)
	for _, r := range []attribution.Rule{attribution.TimeDecay{}, attribution.WShaped{}, markov.ByRemoval()} {
		all, err := attribution.CreditJourneys(r, built.Journeys)
		require.NoError(t, err)
		persons, err := attribution.CreditPersons(r, built.Journeys)
		require.NoError(t, err)
		sums := map[utm.ChannelGroup]float64{}
		for _, p := range persons {
			for _, c := range p.Credits {
				sums[c.Channel] += c.Value
			}
		}
		for _, c := range all.Credits {
			require.InDelta(t, sums[c.Channel], c.Value, 1e-9*max(1, c.Value))
		}
	}
	bad := append([]attribution.Journey(nil), built.Journeys[0])
	bad[0].Touches = append([]attribution.Touch{{Channel: "x", At: time.Now().AddDate(50, 0, 0)}}, bad[0].Touches...)
	_, err = attribution.Count(bad)
	if !bad[0].Open {
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
}

func TestMoneyRefusals(t *testing.T) {
	r := &attribution.Result{Credits: []attribution.Credit{{Channel: "a", Conversions: 1, Value: 2}}}
	for name, f := range map[string]func() error{
		"margin":  func() error { _, err := attribution.JoinCosts(r, nil, 2, 0); return err },
		"revenue": func() error { _, err := attribution.JoinCosts(r, nil, 1, math.NaN()); return err },
		"cost": func() error {
			_, err := attribution.JoinCosts(r, []attribution.Cost{{Channel: "a", Amount: -1}}, 1, 0)
			return err
		},
		"sum": func() error {
			_, err := attribution.JoinCosts(r, []attribution.Cost{{Channel: "a", Amount: math.MaxFloat64}, {Channel: "b", Amount: math.MaxFloat64}}, 1, 0)
			return err
		},
		"no channel":  func() error { _, err := attribution.JoinCosts(r, []attribution.Cost{{Amount: 1}}, 1, 0); return err },
		"churn":       func() error { _, err := attribution.Economics{Churn: 2}.Ratios(); return err },
		"nobody held": func() error { _, err := attribution.Holdout{Treated: 1}.Measure(0); return err },
		"more conversions than persons": func() error {
			_, err := attribution.Holdout{Treated: 1, TreatedConversions: 2, Held: 1}.Measure(0)
			return err
		},
		"level":    func() error { _, err := attribution.Holdout{Treated: 1, Held: 1}.Measure(1); return err },
		"no tests": func() error { _, _, err := attribution.Calibrate(r, nil, 0); return err },
		"error 0": func() error {
			_, _, err := attribution.Calibrate(r, []attribution.Lift{{Channel: "a", Attributed: 1}}, 0)
			return err
		},
	} {
		err := f()
		require.Error(t, err, name)
		field, ok := errors.AsType[*flywheel.FieldError](err)
		assert.True(t, ok && field.Field != "", name)
	}
	report, err := attribution.JoinCosts(r, nil, 0.5, 0)
	require.NoError(t, err)
	assert.False(t, report.Channels[0].ROAS.Defined)
	assert.Equal(t, "-", report.MER.String())
	data, err := json.Marshal(report)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"roas":null`)
	u, err := attribution.Economics{}.Ratios()
	require.NoError(t, err)
	assert.Equal(t, attribution.Unit{}, u, "nothing is defined")
	h, err := attribution.Holdout{Treated: 10, Held: 10}.Measure(0)
	require.NoError(t, err)
	assert.InDelta(t, 1, h.P, 0)
	assert.NotEmpty(t, h.Warnings)
	u, err = attribution.Economics{Spend: 100, NewCustomers: 10, LTV: 50}.Ratios()
	require.NoError(t, err)
	assert.InDelta(t, 5, u.LTVPerCAC.Value, 0)
}

// Factors are shrunk between the channel's own tests and the mean, and a test of
// great precision is believed.
func TestCalibration(t *testing.T) {
	r := &attribution.Result{Credits: []attribution.Credit{{Channel: "a", Conversions: 100}, {Channel: "b", Conversions: 100}, {Channel: "c", Conversions: 100}, {Channel: "d", Conversions: 100}}}
	c, out, err := attribution.Calibrate(r, []attribution.Lift{
		{Channel: "a", Attributed: 100, Incremental: 50, Error: 1}, {Channel: "b", Attributed: 100, Incremental: 120, Error: 60}, {Channel: "c", Attributed: 100, Incremental: 100, Error: 2},
	}, 0.9)
	require.NoError(t, err)
	assert.InDelta(t, 0.5, c.Factors[0].Factor, 0.01)
	assert.InDelta(t, 1.0, c.Factors[2].Factor, 0.01)
	assert.Greater(t, c.Factors[1].Factor, c.Mean)
	assert.Less(t, c.Factors[1].Factor, 1.2)
	assert.InDelta(t, c.Mean, c.Factors[3].Factor, 1e-12)
	assert.InDelta(t, 100*c.Factors[1].Factor, out.Credits[1].Conversions, 1e-9)
	for _, f := range c.Factors {
		assert.Less(t, f.From, f.Factor)
		assert.Less(t, f.Factor, f.To)
	}
	one, _, err := attribution.Calibrate(r, []attribution.Lift{{Channel: "a", Attributed: 100, Incremental: -50, Error: 10}}, 0.9)
	require.NoError(t, err)
	assert.Zero(t, one.Factors[0].Factor)
	assert.Len(t, one.Warnings, 5, "one channel only, and each becomes 0")
	two, _, err := attribution.Calibrate(r, []attribution.Lift{{Channel: "a", Attributed: 100, Incremental: 50, Error: 10}, {Channel: "a", Attributed: 200, Incremental: 140, Error: 20}}, 0.9)
	require.NoError(t, err)
	assert.InDelta(t, 0.6, two.Factors[0].Factor, 1e-12, "the mean of .5 and .7, equally sure")
	assert.Equal(t, 2, two.Factors[0].Tests)
}

func FuzzCounts(f *testing.F) {
	f.Add([]byte(`[{"channels":["a","b"],"conversions":2,"nulls":1,"value":3,"fraction":"9223372036854775808"},{"channels":["a"],"nulls":4}]`))
	f.Add([]byte(`[{"channels":["a\u001fb"],"conversions":1}]`))
	f.Add([]byte(`[{"channels":["a"],"conversions":9007199254740993}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c attribution.Counts
		if json.Unmarshal(data, &c) != nil {
			return
		}
		s, err := c.Set()
		if err != nil {
			return
		}
		for _, m := range []attribution.Model{attribution.Markov{Order: 2}, attribution.Shapley{}, attribution.ByRule(attribution.WShaped{})} {
			r, err := m.Credit(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, credit := range r.Credits {
				if math.IsNaN(credit.Conversions) || math.IsNaN(credit.Value) {
					t.Fatalf("%s: %+v", data, credit)
				}
			}
		}
		out, err := json.Marshal(&c)
		if err != nil {
			t.Fatal(err)
		}
		var again attribution.Counts
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
	})
}
