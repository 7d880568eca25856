package catalog

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// ValidateGoogle checks a feed of Google Merchant product data, RSS 2.0 or a table
// with tabs: fields that are needed, lengths, values, addresses, prices, dates, GTINs
// and repeated IDs, for the fields that [Service.WriteFeed] writes. It reads row by
// row and stops after MaxFindings. The error is about reading; a file that is neither
// is a finding.
func ValidateGoogle(r io.Reader) ([]Finding, error) {
	in := bufio.NewReader(r)
	v := newValidator(googleRules)
	head, err := in.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \r\n\t")
	if bytes.HasPrefix(head, []byte("<")) {
		return v.rss(in)
	}
	return v.table(in)
}

const googleNames = "http://base.google.com/ns/1.0"

// whole is a finding about the file.
func (v *validator) whole(format string, args ...any) ([]Finding, error) {
	v.row = 0
	v.add("", flywheel.ErrInvalid, format, args...)
	return v.list, nil
}

func (v *validator) rss(in io.Reader) ([]Finding, error) {
	d := xml.NewDecoder(in)
	rooted := false
	for !v.full() {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return v.whole("no XML: %v", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		rooted = rooted || start.Name.Local == "rss"
		if start.Name.Local != "item" {
			continue
		}
		var item struct {
			Fields []struct {
				XMLName xml.Name
				Text    string `xml:",chardata"`
			} `xml:",any"`
		}
		if err := d.DecodeElement(&item, &start); err != nil {
			return v.whole("no XML: %v", err)
		}
		fields := map[string][]string{}
		for _, f := range item.Fields {
			// title, link and description may be RSS's own.
			if f.XMLName.Space == googleNames || f.XMLName.Space == "" {
				fields[f.XMLName.Local] = append(fields[f.XMLName.Local], strings.TrimSpace(f.Text))
			}
		}
		v.check(fields)
	}
	if !rooted {
		return v.whole("no RSS")
	}
	return v.list, nil
}

func (v *validator) table(in *bufio.Reader) ([]Finding, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	var header []string
	for !v.full() && lines.Scan() {
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(lines.Text(), "\ufeff"), "\r"), "\t")
		if header == nil {
			header = cells
			continue
		}
		if len(cells) != len(header) {
			v.row++
			v.add("", flywheel.ErrInvalid, "%d cells, the header has %d", len(cells), len(header))
			continue
		}
		fields := make(map[string][]string, len(header))
		for i, name := range header {
			switch {
			case cells[i] == "":
			case v.rules[name].many > 1:
				fields[name] = strings.Split(cells[i], ",")
			default:
				fields[name] = []string{cells[i]}
			}
		}
		v.check(fields)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return v.whole("a line of more than 16 MiB")
	}
	if lines.Err() != nil {
		return v.list, fmt.Errorf("catalog: %w", lines.Err())
	}
	if header == nil {
		return v.whole("empty")
	}
	return v.list, nil
}

// ValidateOpenAI checks a product feed for agents, an object a line, as
// [ValidateGoogle] does its form.
func ValidateOpenAI(r io.Reader) ([]Finding, error) {
	v := newValidator(openAIRules)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for !v.full() && lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var object map[string]any
		if err := strictjson.Decode(line, &object, &strictjson.Limits{Bytes: 16 << 20, CaseSensitive: true}); err != nil {
			v.row++
			v.add("", flywheel.ErrInvalid, "%v", err)
			continue
		}
		fields := make(map[string][]string, len(object))
		for name, value := range object {
			switch value := value.(type) {
			case []any:
				for _, e := range value {
					fields[name] = append(fields[name], fmt.Sprint(e))
				}
			case nil:
			default:
				fields[name] = []string{fmt.Sprint(value)}
			}
		}
		v.check(fields)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return v.whole("a line of more than 16 MiB")
	}
	if lines.Err() != nil {
		return v.list, fmt.Errorf("catalog: %w", lines.Err())
	}
	return v.list, nil
}

// ValidateJSONLD checks schema.org data of a product's page: that it is a Product or
// a ProductGroup with what search engines ask of one, offers with prices, currencies
// and known availabilities, and GTINs. Fields are paths such as
// "hasVariant[1].offers.price". The error is about JSON that is none.
func ValidateJSONLD(data []byte) ([]Finding, error) {
	var page map[string]any
	if err := strictjson.Decode(data, &page, &strictjson.Limits{Bytes: 64 << 20, CaseSensitive: true}); err != nil {
		return nil, err
	}
	f := &findings{row: 1}
	if text(page["@context"]) != "https://schema.org" && text(page["@context"]) != "http://schema.org" {
		f.add("@context", flywheel.ErrInvalid, "not schema.org")
	}
	f.needs("", page, "name")
	switch page["@type"] {
	case "Product":
		f.jsonProduct("", page)
	case "ProductGroup":
		f.needs("", page, "productGroupID")
		list, _ := page["hasVariant"].([]any)
		if len(list) == 0 {
			f.add("hasVariant", flywheel.ErrNotFound, "missing")
		}
		for i, v := range list {
			variant, ok := v.(map[string]any)
			path := fmt.Sprintf("hasVariant[%d].", i)
			if !ok || variant["@type"] != "Product" {
				f.add(path+"@type", flywheel.ErrInvalid, "no Product")
				continue
			}
			f.needs(path, variant, "name", "sku")
			f.jsonProduct(path, variant)
		}
		for i, v := range listOf(page["variesBy"]) {
			if wrong := oneOf("https://schema.org/color", "https://schema.org/size", "https://schema.org/material", "https://schema.org/pattern",
				"https://schema.org/suggestedAge", "https://schema.org/suggestedGender")(text(v)); wrong != "" {
				f.add(fmt.Sprintf("variesBy[%d]", i), flywheel.ErrInvalid, "%s", wrong)
			}
		}
	default:
		f.add("@type", flywheel.ErrInvalid, "%v is neither Product nor ProductGroup", page["@type"])
	}
	return f.list, nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// listOf returns a list, or one of a single value.
func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func (f *findings) needs(path string, object map[string]any, names ...string) {
	for _, name := range names {
		if text(object[name]) == "" {
			f.add(path+name, flywheel.ErrNotFound, "missing")
		}
	}
}

func (f *findings) jsonProduct(path string, product map[string]any) {
	for i, link := range listOf(product["image"]) {
		if wrong := isURL(text(link)); wrong != "" {
			f.add(fmt.Sprintf("%simage[%d]", path, i), flywheel.ErrInvalid, "%s", wrong)
		}
	}
	if code, given := product["gtin"]; given {
		if wrong := isGTIN(text(code)); wrong != "" {
			f.add(path+"gtin", flywheel.ErrInvalid, "%s", wrong)
		}
	}
	for _, o := range listOf(product["offers"]) {
		offer, ok := o.(map[string]any)
		if !ok || offer["@type"] != "Offer" {
			f.add(path+"offers.@type", flywheel.ErrInvalid, "no Offer")
			continue
		}
		if wrong := isPrice(fmt.Sprint(offer["price"], " ", offer["priceCurrency"])); wrong != "" {
			f.add(path+"offers.price", flywheel.ErrInvalid, "%s", wrong)
		}
		known := oneOf("InStock", "OutOfStock", "PreOrder", "BackOrder", "Discontinued", "SoldOut", "LimitedAvailability", "OnlineOnly", "InStoreOnly", "PreSale", "MadeToOrder", "Reserved")
		if wrong := known(strings.TrimPrefix(strings.TrimPrefix(text(offer["availability"]), "https://schema.org/"), "http://schema.org/")); wrong != "" {
			f.add(path+"offers.availability", flywheel.ErrInvalid, "%s", wrong)
		}
		for _, name := range []string{"priceValidUntil", "availabilityStarts"} {
			if at, given := offer[name]; given && isInstant(text(at)) != "" {
				f.add(path+"offers."+name, flywheel.ErrInvalid, "no time of ISO 8601")
			}
		}
		if link, given := offer["url"]; given && isURL(text(link)) != "" {
			f.add(path+"offers.url", flywheel.ErrInvalid, "no absolute http or https address")
		}
	}
}

// ValidateSitemap checks a sitemap or an index of sitemaps: absolute addresses of
// less than 2,048 characters, each once, times, alternates that name a language and
// the number of addresses (sitemaps.org protocol 0.9).
func ValidateSitemap(r io.Reader) ([]Finding, error) {
	const names = "http://www.sitemaps.org/schemas/sitemap/0.9"
	d := xml.NewDecoder(r)
	f := &findings{}
	seen := map[string]bool{}
	rooted := false
	for !f.full() {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			f.row = 0
			f.add("", flywheel.ErrInvalid, "no XML: %v", err)
			return f.list, nil
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name {
		case xml.Name{Space: names, Local: "urlset"}, xml.Name{Space: names, Local: "sitemapindex"}:
			rooted = true
			continue
		case xml.Name{Space: names, Local: "url"}, xml.Name{Space: names, Local: "sitemap"}:
		default:
			continue
		}
		var u struct {
			Loc     string `xml:"loc"`
			Lastmod string `xml:"lastmod"`
			Links   []struct {
				Lang string `xml:"hreflang,attr"`
				Href string `xml:"href,attr"`
			} `xml:"http://www.w3.org/1999/xhtml link"`
		}
		if err := d.DecodeElement(&u, &start); err != nil {
			f.row = 0
			f.add("", flywheel.ErrInvalid, "no XML: %v", err)
			return f.list, nil
		}
		if f.row++; f.row == MaxSitemap+1 {
			f.add("", flywheel.ErrLimit, "more than %d addresses", MaxSitemap)
		}
		u.Loc = strings.TrimSpace(u.Loc)
		switch {
		case !isAbsolute(u.Loc):
			f.add("loc", flywheel.ErrInvalid, "no absolute address of less than 2,048 characters")
		case seen[u.Loc]:
			f.add("loc", flywheel.ErrConflict, "the address is there already")
		}
		seen[u.Loc] = true
		if at := strings.TrimSpace(u.Lastmod); at != "" && isInstant(at) != "" {
			f.add("lastmod", flywheel.ErrInvalid, "no time of ISO 8601")
		}
		for i, link := range u.Links {
			if _, err := ParseLocale(link.Lang); err != nil && link.Lang != "x-default" {
				f.add(fmt.Sprintf("link[%d].hreflang", i), flywheel.ErrInvalid, "%q is no language", firstRunes(link.Lang, 40))
			}
			if !isAbsolute(link.Href) {
				f.add(fmt.Sprintf("link[%d].href", i), flywheel.ErrInvalid, "no absolute address")
			}
		}
	}
	if !rooted {
		f.row = 0
		f.add("", flywheel.ErrInvalid, "neither a sitemap nor an index of them")
	}
	return f.list, nil
}
