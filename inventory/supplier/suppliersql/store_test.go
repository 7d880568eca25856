package suppliersql_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/inventory/supplier/suppliersql"
	"github.com/flywheel-go/flywheel/inventory/supplier/suppliertest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		suppliertest.Run(t, func(t *testing.T) supplier.Store { return sqldbtest.Store(t, open(t), d, suppliersql.New) }, suppliertest.Features{Transactions: true})
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// lamps is a supplier of lamps.
func lamps() supplier.Supplier {
	return supplier.Supplier{
		ID: "acme", Currency: money.EUR, Approval: supplier.Approved, Terms: supplier.Terms{Lead: supplier.LeadLaw{Mean: 10, SD: 2}},
		Items: []supplier.Item{{SKU: "lamp", Price: money.MustPrice("4.5", money.EUR)}},
	}
}

// When the answer to COMMIT is lost the store finds out that it took effect, and when
// it was rolled back that it did not; order and stock agree in either case.
func TestLostCommit(t *testing.T) {
	ctx := t.Context()
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store, levels := suppliersql.New(db), inventorysql.New(db)
	require.NoError(t, flywheel.Migrate(ctx, db, store, levels))
	stock, err := inventory.New(levels, nil)
	require.NoError(t, err)
	s, err := supplier.New(store, &supplier.Options{Stock: stock, Now: func() time.Time { return noon }})
	require.NoError(t, err)
	apply := func(id string, kind supplier.Kind, lines ...supplier.DocumentLine) func() error {
		return func() error {
			_, err := s.Apply(ctx, "po", supplier.Document{ID: id, Kind: kind, At: noon, Lines: lines})
			return err
		}
	}
	saved := false
	calls := []func() error{
		func() error {
			sup := lamps()
			if saved { // again: from what was read
				sup.Version = 1
			}
			got, err := s.SaveSupplier(ctx, sup)
			saved = got.Version > 0 && err == nil
			return err
		},
		func() error {
			_, err := s.Draft(ctx, "acme", "po", []supplier.Want{{SKU: "lamp", Quantity: 9}})
			return err
		},
		apply("send", supplier.Send),
		apply("r1", supplier.Receipt, supplier.DocumentLine{Quantity: 4}),
		apply("r2", supplier.Receipt, supplier.DocumentLine{Quantity: 5, Rejected: 1}),
		apply("close", supplier.Close),
	}
	for i, call := range calls {
		type state struct {
			order    supplier.Order
			level    inventory.Level
			incoming int
		}
		look := func() (st state) {
			var err error
			st.order, err = s.Order(ctx, "po")
			if err != nil {
				require.ErrorIs(t, err, supplier.ErrUnknown)
			}
			st.level, err = stock.Level(ctx, "lamp")
			require.NoError(t, err)
			rows, err := stock.Incoming(ctx, []flywheel.SKU{"lamp"})
			require.NoError(t, err)
			st.incoming = len(rows)
			return st
		}
		was := look()
		before.Store(true)
		require.Error(t, call(), "call %d", i)
		before.Store(false)
		require.Equal(t, was, look(), "call %d", i)
		after.Store(true)
		require.NoError(t, call(), "call %d", i)
		after.Store(false)
		require.NoError(t, call(), "call %d again", i)
		now := look()
		require.False(t, now.order.Behind())
		if len(now.order.Lines) > 0 {
			require.Equal(t, now.order.Lines[0].Stocked, now.level.OnHand)
		}
	}
	o, err := s.Order(ctx, "po")
	require.NoError(t, err)
	require.Equal(t, supplier.Closed, o.State)
	require.EqualValues(t, 8, o.Lines[0].Stocked)
}

// An order and its stock change in one transaction where they share the database: a
// receipt that stock refuses leaves the order as it was.
func TestOneTransaction(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		db := flywheel.OpenSQL(open(t), d)
		store, levels := suppliersql.New(db), inventorysql.New(db)
		require.NoError(t, flywheel.Migrate(ctx, db, store, levels))
		stock, err := inventory.New(levels, nil)
		require.NoError(t, err)
		s, err := supplier.New(store, &supplier.Options{Stock: stock, Now: func() time.Time { return noon }})
		require.NoError(t, err)
		_, err = s.SaveSupplier(ctx, lamps())
		require.NoError(t, err)
		_, err = s.Draft(ctx, "acme", "po", []supplier.Want{{SKU: "lamp", Quantity: 5, Place: string(inventory.EveryPlace)}})
		require.NoError(t, err)
		_, err = s.Apply(ctx, "po", supplier.Document{ID: "send", Kind: supplier.Send, At: noon})
		require.ErrorIs(t, err, flywheel.ErrInvalid, "no place for stock")
		o, err := s.Order(ctx, "po")
		require.NoError(t, err)
		require.Equal(t, supplier.Draft, o.State)

		_, err = s.Draft(ctx, "acme", "po-2", []supplier.Want{{SKU: "lamp", Quantity: 40}})
		require.NoError(t, err)
		_, err = s.Apply(ctx, "po-2", supplier.Document{ID: "send", Kind: supplier.Send, At: noon})
		require.NoError(t, err)
		for _, err := range suite.Parallel(8, func(i int) error {
			_, err := s.Apply(ctx, "po-2", supplier.Document{ID: string(rune('a' + i)), Kind: supplier.Receipt, At: noon, Lines: []supplier.DocumentLine{{Quantity: 5}}})
			return err
		}) {
			require.NoError(t, err)
		}
		level, err := stock.Level(ctx, "lamp")
		require.NoError(t, err)
		require.EqualValues(t, 40, level.OnHand)
		rows, err := stock.Incoming(ctx, []flywheel.SKU{"lamp"})
		require.NoError(t, err)
		require.Empty(t, rows)
	})
}
