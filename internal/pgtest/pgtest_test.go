package pgtest

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { Main(m) }

func TestWithSearchPath(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:p@h:1/db":                   "postgres://u:p@h:1/db?search_path=s",
		"postgresql://h/db?sslmode=disable&a=%20": "postgresql://h/db?a=+&search_path=s&sslmode=disable",
		"host=h dbname=db":                        "host=h dbname=db search_path=s",
		"postgres://%zz":                          "postgres://%zz",
	} {
		require.Equal(t, want, withSearchPath(dsn, "s"))
	}
}

// TestDSN gives two tests databases that do not see each other, and cleans up.
func TestDSN(t *testing.T) {
	first := DSN(t)
	a, err := sql.Open("pgx", first)
	require.NoError(t, err)
	defer a.Close()
	_, err = a.Exec("CREATE TABLE mine (id INT)")
	require.NoError(t, err)
	var second string
	t.Run("another", func(t *testing.T) {
		second = DSN(t)
		b, err := sql.Open("pgx", second)
		require.NoError(t, err)
		defer b.Close()
		_, err = b.Exec("SELECT * FROM mine")
		require.Error(t, err)
		_, err = b.Exec("CREATE TABLE mine (id INT)")
		require.NoError(t, err)
	})
	require.NotEqual(t, first, second)
	b, err := sql.Open("pgx", second)
	require.NoError(t, err)
	defer b.Close()
	_, err = b.Exec("SELECT * FROM mine")
	require.Error(t, err, "the schema is gone with its test")
}

// TestCluster leaves nothing behind.
func TestCluster(t *testing.T) {
	if _, err := binary("initdb"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, os.Chmod(dir, 0o777))
	t.Setenv("TMPDIR", dir)
	c, err := startCluster()
	require.NoError(t, err)
	require.NoError(t, ping(c.dsn))
	c.stop()
	require.Error(t, ping(c.dsn))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestBinary(t *testing.T) {
	_, err := binary("no-such-program-of-postgresql")
	require.ErrorContains(t, err, "no-such-program")
}
