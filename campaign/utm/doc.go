// Package utm tags links with campaign parameters, reads them back, and tells
// from them which marketing channel brought a visit.
//
// # The problem
//
// A newsletter links to the shop. Its links should say so (utm_source=…), but a
// link that is already tagged, signed, or full of parameters of its own must
// still work afterwards. A visit arrives with such a link, or with a click id, or
// only with a referrer, or after a detour over the payment page; which channel
// gets the credit?
//
// # Tagging
//
// A [Tagger] is compiled from [Params] once and tags any number of links. It adds
// the parameters that are missing, in the order source, medium, campaign, term,
// content, before the fragment, and changes no byte of the rest. What is there
// already wins, unless [Options.Overwrite] is set; tagging twice is tagging once.
// Links that are not absolute http or https, template placeholders and hosts
// outside [Options.Domains] come back unchanged, or as an error with
// [Options.Strict].
//
// # Reading
//
// [Read] finds the campaign of a landing page's address, in a strict form for
// one's own links and a lenient one for what really arrives: other case, &amp;amp;
// from a mail template, parameters behind the fragment. [Attribute] goes on where
// there is no campaign: click ids, then share buttons (WeChat's "from" and
// "isappinstalled"), then the referrer. A referrer that is the shop itself or a
// payment page continues the visit that was there: the visit is [Continued] and no
// new touch.
//
// # Channels
//
// A [Grouping] maps source, medium and campaign to a [ChannelGroup]: the default
// channel group of Google Analytics 4, with rules of one's own before and after.
//
// All is pure computation. Taggers and Groupings are immutable and safe for
// concurrent use. Tagging and reading are O(n) in the length of the link.
//
// Sources: Google Analytics help, "[GA4] Default channel group" and "[GA4] Campaigns
// and traffic sources" (rules, parameters), with the list of sources as compiled in
// Velir/dbt-ga4 (MIT); RFC 3986 for the parts of a link.
package utm
