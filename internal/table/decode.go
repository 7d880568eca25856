package table

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

var encodings = []string{"utf-8", "utf-16le", "utf-16be", "windows-1252"}

const headBytes = 64 << 10 // of the beginning, by which the dialect is found

// unpack undoes gzip where r begins like it.
func unpack(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, headBytes)
	if magic, err := buffered.Peek(2); err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return buffered, nil
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w: %w", err, flywheel.ErrInvalid)
	}
	return z, nil
}

// encodingOf tells the encoding by its mark, or by where the zero bytes of the
// first Latin letters stand.
func encodingOf(head []byte) (name string, mark int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return "utf-8", 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le", 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be", 2
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return "utf-16le", 0
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return "utf-16be", 0
	}
	return "utf-8", 0
}

// text is the input as UTF-8 with lines that end in LF. It stops with an error
// when the input is longer than max, or one row longer than maxRecord.
type text struct {
	in       *bufio.Reader
	encoding string
	cr       bool // lines end in CR alone

	left, leftInRow     int64
	maxBytes, maxRecord int64
}

var (
	errTooLong = errors.New("the table is too long")
	errRowLong = errors.New("the row is too long; is a quotation mark not closed?")
)

func (t *text) Read(p []byte) (int, error) {
	if len(p) < utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	if t.left <= 0 {
		// Exactly as long as allowed is not too long.
		if _, err := t.in.Peek(1); err != nil {
			return 0, err
		}
		return 0, fmt.Errorf("%w: more than %d bytes: %w", errTooLong, t.maxBytes, flywheel.ErrLimit)
	}
	if t.leftInRow <= 0 {
		if _, err := t.in.Peek(1); err != nil {
			return 0, err
		}
		return 0, fmt.Errorf("%w More than %d bytes: %w", errRowLong, t.maxRecord, flywheel.ErrLimit)
	}
	p = p[:max(utf8.UTFMax, min(int64(len(p)), t.left))]
	n, err := t.fill(p)
	t.left -= int64(n)
	t.leftInRow -= int64(n)
	if t.cr {
		for i, c := range p[:n] {
			if c == '\r' {
				p[i] = '\n'
			}
		}
	}
	return n, err
}

func (t *text) fill(p []byte) (n int, err error) {
	switch t.encoding {
	case "utf-16le", "utf-16be":
		for n+utf8.UTFMax <= len(p) {
			// One wait for input suffices, so that a slow source is read as it comes.
			if n > 0 && t.in.Buffered() < 4 {
				return n, nil
			}
			r, err := t.unit()
			if err != nil {
				return n, err
			}
			if utf16.IsSurrogate(r) {
				low, err := t.unit()
				if err != nil && !errors.Is(err, io.EOF) {
					return n, err
				}
				r = utf16.DecodeRune(r, low)
				if r == utf8.RuneError {
					return n, fmt.Errorf("a half of a surrogate pair in UTF-16: %w", flywheel.ErrInvalid)
				}
			}
			n += utf8.EncodeRune(p[n:], r)
		}
		return n, nil
	case "windows-1252":
		for n+utf8.UTFMax <= len(p) {
			if n > 0 && t.in.Buffered() == 0 {
				return n, nil
			}
			c, err := t.in.ReadByte()
			if err != nil {
				return n, err
			}
			r := rune(c)
			if c >= 0x80 && c < 0xa0 {
				r = windows1252[c-0x80]
			}
			n += utf8.EncodeRune(p[n:], r)
		}
		return n, nil
	}
	return t.in.Read(p)
}

func (t *text) unit() (rune, error) {
	a, err := t.in.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := t.in.ReadByte()
	if err != nil {
		return 0, fmt.Errorf("an odd number of bytes in UTF-16: %w", flywheel.ErrInvalid)
	}
	if t.encoding == "utf-16be" {
		a, b = b, a
	}
	return rune(a) | rune(b)<<8, nil
}

// windows1252 is 0x80 to 0x9f, with the five that are not assigned as C1
// controls, as in the WHATWG Encoding Standard.
var windows1252 = [32]rune{
	'\u20ac', '\u0081', '\u201a', '\u0192', '\u201e', '\u2026', '\u2020', '\u2021',
	'\u02c6', '\u2030', '\u0160', '\u2039', '\u0152', '\u008d', '\u017d', '\u008f',
	'\u0090', '\u2018', '\u2019', '\u201c', '\u201d', '\u2022', '\u2013', '\u2014',
	'\u02dc', '\u2122', '\u0161', '\u203a', '\u0153', '\u009d', '\u017e', '\u0178',
}
