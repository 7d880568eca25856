package checkout_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// cutter cuts the connection at one COMMIT: before it has an effect, when it has had it
// and an error is the answer, or when it has had it and the connection is gone.
type cutter struct {
	at, next atomic.Int64 // at is negative for none
	way      atomic.Int32
	cut      atomic.Bool
}

const (
	cutBefore int32 = iota
	cutAfter
	cutInstead
)

func (c *cutter) hook(op string, done bool) error {
	if op != "COMMIT" {
		return nil
	}
	n, way := c.next.Load(), c.way.Load()
	if done {
		n-- // counted before
	} else {
		c.next.Add(1)
	}
	if n != c.at.Load() || done != (way != cutBefore) {
		return nil
	}
	c.cut.Store(true)
	if way == cutInstead {
		return errors.Join(driver.ErrBadConn, errStopped)
	}
	return fmt.Errorf("the connection was cut: %w", errStopped)
}

const cutLives = 1

// TestCutEveryCommit cuts the connection before, after and instead of the answer of every
// COMMIT of a generated life of a session and its order, goes on with the same requests,
// and finds one order, one capture, and ledgers that agree.
func TestCutEveryCommit(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, _ sqldbtest.Opener, d sqldb.Dialect) {
		c := new(cutter)
		c.at.Store(-1)
		w := newLifeWorldOn(t, flywheel.OpenSQL(sqldbtest.OpenFaulty(t, d, c.hook), d))
		run := func(seed, at int, way int32) int64 {
			l := newLife(w, uint64(seed), fmt.Sprint("l", seed, "-", at, "-", way))
			p := w.open(t, noHook, l)
			l.prepare(t.Context(), t, p)
			c.next.Store(0)
			c.cut.Store(false)
			c.way.Store(way)
			c.at.Store(int64(at))
			var err error
			for range 40 {
				if err = l.live(t.Context(), p); err == nil {
					break
				}
				w.now = w.now.Add(time.Second)
			}
			n := c.next.Load()
			c.at.Store(-1)
			require.Equal(t, at >= 0, c.cut.Load(), "life %d, COMMIT %d, way %d", seed, at, way)
			l.verify(t, p)
			return n
		}
		cuts := 0
		for seed := range cutLives {
			commits := run(seed, -1, 0)
			require.Greater(t, commits, int64(8))
			for at := range int(commits) {
				for way := cutBefore; way <= cutInstead; way++ {
					run(seed, at, way)
					cuts++
				}
				if t.Failed() {
					t.Fatalf("life %d, COMMIT %d", seed, at)
				}
			}
		}
		t.Logf("%d cuts", cuts)
	})
}

// TestDiskFull lets the disk be full in Place, with ever more pages left until it fits: the error says so,
// nothing is taken that no order knows of, and the same key works when there is space.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dsn := flywheel.SQLiteDSN(filepath.Join(t.TempDir(), "test.db"))
	open := func(dsn string) *sql.DB {
		pool, err := sql.Open("sqlite", dsn)
		require.NoError(t, err)
		t.Cleanup(func() { pool.Close() })
		return pool
	}
	roomy := open(dsn)
	w := newLifeWorldOn(t, flywheel.OpenSQL(roomy, flywheel.SQLite))
	full := 0
	for extra := range 200 {
		l := newLife(w, 0, fmt.Sprint("full", extra))
		l.gateway = new(payment.Memory)
		p := w.open(t, noHook, l)
		l.prepare(t.Context(), t, p)
		l.ready(t, p)
		var pages int
		require.NoError(t, roomy.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages))
		tight := open(dsn + fmt.Sprintf("&_pragma=max_page_count(%d)", pages+extra))
		cramped := lifeStores(flywheel.OpenSQL(tight, flywheel.SQLite))
		cramped.now = w.now
		request := checkout.PlaceRequest{Session: checkout.SessionID(l.name("session")), Key: l.name("key"), Order: l.order()}
		_, err := cramped.open(t, noHook, l).sessions.Place(t.Context(), request)
		require.NoError(t, tight.Close())
		if err != nil {
			full++
			require.True(t, strings.Contains(err.Error(), "full"), "%v", err)
			_, err := p.orders.Get(t.Context(), l.order())
			if err != nil {
				require.ErrorIs(t, err, flywheel.ErrNotFound)
			}
		}
		w.now = w.now.Add(checkout.DefaultWorkTime)
		for range 40 {
			if err = l.live(t.Context(), p); err == nil {
				break
			}
			w.now = w.now.Add(time.Second)
		}
		require.NoError(t, err)
		l.verify(t, p)
		if full > 0 && extra > full+3 {
			break
		}
	}
	require.Positive(t, full)
	t.Logf("%d times full", full)
}

// ready takes the session of a life to where it can be placed.
func (l *life) ready(t testing.TB, p *process) {
	ctx, id, of := t.Context(), checkout.SessionID(l.name("session")), cart.ID(l.name("cart"))
	_, err := p.carts.Create(ctx, cart.Cart{ID: of, Customer: l.customer(), Currency: money.EUR, Lines: l.lines})
	require.NoError(t, err)
	_, err = p.sessions.Open(ctx, of, id)
	require.NoError(t, err)
	_, err = p.sessions.SetBuyer(ctx, id, checkout.Buyer{Email: "x@example.com"})
	require.NoError(t, err)
	_, err = p.sessions.SetAddress(ctx, id, order.Address{Country: "DE", Postcode: "10115"}, nil)
	require.NoError(t, err)
	_, err = p.sessions.Choose(ctx, id, "standard")
	require.NoError(t, err)
	v, err := p.sessions.SetTenders(ctx, id, l.tenders...)
	require.NoError(t, err)
	require.Equal(t, checkout.Ready, v.Status)
}
