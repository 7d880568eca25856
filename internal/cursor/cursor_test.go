package cursor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// tables is what flywheel.Migrate wants of a store.
type tables struct{ *flywheel.SQL }

func (t tables) Handle() flywheel.Transactor     { return t.SQL }
func (tables) Migrations() []flywheel.Migrations { return []flywheel.Migrations{cursor.Migrations} }
func each(t *testing.T, fn func(t *testing.T, db flywheel.Transactor, s cursor.Store)) {
	on := func(t *testing.T, db flywheel.Transactor) {
		s, err := cursor.For(db)
		require.NoError(t, err)
		fn(t, db, s)
	}
	t.Run("memory", func(t *testing.T) { on(t, new(flywheel.Memory)) })
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		db := flywheel.OpenSQL(open(t), d)
		require.NoError(t, flywheel.Migrate(t.Context(), db, tables{db}))
		on(t, db)
	})
}

func TestStore(t *testing.T) {
	each(t, func(t *testing.T, db flywheel.Transactor, s cursor.Store) {
		ctx := t.Context()
		at := func() cursor.Place {
			p, err := s.At(ctx, "c")
			require.NoError(t, err)
			return p
		}
		require.Equal(t, cursor.Place{}, at())
		require.NoError(t, db.InTx(ctx, func(ctx context.Context) error {
			p, mine, err := s.Lock(ctx, "c")
			require.NoError(t, err)
			require.True(t, mine)
			require.Equal(t, cursor.Place{}, p)
			return s.Move(ctx, "c", 0, 5)
		}))
		require.Equal(t, cursor.Place{Position: 5}, at())
		require.ErrorIs(t, s.Move(ctx, "c", 4, 9), flywheel.ErrStale)
		require.NoError(t, s.Move(ctx, "other", 0, 9))
		require.Error(t, db.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, s.Move(ctx, "c", 5, 9))
			require.NoError(t, s.Park(ctx, "c", cursor.Parked{Person: "c:x", Position: 1}))
			return errors.New("roll back")
		}))
		require.Equal(t, cursor.Place{Position: 5}, at())
		within := cursor.Place{Position: 5, Wave: "half"}
		require.NoError(t, s.Pause(ctx, "c", at(), within))
		require.Equal(t, within, at())
		require.ErrorIs(t, s.Pause(ctx, "c", cursor.Place{Position: 5}, within), flywheel.ErrStale, "another worker has begun with the entry")
		further := cursor.Place{Position: 7, Wave: "begun"}
		require.NoError(t, s.Pause(ctx, "c", within, further))
		require.Equal(t, further, at())
		require.NoError(t, s.Move(ctx, "c", 7, 8))
		require.Equal(t, cursor.Place{Position: 8}, at(), "the wave is over")
		require.NoError(t, s.Pause(ctx, "new", cursor.Place{}, further))
		require.NoError(t, s.Pause(ctx, "c", at(), within))

		a := cursor.Parked{Person: "c:a", Position: 4, Cause: "é", Wave: "half", Attempts: 2, Since: noon, Retry: noon.Add(time.Hour)}
		b := cursor.Parked{Position: 2, Cause: "bad", Attempts: 1, Since: noon, Dropped: true}
		require.NoError(t, s.Park(ctx, "c", a))
		require.NoError(t, s.Park(ctx, "c", b))
		a.Attempts++
		require.NoError(t, s.Park(ctx, "c", a))
		list, err := s.Parked(ctx, "c")
		require.NoError(t, err)
		require.Equal(t, []cursor.Parked{b, a}, list)
		require.NoError(t, s.Reset(ctx, "c", 5))
		require.Equal(t, cursor.Place{Until: 5}, at())
		require.NoError(t, s.Release(ctx, "c", 4))
		require.ErrorIs(t, s.Release(ctx, "c", 4), flywheel.ErrNotFound)
		list, err = s.Parked(ctx, "c")
		require.NoError(t, err)
		require.Equal(t, []cursor.Parked{b}, list, "parked rows outlive a rebuild")
	})
}

// TestLockedRow is the ownership: a second worker passes it by without waiting.
func TestLockedRow(t *testing.T) {
	pool := sqldbtest.OpenPostgres(t)
	db := flywheel.OpenSQL(pool, flywheel.Postgres)
	require.NoError(t, flywheel.Migrate(t.Context(), db, tables{db}))
	s, err := cursor.For(db)
	require.NoError(t, err)
	require.NoError(t, s.Move(t.Context(), "c", 0, 1))
	require.NoError(t, db.InTx(t.Context(), func(first context.Context) error {
		_, mine, err := s.Lock(first, "c")
		require.NoError(t, err)
		require.True(t, mine)
		return db.InTx(t.Context(), func(second context.Context) error {
			_, mine, err := s.Lock(second, "c")
			require.NoError(t, err)
			require.False(t, mine)
			return nil
		})
	}))
}

func TestForRefuses(t *testing.T) {
	_, err := cursor.For(nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestStanding(t *testing.T) {
	s := cursor.StandingOf([]cursor.Parked{{Person: "c:a", Position: 4}, {Position: 2, Dropped: true}, {Position: 7}})
	takes := func(person flywheel.Person, at flywheel.Position) bool {
		return s.Takes(&flywheel.Entry{Person: person, Position: at})
	}
	require.Equal(t, []bool{true, false, false, true, false, false, true},
		[]bool{takes("c:a", 3), takes("c:a", 4), takes("c:a", 9), takes("c:b", 9), takes("c:b", 2), takes("", 7), takes("", 8)})
	require.Equal(t, []bool{true, false}, []bool{s.Held("c:a"), s.Held("c:b")})
}

func TestContext(t *testing.T) {
	ctx, e := t.Context(), &flywheel.Entry{Received: noon}
	require.Equal(t, []any{time.Time{}, noon, false, "", false}, []any{cursor.Now(ctx), cursor.At(ctx, e), cursor.Replaying(ctx), cursor.Teller(ctx), cursor.Held(ctx)("c:a")})
	ctx = cursor.With(ctx, cursor.Step{Consumer: "x", Now: noon.Add(time.Hour), Replaying: true, Held: func(flywheel.Person) bool { return true }})
	require.Equal(t, []any{noon.Add(time.Hour), noon.Add(time.Hour), true, "x", true}, []any{cursor.Now(ctx), cursor.At(ctx, e), cursor.Replaying(ctx), cursor.Teller(ctx), cursor.Held(ctx)("c:a")})
}
