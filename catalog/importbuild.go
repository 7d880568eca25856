package catalog

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// find reads the stored products of some of the file: by slug, else by ID.
func (im *importer) find(ctx context.Context, w *write, list []*imported) error {
	var keys []SlugKey
	ids := make([]ID, 0, len(list))
	for _, p := range list {
		if im.in.Form == ShopifyForm {
			keys = append(keys, im.slugKey(p))
		}
		ids = append(ids, ID(p.key))
	}
	if err := w.lookUp(ctx, keys...); err != nil {
		return err
	}
	for _, k := range keys {
		if row := w.slugs[k]; row != nil && !row.Redirect {
			ids = append(ids, row.Product)
		}
	}
	return w.load(ctx, distinct(ids)...)
}

func (im *importer) slugKey(p *imported) SlugKey { return SlugKey{im.ch.Code, im.locale, p.key} }

// stored returns the stored product of one of the file, nil for a new one.
func (im *importer) stored(w *write, p *imported) *work {
	if im.in.Form == ShopifyForm {
		if row := w.slugs[im.slugKey(p)]; row != nil && !row.Redirect {
			if k := w.work[row.Product]; k != nil && k.head != nil {
				return k
			}
		}
	}
	if k := w.work[ID(p.key)]; k != nil && k.head != nil {
		return k
	}
	return nil
}

// place returns the SKU of a variant of the product as it is built.
func (im *importer) place(p *imported, i int) flywheel.SKU {
	if i < len(p.variants) {
		return p.variants[i].built
	}
	return ""
}

// build makes of the stored product, or a new one, what the file says.
func (im *importer) build(w *write, made *makers, p *imported) Product {
	k := im.stored(w, p)
	var next Product
	if k == nil {
		next = Product{ID: ID(p.key), Type: im.in.Type, Status: Active}
	} else {
		next = assemble(k.head, k.rows)
		for _, l := range next.Listings {
			l.Slugs = nil // they stay
		}
	}
	im.buildFields(&next, k == nil, p)
	im.buildPictures(&next, p)
	im.buildVariants(w, made, k, &next, p)
	return next
}

func (im *importer) buildFields(next *Product, fresh bool, p *imported) {
	f := &p.fields
	edit := func(into *string, from *string) {
		if from != nil {
			*into = *from
		}
	}
	edit(&next.Vendor, f.vendor)
	edit(&next.Taxonomy, f.taxonomy)
	edit(&next.ProductType, f.kind)
	text, seo := next.Text[im.locale], next.SEO[im.locale]
	edit(&text.Title, f.title)
	edit(&text.Description, f.body)
	edit(&seo.Title, f.seoTitle)
	edit(&seo.Description, f.seoDescription)
	if next.Text == nil {
		next.Text = map[Locale]Text{}
	}
	if next.SEO == nil {
		next.SEO = map[Locale]Text{}
	}
	next.Text[im.locale], next.SEO[im.locale] = text, seo
	if f.hasTags {
		next.Tags = slices.Clone(f.tags)
	}
	if f.giftCard != nil {
		next.GiftCard = *f.giftCard
	}
	if f.status != "" {
		next.Status = f.status
	}
	listed := fresh
	if f.published != nil {
		listed = *f.published
	}
	code := im.ch.Code
	switch {
	case listed && next.Listings[code] == nil:
		l := &Listing{}
		if im.in.Form == ShopifyForm {
			l.Slugs = map[Locale]string{im.locale: p.key}
		}
		if next.Listings == nil {
			next.Listings = map[Channel]*Listing{}
		}
		next.Listings[code] = l
	case !listed && f.published != nil:
		delete(next.Listings, code)
	}
	sc := im.s.current.Load()
	for code, v := range f.attributes {
		if a := sc.attributes[code]; a != nil && a.Localized {
			kept, _ := next.Attributes.Get(code).(map[string]any)
			by := maps.Clone(kept)
			if by == nil {
				by = map[string]any{}
			}
			by[string(im.locale)] = v
			next.Attributes.Set(code, by)
			continue
		}
		next.Attributes.Set(code, v)
	}
}

func (im *importer) buildPictures(next *Product, p *imported) {
	pictures := slices.Clone(p.pictures)
	slices.SortStableFunc(pictures, func(a, b picture) int { return a.position - b.position })
	for _, pic := range pictures {
		at := slices.IndexFunc(next.Media, func(m Media) bool { return m.URL == pic.url })
		if at < 0 {
			role := GalleryRole
			if !slices.ContainsFunc(next.Media, func(m Media) bool { return m.Role.kind() == "image" }) {
				role = MainRole
			}
			next.Media = append(next.Media, Media{Role: role, URL: pic.url})
			at = len(next.Media) - 1
		}
		if pic.hasAlt {
			if next.Media[at].Alt == nil {
				next.Media[at].Alt = map[Locale]string{}
			}
			next.Media[at].Alt[im.locale] = pic.alt
		}
	}
}

// variantColumns are those that make a row of an existing product a variant.
var variantColumns = []string{"option1_value", "option2_value", "option3_value", "sku", "barcode", "weight_grams", "tracker", "quantity", "policy", "price", "compare_at", "cost",
	"requires_shipping", "taxable", "variant_image"}

func (im *importer) hasColumn(fields ...string) bool {
	return slices.ContainsFunc(fields, func(f string) bool {
		_, ok := im.cols[f]
		return ok
	})
}

func (im *importer) buildVariants(w *write, made *makers, k *work, next *Product, p *imported) {
	if k != nil && !im.hasColumn(variantColumns...) {
		return
	}
	optioned := im.hasColumn("option1_value", "option2_value", "option3_value")
	if optioned || k == nil {
		if !im.buildOptions(made, k != nil, next, p) {
			return
		}
	}
	p.offers = map[flywheel.SKU]ImportOffer{}
	changed := map[flywheel.SKU]int{} // rows of variants that got another combination
	for i := range p.variants {
		v := &p.variants[i]
		line := p.rows[v.row].line
		at, ok := im.match(next, p, v, made, optioned || k == nil, line)
		if !ok {
			continue
		}
		variant := &next.Variants[at]
		if options := made.values(next.Options, v.values); (optioned || k == nil) && !slices.Equal(variant.Options, options) {
			variant.Options = options
			changed[variant.SKU] = line
		}
		im.fill(variant, v)
		v.built = variant.SKU
		p.offers[variant.SKU] = v.offer
	}
	for i := range next.Variants {
		for j := range i {
			a, b := &next.Variants[j], &next.Variants[i]
			if len(next.Options) == 0 || !slices.Equal(a.Options, b.Options) {
				continue
			}
			line, ok := changed[b.SKU]
			if !ok {
				line, ok = changed[a.SKU]
			}
			if ok {
				im.failField(p, line, "sku", flywheel.ErrConflict, "the combination has another SKU")
			}
		}
	}
}

// match returns the place of the variant of a row in the product, which it enters
// there where it is new.
func (im *importer) match(next *Product, p *imported, v *importedVariant, made *makers, optioned bool, line int) (int, bool) {
	bySKU := slices.IndexFunc(next.Variants, func(o Variant) bool { return o.SKU == v.sku })
	if v.sku != "" && bySKU >= 0 {
		return bySKU, true
	}
	if !optioned {
		if v.sku == "" && len(next.Variants) == 1 {
			return 0, true
		}
		im.failField(p, line, "sku", flywheel.ErrNotFound, "%q is no variant of the product", v.sku)
		return 0, false
	}
	options := made.values(next.Options, v.values)
	if at := slices.IndexFunc(next.Variants, func(o Variant) bool { return slices.Equal(o.Options, options) }); at >= 0 {
		if v.sku != "" {
			im.failField(p, line, "sku", flywheel.ErrConflict, "the combination has SKU %q", next.Variants[at].SKU)
			return 0, false
		}
		return at, true
	}
	sku := v.sku
	if sku == "" {
		sku = flywheel.SKU(slugify(strings.Join(append([]string{p.key}, v.values...), "-"), im.locale, im.ch.Slugs))
	}
	next.Variants = append(next.Variants, Variant{SKU: sku, Options: options})
	return len(next.Variants) - 1, true
}

func (im *importer) fill(variant *Variant, v *importedVariant) {
	if v.barcode != nil {
		variant.Barcode = *v.barcode
	}
	if v.hasGrams {
		variant.WeightGrams = v.grams
	}
	if v.shipping != nil {
		variant.RequiresShipping = v.shipping
	}
	if v.taxable != nil {
		variant.Taxable = v.taxable
	}
	if v.image == nil {
		return
	}
	at := slices.IndexFunc(variant.Media, func(m Media) bool { return m.Role == MainRole })
	switch {
	case *v.image == "" && at >= 0:
		variant.Media = slices.Delete(variant.Media, at, at+1)
	case *v.image == "":
	case at < 0:
		variant.Media = append([]Media{{Role: MainRole, URL: *v.image}}, variant.Media...)
	case variant.Media[at].URL != *v.image:
		variant.Media[at] = Media{Role: MainRole, URL: *v.image}
	}
}

// buildOptions gives the product the options that the file names.
func (im *importer) buildOptions(made *makers, exists bool, next *Product, p *imported) bool {
	names := p.fields.options
	if exists && len(names) != len(next.Options) {
		n := min(len(names), len(next.Options)) + 1
		field := "option" + strconv.Itoa(n) + "_name"
		if _, there := im.cols[field]; !there {
			field = "option1_name"
		}
		im.failField(p, p.rows[0].line, field, flywheel.ErrConflict, "%d options, the product has %d", len(names), len(next.Options))
		return false
	}
	sets := make([]string, len(names))
	for i, name := range names {
		if im.in.Form == GenericForm {
			sets[i] = made.setOf(name)
			continue
		}
		if exists && made.named(next.Options[i], name) {
			sets[i] = next.Options[i]
			continue
		}
		sets[i] = made.set(name, sets[:i])
	}
	if exists {
		for i := range sets {
			if sets[i] == next.Options[i] {
				continue
			}
			for v := range next.Variants { // by name
				if i < len(next.Variants[v].Options) {
					name := made.valueName(next.Options[i], next.Variants[v].Options[i])
					next.Variants[v].Options[i] = made.value(sets[i], name)
				}
			}
		}
	}
	next.Options = sets
	return true
}
