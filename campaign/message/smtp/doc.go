// Package smtp hands mails to a mail server.
//
// # The problem
//
// A confirmation must not leave in the clear because a server forgot to offer TLS. A
// line break in a customer's name must not become a second recipient. "Try again
// later" and "there is no such mailbox" are both errors, and only one of them is worth
// another attempt. And a server that accepts the connection and then says nothing must
// not hold up the shop.
//
//	sender, err := smtp.New(smtp.Options{
//		Addr: "mail.example.com:587", From: mail.Address{Name: "The store", Address: "store@example.com"},
//		User: "store", Password: message.NewPrivate(secret),
//	})
//	err = sender.Send(ctx, smtp.Mail{ID: m.ID, To: to, Subject: r.Subject, Text: r.Text, HTML: r.HTML})
//
// # Mails
//
// A [Mail] is composed as RFC 5322 and MIME say: plain text and HTML as alternatives,
// in quoted-printable, so that no relay has to change anything. Names and subjects are
// encoded as RFC 2047 says. What holds a line break or another control character, and
// what is no address, is a [*message.HeaderError] or a [*flywheel.FieldError] before
// anything is sent. The Message-ID follows from Mail.ID: a mail that is sent again is
// the same mail, and many servers drop it. A link to unsubscribe is told as RFC 8058
// says, so that mail programs show their own button.
//
// # Errors
//
// What a server answers is an [*Error]. For a mail that will never be taken it matches
// flywheel.ErrNotFound (no such mailbox), flywheel.ErrInvalid (no such address) or
// flywheel.ErrForbidden (refused), for which a campaign.Engine gives up. Everything
// else is worth another attempt and matches none of these: a busy server (4xx), one
// that cannot be reached, wrong credentials ([ErrLogin]), no TLS ([ErrTLS]). When the answer to the whole mail was lost, the error matches
// flywheel.ErrUnknownOutcome: the mail may have been taken. No error says the address.
//
// # Security
//
// TLS 1.2 or later is required, by STARTTLS or from the first byte ([Options].Implicit);
// without it nothing is said beyond EHLO. [Options].Plain is for a server on the same
// machine. Credentials are sent only over TLS.
//
// # Cost and concurrency
//
// A mail is one connection. A [Sender] is immutable and safe for concurrent use; how
// many mails are under way is the caller's choice (campaign.Options.InFlight).
//
// # Sources
//
// RFC 5321 (SMTP), RFC 5322 (messages), RFC 2045 to 2047 (MIME), RFC 3207 (STARTTLS),
// RFC 3463 (codes), RFC 3834 (automatic mail), RFC 8058 (one-click unsubscribe).
// Package smtptest has a server for tests and for shops without one.
package smtp
