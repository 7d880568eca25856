package loyalty_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
)

// twice runs each transaction, rolls it back and runs it again, as a database does
// after a serialization failure.
type twice struct{ *loyalty.MemoryStore }

type begunKey struct{}

var errAgain = errors.New("run again")

func (s twice) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if ctx.Value(begunKey{}) != nil {
		return fn(ctx)
	}
	inner := func(ctx context.Context) error { return fn(context.WithValue(ctx, begunKey{}, true)) }
	err := s.MemoryStore.InTx(ctx, func(ctx context.Context) error { return errors.Join(inner(ctx), errAgain) })
	if !errors.Is(err, errAgain) {
		return errors.New("the transaction did not fail")
	}
	return s.MemoryStore.InTx(ctx, inner)
}

// A transaction that is run again leaves what one that ran once does, in the store,
// in the memory of the service and at the sink.
func TestTransactionsRunTwice(t *testing.T) {
	do := func(tx func(m *loyalty.MemoryStore) flywheel.Transactor) (string, []string) {
		ctx, now := t.Context(), newYear
		m, sink := loyalty.NewMemory(nil), &recorder{}
		s, err := loyalty.New(m, &loyalty.Options{Programs: []loyalty.Program{tiered}, Tx: tx(m), Sink: sink, Now: func() time.Time { return now }})
		require.NoError(t, err)
		require.NoError(t, consume(s, story...))
		now = newYear.AddDate(0, 6, 0)
		require.NoError(t, s.SetPrograms(ctx, tiered, loyalty.Program{From: now}))
		require.NoError(t, s.Hold(ctx, member, "h", 5))
		require.NoError(t, s.Commit(ctx, member, "h"))
		_, err = s.Burn(ctx, member, "b", 3)
		require.NoError(t, err)
		for more := true; more; {
			more, err = s.Advance(ctx, now.AddDate(2, 0, 0))
			require.NoError(t, err)
		}
		programs, err := s.Programs(ctx)
		require.NoError(t, err)
		require.Len(t, programs, 2)
		return dump(t, s, now.AddDate(2, 0, 0)), sink.ids()
	}
	once, told := do(func(*loyalty.MemoryStore) flywheel.Transactor { return nil })
	again, toldAgain := do(func(m *loyalty.MemoryStore) flywheel.Transactor { return twice{m} })
	require.Equal(t, once, again)
	require.Equal(t, told, toldAgain)
}

// shelf is a log in a database: an event with the ID of another is that event, or
// refused if its body is another.
type shelf struct {
	db     *flywheel.Memory
	events map[string]flywheel.Event
}

func (l *shelf) Handle() flywheel.Transactor { return l.db }

func (l *shelf) Publish(ctx context.Context, events ...flywheel.Event) error {
	return l.db.Update(ctx, func(undo func(func())) error {
		for _, e := range events {
			if there, ok := l.events[e.ID]; ok {
				if !reflect.DeepEqual(there, e) {
					return flywheel.ErrKeyReused
				}
				continue
			}
			undo(func() { delete(l.events, e.ID) })
			l.events[e.ID] = e
		}
		return nil
	})
}

// The log as the sink: in the database of the points and in another, with and
// without a Transactor given, each change is in it once.
func TestLogAsSink(t *testing.T) {
	shared := new(flywheel.Memory)
	for name, c := range map[string]struct {
		points, log *flywheel.Memory
		tx          flywheel.Transactor
	}{
		"one database":           {shared, shared, nil},
		"one database, named":    {shared, shared, shared},
		"two databases":          {new(flywheel.Memory), new(flywheel.Memory), nil},
		"two, the points' named": {shared, new(flywheel.Memory), shared},
	} {
		log := &shelf{c.log, map[string]flywheel.Event{}}
		s, err := loyalty.New(loyalty.NewMemory(c.points), &loyalty.Options{Programs: []loyalty.Program{tiered}, Sink: log, Tx: c.tx})
		require.NoError(t, err)
		for range 2 { // a repeated call answers, and reports the same again
			_, err = s.Apply(t.Context(), loyalty.Operation{Member: member, Key: "gift", Kind: loyalty.Earn, Points: 10, At: newYear})
			require.NoError(t, err, name)
		}
		require.NoError(t, consume(s, story...), name)
		require.Len(t, log.events, 10, name)
	}
}
