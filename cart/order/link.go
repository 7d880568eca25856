package order

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Links makes and checks the tokens of links by which a guest reaches an order
// without signing in. A token is HMAC-SHA-256 over order and end, so nothing is stored
// and nobody without the secret makes one. Links is safe for concurrent use.
type Links struct{ secrets [][]byte }

// MinSecret is the least length of a secret of [NewLinks], in bytes.
const MinSecret = 32

// ErrLink reports a token that no secret has made for the order. It matches
// [flywheel.ErrUnauthenticated].
var ErrLink = fmt.Errorf("order: no valid link: %w", flywheel.ErrUnauthenticated)

// ErrLinkExpired reports a token whose time is over.
var ErrLinkExpired = fmt.Errorf("order: the link has expired: %w", flywheel.ErrExpired)

// NewLinks returns links under secrets of at least [MinSecret] bytes. The first one
// makes tokens, the others are those before it: their tokens are still good.
func NewLinks(secrets ...[]byte) (*Links, error) {
	if len(secrets) == 0 {
		return nil, refuse("secrets", flywheel.ErrInvalid, "none")
	}
	l := &Links{}
	for i, s := range secrets {
		if len(s) < MinSecret {
			return nil, refuse(fmt.Sprintf("secrets[%d]", i), flywheel.ErrInvalid, "%d bytes, at least %d", len(s), MinSecret)
		}
		l.secrets = append(l.secrets, append([]byte(nil), s...))
	}
	return l, nil
}

// Token returns the token of a link to an order that is good until a time, which is
// cut to seconds. It is safe within a URL.
func (l *Links) Token(id ID, until time.Time) string {
	token := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(token, sign(l.secrets[0], id, token)...))
}

// Check reports whether a token is good for an order at a time. Signatures are
// compared in constant time, and the end is looked at only when the signature is good.
func (l *Links) Check(id ID, token string, now time.Time) error {
	if len(token) > 256 {
		return ErrLink
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(data) != 8+sha256.Size {
		return ErrLink
	}
	good := false
	for _, secret := range l.secrets {
		good = hmac.Equal(data[8:], sign(secret, id, data[:8])) || good
	}
	if !good {
		return ErrLink
	}
	if until := time.Unix(int64(binary.BigEndian.Uint64(data)), 0); !now.Before(until) {
		return ErrLinkExpired
	}
	return nil
}

func sign(secret []byte, id ID, end []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("order link\x00"))
	mac.Write(end)
	mac.Write([]byte(id))
	return mac.Sum(nil)
}
