package web

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/flywheel-go/flywheel"
)

// AccountStore keeps accounts. A missing one is flywheel.ErrNotFound, a stale version
// flywheel.ErrStale, an address that another has flywheel.ErrConflict.
type AccountStore interface {
	ByID(ctx context.Context, id flywheel.CustomerID) (Account, error)
	ByEmail(ctx context.Context, email string) (Account, error)
	// Save adds an account of version 0, and else changes it.
	Save(ctx context.Context, a Account) (Account, error)
	// Delete removes an account; one that is not there is no error.
	Delete(ctx context.Context, id flywheel.CustomerID) error
	// Secret returns the secret that is kept, which is fresh for the first caller.
	Secret(ctx context.Context, fresh []byte) ([]byte, error)
}

var (
	errNobody = fmt.Errorf("store: account: %w", flywheel.ErrNotFound)
	errStale  = fmt.Errorf("store: account: %w", flywheel.ErrStale)
	errTaken  = fmt.Errorf("store: account: address: %w", flywheel.ErrConflict)
)

// MemoryAccounts is an AccountStore in memory. The zero value is empty and ready.
type MemoryAccounts struct {
	mu     sync.Mutex
	all    map[flywheel.CustomerID][]byte
	ids    map[string]flywheel.CustomerID
	secret []byte
}

// ByID implements AccountStore.
func (m *MemoryAccounts) ByID(_ context.Context, id flywheel.CustomerID) (a Account, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, ok := m.all[id]
	if !ok {
		return a, errNobody
	}
	return a, json.Unmarshal(body, &a)
}

// ByEmail implements AccountStore.
func (m *MemoryAccounts) ByEmail(ctx context.Context, email string) (Account, error) {
	m.mu.Lock()
	id, ok := m.ids[email]
	m.mu.Unlock()
	if !ok {
		return Account{}, errNobody
	}
	return m.ByID(ctx, id)
}

// Save implements AccountStore.
func (m *MemoryAccounts) Save(_ context.Context, a Account) (Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var had Account
	if body, ok := m.all[a.ID]; ok {
		if err := json.Unmarshal(body, &had); err != nil {
			return Account{}, err
		}
	}
	if had.Version != a.Version {
		return Account{}, errStale
	}
	if owner, taken := m.ids[a.Email]; taken && owner != a.ID {
		return Account{}, errTaken
	}
	a.Version++
	body, err := json.Marshal(a)
	if err != nil {
		return Account{}, err
	}
	if m.all == nil {
		m.all, m.ids = map[flywheel.CustomerID][]byte{}, map[string]flywheel.CustomerID{}
	}
	delete(m.ids, had.Email)
	m.all[a.ID], m.ids[a.Email] = body, a.ID
	return a, nil
}

// Delete implements AccountStore.
func (m *MemoryAccounts) Delete(ctx context.Context, id flywheel.CustomerID) error {
	a, err := m.ByID(ctx, id)
	if errors.Is(err, flywheel.ErrNotFound) {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, id)
	delete(m.ids, a.Email)
	return err
}

// Secret implements AccountStore.
func (m *MemoryAccounts) Secret(_ context.Context, fresh []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.secret == nil {
		m.secret = fresh
	}
	return m.secret, nil
}

// SQLAccounts is an AccountStore in SQLite or PostgreSQL.
type SQLAccounts struct{ db *sql.DB }

// NewSQLAccounts makes the tables where they are missing.
func NewSQLAccounts(ctx context.Context, db *sql.DB) (*SQLAccounts, error) {
	s := &SQLAccounts{db}
	return s, s.write(ctx, func(tx *sql.Tx) error {
		for _, statement := range []string{
			`CREATE TABLE IF NOT EXISTS store_accounts (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, body TEXT NOT NULL, version BIGINT NOT NULL)`,
			`CREATE TABLE IF NOT EXISTS store_secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// write runs fn in a transaction.
func (s *SQLAccounts) write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// ByID implements AccountStore.
func (s *SQLAccounts) ByID(ctx context.Context, id flywheel.CustomerID) (Account, error) {
	return s.one(ctx, `SELECT body FROM store_accounts WHERE id = $1`, string(id))
}

// ByEmail implements AccountStore.
func (s *SQLAccounts) ByEmail(ctx context.Context, email string) (Account, error) {
	return s.one(ctx, `SELECT body FROM store_accounts WHERE email = $1`, email)
}

func (s *SQLAccounts) one(ctx context.Context, query, key string) (a Account, err error) {
	var body []byte
	err = s.db.QueryRowContext(ctx, query, key).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return a, errNobody
	}
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(body, &a)
}

// Save implements AccountStore.
func (s *SQLAccounts) Save(ctx context.Context, a Account) (Account, error) {
	before := a.Version
	a.Version++
	body, err := json.Marshal(a)
	if err != nil {
		return Account{}, err
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		var owner string
		err := tx.QueryRowContext(ctx, `SELECT id FROM store_accounts WHERE email = $1`, a.Email).Scan(&owner)
		switch {
		case err == nil && owner != string(a.ID):
			return errTaken
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		}
		query, args := `UPDATE store_accounts SET email = $2, body = $3, version = $4 WHERE id = $1 AND version = $5`, []any{string(a.ID), a.Email, string(body), a.Version, before}
		if before == 0 {
			query, args = `INSERT INTO store_accounts (id, email, body, version) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, args[:4]
		}
		done, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errStale)
		}
		return nil
	})
	return a, err
}

// Delete implements AccountStore.
func (s *SQLAccounts) Delete(ctx context.Context, id flywheel.CustomerID) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM store_accounts WHERE id = $1`, string(id))
		return err
	})
}

// Secret implements AccountStore.
func (s *SQLAccounts) Secret(ctx context.Context, fresh []byte) (kept []byte, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO store_secrets (name, value) VALUES ('store', $1) ON CONFLICT DO NOTHING`, fmt.Sprintf("%x", fresh)); err != nil {
			return err
		}
		var text string
		if err := tx.QueryRowContext(ctx, `SELECT value FROM store_secrets WHERE name = 'store'`).Scan(&text); err != nil {
			return err
		}
		_, err := fmt.Sscanf(text, "%x", &kept)
		return err
	})
	return kept, err
}
