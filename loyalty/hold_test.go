package loyalty_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltytest"
)

func earned(t testing.TB, s *loyalty.Service, key string, points int64, expires time.Time) {
	t.Helper()
	_, err := s.Apply(t.Context(), loyalty.Operation{Member: member, Key: key, Kind: loyalty.Earn, Points: points, At: newYear, ExpiresAt: expires})
	require.NoError(t, err)
}

func balance(t testing.TB, s *loyalty.Service) [3]int64 {
	t.Helper()
	b, err := s.Balance(t.Context(), member)
	require.NoError(t, err)
	return [3]int64{b.Available, b.Held, b.Redeemed}
}

func TestHolds(t *testing.T) {
	ctx, sink, now := t.Context(), &recorder{}, newYear
	s, err := loyalty.New(nil, &loyalty.Options{Hold: time.Hour, Sink: sink, Now: func() time.Time { return now }})
	require.NoError(t, err)
	earned(t, s, "old", 30, newYear.Add(90*time.Minute))
	earned(t, s, "new", 100, time.Time{})
	require.NoError(t, s.Hold(ctx, member, "o1", 50))
	require.NoError(t, s.Hold(ctx, member, "o1", 50))
	require.Equal(t, [3]int64{80, 50, 0}, balance(t, s))

	// Held points are nobody else's.
	var short *loyalty.InsufficientError
	require.ErrorAs(t, s.Hold(ctx, member, "o2", 81), &short)
	require.Equal(t, loyalty.InsufficientError{Member: member, Want: 81, Have: 80}, *short)
	_, err = s.Burn(ctx, member, "b", 81)
	require.ErrorIs(t, err, loyalty.ErrInsufficient)
	_, err = s.Burn(ctx, member, "o1", 50)
	require.ErrorIs(t, err, flywheel.ErrKeyReused)
	require.ErrorIs(t, s.Hold(ctx, member, "o1", 51), flywheel.ErrKeyReused)
	require.ErrorIs(t, s.Hold(ctx, member, "old", 5), flywheel.ErrKeyReused)
	require.ErrorIs(t, s.Hold(ctx, member, "o2", 0), flywheel.ErrInvalid)

	// Renewed, it keeps points beyond their own expiry; committed, they are spent.
	now = now.Add(40 * time.Minute)
	require.NoError(t, s.Hold(ctx, member, "o1", 50))
	now = now.Add(59 * time.Minute)
	more, err := s.Advance(ctx, now)
	require.NoError(t, err)
	require.False(t, more)
	require.NoError(t, s.Commit(ctx, member, "o1"))
	require.NoError(t, s.Commit(ctx, member, "o1"))
	require.NoError(t, s.Hold(ctx, member, "o1", 50))
	require.Equal(t, [3]int64{80, 0, 50}, balance(t, s))
	require.ErrorIs(t, s.Release(ctx, member, "o1"), flywheel.ErrConflict)
	require.Contains(t, sink.ids(), "points_burned:member:o1")

	// Returned goods give them back: what has expired meanwhile expires at once.
	_, err = s.Apply(ctx, loyalty.Operation{Member: member, Key: "back", Kind: loyalty.ReverseBurn, Of: "o1", Points: loyalty.All})
	require.NoError(t, err)
	require.Equal(t, [3]int64{100, 0, 0}, balance(t, s))

	// Released and held again; over by itself.
	require.NoError(t, s.Hold(ctx, member, "o2", 60))
	require.NoError(t, s.Release(ctx, member, "o2"))
	require.NoError(t, s.Release(ctx, member, "o2"))
	require.ErrorIs(t, s.Commit(ctx, member, "o2"), flywheel.ErrConflict)
	require.Equal(t, [3]int64{100, 0, 0}, balance(t, s))
	require.NoError(t, s.Hold(ctx, member, "o2", 60))
	now = now.Add(time.Hour)
	require.Equal(t, [3]int64{100, 0, 0}, balance(t, s), "over, though nobody settled it")
	more, err = s.Advance(ctx, now)
	require.NoError(t, err)
	require.True(t, more)
	require.ErrorIs(t, s.Commit(ctx, member, "o2"), flywheel.ErrExpired)
	require.NoError(t, s.Hold(ctx, member, "o2", 60))
	require.NoError(t, s.Commit(ctx, member, "o2"))
	require.ErrorIs(t, s.Commit(ctx, member, "o9"), flywheel.ErrNotFound)
	require.ErrorIs(t, s.Release(ctx, member, "o9"), flywheel.ErrNotFound)
	require.ErrorIs(t, s.Hold(ctx, "", "o9", 1), flywheel.ErrInvalid)
	sum := int64(0)
	for _, points := range loyalty.TrialBalance(collect(t, s.Entries(ctx, member))...) {
		sum += points
	}
	require.Zero(t, sum)
	_, err = loyalty.New(nil, &loyalty.Options{Hold: -1})
	var field *flywheel.FieldError
	require.ErrorAs(t, err, &field)
}

// Holds count against what can be held.
func TestHoldsNeverOverspend(t *testing.T) {
	s := service(t, loyalty.Program{}, nil, nil)
	earned(t, s, "gift", 5_000, time.Time{})
	held := 0
	for _, err := range suite.Parallel(6, func(i int) error { return s.Hold(context.Background(), member, fmt.Sprint("o", i), 1_000) }) {
		if err == nil {
			held++
		} else {
			require.ErrorIs(t, err, loyalty.ErrInsufficient)
		}
	}
	require.Equal(t, 5, held)
	require.Equal(t, [3]int64{0, 5_000, 0}, balance(t, s))
}

// A rebuild keeps open holds; the points are taken when the hold is committed, and
// owed where they are gone.
func TestHoldsSurviveARebuild(t *testing.T) {
	ctx, log := t.Context(), &recorder{}
	s := service(t, loyalty.Program{}, nil, log)
	events := []flywheel.Event{purchase("A", 4_000, newYear), purchase("B", 3_000, newYear)}
	require.NoError(t, consume(s, events...))
	require.NoError(t, s.Hold(ctx, member, "o1", 60))
	require.NoError(t, s.Reset(ctx))
	require.NoError(t, consume(s, events...))
	require.Equal(t, [3]int64{70, 0, 0}, balance(t, s))
	_, err := s.Burn(ctx, member, "mug", 20)
	require.NoError(t, err)
	require.NoError(t, s.Commit(ctx, member, "o1"))
	require.NoError(t, s.Commit(ctx, member, "o1"))
	require.Equal(t, [3]int64{-10, 0, 80}, balance(t, s))
	require.NoError(t, s.Reset(ctx))
	require.NoError(t, consume(s, append(events, log.events...)...))
	require.Equal(t, [3]int64{-10, 0, 80}, balance(t, s), "burns come back from the log")
}

// Whatever call fails, repeating hold, commit and release leads to the same.
func TestHoldsSurviveFailures(t *testing.T) {
	down := errors.New("down")
	for failAt := range 25 {
		calls, failing := 0, failAt
		s := service(t, loyalty.Program{}, loyaltytest.Failing(loyalty.NewMemory(nil), func(string, bool) error {
			if calls++; calls == failing {
				return down
			}
			return nil
		}), nil)
		for _, step := range []func() error{
			func() error {
				_, err := s.Apply(t.Context(), loyalty.Operation{Member: member, Key: "gift", Kind: loyalty.Earn, Points: 100, At: newYear})
				return err
			},
			func() error { return s.Hold(t.Context(), member, "a", 30) },
			func() error { return s.Hold(t.Context(), member, "b", 20) },
			func() error { return s.Commit(t.Context(), member, "a") },
			func() error { return s.Release(t.Context(), member, "b") },
		} {
			if err := step(); err != nil {
				require.ErrorIs(t, err, down)
				require.NoError(t, step())
			}
		}
		failing = -1
		require.Equal(t, [3]int64{70, 0, 30}, balance(t, s), failAt)
	}
}

// Points as an order takes them: held until an instant of the order's, spent, and
// given back in parts.
func TestPointsPay(t *testing.T) {
	ctx, now := t.Context(), newYear
	s, err := loyalty.New(nil, &loyalty.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	_, err = s.Spendable(ctx, member)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	earned(t, s, "e", 500, time.Time{})
	require.NoError(t, s.HoldUntil(ctx, member, "try-1", 300, now.Add(15*time.Minute)))
	spendable := func(want int64) {
		t.Helper()
		got, err := s.Spendable(ctx, member)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	spendable(200)
	now = now.Add(15 * time.Minute)
	spendable(500)
	require.ErrorIs(t, s.Commit(ctx, member, "try-1"), flywheel.ErrExpired)
	require.ErrorIs(t, s.HoldUntil(ctx, member, "try-2", 300, now), flywheel.ErrInvalid)
	require.NoError(t, s.HoldUntil(ctx, member, "try-2", 300, now.Add(time.Minute)))
	require.NoError(t, s.Commit(ctx, member, "try-2"))
	spendable(200)
	require.NoError(t, s.GiveBack(ctx, member, "r1", "try-2", 100))
	require.NoError(t, s.GiveBack(ctx, member, "r1", "try-2", 100))
	require.ErrorIs(t, s.GiveBack(ctx, member, "r2", "try-2", 201), loyalty.ErrExceeds)
	require.NoError(t, s.GiveBack(ctx, member, "r4", "try-2", 200)) // a refusal is remembered under its key
	spendable(500)
	require.ErrorIs(t, s.GiveBack(ctx, member, "r3", "none", 1), flywheel.ErrNotFound)
}
