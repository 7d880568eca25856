package web

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Mail is a message as its recipient gets it.
type Mail struct {
	ID, To, Subject, Text, HTML string
	At                          time.Time
	Customer                    flywheel.CustomerID // who gets it, where that is known
	Stop                        string              // the https address that ends such letters
}

// Outbox keeps what was sent, the newest thousand, so that a shop without a mail server
// shows what its customers would have got. The zero value is empty and ready, and it is safe
// for concurrent use.
type Outbox struct {
	mu    sync.Mutex
	mails []Mail
}

const mostMails = 1000

// Add keeps a mail, once for its ID.
func (o *Outbox) Add(m Mail) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if slices.ContainsFunc(o.mails, func(had Mail) bool { return had.ID == m.ID }) {
		return
	}
	if len(o.mails) == mostMails {
		o.mails = slices.Delete(o.mails, 0, 1)
	}
	o.mails = append(o.mails, m)
}

// Receive keeps a mail as a mail server got it. One that cannot be read is kept as it is.
func (o *Outbox) Receive(data []byte, at time.Time) {
	m := Mail{ID: fmt.Sprintf("%x", sha256.Sum256(data)), Text: string(data), At: at}
	if got, err := mail.ReadMessage(bytes.NewReader(data)); err == nil {
		if to, err := got.Header.AddressList("To"); err == nil && len(to) > 0 {
			m.To = to[0].Address
		}
		m.ID, m.Text = got.Header.Get("Message-ID"), ""
		m.Subject, _ = new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject")) //nolint:errcheck // what cannot be read stays as it is
		m.read(got.Header.Get("Content-Type"), got.Header.Get("Content-Transfer-Encoding"), got.Body)
	}
	o.Add(m)
}

// read takes the text of a body, and of its parts.
func (m *Mail) read(kind, encoding string, body io.Reader) {
	kind, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return
	}
	if strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextPart() // without quoted-printable
			if err != nil {
				return
			}
			m.read(p.Header.Get("Content-Type"), "", p)
		}
	}
	if encoding == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return
	}
	if kind == "text/html" {
		m.HTML = string(text)
	} else {
		m.Text = string(text)
	}
}

// Mails returns those to an address, all where it is empty, the newest first.
func (o *Outbox) Mails(to string) []Mail {
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []Mail
	for i := range slices.Backward(o.mails) {
		if to == "" || o.mails[i].To == to {
			found = append(found, o.mails[i])
		}
	}
	return found
}

// Forget removes those to an address.
func (o *Outbox) Forget(to string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mails = slices.DeleteFunc(o.mails, func(m Mail) bool { return strings.EqualFold(m.To, to) })
}
