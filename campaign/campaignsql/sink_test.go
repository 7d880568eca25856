package campaignsql_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// The log is told of each message once, whether it is in the engine's database or in
// another, of the same kind or not, with a provider that fails at first.
func TestLogAsSink(t *testing.T) {
	memory := func(t *testing.T) (campaign.Store, segment.LogStore) {
		db := new(flywheel.Memory)
		return campaign.NewMemory(db), segment.NewMemoryLog(db)
	}
	inSQLite := func(t *testing.T) (campaign.Store, segment.LogStore) {
		db := flywheel.OpenSQL(sqldbtest.OpenSQLite(t), sqldb.SQLite)
		store, log := campaignsql.New(db), segmentsql.New(db)
		require.NoError(t, flywheel.Migrate(t.Context(), db, store, log))
		return store, log
	}
	for name, open := range map[string]func(t *testing.T) (campaign.Store, segment.LogStore){
		"memory": memory,
		"sqlite": inSQLite,
		"memory and another": func(t *testing.T) (campaign.Store, segment.LogStore) {
			store, _ := memory(t)
			_, log := memory(t)
			return store, log
		},
		"memory, log in sqlite": func(t *testing.T) (campaign.Store, segment.LogStore) {
			store, _ := memory(t)
			_, log := inSQLite(t)
			return store, log
		},
		"sqlite, log in memory": func(t *testing.T) (campaign.Store, segment.LogStore) {
			store, _ := inSQLite(t)
			_, log := memory(t)
			return store, log
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			store, logStore := open(t)
			now := start
			clock := func() time.Time { return now }
			log, err := segment.NewLog(logStore, &segment.LogOptions{Now: clock})
			require.NoError(t, err)
			down := true
			e, err := campaign.New(store, &campaign.Options{
				Journeys: []campaign.Journey{campaign.Welcome("email")}, Sink: log, Now: clock, Policy: campaign.Policy{Jitter: -1}, InFlight: 1,
				Sender: campaign.SenderFunc(func(context.Context, campaign.Message) error {
					if down {
						return errors.New("down")
					}
					return nil
				}),
			})
			require.NoError(t, err)
			r, err := segment.NewRunner(log, nil, e)
			require.NoError(t, err)
			const people = 12
			for i := range people {
				require.NoError(t, log.Publish(ctx, flywheel.Event{ID: fmt.Sprint("e", i), Name: flywheel.EventSignUp, Time: now, Customer: flywheel.CustomerID(fmt.Sprint("c", i))}))
			}
			require.NoError(t, r.Drain(ctx))
			down = false
			for range 3 {
				now = now.Add(time.Minute)
				require.NoError(t, r.Drain(ctx))
			}
			told := map[flywheel.CustomerID]int{}
			entries, err := log.Read(ctx, 0, 100)
			require.NoError(t, err)
			for _, x := range entries {
				if x.Event.Name == flywheel.EventMessageSent {
					told[x.Event.Customer]++
					require.Equal(t, start.Add(time.Minute), x.Event.Time)
				}
			}
			require.Len(t, told, people)
			require.Len(t, entries, 2*people)
		})
	}
}
