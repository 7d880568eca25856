package catalog

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Export says which products go into a file, and in which form.
type Export struct {
	Form string // ShopifyForm or JSONForm
	// OldHeader writes Shopify's older column names.
	OldHeader bool
	Channel   Channel
	// Locale of the texts, the channel's default where it is empty.
	Locale Locale
	// Products to export; all where there are none.
	Products []ID
	// Guarded writes cells by [GuardCell], for people who open the file in a
	// spreadsheet.
	Guarded bool
}

// Export writes products by ID to w, a few hundred at a time. In Shopify's form a
// product has as many rows as variants or pictures; prices and stock are those of
// Offers.
func (s *Service) Export(ctx context.Context, w io.Writer, ex Export) error {
	sc, err := s.schema(ctx)
	if err != nil {
		return err
	}
	ch := sc.channels[ex.Channel]
	switch {
	case ex.Form == JSONForm:
		return s.exportJSON(ctx, w, ex)
	case ex.Form != ShopifyForm:
		return fieldError("form", flywheel.ErrInvalid, "%q is unknown", ex.Form)
	case ch == nil:
		return fieldError("channel", flywheel.ErrNotFound, "channel %q", ex.Channel)
	}
	locale := ex.Locale.canonical()
	if ex.Locale == "" {
		locale = ch.DefaultLocale
	}
	e := &exporter{schema: sc, ch: ch, locale: locale, chain: sc.chain(ch, locale), guarded: ex.Guarded}
	if err := e.findAttributes(ctx, s, ex.Products); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(e.header(ex.OldHeader)); err != nil {
		return fmt.Errorf("catalog: export: %w", err)
	}
	err = s.eachProduct(ctx, ex.Products, func(p *shelved, offers map[flywheel.SKU]Offer) error {
		for _, row := range e.rows(p, offers) {
			if err := out.Write(row); err != nil {
				return fmt.Errorf("catalog: export: %w", err)
			}
		}
		return nil
	}, ch)
	if err != nil {
		return err
	}
	if out.Flush(); out.Error() != nil {
		return fmt.Errorf("catalog: export: %w", out.Error())
	}
	return nil
}

// readSize is how many products are read at a time.
const readSize = 256

// eachProduct calls fn for products by ID, all where none are named, with the offers
// of a channel, which may be nil.
func (s *Service) eachProduct(ctx context.Context, only []ID, fn func(p *shelved, offers map[flywheel.SKU]Offer) error, ch *channel) error {
	if len(only) > 0 {
		ids := distinct(only)
		slices.Sort(ids)
		for chunk := range slices.Chunk(ids, readSize) {
			found, err := s.readChunk(ctx, chunk, fn, ch)
			if err != nil {
				return err
			}
			if found < len(chunk) {
				return fieldError("products", flywheel.ErrNotFound, "not all of the products exist")
			}
		}
		return nil
	}
	return s.eachEntry(ctx, Scan{Spaces: anyStatus(""), Timeless: true}, func(ids []ID) error {
		_, err := s.readChunk(ctx, ids, fn, ch)
		return err
	})
}

// eachEntry calls fn for the products of a query of the index by ID, some at a time.
func (s *Service) eachEntry(ctx context.Context, q Scan, fn func(ids []ID) error) error {
	for q.Limit = readSize; ; {
		entries, err := s.store.Scan(ctx, q)
		if err != nil {
			return err
		}
		ids := make([]ID, len(entries))
		for i, e := range entries {
			ids[i] = e.ID
		}
		if len(ids) > 0 {
			if err := fn(ids); err != nil {
				return err
			}
		}
		if len(entries) < q.Limit {
			return nil
		}
		q.AfterKey, q.AfterID = entries[len(entries)-1].Key, entries[len(entries)-1].ID
	}
}

// readVariants is how many variants are read at a time, unless one product has more.
const readVariants = 4096

// readChunk calls fn for those of the products that exist, in the order of ids, with
// the offers of a channel, which may be nil, and returns how many there are. Their
// heads are read at once, their variants in parts.
func (s *Service) readChunk(ctx context.Context, ids []ID, fn func(p *shelved, offers map[flywheel.SKU]Offer) error, ch *channel) (int, error) {
	heads, err := s.store.Heads(ctx, ids...)
	if err != nil {
		return 0, err
	}
	byID := make(map[ID]*Head, len(heads))
	for _, h := range heads {
		byID[h.Product.ID] = h
	}
	var part []*Head
	variants := 0
	for _, id := range ids {
		h := byID[id]
		if h == nil {
			continue
		}
		if variants+h.Variants > readVariants && len(part) > 0 {
			if err := s.readPart(ctx, part, fn, ch); err != nil {
				return 0, err
			}
			part, variants = part[:0], 0
		}
		part, variants = append(part, h), variants+h.Variants
	}
	return len(heads), s.readPart(ctx, part, fn, ch)
}

// readPart is readChunk for some heads.
func (s *Service) readPart(ctx context.Context, heads []*Head, fn func(p *shelved, offers map[flywheel.SKU]Offer) error, ch *channel) error {
	products, err := s.shelve(ctx, heads)
	if err != nil {
		return err
	}
	var offers map[flywheel.SKU]Offer
	if ch != nil {
		var skus []flywheel.SKU
		for _, h := range heads {
			for _, row := range products[h.Product.ID].rows {
				skus = append(skus, row.Variant.SKU)
			}
		}
		if offers, err = s.offers.Offers(ctx, ch.Code, skus); err != nil {
			return err
		}
	}
	for _, h := range heads {
		if err := fn(products[h.Product.ID], offers); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// exporter writes products as rows of Shopify's form.
type exporter struct {
	schema  *schema
	ch      *channel
	locale  Locale
	chain   []Locale
	attrs   []*Attribute
	guarded bool
}

// findAttributes finds the attributes that the products have values of.
func (e *exporter) findAttributes(ctx context.Context, s *Service, only []ID) error {
	for _, code := range sortedKeys(e.schema.attributes) {
		a := e.schema.attributes[code]
		if a.Scope != ProductScope || a.PerChannel {
			continue
		}
		used := false
		if len(only) == 0 {
			var err error
			if used, err = s.exists(ctx, true, space("t", "attributes."+code, "")); err != nil {
				return err
			}
		} else {
			heads, err := s.store.Heads(ctx, only...)
			if err != nil {
				return err
			}
			used = slices.ContainsFunc(heads, func(h *Head) bool { return h.Product.Attributes.Get(code) != nil })
		}
		if used {
			e.attrs = append(e.attrs, a)
		}
	}
	return nil
}

func (e *exporter) header(old bool) []string {
	row := make([]string, 0, len(shopifyFields)+len(e.attrs))
	n := 1
	if old {
		n = 0
	}
	for _, f := range shopifyFields {
		row = append(row, shopifyNames[f][n])
	}
	for _, a := range e.attrs {
		key := a.Code
		if !strings.Contains(key, ".") {
			key = "custom." + key
		}
		row = append(row, a.Code+" (product.metafields."+key+")")
	}
	return row
}

// column of each field of Shopify's form.
var shopifyColumn = func() map[string]int {
	m := map[string]int{}
	for i, f := range shopifyFields {
		m[f] = i
	}
	return m
}()

func (e *exporter) rows(p *shelved, offers map[flywheel.SKU]Offer) [][]string {
	head := &p.head.Product
	handle := string(head.ID)
	l := head.Listings[e.ch.Code]
	if slug := p.head.slug(e.ch.Code, e.ch.locale(e.schema, e.locale)); slug != "" {
		handle = slug
	}
	var pictures []Media
	for _, role := range []Role{MainRole, GalleryRole} {
		for _, m := range head.Media {
			if m.Role == role {
				pictures = append(pictures, m)
			}
		}
	}
	rows := make([][]string, max(len(p.rows), len(pictures), 1))
	for i := range rows {
		row := make([]string, len(shopifyFields)+len(e.attrs))
		cell := func(field, text string) { row[shopifyColumn[field]] = e.guard(text) }
		plain := func(field, text string) { row[shopifyColumn[field]] = text }
		cell("handle", handle)
		if i == 0 {
			e.productCells(head, cell, l != nil)
			for n, a := range e.attrs {
				row[len(shopifyFields)+n] = e.guard(e.attributeCell(a, head.Attributes.Get(a.Code)))
			}
		}
		if i < len(p.rows) {
			e.variantCells(head, &p.rows[i].Variant, offers[p.rows[i].Variant.SKU], cell, plain)
		}
		if i < len(pictures) {
			cell("image", pictures[i].URL)
			plain("image_position", strconv.Itoa(i+1))
			cell("image_alt", pictures[i].Alt[e.locale])
		}
		rows[i] = row
	}
	return rows
}

func (e *exporter) guard(text string) string {
	if e.guarded {
		return GuardCell(text)
	}
	return text
}

func (e *exporter) productCells(head *Product, cell func(field, text string), listed bool) {
	cell("title", textTitle(head.Text, e.chain))
	cell("body", head.Text[e.locale].Description)
	cell("vendor", head.Vendor)
	cell("taxonomy", head.Taxonomy)
	cell("product_type", head.ProductType)
	cell("tags", strings.Join(head.Tags, ", "))
	cell("published", strconv.FormatBool(listed))
	cell("status", string(head.Status))
	cell("gift_card", strconv.FormatBool(head.GiftCard))
	cell("seo_title", head.SEO[e.locale].Title)
	cell("seo_description", head.SEO[e.locale].Description)
	for i, code := range head.Options {
		if i < 3 {
			name := code
			if set := e.schema.options[code]; set != nil {
				name = textIn(set.Name, e.chain, code)
			}
			cell("option"+strconv.Itoa(i+1)+"_name", name)
		}
	}
	if len(head.Options) == 0 {
		cell("option1_name", "Title")
	}
}

func (e *exporter) variantCells(head *Product, v *Variant, o Offer, cell, plain func(field, text string)) {
	for i, name := range e.schema.optionNames(head, v, e.chain) {
		if i < 3 {
			cell("option"+strconv.Itoa(i+1)+"_value", name)
		}
	}
	if len(head.Options) == 0 {
		cell("option1_value", "Default Title")
	}
	cell("sku", string(v.SKU))
	cell("barcode", v.Barcode)
	if v.WeightGrams != nil {
		plain("weight_grams", strconv.FormatInt(*v.WeightGrams, 10))
	}
	cell("requires_shipping", strconv.FormatBool(v.Shipped()))
	cell("taxable", strconv.FormatBool(v.Taxed()))
	if m := firstOf(v.Media, MainRole); m != nil {
		cell("variant_image", m.URL)
	}
	if has(o.Price) {
		plain("price", amountText(o.Price))
	}
	if has(o.CompareAt) {
		plain("compare_at", amountText(o.CompareAt))
	}
	if o.Stock != nil {
		plain("quantity", strconv.FormatInt(*o.Stock, 10))
	}
	if o.Tracked != nil && *o.Tracked {
		cell("tracker", "shopify")
	}
	if o.ContinueSelling != nil {
		policy := "deny"
		if *o.ContinueSelling {
			policy = "continue"
		}
		cell("policy", policy)
	}
}

// attributeCell writes the value of an attribute in the locale.
func (e *exporter) attributeCell(a *Attribute, v any) string {
	if a.Localized {
		by, _ := v.(map[string]any)
		v = by[string(e.locale)]
	}
	list, many := v.([]any)
	if !many {
		if v == nil {
			return ""
		}
		return termValue(v)
	}
	parts := make([]string, len(list))
	asJSON := false
	for i, e := range list {
		parts[i] = termValue(e)
		asJSON = asJSON || strings.Contains(parts[i], ";") || strings.HasPrefix(parts[i], "[")
	}
	if !asJSON {
		return strings.Join(parts, "; ")
	}
	for i, e := range list {
		parts[i] = jsonText(e)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// jsonText is v as JSON, with characters of other scripts and < > & as they are.
func jsonText(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}
