package reviewsql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a review.Store and a review.PurchaseStore in a SQL database. It is safe
// for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ review.Store         = (*Store)(nil)
	_ review.PurchaseStore = (*Store)(nil)
	_ flywheel.SQLStore    = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store { return &Store{db: db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "review", Files: migrations}, effect.Migrations, cursor.Migrations}
}

// columns are those that scan reads.
const columns = `up, down, version, body`

func scan(r sqldb.Row) (p review.Post, err error) {
	var up, down, version int64
	var body string
	if err = r.Scan(&up, &down, &version, &body); err == nil {
		err = json.Unmarshal([]byte(body), &p)
	}
	p.Up, p.Down, p.Version = up, down, version
	return p.Normal(), err
}

func missing(id string) error { return &review.PostError{Post: id, Err: flywheel.ErrNotFound} }

// Get implements review.Store.
func (s *Store) Get(ctx context.Context, id string) (review.Post, error) {
	return get(ctx, s.db.Read(ctx), id)
}

func get(ctx context.Context, q sqldb.Queryer, id string) (review.Post, error) {
	p, err := scan(q.QueryRowContext(ctx, `SELECT `+columns+` FROM flywheel_review_posts WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return review.Post{}, missing(id)
	}
	return p, err
}

// Save implements review.Store.
func (s *Store) Save(ctx context.Context, p review.Post) (review.Post, error) {
	p = p.Normal()
	var saved review.Post
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		saved, err = save(ctx, tx, p)
		return err
	})
	if err != nil {
		return review.Post{}, err
	}
	return saved, nil
}

// save writes p if its version is the stored one, its reports, and what it changes
// in the tallies.
func save(ctx context.Context, tx *sqldb.Tx, p review.Post) (review.Post, error) {
	var before review.Post
	before, err := get(ctx, tx, p.ID)
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return p, err
	}
	stale := &review.PostError{Post: p.ID, Err: review.ErrStale}
	if before.Version != p.Version {
		return p, stale
	}
	mark := newid.New()
	p.Version++
	p.Up, p.Down = before.Up, before.Down
	body, err := encode(p)
	if err != nil {
		return p, err
	}
	due := sql.NullInt64{Int64: sqldb.Micros(p.Moderation.Due), Valid: p.Waits()}
	args := []any{
		string(p.Kind), p.Product, p.Parent, string(p.Author), flag(p.Visible()), p.Language, p.Rating, flag(p.Verified), sqldb.Micros(p.CreatedAt),
		due, p.Version, mark, body, p.ID,
	}
	query := `INSERT INTO flywheel_review_posts (kind, product, parent, author, visible, language, rating, verified, created_at, due, version, mark, body, id,
		up, down, helpful) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0) ON CONFLICT DO NOTHING`
	if before.Version != 0 {
		args = append(args, before.Version)
		query = `UPDATE flywheel_review_posts SET kind = ?, product = ?, parent = ?, author = ?, visible = ?, language = ?, rating = ?, verified = ?,
			created_at = ?, due = ?, version = ?, mark = ?, body = ? WHERE id = ? AND version = ?`
	}
	changed, err := tx.Changed(ctx, query, args...)
	if err != nil {
		return p, err
	}
	if !changed {
		if p.Kind == review.Review && p.Author != "" {
			twice, err := sqldb.Exists(ctx, tx, `SELECT 1 FROM flywheel_review_posts WHERE kind = 'review' AND product = ? AND author <> '' AND author = ? AND id <> ?`,
				p.Product, string(p.Author), p.ID)
			if err != nil {
				return p, err
			}
			if twice {
				return p, &review.PostError{Post: p.ID, Err: review.ErrReviewed}
			}
		}
		return p, stale
	}
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var version int64
		var kept string
		err := q.QueryRowContext(ctx, `SELECT version, mark FROM flywheel_review_posts WHERE id = ?`, p.ID).Scan(&version, &kept)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return false, nil
		case err == nil && version > p.Version:
			return false, fmt.Errorf("reviewsql: post %q was saved again since", p.ID)
		}
		return kept == mark, err
	})
	for _, reporter := range p.Moderation.Reporters {
		if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_review_acts (post, person, act, value) VALUES (?, ?, 'report', 1)
			ON CONFLICT (post, act, person) DO NOTHING`, p.ID, reporter); err != nil {
			return p, err
		}
	}
	return p, retally(ctx, tx, &before, &p)
}

// encode returns the body of a post: what has a column of its own and changes by
// itself is left out.
func encode(p review.Post) (string, error) {
	p.Up, p.Down, p.Version = 0, 0, 0
	body, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("reviewsql: post %q: %w", p.ID, err)
	}
	return string(body), nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Vote implements review.Store.
func (s *Store) Vote(ctx context.Context, id string, voter flywheel.CustomerID, value int) (up, down int64, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		up, down, err = vote(ctx, tx, id, voter, value)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	return up, down, nil
}

func vote(ctx context.Context, tx *sqldb.Tx, id string, voter flywheel.CustomerID, value int) (up, down int64, err error) {
	// The row of the post is locked first, so votes for it wait for each other.
	changed, err := tx.Changed(ctx, `UPDATE flywheel_review_posts SET up = up WHERE id = ?`, id)
	if err == nil && !changed {
		err = missing(id)
	}
	if err != nil {
		return 0, 0, err
	}
	var before int
	err = tx.QueryRowContext(ctx, `SELECT value FROM flywheel_review_acts WHERE post = ? AND act = 'vote' AND person = ?`, id, string(voter)).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, err
	}
	if err := tx.QueryRowContext(ctx, `SELECT up, down FROM flywheel_review_posts WHERE id = ?`, id).Scan(&up, &down); err != nil {
		return 0, 0, err
	}
	up += int64(max(0, value) - max(0, before))
	down += int64(max(0, -value) - max(0, -before))
	if value == 0 {
		_, err = tx.ExecContext(ctx, `DELETE FROM flywheel_review_acts WHERE post = ? AND act = 'vote' AND person = ?`, id, string(voter))
	} else {
		_, err = tx.ExecContext(ctx, `INSERT INTO flywheel_review_acts (post, person, act, value) VALUES (?, ?, 'vote', ?)
			ON CONFLICT (post, act, person) DO UPDATE SET value = excluded.value`, id, string(voter), value)
	}
	if err != nil {
		return 0, 0, err
	}
	if _, err = tx.ExecContext(ctx, `UPDATE flywheel_review_posts SET up = ?, down = ?, helpful = ? WHERE id = ?`,
		up, down, review.Helpfulness(up, down), id); err != nil {
		return 0, 0, err
	}
	// A vote sets: what is found is what this transaction, or one alike, wrote.
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var kept int
		err := q.QueryRowContext(ctx, `SELECT value FROM flywheel_review_acts WHERE post = ? AND act = 'vote' AND person = ?`, id, string(voter)).Scan(&kept)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return kept == value, err
	})
	return up, down, nil
}

// Forget implements review.Store.
func (s *Store) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if customer == "" {
		return ctx.Err()
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		type act struct{ post, act string }
		acts, err := sqldb.Select(ctx, tx, `SELECT post, act FROM flywheel_review_acts WHERE person = ? ORDER BY act, post`, []any{string(customer)},
			func(r sqldb.Row) (a act, err error) { return a, r.Scan(&a.post, &a.act) })
		if err != nil {
			return err
		}
		for _, a := range acts {
			if a.act == "vote" {
				_, _, err = vote(ctx, tx, a.post, customer, 0)
			} else {
				err = unreport(ctx, tx, a.post, customer)
			}
			if err != nil {
				return err
			}
		}
		posts, err := sqldb.Select(ctx, tx, `SELECT `+columns+` FROM flywheel_review_posts WHERE author <> '' AND author = ? ORDER BY id`,
			[]any{string(customer)}, scan)
		if err != nil {
			return err
		}
		for _, p := range posts {
			erased := p.Erased()
			erased.Version = p.Version
			if _, err := save(ctx, tx, erased); err != nil {
				return err
			}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			there, err := sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_review_posts WHERE author <> '' AND author = ? LIMIT 1`, string(customer))
			if err != nil || there {
				return false, err
			}
			there, err = sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_review_acts WHERE person = ? LIMIT 1`, string(customer))
			return !there, err
		})
		return nil
	})
}

// unreport removes a report, and the reporter from the post if it is there still.
func unreport(ctx context.Context, tx *sqldb.Tx, id string, customer flywheel.CustomerID) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_review_acts WHERE post = ? AND act = 'report' AND person = ?`, id, string(customer)); err != nil {
		return err
	}
	p, err := get(ctx, tx, id)
	if err != nil {
		return err
	}
	kept := p.Moderation.Reporters[:0:0]
	for _, r := range p.Moderation.Reporters {
		if r != string(customer) {
			kept = append(kept, r)
		}
	}
	if len(kept) == len(p.Moderation.Reporters) {
		return nil // a decision has cleared the reports
	}
	p.Moderation.Reporters = kept
	_, err = save(ctx, tx, p.Normal())
	return err
}
