package effect_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/effect"
)

// journal is a sink in a database of its own, or of another.
type journal struct {
	db     flywheel.Transactor
	refuse func(e flywheel.Event) error
	told   []string
}

func (j *journal) Handle() flywheel.Transactor { return j.db }

func (j *journal) Publish(_ context.Context, events ...flywheel.Event) error {
	for _, e := range events {
		if j.refuse != nil {
			if err := j.refuse(e); err != nil {
				return err
			}
		}
	}
	for _, e := range events {
		j.told = append(j.told, e.ID)
	}
	return nil
}

func event(id string, customer flywheel.CustomerID) flywheel.Event {
	return flywheel.Event{ID: id, Name: "noted", Time: start, Customer: customer}
}

func TestTell(t *testing.T) {
	broken := errors.New("broken")
	each(t, func(t *testing.T, db flywheel.Transactor, s effect.Store) {
		ctx := t.Context()
		own, far := &journal{db: db}, &journal{db: new(flywheel.Memory)}
		tell := func(sink *journal, fail error, ids ...string) {
			t.Helper()
			err := db.InTx(ctx, func(ctx context.Context) error {
				own.told = nil // which is no database that takes back
				for _, id := range ids {
					require.NoError(t, effect.Tell(ctx, db, sink, event(id, "ann")))
				}
				if sink == far {
					require.NotContains(t, far.told, ids[0], "not before COMMIT")
				}
				return fail
			})
			require.ErrorIs(t, err, fail)
		}
		tell(own, nil, "1", "2")
		require.Equal(t, []string{"1", "2"}, own.told, "in the transaction")
		tell(far, broken, "3")
		require.Empty(t, far.told)
		tell(far, nil, "4", "5")
		require.Equal(t, []string{"4", "5"}, far.told)
		left, err := s.Of(ctx, "tell", "c:ann")
		require.NoError(t, err)
		require.Empty(t, left)

		// What the sink refuses for now is told later, in order of each person.
		far.refuse = func(e flywheel.Event) error { return broken }
		tell(far, nil, "6", "7")
		require.NoError(t, effect.Tell(ctx, db, far, event("8", "bob")))
		far.refuse = func(e flywheel.Event) error {
			if e.Customer == "ann" {
				return broken
			}
			return nil
		}
		more, err := effect.Retell(ctx, db, far, start)
		require.NoError(t, err)
		require.True(t, more)
		require.Equal(t, []string{"4", "5", "8"}, far.told)
		more, err = effect.Retell(ctx, db, far, start)
		require.NoError(t, err)
		require.False(t, more, "nothing is due")
		far.refuse = nil
		more, err = effect.Retell(ctx, db, far, start.Add(2*time.Minute))
		require.NoError(t, err)
		require.True(t, more)
		require.Equal(t, []string{"4", "5", "8", "6", "7"}, far.told)

		// What it refuses for good holds nobody.
		far.refuse = func(e flywheel.Event) error { return fmt.Errorf("no: %w", flywheel.ErrInvalid) }
		tell(far, nil, "9")
		_, err = effect.Retell(ctx, db, far, start.Add(time.Hour))
		require.NoError(t, err)
		dead, err := s.Dead(ctx, "tell", "", 10)
		require.NoError(t, err)
		require.Equal(t, []string{"tell:9"}, ids(dead))

		more, err = effect.Retell(ctx, db, own, start)
		require.NoError(t, err)
		require.False(t, more)
		require.ErrorIs(t, effect.Tell(ctx, db, far, flywheel.Event{ID: "no name"}), flywheel.ErrInvalid)
	})
}

// inTx is a transactor that nobody knows.
type inTx struct{}

func (inTx) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

func TestTellWithoutEffects(t *testing.T) {
	ctx := t.Context()
	sink := &journal{}
	require.NoError(t, effect.Tell(ctx, nil, sink, event("1", "")))
	require.NoError(t, effect.Tell(ctx, inTx{}, sink, event("2", "")))
	require.NoError(t, effect.Tell(ctx, inTx{}, sink))
	require.NoError(t, effect.Tell(ctx, inTx{}, nil, event("3", "")))
	require.Equal(t, []string{"1", "2"}, sink.told)
	more, err := effect.Retell(ctx, inTx{}, sink, start)
	require.NoError(t, err)
	require.False(t, more)
	more, err = effect.Retell(ctx, nil, sink, start)
	require.NoError(t, err)
	require.False(t, more)
}
