package recommendsql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/keyedhash"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/recommend"
)

//go:embed migrations
var migrations embed.FS

// Store is a recommend.Store in a SQL database. It is safe for concurrent use.
type Store struct {
	db     *flywheel.SQL
	insert string
	secret atomic.Pointer[[]byte] // of forgotten facts, once it was read
}

var (
	_ recommend.Store   = (*Store)(nil)
	_ flywheel.SQLStore = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store {
	return &Store{db: db, insert: `INSERT INTO flywheel_recommend_facts (seq, ` + columns + `)
		SELECT x.seq, x.id, x.customer, x.visitor, x.kind, x.at, x.session, x.device, x.policy, x.items, x.details FROM ` +
		sqldb.Recordset(db.Dialect(), "seq bigint", "id text", "customer text", "visitor text", "kind bigint", "at bigint",
			"session text", "device text", "policy text", "items text", "details text")}
}

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "recommend", Files: migrations}}
}

// secretOf returns the secret of forgotten facts, nil while nothing was forgotten. A
// row of this transaction may come to nothing, so that only one read outside is kept.
func (s *Store) secretOf(ctx context.Context, q sqldb.Queryer) ([]byte, error) {
	if kept := s.secret.Load(); kept != nil {
		return *kept, nil
	}
	var secret []byte
	err := q.QueryRowContext(ctx, `SELECT secret FROM flywheel_recommend_secret WHERE id = 1`).Scan(&secret)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if _, own := q.(*sqldb.Tx); err == nil && !own {
		s.secret.Store(&secret)
	}
	return secret, err
}

// errNothing ends a transaction that has nothing to commit, whose outcome cannot be
// unknown then.
var errNothing = errors.New("recommendsql: nothing new")

// Append implements recommend.Store.
func (s *Store) Append(ctx context.Context, interactions ...recommend.Interaction) error {
	facts, ids, err := normal(interactions)
	if err != nil || len(facts) == 0 {
		return errors.Join(err, ctx.Err())
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		// The lock of the counter makes the order, and lets each see the facts before it.
		var last int64
		if err := tx.QueryRowContext(ctx, `UPDATE flywheel_recommend_counter SET last = last + ? WHERE id = 1 RETURNING last`, len(ids)).Scan(&last); err != nil {
			return err
		}
		known, err := s.known(ctx, tx, ids)
		if err != nil {
			return err
		}
		rows := make([]row, 0, len(ids))
		for i := range facts {
			in := &facts[i]
			before, there := known[in.ID]
			switch {
			case there && before == nil: // forgotten
			case there && !before.Equal(*in):
				return fmt.Errorf("%q: %w", in.ID, recommend.ErrOtherBody)
			case !there:
				r, err := rowOf(in, last-int64(len(ids)-len(rows)-1))
				if err != nil {
					return err
				}
				rows = append(rows, r)
				known[in.ID] = in
			}
		}
		if len(rows) == 0 {
			return errNothing
		}
		list, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			return sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_recommend_facts WHERE id = ? AND seq = ?`, rows[0].ID, rows[0].Seq)
		})
		_, err = tx.ExecContext(ctx, s.insert, string(list))
		return err
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// normal returns the facts of a call in normal form, and their distinct IDs.
func normal(interactions []recommend.Interaction) (facts []recommend.Interaction, ids []string, err error) {
	seen := make(map[string]bool, len(interactions))
	facts = make([]recommend.Interaction, len(interactions))
	for i := range interactions {
		if facts[i], err = interactions[i].Normal(); err != nil {
			return nil, nil, err
		}
		if id := facts[i].ID; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return facts, ids, nil
}

// known returns which IDs are there, with their facts; nil for forgotten ones.
func (s *Store) known(ctx context.Context, tx *sqldb.Tx, ids []string) (map[string]*recommend.Interaction, error) {
	known := map[string]*recommend.Interaction{}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	err = sqldb.Each(ctx, tx, `SELECT seq, `+columns+` FROM flywheel_recommend_facts WHERE `+sqldb.In(s.db.Dialect(), "id"), []any{string(list)}, func(r sqldb.Row) error {
		f, err := scan(r)
		known[f.ID] = &f.Interaction
		return err
	})
	if err != nil {
		return nil, err
	}
	secret, err := s.secretOf(ctx, tx)
	if err != nil || secret == nil {
		return known, err
	}
	hashes, of := make([]string, len(ids)), make(map[string]string, len(ids))
	for i, id := range ids {
		hashes[i] = keyedhash.Of(secret, id)
		of[hashes[i]] = id
	}
	if list, err = json.Marshal(hashes); err != nil {
		return nil, err
	}
	return known, sqldb.Each(ctx, tx, `SELECT hash FROM flywheel_recommend_forgotten WHERE `+sqldb.In(s.db.Dialect(), "hash"), []any{string(list)}, func(r sqldb.Row) error {
		var hash string
		err := r.Scan(&hash)
		known[of[hash]] = nil
		return err
	})
}

// All implements recommend.Store.
func (s *Store) All(ctx context.Context) iter.Seq2[recommend.Interaction, error] {
	return s.pages(ctx, `true`)
}

// Of implements recommend.Store.
func (s *Store) Of(ctx context.Context, actor recommend.Actor) iter.Seq2[recommend.Interaction, error] {
	where, who := ofActor(actor)
	if where == "" {
		return func(yield func(recommend.Interaction, error) bool) {
			if err := ctx.Err(); err != nil {
				yield(recommend.Interaction{}, err)
			}
		}
	}
	return s.pages(ctx, where, who)
}

// ofActor is the condition that a fact is an actor's; "" for nobody in particular.
func ofActor(actor recommend.Actor) (where string, who any) {
	switch {
	case actor.Customer != "":
		return `customer = ? AND customer <> ''`, string(actor.Customer)
	case actor.Visitor != "":
		return `visitor = ? AND visitor <> ''`, string(actor.Visitor)
	}
	return "", nil
}

// pages yields the facts that were there when it was begun, by their numbers.
func (s *Store) pages(ctx context.Context, where string, args ...any) iter.Seq2[recommend.Interaction, error] {
	return func(yield func(recommend.Interaction, error) bool) {
		var last int64
		if err := s.db.Read(ctx).QueryRowContext(ctx, `SELECT last FROM flywheel_recommend_counter WHERE id = 1`).Scan(&last); err != nil {
			yield(recommend.Interaction{}, err)
			return
		}
		query := `SELECT seq, ` + columns + ` FROM flywheel_recommend_facts WHERE ` + where + ` AND seq <= ? AND seq > ? ORDER BY seq LIMIT ?`
		arguments := append(args[:len(args):len(args)], last)
		for f, err := range sqldb.Pages(ctx, s.db, query, func(before *fact) []any { return append(arguments[:len(arguments):len(arguments)], before.seq) }, scan) {
			if !yield(f.Interaction, err) {
				return
			}
		}
	}
}

// Forget implements recommend.Store.
func (s *Store) Forget(ctx context.Context, actor recommend.Actor) error {
	where, who := ofActor(actor)
	if where == "" {
		return ctx.Err()
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		// As Append does, so that a fact that is being appended is forgotten or not seen.
		if _, err := tx.ExecContext(ctx, `UPDATE flywheel_recommend_counter SET last = last WHERE id = 1`); err != nil {
			return err
		}
		ids, err := sqldb.Select(ctx, tx, `DELETE FROM flywheel_recommend_facts WHERE `+where+` RETURNING id`, []any{who},
			func(r sqldb.Row) (id string, err error) { return id, r.Scan(&id) })
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return errNothing
		}
		secret, err := s.secretOf(ctx, tx)
		if err == nil && secret == nil {
			if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_recommend_secret (id, secret) VALUES (1, ?) ON CONFLICT (id) DO NOTHING`, keyedhash.NewSecret()); err != nil {
				return err
			}
			secret, err = s.secretOf(ctx, tx)
		}
		if err != nil {
			return err
		}
		type hashed struct {
			Hash string `json:"hash"`
		}
		rows := make([]hashed, len(ids))
		for i, id := range ids {
			rows[i].Hash = keyedhash.Of(secret, id)
		}
		list, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			return sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_recommend_forgotten WHERE hash = ?`, rows[0].Hash)
		})
		_, err = tx.ExecContext(ctx, `INSERT INTO flywheel_recommend_forgotten (hash)
			SELECT x.hash FROM `+sqldb.Recordset(s.db.Dialect(), "hash text")+` WHERE true ON CONFLICT (hash) DO NOTHING`, string(list))
		return err
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// Clear implements recommend.Store.
func (s *Store) Clear(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE flywheel_recommend_counter SET last = last WHERE id = 1`); err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			there, err := sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_recommend_facts LIMIT 1`)
			return !there, err
		})
		_, err := tx.ExecContext(ctx, `DELETE FROM flywheel_recommend_facts`)
		return err
	})
}
