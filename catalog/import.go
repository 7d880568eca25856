package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
)

// The forms of files.
const (
	ShopifyForm = "shopify" // Shopify's product CSV, in its older and newer headers
	GenericForm = "generic" // any CSV, with a mapping
	JSONForm    = "jsonl"   // a product as JSON on each line
)

// Import says what a file is and what becomes of it.
type Import struct {
	Form string // one of the Form constants
	// Channel into which products are listed, and Locale of their texts, the
	// channel's default where it is empty. Type of new products. A JSON file tells
	// these itself.
	Channel Channel
	Locale  Locale
	Type    string
	// Mapping of a generic file: the header of the column of each field. The
	// fields are sku, which is needed, group, title, description, vendor, tags,
	// barcode, weight_grams, price, quantity, options.SET and attributes.CODE.
	Mapping map[string]Column
	// Decimal is the decimal sign of a generic file, "," or ".", the latter where
	// it is empty.
	Decimal string
	// Delimiter of a CSV file; 0: it is found.
	Delimiter rune
	// Guarded reports that the cells were written by [GuardCell].
	Guarded bool
	// DryRun reports what would change, and changes nothing.
	DryRun bool
	// Atomic imports all products or none: with any error nothing is changed. The
	// whole file is one transaction, which a store must have.
	Atomic bool
	// Progress is called after each batch with the products done and in all.
	Progress func(done, all int)
}

// Column is a column of a generic file. Unit is appended to bare numbers.
type Column struct {
	Header string
	Unit   string
}

// ImportReport is what an import did, or would do.
type ImportReport struct {
	Rows      int           `json:"rows"` // of the file, without header and blank ones
	Created   int           `json:"created"`
	Updated   int           `json:"updated"`
	Unchanged int           `json:"unchanged"`
	Failed    int           `json:"failed"` // products left out
	Errors    []ImportError `json:"errors"` // by line, then column
	Warnings  []Warning     `json:"warnings"`
	// Offers of the variants in the file, for pricing and inventory to keep.
	Offers    map[flywheel.SKU]ImportOffer `json:"offers"`
	Delimiter string                       `json:"delimiter,omitempty"`
}

// ImportError is what is wrong with a cell, a row or the file.
type ImportError struct {
	Line   int    // where the record begins; the header is 1
	Column string // the header as written; empty for a row or the file
	Err    error  // wraps a kind; a *flywheel.FieldError where the product as a whole is refused
	order  int    // of the column
}

func (e ImportError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d, column %q: %v", e.Line, e.Column, e.Err)
}

// Unwrap returns the cause.
func (e ImportError) Unwrap() error { return e.Err }

// Warning is something of a file that was not imported.
type Warning struct {
	Column string `json:"column"`
	Kind   string `json:"kind"` // unknown_column
}

// ImportOffer is what a file says of a variant's price and stock. What it does not
// say is nil.
type ImportOffer struct {
	Price           *string `json:"price,omitempty"`
	CompareAt       *string `json:"compare_at,omitempty"`
	Cost            *string `json:"cost,omitempty"`
	Quantity        *int64  `json:"quantity,omitempty"`
	Tracked         *bool   `json:"tracked,omitempty"`
	ContinueSelling *bool   `json:"continue_selling,omitempty"`
}

// maxFile bounds the size of a file.
const maxFile = 1 << 30

// batchSize is how many products are imported in one transaction.
const batchSize = 500

// errNotKept undoes a dry run.
var errNotKept = errors.New("not kept")

// Import reads products from a file. They are found by their handle, ID or group and
// created or changed; the same file again changes nothing. A product with an error
// is left out whole; a file that is not of its form is refused, with nothing
// changed. What is wrong with the file is told in the report, the error is about the
// call or the store.
func (s *Service) Import(ctx context.Context, r io.Reader, in Import) (ImportReport, error) {
	report := ImportReport{Errors: []ImportError{}, Warnings: []Warning{}, Offers: map[flywheel.SKU]ImportOffer{}}
	if in.Atomic && handle.None(s.tx) {
		return report, fieldError("atomic", flywheel.ErrInvalid, "the store has no transactions")
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return report, fmt.Errorf("catalog: import: %w", err)
	}
	if len(data) > maxFile {
		return report, fieldError("file", flywheel.ErrLimit, "more than %d bytes", maxFile)
	}
	if in.Form == JSONForm {
		return report, s.importJSON(ctx, data, in, &report)
	}
	im, err := s.newImporter(ctx, in, &report)
	if err != nil {
		return report, err
	}
	sheet, refused := readSheet(data, in.Delimiter)
	if refused != nil {
		report.Errors = append(report.Errors, *refused)
		return report, nil
	}
	report.Delimiter = string(sheet.delimiter)
	if !im.columns(sheet.header) {
		return report, nil
	}
	report.Rows = len(sheet.records)
	im.group(sheet.records)
	for _, p := range im.products {
		im.read(p)
	}
	im.repeated()
	err = im.run(ctx)
	im.finish()
	return report, err
}

// importer is one import of a CSV file.
type importer struct {
	s        *Service
	in       Import
	ch       *channel
	locale   Locale
	report   *ImportReport
	cols     map[string]int // column of each field, by its own name
	header   []string
	attrs    []attrColumn
	sets     []string // option sets of a generic file, in order
	products []*imported
	told     map[place]bool // errors, by where they are
	way      string         // digest of how the file is read
}

// place is a cell, or a row where its column is empty.
type place struct {
	line, order int
	column      string
	path        string // within the product of a JSON line
}

type attrColumn struct {
	code string
	at   int
	unit string
}

// imported is one product of the file.
type imported struct {
	key      string // handle, group or SKU
	rows     []record
	fields   fields
	variants []importedVariant
	pictures []picture
	failed   bool
	outcome  string // created, updated, unchanged
	offers   map[flywheel.SKU]ImportOffer

	// Of a JSON file: the product of the line, and its digest.
	product *Product
	sum     [32]byte
}

// fields are the product's own cells. A nil field is a column that is not there.
type fields struct {
	title, body, vendor, taxonomy, kind, seoTitle, seoDescription *string
	tags                                                          []string
	hasTags                                                       bool
	published, giftCard                                           *bool
	status                                                        Status
	options                                                       []string // names, or codes of sets
	attributes                                                    map[string]any
}

// importedVariant is one row that is a variant.
type importedVariant struct {
	row               int // in rows
	sku               flywheel.SKU
	values            []string
	barcode, image    *string
	grams             *int64
	hasGrams          bool
	shipping, taxable *bool
	offer             ImportOffer
	built             flywheel.SKU // the SKU that it has in the catalog
}

type picture struct {
	url, alt string
	hasAlt   bool
	position int
}

func (s *Service) newImporter(ctx context.Context, in Import, report *ImportReport) (*importer, error) {
	p := newProblems()
	sc, err := s.latest(ctx)
	if err != nil {
		return nil, err
	}
	if in.Form != ShopifyForm && in.Form != GenericForm {
		p.invalid("form", "%q is unknown", in.Form)
	}
	ch := sc.channels[in.Channel]
	if ch == nil {
		p.notFound("channel", "channel", string(in.Channel))
	}
	if sc.types[in.Type] == nil {
		p.notFound("type", "type", in.Type)
	}
	im := &importer{s: s, in: in, ch: ch, report: report, cols: map[string]int{}, told: map[place]bool{}}
	if ch != nil {
		if im.locale = in.Locale.canonical(); in.Locale == "" {
			im.locale = ch.DefaultLocale
		}
		if !containsLocale(ch.Locales, im.locale) {
			p.invalid("locale", "%q is none of the channel's", in.Locale)
		}
	}
	if in.Decimal != "" && in.Decimal != "." && in.Decimal != "," {
		p.invalid("decimal", "%q is neither a point nor a comma", in.Decimal)
	}
	if in.Form == GenericForm {
		im.checkMapping(sc, p)
	}
	return im, p.err()
}

// fail reports what is wrong with a cell of a product, which is left out. At most
// one error of a cell is kept.
func (im *importer) fail(p *imported, line, column int, name string, err error) {
	p.failed = true
	e := ImportError{Line: line, Err: err, order: column}
	if column >= 0 {
		e.Column = im.header[column]
	} else if name != "" { // of a column that is not there
		e.Column, e.order = name, len(im.header)
	}
	at := place{e.Line, e.order, e.Column, ""}
	if field, ok := errors.AsType[*flywheel.FieldError](err); ok && im.in.Form == JSONForm {
		at.path = field.Field
	}
	if im.told[at] {
		return
	}
	im.told[at] = true
	im.report.Errors = append(im.report.Errors, e)
}

// failField is fail for the column of a field.
func (im *importer) failField(p *imported, line int, field string, kind error, format string, args ...any) {
	column, ok := im.cols[field]
	if !ok {
		column = -1
	}
	im.fail(p, line, column, shopifyNames[field][0], fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), kind))
}

// cell returns the text of a field in a record, and whether the file has its column.
func (im *importer) cell(r record, field string) (string, bool) {
	i, ok := im.cols[field]
	if !ok || i >= len(r.cells) {
		return "", ok
	}
	return im.text(r.cells[i]), true
}

func (im *importer) text(cell string) string {
	cell = normalText(cell)
	if im.in.Guarded {
		cell = UnguardCell(cell)
	}
	return cell
}

// group makes the rows of one handle one product, wherever they are.
func (im *importer) group(records []record) {
	byKey := map[string]*imported{}
	for n, r := range records {
		key, keyed := im.key(r)
		p := byKey[key]
		if p == nil || !keyed {
			p = &imported{key: key}
			im.products = append(im.products, p)
			if keyed {
				byKey[key] = p
			}
		}
		p.rows = append(p.rows, records[n])
	}
}

// repeated reports SKUs that the file has twice.
func (im *importer) repeated() {
	type named struct {
		p *imported
		v *importedVariant
	}
	var all []named
	for _, p := range im.products {
		for i := range p.variants {
			all = append(all, named{p, &p.variants[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b named) int { return cmp.Compare(a.p.rows[a.v.row].line, b.p.rows[b.v.row].line) })
	seen := map[flywheel.SKU]bool{}
	for _, at := range all {
		if at.v.sku == "" {
			continue
		}
		if seen[at.v.sku] {
			im.failField(at.p, at.p.rows[at.v.row].line, "sku", flywheel.ErrInvalid, "%q is there already", at.v.sku)
		}
		seen[at.v.sku] = true
	}
}

// run imports the products whose cells could be read, batch by batch.
func (im *importer) run(ctx context.Context) error {
	all := func(ctx context.Context) error {
		done := 0
		for list := range slices.Chunk(im.products, batchSize) {
			if err := im.batch(ctx, list); err != nil {
				return err
			}
			if done += len(list); im.in.Progress != nil {
				im.in.Progress(done, len(im.products))
			}
		}
		if im.in.Atomic && len(im.report.Errors) > 0 {
			return errNotKept
		}
		return nil
	}
	return im.together(ctx, all)
}

// together runs all, in one transaction where the import is atomic.
func (im *importer) together(ctx context.Context, all func(ctx context.Context) error) error {
	if !im.in.Atomic {
		return all(ctx)
	}
	err := im.s.change(ctx, all)
	if errors.Is(err, errNotKept) {
		for _, p := range im.products {
			p.failed = true
		}
		return nil
	}
	return err
}

// kept is the error of a transaction; that of a dry run was undone on purpose.
func (im *importer) kept(err error) error {
	if im.in.DryRun && errors.Is(err, errNotKept) {
		return nil
	}
	return err
}

// batch imports some products in one transaction. Those that are refused are left
// out, and the others decided again.
func (im *importer) batch(ctx context.Context, list []*imported) error {
	return im.kept(im.s.change(ctx, func(ctx context.Context) error {
		for _, p := range list {
			p.outcome = ""
		}
		for {
			rest := slices.DeleteFunc(slices.Clone(list), func(p *imported) bool { return p.failed })
			if len(rest) == 0 {
				return nil
			}
			again, err := im.attempt(ctx, rest)
			if err != nil {
				return err
			}
			if !again {
				break
			}
		}
		if im.in.DryRun {
			return errNotKept
		}
		return nil
	}))
}

// attempt decides on products and saves them, unless some are refused: then it is to
// be done again without these.
func (im *importer) attempt(ctx context.Context, list []*imported) (again bool, err error) {
	w, err := im.s.write(ctx)
	if err != nil {
		return false, err
	}
	if list, err = im.changed(ctx, w, list); err != nil || len(list) == 0 {
		return false, err
	}
	w.sources = make(map[ID]string, len(list))
	if im.in.Form == JSONForm {
		products := make([]Product, len(list))
		for i, p := range list {
			products[i] = p.product.Clone()
			w.sources[p.product.ID] = im.hash(p, w.schema.meaning())
		}
		return im.putIn(ctx, w, list, products)
	}
	if err := im.find(ctx, w, list); err != nil {
		return false, err
	}
	made := newMakers(w, im)
	products := make([]Product, 0, len(list))
	for _, p := range list {
		product := im.build(w, made, p)
		if p.failed {
			again = true
		}
		products = append(products, product)
	}
	if again {
		return true, nil
	}
	if err := made.define(w); err != nil {
		return false, err
	}
	for i, p := range list {
		w.sources[products[i].ID] = im.hash(p, w.schema.meaning())
	}
	return im.putIn(ctx, w, list, products)
}

// putIn puts the products of a list, unless some are refused.
func (im *importer) putIn(ctx context.Context, w *write, list []*imported, products []Product) (again bool, err error) {
	err = w.put(ctx, products, nil, func(i int) string { return fmt.Sprintf("%d.", i) })
	if refused, ok := asErrors(err); ok {
		for _, e := range refused {
			index, path, _ := strings.Cut(e.Field, ".")
			i := 0
			fmt.Sscan(index, &i)
			im.judged(list[i], path, e.Err)
		}
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if !im.in.DryRun || im.in.Atomic { // the batches of an atomic dry run see each other, and are taken back together
		if err := w.commit(ctx); err != nil {
			return false, err
		}
	}
	for i, p := range list {
		k := w.work[products[i].ID]
		switch {
		case k.next == nil:
			p.outcome = "unchanged"
		case k.head == nil:
			p.outcome = "created"
		default:
			p.outcome = "updated"
		}
	}
	return false, nil
}

// judged reports what is wrong with a product as a whole, with the path within it, at
// the column that it comes from.
func (im *importer) judged(p *imported, path string, err error) {
	line, column := p.rows[0].line, -1
	field := ""
	switch {
	case strings.HasPrefix(path, "attributes."):
		for _, a := range im.attrs {
			rest, ok := strings.CutPrefix(path, "attributes."+a.code)
			if ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
				column = a.at
			}
		}
	case strings.Contains(path, ".slugs."), path == "id":
		field = "handle"
		if im.in.Form == GenericForm {
			field = "group"
		}
	case strings.HasPrefix(path, "text"):
		field = "title"
	case strings.HasPrefix(path, "variants["):
		var i int
		fmt.Sscanf(path, "variants[%d]", &i)
		if strings.HasSuffix(path, ".sku") {
			field = "sku"
			for _, v := range p.variants {
				if v.built != "" && v.row < len(p.rows) && im.place(p, i) == v.built {
					line = p.rows[v.row].line
				}
			}
		}
	default:
		if _, known := shopifyNames[path]; known {
			field = path
		}
	}
	if i, ok := im.cols[field]; ok {
		column = i
	}
	im.fail(p, line, column, "", &flywheel.FieldError{Field: path, Err: err})
}

// finish counts what became of the products.
func (im *importer) finish() {
	for _, p := range im.products {
		switch {
		case p.failed || p.outcome == "":
			im.report.Failed++
			continue
		case p.outcome == "created":
			im.report.Created++
		case p.outcome == "updated":
			im.report.Updated++
		default:
			im.report.Unchanged++
		}
		for sku, o := range p.offers {
			im.report.Offers[sku] = o
		}
	}
	slices.SortStableFunc(im.report.Errors, func(a, b ImportError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.order, b.order))
	})
}
