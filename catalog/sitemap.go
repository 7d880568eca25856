package catalog

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
)

// MaxSitemap is how many addresses a sitemap may have (sitemaps.org protocol 0.9).
const MaxSitemap = 50_000

// Sitemap says which pages are in a sitemap.
type Sitemap struct {
	Channel Channel
	// URL of a product's page with {locale} and {slug}, DefaultLink where it is
	// empty.
	URL string
	// Base is the address of the folder of the files, for their index.
	Base string
	// Max addresses of a file, MaxSitemap where it is 0.
	Max int
}

// WriteSitemap writes the pages of the live products of a channel, by ID and in each
// of its locales, each with the others as alternates: to one file, sitemap.xml, or
// where there are more than Max pages to sitemap-1.xml and so on, with their index
// in sitemap.xml. create opens a file, which is closed when it is done.
func (s *Service) WriteSitemap(ctx context.Context, m Sitemap, create func(name string) (io.WriteCloser, error)) error {
	f, err := s.feeder(ctx, Feed{Channel: m.Channel, Link: m.URL})
	if err != nil {
		return err
	}
	switch {
	case m.Max < 0:
		return fieldError("max", flywheel.ErrOutOfRange, "%d", m.Max)
	case m.Max > MaxSitemap:
		return fieldError("max", flywheel.ErrLimit, "%d, at most %d", m.Max, MaxSitemap)
	case m.Max == 0:
		m.Max = MaxSitemap
	}
	q := Scan{Spaces: []string{space("l", string(Active), string(f.ch.Code), "", byID)}, At: f.now.UnixMicro(), Single: true}
	live, err := s.store.Count(ctx, q)
	if err != nil {
		return err
	}
	w := &sitemapWriter{m: m, create: create, many: live*len(f.ch.Locales) > m.Max}
	err = s.eachEntry(ctx, q, func(ids []ID) error {
		products, err := s.products(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if p := products[id]; p != nil {
				if err := w.product(f, p); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		w.abandon()
		return err
	}
	return w.end()
}

// sitemapWriter writes the files of a sitemap.
type sitemapWriter struct {
	m      Sitemap
	create func(name string) (io.WriteCloser, error)
	many   bool
	names  []string
	file   io.WriteCloser
	out    *bufio.Writer
	urls   int // in the file
}

const (
	sitemapBegin = xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">` + "\n"
	sitemapEnd   = "</urlset>\n"
	indexBegin   = xml.Header + `<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n"
	indexEnd     = "</sitemapindex>\n"
)

func (w *sitemapWriter) open(name, begin string) (err error) {
	if w.file, err = w.create(name); err != nil {
		return fmt.Errorf("catalog: sitemap %s: %w", name, err)
	}
	w.out, w.urls = bufio.NewWriter(w.file), 0
	_, err = w.out.WriteString(begin)
	return err
}

func (w *sitemapWriter) close(end string) error {
	w.out.WriteString(end)
	err := w.out.Flush()
	if closed := w.file.Close(); err == nil {
		err = closed
	}
	if w.file = nil; err != nil {
		return fmt.Errorf("catalog: sitemap: %w", err)
	}
	return nil
}

// abandon closes what is open.
func (w *sitemapWriter) abandon() {
	if w.file != nil {
		w.file.Close()
	}
}

// next opens the file of the next address.
func (w *sitemapWriter) next() error {
	if w.file != nil && w.urls < w.m.Max {
		return nil
	}
	if w.file != nil {
		if err := w.close(sitemapEnd); err != nil {
			return err
		}
		w.many = true // products have come since they were counted
	}
	name := "sitemap.xml"
	if w.many {
		name = "sitemap-" + strconv.Itoa(len(w.names)+1) + ".xml"
	}
	w.names = append(w.names, name)
	return w.open(name, sitemapBegin)
}

func (w *sitemapWriter) product(f *feeder, p *shelved) error {
	changed := p.head.Product.UpdatedAt
	for _, row := range p.rows {
		if row.Variant.UpdatedAt.After(changed) {
			changed = row.Variant.UpdatedAt
		}
	}
	alternates := ""
	if len(f.ch.Locales) > 1 {
		link := func(l, to string) {
			alternates += `<xhtml:link rel="alternate" hreflang="` + xmlText(l) + `" href="` + xmlText(to) + "\"/>\n"
		}
		for _, l := range f.ch.Locales {
			link(string(l), f.link(p.head, l, nil))
		}
		link("x-default", f.link(p.head, f.ch.DefaultLocale, nil))
	}
	for _, l := range f.ch.Locales {
		if err := w.next(); err != nil {
			return err
		}
		w.urls++
		_, err := w.out.WriteString("<url>\n<loc>" + xmlText(f.link(p.head, l, nil)) + "</loc>\n<lastmod>" + secondText(changed.Truncate(time.Second)) + "</lastmod>\n" + alternates + "</url>\n")
		if err != nil {
			return fmt.Errorf("catalog: sitemap: %w", err)
		}
	}
	return nil
}

func (w *sitemapWriter) end() error {
	if w.file == nil { // no page at all
		if err := w.next(); err != nil {
			return err
		}
	}
	if err := w.close(sitemapEnd); err != nil {
		return err
	}
	if !w.many {
		return nil
	}
	if err := w.open("sitemap.xml", indexBegin); err != nil {
		return err
	}
	for _, name := range w.names {
		w.out.WriteString("<sitemap><loc>" + xmlText(w.m.Base+name) + "</loc></sitemap>\n")
	}
	return w.close(indexEnd)
}
