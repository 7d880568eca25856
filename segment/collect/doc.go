// Package collect takes what visitors do on the pages of a shop into the event log:
// views, searches, clicks and how far they scroll.
//
// # The problem
//
// Heat maps, sessions, funnels and recommendations begin with what a browser says.
// What a browser says is also what anybody on the internet can post: forged, repeated,
// endless, from robots, and from people who never agreed to be watched.
//
//	handler, err := collect.New(collect.Options{Sink: log, Consents: []string{"2026-03"}})
//	mux.Handle("/fw.js", handler)
//
//	<script src="/fw.js" async data-sku="mug-blue"></script>
//	<button onclick="flywheel.consent('We count visits to improve the shop.', '2026-03')">OK</button>
//
// # Consent comes first
//
// The script stores and posts nothing before flywheel.consent was called with the text
// that was shown and its version; flywheel.withdraw stops it and removes what it stored. It
// stays silent for browsers that say not to be tracked (Global Privacy Control, Do Not
// Track) and for those that are driven by programs. The [Handler] does not believe it: a
// batch without consent, with a version that does not count, or with such a signal in
// its headers is dropped. [Options].Record keeps the proof: text, version, time; as an
// event of package consent it goes into the log.
//
// # What is posted
//
// A view has the path of the page, the utm parameters of its address, the host of the
// page before, and the item of data-sku; a search the query parameter that data-search
// names ("q" by default); a click where it was within the nearest element with data-fw or
// an id, as shares of its size; a scroll the deepest place that was seen. No text of
// the page, no field of a form, no other parameter of the address. A page that changes
// without loading calls flywheel.view(sku). Batches go by sendBeacon, at most 40 events
// each, when the page is left and in between.
//
// # Two processes, a restart, a bad event
//
// Any number of processes may collect: an event has an ID that follows from the batch,
// so that one which is posted to two of them counts once. The limit of a client is each
// process's own, and starts from zero after a restart. A batch with a bad event is
// refused with the field that is wrong; one that the Sink did not take is answered with
// 503, and the browser may post it again.
//
// # Strict and bounded
//
// A batch is at most 32 KiB and 50 events, is decoded strictly (see [New]'s errors: each
// names its field), comes from a page of the shop, and counts towards the limit of its
// client. Times are how long ago something was by the browser's clock, taken from the
// server's: at most a day. IDs are those of the batch, so that one that is posted twice
// counts once. The customer is never the browser's word; see [Options].Customer.
//
// # Cost and concurrency
//
// A batch costs time linear in its size. Nothing is kept but the counts of a
// minute per client, whose number is bounded. A [Handler] is safe for concurrent use.
package collect
