package recommend_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment/bandit"
	"github.com/flywheel-go/flywheel/recommend"
)

// tastes are the choices of six customers: three like what goes with tea, three what
// goes with bread.
func tastes() []recommend.Choice {
	var out []recommend.Choice
	for _, row := range [][]flywheel.SKU{
		{"ann", "TEA", "HONEY", "LEMON"}, {"bob", "TEA", "HONEY"}, {"cyd", "LEMON", "TEA"},
		{"dan", "BREAD", "BUTTER", "EGGS"}, {"eve", "BREAD", "BUTTER"}, {"fay", "EGGS", "BREAD"},
	} {
		for n, sku := range row[1:] {
			out = append(out, recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(row[0])}, Item: sku, At: monday.Add(time.Duration(n) * time.Hour)})
		}
	}
	return out
}

func ExampleNewExam() {
	train, _, test, err := recommend.Split{Valid: -1, One: true, MinChoices: 2}.ByTime(tastes())
	if err != nil {
		panic(err)
	}
	fmt.Println("leaks:", len(recommend.Leaks(train, test)))
	m, err := recommend.NewMatrix(train)
	if err != nil {
		panic(err)
	}
	exam, err := recommend.NewExam(m, test)
	if err != nil {
		panic(err)
	}
	run := func(l recommend.Learner) *recommend.Outcome {
		model, err := l.Fit(m)
		if err != nil {
			panic(err)
		}
		outcome, err := exam.Run(model, 1)
		if err != nil {
			panic(err)
		}
		return outcome
	}
	knn, popular := run(recommend.ItemKNN{}), run(recommend.Popularity{})
	var metrics recommend.Metrics = knn.Metrics
	fmt.Printf("hit rate at 1: %.2f, popularity %.2f\n", metrics.HitRate, popular.HitRate)
	d, err := recommend.PairedBootstrap(knn.NDCGs, popular.NDCGs, 1000, 1)
	if err != nil {
		panic(err)
	}
	p, err := recommend.PermutationTest(knn.NDCGs, popular.NDCGs, 1000, 1)
	if err != nil {
		panic(err)
	}
	fmt.Printf("ahead by %.2f; by chance as far in %.0f %% of permutations\n", d.Mean, 100*p.P)
	// Output:
	// leaks: 0
	// hit rate at 1: 0.67, popularity 0.17
	// ahead by 0.50; by chance as far in 26 % of permutations
}

func ExampleAuto() {
	var train []recommend.Choice
	for n := range 40 {
		for _, c := range tastes() {
			c.Actor.Customer = flywheel.CustomerID(fmt.Sprint(c.Actor.Customer, n))
			train = append(train, c)
		}
	}
	chosen, err := recommend.Auto{K: 2}.Learn(train, nil)
	if err != nil {
		panic(err)
	}
	var first recommend.Trial = chosen.Trials[0]
	fmt.Println(first.Model, "is always tried; the choice is at least as good:", chosen.NDCG >= chosen.Popularity)
	h, _ := chosen.Matrix.Index().HistoryOf("TEA")
	list, err := recommend.Explain(chosen.Scorer, h, h, 1)
	if err != nil {
		panic(err)
	}
	fmt.Println(len(list[0].Causes) > 0)
	// Output:
	// popularity is always tried; the choice is at least as good: true
	// true
}

func ExampleFitWeights() {
	train, held, err := recommend.Fold(tastes(), 0, 4)
	if err != nil {
		panic(err)
	}
	m, err := recommend.NewMatrix(train)
	if err != nil {
		panic(err)
	}
	var exam recommend.Questions
	if exam, err = recommend.NewExam(m, held); err != nil {
		panic(err)
	}
	var models []recommend.Scorer
	for _, l := range []recommend.Learner{recommend.RP3beta{}, recommend.SLIM{L1: 0.1, L2: 1}, recommend.BPR{Factors: 4, Epochs: 5}, recommend.UserKNN{}} {
		s, err := l.Fit(m)
		if err != nil {
			panic(err)
		}
		models = append(models, s)
	}
	weights, _, err := recommend.FitWeights(exam, 3, models...)
	if err != nil {
		panic(err)
	}
	model, err := recommend.Blended(weights, models...)
	if err != nil {
		panic(err)
	}
	h, _ := model.Index().HistoryOf("TEA")
	var part recommend.Contributor = model.(recommend.Contributor)
	parts := make([]float64, len(h))
	part.Contributions(h, 0, parts)
	fmt.Println(len(weights), len(parts))
	// Output: 4 1
}

func ExampleOverlay() {
	m, err := recommend.NewMatrix(tastes())
	if err != nil {
		panic(err)
	}
	counts, err := recommend.CoOccurrence{}.Counts(m)
	if err != nil {
		panic(err)
	}
	var live recommend.Live = counts
	overlay, err := recommend.NewOverlay(m, live)
	if err != nil {
		panic(err)
	}
	hal := recommend.Actor{Customer: "hal"}
	if _, err := overlay.Add(recommend.Choice{Actor: hal, Item: "TEA"}); err != nil {
		panic(err)
	}
	list, err := recommend.Explain(overlay, overlay.History(hal), overlay.History(hal), 1)
	if err != nil {
		panic(err)
	}
	var why recommend.Cause = list[0].Causes[0]
	fmt.Println(list[0].SKU, "after", why.SKU, len(recommend.Causes(overlay, nil, 1)))
	fmt.Println("forgotten:", overlay.Forget(hal), len(overlay.History(hal)))
	// Output:
	// HONEY after TEA 0
	// forgotten: true 0
}

func ExampleLiveEASE() {
	m, err := recommend.NewMatrix(tastes())
	if err != nil {
		panic(err)
	}
	ease, err := recommend.EASE{Lambda: 1}.Live(m)
	if err != nil {
		panic(err)
	}
	h, _ := m.Index().HistoryOf("TEA")
	ease.Learn(h, 3) // somebody who had chosen tea chose item number 3
	scores := make([]float64, m.Index().Len())
	ease.Score(h, scores)
	fmt.Println(m.Index().SKU(3), scores[3] > scores[0])
	// Output: HONEY true
}

func ExampleSessionMatrix() {
	visits := []recommend.Session{
		{ID: "1", Items: []flywheel.SKU{"SHOE", "SOCK"}},
		{ID: "2", Items: []flywheel.SKU{"SHOE", "SOCK", "LACE"}},
		{ID: "3", Items: []flywheel.SKU{"HAT", "SCARF"}},
	}
	m, err := recommend.SessionMatrix(visits)
	if err != nil {
		panic(err)
	}
	var model *recommend.LiveSessions
	if model, err = (recommend.SessionKNN{}).Live(m); err != nil {
		panic(err)
	}
	h, _ := m.Index().HistoryOf("SHOE")
	var top []recommend.Recommended
	for _, r := range model.Top(top, h, h, 1) {
		fmt.Println(m.Index().SKU(r.Item))
	}
	exam := recommend.NewSessionExam(m, visits[:1])
	outcome, err := exam.Run(model, 2)
	if err != nil {
		panic(err)
	}
	var list recommend.SessionList = outcome.Lists[0]
	var metrics recommend.SessionMetrics = outcome.SessionMetrics
	fmt.Println(metrics.Cases, len(list.Items))
	// Output:
	// LACE
	// 1 2
}

func ExampleItemsets() {
	d := &recommend.Dataset{}
	for _, basket := range [][]flywheel.SKU{{"FLOUR", "EGGS"}, {"FLOUR", "EGGS", "SUGAR"}, {"EGGS"}} {
		_ = d.Add(recommend.Interaction{Kind: recommend.Purchase, At: monday, Items: basket})
	}
	sets, err := recommend.Itemsets(d, recommend.ItemsetConfig{MinSupport: 2})
	if err != nil {
		panic(err)
	}
	for _, s := range sets {
		fmt.Println(s.Items, s.Count)
	}
	// Output:
	// [EGGS] 3
	// [FLOUR] 2
	// [EGGS FLOUR] 2
}

func ExampleDataset_Matrix() {
	d := &recommend.Dataset{}
	for n, in := range []recommend.Interaction{
		{Kind: recommend.View, Actor: recommend.Actor{Visitor: "phone"}, Items: []flywheel.SKU{"TEA"}},
		{Kind: recommend.Purchase, Actor: recommend.Actor{Customer: "ann"}, Device: "phone", Items: []flywheel.SKU{"MUG", "POT"}},
		{Kind: recommend.Refund, Actor: recommend.Actor{Customer: "ann"}, Items: []flywheel.SKU{"POT"}},
	} {
		in.At = monday.Add(time.Duration(n) * time.Hour)
		if err := d.Add(in); err != nil {
			panic(err)
		}
	}
	m, err := d.Matrix(recommend.MatrixConfig{})
	if err != nil {
		panic(err)
	}
	h, _ := m.History(recommend.Actor{Customer: "ann"}) // what was viewed before the login is hers
	for _, p := range h {
		fmt.Println(m.Index().SKU(p.Item))
	}
	// Output:
	// TEA
	// MUG
}

func ExampleSeenPolicy() {
	facts := []recommend.Interaction{
		{Kind: recommend.Purchase, At: monday, Items: []flywheel.SKU{"MUG"}},
		{Kind: recommend.View, At: monday, Items: []flywheel.SKU{"TEA"}},
		{Kind: recommend.Impression, At: monday, Items: []flywheel.SKU{"POT"}},
	}
	policy := recommend.DefaultSeen
	policy.Impression = 24 * time.Hour
	fmt.Println(policy.Hidden(facts, monday.Add(time.Hour)))
	fmt.Println(policy.Hidden(facts, monday.Add(48*time.Hour)))
	// Output:
	// [MUG POT]
	// [MUG]
}

func ExampleNewTrend() {
	trend, err := recommend.NewTrend(recommend.NewIndex([]flywheel.SKU{"OLD", "NEW"}), time.Hour)
	if err != nil {
		panic(err)
	}
	_, _ = trend.Add("OLD", monday, 2)
	_, _ = trend.Add("NEW", monday.Add(2*time.Hour), 1)
	scores := make([]float64, 2)
	trend.Score(nil, scores)
	fmt.Println(scores)
	// Output: [0.5 0.25]
}

func ExampleNewMemorySnapshots() {
	ctx := context.Background()
	var store recommend.SnapshotStore = recommend.NewMemorySnapshots(nil)
	if err := store.Save(ctx, "home page", 1, []byte("a model")); err != nil {
		panic(err)
	}
	version, data, err := store.Newest(ctx, "home page")
	fmt.Println(version, string(data), err)
	// Output: 1 a model <nil>
}

func ExampleItemError() {
	_, err := recommend.NewItems([]recommend.Item{{SKU: "TEA", Stock: -1}})
	wrong, _ := errors.AsType[*recommend.ItemError](err)
	fmt.Println(wrong.SKU, wrong.Field)
	_, err = recommend.NewMatrix([]recommend.Choice{{Item: "TEA"}})
	choice, _ := errors.AsType[*recommend.ChoiceError](err)
	fmt.Println(choice.Place, choice.Field)
	// Output:
	// TEA stock
	// 0 actor
}

func ExampleFactorized() {
	m, err := recommend.NewMatrix(tastes())
	if err != nil {
		panic(err)
	}
	s, err := recommend.IALS{Factors: 4}.Fit(m)
	if err != nil {
		panic(err)
	}
	model := s.(recommend.Factorized)
	v, err := model.Vectors()
	if err != nil {
		panic(err)
	}
	h, _ := m.Index().HistoryOf("TEA")
	best := v.Top(nil, model.Vector(h), 1, func(n int32) bool { return n != h[0].Item })
	fmt.Println(m.Index().SKU(best[0].Item))
	_, err = recommend.NewVectors([]float32{1, 2, 3}, 2)
	fmt.Println(errors.Is(err, flywheel.ErrInvalid))
	// Output:
	// HONEY
	// true
}

func ExampleContent() {
	items, err := recommend.NewItems([]recommend.Item{
		{SKU: "GREEN TEA", Categories: []string{"tea"}, Brand: "Alba"},
		{SKU: "BLACK TEA", Categories: []string{"tea"}, Brand: "Bruma"},
		{SKU: "SOAP", Categories: []string{"care"}, Brand: "Alba"},
		{SKU: "NEW TEA", Categories: []string{"tea"}, Brand: "Alba", From: monday},
	})
	if err != nil {
		panic(err)
	}
	m, err := recommend.MatrixOf(items.Index(), nil) // nobody has chosen anything yet
	if err != nil {
		panic(err)
	}
	model, err := recommend.Content{Items: items}.Fit(m)
	if err != nil {
		panic(err)
	}
	h, _ := m.Index().HistoryOf("GREEN TEA")
	list, err := recommend.Explain(model, h, h, 1)
	if err != nil {
		panic(err)
	}
	fmt.Println(list[0].SKU, items.NewArrivals(monday, 3))
	// Output: NEW TEA [NEW TEA]
}

func ExampleFitSegments() {
	m, err := recommend.NewMatrix(tastes())
	if err != nil {
		panic(err)
	}
	s := recommend.FitSegments(m, func(who recommend.Actor) string {
		if who.Customer < "d" {
			return "tea drinkers"
		}
		return "bakers"
	})
	list, err := recommend.Explain(s.Of("tea drinkers"), nil, nil, 1)
	if err != nil {
		panic(err)
	}
	fmt.Println(list[0].SKU)
	// Output: TEA
}

func ExampleBuyAgain() {
	var facts []recommend.Interaction
	for week := range 4 {
		facts = append(facts, recommend.Interaction{Kind: recommend.Purchase, At: monday.AddDate(0, 0, 7*week), Items: []flywheel.SKU{"MILK"}})
	}
	facts = append(facts, recommend.Interaction{Kind: recommend.View, At: monday, Items: []flywheel.SKU{"KETTLE"}})
	var d recommend.Dataset
	for _, due := range recommend.BuyAgain(facts, d.Intervals(), monday.AddDate(0, 0, 28), 3) {
		fmt.Println(due.SKU, due.Bought, due.Interval)
	}
	fmt.Println(recommend.RecentlyViewed(facts, 3))
	// Output:
	// MILK 4 168h0m0s
	// [KETTLE]
}

func ExampleExplorer() {
	x := recommend.Explorer{Epsilon: 0.2, Thompson: func(sku flywheel.SKU) bandit.Arm { return bandit.Arm{} }}
	random := rand.New(rand.NewPCG(1, 2))
	shown, err := x.Explore("impression:1", recommend.Actor{Customer: "ann"}, monday, []flywheel.SKU{"TEA", "MUG"}, []flywheel.SKU{"POT", "CUP"}, random)
	if err != nil {
		panic(err)
	}
	fmt.Println(shown.Items[0], shown.Policy, shown.Details[0].Propensity)
	clicked := recommend.Interaction{Kind: recommend.View, At: monday.Add(time.Minute), Actor: shown.Actor, Items: shown.Items[:1]}
	estimate, err := recommend.Judge([]recommend.Interaction{shown, clicked}, recommend.View, time.Hour,
		func(list recommend.Interaction, place int) float64 { return list.Details[place].Propensity }, nil)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f of the places earn a view\n", estimate.Weighted.Estimate)
	// Output:
	// TEA thompson 1
	// 0.5 of the places earn a view
}

func ExampleNewLinearBound() {
	l, err := recommend.NewLinearBound(2, 1)
	if err != nil {
		panic(err)
	}
	for range 50 {
		_ = l.Observe([]float64{1, 0}, 0.3)
	}
	known, _ := l.Bound([]float64{1, 0})
	open, _ := l.Bound([]float64{0, 1})
	fmt.Printf("%.2f %.2f\n", known, open)
	// Output: 0.43 1.00
}

func ExampleArms() {
	m, err := recommend.NewMatrix(tastes())
	if err != nil {
		panic(err)
	}
	popular, err := recommend.Popularity{}.Fit(m)
	if err != nil {
		panic(err)
	}
	arms := recommend.Arms{Default: "old", Servers: map[string]*recommend.Server{"old": recommend.NewServer(popular, nil)},
		Assign: func(context.Context, recommend.Actor) (string, error) { return "new", nil }}
	answer, arm, failed, err := arms.Answer(context.Background(), recommend.Actor{Customer: "ann"}, recommend.Query{})
	fmt.Println(len(answer.Items), arm, failed, err)
	// Output: 6 old recommend: arm "new" has no server: not found <nil>
}
