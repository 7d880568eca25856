package campaignsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/campaign/campaigntest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		campaigntest.Run(t, func(t *testing.T) campaign.Store {
			return sqldbtest.Store(t, open(t), d, campaignsql.New)
		}, campaigntest.Features{Transactions: true})
	})
}

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// When the answer to COMMIT is lost the store finds out that it took effect, and
// when it was rolled back that it did not.
func TestLostCommit(t *testing.T) {
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	ctx := t.Context()
	s := sqldbtest.Store(t, pool, flywheel.SQLite, campaignsql.New)
	contact := campaign.Contact{ID: "c:anna", Zone: "Europe/Vienna"}
	after.Store(true)
	require.NoError(t, s.Save(ctx, campaign.Change{Contact: contact}))
	require.NoError(t, s.Record(ctx, campaign.Act{Seq: 1, Kind: campaign.ActPause, Journey: "j"}))
	after.Store(false)
	before.Store(true)
	contact.Version = 1
	require.Error(t, s.Save(ctx, campaign.Change{Contact: contact}))
	require.Error(t, s.Record(ctx, campaign.Act{Seq: 2, Kind: campaign.ActResume, Journey: "j"}))
	before.Store(false)
	states, err := s.Load(ctx, campaign.Ask{Contacts: []flywheel.Person{"c:anna"}})
	require.NoError(t, err)
	require.Equal(t, int64(1), states[0].Contact.Version)
	acts, err := s.Acts(ctx, 0)
	require.NoError(t, err)
	require.Len(t, acts, 1)
}

// After Forget no byte of a person is in any table.
func TestForget(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		pool := open(t)
		down := campaign.SenderFunc(func(context.Context, campaign.Message) error { return errors.New("down") })
		e, err := campaign.New(sqldbtest.Store(t, pool, d, campaignsql.New), &campaign.Options{
			Journeys: []campaign.Journey{campaign.Welcome("email"), campaign.CartRecovery("email")}, Sender: down, Now: func() time.Time { return start },
			Policy: campaign.Policy{Retry: []campaign.Duration{}},
		})
		require.NoError(t, err)
		var entries []flywheel.Entry
		for i, name := range []string{flywheel.EventSignUp, flywheel.EventAddToCart, campaign.EventUnsubscribed} {
			for _, who := range []flywheel.CustomerID{"forgetme", "other"} {
				entries = append(entries, flywheel.Entry{
					Position: flywheel.Position(len(entries) + 1), Received: start.Add(time.Second), Effective: start.Add(time.Second), Person: flywheel.PersonOf(who, ""),
					Event: flywheel.Event{ID: fmt.Sprint(who, i), Name: name, Time: start, Customer: who, Properties: map[string]any{"purpose": "x"}},
				})
			}
		}
		require.NoError(t, e.Consume(ctx, entries))
		_, err = e.Deliver(ctx, start.Add(time.Minute))
		require.NoError(t, err)
		require.NoError(t, e.Cancel(ctx, "welcome", "c:forgetme"))
		require.NotZero(t, mentions(t, pool, "forgetme"))
		others := mentions(t, pool, "other")
		require.NoError(t, e.Forget(ctx, "forgetme"))
		require.Zero(t, mentions(t, pool, "forgetme"))
		require.Equal(t, others, mentions(t, pool, "other"))
	})
}

// mentions counts the rows of all tables in which a text can be read.
func mentions(t *testing.T, pool *sql.DB, text string) (n int) {
	t.Helper()
	for _, table := range []string{"flywheel_campaign_contacts", "flywheel_campaign_runs", "flywheel_campaign_entries", "flywheel_campaign_acts", "flywheel_effects"} {
		rows, err := pool.QueryContext(t.Context(), "SELECT * FROM "+table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(t, rows.Scan(values...))
			var line strings.Builder
			for _, v := range values {
				fmt.Fprintf(&line, "%s|%v|", *v.(*any), *v.(*any))
			}
			if strings.Contains(line.String(), text) {
				n++
			}
		}
		require.NoError(t, rows.Close())
	}
	return n
}
