package inventorysql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
)

// watched is the SQLite driver with its statements counted and, when lost is
// set, the answers to COMMIT lost after the effect.
type watched struct {
	driver.Driver
	statements atomic.Int64
	lost       atomic.Bool
}

type watchedConn struct {
	driver.Conn
	d *watched
}

type watchedTx struct {
	driver.Tx
	d *watched
}

var errLost = errors.New("the answer was lost")

func (d *watched) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	return &watchedConn{c, d}, err
}

func (c *watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.d.statements.Add(1)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.d.statements.Add(1)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *watchedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.d.statements.Add(1)
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return &watchedTx{tx, c.d}, err
}

func (tx *watchedTx) Commit() error {
	tx.d.statements.Add(1)
	err := tx.Tx.Commit()
	if err == nil && tx.d.lost.Load() {
		return errLost
	}
	return err
}

var watch = &watched{}

func init() {
	db, err := sql.Open("sqlite", "")
	if err != nil {
		panic(err)
	}
	watch.Driver = db.Driver()
	sql.Register("watched-sqlite", watch)
}

func openWatched(t *testing.T) *inventorysql.Store {
	db, err := sql.Open("watched-sqlite", sqldbtest.SQLiteDSN(filepath.Join(t.TempDir(), "test.db")))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return migrated(t, db, inventorysql.SQLite)
}

// An order of many lines costs as many round-trips as one of a single line.
func TestRoundTrips(t *testing.T) {
	ctx := t.Context()
	svc, err := inventory.New(openWatched(t), nil)
	require.NoError(t, err)
	count := func(fn func() error) int64 {
		before := watch.statements.Load()
		require.NoError(t, fn())
		return watch.statements.Load() - before
	}
	for _, n := range []int{1, 30} {
		var order []flywheel.Line
		for i := range n {
			order = append(order, flywheel.Line{SKU: flywheel.SKU(fmt.Sprint("sku ", i)), Quantity: 1})
		}
		ref := fmt.Sprint("order of ", n)
		require.NoError(t, svc.Receive(ctx, ref, order))
		require.EqualValues(t, 7, count(func() error { return svc.Reserve(ctx, ref, order) }), "begin, reservation, levels, ledger, levels, ledger, commit")
		require.EqualValues(t, 8, count(func() error { return svc.Commit(ctx, ref) }), "the same and the reservation read before")
		require.EqualValues(t, 6, count(func() error { return svc.Restock(ctx, ref, order) }), "the same without a reservation")
	}
}

// When the answer to COMMIT is lost the store finds out by key that it took
// effect.
func TestLostCommit(t *testing.T) {
	ctx := t.Context()
	store := openWatched(t)
	svc, err := inventory.New(store, nil)
	require.NoError(t, err)
	watch.lost.Store(true)
	defer watch.lost.Store(false)
	lines := []flywheel.Line{{SKU: "a", Quantity: 2}, {SKU: "b", Quantity: 1}}
	require.NoError(t, svc.Receive(ctx, "delivery", lines))
	require.NoError(t, svc.Receive(ctx, "delivery", lines))
	require.NoError(t, svc.Reserve(ctx, "order", lines))
	require.NoError(t, svc.Commit(ctx, "order"))
	saved, err := store.SaveReservation(ctx, inventory.Reservation{Ref: "r", Location: "main", Lines: lines, State: inventory.StateOpen, Attempt: 1})
	require.NoError(t, err)
	require.EqualValues(t, 1, saved.Version)
	saved.State = inventory.StateReleased
	_, err = store.SaveReservation(ctx, saved)
	require.NoError(t, err)
	level, err := svc.Level(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, inventory.Level{SKU: "a", Location: "main", Seq: 3}, level)

	// A transaction of several calls is settled as one.
	require.NoError(t, store.InTx(ctx, func(ctx context.Context) error {
		r, err := store.SaveReservation(ctx, inventory.Reservation{Ref: "s", Location: "main", Lines: lines, State: inventory.StateOpen, Attempt: 1})
		if err != nil {
			return err
		}
		r.State = inventory.StateReleased
		r, err = store.SaveReservation(ctx, r)
		r.State = inventory.StateOpen
		return err
	}))

	// What another process set meanwhile cannot be told from what was set here.
	require.ErrorIs(t, svc.SetBackorder(ctx, "a", 1), flywheel.ErrUnknownOutcome)
}
