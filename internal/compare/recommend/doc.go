// Command recommend trains the models of package recommend beside gorse's on the rows
// of protocol P1 (MovieLens 100K by time), with one processor, in turns in one process,
// and prints the CPU time of each fit and the NDCG@10 of its full ranking on the test
// part, measured by the same code. It is a module of its own, so that users of Flywheel
// do not inherit what it measures.
//
//	go -C internal/compare/recommend run . -data ../../../../shared/reference
package main
