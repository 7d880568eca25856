// Package newid makes identifiers for things that have none of their own.
package newid

import "github.com/google/uuid"

// New returns a UUIDv7: unique without coordination and ordered by the time of
// making, so that an index over identifiers stays dense (RFC 9562, section 5.7).
// It is safe for concurrent use.
func New() string {
	return uuid.Must(uuid.NewV7()).String()
}
