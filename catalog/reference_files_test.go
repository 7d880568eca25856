package catalog_test

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"maps"
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// doFiles takes the steps about files.
func (w *world) doFiles(operation string, a *arguments) (any, error) {
	switch operation {
	case "import":
		in := catalog.Import{Form: a.text("form"), Channel: catalog.Channel(a.text("channel")), Locale: catalog.Locale(a.text("locale")), Type: a.text("type"), Decimal: a.text("decimal")}
		if d := a.text("delimiter"); d != "" {
			in.Delimiter = []rune(d)[0]
		}
		if mapping, ok := a.take("mapping").(map[string]any); ok {
			in.Mapping = map[string]catalog.Column{}
			for field, v := range mapping {
				if header, ok := v.(string); ok {
					in.Mapping[field] = catalog.Column{Header: header}
					continue
				}
				m := maps.Clone(v.(map[string]any))
				column := &arguments{w.t, m}
				in.Mapping[field] = catalog.Column{Header: column.text("column"), Unit: column.text("unit")}
				require.Empty(w.t, m)
			}
		}
		report, err := w.s.Import(w.t.Context(), bytes.NewReader(w.file(a)), in)
		return w.report(report), err
	case "export":
		data, err := w.export(a)
		if err != nil {
			return nil, err
		}
		records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		require.NoError(w.t, err)
		rows := []any{}
		for _, r := range records[1:] {
			row := map[string]any{}
			for i, name := range records[0] {
				row[name] = r[i]
			}
			rows = append(rows, row)
		}
		return map[string]any{"rows": rows}, nil
	case "roundtrip":
		return w.roundTrip(a)
	}
	return w.doPages(operation, a)
}

// file is what a step imports.
func (w *world) file(a *arguments) []byte {
	if name := a.text("file"); name != "" {
		folder := "testdata"
		if testkit.Overridden() {
			folder = filepath.Join(os.Getenv("FLYWHEEL_REFERENCE"), "catalog")
		}
		path := filepath.Join(folder, filepath.FromSlash(name))
		if _, err := os.Stat(path); err != nil {
			path = filepath.Join("testdata", filepath.FromSlash(name)) // files that the other cases share
		}
		data, err := os.ReadFile(path)
		require.NoError(w.t, err)
		return data
	}
	if text, ok := a.take("base64").(string); ok {
		data, err := base64.StdEncoding.DecodeString(text)
		require.NoError(w.t, err)
		return data
	}
	return []byte(a.text("text"))
}

func (w *world) report(r catalog.ImportReport) map[string]any {
	errs := []any{}
	for _, e := range r.Errors {
		errs = append(errs, map[string]any{"line": e.Line, "column": e.Column, "kind": kindName(w.t, e)})
	}
	return map[string]any{"rows": r.Rows, "created": r.Created, "updated": r.Updated, "unchanged": r.Unchanged, "failed": r.Failed,
		"errors": errs, "warnings": r.Warnings, "offers": r.Offers, "delimiter": r.Delimiter}
}

func (w *world) export(a *arguments) ([]byte, error) {
	ex := catalog.Export{Form: a.text("form"), Channel: catalog.Channel(a.text("channel")), Locale: catalog.Locale(a.text("locale"))}
	header := a.text("header")
	require.Contains(w.t, []string{"", "new", "old"}, header)
	ex.OldHeader = header == "old"
	a.into("products", &ex.Products)
	var b bytes.Buffer
	err := w.s.Export(w.t.Context(), &b, ex)
	return b.Bytes(), err
}

// roundTrip exports, imports into the same shop and into an empty one, and exports
// there.
func (w *world) roundTrip(a *arguments) (any, error) {
	kind := a.text("type")
	args := maps.Clone(a.all)
	first, err := w.export(a)
	if err != nil {
		return nil, err
	}
	in := catalog.Import{Form: args["form"].(string), Channel: catalog.Channel(args["channel"].(string)), Type: kind}
	if l, ok := args["locale"].(string); ok {
		in.Locale = catalog.Locale(l)
	}
	own, err := w.s.Import(w.t.Context(), bytes.NewReader(first), in)
	if err != nil {
		return nil, err
	}
	given := map[string]any{}
	for _, k := range []string{"locales", "channels", "attributes", "types", "offers"} {
		if v, ok := w.given[k]; ok {
			given[k] = v
		}
	}
	other := newWorld(w.t, w.fresh, given)
	other.now, other.offers = w.now, w.offers
	there, err := other.s.Import(w.t.Context(), bytes.NewReader(first), in)
	if err != nil {
		return nil, err
	}
	second, err := other.export(&arguments{w.t, args})
	if err != nil {
		return nil, err
	}
	got := w.report(there)
	got["unchanged"], got["updated"] = own.Unchanged, own.Updated
	got["errors"] = append(w.report(own)["errors"].([]any), got["errors"].([]any)...)
	got["same"] = bytes.Equal(first, second)
	if !got["same"].(bool) {
		w.t.Logf("first:\n%s\nsecond:\n%s", first, second)
	}
	return got, nil
}
