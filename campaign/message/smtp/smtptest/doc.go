// Package smtptest is a mail server that delivers nothing: for tests, and for a shop
// that has no mail server yet and wants to see what it would send.
//
// # The problem
//
// A test that replaces the sender by a function finds no wrong header, no forgotten
// TLS and no address in the wrong place. A real server needs an account.
//
//	server, err := smtptest.Start(nil)
//	defer server.Close()
//	sender, err := smtp.New(smtp.Options{Addr: server.Addr, Plain: true, From: from})
//	… sender.Send …
//	mails := server.Mails()
//
// # Concepts
//
// [Start] listens on the loopback interface. With [Options].SelfSigned it offers
// STARTTLS, or speaks TLS from the first byte, under a certificate of its own, which
// [Server.Roots] trusts. Options.Reply answers a command in place of the server, to play
// one that is busy, that refuses, or that hangs up.
//
// # Limits and concurrency
//
// A mail has at most 16 MiB and 100 recipients, a server keeps the newest 1,000 mails,
// and a client that says nothing for a minute is hung up on. A Server is safe for
// concurrent use.
package smtptest
