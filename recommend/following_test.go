package recommend_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// drawEvents draws what two customers and a guest do on two devices, each at an instant
// of its own, in the order of time.
func drawEvents(t *rapid.T) (out []flywheel.Event) {
	for n := range rapid.IntRange(1, 25).Draw(t, "events") {
		e := flywheel.Event{ID: fmt.Sprint("e", n), Time: monday.Add(time.Duration(n+1) * time.Minute),
			Name: rapid.SampledFrom([]string{flywheel.EventViewItem, flywheel.EventAddToCart, flywheel.EventPurchase, flywheel.EventPurchase,
				flywheel.EventRemoveFromCart, flywheel.EventRefund, recommend.EventDislike, flywheel.EventViewItemList}).Draw(t, "name"),
			Customer: flywheel.CustomerID(rapid.SampledFrom([]string{"", "ann", "bob"}).Draw(t, "customer")),
			Visitor:  flywheel.VisitorID(rapid.SampledFrom([]string{"phone", "laptop"}).Draw(t, "device"))}
		for _, item := range rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 1, 3, rapid.ID).Draw(t, "items") {
			e.Lines = append(e.Lines, flywheel.Line{SKU: number(item), Quantity: 1})
		}
		out = append(out, e)
	}
	return out
}

// everything makes all items known.
func everything() flywheel.Event {
	e := flywheel.Event{ID: "everything", Name: flywheel.EventPurchase, Time: monday, Customer: "everything", Visitor: "till"}
	for item := range 6 {
		e.Lines = append(e.Lines, flywheel.Line{SKU: number(item), Quantity: 1})
	}
	return e
}

// What a server knows after facts came in any order, some of them twice, is what it would
// know from a training on all of them: histories, and for a model of counts its scores.
func TestTrainerFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		facts, err := recommend.New(nil, nil)
		require.NoError(t, err)
		events := drawEvents(t)
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		require.NoError(t, facts.Publish(ctx, append([]flywheel.Event{everything()}, events[:cut]...)...))
		server := recommend.NewServer(nil, nil)
		trainer, err := recommend.NewTrainer(facts, recommend.NewMemorySnapshots(nil), server, &recommend.TrainerOptions{Learner: recommend.CoOccurrence{}})
		require.NoError(t, err)
		require.NoError(t, trainer.Train(ctx, monday.Add(24*time.Hour)))
		rest := rapid.Permutation(events[cut:]).Draw(t, "order")
		for _, e := range rest {
			require.NoError(t, facts.Publish(ctx, e))
		}
		require.EqualValues(t, len(rest), trainer.Behind())
		if len(events) > 0 && rapid.Bool().Draw(t, "twice") {
			require.NoError(t, facts.Publish(ctx, rapid.SampledFrom(events).Draw(t, "again")))
		}
		same := func(scores bool) {
			data, err := facts.Dataset(ctx)
			require.NoError(t, err)
			m, err := data.Matrix(recommend.MatrixConfig{})
			require.NoError(t, err)
			all, err := recommend.MatrixOf(trainer.Overlay().Index(), m.Choices())
			require.NoError(t, err)
			for _, who := range []recommend.Actor{{Customer: "ann"}, {Customer: "bob"}, {Customer: "everything"}, {Visitor: "phone"}, {Visitor: "laptop"}} {
				want, _ := all.History(who)
				got := trainer.History(who)
				require.Len(t, got, len(want), "%v", who)
				for k := range want {
					require.Equal(t, want[k].Item, got[k].Item, "%v", who)
					require.Equal(t, want[k].At, got[k].At, "%v", who)
				}
			}
			if !scores {
				return
			}
			fresh, err := recommend.CoOccurrence{}.Fit(all)
			require.NoError(t, err)
			for item := range int32(6) {
				h := recommend.History{{Item: item, Weight: 1}, {Item: (item + 2) % 6, Weight: 0.5}}
				require.Equal(t, score(fresh, h), score(trainer.Overlay(), h))
			}
		}
		same(true)
		require.NoError(t, facts.Forget(ctx, "ann"))
		same(true)
		require.NoError(t, trainer.Refresh(ctx, monday))
		same(false) // the snapshot was trained with ann
		require.NoError(t, trainer.Train(ctx, monday.Add(24*time.Hour)))
		same(true)
		require.Zero(t, trainer.Behind())
	})
}

// A purchase of a moment ago is in the next answer, without training; another process
// sees it after a refresh.
func TestTrainerServesWhatJustHappened(t *testing.T) {
	ctx := context.Background()
	facts, err := recommend.New(nil, nil)
	require.NoError(t, err)
	require.NoError(t, facts.Publish(ctx, week()...))
	snapshots := recommend.NewMemorySnapshots(nil)
	servers, trainers := [2]*recommend.Server{}, [2]*recommend.Trainer{}
	for n := range servers {
		servers[n] = recommend.NewServer(nil, nil)
		trainers[n], err = recommend.NewTrainer(facts, snapshots, servers[n], &recommend.TrainerOptions{Learner: recommend.ItemKNN{}})
		require.NoError(t, err)
	}
	assert.Nil(t, trainers[0].Overlay())
	assert.Nil(t, trainers[0].History(recommend.Actor{Customer: "new"}))
	require.NoError(t, trainers[0].Train(ctx, monday.AddDate(1, 0, 0)))
	require.NoError(t, trainers[1].Load(ctx, monday))
	assert.Zero(t, trainers[0].Behind())
	require.NoError(t, facts.Publish(ctx, bought(900, "new", "BUTTER")))
	for n := range servers {
		assert.EqualValues(t, 1, trainers[n].Behind())
		h := trainers[n].History(recommend.Actor{Customer: "new"})
		require.Len(t, h, 1)
		answer, err := servers[n].Answer(recommend.Query{Past: h, Explain: true})
		require.NoError(t, err)
		require.Empty(t, answer.Fallback)
		assert.Contains(t, answer.Items[0].Sentence(), "because you chose BUTTER")
	}
	require.NoError(t, facts.Reset(ctx))
	require.NoError(t, trainers[0].Load(ctx, monday), "what was reset is read again")
	assert.Empty(t, trainers[0].History(recommend.Actor{Customer: "new"}))
	frozen, err := recommend.NewTrainer(facts, snapshots, servers[0], &recommend.TrainerOptions{Frozen: true})
	require.NoError(t, err)
	require.NoError(t, frozen.Load(ctx, monday))
	assert.Nil(t, frozen.Overlay())
	assert.Zero(t, frozen.Behind())
}

// Publishing, training, loading and answering at once.
func TestTrainerAtOnce(t *testing.T) {
	ctx := context.Background()
	facts, err := recommend.New(nil, nil)
	require.NoError(t, err)
	require.NoError(t, facts.Publish(ctx, everything()))
	server := recommend.NewServer(nil, nil)
	trainer, err := recommend.NewTrainer(facts, recommend.NewMemorySnapshots(nil), server, &recommend.TrainerOptions{Learner: recommend.CoOccurrence{}})
	require.NoError(t, err)
	exposures, err := facts.Exposures(ctx, time.Hour)
	require.NoError(t, err)
	require.NoError(t, server.CapExposure(exposures, 3))
	var wait sync.WaitGroup
	for worker := range 3 {
		wait.Go(func() {
			for n := range 20 {
				e := flywheel.Event{ID: fmt.Sprint(worker, "-", n), Name: flywheel.EventPurchase, Time: monday.Add(time.Duration(100*worker+n) * time.Minute),
					Customer: flywheel.CustomerID(fmt.Sprint("c", worker)), Lines: []flywheel.Line{{SKU: number(n % 6), Quantity: 1}}}
				assert.NoError(t, facts.Publish(ctx, e))
				_, err := server.Answer(recommend.Query{Past: trainer.History(recommend.Actor{Customer: "c0"}), At: monday})
				assert.NoError(t, err)
			}
		})
	}
	wait.Go(func() {
		for range 3 {
			assert.NoError(t, trainer.Train(ctx, monday.Add(24*time.Hour)))
		}
	})
	wait.Wait()
	require.NoError(t, trainer.Refresh(ctx, monday))
	for worker := range 3 {
		assert.Len(t, trainer.History(recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint("c", worker))}), 6)
	}
}

func impression(id string, at time.Time, skus ...flywheel.SKU) flywheel.Event {
	e := flywheel.Event{ID: id, Name: flywheel.EventViewItemList, Time: at, Customer: "ann"}
	for _, sku := range skus {
		e.Lines = append(e.Lines, flywheel.Line{SKU: sku, Quantity: 1})
	}
	return e
}

// The service counts impressions, and the server shows last what was shown enough.
func TestExposures(t *testing.T) {
	ctx := context.Background()
	facts, err := recommend.New(nil, nil)
	require.NoError(t, err)
	require.NoError(t, facts.Publish(ctx, impression("1", monday, "TEA", "MILK"), impression("2", monday.Add(30*time.Hour), "TEA")))
	e, err := facts.Exposures(ctx, 24*time.Hour)
	require.NoError(t, err)
	for range 2 { // delivered twice, counted once
		require.NoError(t, facts.Publish(ctx, impression("3", monday.Add(31*time.Hour), "TEA", "HONEY"), impression("future", monday.AddDate(900, 0, 0), "TEA")))
	}
	require.NoError(t, facts.Publish(ctx, impression("late", monday.Add(29*time.Hour), "TEA")))
	for _, c := range []struct {
		sku  flywheel.SKU
		at   time.Time
		want int64
	}{{"TEA", monday, 1}, {"TEA", monday.Add(32 * time.Hour), 3}, {"MILK", monday.Add(32 * time.Hour), 0}, {"HONEY", monday.Add(32 * time.Hour), 1},
		{"NONE", monday, 0}, {"TEA", monday.Add(100 * time.Hour), 0}} {
		assert.Equal(t, c.want, e.Count(c.sku, c.at), "%s at %v", c.sku, c.at)
	}

	m := corner(t)
	model, err := recommend.Popularity{}.Fit(m)
	require.NoError(t, err)
	server := recommend.NewServer(model, nil)
	first := func(at time.Time) flywheel.SKU {
		answer, err := server.Answer(recommend.Query{At: at, Plan: rerank.Plan{Limit: 6}})
		require.NoError(t, err)
		require.Len(t, answer.Items, 6, "a cap makes no list short")
		if i := slices.IndexFunc(answer.Items, func(s recommend.Shown) bool { return s.SKU == "TEA" }); i == 5 {
			return "TEA last"
		}
		return "TEA before"
	}
	again, err := facts.Exposures(ctx, 24*time.Hour)
	require.NoError(t, err)
	require.NoError(t, server.CapExposure(again, 3))
	assert.Equal(t, flywheel.SKU("TEA last"), first(monday.Add(32*time.Hour)))
	assert.Equal(t, flywheel.SKU("TEA before"), first(monday.Add(100*time.Hour)))
	require.NoError(t, server.CapExposure(nil, 0))
	assert.Equal(t, flywheel.SKU("TEA before"), first(monday.Add(32*time.Hour)))
	assert.ErrorIs(t, server.CapExposure(e, 0), flywheel.ErrOutOfRange)
	_, err = facts.Exposures(ctx, 0)
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	require.NoError(t, facts.Reset(ctx))
	assert.Zero(t, e.Count("TEA", monday.Add(32*time.Hour)))
}

func ExampleServer_CapExposure() {
	ctx := context.Background()
	facts, err := recommend.New(nil, nil)
	if err != nil {
		panic(err)
	}
	exposures, err := facts.Exposures(ctx, 24*time.Hour)
	if err != nil {
		panic(err)
	}
	model, err := recommend.Popularity{}.Fit(must(recommend.NewMatrix([]recommend.Choice{
		{Actor: recommend.Actor{Customer: "ann"}, Item: "TEA"}, {Actor: recommend.Actor{Customer: "bob"}, Item: "TEA"}, {Actor: recommend.Actor{Customer: "bob"}, Item: "MILK"},
	})))
	if err != nil {
		panic(err)
	}
	server := recommend.NewServer(model, nil)
	if err := server.CapExposure(exposures, 1); err != nil { // shown once a day
		panic(err)
	}
	answer, err := server.Answer(recommend.Query{At: monday, Plan: rerank.Plan{Limit: 1}})
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Items[0].SKU)
	if err := facts.Publish(ctx, impression("list shown", monday, answer.Items[0].SKU)); err != nil {
		panic(err)
	}
	answer, err = server.Answer(recommend.Query{At: monday.Add(time.Hour), Plan: rerank.Plan{Limit: 1}})
	fmt.Println(answer.Items[0].SKU, err)
	// Output:
	// TEA
	// MILK <nil>
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
