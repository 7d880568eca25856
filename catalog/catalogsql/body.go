package catalogsql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/jsonread"
)

// headBody is the JSON of a head.
type headBody struct {
	catalog.Product
	Source *catalog.Source `json:"source,omitempty"`
}

// body returns the JSON of a head or a variant, in which HTML stays readable.
func body(v any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("catalogsql: %w", err)
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// reader reads bodies: what most of them have by itself, the rest by encoding/json.
type reader struct {
	jsonread.Reader
	text string
	odd  bool // there is something that it does not read
}

func newReader(body string) *reader { return &reader{Reader: jsonread.New(body), text: body} }

// finish returns nil where the body was read whole. Otherwise it reads it anew, which
// also says what is wrong.
func finish[V any](r *reader, into *V) error {
	if r.Done() && !r.odd {
		return nil
	}
	var anew V
	err := json.Unmarshal([]byte(r.text), &anew)
	if *into = anew; err != nil {
		return fmt.Errorf("catalogsql: %w", err)
	}
	return nil
}

// member reads a member by encoding/json.
func (r *reader) member(key string, into any) {
	raw := r.Raw()
	name, err := json.Marshal(key)
	if err != nil || json.Unmarshal(fmt.Appendf(nil, `{%s:%s}`, name, raw), into) != nil {
		r.odd = true
	}
}

func readHead(text string, h *catalog.Head) error {
	var kept headBody
	p, r := &kept.Product, newReader(text)
	for r.Open('{'); r.More(); {
		switch key := r.Key(); key {
		case "id":
			p.ID = catalog.ID(r.Text())
		case "type":
			p.Type = r.Text()
		case "status":
			p.Status = catalog.Status(r.Text())
		case "text":
			p.Text = r.localized()
		case "vendor":
			p.Vendor = r.Text()
		case "product_type":
			p.ProductType = r.Text()
		case "taxonomy":
			p.Taxonomy = r.Text()
		case "tax_class":
			p.TaxClass = r.Text()
		case "categories":
			p.Categories = texts[catalog.CategoryID](r)
		case "tags":
			p.Tags = texts[string](r)
		case "options":
			p.Options = texts[string](r)
		case "media":
			p.Media = r.media()
		case "attributes":
			r.attributes(&p.Attributes)
		case "listings":
			p.Listings = r.listings()
		case "version":
			p.Version = r.Int()
		case "created_at":
			r.instant(&p.CreatedAt)
		case "updated_at":
			r.instant(&p.UpdatedAt)
		default:
			r.member(key, &kept)
		}
	}
	err := finish(r, &kept)
	h.Product, h.Source = kept.Product, kept.Source
	return err
}

func readVariant(text string, v *catalog.Variant) error {
	r := newReader(text)
	for r.Open('{'); r.More(); {
		switch key := r.Key(); key {
		case "sku":
			v.SKU = flywheel.SKU(r.Text())
		case "options":
			v.Options = texts[string](r)
		case "attributes":
			r.attributes(&v.Attributes)
		case "barcode":
			v.Barcode = r.Text()
		case "media":
			v.Media = r.media()
		case "version":
			v.Version = r.Int()
		case "updated_at":
			r.instant(&v.UpdatedAt)
		default:
			r.member(key, v)
		}
	}
	return finish(r, v)
}

func texts[S ~string](r *reader) []S {
	out := []S{}
	for r.Open('['); r.More(); {
		out = append(out, S(r.Text()))
	}
	return out
}

func (r *reader) instant(at *time.Time) {
	if at.UnmarshalText([]byte(r.Text())) != nil {
		r.odd = true
	}
}

func (r *reader) attributes(a *catalog.Attributes) {
	if a.UnmarshalJSON([]byte(r.Raw())) != nil {
		r.odd = true
	}
}

func (r *reader) localized() map[catalog.Locale]catalog.Text {
	out := map[catalog.Locale]catalog.Text{}
	for r.Open('{'); r.More(); {
		locale := catalog.Locale(r.Key())
		var text catalog.Text
		for r.Open('{'); r.More(); {
			switch r.Key() {
			case "title":
				text.Title = r.Text()
			case "description":
				text.Description = r.Text()
			default:
				r.odd = true
				r.Raw()
			}
		}
		out[locale] = text
	}
	return out
}

func byName[S ~string](r *reader) map[S]string {
	out := map[S]string{}
	for r.Open('{'); r.More(); {
		name := S(r.Key())
		out[name] = r.Text()
	}
	return out
}

func (r *reader) media() []catalog.Media {
	out := []catalog.Media{}
	for r.Open('['); r.More(); {
		var m catalog.Media
		for r.Open('{'); r.More(); {
			switch r.Key() {
			case "role":
				m.Role = catalog.Role(r.Text())
			case "url":
				m.URL = r.Text()
			case "alt":
				m.Alt = byName[catalog.Locale](r)
			case "sources":
				m.Sources = byName[string](r)
			default:
				r.odd = true
				r.Raw()
			}
		}
		out = append(out, m)
	}
	return out
}

func (r *reader) listings() map[catalog.Channel]*catalog.Listing {
	out := map[catalog.Channel]*catalog.Listing{}
	for r.Open('{'); r.More(); {
		channel := catalog.Channel(r.Key())
		if r.Null() {
			out[channel] = nil
			continue
		}
		l := &catalog.Listing{}
		for r.Open('{'); r.More(); {
			switch r.Key() {
			case "slugs":
				l.Slugs = byName[catalog.Locale](r)
			case "publish_at":
				l.PublishAt = r.Text()
			case "unpublish_at":
				l.UnpublishAt = r.Text()
			case "variants":
				l.Variants = texts[flywheel.SKU](r)
			case "position":
				position := int(r.Int())
				l.Position = &position
			default:
				r.odd = true
				r.Raw()
			}
		}
		out[channel] = l
	}
	return out
}
