package sqldb

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Dialect is the SQL that a database speaks.
type Dialect uint8

// The dialects. Postgres is also right for CockroachDB and YugabyteDB.
const (
	Postgres Dialect = iota + 1
	SQLite
)

// String returns "postgres" or "sqlite", the name of the dialect's folder of
// migrations.
func (d Dialect) String() string {
	switch d {
	case Postgres:
		return "postgres"
	case SQLite:
		return "sqlite"
	}
	return "dialect(" + strconv.Itoa(int(d)) + ")"
}

// Micros is the stored form of t: microseconds since 1970, UTC. It is exact for
// every time whose year is between -290307 and 294246, the zero Time included.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Time is the inverse of [Micros].
func Time(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// Values returns the placeholders of an INSERT of so many rows:
// Values(2, 3) is "(?,?,?),(?,?,?)".
func Values(rows, columns int) string {
	row := "(" + strings.Repeat("?,", columns)
	row = row[:len(row)-1] + "),"
	all := strings.Repeat(row, rows)
	return all[:len(all)-1]
}

// maxBound bounds the cache of rewritten statements: stores have few
// statements, but a batch of each size is a statement of its own.
const maxBound = 4096

// binder rewrites ? placeholders and remembers what it has rewritten.
type binder struct {
	known sync.Map
	count atomic.Int64
}

func (b *binder) bind(query string) string {
	if s, ok := b.known.Load(query); ok {
		return s.(string)
	}
	s := numbered(query)
	if b.count.Load() < maxBound {
		if _, loaded := b.known.LoadOrStore(query, s); !loaded {
			b.count.Add(1)
		}
	}
	return s
}

// numbered turns each ? into $1, $2, …, except in quotes and comments.
func numbered(query string) string {
	var out strings.Builder
	out.Grow(len(query) + 16)
	n, i := 0, 0
	for i < len(query) {
		switch c := query[i]; {
		case c == '?':
			n++
			out.WriteByte('$')
			out.WriteString(strconv.Itoa(n))
			i++
		case c == '\'' || c == '"' || strings.HasPrefix(query[i:], "--") || strings.HasPrefix(query[i:], "/*"):
			end := skip(query, i)
			out.WriteString(query[i:end])
			i = end
		default:
			out.WriteByte(c)
			i++
		}
	}
	return out.String()
}

// skip returns the end of the quoted text or comment that starts at i.
func skip(s string, i int) int {
	end := string(s[i])
	switch {
	case strings.HasPrefix(s[i:], "--"):
		end = "\n"
	case strings.HasPrefix(s[i:], "/*"):
		end = "*/"
	}
	start := i + len(end)
	if end == "\n" {
		start = i
	}
	if at := strings.Index(s[start:], end); at >= 0 {
		return start + at + len(end)
	}
	return len(s)
}

// sqlState returns the SQLSTATE of an error that the server sent, else "".
func sqlState(err error) string {
	var e interface{ SQLState() string }
	if errors.As(err, &e) {
		return e.SQLState()
	}
	return ""
}

// sqliteCode returns SQLite's result code, extended where there is one, else 0.
func sqliteCode(err error) int {
	var e interface{ Code() int }
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// asksToRestart reports whether the server said that the transaction is rolled
// back, or cannot go on, and is to be run again.
func (d Dialect) asksToRestart(err error) bool {
	if d == SQLite {
		return sqliteCode(err)&0xff == 5 // SQLITE_BUSY
	}
	state := sqlState(err)
	return state == "40001" || state == "40P01"
}

// rolledBack reports whether an error of COMMIT says that it rolled back.
func (d Dialect) rolledBack(err error) bool {
	state := sqlState(err)
	return d == Postgres && strings.HasPrefix(state, "40") && state != "40003"
}

// IsUnique reports whether err is the violation of a primary key or a unique
// index. In a [DB.Write] it ends the Write, so that stores better write
// ON CONFLICT DO NOTHING and look at the rows affected.
func IsUnique(err error) bool {
	const primaryKey, unique = 1555, 2067
	code := sqliteCode(err)
	return sqlState(err) == "23505" || code == primaryKey || code == unique
}
