// Package imports turns what other systems have kept into events for the log: the order
// export of Shopify and the BigQuery export of Google Analytics 4.
//
// # The problem
//
// A shop that begins with an empty log has no segments, no forecasts and nothing to
// recommend for months, while the years before lie in a file. But a file is read twice,
// breaks off in the middle, names one customer in three ways, and holds rows that
// cannot be what they say.
//
//	events := imports.ShopifyOrders("orders.csv", file, imports.ShopifyOptions{Customer: byEmail})
//	result, err := imports.Into(ctx, log, events)
//	fmt.Println(result.Published, len(result.Refused))
//
// # Once
//
// The ID of an event is made of what the other system calls it, so that the log takes a
// file that is imported again, or a later export that overlaps it, once. Times are those
// of the file: import before the runner makes its first turn, or into a log whose readers
// take events of the past.
//
// # What becomes of what
//
// Of Shopify, each order that was paid is a flywheel.EventPurchase at the time when it was
// paid, with its lines (quantity, and value after the line's discount), the total as its
// value, and "discount_code", "discount", "shipping" and "tax" as properties in major
// units. Money that was given back is a flywheel.EventRefund of its amount, with the lines
// if all was given back; the export does not say when, so that it is told at the time of
// the cancellation, or else of the purchase. Orders that were never paid are none.
//
// Of GA4, each event keeps its name, time, user_id as the customer, user_pseudo_id as the
// visitor and ga_session_id as the session; items become lines, the transaction the Ref,
// revenue or the parameter "value" the value, and other parameters properties. A purchase
// with a transaction_id is known by it, whatever device repeats it.
//
// # Errors
//
// A row that cannot be read is an error that names file, line and column and wraps a
// *flywheel.FieldError, or a [*LineError]; the sequence goes on with the next order or
// line if its reader does. [Into] collects them and goes on. An
// error of the file as a whole, and one of the sink, ends it.
//
// # Cost
//
// One pass; memory is that of one order or one line. A sequence may be ranged over once.
package imports
