package checkout_test

// refOrderSteps are the steps of an order: ship, deliver, cancel, edit, return,
// exchange, claim, refund.
var refOrderSteps = map[string]refHandler{}

// refOrderLooks are what is compared of orders at the end: orders, payments,
// documents.
var refOrderLooks = map[string]refLook{}
