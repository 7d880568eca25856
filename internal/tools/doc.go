// Package tools pins the programs that check this repository, in a module of
// its own so that users of the library do not inherit them. Run one with
//
//	go -C internal/tools tool -n staticcheck   # prints the path of the built program
package tools
