// Package message fills the templates of messages without letting what customers
// typed become markup, headers or code, holds what must not be printed, and signs
// the links by which people unsubscribe.
//
// # The problem
//
// A customer's name is "<script>", or a line break and "Bcc:". A template language
// that can call methods prints the address book. The error of a failed message holds
// the address, and the log keeps it for years. The link to unsubscribe ends in a
// number, so that anybody unsubscribes anybody.
//
//	t, err := message.Parse(message.Source{
//		Subject: "{name}, your cart waits", HTML: `<p title="{name}">Hello {name}</p>`, Text: "Hello {name}",
//	})
//	m, err := t.Render(map[string]string{"name": "<Ann>"})
//	// m.HTML is <p title="&lt;Ann&gt;">Hello &lt;Ann&gt;</p>
//
// # Templates
//
// {name} is the place of a value, a name being letters, digits, dots and
// underscores; {{ and }} stand for single braces. There is nothing else: no
// conditions, no calls, and template code within a value stays text. In HTML a value
// is escaped for where it stands, text, attribute, address, script or style, by
// html/template; its places are found when the template is parsed. A value that a
// template wants and Render is not given is an error: no customer is "Hello ,".
//
// # Headers
//
// [Header] takes a value of one line and encodes it as RFC 2047 says. Line breaks and
// other control characters are refused, never removed: whoever sent them meant
// something.
//
// # What is private
//
// A [Private] text and a [Recipient] print as their kind and identifier, whatever the
// verb, also deep within other values, in logs of log/slog and in JSON. [Private.Reveal]
// is the one way to the text, and easy to find in a code review.
//
// # Links
//
// [Links] signs who and what a link is for with HMAC-SHA-256 (RFC 2104). It cannot be
// guessed, and needs no table.
//
// # Concurrency
//
// Templates and links are immutable and safe for concurrent use.
package message
