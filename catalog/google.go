package catalog

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// googleFields are the fields of Google Merchant product data, in order.
var googleFields = strings.Fields("id title description link image_link additional_image_link availability availability_date price sale_price " +
	"sale_price_effective_date brand gtin mpn identifier_exists condition item_group_id color size material pattern gender age_group product_type " +
	"google_product_category virtual_model_link")

var googlePlaces = places(googleFields)

// minuteForm is how Google's feed writes times.
const minuteForm = "2006-01-02T15:04Z"

// Limits of Google's fields, in characters or in number.
const (
	googleID     = 50
	googleImages = 10
	googleBrand  = 70
	googleMPN    = 70
)

// googleLimits are the lengths of mapped fields.
var googleLimits = [...]struct {
	field string
	runes int
}{{"color", 100}, {"size", 100}, {"pattern", 100}, {"material", 200}}

// google returns the rows of a product.
func (f *feeder) google(p *shelved, offers map[flywheel.SKU]Offer) []*row {
	head := &p.head.Product
	visible := p.visible(f.ch)
	rows := make([]*row, 0, len(visible))
	for _, variant := range visible {
		v := &variant.Variant
		o := offers[v.SKU]
		r := newRow(v.SKU, googlePlaces)
		rows = append(rows, r)
		if utf8.RuneCountInString(string(v.SKU)) > googleID {
			r.drop("id", "invalid")
		}
		r.set("id", string(v.SKU))
		r.texts(f, head, v)
		r.set("link", f.link(p.head, f.locale, v))
		f.images(r, head, v)
		f.googleOffer(r, &o)
		r.limited("brand", head.Vendor, googleBrand)
		r.gtin(v)
		r.limited("mpn", f.mapped("mpn", head, v), googleMPN)
		if r.get("gtin") == nil && (r.get("brand") == nil || r.get("mpn") == nil) {
			r.set("identifier_exists", "no")
		}
		r.set("condition", f.condition(head, v))
		if len(head.Options) > 0 {
			r.limited("item_group_id", string(head.ID), googleID)
		}
		for _, l := range googleLimits {
			r.limited(l.field, f.mapped(l.field, head, v), l.runes)
		}
		r.set("gender", f.mapped("gender", head, v))
		r.set("age_group", f.mapped("age_group", head, v))
		f.googleCategory(r, head)
		for _, list := range [][]Media{v.Media, head.Media} {
			for _, m := range list {
				if source := m.source("web"); m.Role == ModelRole && source != "" && r.get("virtual_model_link") == nil {
					r.set("virtual_model_link", source)
				}
			}
		}
	}
	ambiguous(rows)
	return rows
}

func (f *feeder) condition(p *Product, v *Variant) string {
	if c := f.mapped("condition", p, v); c != "" {
		return c
	}
	return "new"
}

func (f *feeder) images(r *row, p *Product, v *Variant) {
	main := show(v.Media, p.Media, MainRole, "web")
	if main == nil {
		r.drop("image_link", "missing")
		return
	}
	r.set("image_link", main.URL)
	var more []string
	for _, link := range gallery(v.Media, p.Media) {
		if link != main.URL {
			more = append(more, link)
		}
	}
	if len(more) > googleImages {
		more = more[:googleImages]
		r.issue("additional_image_link", "cut")
	}
	r.set("additional_image_link", more)
}

func (f *feeder) googleOffer(r *row, o *Offer) {
	state, at, wrong := f.availability(o)
	r.set("availability", state)
	if wrong != "" {
		r.issue("availability_date", wrong)
	}
	if !at.IsZero() {
		r.set("availability_date", at.UTC().Format(minuteForm))
	}
	if !r.price(o) || !has(o.SalePrice) {
		return
	}
	switch {
	case !o.SaleTo.IsZero() && !f.now.Before(o.SaleTo): // past
	case o.SaleTo.IsZero() && f.now.Before(o.SaleFrom): // to come, with no end to tell
	case r.salePrice(o) && !o.SaleTo.IsZero():
		from := o.SaleFrom
		if from.IsZero() {
			from = f.now
		}
		r.set("sale_price_effective_date", period(from, o.SaleTo))
	}
}

func period(from, to time.Time) string {
	return from.UTC().Format(minuteForm) + "/" + to.UTC().Format(minuteForm)
}

func (f *feeder) googleCategory(r *row, p *Product) {
	if len(p.Categories) == 0 {
		return
	}
	crumbs := f.schema.crumbs(p.Categories[0], f.chain)
	names := make([]string, len(crumbs))
	for i, c := range crumbs {
		names[i] = c.Name
	}
	r.set("product_type", strings.Join(names, " > "))
	path := f.schema.tree.path(p.Categories[0])
	for i := len(path) - 1; i >= 0; i-- {
		if path[i].Google != "" {
			r.set("google_product_category", path[i].Google)
			return
		}
	}
}

// ambiguous tells rows of a group that nothing tells apart.
func ambiguous(rows []*row) {
	if len(rows) < 2 {
		return
	}
	key := func(r *row) (k [6]any) {
		for i, field := range []string{"color", "size", "pattern", "material", "age_group", "gender"} {
			k[i] = r.get(field)
		}
		return k
	}
	counts := map[[6]any]int{}
	for _, r := range rows {
		if r.get("item_group_id") != nil && !r.dropped() {
			counts[key(r)]++
		}
	}
	for _, r := range rows {
		if r.get("item_group_id") != nil && !r.dropped() && counts[key(r)] > 1 {
			r.issue("item_group_id", "ambiguous")
		}
	}
}
