package message

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// ErrForged reports a token that was not made for this person and use. It matches
// [flywheel.ErrUnauthenticated], whatever is wrong with it.
var ErrForged = fmt.Errorf("message: the token is none of this link: %w", flywheel.ErrUnauthenticated)

// minSecret is the shortest secret, in bytes.
const minSecret = 16

// Links makes and checks the tokens of links that need no login, such as those to
// unsubscribe. It is immutable and safe for concurrent use.
type Links struct{ secrets [][]byte }

// NewLinks returns the links of secrets, of which the first signs and any is taken,
// so that one can be replaced. Each has at least 16 bytes.
func NewLinks(secrets ...[]byte) (*Links, error) {
	if len(secrets) == 0 {
		return nil, fmt.Errorf("message: %w", &flywheel.FieldError{Field: "secrets", Err: fmt.Errorf("none: %w", flywheel.ErrInvalid)})
	}
	l := &Links{}
	for i, s := range secrets {
		if len(s) < minSecret {
			return nil, fmt.Errorf("message: %w", &flywheel.FieldError{
				Field: fmt.Sprintf("secrets[%d]", i), Err: fmt.Errorf("%d bytes, at least %d: %w", len(s), minSecret, flywheel.ErrInvalid),
			})
		}
		l.secrets = append(l.secrets, append([]byte(nil), s...))
	}
	return l, nil
}

// Token returns the token of a person for a use, such as "unsubscribe:marketing": 43
// characters that stand in an address as they are.
func (l *Links) Token(customer flywheel.CustomerID, use string) string {
	return base64.RawURLEncoding.EncodeToString(l.sum(l.secrets[0], customer, use))
}

// Check reports whether a token was made for this person and use: else [ErrForged].
// The time that it takes says nothing about the right one.
func (l *Links) Check(customer flywheel.CustomerID, use, token string) error {
	if len(token) > 64 {
		return ErrForged
	}
	got, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return ErrForged
	}
	fits := false
	for _, s := range l.secrets {
		if hmac.Equal(got, l.sum(s, customer, use)) {
			fits = true
		}
	}
	if !fits {
		return ErrForged
	}
	return nil
}

// sum signs both texts, with the length of the first, so that no two pairs are alike.
func (l *Links) sum(secret []byte, customer flywheel.CustomerID, use string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("flywheel/message/link/1\n"))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(customer))))
	mac.Write([]byte(customer))
	mac.Write([]byte(use))
	return mac.Sum(nil)
}
