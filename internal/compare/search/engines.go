package main

import (
	"fmt"
	"os"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search/query"

	"github.com/flywheel-go/flywheel/catalog/search"
)

// engine is one way to search, built from items.
type engine struct {
	name   string
	build  func(items []item) error
	ask    func(text string) ([]string, error) // the ten best
	closed func()
}

// ours is catalog/search with its defaults.
func ours() *engine {
	var index *search.Index
	return &engine{
		name: "catalog/search",
		build: func(items []item) error {
			var err error
			if index, err = search.New(search.Settings{}); err != nil {
				return err
			}
			docs := make([]search.Document, len(items))
			for i, p := range items {
				docs[i] = search.Document{ID: p.ID, Text: map[string]string{"title": p.Title, "description": p.Description}}
			}
			return index.Put(docs...)
		},
		ask: func(text string) ([]string, error) {
			r, err := index.Search(search.Query{Text: text, Limit: 10})
			if err != nil {
				return nil, err
			}
			ids := make([]string, len(r.Hits))
			for i, h := range r.Hits {
				ids[i] = h.ID
			}
			return ids, nil
		},
		closed: func() { index = nil },
	}
}

// theirs is bleve's own index on disk with its English analyzer, the title counting
// four times, any word matching; fuzziness is the edits that it forgives.
func theirs(model string, fuzziness int) *engine {
	var index bleve.Index
	var dir string
	name := "bleve " + model
	if fuzziness > 0 {
		name += fmt.Sprintf(", fuzziness %d", fuzziness)
	}
	return &engine{
		name: name,
		build: func(items []item) error {
			var err error
			if dir, err = os.MkdirTemp("", "bleve"); err != nil {
				return err
			}
			if index, err = bleve.New(dir+"/index", bleveMapping(model)); err != nil {
				return err
			}
			b := index.NewBatch()
			for i, p := range items {
				if err := b.Index(p.ID, map[string]any{"title": p.Title, "description": p.Description}); err != nil {
					return err
				}
				if b.Size() == 1000 || i == len(items)-1 {
					if err := index.Batch(b); err != nil {
						return err
					}
					b.Reset()
				}
			}
			return nil
		},
		ask: func(text string) ([]string, error) {
			match := func(field string, boost float64) query.Query {
				q := bleve.NewMatchQuery(text)
				q.SetField(field)
				q.SetBoost(boost)
				q.SetFuzziness(fuzziness)
				return q
			}
			r, err := index.Search(bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(match("title", 4), match("description", 1)), 10, 0, false))
			if err != nil {
				return nil, err
			}
			ids := make([]string, len(r.Hits))
			for i, h := range r.Hits {
				ids[i] = h.ID
			}
			return ids, nil
		},
		closed: func() {
			_ = index.Close()
			_ = os.RemoveAll(dir)
		},
	}
}

func bleveMapping(model string) *mapping.IndexMappingImpl {
	text := bleve.NewTextFieldMapping()
	text.Analyzer = en.AnalyzerName
	text.Store, text.IncludeTermVectors, text.IncludeInAll, text.DocValues = false, false, false, false
	doc := bleve.NewDocumentStaticMapping()
	doc.AddFieldMappingsAt("title", text)
	doc.AddFieldMappingsAt("description", text)
	m := bleve.NewIndexMapping()
	m.DefaultMapping = doc
	m.ScoringModel = model
	return m
}
