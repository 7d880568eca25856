// Package effects compares the timers and messages of package campaign, on package
// internal/effect, with the jobs of River (github.com/riverqueue/river, MPL-2.0), in one
// process over one PostgreSQL. It is a module of its own, so that users of Flywheel do
// not inherit what it measures.
//
//	go -C internal/compare/effects test . -bench . -benchtime 3x
//
// A job of River is claimed, worked by a function that does nothing, and completed. A
// timer is claimed, its run takes a step by its journey, and waits for the next timer,
// in one transaction. A message is in addition decided on (consent, quiet hours, caps),
// becomes a row, is claimed with its contact, sent by a function that does nothing, and
// settled, so that a provider without memory gets it once.
package effects
