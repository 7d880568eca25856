// Command search compares the package catalog/search with bleve in the same process:
// relevance on graded queries of real shops, time of a query, of a mistyped one and of
// building the index. It then answers the facets' workload, which bleve has no
// counterpart for, and states an assortment of a million products. It is a module of
// its own, so that users of Flywheel do not inherit what it measures.
//
//	go -C internal/compare/search run .            # needs FLYWHEEL_DATA for the graded queries
//	go -C internal/compare/search run . -million
//	go -C internal/compare/search test .
package main
