// Package cursor keeps how far the consumers of the event log have come, and
// which persons stand still, beside the state of each consumer: in the same
// database, so that both change in one transaction. Package segment's Runner uses
// it; consumers read from their context what the runner tells them.
//
// [For] finds the store of a database. A row of a consumer that is locked is the
// ownership of its turn: a killed process loses it with its connection.
package cursor
