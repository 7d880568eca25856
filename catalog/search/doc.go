// Package search finds products in an assortment: by words that may be mistyped, by
// facets that are counted over variants, ordered by relevance and by what the shop
// wants to sell.
//
// # The problem
//
// A shop's search is asked by people in a hurry, on a phone, in three languages.
// They write headhpones, t-shirt and tshirt, 手机 and shouji, and expect the same
// things. Beside the results stand facets, and their numbers must be true: a shirt
// that is there in red and in M, but not in red M, is none of the two. Stock and
// prices change while they look. Most shops need a server of its own for that; this
// package is an index in the program's memory that answers in well under a
// millisecond.
//
//	index, err := search.New(search.Settings{})
//	err = index.Put(search.Document{
//		ID:   "tee",
//		Text: map[string]string{"title": "Striped cotton tee", "description": "Soft and light."},
//		Attributes: map[string]any{"brand": "Nord"},
//		Variants: []search.Variant{
//			{SKU: "tee-red-m", Attributes: map[string]any{"color": "red", "size": "M", "price": 1990, "stock": 3}},
//		},
//	})
//	found, err := index.Search(search.Query{
//		Text:        "stripd tee",
//		Select:      map[string][]any{"color": {"red"}},
//		Disjunctive: []string{"color", "size"},
//		Facets:      []search.Facet{{Field: "color"}, {Field: "size"}},
//	})
//
// # Documents, records, facets
//
// A [Document] is a product with texts by locale, attributes and variants. Each
// variant, with the attributes of its product, is one record. A product is found if
// one record meets the whole filter and all choices; counts are of products. A facet
// named in Query.Disjunctive is counted without its own choice and with all others.
// The price of a record out of stock does not count while another of its product is
// in stock. Values of the form "Clothing > Tees" also have the values above them.
//
// # Words
//
// Text is folded (case, accents, width), cut into words, and stemmed by the language
// of the locale (English after Porter 2001; German, French, Spanish, Italian, Dutch,
// Portuguese, Swedish, Danish, Norwegian and Russian by light stemmers). Runs of
// Chinese, Japanese and Korean characters are indexed as pairs of neighbors. With
// Settings.Dictionary Chinese queries are cut into words, with Settings.Pinyin they
// may be typed by sound; the data for both is embedded, 378 KB, and unpacked at first
// use. Its sources are the dictionary of the jieba project (MIT) and the readings of
// pinyin-data (MIT), named in internal/han.
//
// A word of a query is had as itself, in another form, mistyped (from 5 letters one
// edit, from 9 two; a swap of neighbors is one, a wrong first letter two), as the
// beginning of a word, joined or split, as a synonym, or by sound. See [Ranking] for
// how these count and for the formula; every number of relevance stands there.
//
// # Merchandising
//
// A [Rule] pins and hides products by query. What the shop wants beside relevance
// (margin, stock, freshness, promotion, the customer's own taste, caps, slots,
// variety) is a rerank.Plan, applied once to the best Settings.Window results: the
// same leaf that recommendations use.
//
// # Change
//
// An [Index] is a few immutable segments. A change adds a segment and marks what it
// replaces, and merges small segments; queries read a [Snapshot] and see a change
// whole or not at all. An index that was edited answers exactly as one that is built
// anew from the same documents. [Snapshot.AppendTo] writes a snapshot, [Open] reads
// it in place.
//
// # Limits
//
// What is accepted is bounded (see the Max constants); a query is read up to
// [MaxQueryWords] words, a text up to [MaxFieldWords], and [Result].Cut says so.
//
// # Cost
//
// A query reads which products have its words, one bit each for a word that one product
// in 32 has and one number each for a rarer one, and then scores the few that may be
// among the best by the words that they have; for each facet it costs the products
// found or the set operations of its values, whichever is less. Memory is about 280
// bytes for a product of thirty words, three variants and ten attributes.
//
// # Concurrency
//
// Index, Snapshot, Log are safe for concurrent use. Queries take no lock. Changes are
// made one after another.
package search
