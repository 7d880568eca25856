package message

import (
	"fmt"
	"mime"
	"unicode"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// HeaderError is a header that is not sent. It matches what Err matches.
type HeaderError struct {
	Header string
	Err    error // wraps a kind
}

func (e *HeaderError) Error() string {
	return fmt.Sprintf("message: header %.40q: %v", e.Header, e.Err)
}

// Unwrap returns the cause.
func (e *HeaderError) Unwrap() error { return e.Err }

// maxHeader is the longest value of a header, in bytes before encoding.
const maxHeader = 4096

// Header returns a value for a header of a mail, encoded as RFC 2047 says where it is
// not ASCII. A name that is none, and a value with a line break or another control
// character, are a [*HeaderError] that matches [flywheel.ErrInvalid]; a value beyond
// 4 KiB matches [flywheel.ErrLimit].
func Header(name, value string) (string, error) {
	refuse := func(kind error, format string, args ...any) (string, error) {
		return "", &HeaderError{name, fmt.Errorf(format+": %w", append(args, kind)...)}
	}
	if name == "" || len(name) > 76 {
		return refuse(flywheel.ErrInvalid, "not a name")
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f || c == ':' {
			return refuse(flywheel.ErrInvalid, "not a name")
		}
	}
	if len(value) > maxHeader {
		return refuse(flywheel.ErrLimit, "%d bytes, at most %d", len(value), maxHeader)
	}
	if !utf8.ValidString(value) {
		return refuse(flywheel.ErrInvalid, "not UTF-8")
	}
	for i, r := range value {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return refuse(flywheel.ErrInvalid, "the control character %U at offset %d", r, i)
		}
	}
	return mime.QEncoding.Encode("utf-8", value), nil
}
