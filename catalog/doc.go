// Package catalog keeps what a shop sells: products with their variants, and the
// tree of categories in which customers find them.
//
// # The problem
//
// A shirt is one product with a page of its own, and six things in the warehouse:
// two colours in three sizes, each with an SKU that is priced, counted and sold.
// Several people edit products at once, imports repeat, and orders refer to what is
// no longer sold.
//
// # Concepts
//
// A [Product] has axes such as size, and a [Variant] for each combination of their
// values that exists. Combinations are unique within a product, SKUs within the
// shop. Its [Status] goes from draft to active to archived; nothing is deleted.
//
// Changes are optimistic: a Product carries the version it was read in, and
// [Service.Put] refuses one that is not the latest with [ErrStale]. Putting the same
// content again changes nothing, so that an import can be repeated. Errors name the
// field, such as "products[17].variants[3].options[1]" (see [FieldError]).
//
// A [Tree] is all categories as one immutable value with one version, since only
// the whole can tell whether a move would put a category below itself. A product
// is found in its categories and in all above them.
//
// Each change is told to the Sink as an event with an ID that is made of the
// product and its version, in the same transaction where the [Store] has these.
//
// # Units
//
// Times are UTC to the microsecond. Strings are compared byte by byte; nothing
// folds case. Prices are those of package pricing, stock that of inventory.
//
// A Service and a Store are safe for concurrent use; a Tree is a value.
package catalog
