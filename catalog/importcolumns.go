package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// shopifyFields are the columns of Shopify's product CSV in the order of exports.
var shopifyFields = []string{"handle", "title", "body", "vendor", "taxonomy", "product_type", "tags", "published", "status",
	"option1_name", "option1_value", "option2_name", "option2_value", "option3_name", "option3_value",
	"sku", "barcode", "weight_grams", "tracker", "quantity", "policy", "price", "compare_at", "cost", "requires_shipping", "taxable",
	"image", "image_position", "image_alt", "variant_image", "gift_card", "seo_title", "seo_description"}

// shopifyNames are the older and the newer header of each field.
var shopifyNames = map[string][2]string{
	"handle": {"Handle", "URL handle"}, "title": {"Title", "Title"}, "body": {"Body (HTML)", "Description"}, "vendor": {"Vendor", "Vendor"},
	"taxonomy": {"Product Category", "Product category"}, "product_type": {"Type", "Type"}, "tags": {"Tags", "Tags"},
	"published": {"Published", "Published on online store"}, "status": {"Status", "Status"},
	"option1_name": {"Option1 Name", "Option1 name"}, "option1_value": {"Option1 Value", "Option1 value"},
	"option2_name": {"Option2 Name", "Option2 name"}, "option2_value": {"Option2 Value", "Option2 value"},
	"option3_name": {"Option3 Name", "Option3 name"}, "option3_value": {"Option3 Value", "Option3 value"},
	"sku": {"Variant SKU", "SKU"}, "barcode": {"Variant Barcode", "Barcode"}, "weight_grams": {"Variant Grams", "Weight value (grams)"},
	"tracker": {"Variant Inventory Tracker", "Inventory tracker"}, "quantity": {"Variant Inventory Qty", "Inventory quantity"},
	"policy": {"Variant Inventory Policy", "Continue selling when out of stock"}, "price": {"Variant Price", "Price"},
	"compare_at": {"Variant Compare At Price", "Compare-at price"}, "cost": {"Cost per item", "Cost per item"},
	"requires_shipping": {"Variant Requires Shipping", "Requires shipping"}, "taxable": {"Variant Taxable", "Charge tax"},
	"image": {"Image Src", "Product image URL"}, "image_position": {"Image Position", "Image position"}, "image_alt": {"Image Alt Text", "Image alt text"},
	"variant_image": {"Variant Image", "Variant image URL"}, "gift_card": {"Gift Card", "Gift card"},
	"seo_title": {"SEO Title", "SEO title"}, "seo_description": {"SEO Description", "SEO description"},
}

// shopifyHeaders finds the field of a header.
var shopifyHeaders = func() map[string]string {
	m := map[string]string{}
	for field, names := range shopifyNames {
		m[names[0]], m[names[1]] = field, field
	}
	return m
}()

// ignoredHeaders are those that the catalog has no place for and need no warning.
var ignoredHeaders = set("Variant Fulfillment Service", "Fulfillment service", "Fulfillment Service", "Variant Fulfillment service", "Variant Weight Unit", "Weight unit for display",
	"Variant Tax Code", "Tax Code", "Tax code", "Variant Tax code")

var ignoredPrefixes = []string{"Google Shopping / ", "Price / ", "Compare At Price / ", "Compare-at price / ", "Included / "}

var metafieldHeader = regexp.MustCompile(`^.* \(product\.metafields\.([^.()]+)\.([^()]+)\)$`)

// columns reads the header. It reports false where the file is refused.
func (im *importer) columns(header record) bool {
	im.header = make([]string, len(header.cells))
	for i, name := range header.cells {
		im.header[i] = strings.TrimSpace(name)
	}
	before := len(im.report.Errors)
	refuse := func(i int, name string, kind error, format string, args ...any) {
		im.report.Errors = append(im.report.Errors, ImportError{Line: header.line, Column: name, Err: fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), kind), order: i})
	}
	if im.in.Form == GenericForm {
		im.mapped(refuse)
	} else {
		im.shopify(refuse)
	}
	return len(im.report.Errors) == before
}

func (im *importer) shopify(refuse func(i int, name string, kind error, format string, args ...any)) {
	sc := im.s.current.Load()
	warned := map[string]bool{}
	attrs := map[string]bool{}
	for i, name := range im.header {
		if field, known := shopifyHeaders[name]; known {
			if _, twice := im.cols[field]; twice {
				refuse(i, name, flywheel.ErrInvalid, "the column is there already")
				continue
			}
			im.cols[field] = i
			continue
		}
		if m := metafieldHeader.FindStringSubmatch(name); m != nil {
			code := m[1] + "." + m[2]
			if m[1] == "custom" {
				code = m[2]
			}
			if a := sc.attributes[code]; a != nil && a.Scope == ProductScope && !a.PerChannel {
				if attrs[code] {
					refuse(i, name, flywheel.ErrInvalid, "the column is there already")
				}
				attrs[code] = true
				im.attrs = append(im.attrs, attrColumn{code: code, at: i})
				continue
			}
		}
		if ignoredHeaders[name] || slices.ContainsFunc(ignoredPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) || warned[name] {
			continue
		}
		warned[name] = true
		im.report.Warnings = append(im.report.Warnings, Warning{Column: name, Kind: "unknown_column"})
	}
	if _, titled := im.cols["title"]; !titled {
		refuse(len(im.header), "Title", flywheel.ErrNotFound, "no such column")
	}
}

// genericFields are those that a mapping may have, beside options and attributes.
var genericFields = map[string]string{"sku": "sku", "group": "group", "title": "title", "description": "body", "vendor": "vendor", "tags": "tags",
	"barcode": "barcode", "weight_grams": "weight_grams", "price": "price", "quantity": "quantity"}

func (im *importer) checkMapping(sc *schema, p problems) {
	if im.in.Mapping["sku"].Header == "" {
		p.add("mapping.sku", flywheel.ErrNotFound, "missing")
	}
	for _, field := range sortedKeys(im.in.Mapping) {
		_, known := genericFields[field]
		code, attribute := strings.CutPrefix(field, "attributes.")
		option, isOption := strings.CutPrefix(field, "options.")
		switch {
		case known, isOption && option != "":
		case attribute && sc.attributes[code] == nil:
			p.notFound("mapping."+field, "attribute", code)
		case attribute && (sc.attributes[code].PerChannel || sc.attributes[code].Scope != ProductScope):
			p.invalid("mapping."+field, "an attribute of variants or by channel")
		case !attribute:
			p.invalid("mapping."+field, "unknown")
		}
	}
}

func (im *importer) mapped(refuse func(i int, name string, kind error, format string, args ...any)) {
	type option struct {
		set string
		at  int
	}
	var options []option
	// In the order in which the fields are documented.
	fields := []string{"sku", "group", "title", "description", "vendor", "tags", "barcode", "weight_grams", "price", "quantity"}
	for _, field := range sortedKeys(im.in.Mapping) {
		if _, known := genericFields[field]; !known {
			fields = append(fields, field)
		}
	}
	for n, field := range fields {
		column, given := im.in.Mapping[field]
		if !given {
			continue
		}
		i := slices.Index(im.header, strings.TrimSpace(column.Header))
		if i < 0 {
			refuse(len(im.header)+n, column.Header, flywheel.ErrNotFound, "no such column")
			continue
		}
		if next := slices.Index(im.header[i+1:], im.header[i]); next >= 0 {
			refuse(i+1+next, column.Header, flywheel.ErrInvalid, "the column is there already")
		}
		if set, ok := strings.CutPrefix(field, "options."); ok {
			options = append(options, option{set, i})
		} else if code, ok := strings.CutPrefix(field, "attributes."); ok {
			im.attrs = append(im.attrs, attrColumn{code, i, column.Unit})
		} else {
			im.cols[genericFields[field]] = i
		}
	}
	slices.SortFunc(options, func(a, b option) int { return a.at - b.at })
	for n, o := range options {
		im.sets = append(im.sets, o.set)
		im.cols["option"+strconv.Itoa(n+1)+"_value"] = o.at
	}
}

// key returns what makes rows one product, and whether the row has it.
func (im *importer) key(r record) (string, bool) {
	if im.in.Form == GenericForm {
		if group, _ := im.cell(r, "group"); group != "" {
			return group, true
		}
		sku, _ := im.cell(r, "sku")
		return sku, sku != ""
	}
	if _, keyed := im.cols["handle"]; keyed {
		handle, _ := im.cell(r, "handle")
		return handle, true
	}
	title, _ := im.cell(r, "title")
	return slugify(title, im.locale, im.ch.Slugs), false
}
