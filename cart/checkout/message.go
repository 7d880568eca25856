package checkout

import (
	"fmt"
	"strconv"
	"strings"
)

// Message tells the buyer what is missing, wrong, or worth knowing. Codes, paths and
// severities are those of the Universal Commerce Protocol.
type Message struct {
	Type     MessageType `json:"type"`
	Code     string      `json:"code"`
	Severity Severity    `json:"severity,omitempty"`
	// Path is a JSON path into the session, such as "$.line_items[0]".
	Path string `json:"path"`
	// Text is for the buyer, in plain English.
	Text string `json:"content"`
	// Available is how many units could be had, with [CodeOutOfStock].
	Available int64 `json:"available,omitempty"`

	once bool // it stands in one answer and does not count for the status
}

// MessageType tells errors, which keep a session from being placed, from warnings.
type MessageType string

// The types.
const (
	MessageError   MessageType = "error"
	MessageWarning MessageType = "warning"
)

// Severity says who can do something about an error.
type Severity string

// The severities.
const (
	// Recoverable means that the buyer can mend it by another input.
	Recoverable Severity = "recoverable"
	// BuyerReview means that the buyer has to confirm something.
	BuyerReview Severity = "requires_buyer_review"
)

// The codes of messages. Those of discount codes begin with "discount_code_".
const (
	CodeMissing             = "missing"
	CodeItemUnavailable     = "item_unavailable"
	CodeOutOfStock          = "out_of_stock"
	CodeUndeliverable       = "address_undeliverable"
	CodeAgeRestricted       = "age_restricted"
	CodeTenderRefused       = "tender_refused"
	CodePaymentInsufficient = "payment_insufficient"
	CodePaymentFailed       = "payment_failed"
	CodeQuoteChanged        = "quote_changed"
	CodeParticipantFailed   = "participant_failed"
	CodeFulfillmentChanged  = "fulfillment_changed"
	CodeFinalSale           = "final_sale"

	CodeAlreadyApplied = "discount_code_already_applied"
	CodeInvalid        = "discount_code_invalid"
	CodeExpired        = "discount_code_expired"
	CodeNotLoggedIn    = "discount_code_user_not_logged_in"
	CodeIneligible     = "discount_code_user_ineligible"
	CodeUsageLimit     = "discount_code_usage_limit_reached"
	CodeCombination    = "discount_code_combination_disallowed"
	CodeMinimumNotMet  = "discount_code_minimum_not_met"
	pathLines          = "$.line_items"
	pathEmail          = "$.buyer.email"
	pathDestinations   = "$.fulfillment.methods[0].destinations"
	pathDestination    = "$.fulfillment.methods[0].destinations[0]"
	pathOption         = "$.fulfillment.methods[0].groups[0].selected_option_id"
	pathInstruments    = "$.payment.instruments"
	pathCodes          = "$.discounts.codes"
	pathTotals         = "$.totals"
	pathFulfillment    = "$.totals.fulfillment"
	pathAll            = "$"
)

var texts = map[string]string{
	CodeItemUnavailable:     "This item is no longer sold.",
	CodeOutOfStock:          "There is not enough of this item.",
	CodeUndeliverable:       "We do not deliver to this address.",
	CodeAgeRestricted:       "Please confirm that you are old enough to buy this item.",
	CodeTenderRefused:       "This means of payment cannot be used.",
	CodePaymentInsufficient: "The chosen means of payment do not cover the total.",
	CodePaymentFailed:       "The payment did not succeed. Please use another means of payment.",
	CodeQuoteChanged:        "Something has changed since you last looked. Please check the new total.",
	CodeParticipantFailed:   "This could not be set aside for you. Please try again.",
	CodeFulfillmentChanged:  "The chosen delivery is no longer offered. Please choose another.",
	CodeFinalSale:           "This item cannot be given back.",
	CodeAlreadyApplied:      "This code is already applied.",
	CodeInvalid:             "This code is not valid.",
	CodeExpired:             "This code has expired.",
	CodeNotLoggedIn:         "Please sign in to use this code.",
	CodeIneligible:          "This code is not for you.",
	CodeUsageLimit:          "This code has been used up.",
	CodeCombination:         "This code cannot be combined with the other offers.",
	CodeMinimumNotMet:       "The goods do not reach the minimum for this code.",
}

var missing = map[string]string{
	pathLines:        "The cart is empty.",
	pathEmail:        "Please enter your e-mail address.",
	pathDestinations: "Please enter an address.",
	pathOption:       "Please choose a delivery option.",
	pathInstruments:  "Please choose a means of payment.",
}

// failed is an error that the buyer can mend.
func failed(code, path string) Message {
	m := Message{Type: MessageError, Code: code, Severity: Recoverable, Path: path, Text: texts[code]}
	if code == CodeMissing {
		m.Text = missing[path]
	}
	return m
}

// warned is a warning.
func warned(code, path string) Message {
	return Message{Type: MessageWarning, Code: code, Path: path, Text: texts[code]}
}

// onlyOnce is a message of one answer.
func onlyOnce(m Message) Message {
	m.once = true
	return m
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// String returns type, code, severity and path, "-" for no severity, and the number
// that could be had.
func (m Message) String() string {
	parts := []string{string(m.Type), m.Code, string(m.Severity), m.Path}
	if m.Severity == "" {
		parts[2] = "-"
	}
	if m.Code == CodeOutOfStock {
		parts = append(parts, fmt.Sprint(m.Available))
	}
	return strings.Join(parts, " ")
}

// statusOf returns the status of an open session with messages.
func statusOf(messages []Message) SessionStatus {
	status := Ready
	for _, m := range messages {
		switch {
		case m.Type != MessageError || m.once:
		case m.Severity == BuyerReview:
			if status == Ready {
				status = RequiresAction
			}
		default:
			status = Incomplete
		}
	}
	return status
}
