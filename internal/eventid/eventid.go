// Package eventid names events after the thing they tell of, so that a fact
// told twice has one ID.
package eventid

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/flywheel-go/flywheel"
)

var escape = strings.NewReplacer("%", "%25", ":", "%3A")

// Of joins the event's name and parts with colons. Different parts give
// different IDs: a colon within a part is escaped, and what would be longer
// than an identifier may be is hashed.
func Of(name string, parts ...string) string {
	size := len(name)
	for _, p := range parts {
		size += 1 + len(p)
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteString(name)
	for _, p := range parts {
		b.WriteByte(':')
		if strings.ContainsAny(p, "%:") {
			p = escape.Replace(p)
		}
		b.WriteString(p)
	}
	if b.Len() <= flywheel.MaxIDBytes {
		return b.String()
	}
	sum := sha256.Sum256([]byte(b.String()))
	return name + ":sha256:" + hex.EncodeToString(sum[:])
}
