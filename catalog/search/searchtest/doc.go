// Package searchtest is the suite that every [search.Engine] must pass: for people who
// put an OpenSearch, a Meilisearch or an engine of their own in the place of the index
// in memory, when the assortment outgrows one process.
//
//	func TestMyServer(t *testing.T) {
//		fresh := func(t *testing.T) search.Engine { return myserver.New(emptyIndex(t)) }
//		searchtest.Run(t, fresh, searchtest.Features{
//			Settle:  func(ctx context.Context, e search.Engine) error { return e.(*myserver.Engine).Refresh(ctx) },
//			Refuses: []string{"group/values"},
//		})
//	}
//
// Each case names the rule of the contract that it protects. What a server cannot do
// its engine refuses, and says so in Refuses: the suite then asks for the refusal. It
// fixes which products are found, how they are counted, sorted and paged; of relevance
// it asks only what any ranking must give.
//
// # What an adapter maps
//
// A product is one document of the server with its variants as nested records, each
// with the product's attributes where it has none of its own ([search.Document]). On
// OpenSearch these are a field of type nested; filter and choices are one nested query,
// so that one variant meets the whole of them, and a facet is a nested aggregation with
// a reverse_nested count below, filtered by all choices but its own where it is
// disjunctive. On Meilisearch, whose facets count documents, variants are documents with
// the product as distinct attribute, and counts over products need a query for each
// value: an adapter there refuses what it cannot count. Texts of locales are fields of
// their own, with the analyzer of the language. Pins and hides by query, the rerank plan
// and boosts by customer are applied to what the server returns, by package
// recommend/rerank, as the index does. Documents are changed through the server's bulk
// call: deletions first, an error if any item failed, after which the same call is made
// again; [search.Follower] does so because its position stays.
package searchtest
