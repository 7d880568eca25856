// Package pgtest gives each test an empty PostgreSQL database.
//
// The server is the one that FLYWHEEL_POSTGRES names (a DSN), else a throw-away
// cluster made with initdb and pg_ctl from PATH or /usr/lib/postgresql: its own
// port on the loopback, a random password, no fsync, an unprivileged user when
// the test runs as root. One cluster serves a test process; it is removed when
// the process ends in whatever way. Without a server tests are skipped, or fail
// when FLYWHEEL_REQUIRE is set.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestStore(t *testing.T) {
//		db, err := sql.Open("pgx", pgtest.DSN(t))
//
// Main only waits for the removal; without it the cluster goes a moment later.
package pgtest

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// server is the one of this process.
var server struct {
	once    sync.Once
	dsn     string
	cluster *cluster
	err     error
	schemas atomic.Int64
}

// Main runs the tests of a package, then after, and removes the cluster, if one was
// started. It does not return.
func Main(m *testing.M, after ...func()) {
	code := m.Run()
	for _, fn := range after {
		fn()
	}
	if server.cluster != nil {
		server.cluster.stop()
	}
	os.Exit(code)
}

// DSN returns the connection string of a schema of its own, empty, for the
// driver "pgx". It is dropped when the test ends.
func DSN(t testing.TB) string {
	t.Helper()
	server.once.Do(func() {
		if server.dsn = os.Getenv("FLYWHEEL_POSTGRES"); server.dsn == "" {
			server.cluster, server.err = startCluster()
			if server.err == nil {
				server.dsn = server.cluster.dsn
			}
		}
	})
	if server.err != nil {
		if os.Getenv("FLYWHEEL_REQUIRE") != "" {
			t.Fatalf("FLYWHEEL_REQUIRE is set and there is no PostgreSQL: %v", server.err)
		}
		t.Skipf("no PostgreSQL (set FLYWHEEL_POSTGRES to a DSN, or install it): %v", server.err)
	}
	schema := fmt.Sprintf("flywheel_test_%d_%d", os.Getpid(), server.schemas.Add(1))
	run(t, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { run(t, "DROP SCHEMA "+schema+" CASCADE") })
	return withSearchPath(server.dsn, schema)
}

func run(t testing.TB, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", server.dsn)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("pgtest: %s: %v", statement, err)
	}
}

// withSearchPath adds the schema to a DSN of either form.
func withSearchPath(dsn, schema string) string {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return dsn + " search_path=" + schema
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn // the driver says what is wrong with it
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
