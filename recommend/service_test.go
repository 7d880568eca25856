package recommend_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/recommendtest"
)

func TestPublishOnce(t *testing.T) {
	ctx := context.Background()
	s, err := recommend.New(nil, nil)
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, s.Publish(ctx, week()...))
	}
	d, err := s.Dataset(ctx)
	require.NoError(t, err)
	assert.Equal(t, len(week()), d.Len())

	changed := bought(0, "ann", "SOAP")
	assert.ErrorIs(t, s.Publish(ctx, bought(50, "ann", "SOAP"), changed), flywheel.ErrConflict)
	d, err = s.Dataset(ctx)
	require.NoError(t, err)
	assert.Equal(t, len(week()), d.Len(), "a refused call keeps nothing")
}

func TestPublishPassesOver(t *testing.T) {
	ctx := context.Background()
	s, err := recommend.New(nil, nil)
	require.NoError(t, err)
	refund, empty, free := bought(1, "ann", "TEA"), bought(2, "ann"), bought(3, "ann", "TEA")
	refund.Name = flywheel.EventRefund
	free.Lines[0].Quantity = 0
	view := bought(4, "ann", "TEA")
	view.Name, view.Lines[0].Quantity = flywheel.EventViewItem, 0
	require.NoError(t, s.Publish(ctx, refund, empty, free, view))
	d, err := s.Dataset(ctx)
	require.NoError(t, err)
	var kinds []recommend.Kind
	for in := range d.All() {
		kinds = append(kinds, in.Kind)
	}
	require.Equal(t, []recommend.Kind{recommend.Refund, recommend.View}, kinds, "the others name no item")

	bad := bought(5, "ann", "TEA")
	bad.Lines[0].SKU = " "
	var wrong *flywheel.EventError
	require.ErrorAs(t, s.Publish(ctx, bad), &wrong)
	assert.Equal(t, "lines[0].sku", wrong.Field)
}

func TestPublishAgainAfterLostAnswer(t *testing.T) {
	ctx := context.Background()
	for _, after := range []bool{false, true} {
		failures := 1
		store := recommendtest.Failing(recommend.NewMemory(nil), func(_ string, a bool) error {
			if a == after && failures > 0 {
				failures--
				return context.DeadlineExceeded
			}
			return nil
		})
		s, err := recommend.New(store, nil)
		require.NoError(t, err)
		require.Error(t, s.Publish(ctx, week()...))
		require.NoError(t, s.Publish(ctx, week()...))
		d, err := s.Dataset(ctx)
		require.NoError(t, err)
		assert.Equal(t, len(week()), d.Len())
	}
}

func TestRecommendBeforeTraining(t *testing.T) {
	s, err := recommend.New(nil, nil)
	require.NoError(t, err)
	list, err := s.Recommend(context.Background(), recommend.Actor{Customer: "ann"}, recommend.Request{})
	require.NoError(t, err)
	assert.Empty(t, list)
}

// What was bought after the training counts at once.
func TestRecommendKnowsTheLatestHistory(t *testing.T) {
	ctx := context.Background()
	s, err := recommend.New(nil, nil)
	require.NoError(t, err)
	require.NoError(t, s.Publish(ctx, week()...))
	_, err = s.Train(ctx)
	require.NoError(t, err)
	require.NoError(t, s.Publish(ctx, bought(9, "hal", "TEA")))
	list, err := s.Recommend(ctx, recommend.Actor{Customer: "hal"}, recommend.Request{Limit: 1})
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, flywheel.SKU("MILK"), list[0].SKU)
	assert.Equal(t, "bought together with TEA in 3 of 4 baskets, LLR 5.062", list[0].Reason.String())
}

func TestConcurrentUse(t *testing.T) {
	ctx := context.Background()
	s, err := recommend.New(nil, nil)
	require.NoError(t, err)
	var wait sync.WaitGroup
	for n := range 4 {
		wait.Go(func() {
			for i := range 25 {
				assert.NoError(t, s.Publish(ctx, bought(100*n+i, "ann", "TEA", "MILK")))
				_, err := s.Recommend(ctx, recommend.Actor{Customer: "ann"}, recommend.Request{})
				assert.NoError(t, err)
				if i%10 == 0 {
					_, err := s.Train(ctx)
					assert.NoError(t, err)
				}
			}
		})
	}
	wait.Wait()
	m, err := s.Train(ctx)
	require.NoError(t, err)
	assert.EqualValues(t, 100, m.Groups())
}

func TestInteractionRefusals(t *testing.T) {
	good := recommend.Interaction{ID: "a", Kind: recommend.View, At: monday, Items: []flywheel.SKU{"TEA"}}
	for field, change := range map[string]func(*recommend.Interaction){
		"id":       func(in *recommend.Interaction) { in.ID = "" },
		"kind":     func(in *recommend.Interaction) { in.Kind = 0 },
		"at":       func(in *recommend.Interaction) { in.At = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"customer": func(in *recommend.Interaction) { in.Actor.Customer = "\n" },
		"visitor":  func(in *recommend.Interaction) { in.Actor.Visitor = "\n" },
		"items":    func(in *recommend.Interaction) { in.Items = nil },
		"items[1]": func(in *recommend.Interaction) { in.Items = []flywheel.SKU{"TEA", ""} },
	} {
		in := good
		change(&in)
		_, err := in.Normal()
		var wrong *recommend.InteractionError
		require.ErrorAs(t, err, &wrong, field)
		assert.Equal(t, field, wrong.Field)
	}
	_, err := good.Normal()
	assert.NoError(t, err)
}

// A guest's facts on the devices of a customer go with the customer, and stay away when
// they are consumed again; those of other devices stay.
func TestForgetCustomer(t *testing.T) {
	ctx := t.Context()
	s, err := recommend.New(nil, nil)
	require.NoError(t, err)
	facts := func() (ids []string) {
		d, err := s.Dataset(ctx)
		require.NoError(t, err)
		for in := range d.All() {
			ids = append(ids, string(in.Items[0]))
		}
		return ids
	}
	entry := func(n int, who flywheel.CustomerID, device flywheel.VisitorID, sku flywheel.SKU) flywheel.Entry {
		e := bought(n, who, sku)
		e.Visitor = device
		return flywheel.Entry{Event: e, Position: flywheel.Position(n + 1), Effective: e.Time}
	}
	log := []flywheel.Entry{
		entry(0, "", "phone", "A"), entry(1, "ann", "phone", "B"), entry(2, "ann", "till", "C"),
		entry(3, "", "laptop", "D"), entry(4, "bob", "laptop", "E"), entry(5, "ann", "", "F"),
	}
	require.NoError(t, s.Consume(ctx, log))
	require.Equal(t, []string{"A", "B", "C", "D", "E", "F"}, facts())
	for range 2 {
		require.NoError(t, s.Forget(ctx, "ann"))
		require.Equal(t, []string{"D", "E"}, facts())
		require.NoError(t, s.Consume(ctx, log[:3]))
		require.Equal(t, []string{"D", "E"}, facts())
	}
	require.NoError(t, s.Reset(ctx))
	require.Empty(t, facts())
	require.NoError(t, s.Consume(ctx, log))
	require.Equal(t, []string{"D", "E"}, facts())
	require.ErrorIs(t, s.Forget(ctx, ""), flywheel.ErrInvalid)
}

func TestTrainerRefuses(t *testing.T) {
	s, err := recommend.New(nil, nil)
	require.NoError(t, err)
	snapshots := recommend.NewMemorySnapshots(nil)
	for _, bad := range []*recommend.TrainerOptions{{Name: " "}, {Keep: -1}} {
		_, err := recommend.NewTrainer(s, snapshots, nil, bad)
		require.Error(t, err)
	}
	_, err = recommend.NewTrainer(nil, snapshots, nil, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = recommend.NewTrainer(s, nil, nil, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	trainer, err := recommend.NewTrainer(s, snapshots, nil, nil)
	require.NoError(t, err)
	require.ErrorIs(t, trainer.Train(t.Context(), monday), flywheel.ErrNotFound)
	require.NoError(t, trainer.Load(t.Context(), monday))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, trainer.Train(over, monday), context.Canceled)
}
