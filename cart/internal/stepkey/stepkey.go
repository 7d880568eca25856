// Package stepkey derives the keys of single steps, such as a refund at the
// gateway or an event, from the key of what they belong to.
package stepkey

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Of returns a valid identifier that is the same for the same arguments and
// different for different ones. Where the parts are short and only the last holds
// a colon it is readable, step:part:part; else their hash takes their place.
func Of(step string, parts ...string) string {
	key := step + ":" + strings.Join(parts, ":")
	if len(key) <= flywheel.MaxIDBytes && strings.Count(strings.Join(parts[:len(parts)-1], ""), ":") == 0 {
		return key
	}
	var body []byte
	for _, p := range parts {
		body = binary.AppendUvarint(body, uint64(len(p)))
		body = append(body, p...)
	}
	return step + "#" + Digest(body)
}

// Digest returns 128 bits of the SHA-256 of body as 32 hexadecimal digits.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}
