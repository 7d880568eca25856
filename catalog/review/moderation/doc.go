// Package moderation decides what strangers may publish: whether a review, a
// question or a post is shown, who looks at it, until when, and what its author can
// do about it; and it makes texts and uploads harmless before anybody sees them.
//
// # The problem
//
// A shop that shows everything shows spam, and one that shows nothing until
// somebody looked loses its reviewers. Reports by readers hide what is bad, and are
// themselves a weapon. Two moderators decide the same item, one of them their own.
// Each kind of text usually gets its own half of a solution. Here one pure state
// machine serves all:
//
//	m, err := moderation.New(moderation.Rules{AutoApproveTrust: 80})
//	item, err := m.Submit(moderation.Submission{Author: "anna", Trust: 40}, now) // pending
//	item, err = m.Claim(item, "mod-1", now)                                      // for ten minutes
//	item, err = m.Decide(item, "mod-1", moderation.Approved, now)                // visible
//	item, outcome, err := m.Report(item, "ben", now)                             // one of three needed
//
// # States
//
// An [Item] is [Pending], [Claimed], [Approved] or [Rejected], and visible only when
// approved. Authors of enough trust skip the queue unless their text is flagged.
// Nobody claims their own item, a claim ends by itself, and only who holds it
// decides. As many different reporters as [Rules] say send an approved item back to
// the queue; the decision clears their reports. The author may edit, which needs a
// new look, and appeal a rejection so often as the rules allow. Each entry to the
// queue has a due time; a decision at or after it is late.
//
// Every step is a function from an item, who acts and when to the next item; a
// refused step is a [*RefusedError] and changes nothing. Items are small values of
// bounded size that encode to JSON: whoever keeps the text keeps its item beside it.
//
// # Texts and uploads
//
// [Clean] takes out of a text what deceives its readers: marks of direction and
// invisible characters, markup, letters of another script that look like those of
// the word, and stacks of combining marks. It says what it found. [CheckMedia]
// refuses names that leave their folder and files that are not what their name says.
// The output of Clean is still text: a page escapes it as any other.
//
// # Sources
//
// Confusable letters are those of Unicode Technical Standard 39 whose glyphs equal a
// Latin letter's; the marks of direction those of Unicode Standard Annex 9. Removing
// them follows Boucher and Anderson (2021), Trojan Source.
//
// # Cost
//
// Each step is O(reports of the item), which the rules bound; Clean is O(text).
// Nothing here keeps state, so everything is safe for concurrent use.
package moderation
