package recommend_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment/bandit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
)

func fact(n int, kind recommend.Kind, who recommend.Actor, sku flywheel.SKU, quantity int64) recommend.Interaction {
	in := recommend.Interaction{Kind: kind, At: monday.Add(time.Duration(n) * time.Hour), Actor: who, Items: []flywheel.SKU{sku}}
	if quantity > 0 {
		in.Details = []recommend.Detail{{Quantity: quantity}}
	}
	return in
}

// A row holds what is left after what was taken back.
func TestMatrixIsNet(t *testing.T) {
	ann, phone := recommend.Actor{Customer: "ann"}, recommend.Actor{Visitor: "phone"}
	login := fact(5, recommend.View, ann, "LOGIN", 0)
	login.Device = "phone"
	for name, c := range map[string]struct {
		facts []recommend.Interaction
		want  string
	}{
		"bought":                   {[]recommend.Interaction{fact(1, recommend.Purchase, ann, "A", 2)}, "A:1"},
		"partly refunded":          {[]recommend.Interaction{fact(1, recommend.Purchase, ann, "A", 2), fact(2, recommend.Refund, ann, "A", 1)}, "A:1"},
		"refunded":                 {[]recommend.Interaction{fact(1, recommend.Purchase, ann, "A", 2), fact(2, recommend.Refund, ann, "A", 2)}, ""},
		"refunded, still viewed":   {[]recommend.Interaction{fact(0, recommend.View, ann, "A", 0), fact(1, recommend.Purchase, ann, "A", 1), fact(2, recommend.Refund, ann, "A", 1)}, "A:1"},
		"out of order":             {[]recommend.Interaction{fact(2, recommend.Refund, ann, "A", 1), fact(1, recommend.Purchase, ann, "A", 1)}, ""},
		"out of the cart":          {[]recommend.Interaction{fact(1, recommend.AddToCart, ann, "A", 1), fact(2, recommend.Removal, ann, "A", 1)}, ""},
		"disliked and seen since":  {[]recommend.Interaction{fact(1, recommend.Purchase, ann, "A", 1), fact(2, recommend.Dislike, ann, "A", 0), fact(3, recommend.View, ann, "A", 0)}, "A:1"},
		"shown is not chosen":      {[]recommend.Interaction{fact(1, recommend.Impression, ann, "A", 0)}, ""},
		"a guest before the login": {[]recommend.Interaction{fact(1, recommend.View, phone, "A", 0), login}, "A:1 LOGIN:1"},
		"a guest after the login":  {[]recommend.Interaction{login, fact(6, recommend.View, phone, "A", 0)}, "LOGIN:1"},
		"in the future":            {[]recommend.Interaction{fact(1_000_000, recommend.View, ann, "A", 0)}, "A:1"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &recommend.Dataset{}
			for _, in := range c.facts {
				require.NoError(t, d.Add(in))
			}
			m, err := d.Matrix(recommend.MatrixConfig{})
			require.NoError(t, err)
			h, _ := m.History(ann)
			var got string
			for i, p := range h {
				if i > 0 {
					got += " "
				}
				got += fmt.Sprintf("%s:%g", m.Index().SKU(p.Item), p.Weight)
			}
			assert.Equal(t, c.want, got)
		})
	}
	_, err := (&recommend.Dataset{}).Matrix(recommend.MatrixConfig{Weights: recommend.Weights{View: math.NaN()}})
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func TestImpressionEvents(t *testing.T) {
	ctx := context.Background()
	s, err := recommend.New(nil, nil)
	require.NoError(t, err)
	e := bought(1, "ann", "A", "B")
	e.Name, e.Session, e.Visitor = flywheel.EventViewItemList, "s1", "phone"
	e.Properties = map[string]any{recommend.PropertyPolicy: "greedy", recommend.PropertySlot: 3.0, recommend.PropertyPropensities: []any{1.0, 0.25}}
	require.NoError(t, s.Publish(ctx, e))
	d, err := s.Dataset(ctx)
	require.NoError(t, err)
	for in := range d.All() {
		assert.Equal(t, recommend.Interaction{Kind: recommend.Impression, At: e.Time, Actor: recommend.Actor{Customer: "ann"}, Items: []flywheel.SKU{"A", "B"},
			Details: []recommend.Detail{{Slot: 3, Propensity: 1}, {Slot: 4, Propensity: 0.25}}, Session: "s1", Device: "phone", Policy: "greedy"}, in)
	}
	for name, v := range map[string]any{recommend.PropertySlot: 0.5, recommend.PropertyPolicy: 7.0, recommend.PropertyPropensities: []any{1.0, 0.0}} {
		e.ID = "bad:" + name
		e.Properties = map[string]any{name: v}
		var wrong *flywheel.EventError
		require.ErrorAs(t, s.Publish(ctx, e), &wrong, name)
		assert.Equal(t, "properties."+name, wrong.Field)
	}
	buy := bought(2, "ann", "A")
	buy.Lines[0].Quantity, buy.Lines[0].Amount = 3, money.New(900, money.EUR)
	require.NoError(t, s.Publish(ctx, buy))
	d, err = s.Dataset(ctx)
	require.NoError(t, err)
	var last recommend.Interaction
	for last = range d.All() {
	}
	assert.Equal(t, []recommend.Detail{{Quantity: 3, Value: money.New(900, money.EUR)}}, last.Details)
}

// The split of protocol P1, by the rule, from the ratings.
func TestSplitIsThatOfP1(t *testing.T) {
	var choices []recommend.Choice
	for _, r := range lines(t, "ml100k_ratings.tsv.gz")[1:] {
		if r[2] < "4" {
			continue
		}
		var seconds int64
		_, err := fmt.Sscan(r[3], &seconds)
		require.NoError(t, err)
		choices = append(choices, recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(r[0])}, Item: flywheel.SKU(r[1]), At: time.Unix(seconds, 0)})
	}
	want := map[string]string{}
	for _, r := range lines(t, "ml100k_split_time.tsv.gz")[1:] {
		want[r[0]+" "+r[1]] = r[2]
	}
	train, valid, test, err := recommend.Split{}.ByTime(choices)
	require.NoError(t, err)
	require.Empty(t, recommend.Leaks(train, test))
	total := 0
	for part, list := range map[string][]recommend.Choice{"train": train, "valid": valid, "test": test} {
		for _, c := range list {
			total++
			if want[string(c.Actor.Customer)+" "+string(c.Item)] != part {
				t.Fatalf("%v is in %s", c, part)
			}
		}
	}
	require.Equal(t, len(want), total)
	assert.Len(t, recommend.Leaks(test, train), 100, "the other way round everything leaks")
	_, _, _, err = recommend.Split{Test: 2}.ByTime(nil)
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, _, err = recommend.Fold(nil, 2, 2)
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// The same data give the same model, lists and choice on any number of processors.
func TestSameOnAnyNumberOfProcessors(t *testing.T) {
	var choices []recommend.Choice
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 1500 {
		choices = append(choices, recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(n % 90))},
			Item: flywheel.SKU(fmt.Sprint(int(math.Abs(rng.NormFloat64()) * 25))), At: monday.Add(time.Duration(n) * time.Hour)})
	}
	learn := func() (data [][]byte, lists [][]int32) {
		m, err := recommend.NewMatrix(choices)
		require.NoError(t, err)
		exam, err := recommend.NewExam(m, choices[:90])
		require.NoError(t, err)
		for _, l := range append(append([]recommend.Learner{}, storable...), recommend.Auto{K: 5, Fits: 6, Passes: 30}) {
			s, err := l.Fit(m)
			require.NoError(t, err)
			b, err := recommend.Snapshot{Model: s}.Marshal(nil)
			require.NoError(t, err)
			o, err := exam.Run(s, 5)
			require.NoError(t, err)
			data, lists = append(data, b), append(lists, o.Lists...)
		}
		return data, lists
	}
	before := runtime.GOMAXPROCS(1)
	one, oneLists := learn()
	runtime.GOMAXPROCS(7)
	seven, sevenLists := learn()
	runtime.GOMAXPROCS(before)
	require.Equal(t, one, seven)
	require.Equal(t, oneLists, sevenLists)
}

func TestLearnersRefuse(t *testing.T) {
	m := corner(t)
	for field, l := range map[string]recommend.Learner{
		"ItemKNN.Similarity": recommend.ItemKNN{Similarity: 99}, "ItemKNN.Neighbors": recommend.ItemKNN{Neighbors: -1}, "ItemKNN.Shrink": recommend.ItemKNN{Shrink: math.NaN()},
		"UserKNN.Power": recommend.UserKNN{Power: math.Inf(1)}, "RP3beta.Beta": recommend.RP3beta{Beta: -1}, "EASE.Lambda": recommend.EASE{Lambda: -1},
		"EASE.Dropout": recommend.EASE{Dropout: 1}, "SLIM.L1": recommend.SLIM{L1: -1}, "IALS.Factors": recommend.IALS{Factors: 5000}, "BPR.Rate": recommend.BPR{Rate: math.NaN()},
		"SessionKNN.Decay": recommend.SessionKNN{Decay: 2}, "Recent.HalfLife": recommend.Recent{Of: recommend.ItemKNN{}}, "Recent.Of": recommend.Recent{HalfLife: 1},
		"Blend.Of": recommend.Blend{}, "Blend.Weights[0]": recommend.Blend{Of: []recommend.Learner{recommend.SLIM{}}, Weights: []float64{math.NaN()}},
		"Popularity.HalfLife": recommend.Popularity{HalfLife: -1}, "Auto.K": recommend.Auto{K: -1}, "Content.Items": recommend.Content{}, "Filled.Of": recommend.Filled{},
		"CoOccurrence.Similarity": recommend.CoOccurrence{Similarity: recommend.BM25},
	} {
		_, err := l.Fit(m)
		var wrong *recommend.ConfigError
		require.ErrorAs(t, err, &wrong, field)
		assert.Equal(t, field, wrong.Field)
	}
	_, err := recommend.EASE{MaxSide: 2}.Fit(m)
	assert.ErrorIs(t, err, flywheel.ErrLimit)
	for place, c := range []recommend.Choice{{Item: "A"}, {Actor: recommend.Actor{Customer: "a"}}, {Actor: recommend.Actor{Customer: "a"}, Item: "A", Weight: math.NaN()}} {
		_, err := recommend.NewMatrix([]recommend.Choice{{Actor: recommend.Actor{Customer: "a"}, Item: "A"}, c})
		var wrong *recommend.ChoiceError
		require.ErrorAs(t, err, &wrong, place)
		assert.Equal(t, 1, wrong.Place)
	}
}

// Nothing to learn from is no error: the model recommends nothing.
func TestLearnNothing(t *testing.T) {
	m, err := recommend.NewMatrix(nil)
	require.NoError(t, err)
	for _, l := range append(append([]recommend.Learner{}, storable...), recommend.Auto{}) {
		s, err := l.Fit(m)
		require.NoError(t, err, l)
		list, err := recommend.Explain(s, nil, nil, 3)
		require.NoError(t, err)
		assert.Empty(t, list)
	}
	canceled := make(chan struct{})
	close(canceled)
	_, err = recommend.Auto{Cancel: canceled}.Learn(nil, nil)
	assert.ErrorIs(t, err, recommend.ErrStopped)
}

// Dual and primal EASE agree, with and without dropout and row powers.
func TestEASEForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		choices := drawChoices(t)
		m, err := recommend.NewMatrix(choices)
		require.NoError(t, err)
		// Rows without meaning for anyone make the matrix tall: the primal form.
		tall := append([]recommend.Choice{}, choices...)
		e := recommend.EASE{Lambda: 1.5, Dropout: 0.2, RowPower: 0.5}
		dual, err := e.Fit(m)
		require.NoError(t, err)
		for n := range 9 {
			tall = append(tall, recommend.Choice{Actor: recommend.Actor{Visitor: flywheel.VisitorID(fmt.Sprint(n))}, Item: number(n % 8), Weight: 1e-12})
		}
		m2, err := recommend.NewMatrix(tall)
		require.NoError(t, err)
		primal, err := e.Fit(m2)
		require.NoError(t, err)
		h := recommend.History{{Item: 2, Weight: 1}, {Item: 6, Weight: 1}}
		require.InDeltaSlice(t, score(primal, h), score(dual, h), 1e-9)
	})
}

// What a log says about a policy: shown evenly, the target that always shows B earns
// what B earns.
func TestJudge(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	x := recommend.Explorer{Epsilon: 1}
	var facts []recommend.Interaction
	for n := range 4000 {
		who := recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(n))}
		shown, err := x.Explore(fmt.Sprint(n), who, monday, []flywheel.SKU{"A"}, []flywheel.SKU{"B"}, random)
		require.NoError(t, err)
		require.Equal(t, 0.5, shown.Details[0].Propensity)
		facts = append(facts, shown)
		if rate := map[flywheel.SKU]float64{"A": 0.1, "B": 0.3}[shown.Items[0]]; random.Float64() < rate {
			facts = append(facts, recommend.Interaction{Kind: recommend.Purchase, At: monday.Add(time.Minute), Actor: who, Items: shown.Items})
		}
	}
	always := func(list recommend.Interaction, place int) float64 {
		if list.Items[place] == "B" {
			return 1
		}
		return 0
	}
	expect := map[flywheel.SKU]float64{"A": 0.1, "B": 0.3}
	e, err := recommend.Judge(facts, recommend.View, time.Hour, always, func(list recommend.Interaction, place int) (float64, float64) {
		return expect[list.Items[place]], expect["B"]
	})
	require.NoError(t, err)
	for _, estimate := range []float64{e.Weighted.Estimate, e.Normalized.Estimate, e.DoublyRobust.Estimate} {
		assert.InDelta(t, 0.3, estimate, 0.04)
	}
	assert.True(t, e.DoublyRobust.Contains(0.3))
	_, err = recommend.Judge(facts, recommend.Refund, time.Hour, always, nil)
	assert.ErrorIs(t, err, flywheel.ErrInvalid)

	thompson := recommend.Explorer{Epsilon: 0.1, Thompson: func(sku flywheel.SKU) bandit.Arm {
		return bandit.Arm{Pulls: 100, Reward: map[flywheel.SKU]float64{"A": 10, "B": 40}[sku]}
	}}
	w, err := thompson.Propensities([]flywheel.SKU{"A", "B"})
	require.NoError(t, err)
	assert.InDelta(t, 1, w[0]+w[1], 1e-9)
	assert.Greater(t, w[1], 0.9)
	assert.GreaterOrEqual(t, w[0], 0.05)
	for _, bad := range []recommend.Explorer{{Epsilon: 2}, {Context: func(flywheel.SKU) []float64 { return nil }}} {
		_, err := bad.Propensities([]flywheel.SKU{"A"})
		assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err = x.Propensities(nil)
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
}
