package smtp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/message"
)

// Mail is one mail to one reader.
type Mail struct {
	// ID names the mail; the Message-ID follows from it.
	ID string
	// To is whom it goes to; its Email is needed.
	To message.Recipient
	// Subject is a text, or one that is encoded already, as in message.Rendered.
	Subject string
	// Text and HTML are alternatives of each other; one may be empty.
	Text, HTML string
	// Unsubscribe is an https address that takes a POST, empty for none.
	Unsubscribe string
	// Date is when it was written.
	Date time.Time
}

const (
	maxBody = 10 << 20 // bytes of text and HTML together
	maxLine = 76       // characters of a folded header, where it can be folded
)

func refused(field string, kind error, format string, args ...any) error {
	return fmt.Errorf("smtp: %w", &flywheel.FieldError{Field: field, Err: fmt.Errorf(format+": %w", append(args, kind)...)})
}

// checkAddress reports whether text is an address and nothing else.
func checkAddress(field, text string) error {
	if len(text) > 254 { // RFC 5321, section 4.5.3.1.3, with the angle brackets
		return refused(field, flywheel.ErrLimit, "%d bytes, at most 254", len(text))
	}
	a, err := mail.ParseAddress("<" + text + ">")
	if err != nil || a.Address != text || strings.ContainsAny(text, "\r\n\x00 ") {
		return refused(field, flywheel.ErrInvalid, "no address")
	}
	return nil
}

// Compose returns m as it is sent, from a sender; lines end in CRLF. It is pure: the
// same mail gives the same bytes.
func Compose(from mail.Address, m Mail) ([]byte, error) {
	to := mail.Address{Name: m.To.Name.Reveal(), Address: m.To.Email.Reveal()}
	if err := checkAddress("from", from.Address); err != nil {
		return nil, err
	}
	if err := checkAddress("to", to.Address); err != nil {
		return nil, err
	}
	if m.ID == "" || len(m.ID) > flywheel.MaxIDBytes {
		return nil, refused("id", flywheel.ErrInvalid, "%d bytes, from 1 to %d", len(m.ID), flywheel.MaxIDBytes)
	}
	if m.Text == "" && m.HTML == "" {
		return nil, refused("text", flywheel.ErrInvalid, "neither text nor HTML")
	}
	if n := len(m.Text) + len(m.HTML); n > maxBody {
		return nil, refused("text", flywheel.ErrLimit, "%d bytes, at most %d", n, maxBody)
	}
	if !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML) {
		return nil, refused("text", flywheel.ErrInvalid, "not UTF-8")
	}
	sum := sha256.Sum256([]byte(m.ID))
	token := hex.EncodeToString(sum[:12])
	_, domain, _ := strings.Cut(from.Address, "@")
	headers := [][2]string{
		{"From", ""}, {"To", ""}, {"Subject", m.Subject}, {"Date", m.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700")},
		{"Message-ID", "<" + token + "@" + domain + ">"}, {"MIME-Version", "1.0"}, {"Auto-Submitted", "auto-generated"},
	}
	if m.Unsubscribe != "" {
		u, err := url.Parse(m.Unsubscribe)
		if err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsAny(m.Unsubscribe, "<>, \r\n") {
			return nil, refused("unsubscribe", flywheel.ErrInvalid, "not an https address")
		}
		headers = append(headers, [2]string{"List-Unsubscribe", "<" + m.Unsubscribe + ">"}, [2]string{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"})
	}
	var b bytes.Buffer
	for _, h := range headers {
		var value string
		var err error
		switch h[0] {
		case "From":
			value, err = named(h[0], from)
		case "To":
			value, err = named(h[0], to)
		default:
			value, err = message.Header(h[0], h[1])
		}
		if err != nil {
			return nil, fmt.Errorf("smtp: %w", err)
		}
		fold(&b, h[0], value)
	}
	switch {
	case m.HTML == "":
		part(&b, "text/plain", m.Text)
	case m.Text == "":
		part(&b, "text/html", m.HTML)
	default:
		boundary := "part-" + token
		fold(&b, "Content-Type", "multipart/alternative; boundary="+boundary)
		b.WriteString("\r\n--" + boundary + "\r\n")
		part(&b, "text/plain", m.Text)
		b.WriteString("\r\n--" + boundary + "\r\n")
		part(&b, "text/html", m.HTML)
		b.WriteString("\r\n--" + boundary + "--\r\n")
	}
	return b.Bytes(), nil
}

// named returns an address with its name, encoded; what message.Header refuses in the
// name is refused.
func named(header string, a mail.Address) (string, error) {
	if _, err := message.Header(header, a.Name); err != nil {
		return "", err
	}
	return a.String(), nil
}

// fold writes a header, broken at blanks where a line would be long.
func fold(b *bytes.Buffer, name, value string) {
	line := name + ":"
	for word := range strings.SplitSeq(value, " ") {
		if len(line)+1+len(word) > maxLine && line != name+":" {
			b.WriteString(line + "\r\n")
			line = ""
		}
		line += " " + word
	}
	b.WriteString(line + "\r\n")
}

// part writes a body with its headers.
func part(b *bytes.Buffer, kind, body string) {
	fold(b, "Content-Type", kind+"; charset=utf-8")
	b.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
	w := quotedprintable.NewWriter(b)
	body = strings.ReplaceAll(body, "\r\n", "\n")
	w.Write([]byte(strings.ReplaceAll(body, "\n", "\r\n"))) //nolint:errcheck // a buffer takes everything
	w.Close()                                               //nolint:errcheck // as above
	b.WriteString("\r\n")
}
