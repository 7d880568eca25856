package sqldb

import (
	"context"
	"database/sql"
	"sync"
)

// maxPrepared bounds how many statements a cache knows, and a transaction
// besides: what comes later is sent as text.
const maxPrepared = 256

// cache keeps statements parsed. Drivers of SQLite parse the text at each call,
// which costs more than most statements do; drivers of PostgreSQL keep what they
// parsed by themselves, per connection and in the way that suits a pooler, so
// that only a DB of SQLite has a cache.
//
// What is asked for a second time is prepared, but not within a transaction:
// database/sql takes another connection for it, and a pool of one has none. A
// transaction notes what it would have liked, and it is prepared when that is
// over. Since a cache is only ever a faster way, its own errors are dropped: the
// text is sent, and tells.
type cache struct {
	mu    sync.RWMutex
	known map[string]*sql.Stmt // nil: asked for once
}

// lookup returns the prepared statement, or else whether it should be prepared.
func (c *cache) lookup(query string) (stmt *sql.Stmt, wanted bool) {
	c.mu.RLock()
	stmt, known := c.known[query]
	full := len(c.known) >= maxPrepared
	c.mu.RUnlock()
	if known || full {
		return stmt, known && stmt == nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]*sql.Stmt{}
	}
	if _, known = c.known[query]; !known {
		c.known[query] = nil
	}
	return nil, known
}

// prepare adds a statement. It must not be called within a transaction.
func (c *cache) prepare(ctx context.Context, db *sql.DB, query string) *sql.Stmt {
	stmt, err := db.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	c.mu.Lock()
	earlier := c.known[query]
	if earlier == nil {
		c.known[query] = stmt
	}
	c.mu.Unlock()
	if earlier != nil {
		stmt.Close()
		return earlier
	}
	return stmt
}

// close frees the statements of a DB that nobody has any more.
func (c *cache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, stmt := range c.known {
		if stmt != nil {
			stmt.Close()
		}
	}
}

// statement returns the prepared form of a query outside a transaction, or nil.
func (d *DB) statement(ctx context.Context, query string) *sql.Stmt {
	if d.cache == nil {
		return nil
	}
	stmt, wanted := d.cache.lookup(query)
	if wanted {
		stmt = d.cache.prepare(ctx, d.db, query)
	}
	return stmt
}

// wish is a statement to be prepared once the transaction is over.
type wish struct {
	db    *DB
	query string
}

// statement returns the prepared form of a query in the transaction, or nil. What
// nobody prepared before and is asked for again is prepared on the transaction's
// own connection and ends with it.
func (t *Tx) statement(ctx context.Context, query string) *sql.Stmt {
	if t.db.cache == nil {
		return nil
	}
	s := t.state
	stmt, again := s.stmts[query]
	switch {
	case stmt != nil:
		return stmt
	case again:
		stmt, _ = s.tx.PrepareContext(ctx, query)
	case len(s.stmts) >= maxPrepared:
		return nil
	default:
		shared, wanted := t.db.cache.lookup(query)
		if shared != nil {
			stmt = s.tx.StmtContext(ctx, shared)
		}
		if wanted {
			s.wishes = append(s.wishes, wish{t.db, query})
		}
	}
	if s.stmts == nil {
		s.stmts = map[string]*sql.Stmt{}
	}
	s.stmts[query] = stmt
	return stmt
}

// grant prepares what the transaction, which is over, asked for.
func (s *txState) grant(ctx context.Context) {
	for _, w := range s.wishes {
		w.db.cache.prepare(ctx, w.db.db, w.query)
	}
}
