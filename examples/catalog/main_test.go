package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out, messages bytes.Buffer
	require.NoError(t, run(t.Context(), args, &out, &messages))
	return out.String()
}

func TestBuiltIn(t *testing.T) {
	got := output(t, "import")
	require.Contains(t, got, "Imported: 8 created, 0 updated, 0 unchanged, 0 left out; 13 variants")
	require.Contains(t, got, "7 products are live")
	require.Contains(t, got, "Colour: Sand, Slate; Size: S, L")
	require.Contains(t, output(t, "import", "-dry"), "Would import: 8 created")
}

func TestFeeds(t *testing.T) {
	for form, validate := range map[string]func(data string) ([]catalog.Finding, error){
		"google":  func(data string) ([]catalog.Finding, error) { return catalog.ValidateGoogle(strings.NewReader(data)) },
		"openai":  func(data string) ([]catalog.Finding, error) { return catalog.ValidateOpenAI(strings.NewReader(data)) },
		"sitemap": func(data string) ([]catalog.Finding, error) { return catalog.ValidateSitemap(strings.NewReader(data)) },
	} {
		data := output(t, "feed", form)
		found, err := validate(data)
		require.NoError(t, err)
		require.Empty(t, found)
		require.Contains(t, data, "sencha")
		require.NotContains(t, data, "kettle")
	}
	for line := range strings.Lines(output(t, "feed", "jsonld")) {
		found, err := catalog.ValidateJSONLD([]byte(line))
		require.NoError(t, err)
		require.Empty(t, found)
	}
	table := output(t, "feed", "-format", "tsv", "google")
	require.Equal(t, 13, strings.Count(table, "\n"))
	require.Contains(t, table, "36.00 EUR")
}

// A catalog that is kept knows the file again.
func TestKept(t *testing.T) {
	db := filepath.Join(t.TempDir(), "shop.db")
	require.Contains(t, output(t, "import", "-db", db), "8 created")
	require.Contains(t, output(t, "import", "-db", db), "0 created, 0 updated, 8 unchanged")
}

func TestMapped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "supplier.csv")
	require.NoError(t, os.WriteFile(file, []byte("Artikel;Name;Preis\nB-1;Bancha;1.004,50\nB-2;Matcha;x\n"), 0o600))
	got := output(t, "import", "-map", "sku=Artikel,title=Name,price=Preis", "-decimal", ",", file)
	require.Contains(t, got, "1 created, 0 updated, 0 unchanged, 1 left out")
	require.Contains(t, got, `line 3, column "Preis"`)
}

func TestRefused(t *testing.T) {
	for _, args := range [][]string{{}, {"sell"}, {"feed", "yahoo"}, {"import", "a", "b"}, {"import", "-map", "sku", "main.go"}, {"import", "-currency", "Taler"}, {"import", "missing.csv"}} {
		require.Error(t, run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}), "%q", args)
	}
}

func TestSearch(t *testing.T) {
	all := output(t, "search")
	require.Regexp(t, `^\d+ found`, all)
	title := strings.Fields(strings.SplitN(all, " 1. ", 2)[1])[0]
	found := output(t, "search", title)
	require.Contains(t, found, title)
	require.Contains(t, found, "score")
	require.Contains(t, output(t, "search", "zzzzzzzzzz"), "0 found")
}
