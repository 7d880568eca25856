// Package catalog keeps what a shop sells and shows it to customers, other programs
// and search engines.
//
// # The problem
//
// A shirt is one product with a page of its own and six things in the warehouse. It
// has a washing instruction in three languages, a claim that only one channel makes,
// and a fabric that customers filter by. It goes online on Monday at eight, local
// time. Its address changes and the old one must lead there. A supplier sends a file
// each night in which forty prices differ and one line is broken, and the marketplace
// wants all of it in its own words.
//
// # Concepts
//
// A [Product] is a head with texts, attributes, media and listings, and variants,
// each with an SKU. Head and variants have versions of their own: changing one of
// 2,048 variants writes that one. [Attribute]s are typed and defined once;
// a [ProductType] and the [Category]s of a product say which it may have and which it
// needs. [OptionSet]s are shared by products.
//
// A [ChannelDef] has locales, a currency and a time zone. A [Listing] puts a product
// into a channel, in a window of time, with a slug per locale; former slugs redirect.
// Texts fall back from locale to locale, each by itself. [Service.View] is a product
// as a channel shows it, [Service.List] a page of products from the index,
// [Service.Describe] what carts and events say of lines. A [Collection] is a rule.
// A [Step] is a change that is planned for an instant, such as the end of a season;
// a runner that calls [Service.Advance] lets it happen.
//
// Prices and stock belong to pricing and inventory; where the catalog shows or sorts
// by them it asks [Offers].
//
// Every change is reported to the Sink as events with the old and new value of what
// changed, see [Change]. What is refused is an [Errors] with all that is wrong, by
// path, and has changed nothing.
//
// # Two processes, a restart, a bad event
//
// Processes that share a database share the assortment. A change of types, channels or
// categories is noticed by its revision, before the next product is written or shown;
// of two that write a product the second decides again, on what the first has written.
// Steps and what the Sink has not taken are kept in the store, so that any process,
// also after a restart, goes on with [Service.Advance] and [Service.Deliver]. A step
// that can no longer be is kept with its reason and stops no other.
//
// # Files
//
// [Service.Import] reads Shopify's product CSV, any CSV with a mapping, and JSON
// lines; the same file again changes nothing, and rows or lines that are those of last
// time are passed over by their hash ([Source]). [Service.Export] is the inverse.
// [Service.WriteFeed] writes the feeds of Google Merchant and of OpenAI,
// [Service.JSONLD] schema.org data and [Service.WriteSitemap] sitemaps.
//
// # Units
//
// Times are UTC to the microsecond. Texts are kept in NFC without white space at the
// ends. Decimals are kept in the unit of their attribute, converted exactly and
// rounded half away from zero.
//
// # Sources
//
// Locales are BCP 47. Numbers under bar codes follow the GS1 General Specifications.
// CSV is RFC 4180. Feeds follow the Google Merchant product data specification and
// the OpenAI product feed specification, pages schema.org, sitemaps the protocol 0.9
// of sitemaps.org.
//
// # Cost and concurrency
//
// A page of a listing is a range of one ordered index, O(log n + page). With filters,
// facets or an order by price each candidate is looked at. A change costs what it
// writes, and a change of a head also O(variants). A Service and a Store are safe for
// concurrent use; two changes of a product are decided one after the other.
package catalog
