package couponsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// forgetful is the SQLite driver; when lost is set the answers to COMMIT are lost
// after the effect.
type forgetful struct {
	driver.Driver
	lost atomic.Bool
}

type forgetfulConn struct {
	driver.Conn
	d *forgetful
}

type forgetfulTx struct {
	driver.Tx
	d *forgetful
}

var errLost = errors.New("the answer was lost")

func (d *forgetful) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	return &forgetfulConn{c, d}, err
}

func (c *forgetfulConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *forgetfulConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *forgetfulConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return &forgetfulTx{tx, c.d}, err
}

func (tx *forgetfulTx) Commit() error {
	err := tx.Tx.Commit()
	if err == nil && tx.d.lost.Load() {
		return errLost
	}
	return err
}

var forgets = &forgetful{}

func init() {
	db, err := sql.Open("sqlite", "")
	if err != nil {
		panic(err)
	}
	forgets.Driver = db.Driver()
	sql.Register("forgetful-sqlite", forgets)
}

// When the answer to COMMIT is lost the store finds out by key that it took
// effect.
func TestLostCommit(t *testing.T) {
	ctx := t.Context()
	db, err := sql.Open("forgetful-sqlite", flywheel.SQLiteDSN(filepath.Join(t.TempDir(), "test.db")))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	store := migrated(t, db, flywheel.SQLite)
	svc, err := coupon.New(store, nil)
	require.NoError(t, err)
	forgets.lost.Store(true)
	defer forgets.lost.Store(false)
	c, err := svc.SaveCampaign(ctx, coupon.Campaign{ID: "c", Limit: 1})
	require.NoError(t, err)
	c.PerCode = 1
	_, err = svc.SaveCampaign(ctx, c)
	require.NoError(t, err)
	require.NoError(t, svc.Add(ctx, coupon.Code{Code: "X", Campaign: "c"}))
	for range 2 {
		_, err = svc.Redeem(ctx, "order", coupon.Request{Code: "X", Customer: "ann"})
		require.NoError(t, err)
	}
	for range 2 {
		r, err := store.Cancel(ctx, "order", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		require.Equal(t, 2026, r.Canceled.Year())
	}
	used, err := svc.Used(ctx, "c")
	require.NoError(t, err)
	require.Zero(t, used)
}
