package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/flywheel-go/flywheel/catalog"
)

// shown is how many errors and products are written out.
const shown = 20

// report writes what the import did, and what is in the catalog now.
func (p *program) report(ctx context.Context, r catalog.ImportReport) error {
	verb := "Imported"
	if p.dry {
		verb = "Would import"
	}
	fmt.Fprintf(p.out, "%s: %d created, %d updated, %d unchanged, %d left out; %d variants with prices or stock\n", verb, r.Created, r.Updated, r.Unchanged, r.Failed, len(r.Offers))
	for _, w := range r.Warnings {
		fmt.Fprintf(p.out, "  column %q has no place in the catalog\n", w.Column)
	}
	for i, e := range r.Errors {
		if i == shown {
			fmt.Fprintf(p.out, "  and %d more\n", len(r.Errors)-i)
			break
		}
		fmt.Fprintf(p.out, "  %v\n", e)
	}
	page, err := p.shop.List(ctx, catalog.ListQuery{Channel: "web", Sort: catalog.SortTitle, Limit: shown, Total: true})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "\n%d products are live\n", page.Total)
	for _, id := range page.IDs {
		v, err := p.shop.View(ctx, id, "web", "")
		if err != nil {
			return err
		}
		fmt.Fprintf(p.out, "  %-24s %-16s %s\n", v.Slug, v.Title, options(v))
	}
	return nil
}

// options writes the options of a product with their values.
func options(v catalog.View) string {
	var parts []string
	for _, o := range v.Options {
		names := make([]string, len(o.Values))
		for i, value := range o.Values {
			names[i] = value.Name
		}
		parts = append(parts, o.Name+": "+strings.Join(names, ", "))
	}
	return strings.Join(parts, "; ")
}

// fieldsOf maps the options that are named so to the fields of feeds.
func (p *program) fieldsOf(ctx context.Context) (map[string]string, error) {
	m := map[string]string{}
	for cursor := ""; ; {
		page, err := p.shop.List(ctx, catalog.ListQuery{Channel: "web", Limit: 1000, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, id := range page.IDs {
			v, err := p.shop.View(ctx, id, "web", "")
			if err != nil {
				return nil, err
			}
			for _, o := range v.Options {
				switch strings.ToLower(o.Name) {
				case "size", "pack":
					m["size"] = "options." + o.Code
				case "colour", "color":
					m["color"] = "options." + o.Code
				}
			}
			if v.Attributes["material"] != nil {
				m["material"] = "attributes.material"
			}
		}
		if !page.More {
			return m, nil
		}
		cursor = page.Next
	}
}

// feed writes a feed.
func (p *program) feed(ctx context.Context, form string) error {
	fields, err := p.fieldsOf(ctx)
	if err != nil {
		return err
	}
	f := catalog.Feed{Form: form, Channel: "web", Link: p.url, Map: fields}
	format := p.format
	switch form {
	case catalog.GoogleFeed:
		if format == "" {
			format = catalog.XMLFormat
		}
	case catalog.OpenAIFeed:
		if format == "" {
			format = catalog.JSONLinesFormat
		}
	case "jsonld":
		return p.pages(ctx, f)
	case "sitemap":
		return p.shop.WriteSitemap(ctx, catalog.Sitemap{Channel: "web", URL: p.url}, func(name string) (io.WriteCloser, error) {
			fmt.Fprintln(p.messages, name)
			return open{p.out}, nil
		})
	default:
		return fmt.Errorf("feed %q is none of google, openai, jsonld, sitemap", form)
	}
	report, err := p.shop.WriteFeed(ctx, p.out, f, format)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.messages, "%d rows, %d left out\n", report.Rows, report.Dropped)
	for i, issue := range report.Issues {
		if i == shown {
			fmt.Fprintf(p.messages, "and %d more\n", len(report.Issues)+report.More-i)
			break
		}
		fmt.Fprintf(p.messages, "  %s: %s %s\n", issue.SKU, issue.Field, issue.Kind)
	}
	return nil
}

// open is a writer that stays open.
type open struct{ io.Writer }

// Close implements io.Closer.
func (open) Close() error { return nil }

// pages writes the schema.org data of each live product, one a line.
func (p *program) pages(ctx context.Context, f catalog.Feed) error {
	out := json.NewEncoder(p.out)
	for cursor := ""; ; {
		page, err := p.shop.List(ctx, catalog.ListQuery{Channel: "web", Limit: 1000, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, id := range page.IDs {
			data, err := p.shop.JSONLD(ctx, id, f)
			if err != nil {
				return err
			}
			if err := out.Encode(data); err != nil {
				return err
			}
		}
		if !page.More {
			return nil
		}
		cursor = page.Next
	}
}
