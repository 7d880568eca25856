package segment

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// errorKind is whose fault an error of Consume is and whether it will pass.
type errorKind int

const (
	ofWorker  errorKind = iota // of the worker or its database: no entry is to blame
	permanent                  // the entry cannot be taken
	temporary                  // the entry may be taken later
)

var permanentKinds = []error{flywheel.ErrInvalid, flywheel.ErrOutOfRange, flywheel.ErrLimit, flywheel.ErrForbidden,
	flywheel.ErrNotFound, flywheel.ErrConflict, flywheel.ErrExpired}

// classify tells the errors of a worker (stale, unknown outcome, end of ctx,
// statement, connection) from those of an entry, and of these the ones that stay.
// A statement that the database refuses because of its data is the entry's.
func classify(ctx context.Context, err *consumeError) errorKind {
	var panicked *panicError
	switch {
	case errors.As(err, &panicked):
		return permanent
	case ctx.Err() != nil, errors.Is(err, flywheel.ErrStale), errors.Is(err, flywheel.ErrUnknownOutcome):
		return ofWorker
	case refusesData(err):
		return permanent
	case err.statement, ofDatabase(err):
		return ofWorker
	}
	for _, kind := range permanentKinds {
		if errors.Is(err, kind) {
			return permanent
		}
	}
	return temporary
}

// ofDatabase reports whether err comes from a database or the way to it.
func ofDatabase(err error) bool {
	var state interface{ SQLState() string }
	var code interface{ Code() int }
	var network net.Error
	return errors.As(err, &state) || errors.As(err, &code) || errors.As(err, &network) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone)
}

// refusesData reports an error about the data of a statement: SQLSTATE classes 22
// and 23; in SQLite a constraint, a mismatch, or something too big.
func refusesData(err error) bool {
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return strings.HasPrefix(state.SQLState(), "22") || strings.HasPrefix(state.SQLState(), "23")
	}
	var code interface{ Code() int }
	if errors.As(err, &code) {
		const tooBig, constraint, mismatch = 18, 19, 20
		c := code.Code() & 0xff
		return c == tooBig || c == constraint || c == mismatch
	}
	return false
}
