// Package keyedhash names what has been erased: a hash under a secret of the store,
// by which a text is recognized when it comes again, and which cannot be found by
// trying texts. HMAC-SHA256, cut to 128 bits (RFC 2104).
package keyedhash

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// NewSecret returns 32 random bytes.
func NewSecret() []byte {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails, see crypto/rand
	return secret
}

// Of returns the hash of a text under a secret, in hexadecimal.
func Of(secret []byte, text string) string {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
