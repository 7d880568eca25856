package flag

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"strings"
)

// Decrypt opens what GrowthBook encrypts: AES-CBC with PKCS #7 padding, as
// base64 of the initialization vector, a dot, and base64 of the body; the key is
// base64 too. The error matches [ErrKey]. The form has no authentication, so a
// wrong key is found out by the padding, or else by the JSON that comes out.
func Decrypt(encrypted, key string) ([]byte, error) {
	refuse := func(why string) ([]byte, error) { return nil, fmt.Errorf("%s: %w", why, ErrKey) }
	secret, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return refuse("the key is no base64")
	}
	vector, body, ok := strings.Cut(encrypted, ".")
	if !ok {
		return refuse("no dot between vector and body")
	}
	iv, err := base64.StdEncoding.DecodeString(vector)
	if err != nil || len(iv) != aes.BlockSize {
		return refuse("malformed vector")
	}
	text, err := base64.StdEncoding.DecodeString(body)
	if err != nil || len(text) == 0 || len(text)%aes.BlockSize != 0 {
		return refuse("malformed body")
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return refuse("the key has a wrong length")
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(text, text)
	padding := int(text[len(text)-1])
	if padding == 0 || padding > aes.BlockSize {
		return refuse("wrong key or damaged body")
	}
	text, tail := text[:len(text)-padding], text[len(text)-padding:]
	if !bytes.Equal(tail, bytes.Repeat([]byte{byte(padding)}, padding)) {
		return refuse("wrong key or damaged body")
	}
	return text, nil
}
