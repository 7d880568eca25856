// Package handle finds the database that a store, a service or a sink names.
package handle

import (
	"context"

	"github.com/flywheel-go/flywheel"
)

// Of returns the database of v, or nil if it names none.
func Of(v any) flywheel.Transactor {
	if s, ok := v.(flywheel.Stored); ok {
		return s.Handle()
	}
	return nil
}

// Same reports whether both name one and the same database.
func Same(a, b any) bool {
	x := Of(a)
	return x != nil && x == Of(b)
}

// Joins reports whether the calls of v may be part of a transaction of tx: v is
// kept in the same database, as far as both say where they are. Of a tx that does
// not say it, it is what the program claims by naming it.
func Joins(tx flywheel.Transactor, v any) bool {
	if v == nil {
		return true
	}
	db := tx
	if named := Of(tx); named != nil {
		db = named
	}
	switch db.(type) {
	case *flywheel.Memory, *flywheel.SQL:
		return Of(v) == db
	case none:
		return false
	}
	return true
}

// Tx returns the Transactor of a service on store: tx if it is given, else the
// store's own, else one that begins no transaction.
func Tx(tx flywheel.Transactor, store any) flywheel.Transactor {
	if tx != nil {
		return tx
	}
	if own := Of(store); own != nil {
		return own
	}
	if own, ok := store.(flywheel.Transactor); ok {
		return own
	}
	return none{}
}

type none struct{}

// None reports whether tx is the one of [Tx] that begins no transaction.
func None(tx flywheel.Transactor) bool { return tx == none{} }

// InTx implements flywheel.Transactor without a transaction.
func (none) InTx(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }
