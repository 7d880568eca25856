package payment

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

var (
	// ErrForged reports a webhook without a signature that fits its body. It
	// matches [flywheel.ErrUnauthenticated], and so [flywheel.ErrForbidden].
	ErrForged = fmt.Errorf("payment: webhook: no signature fits: %w", flywheel.ErrUnauthenticated)
	// ErrOld reports a webhook that was signed too long ago, or in the future.
	ErrOld = fmt.Errorf("payment: webhook: signed at another time: %w", flywheel.ErrExpired)
)

// Verifier checks the signatures of webhooks: a header "t=1767225590,v1=…" with the
// second of signing and HMAC-SHA-256 (RFC 2104) of "<t>.<body>" in hexadecimal, the
// form that Stripe made familiar. It is immutable and safe for concurrent use.
type Verifier struct {
	tolerance time.Duration
	secrets   [][]byte
}

// maxSignatures bounds what one header costs.
const maxSignatures = 16

// NewVerifier returns a verifier that takes signatures of any of the secrets, two
// while one is replaced, made within tolerance of now. A tolerance that is not
// positive, no secret, or an empty one is an error matching flywheel.ErrInvalid.
func NewVerifier(tolerance time.Duration, secrets ...string) (*Verifier, error) {
	if tolerance <= 0 {
		return nil, &flywheel.FieldError{Field: "tolerance", Err: fmt.Errorf("%v is not positive: %w", tolerance, flywheel.ErrInvalid)}
	}
	if len(secrets) == 0 {
		return nil, &flywheel.FieldError{Field: "secrets", Err: fmt.Errorf("none: %w", flywheel.ErrInvalid)}
	}
	v := &Verifier{tolerance: tolerance}
	for i, s := range secrets {
		if s == "" {
			return nil, &flywheel.FieldError{Field: fmt.Sprintf("secrets[%d]", i), Err: fmt.Errorf("empty: %w", flywheel.ErrInvalid)}
		}
		v.secrets = append(v.secrets, []byte(s))
	}
	return v, nil
}

// Verify reports whether one of the signatures in header is of the raw body, with
// one of the secrets: else [ErrForged]. Signatures are compared in constant time,
// all of them, whichever fits. A right one of another time is [ErrOld]: only who
// knows a secret learns that. A header holds at most 16 signatures. The cost is one
// pass over the body for each secret.
func (v *Verifier) Verify(header string, body []byte, now time.Time) error {
	stamp, signatures, ok := parseSignature(header)
	if !ok {
		return ErrForged
	}
	fits := false
	for _, secret := range v.secrets {
		want := sign(secret, stamp, body)
		for _, got := range signatures {
			if hmac.Equal(want, got) {
				fits = true
			}
		}
	}
	if !fits {
		return ErrForged
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return ErrForged
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > v.tolerance || age < -v.tolerance {
		return ErrOld
	}
	return nil
}

// parseSignature returns the parts of a header: the text of t, which is signed as
// it stands, and the signatures of scheme v1. Others are passed over.
func parseSignature(header string) (stamp string, signatures [][]byte, ok bool) {
	if len(header) > 4096 {
		return "", nil, false
	}
	for part := range strings.SplitSeq(header, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case !found:
			return "", nil, false
		case name == "t":
			if stamp != "" || value == "" {
				return "", nil, false // two instants, or none
			}
			stamp = value
		case name == "v1":
			signature, err := hex.DecodeString(value)
			if err != nil || len(signatures) == maxSignatures {
				return "", nil, false
			}
			signatures = append(signatures, signature)
		}
	}
	return stamp, signatures, stamp != "" && len(signatures) > 0
}

func sign(secret []byte, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(stamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return mac.Sum(nil)
}

// Sign returns the header with which a body is sent, to the second of at.
func Sign(secret string, body []byte, at time.Time) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(sign([]byte(secret), stamp, body))
}
