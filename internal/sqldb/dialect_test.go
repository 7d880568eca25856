package sqldb

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/kind"
)

func TestNumbered(t *testing.T) {
	for query, want := range map[string]string{
		`SELECT 1`:                          `SELECT 1`,
		`a = ? AND b = ?`:                   `a = $1 AND b = $2`,
		`'?' "?" ? '''?' ?`:                 `'?' "?" $1 '''?' $2`,
		"? -- ?\n?":                         "$1 -- ?\n$2",
		"? /* ? */ ?":                       "$1 /* ? */ $2",
		`'open ?`:                           `'open ?`,
		"-- open ?":                         "-- open ?",
		"/* open ?":                         "/* open ?",
		`VALUES ` + Values(2, 2):            `VALUES ($1,$2),($3,$4)`,
		`?????????? ??`:                     `$1$2$3$4$5$6$7$8$9$10 $11$12`,
		"SELECT '\n--' || ? -- don't\n, ? ": "SELECT '\n--' || $1 -- don't\n, $2 ",
		`INSERT INTO t (a) VALUES (?) /* it's */`: `INSERT INTO t (a) VALUES ($1) /* it's */`,
	} {
		require.Equal(t, want, numbered(query))
	}
}

// TestNumberedLaws: without quotes and comments each ? becomes its number, and
// everything else stays.
func TestNumberedLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		query := rapid.StringMatching(`[a-z ?=,()]{0,40}`).Draw(t, "query")
		got := numbered(query)
		if strings.Contains(got, "?") || strings.Count(got, "$") != strings.Count(query, "?") {
			t.Fatalf("%q became %q", query, got)
		}
		var b binder
		for range 2 {
			if b.bind(query) != got {
				t.Fatal("the cache answers otherwise")
			}
		}
	})
}

func TestBinderIsBounded(t *testing.T) {
	var b binder
	for n := range maxBound + 10 {
		b.bind(strings.Repeat("?", n%50) + string(rune(n)))
	}
	n := 0
	b.known.Range(func(any, any) bool { n++; return true })
	require.LessOrEqual(t, n, maxBound)
}

func TestSections(t *testing.T) {
	up, down, err := Sections("-- about\n-- +goose Up\nCREATE TABLE a (\n  b INT -- ; no\n);\n\n-- more\nCREATE INDEX c ON a (b);\n" +
		"-- +goose StatementBegin\nCREATE TRIGGER t BEGIN\n  SELECT 1;\nEND;\n-- +goose StatementEnd\n-- +goose Down\r\nDROP TABLE a;\r\n")
	require.NoError(t, err)
	require.Equal(t, []string{"CREATE TABLE a (\n  b INT -- ; no\n);", "CREATE INDEX c ON a (b);", "CREATE TRIGGER t BEGIN\n  SELECT 1;\nEND;"}, up)
	require.Equal(t, []string{"DROP TABLE a;"}, down)
	for _, whole := range []string{
		"000000000\n\n;", "INSERT INTO a VALUES ('x;\n\n-- y;\n');", "SELECT 1\n-- not yet;\n;", "SELECT 1 /* ;\n;\n*/ + 1;", "SELECT '''' -- it's\n;",
	} {
		up, _, err := Sections("-- +goose Up\n" + whole + "\nSELECT 2;\n")
		require.NoError(t, err)
		require.Equal(t, []string{whole, "SELECT 2;"}, up)
	}
	for _, bad := range []string{"", "SELECT 1;", "-- +goose Up\nSELECT 1", "-- +goose Down\nSELECT 1;", "-- +goose Sideways\n",
		"-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n", "-- +goose StatementBegin\n-- +goose StatementEnd\n"} {
		_, _, err := Sections(bad)
		require.ErrorIs(t, err, kind.ErrInvalid, "%q", bad)
	}
}

func TestFiles(t *testing.T) {
	text := "-- +goose Up\nCREATE TABLE a (b INT);\nCREATE TABLE c (d INT);\n-- +goose Down\nDROP TABLE c;\nDROP TABLE a;\n"
	for _, root := range []string{"", "migrations/"} {
		migrations := fstest.MapFS{root + "sqlite/00001_a.sql": {Data: []byte(text)}, root + "postgres/00001_a.sql": {Data: []byte(text)}}
		for _, d := range []Dialect{Postgres, SQLite} {
			files, err := Files(migrations, d)
			require.NoError(t, err)
			require.NoError(t, fstest.TestFS(files, "00001_a.sql"))
			pairs, err := Pairs(migrations, d)
			require.NoError(t, err)
			require.NoError(t, fstest.TestFS(pairs, "00001_a.up.sql", "00001_a.down.sql"))
			up, err := fs.ReadFile(pairs, "00001_a.up.sql")
			require.NoError(t, err)
			require.Equal(t, "CREATE TABLE a (b INT);\n\nCREATE TABLE c (d INT);\n", string(up))
			down, err := fs.ReadFile(pairs, "00001_a.down.sql")
			require.NoError(t, err)
			require.Equal(t, "DROP TABLE c;\n\nDROP TABLE a;\n", string(down))
		}
	}
	_, err := Pairs(fstest.MapFS{"sqlite/00001_a.sql": {Data: []byte("SELECT 1;")}}, SQLite)
	require.ErrorIs(t, err, kind.ErrInvalid)
	for name, migrations := range map[string]fstest.MapFS{
		"none": {}, "no version": {"sqlite/a.sql": {Data: []byte(text)}}, "version 0": {"sqlite/0_a.sql": {Data: []byte(text)}},
		"twice": {"sqlite/1_a.sql": {Data: []byte(text)}, "sqlite/01_a.sql": {Data: []byte(text)}}, "no section": {"sqlite/1_a.sql": {}},
	} {
		_, err := load("test", migrations, SQLite)
		require.Error(t, err, name)
	}
}

func FuzzSections(f *testing.F) {
	f.Add("-- +goose Up\nCREATE TABLE a (b INT);\n-- +goose Down\nDROP TABLE a;\n")
	f.Add("-- +goose Up\n-- +goose StatementBegin\na;b\n-- +goose StatementEnd\n")
	f.Fuzz(func(t *testing.T, text string) {
		up, down, err := Sections(text)
		if err != nil {
			return
		}
		for _, s := range append(up, down...) {
			if s == "" || s != strings.TrimSpace(s) || (utf8.ValidString(text) && !strings.Contains(text, s)) {
				t.Fatalf("%q is no statement of %q", s, text)
			}
		}
	})
}

func BenchmarkBind(b *testing.B) {
	var c binder
	b.ReportAllocs()
	for b.Loop() {
		c.bind(`UPDATE flywheel_levels SET on_hand = on_hand + ? WHERE sku = ? AND on_hand >= ?`)
	}
}
