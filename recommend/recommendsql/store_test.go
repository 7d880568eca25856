package recommendsql_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/recommendsql"
	"github.com/flywheel-go/flywheel/recommend/recommendtest"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		recommendtest.Run(t, func(t *testing.T) recommend.Store { return sqldbtest.Store(t, open(t), d, recommendsql.New) }, recommendtest.Features{Transactions: true})
	})
}

func TestSnapshots(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		recommendtest.RunSnapshots(t, func(t *testing.T) recommend.SnapshotStore {
			return sqldbtest.Store(t, open(t), d, recommendsql.NewSnapshots)
		}, recommendtest.Features{Transactions: true})
		s := sqldbtest.Store(t, open(t), d, recommendsql.NewSnapshots)
		require.ErrorIs(t, s.Save(t.Context(), "home", 1<<63, nil), flywheel.ErrOutOfRange)
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func view(id string, who flywheel.CustomerID, sku flywheel.SKU) recommend.Interaction {
	return recommend.Interaction{ID: id, Kind: recommend.View, At: noon, Actor: recommend.Actor{Customer: who}, Items: []flywheel.SKU{sku}}
}

// When the answer to COMMIT is lost the stores find out that it took effect, and when
// it was rolled back that it did not.
func TestLostCommit(t *testing.T) {
	ctx := t.Context()
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	facts := sqldbtest.Store(t, pool, flywheel.SQLite, recommendsql.New)
	models := recommendsql.NewSnapshots(flywheel.OpenSQL(pool, flywheel.SQLite))
	calls := []func() error{
		func() error { return facts.Append(ctx, view("1", "ann", "TEA"), view("2", "bob", "TEA")) },
		func() error { return facts.Append(ctx, view("2", "bob", "TEA"), view("3", "ann", "MILK")) },
		func() error { return models.Save(ctx, "home", 1, []byte("one")) },
		func() error { return models.Save(ctx, "home", 2, []byte("two")) },
		func() error { return models.Prune(ctx, "home", 1) },
		func() error { return facts.Forget(ctx, recommend.Actor{Customer: "ann"}) },
		func() error { return models.Prune(ctx, "home", 0) },
		func() error { return facts.Clear(ctx) },
	}
	for i, call := range calls {
		look := func() string {
			list, err := suite.Collect(facts.All(ctx))
			require.NoError(t, err)
			version, data, err := models.Newest(ctx, "home")
			if !errors.Is(err, flywheel.ErrNotFound) {
				require.NoError(t, err)
			}
			return fmt.Sprint(list, version, string(data))
		}
		was := look()
		before.Store(true)
		require.Error(t, call(), "call %d", i)
		before.Store(false)
		require.Equal(t, was, look(), "call %d", i)
		after.Store(true)
		require.NoError(t, call(), "call %d", i)
		after.Store(false)
		now := look()
		require.NoError(t, call(), "call %d again", i)
		require.Equal(t, now, look(), "call %d again", i)
	}
}

// Whatever is recorded, forgotten and cleared, each SQL store answers as the one in
// memory does.
func TestModel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		testkit.Checks(t, 25, 4)
		store := sqldbtest.Store(t, open(t), d, recommendsql.New)
		run := 0
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			run++
			require.NoError(t, store.Clear(ctx)) // what runs before forgot has other IDs
			memory := recommend.NewMemory(nil)
			actor := rapid.Custom(func(t *rapid.T) recommend.Actor {
				who := fmt.Sprint(run, rapid.SampledFrom([]string{"a", "A", "b"}).Draw(t, "who"))
				switch rapid.IntRange(0, 4).Draw(t, "actor") {
				case 0:
					return recommend.Actor{}
				case 1:
					return recommend.Actor{Visitor: flywheel.VisitorID(who)}
				}
				return recommend.Actor{Customer: flywheel.CustomerID(who), Visitor: "ignored"}
			})
			fact := rapid.Custom(func(t *rapid.T) recommend.Interaction {
				in := recommend.Interaction{
					ID: fmt.Sprint(run, " ", rapid.IntRange(0, 12).Draw(t, "id")), Kind: recommend.Kind(rapid.IntRange(0, 7).Draw(t, "kind")),
					At: noon.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "at"))), Actor: actor.Draw(t, "actor"), Device: "device",
				}
				for range rapid.IntRange(1, 3).Draw(t, "items") {
					in.Items = append(in.Items, rapid.SampledFrom([]flywheel.SKU{"x", "X", "é", "'"}).Draw(t, "sku"))
					in.Details = append(in.Details, recommend.Detail{
						Quantity: rapid.Int64Range(0, 2).Draw(t, "quantity"), Slot: rapid.IntRange(0, 2).Draw(t, "slot"),
						Propensity: rapid.SampledFrom([]float64{0, 1. / 3, 1}).Draw(t, "propensity"),
						Value:      money.New(rapid.Int64Range(-3, 3).Draw(t, "value"), money.EUR),
					})
				}
				if rapid.Bool().Draw(t, "bare") {
					in.Details = nil
				}
				return in
			})
			t.Repeat(map[string]func(*rapid.T){
				"append": func(t *rapid.T) {
					list := rapid.SliceOfN(fact, 1, 4).Draw(t, "facts")
					want, got := memory.Append(ctx, list...), store.Append(ctx, list...)
					// Of two faults in one call either is named.
					for _, err := range []error{want, got} {
						require.True(t, err == nil || errors.Is(err, recommend.ErrOtherBody) || errors.Is(err, flywheel.ErrInvalid), "%v", err)
					}
					require.Equal(t, want == nil, got == nil, "%v and %v", want, got)
				},
				"forget": func(t *rapid.T) {
					if who := actor.Draw(t, "who"); rapid.IntRange(0, 3).Draw(t, "rarely") == 0 {
						require.NoError(t, memory.Forget(ctx, who))
						require.NoError(t, store.Forget(ctx, who))
					}
				},
				"clear": func(t *rapid.T) {
					if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
						require.NoError(t, memory.Clear(ctx))
						require.NoError(t, store.Clear(ctx))
					}
				},
				"": func(t *rapid.T) {
					who := actor.Draw(t, "of")
					for _, of := range []func(s recommend.Store) ([]recommend.Interaction, error){
						func(s recommend.Store) ([]recommend.Interaction, error) { return suite.Collect(s.All(ctx)) },
						func(s recommend.Store) ([]recommend.Interaction, error) { return suite.Collect(s.Of(ctx, who)) },
					} {
						want, err := of(memory)
						require.NoError(t, err)
						got, err := of(store)
						require.NoError(t, err)
						require.Equal(t, len(want), len(got))
						for i := range want {
							require.True(t, want[i].Equal(got[i]), "%+v and %+v", want[i], got[i])
						}
					}
				},
			})
		})
	})
}

// process is one of several over the same database.
type process struct {
	facts   *recommend.Service
	runner  *segment.Runner
	log     *segment.Log
	server  *recommend.Server
	trainer *recommend.Trainer
}

func newProcess(t *testing.T, db *flywheel.SQL, clock func() time.Time) *process {
	p := &process{server: recommend.NewServer(nil, nil)}
	var err error
	p.facts, err = recommend.New(recommendsql.New(db), nil)
	require.NoError(t, err)
	p.log, err = segment.NewLog(segmentsql.New(db), &segment.LogOptions{Now: clock})
	require.NoError(t, err)
	p.runner, err = segment.NewRunner(p.log, &segment.RunnerOptions{Now: clock}, p.facts)
	require.NoError(t, err)
	p.trainer, err = recommend.NewTrainer(p.facts, recommendsql.NewSnapshots(db), p.server, &recommend.TrainerOptions{Learner: recommend.ItemKNN{}, Key: []byte("key")})
	require.NoError(t, err)
	return p
}

// Two processes share the log, the facts and the models: one consumes and trains, the
// other loads and answers the same. A rebuild makes the same facts, and who is forgotten
// is in none of them.
func TestTwoProcesses(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		db := flywheel.OpenSQL(open(t), d)
		require.NoError(t, flywheel.Migrate(ctx, db, recommendsql.New(db), segmentsql.New(db)))
		now := noon
		clock := func() time.Time { return now }
		one, two := newProcess(t, db, clock), newProcess(t, db, clock)
		bought := func(n int, who flywheel.CustomerID, skus ...flywheel.SKU) {
			now = now.Add(time.Minute)
			e := flywheel.Event{ID: fmt.Sprint("purchase:", n), Name: flywheel.EventPurchase, Time: now, Customer: who, Visitor: "device-" + flywheel.VisitorID(who)}
			for _, sku := range skus {
				e.Lines = append(e.Lines, flywheel.Line{SKU: sku, Quantity: 1})
			}
			require.NoError(t, two.log.Publish(ctx, e))
		}
		answer := func(p *process) []flywheel.SKU {
			a, err := p.server.Answer(recommend.Query{History: []flywheel.SKU{"TEA"}})
			require.NoError(t, err)
			var skus []flywheel.SKU
			for _, c := range a.Items {
				skus = append(skus, c.SKU)
			}
			return skus
		}
		for i, who := range []flywheel.CustomerID{"ann", "bob", "cyd", "dan"} {
			bought(i, who, "TEA", "MILK")
		}
		bought(4, "eve", "TEA", "BREAD")
		require.NoError(t, two.trainer.Load(ctx, now), "nothing is there yet")
		require.ErrorIs(t, one.trainer.Train(ctx, now), flywheel.ErrNotFound, "nothing was consumed yet")
		require.NoError(t, one.runner.Drain(ctx))
		require.NoError(t, two.runner.Drain(ctx), "the other has done it")
		now = now.Add(time.Minute)
		require.NoError(t, one.trainer.Train(ctx, now))
		require.NoError(t, two.trainer.Load(ctx, now))
		require.EqualValues(t, 1, two.trainer.Version())
		require.Equal(t, []flywheel.SKU{"MILK", "BREAD"}, answer(one))
		require.Equal(t, answer(one), answer(two))

		all := func() []recommend.Interaction {
			list, err := suite.Collect(recommendsql.New(db).All(ctx))
			require.NoError(t, err)
			return list
		}
		was := all()
		require.NoError(t, two.runner.Rebuild(ctx, "recommend.Service"))
		require.Empty(t, all())
		require.NoError(t, one.runner.Drain(ctx))
		require.Equal(t, was, all())

		require.NoError(t, one.runner.Forget(ctx, "eve"))
		require.Equal(t, was[:4], all())
		require.NoError(t, two.runner.Rebuild(ctx, "recommend.Service"))
		require.NoError(t, two.runner.Drain(ctx))
		require.Equal(t, was[:4], all())
		require.NoError(t, one.facts.Publish(ctx, flywheel.Event{
			ID: "purchase:4", Name: flywheel.EventPurchase, Time: noon.Add(5 * time.Minute), Customer: "eve", Lines: []flywheel.Line{{SKU: "TEA", Quantity: 1}},
		}), "told again it is ignored")
		require.Equal(t, was[:4], all())
		require.NoError(t, two.trainer.Train(ctx, now))
		require.NoError(t, one.trainer.Load(ctx, now))
		require.Equal(t, []flywheel.SKU{"MILK"}, answer(one))

		// Both train at once: one version, and both serve it.
		for _, err := range suite.Parallel(2, func(i int) error { return []*process{one, two}[i].trainer.Train(ctx, now) }) {
			require.NoError(t, err)
		}
		require.NoError(t, one.trainer.Load(ctx, now))
		require.NoError(t, two.trainer.Load(ctx, now))
		require.Equal(t, one.trainer.Version(), two.trainer.Version())

		// Somebody who does not know the key cannot put a model there.
		forged, err := recommend.NewTrainer(one.facts, recommendsql.NewSnapshots(db), nil, &recommend.TrainerOptions{Learner: recommend.ItemKNN{}})
		require.NoError(t, err)
		require.NoError(t, forged.Train(ctx, now))
		require.ErrorIs(t, one.trainer.Load(ctx, now), recommend.ErrTampered)
		require.Equal(t, []flywheel.SKU{"MILK"}, answer(one))
	})
}
