// Package outbound calls addresses that somebody else has named: a merchant's
// webhook, the image of a feed, a partner's callback.
//
// # The problem
//
// Who may name an address may name one inside: the metadata service of the cloud,
// the database beside the shop, the printer. Looking at the text of the address is
// not enough: a name resolves to what its owner likes, to something else a moment
// later, and a server outside may answer with a redirect to one inside. So the check
// must be on the address that is dialed, every time one is.
//
//	client := outbound.NewClient(nil)
//	res, err := client.Post(hook, "application/json", body)
//	if errors.Is(err, flywheel.ErrForbidden) { … it leads inside … }
//
// # What is refused
//
// [CheckURL] takes http and https without user info, and numbers that stand for an
// IPv4 address only in their usual form. [Forbidden] is an address of loopback,
// private, link-local, carrier-grade NAT, unique-local, multicast, unspecified and
// reserved networks, also where it is within an IPv6 address (mapped, compatible,
// NAT64, 6to4). One such address among those of a name is enough to refuse it. The
// client resolves a name once per connection, checks, and dials what it checked, so
// that a name cannot change in between; it does so again after each redirect. It
// uses no proxy of the environment, ends after a time, and reads so much of an
// answer and no more. [Check] does the same without calling, for the moment in which
// an address is entered.
//
// # Sources
//
// OWASP Top 10 (2021), A10, Server-side request forgery; the special-purpose address
// registries of IANA (RFC 6890 and successors).
//
// # Concurrency
//
// A client is safe for concurrent use; make one and keep it.
package outbound
