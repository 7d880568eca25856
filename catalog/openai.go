package catalog

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// openAIFields are the fields of OpenAI's commerce product feed, in order.
var openAIFields = strings.Fields("item_id title description url brand seller_name seller_url image_url additional_image_urls availability availability_date price sale_price " +
	"gtin mpn color size material gender age_group condition group_id listing_has_variations variant_dict is_eligible_search is_eligible_checkout seller_tos " +
	"seller_privacy_policy target_countries store_country return_policy")

var openAIPlaces = places(openAIFields)

const openAIID = 100

// openAI returns the rows of a product.
func (f *feeder) openAI(p *shelved, offers map[flywheel.SKU]Offer) []*row {
	head := &p.head.Product
	visible := p.visible(f.ch)
	rows := make([]*row, 0, len(visible))
	for _, variant := range visible {
		v := &variant.Variant
		o := offers[v.SKU]
		r := newRow(v.SKU, openAIPlaces)
		rows = append(rows, r)
		if utf8.RuneCountInString(string(v.SKU)) > openAIID {
			r.drop("item_id", "invalid")
		}
		r.set("item_id", string(v.SKU))
		r.texts(f, head, v)
		r.set("url", f.link(p.head, f.locale, v))
		if head.Vendor == "" {
			r.drop("brand", "missing")
		}
		r.set("brand", head.Vendor)
		r.set("seller_name", f.SellerName)
		r.set("seller_url", f.SellerURL)
		f.openAIImages(r, head, v)
		f.openAIOffer(r, &o)
		r.gtin(v)
		for _, field := range []string{"mpn", "color", "size", "material", "gender", "age_group"} {
			r.set(field, f.mapped(field, head, v))
		}
		r.set("condition", f.condition(head, v))
		f.openAIGroup(r, head, v)
		f.openAISeller(r)
	}
	return rows
}

func (f *feeder) openAIImages(r *row, p *Product, v *Variant) {
	main := show(v.Media, p.Media, MainRole, "web")
	if main == nil {
		r.drop("image_url", "missing")
		return
	}
	r.set("image_url", main.URL)
	var more []string
	for _, link := range gallery(v.Media, p.Media) {
		if link != main.URL {
			more = append(more, link)
		}
	}
	r.set("additional_image_urls", more)
}

func (f *feeder) openAIOffer(r *row, o *Offer) {
	state := "out_of_stock"
	switch {
	case o.Stock != nil && *o.Stock > 0:
		state = "in_stock"
	case o.Policy == Preorder:
		state = "pre_order"
	case o.Policy == Backorder:
		state = "backorder"
	}
	r.set("availability", state)
	if (state == "pre_order" || state == "backorder") && o.AvailableAt.After(f.now) {
		r.set("availability_date", o.AvailableAt.UTC().Format(time.DateOnly))
	}
	if r.price(o) && o.onSale(f.now) {
		r.salePrice(o)
	}
}

func (f *feeder) openAIGroup(r *row, p *Product, v *Variant) {
	if len(p.Options) == 0 {
		return
	}
	if string(p.ID) == string(v.SKU) {
		r.issue("group_id", "invalid")
	} else {
		r.set("group_id", string(p.ID))
	}
	r.set("listing_has_variations", true)
	names := f.schema.optionNames(p, v, f.chain)
	values := make([]FeedField, len(names))
	for i, name := range names {
		values[i] = FeedField{p.Options[i], name}
		if set := f.schema.options[p.Options[i]]; set != nil {
			values[i].Name = textIn(set.Name, f.chain, set.Code)
		}
	}
	r.set("variant_dict", values)
}

func (f *feeder) openAISeller(r *row) {
	r.set("is_eligible_search", !f.NoSearch)
	checkout := f.Checkout && !f.NoSearch && f.SellerTOS != "" && f.SellerPrivacyPolicy != ""
	if f.Checkout && !checkout {
		r.issue("is_eligible_checkout", "invalid")
	}
	r.set("is_eligible_checkout", checkout)
	if checkout {
		r.set("seller_tos", f.SellerTOS)
		r.set("seller_privacy_policy", f.SellerPrivacyPolicy)
	}
	r.set("target_countries", f.TargetCountries)
	r.set("store_country", f.StoreCountry)
	r.set("return_policy", f.ReturnPolicy)
}
