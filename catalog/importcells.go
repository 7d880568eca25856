package catalog

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/jsonread"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// productFields are those that are read from the first row of a product; later rows
// have them blank or the same.
var productFields = []string{"title", "body", "vendor", "taxonomy", "product_type", "tags", "published", "status", "gift_card", "seo_title", "seo_description",
	"option1_name", "option2_name", "option3_name"}

// optionCount is how many option columns a file may have.
func (im *importer) optionCount() int {
	if im.in.Form == GenericForm {
		return len(im.sets)
	}
	return 3
}

// read reads the cells of a product.
func (im *importer) read(p *imported) {
	for n, r := range p.rows {
		if len(r.cells) != len(im.header) {
			im.fail(p, r.line, -1, "", fmt.Errorf("%d cells, the header has %d: %w", len(r.cells), len(im.header), flywheel.ErrInvalid))
			if n == 0 && len(p.rows) == 1 {
				return
			}
		}
	}
	first := -1
	for n, r := range p.rows {
		if len(r.cells) != len(im.header) {
			continue
		}
		if first < 0 {
			if first = n; n == 0 {
				im.readProduct(p, r)
			}
		} else {
			im.compareRows(p, p.rows[first], r)
		}
		im.readRow(p, n, r)
	}
}

// compareRows reports product cells of a later row that are not those of the first.
func (im *importer) compareRows(p *imported, first, r record) {
	for _, field := range productFields {
		cell, ok := im.cell(r, field)
		if !ok || cell == "" {
			continue
		}
		if before, _ := im.cell(first, field); before != cell {
			im.failField(p, r.line, field, flywheel.ErrConflict, "another value than in the first row")
		}
	}
	for _, a := range im.attrs {
		if cell := im.text(r.cells[a.at]); cell != "" && cell != im.text(first.cells[a.at]) {
			im.fail(p, r.line, a.at, "", fmt.Errorf("another value than in the first row: %w", flywheel.ErrConflict))
		}
	}
}

func (im *importer) readProduct(p *imported, r record) {
	f := &p.fields
	optional := func(field string) *string {
		if text, ok := im.cell(r, field); ok {
			return &text
		}
		return nil
	}
	f.title, f.body, f.vendor, f.taxonomy, f.kind = optional("title"), optional("body"), optional("vendor"), optional("taxonomy"), optional("product_type")
	f.seoTitle, f.seoDescription = optional("seo_title"), optional("seo_description")
	if f.title != nil && *f.title == "" {
		im.failField(p, r.line, "title", flywheel.ErrInvalid, "missing")
	}
	if _, keyed := im.cols["handle"]; im.in.Form == ShopifyForm && (p.key == "" && (keyed || f.title == nil || *f.title != "") || p.key != "" && slugify(p.key, im.locale, im.ch.Slugs) != p.key) {
		im.failField(p, r.line, "handle", flywheel.ErrInvalid, "%q is no slug in normal form", firstRunes(p.key, 40))
	}
	if _, ok := im.cols["tags"]; ok {
		text, _ := im.cell(r, "tags")
		f.hasTags = true
		for _, t := range strings.Split(text, ",") {
			f.tags = append(f.tags, normalText(t))
		}
		f.tags = withoutRepeats(f.tags)
	}
	f.published = im.boolean(p, r, "published", true)
	f.giftCard = im.boolean(p, r, "gift_card", false)
	if text, _ := im.cell(r, "status"); text != "" {
		if f.status = Status(strings.ToLower(text)); !f.status.known() {
			im.failField(p, r.line, "status", flywheel.ErrInvalid, "%q is unknown", firstRunes(text, 40))
		}
	}
	im.readOptionNames(p, r)
	f.attributes = map[string]any{}
	sc := im.s.current.Load()
	for _, a := range im.attrs {
		v, err := im.metafield(sc.attributes[a.code], im.text(r.cells[a.at]), a.unit)
		if err != nil {
			im.fail(p, r.line, a.at, "", err)
		}
		f.attributes[a.code] = v
	}
}

func (im *importer) readOptionNames(p *imported, r record) {
	f := &p.fields
	if im.in.Form == GenericForm {
		f.options = im.sets
		return
	}
	for n := 1; n <= 3; n++ {
		if name, _ := im.cell(r, fmt.Sprintf("option%d_name", n)); name != "" && len(f.options) == n-1 {
			f.options = append(f.options, name)
		}
	}
	if len(f.options) == 1 && f.options[0] == "Title" {
		if value, _ := im.cell(r, "option1_value"); value == "Default Title" {
			f.options = nil
		}
	}
}

// metafield returns the value of an attribute that a cell holds, nil for none.
func (im *importer) metafield(a *Attribute, cell, unit string) (any, error) {
	if a == nil || cell == "" {
		return nil, nil
	}
	if !a.Many {
		return im.metavalue(a, cell, unit)
	}
	var list []any
	if strings.HasPrefix(cell, "[") {
		if !json.Valid([]byte(cell)) {
			return nil, fmt.Errorf("no JSON list: %w", flywheel.ErrInvalid)
		}
		r := jsonread.New(cell)
		for r.Open('['); r.More(); {
			list = append(list, r.Value())
		}
		return list, nil
	}
	for part := range strings.SplitSeq(cell, ";") {
		if part = normalText(part); part != "" {
			v, err := im.metavalue(a, part, unit)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
	}
	return list, nil
}

func (im *importer) metavalue(a *Attribute, text, unit string) (any, error) {
	switch a.Type {
	case BoolAttribute:
		if b, ok := truth(text); ok {
			return b, nil
		}
		return nil, fmt.Errorf("%q is neither true nor false: %w", firstRunes(text, 40), flywheel.ErrInvalid)
	case DecimalAttribute, IntegerAttribute:
		if im.in.Decimal == "," {
			text = pointed(text)
		}
		if unit != "" && isDecimal(text) {
			text += " " + unit
		}
	}
	return text, nil
}

var commaNumber = regexp.MustCompile(`^-?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]+)?`)

// pointed returns a text in which a leading number of the form 1.249,90 is written
// 1249.90.
func pointed(text string) string {
	number := commaNumber.FindString(text)
	if rest := text[len(number):]; number == "" || rest != "" && (rest[0] == '.' || rest[0] == ',' || rest[0] >= '0' && rest[0] <= '9') {
		if isDecimal(text) {
			return "#" + text // 1.5 is no number where the comma is the sign
		}
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(number, ".", ""), ",", ".") + text[len(number):]
}

func truth(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// boolean reads true or false, the other value where the cell is blank; nil where
// there is no column.
func (im *importer) boolean(p *imported, r record, field string, other bool) *bool {
	text, ok := im.cell(r, field)
	if !ok {
		return nil
	}
	value, known := truth(text)
	if text == "" {
		value, known = other, true
	}
	if !known {
		im.failField(p, r.line, field, flywheel.ErrInvalid, "%q is neither true nor false", firstRunes(text, 40))
	}
	return &value
}

// readRow reads the picture of a row, and its variant.
func (im *importer) readRow(p *imported, n int, r record) {
	pictured := im.readPicture(p, r)
	named := false
	values := make([]string, im.optionCount())
	for i := range values {
		values[i], _ = im.cell(r, fmt.Sprintf("option%d_value", i+1))
		named = named || values[i] != ""
	}
	if named = named || n == 0; !named {
		for _, field := range []string{"sku", "barcode", "price"} {
			text, _ := im.cell(r, field)
			named = named || text != ""
		}
	}
	if !named {
		if !pictured {
			im.failField(p, r.line, "image", flywheel.ErrInvalid, "neither a variant nor a picture")
		}
		return
	}
	v := importedVariant{row: n}
	im.readVariant(p, &v, r)
	v.values = values[:min(len(values), len(p.fields.options))]
	for i := range v.values {
		if v.values[i] == "" {
			im.failField(p, r.line, fmt.Sprintf("option%d_value", i+1), flywheel.ErrInvalid, "missing")
		}
	}
	if len(v.values) > 0 {
		for _, other := range p.variants {
			if combination(other.values) == combination(v.values) {
				im.failField(p, r.line, "option1_value", flywheel.ErrInvalid, "an earlier row has the combination")
				break
			}
		}
	}
	p.variants = append(p.variants, v)
}

func (im *importer) readPicture(p *imported, r record) bool {
	link, ok := im.cell(r, "image")
	if !ok || link == "" {
		return false
	}
	if !absoluteURL(link) {
		im.failField(p, r.line, "image", flywheel.ErrInvalid, "no absolute http or https address")
	}
	pic := picture{url: link, position: 1 << 30}
	pic.alt, pic.hasAlt = im.cell(r, "image_alt")
	if text, _ := im.cell(r, "image_position"); text != "" {
		at, err := strconv.Atoi(text)
		if err != nil || !digits(text) || at < 1 {
			im.failField(p, r.line, "image_position", flywheel.ErrInvalid, "%q is no whole number from 1", firstRunes(text, 40))
		}
		pic.position = at
	}
	p.pictures = append(p.pictures, pic)
	return true
}

// floating is a number as a spreadsheet writes a long code.
var floating = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?[eE]\+[0-9]+$`)

func (im *importer) readVariant(p *imported, v *importedVariant, r record) {
	if text, ok := im.cell(r, "sku"); ok {
		v.sku = flywheel.SKU(text)
		if floating.MatchString(text) {
			im.failField(p, r.line, "sku", flywheel.ErrInvalid, "%q was a number in a spreadsheet", text)
		}
		if im.in.Form == GenericForm && p.key == "" {
			im.failField(p, r.line, "sku", flywheel.ErrInvalid, "missing")
		}
	}
	if text, ok := im.cell(r, "barcode"); ok {
		v.barcode = &text
		if floating.MatchString(text) {
			im.failField(p, r.line, "barcode", flywheel.ErrInvalid, "%q was a number in a spreadsheet", text)
		}
	}
	if text, ok := im.cell(r, "weight_grams"); ok {
		v.hasGrams = true
		v.grams = im.whole(p, r, "weight_grams", text, false)
	}
	v.shipping, v.taxable = im.boolean(p, r, "requires_shipping", true), im.boolean(p, r, "taxable", true)
	if text, ok := im.cell(r, "variant_image"); ok {
		v.image = &text
		if text != "" && !absoluteURL(text) {
			im.failField(p, r.line, "variant_image", flywheel.ErrInvalid, "no absolute http or https address")
		}
	}
	v.offer.Price, v.offer.CompareAt, v.offer.Cost = im.price(p, r, "price"), im.price(p, r, "compare_at"), im.price(p, r, "cost")
	if text, _ := im.cell(r, "quantity"); text != "" {
		v.offer.Quantity = im.whole(p, r, "quantity", text, true)
	}
	if text, ok := im.cell(r, "tracker"); ok {
		tracked := text != ""
		v.offer.Tracked = &tracked
	}
	if text, _ := im.cell(r, "policy"); text != "" {
		continues := strings.EqualFold(text, "continue")
		if v.offer.ContinueSelling = &continues; !continues && !strings.EqualFold(text, "deny") {
			if continues, ok := truth(text); ok {
				v.offer.ContinueSelling = &continues
			} else {
				im.failField(p, r.line, "policy", flywheel.ErrInvalid, "%q is neither deny nor continue", firstRunes(text, 40))
			}
		}
	}
}

func (im *importer) whole(p *imported, r record, field, text string, negative bool) *int64 {
	if text == "" {
		return nil
	}
	if im.in.Decimal == "," {
		text = pointed(text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !digits(strings.TrimPrefix(text, "-")) || n < 0 && !negative {
		im.failField(p, r.line, field, flywheel.ErrInvalid, "%q is no whole number", firstRunes(text, 40))
		return nil
	}
	return &n
}

// price reads an amount of the channel's currency and writes it with all decimals.
func (im *importer) price(p *imported, r record, field string) *string {
	text, _ := im.cell(r, field)
	if text == "" {
		return nil
	}
	number := text
	if im.in.Decimal == "," {
		number = pointed(text)
	}
	if !strings.HasPrefix(number, "-") && isDecimal(number) {
		if strings.IndexByte(number, '.') >= 0 { // zeros beyond the currency's decimals do not matter
			number = strings.TrimSuffix(strings.TrimRight(number, "0"), ".")
		}
		if amount, err := money.Parse(number, im.ch.currency); err == nil {
			out := amountText(amount)
			return &out
		}
	}
	im.failField(p, r.line, field, flywheel.ErrInvalid, "%q is no price in %s", firstRunes(text, 40), im.ch.Currency)
	return nil
}

// amountText is an amount with all decimals of its currency, without its code.
func amountText(a money.Amount) string {
	text, _, _ := strings.Cut(a.String(), " ")
	return text
}
