package loyaltysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/loyalty"
)

// Save implements loyalty.Store.
func (s *Store) Save(ctx context.Context, a loyalty.Account) error {
	if err := flywheel.CheckID(string(a.Member)); err != nil {
		return fmt.Errorf("loyaltysql: member: %w", err)
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		w := &writer{ctx: ctx, tx: tx, a: &a, n: a.Version << 20}
		for _, save := range []func() error{w.lots, w.holds, w.orders, w.receipts, w.activity, w.entries, w.head} {
			if err := save(); err != nil {
				return err
			}
		}
		return nil
	})
}

// writer saves one account.
type writer struct {
	ctx context.Context
	tx  *sqldb.Tx
	a   *loyalty.Account
	n   int64 // of the row added last: those of a save follow its version
}

// dueNext is when something is due next, in the rows that were not loaded too. Its
// arguments are the fall of the tier and the member, twice.
const dueNext = `(SELECT min(due) FROM (SELECT CAST(? AS BIGINT) AS due
	UNION ALL SELECT min(due) FROM flywheel_loyalty_lots WHERE member = ? AND due IS NOT NULL
	UNION ALL SELECT min(due) FROM flywheel_loyalty_holds WHERE member = ? AND due IS NOT NULL) AS dues)`

// head writes the row of the account, last of all, if the stored version is right.
func (w *writer) head() error {
	a, mark, member := w.a, newid.New(), string(w.a.Member)
	args := []any{
		a.Version + 1, mark, sqldb.Micros(a.Settled), a.Sequence, a.Spendable, a.Pending, a.Held, a.Debt, a.Redeemed, a.Expired,
		a.WrittenOff, a.Tier, orNull(a.Fall), orNull(a.Fall), member, member, member,
	}
	query := `INSERT INTO flywheel_loyalty_accounts (version, mark, settled, sequence, spendable, pending, held, debt, redeemed, expired,
		written_off, tier, fall, due, member) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ` + dueNext + `, ?) ON CONFLICT (member) DO NOTHING`
	if a.Version != 0 {
		args = append(args, a.Version)
		query = `UPDATE flywheel_loyalty_accounts SET version = ?, mark = ?, settled = ?, sequence = ?, spendable = ?, pending = ?, held = ?,
			debt = ?, redeemed = ?, expired = ?, written_off = ?, tier = ?, fall = ?, due = ` + dueNext + ` WHERE member = ? AND version = ?`
	}
	res, err := w.tx.ExecContext(w.ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("loyaltysql: account of %s is not at version %d: %w", a.Member, a.Version, flywheel.ErrStale))
	}
	w.tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var version int64
		var kept string
		err := q.QueryRowContext(ctx, `SELECT version, mark FROM flywheel_loyalty_accounts WHERE member = ?`, member).Scan(&version, &kept)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return false, nil
		case err == nil && version > a.Version+1:
			return false, errors.New("loyaltysql: the account was saved again since")
		}
		return kept == mark, err
	})
	return nil
}

// onceOnly lets a row stand that another save of the same version added: head will
// refuse this one.
const onceOnly = ` ON CONFLICT (member, n) DO NOTHING`

// rows writes rows of a table, of the columns member and those given.
func (w *writer) rows(table, columns string, width int, rows [][]any, conflict string) error {
	const most = 100
	for len(rows) > 0 {
		part := rows[:min(most, len(rows))]
		rows = rows[len(part):]
		args := make([]any, 0, len(part)*(width+1))
		for _, row := range part {
			args = append(append(args, string(w.a.Member)), row...)
		}
		if _, err := w.tx.ExecContext(w.ctx, `INSERT INTO flywheel_loyalty_`+table+` (member, `+columns+`) VALUES `+
			sqldb.Values(len(part), width+1)+conflict, args...); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) next() int64 {
	w.n++
	return w.n
}

func (w *writer) lots() error {
	rows := make([][]any, len(w.a.Lots))
	for i, l := range w.a.Lots {
		rows[i] = []any{
			l.ID, l.Sequence, sqldb.Micros(l.Earned), sqldb.Micros(l.Available), expiry(l.Expires), l.Points, l.Left, l.Expired,
			l.Origin, l.Order, orNull(l.Due(w.a.Settled)),
		}
	}
	return w.rows("lots", lotColumns+", due", 11, rows, ` ON CONFLICT (member, id) DO UPDATE SET sequence = excluded.sequence,
		earned = excluded.earned, available = excluded.available, expires = excluded.expires, points = excluded.points,
		remaining = excluded.remaining, expired = excluded.expired, origin = excluded.origin, of_order = excluded.of_order, due = excluded.due`)
}

func (w *writer) holds() error {
	rows := make([][]any, len(w.a.Holds))
	for i, h := range w.a.Holds {
		h.Expires = h.Expires.UTC().Truncate(time.Microsecond)
		var due sql.NullInt64
		if h.State == loyalty.HoldOpen {
			due = orNull(h.Expires)
		}
		rows[i] = []any{h.Key, due, jsonText{h}}
	}
	return w.rows("holds", "key, due, body", 3, rows, ` ON CONFLICT (member, key) DO UPDATE SET due = excluded.due, body = excluded.body`)
}

func (w *writer) orders() error {
	rows := make([][]any, len(w.a.Orders))
	for i, o := range w.a.Orders {
		o.First = micro(o.First)
		rows[i] = []any{o.Ref, jsonText{o}}
	}
	return w.rows("orders", "ref, body", 2, rows, ` ON CONFLICT (member, ref) DO UPDATE SET body = excluded.body`)
}

func (w *writer) receipts() error {
	rows := make([][]any, len(w.a.Receipts))
	for i, r := range w.a.Receipts {
		r.At, r.AvailableAt, r.ExpiresAt = micro(r.At), micro(r.AvailableAt), micro(r.ExpiresAt)
		rows[i] = []any{r.Key, w.next(), jsonText{r}}
	}
	return w.rows("receipts", "key, n, body", 3, rows, ` ON CONFLICT (member, key) DO UPDATE SET body = excluded.body`)
}

func (w *writer) activity() error {
	var rows [][]any
	for _, x := range w.a.Activity {
		if x.N == 0 {
			rows = append(rows, []any{w.next(), sqldb.Micros(x.At), x.Amount, orNull(x.Reverses)})
		}
	}
	return w.rows("activity", "n, at, amount, reverses", 4, rows, onceOnly)
}

func (w *writer) entries() error {
	rows := make([][]any, len(w.a.Entries))
	for i, e := range w.a.Entries {
		rows[i] = []any{w.next(), e.Key, sqldb.Micros(e.At), e.Lot, string(e.From), string(e.To), e.Points}
	}
	return w.rows("entries", "n, key, at, lot, from_book, to_book, points", 7, rows, onceOnly)
}

// micro returns a time as it is kept.
func micro(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Microsecond)
}
