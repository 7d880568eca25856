// Command pricing compares the packages pricing and pricing/money with other
// libraries in the same process, operation by operation, and prints how many
// times as long they take. It first makes sure that they answer the same. It is a
// module of its own, so that users of Flywheel do not inherit what it measures.
//
//	go -C internal/compare/pricing run .
//	go -C internal/compare/pricing test .
package main
