package effect_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	_ "github.com/flywheel-go/flywheel/internal/suite" // with FLYWHEEL_TWICE each transaction is run twice
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var start = time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.UTC)

// tables is what flywheel.Migrate wants of a store.
type tables struct{ *flywheel.SQL }

func (tables) Migrations() []flywheel.Migrations { return []flywheel.Migrations{effect.Migrations} }
func (t tables) Handle() flywheel.Transactor     { return t.SQL }

// each runs fn on the effects of a fresh database of each kind.
func each(t *testing.T, fn func(t *testing.T, db flywheel.Transactor, s effect.Store)) {
	on := func(t *testing.T, db flywheel.Transactor) {
		s, err := effect.On(db)
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

func sample(id, contact string, minute int) effect.Effect {
	at := start.Add(time.Duration(minute) * time.Minute)
	return effect.Effect{
		ID: id, Kind: "message", Contact: contact, Topic: "welcome", Provider: "email", Purpose: "marketing", Ref: "run of " + contact,
		Seq: int64(minute), Position: 7, Plan: at, Due: at, NotAfter: at.Add(time.Hour), Body: []byte(`{"step":"hello"}`),
	}
}

func ids(effects []*effect.Effect) []string {
	list := []string{}
	for _, e := range effects {
		list = append(list, e.ID)
	}
	return list
}

func at(minute int) effect.Query {
	return effect.Query{Kind: "message", Now: start.Add(time.Duration(minute) * time.Minute)}
}

func TestStore(t *testing.T) {
	each(t, func(t *testing.T, db flywheel.Transactor, s effect.Store) {
		ctx := t.Context()
		claim := func(q effect.Query) (claimed []*effect.Effect) {
			t.Helper()
			require.NoError(t, db.InTx(ctx, func(ctx context.Context) (err error) {
				claimed, err = s.Claim(ctx, q)
				return err
			}))
			return claimed
		}
		add := func(effects ...effect.Effect) (known []string) {
			t.Helper()
			known, err := s.Add(ctx, effects...)
			require.NoError(t, err)
			return known
		}
		require.Empty(t, add())
		require.Empty(t, add(sample("a2", "ann", 2), sample("b1", "bob", 1), sample("a1", "ann", 0), sample("a9", "ann", 9)))

		// What is known stays as it is.
		other := sample("a1", "zoe", 5)
		require.Equal(t, []string{"a1"}, add(other, sample("z", "zoe", 100)))
		require.NoError(t, s.Remove(ctx, "z"))
		got, err := s.Get(ctx, "a1", "nobody")
		require.NoError(t, err)
		require.Len(t, got, 1)
		want := sample("a1", "ann", 0)
		assert.JSONEq(t, string(want.Body), string(got[0].Body))
		assert.Equal(t, []any{want.Contact, want.Plan, want.Due, want.NotAfter, want.Position, want.Ref, want.Purpose},
			[]any{got[0].Contact, got[0].Plan, got[0].Due, got[0].NotAfter, got[0].Position, got[0].Ref, got[0].Purpose})

		// A contact comes with all that is due, in order.
		require.Empty(t, claim(at(-1)))
		require.Equal(t, []string{"a1"}, ids(claim(at(0))))
		require.Equal(t, []string{"a1", "a2", "b1"}, ids(claim(at(2))))
		q := at(2)
		q.Limit = 1
		require.Equal(t, []string{"a1", "a2"}, ids(claim(q)))
		q = at(2)
		q.Held = func(contact string) bool { return contact == "ann" }
		q.Limit = 1
		require.Equal(t, []string{"b1"}, ids(claim(q)), "behind those who stand still")
		q = at(2)
		q.Paused = []string{"other", "welcome"}
		require.Empty(t, claim(q))
		q = at(2)
		q.Provider = "sms"
		require.Empty(t, claim(q))
		q = at(2)
		q.Kind = "webhook"
		require.Empty(t, claim(q))

		// A lease keeps the contact for one worker; when it is over another may try.
		claimed := claim(at(0))
		claimed[0].Lease(start.Add(5 * time.Minute))
		lost, err := s.Save(ctx, claimed...)
		require.NoError(t, err)
		require.Empty(t, lost)
		require.Equal(t, []string{"b1"}, ids(claim(at(4))), "ann is with another worker")
		later := claim(at(5))
		require.Equal(t, []string{"b1", "a1", "a2"}, ids(later), "b1 is due before the lease was over")
		later[1].Lease(start.Add(10 * time.Minute))
		lost, err = s.Save(ctx, later[1])
		require.NoError(t, err)
		require.Empty(t, lost)
		claimed[0].Settle(effect.Done, "", start)
		lost, err = s.Save(ctx, claimed[0])
		require.NoError(t, err)
		require.Equal(t, []string{"a1"}, lost, "the slow worker has lost its lease")
		later[1].Retry(start.Add(6 * time.Minute))
		later[1].Failures++
		lost, err = s.Save(ctx, later[1])
		require.NoError(t, err)
		require.Empty(t, lost)
		require.Equal(t, []string{"b1", "a2"}, ids(claim(at(5))))
		again := claim(at(6))
		require.Equal(t, []string{"b1", "a1", "a2"}[0], again[0].ID)
		require.Len(t, again, 3)
		for _, e := range again {
			if e.ID == "a1" {
				require.Equal(t, []int{2, 1}, []int{e.Attempts, e.Failures})
				e.Settle(effect.Dead, "no such mailbox", start.Add(6*time.Minute))
			} else {
				e.Settle(effect.Done, "", start.Add(6*time.Minute))
			}
		}
		lost, err = s.Save(ctx, again...)
		require.NoError(t, err)
		require.Empty(t, lost)
		require.Empty(t, claim(at(8)))
		require.Equal(t, []string{"a9"}, ids(claim(at(9))))

		dead, err := s.Dead(ctx, "message", "", 10)
		require.NoError(t, err)
		require.Equal(t, []string{"a1"}, ids(dead))
		require.Equal(t, "no such mailbox", dead[0].Reason)
		dead, err = s.Dead(ctx, "message", "a1", 10)
		require.NoError(t, err)
		require.Empty(t, dead)

		// What a run has not sent goes with it.
		require.NoError(t, s.Drop(ctx, start.Add(7*time.Minute), "run of ann", "run of nobody"))
		require.Empty(t, claim(at(60)))
		all, err := s.Of(ctx, "message", "ann", "bob")
		require.NoError(t, err)
		require.Equal(t, []string{"a1", "a2", "a9", "b1"}, ids(all))
		states := []effect.State{}
		for _, e := range all {
			states = append(states, e.State)
		}
		require.Equal(t, []effect.State{effect.Dead, effect.Done, effect.Dropped, effect.Done}, states)
		require.Equal(t, start.Add(7*time.Minute), all[2].Settled)

		require.NoError(t, s.Remove(ctx, "b1", "nothing"))
		require.NoError(t, s.Forget(ctx, "ann", "nobody"))
		all, err = s.Of(ctx, "message", "ann", "bob")
		require.NoError(t, err)
		require.Empty(t, all)
	})
}

// What a transaction that fails did to effects is gone with it.
func TestRollback(t *testing.T) {
	each(t, func(t *testing.T, db flywheel.Transactor, s effect.Store) {
		ctx := t.Context()
		_, err := s.Add(ctx, sample("a", "ann", 0), sample("b", "bob", 0), sample("c", "cid", 0), sample("d", "dan", 0))
		require.NoError(t, err)
		broken := errors.New("broken")
		err = db.InTx(ctx, func(ctx context.Context) error {
			claimed, err := s.Claim(ctx, at(0))
			require.NoError(t, err)
			require.Len(t, claimed, 4)
			claimed[0].Lease(start.Add(time.Hour))
			_, err = s.Save(ctx, claimed[0])
			require.NoError(t, err)
			_, err = s.Add(ctx, sample("e", "eve", 0))
			require.NoError(t, err)
			require.NoError(t, s.Drop(ctx, start, "run of bob"))
			require.NoError(t, s.Remove(ctx, "c"))
			require.NoError(t, s.Forget(ctx, "dan"))
			return broken
		})
		require.ErrorIs(t, err, broken)
		require.NoError(t, db.InTx(ctx, func(ctx context.Context) error {
			claimed, err := s.Claim(ctx, at(0))
			require.Equal(t, []string{"a", "b", "c", "d"}, ids(claimed))
			return err
		}))
	})
}

// Workers that claim, act and settle at once do everything once.
func TestWorkersShare(t *testing.T) {
	each(t, func(t *testing.T, db flywheel.Transactor, s effect.Store) {
		ctx := t.Context()
		const contacts, each = 20, 3
		for c := range contacts {
			for i := range each {
				_, err := s.Add(ctx, sample(fmt.Sprintf("%02d-%d", c, i), fmt.Sprint("contact ", c), i))
				require.NoError(t, err)
			}
		}
		var mu sync.Mutex
		done := map[string]int{}
		busy := map[string]bool{}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					var claimed []*effect.Effect
					err := db.InTx(ctx, func(ctx context.Context) (err error) {
						q := at(10)
						q.Limit = 3
						if claimed, err = s.Claim(ctx, q); err != nil {
							return err
						}
						for _, e := range claimed {
							e.Lease(start.Add(time.Hour))
						}
						_, err = s.Save(ctx, claimed...)
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					mine := map[string]bool{}
					for _, e := range claimed {
						done[e.ID]++
						if busy[e.Contact] && !mine[e.Contact] {
							t.Errorf("%s is with two workers", e.Contact)
						}
						mine[e.Contact], busy[e.Contact] = true, true
						e.Settle(effect.Done, "", start)
					}
					finished := len(done) == contacts*each
					mu.Unlock()
					// No longer busy before it is settled: whoever claims it now sees the lease.
					mu.Lock()
					for contact := range mine {
						delete(busy, contact)
					}
					mu.Unlock()
					lost, err := s.Save(ctx, claimed...)
					if err != nil || len(lost) > 0 {
						t.Error(err, lost)
						return
					}
					if finished {
						return
					}
				}
			})
		}
		wg.Wait()
		require.Len(t, done, contacts*each)
		for id, times := range done {
			require.Equal(t, 1, times, id)
		}
	})
}

func TestOnUnknownHandle(t *testing.T) {
	_, err := effect.On(nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestBackoff(t *testing.T) {
	b := effect.Backoff{Delays: []time.Duration{time.Minute, time.Hour}}
	for failures, want := range map[int]time.Duration{1: time.Minute, 2: time.Hour} {
		wait, alive := b.After("m", failures)
		require.True(t, alive)
		require.Equal(t, want, wait)
	}
	for _, failures := range []int{0, 3, -1} {
		_, alive := b.After("m", failures)
		require.False(t, alive, failures)
	}
	b.Jitter = 0.5
	different := map[time.Duration]bool{}
	for i := range 50 {
		wait, _ := b.After(fmt.Sprint(i), 1)
		again, _ := b.After(fmt.Sprint(i), 1)
		require.Equal(t, wait, again)
		require.GreaterOrEqual(t, wait, time.Minute)
		require.Less(t, wait, 90*time.Second)
		different[wait] = true
	}
	require.Greater(t, len(different), 40)
}

func TestCalls(t *testing.T) {
	ctx := t.Context()
	var c effect.Calls
	require.NoError(t, c.Do(ctx, "email", func(context.Context) error { return nil }))
	broken := errors.New("broken")
	require.ErrorIs(t, c.Do(ctx, "email", func(context.Context) error { return broken }), broken)
	require.ErrorContains(t, c.Do(ctx, "email", func(context.Context) error { panic("a bug") }), "a bug")

	slow := effect.Calls{Limit: 5 * time.Millisecond, InFlight: 1}
	require.ErrorIs(t, slow.Do(ctx, "email", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }), effect.ErrSlow)
	deaf := make(chan struct{})
	defer close(deaf)
	require.ErrorIs(t, slow.Do(ctx, "email", func(context.Context) error { <-deaf; return nil }), effect.ErrSlow)

	// One provider's calls wait for one another, not for those of another provider.
	patient := effect.Calls{InFlight: 1}
	under, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		assert.NoError(t, patient.Do(ctx, "email", func(context.Context) error { close(under); <-release; return nil }))
	})
	<-under
	require.NoError(t, patient.Do(ctx, "sms", func(context.Context) error { return nil }))
	over, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, patient.Do(over, "email", func(context.Context) error { return nil }), context.Canceled)
	close(release)
	wg.Wait()

	for _, err := range []error{flywheel.ErrInvalid, flywheel.ErrNotFound, flywheel.ErrForbidden, flywheel.ErrKeyReused} {
		require.True(t, effect.Final(fmt.Errorf("no: %w", err)))
	}
	require.False(t, effect.Final(broken))
	require.False(t, effect.Final(flywheel.ErrConflict))
}

// When the answer to COMMIT is lost, the store finds out whether what the
// transaction did took effect, also when it changed the same effect twice.
func TestLostCommit(t *testing.T) {
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	ctx := t.Context()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	require.NoError(t, flywheel.Migrate(ctx, db, tables{db}))
	s, err := effect.On(db)
	require.NoError(t, err)
	change := func(contact string) error {
		return db.InTx(ctx, func(ctx context.Context) error {
			if _, err := s.Add(ctx, sample(contact+"1", contact, 0), sample(contact+"2", contact, 0), sample(contact+"3", contact, 0)); err != nil {
				return err
			}
			claimed, err := s.Claim(ctx, at(0))
			if err != nil {
				return err
			}
			for _, e := range claimed {
				e.Lease(start.Add(time.Hour))
			}
			if _, err := s.Save(ctx, claimed...); err != nil {
				return err
			}
			if err := s.Drop(ctx, start, "run of "+contact); err != nil {
				return err
			}
			return s.Remove(ctx, contact+"3")
		})
	}
	after.Store(true)
	require.NoError(t, change("ann"))
	require.NoError(t, s.Forget(ctx, "nobody"))
	after.Store(false)
	before.Store(true)
	require.Error(t, change("bob"))
	require.Error(t, s.Forget(ctx, "ann"))
	before.Store(false)
	all, err := s.Of(ctx, "message", "ann", "bob")
	require.NoError(t, err)
	require.Equal(t, []string{"ann1", "ann2"}, ids(all))
}
