// Package house has no code of its own: its tests keep the rules of
// ARCHITECTURE.md, so that a change that breaks one fails.
package house
