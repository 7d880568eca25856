package servicesql_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/cart/service/servicesql"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// kindOf is the kind of an error, for stores word theirs differently.
func kindOf(err error) error {
	for _, kind := range []error{service.ErrStale, service.ErrRepeated, flywheel.ErrConflict, flywheel.ErrNotFound, flywheel.ErrInvalid} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return err
}

// Whatever happens to tickets, a service on each SQL store answers as one in memory
// does.
func TestModel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		testkit.Checks(t, 25, 5)
		store := sqldbtest.Store(t, open(t), d, servicesql.New)
		run := 0
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			run++
			now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
			var both [2]*service.Service
			for i, s := range []service.Store{service.NewMemory(nil), store} {
				var err error
				both[i], err = service.New(s, &service.Options{
					SLA: map[service.Priority]service.Target{"high": {First: time.Hour, Resolve: 4 * time.Hour}, "low": {First: 8 * time.Hour, Resolve: 40 * time.Hour}},
					Now: func() time.Time { return now },
				})
				require.NoError(t, err)
			}
			id := func(t *rapid.T) service.ID {
				return service.ID(fmt.Sprint(run, "-", rapid.IntRange(0, 2).Draw(t, "id")))
			}
			note := func(t *rapid.T) service.Note {
				key := rapid.SampledFrom([]string{"", "", "k", "l"}).Draw(t, "key")
				return service.Note{Key: key, Text: "text of " + key}
			}
			priority := func(t *rapid.T) service.Priority {
				return rapid.SampledFrom([]service.Priority{"high", "low", "none"}).Draw(t, "priority")
			}
			customer := flywheel.CustomerID(fmt.Sprint("ann", run))
			do := func(t *rapid.T, call func(s *service.Service) (service.Ticket, error)) {
				want, wantErr := call(both[0])
				got, gotErr := call(both[1])
				require.Equal(t, kindOf(wantErr), kindOf(gotErr), "%v and %v", wantErr, gotErr)
				require.Equal(t, want, got)
			}
			t.Repeat(map[string]func(*rapid.T){
				"open": func(t *rapid.T) {
					r := service.Request{ID: id(t), Customer: customer, Priority: priority(t), Order: fmt.Sprint("o", run), Text: "help"}
					do(t, func(s *service.Service) (service.Ticket, error) { return s.Open(ctx, r) })
				},
				"reply": func(t *rapid.T) {
					id, n, wait := id(t), note(t), rapid.Bool().Draw(t, "wait")
					do(t, func(s *service.Service) (service.Ticket, error) { return s.Reply(ctx, id, n, wait) })
				},
				"write": func(t *rapid.T) {
					id, n := id(t), note(t)
					do(t, func(s *service.Service) (service.Ticket, error) { return s.Wrote(ctx, id, n) })
				},
				"solve": func(t *rapid.T) {
					id, n := id(t), note(t)
					do(t, func(s *service.Service) (service.Ticket, error) { return s.Solve(ctx, id, n) })
				},
				"close": func(t *rapid.T) {
					id, n := id(t), note(t)
					do(t, func(s *service.Service) (service.Ticket, error) { return s.Close(ctx, id, n) })
				},
				"prioritize": func(t *rapid.T) {
					id, n, p := id(t), note(t), priority(t)
					do(t, func(s *service.Service) (service.Ticket, error) { return s.Prioritize(ctx, id, p, n) })
				},
				"time": func(t *rapid.T) {
					now = now.Add(time.Duration(rapid.IntRange(0, 3*3600).Draw(t, "seconds")) * time.Second)
					for _, s := range both {
						_, err := s.Advance(ctx, now)
						require.NoError(t, err)
					}
				},
				"": func(t *rapid.T) {
					f := service.Filter{Order: fmt.Sprint("o", run), Status: rapid.SampledFrom([]service.Status{"", service.Open, service.Solved}).Draw(t, "status")}
					want, err := suite.Collect(both[0].List(ctx, f))
					require.NoError(t, err)
					got, err := suite.Collect(both[1].List(ctx, f))
					require.NoError(t, err)
					require.Equal(t, want, got)
					for i := range want {
						wants, err := suite.Collect(both[0].Entries(ctx, want[i].ID))
						require.NoError(t, err)
						gots, err := suite.Collect(both[1].Entries(ctx, want[i].ID))
						require.NoError(t, err)
						require.Equal(t, wants, gots)
					}
				},
			})
		})
	})
}
