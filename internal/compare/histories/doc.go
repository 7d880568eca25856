// Package histories checks with porcupine that what many buyers see of a counter at
// once is what they could have seen one after the other. Clients place sessions, call
// orders off and look at stock and codes; cards are declined and the gateway's answers
// get lost. The history is partitioned by SKU and by code, and each part is compared
// with a model of one number: units that are free, uses that are left.
//
// It is a module of its own, so that the library does not depend on porcupine:
//
//	go -C internal/compare/histories test .
//	FLYWHEEL_HISTORY=10000 go -C internal/compare/histories test . -v -timeout 2h
//
// A declined card is two operations of its parts, for its try held units and a use for a
// while: hold and release, in this order, within the call.
//
// Sessions have one SKU each: what is held for several at once is refused for one of
// them, and then shows nothing about the others.
package histories
