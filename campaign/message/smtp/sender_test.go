package smtp_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/message"
	"github.com/flywheel-go/flywheel/campaign/message/smtp"
	"github.com/flywheel-go/flywheel/campaign/message/smtp/smtptest"
)

var from = mail.Address{Name: "The store", Address: "store@example.com"}

func anna() message.Recipient {
	return message.Recipient{Customer: "c1", Name: message.NewPrivate("Anna Ä. 安娜"), Email: message.NewPrivate("anna@example.com")}
}

func hello() smtp.Mail {
	return smtp.Mail{ID: "m1", To: anna(), Subject: "Grüße, 你好", Text: "Hello\n.\nÄ", HTML: "<p>Hello</p>", Date: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
}

func start(t testing.TB, o *smtptest.Options) *smtptest.Server {
	t.Helper()
	server, err := smtptest.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

func sender(t testing.TB, o smtp.Options) *smtp.Sender {
	t.Helper()
	if o.From == (mail.Address{}) {
		o.From = from
	}
	s, err := smtp.New(o)
	require.NoError(t, err)
	return s
}

func Example() {
	server, err := smtptest.Start(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	s, err := smtp.New(smtp.Options{Addr: server.Addr, Plain: true, From: from})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = s.Send(context.Background(), smtp.Mail{
		ID: "m1", To: message.Recipient{Customer: "c1", Email: message.NewPrivate("anna@example.com")}, Subject: "Your order", Text: "It is on its way.",
		Date: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
	})
	fmt.Println(err)
	fmt.Printf("%s", server.Mails()[0].Data)
	// Output:
	// <nil>
	// From: "The store" <store@example.com>
	// To: <anna@example.com>
	// Subject: Your order
	// Date: Fri, 01 May 2026 12:00:00 +0000
	// Message-ID: <ca0df2c95aa144c1d0ff2ff3@example.com>
	// MIME-Version: 1.0
	// Auto-Submitted: auto-generated
	// Content-Type: text/plain; charset=utf-8
	// Content-Transfer-Encoding: quoted-printable
	//
	// It is on its way.
}

func ExampleNew() {
	_, err := smtp.New(smtp.Options{Addr: "mail.example.com:25", From: from, Plain: true})
	fmt.Println(err)
	// Output: smtp: plain: mail.example.com is another machine: forbidden
}

func ExampleCompose() {
	_, err := smtp.Compose(from, smtp.Mail{
		ID: "m1", To: message.Recipient{Email: message.NewPrivate("anna@example.com")}, Subject: "Hi\r\nBcc: all@example.com", Text: "Hello",
	})
	fmt.Println(errors.Is(err, flywheel.ErrInvalid))
	// Output: true
}

func ExampleError() {
	server, err := smtptest.Start(&smtptest.Options{Reply: func(command string) string {
		if strings.HasPrefix(command, "RCPT") {
			return "550 5.1.1 no anna@example.com here"
		}
		return ""
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	s, err := smtp.New(smtp.Options{Addr: server.Addr, Plain: true, From: from})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = s.Send(context.Background(), hello())
	fmt.Println(err, errors.Is(err, flywheel.ErrNotFound))
	var said *smtp.Error
	fmt.Println(errors.As(err, &said), said.Code, said.Enhanced, said.Temporary())
	// Output:
	// message: to recipient c1: smtp: to: 550 5.1.1 true
	// true 550 5.1.1 false
}

// parts returns the bodies of a mail by type.
func parts(t testing.TB, data []byte) (mail.Header, map[string]string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	require.NoError(t, err)
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	bodies := map[string]string{}
	if kind != "multipart/alternative" {
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		require.NoError(t, err)
		bodies[kind] = string(body)
		return m.Header, bodies
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart() // decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return m.Header, bodies
		}
		require.NoError(t, err)
		body, err := io.ReadAll(p)
		require.NoError(t, err)
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		require.NoError(t, err)
		bodies[kind] = string(body)
	}
}

// A mail arrives as it was written, over TLS by either way, with the login.
func TestSend(t *testing.T) {
	for name, implicit := range map[string]bool{"starttls": false, "implicit": true} {
		t.Run(name, func(t *testing.T) {
			server := start(t, &smtptest.Options{SelfSigned: true, Implicit: implicit, Users: map[string]string{"store": "secret"}})
			s := sender(t, smtp.Options{
				Addr: server.Addr, User: "store", Password: message.NewPrivate("secret"), Implicit: implicit, TLS: &tls.Config{RootCAs: server.Roots()},
			})
			m := hello()
			m.Unsubscribe = "https://store.example.com/stop?token=a"
			require.NoError(t, s.Send(t.Context(), m))
			got := server.Mails()
			require.Len(t, got, 1)
			require.True(t, got[0].TLS)
			require.Equal(t, "store", got[0].User)
			require.Equal(t, "store@example.com", got[0].From)
			require.Equal(t, []string{"anna@example.com"}, got[0].To)
			header, bodies := parts(t, got[0].Data)
			to, err := header.AddressList("To")
			require.NoError(t, err)
			require.Equal(t, "Anna Ä. 安娜", to[0].Name)
			subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
			require.NoError(t, err)
			require.Equal(t, "Grüße, 你好", subject)
			require.Equal(t, "<https://store.example.com/stop?token=a>", header.Get("List-Unsubscribe"))
			require.Equal(t, "List-Unsubscribe=One-Click", header.Get("List-Unsubscribe-Post"))
			at, err := header.Date()
			require.NoError(t, err)
			require.True(t, at.Equal(m.Date))
			require.Equal(t, map[string]string{"text/plain": "Hello\n.\nÄ", "text/html": "<p>Hello</p>"}, map[string]string{
				"text/plain": strings.ReplaceAll(strings.TrimRight(bodies["text/plain"], "\r\n"), "\r\n", "\n"), "text/html": strings.TrimRight(bodies["text/html"], "\r\n"),
			})
		})
	}
}

// Without TLS nothing is said beyond EHLO; a certificate of another is none.
func TestNoTLS(t *testing.T) {
	server := start(t, nil)
	err := sender(t, smtp.Options{Addr: server.Addr}).Send(t.Context(), hello())
	require.ErrorIs(t, err, smtp.ErrTLS)
	require.NotErrorIs(t, err, flywheel.ErrForbidden)
	signed := start(t, &smtptest.Options{SelfSigned: true})
	err = sender(t, smtp.Options{Addr: signed.Addr}).Send(t.Context(), hello())
	var unknown *tls.CertificateVerificationError
	require.ErrorAs(t, err, &unknown)
	require.Empty(t, server.Mails())
	require.Empty(t, signed.Mails())
}

// What the server answers says whether another attempt is worth it, and never the address.
func TestAnswers(t *testing.T) {
	final := []error{flywheel.ErrInvalid, flywheel.ErrNotFound, flywheel.ErrForbidden}
	for _, c := range []struct {
		command, reply string
		kind           error // nil is worth another attempt
	}{
		{"RCPT", "550 5.1.1 anna@example.com unknown", flywheel.ErrNotFound}, {"RCPT", "550 no anna@example.com", flywheel.ErrNotFound},
		{"RCPT", "550 5.7.1 refused", flywheel.ErrForbidden}, {"RCPT", "553 5.1.3 bad", flywheel.ErrInvalid}, {"RCPT", "450 4.2.1 busy", nil},
		{"RCPT", "552 5.2.2 full", nil}, {"RCPT", "421 closing", nil}, {".", "554 5.7.1 spam", flywheel.ErrForbidden}, {".", "451 4.3.0 later", nil},
		{"DATA", "554 no", flywheel.ErrForbidden}, {"MAIL", "550 5.7.1 who are you", nil}, {"MAIL", "451 later", nil}, {"EHLO", "421 not now", nil},
	} {
		server := start(t, &smtptest.Options{Reply: func(command string) string {
			if strings.HasPrefix(command, c.command) || c.command == "EHLO" && strings.HasPrefix(command, "HELO") {
				return c.reply
			}
			return ""
		}})
		err := sender(t, smtp.Options{Addr: server.Addr, Plain: true}).Send(t.Context(), hello())
		require.Error(t, err, c.reply)
		require.NotContains(t, fmt.Sprintf("%v %+v", err, err), "anna@", c.reply)
		for _, kind := range final {
			require.Equal(t, kind == c.kind, errors.Is(err, kind), "%s: %v is %v", c.reply, err, kind)
		}
		var said *smtp.Error
		require.ErrorAs(t, err, &said, c.reply)
		require.Equal(t, c.kind == nil, said.Temporary(), c.reply)
		require.Empty(t, server.Mails())
	}
}

// A wrong login is the shop's fault and not the mail's.
func TestWrongLogin(t *testing.T) {
	server := start(t, &smtptest.Options{SelfSigned: true, Users: map[string]string{"store": "secret"}})
	err := sender(t, smtp.Options{Addr: server.Addr, User: "store", Password: message.NewPrivate("wrong"), TLS: &tls.Config{RootCAs: server.Roots()}}).Send(t.Context(), hello())
	require.ErrorIs(t, err, smtp.ErrLogin)
	require.NotErrorIs(t, err, flywheel.ErrForbidden)
	require.NotContains(t, err.Error(), "wrong")
}

// A server that hangs up, that never answers, that is not there; a lost answer to the mail.
func TestTroubles(t *testing.T) {
	gone := start(t, &smtptest.Options{Reply: func(command string) string { return map[string]string{".": "hang up"}[command] }})
	err := sender(t, smtp.Options{Addr: gone.Addr, Plain: true}).Send(t.Context(), hello())
	require.ErrorIs(t, err, flywheel.ErrUnknownOutcome)

	early := start(t, &smtptest.Options{Reply: func(string) string { return "hang up" }})
	err = sender(t, smtp.Options{Addr: early.Addr, Plain: true}).Send(t.Context(), hello())
	require.Error(t, err)
	require.NotErrorIs(t, err, flywheel.ErrUnknownOutcome)

	var c net.ListenConfig
	mute, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer mute.Close()
	s := sender(t, smtp.Options{Addr: mute.Addr().String(), Plain: true})
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() { done <- s.Send(ctx, hello()) }()
	conn, err := mute.Accept() // it connects, and gets no word
	require.NoError(t, err)
	cancel(errors.New("enough"))
	require.ErrorIs(t, <-done, context.Canceled)
	conn.Close()
	err = sender(t, smtp.Options{Addr: mute.Addr().String(), Plain: true, Timeout: time.Millisecond}).Send(t.Context(), hello())
	require.ErrorIs(t, err, context.DeadlineExceeded)

	mute.Close()
	require.Error(t, s.Send(t.Context(), hello()))
}

// What would break a header or an address is refused before anybody is called.
func TestRefused(t *testing.T) {
	nobody := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("called") }
	s := sender(t, smtp.Options{Addr: "mail.example.com:587", Dial: nobody})
	for name, change := range map[string]func(*smtp.Mail){
		"subject": func(m *smtp.Mail) { m.Subject = "Hi\r\nBcc: all@example.com" },
		"name":    func(m *smtp.Mail) { m.To.Name = message.NewPrivate("Anna\nBcc: all@example.com") },
		"two":     func(m *smtp.Mail) { m.To.Email = message.NewPrivate("a@example.com>,<b@example.com") },
		"line":    func(m *smtp.Mail) { m.To.Email = message.NewPrivate("a@example.com\r\nDATA") },
		"none":    func(m *smtp.Mail) { m.To.Email = message.Private{} },
		"named":   func(m *smtp.Mail) { m.To.Email = message.NewPrivate("Anna <anna@example.com>") },
		"id":      func(m *smtp.Mail) { m.ID = "" },
		"empty":   func(m *smtp.Mail) { m.Text, m.HTML = "", "" },
		"bytes":   func(m *smtp.Mail) { m.Text = "\xff" },
		"link":    func(m *smtp.Mail) { m.Unsubscribe = "https://a>\r\nX: y" },
		"plain":   func(m *smtp.Mail) { m.Unsubscribe = "http://store.example.com/stop" },
	} {
		m := hello()
		change(&m)
		err := s.Send(t.Context(), m)
		require.ErrorIs(t, err, flywheel.ErrInvalid, name)
		require.NotContains(t, err.Error(), "called", name)
	}
	m := hello()
	m.Text = strings.Repeat("x", 11<<20)
	require.ErrorIs(t, s.Send(t.Context(), m), flywheel.ErrLimit)
	m = hello()
	m.To.Email = message.NewPrivate(strings.Repeat("a", 250) + "@example.com")
	require.ErrorIs(t, s.Send(t.Context(), m), flywheel.ErrLimit)
	for name, o := range map[string]smtp.Options{
		"addr": {Addr: "mail.example.com", From: from}, "from": {Addr: "a:1", From: mail.Address{Address: "x"}}, "sender": {Addr: "a:1", From: mail.Address{Name: "a\nb", Address: "a@example.com"}},
		"plain and login": {Addr: "127.0.0.1:1", From: from, Plain: true, User: "a"}, "hello": {Addr: "a:1", From: from, Name: "a b"},
	} {
		_, err := smtp.New(o)
		require.ErrorIs(t, err, flywheel.ErrInvalid, name)
	}
	_, err := smtp.New(smtp.Options{Addr: "127.0.0.1:1", From: from, Timeout: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// Whatever the texts are, headers keep to their lines, lines to 998 characters, and the
// bodies come back as they were.
func TestComposeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := smtp.Mail{
			ID:      rapid.StringMatching(`[a-z0-9-]{1,40}`).Draw(t, "id"),
			To:      message.Recipient{Name: message.NewPrivate(rapid.String().Draw(t, "name")), Email: message.NewPrivate("anna@example.com")},
			Subject: rapid.String().Draw(t, "subject"), Text: rapid.StringN(1, 200, -1).Draw(t, "text"), HTML: rapid.String().Draw(t, "html"),
		}
		data, err := smtp.Compose(from, m)
		if err != nil {
			if !errors.Is(err, flywheel.ErrInvalid) && !errors.Is(err, flywheel.ErrLimit) {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := smtp.Compose(from, m)
		if err != nil || !bytes.Equal(data, again) {
			t.Fatal("other bytes")
		}
		for line := range bytes.SplitSeq(data, []byte("\r\n")) {
			if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
				t.Fatalf("line %q", line)
			}
			for _, c := range line {
				if c >= 0x80 {
					t.Fatalf("not ASCII: %q", line)
				}
			}
		}
		got, err := mail.ReadMessage(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Header["Bcc"]) > 0 || len(got.Header["To"]) != 1 || len(got.Header["Subject"]) != 1 {
			t.Fatalf("%v", got.Header)
		}
	})
}
