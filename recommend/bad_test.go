package recommend_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// Each kind of bad input that the package promises to answer, by name: an error of a
// type, or a fallback that the answer names.
func TestBadInput(t *testing.T) {
	ctx := context.Background()
	m := corner(t)
	model, err := recommend.Filled{Of: recommend.ItemKNN{}}.Fit(m)
	require.NoError(t, err)
	server := recommend.NewServer(model, nil)
	ask := func(q recommend.Query) recommend.Answer {
		answer, err := server.Answer(q)
		require.NoError(t, err)
		limit := max(q.Plan.Limit, 10)
		require.Equal(t, len(answer.Items) < limit, answer.Short != "", "a short list says why")
		return answer
	}
	tea := []flywheel.SKU{"TEA"}

	t.Run("empty sets", func(t *testing.T) {
		empty, err := recommend.NewMatrix(nil)
		require.NoError(t, err)
		for _, l := range storable {
			s, err := l.Fit(empty)
			require.NoError(t, err, l)
			answer, err := recommend.NewServer(s, nil).Answer(recommend.Query{History: tea})
			require.NoError(t, err)
			assert.Empty(t, answer.Items)
			assert.NotEmpty(t, answer.Short)
			assert.Equal(t, "there is no model and there are no items", answer.Fallback)
		}
		exam, err := recommend.NewExam(empty, nil)
		require.NoError(t, err)
		trend, err := recommend.NewTrend(empty.Index(), time.Hour)
		require.NoError(t, err)
		_, err = exam.Run(trend, 10)
		require.NoError(t, err)
		sets, err := recommend.Itemsets(&recommend.Dataset{}, recommend.ItemsetConfig{})
		require.NoError(t, err)
		assert.Empty(t, sets)
	})
	t.Run("a user without history", func(t *testing.T) {
		answer := ask(recommend.Query{})
		assert.Equal(t, "there is no history: what is shown is the same for everyone", answer.Fallback)
		assert.Len(t, answer.Items, 6)
	})
	t.Run("an unknown item", func(t *testing.T) {
		answer := ask(recommend.Query{History: []flywheel.SKU{"NEVER SEEN"}, Hide: []flywheel.SKU{"NOR THIS"}, Allow: []flywheel.SKU{"TEA", "NOR THAT"}})
		assert.Equal(t, "nothing of the history is known: what is shown is the same for everyone", answer.Fallback)
		assert.Equal(t, 1, answer.Unknown)
		assert.Len(t, answer.Items, 1)
		answer = ask(recommend.Query{Past: recommend.History{{Item: -1, Weight: 1}, {Item: 99, Weight: 1}, {Item: 1, Weight: math.NaN()}}})
		assert.Equal(t, 3, answer.Unknown)
		o, err := recommend.NewOverlay(m, model)
		require.NoError(t, err)
		applied, err := o.Add(recommend.Choice{Actor: recommend.Actor{Customer: "ann"}, Item: "NEVER SEEN"})
		require.NoError(t, err)
		assert.False(t, applied)
	})
	t.Run("all items filtered", func(t *testing.T) {
		for _, q := range []recommend.Query{{Keep: func(*recommend.Item) bool { return false }}, {Allow: []flywheel.SKU{}}, {Deny: []flywheel.SKU{"BREAD", "BUTTER", "EGGS", "HONEY", "MILK", "TEA"}}} {
			q.History = tea
			answer := ask(q)
			assert.Empty(t, answer.Items)
			assert.Equal(t, "0 of 10 places are filled: no candidates were left", answer.Short)
		}
	})
	t.Run("duplicated and out-of-order events", func(t *testing.T) {
		fit := func(events []flywheel.Event) []float64 {
			facts, err := recommend.New(nil, nil)
			require.NoError(t, err)
			for _, e := range events {
				require.NoError(t, facts.Publish(ctx, e))
			}
			d, err := facts.Dataset(ctx)
			require.NoError(t, err)
			m, err := d.Matrix(recommend.MatrixConfig{})
			require.NoError(t, err)
			s, err := recommend.CoOccurrence{}.Fit(m)
			require.NoError(t, err)
			return score(s, recommend.History{{Item: 0, Weight: 1}})
		}
		events := week()
		backwards := slices.Clone(events)
		slices.Reverse(backwards)
		assert.Equal(t, fit(events), fit(slices.Concat(backwards, events)))
		other := events[0]
		other.Time = other.Time.Add(time.Second)
		facts, err := recommend.New(nil, nil)
		require.NoError(t, err)
		require.NoError(t, facts.Publish(ctx, events...))
		assert.ErrorIs(t, facts.Publish(ctx, other), recommend.ErrOtherBody)
	})
	t.Run("timestamps in the future", func(t *testing.T) {
		// What claims to come later than the training is not learned; a seen policy takes
		// it for now; trends decay by the newest, so the past is not lost either.
		facts, err := recommend.New(nil, nil)
		require.NoError(t, err)
		late := bought(0, "ann", "HONEY")
		late.ID, late.Time = "late", time.Date(9998, 1, 1, 0, 0, 0, 0, time.UTC)
		require.NoError(t, facts.Publish(ctx, append(week(), late)...))
		d, err := facts.Dataset(ctx)
		require.NoError(t, err)
		m, err := d.Matrix(recommend.MatrixConfig{Until: monday.AddDate(1, 0, 0)})
		require.NoError(t, err)
		for _, c := range m.Choices() {
			assert.True(t, c.At.Before(monday.AddDate(1, 0, 0)))
		}
		assert.Equal(t, []flywheel.SKU{"X"}, recommend.DefaultSeen.Hidden([]recommend.Interaction{{Kind: recommend.Purchase, At: late.Time, Items: []flywheel.SKU{"X"}}}, monday))
		trend, err := recommend.NewTrend(recommend.NewIndex([]flywheel.SKU{"A", "B"}), time.Hour)
		require.NoError(t, err)
		_, err = trend.Add("A", late.Time, 1)
		require.NoError(t, err)
		_, err = trend.Add("B", monday, 1)
		require.NoError(t, err)
		for _, v := range score(trend, nil) {
			assert.False(t, math.IsNaN(v) || math.IsInf(v, 0))
		}
		bad := late
		bad.ID, bad.Time = "beyond", time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)
		assert.Error(t, facts.Publish(ctx, bad))
	})
	t.Run("NaN weights", func(t *testing.T) {
		for _, w := range []float64{math.NaN(), math.Inf(1), -1} {
			_, err := recommend.NewMatrix([]recommend.Choice{{Actor: recommend.Actor{Customer: "a"}, Item: "A", Weight: w}})
			var wrong *recommend.ChoiceError
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, "weight", wrong.Field)
			o, err := recommend.NewOverlay(m, model)
			require.NoError(t, err)
			_, err = o.Add(recommend.Choice{Actor: recommend.Actor{Customer: "a"}, Item: "TEA", Weight: w})
			assert.ErrorAs(t, err, &wrong)
			assert.Empty(t, o.History(recommend.Actor{Customer: "a"}), "nothing has changed")
			_, err = recommend.Blended([]float64{w}, model)
			assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
		}
		_, err := recommend.NewServer(broken{m.Index()}, nil).Answer(recommend.Query{History: tea})
		assert.ErrorIs(t, err, flywheel.ErrInvalid, "a model that scores with NaN")
	})
	t.Run("a truncated or tampered snapshot", func(t *testing.T) {
		data, err := recommend.Snapshot{Model: model, Version: 1}.Marshal([]byte("key"))
		require.NoError(t, err)
		snapshots := recommend.NewMemorySnapshots(nil)
		facts, err := recommend.New(nil, nil)
		require.NoError(t, err)
		served := recommend.NewServer(model, nil)
		trainer, err := recommend.NewTrainer(facts, snapshots, served, &recommend.TrainerOptions{Key: []byte("key")})
		require.NoError(t, err)
		changed := slices.Clone(data)
		changed[len(changed)/2] ^= 1
		for n, bad := range [][]byte{data[:len(data)-1], data[:10], {}, changed} {
			require.NoError(t, snapshots.Save(ctx, "model", uint64(n+1), bad))
			assert.ErrorIs(t, trainer.Load(ctx, monday), recommend.ErrTampered)
			assert.EqualValues(t, 1, served.Version(), "the server goes on with what it has")
			assert.Zero(t, trainer.Version())
		}
	})
	t.Run("k of 0 or larger than the catalog", func(t *testing.T) {
		assert.Len(t, ask(recommend.Query{History: tea, Plan: rerank.Plan{}}).Items, 5, "0 stands for 10, and 5 are left")
		answer := ask(recommend.Query{History: tea, Plan: rerank.Plan{Limit: 1000}})
		assert.Len(t, answer.Items, 5)
		assert.Equal(t, "5 of 1000 places are filled: no candidates were left", answer.Short)
		_, err := server.Answer(recommend.Query{Plan: rerank.Plan{Limit: -1}})
		var wrong *rerank.PlanError
		require.ErrorAs(t, err, &wrong)
		_, err = recommend.Explain(model, nil, nil, 0)
		assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
		exam, err := recommend.NewExam(m, nil)
		require.NoError(t, err)
		_, err = exam.Run(model, 0)
		assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
		list, err := recommend.Explain(model, nil, nil, 1000)
		require.NoError(t, err)
		assert.Len(t, list, 6)
		v, err := recommend.NewVectors([]float32{1, 2, 3, 4}, 2)
		require.NoError(t, err)
		assert.Empty(t, v.Top(nil, []float32{1, 1}, 0, nil))
		assert.Len(t, v.Top(nil, []float32{1, 1}, 1000, nil), 2)
		h, err := recommend.NewHNSW(v, recommend.HNSWConfig{})
		require.NoError(t, err)
		assert.Empty(t, h.Top(nil, []float32{1, 1}, 0, nil))
		assert.Len(t, h.Top(nil, []float32{1, 1}, 1000, nil), 2)
	})
	t.Run("ties", func(t *testing.T) {
		var first []string
		for range 5 {
			var got []string
			for _, it := range ask(recommend.Query{}).Items {
				got = append(got, fmt.Sprint(it.SKU))
			}
			if first == nil {
				first = got
			}
			assert.Equal(t, first, got)
		}
	})
}
