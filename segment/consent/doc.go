// Package consent says who agreed to what, with the proof: which text was shown, in
// which version, when and where.
//
// # The problem
//
// "May we write to her?" is asked for a purpose and a channel, and answered for what she
// said last that covers both. When she asks what she agreed to, or an authority does, a
// tick in a column is no answer: the text may have changed three times since.
//
//	e, err := consent.Consent{
//		Customer: "ann", Purpose: "marketing", Channel: "email", Given: true,
//		Text: "Send me offers by email.", Version: "2026-03", Source: "checkout", At: now,
//	}.Event()
//	err = log.Publish(ctx, e)
//	entries, err := log.Of(ctx, "ann")
//	proof, allowed := consent.Of(entries).Allowed("marketing", "email")
//
// # Kept in the log
//
// A consent is an event of the log, [EventGiven] or [EventWithdrawn]: those that package
// campaign obeys when it sends. So it is kept once, in the order in which things were said,
// by the trusted clock beside the claimed one, is exported and erased with the person, and
// cannot be changed after the fact. [Of] reads what it means now.
//
// # What covers what
//
// A purpose or channel that is empty covers every one, except that an empty purpose does
// not cover [Transactional]. Of those that cover a question the newest counts, by the
// effective time and then by the place in the log. Who never said anything did not agree.
//
// Everything is pure computation and safe for concurrent use.
package consent
