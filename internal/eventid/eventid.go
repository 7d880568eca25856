// Package eventid names events, and steps such as a refund at the gateway, after
// the thing they belong to, so that a fact told twice has one ID and a step tried
// twice has one key.
package eventid

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/flywheel-go/flywheel"
)

var escape = strings.NewReplacer("%", "%25", ":", "%3A")

// Of joins the name of the event or step and the parts with colons. For names
// without "#" and ":" and for parts that are identifiers the result is one, and
// different parts give different ones: a colon within a part is escaped, and what
// would be longer than an identifier may be is hashed.
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
	return name + "#" + hex.EncodeToString(sum[:])
}
