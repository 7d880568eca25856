package catalog_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog"
)

// doPages takes the steps about feeds and pages.
func (w *world) doPages(operation string, a *arguments) (any, error) {
	switch operation {
	case "feed":
		return w.feed(a)
	case "jsonld":
		id, f := catalog.ID(a.text("product")), w.feedOf(a)
		script, err := w.s.JSONLDScript(w.t.Context(), id, f)
		if err != nil {
			return nil, err
		}
		found, err := catalog.ValidateJSONLD([]byte(script))
		require.NoError(w.t, err)
		require.Empty(w.t, found)
		return w.s.JSONLD(w.t.Context(), id, f)
	case "jsonld_html":
		var lacks []string
		a.into("lacks", &lacks)
		text, err := w.s.JSONLDScript(w.t.Context(), catalog.ID(a.text("product")), w.feedOf(a))
		if err != nil {
			return nil, err
		}
		var value any
		decodeNumbers(w.t, []byte(text), &value)
		return page{text: text, Value: value, lacks: lacks}.checked(w), nil
	case "sitemap":
		return w.sitemap(a)
	}
	w.t.Fatalf("operation %q is unknown", operation)
	return nil, nil
}

// page is the text of a script element.
type page struct {
	text  string
	lacks []string
	Value any `json:"value"`
}

func (p page) checked(w *world) page {
	for _, s := range p.lacks {
		require.NotContains(w.t, p.text, s)
	}
	return p
}

func (w *world) feedOf(a *arguments) catalog.Feed {
	f := catalog.Feed{Form: a.text("form"), Channel: catalog.Channel(a.text("channel")), Locale: catalog.Locale(a.text("locale")), Link: a.text("link"),
		SellerName: a.text("seller_name"), SellerURL: a.text("seller_url"), SellerTOS: a.text("seller_tos"), SellerPrivacyPolicy: a.text("seller_privacy_policy"),
		StoreCountry: a.text("store_country"), ReturnPolicy: a.text("return_policy")}
	a.into("map", &f.Map)
	a.into("target_countries", &f.TargetCountries)
	search := true
	a.into("search", &search)
	f.NoSearch = !search
	a.into("checkout", &f.Checkout)
	return f
}

func (w *world) feed(a *arguments) (any, error) {
	f := w.feedOf(a)
	out := map[string]any{}
	if format := a.text("as_text"); format != "" {
		var b bytes.Buffer
		_, err := w.s.WriteFeed(w.t.Context(), &b, f, format)
		if err != nil {
			return nil, err
		}
		out["text"] = b.String()
		if format == catalog.XMLFormat {
			out["items"] = w.items(b.Bytes())
		}
	}
	rows, issues := []any{}, []catalog.FeedIssue{}
	err := w.s.FeedRows(w.t.Context(), f, func(r catalog.FeedRow) error {
		rows = append(rows, r)
		return nil
	}, func(i catalog.FeedIssue) { issues = append(issues, i) })
	out["rows"], out["issues"] = rows, issues
	if err == nil {
		w.validates(f)
	}
	return out, err
}

// validates writes the feed in its formats, and the validators find nothing.
func (w *world) validates(f catalog.Feed) {
	validate, formats := catalog.ValidateOpenAI, []string{catalog.JSONLinesFormat}
	if f.Form == catalog.GoogleFeed {
		validate, formats = catalog.ValidateGoogle, []string{catalog.XMLFormat, catalog.TSVFormat}
	}
	for _, format := range formats {
		var b bytes.Buffer
		_, err := w.s.WriteFeed(w.t.Context(), &b, f, format)
		require.NoError(w.t, err)
		found, err := validate(&b)
		require.NoError(w.t, err)
		require.Empty(w.t, found)
	}
}

// items are the names and values of the items of an RSS file.
func (w *world) items(data []byte) []any {
	var rss struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Items   []struct {
			Fields []struct {
				XMLName xml.Name
				Text    string `xml:",chardata"`
			} `xml:",any"`
		} `xml:"channel>item"`
	}
	require.NoError(w.t, xml.Unmarshal(data, &rss))
	require.Equal(w.t, "2.0", rss.Version)
	list := []any{}
	for _, item := range rss.Items {
		fields := []any{}
		for _, f := range item.Fields {
			require.Equal(w.t, "http://base.google.com/ns/1.0", f.XMLName.Space)
			fields = append(fields, []any{f.XMLName.Local, f.Text})
		}
		list = append(list, fields)
	}
	return list
}

type memoryFile struct{ bytes.Buffer }

func (*memoryFile) Close() error { return nil }

func (w *world) sitemap(a *arguments) (any, error) {
	const base = "https://files.example/"
	m := catalog.Sitemap{Channel: catalog.Channel(a.text("channel")), URL: a.text("url"), Base: base}
	if n := a.integer("max"); n != nil {
		m.Max = *n
	}
	files := map[string]*memoryFile{}
	var names []string
	err := w.s.WriteSitemap(w.t.Context(), m, func(name string) (io.WriteCloser, error) {
		files[name] = &memoryFile{}
		names = append(names, name)
		return files[name], nil
	})
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		found, err := catalog.ValidateSitemap(bytes.NewReader(f.Bytes()))
		require.NoError(w.t, err)
		require.Empty(w.t, found)
	}
	out := map[string]any{"index": nil}
	if len(names) > 1 {
		var index struct {
			XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
			Locs    []string `xml:"sitemap>loc"`
		}
		require.NoError(w.t, xml.Unmarshal(files["sitemap.xml"].Bytes(), &index))
		for i := range index.Locs {
			index.Locs[i] = strings.TrimPrefix(index.Locs[i], base)
		}
		out["index"] = index.Locs
		names = slices.DeleteFunc(names, func(n string) bool { return n == "sitemap.xml" })
	}
	list := []any{}
	for _, name := range names {
		var set struct {
			XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
			URLs    []struct {
				Loc     string `xml:"loc"`
				Lastmod string `xml:"lastmod"`
				Links   []struct {
					Rel  string `xml:"rel,attr"`
					Lang string `xml:"hreflang,attr"`
					Href string `xml:"href,attr"`
				} `xml:"http://www.w3.org/1999/xhtml link"`
			} `xml:"url"`
		}
		require.NoError(w.t, xml.Unmarshal(files[name].Bytes(), &set))
		urls := []any{}
		for _, u := range set.URLs {
			m := map[string]any{"loc": u.Loc, "lastmod": u.Lastmod}
			if len(u.Links) > 0 {
				links := []any{}
				for _, l := range u.Links {
					require.Equal(w.t, "alternate", l.Rel)
					links = append(links, []any{l.Lang, l.Href})
				}
				m["alternates"] = links
			}
			urls = append(urls, m)
		}
		list = append(list, map[string]any{"name": name, "urls": urls})
	}
	out["files"] = list
	return out, nil
}
