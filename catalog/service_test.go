package catalog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogtest"
)

// shopOn is a small shop on a store; its clock can be set.
func shopOn(t testing.TB, store catalog.Store, opts *catalog.Options) (*catalog.Service, *time.Time) {
	now := june
	if opts == nil {
		opts = &catalog.Options{}
	}
	opts.Now = func() time.Time { return now }
	s, err := catalog.New(store, opts)
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, s.PutChannel(ctx, catalog.ChannelDef{Code: "web", Locales: []catalog.Locale{"en", "de"}, DefaultLocale: "en"}))
	require.NoError(t, s.PutAttribute(ctx, catalog.Attribute{Code: "goes_with", Type: catalog.ReferenceAttribute, Target: "product", Many: true}))
	require.NoError(t, s.PutAttribute(ctx, catalog.Attribute{Code: "fabric", Type: catalog.TextAttribute, Localized: true}))
	require.NoError(t, s.PutOptions(ctx, catalog.OptionSet{Code: "size", Values: []catalog.OptionValue{{Code: "s"}, {Code: "m"}, {Code: "l"}}}))
	require.NoError(t, s.PutType(ctx, catalog.ProductType{Code: "goods", Attributes: []string{"goes_with", "fabric"}}))
	require.NoError(t, s.PutCategory(ctx, catalog.Category{ID: "all", Name: map[catalog.Locale]string{"en": "All"}}))
	return s, &now
}

// thing is a product with variants.
func thing(id catalog.ID, skus ...flywheel.SKU) catalog.Product {
	p := catalog.Product{ID: id, Type: "goods", Status: catalog.Active, Text: map[catalog.Locale]catalog.Text{"en": {Title: "Thing " + string(id)}},
		Listings: map[catalog.Channel]*catalog.Listing{"web": {}}}
	for i, sku := range skus {
		v := catalog.Variant{SKU: sku}
		if len(skus) > 1 {
			p.Options = []string{"size"}
			v.Options = []string{[]string{"s", "m", "l"}[i]}
		}
		p.Variants = append(p.Variants, v)
	}
	return p
}

func wrong(t testing.TB, err error, want ...string) {
	t.Helper()
	require.ElementsMatch(t, want, gotErrors(t, err), "%v", err)
}

// One call passes SKUs on in a circle, in any order, and is kept whole or not at all.
func TestPutAll(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	_, err := s.PutAll(ctx, []catalog.Product{thing("a", "A"), thing("b", "B"), thing("c", "C")})
	require.NoError(t, err)
	out, err := s.PutAll(ctx, []catalog.Product{thing("a", "B"), thing("b", "C"), thing("c", "A")})
	require.NoError(t, err)
	require.EqualValues(t, 1, out[0].Variants[0].Version)
	p, _, err := s.BySKU(ctx, "A")
	require.NoError(t, err)
	require.EqualValues(t, "c", p.ID)

	bad := thing("e", "B")
	bad.Categories = []catalog.CategoryID{"none"}
	_, err = s.PutAll(ctx, []catalog.Product{thing("d", "D"), bad, thing("f", "D"), thing("d", "X")})
	wrong(t, err, "products[1].variants[0].sku: conflict", "products[1].categories[0]: not_found", "products[2].variants[0].sku: conflict", "products[3].id: invalid")
	_, err = s.Get(ctx, "d")
	require.ErrorIs(t, err, flywheel.ErrNotFound)

	// Products of a call may name each other; slugs are given in order.
	x, y := thing("x", "X"), thing("y", "Y")
	x.Text["en"], y.Text["en"] = catalog.Text{Title: "Same"}, catalog.Text{Title: "Same"}
	x.Attributes = catalog.NewAttributes(map[string]any{"goes_with": []any{"y"}})
	out, err = s.PutAll(ctx, []catalog.Product{x, y})
	require.NoError(t, err)
	require.EqualValues(t, "same", out[0].Listings["web"].Slugs["en"])
	require.EqualValues(t, "same-2", out[1].Listings["web"].Slugs["de"])
}

func TestRedirect(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	_, err := s.PutAll(ctx, []catalog.Product{thing("a", "A"), thing("b", "B")})
	require.NoError(t, err)
	wrong(t, s.Redirect(ctx, "web", "en", "Old Page", "thing-a"), "from: invalid")
	wrong(t, s.Redirect(ctx, "web", "en", "old", "old"), "to: invalid")
	wrong(t, s.Redirect(ctx, "web", "en", "thing-a", "thing-b"), "from: conflict")
	wrong(t, s.Redirect(ctx, "web", "en", "old", "none"), "to: not_found")
	wrong(t, s.Redirect(ctx, "pos", "en", "old", "thing-a"), "channel: not_found")
	require.NoError(t, s.Redirect(ctx, "web", "en", "old", "thing-a"))
	require.NoError(t, s.Redirect(ctx, "web", "en", "older", "old"))
	_, err = s.Patch(ctx, "a", catalog.Fields{"listings": map[string]any{"web": map[string]any{"slugs": map[string]any{"en": "new"}}}})
	require.NoError(t, err)
	r, err := s.Resolve(ctx, "web", "en-GB", "older")
	require.NoError(t, err)
	require.Equal(t, "new", r.Redirect)
	require.NoError(t, s.Redirect(ctx, "web", "en", "older", "thing-b"))
	r, err = s.Resolve(ctx, "web", "en", "older")
	require.NoError(t, err)
	require.Equal(t, "thing-b", r.Redirect)
}

// A product that is listed again gets its former slug, also when others wanted it.
func TestListedAgain(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	a, b := thing("a", "A"), thing("b", "B")
	a.Text["en"], b.Text["en"] = catalog.Text{Title: "Cup"}, catalog.Text{Title: "Cup"}
	_, err := s.Put(ctx, a)
	require.NoError(t, err)
	_, err = s.Patch(ctx, "a", nil, "listings.web")
	require.NoError(t, err)
	out, err := s.Put(ctx, b)
	require.NoError(t, err)
	require.Equal(t, "cup-2", out.Listings["web"].Slugs["en"])
	out, err = s.Put(ctx, a)
	require.NoError(t, err)
	require.Equal(t, "cup", out.Listings["web"].Slugs["en"])
}

// Many people change one product at once: each change is decided by the state that
// the others left, and none is lost.
func TestTogether(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	_, err := s.Put(ctx, thing("a", "A1", "A2", "A3"))
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			sku := flywheel.SKU(fmt.Sprint("A", 1+i%3))
			for n := range 5 {
				_, err := s.PutVariant(ctx, "a", sku, catalog.Fields{"weight_grams": 100*i + n})
				if err != nil {
					t.Error(err)
				}
				if _, err := s.Patch(ctx, "a", catalog.Fields{"text": map[string]any{"en": map[string]any{"title": fmt.Sprint("T", i, n)}}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	p, err := s.Get(ctx, "a")
	require.NoError(t, err)
	versions := p.Version
	for _, v := range p.Variants {
		versions += v.Version
	}
	require.Greater(t, versions, int64(12*5))
}

// An answer that was lost is an error, and the same call again changes nothing more.
func TestLostAnswers(t *testing.T) {
	memory := catalog.NewMemory(nil)
	s, _ := shopOn(t, memory, nil)
	ctx := t.Context()
	lost := errors.New("lost")
	var fail string
	faulty, _ := shopOn(t, catalogtest.Failing(memory, func(call string, after bool) error {
		if fmt.Sprint(call, after) == fail {
			return lost
		}
		return nil
	}), nil)
	for _, f := range []string{"Headsfalse", "Slugsfalse", "Definitionstrue", "Savefalse", "Savetrue"} {
		fail = f
		_, err := faulty.Put(ctx, thing("a", "A"))
		require.ErrorIs(t, err, lost, f)
		_, err = s.Get(ctx, "a")
		require.ErrorIs(t, err, flywheel.ErrNotFound, f) // the transaction was undone
	}
	fail = ""
	_, err := faulty.Put(ctx, thing("a", "A"))
	require.NoError(t, err)
}

// Two services on one store: each sees what the other defined when it writes.
func TestTwoServices(t *testing.T) {
	memory := catalog.NewMemory(nil)
	s, _ := shopOn(t, memory, nil)
	other, _ := shopOn(t, memory, &catalog.Options{Refresh: time.Nanosecond})
	ctx := t.Context()
	require.NoError(t, other.PutAttribute(ctx, catalog.Attribute{Code: "color", Type: catalog.TextAttribute}))
	require.NoError(t, other.PutType(ctx, catalog.ProductType{Code: "goods", Attributes: []string{"color"}}))
	p := thing("a", "A")
	p.Attributes = catalog.NewAttributes(map[string]any{"color": "red"})
	_, err := s.Put(ctx, p)
	require.NoError(t, err)
	require.NoError(t, s.PutType(ctx, catalog.ProductType{Code: "goods"}))
	v, err := other.View(ctx, "a", "web", "en")
	require.NoError(t, err)
	require.Empty(t, v.Attributes) // it has the value no more, and keeps it
	_, err = other.SetStatus(ctx, "a", catalog.Draft)
	wrong(t, err, "attributes.color: invalid")
}

// Bad input is an error with its place, and never more.
func TestBadInput(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	p := thing("a", "A")
	p.Text["en"] = catalog.Text{Title: "A", Description: strings.Repeat("x", 10<<20)}
	_, err := s.Put(ctx, p)
	wrong(t, err, "text.en.description: limit")
	p = thing("a", "A")
	var many []any
	for i := range 20_000 {
		many = append(many, fmt.Sprint("p", i))
	}
	p.Attributes = catalog.NewAttributes(map[string]any{"goes_with": many, "fabric": map[string]any{"en": []any{"x"}}})
	_, err = s.Put(ctx, p)
	wrong(t, err, "attributes.goes_with: limit", "attributes.fabric.en: invalid")
	_, err = s.Put(ctx, catalog.Product{ID: catalog.ID(strings.Repeat("x", 300))})
	require.Error(t, err)
	_, err = s.Patch(ctx, "none", nil)
	wrong(t, err, "product: not_found")
	_, err = s.Put(ctx, thing("a", "A"))
	require.NoError(t, err)
	_, err = s.Patch(ctx, "a", catalog.Fields{"vendors": "x"})
	wrong(t, err, "set: invalid")
	_, err = s.Patch(ctx, "a", catalog.Fields{"id": "b"})
	wrong(t, err, "set.id: invalid")
	_, err = s.PutVariant(ctx, "a", "A", catalog.Fields{"weight_grams": "heavy", "color": 1, "sku": "B"})
	wrong(t, err, "weight_grams: invalid", "color: invalid", "sku: invalid")
	for _, cursor := range []string{"x", strings.Repeat("A", 100_000), "e30", "bnVsbA"} {
		_, err = s.List(ctx, catalog.ListQuery{Channel: "web", Cursor: cursor})
		wrong(t, err, "cursor: invalid")
	}
	for _, text := range []string{"\xff\xfeH\x00", "Handle,Title\na,\"A", "", "sep=\"\na\"b"} {
		report, err := s.Import(ctx, strings.NewReader(text), catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods"})
		require.NoError(t, err)
		require.Len(t, report.Errors, 1, "%q", text)
		require.Zero(t, report.Created)
	}
	_, err = s.Import(ctx, strings.NewReader(""), catalog.Import{Form: "xls", Channel: "pos", Type: "none"})
	wrong(t, err, "form: invalid", "channel: not_found", "type: not_found")
}

const twoGoods = "Handle,Title,Variant SKU,Variant Price\na,A,A,1.00\nb,B,B,x\n"

func TestImportDryAndAtomic(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	in := catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods", DryRun: true}
	report, err := s.Import(ctx, strings.NewReader(twoGoods), in)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{report.Created, report.Failed})
	in.DryRun, in.Atomic = false, true
	report, err = s.Import(ctx, strings.NewReader(twoGoods), in)
	require.NoError(t, err)
	require.Equal(t, []int{0, 2, 1}, []int{report.Created, report.Failed, len(report.Errors)})
	_, err = s.Get(ctx, "a")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	report, err = s.Import(ctx, strings.NewReader(strings.Replace(twoGoods, "x", "2", 1)), in)
	require.NoError(t, err)
	require.Equal(t, 2, report.Created)
}

// JSON lines carry products whole.
func TestJSONLines(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	p := thing("a", "A1", "A2")
	p.Attributes = catalog.NewAttributes(map[string]any{"fabric": map[string]any{"en": "Wool", "de": "Wolle"}})
	_, err := s.PutAll(ctx, []catalog.Product{p, thing("b", "B")})
	require.NoError(t, err)
	var first, second bytes.Buffer
	require.NoError(t, s.Export(ctx, &first, catalog.Export{Form: catalog.JSONForm}))
	report, err := s.Import(ctx, bytes.NewReader(first.Bytes()), catalog.Import{Form: catalog.JSONForm})
	require.NoError(t, err)
	require.Equal(t, []int{2, 2, 0}, []int{report.Rows, report.Unchanged, len(report.Errors)})
	other, _ := shopOn(t, nil, nil)
	report, err = other.Import(ctx, bytes.NewReader(first.Bytes()), catalog.Import{Form: catalog.JSONForm})
	require.NoError(t, err)
	require.Equal(t, 2, report.Created)
	require.NoError(t, other.Export(ctx, &second, catalog.Export{Form: catalog.JSONForm}))
	require.Equal(t, first.String(), second.String())
	report, err = other.Import(ctx, strings.NewReader(`{"id":"c","type":"goods","text":{"en":{"title":"C"}}}`+"\n\n{\"id\":\"d\",\"colour\":1}\n{\"id\":\"e\",\"type\":\"none\"}\n{}"), catalog.Import{Form: catalog.JSONForm})
	require.NoError(t, err)
	require.Equal(t, 1, report.Created)
	var lines []int
	for _, e := range report.Errors {
		lines = append(lines, e.Line)
	}
	require.Equal(t, []int{3, 4, 4, 5}, lines, "the fourth has no type and no title")
}

// What a spreadsheet would compute is guarded in a file for people, and comes back as
// it was.
func TestGuardedFile(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	p := thing("a", "-A1")
	p.Text["en"] = catalog.Text{Title: "=1+1", Description: "'=quoted"}
	p.Vendor = "@home"
	_, err := s.Put(ctx, p)
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, s.Export(ctx, &file, catalog.Export{Form: catalog.ShopifyForm, Channel: "web", Guarded: true}))
	require.Contains(t, file.String(), ",'=1+1,''=quoted,'@home,")
	report, err := s.Import(ctx, &file, catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods", Guarded: true})
	require.NoError(t, err)
	require.Equal(t, 1, report.Unchanged, "%v", report.Errors)
	file.Reset()
	require.NoError(t, s.Export(ctx, &file, catalog.Export{Form: catalog.ShopifyForm, Channel: "web"}))
	require.Contains(t, file.String(), ",=1+1,'=quoted,@home,")
}

// The cases of the security reference about cells.
func TestGuardCell(t *testing.T) {
	for text, cell := range map[string]string{
		"=HYPERLINK(\"x\")": "'=HYPERLINK(\"x\")", "+1": "'+1", "-2+3": "'-2+3", "@SUM(1)": "'@SUM(1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "＝1": "'＝1",
		"Plain - text": "Plain - text", "'=1+1": "''=1+1", "'tis": "'tis", "": "", "'": "'", "''=1": "'''=1",
	} {
		require.Equal(t, cell, catalog.GuardCell(text))
		require.Equal(t, text, catalog.UnguardCell(cell))
	}
}

// A sink that fails undoes the change.
func TestSinkFails(t *testing.T) {
	broken := errors.New("log is down")
	memory := new(flywheel.Memory)
	s, _ := shopOn(t, catalog.NewMemory(memory), &catalog.Options{Sink: storedSink{memory, broken}})
	_, err := s.Put(t.Context(), thing("a", "A"))
	require.ErrorIs(t, err, broken)
	_, err = s.Get(t.Context(), "a")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

// storedSink is a log in a database.
type storedSink struct {
	db  *flywheel.Memory
	err error
}

func (s storedSink) Handle() flywheel.Transactor { return s.db }

func (s storedSink) Publish(context.Context, ...flywheel.Event) error { return s.err }

// A View and a Product are JSON that reads back.
func TestJSON(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	p := thing("a", "A1", "A2")
	empty := []flywheel.SKU{}
	p.Listings["web"].Variants = empty
	out, err := s.Put(t.Context(), p)
	require.NoError(t, err)
	data, err := json.Marshal(out)
	require.NoError(t, err)
	var back catalog.Product
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, out, back)
	require.NotNil(t, back.Listings["web"].Variants)
}

// Cells that look like prices, and variants that the file and the shop name
// otherwise.
func TestImportCells(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	for _, c := range []struct{ file, want string }{
		{"Handle,Title,Variant SKU,Variant Price\na,A,A,14.900\nb,B,B,.5\nc,C,C,-1\nd,D,D,1.001\n", "1 0 3 [3 Variant Price 4 Variant Price 5 Variant Price]"},
		{"Handle,Title,Variant SKU,Option1 Name,Option1 Value\ne,E,E1,Size,S\ne,,E2,,M\n", "1 0 0 []"},
		{"Handle,Title,Variant SKU,Option1 Name,Option1 Value\ne,E,E1,Size,M\ne,,E2,,S\n", "0 1 0 []"},
		{"Handle,Title,Variant SKU,Option1 Name,Option1 Value\ne,E,E1,Size,S\n", "0 0 1 [2 Variant SKU]"},
		{"Handle,Title,SKU\ne,E,E9\n", "0 0 1 [2 SKU]"},
		{"Handle,Title,SKU\nf,F,E1\n", "0 0 1 [2 SKU]"},
		{"Handle,Title,SKU,Price\nf,F,F1,2\nf,,F1,3\n", "0 0 1 [3 SKU]"},
	} {
		report, err := s.Import(t.Context(), strings.NewReader(c.file), catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods"})
		require.NoError(t, err)
		var places []string
		for _, e := range report.Errors {
			places = append(places, fmt.Sprintf("%d %s", e.Line, e.Column))
		}
		require.Equal(t, c.want, fmt.Sprintf("%d %d %d %v", report.Created, report.Updated, report.Failed, places), c.file)
		if o, ok := report.Offers["A"]; ok {
			require.Equal(t, "14.90", *o.Price)
		}
	}
}
